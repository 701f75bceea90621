//! Mappings of a dataset: its versions, and one guessed from a file that is not taken in.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use chrono::Utc;
use futures::{StreamExt, TryStreamExt};
use model::Lang;
use policy::Purpose;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::datasets::dataset_id;
use crate::App;
use crate::http::{Answer, Caller, Params, Problem, RequestLang};

/// One version of a dataset's mapping, as TOML.
#[utoipa::path(get, path = "/v1/datasets/{id}/mappings/{number}", tag = "datasets",
    params(("id" = String, Path), ("number" = u32, Path)),
    responses((status = 200, content_type = "application/toml", body = String), (status = 404)))]
pub async fn version(
    State(app): State<App>,
    Caller(principal): Caller,
    Path((id, number)): Path<(String, u32)>,
) -> Answer<impl IntoResponse> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Describe, Utc::now()).await?;
    let found = app.catalog.mapping(&id, Some(number)).await?;
    let (_, text) = found.ok_or_else(|| Problem::not_found(&format!("{id}/mappings/{number}")))?;
    Ok(([(header::CONTENT_TYPE, "application/toml; charset=utf-8")], text))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GuessParams {
    /// The file's name; its ending and its words help to tell what it holds.
    file_name: Option<String>,
    /// The sheet of a workbook; the first that holds a table when absent.
    sheet: Option<String>,
}

/// A guessed mapping.
#[derive(Debug, Serialize, ToSchema)]
pub struct GuessDocument {
    /// The mapping as TOML, with the reason of each decision as a comment.
    pub mapping: String,
    /// Whether nothing in it has to be confirmed first.
    pub certain: bool,
    /// Each decision.
    pub decisions: Vec<DecisionDocument>,
}

/// One decision of a guess.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionDocument {
    /// What was decided, as a path into the mapping.
    pub path: String,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// Why.
    pub reason: String,
    /// Whether a person has to confirm it.
    pub to_confirm: bool,
}

/// The document of a guess, in a language.
pub fn guess_document(guessed: &intake::Guessed, lang: Lang) -> GuessDocument {
    let decisions = guessed.decisions.iter().map(|decision| DecisionDocument {
        path: decision.path.clone(),
        confidence: decision.confidence,
        reason: decision.reason.sentence(lang),
        to_confirm: decision.confidence < intake::SURE_ENOUGH,
    });
    GuessDocument {
        mapping: guessed.mapping.to_text().shown(lang),
        certain: guessed.questions().next().is_none(),
        decisions: decisions.collect(),
    }
}

/// Guesses the mapping of a file for this dataset: the body is the file itself. Nothing is taken in.
#[utoipa::path(post, path = "/v1/datasets/{id}/mapping-guesses", tag = "intake",
    params(("id" = String, Path), GuessParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), security(("key" = [])),
    responses((status = 200, body = GuessDocument), (status = 422)))]
pub async fn guess(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    RequestLang(lang): RequestLang,
    Params(asked): Params<GuessParams>,
    request: Request,
) -> Answer<Json<GuessDocument>> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Write, Utc::now()).await?;
    let body = request.into_body().into_data_stream().map_err(std::io::Error::other).boxed();
    let name = asked.file_name.unwrap_or_else(|| "upload".to_owned());
    let guessed = app.intake.guess(&name, asked.sheet.as_deref(), body).await?;
    Ok(Json(guess_document(&guessed, lang)))
}
