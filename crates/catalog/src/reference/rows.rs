//! The rows of `reference/` that have no type in the model: limits, populations, chains of stations.

use chrono::{NaiveDate, TimeDelta};
use model::{PlaceId, PropertyCode, Text, Theme};

/// A sector of properties and the portal's theme that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sector {
    /// The code that properties carry, e.g. `salinity`.
    pub code: String,
    /// The theme.
    pub theme: Theme,
    /// Its names.
    pub name: Text,
}

/// A part of an old commune that passed into a new one, where the source gives no code for the
/// old commune: a name for search, never an end of a crosswalk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommuneFragment {
    /// The old commune's name with its type.
    pub name: String,
    /// The district it was in.
    pub district: String,
    /// The old province.
    pub province: PlaceId,
    /// The commune that it passed into.
    pub to: PlaceId,
    /// First day of the commune after.
    pub effective: NaiveDate,
    /// Why there is no code.
    pub flag: String,
}

/// What a population figure counts. Figures of different bases are never divided by one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PopulationBasis {
    /// The census of 1 April 2019.
    Census2019,
    /// The statistics office's average population of 2022.
    Average2022,
    /// Resolution 202/2025/QH15: includes converted temporary residents.
    Resolution202,
}

impl PopulationBasis {
    /// Every basis.
    pub const ALL: [PopulationBasis; 3] =
        [PopulationBasis::Census2019, PopulationBasis::Average2022, PopulationBasis::Resolution202];

    /// The basis's code in tables.
    pub fn code(self) -> &'static str {
        match self {
            PopulationBasis::Census2019 => "census_2019",
            PopulationBasis::Average2022 => "average_2022",
            PopulationBasis::Resolution202 => "resolution_202",
        }
    }

    /// The basis of a code.
    pub fn from_code(code: &str) -> Option<PopulationBasis> {
        PopulationBasis::ALL.into_iter().find(|basis| basis.code() == code)
    }
}

/// A population of a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// The place.
    pub place: PlaceId,
    /// What is counted.
    pub basis: PopulationBasis,
    /// Persons.
    pub persons: f64,
    /// Where the figure comes from.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

/// What is known of a station beyond its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationFacts {
    /// The station.
    pub station: PlaceId,
    /// What it is known to observe.
    pub observes: Vec<PropertyCode>,
    /// Its number at the Mekong River Commission.
    pub mrc_id: Option<String>,
    /// Its short code there.
    pub mrc_code: Option<String>,
    /// What a reader should know.
    pub note: Option<String>,
}

/// Another plausible range of a property at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct PlausibleRange {
    /// The property.
    pub property: PropertyCode,
    /// The place.
    pub place: PlaceId,
    /// The smallest plausible value, in the property's unit.
    pub min: Option<f64>,
    /// The largest plausible value, in the property's unit.
    pub max: Option<f64>,
    /// Where the range comes from.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

/// What a limit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThresholdKind {
    /// A flood alarm level (báo động) of a Vietnamese station.
    FloodAlarm,
    /// An alarm or flood level of the Mekong River Commission.
    Mrc,
    /// A salinity that a use, a crop or a law bears.
    Salinity,
    /// A limit of surface water quality.
    WaterQuality,
}

impl ThresholdKind {
    /// Every kind.
    pub const ALL: [ThresholdKind; 4] =
        [ThresholdKind::FloodAlarm, ThresholdKind::Mrc, ThresholdKind::Salinity, ThresholdKind::WaterQuality];

    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            ThresholdKind::FloodAlarm => "flood_alarm",
            ThresholdKind::Mrc => "mrc",
            ThresholdKind::Salinity => "salinity",
            ThresholdKind::WaterQuality => "water_quality",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<ThresholdKind> {
        ThresholdKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How a value stands to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThresholdSense {
    /// The level applies at the limit and above it.
    AtLeast,
    /// A value is good up to the limit.
    AtMost,
    /// A value is good from the limit up.
    NotBelow,
    /// A value is good between the limit and `upper`.
    Range,
    /// A value is good up to a limit that lies, by crop and stage, between the limit and `upper`.
    LimitBetween,
    /// The limit defines a line, for instance an isohaline.
    Definition,
}

impl ThresholdSense {
    /// Every sense.
    pub const ALL: [ThresholdSense; 6] = [
        ThresholdSense::AtLeast,
        ThresholdSense::AtMost,
        ThresholdSense::NotBelow,
        ThresholdSense::Range,
        ThresholdSense::LimitBetween,
        ThresholdSense::Definition,
    ];

    /// The sense's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            ThresholdSense::AtLeast => "at_least",
            ThresholdSense::AtMost => "at_most",
            ThresholdSense::NotBelow => "not_below",
            ThresholdSense::Range => "range",
            ThresholdSense::LimitBetween => "limit_between",
            ThresholdSense::Definition => "definition",
        }
    }

    /// The sense of a code.
    pub fn from_code(code: &str) -> Option<ThresholdSense> {
        ThresholdSense::ALL.into_iter().find(|sense| sense.code() == code)
    }
}

/// A limit on a property, everywhere or at one place, with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What makes it one row: `flood_alarm:tan_chau:bd1`, with the first day behind it where a
    /// later or an earlier level differs.
    pub id: String,
    /// What it is for.
    pub kind: ThresholdKind,
    /// The property limited.
    pub property: PropertyCode,
    /// The place it holds for; everywhere when absent.
    pub place: Option<PlaceId>,
    /// The level or rule: `bd1`, `bd2`, `bd3`, `alarm`, `flood`, `domestic_freshwater_practice`, `class_a` …
    pub level: String,
    /// What the level means.
    pub meaning: Text,
    /// The limit.
    pub value: f64,
    /// The other end of a range, or of the span in which the limit lies.
    pub upper: Option<f64>,
    /// UCUM unit of both: the property's own, whatever the source writes.
    pub unit: String,
    /// How a value stands to it.
    pub sense: ThresholdSense,
    /// Whether the source gives it as "about".
    pub approximate: bool,
    /// The vertical datum of a height: `station` (the station's own height system), `national`
    /// (Hòn Dấu) or `local_zero` (the gauge's zero).
    pub datum: Option<String>,
    /// First day on which it holds; open when absent.
    pub valid_from: Option<NaiveDate>,
    /// Last day on which it holds; absent while it does.
    pub valid_to: Option<NaiveDate>,
    /// The decision, bulletin or advice that it rests on.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
    /// What a reader should know.
    pub note: Option<String>,
}

impl Threshold {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Default limits of the quality tests of one property at one class of stations, to be replaced by
/// a station's own statistics once there are two years of data.
#[derive(Debug, Clone, PartialEq)]
pub struct QcDefault {
    /// The property.
    pub property: PropertyCode,
    /// The class of stations, as a phrase.
    pub station_class: String,
    /// The stations that the class names; empty when it is a description only.
    pub stations: Vec<PlaceId>,
    /// The interval between values that the limits assume.
    pub interval: TimeDelta,
    /// Below is a failure.
    pub gross_fail_min: f64,
    /// Above is a failure.
    pub gross_fail_max: f64,
    /// Below is suspect.
    pub suspect_min: f64,
    /// Above is suspect.
    pub suspect_max: f64,
    /// A spike that is suspect.
    pub spike_suspect: Option<f64>,
    /// A spike that is a failure.
    pub spike_fail: Option<f64>,
    /// The time over which the rates below are meant: an hour or a day.
    pub rate_period: TimeDelta,
    /// A rate of change that is suspect, per `rate_period`.
    pub rate_suspect: Option<f64>,
    /// A rate of change that is a failure, per `rate_period`.
    pub rate_fail: Option<f64>,
    /// Values that differ by less are flat.
    pub flat_tolerance: Option<f64>,
    /// A flat stretch this long is suspect.
    pub flat_suspect: Option<TimeDelta>,
    /// A flat stretch this long is a failure.
    pub flat_fail: Option<TimeDelta>,
    /// A gap this long is suspect.
    pub gap_suspect: Option<TimeDelta>,
    /// The test against neighbours or the tide, in words.
    pub neighbour: Option<String>,
    /// UCUM unit of every limit.
    pub unit: String,
    /// Where the limits come from.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

/// A salinity station on a river branch and its distance from the mouth.
#[derive(Debug, Clone, PartialEq)]
pub struct RiverStation {
    /// The mouth: kilometre zero of the branch.
    pub mouth: PlaceId,
    /// The station.
    pub station: PlaceId,
    /// Kilometres from the mouth.
    pub km: f64,
    /// How the distance was found.
    pub source: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}
