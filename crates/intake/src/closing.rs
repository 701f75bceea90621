//! The end of a load: its good rows become a version, or only what they would do is told.

use catalog::PlaceAlias;
use chrono::{DateTime, Utc};
use futures::FutureExt;
use lake::{CommitCounts, NewRows, NewSpilled, Own};
use model::{AgencyId, Finding, PlaceId, PlaceKind, Run, RunState, RunTotals, VersionInfo};
use policy::Permit;
use wording::told;

use crate::Error;
use crate::corrections::{self, Correction};
use crate::draft::{gone, note_review};
use crate::findings::Findings;
use crate::load::{How, Inner, Intake, Report, finished};
use crate::mapping::{MappingText, PlaceAliasSource};
use crate::observe::Values;
use crate::work::Done;

/// Findings that a report carries; the rest are in the catalogue.
const REPORTED: usize = 1000;
/// Findings stored in one call.
const FINDINGS_BATCH: usize = 1000;

/// What is left to do when a file is mapped.
pub(crate) struct Closing {
    pub(crate) intake: Intake,
    pub(crate) permit: Permit,
    pub(crate) run: Run,
    pub(crate) mapping: MappingText,
    pub(crate) mapping_guessed: bool,
    pub(crate) agency: AgencyId,
    pub(crate) corrections: Vec<Correction>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) started: std::time::Instant,
    /// What it does beside.
    pub(crate) how: How,
    /// The draft that is looked at.
    pub(crate) draft: Option<catalog::Draft>,
}

impl Closing {
    /// Ends a dry run: counts what a commit would do.
    pub(crate) async fn compare(mut self, done: Done) -> Result<Report, Error> {
        let lake = &self.intake.inner.lake;
        let planned = match &done.rows {
            Values::Here(rows) => lake.plan_corrections(&self.permit, rows, corrections::SHOWN).boxed().await,
            Values::Spilled(rows) => lake.plan_spilled(&self.permit, rows, corrections::SHOWN).boxed().await,
        };
        let (counts, corrected) = match planned {
            Ok(planned) => planned,
            // The dataset has no table yet.
            Err(lake::Error::NotFound { .. }) => {
                (CommitCounts { added: done.rows.count(), ..CommitCounts::default() }, None)
            }
            Err(error) => return Err(error.into()),
        };
        self.corrections = corrections::shown(corrected, &done.datastreams);
        self.note(&done);
        self.run.totals = totals(&done, counts);
        if let Some(draft) = self.draft.take() {
            return self.review(draft, done).await;
        }
        self.store(&done.findings.kept).await?;
        self.end(RunState::DryRun, done).await
    }

    /// Ends a look at a draft: what a commit would do is written down with it.
    async fn review(self, mut draft: catalog::Draft, done: Done) -> Result<Report, Error> {
        let Done { findings: Findings { kept: mut findings, total, .. }, .. } = done;
        let report = Report {
            run: self.run,
            mapping: self.mapping,
            mapping_guessed: self.mapping_guessed,
            findings: Vec::new(),
            findings_total: total,
            corrections: self.corrections,
        };
        note_review(&mut draft, &report)?;
        // Boxed: the compiler cannot see that this future is `Send` for every lifetime (rust-lang/rust#100013).
        let catalog = &self.intake.inner.catalog;
        if !catalog.review_draft(&report.run, &draft, &findings).boxed().await? {
            return Err(gone(&draft.run));
        }
        findings.truncate(REPORTED);
        Ok(Report { findings, ..report })
    }

    /// Commits the good rows.
    pub(crate) async fn commit(mut self, mut done: Done) -> Result<Report, Error> {
        let Inner { catalog, lake, limits, .. } = &*self.intake.inner.clone();
        self.note(&done);
        self.run.totals = totals(&done, CommitCounts::default());
        self.store(&done.findings.kept).await?;
        let values = done.rows.count();
        if values == 0 && done.totals.refused > 0 {
            self.run.error = Some(told!("intake-every-value-refused", "every value was refused").kept());
            return self.end(RunState::Failed, done).await;
        }
        if values > 0 {
            // A mapping is kept once it has read something.
            if self.how.keeps_mapping {
                let (dataset, user) = (self.permit.dataset(), self.permit.user());
                let number = catalog.save_mapping(dataset, &self.mapping, user, self.now).await?;
                self.run.mapping = Some(number);
            }
            catalog.register_datastreams(&done.datastreams).await?;
            for alias in &done.mapping.place_aliases {
                self.remember(alias).await?;
            }
        }
        // With everything but the counts in the run, a crash behind the commit loses nothing.
        if !catalog.update_run_under_way(&self.run).await? {
            return Err(Error::Conflict {
                what: told!(
                    "intake-another-node-took-one-gone-ended-run",
                    "another node took this one for gone and ended the run: hand the file in again"
                ),
            });
        }
        self.alone_with_forecast().await?;
        if values > 0 {
            lake.create_table(&self.permit, done.table.clone()).await?;
            for raster in std::mem::take(&mut done.rasters) {
                // Kept before the row that names it: a row never leads to nothing.
                let kept = lake.keep_coverage(&self.permit, &raster.file, limits.max_raster_bytes).await?;
                if kept.hash != raster.hash {
                    return Err(Error::internal("keeping a raster", "its bytes changed on the way"));
                }
            }
            // Given away, so that the lake can let go of what it has sorted.
            let rows = std::mem::replace(&mut done.rows, Values::Here(Vec::new()));
            let committed_at = finished(self.now, self.started);
            // Small writes that were acknowledged before this file come before it.
            lake.settle(self.permit.dataset()).await?;
            let run = self.run.id.clone();
            let own = self.said_together().await?;
            let committed = match (rows, self.how.expected.take()) {
                (Values::Here(rows), Some(expected)) => {
                    let rows = NewRows { run, rows, committed_at };
                    lake.commit_expecting(&self.permit, rows, expected).await?
                }
                (Values::Here(rows), None) => {
                    let rows = NewRows { run, rows, committed_at };
                    match own {
                        Some(own) => lake.commit_own(&self.permit, rows, own).await?,
                        None => lake.commit(&self.permit, rows).await?,
                    }
                }
                // Observations: only features are expected to stand as they were.
                (Values::Spilled(rows), _) => {
                    let rows = NewSpilled { run, rows, committed_at, own };
                    lake.commit_spilled(&self.permit, rows).await?
                }
            };
            self.run.totals = totals(&done, committed.counts);
            if let Some(version) = committed.version {
                self.run.version = Some(version);
                catalog
                    .record_version(&VersionInfo {
                        dataset: self.permit.dataset().clone(),
                        version,
                        run: self.run.id.clone(),
                        committed_at,
                        committed_by: self.permit.user().cloned(),
                        added: committed.counts.added,
                        corrected: committed.counts.corrected,
                        total: committed.total,
                        pinned: Vec::new(),
                    })
                    .await?;
            }
        }
        self.end(RunState::Done, done).await
    }

    /// Refuses a forecast behind a newer one: its values would stand in the place of the newer one's. Every run
    /// says what it brings before it looks, so that of two at a time at most one goes on.
    async fn alone_with_forecast(&self) -> Result<(), Error> {
        let Some(own) = self.run.forecast else { return Ok(()) };
        let Some(other) = self.intake.inner.catalog.forecast_beside(&self.run).await? else { return Ok(()) };
        let made_for = model::instant_text(own.made_for);
        if other.state == RunState::Running {
            return Err(Error::Conflict {
                what: told!(
                    "intake-another-forecast-under-way",
                    "another forecast of this dataset is being taken in: hand in the one of {made_for} again when it is done",
                    made_for = made_for
                ),
            });
        }
        let newer = other.forecast.map(|newer| model::instant_text(newer.made_for)).unwrap_or_default();
        Err(Error::Conflict {
            what: told!(
                "intake-newer-forecast-there",
                "the forecast of {made_for} is older than the one of {newer}, which is there already: forecasts are taken in from the oldest to the newest",
                made_for = made_for,
                newer = newer
            ),
        })
    }

    /// Of a forecast, the runs of its other files: what an older forecast said in the same words is this one's
    /// from now on, so that its run tells its values from those of others.
    async fn said_together(&self) -> Result<Option<Own>, Error> {
        let Some(forecast) = self.run.forecast else { return Ok(None) };
        let held = self.intake.inner.catalog.forecast(self.permit.dataset(), forecast.made_for).await?;
        let runs = held.map(|held| held.runs.iter().cloned().collect()).unwrap_or_default();
        Ok(Some(Own { runs }))
    }

    /// Remembers for the agency what the mapping says that a name means.
    async fn remember(&self, alias: &PlaceAliasSource) -> Result<(), Error> {
        let Ok(place) = PlaceId::new(&alias.place) else { return Ok(()) };
        let alias = PlaceAlias {
            agency: self.agency.clone(),
            written: alias.text.clone(),
            kind: alias.kind.as_deref().and_then(PlaceKind::from_code),
            place,
            user: self.permit.user().cloned(),
            created_at: self.now,
        };
        Ok(self.intake.inner.catalog.put_place_alias(&alias).await?)
    }

    async fn store(&self, findings: &[Finding]) -> Result<(), Error> {
        for batch in findings.chunks(FINDINGS_BATCH) {
            // Boxed: the compiler cannot see that this future is `Send` for every lifetime (rust-lang/rust#100013).
            self.intake.inner.catalog.add_findings(&self.run.id, batch).boxed().await?;
        }
        Ok(())
    }

    fn note(&mut self, done: &Done) {
        self.run.sheets.clone_from(&done.sheets);
        self.run.encodings.clone_from(&done.encodings);
        self.run.forecast = done.forecast;
    }

    async fn end(mut self, state: RunState, done: Done) -> Result<Report, Error> {
        self.run.state = state;
        self.run.finished_at = Some(finished(self.now, self.started));
        self.intake.inner.catalog.update_run(&self.run).await?;
        let Run { id, totals, version, .. } = &self.run;
        tracing::info!(
            run.id = %id,
            rows = totals.rows,
            refused = totals.refused,
            added = totals.added,
            corrected = totals.corrected,
            version = version.map(|version| version.0),
            "load ended"
        );
        let mut findings = done.findings.kept;
        findings.truncate(REPORTED);
        Ok(Report {
            run: self.run,
            mapping: self.mapping,
            mapping_guessed: self.mapping_guessed,
            findings,
            findings_total: done.findings.total,
            corrections: self.corrections,
        })
    }
}

fn totals(done: &Done, counts: CommitCounts) -> RunTotals {
    RunTotals {
        added: counts.added,
        corrected: counts.corrected,
        unchanged: counts.unchanged,
        warnings: done.findings.warnings,
        ..done.totals
    }
}
