//! Handing in a large file over a connection that breaks off: the tus protocol, version 1.0.0
//! (<https://tus.io/protocols/resumable-upload>), core with creation, expiration and termination.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wording::told;

use crate::App;
use crate::http::{Answer, Caller, Problem, ProblemKind};
use crate::pieces::Upload;

/// The version of the protocol.
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,expiration,termination";
/// What a piece is sent as.
const PIECE: &str = "application/offset+octet-stream";

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

/// Headers that a page of another site may send.
pub(crate) const SENT: [HeaderName; 5] = [RESUMABLE, LENGTH, OFFSET, METADATA, OVERRIDE];
/// Headers that it may read.
pub(crate) const READ: [HeaderName; 5] = [RESUMABLE, LENGTH, OFFSET, EXPIRES, header::LOCATION];

/// Begins an upload (tus creation). `Upload-Metadata` may name the file (`filename`) and its hash
/// (`sha256`, in hexadecimal); the answer's `Location` is where its pieces go.
#[utoipa::path(post, path = "/v1/uploads", tag = "intake", security(("key" = [])),
    params(("Upload-Length" = u64, Header), ("Upload-Metadata" = Option<String>, Header), ("Tus-Resumable" = String, Header)),
    responses((status = 201), (status = 412), (status = 413), (status = 429)))]
pub async fn create(
    State(app): State<App>,
    Caller(principal): Caller,
    headers: HeaderMap,
) -> Answer<Response> {
    let length = number(&headers, &LENGTH)?;
    let metadata = metadata(&headers)?;
    let said = |name: &str| metadata.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let file_name = said("filename").or_else(|| said("name")).unwrap_or_else(|| "upload".to_owned());
    let sha256 = said("sha256").filter(|hash| !hash.is_empty());
    let id = app.announce(&principal, &file_name, length, sha256).await?;
    let upload = app.upload(&principal, &id).await?;
    let place =
        HeaderValue::from_str(&format!("/v1/uploads/{id}")).map_err(|error| Problem::internal(&error))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], expiry(&upload)).into_response())
}

/// How many bytes of an upload are here (tus core): the next piece begins with that one.
#[utoipa::path(head, path = "/v1/uploads/{id}", tag = "intake", security(("key" = [])),
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)), responses((status = 200), (status = 404)))]
pub async fn state(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<Response> {
    let upload = app.upload(&principal, &id).await?;
    let mut head = HeaderMap::new();
    head.insert(OFFSET, HeaderValue::from(upload.offset));
    head.insert(LENGTH, HeaderValue::from(upload.announced.length));
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((head, expiry(&upload)).into_response())
}

/// Adds a piece to an upload (tus core). What came before a connection broke off is kept.
#[utoipa::path(patch, path = "/v1/uploads/{id}", tag = "intake", security(("key" = [])),
    params(("id" = String, Path), ("Upload-Offset" = u64, Header), ("Tus-Resumable" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204), (status = 404), (status = 409), (status = 412), (status = 413), (status = 415)))]
pub async fn add(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
    request: Request,
) -> Answer<Response> {
    app.upload(&principal, &id).await?;
    let (parts, body) = request.into_parts();
    let sent_as = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if sent_as != Some(PIECE) {
        let blanks = vec![("type", PIECE.to_owned())];
        return Err(Problem::message(ProblemKind::MediaType, "problem-tus-piece", blanks).at("Content-Type"));
    }
    let offset = number(&parts.headers, &OFFSET)?;
    let upload = app.append(&principal, &id, offset, body).await?;
    let there = [(OFFSET, HeaderValue::from(upload.offset))];
    Ok((StatusCode::NO_CONTENT, there, expiry(&upload)).into_response())
}

/// Throws an upload away (tus termination).
#[utoipa::path(delete, path = "/v1/uploads/{id}", tag = "intake", security(("key" = [])),
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)), responses((status = 204), (status = 404)))]
pub async fn end(
    State(app): State<App>,
    Caller(principal): Caller,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    app.drop_upload(&principal, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The same as PATCH or DELETE, for clients that may send only POST: `X-HTTP-Method-Override` names it.
#[utoipa::path(post, path = "/v1/uploads/{id}", tag = "intake", security(("key" = [])),
    params(("id" = String, Path), ("X-HTTP-Method-Override" = String, Header), ("Tus-Resumable" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204), (status = 404), (status = 405), (status = 409)))]
pub async fn instead(
    app: State<App>,
    caller: Caller,
    id: Path<String>,
    request: Request,
) -> Answer<Response> {
    match request.headers().get(OVERRIDE).map(HeaderValue::as_bytes) {
        Some(b"PATCH") => add(app, caller, id, request).await,
        Some(b"DELETE") => Ok(end(app, caller, id).await?.into_response()),
        _ => Err(Problem::new(ProblemKind::MethodNotAllowed)),
    }
}

/// What the protocol asks of every request and answer: a version that both speak. OPTIONS says what
/// is spoken here.
pub(crate) async fn protocol(State(app): State<App>, request: Request, next: Next) -> Response {
    let asks = request.method() == Method::OPTIONS;
    let methods = [Method::OPTIONS, Method::HEAD, Method::POST, Method::PATCH, Method::DELETE];
    let here = request.uri().path().starts_with("/v1/uploads") && methods.contains(request.method());
    if !here {
        return next.run(request).await;
    }
    let spoken = request.headers().get(RESUMABLE).map(|version| version == VERSION);
    let mut response = if asks || spoken == Some(true) {
        next.run(request).await
    } else {
        let blanks = vec![("version", VERSION.to_owned())];
        let problem = Problem::message(ProblemKind::ProtocolVersion, "problem-tus-version", blanks);
        problem.at("Tus-Resumable").into_response()
    };
    let head = response.headers_mut();
    head.insert(RESUMABLE, HeaderValue::from_static(VERSION));
    head.insert(HeaderName::from_static("tus-version"), HeaderValue::from_static(VERSION));
    if asks {
        head.insert(HeaderName::from_static("tus-extension"), HeaderValue::from_static(EXTENSIONS));
        let most = HeaderValue::from(app.config.upload_limit);
        head.insert(HeaderName::from_static("tus-max-size"), most);
    }
    response
}

fn expiry(upload: &Upload) -> [(HeaderName, String); 1] {
    [(EXPIRES, upload.expires_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string())]
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Answer<u64> {
    let written = headers.get(name).and_then(|value| value.to_str().ok());
    let digits = written.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Problem::parameter(
            name.as_str(),
            told!(
                "serve-header-says-how-many-bytes-whole-number",
                "the header `{name}` says how many bytes, as a whole number",
                name = name
            ),
        )
    })
}

/// `filename d29ybGQ=,sha256 …`: keys with their values in base64.
fn metadata(headers: &HeaderMap) -> Answer<Vec<(String, String)>> {
    let Some(line) = headers.get(METADATA) else { return Ok(Vec::new()) };
    let wrong = || {
        Problem::parameter(
            METADATA.as_str(),
            told!(
                "serve-write-pairs-name-value-base64-commas-between",
                "write pairs of a name and its value in base64, with commas between the pairs"
            ),
        )
    };
    let line = line.to_str().map_err(|_| wrong())?;
    line.split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once(' ').unwrap_or((pair, ""));
            let bytes = STANDARD.decode(value.trim()).map_err(|_| wrong())?;
            Ok((name.to_owned(), String::from_utf8(bytes).map_err(|_| wrong())?))
        })
        .collect()
}
