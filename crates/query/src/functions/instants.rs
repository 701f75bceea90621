//! Times as PostgreSQL writes them: `2026-01-31 07:00:00.5`, without zeros at the end, and instants with the offset of
//! the zone in which they are shown (PostgreSQL 15, §8.5.2).

use std::fmt::Write as _;

use arrow::array::timezone::Tz;
use chrono::{DateTime, Offset, TimeZone};

/// Writes a time of so many microseconds since 1970; of an instant what clocks of the zone show, and its offset.
pub fn push(out: &mut String, micros: i64, zone: Option<Tz>) {
    let offset = zone.and_then(|zone| {
        let utc = DateTime::from_timestamp_micros(micros)?.naive_utc();
        Some(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
    });
    let start = out.len();
    model::push_instant(out, micros.saturating_add(i64::from(offset.unwrap_or_default()) * 1_000_000));
    let text = out.split_off(start);
    // `2026-01-31T07:00:00.500Z` in ISO 8601.
    let text = text.trim_end_matches('Z').replacen('T', " ", 1);
    let shown = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    out.push_str(shown);
    if zone.is_some() {
        let offset = offset.unwrap_or_default();
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        // Writing to a text does not fail.
        let _ = write!(out, "{sign}{:02}", minutes / 60);
        if minutes % 60 != 0 {
            let _ = write!(out, ":{:02}", minutes % 60);
        }
    }
}
