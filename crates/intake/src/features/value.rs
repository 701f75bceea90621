//! One value of an attribute: a property read as its type, or told to be none of it.

use formats::DecimalStyle;
use serde_json::Value;

use super::guess::is_missing_word;
use super::numbers;
use crate::mapping::AttributeType;

/// A value of an attribute.
pub(super) enum Cell {
    Text(String),
    Number(f64),
    Integer(i64),
    Boolean(bool),
    Time(i64),
}

impl Cell {
    /// Whether it is a number that stands for no value.
    pub(super) fn is_none_of(&self, missing: &[f64]) -> bool {
        matches!(self, Cell::Number(number) if is_beyond(*number))
            || missing.iter().any(|missing| self.is(*missing))
    }

    /// Whether it is this number.
    pub(super) fn is(&self, number: f64) -> bool {
        match self {
            Cell::Number(own) => *own == number,
            #[expect(clippy::cast_precision_loss, reason = "those that stand for no value are small")]
            Cell::Integer(own) => *own as f64 == number,
            Cell::Text(_) | Cell::Boolean(_) | Cell::Time(_) => false,
        }
    }
}

/// Whether a number is so far below that it says "no data" (ESRI Shapefile Technical Description, July 1998,
/// p. 2: any number smaller than -10^38); programs write the same into attributes.
pub(super) fn is_beyond(number: f64) -> bool {
    number < -1e38
}

/// A property's value as the attribute's type; `Err` when it is none of that type. `of_utc`: what times are said to
/// be of that say no zone themselves.
pub(super) fn read(
    value: &Value,
    kind: AttributeType,
    style: Option<DecimalStyle>,
    of_utc: bool,
) -> Result<Option<Cell>, ()> {
    let text = value.as_str().map(str::trim);
    let is_none = text.is_some_and(|text| text.is_empty() || is_missing_word(text));
    if value.is_null() || (is_none && kind != AttributeType::Text) {
        return Ok(None);
    }
    let is_code = text.is_some_and(is_code);
    let cell = match kind {
        AttributeType::Text => Some(Cell::Text(match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })),
        // `00123` is a code: as a number it would lose what it begins with.
        AttributeType::Number | AttributeType::Integer if is_code => None,
        AttributeType::Number => value
            .as_f64()
            .or_else(|| numbers::read(text?, style))
            .filter(|number: &f64| number.is_finite())
            .map(Cell::Number),
        AttributeType::Integer => value
            .as_i64()
            .or_else(|| whole(value.as_f64()?))
            .or_else(|| text?.parse().ok())
            .or_else(|| whole(numbers::read(text?, style)?))
            .map(Cell::Integer),
        AttributeType::Boolean => value
            .as_bool()
            .or(match text {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            })
            .map(Cell::Boolean),
        AttributeType::Time => text.and_then(|text| instant(text, of_utc)).map(Cell::Time),
    };
    cell.map(Some).ok_or(())
}

/// Whether digits begin with a nought that a number does not have.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn instant(text: &str, of_utc: bool) -> Option<i64> {
    let said = || {
        // A day is no instant.
        let has_clock = text.contains(':') && !text.ends_with(['Z', 'z']);
        let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
        has_clock.then(|| model::parse_instant(&format!("{text}{seconds}Z")).ok()).flatten()
    };
    let time = if of_utc { said() } else { None };
    time.or_else(|| model::parse_instant(text).ok()).map(|time| time.timestamp_micros())
}

/// Whether a header says that its times are of UTC: `Thời gian (UTC)`, and not `UTC+7`.
pub(super) fn says_utc(header: &str) -> bool {
    let folded = model::fold(header);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let is_apart = |word: &&str| words.iter().filter(|other| *other == word).count() == 1;
    let at = words.iter().position(|word| matches!(*word, "utc" | "gmt")).filter(|at| is_apart(&words[*at]));
    at.is_some_and(|at| {
        let behind = words.get(at + 1).and_then(|word| word.parse::<u8>().ok());
        behind.is_none_or(|hours| hours == 0)
    })
}

/// A number without a fraction that a double holds exactly.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^53 and without a fraction")]
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}
