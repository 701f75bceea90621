//! Direct reads: in a lane of their own when they are short, among the scans when they are not.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lake::{DataFile, Snapshot};
use model::{Bbox, Datastream, TimeRange};
use parking_lot::Mutex;
use tokio::time::timeout_at;
use tracing::Instrument;

use super::asker::Asker;
use super::record::{Kind, Record};
use super::shape::Shape;
use super::stop::Stop;
use super::threads::On;
use super::{Engine, Inner};
use crate::{
    Buckets, Differences, Error, FeaturesAnswer, HarmonisedAnswer, LatestAnswer, ObservationAnswer, Present,
    SeriesAnswer,
};

/// A direct read of more rows than this is a scan.
const SHORT_ROWS: u64 = 65_536;
/// A direct read of more files than this is a scan.
const SHORT_FILES: u64 = 64;
/// Decoded rows a second, for estimates.
pub(crate) const ROWS_A_SECOND: f64 = 10e6;
/// What opening a file takes, for estimates.
pub(crate) const SECONDS_A_FILE: f64 = 0.0002;

tokio::task_local! {
    static READ: Arc<Read>;
}

/// A direct read under way.
struct Read {
    on: On,
    stop: Stop,
    rows: AtomicU64,
    bytes: AtomicU64,
    files: AtomicU64,
    shape: Arc<Mutex<Shape>>,
}

/// What a read takes, as far as the files' statistics tell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// Rows to decode.
    pub(crate) rows: u64,
    /// Bytes of files to read.
    pub(crate) bytes: u64,
    /// Files to open.
    pub(crate) files: u64,
}

impl Cost {
    fn is_short(self) -> bool {
        self.rows <= SHORT_ROWS && self.files <= SHORT_FILES
    }

    fn seconds(self) -> f64 {
        0.001 + self.rows as f64 / ROWS_A_SECOND + self.files as f64 * SECONDS_A_FILE
    }
}

/// The error of a read that turned out to be a scan, on its way back to [`Engine::read`].
#[derive(Debug, thiserror::Error)]
#[error("the read is a scan")]
struct IsScan(Cost);

/// How many rows an answer has.
pub(crate) trait Rows {
    fn rows(&self) -> u64;
}

impl Rows for u64 {
    fn rows(&self) -> u64 {
        0
    }
}

impl Rows for Option<ObservationAnswer> {
    fn rows(&self) -> u64 {
        u64::from(self.is_some())
    }
}

impl Rows for SeriesAnswer {
    fn rows(&self) -> u64 {
        SeriesAnswer::rows(self) as u64
    }
}

impl Rows for Buckets {
    fn rows(&self) -> u64 {
        self.buckets.len() as u64
    }
}

impl Rows for Present {
    fn rows(&self) -> u64 {
        self.datastreams.len() as u64
    }
}

impl Rows for LatestAnswer {
    fn rows(&self) -> u64 {
        self.latest.len() as u64
    }
}

impl Rows for HarmonisedAnswer {
    fn rows(&self) -> u64 {
        self.values.len() as u64
    }
}

impl Rows for Differences {
    fn rows(&self) -> u64 {
        self.rows.len() as u64
    }
}

impl Rows for FeaturesAnswer {
    fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }
}

impl Engine {
    /// Runs a read within its asker's budget. It starts among the short reads; when it finds out
    /// that it is none, it starts again among the scans. It stops when the future is dropped, or
    /// when its time is over.
    pub(crate) async fn read<T, W, F>(&self, what: String, work: W) -> Result<T, Error>
    where
        T: Rows + Send + 'static,
        W: Fn(Arc<Inner>) -> F,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let inner = &self.inner;
        let asker = Asker::current().unwrap_or(Asker::Node);
        let account = inner.accounts.of(&asker);
        account.admit()?;
        let stop = Stop::after(inner.limits.timeout);
        let _stop = stop.when_dropped();
        let mut record = Record::new(Kind::Direct, what, account, inner.slow.clone());
        let mut seconds = Cost::default().seconds();
        for (lane, on) in [(&inner.direct, On::Direct), (&inner.scan, On::Scans)] {
            let slot = timeout_at(stop.deadline, lane.enter(&asker, seconds)).await;
            let slot = match slot.unwrap_or_else(|_| Err(stop.error())) {
                Ok(slot) => slot,
                Err(error) => return Err(record.failed(error)),
            };
            record.begins();
            let none = || AtomicU64::new(0);
            let shape = Arc::new(Mutex::new(Shape::on(on.name())));
            record.shaped(shape.clone());
            let read = Read { on, stop: stop.clone(), rows: none(), bytes: none(), files: none(), shape };
            let read = Arc::new(read);
            let work = busy(READ.scope(read.clone(), work(inner.clone())));
            let deadline = stop.deadline;
            let span = tracing::info_span!(target: "cuulong::work", "scan", read.kind = "direct", read.on = on.name());
            let mut task = inner.threads.spawn(
                on,
                async move {
                    let _slot = slot;
                    timeout_at(deadline, work).await
                }
                .instrument(span),
            );
            let ended = timeout_at(deadline, task.join()).await.unwrap_or_else(|_| Err(stop.error()));
            let (result, seconds_busy) = match ended {
                Ok(Ok(ended)) => ended,
                Ok(Err(_)) => (Err(stop.error()), inner.limits.timeout.as_secs_f64()),
                Err(error) => (Err(error), 0.0),
            };
            record.used(seconds_busy, read.bytes.load(Ordering::Relaxed), read.files.load(Ordering::Relaxed));
            match result {
                Ok(answer) => {
                    record.answered(answer.rows());
                    return Ok(answer);
                }
                Err(Error::Internal(source)) if source.is::<IsScan>() => {
                    seconds = source.downcast_ref::<IsScan>().map_or(seconds, |scan| scan.0.seconds());
                }
                Err(error) => return Err(record.failed(error)),
            }
        }
        Err(record.failed(Error::internal("a scan is not moved on")))
    }

    /// Runs a computation on rows that were read: on the threads for scans when they are many, so
    /// that it does not hold up short reads.
    pub async fn compute<T, W>(&self, rows: usize, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        if rows <= COMPUTED_AT_ONCE {
            return Ok(work());
        }
        self.inner.threads.spawn(On::Scans, async move { work() }).join().await
    }
}

/// So many rows are computed where they are.
const COMPUTED_AT_ONCE: usize = 5_000;

/// Notes something of the read under way; what SQL reads this way has a plan.
pub(crate) fn note(noted: impl FnOnce(&mut Shape)) {
    let _ = READ.try_with(|read| noted(&mut read.shape.lock()));
}

impl Inner {
    /// Says what the read under way takes before it takes it.
    pub(crate) fn weigh(&self, cost: Cost) -> Result<(), Error> {
        let weighed = READ.try_with(|read| {
            let add =
                |sum: &AtomicU64, more: u64| sum.fetch_add(more, Ordering::Relaxed).saturating_add(more);
            let cost = Cost {
                rows: add(&read.rows, cost.rows),
                bytes: add(&read.bytes, cost.bytes),
                files: add(&read.files, cost.files),
            };
            read.shape.lock().cost = cost;
            if read.on == On::Direct && !cost.is_short() {
                return Err(Error::internal(IsScan(cost)));
            }
            read.stop.check().map_err(Error::from)
        });
        // What SQL reads this way has been weighed as a whole.
        weighed.unwrap_or(Ok(()))
    }

    /// What reading some of a dataset's datastreams takes: rows are taken to lie evenly over the
    /// datastreams and times that a file says it holds.
    pub(crate) fn series_cost(
        &self,
        snapshot: &Snapshot,
        wanted: &[i64],
        all: &[Datastream],
        time: TimeRange,
        limit: Option<usize>,
    ) -> Cost {
        let (from, to) = (
            time.from.map_or(i64::MIN, |time| time.timestamp_micros()),
            time.to.map_or(i64::MAX, |time| time.timestamp_micros()),
        );
        note(|shape| (shape.time, shape.limit) = (Some(time), limit));
        let mut cost = Cost::default();
        for file in snapshot.files() {
            let share = share_of_file(file, wanted, all, from, to);
            if share > 0.0 {
                cost.files += 1;
                cost.rows += (file.rows as f64 * share).ceil() as u64;
                cost.bytes += (file.size as f64 * share).ceil() as u64;
            }
        }
        if let Some(limit) = limit.filter(|limit| (*limit as u64) < cost.rows) {
            // A page is read from the front; later files are not opened.
            let part = limit as f64 / cost.rows as f64;
            cost.bytes = (cost.bytes as f64 * part).ceil() as u64;
            cost.files = (cost.files as f64 * part).ceil() as u64;
            cost.rows = limit as u64;
        }
        cost
    }
}

/// What reading the features of a box takes: they are taken to lie evenly over each file's own box.
pub(crate) fn features_cost(snapshot: &Snapshot, bbox: Option<Bbox>, limit: usize) -> Cost {
    note(|shape| (shape.bbox, shape.limit) = (bbox, Some(limit)));
    let mut cost = Cost::default();
    for file in snapshot.files() {
        let share = match (bbox, file.bbox) {
            (Some(asked), Some(has)) => share_of_box(asked, has),
            (Some(_), None) => 0.0,
            // Without a box a page is read from the front.
            (None, _) => (limit as f64 / file.rows.max(1) as f64).min(1.0),
        };
        if share > 0.0 {
            cost.files += 1;
            cost.rows += (file.rows as f64 * share).ceil() as u64;
            cost.bytes += (file.size as f64 * share).ceil() as u64;
        }
    }
    cost
}

fn share_of_box(asked: Bbox, has: Bbox) -> f64 {
    let along = |from: f64, to: f64, first: f64, last: f64| {
        let common = to.min(last) - from.max(first);
        if common < 0.0 {
            0.0
        } else if last > first {
            (common / (last - first)).max(1e-6)
        } else {
            1.0
        }
    };
    along(asked.west, asked.east, has.west, has.east) * along(asked.south, asked.north, has.south, has.north)
}

/// How much of a file a read of some datastreams and times takes.
fn share_of_file(file: &DataFile, wanted: &[i64], all: &[Datastream], from: i64, to: i64) -> f64 {
    let (min, max) = (file.min_datastream.unwrap_or(i64::MIN), file.max_datastream.unwrap_or(i64::MAX));
    let here =
        wanted.partition_point(|number| *number <= max) - wanted.partition_point(|number| *number < min);
    let all = all.partition_point(|one| one.id.0 <= max) - all.partition_point(|one| one.id.0 < min);
    let streams = here as f64 / all.max(here).max(1) as f64;
    let times = match (file.min_time, file.max_time) {
        (Some(min), Some(max)) if min < max => {
            let (first, last) = (min.max(from), max.min(to));
            if first > last { 0.0 } else { (last - first) as f64 / (max - min) as f64 }
        }
        (Some(only), Some(_)) => f64::from(u8::from(from <= only && only < to)),
        _ => 1.0,
    };
    // A part of a page is a page.
    if streams > 0.0 && times >= 0.0 && overlaps(file, from, to) {
        (streams * times).clamp(f64::MIN_POSITIVE, 1.0)
    } else {
        0.0
    }
}

fn overlaps(file: &DataFile, from: i64, to: i64) -> bool {
    file.min_time.is_none_or(|min| min < to) && file.max_time.is_none_or(|max| max >= from)
}

/// The work's result, and for how many seconds it kept a thread busy.
async fn busy<F: Future>(work: F) -> (F::Output, f64) {
    let mut work = Box::pin(work);
    let mut seconds = 0.0;
    poll_fn(move |cx| {
        let began = Instant::now();
        let polled = work.as_mut().poll(cx);
        seconds += began.elapsed().as_secs_f64();
        polled.map(|result| (result, seconds))
    })
    .await
}

#[cfg(test)]
mod tests {
    use model::{DatasetId, DatastreamId, DatastreamKey, PlaceId, PropertyCode, Statistic};
    use object_store::path::Path;

    use super::*;

    fn file() -> DataFile {
        DataFile {
            path: Path::from("a.parquet"),
            size: 1_000_000,
            rows: 100_000,
            min_datastream: Some(10),
            max_datastream: Some(20),
            min_time: Some(0),
            max_time: Some(1_000),
            bbox: None,
            checksums: None,
        }
    }

    fn stream(number: i64) -> Datastream {
        let key = DatastreamKey {
            dataset: DatasetId::new("gauge").unwrap(),
            place: PlaceId::new("station:cau_noi").unwrap(),
            property: PropertyCode::new("salinity").unwrap(),
            procedure: String::new(),
            statistic: Statistic::Instant,
            period: String::new(),
            unit: "g/L".into(),
            datum: String::new(),
        };
        Datastream { id: DatastreamId(number), key }
    }

    #[test]
    fn a_read_is_as_large_as_its_part_of_the_files() {
        let all: Vec<i64> = (0..100).collect();
        let streams: Vec<Datastream> = all.iter().map(|number| stream(*number)).collect();
        let share = |wanted: &[i64], from, to| share_of_file(&file(), wanted, &streams, from, to);
        assert_eq!(share(&[15], i64::MIN, i64::MAX), 1.0 / 11.0);
        assert_eq!(share(&all, i64::MIN, i64::MAX), 1.0);
        assert_eq!(share(&all, 0, 500), 0.5);
        assert_eq!(share(&[50], i64::MIN, i64::MAX), 0.0);
        assert_eq!(share(&all, 1_001, i64::MAX), 0.0);
        assert!(share(&all, 1_000, i64::MAX) > 0.0);
    }
}
