//! A count is what reading and counting says, whatever the statistics tell beforehand.

use std::sync::Arc;

use lake::{AsOf, CountRead, Lake, SeriesRead};
use model::TimeRange;
use object_store::memory::InMemory;
use proptest::prelude::*;
use url::Url;

use crate::world::{Value, commit, hour, reading, with_table};

fn instant(n: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_micros(hour(n)).unwrap()
}

/// Series long enough for several pages and row groups, and some short ones between them.
async fn table() -> Lake {
    let lake = Lake::over(Arc::new(InMemory::new()), Url::parse("memory:///").unwrap());
    with_table(&lake).await;
    let long = |stream: i64, hours: std::ops::Range<i64>| hours.map(move |n| (stream, n, Some(n as f64)));
    let first: Vec<Value> = long(1, 0..30_000).chain(long(3, 0..500)).chain(long(4, 0..140_000)).collect();
    commit(&lake, 1, &first).await;
    let second: Vec<Value> = long(1, 30_000..40_000).chain(long(2, 5..9)).chain(long(9, 0..20_000)).collect();
    commit(&lake, 2, &second).await;
    lake
}

#[test]
fn a_count_is_the_number_of_rows_that_a_read_gives() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lake = runtime.block_on(table());
    let snapshot = runtime.block_on(lake.snapshot(&reading(), AsOf::Latest)).unwrap();
    let streams = prop::collection::btree_set(0..11_i64, 1..7);
    let edge = || prop::option::of(-10..150_000_i64);
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(streams in streams, from in edge(), to in edge(), every in any::<bool>())| {
        let time = TimeRange { from: from.map(instant), to: to.map(instant) };
        let datastreams: Vec<i64> = if every { (0..11).collect() } else { streams.into_iter().collect() };
        let read = SeriesRead {
            datastreams: datastreams.clone(),
            time,
            columns: Some(vec!["phenomenon_time"]),
            limit: None, results: lake::ResultRange::ALL,
        };
        let rows = runtime.block_on(lake.read_series(&reading(), &snapshot, read)).unwrap();
        let expected: u64 = rows.iter().map(|batch| batch.num_rows() as u64).sum();
        let all = every.then_some(None);
        for datastreams in [Some(Some(datastreams)), all].into_iter().flatten() {
            let count = CountRead { datastreams, time, results: lake::ResultRange::ALL };
            let counted = runtime.block_on(lake.count_series(&reading(), &snapshot, count)).unwrap();
            prop_assert_eq!(counted, expected);
        }
    });
}

/// The first page of a table is the beginning of all of it, wherever its rows lie.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_rows_of_a_series_are_the_same_whether_all_or_some_are_asked_for() {
    let lake = table().await;
    // Files that overlap in time, besides those that follow one another.
    commit(&lake, 3, &[(1, 60_000, Some(1.0)), (4, 7, Some(-1.0)), (4, 200_000, Some(2.0))]).await;
    let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
    let read = async |stream: i64, from: Option<i64>, limit: Option<usize>| -> Vec<Value> {
        let time = TimeRange { from: from.map(instant), to: None };
        let read = SeriesRead {
            datastreams: vec![stream],
            time,
            columns: None,
            limit,
            results: lake::ResultRange::ALL,
        };
        let batches = lake.read_series(&reading(), &snapshot, read).await.unwrap();
        batches.iter().flat_map(crate::world::batch_values).collect()
    };
    for stream in [1, 2, 3, 4, 9, 10] {
        for from in [None, Some(6), Some(29_990), Some(139_999)] {
            let all = read(stream, from, None).await;
            for limit in [1, 2, 7, 1_001, 8_192, 20_000] {
                let some = read(stream, from, Some(limit)).await;
                assert_eq!(some, all[..limit.min(all.len())], "{stream} from {from:?}, {limit}");
            }
        }
    }
}
