//! JSON that is a list of flat objects, or an object of named ones: each is a feature, by its two
//! coordinates or by its list of positions.
//!
//! Such files are small, and are held whole: their size is bounded.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use geo_types::{Coord, Geometry, LineString};
use serde_json::Value;
use wording::told;

use super::columns::{second, shape_of, two_positions};
use super::table::{point, well_known};
use super::{About, Coordinates, FeatureOptions, Features, Item, Read, Refused};
use crate::geojson::Json;
use crate::text::sound;
use crate::{Error, Limits};

/// Bytes of such a file, at most.
const MAX_BYTES: u64 = 256 << 20;

/// Properties that hold a list of positions.
const LINES: [&str; 6] = ["points", "coordinates", "path", "polyline", "line", "geometry"];

type Record = Vec<(String, Value)>;

/// The objects of a JSON document.
pub(super) struct Records {
    records: std::vec::IntoIter<Record>,
    shape: Coordinates,
    row: u32,
    bytes: u64,
    about: About,
}

impl Records {
    pub(super) fn open(path: &Path, options: &FeatureOptions, limits: &Limits) -> Result<Records, Error> {
        let bytes = std::fs::metadata(path)?.len();
        if bytes > MAX_BYTES {
            return Err(Error::limit(
                "bytes",
                told!("formats-json-document-too-many-bytes", "the JSON document has too many bytes"),
                MAX_BYTES,
                told!(
                    "formats-make-geojson-featurecollection-read-piece-piece",
                    "make it a GeoJSON FeatureCollection, which is read piece by piece"
                ),
            ));
        }
        let mut text = Vec::new();
        File::open(path)?.take(MAX_BYTES).read_to_end(&mut text)?;
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
        let carried = sound(text, true, false).replaced;
        let records = records(carried.as_deref().unwrap_or(text), limits)?;
        let shape = match &options.coordinates {
            Some(coordinates) => coordinates.clone(),
            None => shape(&records)?,
        };
        let coordinates = Some(shape.clone());
        Ok(Records {
            records: records.into_iter(),
            shape,
            row: 0,
            bytes,
            about: About { coordinates, ..About::one_layer() },
        })
    }
}

impl Features for Records {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        let Some(record) = self.records.next() else { return Ok(None) };
        self.row += 1;
        let row = self.row;
        Ok(Some(match geometry(&record, &self.shape) {
            Err(refused) => Item::refused(row, refused),
            Ok((geometry, had_heights)) => {
                // What became the geometry is no attribute.
                let is_geometry =
                    |name: &String| matches!(&self.shape, Coordinates::Geometry(of) if of == name);
                let properties = record
                    .into_iter()
                    .map(|(name, value)| if is_geometry(&name) { (name, Value::Null) } else { (name, value) })
                    .collect();
                Item::Read(Read { row, id: None, geometry, properties, had_heights, notes: Vec::new() })
            }
        }))
    }

    fn bytes_read(&self) -> u64 {
        self.bytes
    }

    fn about(&self) -> &About {
        &self.about
    }
}

/// Whether a JSON text looks like records: a list of objects, or an object of objects.
pub(crate) fn is_records(head: &str) -> bool {
    let mut rest = head.trim_start();
    if let Some(list) = rest.strip_prefix('[') {
        return list.trim_start().starts_with('{');
    }
    let Some(object) = rest.strip_prefix('{') else { return false };
    rest = object.trim_start();
    // The first member's value.
    let Some(name) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(_, rest)| rest)
    else {
        return false;
    };
    name.trim_start().strip_prefix(':').is_some_and(|value| value.trim_start().starts_with('{'))
}

fn records(text: &[u8], limits: &Limits) -> Result<Vec<Record>, Error> {
    check_depth(text, limits.max_depth.min(128))?;
    let mut json = Json::new(text);
    let mut records: Vec<Record> = Vec::new();
    let failed = |refused: Refused| {
        Error::invalid(
            "not_json",
            told!("formats-file-not-json", "the file is not JSON: {reason}", reason => refused.reason),
            told!("formats-save-again", "save it again"),
        )
    };
    match json.peek() {
        Some(b'[') => json.list(|json| {
            records.push(record(json)?);
            Ok(())
        }),
        _ => json.object(|json, name| {
            let mut record = record(json)?;
            if !record.iter().any(|(other, _)| other == KEY) {
                record.insert(0, (KEY.to_owned(), Value::String(name)));
            }
            records.push(record);
            Ok(())
        }),
    }
    .and_then(|()| json.end())
    .map_err(failed)?;
    Ok(records)
}

/// The property that holds the name under which an object stands.
const KEY: &str = "key";

fn record(json: &mut Json<'_>) -> Result<Record, Refused> {
    let mut record = Vec::new();
    if json.peek() != Some(b'{') {
        record.push(("value".to_owned(), json.value()?));
        return Ok(record);
    }
    json.object(|json, name| {
        let value = json.value()?;
        record.push((name, value));
        Ok(())
    })?;
    Ok(record)
}

/// What reads the text recurses: so its depth is counted before.
fn check_depth(text: &[u8], most: u32) -> Result<(), Error> {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return Err(Error::limit(
                "too_deep",
                told!("formats-json-document-nested-too-deeply", "the JSON document is nested too deeply"),
                u64::from(most),
                told!("formats-flatten", "flatten it"),
            ));
        }
    }
    Ok(())
}

/// Where the positions stand: two properties that all records have, or a list of positions.
fn shape(records: &[Record]) -> Result<Coordinates, Error> {
    let mut names: Vec<String> = Vec::new();
    for record in records.iter().take(100) {
        for (name, value) in record {
            if !value.is_null() && names.len() < 1000 && !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    if let Some((x, y)) = shape_of(&names) {
        if let Some(other) = second(&names, (x, y), &|_| String::new()) {
            return Err(two_positions(&names, (x, y), other));
        }
        return Ok(Coordinates::Pair { x: names[x].clone(), y: names[y].clone() });
    }
    let line = LINES.iter().find(|line| {
        let is_line = |(name, value): &(String, Value)| {
            name == *line && matches!(value, Value::Array(_) | Value::String(_))
        };
        records.iter().take(100).any(|record| record.iter().any(is_line))
    });
    if let Some(line) = line {
        return Ok(Coordinates::Geometry((*line).to_owned()));
    }
    let found = names.iter().take(20).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(Error::invalid(
        "no_coordinates",
        told!(
            "formats-objects-json-document-have-no-coordinates-they",
            "the objects of the JSON document have no coordinates: they have {found}",
            found = found
        ),
        told!(
            "formats-name-them-under-feature-mapping-x-y-make-geojson",
            "name them under `[feature]` in the mapping: `x = \"…\"` and `y = \"…\"`; or make it a GeoJSON FeatureCollection, or a table as CSV"
        ),
    ))
}

fn geometry(record: &Record, shape: &Coordinates) -> Result<(Geometry<f64>, bool), Refused> {
    let value = |wanted: &str| record.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let text = |wanted: &str| match value(wanted) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    match shape {
        Coordinates::Pair { x, y } => point(&text(x), &text(y)),
        Coordinates::Geometry(name) => match value(name) {
            Some(Value::Array(positions)) => line(positions),
            Some(Value::String(text)) => well_known(text),
            _ => Err(Refused::new(
                "no_geometry",
                told!("formats-object-no", "the object has no `{name}`", name = name),
                "",
            )),
        },
    }
}

fn line(positions: &[Value]) -> Result<(Geometry<f64>, bool), Refused> {
    let mut had_heights = false;
    let mut coordinates = Vec::with_capacity(positions.len());
    for position in positions {
        let numbers: Option<Vec<f64>> =
            position.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        match numbers.as_deref() {
            Some([x, y, rest @ ..]) if rest.len() < 3 => {
                had_heights |= !rest.is_empty();
                coordinates.push(Coord { x: *x, y: *y });
            }
            _ => {
                let reason = "a position of the list is not `[longitude, latitude]`";
                return Err(Refused::new("bad_geometry", reason, position.to_string()));
            }
        }
    }
    match coordinates.len() {
        0 => Err(Refused::new(
            "no_geometry",
            told!("formats-list-no-positions", "the list has no positions"),
            "[]",
        )),
        1 => Ok((Geometry::Point(coordinates[0].into()), had_heights)),
        _ => Ok((Geometry::LineString(LineString(coordinates)), had_heights)),
    }
}
