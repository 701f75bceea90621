//! Documents that every OGC API shares: landing page, conformance, collections, links.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DataQueries, EdrParameter};

/// Longitude and latitude on WGS 84, the coordinate system of every answer.
pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// A link (RFC 8288) as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// How that relates to this.
    pub rel: String,
    /// The media type there.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What a person reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether blanks in braces are to be filled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub templated: Option<bool>,
}

impl Link {
    /// A link to a document of a media type.
    pub fn new(rel: &str, href: String, media_type: &str) -> Link {
        Link {
            href,
            rel: rel.to_owned(),
            media_type: Some(media_type.to_owned()),
            title: None,
            templated: None,
        }
    }

    /// The same link with a title.
    #[must_use]
    pub fn titled(self, title: &str) -> Link {
        Link { title: Some(title.to_owned()), ..self }
    }
}

/// The landing page (19-072 §8.1, 17-069r4 §7.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LandingPage {
    /// What this service is called.
    pub title: String,
    /// What it offers.
    pub description: String,
    /// The ways on.
    pub links: Vec<Link>,
}

/// The conformance declaration (17-069r4 §7.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conformance {
    /// The classes that work here.
    #[serde(rename = "conformsTo")]
    pub conforms_to: Vec<String>,
    /// The way to itself.
    pub links: Vec<Link>,
}

/// The list of collections (17-069r4 §7.13).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Collections {
    /// The ways on.
    pub links: Vec<Link>,
    /// The collections.
    pub collections: Vec<Collection>,
}

/// One collection: features with items, or observations with EDR queries.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Collection {
    /// Its id in paths.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it holds.
    pub description: String,
    /// Whom to name when its data are used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attribution: String,
    /// Words that describe it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Where and when, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extent: Option<Extent>,
    /// `feature` when it has items.
    #[serde(rename = "itemType", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<&'static str>,
    /// The coordinate systems in which it answers.
    pub crs: Vec<&'static str>,
    /// The one in which it is kept (18-058r1 §6.2.2).
    #[serde(rename = "storageCrs", skip_serializing_if = "Option::is_none")]
    pub storage_crs: Option<&'static str>,
    /// The EDR queries that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_queries: Option<DataQueries>,
    /// The formats in which it answers EDR queries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_formats: Vec<&'static str>,
    /// Its parameters, by the name that `parameter-name` takes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameter_names: BTreeMap<String, EdrParameter>,
    /// The ways on.
    pub links: Vec<Link>,
}

/// Where and when a collection's data are.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Extent {
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spatial: Option<SpatialExtent>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporal: Option<TemporalExtent>,
}

/// A box around the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpatialExtent {
    /// West, south, east, north.
    pub bbox: [[f64; 4]; 1],
    /// The system of the box.
    pub crs: &'static str,
}

impl SpatialExtent {
    /// A box in CRS84.
    pub fn new(bbox: [f64; 4]) -> SpatialExtent {
        SpatialExtent { bbox: [bbox], crs: CRS84 }
    }
}

/// The time between the first and the last of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemporalExtent {
    /// First and last instant, either open.
    pub interval: [[Option<String>; 2]; 1],
    /// The same as one ISO 8601 interval (19-086r6 Table 11).
    pub values: [String; 1],
    /// The calendar.
    pub trs: &'static str,
}

impl TemporalExtent {
    /// From a first to a last instant.
    pub fn new(first: Option<String>, last: Option<String>) -> TemporalExtent {
        let open = || "..".to_owned();
        TemporalExtent {
            values: [[first.clone().unwrap_or_else(open), last.clone().unwrap_or_else(open)].join("/")],
            interval: [[first, last]],
            trs: "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    }
}
