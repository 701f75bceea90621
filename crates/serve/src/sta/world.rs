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
use crate::sta::encode::subject::{self, COMPONENTS, MULTI, PROCEDURE};
use crate::sta::kept::{History, Kept};
use crate::sta::worlds::{Made, Source};

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
    /// How many series each dataset has.
    of_datasets: Vec<usize>,
    /// What is kept beside the model; nothing in a world of one series.
    pub(super) kept: Kept,
    /// Things with their series.
    pub(super) places: BTreeMap<PlaceId, Vec<SeriesAt>>,
    /// Features with the series of their values.
    pub(super) features: BTreeMap<PlaceId, Vec<SeriesAt>>,
    /// Locations with the things that are there.
    pub(super) locations: BTreeMap<PlaceId, Vec<PlaceId>>,
    /// Since when things are, and were, where.
    pub(super) histories: BTreeMap<PlaceId, History>,
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
        let gazetteer = app.catalog.gazetteer().await?;
        let is_gone = gazetteer.descriptions.contains_key(&subject::gone(&subject::datastream(series.id)));
        let present = match (at, is_gone) {
            (At::Latest, false) => None,
            _ => Some(present(app, &permit, at).await?),
        };
        let reached = permit.rows().allows(&series.key.place, &series.key.property)
            && present.is_none_or(|present| present.contains(&series.id));
        let series = reached.then_some((series, 0)).into_iter().collect();
        Ok(World::of(gazetteer, Kept::default(), vec![(dataset, permit)], series))
    }

    /// Asks the catalogue for all that the principal may read: of versions that are named, the series
    /// that they have values of.
    pub(super) async fn open(app: &App, principal: &Principal, at: At) -> Answer<Arc<World>> {
        let now = Utc::now();
        let gazetteer = app.catalog.gazetteer().await?;
        let mut sources: Vec<Source> = Vec::new();
        for dataset in app.catalog.visible_datasets(principal, now).await? {
            if dataset.kind != DatasetKind::Observations {
                continue;
            }
            let permit = match app.catalog.authorize(principal, &dataset.id, Purpose::Read, now).await {
                Ok(permit) => permit,
                Err(catalog::Error::Denied(_) | catalog::Error::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            let series = app.catalog.datastreams(&dataset.id).await?;
            sources.push((told(app, dataset, at).await?, permit, series));
        }
        // Series are made now, and of what there is now.
        let may_make = at == At::Latest && may_register(principal).is_ok();
        let made = Made { gazetteer, sources, may_make };
        if at != At::Latest {
            return Ok(Arc::new(World::made_of(app, &made, at).await?.0));
        }
        if let Some(world) = app.worlds().find(&made) {
            return Ok(world);
        }
        let (world, asked) = World::made_of(app, &made, at).await?;
        let world = Arc::new(world);
        // Which values there are is no part of what it was made of.
        if !asked {
            app.worlds().keep(made, &world);
        }
        Ok(world)
    }

    /// Makes it, and says whether values were asked for.
    async fn made_of(app: &App, made: &Made, at: At) -> Answer<(World, bool)> {
        let kept = Kept::of(&made.gazetteer);
        let mut reached = Reached::default();
        for (number, (_, permit, series)) in made.sources.iter().enumerate() {
            reached.add(app, permit, series, at, number, &kept).await?;
        }
        let Reached { series, observed, asked } = reached;
        let datasets = made.sources.iter().map(|(dataset, permit, _)| (dataset.clone(), permit.clone()));
        let mut world = World::of(Arc::clone(&made.gazetteer), kept, datasets.collect(), series);
        world.add_multis();
        if made.may_make {
            world.add_all();
        }
        world.add_features(made.may_make, &observed);
        world.add_locations(made.may_make);
        Ok((world, asked))
    }

    fn of(
        gazetteer: Arc<Gazetteer>,
        kept: Kept,
        datasets: Vec<(Dataset, Permit)>,
        mut series: Vec<(Datastream, usize)>,
    ) -> World {
        series.sort_unstable_by_key(|(stream, _)| stream.id);
        let mut of_datasets = vec![0; datasets.len()];
        for (_, dataset) in &series {
            of_datasets[*dataset] += 1;
        }
        let mut world = World {
            gazetteer,
            kept,
            datasets,
            of_datasets,
            at: series.iter().enumerate().map(|(at, (stream, _))| (stream.id, at)).collect(),
            series: Vec::new(),
            places: BTreeMap::new(),
            features: BTreeMap::new(),
            locations: BTreeMap::new(),
            histories: BTreeMap::new(),
            properties: BTreeMap::new(),
            sensors: BTreeMap::new(),
            multis: Vec::new(),
        };
        for (at, (stream, _)) in series.iter().enumerate() {
            let key = &stream.key;
            world.features.entry(key.place.clone()).or_default().push(at);
            // Values of another feature are those of the series that they were sent to.
            if world.kept.owners.contains_key(&stream.id) {
                continue;
            }
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
            let is_thing = !catalog::is_official(place.id.scheme())
                && !self.kept.features.contains(&place.id)
                && !self.kept.is_gone(&subject::thing(&place.id));
            if is_thing {
                self.places.entry(place.id.clone()).or_default();
            }
        }
        for property in &gazetteer.properties {
            if !self.kept.is_gone(&subject::property(&property.code)) {
                self.properties.entry(property.code.clone()).or_default();
            }
        }
        for subject in gazetteer.descriptions.keys() {
            if let Some(procedure) = subject.strip_prefix(PROCEDURE)
                && !self.kept.is_gone(subject)
            {
                self.sensors.entry(procedure.to_owned()).or_default();
            }
        }
    }

    /// Adds what values may be of: things, and for whoever may send values of them, features. One that
    /// was deleted is back when there are values of it again.
    fn add_features(&mut self, all: bool, observed: &BTreeSet<PlaceId>) {
        for thing in self.places.keys() {
            self.features.entry(thing.clone()).or_default();
        }
        if all {
            for feature in &self.kept.features {
                self.features.entry(feature.clone()).or_default();
            }
        }
        let kept = &self.kept;
        self.features.retain(|place, _| observed.contains(place) || !kept.is_gone(&subject::feature(place)));
    }

    /// Adds where things are and were; for whoever may move things there, every location.
    fn add_locations(&mut self, all: bool) {
        for (id, history) in &self.kept.histories {
            if self.places.contains_key(&history.thing) {
                self.histories.insert(id.clone(), history.clone());
            }
        }
        for thing in self.places.keys() {
            if let Some(time) = self.since(thing)
                && !self.kept.is_gone(&subject::history(thing))
            {
                let history = History { thing: thing.clone(), time, locations: vec![thing.clone()] };
                self.histories.entry(thing.clone()).or_insert(history);
            }
        }
        let mut locations: BTreeMap<PlaceId, Vec<PlaceId>> = BTreeMap::new();
        for thing in self.places.keys() {
            for location in self.locations_of(thing) {
                locations.entry(location).or_default().push(thing.clone());
            }
        }
        let before = self.histories.values().flat_map(|history| &history.locations);
        let mut others: Vec<&PlaceId> = before.collect();
        if all {
            others.extend(&self.kept.locations);
            let places = self.gazetteer.places.iter().map(|place| &place.id);
            others.extend(
                places.filter(|id| !catalog::is_official(id.scheme()) && !self.kept.features.contains(id)),
            );
        }
        for location in others.into_iter().filter(|location| self.is_location(location)) {
            locations.entry(location.clone()).or_default();
        }
        self.locations = locations;
    }

    /// The locations of a thing, as far as they are there.
    pub(super) fn locations_of(&self, thing: &PlaceId) -> Vec<PlaceId> {
        let mut locations = match self.kept.located.get(thing) {
            Some(locations) => locations.clone(),
            None => vec![thing.clone()],
        };
        locations.retain(|location| self.is_location(location));
        locations
    }

    fn is_location(&self, id: &PlaceId) -> bool {
        self.kept.locations.contains(id) || self.has_position(id)
    }

    /// The series that holds a series' values of its own thing: itself, as a rule.
    pub(super) fn owner(&self, at: SeriesAt) -> SeriesAt {
        let owner = self.kept.owners.get(&self.stream(at).id);
        owner.and_then(|owner| self.find(*owner)).unwrap_or(at)
    }

    /// A series and those that hold its values of other features.
    pub(super) fn with_parts(&self, at: SeriesAt) -> Vec<SeriesAt> {
        let id = self.stream(at).id;
        let parts = self.kept.owners.iter().filter(|(_, owner)| **owner == id);
        std::iter::once(at).chain(parts.filter_map(|(part, _)| self.find(*part))).collect()
    }

    /// The series that are datastreams.
    pub(super) fn datastreams(&self) -> impl Iterator<Item = SeriesAt> {
        (0..self.series.len()).filter(|at| !self.kept.owners.contains_key(&self.stream(*at).id))
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

    /// How many series of a dataset there are.
    pub(super) fn series_of(&self, dataset: usize) -> usize {
        self.of_datasets[dataset]
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

    /// Whether it is known where a place is.
    pub(super) fn has_position(&self, place: &PlaceId) -> bool {
        let said = self.gazetteer.descriptions.get(&subject::location(place));
        self.gazetteer.place(place).is_some_and(|place| place.position.is_some())
            || said.is_some_and(|words| words.contains_key("location"))
    }
}

/// The series that a permit and a version reach.
#[derive(Default)]
struct Reached {
    /// The series, each with the place of its dataset.
    series: Vec<(Datastream, usize)>,
    /// Places of which it was looked up that there are values.
    observed: BTreeSet<PlaceId>,
    /// Whether that was looked up of any dataset.
    asked: bool,
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

impl Reached {
    /// Adds the series of a dataset. What was deleted is looked for: values that came since, in a file
    /// or by another protocol, bring it back.
    async fn add(
        &mut self,
        app: &App,
        permit: &Permit,
        all: &[Datastream],
        at: At,
        dataset: usize,
        kept: &Kept,
    ) -> Answer<()> {
        let was_deleted = |stream: &Datastream| {
            kept.is_gone(&subject::datastream(stream.id))
                || kept.is_gone(&subject::feature(&stream.key.place))
        };
        let asks = at != At::Latest || (!kept.is_whole() && all.iter().any(was_deleted));
        self.asked |= asks;
        let present = if asks { Some(present(app, permit, at).await?) } else { None };
        let allowed = |stream: &Datastream| permit.rows().allows(&stream.key.place, &stream.key.property);
        let mut reached: BTreeSet<DatastreamId> = BTreeSet::new();
        for stream in all.iter().filter(|stream| allowed(stream)) {
            let has_values = present.as_ref().is_none_or(|present| present.contains(&stream.id));
            let is_there = match at {
                At::Latest => has_values || !kept.is_gone(&subject::datastream(stream.id)),
                _ => has_values,
            };
            if has_values && present.is_some() {
                self.observed.insert(stream.key.place.clone());
            }
            if is_there {
                reached.insert(stream.id);
                // Who has values of other features only, is there too.
                if at != At::Latest || has_values {
                    reached.extend(kept.owners.get(&stream.id));
                }
            }
        }
        let is_reached = |stream: &&Datastream| {
            let owner = kept.owners.get(&stream.id).unwrap_or(&stream.id);
            let owner = all.binary_search_by_key(owner, |stream| stream.id).map(|at| &all[at]);
            allowed(stream)
                && reached.contains(&stream.id)
                && owner.is_ok_and(|owner| allowed(owner) && reached.contains(&owner.id))
        };
        self.series.extend(all.iter().filter(is_reached).map(|stream| (stream.clone(), dataset)));
        Ok(())
    }
}

/// The series that a version has values of. A dataset that has no such version has none.
async fn present(app: &App, permit: &Permit, at: At) -> Answer<BTreeSet<DatastreamId>> {
    match app.engine.present(permit, at).await.map_err(Problem::from) {
        Ok(present) => Ok(present.datastreams),
        Err(problem) if problem.kind == ProblemKind::NotFound => Ok(BTreeSet::new()),
        Err(problem) => Err(problem),
    }
}
