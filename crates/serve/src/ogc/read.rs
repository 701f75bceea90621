//! What a collection holds for whoever asks: every read of data takes a permit of the catalogue.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use catalog::Gazetteer;
use chrono::Utc;
use lake::{AsOf, Snapshot};
use model::{
    Bbox, Dataset, DatasetId, DatasetKind, Datastream, DatastreamId, Place, PlaceId, PlaceKind, Position,
    TimeRange, local_midnight,
};
use policy::{Permit, Principal, Purpose};
use query::{ObservedValue, SeriesRequest, Streams};

use super::params::Series;
use crate::App;
use crate::http::{Answer, Problem};

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

    fn of(dataset: Dataset, permit: Permit) -> Option<Source> {
        match dataset.kind {
            DatasetKind::Features => Some(Source::Features(dataset, permit)),
            DatasetKind::Observations => Some(Source::Observations(dataset, permit)),
            DatasetKind::Coverage | DatasetKind::Table | DatasetKind::Document => None,
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

    /// The collection as one of observations.
    pub(super) fn observations(&self) -> Answer<(&Dataset, &Permit)> {
        match self {
            Source::Observations(dataset, permit) => Ok((dataset, permit)),
            Source::Features(dataset, _) => Err(Problem::not_found(&format!("{}: EDR", dataset.id))),
            Source::Stations => Err(Problem::not_found("stations: EDR")),
            Source::Places => Err(Problem::not_found("places: EDR")),
        }
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

/// The series of a dataset that a permit reaches, with the places they are at and what they are called.
pub(super) struct Shelf {
    pub(super) gazetteer: Arc<Gazetteer>,
    /// The series by number.
    pub(super) streams: Vec<Datastream>,
    /// Their parameters' names.
    pub(super) names: HashMap<DatastreamId, String>,
}

impl Shelf {
    pub(super) async fn open(app: &App, permit: &Permit) -> Answer<Shelf> {
        let all = app.catalog.datastreams(permit.dataset()).await?;
        let names = parameter_names(&all);
        let allowed = |stream: &&Datastream| permit.rows().allows(&stream.key.place, &stream.key.property);
        Ok(Shelf {
            gazetteer: app.catalog.gazetteer().await?,
            streams: all.iter().filter(allowed).cloned().collect(),
            names,
        })
    }

    /// The places of the series, by id; a place that the gazetteer does not know has no position and no name.
    pub(super) fn places(&self) -> BTreeSet<&PlaceId> {
        self.streams.iter().map(|stream| &stream.key.place).collect()
    }

    /// The position of a place.
    pub(super) fn position(&self, place: &PlaceId) -> Option<Position> {
        self.gazetteer.place(place)?.position
    }

    /// The names of the parameters at a place.
    pub(super) fn parameters_at(&self, place: &PlaceId) -> BTreeSet<&str> {
        let here = self.streams.iter().filter(|stream| stream.key.place == *place);
        here.map(|stream| self.names[&stream.id].as_str()).collect()
    }

    /// Refuses a parameter that the collection does not have.
    pub(super) fn check(&self, wanted: &Series) -> Answer<()> {
        let known: BTreeSet<&str> = self.names.values().map(String::as_str).collect();
        match wanted.parameters.iter().find(|name| !known.contains(name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = known.into_iter().take(50).collect();
                let why =
                    format!("`{name}` is not a parameter of this collection: there are {}", known.join(", "));
                Err(Problem::parameter("parameter-name", why))
            }
        }
    }

    /// The box around the places.
    pub(super) fn bbox(&self) -> Option<Bbox> {
        let boxes = self.places().into_iter().filter_map(|place| self.position(place)).map(|position| Bbox {
            west: position.lon,
            south: position.lat,
            east: position.lon,
            north: position.lat,
        });
        boxes.reduce(|all, one| all.union(&one))
    }

    /// The place with series that is nearest to a position, and its distance in kilometres.
    pub(super) fn nearest(&self, to: [f64; 2]) -> Option<(&PlaceId, f64)> {
        let distances = self.places().into_iter().filter_map(|place| {
            let position = self.position(place)?;
            Some((place, kilometres(to, [position.lon, position.lat])))
        });
        distances.min_by(|left, right| left.1.total_cmp(&right.1))
    }
}

/// The great-circle distance on a sphere of the Earth's mean radius.
fn kilometres([lon1, lat1]: [f64; 2], [lon2, lat2]: [f64; 2]) -> f64 {
    let (lat1, lat2) = (lat1.to_radians(), lat2.to_radians());
    let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
    let h = half(lat1, lat2) + lat1.cos() * lat2.cos() * half(lon1.to_radians(), lon2.to_radians());
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

/// What each series is called as a parameter: the property's code, followed by what tells it from
/// the dataset's other series of that property at any place (`salinity`, or `salinity:max` beside `salinity:mean`).
fn parameter_names(streams: &[Datastream]) -> HashMap<DatastreamId, String> {
    let parts = |stream: &Datastream| {
        let key = &stream.key;
        [
            key.statistic.code().to_owned(),
            key.period.clone(),
            key.unit.clone(),
            key.datum.clone(),
            key.procedure.clone(),
        ]
    };
    let mut varieties: BTreeMap<&str, [BTreeSet<String>; 5]> = BTreeMap::new();
    for stream in streams {
        let seen = varieties.entry(stream.key.property.as_str()).or_default();
        for (set, part) in seen.iter_mut().zip(parts(stream)) {
            set.insert(part);
        }
    }
    let name = |stream: &Datastream| {
        let seen = &varieties[stream.key.property.as_str()];
        let telling = seen.iter().zip(parts(stream)).filter(|(set, _)| set.len() > 1);
        let suffix =
            telling.map(|(_, part)| if part.is_empty() { "-".into() } else { part.replace(',', ".") });
        std::iter::once(stream.key.property.to_string()).chain(suffix).collect::<Vec<_>>().join(":")
    };
    streams.iter().map(|stream| (stream.id, name(stream))).collect()
}

/// The wanted series of a place with their values, in the order of their numbers.
pub(super) async fn series<'s>(
    app: &App,
    permit: &Permit,
    shelf: &'s Shelf,
    place: &PlaceId,
    wanted: &Series,
) -> Answer<Vec<(&'s Datastream, Vec<ObservedValue>)>> {
    let is_wanted = |stream: &&Datastream| {
        stream.key.place == *place
            && (wanted.parameters.is_empty() || wanted.parameters.contains(&shelf.names[&stream.id]))
    };
    let mut found: Vec<(&Datastream, Vec<ObservedValue>)> =
        shelf.streams.iter().filter(is_wanted).map(|stream| (stream, Vec::new())).collect();
    let property = match &found[..] {
        [] => return Ok(found),
        [(first, _), rest @ ..]
            if rest.iter().all(|(stream, _)| stream.key.property == first.key.property) =>
        {
            Some(first.key.property.clone())
        }
        _ => None,
    };
    let request = SeriesRequest {
        streams: Streams { place: Some(place.clone()), property, ..Streams::default() },
        time: wanted.time,
        ..SeriesRequest::default()
    };
    let answer = app.engine.series(permit, request).await?;
    for batch in &answer.batches {
        for value in ObservedValue::read(batch)? {
            if let Some((_, values)) = found.iter_mut().find(|(stream, _)| stream.id == value.datastream) {
                values.push(value);
            }
        }
    }
    Ok(found)
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
