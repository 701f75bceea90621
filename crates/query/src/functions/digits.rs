//! A number as PostgreSQL's `to_char` writes it (PostgreSQL 15, tables 9.27 and 9.28), with the signs
//! `9 0 . , D G S MI FM`.

use datafusion::error::{DataFusionError, Result};

use super::exact::Exact;

/// The longest pattern.
const LONGEST: usize = 100;
/// The digits that PostgreSQL shows of a double (`DBL_DIG`).
const DIGITS_OF_A_DOUBLE: usize = 15;

/// A number to be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Double(f64),
    Decimal(Exact),
}

impl Number {
    /// The digits without a sign, so many of them behind the point or as many as there are; none where it is no number.
    fn digits(self, places: usize) -> Option<String> {
        match self {
            Number::Double(number) if !number.is_finite() => None,
            Number::Double(number) => {
                let before = format!("{:.0}", number.abs()).len();
                let places = places.min(DIGITS_OF_A_DOUBLE.saturating_sub(before));
                Some(format!("{:.*}", places, number.abs()))
            }
            Number::Decimal(exact) => Some(self.rounded(exact, places)?.text()),
        }
    }

    fn rounded(self, exact: Exact, places: usize) -> Option<Exact> {
        let places = i32::try_from(places).ok()?;
        exact.with_scale(places, true).or(Some(exact))
    }

    /// Whether it is below zero as it is written; of doubles the sign of a zero is written, too.
    fn is_below(self, places: usize) -> bool {
        match self {
            Number::Double(number) => number.is_sign_negative(),
            Number::Decimal(exact) => self.rounded(exact, places).is_some_and(|exact| exact.units < 0),
        }
    }
}

/// The number as the pattern has it, between what stands around the digits' places in quotes or as it is.
pub(super) fn number(number: Number, pattern: &str) -> Result<String> {
    let (before, core, after) = around(pattern);
    let text = written(number, core).ok_or_else(|| {
        let why = format!("`{pattern}` is no pattern of numbers that is known here: 9 0 . , S MI FM are");
        DataFusionError::Plan(why)
    })?;
    Ok(format!("{before}{text}{after}"))
}

/// What stands before and after the places of digits, and the pattern between.
fn around(pattern: &str) -> (String, &str, String) {
    let is_sign = |c: char| "90.,DGSMIFEVPRLTH".contains(c.to_ascii_uppercase()) || c == ' ';
    let (mut before, mut core) = (String::new(), pattern);
    while let Some(c) = core.chars().next().filter(|c| !is_sign(*c)) {
        match core.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
            Some((text, rest)) => {
                before.push_str(text);
                core = rest;
            }
            None => {
                before.push(c);
                core = &core[c.len_utf8()..];
            }
        }
    }
    let mut after = String::new();
    while let Some(c) = core.chars().next_back().filter(|c| !is_sign(*c)) {
        match core.strip_suffix('"').and_then(|quoted| quoted.rsplit_once('"')) {
            Some((rest, text)) => {
                after.insert_str(0, text);
                core = rest;
            }
            None => {
                after.insert(0, c);
                core = &core[..core.len() - c.len_utf8()];
            }
        }
    }
    (before, core, after)
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
fn written(number: Number, pattern: &str) -> Option<String> {
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
    // `SG` is another sign, at the place where it is written.
    if sign == Sign::Front && pattern.starts_with('G') {
        return None;
    }
    if !pattern.chars().all(|c| matches!(c, '9' | '0' | '.' | ',' | 'D' | 'G' | ' ')) {
        return None;
    }
    let (front, back) =
        pattern.split_once(['.', 'D']).map_or((pattern, None), |(front, back)| (front, Some(back)));
    let is_digit = |c: &char| matches!(c, '9' | '0');
    let places = back.map_or(0, |back| back.chars().filter(is_digit).count());
    let Some(digits) = number.digits(places) else { return Some("#".repeat(pattern.len())) };
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
        // A double may have fewer digits than there are places.
        if !fraction.is_empty() {
            text.push('.');
            text.push_str(&if too_long {
                "#".repeat(places)
            } else {
                fraction[..kept.min(fraction.len())].to_owned()
            });
        }
    }
    let is_below = number.is_below(places);
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
    use super::super::exact::Exact;
    use super::{Number, written};

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
            (-0.0, "S000.0", "-000.0"),
            (-0.0, "9990.0", "   -0.0"),
            (-0.0, "999MI", "  0-"),
            (-0.001, "FM990.00", "-0.00"),
        ] {
            assert_eq!(
                written(Number::Double(number), pattern).as_deref(),
                Some(expected),
                "{number} {pattern}"
            );
        }
        assert_eq!(written(Number::Double(1.0), "RN"), None);
    }

    #[test]
    fn decimals_keep_their_digits_and_their_middle_goes_away_from_zero() {
        // What PostgreSQL 15 answers.
        for (units, scale, pattern, expected) in [
            (9_007_199_254_740_993, 0, "99999999999999999", "  9007199254740993"),
            (2_675, 3, "9.99", " 2.68"),
            (125, 3, "9.99", "  .13"),
            (123_456_789_012_345_678, 3, "FM999999999999999.999", "123456789012345.678"),
            (-1, 3, "FM990.00", "0.00"),
            (-15, 1, "99", " -2"),
        ] {
            let number = Number::Decimal(Exact { units, scale });
            assert_eq!(written(number, pattern).as_deref(), Some(expected), "{units} {pattern}");
        }
        assert_eq!(
            written(Number::Double(0.1), "9.99999999999999999999").as_deref(),
            Some("  .10000000000000")
        );
    }
}
