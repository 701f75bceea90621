//! Everything but observations that the asker may see, in memory: series with their places,
//! properties and procedures.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use catalog::Gazetteer;
use chrono::{DateTime, Utc};
use model::{Dataset, DatasetKind, Datastream, DatastreamId, DatastreamKey, PlaceId, PropertyCode};
use policy::{Permit, Principal, Purpose};
use query::At;
use serde_json::Value;

use crate::App;
use crate::http::principal::may_register;
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject::{COMPONENTS, MULTI, PROCEDURE};

/// The place of a series in [`World::series`].
pub(super) type SeriesAt = usize;

/// The place of a group of series in [`World::multis`].
pub(super) type MultiAt = usize;

/// Series that are observed together.
pub(super) struct Multi {
    /// Its number.
    pub(super) id: i64,
    /// The series, in the order of the results.
    pub(super) series: Vec<SeriesAt>,
}

/// What the asker may see.
pub(super) struct World {
    pub(super) gazetteer: Arc<Gazetteer>,
    /// Datasets of observations that may be read, with the permit for each.
    pub(super) datasets: Vec<(Dataset, Permit)>,
    /// Series by number, each with the place of its dataset above.
    pub(super) series: Vec<(Datastream, usize)>,
    at: HashMap<DatastreamId, SeriesAt>,
    pub(super) places: BTreeMap<PlaceId, Vec<SeriesAt>>,
    pub(super) properties: BTreeMap<PropertyCode, Vec<SeriesAt>>,
    /// Series by sensor id, see [`sensor_id`].
    pub(super) sensors: BTreeMap<String, Vec<SeriesAt>>,
    /// Groups of series, by number: those of which every series may be read.
    pub(super) multis: Vec<Multi>,
}

/// The id of a procedure as a sensor; the nameless procedure is `unknown`.
pub(super) fn sensor_id(procedure: &str) -> &str {
    if procedure.is_empty() { "unknown" } else { procedure }
}

impl World {
    /// One series, if the principal may read its dataset, or the refusal.
    pub(super) async fn of_series(
        app: &App,
        principal: &Principal,
        series: Datastream,
        at: At,
    ) -> Answer<World> {
        let id = &series.key.dataset;
        let permit = app.catalog.authorize(principal, id, Purpose::Read, Utc::now()).await?;
        let dataset = app.catalog.dataset(id).await?.ok_or_else(|| Problem::not_found(id.as_str()))?;
        let dataset = told(app, dataset, at).await?;
        let present = present(app, &permit, at).await?;
        let reached = permit.rows().allows(&series.key.place, &series.key.property)
            && present.is_none_or(|present| present.contains(&series.id));
        let series = reached.then_some((series, 0)).into_iter().collect();
        Ok(World::of(app.catalog.gazetteer().await?, vec![(dataset, permit)], series))
    }

    /// Asks the catalogue for all that the principal may read: of versions that are named, the series
    /// that they have values of.
    pub(super) async fn open(app: &App, principal: &Principal, at: At) -> Answer<World> {
        let now = Utc::now();
        let mut datasets = Vec::new();
        let mut series = Vec::new();
        for dataset in app.catalog.visible_datasets(principal, now).await? {
            if dataset.kind != DatasetKind::Observations {
                continue;
            }
            let permit = match app.catalog.authorize(principal, &dataset.id, Purpose::Read, now).await {
                Ok(permit) => permit,
                Err(catalog::Error::Denied(_) | catalog::Error::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            add_reached(app, &permit, at, datasets.len(), &mut series).await?;
            datasets.push((told(app, dataset, at).await?, permit));
        }
        let mut world = World::of(app.catalog.gazetteer().await?, datasets, series);
        world.add_multis();
        // Series are made now, and of what there is now.
        if at == At::Latest && may_register(principal).is_ok() {
            world.add_all();
        }
        Ok(world)
    }

    fn of(
        gazetteer: Arc<Gazetteer>,
        datasets: Vec<(Dataset, Permit)>,
        mut series: Vec<(Datastream, usize)>,
    ) -> World {
        series.sort_unstable_by_key(|(stream, _)| stream.id);
        let mut world = World {
            gazetteer,
            datasets,
            at: series.iter().enumerate().map(|(at, (stream, _))| (stream.id, at)).collect(),
            series: Vec::new(),
            places: BTreeMap::new(),
            properties: BTreeMap::new(),
            sensors: BTreeMap::new(),
            multis: Vec::new(),
        };
        for (at, (stream, _)) in series.iter().enumerate() {
            let key = &stream.key;
            world.places.entry(key.place.clone()).or_default().push(at);
            world.properties.entry(key.property.clone()).or_default().push(at);
            world.sensors.entry(sensor_id(&key.procedure).to_owned()).or_default().push(at);
        }
        world.series = series;
        world
    }

    /// Adds what series can be made of: the places outside the official lists, the properties, and the
    /// procedures that are described. All of them are anyone's to look up elsewhere; here they are
    /// entities for whoever may create series of them.
    fn add_all(&mut self) {
        let gazetteer = Arc::clone(&self.gazetteer);
        for place in &gazetteer.places {
            if !catalog::is_official(place.id.scheme()) {
                self.places.entry(place.id.clone()).or_default();
            }
        }
        for property in &gazetteer.properties {
            self.properties.entry(property.code.clone()).or_default();
        }
        for subject in gazetteer.descriptions.keys() {
            if let Some(procedure) = subject.strip_prefix(PROCEDURE) {
                self.sensors.entry(procedure.to_owned()).or_default();
            }
        }
    }

    /// Adds the groups whose series may all be read.
    fn add_multis(&mut self) {
        let gazetteer = Arc::clone(&self.gazetteer);
        for (subject, words) in gazetteer.descriptions.range(MULTI.to_owned()..) {
            let Some(id) = subject.strip_prefix(MULTI) else { break };
            let numbers = words.get(COMPONENTS).and_then(Value::as_array);
            let series: Option<Vec<SeriesAt>> = numbers
                .into_iter()
                .flatten()
                .map(|number| self.find(DatastreamId(number.as_i64()?)))
                .collect();
            if let (Ok(id), Some(series)) = (id.parse(), series)
                && !series.is_empty()
            {
                self.multis.push(Multi { id, series });
            }
        }
        self.multis.sort_unstable_by_key(|multi| multi.id);
    }

    /// A group by its number.
    pub(super) fn find_multi(&self, id: i64) -> Option<MultiAt> {
        self.multis.binary_search_by_key(&id, |multi| multi.id).ok()
    }

    /// The groups that a series of which something holds is in.
    pub(super) fn multis_with(&self, holds: impl Fn(&DatastreamKey) -> bool) -> Vec<MultiAt> {
        let has = |multi: &Multi| multi.series.iter().any(|at| holds(&self.stream(*at).key));
        (0..self.multis.len()).filter(|at| has(&self.multis[*at])).collect()
    }

    /// What the first series of a group is of: place and procedure are those of all.
    pub(super) fn key_of(&self, at: MultiAt) -> &DatastreamKey {
        // Groups without series are not kept.
        &self.stream(self.multis[at].series[0]).key
    }

    /// A series by its number.
    pub(super) fn find(&self, id: DatastreamId) -> Option<SeriesAt> {
        self.at.get(&id).copied()
    }

    /// A series.
    pub(super) fn stream(&self, at: SeriesAt) -> &Datastream {
        &self.series[at].0
    }

    /// The dataset of a series, and the permit to read it.
    pub(super) fn dataset(&self, at: SeriesAt) -> &(Dataset, Permit) {
        &self.datasets[self.series[at].1]
    }

    /// Since when a place is where it is, if both are known.
    pub(super) fn since(&self, place: &PlaceId) -> Option<DateTime<Utc>> {
        let place = self.gazetteer.place(place).filter(|place| place.position.is_some())?;
        place.valid_from.map(model::local_midnight)
    }

    /// Whether the position of a place is known.
    pub(super) fn has_position(&self, place: &PlaceId) -> bool {
        self.gazetteer.place(place).is_some_and(|place| place.position.is_some())
    }
}

/// Adds the series of a dataset that the permit reaches.
async fn add_reached(
    app: &App,
    permit: &Permit,
    at: At,
    dataset: usize,
    series: &mut Vec<(Datastream, usize)>,
) -> Answer<()> {
    let all = app.catalog.datastreams(permit.dataset()).await?;
    let present = present(app, permit, at).await?;
    let reached = all.iter().filter(|stream| {
        permit.rows().allows(&stream.key.place, &stream.key.property)
            && present.as_ref().is_none_or(|present| present.contains(&stream.id))
    });
    series.extend(reached.map(|stream| (stream.clone(), dataset)));
    Ok(())
}

/// A dataset as it was described when the version that is named was committed; as it is, of the newest
/// one and where there is none.
async fn told(app: &App, dataset: Dataset, at: At) -> Answer<Dataset> {
    let version = match at {
        At::Latest => None,
        At::Version(number) => app.catalog.version(&dataset.id, number).await?,
        At::KnownAt(time) => app.catalog.version_at(&dataset.id, time).await?,
    };
    let Some(version) = version else { return Ok(dataset) };
    Ok(app.catalog.dataset_at(&version.dataset, version.committed_at).await?.unwrap_or(dataset))
}

/// The series that a version has values of; nothing is said of the newest one. A dataset that has no
/// such version has none.
async fn present(app: &App, permit: &Permit, at: At) -> Answer<Option<BTreeSet<DatastreamId>>> {
    if at == At::Latest {
        return Ok(None);
    }
    match app.engine.present(permit, at).await.map_err(Problem::from) {
        Ok(present) => Ok(Some(present.datastreams)),
        Err(problem) if problem.kind == ProblemKind::NotFound => Ok(Some(BTreeSet::new())),
        Err(problem) => Err(problem),
    }
}
