//! In which encoding an answer goes out: a client that accepts any is sent the one that every client knows,
//! and what is packed has a tag of its own kind.

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// What is packed on its way has other bytes than what is not: its tag says of both that they mean the same,
/// and not that they are the same (RFC 9110 §8.8.1), so that no client puts parts of the two together.
///
/// Reads `Accept-Encoding: *` as `gzip` (RFC 9110 §12.5.3 leaves the choice to the server): programs that
/// send it often know no other.
pub(crate) async fn encoded(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if headers.get(header::ACCEPT_ENCODING).is_some_and(|value| value.as_bytes() == b"*") {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(wanted) = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok())
        && let Some(others) = without_refusals(wanted)
    {
        match HeaderValue::from_str(&others) {
            Ok(others) if !others.is_empty() => headers.insert(header::ACCEPT_ENCODING, others),
            _ => headers.remove(header::ACCEPT_ENCODING),
        };
    }
    let mut response = next.run(request).await;
    if response.headers().contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = response.headers().get(header::ETAG)
        && tag.as_bytes().starts_with(b"\"")
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}

/// What a client takes that refuses answers as they are: small ones and files go out so all the same, and an answer is
/// of more use to it than a refusal (RFC 9110 §12.5.3 leaves the choice to the server).
fn without_refusals(wanted: &str) -> Option<String> {
    let entries: Vec<(&str, bool)> = wanted
        .split(',')
        .map(|entry| {
            let (coding, weight) = entry.split_once(';').unwrap_or((entry, ""));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
            (coding.trim(), weight == Some(0.0))
        })
        .collect();
    let refuses =
        |name: &str| entries.iter().any(|(coding, refused)| *refused && coding.eq_ignore_ascii_case(name));
    if !refuses("identity") && !refuses("*") {
        return None;
    }
    let taken = entries.iter().filter(|(_, refused)| !refused).map(|(coding, _)| *coding);
    Some(taken.collect::<Vec<_>>().join(", "))
}
