//! The wizard: a file is handed in, looked at, mapped, checked and only then committed. Every step is
//! a plain page with forms; scripts only magnify.

pub mod beyond;
pub mod form;
pub mod hand_in;
mod sheet;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use intake::{Part, Staged};
use model::{DatasetKind, PlaceId, PropertyCode, RunId, RunState};
use policy::{Permit, Principal};
use serde::Deserialize;
use serve::App;
use serve::http::{Problem, ProblemKind};

use self::form::MappingForm;
use self::sheet::{Origin, Sheet};
use super::report::{Report, report};
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::{Visit, address};

/// Rows of the sheet drawn at a time.
const ROWS: u32 = 30;
/// Findings drawn on one page; the rest is at `/v1/runs/{id}/findings`.
const MOST_FINDINGS: u64 = 500;

/// One of the five steps.
pub struct Step {
    number: u8,
    label: String,
    /// Where it is, when it can be gone to.
    href: Option<String>,
    now: bool,
    done: bool,
}

#[derive(Template)]
#[template(path = "intake.html")]
struct IntakePage {
    p: Frame,
    title: String,
    dataset_title: String,
    dataset_href: String,
    steps: Vec<Step>,
    step: u8,
    format: String,
    kept: String,
    problem: String,
    hint: String,
    guessed: bool,
    sheet: Option<Sheet>,
    no_sheet: String,
    form: Option<MappingForm>,
    mapping: String,
    report: Report,
    verdict: String,
    tone: &'static str,
    nothing: bool,
    /// Cell, what it is, and old and new value, of what a commit would correct.
    corrections: Vec<[String; 4]>,
    action: String,
    back: Option<String>,
    forward: Option<String>,
    marked: String,
}

#[derive(Debug, Deserialize)]
pub struct StepParams {
    step: Option<u8>,
    sheet: Option<u16>,
    from: Option<u32>,
}

/// A step of a draft.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<StepParams>,
) -> PageResult {
    let w = visit.words;
    let (staged, permit) = match staged(&app, &visit, &id).await {
        Ok(found) => found,
        Err(problem) => return committed(&app, &visit, &id, problem).await,
    };
    let Staged { run, review, expires_at } = &staged;
    let dataset = app.catalog.dataset(&run.dataset).await?.ok_or_else(|| Problem::not_found(&id))?;
    let is_table = dataset.kind == DatasetKind::Observations;
    let step = asked.step.unwrap_or(2).clamp(2, 5);
    let reached = if review.problem.is_some() { 3 } else { 5 };
    let step = step.min(reached);
    let (findings, total) = app.catalog.findings(&run.id, 0, MOST_FINDINGS).await?;
    let mut no_sheet = String::new();
    let drawn = if step <= 3 {
        let part = Part { sheet: asked.sheet, from: asked.from.unwrap_or(1), count: ROWS, header: None };
        match app.drawn(&permit, run, part).await {
            Ok(drawn) => Some(drawn),
            Err(problem) if problem.kind.is_ours() => return Err(problem),
            Err(problem) => {
                no_sheet = problem.sentence(visit.lang()).unwrap_or_default();
                None
            }
        }
    } else {
        None
    };
    let mut form = match &drawn {
        Some(drawn) if step == 3 && is_table => {
            Some(MappingForm::new(&app, &visit, &review.mapping, drawn).await?)
        }
        _ => None,
    };
    let origin = Origin { findings: &findings, link: |set| visit.with(set), step };
    let mut sheet = drawn.map(|drawn| sheet::sheet(&visit, drawn, &origin));
    if let (Some(form), Some(sheet)) = (&mut form, &mut sheet) {
        for (head, column) in sheet.columns.iter_mut().zip(form.columns.drain(..)) {
            head.pick = Some(column);
        }
    }
    let title = w.fill("intake-title", [("file", &run.file_name)]);
    let (verdict, tone) = verdict(&visit, &staged);
    let mut frame = Frame::new(&app, &visit, Section::Data, &title);
    frame.island = step == 3;
    let page = IntakePage {
        p: frame,
        title,
        dataset_title: w.of_text(&dataset.title).to_owned(),
        dataset_href: visit.link(&format!("/data/{}", dataset.id)),
        steps: steps(&visit, Some(&run.id), step, reached),
        step,
        format: understood(&visit, &staged),
        kept: w.fill("intake-kept", [("time", &w.instant(*expires_at))]),
        problem: review
            .problem
            .as_ref()
            .map(|problem| problem.what().sentence(visit.lang()))
            .unwrap_or_default(),
        hint: review
            .problem
            .as_ref()
            .map(|problem| problem.hint().sentence(visit.lang()))
            .unwrap_or_default(),
        guessed: review.guessed && review.problem.is_none(),
        sheet,
        no_sheet,
        form,
        mapping: review.mapping_in(visit.lang()),
        report: report(&visit, run, &findings, total),
        verdict,
        tone,
        nothing: run.totals.added + run.totals.corrected + run.totals.unchanged == 0,
        corrections: if step == 5 { corrections(&app, &visit, &staged).await? } else { Vec::new() },
        action: visit.link(&format!("/intake/{}", run.id)),
        back: (step > 2).then(|| step_link(&visit, &run.id, step - 1)),
        forward: (step < reached).then(|| step_link(&visit, &run.id, step + 1)),
        marked: address(&format!("/v1/runs/{}/marked", run.id), &[("lang", w.tag())]),
    };
    answer(&visit, &headers, &page)
}

/// Commits a draft and leads to the report of its run.
pub async fn commit(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> PageResult {
    let (staged, permit) = match staged(&app, &visit, &id).await {
        Ok(found) => found,
        // The button was pressed twice: the second press leads where the first did.
        Err(problem) => return committed(&app, &visit, &id, problem).await,
    };
    let report = app.commit_staged(permit, staged.run.id).await?;
    Ok(Redirect::to(&visit.link(&format!("/runs/{}", report.run.id))).into_response())
}

/// Throws a draft away and leads back to its dataset.
pub async fn discard(State(app): State<App>, visit: Visit, Path(id): Path<String>) -> PageResult {
    let (staged, permit) = staged(&app, &visit, &id).await?;
    app.intake.discard(&permit, &staged.run.id, visit.now).await?;
    Ok(Redirect::to(&visit.link(&format!("/data/{}", staged.run.dataset))).into_response())
}

/// The draft, for whoever may write its dataset; who is not signed in is asked to, whatever is there.
async fn staged(app: &App, visit: &Visit, id: &str) -> Result<(Staged, Permit), Problem> {
    if visit.principal == Principal::Public {
        return Err(Problem::new(ProblemKind::SignInRequired));
    }
    app.staged(&visit.principal, id).await
}

/// A draft that was committed is a run; the problem otherwise.
async fn committed(app: &App, visit: &Visit, id: &str, problem: Problem) -> PageResult {
    if problem.kind != ProblemKind::NotFound {
        return Err(problem);
    }
    let (run, _) = super::run::readable(app, visit, id).await.map_err(|_| problem.clone())?;
    if run.state == RunState::Staged {
        return Err(problem);
    }
    Ok(Redirect::to(&visit.link(&format!("/runs/{id}"))).into_response())
}

/// The steps with those that can be gone to.
fn steps(visit: &Visit, run: Option<&RunId>, now: u8, reached: u8) -> Vec<Step> {
    (1..=5)
        .map(|number| Step {
            number,
            label: visit.words.t(&format!("intake-step-{number}")),
            href: run
                .filter(|_| number > 1 && number <= reached && number != now)
                .map(|run| step_link(visit, run, number)),
            now: number == now,
            done: number < now,
        })
        .collect()
}

fn step_link(visit: &Visit, run: &RunId, step: u8) -> String {
    address(&visit.link(&format!("/intake/{run}")), &[("step", &step.to_string())])
}

/// What the file is, in one sentence.
fn understood(visit: &Visit, staged: &Staged) -> String {
    let w = visit.words;
    let rows = w.whole(staged.run.totals.rows);
    let sheets = staged.run.sheets.iter().filter(|name| !name.is_empty()).count();
    if staged.review.problem.is_some() {
        return w.t("intake-not-read");
    }
    if sheets > 1 {
        return w.fill("intake-read-sheets", [("rows", &rows), ("sheets", &sheets)]);
    }
    w.fill("intake-read", [("rows", &rows)])
}

/// What a commit would correct, as a person reads it.
async fn corrections(app: &App, visit: &Visit, staged: &Staged) -> Result<Vec<[String; 4]>, Problem> {
    let w = visit.words;
    let gazetteer = app.catalog.gazetteer().await?;
    let rows = staged.review.corrections.iter().map(|correction| {
        let place = PlaceId::new(&correction.place).ok().and_then(|id| gazetteer.place(&id));
        let place = place.map_or(correction.place.as_str(), |place| w.of_text(&place.name));
        let property = PropertyCode::new(&correction.property).ok();
        let property = property.and_then(|code| gazetteer.property(&code));
        let property = property.map_or(correction.property.as_str(), |property| w.of_text(&property.name));
        let sheet = staged.run.sheets.get(usize::from(correction.sheet)).filter(|name| !name.is_empty());
        let cell = match sheet {
            Some(sheet) => format!("{sheet}!{}", correction.cell),
            None => correction.cell.clone(),
        };
        let number = |text: &str| {
            let number = text.parse::<f64>();
            number.map_or_else(|_| format!("{text} {}", correction.unit), |n| w.quantity(n, &correction.unit))
        };
        let what = format!("{property} · {place} · {}", w.instant(correction.time));
        [cell, what, number(&correction.before), number(&correction.after)]
    });
    Ok(rows.collect())
}

/// What a commit would do, in one sentence, and the tone of its banner.
fn verdict(visit: &Visit, staged: &Staged) -> (String, &'static str) {
    let w = visit.words;
    let totals = staged.run.totals;
    let blanks = [
        ("added", w.whole(totals.added)),
        ("corrected", w.whole(totals.corrected)),
        ("unchanged", w.whole(totals.unchanged)),
        ("refused", w.whole(totals.refused)),
    ];
    let [added, corrected, unchanged, refused] = blanks.each_ref().map(|(_, text)| text);
    let sentence = w.fill(
        "intake-will-write",
        [("added", added), ("corrected", corrected), ("unchanged", unchanged), ("refused", refused)],
    );
    (sentence, if totals.refused > 0 { "made" } else { "good" })
}
