//! Entities that describe observations: places, procedures, properties and series, each alone or with
//! what belongs to it (deep insert, 18-088 §10.2.1).
//!
//! A thing is a place with its location, a sensor a procedure, a datastream a series of a dataset. Names
//! and texts that the model has no place for are kept beside it, as descriptions.

use futures::FutureExt;
use futures::future::BoxFuture;
use model::{
    DatasetId, DatastreamId, DatastreamKey, Place, PlaceId, PlaceKind, Property, PropertyCode, PropertyKind,
    Statistic, Text,
};
use policy::Permit;
use serde_json::{Map, Value};
use standards::sta::{Entity, Id};
use wording::{Told, told};

use super::body::{Given, Related};
use super::locate::LocationGiven;
use super::parts::{FirstValue, first_values, numbered, slug, words};
use super::plan::Plan;
use super::{Created, Writer, not_kept};
use crate::http::principal::may_register;
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::{MEASUREMENT, subject};
use crate::sta::kept;
use crate::sta::node::Node;
use crate::sta::world::sensor_id;

/// The entities that what is created belongs to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Parents {
    pub(super) thing: Option<PlaceId>,
    pub(super) location: Option<PlaceId>,
    pub(super) feature: Option<PlaceId>,
    pub(super) sensor: Option<String>,
    pub(super) property: Option<PropertyCode>,
    pub(super) datastream: Option<DatastreamId>,
    pub(super) multi: Option<i64>,
}

impl Parents {
    /// Adds the entity that a path comes from.
    pub(super) fn add(&mut self, node: Node) -> Answer<()> {
        match node {
            Node::Thing(place) => self.thing = Some(place),
            Node::Location(location) => self.location = Some(location),
            Node::Feature(feature) => self.feature = Some(feature),
            Node::Sensor(id) => self.sensor = Some(id),
            Node::Property(code) => self.property = Some(code),
            _ => {
                return Err(not_kept(told!(
                    "serve-entities-kind-created-their-own-set",
                    "entities of this kind are created in their own set"
                )));
            }
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Plans an entity, with what is inserted with it.
    pub(super) fn entity<'a>(
        &'a self,
        entity: Entity,
        given: Given,
        parents: &'a Parents,
        plan: &'a mut Plan,
    ) -> BoxFuture<'a, Answer<Created>> {
        async move {
            let id = match entity {
                Entity::Thing => Id::Text(self.thing(given, parents, plan).await?.to_string()),
                Entity::Location => Id::Text(self.location(given, parents, plan).await?.to_string()),
                Entity::Sensor => Id::Text(self.sensor(given, parents, plan).await?),
                Entity::ObservedProperty => {
                    Id::Text(self.property(given, None, parents, plan).await?.to_string())
                }
                Entity::Datastream => Id::Number(self.datastream(given, parents, plan).await?.0),
                Entity::MultiDatastream => Id::Number(self.multi(given, parents, plan).await?),
                Entity::FeatureOfInterest => Id::Text(self.feature(given, plan).await?.to_string()),
                Entity::HistoricalLocation => {
                    Id::Text(self.historical(given, parents, plan).await?.to_string())
                }
                // Observations are sent apart: most of them are of series that are there.
                Entity::Observation => return Err(Problem::new(ProblemKind::MethodNotAllowed)),
            };
            Ok(Created { entity, id })
        }
        .boxed()
    }

    /// Registers a place, with its location and its series.
    async fn thing(&self, mut given: Given, parents: &Parents, plan: &mut Plan) -> Answer<PlaceId> {
        may_register(&self.reader.principal)?;
        let name = given.needed("name")?;
        let description = given.needed("description")?;
        let mut properties = given.object("properties")?;
        let kind = properties.text("kind")?.unwrap_or_else(|| PlaceKind::Station.code().to_owned());
        let kind = PlaceKind::from_code(&kind).ok_or_else(|| {
            properties
                .wrong("kind", told!("serve-no-kind-place", "`{kind}` is no kind of place", kind = kind))
        })?;
        let id = match given.id()? {
            Some(Id::Text(id)) => PlaceId::new(&id).map_err(|error| given.wrong("@iot.id", error))?,
            Some(Id::Number(_)) => {
                return Err(given.wrong(
                    "@iot.id",
                    told!("serve-id-place-scheme-code", "the id of a place is `scheme:code`"),
                ));
            }
            None => self.free_id(None, &name, subject::thing, plan).await?,
        };
        let day = |properties: &mut Given, name: &str| -> Answer<Option<chrono::NaiveDate>> {
            let Some(text) = properties.text(name)? else { return Ok(None) };
            text.parse().map(Some).map_err(|_| {
                properties.wrong(name, told!("serve-write-day-2020-02-03", "write a day: `2020-02-03`"))
            })
        };
        let mut locations = given.many("Locations")?;
        let datastreams = new_series(given.many("Datastreams")?)?;
        let multis = new_series(given.many("MultiDatastreams")?)?;
        locations.extend(parents.location.iter().map(|id| Related::There(Id::Text(id.to_string()))));
        // One that is a point is the position of the place.
        let location = match (locations.len(), locations.pop()) {
            (1, Some(Related::New(location))) if location.is_point("location") => {
                Some(LocationGiven::read(location)?)
            }
            (_, last) => {
                locations.extend(last);
                None
            }
        };
        let english = properties.text("name_en")?;
        let place = Place {
            id: id.clone(),
            kind,
            name: Text::vi_en(&name, english.as_deref().unwrap_or("")),
            type_name: None,
            alt_names: Vec::new(),
            position: location.as_ref().and_then(LocationGiven::position),
            area_km2: None,
            river: properties.text("river")?,
            valid_from: day(&mut properties, "valid_from")?,
            valid_to: day(&mut properties, "valid_to")?,
            source: properties
                .text("source")?
                .unwrap_or_else(|| format!("SensorThings: {}", self.reader.principal.name())),
            confidence: "medium".into(),
        };
        let words = words([("description", description.into())], properties.rest(None)?);
        given.rest(Some(Entity::Thing))?;
        plan.place(place);
        plan.describe(subject::thing(&id), kept::own(words));
        if let Some(location) = location {
            plan.describe(subject::location(&id), location.into_words_of_place());
            self.begins(&id, plan).await?;
        }
        self.locate_new(&id, locations, plan).await?;
        let parents = Parents { thing: Some(id.clone()), ..parents.clone() };
        self.datastreams(datastreams, multis, &parents, plan).await?;
        Ok(id)
    }

    /// Describes a procedure, and makes its series.
    async fn sensor(&self, mut given: Given, parents: &Parents, plan: &mut Plan) -> Answer<String> {
        may_register(&self.reader.principal)?;
        let name = given.needed("name")?;
        let app = &self.reader.app;
        let gazetteer = app.catalog.gazetteer().await?;
        let is_taken = |id: &str| {
            let subject = subject::sensor(id);
            id == sensor_id("") || gazetteer.descriptions.contains_key(&subject) || plan.describes(&subject)
        };
        let id = match given.id()? {
            // Clients put ids into addresses as they are: ours are plain letters.
            None => numbered(&slug(&name, 60)).find(|id| !is_taken(id)).unwrap_or_default(),
            Some(Id::Text(id)) => id,
            Some(Id::Number(number)) => number.to_string(),
        };
        let is_name =
            (1..=200).contains(&id.chars().count()) && !id.chars().any(char::is_control) && id.trim() == id;
        if !is_name {
            return Err(given.wrong(
                "@iot.id",
                told!(
                    "serve-id-procedure-text-most-200-characters",
                    "the id of a procedure is a text of at most 200 characters"
                ),
            ));
        }
        let words = words(
            [
                ("name", name.clone().into()),
                ("description", given.needed("description")?.into()),
                ("encodingType", given.needed("encodingType")?.into()),
                (
                    "metadata",
                    given.take("metadata").ok_or_else(|| {
                        given.wrong("metadata", told!("serve-metadata-missing", "`metadata` is missing"))
                    })?,
                ),
            ],
            given.object("properties")?.rest(None)?,
        );
        let datastreams = new_series(given.many("Datastreams")?)?;
        let multis = new_series(given.many("MultiDatastreams")?)?;
        given.rest(Some(Entity::Sensor))?;
        if is_taken(&id) {
            let why = told!("serve-there-procedure-already", "there is a procedure `{id}` already", id = id);
            return Err(Problem::text(ProblemKind::Conflict, why).at("@iot.id"));
        }
        plan.describe(subject::sensor(&id), words);
        plan.note("procedure.described", subject::sensor(&id), name);
        let parents = Parents { sensor: Some(id.clone()), ..parents.clone() };
        self.datastreams(datastreams, multis, &parents, plan).await?;
        Ok(id)
    }

    async fn datastreams(
        &self,
        datastreams: Vec<Given>,
        multis: Vec<Given>,
        parents: &Parents,
        plan: &mut Plan,
    ) -> Answer<()> {
        for datastream in datastreams {
            self.entity(Entity::Datastream, datastream, parents, plan).await?;
        }
        for multi in multis {
            self.entity(Entity::MultiDatastream, multi, parents, plan).await?;
        }
        Ok(())
    }

    /// Registers a property; one that comes with its series has the series' unit.
    pub(super) async fn property(
        &self,
        mut given: Given,
        unit: Option<&str>,
        parents: &Parents,
        plan: &mut Plan,
    ) -> Answer<PropertyCode> {
        may_register(&self.reader.principal)?;
        let name = given.needed("name")?;
        let definition = given.needed("definition")?;
        let description = given.needed("description")?;
        let mut properties = given.object("properties")?;
        let code = match given.id()? {
            None => slug(&name, 60),
            Some(Id::Text(code)) => code,
            Some(Id::Number(number)) => number.to_string(),
        };
        let code = PropertyCode::new(&code).map_err(|error| given.wrong("@iot.id", error))?;
        let needed = |properties: &mut Given, name: &str, why: Told| -> Answer<String> {
            let text = properties.text(name)?.filter(|text| !text.is_empty());
            text.ok_or_else(|| properties.wrong(name, why))
        };
        let kind = needed(
            &mut properties,
            "kind",
            told!(
                "serve-say-how-values-add-up-over-space",
                "say how values add up over space: `extensive` (areas, people) or `intensive` (levels, shares)"
            ),
        )?;
        let unit = match properties.text("unit")?.or_else(|| unit.map(str::to_owned)) {
            Some(unit) => unit,
            None => {
                return Err(properties.wrong(
                    "unit",
                    told!("serve-say-unit-values-ucum-g-l", "say the unit of its values, in UCUM: `g/L`"),
                ));
            }
        };
        let number = |properties: &mut Given, name: &str| -> Answer<Option<f64>> {
            match properties.take(name) {
                None => Ok(None),
                Some(value) => value
                    .as_f64()
                    .map(Some)
                    .ok_or_else(|| properties.wrong(name, told!("serve-no-number", "it is no number"))),
            }
        };
        let english = properties.text("name_en")?;
        let property = Property {
            code: code.clone(),
            sector: needed(
                &mut properties,
                "sector",
                told!(
                    "serve-say-sector-hydrology-agriculture",
                    "say its sector: `hydrology`, `agriculture`, …"
                ),
            )?,
            name: Text::vi_en(&name, english.as_deref().unwrap_or("")),
            aliases: Vec::new(),
            unit,
            kind: PropertyKind::from_code(&kind).ok_or_else(|| {
                properties.wrong(
                    "kind",
                    told!(
                        "serve-neither-extensive-nor-intensive",
                        "`{kind}` is neither extensive nor intensive",
                        kind = kind
                    ),
                )
            })?,
            plausible_min: number(&mut properties, "plausible_min")?,
            plausible_max: number(&mut properties, "plausible_max")?,
            statistic: properties.text("statistic")?,
            cf_standard_name: None,
            note: Some(description),
            confidence: "medium".into(),
        };
        let words = words([("definition", definition.into())], properties.rest(None)?);
        let datastreams = new_series(given.many("Datastreams")?)?;
        given.rest(Some(Entity::ObservedProperty))?;
        plan.property(property);
        plan.describe(subject::property(&code), kept::own(words));
        let parents = Parents { property: Some(code.clone()), ..parents.clone() };
        self.datastreams(datastreams, Vec::new(), &parents, plan).await?;
        Ok(code)
    }

    /// Registers a series of a dataset, with what it is of and its first values.
    async fn datastream(&self, mut given: Given, parents: &Parents, plan: &mut Plan) -> Answer<DatastreamId> {
        let mut properties = given.object("properties")?;
        let (dataset_id, permit) = self.dataset_of(&mut properties).await?;
        let app = &self.reader.app;
        let name = given.needed("name")?;
        let description = given.needed("description")?;
        let observation_type = given.needed("observationType")?;
        if observation_type != MEASUREMENT {
            return Err(not_kept(told!(
                "serve-results-measurements-here",
                "results are measurements here, `{measurement}`",
                measurement = MEASUREMENT
            ))
            .at("observationType"));
        }
        let mut unit_given = given.object("unitOfMeasurement")?;
        let unit = unit_given.needed("symbol")?;
        let unit_words = words([("name", unit_given.needed("name")?.into())], Map::new());
        let definition = unit_given.text("definition")?;
        let statistic = match properties.text("statistic")? {
            None => None,
            Some(code) => Some(Statistic::from_code(&code).ok_or_else(|| {
                let known: Vec<&str> = Statistic::ALL.iter().map(|statistic| statistic.code()).collect();
                properties.wrong(
                    "statistic",
                    told!("serve-none", "`{code}` is none of {known}", code = code, known = known.join(", ")),
                )
            })?),
        };
        let period = period(&mut properties)?;
        let datum = properties.text("datum")?.unwrap_or_default();
        let place = self.place_of(&mut given, parents, plan).await?;
        let property = match (given.one("ObservedProperty")?, &parents.property) {
            (None, Some(code)) => code.clone(),
            (Some(Related::There(Id::Text(id))), None) => self.known_property(&id, plan).await?.code,
            (Some(Related::New(property)), None) => {
                self.property(property, Some(&unit), &Parents::default(), plan).await?
            }
            (None, None) => {
                return Err(given.wrong(
                    "ObservedProperty",
                    told!("serve-series-no-observedproperty", "the series has no `ObservedProperty`"),
                ));
            }
            _ => {
                return Err(given.wrong(
                    "ObservedProperty",
                    told!(
                        "serve-no-property-series-one-already",
                        "it is no property, or the series has one already"
                    ),
                ));
            }
        };
        let procedure = self.procedure_of(&mut given, parents, plan).await?;
        if !permit.rows().allows(&place, &property) {
            return Err(Problem::new(ProblemKind::NotAllowed));
        }
        let kept = self.known_property(property.as_str(), plan).await?;
        if unit != kept.unit {
            let why = told!(
                "serve-values-kept-send-them-unit",
                "values of `{property}` are kept in `{unit}`: send them in this unit",
                property = property,
                unit = kept.unit
            );
            return Err(not_kept(why).at("unitOfMeasurement/symbol"));
        }
        let key = DatastreamKey {
            dataset: dataset_id,
            place,
            property,
            procedure,
            statistic: statistic.unwrap_or_else(|| intake::usual_statistic(kept.statistic.as_deref())),
            period,
            unit,
            datum,
        };
        let id = key.id();
        let is_there = app.catalog.datastream(id).await?.is_some() && !self.is_gone(id, &permit).await?;
        if plan.has_datastream(id) || is_there {
            return Err(Problem::text(
                ProblemKind::Conflict,
                told!("serve-there-series-already", "there is this series already, as {id}", id = id),
            ));
        }
        let mut said = words(
            [("name", name.clone().into()), ("description", description.into())],
            properties.rest(None)?,
        );
        let mut unit_words = unit_words;
        if let Some(definition) = definition {
            unit_words.insert("definition".into(), definition.into());
        }
        unit_given.rest(None)?;
        said.insert("unitOfMeasurement".into(), Value::Object(unit_words));
        // Where a series is follows from its place.
        given.take("observedArea");
        let observations = first_values(given.many("Observations")?)?;
        given.rest(Some(Entity::Datastream))?;
        plan.datastream(key.clone(), name);
        plan.describe(subject::datastream(id), said);
        // One that was deleted begins anew.
        plan.forget(subject::gone(&subject::datastream(id)));
        let mut own = Vec::with_capacity(observations.len());
        for FirstValue { body, feature } in observations {
            match feature {
                None => own.push(body),
                Some(feature) => {
                    let part = self.at_feature(&key, feature, plan).await?;
                    plan.observe(permit.clone(), vec![(part, kept.clone())], vec![body]);
                }
            }
        }
        plan.observe(permit, vec![(key, kept)], own);
        Ok(id)
    }

    /// The dataset that publishes a series, and the right to write it.
    pub(super) async fn dataset_of(&self, properties: &mut Given) -> Answer<(DatasetId, Permit)> {
        let dataset = properties.text("dataset")?.ok_or_else(|| {
            properties.wrong(
                "dataset",
                told!(
                    "serve-say-dataset-publishes-series-properties-dataset",
                    "say which dataset publishes the series: `\"properties\": {\"dataset\": \"…\"}`"
                ),
            )
        })?;
        let missing = || Problem::not_found(&dataset);
        let id = DatasetId::new(&dataset).map_err(|_| missing())?;
        let permit = self.permit_of(&id, &dataset).await?;
        let kind = self.reader.app.catalog.dataset(&id).await?.ok_or_else(missing)?.kind;
        if kind != model::DatasetKind::Observations {
            return Err(properties.wrong(
                "dataset",
                told!(
                    "serve-no-dataset-observations",
                    "`{dataset}` is no dataset of observations",
                    dataset = dataset
                ),
            ));
        }
        Ok((id, permit))
    }

    /// The place of a series: its parent's, one that is there, or one that comes with it.
    pub(super) async fn place_of(
        &self,
        given: &mut Given,
        parents: &Parents,
        plan: &mut Plan,
    ) -> Answer<PlaceId> {
        match (given.one("Thing")?, &parents.thing) {
            (None, Some(place)) => Ok(place.clone()),
            (Some(Related::There(Id::Text(id))), None) => self.known_place(&id, plan).await,
            (Some(Related::New(thing)), None) => self.thing(thing, &Parents::default(), plan).await,
            (None, None) => {
                Err(given.wrong("Thing", told!("serve-series-no-thing", "the series has no `Thing`")))
            }
            _ => Err(given.wrong(
                "Thing",
                told!("serve-no-thing-series-one-already", "it is no thing, or the series has one already"),
            )),
        }
    }

    /// The procedure of a series, likewise.
    pub(super) async fn procedure_of(
        &self,
        given: &mut Given,
        parents: &Parents,
        plan: &mut Plan,
    ) -> Answer<String> {
        let sensor = match (given.one("Sensor")?, &parents.sensor) {
            (None, Some(id)) => id.clone(),
            (Some(Related::There(Id::Text(id))), None) => id,
            (Some(Related::There(Id::Number(id))), None) => id.to_string(),
            (Some(Related::New(sensor)), None) => self.sensor(sensor, &Parents::default(), plan).await?,
            (None, None) => {
                return Err(
                    given.wrong("Sensor", told!("serve-series-no-sensor", "the series has no `Sensor`"))
                );
            }
            _ => {
                return Err(
                    given.wrong("Sensor", told!("serve-series-one-already", "the series has one already"))
                );
            }
        };
        self.known_procedure(&sensor, plan).await
    }

    /// The procedure of a sensor: one that is described here, or that a series of the asker's has.
    async fn known_procedure(&self, id: &str, plan: &Plan) -> Answer<String> {
        if id == sensor_id("") {
            return Ok(String::new());
        }
        let subject = subject::sensor(id);
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        let is_described = gazetteer.descriptions.contains_key(&subject)
            && !gazetteer.descriptions.contains_key(&subject::gone(&subject));
        if plan.describes(&subject) || is_described {
            return Ok(id.to_owned());
        }
        let world =
            crate::sta::world::World::open(&self.reader.app, &self.reader.principal, query::At::Latest)
                .await?;
        if world.sensors.contains_key(id) { Ok(id.to_owned()) } else { Err(Problem::not_found(id)) }
    }
}

/// Series that are to be made with what they are of.
fn new_series(datastreams: Vec<Related>) -> Answer<Vec<Given>> {
    let new = |datastream| match datastream {
        Related::New(datastream) => Ok(datastream),
        Related::There(_) => Err(not_kept(told!(
            "serve-what-series-part-what-create-another-series",
            "what a series is of is part of what it is: create another series"
        ))),
    };
    datastreams.into_iter().map(new).collect()
}

/// A period, ISO 8601; none is none.
pub(super) fn period(properties: &mut Given) -> Answer<String> {
    let period = properties.text("period")?.unwrap_or_default();
    match intake::is_period(&period) {
        true => Ok(period),
        false => Err(properties.wrong(
            "period",
            told!(
                "serve-no-period-write-iso-8601-duration-such",
                "it is no period: write an ISO 8601 duration such as `P1D`"
            ),
        )),
    }
}
