//! One function an endpoint: read, encode.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use model::{DatasetId, Lang, PlaceId};
use standards::feed::{self, Entry, Feed};
use standards::record::{Record, Version};

use super::read::{self, MOST_ENTRIES, PART};
use crate::App;
use crate::http::language::filled;
use crate::http::params::dataset_id;
use crate::http::{Answer, Caller, Links, Problem, RequestLang, revalidate};
use crate::records::{History, Records};

pub(super) async fn robots(links: Links) -> Response {
    let text = feed::robots(&links.path("/sitemap.xml"));
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

pub(super) async fn sitemap(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    headers: HeaderMap,
) -> Answer<Response> {
    let paths = read::paths(&app, &principal).await?;
    let parts: Vec<String> =
        (0..paths.len().div_ceil(PART)).map(|part| links.path(&format!("/sitemap/{part}.xml"))).collect();
    Ok(revalidate::document(&headers, &principal, XML, feed::sitemap_index(&parts)))
}

pub(super) async fn sitemap_page(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Answer<Response> {
    let missing = || Problem::not_found(&format!("/sitemap/{name}"));
    let part: usize = name.strip_suffix(".xml").and_then(|n| n.parse().ok()).ok_or_else(missing)?;
    let paths = read::paths(&app, &principal).await?;
    let pages = paths.chunks(PART).nth(part).ok_or_else(missing)?;
    let pages: Vec<_> = pages
        .iter()
        .map(|(path, changed)| {
            let in_english = if path == "/" { "/en".to_owned() } else { format!("/en{path}") };
            let others = vec![("vi", links.path(path)), ("en", links.path(&in_english))];
            (links.path(path), *changed, others)
        })
        .collect();
    Ok(revalidate::document(&headers, &principal, XML, feed::sitemap(&pages)))
}

pub(super) async fn dataset(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Answer<Response> {
    let id = dataset_id(name.strip_suffix(".atom").unwrap_or(&name))?;
    let record = Records::open(&app, &principal, &links).await?.one(&id, History::Recent).await?;
    let title = record.title.get(lang.tag());
    let feed = Feed {
        address: links.path(&format!("/feeds/datasets/{id}.atom")),
        title: filled(lang, "feed-dataset-title", &[("title", title)]),
        lang: lang.tag(),
        page: record.page.clone(),
        author: record.publisher.name.get(lang.tag()).to_owned(),
        rights: Some(record.licence.clone()).filter(|licence| !licence.is_empty()),
        updated: record.modified,
        entries: record.versions.iter().take(MOST_ENTRIES).map(|v| entry(lang, &record, v)).collect(),
    };
    Ok(revalidate::document(&headers, &principal, ATOM, feed::atom(&feed)))
}

pub(super) async fn place(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Answer<Response> {
    let name = name.strip_suffix(".atom").unwrap_or(&name);
    let id = PlaceId::new(name).map_err(|_| Problem::not_found(name))?;
    let (place, versions) = read::changes_at(&app, &principal, &id).await?;
    let mut ids: Vec<DatasetId> = versions.iter().map(|version| version.dataset.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let records = Records::open(&app, &principal, &links).await?;
    let datasets = app.catalog.datasets_of(&ids).await?;
    let found = records.of(&datasets, History::Newest).await?;
    let by_id: HashMap<&str, &Record> = found.iter().map(|record| (record.id.as_str(), record)).collect();
    let entries = versions.iter().filter_map(|info| {
        let version = Version {
            number: info.version.0,
            uri: links.path(&format!("/dcat/datasets/{}/versions/{}", info.dataset, info.version)),
            committed_at: info.committed_at,
            added: info.added,
            corrected: info.corrected,
            total: info.total,
            made_from: Vec::new(),
        };
        by_id.get(info.dataset.as_str()).map(|record| entry(lang, record, &version))
    });
    let feed = Feed {
        address: links.path(&format!("/feeds/places/{id}.atom")),
        title: filled(lang, "feed-place-title", &[("place", place.name.get(lang).0)]),
        lang: lang.tag(),
        page: links.path(&format!("/place/{id}")),
        author: "Cửu Long".to_owned(),
        rights: None,
        // A feed of nothing has never changed.
        updated: versions.first().map_or(DateTime::UNIX_EPOCH, |version| version.committed_at),
        entries: entries.collect(),
    };
    Ok(revalidate::document(&headers, &principal, ATOM, feed::atom(&feed)))
}

const XML: &str = "application/xml; charset=utf-8";
const ATOM: &str = "application/atom+xml; charset=utf-8";

fn entry(lang: Lang, record: &Record, version: &Version) -> Entry {
    let number = version.number.to_string();
    let counts = [
        ("added", version.added.to_string()),
        ("corrected", version.corrected.to_string()),
        ("total", version.total.to_string()),
    ];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, count)| (*name, count.as_str())).collect();
    let mut categories = vec![record.theme.code.clone(), record.kind.to_owned()];
    if record.synthetic {
        categories.push("synthetic".to_owned());
    }
    Entry {
        id: format!("{}:{}", record.urn, version.number),
        title: filled(
            lang,
            "feed-entry-title",
            &[("version", &number), ("dataset", record.title.get(lang.tag()))],
        ),
        updated: version.committed_at,
        summary: filled(lang, "feed-entry-summary", &counts),
        page: format!("{}?v={number}", record.page),
        categories,
    }
}
