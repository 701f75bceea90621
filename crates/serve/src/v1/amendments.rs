//! Runs that are withdrawn, values that are tested again, and the products that read what changed.

use axum::Json;
use axum::extract::rejection::StringRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use model::{RunId, Version};
use policy::{Principal, Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::datasets::dataset_id;
use super::documents::{Page, RunDocument};
use super::runs::readable_run;
use crate::App;
use crate::http::{Answer, Body, Caller, Problem, ProblemKind};

/// Why a run is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalInput {
    /// In a sentence; it stays with the run.
    reason: String,
}

/// What became of a withdrawal, or of testing again.
#[derive(Debug, Serialize, ToSchema)]
pub struct AmendmentDocument {
    /// The run.
    pub run: RunDocument,
    /// The run that was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdraws: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Values that are gone.
    pub removed: u64,
    /// Values that were set back to what was there before.
    pub restored: u64,
    /// Values that stay, because a later run corrected them.
    pub kept: u64,
    /// Values whose flag or tests changed.
    pub flagged: u64,
    /// The number of the dataset's limits that were used; the general ones when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<u32>,
    /// Products that read what changed.
    pub affected: Vec<AffectedDocument>,
}

/// A product that read a version from before a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct AffectedDocument {
    /// The product's dataset.
    pub dataset: String,
    /// The run that made it.
    pub run: String,
    /// The version of the product that it made; absent when it changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The version of the changed dataset that it read.
    pub read: u64,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Whether the product was made anew since, from a version with the change.
    pub renewed: bool,
}

async fn amendment(
    app: &App,
    principal: &Principal,
    run: &model::Run,
    note: catalog::RunNote,
) -> Answer<AmendmentDocument> {
    let affected = match run.version {
        Some(version) => affected_by(app, principal, &run.dataset, version).await?,
        None => Vec::new(),
    };
    Ok(AmendmentDocument {
        run: run.into(),
        withdraws: note.withdraws.map(|run| run.to_string()),
        reason: note.reason,
        removed: note.removed,
        restored: note.restored,
        kept: note.kept,
        flagged: note.flagged,
        limits: note.quality,
        affected,
    })
}

/// Withdraws a run as a new version: what it brought and no later run corrected goes, or is set back.
#[utoipa::path(post, path = "/v1/runs/{id}/withdraw", tag = "intake", params(("id" = String, Path)),
    request_body = WithdrawalInput, security(("key" = [])),
    responses((status = 201, body = AmendmentDocument), (status = 404), (status = 409)))]
pub async fn withdraw(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    Body(input): Body<WithdrawalInput>,
) -> Answer<(StatusCode, Json<AmendmentDocument>)> {
    let run_id = RunId::new(&id).map_err(|_| Problem::not_found(&id))?;
    let of = app.catalog.run(&run_id).await?.ok_or_else(|| Problem::not_found(&id))?;
    let permit = match app.catalog.authorize(&principal, &of.dataset, Purpose::Write, Utc::now()).await {
        Ok(permit) => permit,
        // Who may not know of the dataset may not know of its runs: the same words as for no run.
        Err(catalog::Error::NotFound { .. }) => return Err(Problem::not_found(&id)),
        Err(error) => return Err(error.into()),
    };
    let (run, note) = app.intake.withdraw(&permit, &run_id, &input.reason, Utc::now()).await?;
    let detail = format!("by run {}: {} removed, {} set back", run.id, note.removed, note.restored);
    app.note(&principal, "run.withdrawn", &format!("run:{run_id}"), detail).await?;
    Ok((StatusCode::CREATED, Json(amendment(&app, &principal, &run, note).await?)))
}

/// What a run withdrew or tested again.
#[utoipa::path(get, path = "/v1/runs/{id}/amendment", tag = "intake", params(("id" = String, Path)),
    responses((status = 200, body = AmendmentDocument), (status = 404)))]
pub async fn show(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<Json<AmendmentDocument>> {
    let (run, _) = readable_run(&app, &principal, &id).await?;
    let note = app.catalog.run_note(&run.id).await?;
    let note = note.ok_or_else(|| Problem::not_found(&format!("{id}/amendment")))?;
    Ok(Json(amendment(&app, &principal, &run, note).await?))
}

/// Tests all values of a dataset again with the limits that hold now: a version in which only flags change.
#[utoipa::path(post, path = "/v1/datasets/{id}/recheck", tag = "intake", params(("id" = String, Path)),
    security(("key" = [])), responses((status = 200, body = AmendmentDocument), (status = 404)))]
pub async fn recheck(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<Json<AmendmentDocument>> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Write, Utc::now()).await?;
    let (run, note) = app.intake.recheck(&permit, Utc::now()).await?;
    let detail = format!("run {}: {} flags changed", run.id, note.flagged);
    app.note(&principal, "dataset.rechecked", &format!("dataset:{id}"), detail).await?;
    Ok(Json(amendment(&app, &principal, &run, note).await?))
}

/// The products that read the dataset as it was before a version, as far as the asker may know of them.
#[utoipa::path(get, path = "/v1/datasets/{id}/versions/{version}/affected", tag = "versions",
    params(("id" = String, Path), ("version" = u64, Path)),
    responses((status = 200, body = Page<AffectedDocument>), (status = 404)))]
pub async fn affected(
    State(app): State<App>,
    Caller(principal): Caller,
    Path((id, version)): Path<(String, u64)>,
) -> Answer<Json<Page<AffectedDocument>>> {
    let dataset = dataset_id(&id)?;
    app.catalog.authorize(&principal, &dataset, Purpose::Describe, Utc::now()).await?;
    let version = Version(version);
    if app.catalog.version(&dataset, version).await?.is_none() {
        return Err(Problem::not_found(&format!("{id}/versions/{version}")));
    }
    let items = affected_by(&app, &principal, &dataset, version).await?;
    Ok(Json(Page { total: items.len() as u64, items, next: None }))
}

/// The newest of what each product made from before the change.
pub(super) async fn affected_by(
    app: &App,
    principal: &Principal,
    dataset: &model::DatasetId,
    version: Version,
) -> Answer<Vec<AffectedDocument>> {
    let mut found: Vec<AffectedDocument> = Vec::new();
    for (run, read) in app.catalog.products_of(dataset).await? {
        let product = run.dataset.to_string();
        let known = found.iter_mut().find(|affected| affected.dataset == product);
        if read >= version {
            if let Some(affected) = known {
                affected.renewed = true;
            }
            continue;
        }
        // What may not be known is not there.
        match app.catalog.authorize(principal, &run.dataset, Purpose::Describe, Utc::now()).await {
            Ok(_) => {}
            Err(catalog::Error::NotFound { .. } | catalog::Error::Denied(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        let affected = AffectedDocument {
            dataset: product,
            run: run.id.to_string(),
            version: run.version.map(|version| version.0),
            read: read.0,
            made_at: run.finished_at.unwrap_or(run.started_at),
            renewed: false,
        };
        match known {
            // A run that changed nothing left the version that was there.
            Some(known) => {
                *known = AffectedDocument { version: affected.version.or(known.version), ..affected }
            }
            None => found.push(affected),
        }
    }
    Ok(found)
}

/// The limits of the quality tests that the dataset sets for itself, as TOML.
#[utoipa::path(get, path = "/v1/datasets/{id}/limits", tag = "datasets", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/toml", body = String), (status = 404)))]
pub async fn limits(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Describe, Utc::now()).await?;
    let saved = app.catalog.quality_settings(&id, None).await?;
    let (_, text) = saved.ok_or_else(|| Problem::not_found(&format!("{id}/limits")))?;
    Ok(([(header::CONTENT_TYPE, "application/toml; charset=utf-8")], text))
}

/// Saves limits of the quality tests for the next values; they are checked first. Values that are there
/// are tested by them when the dataset is tested again.
#[utoipa::path(put, path = "/v1/datasets/{id}/limits", tag = "datasets", params(("id" = String, Path)),
    request_body(content = String, content_type = "application/toml"), security(("key" = [])),
    responses((status = 204)))]
pub async fn save_limits(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    text: Result<String, StringRejection>,
) -> Answer<StatusCode> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Write, Utc::now()).await?;
    let text = text.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ProblemKind::TooLarge),
        _ => Problem::text(ProblemKind::InvalidBody, rejection.body_text()),
    })?;
    let number = app.intake.save_limits(&permit, &text, Utc::now()).await?;
    app.note(&principal, "limits.saved", &format!("dataset:{id}"), format!("limits {number}")).await?;
    Ok(StatusCode::NO_CONTENT)
}
