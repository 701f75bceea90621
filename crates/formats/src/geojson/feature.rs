//! One GeoJSON feature, read without building a tree of its coordinates.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::geometry::{Coordinates, RawGeometry, to_geometry};
use super::{FeatureRow, Refused};
use crate::Limits;

/// A feature as the text has it.
#[derive(Debug, Default)]
pub(super) struct RawFeature {
    kind: Option<Value>,
    id: Option<Value>,
    geometry: Option<RawGeometry>,
    properties: Vec<(String, Value)>,
}

impl RawFeature {
    pub(super) fn parse(text: &[u8]) -> Result<RawFeature, Refused> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let raw = FeatureSeed.deserialize(&mut deserializer).and_then(|raw| deserializer.end().map(|()| raw));
        raw.map_err(|error| {
            let code = if error.is_data() { "not_a_feature" } else { "not_json" };
            let start = String::from_utf8_lossy(&text[..text.len().min(400)]).into_owned();
            Refused::new(code, error.to_string(), start)
        })
    }

    pub(super) fn into_row(self, row: u32, limits: &Limits) -> Result<FeatureRow, Refused> {
        match &self.kind {
            Some(Value::String(kind)) if kind == "Feature" => {}
            other => {
                let found = other.as_ref().map(Value::to_string).unwrap_or_default();
                return Err(Refused::new("not_a_feature", "the `type` is not `Feature`", found));
            }
        }
        let id = match self.id {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(model::nfc(&text)),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(other) => {
                return Err(Refused::new(
                    "not_a_feature",
                    "the `id` is neither text nor a number",
                    other.to_string(),
                ));
            }
        };
        if self.properties.len() >= usize::from(limits.max_columns) {
            let reason = format!("the feature has more than {} properties", limits.max_columns - 1);
            return Err(Refused::new("columns", reason, ""));
        }
        let mut properties: Vec<(String, Value)> = Vec::with_capacity(self.properties.len());
        let mut places = std::collections::HashMap::new();
        for (name, value) in self.properties {
            let (name, value) = (model::nfc(&name), normalised(value));
            if text_bytes(&value) > limits.max_cell_bytes {
                let reason = format!("the property is longer than {} bytes", limits.max_cell_bytes);
                return Err(Refused::new("cell_bytes", reason, name));
            }
            match places.insert(name.clone(), properties.len()) {
                None => properties.push((name, value)),
                Some(at) => {
                    places.insert(name, at);
                    properties[at].1 = value;
                }
            }
        }
        let Some(geometry) = self.geometry else {
            return Err(Refused::new("no_geometry", "the feature has no geometry", "null"));
        };
        let geometry = to_geometry(geometry)?;
        Ok(FeatureRow {
            row,
            id,
            wkb: geometry.wkb,
            bbox: geometry.bbox,
            properties,
            had_heights: geometry.had_heights,
        })
    }
}

fn normalised(value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_ascii() => Value::String(model::nfc(&text)),
        Value::Array(values) => Value::Array(values.into_iter().map(normalised).collect()),
        Value::Object(members) => Value::Object(
            members.into_iter().map(|(name, value)| (model::nfc(&name), normalised(value))).collect(),
        ),
        other => other,
    }
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_bytes).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + text_bytes(value)).sum(),
        _ => 0,
    }
}

struct FeatureSeed;

impl<'de> DeserializeSeed<'de> for FeatureSeed {
    type Value = RawFeature;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawFeature, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FeatureSeed {
    type Value = RawFeature;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Feature")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawFeature, A::Error> {
        let mut raw = RawFeature::default();
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "type" => raw.kind = Some(members.next_value()?),
                "id" => raw.id = Some(members.next_value()?),
                "geometry" => raw.geometry = members.next_value_seed(GeometrySeed)?,
                "properties" => raw.properties = members.next_value_seed(PropertiesSeed)?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(raw)
    }
}

/// Properties in their order; `null` is none.
struct PropertiesSeed;

impl<'de> DeserializeSeed<'de> for PropertiesSeed {
    type Value = Vec<(String, Value)>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PropertiesSeed {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut properties = Vec::new();
        while let Some(member) = members.next_entry()? {
            properties.push(member);
        }
        Ok(properties)
    }
}

/// A geometry, or `null`.
struct GeometrySeed;

impl<'de> DeserializeSeed<'de> for GeometrySeed {
    type Value = Option<RawGeometry>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for GeometrySeed {
    type Value = Option<RawGeometry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut raw = RawGeometry::default();
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "type" => raw.kind = members.next_value()?,
                "coordinates" => raw.coordinates = Some(members.next_value_seed(CoordinatesSeed)?),
                "geometries" => raw.geometries = members.next_value_seed(GeometriesSeed)?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Some(raw))
    }
}

struct GeometriesSeed;

impl<'de> DeserializeSeed<'de> for GeometriesSeed {
    type Value = Vec<RawGeometry>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for GeometriesSeed {
    type Value = Vec<RawGeometry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of geometries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut geometries = Vec::new();
        while let Some(geometry) = values.next_element_seed(GeometrySeed)? {
            geometries
                .push(geometry.ok_or_else(|| A::Error::custom("a geometry in the collection is null"))?);
        }
        Ok(geometries)
    }
}

/// Nested lists of positions, flattened while they are read.
struct CoordinatesSeed;

impl<'de> DeserializeSeed<'de> for CoordinatesSeed {
    type Value = Coordinates;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Coordinates, D::Error> {
        let mut coordinates = Coordinates::default();
        match (Level { coordinates: &mut coordinates }).deserialize(deserializer)? {
            Found::Number(_) => Err(D::Error::custom("the coordinates are a number, not a list")),
            Found::List(height) => {
                coordinates.height = height;
                Ok(coordinates)
            }
        }
    }
}

/// What one value of a list of coordinates is.
enum Found {
    Number(f64),
    /// A list: of numbers (0, a position), of positions (1), of those (2), …
    List(u8),
}

struct Level<'a> {
    coordinates: &'a mut Coordinates,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Found;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Found, E> {
        Ok(Found::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Number(number as f64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Found, A::Error> {
        let mut numbers = [0.0; 2];
        let (mut count, mut height) = (0_usize, None);
        while let Some(found) = values.next_element_seed(Level { coordinates: &mut *self.coordinates })? {
            match found {
                Found::Number(number) => {
                    if height.is_some() {
                        return Err(A::Error::custom("a list mixes numbers and lists"));
                    }
                    if count < 2 {
                        numbers[count] = number;
                    }
                    count += 1;
                }
                Found::List(inner) => {
                    if count > 0 || height.is_some_and(|height| height != inner) {
                        return Err(A::Error::custom("a list mixes values of different depth"));
                    }
                    height = Some(inner);
                }
            }
        }
        match (count, height) {
            (0, None) => Err(A::Error::custom("a list of coordinates is empty")),
            (1, None) => Err(A::Error::custom("a position has one number only")),
            (_, None) => {
                self.coordinates.had_heights |= count > 2;
                self.coordinates.positions.push(numbers.into());
                Ok(Found::List(0))
            }
            (_, Some(inner)) if inner >= Coordinates::MAX_HEIGHT => {
                Err(A::Error::custom("the coordinates are nested too deeply"))
            }
            (_, Some(inner)) => {
                self.coordinates.close(inner);
                Ok(Found::List(inner + 1))
            }
        }
    }
}
