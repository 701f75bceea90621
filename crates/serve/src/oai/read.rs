//! A page of what changed, as far as the asker may know of it.

use std::collections::HashMap;

use catalog::{ChangesWanted, DatasetSearch, RecordChange};
use chrono::{DateTime, Utc};
use model::{Dataset, DatasetId};
use policy::Principal;
use standards::oai::{Header, List};

use crate::App;
use crate::http::Answer;

/// Records of a page.
const PAGE: usize = 100;
/// Changes that are looked at together.
const CHUNK: u64 = 500;
/// What comes before a dataset's id in the identifier of its record.
const URN: &str = "urn:cuulong:dataset:";

/// A record that the asker may know of, or that is gone.
pub(super) struct Found {
    pub(super) at: DateTime<Utc>,
    pub(super) dataset: Dataset,
    pub(super) deleted: bool,
}

impl Found {
    /// Its header.
    pub(super) fn header(&self) -> Header {
        Header {
            identifier: format!("{URN}{}", self.dataset.id),
            datestamp: self.at,
            sets: sets(&self.dataset).into(),
            deleted: self.deleted,
        }
    }
}

fn sets(dataset: &Dataset) -> [String; 2] {
    [format!("agency:{}", dataset.agency), format!("theme:{}", dataset.theme.code())]
}

/// The dataset of an identifier.
pub(super) fn dataset_of(identifier: &str) -> Option<DatasetId> {
    DatasetId::new(identifier.strip_prefix(URN)?).ok()
}

/// A page of the list, and whether there are more.
pub(super) async fn page(app: &App, principal: &Principal, list: &List) -> Answer<(Vec<Found>, bool)> {
    let after = list.after.as_ref().and_then(|(at, id)| Some((*at, DatasetId::new(id).ok()?)));
    let is_of = |one: &Found| list.set.as_ref().is_none_or(|set| sets(&one.dataset).contains(set));
    let mut found = gone(app, principal, list, after.as_ref()).await?;
    found.retain(is_of);
    let (mut there, mut is_last) = (0, false);
    let mut wanted = ChangesWanted { from: list.from, before: list.before, after, limit: CHUNK };
    // One more than a page tells that there are more.
    while there <= PAGE && !is_last {
        let changes = app.catalog.record_changes(&wanted).await?;
        is_last = (changes.len() as u64) < CHUNK;
        wanted.after = changes.last().map(|change| (change.changed_at, change.dataset.clone()));
        for one in known(app, principal, changes).await?.into_iter().filter(is_of) {
            there += 1;
            found.push(one);
        }
    }
    found.sort_by(|a, b| (a.at, &a.dataset.id).cmp(&(b.at, &b.dataset.id)));
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    Ok((found, has_more))
}

/// The page of the list as it was at an instant.
pub(super) async fn page_at(
    app: &App,
    principal: &Principal,
    list: &List,
    known: DateTime<Utc>,
) -> Answer<(Vec<Found>, bool)> {
    let after = list.after.as_ref().map(|(at, id)| (*at, id.as_str()));
    let mut found = all_at(app, principal, known).await?;
    found.retain(|one| {
        list.from.is_none_or(|from| from <= one.at)
            && list.before.is_none_or(|before| one.at < before)
            && after.is_none_or(|after| after < (one.at, one.dataset.id.as_str()))
            && list.set.as_ref().is_none_or(|set| sets(&one.dataset).contains(set))
    });
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    Ok((found, has_more))
}

/// Everything that was there at an instant or was gone by then, as far as the asker may know of it now,
/// by the time of its last change until then.
async fn all_at(app: &App, principal: &Principal, known: DateTime<Utc>) -> Answer<Vec<Found>> {
    let now = Utc::now();
    let told = app.catalog.matching_told(principal, &DatasetSearch::default(), now, known).await?;
    let ids: Vec<DatasetId> = told.iter().map(|told| told.dataset.id.clone()).collect();
    let versions = app.catalog.versions_of(&ids, Some(known)).await?;
    let mut found: Vec<Found> = told
        .into_iter()
        .map(|told| {
            let committed = versions.get(&told.dataset.id).map(|version| version.committed_at);
            let at = committed.map_or(told.since, |at| at.max(told.since));
            Found { at, dataset: told.dataset, deleted: false }
        })
        .collect();
    let gone: Vec<DatasetId> =
        app.catalog.withdrawn_records().await?.into_iter().map(|change| change.dataset).collect();
    let knowable = app.catalog.knowable(principal, &gone, now).await?;
    let gone: Vec<DatasetId> = gone.into_iter().filter(|id| !knowable.contains(id)).collect();
    for told in app.catalog.told(&gone, known).await? {
        found.extend(told.withdrawn_at.map(|at| Found { at, dataset: told.dataset, deleted: true }));
    }
    found.sort_by(|a, b| (a.at, &a.dataset.id).cmp(&(b.at, &b.dataset.id)));
    Ok(found)
}

/// One record.
pub(super) async fn one(app: &App, principal: &Principal, id: &DatasetId) -> Answer<Option<Found>> {
    let mut changes = app.catalog.record_changes_of(std::slice::from_ref(id)).await?;
    let Some(change) = changes.remove(id) else { return Ok(None) };
    if let Some(there) = known(app, principal, vec![change.clone()]).await?.pop() {
        return Ok(Some(there));
    }
    let Some(at) = change.withdrawn_at else { return Ok(None) };
    let dataset = app.catalog.dataset(id).await?;
    Ok(dataset.map(|dataset| Found { at, dataset, deleted: true }))
}

/// One record as it was at an instant, as far as the asker may know of it now.
pub(super) async fn one_at(
    app: &App,
    principal: &Principal,
    id: &DatasetId,
    known: DateTime<Utc>,
) -> Answer<Option<Found>> {
    let own = std::slice::from_ref(id);
    let Some(told) = app.catalog.told(own, known).await?.pop() else { return Ok(None) };
    if app.catalog.knowable(principal, own, Utc::now()).await?.contains(id) {
        let committed = app.catalog.version_at(id, known).await?.map(|version| version.committed_at);
        let at = committed.map_or(told.since, |at| at.max(told.since));
        return Ok(Some(Found { at, dataset: told.dataset, deleted: false }));
    }
    let is_gone =
        app.catalog.record_changes_of(own).await?.get(id).is_some_and(|now| now.withdrawn_at.is_some());
    let at = told.withdrawn_at.filter(|_| is_gone);
    Ok(at.map(|at| Found { at, dataset: told.dataset, deleted: true }))
}

/// Those of the changes that the asker may know of.
async fn known(app: &App, principal: &Principal, changes: Vec<RecordChange>) -> Answer<Vec<Found>> {
    let ids: Vec<DatasetId> = changes.iter().map(|change| change.dataset.clone()).collect();
    let knowable = app.catalog.knowable(principal, &ids, Utc::now()).await?;
    let changes = changes.into_iter().filter(|change| knowable.contains(&change.dataset));
    let times: Vec<_> = changes.map(|change| (change.dataset, change.changed_at)).collect();
    found(app, times, false).await
}

/// What is gone for the asker, in the range of the list: told at the time at which it went, whatever
/// happened to it since.
async fn gone(
    app: &App,
    principal: &Principal,
    list: &List,
    after: Option<&(DateTime<Utc>, DatasetId)>,
) -> Answer<Vec<Found>> {
    let changes = app.catalog.withdrawn_records().await?;
    let ids: Vec<DatasetId> = changes.iter().map(|change| change.dataset.clone()).collect();
    let knowable = app.catalog.knowable(principal, &ids, Utc::now()).await?;
    let times = changes.into_iter().filter_map(|change| Some((change.dataset, change.withdrawn_at?)));
    let times = times.filter(|(id, at)| {
        !knowable.contains(id)
            && list.from.is_none_or(|from| from <= *at)
            && list.before.is_none_or(|before| *at < before)
            && after.is_none_or(|(last, of)| (last, of) < (at, id))
    });
    found(app, times.collect(), true).await
}

async fn found(app: &App, times: Vec<(DatasetId, DateTime<Utc>)>, deleted: bool) -> Answer<Vec<Found>> {
    let ids: Vec<DatasetId> = times.iter().map(|(id, _)| id.clone()).collect();
    let datasets = app.catalog.datasets_of(&ids).await?;
    let times: HashMap<DatasetId, DateTime<Utc>> = times.into_iter().collect();
    let found = datasets.into_iter().filter_map(|dataset| {
        let at = *times.get(&dataset.id)?;
        Some(Found { at, dataset, deleted })
    });
    Ok(found.collect())
}
