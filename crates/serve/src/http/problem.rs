//! Problem documents (RFC 9457): one list of kinds, each with a stable type, a status and words in
//! the reader's language.

use std::borrow::Cow;
use std::collections::HashMap;

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use chrono::TimeDelta;
use fluent_templates::Loader;
use fluent_templates::fluent_bundle::FluentValue;
use model::Lang;
use serde_json::json;
use wording::Told;

use super::language::{self, RequestLang};

/// Every kind of problem that this node answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// A parameter has a value that it cannot have.
    InvalidParameter,
    /// A parameter that the resource does not know.
    UnknownParameter,
    /// A body that cannot be read.
    InvalidBody,
    /// The resource needs an account.
    SignInRequired,
    /// A key or a session that is not valid (any more).
    InvalidCredentials,
    /// The account has no right to this.
    NotAllowed,
    /// The key in use does not reach so far.
    KeyScope,
    /// There is no such thing, or the asker may not know of it.
    NotFound,
    /// A version that has been given up.
    Gone,
    /// A place in the feed of changes from which reading cannot go on.
    CursorGone,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// A thing that the protocol knows and this system cannot keep.
    NotSupported,
    /// None of the formats asked for can be made.
    NotAcceptable,
    /// The thing is there already, or in another state.
    Conflict,
    /// The thing is another than the one that the request was made for.
    Changed,
    /// The request does not speak the version of the protocol that is spoken here.
    ProtocolVersion,
    /// A body of a media type that is not taken here.
    MediaType,
    /// The body or the file is too large.
    TooLarge,
    /// The body comes too slowly.
    TooSlow,
    /// A file that this node cannot read.
    InvalidFile,
    /// A mapping that does not fit the file, or cannot be guessed.
    InvalidMapping,
    /// Observations of which none is right.
    RefusedObservations,
    /// A query that cannot be planned.
    InvalidQuery,
    /// A query that reached a limit of time, memory or rows.
    QueryLimit,
    /// Too many attempts in a short time.
    TooManyRequests,
    /// The asker's share of the node is used up for now.
    BudgetUsed,
    /// Something failed that the asker cannot mend.
    Internal,
    /// Something this node needs is away; the same request may work later.
    Unavailable,
    /// The node's disk has no room for what was sent.
    DiskFull,
    /// A stored file that the answer needs is not as it was written.
    DamagedData,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [ProblemKind; 30] = [
        ProblemKind::InvalidParameter,
        ProblemKind::UnknownParameter,
        ProblemKind::InvalidBody,
        ProblemKind::SignInRequired,
        ProblemKind::InvalidCredentials,
        ProblemKind::NotAllowed,
        ProblemKind::KeyScope,
        ProblemKind::NotFound,
        ProblemKind::Gone,
        ProblemKind::CursorGone,
        ProblemKind::MethodNotAllowed,
        ProblemKind::NotSupported,
        ProblemKind::NotAcceptable,
        ProblemKind::Conflict,
        ProblemKind::Changed,
        ProblemKind::ProtocolVersion,
        ProblemKind::MediaType,
        ProblemKind::TooLarge,
        ProblemKind::TooSlow,
        ProblemKind::InvalidFile,
        ProblemKind::InvalidMapping,
        ProblemKind::RefusedObservations,
        ProblemKind::InvalidQuery,
        ProblemKind::QueryLimit,
        ProblemKind::TooManyRequests,
        ProblemKind::BudgetUsed,
        ProblemKind::Internal,
        ProblemKind::Unavailable,
        ProblemKind::DiskFull,
        ProblemKind::DamagedData,
    ];

    /// The kind's name in its type and in the message files.
    pub fn slug(self) -> &'static str {
        match self {
            ProblemKind::InvalidParameter => "invalid-parameter",
            ProblemKind::UnknownParameter => "unknown-parameter",
            ProblemKind::InvalidBody => "invalid-body",
            ProblemKind::SignInRequired => "sign-in-required",
            ProblemKind::InvalidCredentials => "invalid-credentials",
            ProblemKind::NotAllowed => "not-allowed",
            ProblemKind::KeyScope => "key-scope",
            ProblemKind::NotFound => "not-found",
            ProblemKind::Gone => "gone",
            ProblemKind::CursorGone => "cursor-gone",
            ProblemKind::MethodNotAllowed => "method-not-allowed",
            ProblemKind::NotSupported => "not-supported",
            ProblemKind::NotAcceptable => "not-acceptable",
            ProblemKind::Conflict => "conflict",
            ProblemKind::Changed => "changed",
            ProblemKind::ProtocolVersion => "protocol-version",
            ProblemKind::MediaType => "media-type",
            ProblemKind::TooLarge => "too-large",
            ProblemKind::TooSlow => "too-slow",
            ProblemKind::InvalidFile => "invalid-file",
            ProblemKind::InvalidMapping => "invalid-mapping",
            ProblemKind::RefusedObservations => "refused-observations",
            ProblemKind::InvalidQuery => "invalid-query",
            ProblemKind::QueryLimit => "query-limit",
            ProblemKind::TooManyRequests => "too-many-requests",
            ProblemKind::BudgetUsed => "budget-used",
            ProblemKind::Internal => "internal",
            ProblemKind::Unavailable => "unavailable",
            ProblemKind::DiskFull => "disk-full",
            ProblemKind::DamagedData => "damaged-data",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            ProblemKind::InvalidParameter
            | ProblemKind::UnknownParameter
            | ProblemKind::InvalidBody
            | ProblemKind::InvalidQuery => StatusCode::BAD_REQUEST,
            ProblemKind::SignInRequired | ProblemKind::InvalidCredentials => StatusCode::UNAUTHORIZED,
            ProblemKind::NotAllowed | ProblemKind::KeyScope => StatusCode::FORBIDDEN,
            ProblemKind::NotFound => StatusCode::NOT_FOUND,
            ProblemKind::Gone | ProblemKind::CursorGone => StatusCode::GONE,
            ProblemKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            ProblemKind::NotSupported => StatusCode::NOT_IMPLEMENTED,
            ProblemKind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            ProblemKind::Conflict => StatusCode::CONFLICT,
            ProblemKind::Changed | ProblemKind::ProtocolVersion => StatusCode::PRECONDITION_FAILED,
            ProblemKind::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ProblemKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ProblemKind::TooSlow => StatusCode::REQUEST_TIMEOUT,
            ProblemKind::InvalidFile
            | ProblemKind::InvalidMapping
            | ProblemKind::RefusedObservations
            | ProblemKind::QueryLimit => StatusCode::UNPROCESSABLE_ENTITY,
            ProblemKind::TooManyRequests | ProblemKind::BudgetUsed => StatusCode::TOO_MANY_REQUESTS,
            ProblemKind::Internal | ProblemKind::DamagedData => StatusCode::INTERNAL_SERVER_ERROR,
            ProblemKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ProblemKind::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        }
    }

    /// Whether something failed that the asker cannot help.
    pub fn is_ours(self) -> bool {
        matches!(self, ProblemKind::Internal | ProblemKind::DiskFull | ProblemKind::DamagedData)
    }

    /// The kind's title in a language.
    pub fn title(self, lang: Lang) -> String {
        language::message(lang, &format!("problem-{}", self.slug()))
    }

    /// What it means, in a language.
    pub fn meaning(self, lang: Lang) -> String {
        language::message(lang, &format!("problem-{}-meaning", self.slug()))
    }

    /// What to do about it, in a language.
    pub fn advice(self, lang: Lang) -> String {
        language::message(lang, &format!("problem-{}-advice", self.slug()))
    }
}

/// A problem on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// What exactly is wrong, and where: a sentence for whoever asked.
    pub detail: Option<Detail>,
    /// The parameter, cell or position at fault.
    pub at: Option<String>,
    /// How many seconds to wait before the next attempt.
    pub retry_after: Option<u64>,
    /// The type that a standard prescribes in the place of the kind's own.
    pub prescribed: Option<&'static str>,
    /// What few problems have, apart, so that a result that is none stays small.
    rare: Option<Box<Rare>>,
}

/// What few problems have.
#[derive(Debug, Clone, Default)]
struct Rare {
    /// The message that says what to do, where it is another than the kind's.
    advice: Option<&'static str>,
    /// Members beyond those of every problem (RFC 9457 §3.2).
    more: Vec<(&'static str, serde_json::Value)>,
}

/// The sentence of a problem.
#[derive(Debug, Clone)]
pub enum Detail {
    /// A message of the catalogue and what fills its blanks.
    Message(&'static str, Vec<(&'static str, String)>),
    /// A sentence of a lower layer that names what, where and what to do.
    Told(Told),
}

impl Problem {
    /// A problem that its kind says all about.
    pub fn new(kind: ProblemKind) -> Self {
        Problem { kind, detail: None, at: None, retry_after: None, prescribed: None, rare: None }
    }

    /// A problem with a sentence, which is worded in the language of the answer. Words of a library are
    /// given as [`Told::excerpt`].
    pub fn text(kind: ProblemKind, detail: impl Into<Told>) -> Self {
        Problem { detail: Some(Detail::Told(detail.into())), ..Problem::new(kind) }
    }

    /// A problem with a message of the catalogue.
    pub fn message(kind: ProblemKind, id: &'static str, blanks: Vec<(&'static str, String)>) -> Self {
        Problem { detail: Some(Detail::Message(id, blanks)), ..Problem::new(kind) }
    }

    /// A parameter with a value that it cannot have.
    pub fn parameter(name: &str, why: impl Into<Told>) -> Self {
        Problem::text(ProblemKind::InvalidParameter, why).at(name)
    }

    /// Something that is not there, or that the asker may not know of.
    pub fn not_found(what: &str) -> Self {
        Problem::message(ProblemKind::NotFound, "problem-not-found-detail", vec![("what", what.to_owned())])
    }

    /// Something that failed here: the chain goes to the log, the client gets the kind only. A full disk
    /// and a damaged file in the chain are told.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        super::ours::told(error).unwrap_or_else(|| {
            tracing::error!(error.chain = super::ours::chain(error), "request failed");
            Problem::new(ProblemKind::Internal)
        })
    }

    /// The same problem, naming the parameter, cell or position at fault.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        self.at = Some(place.to_owned());
        self
    }

    /// The same problem under the type that a standard prescribes.
    #[must_use]
    pub fn prescribed(mut self, uri: &'static str) -> Self {
        self.prescribed = Some(uri);
        self
    }

    /// The same problem with another message about what to do.
    #[must_use]
    pub fn advising(mut self, message: &'static str) -> Self {
        self.rare.get_or_insert_default().advice = Some(message);
        self
    }

    /// Adds one more member.
    pub fn add(&mut self, name: &'static str, value: serde_json::Value) {
        self.rare.get_or_insert_default().more.push((name, value));
    }

    /// The same problem with one more member.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.add(name, value);
        self
    }

    /// What to do about it, in a language.
    pub fn advice(&self, lang: Lang) -> String {
        let advice = self.rare.as_ref().and_then(|rare| rare.advice);
        advice.map_or_else(|| self.kind.advice(lang), |message| language::message(lang, message))
    }

    /// The same problem, saying how long to wait before the next attempt.
    #[must_use]
    pub fn retry_after(mut self, wait: TimeDelta) -> Self {
        // Rounded up: whoever waits as long as told is let through.
        let seconds = wait.num_milliseconds().max(0).unsigned_abs().div_ceil(1000);
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// The problem's sentence in a language.
    pub fn sentence(&self, lang: Lang) -> Option<String> {
        self.detail.as_ref().map(|detail| match detail {
            Detail::Told(told) => told.sentence(lang),
            Detail::Message(id, blanks) => {
                let blanks: HashMap<Cow<'static, str>, FluentValue<'_>> = blanks
                    .iter()
                    .map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(value.as_str())))
                    .collect();
                language::MESSAGES.lookup_with_args(&language::identifier(lang), id, &blanks)
            }
        })
    }

    /// The problem as a document.
    pub fn document(&self, lang: Lang, request_id: Option<&str>) -> serde_json::Value {
        let mut document = json!({
            "type": self.prescribed.map_or_else(|| format!("/problems/{}", self.kind.slug()), str::to_owned),
            "title": self.kind.title(lang),
            "status": self.kind.status().as_u16(),
            "advice": self.advice(lang),
        });
        for (name, value) in self.rare.iter().flat_map(|rare| &rare.more) {
            document[*name] = value.clone();
        }
        if let Some(detail) = self.sentence(lang) {
            document["detail"] = detail.into();
        }
        if let Some(at) = &self.at {
            document["at"] = at.clone().into();
        }
        if let Some(id) = request_id {
            document["instance"] = format!("urn:uuid:{id}").into();
        }
        document
    }
}

/// A response that carries the problem; [`render`] writes its body once the language is known.
impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = self.kind.status().into_response();
        if matches!(self.kind, ProblemKind::SignInRequired | ProblemKind::InvalidCredentials) {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"cuulong\""));
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of problems in the language of the request, and turns the framework's own
/// refusals (unknown path, wrong method, body too large) into problems.
pub async fn render(RequestLang(lang): RequestLang, request: Request, next: Next) -> Response<Body> {
    let request_id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let path = request.uri().path().to_owned();
    let response = plain_refusal(next.run(request).await).await;
    let problem = match response.extensions().get::<Problem>() {
        Some(problem) => problem.clone(),
        None if response.headers().contains_key(header::CONTENT_TYPE) => return response,
        None => match response.status() {
            StatusCode::NOT_FOUND => Problem::not_found(&path),
            StatusCode::METHOD_NOT_ALLOWED => Problem::new(ProblemKind::MethodNotAllowed),
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(ProblemKind::TooLarge),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(ProblemKind::MediaType),
            StatusCode::INTERNAL_SERVER_ERROR => Problem::new(ProblemKind::Internal),
            StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => {
                Problem::new(ProblemKind::Unavailable)
            }
            _ => return response,
        },
    };
    let body = problem.document(lang, request_id.as_deref()).to_string();
    let (mut parts, _) = response.into_parts();
    parts.status = problem.kind.status();
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json; charset=utf-8"));
    parts.headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// The longest sentence of the framework.
const MOST_PLAIN: u64 = 4096;

/// What the framework refuses before a handler sees it (a path that is no UTF-8, a part of a form) comes as
/// plain text: it becomes a problem with that text.
async fn plain_refusal(response: Response<Body>) -> Response<Body> {
    let media = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_plain = media.is_some_and(|media| media.starts_with(b"text/plain"));
    let is_short = response.body().size_hint().exact().is_some_and(|size| size <= MOST_PLAIN);
    let kind = match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => ProblemKind::InvalidParameter,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemKind::MediaType,
        _ => return response,
    };
    if !is_plain || !is_short || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let text = to_bytes(response.into_body(), MOST_PLAIN as usize).await.unwrap_or_default();
    Problem::text(kind, Told::excerpt(String::from_utf8_lossy(&text))).into_response()
}
