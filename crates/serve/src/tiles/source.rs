//! What vector tiles are of, for whoever asks.

use chrono::Utc;
use lake::AsOf;
use model::{Bbox, Dataset, DatasetId, DatasetKind, Lang, Version};
use policy::{Permit, Principal, Purpose};
use query::At;

use crate::App;
use crate::http::{Answer, Problem, params};
use crate::shelf::Shelf;
use crate::tilesets::Described;

/// What tiles are of.
pub(super) enum Source {
    /// Stations of the reference data.
    Stations,
    /// The other places of the reference data.
    Places,
    /// Features.
    Features(Dataset, Permit),
    /// Places with the last values of their series.
    Observations(Dataset, Permit),
}

impl Source {
    pub(super) async fn open(app: &App, principal: &Principal, id: &str) -> Answer<Source> {
        match id {
            "stations" => return Ok(Source::Stations),
            "places" => return Ok(Source::Places),
            _ => {}
        }
        let dataset_id = DatasetId::new(id).map_err(|_| Problem::not_found(id))?;
        let permit = app.catalog.authorize(principal, &dataset_id, Purpose::Read, Utc::now()).await?;
        let dataset = app.catalog.dataset(&dataset_id).await?.ok_or_else(|| Problem::not_found(id))?;
        match dataset.kind {
            DatasetKind::Features => Ok(Source::Features(dataset, permit)),
            DatasetKind::Observations => Ok(Source::Observations(dataset, permit)),
            _ => Err(Problem::not_found(&format!("{id}: tiles"))),
        }
    }

    /// The dataset with the permit for it.
    pub(super) fn dataset(&self) -> Option<(&Dataset, &Permit)> {
        match self {
            Source::Features(dataset, permit) | Source::Observations(dataset, permit) => {
                Some((dataset, permit))
            }
            Source::Stations | Source::Places => None,
        }
    }

    /// The newest version; none before the first data, and for reference data.
    pub(super) async fn version(&self, app: &App) -> Answer<Option<Version>> {
        let Some((_, permit)) = self.dataset() else { return Ok(None) };
        match app.lake.snapshot(permit, AsOf::Latest).await {
            Ok(snapshot) => Ok(Some(snapshot.version())),
            Err(lake::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A version that is named; of reference data there are none.
    pub(super) async fn pinned(&self, app: &App, at: At) -> Answer<Option<Version>> {
        let Some((dataset, _)) = self.dataset() else { return Ok(None) };
        Ok(params::version(app, &dataset.id, at).await?.map(|info| info.version))
    }

    pub(super) async fn describe(&self, app: &App, id: &str, lang: Lang) -> Answer<Described> {
        let (mut title, mut description, mut attribution, mut bbox) =
            (String::new(), String::new(), String::new(), None);
        match self {
            Source::Stations | Source::Places => {
                title = crate::http::language::message(lang, &format!("ogc-{id}-title"));
                description = crate::http::language::message(lang, &format!("ogc-{id}-description"));
            }
            Source::Features(dataset, permit) | Source::Observations(dataset, permit) => {
                title.push_str(dataset.title.get(lang).0);
                description.push_str(dataset.description.get(lang).0);
                attribution = [dataset.source.as_str(), &dataset.licence].join(" · ");
                bbox = match dataset.kind {
                    DatasetKind::Observations => Shelf::open(app, permit, At::Latest).await?.bbox(),
                    _ => boxes(app, permit).await?,
                };
            }
        }
        Ok(Described {
            path: format!("/ogc/collections/{id}/tiles"),
            title,
            description,
            attribution,
            bbox: bbox.map(|bbox| [bbox.west, bbox.south, bbox.east, bbox.north]),
            data_type: "vector",
            media_type: super::MVT,
        })
    }
}

async fn boxes(app: &App, permit: &Permit) -> Answer<Option<Bbox>> {
    if !permit.rows().is_open() {
        return Ok(None);
    }
    match app.lake.snapshot(permit, AsOf::Latest).await {
        Ok(snapshot) => {
            let boxes = snapshot.files().iter().filter_map(|file| file.bbox);
            Ok(boxes.reduce(|all, one| all.union(&one)))
        }
        Err(lake::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
