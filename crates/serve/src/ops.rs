//! Operations: health, readiness, metrics, and the log line of every request.

use std::any::Any;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;
use tracing::Instrument;

use crate::App;
use crate::http::{Problem, ProblemKind};

/// `/healthz`, `/readyz`, `/metrics`: for the operator, before the gate.
pub fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(async |State(app): State<App>| app.metrics.render()))
}

/// Ready when the catalogue answers and the store can be listed.
async fn ready(State(app): State<App>) -> impl IntoResponse {
    let catalog = app.catalog.ping().await;
    let store = app.lake.ping().await;
    let status =
        if catalog.is_ok() && store.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |ok: bool| if ok { "ok" } else { "away" };
    if let Err(error) = &catalog {
        tracing::warn!(error = %error, "the catalogue does not answer");
    }
    if let Err(error) = &store {
        tracing::warn!(error = %error, "the store does not answer");
    }
    (status, axum::Json(json!({ "catalogue": word(catalog.is_ok()), "store": word(store.is_ok()) })))
}

/// Counts, times and logs a request. The log names the route, not the query: parameters may be personal.
pub async fn observe(request: Request, next: Next) -> Response<Body> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |p| p.as_str().to_owned());
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("").to_owned();
    let span = tracing::info_span!("request", request.id = id, principal = tracing::field::Empty);
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let labels = [("route", route.clone()), ("method", method.to_string()), ("status", status.to_string())];
    metrics::counter!("cuulong_requests_total", &labels).increment(1);
    metrics::histogram!("cuulong_request_seconds", "route" => route).record(seconds);
    let _in_span = span.enter();
    tracing::info!(
        http.method = %method,
        http.path = path,
        http.status = status,
        duration_ms = seconds * 1000.0,
        http.response_type = response.headers().get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()),
        "request answered"
    );
    response
}

/// A handler that panicked: the client hears "internal", the log has the message.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic.message = message, "a handler panicked");
    Problem::new(ProblemKind::Internal).into_response()
}
