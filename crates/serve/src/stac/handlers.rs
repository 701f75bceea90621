//! One function an endpoint: read the parameters, search, encode.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use model::Lang;
use policy::Principal;
use query::At;
use serde::Deserialize;
use serde_json::{Value, json};
use standards::ogc::{GEOJSON, Link};
use standards::record::Record;
use standards::stac::{self, Search};
use wording::told;

use super::read::{self, Found, Page, Shown};
use super::shelf::Entry;
use super::{CONFORMANCE, api, encode};
use crate::App;
use crate::http::params::dataset_id;
use crate::http::{Answer, Body, Caller, Links, Params, Problem, RequestLang, params};
use crate::records::{History, Records};

/// Items of the largest page.
pub(super) const MOST_ITEMS: usize = 1_000;
/// Items of a page, unless another number is asked for.
const ITEMS: usize = 10;
/// Collections of a page.
pub(super) const COLLECTIONS: usize = 100;
/// The longest query string.
const MOST_QUERY: usize = 128 * 1024;

const OF_ITEMS: [&str; 10] = [
    "limit",
    "bbox",
    "datetime",
    "token",
    "sortby",
    "fields",
    "query",
    "filter",
    "filter-lang",
    "filter-crs",
];
const OF_SEARCH: [&str; 13] = [
    "limit",
    "bbox",
    "datetime",
    "token",
    "sortby",
    "fields",
    "query",
    "filter",
    "filter-lang",
    "filter-crs",
    "collections",
    "ids",
    "intersects",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParams {}

/// Which version is told of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PinParams {
    version: Option<u64>,
    as_known_at: Option<String>,
}

impl PinParams {
    fn at(&self) -> Answer<At> {
        params::at(self.version, self.as_known_at.as_deref())
    }
}

pub(super) async fn landing(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Params(NoParams {}): Params<NoParams>,
) -> Answer<Json<Value>> {
    let shown = Shown::all(&app, &principal, None, None).await?;
    let children: Vec<(String, String)> = shown
        .iter()
        .take(COLLECTIONS)
        .map(|one| (one.dataset.id.to_string(), one.dataset.title.get(lang).0.to_owned()))
        .collect();
    Ok(Json(encode::landing(&links, lang, &children)))
}

pub(super) async fn api(links: Links, RequestLang(lang): RequestLang) -> Response {
    document("application/vnd.oai.openapi+json;version=3.0", &api::document(&links, lang))
}

pub(super) async fn conformance(links: Links) -> Json<Value> {
    let own = Link::new("self", links.path("/stac/conformance"), encode::JSON);
    Json(json!({ "conformsTo": CONFORMANCE, "links": [own] }))
}

pub(super) async fn queryables(links: Links) -> Response {
    let address = links.path("/stac/queryables");
    document(encode::SCHEMA, &stac::queryables(&address, "STAC", &numbers()))
}

pub(super) async fn queryables_of(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(collection): Path<String>,
) -> Answer<Response> {
    let shown = shown(&app, &principal, &collection, At::Latest).await?;
    let address = links.path(&format!("/stac/collections/{}/queryables", shown.dataset.id));
    Ok(document(encode::SCHEMA, &stac::queryables(&address, &shown.dataset.title.vi, &numbers())))
}

fn numbers() -> Vec<String> {
    ["table:row_count", "cuulong:width", "cuulong:height", "cuulong:bytes"].map(str::to_owned).into()
}

pub(super) async fn collection(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    Params(asked): Params<PinParams>,
) -> Answer<Json<Value>> {
    let shown = shown(&app, &principal, &collection, asked.at()?).await?;
    let records = Records::as_of(&app, &principal, &links, shown.known()).await?;
    let record = records.one(&shown.dataset.id, History::Newest).await?;
    Ok(Json(encode::collection(&links, lang, &record, shown.pin())))
}

/// A dataset that has data; without, there is no collection yet.
async fn shown(app: &App, principal: &Principal, id: &str, at: At) -> Answer<Shown> {
    Shown::open(app, principal, id, at).await?.ok_or_else(|| Problem::not_found(id))
}

pub(super) async fn items(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let id = dataset_id(&collection)?;
    let pairs = pairs(query)?;
    let (pin, others) = pinned(&pairs)?;
    let wanted = Search::of_pairs(&others, &OF_ITEMS)?;
    let one = [shown(&app, &principal, id.as_str(), pin).await?];
    let path = format!("/stac/collections/{id}/items");
    let asker = Asker { app: &app, principal: &principal, links: &links, lang };
    asker.answer(&one, &wanted, &path, &Next::ByGet(pairs)).await
}

pub(super) async fn item(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path((collection, id)): Path<(String, String)>,
    Params(asked): Params<PinParams>,
) -> Answer<Response> {
    let one = [shown(&app, &principal, &collection, asked.at()?).await?];
    let all = read::entries(&app, &one).await?;
    let found = read::of_id(&all, &id).ok_or_else(|| Problem::not_found(&id))?;
    let asker = Asker { app: &app, principal: &principal, links: &links, lang };
    let records = asker.records(&[found]).await?;
    Ok(document(GEOJSON, &encode::item(&links, lang, &found, &records)))
}

pub(super) async fn search(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let pairs = pairs(query)?;
    let (pin, others) = pinned(&pairs)?;
    let wanted = Search::of_pairs(&others, &OF_SEARCH)?;
    let shown = Shown::all(&app, &principal, wanted.collections.as_deref(), instant(pin)?).await?;
    let asker = Asker { app: &app, principal: &principal, links: &links, lang };
    asker.answer(&shown, &wanted, "/stac/search", &Next::ByGet(pairs)).await
}

pub(super) async fn search_post(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Body(body): Body<Value>,
) -> Answer<Response> {
    let mut others = body.clone();
    let pin = others.as_object_mut().and_then(|members| members.remove("as_known_at"));
    let pin = match &pin {
        None => None,
        Some(Value::String(text)) => params::instant(Some(text.as_str()))?,
        Some(_) => {
            return Err(Problem::parameter(
                "as_known_at",
                told!("serve-write-instant-text", "write an instant as a text"),
            ));
        }
    };
    let wanted = Search::of_json(&others, &OF_SEARCH)?;
    let shown = Shown::all(&app, &principal, wanted.collections.as_deref(), pin).await?;
    let asker = Asker { app: &app, principal: &principal, links: &links, lang };
    asker.answer(&shown, &wanted, "/stac/search", &Next::ByPost(body)).await
}

/// The pairs of a query string; the language is every resource's.
fn pairs(query: Option<String>) -> Answer<Vec<(String, String)>> {
    let query = query.unwrap_or_default();
    if query.len() > MOST_QUERY {
        return Err(Problem::parameter(
            "?",
            told!(
                "serve-query-string-longer-than-bytes",
                "the query string is longer than {max_query_bytes} bytes",
                max_query_bytes = MOST_QUERY
            ),
        ));
    }
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    Ok(pairs.filter(|(name, _)| name != "lang").collect())
}

/// The version that is named, and the other parameters.
fn pinned(pairs: &[(String, String)]) -> Answer<(At, Vec<(String, String)>)> {
    let get = |of: &str| pairs.iter().find(|(name, _)| name == of).map(|(_, value)| value.as_str());
    let wrong = |_| Problem::parameter("version", told!("serve-not-number", "it is not a number"));
    let version = get("version").map(|text| text.parse().map_err(wrong)).transpose()?;
    let at = params::at(version, get("as_known_at"))?;
    let is_pin = |name: &str| name == "version" || name == "as_known_at";
    Ok((at, pairs.iter().filter(|(name, _)| !is_pin(name)).cloned().collect()))
}

/// An instant, for what is of several datasets.
fn instant(at: At) -> Answer<Option<DateTime<Utc>>> {
    match at {
        At::Latest => Ok(None),
        At::KnownAt(time) => Ok(Some(time)),
        At::Version(_) => {
            let why = told!(
                "serve-version-one-dataset-these-several-give-as-known-at",
                "a version is of one dataset, and these are of several: give `as_known_at`"
            );
            Err(Problem::parameter("version", why))
        }
    }
}

/// How the next page is asked for: as this one was.
enum Next {
    ByGet(Vec<(String, String)>),
    ByPost(Value),
}

impl Next {
    fn link(&self, links: &Links, path: &str, token: &str) -> Value {
        match self {
            Next::ByGet(pairs) => {
                let others = pairs.iter().filter(|(name, _)| name != "token");
                let mut asked: Vec<(&str, &str)> =
                    others.map(|(name, value)| (name.as_str(), value.as_str())).collect();
                asked.push(("token", token));
                let mut way = json!(Link::new("next", links.to(path, &asked), GEOJSON));
                way["method"] = "GET".into();
                way
            }
            Next::ByPost(body) => {
                let mut way = json!(Link::new("next", links.path(path), GEOJSON));
                way["method"] = "POST".into();
                way["body"] = stac::continued(body, token);
                way
            }
        }
    }
}

/// Who asks, and how.
struct Asker<'a> {
    app: &'a App,
    principal: &'a Principal,
    links: &'a Links,
    lang: Lang,
}

impl Asker<'_> {
    /// The page of items that is wanted of what is shown.
    async fn answer(&self, shown: &[Shown], wanted: &Search, path: &str, next: &Next) -> Answer<Response> {
        let limit = params::limit(wanted.limit, ITEMS, MOST_ITEMS)?;
        let all: Vec<(&Shown, Arc<Vec<Entry>>)> = read::entries(self.app, shown).await?;
        let Page { found, matched, next: cursor } = read::search(&all, wanted, limit);
        let records = self.records(&found).await?;
        let items: Vec<Value> = found
            .iter()
            .map(|found| wanted.fields.apply(encode::item(self.links, self.lang, found, &records)))
            .collect();
        let mut ways = vec![
            json!(Link::new("self", self.links.path(path), GEOJSON)),
            json!(Link::new("root", self.links.path("/stac"), encode::JSON)),
        ];
        ways.extend(cursor.map(|cursor| next.link(self.links, path, &cursor.token())));
        let page = json!({
            "type": "FeatureCollection",
            "features": items,
            "links": ways,
            "numberMatched": matched,
            "numberReturned": items.len(),
        });
        Ok(document(GEOJSON, &page))
    }

    /// What is told of the datasets that are items themselves.
    async fn records(&self, found: &[Found<'_>]) -> Answer<HashMap<String, Record>> {
        let whole = found.iter().filter(|found| found.entry.raster.is_none());
        let datasets: Vec<_> = whole.map(|found| found.shown.dataset.clone()).collect();
        if datasets.is_empty() {
            return Ok(HashMap::new());
        }
        let records = Records::open(self.app, self.principal, self.links).await?;
        let mut told = records.of(&datasets, History::Newest).await?;
        let pins = found.iter().filter(|found| found.entry.raster.is_none());
        for (record, found) in told.iter_mut().zip(pins) {
            if let Some(known) = found.shown.known() {
                let told = Records::as_of(self.app, self.principal, self.links, Some(known)).await?;
                *record = told.one(&found.shown.dataset.id, History::Newest).await?;
            }
        }
        Ok(told.into_iter().map(|record| (record.id.clone(), record)).collect())
    }
}

fn document(media_type: &'static str, document: &Value) -> Response {
    ([(header::CONTENT_TYPE, media_type)], Json(document)).into_response()
}
