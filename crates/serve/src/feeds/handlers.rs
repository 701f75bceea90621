//! One function an endpoint: read, encode.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use model::{DatasetId, Lang, PlaceId};
use serde::Deserialize;
use standards::feed::{self, Entry, Feed};
use standards::record::{Record, Version};
use wording::told;

use super::read::{self, MOST_ENTRIES, PART};
use crate::App;
use crate::http::language::filled;
use crate::http::params::dataset_id;
use crate::http::{Answer, Caller, Links, Params, Problem, RequestLang, params, revalidate};
use crate::records::{History, Records, instant_of};

/// Which version, or which instant, a feed ends with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedParams {
    version: Option<u64>,
    as_known_at: Option<String>,
}

impl FeedParams {
    /// The feed's own address.
    fn address(&self, links: &Links, path: &str) -> String {
        let version = self.version.map(|version| version.to_string());
        let pins = [("version", version.as_deref()), ("as_known_at", self.as_known_at.as_deref())];
        let pins: Vec<(&str, &str)> =
            pins.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        links.to(path, &pins)
    }
}

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
    Params(asked): Params<FeedParams>,
) -> Answer<Response> {
    let id = dataset_id(name.strip_suffix(".atom").unwrap_or(&name))?;
    let at = params::at(asked.version, asked.as_known_at.as_deref())?;
    let known = instant_of(&app, &principal, &id, at).await?;
    let record = Records::as_of(&app, &principal, &links, known).await?.one(&id, History::Recent).await?;
    let title = record.title.get(lang.tag());
    let feed = Feed {
        address: asked.address(&links, &format!("/feeds/datasets/{id}.atom")),
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
    Params(asked): Params<FeedParams>,
) -> Answer<Response> {
    let name = name.strip_suffix(".atom").unwrap_or(&name);
    let id = PlaceId::new(name).map_err(|_| Problem::not_found(name))?;
    if asked.version.is_some() {
        return Err(Problem::parameter(
            "version",
            told!(
                "serve-version-one-dataset-give-as-known-at",
                "a version is of one dataset: give `as_known_at`"
            ),
        ));
    }
    let known = params::instant(asked.as_known_at.as_deref())?;
    let (place, versions) = read::changes_at(&app, &principal, &id, known).await?;
    let mut ids: Vec<DatasetId> = versions.iter().map(|version| version.dataset.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let records = Records::as_of(&app, &principal, &links, known).await?;
    let found = records.of(&records.datasets(&ids).await?, History::Newest).await?;
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
        address: asked.address(&links, &format!("/feeds/places/{id}.atom")),
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
