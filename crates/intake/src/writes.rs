//! Small writes: single observations and batches of a few thousand, many of which together become
//! one durable commit.
//!
//! A direct commit to a table costs milliseconds and makes a version. A small write therefore goes
//! three steps, and is acknowledged after the second:
//!
//! 1. **Check** ([`check`]): place, property, unit, time and plausible range, by the rules that files
//!    are checked by. New datastreams are registered.
//! 2. **Group** ([`desk`]): it joins the group that waits for its dataset. While one group is being
//!    written the next one collects; a group is one segment of the lake's journal, put durably, and
//!    then all its writes are acknowledged together.
//! 3. **Flush** ([`flush`]): at most a second later the dataset's segments become one run: their
//!    lines are the run's original, so that every value is traced to its line, and one commit.
//!
//! Readers of the latest version wait for the flush of what was acknowledged before
//! ([`lake::Lake::settle`]); a file's commit waits for it too, so that of two acknowledged values of
//! one key the later one stands. Other nodes on the same lake see a write when it is flushed.
//!
//! What a crash leaves is brought into the tables at the next start, and by the other nodes when the
//! node does not come back ([`recover`]). Nothing is there twice: a run is opened in the catalogue
//! before its commit and ended after its segments are gone, so that whoever finds it commits the same
//! lines under the same run, which a table does once.

mod check;
mod desk;
mod flush;
mod keys;
mod line;
mod message;
mod recover;
pub(crate) mod trace;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use catalog::Catalog;
use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use lake::{Lake, SegmentName, Settle};
use model::{DatasetId, DatasetKind, DatastreamId, DatastreamKey, Property, RunTotals};
use parking_lot::{Mutex, RwLock};
use policy::{Denial, Permit};
use tokio::sync::Semaphore;
use wording::told;

use self::desk::Desk;
use self::keys::Keys;
pub use self::message::refusal_message;
use crate::{Error, Intake};

/// Observations of one request.
pub const MAX_OBSERVATIONS: usize = 10_000;
/// Bytes of one observation as it was sent.
pub const MAX_OBSERVATION_BYTES: usize = 8 << 10;
/// Bytes of lines that this node holds until they are in their tables; beyond, writers are told to
/// come later.
const MAX_HELD: usize = 256 << 20;
/// Flushes at a time: with many datasets each waits a little longer, and no table is starved.
const FLUSHES: usize = 2;

/// An observation as it was sent: by place and property, or by datastream.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewObservation<'a> {
    /// The datastream; then no other part of its key is given.
    pub datastream: Option<DatastreamId>,
    /// The place: an id with its scheme, or a name that means one place.
    pub place: Option<&'a str>,
    /// The property: a code, an alias or a name.
    pub property: Option<&'a str>,
    /// The instant, or the beginning of the period: ISO 8601; without a zone, Vietnam's.
    pub time: Option<&'a str>,
    /// The end of the period, where it is not the period's own.
    pub end: Option<&'a str>,
    /// The number, in digits.
    pub value: Option<&'a str>,
    /// The text, of what has no number.
    pub text: Option<&'a str>,
    /// The unit of the number; the datastream's when absent.
    pub unit: Option<&'a str>,
    /// What the value says about its period.
    pub statistic: Option<&'a str>,
    /// The period, ISO 8601 or a name.
    pub period: Option<&'a str>,
    /// How the value was made.
    pub procedure: Option<&'a str>,
    /// The vertical datum of a height.
    pub datum: Option<&'a str>,
    /// The sender's own QARTOD flag.
    pub quality: Option<i64>,
    /// The observation as it was received: JSON without line breaks.
    pub received: &'a str,
}

/// Whether observations stand each for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// One that is wrong is refused alone.
    Each,
    /// One that is wrong keeps all of them out.
    Together,
}

/// What became of one observation.
pub type Outcome = Result<Accepted, Refused>;

/// An observation that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its datastream.
    pub datastream: DatastreamId,
    /// Its time as it is stored.
    pub time: DateTime<Utc>,
}

/// An observation of which nothing is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The field at fault.
    pub field: &'static str,
    /// Why, as a stable code; see [`refusal_message`].
    pub code: &'static str,
    /// The field's text as it was sent, at most 200 characters.
    pub value: String,
    /// What would have been right.
    pub expected: String,
}

/// The small writes of one node.
pub(crate) struct Writes {
    pub(crate) catalog: Catalog,
    pub(crate) lake: Lake,
    /// This node and this start of it, for the names of segments.
    node: String,
    start: u64,
    desks: RwLock<HashMap<DatasetId, Arc<Desk>>>,
    keys: Keys,
    flushes: Semaphore,
    held: AtomicUsize,
    stopped: AtomicBool,
    /// Segments of other nodes that were seen waiting.
    waiting_elsewhere: Mutex<recover::Elsewhere>,
}

impl Writes {
    pub(crate) fn new(catalog: Catalog, lake: Lake) -> Arc<Writes> {
        let node = SegmentName::node_of(catalog.node());
        let writes = Arc::new(Writes {
            catalog,
            node,
            // Later starts have larger numbers; what an earlier one left is flushed before a new one
            // takes writes, so that a clock that stepped back confuses nothing.
            start: u64::try_from(Utc::now().timestamp_micros()).unwrap_or(0),
            desks: RwLock::default(),
            keys: Keys::default(),
            flushes: Semaphore::new(FLUSHES),
            held: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            waiting_elsewhere: Mutex::default(),
            lake,
        });
        let weak = Arc::downgrade(&writes);
        writes.lake.settle_by(weak);
        writes
    }

    /// Begins no further flush: what is pending waits in the journal for the next start.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// The desk of a dataset, which must be one of observations.
    async fn desk(&self, permit: &Permit) -> Result<Arc<Desk>, Error> {
        let id = permit.dataset();
        if let Some(desk) = self.desks.read().get(id) {
            return Ok(desk.clone());
        }
        let found = self.catalog.dataset(id).await?;
        let dataset = found.ok_or_else(|| Error::NotFound { what: format!("dataset `{id}`") })?;
        if dataset.kind != DatasetKind::Observations {
            return Err(Error::invalid(
                told!(
                    "intake-dataset-kind-not-observations",
                    "`{id}` is a dataset of the kind `{kind}`, not of observations",
                    id = id,
                    kind = dataset.kind.code()
                ),
                told!(
                    "intake-send-observations-dataset-observations",
                    "send observations to a dataset of observations"
                ),
            ));
        }
        Ok(self.desks.write().entry(id.clone()).or_insert_with(|| Arc::new(Desk::new(id.clone()))).clone())
    }

    async fn take(
        self: &Arc<Self>,
        permit: &Permit,
        observations: &[NewObservation<'_>],
        now: DateTime<Utc>,
        asked: Asked,
    ) -> Result<Vec<Outcome>, Error> {
        let desk = self.desk(permit).await?;
        let checked = desk.check(self, permit, observations, now).await?;
        if asked == Asked::Together && checked.iter().any(Result::is_err) {
            metrics::counter!("cuulong_writes_total", "outcome" => "refused").increment(checked.len() as u64);
            return Ok(checked
                .into_iter()
                .map(|checked| checked.map(|checked| checked.accepted()))
                .collect());
        }
        let lines = line::lines(permit, observations, &checked, now);
        let accepted = checked.iter().filter(|checked| checked.is_ok()).count();
        metrics::counter!("cuulong_writes_total", "outcome" => "accepted").increment(accepted as u64);
        let refused = checked.len() - accepted;
        if refused > 0 {
            metrics::counter!("cuulong_writes_total", "outcome" => "refused").increment(refused as u64);
        }
        if accepted > 0 {
            desk.keep(self, lines, accepted).await?;
        }
        Ok(checked.into_iter().map(|checked| checked.map(|checked| checked.accepted())).collect())
    }
}

impl Settle for Writes {
    fn settle<'a>(&'a self, dataset: &'a DatasetId) -> BoxFuture<'a, Result<(), lake::Error>> {
        async move {
            let desk = self.desks.read().get(dataset).cloned();
            match desk {
                Some(desk) => desk.settle().await,
                None => Ok(()),
            }
        }
        .boxed()
    }
}

impl Intake {
    /// Takes observations; those that are accepted are durable when this returns, and every reader
    /// of this node finds them. One that is wrong is refused alone.
    ///
    /// A value that is there already changes nothing; another value for the same datastream and time
    /// is a correction. With a `key` (chosen by the sender, once for each thing to be written), the
    /// same call again within some minutes gets the same answer and writes nothing.
    ///
    /// # Errors
    /// `Denied` without the right to write, `Limit` for too many, `Conflict` for a key that was used
    /// for something else, `Later` when the store does not answer or too much is waiting: then what
    /// was sent may or may not be kept, and sending it again is safe.
    pub async fn observe(
        &self,
        permit: &Permit,
        observations: &[NewObservation<'_>],
        key: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Arc<[Outcome]>, Error> {
        may_send(permit, observations.len())?;
        let writes = &self.inner.writes;
        match key {
            None => Ok(writes.take(permit, observations, now, Asked::Each).await?.into()),
            Some(key) => {
                let use_of = keys::Use::of(permit, key, observations);
                let take =
                    || async { Ok(Arc::from(writes.take(permit, observations, now, Asked::Each).await?)) };
                writes.keys.once(use_of, take).await
            }
        }
    }

    /// Takes observations that belong together: all of them, or none and why the first was refused, with
    /// its place among them. Otherwise as [`Intake::observe`].
    pub async fn observe_together(
        &self,
        permit: &Permit,
        observations: &[NewObservation<'_>],
        now: DateTime<Utc>,
    ) -> Result<Result<Vec<Accepted>, (usize, Refused)>, Error> {
        may_send(permit, observations.len())?;
        let outcomes = self.inner.writes.take(permit, observations, now, Asked::Together).await?;
        let mut accepted = Vec::with_capacity(outcomes.len());
        for (at, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(one) => accepted.push(one),
                Err(refused) => return Ok(Err((at, refused))),
            }
        }
        Ok(Ok(accepted))
    }

    /// Says whether an observation of a datastream would be taken that is not registered yet; nothing
    /// is kept.
    pub async fn would_take(
        &self,
        permit: &Permit,
        key: &DatastreamKey,
        property: &Property,
        observation: &NewObservation<'_>,
        now: DateTime<Utc>,
    ) -> Result<Result<(), Refused>, Error> {
        let gazetteer = self.inner.writes.catalog.gazetteer().await?;
        Ok(check::planned(&self.inner.writes.catalog, gazetteer, permit, (key, property), observation, now))
    }

    /// Waits until all small writes that were acknowledged are in versions: before a backup, or
    /// before the node ends.
    pub async fn settle_writes(&self) -> Result<(), Error> {
        let desks: Vec<_> = self.inner.writes.desks.read().values().cloned().collect();
        for desk in desks {
            desk.settle().await?;
        }
        Ok(())
    }
}

/// The totals of a run of so many lines.
fn totals(lines: u64, counts: lake::CommitCounts) -> RunTotals {
    RunTotals {
        rows: lines,
        added: counts.added,
        corrected: counts.corrected,
        unchanged: counts.unchanged,
        ..RunTotals::default()
    }
}

/// Whether so many observations may be written at once.
fn may_send(permit: &Permit, observations: usize) -> Result<(), Error> {
    if !permit.may_write() {
        return Err(Error::Denied(Denial::NoGrant));
    }
    if observations > MAX_OBSERVATIONS {
        return Err(Error::Limit {
            what: told!(
                "intake-number-observations-one-request",
                "the number of observations in one request"
            ),
            limit: told!(
                "intake-send-them-parts",
                "{max_observations} (send them in parts)",
                max_observations = MAX_OBSERVATIONS
            ),
        });
    }
    Ok(())
}
