//! Numbers as the languages write them: `1.234,5` in Vietnamese and Khmer, `1,234.5` in English.

use super::Words;
use super::table::format;

/// The minus sign; a hyphen is too short beside digits.
const MINUS: char = '\u{2212}';

impl Words {
    /// A number with so many decimal places.
    pub fn number(&self, value: f64, places: usize) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        let text = format!("{:.places$}", value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
        let mut out = String::with_capacity(text.len() + 4);
        if value < 0.0 && !is_zero {
            out.push(MINUS);
        }
        out.push_str(&self.grouped(whole));
        if !fraction.is_empty() {
            out.push(format(self.lang()).decimal);
            out.push_str(fraction);
        }
        out
    }

    /// A number with as many decimal places as it needs, at most so many.
    pub fn number_up_to(&self, value: f64, most: usize) -> String {
        let text = format!("{value:.most$}");
        let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
        self.number(value, places)
    }

    /// A whole number.
    pub fn whole(&self, value: u64) -> String {
        self.grouped(&value.to_string())
    }

    /// A size in bytes, rounded to two figures or so.
    pub fn bytes(&self, size: u64) -> String {
        const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
        if size < 1000 {
            return format!("{size} B");
        }
        #[expect(clippy::cast_precision_loss, reason = "a size is shown to two figures")]
        let mut value = size as f64 / 1000.0;
        let mut unit = 0;
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let places = usize::from(value < 9.95);
        format!("{} {}", self.number(value, places), UNITS[unit])
    }

    /// Groups of three digits, from four digits on.
    fn grouped(&self, digits: &str) -> String {
        let separator = format(self.lang()).group;
        let mut out = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }
}

/// The decimal places that the instrument behind a unit supports: level in metres 2, salinity 1
/// (2 below 1), whole centimetres and counts, otherwise by size.
pub fn places_for(unit: &str, value: f64) -> usize {
    match unit {
        "m" => 2,
        "cm" | "d" | "{person}" | "{head}" | "1" => 0,
        "g/L" | "g/l" => {
            if value.abs() < 0.995 {
                2
            } else {
                1
            }
        }
        "mm" | "%" | "km" | "10*3.har" | "10*3.t" | "Cel" => 1,
        "m3/s" | "har" | "t" => 0,
        _ => match value.abs() {
            v if v >= 1000.0 => 0,
            v if v >= 10.0 => 1,
            _ => 2,
        },
    }
}
