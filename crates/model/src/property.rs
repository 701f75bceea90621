//! Observed properties and indicators.

use crate::{PropertyCode, Text};

/// How values of a property combine over space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PropertyKind {
    /// A quantity of the place: values of parts add up (area, production, people).
    Extensive,
    /// A state or a rate: values of parts are weighted, never added (yield, salinity, density).
    Intensive,
}

impl PropertyKind {
    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            PropertyKind::Extensive => "extensive",
            PropertyKind::Intensive => "intensive",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<PropertyKind> {
        match code {
            "extensive" => Some(PropertyKind::Extensive),
            "intensive" => Some(PropertyKind::Intensive),
            _ => None,
        }
    }
}

/// An observed property or indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its code, e.g. `salinity_max_day`.
    pub code: PropertyCode,
    /// The sector it belongs to, e.g. `salinity`, `agriculture`.
    pub sector: String,
    /// Its names.
    pub name: Text,
    /// Other codes and names under which files carry it.
    pub aliases: Vec<String>,
    /// Its unit in UCUM, in which values are stored.
    pub unit: String,
    /// How its values combine over space.
    pub kind: PropertyKind,
    /// The smallest plausible value, in `unit`.
    pub plausible_min: Option<f64>,
    /// The largest plausible value, in `unit`.
    pub plausible_max: Option<f64>,
    /// The statistic it usually is, as its source writes it.
    pub statistic: Option<String>,
    /// Its name in the CF standard name table.
    pub cf_standard_name: Option<String>,
    /// What a reader should know.
    pub note: Option<String>,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}
