//! Settling runs that were cut off: by a crash, or by whoever asked going away.

use chrono::{DateTime, Utc};
use model::{Run, RunId, RunKind, RunState, VersionInfo};
use policy::{Principal, Purpose};
use wording::told;

use crate::{Error, Intake};

impl Intake {
    /// Settles the runs that a crash of this node left running: done if their commit is in the
    /// table, failed otherwise. To be called at the start, before anything is loaded. Another
    /// node's runs are left to it; see [`Intake::settle_abandoned`].
    pub async fn recover(&self, now: DateTime<Utc>) -> Result<Vec<Run>, Error> {
        let runs = self.inner.catalog.unfinished_runs_here().await?;
        let why = told!(
            "intake-node-stopped-before-rows-were-committed-hand",
            "the node stopped before the rows were committed: hand the file in again"
        )
        .kept();
        let settled = self.settle_all(runs, &why, now).await?;
        self.inner.writes.recover().await?;
        Ok(settled)
    }

    pub(crate) async fn settle_all(
        &self,
        runs: Vec<Run>,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<Run>, Error> {
        let mut settled = Vec::new();
        for run in runs {
            let id = run.id.clone();
            match self.settle(run, why, now).await {
                Ok(run) => settled.push(run),
                Err(error) if error.is_retryable() => return Err(error),
                // One broken run must not keep the node from starting.
                Err(error) => {
                    tracing::error!(run.id = %id, %error, "a run that was cut off could not be settled")
                }
            }
        }
        Ok(settled)
    }

    /// Settles one run.
    pub(crate) async fn settle(&self, mut run: Run, why: &str, now: DateTime<Utc>) -> Result<Run, Error> {
        if run.kind == RunKind::Writes {
            return self.inner.writes.resume(run).await;
        }
        let catalog = &self.inner.catalog;
        run.finished_at = Some(now);
        match self.committed(&run, now).await? {
            Some(committed) => {
                run.state = RunState::Done;
                run.version = committed.version;
                run.totals.added = committed.counts.added;
                run.totals.corrected = committed.counts.corrected;
                run.totals.unchanged = committed.counts.unchanged;
                self.count_amended(&mut run, &committed).await?;
                if let Some(version) = committed.version
                    && catalog.version(&run.dataset, version).await?.is_none()
                {
                    let info = VersionInfo {
                        dataset: run.dataset.clone(),
                        version,
                        run: run.id.clone(),
                        // Nobody was told of it before.
                        committed_at: now,
                        committed_by: run.user.clone(),
                        added: committed.counts.added,
                        corrected: committed.counts.corrected,
                        total: committed.total,
                        pinned: run.pinned.clone(),
                    };
                    catalog.record_version(&info).await?;
                }
            }
            // A draft whose commit did not come to its end is a draft again: its file is kept.
            None if catalog.draft(&run.id).await?.is_some() => {
                (run.state, run.finished_at, run.mapping) = (RunState::Staged, None, None);
            }
            None => {
                run.state = RunState::Failed;
                run.error = Some(why.to_owned());
            }
        }
        // Its node may be alive after all, and have ended the run in the meantime: that stands.
        if !catalog.update_run_under_way(&run).await? {
            return Ok(catalog.run(&run.id).await?.unwrap_or(run));
        }
        tracing::warn!(run.id = %run.id, dataset = %run.dataset, state = run.state.code(), "a run that was cut off was settled");
        Ok(run)
    }

    async fn committed(&self, run: &Run, now: DateTime<Utc>) -> Result<Option<lake::Committed>, Error> {
        let permit =
            match self.inner.catalog.authorize(&Principal::System, &run.dataset, Purpose::Write, now).await {
                Ok(permit) => permit,
                Err(catalog::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
        match self.inner.lake.committed_run(&permit, &run.id).await {
            Ok(committed) => Ok(committed),
            // The dataset has no table yet.
            Err(lake::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Settles the run of a load that is dropped half-way.
pub(crate) struct CutOff {
    held: Option<(Intake, Run)>,
}

impl CutOff {
    pub(crate) fn new(intake: &Intake, run: Run) -> CutOff {
        CutOff { held: Some((intake.clone(), run)) }
    }

    /// The load came to its end.
    pub(crate) fn disarm(&mut self) {
        self.held = None;
    }
}

impl Drop for CutOff {
    fn drop(&mut self) {
        let Some((intake, run)) = self.held.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let id = run.id.clone();
            if let Err(error) = intake.give_up(run).await {
                tracing::error!(run.id = %id, %error, "a run that was given up could not be settled");
            }
        });
    }
}

impl Intake {
    /// Settles a run whose commit ended with an error: the rows may be in the table all the same.
    pub(crate) async fn settle_after(&self, id: RunId, why: String, now: DateTime<Utc>) {
        let settled = match self.inner.catalog.run(&id).await {
            Ok(Some(run)) => self.settle(run, &why, now).await.map(|_| ()),
            Ok(None) => Ok(()),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = settled {
            // The run is still marked as running, and is settled at the next start.
            tracing::error!(run.id = %id, %error, "a failed run could not be settled");
        }
    }

    /// Marks a run as failed whose load was dropped, unless its commit had begun: that ends by itself.
    async fn give_up(&self, run: Run) -> Result<(), Error> {
        let Some(stored) = self.inner.catalog.run(&run.id).await? else { return Ok(()) };
        // A run with a mapping is being committed by a task of its own.
        if stored.state == RunState::Running && stored.mapping.is_none() {
            if self.inner.catalog.draft(&stored.id).await?.is_some() {
                let run = Run { state: RunState::Staged, ..stored };
                return Ok(self.inner.catalog.update_run(&run).await?);
            }
            let run = Run {
                state: RunState::Failed,
                error: Some(
                    told!(
                        "intake-load-given-up-before-rows-were-committed",
                        "the load was given up before the rows were committed: hand the file in again"
                    )
                    .kept(),
                ),
                finished_at: Some(Utc::now()),
                ..stored
            };
            self.inner.catalog.update_run(&run).await?;
        }
        Ok(())
    }
}
