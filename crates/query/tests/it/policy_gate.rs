//! Who reads what, through every way in.

use model::{Access, DatasetKind, PlaceId, PropertyCode};
use policy::{Denial, Principal, Purpose, Role, RowFilter};
use query::{
    At, BucketRequest, Engine, Error, Every, FeatureRequest, HarmoniseRequest, LatestRequest, SeriesRequest,
    Sql, Streams,
};

use crate::world::{Value, World, at, hourly, key, user};

const PUBLIC: Principal = Principal::Public;

/// An open, a shared and a restricted dataset, each with the same two stations and two days.
async fn guarded() -> World {
    let world = World::new().await;
    for (id, access) in [("free", Access::Open), ("agencies", Access::Shared), ("secret", Access::Restricted)]
    {
        world.register(id, DatasetKind::Observations, access).await;
        let mut values = Vec::new();
        for place in ["station:my_tho", "station:vam_kenh"] {
            for property in ["salinity", "ec"] {
                let key = key(id, place, property);
                values.extend(hourly(&key, "2020-02-01", 48, |hour| hour as f64).into_iter().map(|value| {
                    let hidden =
                        place == "station:vam_kenh" || property == "ec" || value.time >= at("2020-02-02");
                    Value { text: Some(if hidden { "classified" } else { "1" }), ..value }
                }));
            }
        }
        world.commit(id, values, "2020-03-01").await;
    }
    world.features("secret_zones", Access::Restricted, &["a"]).await;
    world
}

/// What the filtered grant of these tests lets through: one station, one property, one day.
fn narrow() -> RowFilter {
    RowFilter {
        places: Some(vec![PlaceId::new("station:my_tho").unwrap()]),
        properties: Some(vec![PropertyCode::new("salinity").unwrap()]),
        before: Some(at("2020-02-02")),
    }
}

async fn tables(world: &World, principal: &Principal) -> Vec<String> {
    let sql = "SELECT table_name FROM information_schema.tables \
               WHERE table_schema = 'public' AND table_name IN ('free', 'agencies', 'secret', 'secret_zones') \
               ORDER BY 1";
    world.rows(principal, sql).await
}

#[tokio::test]
async fn each_principal_sees_its_own_tables() {
    let world = guarded().await;
    world.grant("secret", "an", RowFilter::default()).await;
    let citizen = user("binh", None, Role::User);
    let official = user("chi", Some("statistics"), Role::User);
    let owner = user("dung", Some("gauges"), Role::Provider);
    let auditor = user("giang", Some("gauges"), Role::Auditor);
    let granted = user("an", None, Role::User);
    for (principal, expected) in [
        (&PUBLIC, &["free"][..]),
        (&citizen, &["free"]),
        (&official, &["agencies", "free"]),
        (&auditor, &["agencies", "free"]),
        (&granted, &["free", "secret"]),
        (&owner, &["agencies", "free", "secret", "secret_zones"]),
        (&Principal::System, &["agencies", "free", "secret", "secret_zones"]),
    ] {
        assert_eq!(tables(&world, principal).await, expected, "{}", principal.name());
        let sql = "SELECT DISTINCT dataset FROM observation ORDER BY 1";
        let mut seen = expected.to_vec();
        seen.retain(|name| *name != "secret_zones");
        assert_eq!(world.rows(principal, sql).await, seen, "{}", principal.name());
        let sql = "SELECT DISTINCT dataset FROM datastream ORDER BY 1";
        assert_eq!(world.rows(principal, sql).await, seen, "{}", principal.name());
    }
}

#[tokio::test]
async fn a_table_of_others_is_told_apart_from_none_by_nobody() {
    let world = guarded().await;
    let citizen = user("binh", None, Role::User);
    for name in ["secret", "secret_zones", "agencies"] {
        for sql in [
            format!("SELECT * FROM {name}"),
            format!("SELECT * FROM public.{name}"),
            format!("SELECT * FROM cuulong.public.{name}"),
            format!("SELECT (SELECT max(result) FROM {name})"),
            format!("WITH a AS (SELECT * FROM {name}) SELECT * FROM a"),
            format!("SELECT * FROM as_known_at('{name}', '2030-01-01')"),
            format!("SELECT * FROM harmonise('{name}', '2025-07-01')"),
        ] {
            let said = format!("{:?}", world.error(&citizen, &sql).await);
            let about_none = format!("{:?}", world.error(&citizen, &sql.replace(name, "nothing_here")).await);
            assert_eq!(said.replace(name, "nothing_here"), about_none, "{sql}");
        }
    }
    // A restricted dataset is not even in the list; a shared one is, as not readable.
    let sql = "SELECT dataset, readable FROM dataset ORDER BY 1";
    assert_eq!(world.rows(&citizen, sql).await, ["agencies|false", "free|true"]);
}

#[tokio::test]
async fn a_row_filter_holds_for_every_form_of_a_statement() {
    let world = guarded().await;
    world.grant("secret", "an", narrow()).await;
    let an = user("an", None, Role::User);
    for (sql, expected) in [
        ("SELECT count(*) FROM secret", "24"),
        ("SELECT count(*) FROM observation WHERE dataset = 'secret'", "24"),
        ("SELECT count(*) FROM secret WHERE place = 'station:vam_kenh'", "0"),
        ("SELECT count(*) FROM secret WHERE place <> 'nowhere' OR true", "24"),
        ("SELECT max(result) FROM secret WHERE result > 20", "23.0"),
        ("SELECT count(DISTINCT place) FROM secret", "1"),
        ("SELECT max(phenomenon_time) < TIMESTAMP '2020-02-01T17:00:00Z' FROM secret", "true"),
        ("SELECT count(*) FROM as_known_at('secret', '2030-01-01')", "24"),
        ("SELECT count(*) FROM datastream WHERE dataset = 'secret'", "1"),
        ("SELECT count(*) FROM secret a, secret b WHERE a.datastream <> b.datastream", "0"),
        ("SELECT count(*) FROM secret WHERE datastream IN (SELECT datastream FROM secret)", "24"),
        ("SELECT total IS NULL FROM dataset WHERE dataset = 'secret'", "true"),
        // Whoever else reads the same table reads all of it.
        ("SELECT count(*) FROM free", "192"),
    ] {
        assert_eq!(world.rows(&an, sql).await, [expected], "{sql}");
    }
}

#[tokio::test]
async fn an_expression_that_fails_on_a_hidden_value_does_not_tell_of_it() {
    let world = guarded().await;
    world.grant("secret", "an", narrow()).await;
    let an = user("an", None, Role::User);
    for sql in [
        "SELECT count(*) FROM secret WHERE CAST(result_text AS INT) = 1",
        "SELECT count(*) FROM secret WHERE 1 / (CASE result_text WHEN 'classified' THEN 0 ELSE 1 END) = 1",
        "SELECT count(*) FROM observation WHERE dataset = 'secret' AND CAST(result_text AS INT) = 1",
        "SELECT count(*) FROM secret WHERE result < 30 AND CAST(result_text AS INT) = 1",
        "SELECT count(*) FROM secret WHERE CAST(replace(place, 'station:my_tho', '1') AS INT) = 1",
        "SELECT count(*) FROM (SELECT CAST(result_text AS INT) AS n FROM secret) WHERE n = 1",
    ] {
        assert_eq!(world.rows(&an, sql).await, ["24"], "{sql}");
    }
    // For whoever may read all of it, the same expression does fail.
    let error = world
        .error(&Principal::System, "SELECT count(*) FROM secret WHERE CAST(result_text AS INT) = 1")
        .await;
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
}

async fn counts(engine: &Engine, permit: &policy::Permit) -> (usize, u64, usize, u64) {
    let streams = Streams::default();
    let time = model::TimeRange::ALL;
    let series = engine.series(permit, SeriesRequest::default()).await.unwrap();
    let count = engine.count(permit, SeriesRequest::default()).await.unwrap();
    let latest = engine.latest(permit, LatestRequest::default()).await.unwrap();
    let request = BucketRequest { streams, time, at: At::Latest, every: Every::Count(1) };
    let buckets = engine.buckets(permit, request).await.unwrap();
    let in_buckets = buckets.buckets.iter().map(|bucket| bucket.count).sum();
    assert_eq!(series.datastreams.len(), latest.latest.len());
    (series.rows(), count, latest.latest.len(), in_buckets)
}

#[tokio::test]
async fn a_row_filter_holds_for_direct_reads() {
    let world = guarded().await;
    world.grant("secret", "an", narrow()).await;
    let permit = world.read(&user("an", None, Role::User), "secret").await;
    assert_eq!(counts(&world.engine, &permit).await, (24, 24, 1, 24));
    let latest = world.engine.latest(&permit, LatestRequest::default()).await.unwrap();
    assert_eq!(latest.latest[0].value.time, at("2020-02-01T23:00"));
    for (place, property, time) in [
        ("station:vam_kenh", "salinity", "2020-02-01"),
        ("station:my_tho", "ec", "2020-02-01"),
        ("station:my_tho", "salinity", "2020-02-02"),
    ] {
        let number = key("secret", place, property).id();
        let found = world.engine.observation(&permit, number, at(time), At::Latest).await.unwrap();
        assert_eq!(found, None, "{place} {property} {time}");
    }
    let geography = chrono::NaiveDate::from_ymd_opt(2025, 7, 1).unwrap();
    let time = model::TimeRange::ALL;
    let request = HarmoniseRequest { property: None, geography, time, at: At::Latest };
    assert_eq!(world.engine.harmonise(&permit, request).await.unwrap().values.len(), 24);

    let all = world.read(&Principal::System, "secret").await;
    assert_eq!(counts(&world.engine, &all).await, (192, 192, 4, 192));
    // What was kept for one reader is not given to another.
    assert_eq!(counts(&world.engine, &permit).await, (24, 24, 1, 24));
}

#[tokio::test]
async fn a_permit_to_describe_or_to_write_reads_nothing() {
    let world = guarded().await;
    for purpose in [Purpose::Describe, Purpose::Write] {
        let permit = world.permit(&Principal::System, "secret", purpose).await.unwrap();
        let error = world.engine.series(&permit, SeriesRequest::default()).await.unwrap_err();
        assert!(matches!(error, Error::Denied(Denial::NoGrant)), "{error:?}");
    }
}

#[tokio::test]
async fn a_filtered_grant_does_not_reach_features() {
    let world = guarded().await;
    world.grant("secret_zones", "an", narrow()).await;
    let an = user("an", None, Role::User);
    let error = world.error(&an, "SELECT * FROM secret_zones").await;
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    let permit = world.read(&an, "secret_zones").await;
    let request = FeatureRequest { limit: 10, ..FeatureRequest::default() };
    let error = world.engine.features(&permit, request.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Denied(Denial::NoGrant)), "{error:?}");
    let permit = world.read(&Principal::System, "secret_zones").await;
    assert_eq!(world.engine.features(&permit, request).await.unwrap().matched, 1);
}

#[tokio::test]
async fn a_withdrawn_grant_ends_with_the_next_statement() {
    let world = guarded().await;
    world.grant("secret", "an", RowFilter::default()).await;
    let an = user("an", None, Role::User);
    assert_eq!(world.rows(&an, "SELECT count(*) FROM secret").await, ["192"]);
    for (number, _) in world.catalog.grants(None).await.unwrap() {
        world.catalog.remove_grant(number).await.unwrap();
    }
    let error = world.try_rows(&an, Sql::new("SELECT count(*) FROM secret")).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    // The attempt of a known user is in the audit log.
    let audit = world.catalog.audit(10, None).await.unwrap();
    assert!(audit.iter().any(|record| record.entry.subject == "dataset:secret"), "{audit:?}");
}
