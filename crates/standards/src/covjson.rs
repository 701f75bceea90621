//! CoverageJSON 1.0 (OGC 21-069r2): time series at places, as coverages; fields in [`field`].

pub mod field;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// The media type of a CoverageJSON document.
pub const MEDIA_TYPE: &str = "application/prs.coverage+json";

/// A text in several languages, keyed by BCP 47 tag.
pub type I18n = BTreeMap<&'static str, String>;

/// A document: one coverage, or several that share their parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum Document {
    /// One series.
    Coverage(Coverage),
    /// Several series.
    CoverageCollection(CoverageCollection),
}

/// One series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coverage {
    /// A URI of the series.
    pub id: String,
    /// Where and when.
    pub domain: Domain,
    /// What; absent inside a collection, which has them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// The values, by parameter.
    pub ranges: BTreeMap<String, NdArray>,
    /// The place, in this system's own words (a CoverageJSON reader passes over it).
    #[serde(rename = "cuulong:place")]
    pub place: String,
    /// The way to the sources of the values.
    #[serde(rename = "cuulong:datastream")]
    pub datastream: i64,
}

/// Several series that share their parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CoverageCollection {
    /// The domain type of all coverages, where they have one and the same.
    #[serde(rename = "domainType", skip_serializing_if = "Option::is_none")]
    pub domain_type: Option<&'static str>,
    /// The parameters of all coverages.
    pub parameters: BTreeMap<String, Parameter>,
    /// The coordinate systems of all coverages.
    pub referencing: Vec<Referencing>,
    /// The series.
    pub coverages: Vec<Coverage>,
}

/// Where and when: a place's position and the times of its values.
///
/// With a position it is a `PointSeries` (21-069r2 §6.1.7). A place without one (a province, in
/// statistics) has a time axis alone, and then no domain type, because none fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Longitude and latitude, or easting and northing.
    pub position: Option<[f64; 2]>,
    /// The times, increasing.
    pub times: Vec<DateTime<Utc>>,
    /// The ends of the values' periods, as many as times; none when the values are instants.
    pub period_ends: Vec<DateTime<Utc>>,
    /// The URI of the system that the position is in; none inside a collection, which has it.
    pub system: Option<String>,
}

impl Domain {
    fn domain_type(&self) -> Option<&'static str> {
        self.position.map(|_| "PointSeries")
    }
}

#[derive(Serialize)]
struct DomainDocument<'a> {
    r#type: &'static str,
    #[serde(rename = "domainType", skip_serializing_if = "Option::is_none")]
    domain_type: Option<&'static str>,
    axes: Axes<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    referencing: Vec<Referencing>,
}

#[derive(Serialize)]
struct Axes<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<Axis<[f64; 1]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<Axis<[f64; 1]>>,
    t: Axis<Times<'a>>,
}

#[derive(Serialize)]
struct Axis<V> {
    values: V,
    #[serde(skip_serializing_if = "Option::is_none")]
    bounds: Option<V>,
}

/// Times, written as RFC 3339; with ends, each time is followed by its end.
struct Times<'a> {
    times: &'a [DateTime<Utc>],
    ends: Option<&'a [DateTime<Utc>]>,
}

impl Serialize for Times<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.ends {
            None => serializer.collect_seq(self.times.iter().map(time_text)),
            Some(ends) => serializer
                .collect_seq(self.times.iter().zip(ends).flat_map(|(s, e)| [time_text(s), time_text(e)])),
        }
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let axis = |value: f64| Axis { values: [value], bounds: None };
        let has_bounds = !self.period_ends.is_empty() && self.period_ends.len() == self.times.len();
        DomainDocument {
            r#type: "Domain",
            domain_type: self.domain_type(),
            axes: Axes {
                x: self.position.map(|[x, _]| axis(x)),
                y: self.position.map(|[_, y]| axis(y)),
                t: Axis {
                    values: Times { times: &self.times, ends: None },
                    bounds: has_bounds.then_some(Times { times: &self.times, ends: Some(&self.period_ends) }),
                },
            },
            referencing: self.system.as_deref().map(referencing_in).unwrap_or_default(),
        }
        .serialize(serializer)
    }
}

/// Coordinates and the system that they are in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Referencing {
    /// The axes, by key.
    pub coordinates: Vec<&'static str>,
    /// Their system.
    pub system: System,
}

/// A coordinate system.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum System {
    /// Longitude and latitude.
    #[serde(rename = "GeographicCRS")]
    Geographic {
        /// The system's URI.
        id: String,
    },
    /// Easting and northing.
    #[serde(rename = "ProjectedCRS")]
    Projected {
        /// The system's URI.
        id: String,
    },
    /// Time.
    #[serde(rename = "TemporalRS")]
    Temporal {
        /// The calendar's name.
        calendar: &'static str,
    },
}

/// The systems of coverages in CRS84: longitude and latitude, and the Gregorian calendar.
pub fn referencing() -> Vec<Referencing> {
    referencing_in("http://www.opengis.net/def/crs/OGC/1.3/CRS84")
}

/// The systems of coverages whose positions are in the system of a URI.
pub fn referencing_in(uri: &str) -> Vec<Referencing> {
    let id = uri.to_owned();
    let (coordinates, system) = match uri.rsplit('/').next() {
        Some("CRS84") => (vec!["x", "y"], System::Geographic { id }),
        // The system's own order: latitude first.
        Some("4326") => (vec!["y", "x"], System::Geographic { id }),
        _ => (vec!["x", "y"], System::Projected { id }),
    };
    vec![
        Referencing { coordinates, system },
        Referencing { coordinates: vec!["t"], system: System::Temporal { calendar: "Gregorian" } },
    ]
}

/// A parameter: an observed property with its unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Always `Parameter`.
    pub r#type: ParameterType,
    /// What it is, in sentences.
    #[serde(skip_serializing_if = "I18n::is_empty")]
    pub description: I18n,
    /// Its unit.
    pub unit: Unit,
    /// What is observed.
    #[serde(rename = "observedProperty")]
    pub observed_property: ObservedProperty,
    /// How a value stands for its period (OGC 19-086r6 §C.2, `measurementType`).
    #[serde(rename = "measurementType", skip_serializing_if = "Option::is_none")]
    pub measurement: Option<MeasurementType>,
}

/// The constant type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ParameterType {
    /// The only one.
    Parameter,
}

/// A unit with its UCUM symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The UCUM code.
    pub ucum: String,
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Symbol<'a> {
            value: &'a str,
            r#type: &'static str,
        }
        #[derive(Serialize)]
        struct Document<'a> {
            symbol: Symbol<'a>,
        }
        Document { symbol: Symbol { value: &self.ucum, r#type: "http://www.opengis.net/def/uom/UCUM/" } }
            .serialize(serializer)
    }
}

/// What is observed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ObservedProperty {
    /// Its URI.
    pub id: String,
    /// Its names.
    pub label: I18n,
}

/// How a value stands for its period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasurementType {
    /// `instant`, `mean`, `max`, …
    pub method: String,
    /// The period, as the source names it: an ISO 8601 duration or a named season.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub duration: String,
}

/// Values along the time axis; a missing one is `null`.
#[derive(Debug, Clone, PartialEq)]
pub enum NdArray {
    /// Numbers.
    Float(Vec<Option<f64>>),
    /// Texts.
    Text(Vec<Option<String>>),
}

impl Serialize for NdArray {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Document<'a, V> {
            r#type: &'static str,
            #[serde(rename = "dataType")]
            data_type: &'static str,
            #[serde(rename = "axisNames")]
            axis_names: [&'static str; 1],
            shape: [usize; 1],
            values: &'a [V],
        }
        let (r#type, axis_names) = ("NdArray", ["t"]);
        match self {
            NdArray::Float(values) => {
                Document { r#type, data_type: "float", axis_names, shape: [values.len()], values }
                    .serialize(serializer)
            }
            NdArray::Text(values) => {
                Document { r#type, data_type: "string", axis_names, shape: [values.len()], values }
                    .serialize(serializer)
            }
        }
    }
}

/// One document of several series, with positions in the system of a URI: the coverage itself when
/// there is one, else a collection.
pub fn document(
    parameters: BTreeMap<String, Parameter>,
    mut coverages: Vec<Coverage>,
    system: &str,
) -> Document {
    match coverages.pop() {
        Some(mut only) if coverages.is_empty() => {
            only.domain.system = Some(system.to_owned());
            Document::Coverage(Coverage { parameters, ..only })
        }
        last => {
            coverages.extend(last);
            let all_points = coverages.iter().all(|coverage| coverage.domain.position.is_some());
            for coverage in &mut coverages {
                coverage.domain.system = None;
            }
            Document::CoverageCollection(CoverageCollection {
                domain_type: all_points.then_some("PointSeries"),
                parameters,
                referencing: referencing_in(system),
                coverages,
            })
        }
    }
}

fn time_text(time: &DateTime<Utc>) -> String {
    crate::ogc::time_text(*time)
}
