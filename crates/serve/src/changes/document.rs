//! A change as a document: what happened to which dataset, under which licence, and where to read on.

use std::collections::HashMap;

use catalog::{Change, FeedState};
use chrono::{DateTime, Utc};
use model::{Dataset, DatasetId, DatasetKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::Cursors;
use crate::App;
use crate::http::{Answer, Links};

/// Something that happened to a dataset.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeDocument {
    /// Its name, the same for every reader and for good: who gets it twice knows it by this.
    pub id: String,
    /// Where to go on after it.
    pub cursor: String,
    /// registered, described, opened, narrowed, data, correction, withdrawal, recheck, product,
    /// granted or revoked.
    pub kind: &'static str,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The dataset.
    pub dataset: String,
    /// The dataset's title, Vietnamese.
    pub title_vi: String,
    /// The dataset's title, English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_en: Option<String>,
    /// The agency that publishes it.
    pub agency: String,
    /// Its licence.
    pub licence: String,
    /// open, shared or restricted.
    pub access: &'static str,
    /// Whether its values were made up for demonstration.
    pub synthetic: bool,
    /// The version that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The run that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Values that were new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added: Option<u64>,
    /// Values that replaced another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<u64>,
    /// Values in the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Where to read on.
    pub links: Vec<ChangeLink>,
}

/// A link of a change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeLink {
    /// canonical (the data at this version), about (the dataset), via (the run) or
    /// predecessor-differences (what differs from the version before).
    pub rel: &'static str,
    /// Where.
    pub href: String,
    /// The media type.
    #[serde(rename = "type")]
    pub media_type: &'static str,
}

/// Tells of changes in documents.
pub(crate) struct Teller {
    cursors: Cursors,
    links: Links,
}

impl Teller {
    /// With links as the asker called us.
    pub(crate) async fn open(app: &App, links: Links) -> Answer<Teller> {
        Ok(Teller { cursors: Cursors::open(app).await?, links })
    }

    /// The cursors.
    pub(crate) fn cursors(&self) -> &Cursors {
        &self.cursors
    }

    /// The links.
    pub(crate) fn links(&self) -> &Links {
        &self.links
    }

    /// The documents of changes that the asker may know of, in their order.
    pub(crate) async fn tell(
        &self,
        app: &App,
        state: &FeedState,
        changes: &[Change],
    ) -> Answer<Vec<ChangeDocument>> {
        let datasets = described(app, changes).await?;
        let told = changes.iter().filter_map(|change| {
            datasets.get(&change.dataset).map(|dataset| self.document(state, change, dataset))
        });
        Ok(told.collect())
    }

    fn document(&self, state: &FeedState, change: &Change, dataset: &Dataset) -> ChangeDocument {
        ChangeDocument {
            id: self.cursors.id(state, change.number).to_string(),
            cursor: self.cursors.write(state, change.number),
            kind: change.kind.code(),
            at: change.at,
            dataset: dataset.id.to_string(),
            title_vi: dataset.title.vi.clone(),
            title_en: dataset.title.en.clone(),
            agency: dataset.agency.to_string(),
            licence: dataset.licence.clone(),
            access: dataset.access.code(),
            synthetic: dataset.synthetic,
            version: change.version.map(|version| version.0),
            run: change.run.as_ref().map(ToString::to_string),
            added: change.added,
            corrected: change.corrected,
            total: change.total,
            links: self.links_of(change, dataset),
        }
    }

    fn links_of(&self, change: &Change, dataset: &Dataset) -> Vec<ChangeLink> {
        let id = &dataset.id;
        let link = |rel, href| ChangeLink { rel, href, media_type: JSON };
        let mut links = Vec::new();
        if let Some(version) = change.version {
            links.push(data_link(&self.links, dataset, version.0));
            if dataset.kind == DatasetKind::Observations && version.0 > 1 {
                let (from, to) = ((version.0 - 1).to_string(), version.0.to_string());
                let path = format!("/v1/datasets/{id}/differences");
                let href = self.links.to(&path, &[("from", &from), ("to", &to)]);
                links.push(link("predecessor-differences", href));
            }
        }
        if let Some(run) = &change.run {
            links.push(link("via", self.links.path(&format!("/v1/runs/{run}"))));
        }
        links.push(link("about", self.links.path(&format!("/v1/datasets/{id}"))));
        links
    }
}

const JSON: &str = "application/json";

/// The link of a dataset's data; series are pinned to the version.
pub(super) fn data_link(links: &Links, dataset: &Dataset, version: u64) -> ChangeLink {
    let id = &dataset.id;
    let (href, media_type) = match dataset.kind {
        DatasetKind::Observations => {
            let path = format!("/v1/datasets/{id}/observations");
            (links.to(&path, &[("version", &version.to_string()), ("format", "csv")]), "text/csv")
        }
        DatasetKind::Features => {
            (links.path(&format!("/ogc/collections/{id}/items")), "application/geo+json")
        }
        DatasetKind::Coverage => (links.path(&format!("/v1/datasets/{id}/coverages")), JSON),
        DatasetKind::Table | DatasetKind::Document => (links.path(&format!("/v1/datasets/{id}")), JSON),
    };
    ChangeLink { rel: "canonical", href, media_type }
}

/// The datasets of changes.
pub(super) async fn described(app: &App, changes: &[Change]) -> Answer<HashMap<DatasetId, Dataset>> {
    let mut ids: Vec<DatasetId> = changes.iter().map(|change| change.dataset.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let datasets = app.catalog.datasets_of(&ids).await?;
    Ok(datasets.into_iter().map(|dataset| (dataset.id.clone(), dataset)).collect())
}
