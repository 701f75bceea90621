//! How long an answer may be kept, and by whom: what is asked of a version never changes and is kept
//! for a day, everything else is asked for again and answered with 304 when it is the same.
//!
//! What one may see another may not. Only what the public is told is kept by caches that several
//! share; every answer says that it depends on who asks (RFC 9111 §4.1).

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use chrono::{DateTime, TimeDelta, Utc};
use policy::Principal;
use sha2::{Digest, Sha256};

use super::memento::Asked;
use super::principal::Caller;

/// For so long after an instant something may still be committed as of it: clocks of nodes differ.
const UNSURE: TimeDelta = TimeDelta::minutes(1);
/// Answers of at most so many bytes get a tag of what is in them.
const MOST_TAGGED: u64 = 4 << 20;
/// What an answer depends on besides its address.
const DEPENDS_ON: [HeaderName; 4] =
    [header::AUTHORIZATION, header::COOKIE, header::ACCEPT, header::ACCEPT_LANGUAGE];
/// Whoever loses the right to read has what he read for so long at most, in seconds: a day.
const KEPT: &str = "max-age=86400, immutable";

/// Says of answers how they may be kept, where their makers do not.
pub async fn keep(request: Request, next: Next) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let by_header = request.extensions().get::<Asked>().map(|asked| asked.0);
    let now = Utc::now();
    let is_pinned = is_pinned(request.uri(), now) || by_header.is_some_and(|time| time < now - UNSURE);
    let is_public = request.extensions().get::<Caller>().is_some_and(|caller| caller.0 == Principal::Public);
    let known: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let response = next.run(request).await;
    if !is_kept(&response) {
        return response;
    }
    let is_whole = response.status() == StatusCode::OK;
    let is_said = response.headers().contains_key(header::CACHE_CONTROL);
    let mut response = if is_whole { tagged(response, &known).await } else { response };
    let head = response.headers_mut();
    let whose = if is_public { "public" } else { "private" };
    let cache = match (is_pinned, is_said) {
        (true, _) => Some(format!("{whose}, {KEPT}")),
        (false, false) => Some("private, no-cache".to_owned()),
        (false, true) => None,
    };
    if let Some(cache) = cache.and_then(|cache| HeaderValue::from_str(&cache).ok()) {
        head.insert(header::CACHE_CONTROL, cache);
    }
    depend(head);
    response
}

/// Whether it may be kept at all, and its maker has not said how for ever.
fn is_kept(response: &Response<Body>) -> bool {
    let said = response.headers().get(header::CACHE_CONTROL).and_then(|said| said.to_str().ok());
    let is_said = said.is_some_and(|said| said.contains("no-store") || said.contains("immutable"));
    let is_answer = matches!(
        response.status(),
        StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    );
    is_answer && !is_said
}

/// Gives an answer whose bytes are there a tag: the version that it is of, when it says one, and a
/// digest, so that the same answer has the same tag on every node, and another one, for whatever
/// reason, another. Whoever has it is told so.
async fn tagged(response: Response<Body>, known: &[HeaderValue]) -> Response<Body> {
    let is_small = response.body().size_hint().exact().is_some_and(|bytes| bytes <= MOST_TAGGED);
    if !is_small || response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::try_from(MOST_TAGGED).unwrap_or(usize::MAX)).await
    else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut digest = super::tagged::undated(&bytes);
    if let Some(versions) = parts.headers.get("cuulong-versions") {
        digest = Sha256::new().chain_update(digest).chain_update(versions).finalize().into();
    }
    let digest = hex::encode(&digest[..12]);
    let version = parts.headers.get("cuulong-version").and_then(|version| version.to_str().ok());
    let bare = match version {
        Some(version) => format!("\"v{version}-{digest}\""),
        None => format!("\"{digest}\""),
    };
    let lines = known.iter().filter_map(|line| line.to_str().ok());
    let is_known = lines.flat_map(|line| line.split(',')).any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.trim_start_matches("W/") == bare
    });
    let mut response = Response::from_parts(parts, Body::from(bytes));
    // Weak: what is packed on its way out has other bytes.
    if let Ok(tag) = HeaderValue::from_str(&format!("W/{bare}")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    if is_known {
        let (mut parts, _) = response.into_parts();
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    response
}

/// Adds to `Vary` what is missing there.
fn depend(head: &mut HeaderMap) {
    let lines = head.get_all(header::VARY).iter().filter_map(|line| line.to_str().ok());
    let mut words: Vec<String> =
        lines.flat_map(|line| line.split(',')).map(|word| word.trim().to_ascii_lowercase()).collect();
    if words.iter().any(|word| word == "*") {
        return;
    }
    for name in DEPENDS_ON {
        if !words.iter().any(|word| word == name.as_str()) {
            words.push(name.to_string());
        }
    }
    if let Ok(line) = HeaderValue::from_str(&words.join(", ")) {
        head.insert(header::VARY, line);
    }
}

/// Where a version or an instant names what is told of data and of datasets.
const ROOTS: [&str; 6] = ["/ogc/collections/", "/sta/v1.1/", "/stac/", "/dcat", "/iso/", "/feeds/"];

/// Whether an address names what it is of so that the answer never changes: a version, an instance, or
/// an instant that is over.
///
/// Statements may ask for the time of day, and traces and descriptions tell what is known by now.
fn is_pinned(uri: &Uri, now: DateTime<Utc>) -> bool {
    let path = uri.path();
    if path.strip_prefix("/oai/as-known-at/").is_some_and(|time| is_over(time, now)) {
        return true;
    }
    let is_data = path.starts_with("/v1/datasets") && !path.contains("/versions/")
        || ROOTS.iter().any(|root| path.starts_with(root))
        || path.contains("/api/3/action/") && !path.ends_with("/datastore_search_sql");
    if !is_data {
        return false;
    }
    if path.split('/').skip_while(|part| *part != "instances").nth(1).is_some_and(is_number) {
        return true;
    }
    let query = uri.query().unwrap_or("");
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| match name.as_ref() {
        "version" => is_number(&value),
        "as_known_at" | "asOf" => is_number(&value) || is_over(&value, now),
        _ => false,
    })
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

/// Whether nothing can be committed any more that was known at an instant: clocks of nodes differ.
fn is_over(text: &str, now: DateTime<Utc>) -> bool {
    model::parse_instant(text).is_ok_and(|time| time < now - UNSURE)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::is_pinned;

    #[test]
    fn what_names_a_version_or_an_instant_that_is_over_is_pinned() {
        let now: DateTime<Utc> = "2026-02-03T07:00:00Z".parse().unwrap();
        for (address, expected) in [
            ("/v1/datasets/a/observations?version=3", true),
            ("/v1/datasets/a/observations?limit=3", false),
            ("/v1/datasets/a/observations?version=x", false),
            ("/v1/datasets/a/latest?as_known_at=2026-02-03T06:00:00Z", true),
            ("/v1/datasets/a/latest?as_known_at=2026-02-03T06:59:30Z", false),
            ("/v1/datasets/a/latest?as_known_at=2027-01-01", false),
            ("/v1/datasets/a/versions/3/affected?version=3", false),
            ("/v1/sql?sql=SELECT%20now()&as_known_at=2025-01-01", false),
            ("/v1/trace?version=3", false),
            ("/ogc/collections/a/instances/3/cube?bbox=1,2,3,4", true),
            ("/ogc/collections/a/instances", false),
            ("/ogc/collections/a/items?version=3", true),
            ("/sta/v1.1/Observations?asOf=2026-02-01T00:00:00Z", true),
            ("/sta/v1.1/Datastreams(1)/Observations?asOf=4", true),
            ("/stac/search?as_known_at=2026-01-01", true),
            ("/ckan/api/3/action/datastore_search?resource_id=a&version=2", true),
            ("/ckan/api/3/action/package_show?id=a&version=2", true),
            ("/ckan/api/3/action/package_list?as_known_at=2026-02-01", true),
            ("/ckan/api/3/action/datastore_search_sql?sql=SELECT&as_known_at=2026-02-01", false),
            ("/dcat.ttl?as_known_at=2026-02-01", true),
            ("/dcat/datasets/a.ttl?version=2", true),
            ("/iso/a.xml?version=2", true),
            ("/feeds/datasets/a.atom?as_known_at=2026-02-01", true),
            ("/oai/as-known-at/2026-02-01T00:00:00Z?verb=Identify", true),
            ("/oai/as-known-at/2027-02-01T00:00:00Z?verb=Identify", false),
            ("/oai?verb=Identify", false),
            ("/v1/datasets?as_known_at=2026-02-01", true),
        ] {
            assert_eq!(is_pinned(&address.parse().unwrap(), now), expected, "{address}");
        }
    }
}
