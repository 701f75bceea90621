//! Drafts: a file that is kept, read under one mapping after the other, and committed at the end.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use intake::Staged;
use model::RunId;
use policy::{Permit, Principal};
use utoipa::IntoParams;

use super::uploads::ReportDocument;
use crate::App;
use crate::http::{Answer, Caller, Params, Problem, ProblemKind, RequestLang};

/// Findings that an answer carries; all are at `/v1/runs/{id}/findings`.
const REPORTED: u64 = 1000;

async fn document(app: &App, staged: &Staged, lang: model::Lang) -> Answer<Json<ReportDocument>> {
    let (findings, _) = app.catalog.findings(&staged.run.id, 0, REPORTED).await?;
    Ok(Json(ReportDocument::of_draft(staged, &findings, lang)))
}

/// A draft: what a commit would do, the mapping, and what was found.
#[utoipa::path(get, path = "/v1/runs/{id}/draft", tag = "intake", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 200, body = ReportDocument), (status = 404)))]
pub async fn show(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
) -> Answer<Json<ReportDocument>> {
    let (staged, _) = of(&app, &principal, &id).await?;
    document(&app, &staged, lang).await
}

/// A draft, for whoever has signed in and may write its dataset.
async fn of(app: &App, principal: &Principal, id: &str) -> Answer<(Staged, Permit)> {
    if *principal == Principal::Public {
        return Err(Problem::new(ProblemKind::SignInRequired));
    }
    app.staged(principal, id).await
}

#[derive(Debug, serde::Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReviewParams {
    /// Guess a mapping from the file, whatever the body says and whatever is saved.
    #[serde(default)]
    guess: bool,
}

/// Reads a draft again under the mapping of the body (TOML), or a guessed one. Nothing is committed.
#[utoipa::path(put, path = "/v1/runs/{id}/draft", tag = "intake", params(("id" = String, Path), ReviewParams),
    request_body(content = String, content_type = "application/toml"), security(("key" = [])),
    responses((status = 200, body = ReportDocument), (status = 404), (status = 409)))]
pub async fn review(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
    Params(asked): Params<ReviewParams>,
    mapping: String,
) -> Answer<Json<ReportDocument>> {
    let (_, permit) = of(&app, &principal, &id).await?;
    let run = RunId::new(&id).map_err(|_| Problem::not_found(&id))?;
    let staged = app.review(permit, run, (!asked.guess).then_some(mapping)).await?;
    document(&app, &staged, lang).await
}

/// Throws a draft away; nothing of it was committed.
#[utoipa::path(delete, path = "/v1/runs/{id}/draft", tag = "intake", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 204), (status = 404), (status = 409)))]
pub async fn discard(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let (staged, permit) = of(&app, &principal, &id).await?;
    app.intake.discard(&permit, &staged.run.id, chrono::Utc::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Commits a draft as it was read last: its good rows become a version of the dataset.
#[utoipa::path(post, path = "/v1/runs/{id}/commit", tag = "intake", params(("id" = String, Path)),
    security(("key" = [])),
    responses((status = 201, body = ReportDocument), (status = 200, body = ReportDocument), (status = 404), (status = 409), (status = 422)))]
pub async fn commit(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
) -> Answer<(StatusCode, Json<ReportDocument>)> {
    let (staged, permit) = of(&app, &principal, &id).await?;
    let report = app.commit_staged(permit, staged.run.id).await?;
    let status = if report.run.version.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(ReportDocument::new(&report, lang))))
}
