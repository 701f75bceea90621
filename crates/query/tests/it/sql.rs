//! Statements over one dataset, over all, and beside the reference tables.

use model::{Access, DatasetKind, Version};
use policy::Principal;
use query::{Error, Sql};

use crate::world::{World, at, dataset, hourly, key, value};

async fn gauges() -> World {
    let world = World::new().await;
    for id in ["salinity_hourly", "levels"] {
        world.register(id, DatasetKind::Observations, Access::Open).await;
    }
    let my_tho = key("salinity_hourly", "station:my_tho", "salinity");
    let vam_kenh = key("salinity_hourly", "station:vam_kenh", "salinity");
    let mut values = hourly(&my_tho, "2020-02-01", 48, |hour| hour as f64 / 10.0);
    values.extend(hourly(&vam_kenh, "2020-02-01", 48, |hour| 10.0 + hour as f64 / 10.0));
    world.commit("salinity_hourly", values, "2020-03-01").await;
    let mut level = key("levels", "station:tan_chau", "water_level");
    level.unit = "cm".into();
    world.commit("levels", hourly(&level, "2020-02-01", 24, |hour| hour as f64), "2020-03-01").await;
    world
}

const PUBLIC: Principal = Principal::Public;

#[tokio::test]
async fn a_dataset_is_a_table_with_what_its_datastreams_say() {
    let world = gauges().await;
    let rows = world
        .rows(
            &PUBLIC,
            "SELECT dataset, place, property, statistic, unit, count(*), max(result), version \
             FROM salinity_hourly GROUP BY ALL ORDER BY place",
        )
        .await;
    assert_eq!(
        rows,
        [
            "salinity_hourly|station:my_tho|salinity|instant|g/L|48|4.7|1",
            "salinity_hourly|station:vam_kenh|salinity|instant|g/L|48|14.7|1",
        ]
    );
}

#[tokio::test]
async fn every_column_can_be_read_and_is_in_a_type_that_clients_know() {
    let world = gauges().await;
    let answer = world.engine.sql(&PUBLIC, Sql::new("SELECT * FROM salinity_hourly LIMIT 1")).await.unwrap();
    let columns: Vec<String> = answer
        .schema
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect();
    assert_eq!(
        columns.join(", "),
        "dataset Utf8, place Utf8, property Utf8, procedure Utf8, statistic Utf8, period Utf8, unit Utf8, \
         datum Utf8, datastream Int64, phenomenon_time Timestamp(µs, \"UTC\"), \
         phenomenon_end Timestamp(µs, \"UTC\"), result Float64, result_text Utf8, quality Int8, \
         quality_tests Utf8, run Utf8, origin_sheet Int16, origin_row Int32, origin_column Int16, \
         recorded_at Timestamp(µs, \"UTC\"), version Int64"
    );
}

#[tokio::test]
async fn filters_on_places_and_times_give_the_same_however_they_are_written() {
    let world = gauges().await;
    let after = "phenomenon_time >= TIMESTAMP '2020-02-01T17:00:00Z'";
    for (filter, expected) in [
        ("place = 'station:my_tho'", 48),
        ("place <> 'station:my_tho'", 48),
        ("place IN ('station:my_tho', 'station:vam_kenh')", 96),
        ("place LIKE 'station:vam%' AND result > 14", 7),
        ("place = 'station:my_tho' OR result > 14.5", 50),
        ("upper(place) = 'STATION:MY_THO' AND property = 'salinity'", 48),
        ("place || unit = 'station:my_thog/L'", 48),
        ("dataset = 'levels'", 0),
        ("version = 1", 96),
        ("version = 2", 0),
        ("place = (SELECT place FROM place WHERE name = 'Mỹ Tho' AND kind = 'station')", 48),
        ("place IN (SELECT place FROM river_station WHERE mouth = 'mouth:cua_tieu')", 96),
        (after, 48),
        (&format!("{after} AND place = 'station:my_tho'"), 24),
        ("local_day(phenomenon_time) = DATE '2020-02-02'", 48),
        ("local_day(phenomenon_time) <> DATE '2020-02-02'", 48),
        ("local_day(phenomenon_time) BETWEEN DATE '2020-02-01' AND DATE '2020-02-02'", 96),
        ("local_day(phenomenon_time) <= DATE '2020-02-01'", 48),
        ("local_day(phenomenon_time) > DATE '2020-02-01'", 48),
        ("local_month(phenomenon_time) = DATE '2020-02-01'", 96),
        ("local_month(phenomenon_time) = DATE '2020-02-02'", 0),
        ("local_month(phenomenon_time) < DATE '2020-02-01'", 0),
        ("local_month(phenomenon_time) >= DATE '2020-01-15'", 96),
        ("result IS NULL", 0),
    ] {
        let rows = world.rows(&PUBLIC, &format!("SELECT count(*) FROM salinity_hourly WHERE {filter}")).await;
        assert_eq!(rows, [expected.to_string()], "{filter}");
    }
}

#[tokio::test]
async fn what_a_statement_does_not_ask_for_is_not_read() {
    let world = gauges().await;
    let text = "EXPLAIN SELECT max(result) FROM observation WHERE place = 'station:my_tho'";
    let plan = world.rows(&Principal::System, text).await.join("\n");
    assert!(!plan.contains("lake/levels/"), "{plan}");
    assert!(plan.contains("lake/salinity_hourly/"), "{plan}");
    assert!(
        !plan.contains(world.folder.path().to_str().unwrap()),
        "a plan names no place of this machine: {plan}"
    );
    assert!(!plan.contains("FilterExec"), "the filter is decided inside the scan: {plan}");
    let number = key("salinity_hourly", "station:my_tho", "salinity").id();
    assert!(plan.contains(&format!("required_guarantees=[datastream in ({number})]")), "{plan}");
}

#[tokio::test]
async fn a_date_in_vietnam_is_a_range_of_time_for_the_files() {
    let world = gauges().await;
    let text =
        "EXPLAIN SELECT max(result) FROM levels WHERE local_month(phenomenon_time) = DATE '2020-02-01'";
    let plan = world.rows(&Principal::System, text).await.join("\n");
    let range = "phenomenon_time@1 >= 1580490000000000 AND phenomenon_time@1 < 1582995600000000";
    assert!(plan.contains(range) && plan.contains("pruning_predicate"), "{plan}");
}

#[tokio::test]
async fn observation_unites_the_datasets_and_names_those_it_read() {
    let world = gauges().await;
    let sql = "SELECT dataset, property, count(*) FROM observation GROUP BY ALL ORDER BY dataset";
    assert_eq!(world.rows(&PUBLIC, sql).await, ["levels|water_level|24", "salinity_hourly|salinity|96"]);
    let sql = "SELECT avg(result) FROM observation WHERE property = 'water_level'";
    let answer = world.engine.sql(&PUBLIC, Sql::new(sql)).await.unwrap();
    assert_eq!(answer.datasets, [(dataset("levels"), Version(1))]);
}

#[tokio::test]
async fn a_statement_reads_each_dataset_as_it_was_known() {
    let world = gauges().await;
    let my_tho = key("salinity_hourly", "station:my_tho", "salinity");
    world.commit("salinity_hourly", vec![value(&my_tho, "2020-02-01", 33.0)], "2020-04-01").await;
    let count = "SELECT max(result), max(version) FROM salinity_hourly WHERE place = 'station:my_tho'";
    for (as_known_at, expected) in [
        (None, "33.0|2"),
        (Some("2020-03-15"), "4.7|1"),
        (Some("2020-04-01"), "33.0|2"),
        (Some("2019-01-01"), "null|null"),
    ] {
        let sql = Sql { as_known_at: as_known_at.map(at), ..Sql::new(count) };
        assert_eq!(world.try_rows(&PUBLIC, sql).await.unwrap(), [expected], "{as_known_at:?}");
    }
    let both = "SELECT n.result, o.result FROM salinity_hourly n \
                JOIN as_known_at('salinity_hourly', '2020-03-15') o USING (datastream, phenomenon_time) \
                WHERE n.result <> o.result";
    assert_eq!(world.rows(&PUBLIC, both).await, ["33.0|0.0"]);
    let answer = world.engine.sql(&PUBLIC, Sql::new(both)).await.unwrap();
    assert_eq!(answer.datasets, [1, 2].map(|v| (dataset("salinity_hourly"), Version(v))));
}

#[tokio::test]
async fn the_reference_is_beside_the_data() {
    let world = gauges().await;
    for (sql, expected) in [
        ("SELECT name FROM place WHERE place = 'vn2025:92'", "Cần Thơ"),
        ("SELECT count(*) FROM place_parent WHERE parent = 'vn2025:92' AND place LIKE 'vn2025:%'", "103"),
        ("SELECT count(*) FROM crosswalk WHERE to_place = 'vn2025:92'", "3"),
        ("SELECT unit FROM property WHERE property = 'salinity'", "g/L"),
        ("SELECT km FROM river_station WHERE place = 'station:my_tho' AND mouth = 'mouth:cua_tieu'", "43.5"),
        ("SELECT count(*) FROM datastream WHERE dataset = 'levels'", "1"),
        ("SELECT version, total, readable FROM dataset WHERE dataset = 'salinity_hourly'", "1|96|true"),
        ("SELECT count(*) FROM place WHERE fold(name) = 'can tho' AND kind = 'province'", "2"),
    ] {
        assert_eq!(world.rows(&PUBLIC, sql).await, [expected], "{sql}");
    }
}

#[tokio::test]
async fn functions_count_time_as_the_delta_does() {
    let world = gauges().await;
    for (sql, expected) in [
        ("SELECT local_day(TIMESTAMP '2020-02-01T17:00:00Z')", "2020-02-02"),
        ("SELECT local_month(TIMESTAMP '2020-02-29T17:00:00Z')", "2020-03-01"),
        ("SELECT time_bucket(INTERVAL '1 day', TIMESTAMP '2020-02-01T16:59:59Z')", "2020-01-31T17:00:00Z"),
        ("SELECT time_bucket(INTERVAL '3 months', TIMESTAMP '2020-02-01T17:00:00Z')", "2019-12-31T17:00:00Z"),
        ("SELECT fold('Độ Mặn Đồng Tháp')", "do man dong thap"),
        (
            "SELECT 'a' || 1 || NULL IS NULL, 'a' || 1 || ('b' || name) FROM place WHERE place = 'vn2025:96'",
            "true|a1bCà Mau",
        ),
        ("SELECT [1] || [2, 3]", "[1, 2, 3]"),
        (
            "SELECT trace('levels', 7, TIMESTAMP '2020-02-01T00:00:00Z', 3)",
            "/v1/trace?dataset=levels&datastream=7&time=2020-02-01T00:00:00Z&version=3",
        ),
    ] {
        assert_eq!(world.rows(&PUBLIC, sql).await, [expected], "{sql}");
    }
    let error = world.error(&PUBLIC, "SELECT time_bucket(INTERVAL '0 day', now())").await;
    assert!(matches!(&error, Error::Invalid { what, .. } if what.contains("INTERVAL '1 day'")), "{error:?}");
}

#[tokio::test]
async fn geometry_goes_through_the_spatial_functions() {
    let world = World::new().await;
    world.features("zones", Access::Open, &["An Giang", "Cà Mau", "Cần Thơ"]).await;
    for (sql, expected) in [
        (
            "SELECT name FROM zones WHERE st_intersects(geometry, st_geomfromtext('POINT(105.2 9.2)'))",
            "Cà Mau",
        ),
        ("SELECT round(st_area(geometry), 3) FROM zones WHERE feature = 'f0'", "0.25"),
        (
            "SELECT st_astext(st_centroid(geometry)) FROM zones WHERE fold(name) = 'can tho'",
            "POINT(106.25 9.25)",
        ),
        ("SELECT count(*) FROM zones WHERE xmin <= 105.1 AND xmax >= 104.9", "1"),
        ("SELECT count(*), max(version) FROM as_known_at('zones', '2020-01-03')", "3|1"),
        ("SELECT count(*) FROM as_known_at('zones', '2020-01-01')", "0"),
    ] {
        assert_eq!(world.rows(&PUBLIC, sql).await, [expected], "{sql}");
    }
    let all = world.rows(&PUBLIC, "SELECT * FROM zones ORDER BY feature").await;
    assert_eq!(all.len(), 3);
}

#[tokio::test]
async fn of_what_is_compared_with_nothing_it_is_not_known_whether_it_is_among_others() {
    let world = gauges().await;
    let check = async |condition: &str, expected: &str| {
        let others = "SELECT m FROM (VALUES (1), (NULL)) AS b(m)";
        let condition = condition.replace("others", others);
        let sql = format!("SELECT count(*) FROM (VALUES (1), (3), (NULL)) AS a(n) WHERE {condition}");
        assert_eq!(world.rows(&PUBLIC, &sql).await, [expected], "{sql}");
    };
    check("n IN (others)", "1").await;
    check("n NOT IN (others)", "0").await;
    check("NOT (n IN (others))", "0").await;
    check("NOT (n IN (others) AND true)", "0").await;
    check("NOT (n NOT IN (others) OR n > 5)", "1").await;
    check("(n IN (others)) IS NULL", "2").await;
    check("(n NOT IN (others)) IS NOT NULL", "1").await;
    check("n NOT IN (others WHERE m > 1)", "3").await;
    check("(n, 2) IN (SELECT m, 2 FROM (others) AS c)", "1").await;
    // Any and all are of every row.
    check("n < ANY (SELECT m FROM (VALUES (2), (4)) AS b(m))", "2").await;
    check("n >= ALL (SELECT m FROM (VALUES (1), (2)) AS b(m))", "1").await;
    check("n >= ALL (others WHERE m > 1)", "3").await;
    check("NOT (n > ALL (others))", "1").await;
}

#[tokio::test]
async fn mistakes_are_told_in_words_that_help() {
    let world = gauges().await;
    for (sql, expected) in [
        ("SELEC 1", "expected"),
        ("SELECT plaice FROM salinity_hourly", "plaice"),
        ("SELECT result / 'x' FROM salinity_hourly", "x"),
        ("SELECT no_such_function(1)", "no_such_function"),
        ("SELECT as_known_at FROM as_known_at('salinity_hourly')", "as_known_at takes a dataset and a time"),
        ("SELECT * FROM harmonise('nothing_here', '2025-07-01')", "there is no table `nothing_here`"),
    ] {
        let error = world.error(&PUBLIC, sql).await;
        let Error::Invalid { what, .. } = &error else { panic!("{sql}: {error:?}") };
        assert!(what.to_string().to_lowercase().contains(&expected.to_lowercase()), "{sql}: {what}");
        assert!(!what.contains("/tmp") && !what.contains("DataFusion"), "{what}");
    }
    let error = world.error(&PUBLIC, "SELECT * FROM salinity").await;
    let Error::Invalid { what, hint: Some(hint) } = &error else { panic!("{error:?}") };
    assert_eq!(what.to_string(), "there is no table `salinity`");
    assert!(hint.contains("salinity_hourly") && hint.contains("place"), "{hint}");
}

#[tokio::test]
async fn nothing_but_reading_is_taken() {
    let world = gauges().await;
    for sql in [
        "CREATE TABLE x AS SELECT 1",
        "DROP TABLE salinity_hourly",
        "INSERT INTO salinity_hourly SELECT * FROM salinity_hourly",
        "DELETE FROM salinity_hourly",
        "COPY salinity_hourly TO '/tmp/x.csv'",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "SET datafusion.execution.batch_size = 1",
        "SELECT * FROM '/etc/passwd'",
        "SELECT 1; SELECT 2",
        "PREPARE p AS SELECT 1",
        "EXPLAIN SELECT * FROM salinity_hourly",
    ] {
        let error = world.error(&PUBLIC, sql).await;
        assert!(matches!(error, Error::Invalid { .. }), "{sql}: {error:?}");
    }
}
