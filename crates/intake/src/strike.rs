//! Values and features that are deleted: they are not in the version that is made, and stay in every one before.

use arrow::record_batch::RecordBatch;
use catalog::RunNote;
use chrono::{DateTime, Duration, Utc};
use lake::{AsOf, Expected, FeatureRead, OldRows, ResultRange, SeriesRead};
use model::{Datastream, Run, RunKind, RunState, RunTotals, TimeRange};
use policy::{Denial, Permit};

use crate::amend::{moment, opened};
use crate::{Error, Intake};

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
