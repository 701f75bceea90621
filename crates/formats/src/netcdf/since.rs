//! Since when the numbers of an axis of times count: the words of its unit, and the zone that the beginning is in.

use netcdf_reader::NcVariable;

use super::file::text;

const HOUR: i64 = 3_600_000_000;

/// Zones by their names, and the hours that they lie east of UTC since 1976, when all of the country got one.
const ZONES: [(&str, i64); 6] =
    [("utc", 0), ("gmt", 0), ("z", 0), ("ict", 7), ("asia/ho_chi_minh", 7), ("asia/bangkok", 7)];

/// What is said of the zone that times are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Zone {
    Unsaid,
    /// So many microseconds east of UTC.
    East(i64),
    /// In words that nobody knows here.
    Unknown(String),
}

/// What is counted, and the instant since when: `hours`, `2024-01-01 07:00 +07:00`.
pub(super) fn parted(units: &str) -> Option<(&str, &str)> {
    const SINCE: &str = " since ";
    let at = units.to_ascii_lowercase().find(SINCE)?;
    Some((units[..at].trim(), units[at + SINCE.len()..].trim()))
}

/// The units as the library reads them, their beginning without its zone, and that zone.
pub(super) fn plain(units: &str) -> (String, Zone) {
    let Some((unit, instant)) = parted(units) else { return (units.to_owned(), Zone::Unsaid) };
    let mut instant = instant.to_owned();
    // ISO 8601's `T` stands between a day and a time of it.
    if let Some(at) =
        instant.find(['T', 't']).filter(|at| instant[..*at].ends_with(|c: char| c.is_ascii_digit()))
    {
        instant.replace_range(at..=at, " ");
    }
    let (date, rest) = instant.split_once(char::is_whitespace).unwrap_or((&instant, ""));
    // A zone may stand right behind the day, but a minus is one of its own marks.
    let glued = date.find(|c: char| c == '+' || c.is_ascii_alphabetic()).filter(|at| *at > 0);
    let (date, glued) = date.split_at(glued.unwrap_or(date.len()));
    let rest = format!("{glued} {}", rest.trim());
    let rest = rest.trim();
    let (clock, zone) =
        rest.split_at(rest.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(rest.len()));
    let begins = format!("{} since {date} {clock}", unit.to_ascii_lowercase());
    (begins.trim_end().to_owned(), zone_of(zone))
}

/// The zone that a text names: `+07:00`, `UTC+7`, `ICT`.
fn zone_of(text: &str) -> Zone {
    let folded = text.trim().to_ascii_lowercase();
    if folded.is_empty() {
        return Zone::Unsaid;
    }
    let east = ZONES.iter().find(|(name, _)| *name == folded).map(|(_, hours)| hours * HOUR);
    let counted = || ["utc", "gmt"].iter().find_map(|name| folded.strip_prefix(name)).unwrap_or(&folded);
    east.or_else(|| offset(counted().trim_start()))
        .map_or_else(|| Zone::Unknown(text.trim().to_owned()), Zone::East)
}

/// Microseconds of `+07:00`, `-0330`, `+7`.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?.trim_start()),
        b'-' => (-1, text.get(1..)?.trim_start()),
        _ => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None if rest.len() == 4 => rest.split_at_checked(2)?,
        None => (rest, "0"),
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * HOUR + minutes * HOUR / 60))
}

/// The zone that an axis of times says beside its unit: `time_zone = "UTC+7"`, `long_name = "local time (UTC+7)"`.
pub(super) fn beside(axis: &NcVariable) -> Zone {
    let said = ["time_zone", "timezone", "tz"].iter().find_map(|name| text(axis, name));
    if let Some(said) = said {
        return zone_of(&said);
    }
    let mut in_words = ["long_name", "comment"].iter().filter_map(|name| text(axis, name));
    in_words.find_map(|words| within(&words)).map_or(Zone::Unsaid, Zone::East)
}

/// An offset that stands in a sentence behind `UTC` or `GMT`.
fn within(words: &str) -> Option<i64> {
    let lower = words.to_ascii_lowercase();
    ["utc", "gmt"].iter().find_map(|name| {
        let behind = lower.split_once(name)?.1.trim_start();
        let end = behind.find(|c: char| !matches!(c, '0'..='9' | ':' | '+' | '-')).unwrap_or(behind.len());
        offset(&behind[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::{HOUR, Zone, plain, within};

    #[test]
    fn the_beginning_of_an_axis_is_read_with_its_zone() {
        for (units, expected, zone) in [
            ("seconds since 1970-01-01T00:00:00Z", "seconds since 1970-01-01 00:00:00", Some(0)),
            ("hours since 2024-03-01 00:00:00 UTC", "hours since 2024-03-01 00:00:00", Some(0)),
            ("seconds since 1970-1-1 0:0:0 UTC", "seconds since 1970-1-1 0:0:0", Some(0)),
            ("hours since 2024-03-01T07:00+07:00", "hours since 2024-03-01 07:00", Some(7 * HOUR)),
            ("hours since 2024-01-01 00:00:00 +7", "hours since 2024-01-01 00:00:00", Some(7 * HOUR)),
            ("days since 2024-01-01 12:00 -0330", "days since 2024-01-01 12:00", Some(-7 * HOUR / 2)),
            ("days since 2024-01-01 12:00-03:30", "days since 2024-01-01 12:00", Some(-7 * HOUR / 2)),
            ("days since 2024-01-01 +07:00", "days since 2024-01-01", Some(7 * HOUR)),
            ("days since 2024-01-01 -3", "days since 2024-01-01", Some(-3 * HOUR)),
            ("hours since 2024-01-01 07:00 GMT+7", "hours since 2024-01-01 07:00", Some(7 * HOUR)),
            ("hours since 2024-01-01 07:00 UTC +07:00", "hours since 2024-01-01 07:00", Some(7 * HOUR)),
            ("hours since 2024-01-01 07:00 ICT", "hours since 2024-01-01 07:00", Some(7 * HOUR)),
            ("days since 2024-01-01Z", "days since 2024-01-01", Some(0)),
            ("Days Since 2024-01-01", "days since 2024-01-01", None),
            ("days since 2024-1-1 0:0:0", "days since 2024-1-1 0:0:0", None),
            ("days since 1-1-1 00:00:0.0", "days since 1-1-1 00:00:0.0", None),
        ] {
            let expected = (expected.to_owned(), zone.map_or(Zone::Unsaid, Zone::East));
            assert_eq!(plain(units), expected, "{units}");
        }
        assert_eq!(plain("hours since 2024-01-01 07:00 PST").1, Zone::Unknown("PST".to_owned()));
        assert_eq!(within("local time (UTC+7)"), Some(7 * HOUR));
        assert_eq!(within("time in UTC"), None);
    }
}
