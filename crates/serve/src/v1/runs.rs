//! Runs, their findings, and the originals that they read.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use chrono::Utc;
use model::{Run, RunId, RunState};
use policy::{Permit, Principal, Purpose};
use serde::Deserialize;
use utoipa::IntoParams;

use super::datasets::dataset_id;
use super::documents::{FindingDocument, Page, RunDocument};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, ProblemKind, RequestLang, paging, params};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// How many at most, 1 to 1000 (100).
    limit: Option<i64>,
    /// Go on where a page ended: the `cursor` of its `next`, as it is.
    cursor: Option<String>,
    /// How many to pass over; pages shift when something is added.
    offset: Option<u64>,
}

/// The latest runs of a dataset, newest first.
#[utoipa::path(get, path = "/v1/datasets/{id}/runs", tag = "intake",
    params(("id" = String, Path), PageParams), responses((status = 200, body = Page<RunDocument>)))]
pub async fn of_dataset(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<RunDocument>>> {
    let id = dataset_id(&id)?;
    app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let limit = params::limit(asked.limit, 100, 1000)? as u64;
    // One more than the page holds tells whether there is another.
    let (mut runs, total) = match paging::after(asked.cursor.as_deref())? {
        None => app.catalog.runs_page(&id, asked.offset.unwrap_or(0), limit + 1).await?,
        Some(last) => {
            let last = RunId::new(&last).map_err(|_| paging::unknown())?;
            app.catalog.runs_after(&id, &last, limit + 1).await?.ok_or_else(paging::unknown)?
        }
    };
    let is_last = runs.len() as u64 <= limit;
    runs.truncate(limit as usize);
    let last = runs.last().filter(|_| !is_last).map(|run| run.id.to_string());
    let next = last.map(|last| next_page(&links, &format!("/v1/datasets/{id}/runs"), limit, &last));
    let items: Vec<RunDocument> = runs.iter().map(|run| RunDocument::new(run, lang)).collect();
    Ok(Json(Page { items, total, next }))
}

/// The link of the page after the item with this key.
fn next_page(links: &Links, path: &str, limit: u64, key: &str) -> String {
    links.to(path, &[("limit", &limit.to_string()), ("cursor", &paging::cursor(key))])
}

/// The run, when the principal may read its dataset; a draft, when it may write it.
pub async fn readable_run(app: &App, principal: &Principal, id: &str) -> Answer<(Run, Permit)> {
    let run_id = RunId::new(id).map_err(|_| Problem::not_found(id))?;
    let run = app.catalog.run(&run_id).await?.ok_or_else(|| Problem::not_found(id))?;
    if run.state == RunState::Staged {
        let (staged, permit) = app.staged(principal, id).await?;
        return Ok((staged.run, permit));
    }
    match app.catalog.authorize(principal, &run.dataset, Purpose::Read, Utc::now()).await {
        Ok(permit) => Ok((run, permit)),
        // Who may not know of the dataset may not know of its runs: the same words as for no run.
        Err(catalog::Error::NotFound { .. }) => Err(Problem::not_found(id)),
        Err(error) => Err(error.into()),
    }
}

/// A run.
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "intake", params(("id" = String, Path)),
    responses((status = 200, body = RunDocument), (status = 404)))]
pub async fn show(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
) -> Answer<Json<RunDocument>> {
    let (run, _) = readable_run(&app, &principal, &id).await?;
    Ok(Json(RunDocument::new(&run, lang)))
}

/// What was found in the file of a run.
#[utoipa::path(get, path = "/v1/runs/{id}/findings", tag = "intake",
    params(("id" = String, Path), PageParams), responses((status = 200, body = Page<FindingDocument>)))]
pub async fn findings(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<PageParams>,
) -> Answer<Json<Page<FindingDocument>>> {
    let (run, permit) = readable_run(&app, &principal, &id).await?;
    // Findings quote cells, and a cell may lie outside the rows that the permit reaches.
    if !permit.rows().is_open() {
        return Err(Problem::new(ProblemKind::NotAllowed));
    }
    let limit = params::limit(asked.limit, 100, 1000)? as u64;
    // Findings are only ever added behind the others: the number of one that was seen stays its number.
    let offset = match paging::after(asked.cursor.as_deref())? {
        None => asked.offset.unwrap_or(0),
        Some(seen) => seen.parse().map_err(|_| paging::unknown())?,
    };
    let (found, total) = app.catalog.findings(&run.id, offset, limit).await?;
    let items: Vec<_> = found.iter().map(|f| FindingDocument::new(f, &run.sheets, lang)).collect();
    let path = format!("/v1/runs/{}/findings", run.id);
    let seen = offset.saturating_add(items.len() as u64);
    let next = (seen < total).then(|| next_page(&links, &path, limit, &seen.to_string()));
    Ok(Json(Page { items, total, next }))
}

/// The file of a run, byte for byte as it was handed in.
#[utoipa::path(get, path = "/v1/runs/{id}/original", tag = "intake", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404)))]
pub async fn original(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    let (run, permit) = readable_run(&app, &principal, &id).await?;
    let hash = run.original.as_ref().ok_or_else(|| Problem::not_found(&format!("{id}/original")))?;
    if !app.intake.may_give(&permit, &run).await? {
        return Err(Problem::message(ProblemKind::NotAllowed, "problem-personal", vec![]));
    }
    let stored = app.lake.original(&permit, hash).await?;
    let file = tokio::fs::File::open(stored.path()).await.map_err(|error| Problem::internal(&error))?;
    let stream = tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024);
    // The stored file lives as long as the answer: on S3 it is a temporary copy.
    let stream = futures::StreamExt::map(stream, move |chunk| {
        let _kept = &stored;
        chunk
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&run.file_name)),
        (header::ETAG, format!("\"{hash}\"")),
    ];
    Ok((headers, Body::from_stream(stream)))
}

/// The file of a run as an Excel workbook in which every refused cell is filled and says why. An
/// Excel workbook comes back with everything that is in it; another table as a workbook with the same
/// cells and a sheet that lists what was found. The comments are in the language of the request.
#[utoipa::path(get, path = "/v1/runs/{id}/marked", tag = "intake", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
        (status = 404), (status = 422)))]
pub async fn marked(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
) -> Answer<impl IntoResponse> {
    let (run, permit) = readable_run(&app, &principal, &id).await?;
    if !permit.rows().is_open() {
        return Err(Problem::new(ProblemKind::NotAllowed));
    }
    if !app.intake.may_give(&permit, &run).await? {
        return Err(Problem::message(ProblemKind::NotAllowed, "problem-personal", vec![]));
    }
    let mapping = app.mapping_of(&permit, &run).await?;
    let made = app.intake.marked(&permit, &run, Some(&mapping), lang).await?;
    let file = tokio::fs::File::open(made.path()).await.map_err(|error| Problem::internal(&error))?;
    let stream = tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024);
    let stream = futures::StreamExt::map(stream, move |chunk| {
        let _kept = &made;
        chunk
    });
    let stem = run.file_name.rsplit_once('.').map_or(run.file_name.as_str(), |(stem, _)| stem);
    let suffix = if lang == model::Lang::En { "marked" } else { "danh-dau" };
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_owned(),
        ),
        (header::CONTENT_DISPOSITION, attachment(&format!("{stem}.{suffix}.xlsx"))),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(stream)))
}

/// A file name for clients that read only ASCII, and as it is for the others (RFC 6266 §5).
fn attachment(name: &str) -> String {
    let plain: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')).collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            whole.push(char::from(byte));
        } else {
            whole.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}
