//! Documents that clients may keep and ask for again: an `ETag` of what is in them, and 304.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use policy::Principal;
use sha2::{Digest, Sha256};

use super::tagged::is_known;

/// Answers with a document, or with 304 when the client has the same. What it says depends on who
/// asks, in which format and in which language.
pub fn document(
    headers: &HeaderMap,
    principal: &Principal,
    media_type: &'static str,
    body: impl Into<Vec<u8>>,
) -> Response<Body> {
    let body = body.into();
    let etag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&body)[..10]));
    let known = is_known(headers, &etag);
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(body).into_response() };
    let head = response.headers_mut();
    head.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        head.insert(header::ETAG, etag);
    }
    let cache = if *principal == Principal::Public { "public, no-cache" } else { "private, no-cache" };
    head.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    head.insert(header::VARY, HeaderValue::from_static("accept, accept-language, authorization, cookie"));
    response
}
