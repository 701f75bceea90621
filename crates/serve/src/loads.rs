//! Taking in a file on behalf of a client: to its end whatever the client does, and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use futures::{StreamExt, TryStreamExt};
use intake::{Load, Report};
use policy::Permit;

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
        let loading = tokio::spawn(async move {
            let started = Instant::now();
            let outcome = intake.load(&permit, load, &|_| {}).await;
            count(&outcome, started);
            outcome
        });
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
