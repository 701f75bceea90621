//! Spans of time as OData writes them: `P1DT2H30M1.5S`, with a sign, without months and years.

use chrono::TimeDelta;

/// Reads a span; none when the text is none, or longer than a thousand years.
pub(super) fn parse(text: &str) -> Option<TimeDelta> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut rest = text.strip_prefix('P')?;
    let mut micros: i64 = 0;
    let mut read = 0;
    let mut in_time = false;
    // Each unit at most once, the largest first.
    let mut units: &[(char, bool, i64)] = &[
        ('D', false, 86_400_000_000),
        ('H', true, 3_600_000_000),
        ('M', true, 60_000_000),
        ('S', true, 1_000_000),
    ];
    while !rest.is_empty() {
        if !in_time && let Some(after) = rest.strip_prefix('T') {
            (in_time, rest) = (true, after);
            if rest.is_empty() {
                return None;
            }
        }
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let unit = rest[end..].chars().next()?;
        let at = units.iter().position(|(name, time, _)| *name == unit && *time == in_time)?;
        let size = units[at].2;
        units = &units[at + 1..];
        let number = &rest[..end];
        let part = match number.split_once('.') {
            None => number.parse::<i64>().ok()?.checked_mul(size)?,
            Some((whole, fraction)) if unit == 'S' && (1..=6).contains(&fraction.len()) => {
                let digits = format!("{fraction:0<6}").parse::<i64>().ok()?;
                whole.parse::<i64>().ok()?.checked_mul(size)?.checked_add(digits)?
            }
            Some(_) => return None,
        };
        micros = micros.checked_add(part)?;
        read += 1;
        rest = &rest[end + 1..];
    }
    let within = micros <= 366_000 * 86_400_000_000;
    (read > 0 && within).then(|| TimeDelta::microseconds(if negative { -micros } else { micros }))
}

/// Writes a span as [`parse`] reads it.
pub(super) fn write(span: TimeDelta) -> String {
    let micros = span.num_microseconds().unwrap_or(0);
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let (days, rest) = (all / 86_400_000_000, all % 86_400_000_000);
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let mut text = format!("{sign}P");
    if days > 0 {
        text.push_str(&format!("{days}D"));
    }
    if fraction > 0 {
        text.push_str(&format!("T{seconds}.{fraction:06}S"));
    } else if seconds > 0 || days == 0 {
        text.push_str(&format!("T{seconds}S"));
    }
    text
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{parse, write};

    #[test]
    fn spans_are_read_and_written() {
        for (text, seconds) in
            [("PT1H", 3600), ("P1DT2H30M", 95_400), ("-PT90M", -5400), ("P7D", 604_800), ("PT0S", 0)]
        {
            assert_eq!(parse(text), Some(TimeDelta::seconds(seconds)), "{text}");
            assert_eq!(parse(&write(TimeDelta::seconds(seconds))), parse(text), "{text}");
        }
        assert_eq!(parse("PT1.5S"), Some(TimeDelta::milliseconds(1500)));
        assert_eq!(parse(&write(TimeDelta::microseconds(-1))), Some(TimeDelta::microseconds(-1)));
        for text in [
            "",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "PT1D",
            "1D",
            "PT1M1H",
            "P1.5D",
            "PT",
            "P99999999999999D",
            "PT1S1S",
            "P1DT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
