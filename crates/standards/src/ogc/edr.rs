//! What EDR adds to a collection, and the coordinates of a position query.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Error;
use crate::covjson::{I18n, MeasurementType};
use crate::error::quote;

/// The queries that a collection answers (19-086r6 §8.2, Table 9).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct DataQueries {
    /// Series near a position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<DataQuery>,
    /// Series of a place by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<DataQuery>,
}

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
    /// `position` or `locations`.
    pub query_type: &'static str,
    /// The formats of the answer.
    pub output_formats: Vec<&'static str>,
    /// The format that is sent when none is asked for.
    pub default_output_format: &'static str,
    /// The coordinate systems.
    pub crs_details: Vec<CrsDetails>,
}

/// A coordinate system of a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrsDetails {
    /// Its short name.
    pub crs: &'static str,
    /// Its well-known text.
    pub wkt: &'static str,
}

impl CrsDetails {
    /// CRS84: longitude, latitude.
    pub fn crs84() -> CrsDetails {
        CrsDetails {
            crs: "CRS84",
            wkt: concat!(
                "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],",
                "PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],",
                "AXIS[\"Longitude\",EAST],AXIS[\"Latitude\",NORTH]]"
            ),
        }
    }
}

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

/// Reads `coords` of a position query: a well-known-text point, longitude first.
///
/// The standard also knows `MULTIPOINT` and heights (19-086r6 §8.2.2); nothing here has heights.
pub fn parse_point(text: &str) -> Result<[f64; 2], Error> {
    let error = |reason: String| {
        Error::new("coords", reason).hint("write longitude and latitude: `POINT(105.78 10.03)`")
    };
    let trimmed = text.trim();
    let tag_end = trimmed.find('(').unwrap_or(trimmed.len());
    let tag = trimmed[..tag_end].trim();
    if !tag.eq_ignore_ascii_case("POINT") {
        return Err(error(format!("`{}` is not a point in well-known text", quote(trimmed))));
    }
    let inside = trimmed[tag_end..]
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(|| error("the point's brackets do not close".into()))?;
    let numbers: Vec<&str> = inside.split_ascii_whitespace().take(3).collect();
    let [lon, lat] = numbers[..] else {
        return Err(error("a point has two numbers with a blank between them".into()));
    };
    let degree = |text: &str, limit: f64, name: &str| {
        let value: f64 = text
            .parse()
            .ok()
            .filter(|v: &f64| v.is_finite())
            .ok_or_else(|| error(format!("`{}` is not a number", quote(text))))?;
        if value.abs() <= limit {
            Ok(value)
        } else {
            Err(error(format!("the {name} `{value}` is outside the world")))
        }
    };
    Ok([degree(lon, 180.0, "longitude")?, degree(lat, 90.0, "latitude")?])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse_point;

    #[test]
    fn a_point_is_read_in_the_ways_that_clients_write_it() {
        for text in ["POINT(105.78 10.03)", "point (105.78  10.03)", " POINT( 105.78 10.03 ) "] {
            assert_eq!(parse_point(text).unwrap(), [105.78, 10.03], "{text}");
        }
    }

    #[test]
    fn what_is_no_point_says_what_to_write() {
        for (text, reason) in [
            ("105.78,10.03", "not a point"),
            ("MULTIPOINT((1 2),(3 4))", "not a point"),
            ("POINT(105.78 10.03", "do not close"),
            ("POINT(105.78,10.03)", "two numbers"),
            ("POINT(105.78 10.03 4)", "two numbers"),
            ("POINT(10.03 105.78)", "outside the world"),
            ("POINT(NaN 10)", "not a number"),
            ("", "not a point"),
        ] {
            let error = parse_point(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert!(error.hint.is_some());
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = parse_point(&text);
        }

        #[test]
        fn a_written_point_is_read_back(lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64) {
            prop_assert_eq!(parse_point(&format!("POINT({lon} {lat})")).unwrap(), [lon, lat]);
        }
    }
}
