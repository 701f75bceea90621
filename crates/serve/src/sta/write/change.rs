//! Changing and deleting (18-088 §10.3, §10.4): a value is corrected or taken out of the next version;
//! of what describes values, the words that are kept beside the model can be changed.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use policy::Permit;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use standards::sta::{Entity, Options, ResourcePath};

use super::body::{Given, Related};
use super::create::point_of;
use super::{MAX_ENTITY_BYTES, Writer, not_kept, patch};
use crate::http::principal::may_register;
use crate::http::{Answer, Problem, ProblemKind};
use crate::sta::encode::subject::COMPONENTS;
use crate::sta::node::{Node, Set, Together};
use crate::sta::resolve::Context;
use crate::sta::world::MultiAt;
use crate::sta::{answer, encode};

impl Writer<'_> {
    /// Changes an entity: what is given of it, or, when it is replaced, all that can be said of it.
    ///
    /// A list is a patch after RFC 6902 (18-088 §10.3.1.2): it changes the entity as it is read.
    pub(super) async fn change(&self, path: &ResourcePath, body: &str, replaces: bool) -> Answer<Response> {
        let (ctx, node) = self.find(path).await?;
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
            let sent = corrected(given, &standing, raw.result, replaces)?;
            let accepted = self.observe(&sent, Some(id)).await?;
            if accepted.time != value.time {
                // The time is that of the value that is there: it cannot have become another.
                return Err(Problem::new(ProblemKind::Internal));
            }
        } else if let Node::Together(together) = &node {
            let standing = encode::body(&ctx, &node);
            let raw: Raw<'_> =
                serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
            let mut given = given;
            stays(&ctx, &node, &mut given)?;
            let sent = corrected(given, &standing, raw.result, replaces)?;
            self.observe_multi(&sent, ctx.world.multis[together.of].id).await?;
        } else {
            self.may_describe(&ctx, &node).await?;
            let words = changed(&ctx, &node, given, replaces)?;
            let subject = encode::subject_of(&ctx, &node)
                .ok_or_else(|| not_kept("what this entity is follows from others: change those"))?;
            self.reader.app.catalog.describe(&subject, words).await?;
            self.reader.app.note(&self.reader.principal, "described", &subject, String::new()).await?;
        }
        let (ctx, node) = self.find(path).await?;
        Ok(Json(answer::entity_document(&ctx, &node, &Options::default()).await?).into_response())
    }

    /// Deletes an observation from the versions that follow. Anything else stays: values point to it.
    pub(super) async fn remove(&self, path: &ResourcePath) -> Answer<Response> {
        let (ctx, node) = self.find(path).await?;
        match &node {
            Node::Multi(at) => return self.remove_multi(&ctx, *at).await,
            Node::Together(together) => return self.remove_together(&ctx, together).await,
            _ => {}
        }
        let Node::Observation(value, at) = &node else {
            self.may_describe(&ctx, &node).await?;
            return Err(not_kept(match node.entity() {
                Entity::Datastream => {
                    "every version of a dataset stays readable, so its series stay: delete their observations"
                }
                _ => "values of earlier versions point to it, and every version stays readable",
            }));
        };
        let datastream = ctx.world.stream(*at);
        let permit = self.permit(datastream.id).await?;
        let app = &self.reader.app;
        match app.intake.strike(&permit, datastream, value.time, STRUCK, self.now).await? {
            Some(run) => {
                let subject = format!("run:{}", run.id);
                app.note(&self.reader.principal, "observation.deleted", &subject, node_id(&ctx, &node))
                    .await?;
                Ok(StatusCode::OK.into_response())
            }
            None => Err(Problem::not_found(&node_id(&ctx, &node))),
        }
    }

    async fn permit_of_multi(&self, ctx: &Context, at: MultiAt) -> Answer<Permit> {
        let dataset = &ctx.world.key_of(at).dataset;
        self.permit_of(dataset, &ctx.world.multis[at].id.to_string()).await
    }

    /// Takes a group apart: its series and their values stay.
    async fn remove_multi(&self, ctx: &Context, at: MultiAt) -> Answer<Response> {
        self.permit_of_multi(ctx, at).await?;
        let subject = encode::subject::multi(ctx.world.multis[at].id);
        let app = &self.reader.app;
        app.catalog.remove_description(&subject).await?;
        app.note(&self.reader.principal, "multidatastream.removed", &subject, String::new()).await?;
        Ok(StatusCode::OK.into_response())
    }

    /// Deletes what was observed together from the versions that follow: each of its values.
    async fn remove_together(&self, ctx: &Context, together: &Together) -> Answer<Response> {
        let permit = self.permit_of_multi(ctx, together.of).await?;
        let app = &self.reader.app;
        let name = node_id(ctx, &Node::Together(Arc::new(together.clone())));
        for (value, at) in together.values.iter().zip(&ctx.world.multis[together.of].series) {
            if value.is_none() {
                continue;
            }
            let datastream = ctx.world.stream(*at);
            let struck = app.intake.strike(&permit, datastream, together.time, STRUCK, self.now).await?;
            if let Some(run) = struck {
                let subject = format!("run:{}", run.id);
                app.note(&self.reader.principal, "observation.deleted", &subject, name.clone()).await?;
            }
        }
        Ok(StatusCode::OK.into_response())
    }

    /// Whether the asker may say what an entity is: of a series, who writes its dataset; of what many
    /// datasets share, who keeps the lists.
    async fn may_describe(&self, ctx: &Context, node: &Node) -> Answer<()> {
        match node {
            Node::Series(at) => self.permit(ctx.world.stream(*at).id).await.map(|_| ()),
            Node::Multi(at) => self.permit_of_multi(ctx, *at).await.map(|_| ()),
            _ => may_register(&self.reader.principal),
        }
    }
}

/// Why a value is gone, in its trace.
const STRUCK: &str = "deleted through SensorThings";

fn node_id(ctx: &Context, node: &Node) -> String {
    node.id(&ctx.world).to_string()
}

/// The digits of a result as they were sent.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
}

/// The observation as it is to be, from what is given and what stands.
fn corrected(
    mut given: Given,
    standing: &Map<String, Value>,
    result: Option<&RawValue>,
    replaces: bool,
) -> Answer<String> {
    let mut sent = Map::new();
    let time = given.take("phenomenonTime");
    if time.as_ref().is_some_and(|time| !is_same_time(time, standing.get("phenomenonTime"))) {
        return Err(not_kept("the time of a value is part of what it is: delete it and create another")
            .at("phenomenonTime"));
    }
    sent.insert("phenomenonTime".into(), standing.get("phenomenonTime").cloned().unwrap_or_default());
    let result = match (given.take("result"), result) {
        (Some(_), Some(digits)) => digits.get().to_owned(),
        _ if replaces => return Err(given.wrong("result", "`result` is missing")),
        _ => standing.get("result").cloned().unwrap_or_default().to_string(),
    };
    // A new value is tested anew: the flag of the old one says nothing of it.
    if let Some(quality) = given.take("resultQuality")
        && flag_of(&quality).is_none_or(|flag| Some(flag) != standing.get("resultQuality").and_then(flag_of))
    {
        let number = |text: &str| text.parse::<f64>().ok();
        let standing = standing.get("result").map(Value::to_string).unwrap_or_default();
        if standing == result || number(&standing).is_some_and(|standing| number(&result) == Some(standing)) {
            let why = "the flag of a value that stays is set by the dataset's quality tests";
            return Err(not_kept(why).at("resultQuality"));
        }
        sent.insert("resultQuality".into(), quality);
    }
    for name in ["resultTime", "validTime", "parameters"] {
        if let Some(value) = given.take(name)
            && standing.get(name) != Some(&value)
        {
            return Err(not_kept(format!("`{name}` of a value is not kept")).at(name));
        }
    }
    given.rest(Some(Entity::Observation))?;
    let others = Value::Object(sent).to_string();
    Ok(format!("{},\"result\":{result}}}", others.trim_end_matches('}')))
}

/// What is to be said of an entity, from what is given and what was said before.
fn changed(ctx: &Context, node: &Node, mut given: Given, replaces: bool) -> Answer<Map<String, Value>> {
    let entity = node.entity();
    let said: &[&str] = match entity {
        Entity::Thing => &["description", "properties"],
        Entity::Location => &["name", "description", "properties"],
        Entity::Datastream | Entity::MultiDatastream => &["name", "description", "properties"],
        Entity::Sensor => &["name", "description", "encodingType", "metadata", "properties"],
        Entity::ObservedProperty => &["definition", "description", "properties"],
        Entity::FeatureOfInterest | Entity::HistoricalLocation | Entity::Observation => {
            return Err(not_kept("what this entity is follows from its place: change the thing"));
        }
    };
    let standing = encode::body(ctx, node);
    let before = encode::said(ctx, node).cloned().unwrap_or_default();
    // What a series is measured in does not change; what its unit is called stays.
    let mut words = if replaces {
        // Nor do the series of a group.
        let stays = |name: &str| name == "unitOfMeasurement" || name == COMPONENTS;
        before.into_iter().filter(|(name, _)| stays(name)).collect()
    } else {
        before
    };
    for name in said {
        match given.take(name) {
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
                            let why = format!(
                                "`{key}` is part of what the entity is, and cannot be said otherwise"
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
            Some(_) => return Err(given.wrong(name, "it has another type")),
            None if replaces && *name != "properties" => {
                return Err(given.wrong(name, format!("`{name}` is missing: to change a part, use PATCH")));
            }
            None => {}
        }
    }
    // What cannot be changed may be sent back as it was read.
    for (name, _) in entity.properties() {
        if let Some(value) = given.take(name)
            && !is_same(name, &value, standing.get(*name))
        {
            return Err(not_kept(format!("`{name}` of {} is the catalogue's", entity.set_name())).at(name));
        }
    }
    stays(ctx, node, &mut given)?;
    given.rest(Some(entity))?;
    Ok(words)
}

/// Refuses another id or other relations than the entity has.
fn stays(ctx: &Context, node: &Node, given: &mut Given) -> Answer<()> {
    for relation in node.entity().relations().iter().filter(|relation| !relation.many) {
        let there = match given.one(relation.name)? {
            None => continue,
            Some(Related::There(id)) => id,
            Some(Related::New(_)) => return Err(given.wrong(relation.name, "name it by its `@iot.id`")),
        };
        let now = match node.related(&ctx.world, *relation) {
            Set::Nodes(nodes) => nodes.first().map(|node| node.id(&ctx.world)),
            Set::Observations(_) | Set::Together(_) => None,
        };
        if now != Some(there) {
            let why = "what an entity is of is part of what it is: create another one";
            return Err(not_kept(why).at(relation.name));
        }
    }
    if given.id()?.is_some_and(|id| id != node.id(&ctx.world)) {
        return Err(not_kept("an id does not change").at("@iot.id"));
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

/// The QARTOD flag of a quality, as this service shows it or as a number alone.
fn flag_of(quality: &Value) -> Option<i64> {
    quality.as_i64().or_else(|| quality.get("flag")?.as_i64())
}

fn is_same(name: &str, given: &Value, standing: Option<&Value>) -> bool {
    match (name, standing) {
        (_, Some(standing)) if standing == given => true,
        ("location" | "feature", Some(standing)) => {
            point_of(given).is_some_and(|given| point_of(standing).is_some_and(|standing| standing == given))
        }
        _ => false,
    }
}
