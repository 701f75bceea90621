//! Reading series: what is asked for, in order, and no more than the permit reaches.

use arrow::record_batch::RecordBatch;
use lake::{AsOf, Error, Lake, SeriesRead};
use model::{Access, AgencyId, DatasetId, TimeRange, UserId};
use policy::{Grant, GrantLevel, Permit, Policy, Principal, Purpose, Role, RowFilter, Scope};

use crate::world::{
    Value, World, at, batch_values, commit, dataset, hour, on_both, permit_for, reading, with_table, writing,
};

/// A read permit that ends before an instant.
pub fn embargoed(before: &str) -> Permit {
    let policy =
        Policy { dataset: dataset(), access: Access::Restricted, agency: AgencyId::new("srhmc").unwrap() };
    let user = UserId::new("lan").unwrap();
    let grant = Grant {
        dataset: dataset(),
        user: Some(user.clone()),
        agency: None,
        level: GrantLevel::Read,
        rows: RowFilter { before: Some(at(before)), ..RowFilter::default() },
        expires_at: None,
    };
    let principal = Principal::User { id: user, agency: None, role: Role::User, scope: Scope::Read };
    policy::decide(&principal, &policy, &[grant], Purpose::Read, at("2026-07-01T00:00:00Z")).outcome.unwrap()
}

fn hours(from: Option<i64>, to: Option<i64>) -> TimeRange {
    let instant = |n: i64| chrono::DateTime::from_timestamp_micros(hour(n)).unwrap();
    TimeRange { from: from.map(instant), to: to.map(instant) }
}

fn read(datastreams: &[i64], time: TimeRange) -> SeriesRead {
    SeriesRead { datastreams: datastreams.to_vec(), time, columns: None, limit: None }
}

async fn series(lake: &Lake, permit: &Permit, read: SeriesRead) -> Vec<Value> {
    let snapshot = lake.snapshot(permit, AsOf::Latest).await.unwrap();
    let batches = lake.read_series(permit, &snapshot, read).await.unwrap();
    batches.iter().flat_map(batch_values).collect()
}

/// Three datastreams in two files whose ranges overlap, and a third file of later hours.
async fn filled(lake: &Lake) -> Vec<Value> {
    with_table(lake).await;
    let value = |datastream, n: i64| (datastream, n, Some(f64::from(i32::try_from(n).unwrap())));
    let even: Vec<Value> = (0..15_000).map(|n| value(n % 3, n / 3 * 2)).collect();
    let odd: Vec<Value> = (0..15_000).map(|n| value(n % 3, n / 3 * 2 + 1)).collect();
    let late: Vec<Value> = (0..300).map(|n| value(n % 3, 20_000 + n / 3)).collect();
    for (number, rows) in [(1, &even), (2, &odd), (3, &late)] {
        commit(lake, number, rows).await;
    }
    let mut all = [even, odd, late].concat();
    all.sort_by_key(|value| (value.0, value.1));
    all
}

on_both! {
    async fn a_read_gives_the_datastreams_and_times_asked_for_in_order(world: World) {
        let lake = world.lake().await;
        let all = filled(&lake).await;
        for (datastreams, from, to) in [
            (vec![1], None, None),
            (vec![1], Some(500), Some(1_244)),
            (vec![0, 2], Some(9_999), Some(20_001)),
            (vec![0, 1, 2, 9], Some(4_000), Some(4_001)),
            (vec![2], Some(20_099), None),
            (vec![2], Some(30_000), None),
            (vec![7], None, None),
        ] {
            let expected: Vec<Value> = all
                .iter()
                .filter(|v| {
                    datastreams.contains(&v.0)
                        && from.is_none_or(|from| from <= v.1)
                        && to.is_none_or(|to| v.1 < to)
                })
                .copied()
                .collect();
            let found = series(&lake, &reading(), read(&datastreams, hours(from, to))).await;
            assert_eq!(found, expected, "{datastreams:?} {from:?} {to:?}");
        }
    }

    async fn a_limit_gives_the_first_rows(world: World) {
        let lake = world.lake().await;
        let all = filled(&lake).await;
        for limit in [0, 1, 5, 10_001, 1_000_000] {
            let limited = SeriesRead { limit: Some(limit), ..read(&[0, 1, 2], TimeRange::ALL) };
            let found = series(&lake, &reading(), limited).await;
            assert_eq!(found, all[..limit.min(all.len())], "{limit}");
        }
    }

    async fn an_embargo_hides_what_is_younger(world: World) {
        let lake = world.lake().await;
        let all = filled(&lake).await;
        let permit = embargoed("2020-01-05T00:00:00Z");
        let found = series(&lake, &permit, read(&[0, 1, 2], TimeRange::ALL)).await;
        let expected: Vec<Value> = all.iter().filter(|v| v.1 < 96).copied().collect();
        assert_eq!(found, expected);
        assert_eq!(series(&lake, &permit, read(&[1], hours(Some(96), None))).await, []);
        let before_all = embargoed("1999-01-01T00:00:00Z");
        assert_eq!(series(&lake, &before_all, read(&[1], TimeRange::ALL)).await, []);
    }
}

#[tokio::test]
async fn only_the_columns_asked_for_are_given() {
    let world = World::on_disk();
    let lake = world.lake().await;
    filled(&lake).await;
    let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
    for (columns, expected) in [
        (vec!["result", "phenomenon_time"], vec!["phenomenon_time", "result"]),
        (vec!["quality"], vec!["quality"]),
    ] {
        let read = SeriesRead { columns: Some(columns), ..read(&[1], hours(Some(0), Some(5))) };
        let batches: Vec<RecordBatch> = lake.read_series(&reading(), &snapshot, read).await.unwrap();
        let schema = batches[0].schema();
        assert_eq!(schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 5);
    }
    let unknown = SeriesRead { columns: Some(vec!["salinity"]), ..read(&[1], TimeRange::ALL) };
    let error = lake.read_series(&reading(), &snapshot, unknown).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }));
}

#[tokio::test]
async fn a_read_needs_a_read_permit_for_the_dataset() {
    let world = World::on_disk();
    let lake = world.lake().await;
    filled(&lake).await;
    let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
    let wrong = [
        writing(),
        permit_for("salinity_hourly", Purpose::Describe),
        permit_for("another_dataset", Purpose::Read),
    ];
    for permit in wrong {
        let found = lake.read_series(&permit, &snapshot, read(&[1], TimeRange::ALL)).await;
        assert!(matches!(found, Err(Error::Denied(_))), "{permit:?}");
    }
    let another = DatasetId::new("another_dataset").unwrap();
    let elsewhere = permit_for(another.as_str(), Purpose::Read);
    assert!(matches!(lake.snapshot(&elsewhere, AsOf::Latest).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn datastreams_out_of_order_are_refused() {
    let world = World::on_disk();
    let lake = world.lake().await;
    filled(&lake).await;
    let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
    for datastreams in [vec![], vec![2, 1]] {
        let found = lake.read_series(&reading(), &snapshot, read(&datastreams, TimeRange::ALL)).await;
        assert!(matches!(found, Err(Error::Invalid { .. })));
    }
}
