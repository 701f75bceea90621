//! Places and how they follow one another in time.

use chrono::NaiveDate;

use crate::{PlaceId, Position, Text};

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// A country.
    Country,
    /// A province or a city under the central government.
    Province,
    /// A district; the level ended on 1 July 2025.
    District,
    /// A commune (xã), ward (phường), town or special zone (đặc khu).
    Commune,
    /// A place where something is measured.
    Station,
    /// The mouth of a river branch: kilometre zero of its reaches.
    RiverMouth,
}

impl PlaceKind {
    /// Every kind.
    pub const ALL: [PlaceKind; 6] = [
        PlaceKind::Country,
        PlaceKind::Province,
        PlaceKind::District,
        PlaceKind::Commune,
        PlaceKind::Station,
        PlaceKind::RiverMouth,
    ];

    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            PlaceKind::Country => "country",
            PlaceKind::Province => "province",
            PlaceKind::District => "district",
            PlaceKind::Commune => "commune",
            PlaceKind::Station => "station",
            PlaceKind::RiverMouth => "river_mouth",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<PlaceKind> {
        PlaceKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A place with its names and the time in which it exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The place's id: scheme and code.
    pub id: PlaceId,
    /// What kind of place it is.
    pub kind: PlaceKind,
    /// Its name without the administrative type: "Cần Thơ".
    pub name: Text,
    /// Its administrative type or station kind as its source writes it: "phường", "tide, salinity".
    pub type_name: Option<String>,
    /// Other spellings and former names, for matching and search.
    pub alt_names: Vec<String>,
    /// A point that stands for it.
    pub position: Option<Position>,
    /// Its area, km².
    pub area_km2: Option<f64>,
    /// The river branch that a station stands on.
    pub river: Option<String>,
    /// First day on which it exists; unknown or open when absent.
    pub valid_from: Option<NaiveDate>,
    /// Last day on which it exists; absent while it exists.
    pub valid_to: Option<NaiveDate>,
    /// Where the facts come from.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

/// A place belongs to a larger one for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceParent {
    /// The smaller place.
    pub place: PlaceId,
    /// The larger place.
    pub parent: PlaceId,
    /// First day of belonging; open when absent.
    pub valid_from: Option<NaiveDate>,
    /// Last day of belonging; absent while it lasts.
    pub valid_to: Option<NaiveDate>,
}

/// On a date, a place passed into another, wholly or in part.
#[derive(Debug, Clone, PartialEq)]
pub struct Crosswalk {
    /// The place before.
    pub from: PlaceId,
    /// The place after.
    pub to: PlaceId,
    /// First day of the place after.
    pub effective: NaiveDate,
    /// The share of the place before that passed into the place after, by area: 1 when it passed whole.
    pub share_area: Option<f64>,
    /// The same, by population.
    pub share_population: Option<f64>,
    /// The area of the part that passed, km²: the weight of an intensive value.
    pub weight_area_km2: Option<f64>,
    /// The population of the part that passed: the weight of a value per person.
    pub weight_population: Option<f64>,
    /// Where the fact comes from.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

impl Crosswalk {
    /// Whether the place before passed whole, so that sums over it are exact.
    pub fn is_whole(&self) -> bool {
        self.share_area == Some(1.0)
    }
}
