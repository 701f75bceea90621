//! `digits_of(number, pattern)`: a number as PostgreSQL's `to_char` writes it (PostgreSQL 15, tables 9.27 and 9.28),
//! with the signs `9 0 . , D G S MI FM`.

use std::sync::Arc;

use arrow::array::{AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The longest pattern.
const LONGEST: usize = 100;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct DigitsOf(Signature);

impl DigitsOf {
    pub(crate) fn new() -> DigitsOf {
        DigitsOf(Signature::any(2, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for DigitsOf {
    fn name(&self) -> &str {
        "digits_of"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (numbers, patterns) = (cast(&arrays[0], &DataType::Float64)?, cast(&arrays[1], &DataType::Utf8)?);
        let pairs = numbers.as_primitive::<Float64Type>().iter().zip(patterns.as_string::<i32>());
        let row = |(number, pattern): (Option<f64>, Option<&str>)| match (number, pattern) {
            (Some(number), Some(pattern)) => written(number, pattern).map(Some).ok_or_else(|| {
                let why =
                    format!("`{pattern}` is no pattern of numbers that is known here: 9 0 . , S MI FM are");
                DataFusionError::Plan(why)
            }),
            _ => Ok(None),
        };
        Ok(ColumnarValue::Array(Arc::new(pairs.map(row).collect::<Result<StringArray>>()?)))
    }
}

/// Where the sign stands.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    /// Before the first digit, a blank where there is none.
    Before,
    /// `S` at the beginning or at the end.
    Front,
    Back,
    /// `MI` at the end.
    Minus,
}

/// The number; none where the pattern is not known.
fn written(number: f64, pattern: &str) -> Option<String> {
    if pattern.len() > LONGEST {
        return None;
    }
    let (is_bare, pattern) = match pattern.strip_prefix("FM") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (sign, pattern) =
        match (pattern.strip_prefix('S'), pattern.strip_suffix('S'), pattern.strip_suffix("MI")) {
            (Some(rest), ..) => (Sign::Front, rest),
            (None, Some(rest), _) => (Sign::Back, rest),
            (None, None, Some(rest)) => (Sign::Minus, rest),
            _ => (Sign::Before, pattern),
        };
    if !pattern.chars().all(|c| matches!(c, '9' | '0' | '.' | ',' | 'D' | 'G' | ' ')) {
        return None;
    }
    let (front, back) =
        pattern.split_once(['.', 'D']).map_or((pattern, None), |(front, back)| (front, Some(back)));
    let is_digit = |c: &char| matches!(c, '9' | '0');
    let places = back.map_or(0, |back| back.chars().filter(is_digit).count());
    if !number.is_finite() {
        return Some("#".repeat(pattern.len()));
    }
    let digits = format!("{:.*}", places, number.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let room = front.chars().filter(is_digit).count();
    let forced = front.chars().filter(is_digit).position(|c| c == '0');
    let own = if whole == "0" && (places > 0 || forced.is_some()) { "" } else { whole };
    let mut text = String::new();
    let (mut place, mut has_begun) = (0, false);
    let too_long = own.len() > room;
    for c in front.chars() {
        match c {
            '9' | '0' => {
                let from_own = (place + own.len()).checked_sub(room).and_then(|at| own.get(at..=at));
                if too_long {
                    text.push('#');
                } else if let Some(digit) = from_own {
                    text.push_str(digit);
                    has_begun = true;
                } else if forced.is_some_and(|forced| place >= forced) {
                    text.push('0');
                    has_begun = true;
                } else if !is_bare {
                    text.push(' ');
                }
                place += 1;
            }
            ',' | 'G' if has_begun || too_long => text.push(','),
            _ if !is_bare => text.push(' '),
            _ => {}
        }
    }
    if let Some(back) = back {
        let kept = if is_bare {
            // Zeros at the end that nobody asked for are left out.
            let asked =
                back.chars().filter(is_digit).collect::<String>().rfind('0').map_or(0, |last| last + 1);
            fraction.trim_end_matches('0').len().max(asked)
        } else {
            places
        };
        text.push('.');
        text.push_str(&if too_long { "#".repeat(places) } else { fraction[..kept].to_owned() });
    }
    let is_below = number < 0.0;
    let lead = text.len() - text.trim_start().len();
    match sign {
        Sign::Before if is_below => text.insert(lead, '-'),
        Sign::Before if !is_bare => text.insert(lead, ' '),
        Sign::Before => {}
        Sign::Front => text.insert(lead, if is_below { '-' } else { '+' }),
        Sign::Back => text.push(if is_below { '-' } else { '+' }),
        Sign::Minus if is_below => text.push('-'),
        Sign::Minus if !is_bare => text.push(' '),
        Sign::Minus => {}
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn numbers_are_written_as_postgresql_writes_them() {
        // What PostgreSQL 15 answers.
        for (number, pattern, expected) in [
            (1_234_567.891, "9,999,999.99", " 1,234,567.89"),
            (12.0, "00000", " 00012"),
            (12.0, "99999", "    12"),
            (-12.0, "99999", "   -12"),
            (0.5, "9.99", "  .50"),
            (0.5, "0.99", " 0.50"),
            (-0.1, "99.99", "  -.10"),
            (0.0, "999", "   0"),
            (30.9, "FM999990.00", "30.90"),
            (30.9, "FM999.99", "30.9"),
            (30.0, "FM999.99", "30."),
            (12_345.0, "FM9,999,999", "12,345"),
            (485.0, "9", " #"),
            (485.0, "999MI", "485 "),
            (-485.0, "999MI", "485-"),
            (485.0, "S999", "+485"),
            (485.0, "999S", "485+"),
        ] {
            assert_eq!(written(number, pattern).as_deref(), Some(expected), "{number} {pattern}");
        }
        assert_eq!(written(1.0, "RN"), None);
    }
}
