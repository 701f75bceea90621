//! What is told of datasets, read once for every outlet of the catalogue: for whom, and how much.
//!
//! Whoever may know of a dataset is told what it is; only whoever may read it is told where and when
//! its data lie, what they hold and where they are. A dataset that is hidden is in no record, not
//! even as what a product was made from.

mod content;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use catalog::{Gazetteer, Readable};
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
}

impl<'a> Records<'a> {
    /// Begins to read for an asker, with links as it called us.
    pub async fn open(app: &'a App, principal: &'a Principal, links: &'a Links) -> Answer<Records<'a>> {
        let agencies = app.catalog.agencies().await?;
        Ok(Records {
            app,
            principal,
            links,
            agencies: agencies.into_iter().map(|agency| (agency.id.clone(), agency)).collect(),
            gazetteer: app.catalog.gazetteer().await?,
            now: Utc::now(),
        })
    }

    /// The record of one dataset, which is not found when the asker may not know of it.
    pub async fn one(&self, id: &DatasetId, history: History) -> Answer<Record> {
        let app = self.app;
        app.catalog.authorize(self.principal, id, Purpose::Describe, self.now).await?;
        app.lake.settle(id).await?;
        let dataset = app.catalog.dataset(id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
        let mut records = self.of(std::slice::from_ref(&dataset), history).await?;
        records.pop().ok_or_else(|| Problem::not_found(id.as_str()))
    }

    /// The record of one dataset as of one of its versions: what it tells of data, and its
    /// distributions, are pinned to it, so that later versions change nothing of it.
    pub async fn version(&self, id: &DatasetId, number: u64) -> Answer<(Record, Version)> {
        let app = self.app;
        app.catalog.authorize(self.principal, id, Purpose::Describe, self.now).await?;
        let at = At::Version(model::Version(number));
        let info = params::version(app, id, at).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
        let dataset = app.catalog.dataset(id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
        let visible = self.visible(std::slice::from_ref(&info)).await?;
        let version = self.version_of(&info, &visible);
        let mut record = self.described(&dataset);
        record.modified = info.committed_at;
        record.versions = vec![version.clone()];
        let readable = app.catalog.readable(self.principal, std::slice::from_ref(id), self.now).await?;
        if let Some(readable) = readable.first() {
            content::fill(self, &mut record, &dataset, &readable.permit, at).await?;
        }
        content::pin(&mut record, number);
        Ok((record, version))
    }

    /// The records of datasets that the asker may know of, in their order.
    pub async fn of(&self, datasets: &[Dataset], history: History) -> Answer<Vec<Record>> {
        let catalog = &self.app.catalog;
        let ids: Vec<DatasetId> = datasets.iter().map(|dataset| dataset.id.clone()).collect();
        let mut histories: HashMap<DatasetId, Vec<VersionInfo>> = HashMap::new();
        match history {
            History::Newest => {
                for (id, version) in catalog.versions_of(&ids, None).await? {
                    histories.insert(id, vec![version]);
                }
            }
            History::Recent => {
                for id in &ids {
                    let mut versions = catalog.versions(id).await?;
                    versions.truncate(MOST_VERSIONS);
                    histories.insert(id.clone(), versions);
                }
            }
        }
        let changes = catalog.record_changes_of(&ids).await?;
        let readable = catalog.readable(self.principal, &ids, self.now).await?;
        let readable: HashMap<&DatasetId, &Readable> =
            readable.iter().map(|readable| (readable.permit.dataset(), readable)).collect();
        let all: Vec<VersionInfo> = histories.values().flatten().cloned().collect();
        let visible = self.visible(&all).await?;
        let mut records = Vec::with_capacity(datasets.len());
        for dataset in datasets {
            let versions = histories.remove(&dataset.id).unwrap_or_default();
            let newest = versions.first().map(|version| version.committed_at);
            let changed = changes.get(&dataset.id).map(|change| change.changed_at);
            let mut record = self.described(dataset);
            record.modified =
                [newest, changed].into_iter().flatten().fold(dataset.created_at, |last, time| last.max(time));
            record.versions = versions.iter().map(|version| self.version_of(version, &visible)).collect();
            if let Some(readable) = readable.get(&dataset.id) {
                content::fill(self, &mut record, dataset, &readable.permit, At::Latest).await?;
            }
            records.push(record);
        }
        Ok(records)
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
