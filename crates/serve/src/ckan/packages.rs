//! Lists of packages, organizations, groups and tags, as far as the asker may know of them.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use catalog::{DatasetSearch, Observed};
use chrono::{DateTime, Utc};
use model::{Access, AgencyId, DatasetId, DatasetKind, PropertyCode, Theme, fold};
use policy::Permit;
use query::At;
use serde_json::{Map, Value, json};
use standards::ckan::{self, Facet, Order, Refusal, Search};

use super::actions::{Call, Outcome, dataset_id};
use super::handlers::Failure;
use crate::records::{History, Records, counted, theme};
use crate::shelf::Shelf;

/// The names of all packages, or of a page.
pub(super) async fn list(call: &Call<'_>) -> Outcome {
    let limit = call.parameters.number("limit", u64::MAX, u64::MAX)?;
    let offset = call.parameters.number("offset", 0, u64::MAX)?;
    let ids = call.records().await?.matching(&DatasetSearch::default()).await?;
    let page = ids.iter().skip(whole_number(offset)).take(whole_number(limit));
    Ok(page.map(|id| Value::from(id.as_str())).collect())
}

fn whole_number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A search.
pub(super) async fn search(call: &Call<'_>) -> Outcome {
    let asked = Search::read(&call.parameters)?;
    answer(call, &asked).await
}

/// The packages that changed last, with their resources.
pub(super) async fn recent(call: &Call<'_>) -> Outcome {
    let limit = call.parameters.number("limit", 10, 1_000)?;
    let offset = call.parameters.number("offset", 0, u64::from(u32::MAX))?;
    let mut ids = call.records().await?.matching(&DatasetSearch::default()).await?;
    order(call, &mut ids, (Order::Modified, true)).await?;
    let page: Vec<DatasetId> = ids.into_iter().skip(whole_number(offset)).take(whole_number(limit)).collect();
    Ok(Value::Array(packages(call, &page).await?))
}

async fn answer(call: &Call<'_>, asked: &Search) -> Outcome {
    let empty = |asked: &Search| json!({ "count": 0, "results": [], "sort": sort_words(asked), "facets": {}, "search_facets": {} });
    let Some(wanted) = wanted(asked) else { return Ok(empty(asked)) };
    let mut ids = call.records().await?.matching(&wanted).await?;
    if let Some(name) = &asked.name {
        let id = dataset_id(name).ok();
        ids.retain(|there| Some(there) == id.as_ref());
    }
    if let Some(tag) = &asked.tag {
        let Ok(code) = PropertyCode::new(tag) else { return Ok(empty(asked)) };
        let observing: HashSet<DatasetId> = observing(call, &code).await?.into_iter().collect();
        ids.retain(|id| observing.contains(id));
    }
    let facets = facets(call, asked, &wanted, &ids).await?;
    let count = ids.len();
    order(call, &mut ids, asked.order).await?;
    let page: Vec<DatasetId> =
        ids.into_iter().skip(whole_number(asked.start)).take(whole_number(asked.rows)).collect();
    let plain: Map<String, Value> = facets
        .iter()
        .map(|(name, items)| {
            let counts: Map<String, Value> =
                items.iter().map(|(code, _, count)| (code.clone(), (*count).into())).collect();
            ((*name).to_owned(), Value::Object(counts))
        })
        .collect();
    let detailed: Map<String, Value> = facets
        .iter()
        .map(|(name, items)| {
            let items: Vec<Value> = items
                .iter()
                .map(|(code, title, count)| json!({ "name": code, "display_name": title, "count": count }))
                .collect();
            ((*name).to_owned(), json!({ "title": name, "items": items }))
        })
        .collect();
    Ok(json!({
        "count": count,
        "results": packages(call, &page).await?,
        "sort": sort_words(asked),
        "facets": plain,
        "search_facets": detailed,
    }))
}

fn sort_words(asked: &Search) -> String {
    let (order, downwards) = asked.order;
    let field = match order {
        Order::Name => "name",
        Order::Title => "title_string",
        Order::Created => "metadata_created",
        Order::Modified => "metadata_modified",
    };
    format!("{field} {}", if downwards { "desc" } else { "asc" })
}

/// The search in the catalogue's words; `None` when a code of it is none, so that nothing matches.
fn wanted(asked: &Search) -> Option<DatasetSearch> {
    Some(DatasetSearch {
        text: Some(asked.words.clone()).filter(|words| !fold(words).is_empty()),
        agency: known(asked.organization.as_deref(), |code| AgencyId::new(code).ok())?,
        theme: known(asked.group.as_deref(), Theme::from_code)?,
        access: known(asked.access.as_deref(), Access::from_code)?,
        kind: known(asked.kind.as_deref(), DatasetKind::from_code)?,
        ..DatasetSearch::default()
    })
}

/// A code as what it means: nothing at all when it is none, nothing in particular when it is absent.
fn known<T>(code: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    match code {
        None => Some(None),
        Some(code) => read(code).map(Some),
    }
}

type FacetItems = Vec<(String, String, u64)>;

/// Each facet with its values, what they are called and how many packages have them; most first.
async fn facets(
    call: &Call<'_>,
    asked: &Search,
    wanted: &DatasetSearch,
    ids: &[DatasetId],
) -> Result<Vec<(&'static str, FacetItems)>, Failure> {
    if asked.facets.is_empty() {
        return Ok(Vec::new());
    }
    let records = call.records().await?;
    let counts = if asked.name.is_some() || asked.tag.is_some() {
        counted(&records.datasets(ids).await?)
    } else {
        records.counts(wanted).await?
    };
    let mut facets = Vec::new();
    for facet in &asked.facets {
        let mut items: FacetItems = match facet {
            Facet::Organization => counts
                .agencies
                .iter()
                .map(|(id, count)| (id.to_string(), records.agent(id).name.get("vi").to_owned(), *count))
                .collect(),
            Facet::Groups => counts
                .themes
                .iter()
                .map(|(of, count)| {
                    (of.code().to_owned(), theme(call.links, *of).label.get("vi").to_owned(), *count)
                })
                .collect(),
            Facet::Access => plain(counts.access.iter().map(|(access, count)| (access.code(), *count))),
            Facet::Kind => plain(counts.kinds.iter().map(|(kind, count)| (kind.code(), *count))),
        };
        items.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        items.truncate(asked.facet_limit.unwrap_or(usize::MAX));
        facets.push((facet.name(), items));
    }
    Ok(facets)
}

fn plain(counts: impl Iterator<Item = (&'static str, u64)>) -> FacetItems {
    counts.map(|(code, count)| (code.to_owned(), code.to_owned(), count)).collect()
}

/// Puts the ids into an order; equals are by name.
async fn order(call: &Call<'_>, ids: &mut [DatasetId], by: (Order, bool)) -> Result<(), Failure> {
    let records = call.records().await?;
    match by {
        (Order::Name, false) => {}
        (Order::Name, true) => ids.reverse(),
        (Order::Modified, downwards) => {
            let changes = records.changed(ids).await?;
            sort(ids, downwards, |id| changes.get(id).copied());
        }
        (Order::Created, downwards) => {
            let datasets = records.datasets(ids).await?;
            let times: std::collections::HashMap<&DatasetId, DateTime<Utc>> =
                datasets.iter().map(|dataset| (&dataset.id, dataset.created_at)).collect();
            sort(ids, downwards, |id| times.get(id).copied());
        }
        (Order::Title, downwards) => {
            let datasets = records.datasets(ids).await?;
            let titles: std::collections::HashMap<&DatasetId, String> =
                datasets.iter().map(|dataset| (&dataset.id, fold(&dataset.title.vi))).collect();
            sort(ids, downwards, |id| titles.get(id).cloned());
        }
    }
    Ok(())
}

fn sort<K: Ord>(ids: &mut [DatasetId], downwards: bool, key: impl Fn(&DatasetId) -> K) {
    if downwards {
        ids.sort_by_cached_key(|id| (Reverse(key(id)), id.clone()));
    } else {
        ids.sort_by_cached_key(|id| (key(id), id.clone()));
    }
}

async fn packages(call: &Call<'_>, ids: &[DatasetId]) -> Result<Vec<Value>, Failure> {
    let records = call.records().await?;
    let found = records.of(&records.datasets(ids).await?, History::Newest).await?;
    Ok(found.iter().map(|record| ckan::package(record, &call.base())).collect())
}

/// An organization or a group with its packages, when they are asked for.
pub(super) async fn whole(
    call: &Call<'_>,
    records: &Records<'_>,
    search: DatasetSearch,
    write: impl Fn(u64) -> Value,
) -> Outcome {
    let mut ids = records.matching(&search).await?;
    let mut said = write(ids.len() as u64);
    ids.truncate(1_000);
    said["extras"] = json!([]);
    said["users"] = json!([]);
    said["tags"] = json!([]);
    said["groups"] = json!([]);
    if call.parameters.flag("include_datasets", false)? {
        let found = records.of(&records.datasets(&ids).await?, History::Newest).await?;
        said["packages"] = found.iter().map(|record| ckan::package(record, &call.base())).collect();
    }
    Ok(said)
}

/// The agencies that publish something the asker may know of, and the others.
pub(super) async fn organizations(call: &Call<'_>) -> Outcome {
    let records = call.records().await?;
    let counts = records.counts(&DatasetSearch::default()).await?;
    let all = records.agencies();
    let all = all.iter().map(|agent| {
        let count = AgencyId::new(&agent.id).ok().and_then(|id| counts.agencies.get(&id).copied());
        (agent.id.clone(), ckan::organization(agent, Some(count.unwrap_or(0))))
    });
    listed(call, "organizations", all.collect())
}

/// The sectors.
pub(super) async fn groups(call: &Call<'_>) -> Outcome {
    let records = call.records().await?;
    let counts = records.counts(&DatasetSearch::default()).await?;
    let all = Theme::ALL.into_iter().map(|of| {
        let count = counts.themes.get(&of).copied().unwrap_or(0);
        (of.code().to_owned(), ckan::group(&theme(call.links, of), Some(count)))
    });
    listed(call, "groups", all.collect())
}

/// A page of a list: names, or the whole.
fn listed(call: &Call<'_>, names: &str, mut all: Vec<(String, Value)>) -> Outcome {
    if let Some(names) = call.parameters.list(names)? {
        all.retain(|(name, _)| names.contains(name));
    }
    let limit = call.parameters.number("limit", 1_000, 1_000)?;
    let offset = call.parameters.number("offset", 0, u64::from(u32::MAX))?;
    let page = all.into_iter().skip(whole_number(offset)).take(whole_number(limit));
    Ok(if call.parameters.flag("all_fields", false)? {
        page.map(|(_, whole)| whole).collect()
    } else {
        page.map(|(name, _)| Value::from(name)).collect()
    })
}

/// The properties that are observed in what the asker may read.
pub(super) async fn tags(call: &Call<'_>) -> Outcome {
    if call.parameters.text("vocabulary_id")?.is_some() {
        return Err(Refusal::NotFound.into());
    }
    let reading = call.app.catalog.reading(call.principal, Utc::now()).await?;
    // A permit for a part of the rows does not tell what the other rows hold.
    let open = reading.all(&[DatasetKind::Observations]).filter(|one| one.permit.rows().is_open());
    let open: Vec<Permit> = open.map(|one| one.permit).collect();
    let gazetteer = call.app.catalog.gazetteer().await?;
    let query = call.parameters.text("query")?.map(|text| fold(&text)).unwrap_or_default();
    let mut all = Vec::new();
    for code in observed(call, open).await? {
        let name = gazetteer.property(&code).map_or_else(|| code.to_string(), |p| p.name.vi.clone());
        if fold(&format!("{code} {name}")).contains(&query) {
            all.push((code.to_string(), ckan::tag(code.as_str(), &name)));
        }
    }
    listed(call, "tags", all)
}

/// The datasets that the asker may read and in which a property is observed.
pub(super) async fn observing(call: &Call<'_>, code: &PropertyCode) -> Result<Vec<DatasetId>, Failure> {
    let wanted = Observed { properties: Some(vec![code.to_string()]), ..Observed::default() };
    let ids = call.app.catalog.datasets_observing(&wanted).await?;
    let readable = call.app.catalog.readable(call.principal, &ids, Utc::now()).await?;
    let open = readable.into_iter().filter(|one| one.permit.rows().is_open());
    let mut found = Vec::new();
    for one in open {
        let is_there = match call.known()? {
            None => true,
            Some(time) => properties_at(call, &one.permit, time).await?.contains(code),
        };
        found.extend(is_there.then(|| one.permit.dataset().clone()));
    }
    Ok(found)
}

/// The properties that are observed in the datasets.
async fn observed(call: &Call<'_>, open: Vec<Permit>) -> Result<BTreeSet<PropertyCode>, Failure> {
    let Some(time) = call.known()? else {
        let ids: Vec<DatasetId> = open.iter().map(|permit| permit.dataset().clone()).collect();
        return Ok(call.app.catalog.observed_properties(&ids).await?);
    };
    let mut codes = BTreeSet::new();
    for permit in &open {
        codes.extend(properties_at(call, permit, time).await?);
    }
    Ok(codes)
}

/// The properties that were observed in a dataset at an instant; none before its first data.
async fn properties_at(
    call: &Call<'_>,
    permit: &Permit,
    time: DateTime<Utc>,
) -> Result<BTreeSet<PropertyCode>, Failure> {
    let Some(version) = call.app.catalog.version_at(permit.dataset(), time).await? else {
        return Ok(BTreeSet::new());
    };
    let shelf = Shelf::open(call.app, permit, At::Version(version.version)).await?;
    Ok(shelf.streams.iter().map(|stream| stream.key.property.clone()).collect())
}
