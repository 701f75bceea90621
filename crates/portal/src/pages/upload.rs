//! Handing in a file from a form: checked first, committed when the report is right.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use futures::StreamExt;
use futures::stream::BoxStream;
use intake::Load;
use model::{Dataset, DatasetId};
use policy::{Permit, Principal, Purpose};
use serve::App;
use serve::http::{Problem, ProblemKind};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::report::{Report, report, verdict};
use crate::page::{Frame, PageResult, Section, answer};
use crate::visit::Visit;

/// A mapping is a page of text, never more.
const MOST_MAPPING: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "upload.html")]
struct UploadPage {
    p: Frame,
    dataset_title: String,
    dataset_href: String,
    limit: String,
    mapping: String,
    mapping_note: String,
    verdict: Option<String>,
    tone: &'static str,
    report: Report,
    checked_once: bool,
}

/// The form.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> PageResult {
    let (dataset, _) = writable(&app, &visit, &id).await?;
    let w = visit.words;
    let saved = app.catalog.mapping(&dataset.id, None).await?;
    let mut page = empty(&app, &visit, &dataset);
    page.mapping_note = w.t(if saved.is_some() { "upload-mapping-saved" } else { "upload-mapping-none" });
    page.mapping = saved.map(|(_, text)| text).unwrap_or_default();
    answer(&visit, &headers, &page)
}

/// Takes the form in. A check is answered with its report and the form again; a commit leads to the
/// page of its run.
pub async fn hand_in(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    form: Multipart,
) -> PageResult {
    let (dataset, permit) = writable(&app, &visit, &id).await?;
    let given = read_form(&app, form).await?;
    let dry_run = given.dry_run;
    let body = tokio_util::io::ReaderStream::with_capacity(given.file, 256 * 1024).boxed();
    let load = Load { file_name: given.file_name, body, mapping: given.mapping, dry_run, now: visit.now };
    // The load runs on: a browser that goes away does not leave half a run behind.
    let done = app.load(permit, load).await?;
    if !dry_run {
        return Ok(Redirect::to(&visit.link(&format!("/runs/{}", done.run.id))).into_response());
    }
    let w = visit.words;
    let (sentence, tone) = verdict(&w, &done.run);
    let mut page = empty(&app, &visit, &dataset);
    page.verdict = Some(format!("{sentence} {}", w.t("upload-choose-again")));
    page.tone = tone;
    page.report = report(&visit, &done.run, &done.findings, done.findings_total);
    page.mapping = done.mapping;
    page.mapping_note = w.t("upload-mapping-used");
    page.checked_once = true;
    let mut response = answer(&visit, &HeaderMap::new(), &page)?;
    response
        .headers_mut()
        .insert(axum::http::header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

fn empty(app: &App, visit: &Visit, dataset: &Dataset) -> UploadPage {
    let w = visit.words;
    UploadPage {
        p: Frame::new(app, visit, Section::Data, &w.t("upload-title")),
        dataset_title: w.of_text(&dataset.title).to_owned(),
        dataset_href: visit.link(&format!("/data/{}", dataset.id)),
        limit: w.fill("upload-limit", [("size", &w.bytes(app.config.upload_limit))]),
        mapping: String::new(),
        mapping_note: String::new(),
        verdict: None,
        tone: "",
        report: Report { counts: Vec::new(), groups: Vec::new(), shown: 0, total: 0, partial: String::new() },
        checked_once: false,
    }
}

/// The dataset and the permit to write it; whoever is not signed in is asked to.
async fn writable(app: &App, visit: &Visit, id: &str) -> Result<(Dataset, Permit), Problem> {
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
    file_name: String,
    file: tokio::fs::File,
    mapping: Option<String>,
    dry_run: bool,
}

/// Reads the form. Its parts come in any order, so the file waits in the spool until all are read.
async fn read_form(app: &App, mut form: Multipart) -> Result<Given, Problem> {
    let wrong = |error: &dyn std::fmt::Display| Problem::text(ProblemKind::InvalidBody, error);
    let mut file = None;
    let (mut mapping, mut dry_run) = (None, true);
    while let Some(part) = form.next_field().await.map_err(|error| wrong(&error))? {
        match part.name() {
            Some("file") => {
                let name = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
                let name = name.ok_or_else(|| wrong(&"no file was chosen").at("file"))?;
                let stream = part.map(|chunk| chunk.map_err(std::io::Error::other)).boxed();
                file = Some((name, spooled(app, stream).await?));
            }
            Some("mapping") => {
                let text = part.text().await.map_err(|error| wrong(&error))?;
                if text.len() > MOST_MAPPING {
                    return Err(Problem::new(ProblemKind::TooLarge).at("mapping"));
                }
                mapping = Some(text.replace("\r\n", "\n")).filter(|text| !text.trim().is_empty());
            }
            Some("dry_run") => dry_run = part.text().await.map_err(|error| wrong(&error))? != "false",
            _ => {}
        }
    }
    let (file_name, file) = file.ok_or_else(|| wrong(&"no file was chosen").at("file"))?;
    Ok(Given { file_name, file, mapping, dry_run })
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
        let chunk = chunk.map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
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
