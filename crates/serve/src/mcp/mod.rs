//! The Model Context Protocol: what an assistant asks is put to this node's own API, as the same
//! principal and out of the same budget, so that it is told what a person would be told.
//!
//! Streamable HTTP without sessions: every request stands alone and is answered as JSON.

mod call;
mod draw;
mod inside;
mod prompts;
mod resources;
mod rpc;
mod tools;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use query::Asker;
use serde_json::{Value, json};
use wording::told;

use crate::App;
use crate::http::principal::is_same_origin;
use crate::http::{Caller, Links, Problem, ProblemKind, RequestLang};
use inside::Inside;
use rpc::{Failure, Request};

/// Revisions of the protocol that are spoken, the newest first.
const REVISIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// The largest request.
const MAX_BYTES: usize = 1024 * 1024;

/// The endpoint; `own` is the node's API and its pages, without a gate.
pub(crate) fn router(own: Router) -> Router<App> {
    Router::new()
        .route("/mcp", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .layer(Extension(inside::Own(own)))
}

async fn answer(
    State(app): State<App>,
    Caller(principal): Caller,
    (Extension(asker), Extension(own)): (Extension<Asker>, Extension<inside::Own>),
    links: Links,
    RequestLang(lang): RequestLang,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // A page of another site must not use a node that its visitor can reach (Transports §Security).
    if headers.contains_key(header::ORIGIN) && !is_same_origin(&headers) {
        return Problem::message(ProblemKind::NotAllowed, "problem-cross-site", vec![]).into_response();
    }
    if let Some(revision) = headers.get("mcp-protocol-version") {
        let known = revision.to_str().is_ok_and(|revision| REVISIONS.contains(&revision));
        if !known {
            let failure = Failure::invalid(told!(
                "serve-mcp-revisions",
                "this node speaks the revisions {revisions} of the protocol",
                revisions = REVISIONS.join(", ")
            ));
            return (StatusCode::BAD_REQUEST, axum::Json(failure.document(&Value::Null, lang)))
                .into_response();
        }
    }
    let request = match rpc::read(&body) {
        Ok(Some(request)) => request,
        // Notifications and answers are taken and need nothing.
        Ok(None) => return StatusCode::ACCEPTED.into_response(),
        Err(failure) => {
            return (StatusCode::BAD_REQUEST, axum::Json(failure.document(&Value::Null, lang)))
                .into_response();
        }
    };
    let inside = Inside { own, principal, asker, links, lang, headers };
    let id = request.id.clone();
    let document = match dispatch(&app, &inside, request).await {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(failure) => failure.document(&id, inside.lang),
    };
    let mut response = axum::Json(document).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn dispatch(app: &App, inside: &Inside, request: Request) -> Result<Value, Failure> {
    match request.method.as_str() {
        "initialize" => Ok(initialize(&request.params)),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({ "tools": tools::list() })),
        "tools/call" => call::call(app, inside, &request.params).await,
        "prompts/list" => Ok(prompts::list(inside.lang)),
        "prompts/get" => prompts::get(inside.lang, &request.params),
        "resources/list" => resources::list(inside, &request.params).await,
        "resources/templates/list" => Ok(resources::templates()),
        "resources/read" => resources::read(inside, &request.params).await,
        other => Err(Failure::unknown_method(other)),
    }
}

/// The revision that the client speaks, if this node does too; else the newest (Lifecycle §Version).
fn initialize(params: &Value) -> Value {
    let asked = params["protocolVersion"].as_str().unwrap_or_default();
    let revision = REVISIONS.into_iter().find(|revision| *revision == asked).unwrap_or(REVISIONS[0]);
    json!({
        "protocolVersion": revision,
        "capabilities": { "tools": {}, "resources": {}, "prompts": {} },
        "serverInfo": {
            "name": "cuulong",
            "title": "Cửu Long, data of the Mekong Delta",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "instructions": INSTRUCTIONS,
    })
}

const INSTRUCTIONS: &str = "Data of the Vietnamese Mekong Delta: water, salinity, agriculture and more, \
    observed at places, in versions. Begin with `search` (names may be written without Vietnamese marks), \
    then `describe` a dataset, then `observe`, `aggregate` or `ask_sql`. Every answer names dataset, \
    version and licence: cite them. `trace` leads from a number to the cell of the file that it came \
    from. A dataset that is marked `synthetic` holds made-up values: say so wherever you use them. \
    Values with quality 3 or 4 are suspect or failed.";
