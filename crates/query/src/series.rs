//! Results of some datastreams in a range of time, as they are stored.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Duration, Utc};
use lake::{CountRead, ResultRange, SeriesRead, Snapshot};
use model::{Datastream, DatastreamId, TimeRange, Version};
use policy::Permit;

use crate::engine::{Inner, note};
use crate::observation::instant;
use crate::select::Chosen;
use crate::{At, Engine, Error, Streams};

/// Which results to read.
#[derive(Debug, Clone, Default)]
pub struct SeriesRequest {
    /// The datastreams.
    pub streams: Streams,
    /// The phenomenon times.
    pub time: TimeRange,
    /// The version.
    pub at: At,
    /// At most so many results, the first in the order of datastream and time.
    pub limit: Option<usize>,
    /// Only results after this one in that order: where the page before ended.
    pub after: Option<(DatastreamId, DateTime<Utc>)>,
    /// Only results in this range; files, row groups and pages without any are not opened.
    pub results: ResultRange,
}

/// Results as they are stored.
#[derive(Debug, Clone)]
pub struct SeriesAnswer {
    /// The version that was read; `None` when nothing was known at the instant asked for.
    pub version: Option<Version>,
    /// The datastreams asked for, by number, with and without results in the range.
    pub datastreams: Vec<Datastream>,
    /// The results, in the order of datastream and time, with the columns of
    /// `lake::observations::schema`.
    pub batches: Vec<RecordBatch>,
}

impl SeriesAnswer {
    /// How many results there are.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// When the results of a version are, as its files say; values under an embargo count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The first phenomenon time.
    pub first: DateTime<Utc>,
    /// The last phenomenon time.
    pub last: DateTime<Utc>,
    /// How many results there are.
    pub rows: u64,
}

impl Engine {
    /// Reads results without planning anything.
    pub async fn series(&self, permit: &Permit, request: SeriesRequest) -> Result<SeriesAnswer, Error> {
        let permit = permit.clone();
        self.read(format!("series of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move { inner.series(&permit, request, None).await }
        })
        .await
    }

    /// Reads the first results of each datastream, at most `limit` of each.
    pub async fn firsts(&self, permit: &Permit, request: SeriesRequest) -> Result<SeriesAnswer, Error> {
        let permit = permit.clone();
        self.read(format!("first values of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move { inner.firsts(&permit, request).await }
        })
        .await
    }

    /// From when to when a version has results, and how many; `None` when it has none.
    pub async fn extent(&self, permit: &Permit, at: At) -> Result<Option<Extent>, Error> {
        let Some(snapshot) = self.inner.snapshot(permit, at).await? else { return Ok(None) };
        let first = snapshot.files().iter().filter_map(|file| file.min_time).min();
        let last = snapshot.files().iter().filter_map(|file| file.max_time).max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(None) };
        Ok(Some(Extent { first: instant(first)?, last: instant(last)?, rows: snapshot.rows() }))
    }

    /// How many results there are, without reading their values. A limit and a page do not count.
    pub async fn count(&self, permit: &Permit, request: SeriesRequest) -> Result<u64, Error> {
        let permit = permit.clone();
        self.read(format!("count of {}", permit.dataset()), move |inner| {
            let (permit, request) = (permit.clone(), request.clone());
            async move { inner.count(&permit, request).await }
        })
        .await
    }
}

impl Inner {
    /// Some columns of the results, or all.
    pub(crate) async fn series(
        &self,
        permit: &Permit,
        request: SeriesRequest,
        columns: Option<Vec<&'static str>>,
    ) -> Result<SeriesAnswer, Error> {
        let chosen = self.choose(permit, &request.streams, request.at).await?;
        self.read_chosen(permit, chosen, request, columns).await
    }

    /// All columns of the results of those datastreams that pass.
    pub(crate) async fn series_of(
        &self,
        permit: &Permit,
        request: SeriesRequest,
        passes: impl Fn(&Datastream) -> bool,
    ) -> Result<SeriesAnswer, Error> {
        let mut chosen = self.choose(permit, &request.streams, request.at).await?;
        chosen.datastreams.retain(passes);
        self.read_chosen(permit, chosen, request, None).await
    }

    async fn read_chosen(
        &self,
        permit: &Permit,
        chosen: Chosen,
        request: SeriesRequest,
        columns: Option<Vec<&'static str>>,
    ) -> Result<SeriesAnswer, Error> {
        let mut batches = Vec::new();
        if let Some(snapshot) = &chosen.snapshot {
            let most = self.limits.max_rows;
            // How far one has to read for so many results of a range nobody knows before.
            let limit = request.limit.filter(|_| request.results.is_all());
            let cost = self.series_cost(snapshot, &chosen.numbers(), &chosen.all, request.time, limit);
            note(|shape| (shape.results, shape.limit) = (Some(request.results), request.limit));
            self.weigh(cost)?;
            let mut left = request.limit.map_or(most + 1, |limit| limit.min(most + 1));
            let rows_of_one = snapshot.rows() / chosen.all.len().max(1) as u64;
            for (datastreams, time) in pages(chosen.numbers(), request.time, request.after) {
                // A page is filled from the first datastreams on; others are not looked at.
                let mut rest = datastreams.as_slice();
                let mut many = match request.limit {
                    Some(_) => left / usize::try_from(rows_of_one).unwrap_or(usize::MAX).max(1) + 1,
                    None => rest.len(),
                };
                while left > 0 && !rest.is_empty() {
                    let (these, others) = rest.split_at(many.min(rest.len()));
                    (rest, many) = (others, many.saturating_mul(4));
                    let datastreams = these.to_vec();
                    let read = SeriesRead {
                        datastreams,
                        time,
                        columns: columns.clone(),
                        limit: Some(left),
                        results: request.results,
                    };
                    let more = self.lake.read_series(permit, snapshot, read).await?;
                    left -= more.iter().map(RecordBatch::num_rows).sum::<usize>().min(left);
                    batches.extend(more);
                }
            }
            if batches.iter().map(RecordBatch::num_rows).sum::<usize>() > most {
                return Err(Error::Limit { what: "rows", limit: format!("{most} rows") });
            }
        }
        let version = chosen.snapshot.as_ref().map(|snapshot| snapshot.version());
        Ok(SeriesAnswer { version, datastreams: chosen.datastreams, batches })
    }

    async fn firsts(&self, permit: &Permit, request: SeriesRequest) -> Result<SeriesAnswer, Error> {
        let chosen = self.choose(permit, &request.streams, request.at).await?;
        let mut batches = Vec::new();
        if let Some(snapshot) = &chosen.snapshot {
            let limit = request.limit.filter(|_| request.results.is_all());
            for number in chosen.numbers() {
                self.weigh(self.series_cost(snapshot, &[number], &chosen.all, request.time, limit))?;
            }
            let most = self.limits.max_rows;
            let mut rows = 0;
            for number in chosen.numbers() {
                let read = SeriesRead {
                    datastreams: vec![number],
                    time: request.time,
                    columns: None,
                    limit: request.limit,
                    results: request.results,
                };
                let more = self.lake.read_series(permit, snapshot, read).await?;
                rows += more.iter().map(RecordBatch::num_rows).sum::<usize>();
                if rows > most {
                    return Err(Error::Limit { what: "rows", limit: format!("{most} rows") });
                }
                batches.extend(more);
            }
        }
        let version = chosen.snapshot.as_ref().map(|snapshot| snapshot.version());
        Ok(SeriesAnswer { version, datastreams: chosen.datastreams, batches })
    }

    async fn count(&self, permit: &Permit, request: SeriesRequest) -> Result<u64, Error> {
        let chosen = self.choose(permit, &request.streams, request.at).await?;
        let Some(snapshot) = &chosen.snapshot else { return Ok(0) };
        if let Some(rows) = known_count(permit, snapshot, &request) {
            return Ok(rows);
        }
        self.weigh(self.series_cost(snapshot, &chosen.numbers(), &chosen.all, request.time, None))?;
        let datastreams = chosen.numbers();
        if datastreams.is_empty() {
            return Ok(0);
        }
        // A table has rows of the datastreams that the catalogue knows, and of no others.
        let every = datastreams.len() == chosen.all.len() && permit.rows().is_open();
        let read = CountRead {
            datastreams: (!every).then_some(datastreams),
            time: request.time,
            results: request.results,
        };
        Ok(self.lake.count_series(permit, snapshot, read).await?)
    }
}

/// The count of everything, which the table's statistics know.
fn known_count(permit: &Permit, snapshot: &Arc<Snapshot>, request: &SeriesRequest) -> Option<u64> {
    let everything = permit.rows().is_open()
        && request.time == TimeRange::ALL
        && request.results.is_all()
        && request.streams == Streams::default();
    everything.then(|| snapshot.rows())
}

/// The reads that continue after a result: the rest of its datastream, then those that follow.
pub(crate) fn pages(
    datastreams: Vec<i64>,
    time: TimeRange,
    after: Option<(DatastreamId, DateTime<Utc>)>,
) -> Vec<(Vec<i64>, TimeRange)> {
    let Some((DatastreamId(datastream), last)) = after else { return vec![(datastreams, time)] };
    let next = last + Duration::microseconds(1);
    let rest = TimeRange { from: Some(time.from.map_or(next, |from| from.max(next))), to: time.to };
    let of_this = datastreams.binary_search(&datastream).map(|_| datastream).into_iter().collect();
    let following = datastreams[datastreams.partition_point(|number| *number <= datastream)..].to_vec();
    vec![(of_this, rest), (following, time)]
}
