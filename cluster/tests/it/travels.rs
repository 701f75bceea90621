//! What goes to the cluster answers what this machine answers, and what leaves is what may be read.

use model::{Access, DatasetKind, PlaceId};
use policy::{Principal, Role, RowFilter};
use query::{Engine, Sql};

use crate::engine::{Running, engine, ready};
use crate::world::{World, hourly, key, limits, lines, user};

const PUBLIC: Principal = Principal::Public;

async fn world() -> World {
    let world = World::new().await;
    for id in ["salinity_hourly", "levels"] {
        world.register(id, DatasetKind::Observations, Access::Open).await;
    }
    for (part, month) in ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"].into_iter().enumerate() {
        let mut values = Vec::new();
        for (station, place) in ["my_tho", "vam_kenh", "tan_chau", "cau_noi"].into_iter().enumerate() {
            let key = key("salinity_hourly", &format!("station:{place}"), "salinity");
            let base = 10 * station + part;
            values.extend(hourly(&key, month, 24 * 28, |hour| (base + hour % 24) as f64 / 10.0));
        }
        world.commit("salinity_hourly", values, "2020-06-01").await;
    }
    let level = key("levels", "station:my_tho", "water_level");
    world.commit("levels", hourly(&level, "2020-02-01", 24 * 28, |hour| hour as f64), "2020-06-01").await;
    world.features("zones", Access::Open, &["An Giang", "Cà Mau", "Cần Thơ"]).await;
    world
}

/// Statements of all kinds, each with whether it can be sent.
const STATEMENTS: [(&str, bool); 23] = [
    ("SELECT count(*), min(result), max(result), sum(result) FROM salinity_hourly", true),
    ("SELECT place, count(*), avg(result) FROM salinity_hourly GROUP BY place ORDER BY place", true),
    (
        "SELECT place, local_month(phenomenon_time) AS month, max(result) FROM observation GROUP BY ALL \
         ORDER BY 1, 2",
        true,
    ),
    (
        "SELECT time_bucket(INTERVAL '7 days', phenomenon_time) AS week, stddev(result) FROM salinity_hourly \
         WHERE place = 'station:my_tho' GROUP BY ALL ORDER BY 1",
        true,
    ),
    ("SELECT place, phenomenon_time, result FROM salinity_hourly ORDER BY 1, 2 LIMIT 50", true),
    ("SELECT * FROM salinity_hourly ORDER BY datastream, phenomenon_time OFFSET 2000 LIMIT 20", true),
    (
        "SELECT s.place, p.name, count(*) FROM salinity_hourly s JOIN place p USING (place) \
         GROUP BY ALL ORDER BY 1",
        true,
    ),
    (
        "SELECT p.name, count(s.result) FROM place p LEFT JOIN salinity_hourly s ON s.place = p.place \
         WHERE p.kind = 'station' GROUP BY ALL ORDER BY 1",
        true,
    ),
    (
        "SELECT s.place, corr(s.result, l.result) FROM salinity_hourly s JOIN levels l \
         ON s.phenomenon_time = l.phenomenon_time GROUP BY ALL ORDER BY 1",
        true,
    ),
    (
        "SELECT count(*) FROM salinity_hourly s FULL JOIN levels l ON s.phenomenon_time = l.phenomenon_time \
         AND s.place = l.place",
        true,
    ),
    (
        "SELECT place, result - lag(result) OVER (PARTITION BY place ORDER BY phenomenon_time) AS step, \
         phenomenon_time FROM salinity_hourly ORDER BY place, phenomenon_time LIMIT 40",
        true,
    ),
    (
        "SELECT max(total) FROM (SELECT sum(result) OVER (ORDER BY phenomenon_time, place) AS total \
         FROM salinity_hourly)",
        true,
    ),
    ("SELECT count(*) FROM salinity_hourly WHERE result > (SELECT avg(result) FROM salinity_hourly)", true),
    ("SELECT count(DISTINCT result) FROM salinity_hourly", true),
    ("SELECT DISTINCT place || ' ' || unit FROM salinity_hourly ORDER BY 1", true),
    (
        "SELECT count(*) FROM salinity_hourly s WHERE NOT EXISTS (SELECT 1 FROM levels l WHERE l.place = s.place)",
        true,
    ),
    // Whether there is a null on the other side is known when all of it is.
    ("SELECT count(*) FROM salinity_hourly WHERE unit NOT IN (SELECT result_text FROM levels)", false),
    (
        "SELECT place, count(*) FROM salinity_hourly GROUP BY place UNION ALL \
         SELECT place, count(*) FROM levels GROUP BY place ORDER BY 1, 2",
        true,
    ),
    ("SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY result) FROM salinity_hourly", true),
    (
        "SELECT name, round(st_area(geometry), 3), st_astext(st_centroid(geometry)) FROM zones ORDER BY name",
        true,
    ),
    (
        "SELECT z.name, count(*) FROM zones z JOIN place p ON st_contains(z.geometry, st_point(p.lon, p.lat)) \
         GROUP BY ALL ORDER BY 1",
        true,
    ),
    ("SELECT count(*) FROM salinity_hourly s CROSS JOIN zones z WHERE s.result > z.xmin - 103", true),
    // Rows of the left side without a partner are told of by none of the machines alone.
    (
        "SELECT count(*) FROM levels l LEFT JOIN salinity_hourly s ON s.result > l.result + 100 \
         AND s.phenomenon_time < l.phenomenon_time",
        false,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn statements_answer_the_same_on_the_cluster() {
    let world = world().await;
    let here = Engine::new(world.catalog.clone(), world.lake.clone(), limits()).unwrap();
    let running = Running::scheduler().await;
    running.executor(world.folder.path());
    running.executor(world.folder.path());
    let cluster = running.connect();
    ready(&cluster).await;
    let there = engine(&world.catalog, &world.lake, limits(), cluster.clone());
    for (sql, travels) in STATEMENTS {
        let answer = async |engine: &Engine| {
            let answer = engine.sql(&PUBLIC, Sql::new(sql)).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
            let schema = answer.schema.clone();
            let batches = futures::TryStreamExt::try_collect::<Vec<_>>(answer.batches).await;
            (schema, answer.datasets, lines(&batches.unwrap_or_else(|e| panic!("{sql}: {e:?}"))))
        };
        let before = cluster.sent.lock().len();
        let (schema, datasets, rows) = answer(&there).await;
        let sent = cluster.sent.lock().len() > before;
        assert_eq!(sent, travels, "{sql}: {:?}", cluster.kept.lock());
        let (schema_here, datasets_here, rows_here) = answer(&here).await;
        assert!(!rows_here.is_empty(), "{sql}");
        assert_eq!(close(&rows), close(&rows_here), "{sql}");
        assert_eq!(datasets, datasets_here, "{sql}");
        let types = |schema: &arrow::datatypes::Schema| {
            schema.fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect::<Vec<_>>()
        };
        assert_eq!(types(&schema), types(&schema_here), "{sql}");
    }
}

/// Sums of floating point numbers depend on their order in the last digits.
fn close(rows: &[String]) -> Vec<String> {
    let cell = |cell: &str| match cell.parse::<f64>() {
        Ok(number) if cell.contains('.') => format!("{number:.9e}"),
        _ => cell.to_owned(),
    };
    rows.iter().map(|row| row.split('|').map(cell).collect::<Vec<_>>().join("|")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_values_are_told_as_on_this_machine() {
    let world = world().await;
    let here = Engine::new(world.catalog.clone(), world.lake.clone(), limits()).unwrap();
    for sql in [
        "SELECT 1 / (CAST(result AS BIGINT) - CAST(result AS BIGINT)) FROM salinity_hourly",
        "SELECT CAST(place AS DOUBLE) FROM salinity_hourly",
        "SELECT max(CAST(unit AS BIGINT)) FROM salinity_hourly GROUP BY place",
    ] {
        let there = format!("{:?}", world.error(&PUBLIC, sql).await);
        let answer = async {
            let answer = here.sql(&PUBLIC, Sql::new(sql)).await?;
            futures::TryStreamExt::try_collect::<Vec<_>>(answer.batches).await
        };
        let error = answer.await.unwrap_err();
        assert!(matches!(error, query::Error::Invalid { .. }), "{sql}: {error:?}");
        assert_eq!(there, format!("{error:?}"), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_what_its_asker_may_read_and_nothing_else() {
    let world = world().await;
    world.register("secret", DatasetKind::Observations, Access::Restricted).await;
    let mut values = Vec::new();
    for place in ["station:my_tho", "station:chau_doc"] {
        values.extend(hourly(&key("secret", place, "salinity"), "2020-01-01", 48, |hour| hour as f64));
    }
    world.commit("secret", values, "2020-06-01").await;
    let only =
        RowFilter { places: Some(vec![PlaceId::new("station:my_tho").unwrap()]), ..RowFilter::default() };
    world.grant("secret", "an", only).await;
    let running = Running::scheduler().await;
    running.executor(world.folder.path());
    let cluster = running.connect();
    ready(&cluster).await;
    let engine = engine(&world.catalog, &world.lake, limits(), cluster.clone());
    let granted = user("an", None, Role::User);
    let has = |plan: &[u8], text: &str| plan.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    for (asker, sql, expected) in [
        (&PUBLIC, "SELECT count(*), max(place) FROM observation", "11424|station:vam_kenh"),
        (&granted, "SELECT count(*), max(place) FROM secret", "48|station:my_tho"),
        // The asker's own condition meets no hidden row, wherever it runs.
        (&granted, "SELECT count(*), max(place) FROM secret WHERE ln(result + 1) > 2", "41|station:my_tho"),
    ] {
        let answer = engine.sql(asker, Sql::new(sql)).await.unwrap();
        let batches: Vec<_> = futures::TryStreamExt::try_collect(answer.batches).await.unwrap();
        assert_eq!(lines(&batches), [expected], "{sql}");
        let plan = cluster.sent.lock().pop().expect("it was sent");
        assert!(!has(&plan, "chau_doc"), "{sql}");
        let reads_secret = asker == &granted;
        assert_eq!(has(&plan, "lake/secret/"), reads_secret, "{sql}");
        assert!(!has(&plan, world.folder.path().to_str().unwrap()), "a plan tells where the store is");
    }
}
