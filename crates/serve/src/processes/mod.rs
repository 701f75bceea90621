//! OGC API – Processes 1.0 (OGC 18-062r2): the recipes of this node, run at once or as jobs that the
//! catalogue keeps.
//!
//! A recipe takes no inputs: it reads the newest versions, and its product is pinned to them. Who
//! may run one is who may by `/v1/recipes`. Jobs run one after the other; one that is taken back stops
//! within a second, on whatever node it runs, unless it commits: a commit is whole or not there.

mod answer;
mod handlers;
mod work;

use axum::Router;
use axum::routing::{get, post};
use model::Lang;
use serde_json::{Value, json};
use standards::ogc::Link;

use crate::App;
use crate::http::Links;
use crate::http::language::message;
use crate::outlet::{Content, Outlet, operation, text};

pub(crate) use work::Line;

pub(crate) const OUTLET: Outlet = Outlet { conformance: &CONFORMANCE, landing, collection, paths };

/// The classes that work here; the tests name them.
const CONFORMANCE: [&str; 5] = [
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/job-list",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/dismiss",
];

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/ogc/processes", get(handlers::list))
        .route("/ogc/processes/{process}", get(handlers::describe))
        .route("/ogc/processes/{process}/execution", post(handlers::execute))
        .route("/ogc/jobs", get(handlers::jobs))
        .route("/ogc/jobs/{job}", get(handlers::job).delete(handlers::dismiss))
        .route("/ogc/jobs/{job}/results", get(handlers::results))
}

fn landing(links: &Links, lang: Lang) -> Vec<Link> {
    let rel = |name: &str| format!("http://www.opengis.net/def/rel/ogc/1.0/{name}");
    [("processes", "/ogc/processes", "ogc-processes-title"), ("job-list", "/ogc/jobs", "ogc-jobs-title")]
        .map(|(name, path, title)| {
            Link::new(&rel(name), links.path(path), "application/json").titled(&message(lang, title))
        })
        .to_vec()
}

fn collection(_: Content, _: &str, _: &Links, _: Lang) -> Vec<Link> {
    Vec::new()
}

fn paths() -> Vec<(String, Value)> {
    let json = "application/json";
    let path = |name| text(name, "path");
    let page = [text("limit", "query"), text("offset", "query")];
    let mut execute = operation("execute", json, &[path("process")]);
    execute["requestBody"] = json!({"content": {"application/json": {"schema": {"type": "object"}}}});
    execute["responses"]["201"] =
        json!({"description": "A job", "content": {"application/json": {"schema": {}}}});
    vec![
        ("/processes".to_owned(), json!({"get": operation("processes", json, &page)})),
        ("/processes/{process}".to_owned(), json!({"get": operation("process", json, &[path("process")])})),
        ("/processes/{process}/execution".to_owned(), json!({"post": execute})),
        ("/jobs".to_owned(), json!({"get": operation("jobs", json, &page)})),
        (
            "/jobs/{job}".to_owned(),
            json!({"get": operation("job", json, &[path("job")]),
                "delete": operation("dismiss", json, &[path("job")])}),
        ),
        ("/jobs/{job}/results".to_owned(), json!({"get": operation("results", json, &[path("job")])})),
    ]
}
