//! One value of an attribute: a property read as its type, or told to be none of it.

use formats::DecimalStyle;
use serde_json::Value;

use super::guess::is_missing_word;
use super::numbers;
use crate::guess::zone_of_header;
use crate::mapping::AttributeType;
use crate::observe::parse_zone;

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

/// A property's value as the attribute's type; `Err` when it is none of that type. `zone`: the offset of times
/// that say none themselves.
pub(super) fn read(
    value: &Value,
    kind: AttributeType,
    style: Option<DecimalStyle>,
    zone: Option<i64>,
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
        AttributeType::Time => text.and_then(|text| instant(text, zone)).map(Cell::Time),
    };
    cell.map(Some).ok_or(())
}

/// Whether digits begin with a nought that a number does not have.
fn is_code(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn instant(text: &str, zone: Option<i64>) -> Option<i64> {
    let said = |zone: i64| {
        // A day is no instant.
        let has_clock = text.contains(':') && !text.ends_with(['Z', 'z']);
        let seconds = if text.matches(':').count() == 1 { ":00" } else { "" };
        has_clock
            .then(|| model::parse_instant(&format!("{text}{seconds}Z")).ok())
            .flatten()
            .map(|time| time.timestamp_micros() - zone)
    };
    zone.and_then(said).or_else(|| model::parse_instant(text).ok().map(|time| time.timestamp_micros()))
}

/// The offset from UTC, in microseconds, that a header says of its times: `Thời gian (UTC)`.
pub(super) fn zone_of(header: &str) -> Option<i64> {
    parse_zone(&zone_of_header(header)?)
}

/// A number without a fraction that a double holds exactly.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^53 and without a fraction")]
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}
