//! What EDR adds to a collection: its queries, its parameters and its instances.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Collection, Link};
use crate::covjson::{I18n, MeasurementType};
use crate::error::quote;

/// The queries that a collection answers, by their names (19-086r6 §8.2, Table 9).
pub type DataQueries = BTreeMap<&'static str, DataQuery>;

/// One query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataQuery {
    /// Where to ask, and what to know for asking.
    pub link: QueryLink,
}

/// A link to a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryLink {
    /// Where to ask.
    pub href: String,
    /// Always `data`.
    pub rel: &'static str,
    /// What to know for asking.
    pub variables: QueryVariables,
}

/// What to know for asking a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryVariables {
    /// What a person reads.
    pub title: String,
    /// How the query is understood here.
    pub description: String,
    /// The query's name.
    pub query_type: &'static str,
    /// What `coords` is like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coords: Option<&'static str>,
    /// The units of `within`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub within_units: Vec<&'static str>,
    /// The units of `corridor-width`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub width_units: Vec<&'static str>,
    /// The units of `corridor-height`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub height_units: Vec<&'static str>,
    /// The formats of the answer.
    pub output_formats: Vec<&'static str>,
    /// The format that is sent when none is asked for.
    pub default_output_format: &'static str,
    /// The coordinate systems.
    pub crs_details: Vec<CrsDetails>,
}

/// A coordinate system of a query.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CrsDetails {
    /// Its short name, which `crs` takes.
    pub crs: &'static str,
    /// Its well-known text.
    pub wkt: &'static str,
}

/// The systems in which EDR queries are asked and answered.
pub const EDR_SYSTEMS: [CrsDetails; 4] = [
    CrsDetails {
        crs: "CRS84",
        wkt: concat!(
            "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],",
            "PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],",
            "AXIS[\"Longitude\",EAST],AXIS[\"Latitude\",NORTH]]"
        ),
    },
    CrsDetails {
        crs: "EPSG:4326",
        wkt: concat!(
            "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],",
            "PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],",
            "AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],AUTHORITY[\"EPSG\",\"4326\"]]"
        ),
    },
    CrsDetails {
        crs: "EPSG:32648",
        wkt: concat!(
            "PROJCS[\"WGS 84 / UTM zone 48N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",",
            "SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],",
            "UNIT[\"degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],",
            "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",105],",
            "PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\",500000],",
            "PARAMETER[\"false_northing\",0],UNIT[\"metre\",1],AXIS[\"Easting\",EAST],",
            "AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"32648\"]]"
        ),
    },
    CrsDetails {
        crs: "EPSG:3857",
        wkt: concat!(
            "PROJCS[\"WGS 84 / Pseudo-Mercator\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",",
            "SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],",
            "UNIT[\"degree\",0.0174532925199433]],PROJECTION[\"Mercator_1SP\"],",
            "PARAMETER[\"central_meridian\",0],PARAMETER[\"scale_factor\",1],",
            "PARAMETER[\"false_easting\",0],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1],",
            "AXIS[\"Easting\",EAST],AXIS[\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"3857\"]]"
        ),
    },
];

/// A parameter in a collection's description. Its texts are in one language, unlike CoverageJSON's
/// (19-086r6 Annex C gives them as plain strings, and clients read them so).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdrParameter {
    /// Always `Parameter`.
    pub r#type: &'static str,
    /// Its name.
    pub label: String,
    /// Its unit.
    pub unit: crate::covjson::Unit,
    /// What is observed.
    #[serde(rename = "observedProperty")]
    pub observed_property: EdrObservedProperty,
    /// How a value stands for its period.
    #[serde(rename = "measurementType", skip_serializing_if = "Option::is_none")]
    pub measurement: Option<MeasurementType>,
}

/// What is observed, in one language.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdrObservedProperty {
    /// Its URI.
    pub id: String,
    /// Its name.
    pub label: String,
}

impl EdrParameter {
    /// The description of a CoverageJSON parameter in the language of a tag, or else in the first it has.
    pub fn describe(parameter: &crate::covjson::Parameter, lang: &str) -> EdrParameter {
        let in_lang =
            |text: &I18n| text.get(lang).or_else(|| text.values().next()).cloned().unwrap_or_default();
        let label = in_lang(&parameter.observed_property.label);
        EdrParameter {
            r#type: "Parameter",
            label: label.clone(),
            unit: parameter.unit.clone(),
            observed_property: EdrObservedProperty { id: parameter.observed_property.id.clone(), label },
            measurement: parameter.measurement.clone(),
        }
    }
}

/// Parameters by name, described in one language.
pub fn describe_all(
    parameters: &BTreeMap<String, crate::covjson::Parameter>,
    lang: &str,
) -> BTreeMap<String, EdrParameter> {
    parameters.iter().map(|(name, p)| (name.clone(), EdrParameter::describe(p, lang))).collect()
}

/// The instances of a collection (19-086r6 §8.2.9): here, its forecasts and its versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Instances {
    /// The ways on.
    pub links: Vec<Link>,
    /// The instances: of each kind the newest first.
    pub instances: Vec<Collection>,
}

/// A number, or why it is none.
pub(super) fn quote_number(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| format!("`{}` is not a number", quote(text)))
}
