//! What filters may name and what items may have, as JSON Schema (19-079r2 §6.2, 23-058r1 §7), and the
//! functions of filters.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use model::Lang;
use serde_json::{Value, json};
use standards::cql2;

use super::handlers::document;
use super::items::{known, pairs, properties};
use super::read::Source;
use crate::App;
use crate::http::language::message;
use crate::http::{Answer, Caller, Links, RequestLang};

const SCHEMA: &str = "application/schema+json";

pub(super) async fn queryables(
    app: State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    Path(collection): Path<String>,
    query: RawQuery,
) -> Answer<Response> {
    let address = format!("/ogc/collections/{collection}/queryables");
    Ok(document(SCHEMA, &of(app, caller, links, lang, (&collection, &address), query).await?))
}

pub(super) async fn schema(
    app: State<App>,
    caller: Caller,
    links: Links,
    lang: RequestLang,
    Path(collection): Path<String>,
    query: RawQuery,
) -> Answer<Response> {
    let address = format!("/ogc/collections/{collection}/schema");
    Ok(document(SCHEMA, &of(app, caller, links, lang, (&collection, &address), query).await?))
}

async fn of(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    (collection, address): (&str, &str),
    RawQuery(query): RawQuery,
) -> Answer<Value> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let source = Source::open(&app, &principal, collection).await?;
    properties(&app, &source, &links.path(address), &title(&source, lang)).await
}

fn title(source: &Source, lang: Lang) -> String {
    match source {
        Source::Stations => message(lang, "ogc-stations-title"),
        Source::Places => message(lang, "ogc-places-title"),
        Source::Features(dataset, _) | Source::Observations(dataset, _) | Source::Coverage(dataset, _) => {
            dataset.title.get(lang).0.to_owned()
        }
    }
}

pub(super) async fn functions(links: Links, RawQuery(query): RawQuery) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let own = standards::ogc::Link::new("self", links.path("/ogc/functions"), "application/json");
    Ok(document("application/json", &json!({ "functions": cql2::functions(), "links": [own] })))
}
