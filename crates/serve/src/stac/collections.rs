//! The list of collections, and a search in it (STAC API – Collection Search 1.0.0-rc.1): by words of what is
//! told of a dataset, by a box and by a time, which hold where they hold of one of its items.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use catalog::DatasetSearch;
use model::DatasetId;
use serde::Deserialize;
use serde_json::{Value, json};
use standards::ogc::Link;
use standards::stac::Search;

use super::encode;
use super::handlers::{COLLECTIONS, MOST_ITEMS};
use super::read::{self, Shown};
use crate::App;
use crate::http::{Answer, Caller, Links, Params, Problem, RequestLang, params};
use crate::records::{History, Records};

/// Words that are looked for in one request.
const MOST_WORDS: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    limit: Option<i64>,
    /// The last collection of the page before.
    token: Option<String>,
    bbox: Option<String>,
    datetime: Option<String>,
    /// Words with commas between them: a collection has all words of one part.
    q: Option<String>,
}

impl ListParams {
    /// What is looked for in items; none when nothing is.
    fn of_items(&self) -> Answer<Option<Search>> {
        let given = [("bbox", &self.bbox), ("datetime", &self.datetime)];
        let given = given.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
        let pairs: Vec<(String, String)> = given.collect();
        if pairs.is_empty() {
            return Ok(None);
        }
        Ok(Some(Search::of_pairs(&pairs, &["bbox", "datetime"])?))
    }

    /// The address of the page behind a collection.
    fn next(&self, links: &Links, limit: usize, last: &DatasetId) -> String {
        let limit = limit.to_string();
        let mut pairs = vec![("limit", limit.as_str()), ("token", last.as_str())];
        for (name, text) in [("bbox", &self.bbox), ("datetime", &self.datetime), ("q", &self.q)] {
            pairs.extend(text.as_deref().map(|text| (name, text)));
        }
        links.to("/stac/collections", &pairs)
    }
}

pub(super) async fn collections(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    RequestLang(lang): RequestLang,
    Params(asked): Params<ListParams>,
) -> Answer<Json<Value>> {
    let limit = params::limit(asked.limit, COLLECTIONS, MOST_ITEMS)?;
    let after = asked.token.as_deref().map(DatasetId::new).transpose();
    let after = after.map_err(|error| Problem::parameter("token", error))?;
    let of_items = asked.of_items()?;
    let records = Records::open(&app, &principal, &links).await?;
    let mut shown = Shown::all(&app, &principal, None, None).await?;
    if let Some(text) = asked.q.as_deref().filter(|text| text.chars().any(|c| c != ',' && !c.is_whitespace()))
    {
        let named = named(&records, text).await?;
        shown.retain(|one| named.contains(&one.dataset.id));
    }
    if let Some(wanted) = of_items {
        let all = read::entries(&app, &shown).await?;
        let found: HashSet<DatasetId> = all
            .iter()
            .filter(|one| read::has_one(one, &wanted))
            .map(|(one, _)| one.dataset.id.clone())
            .collect();
        drop(all);
        shown.retain(|one| found.contains(&one.dataset.id));
    }
    let total = shown.len();
    let from = shown.partition_point(|one| after.as_ref().is_some_and(|after| one.dataset.id <= *after));
    let page: Vec<_> = shown.iter().skip(from).take(limit).map(|one| one.dataset.clone()).collect();
    let records = records.of(&page, History::Newest).await?;
    let mut ways = vec![
        Link::new("self", links.path("/stac/collections"), encode::JSON),
        Link::new("root", links.path("/stac"), encode::JSON),
    ];
    if let Some(last) = page.last().filter(|_| from + page.len() < total) {
        ways.push(Link::new("next", asked.next(&links, limit, &last.id), encode::JSON));
    }
    let collections: Vec<Value> =
        records.iter().map(|record| encode::collection(&links, lang, record, None)).collect();
    Ok(Json(json!({
        "collections": collections, "links": ways, "numberMatched": total, "numberReturned": collections.len(),
    })))
}

/// The datasets of which all words of some part of a text are told.
async fn named(records: &Records<'_>, text: &str) -> Answer<HashSet<DatasetId>> {
    let mut found = HashSet::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()).take(MOST_WORDS) {
        let search = DatasetSearch { text: Some(part.to_owned()), ..DatasetSearch::default() };
        found.extend(records.matching(&search).await?);
    }
    Ok(found)
}
