//! The walk through a document, thing by thing.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::super::{Rows, Series, Value, ends, last_part};
use super::Meter;
use crate::push::{Flow, Stop};

/// Members of one thing that are looked at.
const MAX_MEMBERS: usize = 200;

/// What is known of the things that hold others, by their number in the document.
#[derive(Default)]
pub(super) struct Known {
    holders: HashMap<usize, Holder>,
    /// The first link to what follows a list.
    pub(super) next: Option<String>,
}

#[derive(Clone, Default)]
struct Holder {
    series: Series,
    /// The names of the columns of a data array.
    components: Vec<String>,
}

/// A walk, to look or to push.
pub(super) struct Walk<'a, 'r> {
    known: &'a mut Known,
    meter: Meter,
    next: usize,
    push: Option<Push<'a, 'r>>,
}

struct Push<'a, 'r> {
    rows: &'a mut Rows<'r>,
    /// Why the walk was ended: by a stop, or since nothing more is wanted.
    stopped: &'a mut Option<Option<Stop>>,
}

impl<'a, 'r> Walk<'a, 'r> {
    pub(super) fn looking(known: &'a mut Known, meter: Meter) -> Walk<'a, 'r> {
        Walk { known, meter, next: 0, push: None }
    }

    pub(super) fn pushing(
        known: &'a mut Known,
        meter: Meter,
        rows: &'a mut Rows<'r>,
        stopped: &'a mut Option<Option<Stop>>,
    ) -> Walk<'a, 'r> {
        Walk { known, meter, next: 0, push: Some(Push { rows, stopped }) }
    }

    /// Pushes a value; the parser's error ends the walk.
    fn value<E: serde::de::Error>(&mut self, series: &Series, value: &Value) -> Result<(), E> {
        self.meter.reset();
        let Some(push) = &mut self.push else { return Ok(()) };
        let stop = match push.rows.push(series, value) {
            Ok(Flow::Go) => return Ok(()),
            Ok(Flow::Past) => None,
            Err(stop) => Some(stop),
        };
        *push.stopped = Some(stop);
        Err(E::custom("nothing more is wanted"))
    }

    /// A thing: an observation, or one that holds others.
    fn thing<'de, A: MapAccess<'de>>(&mut self, mut map: A, parent: &Series) -> Result<(), A::Error> {
        let number = self.next;
        self.next += 1;
        let holder = self.known.holders.get(&number).cloned().unwrap_or_default();
        let series = merged(parent, holder.series);
        let (mut members, mut holds) = (Map::new(), false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "value" | "Observations" | "Datastreams" => {
                    holds = true;
                    map.next_value_seed(Part { walk: self, parent: &series })?;
                }
                "dataArray" => {
                    holds = true;
                    if self.push.is_none() {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        let components = &holder.components;
                        map.next_value_seed(DataArray { walk: self, series: &series, components })?;
                    }
                }
                _ => {
                    let value = map.next_value::<Json>()?;
                    if key.ends_with("nextLink")
                        && let Some(link) = value.as_str()
                    {
                        self.known.next.get_or_insert_with(|| format!("{key}: {link}"));
                    }
                    if members.len() < MAX_MEMBERS {
                        members.insert(key, value);
                    }
                }
            }
        }
        self.meter.reset();
        if holds && self.push.is_none() {
            let components = members.get("components").and_then(Json::as_array);
            let components = components.into_iter().flatten().map(text).collect();
            self.known.holders.insert(number, Holder { series: facts(&members), components });
        } else if !holds && (members.contains_key("result") || members.contains_key("phenomenonTime")) {
            let value = observed(|name| members.get(name));
            return self.value(&merged(&series, facts(&members)), &value);
        }
        Ok(())
    }
}

/// The whole document.
pub(super) struct Document<'w, 'a, 'r>(pub(super) &'w mut Walk<'a, 'r>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Part { walk: self.0, parent: &Series::default() }.deserialize(deserializer)
    }
}

/// A thing, or a list of things.
struct Part<'w, 'p, 'a, 'r> {
    walk: &'w mut Walk<'a, 'r>,
    parent: &'p Series,
}

impl<'de> DeserializeSeed<'de> for Part<'_, '_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_, '_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a thing of SensorThings, or a list of them")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.walk.thing(map, self.parent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Part { walk: self.walk, parent: self.parent })?.is_some() {}
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The rows of a data array.
struct DataArray<'w, 'p, 'a, 'r> {
    walk: &'w mut Walk<'a, 'r>,
    series: &'p Series,
    components: &'p [String],
}

impl<'de> DeserializeSeed<'de> for DataArray<'_, '_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for DataArray<'_, '_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rows of a data array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.components.is_empty() {
            return Err(A::Error::custom("the data array does not name its `components`"));
        }
        while let Some(row) = list.next_element::<Vec<Json>>()? {
            if row.len() != self.components.len() {
                let (got, wanted) = (row.len(), self.components.len());
                return Err(A::Error::custom(format!(
                    "a row of the data array has {got} values for {wanted} components"
                )));
            }
            let at = |name: &str| self.components.iter().position(|component| component == name);
            let value = observed(|name| at(name).and_then(|at| row.get(at)));
            self.walk.value(self.series, &value)?;
        }
        Ok(())
    }
}

/// The value of an observation, by its members.
fn observed<'a>(member: impl Fn(&str) -> Option<&'a Json>) -> Value {
    let of = |name: &str| member(name).map(text).unwrap_or_default();
    let time = Some(of("phenomenonTime")).filter(|time| !time.is_empty());
    let (time, time_end) = ends(&time.unwrap_or_else(|| of("resultTime")));
    Value { time, time_end, value: of("result"), quality: of("resultQuality") }
}

/// What a thing says of its series, and what those that are expanded in it say.
fn facts(members: &Map<String, Json>) -> Series {
    let within = |name: &str| members.get(name).and_then(Json::as_object);
    let named = |name: &str| within(name).and_then(|thing| thing.get("name")).map(text).unwrap_or_default();
    if let Some(stream) = within("Datastream").or_else(|| within("MultiDatastream")) {
        let own = facts(stream);
        let place = if own.place.is_empty() { named("FeatureOfInterest") } else { own.place };
        return Series { place, ..own };
    }
    if let Some(link) = members.get("Datastream@iot.navigationLink").and_then(Json::as_str) {
        return Series { property: last_part(link).to_owned(), ..Series::default() };
    }
    let own_name = members.get("name").map(text).unwrap_or_default();
    let Some(unit) = within("unitOfMeasurement") else {
        // A thing is a place; an observation says nothing of its series but where it was made.
        let is_observation = members.contains_key("result");
        let place = if is_observation { named("FeatureOfInterest") } else { own_name };
        return Series { place, ..Series::default() };
    };
    let unit = ["symbol", "name"].iter().filter_map(|key| unit.get(*key)).map(text);
    let property = Some(named("ObservedProperty")).filter(|name| !name.is_empty());
    Series {
        place: named("Thing"),
        property: property.unwrap_or(own_name),
        sensor: named("Sensor"),
        unit: unit.into_iter().find(|unit| !unit.is_empty()).unwrap_or_default(),
    }
}

/// What the inner thing says, and where it says nothing, the outer one.
fn merged(outer: &Series, inner: Series) -> Series {
    let or = |inner: String, outer: &String| if inner.is_empty() { outer.clone() } else { inner };
    Series {
        place: or(inner.place, &outer.place),
        property: or(inner.property, &outer.property),
        sensor: or(inner.sensor, &outer.sensor),
        unit: or(inner.unit, &outer.unit),
    }
}

/// A value as a cell.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
