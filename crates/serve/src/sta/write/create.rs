//! Entities that describe observations: places, procedures, properties and series, each alone or with
//! what belongs to it (deep insert, 18-088 §10.2.1).
//!
//! A thing is a place with its location, a sensor a procedure, a datastream a series of a dataset. Names
//! and texts that the model has no place for are kept beside it, as descriptions.

use futures::FutureExt;
use futures::future::BoxFuture;
use model::{
    DatasetId, DatastreamId, DatastreamKey, Place, PlaceId, PlaceKind, Position, Property, PropertyCode,
    PropertyKind, Statistic, Text,
};
use policy::Permit;
use serde_json::{Map, Value};
use standards::sta::{Entity, Id};

use super::body::{Given, Related};
use super::plan::Plan;
use super::{Created, Writer, not_kept};
use crate::http::principal::may_register;
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::{MEASUREMENT, subject};
use crate::sta::world::sensor_id;

/// The entities that what is created belongs to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Parents {
    pub(super) thing: Option<PlaceId>,
    pub(super) sensor: Option<String>,
    pub(super) property: Option<PropertyCode>,
    pub(super) datastream: Option<DatastreamId>,
    pub(super) multi: Option<i64>,
}

/// Why entities of a kind are not created.
pub(super) fn why_not(entity: Entity) -> &'static str {
    match entity {
        Entity::FeatureOfInterest => {
            "the feature of an observation is the place of its datastream: create the thing, with its location"
        }
        Entity::HistoricalLocation => {
            "places do not move here: a place has one location, and the day since when it exists"
        }
        Entity::Location => {
            "a location is that of a thing: send it to `Things(…)/Locations`, or name the thing in `Things`"
        }
        _ => "entities of this kind are not created here: send them to their own set",
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
                _ => return Err(not_kept(why_not(entity))),
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
        let kind = PlaceKind::from_code(&kind)
            .ok_or_else(|| properties.wrong("kind", format!("`{kind}` is no kind of place")))?;
        let id = match given.id()? {
            Some(Id::Text(id)) => PlaceId::new(&id).map_err(|error| given.wrong("@iot.id", error))?,
            Some(Id::Number(_)) => return Err(given.wrong("@iot.id", "the id of a place is `scheme:code`")),
            None => self.new_place_id(&name, plan).await?,
        };
        let day = |properties: &mut Given, name: &str| -> Answer<Option<chrono::NaiveDate>> {
            let Some(text) = properties.text(name)? else { return Ok(None) };
            text.parse().map(Some).map_err(|_| properties.wrong(name, "write a day: `2020-02-03`"))
        };
        let mut locations = given.many("Locations")?;
        let datastreams = new_series(given.many("Datastreams")?)?;
        let multis = new_series(given.many("MultiDatastreams")?)?;
        if locations.len() > 1 {
            return Err(not_kept("a place has one location here"));
        }
        let location = match locations.pop() {
            None => None,
            Some(Related::New(location)) => Some(LocationGiven::read(location)?),
            Some(Related::There(_)) => {
                return Err(not_kept("a location is one place's: write it out instead of naming another's"));
            }
        };
        let english = properties.text("name_en")?;
        let place = Place {
            id: id.clone(),
            kind,
            name: Text::vi_en(&name, english.as_deref().unwrap_or("")),
            type_name: None,
            alt_names: Vec::new(),
            position: location.as_ref().map(|location| location.position),
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
        plan.describe(subject::thing(&id), words);
        if let Some(location) = location {
            plan.describe(subject::location(&id), location.words);
        }
        let parents = Parents { thing: Some(id.clone()), ..parents.clone() };
        self.datastreams(datastreams, multis, &parents, plan).await?;
        Ok(id)
    }

    /// An id of our own for a place that comes without one.
    async fn new_place_id(&self, name: &str, plan: &Plan) -> Answer<PlaceId> {
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        for code in numbered(&slug(name, 50)) {
            let id = PlaceId::new(&format!("sta:{code}"));
            let id = id.map_err(|error| Problem::text(ProblemKind::InvalidBody, error).at("name"))?;
            if gazetteer.place(&id).is_none() && !plan.has_place(&id) {
                return Ok(id);
            }
        }
        Err(Problem::text(ProblemKind::Conflict, format!("a thousand places are called `{name}`")).at("name"))
    }

    /// Says where a place is of which nobody said so.
    async fn location(&self, mut given: Given, parents: &Parents, plan: &mut Plan) -> Answer<PlaceId> {
        may_register(&self.reader.principal)?;
        let place = match (given.many("Things")?.as_slice(), &parents.thing) {
            ([], Some(place)) => place.clone(),
            ([Related::There(Id::Text(id))], None) => self.known_place(id, plan).await?,
            ([], None) => return Err(not_kept(why_not(Entity::Location))),
            _ => return Err(given.wrong("Things", "a location is that of one thing, which is there")),
        };
        let place = &place;
        let location = LocationGiven::read(given)?;
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        if gazetteer.place(place).is_some_and(|place| place.position.is_some()) {
            return Err(not_kept(format!("`{place}` has a location, and a place has one here")));
        }
        plan.position(place.clone(), location.position);
        plan.describe(subject::location(place), location.words);
        Ok(place.clone())
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
            return Err(given.wrong("@iot.id", "the id of a procedure is a text of at most 200 characters"));
        }
        let words = words(
            [
                ("name", name.clone().into()),
                ("description", given.needed("description")?.into()),
                ("encodingType", given.needed("encodingType")?.into()),
                (
                    "metadata",
                    given.take("metadata").ok_or_else(|| given.wrong("metadata", "`metadata` is missing"))?,
                ),
            ],
            given.object("properties")?.rest(None)?,
        );
        let datastreams = new_series(given.many("Datastreams")?)?;
        let multis = new_series(given.many("MultiDatastreams")?)?;
        given.rest(Some(Entity::Sensor))?;
        if is_taken(&id) {
            let why = format!("there is a procedure `{id}` already");
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
        let needed = |properties: &mut Given, name: &str, why: &str| -> Answer<String> {
            let text = properties.text(name)?.filter(|text| !text.is_empty());
            text.ok_or_else(|| properties.wrong(name, why))
        };
        let kind = needed(
            &mut properties,
            "kind",
            "say how values add up over space: `extensive` (areas, people) or `intensive` (levels, shares)",
        )?;
        let unit = match properties.text("unit")?.or_else(|| unit.map(str::to_owned)) {
            Some(unit) => unit,
            None => return Err(properties.wrong("unit", "say the unit of its values, in UCUM: `g/L`")),
        };
        let number = |properties: &mut Given, name: &str| -> Answer<Option<f64>> {
            match properties.take(name) {
                None => Ok(None),
                Some(value) => {
                    value.as_f64().map(Some).ok_or_else(|| properties.wrong(name, "it is no number"))
                }
            }
        };
        let english = properties.text("name_en")?;
        let property = Property {
            code: code.clone(),
            sector: needed(&mut properties, "sector", "say its sector: `hydrology`, `agriculture`, …")?,
            name: Text::vi_en(&name, english.as_deref().unwrap_or("")),
            aliases: Vec::new(),
            unit,
            kind: PropertyKind::from_code(&kind).ok_or_else(|| {
                properties.wrong("kind", format!("`{kind}` is neither extensive nor intensive"))
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
        plan.describe(subject::property(&code), words);
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
            return Err(
                not_kept(format!("results are measurements here, `{MEASUREMENT}`")).at("observationType")
            );
        }
        let mut unit_given = given.object("unitOfMeasurement")?;
        let unit = unit_given.needed("symbol")?;
        let unit_words = words([("name", unit_given.needed("name")?.into())], Map::new());
        let definition = unit_given.text("definition")?;
        let statistic = match properties.text("statistic")? {
            None => None,
            Some(code) => Some(Statistic::from_code(&code).ok_or_else(|| {
                let known: Vec<&str> = Statistic::ALL.iter().map(|statistic| statistic.code()).collect();
                properties.wrong("statistic", format!("`{code}` is none of {}", known.join(", ")))
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
                return Err(given.wrong("ObservedProperty", "the series has no `ObservedProperty`"));
            }
            _ => {
                return Err(
                    given.wrong("ObservedProperty", "it is no property, or the series has one already")
                );
            }
        };
        let procedure = self.procedure_of(&mut given, parents, plan).await?;
        if !permit.rows().allows(&place, &property) {
            return Err(Problem::new(ProblemKind::NotAllowed));
        }
        let kept = self.known_property(property.as_str(), plan).await?;
        if unit != kept.unit {
            let why = format!("values of `{property}` are kept in `{}`: send them in this unit", kept.unit);
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
        if plan.has_datastream(id) || app.catalog.datastream(id).await?.is_some() {
            return Err(Problem::text(
                ProblemKind::Conflict,
                format!("there is this series already, as {id}"),
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
        let observations = bodies(given.many("Observations")?)?;
        given.rest(Some(Entity::Datastream))?;
        plan.datastream(key.clone(), name);
        plan.describe(subject::datastream(id), said);
        plan.observe(permit, vec![(key, kept)], observations);
        Ok(id)
    }

    /// The dataset that publishes a series, and the right to write it.
    pub(super) async fn dataset_of(&self, properties: &mut Given) -> Answer<(DatasetId, Permit)> {
        let dataset = properties.text("dataset")?.ok_or_else(|| {
            properties.wrong(
                "dataset",
                "say which dataset publishes the series: `\"properties\": {\"dataset\": \"…\"}`",
            )
        })?;
        let missing = || Problem::not_found(&dataset);
        let id = DatasetId::new(&dataset).map_err(|_| missing())?;
        let permit = self.permit_of(&id, &dataset).await?;
        let kind = self.reader.app.catalog.dataset(&id).await?.ok_or_else(missing)?.kind;
        if kind != model::DatasetKind::Observations {
            return Err(properties.wrong("dataset", format!("`{dataset}` is no dataset of observations")));
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
            (None, None) => Err(given.wrong("Thing", "the series has no `Thing`")),
            _ => Err(given.wrong("Thing", "it is no thing, or the series has one already")),
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
            (None, None) => return Err(given.wrong("Sensor", "the series has no `Sensor`")),
            _ => return Err(given.wrong("Sensor", "the series has one already")),
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
        if plan.describes(&subject) || gazetteer.descriptions.contains_key(&subject) {
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
        Related::There(_) => {
            Err(not_kept("what a series is of is part of what it is: create another series"))
        }
    };
    datastreams.into_iter().map(new).collect()
}

/// A period, ISO 8601; none is none.
pub(super) fn period(properties: &mut Given) -> Answer<String> {
    let period = properties.text("period")?.unwrap_or_default();
    match intake::is_period(&period) {
        true => Ok(period),
        false => Err(properties.wrong("period", "it is no period: write an ISO 8601 duration such as `P1D`")),
    }
}

/// First values of a series, as they were sent.
pub(super) fn bodies(observations: Vec<Related>) -> Answer<Vec<String>> {
    let body = |observation| match observation {
        Related::New(observation) => Ok(Value::Object(observation.rest(None)?).to_string()),
        Related::There(_) => Err(not_kept("an observation stays with its series")),
    };
    observations.into_iter().map(body).collect()
}

/// A location as it was sent: a point, and what it is called.
struct LocationGiven {
    position: Position,
    words: Map<String, Value>,
}

impl LocationGiven {
    fn read(mut given: Given) -> Answer<LocationGiven> {
        let name = given.needed("name")?;
        let description = given.needed("description")?;
        let encoding = given.needed("encodingType")?;
        // The second is what SensorThings 1.0 wrote, and clients still do.
        if !matches!(encoding.as_str(), "application/geo+json" | "application/vnd.geo+json") {
            return Err(not_kept("a location is GeoJSON here: `application/geo+json`").at("encodingType"));
        }
        let point = given.take("location").unwrap_or(Value::Null);
        let position = point_of(&point).ok_or_else(|| {
            given.wrong("location", "a location is a GeoJSON point here, longitude and latitude in degrees")
        })?;
        let properties = given.object("properties")?.rest(None)?;
        let words = words([("name", name.into()), ("description", description.into())], properties);
        given.rest(Some(Entity::Location))?;
        Ok(LocationGiven { position, words })
    }
}

/// The position of a GeoJSON point, or of a feature that is one.
pub(super) fn point_of(value: &Value) -> Option<Position> {
    let value = if value["type"] == "Feature" { &value["geometry"] } else { value };
    if value["type"] != "Point" {
        return None;
    }
    let number = |at: usize| value["coordinates"].get(at).and_then(Value::as_f64);
    let (lon, lat) = (number(0)?, number(1)?);
    let in_degrees = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    in_degrees.then_some(Position { lon, lat })
}

/// What is said of something, with its further properties where there are any.
pub(super) fn words<const N: usize>(
    said: [(&str, Value); N],
    properties: Map<String, Value>,
) -> Map<String, Value> {
    let mut words: Map<String, Value> =
        said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if !properties.is_empty() {
        words.insert("properties".to_owned(), Value::Object(properties));
    }
    words
}

/// A name as a code: without marks, in small letters, words joined by `_`.
fn slug(name: &str, most: usize) -> String {
    let folded = model::fold(name);
    let code: String =
        folded.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(most).collect();
    let code = code.trim_matches('_');
    if code.starts_with(|c: char| c.is_ascii_lowercase()) { code.to_owned() } else { format!("x{code}") }
}

/// A code and others after it: `gauge`, `gauge_2`, …
fn numbered(code: &str) -> impl Iterator<Item = String> + use<> {
    let more = (2..=1000).map({
        let code = code.to_owned();
        move |number| format!("{code}_{number}")
    });
    std::iter::once(code.to_owned()).chain(more)
}
