//! A slash at the end of an address of a protocol: the same address without it is meant, and clients are
//! led there.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where addresses of protocols begin. (SensorThings reads its addresses itself, with and without a slash.)
const ROOTS: [&str; 2] = ["/ogc", "/stac"];

/// Leads to the address without the slash; an address that is served with it stays.
pub async fn lead(request: Request, next: Next) -> Response {
    let served = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str().ends_with('/'));
    let way = if served { None } else { way(request.uri().path(), request.uri().query()) };
    match way.and_then(|way| HeaderValue::try_from(way).ok()) {
        // 308: what is written is written there.
        Some(way) => (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, way)]).into_response(),
        None => next.run(request).await,
    }
}

/// The way from a path to the one without its slash. It begins at the path itself, so that it holds behind
/// a proxy that serves the node under another path, too.
fn way(path: &str, query: Option<&str>) -> Option<String> {
    let bare = path.strip_suffix('/')?;
    let is_ours =
        |root: &str| bare.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let last = bare.rsplit('/').next().filter(|last| !last.is_empty())?;
    ROOTS.into_iter().any(is_ours).then(|| match query {
        None => format!("../{last}"),
        Some(query) => format!("../{last}?{query}"),
    })
}

#[cfg(test)]
mod tests {
    use super::way;

    #[test]
    fn only_one_slash_of_a_protocols_address_is_taken_off() {
        for (path, query, expected) in [
            ("/ogc/", None, Some("../ogc")),
            ("/ogc/collections/", Some("f=json"), Some("../collections?f=json")),
            ("/sta/v1.1/Things(1)/", None, None),
            ("/stac/search", None, None),
            ("/ogc//", None, None),
            ("/ogcx/", None, None),
            ("/datasets/", None, None),
            ("/", None, None),
        ] {
            assert_eq!(way(path, query).as_deref(), expected, "{path}");
        }
    }
}
