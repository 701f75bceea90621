//! Reading series: what is asked for, in order, and no more than the permit reaches.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use lake::{AsOf, Error, Lake, SeriesRead};
use model::{Access, AgencyId, DatasetId, TimeRange, UserId};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
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
    SeriesRead {
        datastreams: datastreams.to_vec(),
        time,
        columns: None,
        limit: None,
        results: lake::ResultRange::ALL,
    }
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

/// A store in memory that counts what is read of it.
#[derive(Debug, Default)]
struct Counting {
    inner: InMemory,
    bytes: AtomicU64,
    reads: AtomicU64,
}

impl Counting {
    fn counted<'a>(&self, pieces: impl IntoIterator<Item = &'a Bytes>) {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let bytes: usize = pieces.into_iter().map(Bytes::len).sum();
        self.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let found = self.inner.get_opts(location, options).await?;
        self.counted([&Bytes::from(vec![0; usize::try_from(found.range.end - found.range.start).unwrap()])]);
        Ok(found)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[std::ops::Range<u64>]) -> Result<Vec<Bytes>> {
        let found = self.inner.get_ranges(location, ranges).await?;
        self.counted(&found);
        Ok(found)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn one_series_and_month_is_a_small_part_of_what_is_stored() {
    let store = Arc::new(Counting::default());
    let lake = Lake::over(store.clone(), url::Url::parse("memory:///").unwrap());
    with_table(&lake).await;
    // Values that do not repeat, so that they take room in the file.
    let noise = |n: i64| f64::from((n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20) as u16);
    let value = |n: i64| (n % 50, n / 50, Some(noise(n) / 100.0));
    let rows: Vec<Value> = (0..300_000).map(value).collect();
    commit(&lake, 1, &rows).await;
    let snapshot = lake.snapshot(&reading(), AsOf::Latest).await.unwrap();
    let stored: u64 = snapshot.files().iter().map(|file| file.size).sum();
    let month = SeriesRead {
        columns: Some(vec!["phenomenon_time", "result"]),
        ..read(&[17], hours(Some(3000), Some(3720)))
    };
    let mut found = Vec::new();
    // The footer is read once; a second read takes the pages only, one or two of 37, in whole blocks.
    for most in [stored, stored / 12] {
        let (bytes, reads) = (&store.bytes, &store.reads);
        bytes.store(0, Ordering::SeqCst);
        reads.store(0, Ordering::SeqCst);
        found = lake.read_series(&reading(), &snapshot, month.clone()).await.unwrap();
        assert!(bytes.load(Ordering::SeqCst) <= most, "{bytes:?} of {stored} bytes");
        assert!(reads.load(Ordering::SeqCst) <= 3, "{reads:?} reads");
    }
    assert_eq!(found.iter().map(RecordBatch::num_rows).sum::<usize>(), 720);
}
