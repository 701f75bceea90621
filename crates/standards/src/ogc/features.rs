//! GeoJSON features with the members that Features Part 1 adds (17-069r4 §7.15, §7.16).

use serde::Serialize;
use serde_json::{Map, Value};

use super::Link;
use crate::geometry::Geometry;

/// The media type of GeoJSON.
pub const GEOJSON: &str = "application/geo+json";

/// A page of features.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub struct FeatureCollection {
    /// How many features match, over all pages.
    #[serde(rename = "numberMatched", skip_serializing_if = "Option::is_none")]
    pub number_matched: Option<u64>,
    /// How many are on this page.
    #[serde(rename = "numberReturned")]
    pub number_returned: u64,
    /// When the answer was made; not told of an answer that is of a version, and the same at any time.
    #[serde(rename = "timeStamp", skip_serializing_if = "Option::is_none")]
    pub time_stamp: Option<String>,
    /// The features.
    pub features: Vec<Feature>,
    /// Itself, the next page.
    pub links: Vec<Link>,
}

/// A feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub struct Feature {
    /// Its id within its collection.
    pub id: String,
    /// Where it is, if that is known.
    pub geometry: Option<Geometry>,
    /// What is known about it.
    pub properties: Map<String, Value>,
    /// Itself and its collection, when it stands alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}
