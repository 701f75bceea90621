//! Changes as notification messages of the WMO Information System: the file that made a version, with
//! its hash, where the asker may have it, and else the data themselves.

use catalog::{Change, ChangeKind, FeedState};
use chrono::{DateTime, Utc};
use model::{Bbox, Dataset, DatasetId, DatasetKind, Run, RunId, TimeRange, Version};
use policy::{Permit, Principal, Purpose};
use query::At;
use serde_json::Value;
use standards::wis2::{self, Link, Notification};

use super::document::{data_link, described};
use super::{Cursors, Teller, amended};
use crate::App;
use crate::http::{Answer, Links, ProblemKind};
use crate::rasters;

/// Whether a change of this kind made a version.
pub(crate) fn is_version(kind: ChangeKind) -> bool {
    matches!(
        kind,
        ChangeKind::Data
            | ChangeKind::Correction
            | ChangeKind::Withdrawal
            | ChangeKind::Recheck
            | ChangeKind::Product
    )
}

/// Writes messages for one asker.
pub(crate) struct Notifier<'a> {
    app: &'a App,
    principal: &'a Principal,
    cursors: &'a Cursors,
    links: &'a Links,
}

impl<'a> Notifier<'a> {
    pub(crate) fn new(app: &'a App, principal: &'a Principal, teller: &'a Teller) -> Notifier<'a> {
        Notifier { app, principal, cursors: teller.cursors(), links: teller.links() }
    }

    /// The messages of changes that made versions, in their order: one for each name under which data were
    /// announced that the version brought, amended or took back.
    pub(crate) async fn tell(&self, state: &FeedState, changes: &[Change]) -> Answer<Vec<Value>> {
        let datasets = described(self.app, changes).await?;
        let mut messages = Vec::with_capacity(changes.len());
        for change in changes {
            let (Some(version), Some(dataset)) = (change.version, datasets.get(&change.dataset)) else {
                continue;
            };
            let centre = &self.app.config.wis2_centre;
            let announced = amended::announced(self.app, &dataset.id, version).await?;
            let times = self.times(change, dataset, version).await?;
            for (part, of) in (0..).zip(&announced.of) {
                let (links, sha256) = match announced.rel {
                    "deletion" => (self.links_of_gone(dataset, *of).await?, None),
                    rel => self.links_of(change, dataset, version.0, rel).await?,
                };
                messages.push(wis2::message(&Notification {
                    id: self.cursors.part(state, change.number, part).to_string(),
                    data_id: format!("{centre}/{}/{of}", dataset.id),
                    metadata_id: format!("urn:wmo:md:{centre}:{}", dataset.id),
                    published: change.at,
                    times,
                    sha256,
                    topic: wis2::topic(centre, dataset.theme.code()),
                    links,
                }));
            }
        }
        Ok(messages)
    }

    /// The times of what a version changed, for who may read all of it.
    async fn times(&self, change: &Change, dataset: &Dataset, version: Version) -> Answer<Option<Times>> {
        let Some(run) = &change.run else { return Ok(None) };
        let Some(permit) = self.whole(&dataset.id).await? else { return Ok(None) };
        match dataset.kind {
            DatasetKind::Observations => {
                let changed = amended::changed(self.app, &dataset.id, version, run).await?;
                Ok(changed.and_then(|changed| changed.times))
            }
            DatasetKind::Coverage => {
                let (bbox, at) = (Bbox { west: -180.0, south: -90.0, east: 180.0, north: 90.0 }, version);
                let found = rasters::meeting(self.app, &permit, bbox, TimeRange::ALL, At::Version(at)).await;
                let found = match found {
                    Ok(found) => found,
                    // A version that has been given up tells nothing any more.
                    Err(problem) if matches!(problem.kind, ProblemKind::Gone | ProblemKind::NotFound) => {
                        return Ok(None);
                    }
                    Err(problem) => return Err(problem),
                };
                let rasters = found.into_iter().filter(|one| one.run == run.as_str());
                let times = rasters.filter_map(|raster| raster.time);
                Ok(times.map(|time| (time, time)).reduce(|all, one| (all.0.min(one.0), all.1.max(one.1))))
            }
            _ => Ok(None),
        }
    }

    /// The asker's permit for all values of a dataset, if it has one.
    async fn whole(&self, dataset: &DatasetId) -> Answer<Option<Permit>> {
        match self.app.catalog.authorize(self.principal, dataset, Purpose::Read, Utc::now()).await {
            Ok(permit) => Ok(Some(permit).filter(|permit| permit.rows().is_open())),
            Err(catalog::Error::NotFound { .. } | catalog::Error::Denied(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The topic that messages of a change are published under.
    pub(crate) async fn topic(&self, change: &Change) -> Answer<Option<String>> {
        let datasets = described(self.app, std::slice::from_ref(change)).await?;
        let centre = &self.app.config.wis2_centre;
        Ok(datasets.get(&change.dataset).map(|dataset| wis2::topic(centre, dataset.theme.code())))
    }

    async fn links_of(
        &self,
        change: &Change,
        dataset: &Dataset,
        version: u64,
        rel: &'static str,
    ) -> Answer<(Vec<Link>, Option<[u8; 32]>)> {
        let (data, about) = (self.data(dataset, version, rel), self.about(dataset));
        let is_of_a_file = matches!(change.kind, ChangeKind::Data | ChangeKind::Correction);
        let run = change.run.as_ref().filter(|_| is_of_a_file);
        let file = match run {
            Some(run) => self.file(&dataset.id, run).await?,
            None => None,
        };
        let Some(File { run, sha256, length }) = file else { return Ok((vec![data, about], None)) };
        let original = Link { length, ..self.original(&run, rel) };
        Ok((vec![original, Link { rel: "item", ..data }, about], Some(sha256)))
    }

    /// The links of data that are not there any more, as they led to them when they were announced.
    async fn links_of_gone(&self, dataset: &Dataset, version: Version) -> Answer<Vec<Link>> {
        let run = self.app.catalog.version(&dataset.id, version).await?.map(|info| info.run);
        let file = match run {
            Some(run) => self.file(&dataset.id, &run).await?,
            None => None,
        };
        let gone = match file {
            Some(file) => self.original(&file.run, "deletion"),
            None => self.data(dataset, version.0, "deletion"),
        };
        Ok(vec![gone, self.about(dataset)])
    }

    fn data(&self, dataset: &Dataset, version: u64, rel: &'static str) -> Link {
        let data = data_link(self.links, dataset, version);
        Link { rel, href: data.href, media_type: data.media_type.to_owned(), length: None }
    }

    fn about(&self, dataset: &Dataset) -> Link {
        let href = self.links.path(&format!("/v1/datasets/{}", dataset.id));
        Link { rel: "about", href, media_type: "application/json".to_owned(), length: None }
    }

    fn original(&self, run: &Run, rel: &'static str) -> Link {
        let href = self.links.path(&format!("/v1/runs/{}/original", run.id));
        Link { rel, href, media_type: "application/octet-stream".to_owned(), length: None }
    }

    /// The file of a run, where the asker may have it.
    async fn file(&self, dataset: &DatasetId, run: &RunId) -> Answer<Option<File>> {
        let Some(permit) = self.whole(dataset).await? else { return Ok(None) };
        let Some(run) = self.app.catalog.run(run).await? else { return Ok(None) };
        let Some(original) = &run.original else { return Ok(None) };
        let length = self.app.catalog.original(original).await?.map(|info| info.size);
        let hash = hex::decode(original.to_string()).ok();
        let Some(sha256) = hash.and_then(|bytes| bytes.try_into().ok()) else { return Ok(None) };
        if !self.app.intake.may_give(&permit, &run).await? {
            return Ok(None);
        }
        Ok(Some(File { run, sha256, length }))
    }
}

/// The first and the last.
type Times = (DateTime<Utc>, DateTime<Utc>);

/// What a run read, with its hash and its size.
struct File {
    run: Run,
    sha256: [u8; 32],
    length: Option<u64>,
}
