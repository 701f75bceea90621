//! Changing (18-088 §10.3): a value is corrected in the next version; of what describes values, the words
//! that are kept beside the model are changed, and things move.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use query::ObservedValue;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use standards::sta::{Entity, Options, ResourcePath};
use wording::{Told, told};

use super::body::{Given, Related, missing, plain};
use super::locate::point_of;
use super::observe::refused;
use super::plan::Plan;
use super::{MAX_ENTITY_BYTES, Writer, not_kept, patch};
use crate::http::principal::may_register;
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject::{self, COMPONENTS};
use crate::sta::kept::{self, HIDDEN};
use crate::sta::node::{Node, Set};
use crate::sta::resolve::Context;
use crate::sta::said::{self, Said};
use crate::sta::world::SeriesAt;
use crate::sta::{answer, encode};

impl Writer<'_> {
    /// Changes an entity: what is given of it, or, when it is replaced, all that can be said of it.
    ///
    /// A list is a patch after RFC 6902 (18-088 §10.3.1.2): it changes the entity as it is read.
    pub(super) async fn change(&self, path: &ResourcePath, body: &str, replaces: bool) -> Answer<Response> {
        let (ctx, node) = self.find(path).await?;
        said::read(&ctx, std::slice::from_ref(&node)).await?;
        let patched;
        let (body, replaces) = if body.trim_start().starts_with('[') && !replaces {
            let mut document = Value::Object(encode::body(&ctx, &node));
            patch::apply(&mut document, body)?;
            patched = document.to_string();
            (patched.as_str(), true)
        } else {
            (body, replaces)
        };
        let given = Given::read(body, MAX_ENTITY_BYTES)?;
        if let Node::Observation(value, at) = &node {
            let id = ctx.world.stream(*at).id;
            let standing = encode::body(&ctx, &node);
            let raw: Raw<'_> =
                serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
            let mut given = given;
            stays(&ctx, &node, &mut given)?;
            match self.corrected(given, &standing, raw.result, replaces)? {
                Correction::Value(sent) => {
                    let accepted = self.correct(&sent, id).await?;
                    if accepted.time != value.time {
                        // The time is that of the value that is there: it cannot have become another.
                        return Err(Problem::new(ProblemKind::Internal));
                    }
                }
                Correction::Said(said) => self.say(&ctx, *at, &said, &[value.as_ref()]).await?,
            }
        } else if let Node::Together(together) = &node {
            let standing = encode::body(&ctx, &node);
            let raw: Raw<'_> =
                serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
            let mut given = given;
            stays(&ctx, &node, &mut given)?;
            match self.corrected(given, &standing, raw.result, replaces)? {
                Correction::Value(sent) => {
                    self.observe_multi(&sent, ctx.world.multis[together.of].id).await?;
                }
                Correction::Said(said) => {
                    let values: Vec<&ObservedValue> = together.values.iter().flatten().collect();
                    self.say(&ctx, ctx.world.multis[together.of].series[0], &said, &values).await?;
                }
            }
        } else {
            self.may_describe(&ctx, &node).await?;
            let mut given = given;
            let mut plan = Plan::default();
            self.move_along(&ctx, &node, &mut given, &mut plan).await?;
            let words = changed(&ctx, &node, given, replaces)?;
            if let (Node::Location(place), Some(geometry)) = (&node, words.get("location"))
                && self.own(&subject::thing(place), &plan).await?
                && ctx.world.locations_of(place).first() == Some(place)
            {
                plan.moved(place.clone(), point_of(geometry));
            }
            let subject =
                encode::subject_of(&ctx, &node).ok_or_else(|| Problem::new(ProblemKind::Internal))?;
            plan.describe(subject.clone(), words);
            plan.note("described", subject, String::new());
            self.carry_out(plan).await?;
        }
        let (ctx, node) = self.find(path).await?;
        let document = answer::entity_document(&ctx, &node, &Options::default()).await?;
        Ok(([(header::CONTENT_TYPE, "application/json")], document.into_bytes()).into_response())
    }

    /// Keeps what is said of values that stay.
    async fn say(&self, ctx: &Context, of: SeriesAt, said: &Said, values: &[&ObservedValue]) -> Answer<()> {
        let stream = ctx.world.stream(of);
        let permit = self.permit(stream.id).await?;
        if !permit.rows().allows(&stream.key.place, &stream.key.property) {
            return Err(Problem::text(
                ProblemKind::NotAllowed,
                told!("serve-grant-does-not-reach-series", "your grant does not reach this series"),
            ));
        }
        let mut plan = Plan::default();
        for value in values {
            let (subject, words) = said.description(ctx, value, self.now);
            plan.describe(subject.clone(), words);
            plan.note("described", subject, String::new());
        }
        self.carry_out(plan).await.map(drop)
    }

    /// Moves a thing to the locations that a change names, or to a location the things that it names.
    async fn move_along(&self, ctx: &Context, node: &Node, given: &mut Given, plan: &mut Plan) -> Answer<()> {
        let name = match node {
            Node::Thing(_) => "Locations",
            Node::Location(_) => "Things",
            _ => return Ok(()),
        };
        let mut ids = Vec::new();
        for related in given.many(name)? {
            match related {
                Related::There(id) => ids.push(id),
                // 18-088 §10.3: what is related is bound by its id, and nothing is inserted.
                Related::New(_) => {
                    return Err(given.wrong(
                        name,
                        told!("serve-name-what-is-there", "name what is there by its `@iot.id`"),
                    ));
                }
            }
        }
        match node {
            Node::Thing(thing) if !ids.is_empty() => {
                let mut locations = Vec::with_capacity(ids.len());
                for id in &ids {
                    locations.push(self.known_location(id, plan).await?);
                }
                // What a client read, it may send back.
                if ctx.world.locations_of(thing) == locations {
                    return Ok(());
                }
                self.move_to(thing, locations, plan).await
            }
            Node::Location(location) => {
                for id in &ids {
                    let thing = self.known_place(&plain(id), plan).await?;
                    if ctx.world.locations_of(&thing) != std::slice::from_ref(location) {
                        self.move_to(&thing, vec![location.clone()], plan).await?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the asker may say what an entity is: of a series, who writes its dataset; of what many
    /// datasets share, who keeps the lists.
    pub(super) async fn may_describe(&self, ctx: &Context, node: &Node) -> Answer<()> {
        match node {
            Node::Series(at) => self.permit(ctx.world.stream(*at).id).await.map(|_| ()),
            Node::Multi(at) => self.permit_of_multi(ctx, *at).await.map(|_| ()),
            _ => may_register(&self.reader.principal),
        }
    }
}

/// The digits of a result as they were sent.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
}

/// What a change of an observation comes to.
enum Correction {
    /// Another value in its place, as it would be created.
    Value(String),
    /// The value stays, and something else is said of it.
    Said(Said),
}

impl Writer<'_> {
    /// The observation as it is to be, from what is given and what stands.
    fn corrected(
        &self,
        mut given: Given,
        standing: &Map<String, Value>,
        result: Option<&RawValue>,
        replaces: bool,
    ) -> Answer<Correction> {
        let mut sent = Map::new();
        let time = given.take("phenomenonTime");
        if time.as_ref().is_some_and(|time| !is_same_time(time, standing.get("phenomenonTime"))) {
            return Err(not_kept(told!(
                "serve-time-of-value-stays",
                "the time of a value is part of what it is: delete it and create another"
            ))
            .at("phenomenonTime"));
        }
        sent.insert("phenomenonTime".into(), standing.get("phenomenonTime").cloned().unwrap_or_default());
        let result = match (given.take("result"), result) {
            (Some(_), Some(digits)) => digits.get().to_owned(),
            _ if replaces => return Err(given.wrong("result", missing("result"))),
            _ => standing.get("result").cloned().unwrap_or_default().to_string(),
        };
        let is_same = {
            let number = |text: &str| text.parse::<f64>().ok();
            let standing = standing.get("result").map(Value::to_string).unwrap_or_default();
            standing == result || number(&standing).is_some_and(|standing| number(&result) == Some(standing))
        };
        let before = self.said_in(standing.clone())?;
        let mut members = if replaces { Map::new() } else { before.members() };
        for name in said::MEMBERS {
            // Null takes back what was said.
            if given.names(name) {
                members.remove(name);
            }
            members.extend(given.take(name).map(|value| (name.to_owned(), value)));
        }
        let flag = members.get("resultQuality").and_then(said::flag_of);
        let said = self.said_in(members)?;
        given.rest(Some(Entity::Observation))?;
        // A new value is tested anew: the flag of the old one says nothing of it.
        let new_flag = flag.filter(|flag| Some(*flag) != standing_flag(standing));
        if is_same && new_flag.is_some() {
            let why = told!(
                "serve-flag-by-quality-tests",
                "the flag of a value that stays is set by the dataset's quality tests"
            );
            return Err(not_kept(why).at("resultQuality"));
        }
        if is_same && said != before {
            return Ok(Correction::Said(said));
        }
        sent.extend(said.members());
        if let Some(flag) = new_flag {
            sent.insert("resultQuality".into(), flag.into());
        }
        let others = Value::Object(sent).to_string();
        let others = others.strip_suffix('}').unwrap_or_default();
        Ok(Correction::Value(format!("{others},\"result\":{result}}}")))
    }

    /// What is said of a value in an observation, without what the system says of its origin.
    fn said_in(&self, mut members: Map<String, Value>) -> Answer<Said> {
        if let Some(Value::Object(parameters)) = members.get_mut("parameters") {
            parameters.retain(|name, _| !encode::is_origin(name));
        }
        Said::take(&mut members).map_err(|wrong| self.refused(&refused(wrong)))
    }
}

/// The flag of an observation that stands.
fn standing_flag(standing: &Map<String, Value>) -> Option<i64> {
    standing.get("resultQuality").and_then(said::flag_of)
}

/// What is to be said of an entity, from what is given and what was said before.
fn changed(ctx: &Context, node: &Node, mut given: Given, replaces: bool) -> Answer<Map<String, Value>> {
    let entity = node.entity();
    let said: &[&str] = match entity {
        Entity::Thing => &["name", "description", "properties"],
        Entity::Location => &["name", "description", "location", "properties"],
        Entity::Datastream => &["name", "description", "unitOfMeasurement", "properties"],
        Entity::MultiDatastream => &["name", "description", "properties"],
        Entity::Sensor => &["name", "description", "encodingType", "metadata", "properties"],
        Entity::ObservedProperty => &["name", "definition", "description", "properties"],
        Entity::FeatureOfInterest => &["name", "description", "feature", "properties"],
        Entity::HistoricalLocation => return changed_history(ctx, node, given),
        // A value is no matter of words.
        Entity::Observation => return Err(Problem::new(ProblemKind::Internal)),
    };
    let standing = encode::body(ctx, node);
    let before = encode::said(ctx, node).cloned().unwrap_or_default();
    // What a series is measured in does not change; what its unit is called stays.
    let mut words: Map<String, Value> = if replaces {
        // Nor do the series of a group.
        let stays =
            |name: &str| name == "unitOfMeasurement" || name == COMPONENTS || name.starts_with(HIDDEN);
        before.clone().into_iter().filter(|(name, _)| stays(name)).collect()
    } else {
        before.clone()
    };
    for name in said {
        if matches!(*name, "location" | "feature") {
            if given.has(name) {
                let geometry = given.geometry(name)?;
                // As it follows from the place it need not be said.
                if standing.get(*name) != Some(&geometry) || before.contains_key(*name) {
                    words.insert((*name).to_owned(), geometry);
                }
            } else if replaces {
                return Err(given.wrong(name, use_patch(name)));
            }
            continue;
        }
        match given.take(name) {
            Some(unit) if *name == "unitOfMeasurement" => {
                words.insert((*name).to_owned(), unit_words(&given, unit, standing.get(*name))?);
            }
            Some(Value::Object(properties)) if *name == "properties" => {
                let derived = encode::derived_properties(ctx, node);
                let mut own = Map::new();
                for (key, value) in properties {
                    match derived.get(&key) {
                        None => {
                            own.insert(key, value);
                        }
                        // What a client read, it may send back.
                        Some(standing) if *standing == value => {}
                        Some(_) => {
                            let why = told!(
                                "serve-part-of-entity",
                                "`{key}` is part of what the entity is, and cannot be said otherwise",
                                key = key
                            );
                            return Err(not_kept(why).at("properties"));
                        }
                    }
                }
                words.insert("properties".into(), Value::Object(own));
            }
            Some(value @ Value::String(_)) if *name != "properties" => {
                words.insert((*name).to_owned(), value);
            }
            Some(value) if *name == "metadata" => {
                words.insert("metadata".to_owned(), value);
            }
            Some(_) => return Err(given.wrong(name, told!("serve-another-type", "it has another type"))),
            None if replaces && !matches!(*name, "properties" | "unitOfMeasurement") => {
                return Err(given.wrong(name, use_patch(name)));
            }
            None => {}
        }
    }
    // What cannot be changed may be sent back as it was read.
    for (name, _) in entity.properties() {
        if let Some(value) = given.take(name)
            && standing.get(*name) != Some(&value)
        {
            return Err(not_kept(told!(
                "serve-of-catalogue",
                "`{name}` of {set} is the catalogue's",
                name = name,
                set = entity.set_name()
            ))
            .at(name));
        }
    }
    stays(ctx, node, &mut given)?;
    given.rest(Some(entity))?;
    Ok(words)
}

fn use_patch(name: &str) -> Told {
    told!("serve-missing-use-patch", "`{name}` is missing: to change a part, use PATCH", name = name)
}

/// What a unit is called; which it is, stays.
fn unit_words(given: &Given, unit: Value, standing: Option<&Value>) -> Answer<Value> {
    let at = "unitOfMeasurement";
    let Value::Object(mut unit) = unit else {
        return Err(given.wrong(at, told!("serve-it-no-object", "it is no object")));
    };
    let symbol = unit.remove("symbol").filter(|symbol| !symbol.is_null());
    if symbol.is_some() && symbol.as_ref() != standing.and_then(|standing| standing.get("symbol")) {
        let why = told!(
            "serve-unit-of-series-stays",
            "the unit of a series is part of what it is: create another one"
        );
        return Err(not_kept(why).at("unitOfMeasurement/symbol"));
    }
    let is_text = |(name, value): (&String, &Value)| {
        matches!(name.as_str(), "name" | "definition") && (value.is_string() || value.is_null())
    };
    match unit.iter().all(is_text) {
        true => {
            unit.retain(|_, value| !value.is_null());
            Ok(Value::Object(unit))
        }
        false => Err(given.wrong(
            at,
            told!("serve-unit-has-texts", "a unit has the texts `name`, `symbol` and `definition`"),
        )),
    }
}

/// What is to be kept of where a thing was.
fn changed_history(ctx: &Context, node: &Node, mut given: Given) -> Answer<Map<String, Value>> {
    let Node::History(id) = node else { return Err(Problem::new(ProblemKind::Internal)) };
    let mut history = ctx.world.histories.get(id).cloned().ok_or_else(|| Problem::not_found(id.as_str()))?;
    if given.has("time") {
        history.time = given.instant("time")?;
    }
    stays(ctx, node, &mut given)?;
    given.rest(Some(Entity::HistoricalLocation))?;
    Ok(kept::history(&history))
}

/// Refuses another id or other relations than the entity has.
fn stays(ctx: &Context, node: &Node, given: &mut Given) -> Answer<()> {
    for relation in node.entity().relations().iter().filter(|relation| !relation.many) {
        let there = match given.one(relation.name)? {
            None => continue,
            Some(Related::There(id)) => id,
            Some(Related::New(_)) => {
                return Err(
                    given.wrong(relation.name, told!("serve-name-it-by-id", "name it by its `@iot.id`"))
                );
            }
        };
        let now = match node.related(&ctx.world, *relation) {
            Set::Nodes(nodes) => nodes.first().map(|node| node.id(&ctx.world)),
            Set::Observations(_) | Set::Together(_) => None,
        };
        if now != Some(there) {
            let why = told!(
                "serve-relation-stays",
                "what an entity is of is part of what it is: create another one"
            );
            return Err(not_kept(why).at(relation.name));
        }
    }
    if given.id()?.is_some_and(|id| id != node.id(&ctx.world)) {
        return Err(not_kept(told!("serve-id-does-not-change", "an id does not change")).at("@iot.id"));
    }
    Ok(())
}

/// Whether two texts name one instant or period; clients write the zone in their own way.
fn is_same_time(given: &Value, standing: Option<&Value>) -> bool {
    let times = |value: &Value| -> Option<Vec<DateTime<FixedOffset>>> {
        let text = value.as_str()?;
        text.split('/').map(|part| DateTime::parse_from_rfc3339(part).ok()).collect()
    };
    Some(given) == standing || standing.and_then(times).is_some_and(|standing| times(given) == Some(standing))
}
