//! Documents that clients may keep and ask for again: an `ETag` of what is in them, and 304.

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use policy::Principal;
use sha2::{Digest, Sha256};

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
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag));
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

/// The largest answer that is tagged by its bytes.
const SMALL: u64 = 256 * 1024;

/// Tags small answers to GET whose handler knows no better tag by their bytes, so that every document can
/// be asked for again at the cost of a head. Answers that are made while they are sent go out as they are.
pub(crate) async fn small_answers(request: Request, next: Next) -> Response<Body> {
    let known = (request.method() == Method::GET).then(|| {
        let lines = request.headers().get_all(header::IF_NONE_MATCH).iter();
        lines.filter_map(|line| line.to_str().ok().map(str::to_owned)).collect::<Vec<_>>()
    });
    let response = next.run(request).await;
    let Some(known) = known else { return response };
    let size = response.body().size_hint().exact().filter(|size| *size <= SMALL);
    let (Some(_), true) = (size, may_be_tagged(&response)) else { return response };
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, SMALL as usize).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let etag = format!("W/\"{}\"", hex::encode(&super::tagged::undated(&body)[..10]));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        parts.headers.insert(header::ETAG, etag);
    }
    let or = |head: &mut HeaderMap, name, value| {
        if !head.contains_key(&name) {
            head.insert(name, HeaderValue::from_static(value));
        }
    };
    // What one may see another may not: a shared cache keeps none of it.
    or(&mut parts.headers, header::CACHE_CONTROL, "private, no-cache");
    or(&mut parts.headers, header::VARY, "accept, accept-language, authorization, cookie");
    let is_known = known
        .iter()
        .flat_map(|line| line.split(','))
        .any(|tag| matches!(tag.trim(), t if t == etag || t == "*"));
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}

fn may_be_tagged(response: &Response<Body>) -> bool {
    let head = response.headers();
    let is_kept_by_none = head
        .get_all(header::CACHE_CONTROL)
        .iter()
        .any(|line| line.to_str().is_ok_and(|line| line.contains("no-store")));
    response.status() == StatusCode::OK && !head.contains_key(header::ETAG) && !is_kept_by_none
}
