//! Step one: a file is handed in, and kept as a draft.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Multipart, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use futures::StreamExt;
use futures::stream::BoxStream;
use intake::Load;
use model::{Dataset, DatasetId};
use policy::{Permit, Principal, Purpose};
use serde::Deserialize;
use serve::App;
use serve::http::{Problem, ProblemKind};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use wording::Told;

use super::Step;
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::{Visit, address};

/// A mapping is a page of text, never more.
const MOST_MAPPING: usize = 256 * 1024;
/// Drafts that are listed.
const MOST_DRAFTS: u64 = 20;

#[derive(Template)]
#[template(path = "intake_new.html")]
struct NewPage {
    p: Frame,
    dataset_title: String,
    dataset_href: String,
    steps: Vec<Step>,
    limit: String,
    mapping: String,
    mapping_note: String,
    drafts: Vec<(String, String, String)>,
    /// What the island says while it sends; it fills `{done}` and `{total}`.
    sending: String,
    again: String,
}

#[derive(Debug, Deserialize)]
pub struct NewParams {
    #[serde(default)]
    dataset: String,
}

/// The form.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Query(asked): Query<NewParams>,
) -> PageResult {
    if asked.dataset.is_empty() {
        // Which dataset a file belongs to is found in the catalogue.
        return Ok(Redirect::to(&visit.link("/data")).into_response());
    }
    let (dataset, _) = writable(&app, &visit, &asked.dataset).await?;
    let w = visit.words;
    let saved = app.catalog.mapping(&dataset.id, None).await?;
    let drafts = app.catalog.drafts(&dataset.id, MOST_DRAFTS).await?;
    let mut frame = Frame::new(&app, &visit, Section::Data, &w.t("upload-title"));
    frame.island = true;
    let page = NewPage {
        p: frame,
        dataset_title: w.of_text(&dataset.title).to_owned(),
        dataset_href: visit.link(&format!("/data/{}", dataset.id)),
        steps: super::steps(&visit, None, 1, 1),
        limit: w.fill("upload-limit", [("size", &w.bytes(app.config.upload_limit))]),
        mapping_note: w.t(if saved.is_some() { "upload-mapping-saved" } else { "upload-mapping-none" }),
        mapping: saved.map(|(_, text)| text).unwrap_or_default(),
        sending: w.fill("intake-sending", [("done", &"{done}"), ("total", &"{total}")]),
        again: w.fill("intake-sending-again", [("done", &"{done}")]),
        drafts: drafts
            .into_iter()
            .map(|run| {
                let by = run.user.map_or_else(|| w.t("run-system"), |user| user.to_string());
                let since =
                    w.fill("intake-draft-since", [("time", &w.instant(run.started_at)), ("user", &by)]);
                (run.file_name, visit.link(&format!("/intake/{}", run.id)), since)
            })
            .collect(),
    };
    answer(&visit, &headers, &page)
}

/// Keeps the file as a draft and leads to what was read of it.
pub async fn hand_in(
    State(app): State<App>,
    visit: Visit,
    Query(asked): Query<NewParams>,
    form: Multipart,
) -> PageResult {
    let (_, permit) = writable(&app, &visit, &asked.dataset).await?;
    let given = read_form(&app, form).await?;
    let (file_name, file, upload) = match given.file {
        File::Whole(name, file) => (name, file, None),
        File::InPieces(upload) => {
            let (announced, file) = app.whole(&visit.principal, &upload).await?;
            (announced.file_name, file, Some(upload))
        }
    };
    let body = tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024).boxed();
    let load = Load { file_name, body, mapping: given.mapping, dry_run: false, now: visit.now };
    let staged = app.stage(permit, load).await?;
    if let Some(upload) = upload {
        app.drop_upload(&visit.principal, &upload).await?;
    }
    Ok(Redirect::to(&super::step_link(&visit, &staged.run.id, 2)).into_response())
}

/// The address of the form under which it was before.
pub async fn moved(visit: Visit, axum::extract::Path(id): axum::extract::Path<String>) -> PageResult {
    let to = address(&visit.link("/intake/new"), &[("dataset", &id)]);
    Ok(Redirect::permanent(&to).into_response())
}

/// The dataset and the permit to write it; whoever is not signed in is asked to.
pub(super) async fn writable(app: &App, visit: &Visit, id: &str) -> Result<(Dataset, Permit), Problem> {
    let id = DatasetId::new(id).map_err(|_| Problem::not_found(id))?;
    let permit =
        app.catalog.authorize(&visit.principal, &id, Purpose::Write, visit.now).await.map_err(|error| {
            let problem = Problem::from(error);
            let may_sign_in = visit.principal == Principal::Public && problem.kind == ProblemKind::NotAllowed;
            if may_sign_in { Problem::new(ProblemKind::SignInRequired) } else { problem }
        })?;
    let dataset = app.catalog.dataset(&id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
    Ok((dataset, permit))
}

struct Given {
    file: File,
    mapping: Option<String>,
}

/// A file in the form, or the upload that brought it in pieces before.
enum File {
    Whole(String, tokio::fs::File),
    InPieces(String),
}

/// Reads the form. Its parts come in any order, so the file waits in the spool until all are read.
async fn read_form(app: &App, mut form: Multipart) -> Result<Given, Problem> {
    let wrong = |error: &dyn std::fmt::Display| Problem::text(ProblemKind::InvalidBody, Told::excerpt(error));
    let (mut file, mut upload, mut mapping) = (None, None, None);
    while let Some(part) = form.next_field().await.map_err(|error| wrong(&error))? {
        match part.name() {
            Some("file") => {
                // A browser sends a nameless part for a field in which no file was chosen.
                let Some(name) = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned) else {
                    continue;
                };
                let stream = part.map(|chunk| chunk.map_err(std::io::Error::other)).boxed();
                file = Some(File::Whole(name, spooled(app, stream).await?));
            }
            Some("upload") => {
                let id = part.text().await.map_err(|error| wrong(&error))?;
                upload = Some(id).filter(|id| !id.is_empty()).map(File::InPieces);
            }
            Some("mapping") => {
                let text = part.text().await.map_err(|error| wrong(&error))?;
                if text.len() > MOST_MAPPING {
                    return Err(Problem::new(ProblemKind::TooLarge).at("mapping"));
                }
                mapping = Some(text.replace("\r\n", "\n")).filter(|text| !text.trim().is_empty());
            }
            _ => {}
        }
    }
    let none = || Problem::message(ProblemKind::InvalidBody, "problem-no-file", vec![]).at("file");
    Ok(Given { file: upload.or(file).ok_or_else(none)?, mapping })
}

/// Writes a part to a nameless file of the spool, which is gone when it is closed.
async fn spooled(
    app: &App,
    mut stream: BoxStream<'_, std::io::Result<Bytes>>,
) -> Result<tokio::fs::File, Problem> {
    let file = tempfile::tempfile_in(&app.config.spool).map_err(|error| Problem::internal(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    let mut size = 0_u64;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Problem::text(ProblemKind::InvalidBody, Told::excerpt(error)))?;
        size += chunk.len() as u64;
        if size > app.config.upload_limit {
            return Err(Problem::new(ProblemKind::TooLarge).at("file"));
        }
        file.write_all(&chunk).await.map_err(|error| Problem::internal(&error))?;
    }
    file.flush().await.map_err(|error| Problem::internal(&error))?;
    file.seek(std::io::SeekFrom::Start(0)).await.map_err(|error| Problem::internal(&error))?;
    Ok(file)
}
