//! Texts that say a time of day and nothing else.

use model::fold;

use super::super::time::{clock, clock_us};
use super::{MAX_BYTES, number, take_clock, tokens};

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;
/// Marks of the two halves of a day behind a time, and whether it is the second; `7 giờ sáng`, `1PM`, `1:30 CH`.
const HALVES: [(&str, bool); 7] = [
    ("am", false),
    ("sa", false),
    ("giờ sáng", false),
    ("pm", true),
    ("ch", true),
    ("giờ chiều", true),
    ("giờ tối", true),
];

/// The time of day of a text that says nothing else, in microseconds: `7`, `7h30`, `07:00`, `0700`, `7 giờ 30 phút`,
/// `1PM`, `07:00+07:00`, or a spreadsheet's part of a day, `0.3125`.
pub(crate) fn time_of_day(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = ["+07:00", "+0700"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text);
    if text.len() <= MAX_BYTES {
        let lower = text.to_lowercase();
        let half = HALVES.iter().find_map(|(mark, is_second)| Some((lower.strip_suffix(mark)?, *is_second)));
        if let Some((clock, is_second)) = half {
            let us = time_of_day(clock).filter(|us| (HOUR..13 * HOUR).contains(us))?;
            return Some(us % (12 * HOUR) + if is_second { 12 * HOUR } else { 0 });
        }
    }
    if text.len() == 4
        && let Some(both) = number(text, 4)
    {
        return clock_us(both / 100, both % 100, 0, 0);
    }
    if let Some(hour) = number(text.strip_suffix(".0").unwrap_or(text), 2) {
        return clock_us(hour, 0, 0, 0);
    }
    if let Some((us, [])) = clock(text.as_bytes()) {
        return Some(us);
    }
    if let Some(part) = text.strip_prefix("0.").or_else(|| text.strip_prefix("0,")) {
        let is_part = part.len() <= 20 && part.bytes().all(|b| b.is_ascii_digit());
        let part: f64 = format!("0.{part}").parse().ok().filter(|_| is_part)?;
        // To the second, like a day's number.
        #[expect(clippy::cast_possible_truncation, reason = "at most the seconds of a day")]
        let seconds = (part * 86_400.0).round() as i64;
        return Some(seconds * 1_000_000);
    }
    let folded = (text.len() <= MAX_BYTES).then(|| fold(text))?;
    let mut words = tokens(&folded);
    let clock = take_clock(&mut words)??;
    words.is_empty().then_some(clock)
}
