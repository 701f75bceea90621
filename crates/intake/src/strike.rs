//! Values and features that are deleted: they are not in the version that is made, and stay in every one before.

use arrow::record_batch::RecordBatch;
use catalog::RunNote;
use chrono::{DateTime, Duration, Utc};
use lake::{AsOf, Expected, FeatureRead, OldRows, ResultRange, SeriesRead};
use model::{Datastream, Run, RunKind, RunState, RunTotals, TimeRange};
use policy::{Denial, Permit};

use crate::amend::{moment, opened};
use crate::{Error, Intake};

/// The most values that one version deletes: they are held in memory.
const MOST_STRUCK: usize = 500_000;

/// Whether the permit lets all values of some series of its dataset be deleted.
pub fn may_strike(permit: &Permit, datastreams: &[Datastream]) -> Result<(), Error> {
    let rows = permit.rows();
    let reached = |one: &Datastream| {
        rows.allows(&one.key.place, &one.key.property) && one.key.dataset == *permit.dataset()
    };
    match permit.may_write() && rows.before.is_none() && datastreams.iter().all(reached) {
        true => Ok(()),
        false => Err(Error::Denied(Denial::NoGrant)),
    }
}

impl Intake {
    /// Deletes the value of a datastream at a time: a version in which it is not. `None` when there is no
    /// such value.
    pub async fn strike(
        &self,
        permit: &Permit,
        datastream: &Datastream,
        time: DateTime<Utc>,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Run>, Error> {
        let rows = permit.rows();
        let reached = rows.allows(&datastream.key.place, &datastream.key.property)
            && rows.before.is_none_or(|before| time < before);
        if !permit.may_write() || !reached || datastream.key.dataset != *permit.dataset() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let lake = &self.inner.lake;
        // What was acknowledged before can be deleted too.
        lake.settle(permit.dataset()).await?;
        let snapshot = match lake.snapshot(permit, AsOf::Latest).await {
            Ok(snapshot) => snapshot,
            Err(lake::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let read = SeriesRead {
            datastreams: vec![datastream.id.0],
            time: TimeRange { from: Some(time), to: Some(time + Duration::microseconds(1)) },
            columns: None,
            limit: Some(1),
            results: ResultRange::ALL,
        };
        let there = lake.read_to_check(permit, &snapshot, read).await?;
        if there.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(None);
        }
        self.strike_rows(permit, there, None, (reason, now)).await
    }

    /// Whether a datastream has a value in the newest version, for who writes it.
    pub async fn has_values(&self, permit: &Permit, datastream: &Datastream) -> Result<bool, Error> {
        let lake = &self.inner.lake;
        lake.settle(permit.dataset()).await?;
        let snapshot = match lake.snapshot(permit, AsOf::Latest).await {
            Ok(snapshot) => snapshot,
            Err(lake::Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let read = SeriesRead {
            datastreams: vec![datastream.id.0],
            time: TimeRange::ALL,
            columns: Some(vec!["datastream"]),
            limit: Some(1),
            results: ResultRange::ALL,
        };
        let there = lake.read_to_check(permit, &snapshot, read).await?;
        Ok(there.iter().any(|batch| batch.num_rows() > 0))
    }

    /// Deletes every value of some datastreams of the permit's dataset: a version in which there is none,
    /// or several where there are very many. Returns the runs; none when there was nothing.
    ///
    /// # Errors
    /// `Denied` unless the permit reaches all of each datastream.
    pub async fn strike_series(
        &self,
        permit: &Permit,
        datastreams: &[Datastream],
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<Run>, Error> {
        may_strike(permit, datastreams)?;
        let lake = &self.inner.lake;
        lake.settle(permit.dataset()).await?;
        let mut numbers: Vec<i64> = datastreams.iter().map(|one| one.id.0).collect();
        numbers.sort_unstable();
        let mut runs = Vec::new();
        loop {
            let snapshot = match lake.snapshot(permit, AsOf::Latest).await {
                Ok(snapshot) => snapshot,
                Err(lake::Error::NotFound { .. }) => return Ok(runs),
                Err(error) => return Err(error.into()),
            };
            let read = SeriesRead {
                datastreams: numbers.clone(),
                time: TimeRange::ALL,
                columns: None,
                limit: Some(MOST_STRUCK),
                results: ResultRange::ALL,
            };
            let there = lake.read_to_check(permit, &snapshot, read).await?;
            if there.iter().all(|batch| batch.num_rows() == 0) {
                return Ok(runs);
            }
            match self.strike_rows(permit, there, None, (reason, now)).await? {
                Some(run) => runs.push(run),
                // Somebody else deleted them meanwhile.
                None => return Ok(runs),
            }
        }
    }

    /// Deletes a feature that stands as expected: a version in which it is not. `None` when there is none of
    /// this id, which is read under a permit of its own.
    pub async fn remove_feature(
        &self,
        permit: &Permit,
        reading: &Permit,
        expected: Expected,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Run>, Error> {
        if !permit.may_write() || !permit.rows().is_open() || permit.dataset() != reading.dataset() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let lake = &self.inner.lake;
        lake.settle(permit.dataset()).await?;
        let snapshot = match lake.snapshot(reading, AsOf::Latest).await {
            Ok(snapshot) => snapshot,
            Err(lake::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let read =
            FeatureRead { limit: 1, feature: Some(expected.feature.clone()), ..FeatureRead::default() };
        let there = lake.read_features(reading, &snapshot, read).await?.batches;
        if there.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(None);
        }
        self.strike_rows(permit, there, Some(expected), (reason, now)).await
    }

    async fn strike_rows(
        &self,
        permit: &Permit,
        there: Vec<RecordBatch>,
        expected: Option<Expected>,
        (reason, now): (&str, DateTime<Utc>),
    ) -> Result<Option<Run>, Error> {
        let lake = &self.inner.lake;
        let mut run = opened(permit, RunKind::Withdrawal, String::new(), now)?;
        let catalog = &self.inner.catalog;
        catalog.open_run(&run).await?;
        let mut note = RunNote {
            run: run.id.clone(),
            withdraws: None,
            reason: reason.to_owned(),
            removed: 0,
            restored: 0,
            kept: 0,
            flagged: 0,
            quality: None,
        };
        catalog.put_run_note(&note).await?;
        let committed_at = moment().max(run.started_at);
        let old = OldRows { run: run.id.clone(), rows: there, committed_at, expected };
        let committed = match lake.strike(permit, old).await {
            Ok(committed) => committed,
            Err(error) => return Err(self.amendment_failed(run, error.into(), now).await),
        };
        note.removed = committed.counts.removed;
        run.totals = RunTotals { rows: note.removed, ..RunTotals::default() };
        self.amended(permit, &mut run, &committed).await?;
        catalog.put_run_note(&note).await?;
        run.state = RunState::Done;
        run.finished_at = Some(moment());
        catalog.update_run(&run).await?;
        tracing::info!(run.id = %run.id, removed = note.removed, "deleted");
        Ok(committed.version.map(|_| run))
    }
}
