//! A client that accepts any encoding is sent the one that every client knows.

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// Reads `Accept-Encoding: *` as `gzip` (RFC 9110 §12.5.3 leaves the choice to the server): programs that
/// send it often know no other.
pub(crate) async fn any_encoding(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if headers.get(header::ACCEPT_ENCODING).is_some_and(|value| value.as_bytes() == b"*") {
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    next.run(request).await
}
