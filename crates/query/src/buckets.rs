//! Series drawn together into buckets of time that keep their extremes.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{Float64Type, Int8Type, TimestampMicrosecondType};
use chrono::{DateTime, TimeDelta, Utc};
use lake::{SeriesRead, Snapshot};
use model::{Datastream, DatastreamId, Quality, TimeRange, Version};
use policy::Permit;
use wording::told;

use crate::engine::Inner;
use crate::functions::bucket_start;
use crate::observation::{column, instant};
use crate::{At, Engine, Error, Streams};

/// The most buckets of one answer.
const MOST_BUCKETS: usize = 200_000;

/// Which results to draw together, and how.
#[derive(Debug, Clone)]
pub struct BucketRequest {
    /// The datastreams; each has its own buckets.
    pub streams: Streams,
    /// The phenomenon times.
    pub time: TimeRange,
    /// The version.
    pub at: At,
    /// How wide a bucket is.
    pub every: Every,
}

/// How wide a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// As wide as it takes for so many at most over the range, or over what there is in it.
    Count(usize),
    /// So long. Days begin at midnight in Vietnam.
    Width(TimeDelta),
    /// So many months, from the first of a month in Vietnam.
    Months(u32),
}

/// What a bucket keeps of its results. Values that failed quality control, and missing ones, are
/// left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// The datastream.
    pub datastream: DatastreamId,
    /// The beginning of the bucket.
    pub start: DateTime<Utc>,
    /// Its end, which belongs to the next.
    pub end: DateTime<Utc>,
    /// How many results it holds; at least one.
    pub count: u64,
    /// The smallest result.
    pub min: f64,
    /// When it was (the first time, when it was more than once).
    pub min_time: DateTime<Utc>,
    /// The largest result.
    pub max: f64,
    /// When it was (the first time).
    pub max_time: DateTime<Utc>,
    /// The first result.
    pub first: f64,
    /// When it was.
    pub first_time: DateTime<Utc>,
    /// The last result.
    pub last: f64,
    /// When it was.
    pub last_time: DateTime<Utc>,
    /// The mean of the results, each counting the same.
    pub mean: f64,
}

/// Buckets, in the order of datastream and time.
#[derive(Debug, Clone)]
pub struct Buckets {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The datastreams asked for.
    pub datastreams: Vec<Datastream>,
    /// The buckets that hold anything.
    pub buckets: Vec<Bucket>,
}

impl Engine {
    /// Draws results together without planning anything.
    pub async fn buckets(&self, permit: &Permit, request: BucketRequest) -> Result<Buckets, Error> {
        let permit = permit.clone();
        self.read(format!("buckets of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move { inner.buckets(&permit, request).await }
        })
        .await
    }
}

impl Inner {
    async fn buckets(&self, permit: &Permit, request: BucketRequest) -> Result<Buckets, Error> {
        check(request.every)?;
        let chosen = self.choose(permit, &request.streams, request.at).await?;
        let mut buckets = Vec::new();
        if let Some(snapshot) = &chosen.snapshot {
            self.weigh(self.series_cost(snapshot, &chosen.numbers(), &chosen.all, request.time, None))?;
            let several = chosen.datastreams.len() > 1;
            for number in chosen.numbers() {
                let read = SeriesRead {
                    datastreams: vec![number],
                    time: request.time,
                    columns: Some(vec!["datastream", "phenomenon_time", "result", "quality"]),
                    limit: None,
                    results: lake::ResultRange::ALL,
                };
                let batches = self.lake.read_series(permit, snapshot, read).await?;
                let span = span(&batches, request.time, several.then_some(snapshot.as_ref()))?;
                let Some(grid) = Grid::new(request.every, span) else { continue };
                collect(DatastreamId(number), &batches, &grid, &mut buckets)?;
                if buckets.len() > MOST_BUCKETS {
                    return Err(Error::Limit { what: "buckets", limit: format!("{MOST_BUCKETS} buckets") });
                }
            }
        }
        let version = chosen.snapshot.as_ref().map(|snapshot| snapshot.version());
        Ok(Buckets { version, datastreams: chosen.datastreams, buckets })
    }
}

fn check(every: Every) -> Result<(), Error> {
    let well = match every {
        Every::Count(count) => (1..=MOST_BUCKETS).contains(&count),
        Every::Width(width) => width.num_microseconds().is_some_and(|micros| micros > 0),
        Every::Months(months) => (1..=12_000).contains(&months),
    };
    if well {
        return Ok(());
    }
    Err(Error::invalid(
        told!("query-buckets-have-no-width", "the buckets have no width"),
        told!(
            "query-ask-1-buckets-width-above-zero",
            "ask for 1 to {most_buckets} buckets, or for a width above zero",
            most_buckets = MOST_BUCKETS
        ),
    ))
}

/// From the first instant to after the last, in microseconds: as asked for, else as there is.
/// Several datastreams share the span of the files, so that their buckets lie side by side.
fn span(
    batches: &[RecordBatch],
    time: TimeRange,
    shared: Option<&Snapshot>,
) -> Result<Option<(i64, i64)>, Error> {
    let of_files = |pick: fn(&lake::DataFile) -> Option<i64>| {
        shared.map(|snapshot| snapshot.files().iter().filter_map(pick))
    };
    let first = match of_files(|file| file.min_time) {
        Some(times) => times.min(),
        None => edge(batches.first(), |times| times.first().copied())?,
    };
    let last = match of_files(|file| file.max_time) {
        Some(times) => times.max(),
        None => edge(batches.last(), |times| times.last().copied())?,
    };
    let from = time.from.map(|t| t.timestamp_micros()).or(first);
    let to = time.to.map(|t| t.timestamp_micros()).or(last.map(|last| last.saturating_add(1)));
    Ok(from.zip(to).filter(|(from, to)| from < to))
}

fn edge(batch: Option<&RecordBatch>, pick: fn(&[i64]) -> Option<i64>) -> Result<Option<i64>, Error> {
    let Some(batch) = batch else { return Ok(None) };
    Ok(pick(column::<TimestampMicrosecondType>(batch, "phenomenon_time")?.values()))
}

/// Where buckets begin.
enum Grid {
    /// At equal steps from an instant.
    Steps { from: i64, width: i64 },
    /// At local midnights, hours, …
    Local { width: i64 },
    /// At the first of local months.
    Months(i64),
}

impl Grid {
    fn new(every: Every, span: Option<(i64, i64)>) -> Option<Grid> {
        match every {
            Every::Count(count) => {
                let (from, to) = span?;
                let length = u64::try_from(to.checked_sub(from)?).ok()?;
                let width = length.div_ceil(count as u64).max(1);
                Some(Grid::Steps { from, width: i64::try_from(width).ok()? })
            }
            Every::Width(width) => Some(Grid::Local { width: width.num_microseconds()? }),
            Every::Months(months) => Some(Grid::Months(i64::from(months))),
        }
    }

    /// The bucket that an instant falls in.
    fn bucket(&self, time: i64) -> Option<(i64, i64)> {
        match self {
            Grid::Steps { from, width } => {
                let start =
                    time.checked_sub(*from)?.div_euclid(*width).checked_mul(*width)?.checked_add(*from)?;
                Some((start, start.checked_add(*width)?))
            }
            Grid::Local { width } => {
                let start = bucket_start(time, 0, *width)?;
                Some((start, start.checked_add(*width)?))
            }
            Grid::Months(months) => {
                let start = bucket_start(time, *months, 0)?;
                // No month has more than 31 days, and the next bucket begins within that of its last.
                let beyond = start.checked_add(months * 31 * 86_400_000_000)?;
                Some((start, bucket_start(beyond, *months, 0)?))
            }
        }
    }
}

fn collect(
    datastream: DatastreamId,
    batches: &[RecordBatch],
    grid: &Grid,
    buckets: &mut Vec<Bucket>,
) -> Result<(), Error> {
    let mut open: Option<Open> = None;
    for batch in batches {
        let times = column::<TimestampMicrosecondType>(batch, "phenomenon_time")?;
        let results = column::<Float64Type>(batch, "result")?;
        let qualities = column::<Int8Type>(batch, "quality")?;
        for row in 0..batch.num_rows() {
            let left_out = [Quality::Fail.code(), Quality::Missing.code()].contains(&qualities.value(row));
            if results.is_null(row) || left_out || !results.value(row).is_finite() {
                continue;
            }
            let (time, result) = (times.value(row), results.value(row));
            match &mut open {
                Some(bucket) if time < bucket.end => bucket.add(time, result),
                _ => {
                    let Some((start, end)) = grid.bucket(time) else { continue };
                    if let Some(full) = open.replace(Open::new(start, end, time, result)) {
                        buckets.push(full.close(datastream)?);
                    }
                    if buckets.len() > MOST_BUCKETS {
                        return Ok(());
                    }
                }
            }
        }
    }
    if let Some(last) = open {
        buckets.push(last.close(datastream)?);
    }
    Ok(())
}

/// A bucket that is being filled. Times in microseconds.
struct Open {
    start: i64,
    end: i64,
    count: u64,
    min: (f64, i64),
    max: (f64, i64),
    first: (f64, i64),
    last: (f64, i64),
    mean: f64,
}

impl Open {
    fn new(start: i64, end: i64, time: i64, result: f64) -> Open {
        let only = (result, time);
        Open { start, end, count: 1, min: only, max: only, first: only, last: only, mean: result }
    }

    fn add(&mut self, time: i64, result: f64) {
        self.count += 1;
        if result < self.min.0 {
            self.min = (result, time);
        }
        if result > self.max.0 {
            self.max = (result, time);
        }
        self.last = (result, time);
        // Welford's running mean keeps its digits where a sum of millions would lose them.
        self.mean += (result - self.mean) / self.count as f64;
    }

    fn close(self, datastream: DatastreamId) -> Result<Bucket, Error> {
        Ok(Bucket {
            datastream,
            start: instant(self.start)?,
            end: instant(self.end)?,
            count: self.count,
            min: self.min.0,
            min_time: instant(self.min.1)?,
            max: self.max.0,
            max_time: instant(self.max.1)?,
            first: self.first.0,
            first_time: instant(self.first.1)?,
            last: self.last.0,
            last_time: instant(self.last.1)?,
            mean: self.mean,
        })
    }
}
