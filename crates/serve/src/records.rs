//! What is told of datasets, read once for every outlet of the catalogue: for whom, and how much.
//!
//! Whoever may know of a dataset is told what it is; only whoever may read it is told where and when
//! its data lie, what they hold and where they are. A dataset that is hidden is in no record, not
//! even as what a product was made from.

mod content;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::{DatasetCounts, DatasetSearch, Gazetteer, Readable};
use chrono::{DateTime, Utc};
use model::{Agency, AgencyId, Dataset, DatasetId, Lang, Text, Theme, VersionInfo};
use policy::{Principal, Purpose};
use query::At;
use standards::record::{Agent, Pinned, Record, Term, Version, Words};

pub(crate) use content::province;

use crate::App;
use crate::http::language::message;
use crate::http::{Answer, Links, Problem, params};

/// The newest versions of one dataset that a record tells of.
const MOST_VERSIONS: usize = 100;

/// How much of its history a record tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// The newest version.
    Newest,
    /// The last hundred versions.
    Recent,
}

/// Reads records for one asker.
pub struct Records<'a> {
    app: &'a App,
    principal: &'a Principal,
    links: &'a Links,
    agencies: HashMap<AgencyId, Agency>,
    gazetteer: Arc<Gazetteer>,
    now: DateTime<Utc>,
    known: Option<DateTime<Utc>>,
}

/// The instant as of which one dataset is asked for: of a version, the one at which it was committed, for
/// whoever may know of the dataset.
pub async fn instant_of(
    app: &App,
    principal: &Principal,
    id: &DatasetId,
    at: At,
) -> Answer<Option<DateTime<Utc>>> {
    match at {
        At::Latest => Ok(None),
        At::KnownAt(time) => Ok(Some(time)),
        At::Version(_) => {
            app.catalog.authorize(principal, id, Purpose::Describe, Utc::now()).await?;
            Ok(params::version(app, id, at).await?.map(|version| version.committed_at))
        }
    }
}

/// How many of some datasets are of each agency, sector, class and kind.
pub fn counted(datasets: &[Dataset]) -> DatasetCounts {
    let mut counts = DatasetCounts::default();
    for dataset in datasets {
        counts.total += 1;
        *counts.themes.entry(dataset.theme).or_default() += 1;
        *counts.access.entry(dataset.access).or_default() += 1;
        *counts.kinds.entry(dataset.kind).or_default() += 1;
        *counts.agencies.entry(dataset.agency.clone()).or_default() += 1;
    }
    counts
}

impl<'a> Records<'a> {
    /// Begins to read for an asker, with links as it called us.
    pub async fn open(app: &'a App, principal: &'a Principal, links: &'a Links) -> Answer<Records<'a>> {
        Records::as_of(app, principal, links, None).await
    }

    /// The same, as of an instant when one is given.
    pub async fn as_of(
        app: &'a App,
        principal: &'a Principal,
        links: &'a Links,
        known: Option<DateTime<Utc>>,
    ) -> Answer<Records<'a>> {
        let agencies = match known {
            None => app.catalog.agencies().await?,
            Some(time) => app.catalog.agencies_told(time).await?,
        };
        Ok(Records {
            app,
            principal,
            links,
            agencies: agencies.into_iter().map(|agency| (agency.id.clone(), agency)).collect(),
            gazetteer: app.catalog.gazetteer().await?,
            now: Utc::now(),
            known,
        })
    }

    /// The record of one dataset, which is not found when the asker may not know of it, or when it was not
    /// there by then.
    pub async fn one(&self, id: &DatasetId, history: History) -> Answer<Record> {
        let app = self.app;
        app.catalog.authorize(self.principal, id, Purpose::Describe, self.now).await?;
        app.lake.settle(id).await?;
        let dataset = match self.known {
            None => app.catalog.dataset(id).await?,
            Some(time) => app.catalog.dataset_at(id, time).await?,
        };
        let dataset = dataset.ok_or_else(|| Problem::not_found(id.as_str()))?;
        let mut records = self.of(std::slice::from_ref(&dataset), history).await?;
        records.pop().ok_or_else(|| Problem::not_found(id.as_str()))
    }

    /// The ids of the datasets that the asker may know of and that match, in order. Neither limit nor
    /// offset of the search counts.
    pub async fn matching(&self, search: &DatasetSearch) -> Answer<Vec<DatasetId>> {
        let catalog = &self.app.catalog;
        match self.known {
            None => Ok(catalog.matching_datasets(self.principal, search, self.now).await?),
            Some(time) => {
                let told = catalog.matching_told(self.principal, search, self.now, time).await?;
                Ok(told.into_iter().map(|told| told.dataset.id).collect())
            }
        }
    }

    /// Some datasets as they are described, in the order of the ids; those that are not there are passed
    /// over. Whoever calls has asked whether the asker may know of them.
    pub async fn datasets(&self, ids: &[DatasetId]) -> Answer<Vec<Dataset>> {
        let catalog = &self.app.catalog;
        match self.known {
            None => Ok(catalog.datasets_of(ids).await?),
            Some(time) => Ok(catalog.told(ids, time).await?.into_iter().map(|told| told.dataset).collect()),
        }
    }

    /// How many datasets of each agency, sector, class and kind match, of those that the asker may know of.
    pub async fn counts(&self, search: &DatasetSearch) -> Answer<DatasetCounts> {
        match self.known {
            None => Ok(self.app.catalog.count_datasets(self.principal, search, self.now).await?),
            Some(_) => Ok(counted(&self.datasets(&self.matching(search).await?).await?)),
        }
    }

    /// When what is told of these datasets changed last.
    pub async fn changed(&self, ids: &[DatasetId]) -> Answer<HashMap<DatasetId, DateTime<Utc>>> {
        let catalog = &self.app.catalog;
        let Some(time) = self.known else {
            let changes = catalog.record_changes_of(ids).await?;
            return Ok(changes.into_iter().map(|(id, change)| (id, change.changed_at)).collect());
        };
        let told = catalog.told(ids, time).await?;
        let mut changed: HashMap<DatasetId, DateTime<Utc>> =
            told.into_iter().map(|told| (told.dataset.id, told.since)).collect();
        for (id, version) in catalog.versions_of(ids, Some(time)).await? {
            let last = changed.entry(id).or_insert(version.committed_at);
            *last = version.committed_at.max(*last);
        }
        Ok(changed)
    }

    /// The records of datasets that the asker may know of, in their order.
    pub async fn of(&self, datasets: &[Dataset], history: History) -> Answer<Vec<Record>> {
        let catalog = &self.app.catalog;
        let ids: Vec<DatasetId> = datasets.iter().map(|dataset| dataset.id.clone()).collect();
        let mut histories: HashMap<DatasetId, Vec<VersionInfo>> = HashMap::new();
        match history {
            History::Newest => {
                for (id, version) in catalog.versions_of(&ids, self.known).await? {
                    histories.insert(id, vec![version]);
                }
            }
            History::Recent => {
                for id in &ids {
                    let mut versions = catalog.versions(id).await?;
                    versions.retain(|version| self.known.is_none_or(|time| version.committed_at <= time));
                    versions.truncate(MOST_VERSIONS);
                    histories.insert(id.clone(), versions);
                }
            }
        }
        let changes = self.changed(&ids).await?;
        let readable = catalog.readable(self.principal, &ids, self.now).await?;
        let readable: HashMap<&DatasetId, &Readable> =
            readable.iter().map(|readable| (readable.permit.dataset(), readable)).collect();
        let all: Vec<VersionInfo> = histories.values().flatten().cloned().collect();
        let visible = self.visible(&all).await?;
        let mut records = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let versions = histories.remove(&dataset.id).unwrap_or_default();
            let newest = versions.first().map(|version| version.committed_at);
            let changed = changes.get(&dataset.id).copied();
            let mut record = self.described(dataset);
            record.modified =
                [newest, changed].into_iter().flatten().fold(dataset.created_at, |last, time| last.max(time));
            record.versions = versions.iter().map(|version| self.version_of(version, &visible)).collect();
            let pin = versions.first().map(|version| version.version).filter(|_| self.known.is_some());
            let is_there = self.known.is_none() || pin.is_some();
            if let Some(readable) = readable.get(&dataset.id).filter(|_| is_there) {
                let at = pin.map_or(At::Latest, At::Version);
                content::fill(self, &mut record, dataset, &readable.permit, at).await?;
                if let Some(version) = pin {
                    content::pin(&mut record, version.0);
                }
            }
            records.push(record);
        }
        Ok(records)
    }

    /// The instant that what is told is of.
    fn time(&self) -> DateTime<Utc> {
        self.known.unwrap_or(self.now)
    }

    /// What is told to whoever may know of the dataset.
    fn described(&self, dataset: &Dataset) -> Record {
        let id = &dataset.id;
        let mut description = words(&dataset.description);
        if dataset.synthetic {
            description = said("record-synthetic").followed_by(&description);
        }
        Record {
            id: id.to_string(),
            urn: format!("urn:cuulong:dataset:{id}"),
            uri: self.links.path(&format!("/dcat/datasets/{id}")),
            page: self.links.path(&format!("/data/{id}")),
            kind: dataset.kind.code(),
            title: words(&dataset.title),
            description,
            publisher: self.agent(&dataset.agency),
            theme: theme(self.links, dataset.theme),
            licence: dataset.licence.clone(),
            access: dataset.access.code(),
            source: dataset.source.clone(),
            synthetic: dataset.synthetic,
            issued: dataset.created_at,
            modified: dataset.created_at,
            bbox: None,
            places: Vec::new(),
            time: None,
            properties: Vec::new(),
            columns: Vec::new(),
            versions: Vec::new(),
            distributions: Vec::new(),
            services: Vec::new(),
        }
    }

    /// An agency as a publisher.
    pub fn agent(&self, id: &AgencyId) -> Agent {
        let agency = self.agencies.get(id);
        let name = agency.map_or_else(|| Text { vi: id.to_string(), ..Text::default() }, |a| a.name.clone());
        Agent {
            id: id.to_string(),
            uri: self.links.path(&format!("/dcat/agencies/{id}")),
            name: words(&name),
            page: agency.and_then(|agency| agency.url.clone()),
        }
    }

    /// Every agency, by id.
    pub fn agencies(&self) -> Vec<Agent> {
        let mut ids: Vec<&AgencyId> = self.agencies.keys().collect();
        ids.sort_unstable();
        ids.into_iter().map(|id| self.agent(id)).collect()
    }

    /// Which of the datasets that versions were made from the asker may know of.
    async fn visible(&self, versions: &[VersionInfo]) -> Answer<HashSet<DatasetId>> {
        let pinned: Vec<DatasetId> =
            versions.iter().flat_map(|version| &version.pinned).map(|(id, _)| id.clone()).collect();
        if pinned.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(self.app.catalog.knowable(self.principal, &pinned, self.now).await?)
    }

    fn version_of(&self, info: &VersionInfo, visible: &HashSet<DatasetId>) -> Version {
        let of = |id: &DatasetId, number: model::Version| {
            self.links.path(&format!("/dcat/datasets/{id}/versions/{number}"))
        };
        let pinned = info.pinned.iter().filter(|(id, _)| visible.contains(id));
        Version {
            number: info.version.0,
            uri: of(&info.dataset, info.version),
            committed_at: info.committed_at,
            added: info.added,
            corrected: info.corrected,
            total: info.total,
            made_from: pinned
                .map(|(id, number)| Pinned {
                    id: id.to_string(),
                    dataset: self.links.path(&format!("/dcat/datasets/{id}")),
                    uri: of(id, *number),
                    version: number.0,
                })
                .collect(),
        }
    }
}

/// A sector, in the scheme of sectors.
pub fn theme(links: &Links, theme: Theme) -> Term {
    Term {
        code: theme.code().to_owned(),
        uri: links.path(&format!("/dcat/themes/{}", theme.code())),
        label: said(&format!("record-theme-{}", theme.code())),
    }
}

/// A text of the model in every language that it is in.
pub fn words(text: &Text) -> Words {
    Words::new([("vi", Some(text.vi.clone())), ("en", text.en.clone()), ("km", text.km.clone())])
}

/// A message in both languages that messages are in.
pub fn said(id: &str) -> Words {
    Words::new([("vi", Some(message(Lang::Vi, id))), ("en", Some(message(Lang::En, id)))])
}
