//! `/readyz`: a real read and a real write of everything that a request may need.
//!
//! Each probe has a time limit. What was found is told for a second, so that whoever asks often
//! does not make work. Stored files that readers found damaged leave the node ready, since all else is
//! answered: it is degraded, and says which they are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog::DatasetSearch;
use chrono::Utc;
use lake::Damage;
use model::{Dataset, DatasetId, DatasetKind};
use policy::{Principal, Purpose};
use query::{Asker, SeriesRequest};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::App;
use crate::http::chain;

/// The longest that a probe may take.
const LIMIT: Duration = Duration::from_secs(4);
/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(1);
/// A damaged dataset does not make the node unready as long as another can be read: so many are tried.
const TRIED: u64 = 4;

/// What was found last.
#[derive(Debug, Default)]
pub struct Readiness {
    last: Mutex<Option<(Instant, Arc<Report>)>>,
}

/// What the probes found.
#[derive(Debug, Serialize)]
struct Report {
    ready: bool,
    /// Whether something should be done although the node is ready.
    degraded: bool,
    probes: Vec<Probe>,
    /// The damaged files of datasets that everyone may know of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    damaged: Vec<DamagedFile>,
}

/// A stored file that is not as it was written.
#[derive(Debug, Serialize)]
struct DamagedFile {
    dataset: String,
    file: String,
    found: String,
}

/// What one probe found.
#[derive(Debug, Serialize)]
struct Probe {
    name: &'static str,
    ok: bool,
    milliseconds: f64,
    /// What is wrong, without what only the operator may know: that is in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Answers 200 when every probe succeeded, else 503; the body says which did not.
pub async fn ready(State(app): State<App>) -> Response {
    let report = app.readiness().report(&app).await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(&*report)).into_response()
}

impl Readiness {
    async fn report(&self, app: &App) -> Arc<Report> {
        // Those who come meanwhile wait for this one and are told the same.
        let mut last = self.last.lock().await;
        if let Some((at, report)) = &*last
            && at.elapsed() < HOLDS
        {
            return report.clone();
        }
        let report = Arc::new(probe(app).await);
        *last = Some((Instant::now(), report.clone()));
        report
    }
}

async fn probe(app: &App) -> Report {
    let (catalogue_read, catalogue_write, store_write, data_read) = tokio::join!(
        run("catalogue_read", "the catalogue cannot be read", read_catalogue(app)),
        run("catalogue_write", "the catalogue takes no writes", write_catalogue(app)),
        run("store_write", "the store takes no writes", write_store(app)),
        run("data_read", "no dataset can be read", Asker::Node.ask(read_data(app))),
    );
    let mut probes = vec![catalogue_read, catalogue_write, store_write, data_read];
    let ready = probes.iter().all(|probe| probe.ok);
    metrics::gauge!("cuulong_ready").set(f64::from(u8::from(ready)));
    let mut damage = Vec::new();
    let known = async {
        damage = known_damage(app).await;
        if damage.is_empty() { Ok(()) } else { Err(format!("{} damaged files", damage.len()).into()) }
    };
    let wrong = "stored files are damaged: run `cuulong verify`, and restore them from a backup";
    let stored_files = run("stored_files", wrong, known).await;
    let degraded = !stored_files.ok;
    probes.push(stored_files);
    Report { ready, degraded, probes, damaged: known_to_all(app, damage).await }
}

/// The damaged files that readers of this node met, and their number as a metric.
pub async fn known_damage(app: &App) -> Vec<Damage> {
    let damage = app.lake.damage().await;
    metrics::gauge!("cuulong_damaged_files").set(damage.len() as f64);
    damage
}

/// Those of datasets that everyone may know of: whoever asks here is nobody.
async fn known_to_all(app: &App, damage: Vec<Damage>) -> Vec<DamagedFile> {
    let mut told = Vec::new();
    for damage in damage {
        let Some(dataset) = damage.dataset().and_then(|id| DatasetId::new(id).ok()) else { continue };
        let known = app.catalog.authorize(&Principal::Public, &dataset, Purpose::Describe, Utc::now());
        if known.await.is_ok() {
            told.push(DamagedFile { dataset: dataset.to_string(), file: damage.path, found: damage.detail });
        }
    }
    told
}

async fn run(
    name: &'static str,
    wrong: &'static str,
    work: impl Future<Output = Result<(), Failed>>,
) -> Probe {
    let began = Instant::now();
    let error = match tokio::time::timeout(LIMIT, work).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(chain(error.as_ref())),
        Err(_) => Some(format!("no answer within {} s", LIMIT.as_secs())),
    };
    let seconds = began.elapsed().as_secs_f64();
    metrics::histogram!("cuulong_probe_seconds", "probe" => name).record(seconds);
    if let Some(error) = &error {
        metrics::counter!("cuulong_probe_failures_total", "probe" => name).increment(1);
        tracing::warn!(probe = name, error = error, "a probe failed: {wrong}");
    }
    let milliseconds = (seconds * 1e6).round() / 1e3;
    Probe { name, ok: error.is_none(), milliseconds, error: error.map(|_| wrong) }
}

async fn read_catalogue(app: &App) -> Result<(), Failed> {
    Ok(app.catalog.ping().await?)
}

async fn write_catalogue(app: &App) -> Result<(), Failed> {
    Ok(app.catalog.probe_write(Utc::now()).await?)
}

async fn write_store(app: &App) -> Result<(), Failed> {
    app.lake.probe_write().await?;
    Ok(())
}

/// Reads a value the way every request does: permit, snapshot, file.
async fn read_data(app: &App) -> Result<(), Failed> {
    let search =
        DatasetSearch { kind: Some(DatasetKind::Observations), limit: TRIED, ..DatasetSearch::default() };
    let (datasets, _) = app.catalog.search_datasets(&Principal::System, search, Utc::now()).await?;
    let mut failed = None;
    for dataset in &datasets {
        match read_one(app, dataset).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                failed = Some(format!("dataset `{}`: {}", dataset.id, chain(error.as_ref())).into())
            }
        }
    }
    // A node without observations has nothing that could not be read.
    failed.map_or(Ok(()), Err)
}

async fn read_one(app: &App, dataset: &Dataset) -> Result<(), Failed> {
    let permit = app.catalog.authorize(&Principal::System, &dataset.id, Purpose::Read, Utc::now()).await?;
    app.engine.series(&permit, SeriesRequest { limit: Some(1), ..SeriesRequest::default() }).await?;
    Ok(())
}
