//! One GeoJSON feature, read without building a tree of its coordinates.

use serde_json::Value;
use wording::{Told, told};

use super::geometry::{Coordinates, RawGeometry, to_geometry};
use super::json::Json;
use crate::feature::{Read, Refused};

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
        let mut json = Json::new(text);
        if json.peek() != Some(b'{') {
            let found = json.value()?;
            return Err(Refused::new(
                "not_a_feature",
                told!("formats-not-json-object", "it is not a JSON object"),
                found.to_string(),
            ));
        }
        let mut raw = RawFeature::default();
        json.object(|json, name| {
            match name.as_str() {
                "type" => raw.kind = Some(json.value()?),
                "id" => raw.id = Some(json.value()?),
                "geometry" => raw.geometry = geometry(json)?,
                "properties" => raw.properties = properties(json)?,
                _ => drop(json.value()?),
            }
            Ok(())
        })?;
        json.end()?;
        Ok(raw)
    }

    pub(super) fn into_read(self, row: u32) -> Result<Read, Refused> {
        match &self.kind {
            Some(Value::String(kind)) if kind == "Feature" => {}
            other => {
                let found = other.as_ref().map(Value::to_string).unwrap_or_default();
                return Err(Refused::new(
                    "not_a_feature",
                    told!("formats-type-not-feature", "the `type` is not `Feature`"),
                    found,
                ));
            }
        }
        let id = match self.id {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(other) => {
                return Err(Refused::new(
                    "not_a_feature",
                    told!("formats-id-neither-text-nor-number", "the `id` is neither text nor a number"),
                    other.to_string(),
                ));
            }
        };
        let Some(geometry) = self.geometry else {
            return Err(Refused::new(
                "no_geometry",
                told!("formats-feature-no-geometry", "the feature has no geometry"),
                "null",
            ));
        };
        let (geometry, had_heights) = to_geometry(geometry)?;
        Ok(Read { row, id, geometry, properties: self.properties, had_heights, notes: Vec::new() })
    }
}

/// Properties in their order; `null` is none.
fn properties(json: &mut Json<'_>) -> Result<Vec<(String, Value)>, Refused> {
    let mut properties = Vec::new();
    if json.literal("null") {
        return Ok(properties);
    }
    if json.peek() != Some(b'{') {
        let found = json.value()?;
        return Err(Refused::new(
            "not_a_feature",
            told!("formats-properties-not-object", "the `properties` are not an object"),
            found.to_string(),
        ));
    }
    json.object(|json, name| {
        properties.push((name, json.value()?));
        Ok(())
    })?;
    Ok(properties)
}

/// A geometry, or `null`.
fn geometry(json: &mut Json<'_>) -> Result<Option<RawGeometry>, Refused> {
    if json.literal("null") {
        return Ok(None);
    }
    if json.peek() != Some(b'{') {
        let found = json.value()?;
        return Err(Refused::new(
            "bad_geometry",
            told!("formats-geometry-not-object", "the geometry is not an object"),
            found.to_string(),
        ));
    }
    let mut raw = RawGeometry::default();
    json.object(|json, name| {
        match name.as_str() {
            "type" => raw.kind = json.value()?.as_str().map(str::to_owned),
            "coordinates" => raw.coordinates = Some(coordinates(json)?),
            "geometries" if json.peek() == Some(b'[') => {
                raw.geometries.clear();
                json.list(|json| {
                    let part = geometry(json)?;
                    raw.geometries.push(part.ok_or_else(|| {
                        bad(told!("formats-geometry-collection-null", "a geometry in the collection is null"))
                    })?);
                    Ok(())
                })?;
            }
            _ => drop(json.value()?),
        }
        Ok(())
    })?;
    Ok(Some(raw))
}

fn bad(reason: Told) -> Refused {
    Refused::new("bad_geometry", reason, "")
}

/// Nested lists of positions, flattened while they are read.
fn coordinates(json: &mut Json<'_>) -> Result<Coordinates, Refused> {
    let mut coordinates = Coordinates::default();
    match level(json, &mut coordinates)? {
        Found::Number(_) => {
            Err(bad(told!("formats-coordinates-number-not-list", "the coordinates are a number, not a list")))
        }
        Found::List(height) => {
            coordinates.height = height;
            Ok(coordinates)
        }
    }
}

/// What one value of a list of coordinates is.
enum Found {
    Number(f64),
    /// A list: of numbers (0, a position), of positions (1), of those (2), …
    List(u8),
}

fn level(json: &mut Json<'_>, coordinates: &mut Coordinates) -> Result<Found, Refused> {
    if json.peek() != Some(b'[') {
        return match json.value()? {
            Value::Number(number) => number
                .as_f64()
                .map(Found::Number)
                .ok_or_else(|| bad(told!("formats-number-too-large", "a number is too large"))),
            other => Err(Refused::new(
                "bad_geometry",
                told!("formats-coordinate-not-number", "a coordinate is not a number"),
                other.to_string(),
            )),
        };
    }
    let mut numbers = [0.0; 2];
    let (mut count, mut height) = (0_usize, None);
    json.list(|json| {
        match level(json, coordinates)? {
            Found::Number(_) if height.is_some() => {
                return Err(bad(told!("formats-list-mixes-numbers-lists", "a list mixes numbers and lists")));
            }
            Found::List(_) if count > 0 => {
                return Err(bad(told!("formats-list-mixes-numbers-lists", "a list mixes numbers and lists")));
            }
            Found::List(inner) if height.is_some_and(|height| height != inner) => {
                return Err(bad(told!(
                    "formats-list-mixes-lists-different-depth",
                    "a list mixes lists of different depth"
                )));
            }
            Found::List(inner) => height = Some(inner),
            Found::Number(number) => {
                if let Some(place) = numbers.get_mut(count) {
                    *place = number;
                }
                count += 1;
            }
        }
        Ok(())
    })?;
    match (count, height) {
        (0, None) => Err(bad(told!("formats-list-coordinates-empty", "a list of coordinates is empty"))),
        (1, None) => Err(bad(told!("formats-position-one-number-only", "a position has one number only"))),
        (_, None) => {
            coordinates.had_heights |= count > 2;
            coordinates.positions.push(numbers.into());
            Ok(Found::List(0))
        }
        (_, Some(inner)) if inner >= Coordinates::MAX_HEIGHT => {
            Err(bad(told!("formats-coordinates-nested-too-deeply", "the coordinates are nested too deeply")))
        }
        (_, Some(inner)) => {
            coordinates.close(inner);
            Ok(Found::List(inner + 1))
        }
    }
}
