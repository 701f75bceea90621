//! What a collection holds for whoever asks: every read of data takes a permit of the catalogue.

use std::sync::Arc;

use crate::App;
use crate::http::{Answer, Problem};
use chrono::Utc;
use lake::{AsOf, Snapshot};
use model::{Dataset, DatasetId, DatasetKind, Lang, Place, PlaceKind, TimeRange, Version, local_midnight};
use policy::{Permit, Principal, Purpose};
use sha2::{Digest, Sha256};

/// A collection that the asker may read.
pub(super) enum Source {
    /// Stations of the reference data.
    Stations,
    /// Administrative units and river mouths of the reference data.
    Places,
    /// A dataset of features.
    Features(Dataset, Permit),
    /// A dataset of observations.
    Observations(Dataset, Permit),
    /// A dataset of rasters; its items are where they lie.
    Coverage(Dataset, Permit),
}

impl Source {
    /// The collection of an id. `stations` and `places` are the reference data's, whatever datasets are called.
    pub(super) async fn open(app: &App, principal: &Principal, id: &str) -> Answer<Source> {
        match id {
            "stations" => return Ok(Source::Stations),
            "places" => return Ok(Source::Places),
            _ => {}
        }
        let dataset_id = DatasetId::new(id).map_err(|_| Problem::not_found(id))?;
        let permit = app.catalog.authorize(principal, &dataset_id, Purpose::Read, Utc::now()).await?;
        let dataset = app.catalog.dataset(&dataset_id).await?.ok_or_else(|| Problem::not_found(id))?;
        Source::of(dataset, permit).ok_or_else(|| Problem::not_found(id))
    }

    /// The tag of a page of a version: it never changes for what the permit reaches, in a language.
    pub(super) fn tag(&self, version: Version, lang: Lang) -> String {
        let reached = match self {
            Source::Stations | Source::Places => None,
            Source::Features(_, permit) | Source::Observations(_, permit) | Source::Coverage(_, permit) => {
                (!permit.rows().is_open()).then(|| permit.rows())
            }
        };
        let reached = reached.map_or_else(String::new, |rows| {
            format!("-{}", hex::encode(&Sha256::digest(format!("{rows:?}").as_bytes())[..6]))
        });
        format!("W/\"v{version}-{}{reached}\"", lang.tag())
    }

    fn of(dataset: Dataset, permit: Permit) -> Option<Source> {
        match dataset.kind {
            DatasetKind::Features => Some(Source::Features(dataset, permit)),
            DatasetKind::Observations => Some(Source::Observations(dataset, permit)),
            DatasetKind::Coverage => Some(Source::Coverage(dataset, permit)),
            DatasetKind::Table | DatasetKind::Document => None,
        }
    }

    /// Every collection that the asker may read.
    pub(super) async fn all(app: &App, principal: &Principal) -> Answer<Vec<Source>> {
        let mut sources = vec![Source::Stations, Source::Places];
        for dataset in app.catalog.visible_datasets(principal, Utc::now()).await? {
            match app.catalog.authorize(principal, &dataset.id, Purpose::Read, Utc::now()).await {
                Ok(permit) => sources.extend(Source::of(dataset, permit)),
                Err(catalog::Error::Denied(_) | catalog::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sources)
    }
}

/// The current version of a dataset's table; none before the first data.
pub(super) async fn snapshot(app: &App, permit: &Permit) -> Answer<Option<Arc<Snapshot>>> {
    match app.lake.snapshot(permit, AsOf::Latest).await {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(lake::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the collection of the reference data holds the place.
pub(super) fn is_of(source: &Source, place: &Place) -> bool {
    matches!(source, Source::Stations) == (place.kind == PlaceKind::Station)
}

/// Whether a place exists at some time of a range.
pub(super) fn exists_in(place: &Place, time: &TimeRange) -> bool {
    let starts_before_end = match (place.valid_from, time.to) {
        (Some(from), Some(to)) => local_midnight(from) < to,
        _ => true,
    };
    let ends_after_start = match (place.valid_to.and_then(|day| day.succ_opt()), time.from) {
        (Some(day_after), Some(from)) => from < local_midnight(day_after),
        _ => true,
    };
    starts_before_end && ends_after_start
}
