//! The body of an entity, read member by member: what nobody reads is refused, so that nothing that was
//! sent is lost without a word.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use standards::sta::{Entity, Id};
use wording::{Told, told};

use super::locate::point_of;
use crate::http::{Answer, Problem, ProblemKind};

/// An entity as it was sent, and where in the body it stands.
#[derive(Debug)]
pub(super) struct Given {
    members: Map<String, Value>,
    at: String,
}

/// An entity that another is related to: one that is there, or one to be made with it.
#[derive(Debug)]
pub(super) enum Related {
    /// By its id.
    There(Id),
    /// As a body of its own.
    New(Given),
}

impl Given {
    /// Reads a body.
    pub(super) fn read(body: &str, most: usize) -> Answer<Given> {
        if body.len() > most {
            let why = told!("serve-entity-most-bytes", "an entity is at most {most} bytes", most = most);
            return Err(Problem::text(ProblemKind::TooLarge, why));
        }
        // The reader bounds how deep values are nested.
        let value =
            serde_json::from_str(body).map_err(|error| Problem::text(ProblemKind::InvalidBody, error))?;
        Given::of(value, String::new())
    }

    fn of(value: Value, at: String) -> Answer<Given> {
        match value {
            Value::Object(members) => Ok(Given { members, at }),
            _ => Err({
                let why = told!("serve-entity-is-object", "an entity is a JSON object");
                Problem::text(ProblemKind::InvalidBody, why).at(&at)
            }),
        }
    }

    fn place(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}/{name}", self.at) }
    }

    /// A problem with a member.
    pub(super) fn wrong(&self, name: &str, why: impl Into<Told>) -> Problem {
        Problem::text(ProblemKind::InvalidBody, why).at(&self.place(name))
    }

    /// Takes a member; null is none.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// Whether a member is there; null is none.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether a member is named, be it with null.
    pub(super) fn names(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Takes a text, which is kept without control characters and in one normal form.
    pub(super) fn text(&mut self, name: &str) -> Answer<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().any(|c| c.is_control() && c != '\n') => {
                Err(self.wrong(name, told!("serve-control-characters", "the text holds control characters")))
            }
            Some(Value::String(text)) => Ok(Some(model::nfc(text.trim()))),
            Some(_) => Err(self.wrong(name, told!("serve-it-no-text", "it is no text"))),
        }
    }

    /// Takes a text that must be there.
    pub(super) fn needed(&mut self, name: &str) -> Answer<String> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| self.wrong(name, missing(name)))
    }

    /// Takes an instant that must be there, with its zone.
    pub(super) fn instant(&mut self, name: &str) -> Answer<DateTime<Utc>> {
        let text = self.needed(name)?;
        let time = DateTime::parse_from_rfc3339(&text);
        time.map(|time| time.to_utc()).map_err(|_| {
            let why = told!(
                "serve-write-instant-with-zone",
                "write an instant with its zone: `2020-02-03T04:05:06Z`"
            );
            self.wrong(name, why)
        })
    }

    /// Whether a member is a GeoJSON point, or a feature that is one.
    pub(super) fn is_point(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| point_of(value).is_some())
    }

    /// Takes an object; none is an empty one.
    pub(super) fn object(&mut self, name: &str) -> Answer<Given> {
        let at = self.place(name);
        match self.take(name) {
            None => Ok(Given { members: Map::new(), at }),
            Some(value) => Given::of(value, at),
        }
    }

    /// Takes a list of objects; none is an empty one.
    pub(super) fn objects(&mut self, name: &str) -> Answer<Vec<Given>> {
        let at = self.place(name);
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => all
                .into_iter()
                .enumerate()
                .map(|(index, value)| Given::of(value, format!("{at}/{index}")))
                .collect(),
            Some(_) => Err(self.wrong(name, told!("serve-it-no-list", "it is no list"))),
        }
    }

    /// Takes the entity that a relation to one leads to.
    pub(super) fn one(&mut self, name: &str) -> Answer<Option<Related>> {
        let at = self.place(name);
        self.take(name).map(|value| related(Given::of(value, at)?)).transpose()
    }

    /// Takes the entities that a relation to many leads to.
    pub(super) fn many(&mut self, name: &str) -> Answer<Vec<Related>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => all
                .into_iter()
                .enumerate()
                .map(|(index, value)| related(Given::of(value, format!("{}/{index}", self.place(name)))?))
                .collect(),
            Some(_) => Err(self.wrong(name, told!("serve-it-no-list", "it is no list"))),
        }
    }

    /// Takes the id that the sender chose.
    pub(super) fn id(&mut self) -> Answer<Option<Id>> {
        self.take("@iot.id")
            .map(|value| {
                id_of(&value).ok_or_else(|| self.wrong("@iot.id", told!("serve-it-no-id", "it is no id")))
            })
            .transpose()
    }

    /// What nobody read: a mistake, when the entity has no such member.
    pub(super) fn rest(self, entity: Option<Entity>) -> Answer<Map<String, Value>> {
        let Some(entity) = entity else { return Ok(self.members) };
        // What a client that read the entity sends back with it.
        let ours = |name: &str| name.ends_with("@iot.navigationLink") || name == "@iot.selfLink";
        match self.members.iter().find(|(name, value)| !ours(name) && !value.is_null()) {
            None => Ok(Map::new()),
            Some((name, _)) => {
                let known = entity.property(name).is_some() || entity.relation(name).is_some();
                if known {
                    let why = told!(
                        "serve-cannot-be-set",
                        "`{name}` of {set} cannot be set here",
                        name = name,
                        set = entity.set_name()
                    );
                    Err(super::not_kept(why).at(&self.place(name)))
                } else {
                    Err(self.wrong(
                        name,
                        told!(
                            "serve-have-no-member",
                            "{set} have no `{name}`",
                            set = entity.set_name(),
                            name = name
                        ),
                    ))
                }
            }
        }
    }
}

/// Says that a member is not there.
pub(super) fn missing(name: &str) -> Told {
    told!("serve-missing-member", "`{name}` is missing", name = name)
}

/// An id as it stands in a document.
pub(super) fn plain(id: &Id) -> String {
    match id {
        Id::Number(number) => number.to_string(),
        Id::Text(text) => text.clone(),
    }
}

/// In a relation an id names an entity that is there, whatever clients send beside it.
fn related(mut given: Given) -> Answer<Related> {
    match given.id()? {
        Some(id) => Ok(Related::There(id)),
        None => Ok(Related::New(given)),
    }
}

fn id_of(value: &Value) -> Option<Id> {
    match value {
        Value::Number(number) => number.as_i64().map(Id::Number),
        Value::String(text) => Some(Id::Text(text.clone())),
        _ => None,
    }
}
