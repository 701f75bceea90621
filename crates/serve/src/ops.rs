//! Operations: health, readiness, metrics, and the log line of every request.

use std::any::Any;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, Response, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::routing::get;
use tracing::Instrument;

use crate::App;
use crate::http::{Problem, ProblemKind};

/// `/healthz`, `/readyz`, `/metrics`: for the operator, before the gate.
pub fn router() -> Router<App> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(crate::ready::ready))
        .route("/metrics", get(metrics))
}

/// The numbers, in the text format of Prometheus.
async fn metrics(State(app): State<App>) -> String {
    // What waits to be summed up is summed up first, so that it cannot pile up where only
    // `/metrics` is asked for and nothing else keeps house.
    app.engine.show_numbers();
    app.unread().show();
    crate::ready::known_damage(&app).await;
    app.metrics.run_upkeep();
    app.metrics.render()
}

/// Counts, times and logs a request. The log names the route, not the query: parameters may be personal.
pub async fn observe(request: Request, next: Next) -> Response<Body> {
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |p| p.as_str().to_owned());
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("").to_owned();
    let span = tracing::info_span!("request", request.id = id, principal = tracing::field::Empty);
    // What a trace shows: no path, no request id, no name. Within the log's span, so that work which is
    // handed to other threads carries both.
    let traced = span.in_scope(|| {
        tracing::info_span!(
            target: "cuulong::trace",
            "request",
            otel.name = format!("{method} {route}"),
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            http.request.method = method,
            http.route = route,
            http.response.status_code = tracing::field::Empty,
        )
    });
    let started = Instant::now();
    let response = next.run(request).instrument(traced.clone()).instrument(span.clone()).await;
    traced.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        traced.record("otel.status_code", "ERROR");
    }
    drop(traced);
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let labels = [("route", route.clone()), ("method", method.to_owned()), ("status", status.to_string())];
    metrics::counter!("cuulong_requests_total", &labels).increment(1);
    metrics::histogram!("cuulong_request_seconds", "route" => route).record(seconds);
    let _in_span = span.enter();
    tracing::info!(
        http.method = method,
        http.path = path,
        http.status = status,
        duration_ms = seconds * 1000.0,
        http.response_type = response.headers().get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()),
        "request answered"
    );
    response
}

/// The method's name, from a closed set: whoever makes up methods makes up no series of numbers.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Counts a version that was committed, by what made it.
pub fn count_commit(source: &'static str) {
    metrics::counter!("cuulong_commits_total", "source" => source).increment(1);
}

/// Counts and times an SQL query, up to its first rows.
pub async fn query(request: Request, next: Next) -> Response<Body> {
    let started = Instant::now();
    let response = next.run(request).await;
    let outcome = match response.status() {
        status if status.is_success() => "answered",
        status if status.is_client_error() => "refused",
        _ => "failed",
    };
    metrics::counter!("cuulong_sql_queries_total", "outcome" => outcome).increment(1);
    metrics::histogram!("cuulong_sql_seconds").record(started.elapsed().as_secs_f64());
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
