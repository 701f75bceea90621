//! Times as PostgreSQL writes them: `2026-01-31 07:00:00.5`, without zeros at the end, and instants with the offset of
//! the zone in which they are shown (PostgreSQL 15, §8.5.2).

use std::fmt::Write as _;

use arrow::array::timezone::Tz;
use chrono::{DateTime, LocalResult, Offset, TimeDelta, TimeZone};

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

/// What clocks of a zone show at an instant, both in microseconds since 1970.
pub(crate) fn shown_at(micros: i64, zone: Tz) -> Option<i64> {
    let utc = DateTime::from_timestamp_micros(micros)?.naive_utc();
    Some(zone.from_utc_datetime(&utc).naive_local().and_utc().timestamp_micros())
}

/// The instant at which clocks of a zone show a time. What they show twice is the later instant, and what they leave
/// out is counted by the clocks before (`DetermineTimeZoneOffset` of PostgreSQL 15).
pub(crate) fn instant_at(shown: i64, zone: Tz) -> Option<i64> {
    let time = DateTime::from_timestamp_micros(shown)?.naive_utc();
    let instant = match zone.from_local_datetime(&time) {
        LocalResult::Single(instant) => instant.naive_utc(),
        LocalResult::Ambiguous(one, other) => one.max(other).naive_utc(),
        LocalResult::None => {
            let before = zone.from_local_datetime(&(time - TimeDelta::days(1))).latest()?;
            time - before.offset().fix()
        }
    };
    Some(instant.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn clocks_that_are_put_forward_and_back_are_read_as_postgresql_reads_them() {
        let zone = Tz::from_str("America/New_York").unwrap();
        let micros = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        let check = |shown: &str, instant: &str| {
            assert_eq!(instant_at(micros(shown), zone), Some(micros(instant)), "{shown}");
        };
        check("2020-03-08T01:30:00Z", "2020-03-08T06:30:00Z");
        check("2020-03-08T02:30:00Z", "2020-03-08T07:30:00Z");
        check("2020-11-01T01:30:00Z", "2020-11-01T06:30:00Z");
        assert_eq!(shown_at(micros("2020-11-01T06:30:00Z"), zone), Some(micros("2020-11-01T01:30:00Z")));
    }
}
