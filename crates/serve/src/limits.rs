//! The limits of a property at a place that people act on: 1 and 4 g/l, and the alarm levels.

use catalog::Gazetteer;
use catalog::reference::ThresholdKind;
use chart::{Threshold, Words};
use chrono::NaiveDate;
use model::{PlaceId, PropertyCode};

/// The limits that hold on a day, the lowest first.
pub fn limits(
    words: &Words,
    gazetteer: &Gazetteer,
    property: &PropertyCode,
    place: &PlaceId,
    on: NaiveDate,
) -> Vec<Threshold> {
    let is_salinity = property.as_str().starts_with("salinity");
    let is_level = property.as_str().starts_with("water_level");
    let mut limits: Vec<Threshold> = gazetteer
        .thresholds
        .iter()
        .filter(|limit| limit.holds_on(on) && limit.place.as_ref().is_none_or(|other| other == place))
        .filter_map(|limit| match (limit.kind, limit.level.as_str()) {
            (ThresholdKind::Salinity, "domestic_freshwater_practice" | "legal_intrusion_isohaline")
                if is_salinity =>
            {
                Some(Threshold { value: limit.value, label: words.quantity_short(limit.value, &limit.unit) })
            }
            (ThresholdKind::FloodAlarm, level @ ("bd1" | "bd2" | "bd3"))
                if is_level && limit.place.is_some() =>
            {
                let numeral = ["I", "II", "III"][usize::from(level.as_bytes()[2] - b'1')];
                Some(Threshold { value: limit.value, label: words.alarm(numeral) })
            }
            _ => None,
        })
        .collect();
    limits.sort_by(|a, b| a.value.total_cmp(&b.value));
    limits
}
