//! OGC API – Records (20-004r1): the catalogue as a collection of records, one a dataset that the asker
//! may know of.

mod find;
mod words;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use catalog::DatasetSearch;
use chrono::Utc;
use lake::AttributeKind;
use model::Lang;
use serde_json::{Value, json};
use standards::ogc::{self, CRS84, Collection, GEOJSON, Link, time_text};
use standards::record::Record;
use wording::told;

use self::find::{SORTABLE, Search};
use super::handlers::document;
use super::items::{Queryable, get, known, pairs, schema_document};
use crate::App;
use crate::http::language::message;
use crate::http::params::dataset_id;
use crate::http::{Answer, Caller, Links, Problem, RequestLang, params};
use crate::records::{History, Records, instant_of};

/// The collection's id, whatever datasets are called.
pub(super) const ID: &str = "catalogue";

const PATH: &str = "/ogc/collections/catalogue";
const JSON: &str = "application/json";
const SCHEMA: &str = "application/schema+json";

/// What a filter may name.
fn queryables() -> Vec<Queryable> {
    use AttributeKind::{Boolean, Number, Text, Time};
    let mut all = vec![Queryable { name: "geometry".into(), kind: None, role: Some("primary-geometry") }];
    for name in ["id", "type", "title", "description", "license", "language", "rights"] {
        all.push(Queryable::new(name, Text));
    }
    for name in ["publisher", "theme", "keywords", "formats"] {
        all.push(Queryable::new(name, Text));
    }
    for name in ["cuulong:kind", "cuulong:access", "cuulong:agency", "cuulong:theme"] {
        all.push(Queryable::new(name, Text));
    }
    all.push(Queryable::new("cuulong:synthetic", Boolean));
    all.push(Queryable::new("cuulong:version", Number));
    all.extend(["created", "updated", "time"].map(|name| Queryable::new(name, Time)));
    all
}

/// The description of the collection.
pub(super) fn collection(links: &Links, lang: Lang) -> Collection {
    let items = format!("{PATH}/items");
    let titled = |link: Link| link.titled(&message(lang, "ogc-catalogue-title"));
    Collection {
        id: ID.to_owned(),
        title: message(lang, "ogc-catalogue-title"),
        description: message(lang, "ogc-catalogue-description"),
        item_type: Some("record"),
        crs: vec![CRS84],
        storage_crs: Some(CRS84),
        links: vec![
            Link::new("self", links.path(PATH), JSON),
            Link::new("alternate", links.to(PATH, &[("f", "html")]), "text/html"),
            titled(Link::new("items", links.path(&items), GEOJSON)),
            titled(Link::new("items", links.to(&items, &[("f", "html")]), "text/html")),
            Link::new(
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                links.path(&format!("{PATH}/queryables")),
                SCHEMA,
            ),
            Link::new(
                "http://www.opengis.net/def/rel/ogc/1.0/sortables",
                links.path(&format!("{PATH}/sortables")),
                SCHEMA,
            ),
        ],
        ..Collection::default()
    }
}

pub(super) async fn described(
    links: Links,
    RequestLang(lang): RequestLang,
    RawQuery(query): RawQuery,
) -> Answer<Json<Collection>> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    Ok(Json(collection(&links, lang)))
}

pub(super) async fn queryables_of(
    links: Links,
    RequestLang(lang): RequestLang,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let address = links.path(&format!("{PATH}/queryables"));
    Ok(document(SCHEMA, &schema_document(&address, &message(lang, "ogc-catalogue-title"), &queryables())))
}

pub(super) async fn sortables(
    links: Links,
    RequestLang(lang): RequestLang,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    known(&pairs(query.as_deref())?, &["f", "lang"])?;
    let address = links.path(&format!("{PATH}/sortables"));
    let sortable = queryables().into_iter().filter(|one| SORTABLE.contains(&one.name.as_str()));
    let sortable: Vec<Queryable> = sortable.collect();
    Ok(document(SCHEMA, &schema_document(&address, &message(lang, "ogc-catalogue-title"), &sortable)))
}

pub(super) async fn items(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let search = Search::read(pairs(query.as_deref())?, &queryables())?;
    let records = Records::as_of(&app, &principal, &links, search.known).await?;
    let found = match search.known {
        None => words::said_of(&app, &principal, search.words(), Utc::now()).await?,
        Some(_) => records.matching(&DatasetSearch::default()).await?,
    };
    let found = search.among(found);
    let (page, matched) = if search.looks_inside() {
        let mut found = records.of(&records.datasets(&found).await?, History::Newest).await?;
        found.retain(|record| (search.known.is_none() || search.is_said_of(record)) && search.holds(record));
        search.sort(&mut found, lang);
        let matched = found.len();
        (found.into_iter().skip(search.offset).take(search.limit).collect::<Vec<_>>(), matched)
    } else {
        let from = search.offset.min(found.len());
        let to = from.saturating_add(search.limit).min(found.len());
        let datasets = records.datasets(&found[from..to]).await?;
        (records.of(&datasets, History::Newest).await?, found.len())
    };
    let pin = get(&search.pairs, "as_known_at").map(|time| ("as_known_at", time));
    let features: Vec<Value> = page.iter().map(|record| item_document(record, &links, lang, pin)).collect();
    let path = format!("{PATH}/items");
    let pairs: Vec<(&str, &str)> =
        search.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let to = |rel: &str, offset: usize| {
        let number = offset.to_string();
        let mut pairs = pairs.clone();
        if offset > 0 {
            pairs.push(("offset", &number));
        }
        Link::new(rel, links.to(&path, &pairs), GEOJSON)
    };
    let mut as_page = pairs.clone();
    as_page.push(("f", "html"));
    let mut ways = vec![
        to("self", search.offset),
        Link::new("alternate", links.to(&path, &as_page), "text/html"),
        Link::new("collection", links.path(PATH), JSON),
    ];
    let reached = search.offset.saturating_add(features.len());
    if !features.is_empty() && reached < matched {
        ways.push(to("next", reached));
    }
    if search.offset > 0 {
        ways.push(to("prev", search.offset.saturating_sub(search.limit)));
    }
    let answer = json!({
        "type": "FeatureCollection",
        "timeStamp": time_text(search.known.unwrap_or_else(Utc::now)),
        "numberMatched": matched,
        "numberReturned": features.len(),
        "features": features,
        "links": ways,
    });
    Ok(document(GEOJSON, &answer))
}

pub(super) async fn item(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Path(item): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let pairs = pairs(query.as_deref())?;
    known(&pairs, &["f", "lang", "version", "as_known_at"])?;
    let id = dataset_id(&item)?;
    let version = get(&pairs, "version").map(str::parse).transpose();
    let version = version.map_err(|_| {
        Problem::parameter("version", told!("serve-not-whole-number", "it is not a whole number"))
    })?;
    let at = params::at(version, get(&pairs, "as_known_at"))?;
    let known = instant_of(&app, &principal, &id, at).await?;
    let record = Records::as_of(&app, &principal, &links, known).await?.one(&id, History::Newest).await?;
    let pin = ["version", "as_known_at"].into_iter().find_map(|name| Some((name, get(&pairs, name)?)));
    Ok(document(GEOJSON, &item_document(&record, &links, lang, pin)))
}

fn item_document(record: &Record, links: &Links, lang: Lang, pin: Option<(&str, &str)>) -> Value {
    let path = format!("{PATH}/items/{}", record.id);
    let own: Vec<(&str, &str)> = pin.into_iter().collect();
    let as_page: Vec<(&str, &str)> = pin.into_iter().chain([("f", "html")]).collect();
    let ways = vec![
        Link::new("self", links.to(&path, &own), GEOJSON),
        Link::new("alternate", links.to(&path, &as_page), "text/html"),
        Link::new("collection", links.path(PATH), JSON),
        Link::new("describedby", record.page.clone(), "text/html"),
        Link::new("alternate", record.uri.clone(), "text/turtle"),
    ];
    ogc::record(record, lang.tag(), ways)
}
