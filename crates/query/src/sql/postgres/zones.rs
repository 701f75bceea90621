//! Names of time zones as clients of PostgreSQL write them (PostgreSQL 15, §8.5.3 and §B.5).

use std::str::FromStr;

use arrow::array::timezone::Tz;

/// The zone as the engine names it; none where there is none of this name.
pub(super) fn named(text: &str) -> Option<String> {
    let text = text.trim();
    // `INTERVAL '+07:00' HOUR TO MINUTE`
    if let Some(rest) = text.to_lowercase().strip_prefix("interval") {
        let offset = rest.split('\'').nth(1)?;
        return east(offset);
    }
    let text = text.trim_matches(['\'', '"']);
    if matches!(
        text.to_lowercase().as_str(),
        "utc" | "gmt" | "z" | "zulu" | "etc/utc" | "etc/gmt" | "universal"
    ) {
        return Some("UTC".to_owned());
    }
    // A number of hours counts eastwards.
    if text.parse::<f64>().is_ok() {
        return east(text);
    }
    if text.contains('/') || !text.contains(['+', '-']) {
        return Tz::from_str(text).ok().map(|_| text.to_owned());
    }
    // `GMT-07:00`, `-07:00`: west of the name, as POSIX has it.
    let at = text.find(['+', '-'])?;
    text[..at].chars().all(|c| c.is_ascii_alphabetic()).then_some(())?;
    let turned = match text[at..].strip_prefix('-') {
        Some(rest) => format!("+{rest}"),
        None => text[at..].replacen('+', "-", 1),
    };
    east(&turned)
}

/// An offset east of UTC, as hours or as hours and minutes.
fn east(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ('-', rest),
        None => ('+', text.trim_start_matches('+')),
    };
    let minutes = match rest.split_once(':') {
        Some((hours, minutes)) => {
            hours.parse::<u32>().ok()?.checked_mul(60)? + minutes.parse::<u32>().ok()?
        }
        None => whole_minutes(rest.parse::<f64>().ok()?)?,
    };
    if minutes == 0 {
        return Some("UTC".to_owned());
    }
    (minutes < 24 * 60).then(|| format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the bounds are looked at before"
)]
fn whole_minutes(hours: f64) -> Option<u32> {
    (0.0..24.0).contains(&hours).then(|| (hours * 60.0).round() as u32)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn zones_are_named_in_the_ways_of_clients() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(named(text).as_deref(), expected, "{text}");
        check("'Asia/Ho_Chi_Minh'", Some("Asia/Ho_Chi_Minh"));
        check("Etc/UTC", Some("UTC"));
        check("7", Some("+07:00"));
        check("-3.5", Some("-03:30"));
        check("GMT-07:00", Some("+07:00"));
        check("INTERVAL '+07:00' HOUR TO MINUTE", Some("+07:00"));
        check("0", Some("UTC"));
        check("Mars/Base", None);
        check("soon", None);
    }
}
