//! Documents with an `ETag`, and requests that already have them (RFC 9110 §13).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Whether a client has what a tag names already: tags are compared weakly (RFC 9110 §13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (known, tag) = (headers.get_all(header::IF_NONE_MATCH).iter(), bare(tag));
    let known = known.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    known.map(bare).any(|known| known == "*" || known == tag)
}

/// A document whose tag is a digest of its bytes: the same answer has the same tag on every node and
/// at any time, and another answer, for whatever reason, has another.
pub fn tagged(headers: &HeaderMap, media_type: &'static str, body: Vec<u8>) -> Response {
    let digest = Sha256::digest(&body);
    with_tag(headers, media_type, format!("\"{}\"", hex::encode(&digest[..12])), body)
}

/// A document that tells an instant at which it was made, which its tag leaves out.
pub(crate) fn tagged_but_for(
    headers: &HeaderMap,
    media_type: &'static str,
    body: Vec<u8>,
    instant: &str,
) -> Response {
    let mut digest = Sha256::new();
    let mut rest = 0;
    for at in memchr::memmem::find_iter(&body, instant) {
        digest.update(&body[rest..at]);
        rest = at + instant.len();
    }
    digest.update(&body[rest..]);
    with_tag(headers, media_type, format!("W/\"{}\"", hex::encode(&digest.finalize()[..12])), body)
}

fn with_tag(headers: &HeaderMap, media_type: &'static str, tag: String, body: Vec<u8>) -> Response {
    let is_known = is_known(headers, &tag);
    let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
    // What one may see another may not: a shared cache asks again.
    let cache = HeaderValue::from_static("private, no-cache");
    let vary = HeaderValue::from_static("authorization, cookie, accept-language");
    let common = [(header::ETAG, tag), (header::CACHE_CONTROL, cache), (header::VARY, vary)];
    if is_known {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, media_type)], body).into_response()
}

/// `timeStamp` of a page of features (OGC 17-069r4 §7.16.4).
const MADE_AT: &[u8] = b"\"timeStamp\":\"";

/// The digest of a document but for the instant at which it was made: what differs in that alone means the
/// same, which is what a weak tag says (RFC 9110 §8.8.1).
pub(crate) fn undated(body: &[u8]) -> [u8; 32] {
    let begin = memchr::memmem::find(body, MADE_AT).map(|at| at + MADE_AT.len());
    let skipped = begin.and_then(|begin| {
        let length = body[begin..].iter().position(|byte| *byte == b'"')?;
        Some((begin, begin + length))
    });
    let (before, after) = skipped.map_or((body, &[][..]), |(begin, end)| (&body[..begin], &body[end..]));
    Sha256::new().chain_update(before).chain_update(after).finalize().into()
}
