//! The pages: one file each, all alike — read parameters, ask the crates below, draw.

mod about;
mod account;
mod catalogue;
mod dataset;
mod developers;
mod figure;
mod home;
mod intake;
mod place;
mod readings;
mod report;
mod run;
mod search;
mod trace;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serve::App;
use serve::http::{Problem, ProblemKind};

use crate::assets;
use crate::page;
use crate::visit::Visit;

/// The portal's pages in every language, the stylesheet and what `web/` built.
///
/// It belongs behind the gate of [`serve::router`], which finds the principal.
pub fn router() -> Router<App> {
    Router::new()
        .merge(pages())
        .nest("/en", pages())
        .route("/en/", get(|| async { Redirect::permanent("/en") }))
        .route("/theme", get(account::theme))
        .layer(from_fn(draw_problems))
        .route("/static/{*path}", get(assets::serve))
        .route("/favicon.ico", get(|| async { Redirect::permanent("/static/icon.svg") }))
        .fallback(unknown)
}

fn pages() -> Router<App> {
    Router::new()
        .route("/", get(home::show))
        .route("/data", get(catalogue::show))
        .route("/data/{id}", get(dataset::show))
        .route("/data/{id}/upload", get(intake::hand_in::moved))
        .route(
            "/intake/new",
            get(intake::hand_in::show).post(intake::hand_in::hand_in).layer(DefaultBodyLimit::disable()),
        )
        .route("/intake/{run}", get(intake::show))
        .route("/intake/{run}/mapping", axum::routing::post(intake::form::map))
        .route("/intake/{run}/commit", axum::routing::post(intake::commit))
        .route("/intake/{run}/discard", axum::routing::post(intake::discard))
        .route("/place/{id}", get(place::show))
        .route("/trace", get(trace::show))
        .route("/runs/{id}", get(run::show))
        .route("/search", get(search::show))
        .route("/sign-in", get(account::form).post(account::sign_in))
        .route("/sign-out", axum::routing::post(account::sign_out))
        .route("/about", get(about::about))
        .route("/developers", get(developers::show))
}

/// Draws the problems of pages as pages, in the reader's language.
async fn draw_problems(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::from_request_parts(&mut parts, &()).await;
    let request_id = request_id(&parts.headers);
    let response = next.run(Request::from_parts(parts, body)).await;
    let Ok(visit) = visit else { return response };
    match response.extensions().get::<Problem>() {
        Some(problem) => page::problem(&visit, problem, request_id.as_deref()),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            page::problem(&visit, &Problem::new(ProblemKind::MethodNotAllowed), request_id.as_deref())
        }
        None => response,
    }
}

/// An address that nothing answers: a page for whoever reads pages, a problem document otherwise.
async fn unknown(method: Method, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let problem = Problem::not_found(parts.uri.path());
    let reads_pages = parts
        .headers
        .get(axum::http::header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if method == Method::GET && reads_pages {
        let request_id = request_id(&parts.headers);
        if let Ok(visit) = Visit::from_request_parts(&mut parts, &()).await {
            return page::problem(&visit, &problem, request_id.as_deref());
        }
    }
    problem.into_response()
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
}
