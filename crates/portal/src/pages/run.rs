//! The report of a run: what happened to every row.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use intake::mapping::MappingText;
use model::{DatasetKind, Run, RunId, RunKind, RunState};
use policy::{Permit, Purpose};
use serve::App;
use serve::http::Problem;

use super::report::{Report, report, verdict};
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::{Visit, address};

/// Findings drawn on one page; the rest is at `/v1/runs/{id}/findings`.
const MOST_FINDINGS: u64 = 500;

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    p: Frame,
    title: String,
    dataset_title: String,
    dataset_href: String,
    synthetic: bool,
    verdict: String,
    tone: &'static str,
    report: Report,
    facts: Vec<(String, String, String)>,
    mapping: String,
    marked: Option<String>,
}

/// What happened to every row of a file.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> PageResult {
    let w = visit.words;
    let (run, permit) = readable(&app, &visit, &id).await?;
    if run.state == RunState::Staged {
        return Ok(Redirect::to(&visit.link(&format!("/intake/{}", run.id))).into_response());
    }
    let dataset = app.catalog.dataset(&run.dataset).await?.ok_or_else(|| Problem::not_found(&id))?;
    // Findings quote cells, and a cell may lie outside the rows that the permit reaches.
    let (findings, total) = if permit.rows().is_open() {
        app.catalog.findings(&run.id, 0, MOST_FINDINGS).await?
    } else {
        (Vec::new(), 0)
    };
    let mapping = match run.mapping {
        Some(number) if dataset.kind != DatasetKind::Document => {
            app.catalog.mapping(&run.dataset, Some(number)).await?
        }
        _ => None,
    };
    // Only a table has cells that could be marked.
    let marked = total > 0
        && run.kind == RunKind::Upload
        && run.original.is_some()
        && (dataset.kind == DatasetKind::Observations
            || dataset.kind == DatasetKind::Features && is_of_cells(&run.file_name));
    let (verdict, tone) = verdict(&w, &run);
    let title = w.fill("run-title", [("file", &run.file_name)]);
    let dataset_href = visit.link(&format!("/data/{}", dataset.id));
    let page = RunPage {
        p: Frame::new(&app, &visit, Section::Data, &title),
        title,
        dataset_title: w.of_text(&dataset.title).to_owned(),
        synthetic: dataset.synthetic,
        verdict,
        tone,
        report: report(&visit, &run, &findings, total),
        facts: facts(&visit, &run, &dataset_href),
        mapping: mapping.map(|(_, text)| MappingText::from(text).shown(visit.lang())).unwrap_or_default(),
        marked: marked.then(|| address(&format!("/v1/runs/{}/marked", run.id), &[("lang", w.tag())])),
        dataset_href,
    };
    answer(&visit, &headers, &page)
}

/// The run, when the reader may read its dataset; who may not know of it gets the same words as for
/// no run.
pub async fn readable(app: &App, visit: &Visit, id: &str) -> Result<(Run, Permit), Problem> {
    let run_id = RunId::new(id).map_err(|_| Problem::not_found(id))?;
    let run = app.catalog.run(&run_id).await?.ok_or_else(|| Problem::not_found(id))?;
    if run.state == RunState::Staged {
        let (staged, permit) = app.staged(&visit.principal, id).await?;
        return Ok((staged.run, permit));
    }
    match app.catalog.authorize(&visit.principal, &run.dataset, Purpose::Read, visit.now).await {
        Ok(permit) => Ok((run, permit)),
        Err(catalog::Error::NotFound { .. }) => Err(Problem::not_found(id)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a file's rows are rows of cells, also where they are features.
fn is_of_cells(file_name: &str) -> bool {
    let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| {
        matches!(ending.as_str(), "csv" | "tsv" | "txt" | "xlsx" | "xlsm" | "xls" | "ods")
    })
}

fn facts(visit: &Visit, run: &Run, dataset_href: &str) -> Vec<(String, String, String)> {
    let w = visit.words;
    let plain = |key: &str, value: String| (w.t(key), value, String::new());
    let mut facts = vec![
        (w.t("run-dataset"), run.dataset.to_string(), dataset_href.to_owned()),
        plain("run-state", w.code("state", run.state.code())),
        plain("run-started", w.instant(run.started_at)),
    ];
    if let Some(end) = run.finished_at {
        #[expect(clippy::cast_precision_loss, reason = "a duration is shown to a tenth of a second")]
        let seconds = (end - run.started_at).num_milliseconds() as f64 / 1000.0;
        facts.push(plain("run-took", w.fill("run-seconds", [("n", &w.number(seconds, 1))])));
    }
    facts.push(plain("run-by", run.user.as_ref().map_or_else(|| w.t("run-system"), ToString::to_string)));
    if let Some(version) = run.version {
        facts.push((w.t("run-version"), version.to_string(), format!("{dataset_href}?v={version}")));
    }
    if let Some(mapping) = run.mapping {
        facts.push(plain("run-mapping-number", mapping.to_string()));
    }
    if let Some(forecast) = run.forecast {
        facts.push(plain("run-forecast", model::instant_text(forecast.made_for)));
    }
    if !run.encodings.is_empty() {
        facts.push(plain("run-encodings", run.encodings.join(", ")));
    }
    if let Some(hash) = &run.original {
        facts.push((w.t("run-hash"), hash.to_string(), format!("/v1/runs/{}/original", run.id)));
    }
    facts
}
