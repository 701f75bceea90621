//! Where things are and were (18-088 §8.2.2, §8.2.3): locations, moves, and the history that each leaves.
//!
//! The first location of a thing is the position of its place. Others are kept beside the model; the
//! place of a thing that was made here goes where the thing goes.

use chrono::{DateTime, Utc};
use model::{PlaceId, Position};
use serde_json::{Map, Value};
use standards::sta::{Entity, Id, Shape};
use wording::told;

use super::body::{Given, Related, plain};
use super::create::Parents;
use super::parts::{new_id, words};
use super::plan::Plan;
use super::{Writer, not_kept};
use crate::http::principal::may_register;
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject;
use crate::sta::kept::{self, History, Kept};

/// The most locations of a thing.
const MOST: usize = 20;

/// A location as it was sent: its geometry, and what it is called.
pub(super) struct LocationGiven {
    name: String,
    geometry: Value,
    words: Map<String, Value>,
}

impl LocationGiven {
    pub(super) fn read(mut given: Given) -> Answer<LocationGiven> {
        let name = given.needed("name")?;
        let description = given.needed("description")?;
        given.geojson()?;
        let geometry = given.geometry("location")?;
        let properties = given.object("properties")?.rest(None)?;
        let words = words([("name", name.clone().into()), ("description", description.into())], properties);
        given.rest(Some(Entity::Location))?;
        Ok(LocationGiven { name, geometry, words })
    }

    /// Where it is, when it is a point.
    pub(super) fn position(&self) -> Option<Position> {
        point_of(&self.geometry)
    }

    /// What is said of it as the position of a place.
    pub(super) fn into_words_of_place(self) -> Map<String, Value> {
        self.words
    }

    /// What is said of it as a location of its own.
    fn into_own_words(mut self) -> Map<String, Value> {
        self.words.insert("location".to_owned(), self.geometry);
        kept::own(self.words)
    }
}

impl Given {
    /// Takes the form of a geometry, which is GeoJSON.
    pub(super) fn geojson(&mut self) -> Answer<()> {
        let encoding = self.needed("encodingType")?;
        // The second is what SensorThings 1.0 wrote, and clients still do.
        match encoding.as_str() {
            "application/geo+json" | "application/vnd.geo+json" => Ok(()),
            _ => Err(not_kept(told!(
                "serve-geometries-geojson-here-application-geo-json",
                "geometries are GeoJSON here: `application/geo+json`"
            ))
            .at("encodingType")),
        }
    }

    /// Takes a geometry, or a feature with one.
    pub(super) fn geometry(&mut self, name: &str) -> Answer<Value> {
        let value = self.take(name).unwrap_or(Value::Null);
        match Shape::from_geojson(&value) {
            Some(_) => Ok(value),
            None => Err(self.wrong(
                name,
                told!(
                    "serve-no-geojson-geometry-longitude-latitude-degrees",
                    "it is no GeoJSON geometry in longitude and latitude, in degrees"
                ),
            )),
        }
    }
}

impl Writer<'_> {
    /// Plans a location, alone or as that of things, which move there.
    pub(super) async fn location(
        &self,
        mut given: Given,
        parents: &Parents,
        plan: &mut Plan,
    ) -> Answer<PlaceId> {
        may_register(&self.reader.principal)?;
        let mut things: Vec<PlaceId> = parents.thing.iter().cloned().collect();
        for thing in given.many("Things")? {
            things.push(match thing {
                Related::There(Id::Text(id)) => self.known_place(&id, plan).await?,
                Related::There(id) => return Err(Problem::not_found(&id.to_string())),
                Related::New(thing) => {
                    let none = Parents::default();
                    let made = self.entity(Entity::Thing, thing, &none, plan).await?;
                    self.known_place(&plain(&made.id), plan).await?
                }
            });
        }
        let chosen = given.id()?;
        let location = LocationGiven::read(given)?;
        if let ([thing], None, Some(position)) = (things.as_slice(), &chosen, location.position())
            && self.is_nowhere(thing, plan).await?
        {
            plan.position(thing.clone(), position);
            plan.describe(subject::location(thing), location.into_words_of_place());
            self.begins(thing, plan).await?;
            return Ok(thing.clone());
        }
        let id = self.plan_location(location, chosen, plan).await?;
        for thing in &things {
            self.move_to(thing, vec![id.clone()], plan).await?;
        }
        Ok(id)
    }

    async fn plan_location(
        &self,
        location: LocationGiven,
        chosen: Option<Id>,
        plan: &mut Plan,
    ) -> Answer<PlaceId> {
        let id = self.free_id(chosen, &location.name, subject::location, plan).await?;
        plan.note("location.created", subject::location(&id), location.name.clone());
        plan.describe(subject::location(&id), location.into_own_words());
        Ok(id)
    }

    /// Plans the locations of a thing that is to be created.
    pub(super) async fn locate_new(
        &self,
        thing: &PlaceId,
        locations: Vec<Related>,
        plan: &mut Plan,
    ) -> Answer<()> {
        if locations.len() > MOST {
            return Err(Problem::text(
                ProblemKind::TooLarge,
                told!("serve-thing-most-locations", "a thing has at most {most} locations", most = MOST),
            ));
        }
        let mut ids = Vec::with_capacity(locations.len());
        for location in locations {
            ids.push(self.related_location(location, plan).await?);
        }
        if ids.is_empty() { Ok(()) } else { self.move_to(thing, ids, plan).await }
    }

    async fn related_location(&self, location: Related, plan: &mut Plan) -> Answer<PlaceId> {
        match location {
            Related::There(id) => self.known_location(&id, plan).await,
            Related::New(given) => self.plan_location(LocationGiven::read(given)?, None, plan).await,
        }
    }

    /// A location that is there, or will be.
    pub(super) async fn known_location(&self, id: &Id, plan: &Plan) -> Answer<PlaceId> {
        let missing = || Problem::not_found(&id.to_string());
        let place = PlaceId::new(&plain(id)).map_err(|_| missing())?;
        match self.geometry_of(&place, plan).await? {
            Some(_) => Ok(place),
            None => Err(missing()),
        }
    }

    /// The geometry of a location: what was said of it, or where its place is.
    async fn geometry_of(&self, location: &PlaceId, plan: &Plan) -> Answer<Option<Value>> {
        let said = self.words_of(&subject::location(location), plan).await?;
        if let Some(geometry) = said.and_then(|mut words| words.remove("location")) {
            return Ok(Some(geometry));
        }
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        let position = gazetteer.place(location).and_then(|place| place.position);
        Ok(position.map(|at| point(&at)))
    }

    /// Whether nobody has said where a thing is, nor will have.
    async fn is_nowhere(&self, thing: &PlaceId, plan: &Plan) -> Answer<bool> {
        let was_located = self.words_of(&subject::located(thing), plan).await?.is_some();
        let is_there = self.geometry_of(thing, plan).await?.is_some() || plan.has_position(thing);
        Ok(!was_located && !is_there)
    }

    /// Moves a thing: it is at these locations from now on, which becomes part of its history
    /// (`req/create-update-delete/historical-location-auto-creation`).
    pub(super) async fn move_to(
        &self,
        thing: &PlaceId,
        locations: Vec<PlaceId>,
        plan: &mut Plan,
    ) -> Answer<()> {
        self.remember(thing, self.now, &locations, plan).await?;
        self.put_at(thing, locations, plan).await
    }

    /// Since a thing is where its place is, where its first day does not say so.
    pub(super) async fn begins(&self, thing: &PlaceId, plan: &mut Plan) -> Answer<()> {
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        let begins =
            gazetteer.place(thing).or_else(|| plan.place_of(thing)).and_then(|place| place.valid_from);
        match begins {
            Some(_) => Ok(()),
            None => self.remember(thing, self.now, std::slice::from_ref(thing), plan).await,
        }
    }

    async fn remember(
        &self,
        thing: &PlaceId,
        time: DateTime<Utc>,
        locations: &[PlaceId],
        plan: &mut Plan,
    ) -> Answer<()> {
        let id = self.free_id(None, &history_name(thing, time), subject::history, plan).await?;
        let history = History { thing: thing.clone(), time, locations: locations.to_vec() };
        plan.describe(subject::history(&id), kept::history(&history));
        Ok(())
    }

    async fn put_at(&self, thing: &PlaceId, locations: Vec<PlaceId>, plan: &mut Plan) -> Answer<()> {
        let names: Vec<&str> = locations.iter().map(PlaceId::as_str).collect();
        plan.note("thing.moved", subject::thing(thing), names.join(", "));
        if self.own(&subject::thing(thing), plan).await? {
            // The location that was its place's stays what it was.
            if let Some(before) = self.geometry_of(thing, plan).await? {
                let said = self.words_of(&subject::location(thing), plan).await?;
                let mut words = said.unwrap_or_default();
                words.entry("location").or_insert(before);
                plan.describe(subject::location(thing), words);
            }
            for location in &locations {
                if let Some(at) = self.geometry_of(location, plan).await?.as_ref().and_then(point_of) {
                    plan.moved(thing.clone(), Some(at));
                    break;
                }
            }
        }
        plan.describe(subject::located(thing), kept::located(&locations));
        Ok(())
    }

    /// Writes down where a thing was. What is later than all that is known of it is where it is now
    /// (18-088 §8.2.3).
    pub(super) async fn historical(
        &self,
        mut given: Given,
        parents: &Parents,
        plan: &mut Plan,
    ) -> Answer<PlaceId> {
        may_register(&self.reader.principal)?;
        let time = given.instant("time")?;
        let thing = match (given.one("Thing")?, &parents.thing) {
            (None, Some(thing)) => thing.clone(),
            (Some(Related::There(id)), None) => self.known_place(&plain(&id), plan).await?,
            _ => {
                return Err(given.wrong(
                    "Thing",
                    told!(
                        "serve-name-one-thing-whose-history-iot-id",
                        "name the one thing whose history it is, by its `@iot.id`"
                    ),
                ));
            }
        };
        let mut locations: Vec<PlaceId> = parents.location.iter().cloned().collect();
        for location in given.many("Locations")? {
            locations.push(self.related_location(location, plan).await?);
        }
        if locations.is_empty() || locations.len() > MOST {
            return Err(given.wrong(
                "Locations",
                told!(
                    "serve-say-where-thing-1-locations",
                    "say where the thing was: 1 to {most} locations",
                    most = MOST
                ),
            ));
        }
        let chosen = given.id()?;
        given.rest(Some(Entity::HistoricalLocation))?;
        let id = self.free_id(chosen, &history_name(&thing, time), subject::history, plan).await?;
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        let first = gazetteer.place(&thing).and_then(|place| place.valid_from).map(model::local_midnight);
        let of_thing = Kept::of(&gazetteer).histories.into_values().filter(|history| history.thing == thing);
        let is_last = first.into_iter().chain(of_thing.map(|history| history.time)).all(|other| other < time);
        if is_last {
            self.put_at(&thing, locations.clone(), plan).await?;
        }
        plan.note("history.written", subject::history(&id), thing.to_string());
        plan.describe(subject::history(&id), kept::history(&History { thing, time, locations }));
        Ok(id)
    }

    /// An id that nothing of its kind has yet: the chosen one, or one of our own by a name.
    pub(super) async fn free_id(
        &self,
        chosen: Option<Id>,
        name: &str,
        subject: fn(&PlaceId) -> String,
        plan: &Plan,
    ) -> Answer<PlaceId> {
        let is_chosen = chosen.is_some();
        let id = new_id(chosen, name)?;
        let gazetteer = self.reader.app.catalog.gazetteer().await?;
        for number in 1..=1000 {
            let tried = match number {
                1 => id.clone(),
                _ => PlaceId::new(&format!("{id}_{number}")).map_err(|error| Problem::internal(&error))?,
            };
            let is_taken = gazetteer.place(&tried).is_some()
                || plan.has_place(&tried)
                || self.words_of(&subject(&tried), plan).await?.is_some();
            if !is_taken {
                return Ok(tried);
            }
            if is_chosen {
                return Err(Problem::text(
                    ProblemKind::Conflict,
                    told!("serve-there-already", "there is `{id}` already", id = id),
                )
                .at("@iot.id"));
            }
        }
        Err(Problem::text(
            ProblemKind::Conflict,
            told!("serve-thousand-entities-called", "a thousand entities are called `{id}`", id = id),
        ))
    }
}

/// A name for where a thing was since an instant.
fn history_name(thing: &PlaceId, time: DateTime<Utc>) -> String {
    let code: String = thing.code().chars().take(36).collect();
    format!("{code} {:x}", time.timestamp_micros())
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

fn point(at: &Position) -> Value {
    serde_json::json!({"type": "Point", "coordinates": [at.lon, at.lat]})
}
