//! Handing in a file.

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use intake::{DraftCorrection, Load, Report, Staged};
use model::Finding;
use policy::{Principal, Purpose};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use utoipa::{IntoParams, ToSchema};
use wording::{Told, told};

use super::amendments::{AffectedDocument, affected_by};
use super::datasets::dataset_id;
use super::documents::{FindingDocument, RunDocument};
use crate::App;
use crate::http::{Answer, Caller, Params, Problem, ProblemKind, RequestLang};

/// How to take the file in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UploadParams {
    /// The file's name; its ending helps to tell the format.
    file_name: Option<String>,
    /// Report only: nothing is committed.
    #[serde(default)]
    dry_run: bool,
    /// The mapping as TOML; absent, the dataset's own, or one guessed from the file.
    mapping: Option<String>,
    /// The id of an upload whose pieces are all here (`/v1/uploads`), instead of a body.
    upload: Option<String>,
    /// Keep the file as a draft and report: it is committed by `/v1/runs/{id}/commit`.
    #[serde(default)]
    stage: bool,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportDocument {
    /// The run.
    pub run: RunDocument,
    /// The mapping that was used, as TOML.
    pub mapping: String,
    /// Whether the mapping was guessed from the file.
    pub mapping_guessed: bool,
    /// The first findings; all are at `/v1/runs/{id}/findings`.
    pub findings: Vec<FindingDocument>,
    /// How many findings there are.
    pub findings_total: u64,
    /// For a draft: why it cannot be committed as it is, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// For a draft: when it is thrown away unless it is looked at again or committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Of a dry run, the first values that would be corrected; the totals count them all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<CorrectionDocument>,
    /// Products that read what was corrected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<AffectedDocument>,
    /// How the file differs from the one before it, and what was done about it.
    pub drift: Vec<String>,
}

/// A value that would take the place of another.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionDocument {
    /// The sheet's name; empty for a file without sheets.
    pub sheet: String,
    /// The cell of the new value.
    pub cell: String,
    /// The place.
    pub place: String,
    /// The property.
    pub property: String,
    /// The unit, UCUM.
    pub unit: String,
    /// The instant, or the beginning of the period.
    pub phenomenon_time: chrono::DateTime<Utc>,
    /// What is there.
    pub before: String,
    /// What would take its place.
    pub after: String,
    /// The run that brought what is there.
    pub run: String,
}

impl CorrectionDocument {
    fn new(correction: &DraftCorrection, sheets: &[String]) -> Self {
        let DraftCorrection { place, property, unit, time, before, after, run, sheet, cell } =
            correction.clone();
        CorrectionDocument {
            sheet: sheets.get(usize::from(sheet)).cloned().unwrap_or_default(),
            cell,
            place,
            property,
            unit,
            phenomenon_time: time,
            before,
            after,
            run,
        }
    }
}

impl ReportDocument {
    /// The document of a report in a language.
    pub fn new(report: &Report, lang: model::Lang) -> Self {
        ReportDocument {
            run: RunDocument::new(&report.run, lang),
            mapping: report.mapping.shown(lang),
            mapping_guessed: report.mapping_guessed,
            findings: report
                .findings
                .iter()
                .map(|finding| FindingDocument::new(finding, &report.run.sheets, lang))
                .collect(),
            findings_total: report.findings_total,
            problem: None,
            expires_at: None,
            corrections: report
                .corrections
                .iter()
                .map(|correction| CorrectionDocument::new(&correction.into(), &report.run.sheets))
                .collect(),
            affected: Vec::new(),
            drift: report.drift().map(|finding| intake::finding_message(finding, lang)).collect(),
        }
    }

    /// The document of a draft with its first findings, in a language.
    pub fn of_draft(staged: &Staged, findings: &[Finding], lang: model::Lang) -> Self {
        let (run, review) = (&staged.run, &staged.review);
        let problem = review.problem.as_ref().map(|problem| {
            let sentences = [problem.what(), problem.hint()].map(|told| told.sentence(lang));
            sentences.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
        });
        ReportDocument {
            run: RunDocument::new(run, lang),
            mapping: review.mapping_in(lang),
            mapping_guessed: review.guessed,
            findings: findings.iter().map(|f| FindingDocument::new(f, &run.sheets, lang)).collect(),
            findings_total: review.findings,
            problem,
            expires_at: Some(model::kept_instant(staged.expires_at)),
            corrections: review
                .corrections
                .iter()
                .map(|correction| CorrectionDocument::new(correction, &run.sheets))
                .collect(),
            affected: Vec::new(),
            drift: findings
                .iter()
                .filter(|finding| finding.code.starts_with("drift_"))
                .map(|finding| intake::finding_message(finding, lang))
                .collect(),
        }
    }
}

/// Hands in a file: the body is the file itself, or a multipart form with a part `file` (and
/// perhaps parts `mapping` and `dry_run`). Good rows go in; every refused row is in the report.
#[utoipa::path(post, path = "/v1/datasets/{id}/uploads", tag = "intake",
    params(("id" = String, Path), UploadParams),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), security(("key" = [])),
    responses((status = 201, body = ReportDocument), (status = 200, body = ReportDocument), (status = 422)))]
pub async fn upload(
    State(app): State<App>,
    Caller(principal): Caller,
    RequestLang(lang): RequestLang,
    Path(id): Path<String>,
    Params(asked): Params<UploadParams>,
    request: Request,
) -> Answer<impl IntoResponse> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Write, Utc::now()).await?;
    let (upload, stage) = (asked.upload.clone(), asked.stage);
    let HandedIn { file_name, body, mapping, dry_run } = match &upload {
        Some(upload) => pieced(&app, &principal, asked, upload).await?,
        None => handed_in(&app, asked, request).await?,
    };
    let load = Load { file_name, body, mapping, dry_run, now: Utc::now() };
    let (status, document) = if stage {
        let staged = app.stage(permit, load).await?;
        let (findings, _) = app.catalog.findings(&staged.run.id, 0, REPORTED).await?;
        (StatusCode::CREATED, ReportDocument::of_draft(&staged, &findings, lang))
    } else {
        let report = app.load(permit, load).await?;
        let status = if report.run.version.is_some() { StatusCode::CREATED } else { StatusCode::OK };
        let mut document = ReportDocument::new(&report, lang);
        if let Some(version) = report.run.version
            && report.run.totals.corrected > 0
        {
            document.affected = affected_by(&app, &principal, &id, version).await?;
        }
        (status, document)
    };
    // The pieces of a dry run may be asked for again under another mapping.
    if let Some(upload) = upload.filter(|_| stage || !dry_run) {
        app.drop_upload(&principal, &upload).await?;
    }
    Ok((status, Json(document)))
}

/// Findings that a report carries; the rest are at the run.
const REPORTED: u64 = 1000;

/// A file whose pieces came before.
async fn pieced(app: &App, principal: &Principal, asked: UploadParams, upload: &str) -> Answer<HandedIn> {
    let (announced, file) = app.whole(principal, upload).await?;
    let body = tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024).boxed();
    let file_name = asked.file_name.unwrap_or(announced.file_name);
    Ok(HandedIn { file_name, body, mapping: asked.mapping, dry_run: asked.dry_run })
}

/// A file and how to take it in.
pub struct HandedIn {
    file_name: String,
    body: BoxStream<'static, std::io::Result<Bytes>>,
    mapping: Option<String>,
    dry_run: bool,
}

async fn handed_in(app: &App, asked: UploadParams, request: Request) -> Answer<HandedIn> {
    let is_form = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    if is_form {
        return form(app, asked, request).await;
    }
    let body = request.into_body().into_data_stream().map_err(std::io::Error::other).boxed();
    Ok(HandedIn {
        file_name: asked.file_name.unwrap_or_else(|| "upload".to_owned()),
        body,
        mapping: asked.mapping,
        dry_run: asked.dry_run,
    })
}

/// Reads a form. Its parts come in any order, so the file waits in the spool until all are read.
async fn form(app: &App, asked: UploadParams, request: Request) -> Answer<HandedIn> {
    let (parts, body) = request.into_parts();
    let mut request = Request::from_parts(parts, Body::new(body));
    // The whole form, with what stands around the file; the file's own limit comes first.
    let most = app.config.upload_limit.saturating_add(FORM_BYTES);
    DefaultBodyLimit::max(usize::try_from(most).unwrap_or(usize::MAX)).apply(&mut request);
    let mut form = Multipart::from_request(request, app)
        .await
        .map_err(|error| Problem::text(ProblemKind::InvalidBody, Told::excerpt(error)))?;
    let mut handed_in: Option<(String, tokio::fs::File)> = None;
    let (mut mapping, mut dry_run) = (asked.mapping, asked.dry_run);
    while let Some(mut part) = form.next_field().await.map_err(broken_form)? {
        match part.name() {
            Some("file") if handed_in.is_some() => {
                let twice = told!(
                    "serve-form-two-parts-file-hand-one-file",
                    "the form has two parts `file`; hand in one file at a time"
                );
                return Err(Problem::text(ProblemKind::InvalidBody, twice).at("file"));
            }
            Some("file") => {
                let name = part.file_name().unwrap_or("upload").to_owned();
                handed_in = Some((name, spooled(app, &mut part).await?));
            }
            Some("mapping") => {
                mapping = Some(text(&mut part, "mapping").await?).filter(|text| !text.trim().is_empty());
            }
            Some("dry_run") => {
                dry_run = matches!(text(&mut part, "dry_run").await?.as_str(), "true" | "on" | "1");
            }
            _ => {}
        }
    }
    let (name, file) = handed_in.ok_or_else(|| {
        Problem::text(
            ProblemKind::InvalidBody,
            told!("serve-form-no-part-file", "the form has no part `file`"),
        )
        .at("file")
    })?;
    let body = tokio_util::io::ReaderStream::with_capacity(file, 256 * 1024).boxed();
    Ok(HandedIn { file_name: asked.file_name.unwrap_or(name), body, mapping, dry_run })
}

/// What a form may hold beside its file.
const FORM_BYTES: u64 = 2 << 20;
/// A mapping is a page of text, never more.
const TEXT_BYTES: usize = 256 * 1024;

fn broken_form(error: MultipartError) -> Problem {
    let kind = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::TooLarge,
        _ => ProblemKind::InvalidBody,
    };
    Problem::text(kind, error.body_text())
}

/// Writes a part to a nameless file of the spool, which is gone when it is closed.
async fn spooled(app: &App, part: &mut Field<'_>) -> Answer<tokio::fs::File> {
    let file = tempfile::tempfile_in(&app.config.spool).map_err(|error| Problem::internal(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    let (mut size, limit) = (0_u64, app.config.upload_limit);
    while let Some(chunk) = part.chunk().await.map_err(broken_form)? {
        size += chunk.len() as u64;
        if size > limit {
            let larger =
                told!("serve-file-larger-than-bytes", "the file is larger than {limit} bytes", limit = limit);
            return Err(Problem::text(ProblemKind::TooLarge, larger).at("file"));
        }
        file.write_all(&chunk).await.map_err(|error| Problem::internal(&error))?;
    }
    file.flush().await.map_err(|error| Problem::internal(&error))?;
    file.seek(std::io::SeekFrom::Start(0)).await.map_err(|error| Problem::internal(&error))?;
    Ok(file)
}

/// Reads a part that is a short text.
async fn text(part: &mut Field<'_>, name: &str) -> Answer<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken_form)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > TEXT_BYTES {
            let larger = told!(
                "serve-part-larger-than-bytes",
                "the part is larger than {text_bytes} bytes",
                text_bytes = TEXT_BYTES
            );
            return Err(Problem::text(ProblemKind::TooLarge, larger).at(name));
        }
    }
    String::from_utf8(bytes).map_err(|error| Problem::text(ProblemKind::InvalidBody, error).at(name))
}

/// The report as a JSON document, for whoever hands files in without HTTP.
pub fn report_document(report: &Report, lang: model::Lang) -> serde_json::Value {
    serde_json::to_value(ReportDocument::new(report, lang)).expect("a report is plain data")
}
