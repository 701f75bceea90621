//! The items of a collection: found, counted exactly, paged over one version, in any system that is offered.

mod found;
mod needs;
mod queryables;
mod subject;
mod wanted;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use model::Version;
use query::At;
use serde::Serialize;
use standards::ogc::{Feature, FeatureCollection, GEOJSON, Link, time_text};
use wording::told;

use self::found::{Page, queryables_of};
pub(super) use self::found::{attributes, stored_now};
pub(super) use self::queryables::{Queryable, document as schema_document};
use self::wanted::Wanted;
pub(super) use self::wanted::{Area, MOST_ITEMS, area, check, filter, get, pairs};
use super::encode;
use super::read::Source;
use crate::App;
use crate::http::crs::System;
use crate::http::{Answer, Caller, Links, Problem, ProblemKind, RequestLang};

const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// Parameters of one item.
const OF_ITEM: [&str; 5] = ["crs", "version", "as_known_at", "f", "lang"];

pub(super) async fn items(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(collection): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let pairs = wanted::pairs(query.as_deref())?;
    format(get(&pairs, "f"))?;
    let source = Source::open(&app, &principal, &collection).await?;
    let queryables = queryables_of(&app, &source).await?;
    let wanted = Wanted::read(pairs, &wanted::OWN, &queryables)?;
    let mut page = found::find(&app, &source, &wanted, &links, lang).await?;
    let tag = page.version.map(|version| source.tag(version, lang));
    if let Some(answer) = unchanged(&headers, tag.as_deref()) {
        return Ok(answer);
    }
    for feature in &mut page.features {
        placed(feature, &wanted.crs);
    }
    let (version, crs) = (page.version, wanted.crs.clone());
    let path = format!("/ogc/collections/{collection}/items");
    let document = page_document(&links, &path, &wanted, page);
    let mut response = answer(&document, &crs, version);
    tagged(&mut response, tag.as_deref());
    Ok(response)
}

pub(super) async fn item(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path((collection, item)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let pairs = wanted::pairs(query.as_deref())?;
    known(&pairs, &OF_ITEM)?;
    format(get(&pairs, "f"))?;
    let crs = get(&pairs, "crs").map_or(Ok(System::stored()), |text| System::parse("crs", text))?;
    let at = wanted::at(get(&pairs, "version"), get(&pairs, "as_known_at"))?;
    let source = Source::open(&app, &principal, &collection).await?;
    let (feature, version) = found::one(&app, &source, &item, at, &links, lang).await?;
    let mut feature = feature.ok_or_else(|| Problem::not_found(&item))?;
    let tag = tag_of(&feature);
    if let Some(answer) = unchanged(&headers, Some(&tag)) {
        return Ok(answer);
    }
    placed(&mut feature, &crs);
    let mut feature = encode::alone(&links, &collection, feature);
    if pairs.iter().any(|(name, _)| name != "lang" && name != "f")
        && let Some(own) = feature.links.iter_mut().find(|link| link.rel == "self")
    {
        own.href = links.to(
            &format!("/ogc/collections/{collection}/items/{}", feature.id),
            &as_str(pairs.iter().filter(|(name, _)| name != "f")),
        );
    }
    let mut response = answer(&feature, &crs, version);
    tagged(&mut response, Some(&tag));
    Ok(response)
}

/// The tag of an item: of what it is, whatever the system or the language it is shown in.
pub(super) fn tag_of(feature: &Feature) -> String {
    use sha2::{Digest, Sha256};
    let bare = Feature { links: Vec::new(), ..feature.clone() };
    let bytes = serde_json::to_vec(&bare).unwrap_or_default();
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..12]))
}

fn unchanged(headers: &HeaderMap, tag: Option<&str>) -> Option<Response> {
    let tag = tag?;
    let bare = tag.trim_start_matches("W/");
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let is_known = known
        .flat_map(|line| line.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == bare);
    is_known.then(|| {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        tagged(&mut response, Some(tag));
        response
    })
}

fn tagged(response: &mut Response, tag: Option<&str>) {
    let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) else { return };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language, authorization, cookie"));
}

fn placed(feature: &mut Feature, crs: &System) {
    if !crs.is_stored()
        && let Some(geometry) = &mut feature.geometry
    {
        geometry.map_positions(&|position| crs.of_stored(position));
    }
}

fn answer(document: &impl Serialize, crs: &System, version: Option<Version>) -> Response {
    let mut response = super::handlers::document(GEOJSON, document);
    if let Ok(uri) = HeaderValue::from_str(&format!("<{}>", crs.uri())) {
        response.headers_mut().insert(CONTENT_CRS, uri);
    }
    if let Some(version) = version {
        response.headers_mut().insert("cuulong-version", HeaderValue::from(version.0));
    }
    response
}

/// Refuses parameters that a resource does not have, and a format that it is not written in.
pub(super) fn known(pairs: &[(String, String)], own: &[&str]) -> Answer<()> {
    match pairs.iter().find(|(name, _)| !own.contains(&name.as_str())) {
        None => format(get(pairs, "f")),
        Some((name, _)) => {
            let shown: String = name.chars().take(80).collect();
            Err(Problem::text(
                ProblemKind::UnknownParameter,
                told!("serve-unknown-parameter", "unknown parameter `{shown}`", shown = shown),
            )
            .at(&shown))
        }
    }
}

fn format(asked: Option<&str>) -> Answer<()> {
    match asked {
        None | Some("json" | "geojson") => Ok(()),
        Some(name) => {
            let shown: String = name.chars().take(40).collect();
            let why = told!(
                "serve-not-format-here-write-json-geojson-html",
                "`{shown}` is not a format here: write json, geojson or html",
                shown = shown
            );
            Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"))
        }
    }
}

fn as_str<'p>(pairs: impl Iterator<Item = &'p (String, String)>) -> Vec<(&'p str, &'p str)> {
    pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A page of features with its numbers and the ways to the others.
fn page_document(links: &Links, path: &str, wanted: &Wanted, page: Page) -> FeatureCollection {
    let shown = wanted.pairs.iter().filter(|(name, _)| name != "f");
    let pairs = as_str(shown);
    let to = |rel: &str, offset: usize| {
        let mut pairs = pairs.clone();
        let (token, number) = match page.entry.or(wanted.entry) {
            Some(entry) => (wanted::token(entry, offset), String::new()),
            None => (String::new(), offset.to_string()),
        };
        // The first page is the plain address, unless it is one of a version that a client goes back in.
        if offset > 0 || rel == "prev" {
            match token.is_empty() {
                true => pairs.push(("offset", &number)),
                false => pairs.push(("token", &token)),
            }
        }
        Link::new(rel, links.to(path, &pairs), GEOJSON)
    };
    let mut ways = vec![to("self", wanted.offset)];
    let mut as_page = pairs.clone();
    as_page.push(("f", "html"));
    ways.push(Link::new("alternate", links.to(path, &as_page), "text/html"));
    let reached = wanted.offset.saturating_add(page.features.len());
    if !page.features.is_empty() && (reached as u64) < page.matched {
        ways.push(to("next", reached));
    }
    if wanted.offset > 0 {
        ways.push(to("prev", wanted.offset.saturating_sub(wanted.limit)));
    }
    let collection = path.trim_end_matches("/items");
    ways.push(Link::new("collection", links.path(collection), "application/json"));
    FeatureCollection {
        number_matched: Some(page.matched),
        number_returned: page.features.len() as u64,
        time_stamp: (wanted.at == At::Latest).then(|| time_text(Utc::now())),
        features: page.features,
        links: ways,
    }
}

/// The properties of a collection's items, as a filter names them and as items have them.
pub(super) async fn properties(
    app: &App,
    source: &Source,
    address: &str,
    title: &str,
) -> Answer<serde_json::Value> {
    Ok(queryables::document(address, title, &queryables_of(app, source).await?))
}
