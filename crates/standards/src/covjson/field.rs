//! Coverages of fields: grids, points along a line, and the series of a field at a position.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Parameter, Referencing, referencing_in, time_text};

/// An axis whose coordinates stand at equal steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Regular {
    /// The first coordinate.
    pub start: f64,
    /// The last.
    pub stop: f64,
    /// How many there are.
    pub num: usize,
}

/// Where the values are.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Rows of a grid, the first one first (21-069r2 §6.1.1).
    Grid {
        /// Along a row.
        x: Regular,
        /// From row to row.
        y: Regular,
    },
    /// Positions (21-069r2 §6.1.10).
    Points(Vec<[f64; 2]>),
    /// One position at one time, or at several.
    Point([f64; 2]),
}

/// A field in space at one or more times.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// A URI.
    pub id: String,
    /// Where.
    pub shape: Shape,
    /// When; none for a field without a time, several only at one position.
    pub times: Vec<DateTime<Utc>>,
    /// The values, by parameter.
    pub ranges: BTreeMap<String, Vec<Option<f64>>>,
}

/// A document of fields, with positions in the system of a URI.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The system.
    pub system: String,
    /// What the values are.
    pub parameters: BTreeMap<String, Parameter>,
    /// The fields.
    pub fields: Vec<Field>,
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let referencing = referencing_in(&self.system);
        let mut map = serializer.serialize_map(None)?;
        if let [only] = &self.fields[..] {
            map.serialize_entry("type", "Coverage")?;
            map.serialize_entry("id", &only.id)?;
            map.serialize_entry("domain", &Domain { field: only, referencing: &referencing })?;
            map.serialize_entry("parameters", &self.parameters)?;
            map.serialize_entry("ranges", &Ranges(only))?;
            return map.end();
        }
        map.serialize_entry("type", "CoverageCollection")?;
        map.serialize_entry("parameters", &self.parameters)?;
        map.serialize_entry("referencing", &referencing)?;
        let members: Vec<Member<'_>> = self.fields.iter().map(Member).collect();
        map.serialize_entry("coverages", &members)?;
        map.end()
    }
}

struct Member<'f>(&'f Field);

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "Coverage")?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("domain", &Domain { field: self.0, referencing: &[] })?;
        map.serialize_entry("ranges", &Ranges(self.0))?;
        map.end()
    }
}

struct Domain<'f> {
    field: &'f Field,
    referencing: &'f [Referencing],
}

impl Serialize for Domain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match (&self.field.shape, self.field.times.len()) {
            (Shape::Grid { .. }, _) => "Grid",
            (Shape::Points(_), _) => "MultiPoint",
            (Shape::Point(_), 0 | 1) => "Point",
            (Shape::Point(_), _) => "PointSeries",
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "Domain")?;
        map.serialize_entry("domainType", kind)?;
        map.serialize_entry("axes", &Axes(self.field))?;
        if !self.referencing.is_empty() {
            map.serialize_entry("referencing", self.referencing)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Values<T> {
    values: Vec<T>,
}

#[derive(Serialize)]
struct Composite<'f> {
    #[serde(rename = "dataType")]
    data_type: &'static str,
    coordinates: [&'static str; 2],
    values: &'f [[f64; 2]],
}

struct Axes<'f>(&'f Field);

impl Serialize for Axes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.0.shape {
            Shape::Grid { x, y } => {
                map.serialize_entry("x", x)?;
                map.serialize_entry("y", y)?;
            }
            Shape::Points(points) => {
                let composite =
                    Composite { data_type: "tuple", coordinates: ["x", "y"], values: points.as_slice() };
                map.serialize_entry("composite", &composite)?;
            }
            Shape::Point([x, y]) => {
                map.serialize_entry("x", &Values { values: vec![*x] })?;
                map.serialize_entry("y", &Values { values: vec![*y] })?;
            }
        }
        if !self.0.times.is_empty() {
            map.serialize_entry("t", &Values { values: self.0.times.iter().map(time_text).collect() })?;
        }
        map.end()
    }
}

struct Ranges<'f>(&'f Field);

impl Serialize for Ranges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct NdArray<'f> {
            r#type: &'static str,
            #[serde(rename = "dataType")]
            data_type: &'static str,
            // An axis of one value may be left out (21-069r2 §6.3).
            #[serde(rename = "axisNames", skip_serializing_if = "Vec::is_empty")]
            axis_names: Vec<&'static str>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            shape: Vec<usize>,
            values: &'f [Option<f64>],
        }
        let mut map = serializer.serialize_map(Some(self.0.ranges.len()))?;
        for (name, values) in &self.0.ranges {
            let (axis_names, shape) = match &self.0.shape {
                Shape::Grid { x, y } => (vec!["y", "x"], vec![y.num, x.num]),
                Shape::Points(points) => (vec!["composite"], vec![points.len()]),
                Shape::Point(_) if self.0.times.len() > 1 => (vec!["t"], vec![self.0.times.len()]),
                Shape::Point(_) => (Vec::new(), Vec::new()),
            };
            let array = NdArray { r#type: "NdArray", data_type: "float", axis_names, shape, values };
            map.serialize_entry(name, &array)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{Document, Field, Regular, Shape};

    /// OGC 21-069r2 §6.1.1: a grid has axes x and y; its values go row by row.
    #[test]
    fn a_grid_names_its_axes_and_their_lengths() {
        let field = Field {
            id: "urn:a".into(),
            shape: Shape::Grid {
                x: Regular { start: 105.0, stop: 106.0, num: 2 },
                y: Regular { start: 10.0, stop: 9.0, num: 1 },
            },
            times: Vec::new(),
            ranges: BTreeMap::from([("a".to_owned(), vec![Some(1.5), None])]),
        };
        let document = Document {
            system: "http://www.opengis.net/def/crs/OGC/1.3/CRS84".into(),
            parameters: BTreeMap::new(),
            fields: vec![field.clone()],
        };
        let written = serde_json::to_value(&document).unwrap();
        assert_eq!(written["domain"]["domainType"], "Grid");
        assert_eq!(written["domain"]["axes"]["x"], json!({"start": 105.0, "stop": 106.0, "num": 2}));
        assert_eq!(written["ranges"]["a"]["axisNames"], json!(["y", "x"]));
        assert_eq!(written["ranges"]["a"]["values"], json!([1.5, null]));
        let two = Document { fields: vec![field.clone(), field], ..document };
        let written = serde_json::to_value(&two).unwrap();
        assert_eq!(written["type"], "CoverageCollection");
        assert!(written["coverages"][0]["domain"].get("referencing").is_none());
    }
}
