//! Runs that bring no file: a run that is withdrawn, values that are tested again. Each makes a version of
//! its own, and every version before it stays as it was known.

use std::collections::HashSet;

use catalog::RunNote;
use chrono::{DateTime, Utc};
use lake::{Committed, Undo};
use model::{Run, RunId, RunKind, RunState, RunTotals, VersionInfo};
use policy::{Denial, Permit};
use wording::told;

use crate::load::sentence;
use crate::quality::QualitySettings;
use crate::{Error, Intake};

/// The longest reason, in characters.
const MAX_REASON: usize = 1000;

impl Intake {
    /// Withdraws a run: what it brought and no later run corrected goes, or is set back to what was there
    /// before. It becomes a version of its own; nothing is forgotten.
    pub async fn withdraw(
        &self,
        permit: &Permit,
        of: &RunId,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(Run, RunNote), Error> {
        if !permit.may_write() || !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > MAX_REASON {
            return Err(Error::invalid(
                told!("intake-withdrawal-needs-reason", "a withdrawal needs a reason"),
                told!(
                    "intake-say-sentence-why-run-withdrawn-most-characters",
                    "say in a sentence why the run is withdrawn, in at most {max_reason} characters",
                    max_reason = MAX_REASON
                ),
            ));
        }
        let catalog = &self.inner.catalog;
        let missing = || Error::NotFound { what: format!("run `{of}` of `{}`", permit.dataset()) };
        let withdrawn = catalog.run(of).await?.filter(|run| run.dataset == *permit.dataset());
        let withdrawn = withdrawn.ok_or_else(missing)?;
        match withdrawn.kind {
            RunKind::Upload | RunKind::Writes => {}
            RunKind::Recipe => {
                return Err(Error::invalid(
                    told!(
                        "intake-product-not-withdrawn-but-made-anew",
                        "a product is not withdrawn but made anew"
                    ),
                    told!(
                        "intake-withdraw-data-made-run-recipe-again",
                        "withdraw the data that it was made of, and run its recipe again"
                    ),
                ));
            }
            RunKind::Withdrawal | RunKind::Recheck => {
                return Err(Error::invalid(
                    told!("intake-run-brought-no-values", "this run brought no values"),
                    told!(
                        "intake-take-back-withdrawal-hand-withdrawn-file-again",
                        "to take back a withdrawal, hand the withdrawn file in again; to take back flags, set the limits and test again"
                    ),
                ));
            }
        }
        if withdrawn.state != RunState::Done || withdrawn.version.is_none() {
            return Err(Error::invalid(
                told!("intake-run-changed-nothing", "run `{of}` changed nothing", of = of),
                told!("intake-choose-run-made-version", "choose a run that made a version"),
            ));
        }
        let brought = brought(&withdrawn);
        let most = u64::from(self.inner.limits.max_values);
        if brought > most {
            return Err(Error::invalid(
                told!(
                    "intake-too-many-to-withdraw",
                    "run `{of}` brought {brought} values, and at most {most} are taken back at once",
                    of = of,
                    brought = brought,
                    most = most
                ),
                told!("intake-correct-by-file", "hand in a file with the right values, which corrects them"),
            ));
        }
        if let Some(by) = catalog.withdrawn_by(of).await? {
            return Err(Error::Conflict {
                what: told!(
                    "intake-run-withdrawn-already-run",
                    "run `{of}` was withdrawn already, by run `{by}`",
                    of = of,
                    by = by
                ),
            });
        }
        let mut run = opened(permit, RunKind::Withdrawal, withdrawn.file_name.clone(), now)?;
        catalog.open_run(&run).await?;
        let mut note = RunNote {
            run: run.id.clone(),
            withdraws: Some(of.clone()),
            reason: reason.to_owned(),
            removed: 0,
            restored: 0,
            kept: 0,
            flagged: 0,
            quality: None,
        };
        catalog.put_run_note(&note).await?;
        let undone = match self.undo(permit, &run, of).await {
            Ok(undone) => undone,
            Err(error) => return Err(self.amendment_failed(run, error, now).await),
        };
        count_withdrawn(&mut run, &mut note, &undone.committed, undone.kept);
        self.amended(permit, &mut run, &undone.committed).await?;
        catalog.put_run_note(&note).await?;
        run.state = RunState::Done;
        run.finished_at = Some(moment());
        catalog.update_run(&run).await?;
        tracing::info!(run.id = %run.id, withdraws = %of, removed = note.removed, restored = note.restored, "run withdrawn");
        Ok((run, note))
    }

    /// Saves the limits of the quality tests that the permit's dataset has of its own, after they are
    /// checked; returns their number.
    pub async fn save_limits(&self, permit: &Permit, text: &str, now: DateTime<Utc>) -> Result<u32, Error> {
        if !permit.may_write() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        let catalog = &self.inner.catalog;
        QualitySettings::parse(text, &*catalog.gazetteer().await?)?;
        Ok(catalog.save_quality_settings(permit.dataset(), text, permit.user(), now).await?)
    }

    async fn undo(&self, permit: &Permit, run: &Run, of: &RunId) -> Result<lake::Undone, Error> {
        let lake = &self.inner.lake;
        // Small writes that were acknowledged before come before.
        lake.settle(permit.dataset()).await?;
        let withdrawn: HashSet<RunId> = self.inner.catalog.withdrawn_runs(permit.dataset()).await?;
        let undo = Undo {
            run: run.id.clone(),
            of: of.clone(),
            withdrawn,
            committed_at: moment().max(run.started_at),
        };
        Ok(lake.undo(permit, undo).await?)
    }

    /// Records the version of an amendment, if it made one.
    pub(crate) async fn amended(
        &self,
        permit: &Permit,
        run: &mut Run,
        committed: &Committed,
    ) -> Result<(), Error> {
        run.version = committed.version;
        let Some(version) = committed.version else { return Ok(()) };
        let info = VersionInfo {
            dataset: permit.dataset().clone(),
            version,
            run: run.id.clone(),
            committed_at: moment().max(run.started_at),
            committed_by: permit.user().cloned(),
            added: committed.counts.added,
            corrected: committed.counts.corrected,
            total: committed.total,
            pinned: Vec::new(),
        };
        Ok(self.inner.catalog.record_version(&info).await?)
    }

    /// Counts what an amendment did that was cut off behind its commit, from what the table says of it.
    pub(crate) async fn count_amended(&self, run: &mut Run, committed: &Committed) -> Result<(), Error> {
        let catalog = &self.inner.catalog;
        let Some(mut note) = catalog.run_note(&run.id).await? else { return Ok(()) };
        match (run.kind, &note.withdraws) {
            (RunKind::Withdrawal, Some(of)) => {
                let brought = catalog.run(of).await?.map(|of| brought(&of));
                let counts = committed.counts;
                // Of what it brought, the rest was corrected by later runs.
                let kept = brought.unwrap_or_default().saturating_sub(counts.removed + counts.corrected);
                count_withdrawn(run, &mut note, committed, kept);
            }
            (RunKind::Recheck, _) => {
                note.flagged = committed.counts.flagged;
                run.totals.rows = committed.total;
                run.totals.unchanged = committed.total.saturating_sub(note.flagged);
            }
            _ => return Ok(()),
        }
        Ok(catalog.put_run_note(&note).await?)
    }

    /// Settles the run of an amendment that ended with an error: its commit may be in the table.
    pub(crate) async fn amendment_failed(&self, run: Run, error: Error, now: DateTime<Utc>) -> Error {
        self.settle_after(run.id, sentence(&error), now).await;
        error
    }
}

/// How many values are a run's: of a forecast also those that the one before had said.
fn brought(run: &Run) -> u64 {
    let taken_over = run.forecast.map_or(0, |_| run.totals.unchanged);
    run.totals.added + run.totals.corrected + taken_over
}

/// Puts down what a withdrawal did.
fn count_withdrawn(run: &mut Run, note: &mut RunNote, committed: &Committed, kept: u64) {
    let counts = committed.counts;
    (note.removed, note.restored, note.kept) = (counts.removed, counts.corrected, kept);
    run.totals = RunTotals {
        rows: counts.removed + counts.corrected + kept,
        corrected: counts.corrected,
        unchanged: kept,
        ..RunTotals::default()
    };
}

/// Now, in whole microseconds, as the catalogue keeps times.
pub(crate) fn moment() -> DateTime<Utc> {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
}

/// A run that begins without a file.
pub(crate) fn opened(
    permit: &Permit,
    kind: RunKind,
    file_name: String,
    now: DateTime<Utc>,
) -> Result<Run, Error> {
    let id = uuid::Uuid::now_v7().to_string();
    Ok(Run {
        id: RunId::new(&id).map_err(|error| Error::internal("naming the run", error))?,
        dataset: permit.dataset().clone(),
        kind,
        state: RunState::Running,
        original: None,
        file_name,
        sheets: Vec::new(),
        encodings: Vec::new(),
        forecast: None,
        pinned: Vec::new(),
        mapping: None,
        user: permit.user().cloned(),
        started_at: now,
        finished_at: None,
        version: None,
        totals: RunTotals::default(),
        error: None,
    })
}
