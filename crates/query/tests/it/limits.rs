//! Statements that ask for too much, and what stops them.

use std::time::{Duration, Instant};

use futures::StreamExt;
use model::{Access, DatasetKind};
use policy::Principal;
use query::{Error, QueryLimits, Sql};

use crate::world::{World, hourly, key, limits};

const PUBLIC: Principal = Principal::Public;
const ENDLESS: &str =
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t";

fn limited(error: &Error) -> &'static str {
    match error {
        Error::Limit { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_statement_that_never_ends_is_ended() {
    let world = World::with(QueryLimits { timeout: Duration::from_millis(400), ..limits() }).await;
    for sql in [ENDLESS, "SELECT count(*) FROM generate_series(1, 100000000000) a"] {
        let began = Instant::now();
        assert_eq!(limited(&world.error(&PUBLIC, sql).await), "time", "{sql}");
        assert!(began.elapsed() < Duration::from_secs(5), "{sql} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn the_engine_is_free_again_when_nobody_waits_for_an_answer() {
    let world = World::with(QueryLimits { timeout: Duration::from_secs(3600), ..limits() }).await;
    // More than there are places for at once.
    for _ in 0..6 {
        let endless = world.try_rows(&PUBLIC, Sql::new(ENDLESS));
        assert!(tokio::time::timeout(Duration::from_millis(100), endless).await.is_err());
    }
    let rows = tokio::time::timeout(Duration::from_secs(20), world.rows(&PUBLIC, "SELECT 1")).await;
    assert_eq!(rows.unwrap(), ["1"]);
}

/// Statements that keep all threads busy in different ways: recursion, sorting, hashing, pairing
/// everything with everything, functions of many rows, distinct values.
const GREEDY: [&str; 6] = [
    ENDLESS,
    "SELECT a.value FROM generate_series(1, 3000000) a ORDER BY sin(a.value) LIMIT 900000",
    "SELECT count(*) FROM generate_series(1, 2000000) a JOIN generate_series(1, 2000000) b ON a.value % 1009 = b.value % 1013",
    "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a.value < b.value",
    "SELECT sum(sin(value) * cos(value)), median(value) FROM generate_series(1, 100000000)",
    "SELECT count(DISTINCT value % 1000003) FROM generate_series(1, 100000000)",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_stops_working_within_a_tenth_of_a_second() {
    let world = World::with(QueryLimits { timeout: Duration::from_secs(3600), ..limits() }).await;
    // The program is several times slower as it is tested than as it is released.
    let most = Duration::from_millis(if cfg!(debug_assertions) { 5000 } else { 100 });
    for sql in GREEDY {
        let greedy = world.try_rows(&PUBLIC, Sql::new(sql));
        drop(tokio::time::timeout(Duration::from_millis(400), greedy).await);
        let left = Instant::now();
        while world.engine.scan_tasks() > 0 {
            let took = left.elapsed();
            assert!(took < most, "{sql} works on after {took:?}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_dropped_half_way_stops() {
    let world = World::with(QueryLimits { max_rows: usize::MAX, ..limits() }).await;
    for _ in 0..6 {
        let sql = Sql::new("SELECT * FROM generate_series(1, 100000000000)");
        let mut answer = world.engine.sql(&PUBLIC, sql).await.unwrap();
        assert!(answer.batches.next().await.unwrap().unwrap().num_rows() > 0);
    }
    assert_eq!(world.rows(&PUBLIC, "SELECT 1").await, ["1"]);
}

#[tokio::test]
async fn memory_is_bounded() {
    let world = World::with(QueryLimits { memory_bytes: 32 << 20, ..limits() }).await;
    for sql in [
        "SELECT array_agg(value) FROM generate_series(1, 50000000)",
        "SELECT count(s) FROM (SELECT sum(value) OVER () AS s FROM generate_series(1, 50000000))",
        "SELECT count(*) FROM generate_series(1, 5000000) a JOIN generate_series(1, 5000000) b ON a.value = b.value",
    ] {
        let error = world.error(&PUBLIC, sql).await;
        assert_eq!(limited(&error), "memory", "{sql}");
    }
    // It was given back.
    assert_eq!(world.rows(&PUBLIC, "SELECT count(*) FROM generate_series(1, 1000)").await, ["1000"]);
}

#[tokio::test]
async fn a_text_cannot_be_made_to_grow_without_bound() {
    let world = World::new().await;
    let chain = |first: &str, step: &str| {
        let steps = (1..=34).map(|n| format!(", t{n} AS (SELECT {step} AS s FROM t{})", n - 1));
        let steps: String = steps.collect();
        format!("WITH t0 AS (SELECT {first} AS s){steps} SELECT s FROM t34")
    };
    let doubled = chain("'abcdefgh'", "s || s");
    let concat = chain("'abcdefgh'", "concat(s, s)");
    let lists = chain("[1, 2, 3, 4]", "array_concat(s, s)");
    let operators = chain("[1, 2, 3, 4]", "s || s");
    let replaced = chain("'aaaaaaaa'", "replace(s, 'a', 'aa')");
    for sql in [doubled, concat, lists, operators, replaced] {
        let error = world.error(&PUBLIC, &sql).await;
        assert_eq!(limited(&error), "memory", "{sql}");
    }
    for sql in
        ["SELECT repeat('a', 2000000000)", "SELECT range(0, 4000000000)", "SELECT lpad('a', 2000000000)"]
    {
        let error = world.error(&PUBLIC, sql).await;
        assert!(matches!(error, Error::Invalid { .. }), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn rows_end_where_the_asker_wants_and_fail_where_the_node_must() {
    let world = World::with(QueryLimits { max_rows: 50_000, ..limits() }).await;
    let series = "SELECT * FROM generate_series(1, 40000)";
    for (wanted, rows, truncated) in
        [(None, 40_000, false), (Some(40_000), 40_000, false), (Some(9), 9, true), (Some(0), 0, true)]
    {
        let sql = Sql { max_rows: wanted, ..Sql::new(series) };
        let mut answer = world.engine.sql(&PUBLIC, sql).await.unwrap();
        let mut got = 0;
        while let Some(batch) = answer.batches.next().await {
            got += batch.unwrap().num_rows();
        }
        assert_eq!((got, answer.truncated.get()), (rows, truncated), "{wanted:?}");
    }
    let error = world.error(&PUBLIC, "SELECT * FROM generate_series(1, 60000)").await;
    assert_eq!(limited(&error), "rows");
}

#[tokio::test]
async fn a_statement_may_be_long_but_not_deep() {
    let world = World::new().await;
    let many = |item: &str, times: usize, between: &str| vec![item; times].join(between);
    let nested = |open: &str, inside: &str, close: &str, times: usize| {
        format!("SELECT {}{inside}{}", open.repeat(times), close.repeat(times))
    };
    // As deep as the text may go: these must be answered or refused, and must not end the program.
    for sql in [
        format!("SELECT {}", many("1", 400, " + ")),
        format!("SELECT 1 WHERE {}", many("1 = 1", 1_200, " AND ")),
        format!("SELECT 1 WHERE {}", many("true", 1_900, " OR ")),
        format!("SELECT 1 IN ({})", many("1", 9_000, ", ")),
        format!("SELECT {}", many("'a'", 400, " || ")),
        format!("SELECT 1 {}", many("IS NULL", 1_200, " ")),
        format!("SELECT 1{}", "::int".repeat(400)),
        format!("SELECT * FROM {}", many("(SELECT 1)", 50, ", ")),
        many("SELECT 1", 1_000, " UNION ALL "),
        nested("(", "1", ")", 39),
        nested("abs(", "1", ")", 39),
    ] {
        match world.try_rows(&PUBLIC, Sql::new(&sql)).await {
            Ok(_) | Err(Error::Invalid { .. } | Error::Limit { .. }) => {}
            Err(error) => panic!("{}…: {error:?}", &sql[..40]),
        }
    }
    for (sql, what) in [
        (format!("SELECT {}", many("1", 10_000, " + ")), "text"),
        (format!("SELECT '{}'", "x".repeat(300 << 10)), "text"),
        (format!("SELECT 1 IN ({})", many("1", 30_000, ", ")), "text"),
        (nested("(", "1", ")", 5_000), "text"),
        (nested("(", "1", ")", 100), "nesting"),
        (format!("SELECT 1 FROM {}", many("place", 61, ", ")), "tables"),
        (nested("NOT ", "true", "", 3_000), ""),
        (nested("-", "1", "", 3_000), ""),
    ] {
        match world.error(&PUBLIC, &sql).await {
            Error::Limit { what: limited, .. } => {
                assert!(what.is_empty() || limited == what, "{}… {limited}", &sql[..30])
            }
            error => assert!(
                what.is_empty() && matches!(error, Error::Invalid { .. }),
                "{}…: {error:?}",
                &sql[..30]
            ),
        }
    }
}

#[tokio::test]
async fn many_at_once_share_the_engine() {
    let world = World::new().await;
    world.register("levels", DatasetKind::Observations, Access::Open).await;
    let level = key("levels", "station:tan_chau", "water_level");
    world.commit("levels", hourly(&level, "2020-02-01", 500, |hour| hour as f64), "2020-03-01").await;
    let sql = "SELECT sum(result) FROM levels";
    let answers = futures::future::join_all((0..40).map(|_| world.rows(&PUBLIC, sql))).await;
    assert!(answers.iter().all(|rows| rows == &["124750.0"]), "{answers:?}");
}
