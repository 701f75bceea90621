//! The past by a header: `Accept-Datetime` (RFC 7089 §2.1.1) says the same as each protocol's own
//! parameter, for clients that cannot change an address.
//!
//! A parameter that is given comes first. What has no past refuses the parameter, rather than answering
//! with the present as if it were the past.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, Response, Uri, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use chrono::{DateTime, SecondsFormat, Utc};
use wording::told;

use super::problem::Problem;

/// The header in which an instant is asked for.
pub const ACCEPT_DATETIME: HeaderName = HeaderName::from_static("accept-datetime");
/// The header that says of which instant an answer is.
const MEMENTO_DATETIME: HeaderName = HeaderName::from_static("memento-datetime");

/// Where data and descriptions have a past, and the parameter by which it is asked for.
const PASTS: [(&str, &str); 8] = [
    ("/v1/datasets", "as_known_at"),
    ("/v1/sql", "as_known_at"),
    ("/ogc/collections/", "as_known_at"),
    ("/stac/", "as_known_at"),
    ("/dcat", "as_known_at"),
    ("/iso/", "as_known_at"),
    ("/feeds/", "as_known_at"),
    ("/sta/v1.1/", "asOf"),
];

/// The instant of the header, for handlers whose protocol takes no parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked(pub(crate) DateTime<Utc>);

/// Takes the instant of the header as the parameter of the address.
pub async fn travel(mut request: Request, next: Next) -> Response<Body> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(asked) = request.headers().get(ACCEPT_DATETIME).filter(|_| is_read).cloned() else {
        return next.run(request).await;
    };
    let path = request.uri().path();
    let is_oai = matches!(path, "/oai" | "/oai/");
    let is_ckan = path.contains("/api/3/action/");
    let past = PASTS.iter().find(|(root, _)| path.starts_with(root)).map(|(_, name)| *name);
    let Some(name) = past.or((is_oai || is_ckan).then_some("as_known_at")) else {
        return next.run(request).await;
    };
    let text = asked.to_str().unwrap_or("");
    let Ok(time) = DateTime::parse_from_rfc2822(text) else {
        let why = told!(
            "serve-not-instant-write-thu-26-nov-2026",
            "`{text}` is not an instant: write `Thu, 26 Nov 2026 17:00:00 GMT` (RFC 7089 §2.1.1)",
            text = text
        );
        return Problem::parameter("Accept-Datetime", why).into_response();
    };
    let time = time.to_utc();
    if is_oai {
        request.extensions_mut().insert(Asked(time));
    } else if is_pinned(request.uri()) {
        return next.run(request).await;
    } else if let Some(uri) = with(request.uri(), name, time) {
        *request.uri_mut() = uri;
    }
    let mut response = next.run(request).await;
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-datetime"));
    if response.status().is_success() {
        let of = time.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(of) = HeaderValue::from_str(&of) {
            response.headers_mut().insert(MEMENTO_DATETIME, of);
        }
    }
    response
}

fn is_pinned(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or("").as_bytes();
    uri.path().contains("/instances/")
        || url::form_urlencoded::parse(query)
            .any(|(name, _)| matches!(name.as_ref(), "version" | "as_known_at" | "asOf"))
}

fn with(uri: &Uri, name: &str, time: DateTime<Utc>) -> Option<Uri> {
    let mut query = uri.query().map_or_else(String::new, |query| format!("{query}&"));
    let value = time.to_rfc3339_opts(SecondsFormat::Secs, true);
    query.push_str(&url::form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish());
    format!("{}?{query}", uri.path()).parse().ok()
}
