//! Numbers as people write them: decimal comma or point, grouped thousands.

/// Which sign stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DecimalStyle {
    /// `1,234.5`
    Dot,
    /// `1.234,5`, as Vietnamese is written.
    Comma,
    /// Whichever the number itself shows.
    #[default]
    Auto,
}

/// A number that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Its value; always finite.
    pub value: f64,
    /// Whether the text is another number in the other style: `1.234` and `1,234`. It was then read
    /// with a decimal point. Never set when the style was given.
    pub ambiguous: bool,
}

impl DecimalStyle {
    /// The style that a column of texts shows: that of the numbers which only one style reads.
    /// `Auto` if there is none, or if they contradict each other.
    pub fn of_column<'a>(texts: impl IntoIterator<Item = &'a str>) -> DecimalStyle {
        let (mut dot, mut comma) = (false, false);
        for text in texts {
            match (read(text, b'.'), read(text, b',')) {
                (Some(_), None) => dot = true,
                (None, Some(_)) => comma = true,
                _ => {}
            }
        }
        match (dot, comma) {
            (true, false) => DecimalStyle::Dot,
            (false, true) => DecimalStyle::Comma,
            _ => DecimalStyle::Auto,
        }
    }
}

/// Reads a number: an optional sign, digits (plain, or in groups of three with blanks, apostrophes or
/// the other sign between them), decimals, and an exponent. Blanks around it are dropped. Anything else,
/// infinities and `NaN` among it, is `None`; which texts stand for "no value" is a mapping's business.
pub fn parse_number(text: &str, style: DecimalStyle) -> Option<Number> {
    let known = |value| Number { value, ambiguous: false };
    match style {
        DecimalStyle::Dot => read(text, b'.').map(known),
        DecimalStyle::Comma => read(text, b',').map(known),
        DecimalStyle::Auto => match (read(text, b'.'), read(text, b',')) {
            (Some(dot), Some(comma)) => Some(Number { value: dot, ambiguous: dot != comma }),
            (dot, comma) => dot.or(comma).map(known),
        },
    }
}

/// No number that anybody writes is longer.
const MAX_BYTES: usize = 64;

fn read(text: &str, decimal: u8) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES {
        return None;
    }
    let (sign, rest) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let power = power_of_ten(rest);
    let (mantissa, exponent) = match (&power, rest.split_once(['e', 'E'])) {
        (Some((mantissa, exponent)), _) => (*mantissa, Some(exponent.as_str())),
        (None, Some((mantissa, exponent))) => (mantissa, Some(exponent)),
        (None, None) => (rest, None),
    };
    let (whole, decimals) = match mantissa.split_once(char::from(decimal)) {
        Some((whole, decimals)) => (whole, decimals),
        None => (mantissa, ""),
    };
    let mut plain = String::with_capacity(MAX_BYTES);
    plain.push_str(sign);
    let group = if decimal == b'.' { ',' } else { '.' };
    push_whole(whole, group, &mut plain)?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(decimals) || (whole.is_empty() && decimals.is_empty()) {
        return None;
    }
    plain.push('.');
    plain.push_str(decimals);
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !is_digits(digits) {
            return None;
        }
        plain.push('e');
        plain.push_str(exponent);
    }
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A number and the power of ten that it is multiplied by, as laboratories write them: `2,4x10^3`, `2,4.10³`.
fn power_of_ten(text: &str) -> Option<(&str, String)> {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if text.is_ascii() && !text.contains('^') {
        return None;
    }
    let digit = |c: char| {
        let at = RAISED.iter().position(|raised| *raised == c);
        at.and_then(|at| char::from_digit(u32::try_from(at).ok()?, 10)).or((c == '⁻').then_some('-'))
    };
    let (before, exponent) = match text.rsplit_once("10^") {
        Some((before, exponent)) => (before, exponent.to_owned()),
        None => {
            let at = text.find(|c| digit(c).is_some())?;
            (text[..at].strip_suffix("10")?, text[at..].chars().map(digit).collect::<Option<String>>()?)
        }
    };
    let mantissa = before.trim_end().strip_suffix(['x', 'X', '×', '*', '·', '∙', '.'])?.trim_end();
    (!mantissa.is_empty() && exponent.len() <= 3).then_some((mantissa, exponent))
}

/// Adds the digits before the decimals; groups must be of three digits and all parted alike.
fn push_whole(whole: &str, group: char, plain: &mut String) -> Option<()> {
    const BLANKS: [char; 6] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '\u{2019}'];
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        plain.push_str(whole);
        return Some(());
    }
    let parted_by = whole.chars().find(|c| !c.is_ascii_digit())?;
    if parted_by != group && !BLANKS.contains(&parted_by) {
        return None;
    }
    for (index, digits) in whole.split(parted_by).enumerate() {
        let is_right_length = if index == 0 { (1..=3).contains(&digits.len()) } else { digits.len() == 3 };
        // A group never begins with a zero that stands alone: 0.123 has decimals, not thousands.
        if !is_right_length
            || !digits.bytes().all(|b| b.is_ascii_digit())
            || (index == 0 && digits.starts_with('0'))
        {
            return None;
        }
        plain.push_str(digits);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DecimalStyle, parse_number};

    #[test]
    fn numbers_are_read_as_they_are_written() {
        use DecimalStyle::{Auto, Comma, Dot};
        let ambiguous = |value| Some((value, true));
        let clear = |value| Some((value, false));
        for (text, style, expected) in [
            ("12", Auto, clear(12.0)),
            (" -3.5 ", Auto, clear(-3.5)),
            ("\u{2212}3,5", Auto, clear(-3.5)),
            ("+7", Auto, clear(7.0)),
            ("3,5", Auto, clear(3.5)),
            ("3,5", Dot, None),
            ("3.5", Comma, None),
            ("1.234", Auto, ambiguous(1.234)),
            ("1,234", Auto, ambiguous(1234.0)),
            ("1.234", Comma, clear(1234.0)),
            ("1.234", Dot, clear(1.234)),
            ("1,234", Comma, clear(1.234)),
            ("0.125", Auto, clear(0.125)),
            ("0,125", Auto, clear(0.125)),
            ("1234.567", Auto, clear(1234.567)),
            ("1.234.567", Auto, clear(1_234_567.0)),
            ("1.234.567,89", Auto, clear(1_234_567.89)),
            ("1,234,567.89", Auto, clear(1_234_567.89)),
            ("1,234.5", Comma, None),
            ("1 234,5", Auto, clear(1234.5)),
            ("1\u{a0}234\u{a0}567", Auto, clear(1_234_567.0)),
            ("1'234'567.5", Auto, clear(1_234_567.5)),
            ("1\u{2019}234,5", Auto, clear(1234.5)),
            ("1'23", Auto, None),
            ("1 23", Auto, None),
            ("12 345.678 9", Auto, None),
            ("1,23,456", Auto, None),
            (".5", Auto, clear(0.5)),
            ("5.", Auto, clear(5.0)),
            ("1e3", Auto, clear(1000.0)),
            ("1.5E-2", Auto, clear(0.015)),
            ("1e999", Auto, None),
            ("e3", Auto, None),
            ("1e", Auto, None),
            (".", Auto, None),
            ("", Auto, None),
            ("-", Auto, None),
            ("--1", Auto, None),
            ("..", Auto, None),
            ("NaN", Auto, None),
            ("inf", Auto, None),
            ("0x10", Auto, None),
            ("2,4x10^3", Auto, clear(2400.0)),
            ("2.4 × 10³", Auto, clear(2400.0)),
            ("2,4.10^3", Comma, clear(2400.0)),
            ("9,3*10^-2", Auto, clear(0.093)),
            ("10^3", Auto, None),
            ("2x10", Auto, None),
            ("5m²", Auto, None),
            ("12a", Auto, None),
            ("2020-01", Auto, None),
            ("१२", Auto, None),
        ] {
            let got = parse_number(text, style).map(|number| (number.value, number.ambiguous));
            assert_eq!(got, expected, "{text:?} {style:?}");
        }
    }

    #[test]
    fn a_column_shows_its_style_where_a_cell_does_not() {
        for (column, expected) in [
            (&["1,234", "2,5"][..], DecimalStyle::Comma),
            (&["1,234", "2.5"], DecimalStyle::Dot),
            (&["1,234", "2"], DecimalStyle::Auto),
            (&["1,5", "2.5"], DecimalStyle::Auto),
            (&["..", ""], DecimalStyle::Auto),
        ] {
            assert_eq!(DecimalStyle::of_column(column.iter().copied()), expected, "{column:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_back_in_the_style_it_was_written(value in -1e15_f64..1e15) {
            let dot = format!("{value}");
            let comma = dot.replace('.', ",");
            prop_assert_eq!(parse_number(&dot, DecimalStyle::Dot).map(|n| n.value), Some(value));
            prop_assert_eq!(parse_number(&comma, DecimalStyle::Comma).map(|n| n.value), Some(value));
        }

        #[test]
        fn grouped_thousands_are_read_back(value in 0_u64..1_000_000_000_000, cents in 1_u8..100) {
            let digits = value.to_string();
            let groups = |sign: &str| {
                let first = digits.len() % 3;
                let mut parts: Vec<&str> = Vec::new();
                if first > 0 {
                    parts.push(&digits[..first]);
                }
                parts.extend(digits.as_bytes()[first..].chunks(3).map(|c| std::str::from_utf8(c).unwrap()));
                parts.join(sign)
            };
            let expected: f64 = format!("{value}.{cents:02}").parse().unwrap();
            for (group, decimal) in [(",", "."), (".", ","), (" ", ","), ("\u{a0}", ".")] {
                let text = format!("{}{decimal}{cents:02}", groups(group));
                prop_assert_eq!(parse_number(&text, DecimalStyle::Auto).map(|n| n.value), Some(expected), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,30}") {
            if let Some(number) = parse_number(&text, DecimalStyle::Auto) {
                prop_assert!(number.value.is_finite());
            }
        }
    }
}
