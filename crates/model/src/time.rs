//! Instants in UTC, the delta's own clock, and ranges of time.

use chrono::{
    DateTime, DurationRound, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta,
    TimeZone, Utc,
};

/// Asia/Ho_Chi_Minh: UTC+7 all year, since 13 June 1975.
pub const VIETNAM: FixedOffset = match FixedOffset::east_opt(7 * 3600) {
    Some(offset) => offset,
    None => panic!("seven hours is a valid offset"),
};

/// A text that is neither an instant nor a date that this system reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write e.g. `2020-02-03T14:00:00+07:00`, `2020-02-03T07:00Z` or `2020-02-03`")]
pub struct InvalidTime(pub String);

/// The instant at which a day begins in Vietnam.
pub fn local_midnight(day: NaiveDate) -> DateTime<Utc> {
    local(day.and_time(NaiveTime::MIN))
}

fn local(time: NaiveDateTime) -> DateTime<Utc> {
    // A fixed offset maps every local time to exactly one instant, except at the calendar's ends.
    VIETNAM.from_local_datetime(&time).single().map_or_else(|| time.and_utc(), |t| t.to_utc())
}

/// Reads an instant: RFC 3339, the same without seconds or without a zone (then Vietnam's), or a
/// date (the beginning of that day in Vietnam).
pub fn parse_instant(text: &str) -> Result<DateTime<Utc>, InvalidTime> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    for format in ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%d %H:%M:%S%.f%:z"] {
        if let Ok(time) = DateTime::parse_from_str(text, format) {
            return Ok(time.to_utc());
        }
    }
    if let Some(bare) = text.strip_suffix(['Z', 'z']) {
        if let Ok(time) = NaiveDateTime::parse_from_str(bare, "%Y-%m-%dT%H:%M") {
            return Ok(time.and_utc());
        }
        if let Ok(time) = NaiveDateTime::parse_from_str(bare, "%Y-%m-%d %H:%M:%S%.f") {
            return Ok(time.and_utc());
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(local(time));
        }
    }
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Ok(local_midnight(day));
    }
    Err(InvalidTime(text.chars().take(80).collect()))
}

/// Writes an instant as RFC 3339 in UTC, with as many digits of a second as it has (0, 3 or 6), as
/// chrono does for `SecondsFormat::AutoSi`: answers have very many of them. `micros` since 1970.
pub fn push_instant(text: &mut String, micros: i64) {
    const DAY: i64 = 86_400_000_000;
    let (days, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    // Days to a date, in integers: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let z = days + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if !(0..=9_999).contains(&year) {
        // Longer years have a sign.
        let time = DateTime::from_timestamp_micros(micros);
        let time = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        return text.push_str(&time.unwrap_or_default());
    }
    let seconds = of_day / 1_000_000;
    let mut out = [0_u8; 27];
    let mut length = 0;
    let mut put = |mut number: i64, digits: usize, then: u8| {
        for digit in out[length..length + digits].iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
        out[length + digits] = then;
        length += digits + 1;
    };
    put(year, 4, b'-');
    put(month, 2, b'-');
    put(day, 2, b'T');
    put(seconds / 3_600, 2, b':');
    put(seconds / 60 % 60, 2, b':');
    match of_day % 1_000_000 {
        0 => put(seconds % 60, 2, b'Z'),
        fraction if fraction % 1_000 == 0 => {
            put(seconds % 60, 2, b'.');
            put(fraction / 1_000, 3, b'Z');
        }
        fraction => {
            put(seconds % 60, 2, b'.');
            put(fraction, 6, b'Z');
        }
    }
    // Digits and signs are ASCII.
    text.push_str(std::str::from_utf8(&out[..length]).unwrap_or_default());
}

/// An instant as RFC 3339 in UTC, with as many digits of a second as it has.
pub fn instant_text(time: DateTime<Utc>) -> String {
    if !time.timestamp_subsec_nanos().is_multiple_of(1_000) {
        return time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    }
    let mut text = String::with_capacity(27);
    push_instant(&mut text, time.timestamp_micros());
    text
}

/// An instant as it is kept: to the microsecond. What a clock says is finer, and is told as it will be read.
pub fn kept_instant(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(time)
}

/// A range of time: from an instant (included) to an instant (excluded), either end open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// The first instant of the range.
    pub from: Option<DateTime<Utc>>,
    /// The first instant after the range.
    pub to: Option<DateTime<Utc>>,
}

impl TimeRange {
    /// All of time.
    pub const ALL: TimeRange = TimeRange { from: None, to: None };

    /// Whether an instant lies in the range.
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }

    /// Reads the `datetime` parameter of OGC API – Common (19-072 §7.11.3, `datetime`): an instant,
    /// a date, or `start/end` with `..` or nothing for an open end. Ends are included there, so the
    /// end is moved past the instant (1 µs) or past the day.
    pub fn parse(text: &str) -> Result<TimeRange, InvalidTime> {
        let open = |t: &str| t.is_empty() || t == "..";
        let range = match text.split_once('/') {
            None => TimeRange { from: Some(parse_instant(text)?), to: Some(after(text)?) },
            Some((start, end)) => TimeRange {
                from: if open(start) { None } else { Some(parse_instant(start)?) },
                to: if open(end) { None } else { Some(after(end)?) },
            },
        };
        match (range.from, range.to) {
            (Some(from), Some(to)) if from >= to => Err(InvalidTime(text.chars().take(80).collect())),
            _ => Ok(range),
        }
    }
}

/// The first instant after what the text names: the next day for a date, 1 µs later for an instant.
fn after(text: &str) -> Result<DateTime<Utc>, InvalidTime> {
    let start = parse_instant(text)?;
    let step = if NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").is_ok() {
        chrono::Duration::days(1)
    } else {
        chrono::Duration::microseconds(1)
    };
    start.checked_add_signed(step).ok_or_else(|| InvalidTime(text.chars().take(80).collect()))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, SecondsFormat};

    use super::{TimeRange, instant_text, parse_instant, push_instant};

    #[test]
    fn an_instant_is_written_as_chrono_writes_it() {
        let day = 86_400_000_000_i64;
        let edges =
            [0, 1, -1, 999, 1_000, 999_999, 1_000_000, day - 1, day, -day, -day - 1, 951_782_400_000_000];
        let many = (-4_000_i64..4_000).map(|n| n * 13 * day + n * n * 977 + n * 1_000);
        // The ends of the years 9999 and before 0.
        let far = [
            253_402_300_799_999_999,
            253_402_300_800_000_000,
            -62_167_219_200_000_000,
            -62_167_219_200_000_001,
        ];
        for micros in many.chain(edges).chain(far) {
            let time = DateTime::from_timestamp_micros(micros).unwrap();
            let mut text = String::from("at ");
            push_instant(&mut text, micros);
            let expected = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            assert_eq!(text, format!("at {expected}"));
            assert_eq!(instant_text(time), expected);
        }
        let finer = DateTime::from_timestamp(0, 5).unwrap();
        assert_eq!(instant_text(finer), "1970-01-01T00:00:00.000000005Z");
    }

    #[test]
    fn a_time_without_a_zone_is_vietnams() {
        for (text, utc) in [
            ("2020-02-03", "2020-02-02T17:00:00+00:00"),
            ("2020-02-03 14:00", "2020-02-03T07:00:00+00:00"),
            ("2020-02-03T14:00:00Z", "2020-02-03T14:00:00+00:00"),
            ("2020-02-03T14:00+07:00", "2020-02-03T07:00:00+00:00"),
        ] {
            assert_eq!(parse_instant(text).unwrap().to_rfc3339(), utc);
        }
        assert!(parse_instant("tháng 2").is_err());
    }

    #[test]
    fn a_range_includes_its_last_day_and_refuses_to_run_backwards() {
        let range = TimeRange::parse("2020-02-01/2020-02-29").unwrap();
        assert!(range.contains(parse_instant("2020-02-29 23:59").unwrap()));
        assert!(!range.contains(parse_instant("2020-03-01").unwrap()));
        assert!(TimeRange::parse("../2020-02-29").unwrap().from.is_none());
        assert!(TimeRange::parse("2020-02-02/2020-02-01").is_err());
    }
}
