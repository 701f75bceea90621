//! Times as PostgreSQL reads them out of texts (PostgreSQL 15, §8.5.1, ISO forms), as the planner reads them:
//! `2026-01-31 07:00`, `20260131`, `2026-01-31 07:00+07`, `epoch`, with a zone that is cut off where the type has none.

use std::str::FromStr;

use arrow::array::timezone::Tz;
use arrow::datatypes::DataType;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::functions::instant_at;

/// What a text says: what clocks show, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    shown: NaiveDateTime,
    zone: Option<Tz>,
}

impl Moment {
    /// What the text says; none where it is written in another way.
    pub(super) fn read(text: &str) -> Option<Moment> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("epoch") {
            let zone = Tz::from_str("+00:00").ok();
            return Some(Moment { shown: DateTime::UNIX_EPOCH.naive_utc(), zone });
        }
        let (day, rest) = match text.find(['T', 't', ' ']) {
            Some(end) => (&text[..end], text[end + 1..].trim_start()),
            None => (text, ""),
        };
        let date = date(day)?;
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
        let (clock, zone) = (&rest[..end], rest[end..].trim());
        let (later, time) = if clock.is_empty() { (0, NaiveTime::MIN) } else { time(clock)? };
        let zone = if zone.is_empty() { None } else { Some(named(zone)?) };
        let date = date.checked_add_signed(chrono::TimeDelta::try_days(later)?)?;
        Some(Moment { shown: date.and_time(time), zone })
    }

    /// The day that it names.
    pub(super) fn date(self) -> String {
        self.shown.date().to_string()
    }

    /// What clocks show, wherever that is.
    pub(super) fn shown(self) -> String {
        self.shown.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
    }

    /// The instant; of a text that names no zone, there.
    pub(super) fn instant(self, zone: Tz) -> Option<String> {
        let zone = self.zone.unwrap_or(zone);
        let instant = instant_at(self.shown.and_utc().timestamp_micros(), zone)?;
        let instant = DateTime::from_timestamp_micros(instant)?;
        Some(format!("{}Z", instant.format("%Y-%m-%dT%H:%M:%S%.6f")))
    }
}

/// A text beside a time of this type, as the planner reads it.
pub(super) fn beside(text: &str, of: &DataType, zone: Tz) -> Option<String> {
    match of {
        DataType::Timestamp(_, Some(_)) => Moment::read(text)?.instant(zone),
        DataType::Timestamp(_, None) => Some(Moment::read(text)?.shown()),
        DataType::Date32 | DataType::Date64 => Some(Moment::read(text)?.date()),
        DataType::Time32(_) | DataType::Time64(_) => clock(text),
        _ => None,
    }
}

/// A time of the day.
pub(super) fn clock(text: &str) -> Option<String> {
    // There is no end of a day here: the planner refuses it.
    let (later, time) = time(text.trim())?;
    Some(if later == 0 { time.format("%H:%M:%S%.6f").to_string() } else { "24:00:00".to_owned() })
}

fn date(text: &str) -> Option<NaiveDate> {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_written = year.len() == 4 && parts.next().is_none();
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    date.filter(|_| is_written)
}

/// A time of a day, and the day after for 24:00.
#[expect(clippy::cast_possible_truncation, reason = "a share of a second has fewer microseconds than that")]
fn time(text: &str) -> Option<(i64, NaiveTime)> {
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?, parts.next());
    let seconds = parts.next().unwrap_or("0");
    if parts.next().is_some() {
        return None;
    }
    let (hour, minute) = match (hour, minute) {
        (hour, Some(minute)) => (hour.parse::<u32>().ok()?, minute.parse().ok()?),
        // `0730` and `07`, as ISO 8601 writes them.
        (both, None) if both.len() == 4 && both.is_ascii() => {
            (both[..2].parse().ok()?, both[2..].parse().ok()?)
        }
        (hour, None) if hour.len() == 2 => (hour.parse().ok()?, 0),
        _ => return None,
    };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let second: u32 = whole.parse().ok().filter(|second| *second <= 60 && is_digits(fraction))?;
    let share: f64 = format!("0.{fraction}0").parse().ok()?;
    // To the nearest microsecond, which may be one of the next second.
    let rest = chrono::TimeDelta::microseconds((share * 1e6).round_ties_even() as i64);
    if hour == 24 && minute == 0 && second == 0 && rest.is_zero() {
        return Some((1, NaiveTime::MIN));
    }
    let begins = NaiveTime::from_hms_opt(hour, minute, 0)?;
    let (time, later) = begins.overflowing_add_signed(chrono::TimeDelta::seconds(second.into()) + rest);
    Some((later / 86_400, time))
}

/// A zone by its name or as hours east of UTC.
fn named(text: &str) -> Option<Tz> {
    let text = match text.to_uppercase().as_str() {
        "Z" | "UTC" | "GMT" => "+00:00".to_owned(),
        _ => text.to_owned(),
    };
    Tz::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_postgresql_reads_them() {
        let utc = Tz::from_str("+00:00").unwrap();
        let check = |text: &str, shown: &str, instant: &str| {
            let moment = Moment::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(moment.shown(), format!("{shown}.000000"), "{text}");
            assert_eq!(moment.instant(utc), Some(format!("{instant}.000000Z")), "{text}");
        };
        check("2026-01-31", "2026-01-31T00:00:00", "2026-01-31T00:00:00");
        check("2026-01-31 07:05", "2026-01-31T07:05:00", "2026-01-31T07:05:00");
        check("2026-01-31 07:05:09+07", "2026-01-31T07:05:09", "2026-01-31T00:05:09");
        check("2026-01-31T07:05+0730", "2026-01-31T07:05:00", "2026-01-30T23:35:00");
        check("2026-01-31 07:05 Asia/Ho_Chi_Minh", "2026-01-31T07:05:00", "2026-01-31T00:05:00");
        check("20260131 0705", "2026-01-31T07:05:00", "2026-01-31T07:05:00");
        check("2026-01-31 23:59:59.9999999", "2026-02-01T00:00:00", "2026-02-01T00:00:00");
        check("2026-01-31 07:05:60", "2026-01-31T07:06:00", "2026-01-31T07:06:00");
        check("2026-01-31 24:00", "2026-02-01T00:00:00", "2026-02-01T00:00:00");
        check("epoch", "1970-01-01T00:00:00", "1970-01-01T00:00:00");
        for text in ["2026-02-30", "31/01/2026", "2026-01-31 25:00", "2026-01-31 07:05 Mars", "soon"] {
            assert!(Moment::read(text).is_none(), "{text}");
        }
    }
}
