//! Taking in a file on behalf of a client: to its end whatever the client does, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chrono::Utc;
use futures::{StreamExt, TryStreamExt};
use intake::{Load, Report, Staged};
use model::{RunId, RunState};
use policy::{Permit, Principal, Purpose};
use tracing::Instrument;

use crate::http::{Answer, Problem, ProblemKind};
use crate::{App, ops};

impl App {
    /// Takes in a file. The load runs on when the client hangs up behind the last byte, so that no
    /// run is left half done; a file that breaks off on its way in is the client's to send again.
    pub async fn load(&self, permit: Permit, load: Load) -> Answer<Report> {
        let broken_off = Arc::new(AtomicBool::new(false));
        let mark = broken_off.clone();
        let body = load.body.inspect_err(move |_| mark.store(true, Ordering::Relaxed)).boxed();
        let load = Load { body, ..load };
        let intake = self.intake.clone();
        let loading = tokio::spawn(
            async move {
                let started = Instant::now();
                let outcome = intake.load(&permit, load, &|_| {}).await;
                count(&outcome, started);
                outcome
            }
            .in_current_span(),
        );
        let outcome = loading.await.map_err(|error| Problem::internal(&error))?;
        outcome.map_err(|error| {
            if broken_off.load(Ordering::Relaxed) && error.is_retryable() {
                Problem::message(ProblemKind::InvalidBody, "problem-body-broken-off", vec![])
            } else {
                error.into()
            }
        })
    }
}

/// Drafts: what a person looks at before anything is committed.
impl App {
    /// A draft, and the permit to go on with it: for whoever may write its dataset. For others there
    /// is no such run.
    pub async fn staged(&self, principal: &Principal, id: &str) -> Answer<(Staged, Permit)> {
        let missing = || Problem::not_found(id);
        let run_id = RunId::new(id).map_err(|_| missing())?;
        let run = self.catalog.run(&run_id).await?.filter(|run| run.state == RunState::Staged);
        let run = run.ok_or_else(missing)?;
        let permit = match self.catalog.authorize(principal, &run.dataset, Purpose::Write, Utc::now()).await {
            Ok(permit) => permit,
            Err(catalog::Error::NotFound { .. } | catalog::Error::Denied(_)) => return Err(missing()),
            Err(error) => return Err(error.into()),
        };
        Ok((self.intake.staged(&permit, &run_id).await?, permit))
    }

    /// Receives a file and keeps it as a draft.
    pub async fn stage(&self, permit: Permit, load: Load) -> Answer<Staged> {
        let broken_off = Arc::new(AtomicBool::new(false));
        let mark = broken_off.clone();
        let body = load.body.inspect_err(move |_| mark.store(true, Ordering::Relaxed)).boxed();
        let load = Load { body, ..load };
        let intake = self.intake.clone();
        let staging =
            tokio::spawn(async move { intake.stage(&permit, load, &|_| {}).await }.in_current_span());
        let outcome = staging.await.map_err(|error| Problem::internal(&error))?;
        outcome.map_err(|error| {
            if broken_off.load(Ordering::Relaxed) && error.is_retryable() {
                Problem::message(ProblemKind::InvalidBody, "problem-body-broken-off", vec![])
            } else {
                error.into()
            }
        })
    }

    /// Reads a draft again, under this mapping or a guessed one.
    pub async fn review(&self, permit: Permit, run: RunId, mapping: Option<String>) -> Answer<Staged> {
        let intake = self.intake.clone();
        let reviewing = tokio::spawn(
            async move {
                let now = Utc::now();
                match mapping {
                    Some(text) => intake.review(&permit, &run, &text, now, &|_| {}).await,
                    None => intake.guess_again(&permit, &run, now, &|_| {}).await,
                }
            }
            .in_current_span(),
        );
        Ok(reviewing.await.map_err(|error| Problem::internal(&error))??)
    }

    /// Commits a draft. It runs on when the client hangs up.
    pub async fn commit_staged(&self, permit: Permit, run: RunId) -> Answer<Report> {
        let intake = self.intake.clone();
        let committing = tokio::spawn(
            async move {
                let started = Instant::now();
                let outcome = intake.commit_staged(&permit, &run, Utc::now(), &|_| {}).await;
                count(&outcome, started);
                outcome
            }
            .in_current_span(),
        );
        Ok(committing.await.map_err(|error| Problem::internal(&error))??)
    }
}

fn count(outcome: &Result<Report, intake::Error>, started: Instant) {
    let state = outcome.as_ref().map_or("failed", |report| report.run.state.code());
    metrics::counter!("cuulong_loads_total", "state" => state).increment(1);
    metrics::histogram!("cuulong_load_seconds").record(started.elapsed().as_secs_f64());
    if let Ok(report) = outcome {
        metrics::counter!("cuulong_load_rows_total").increment(report.run.totals.rows);
        metrics::counter!("cuulong_load_refused_total").increment(report.run.totals.refused);
        if report.run.version.is_some() {
            ops::count_commit("upload");
        }
    }
}
