//! Degrees as people write them: `10.035`, `10,035`, `10°02'15,6"B`, `10O21'`, `10 02 15.6 N`, `100215.6`.

/// How an angle is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AngleForm {
    /// One number: degrees, or something that only its neighbours explain.
    Number,
    /// Degrees with minutes, and perhaps seconds.
    Sexagesimal,
}

/// An angle, or a plain number where one stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Angle {
    /// Degrees, or the number as it stands.
    pub value: f64,
    /// How it is written.
    pub form: AngleForm,
}

/// The longest text that is looked at.
const MAX_TEXT: usize = 60;

/// Reads an angle or a plain number; `None` when the text is neither.
pub fn parse_angle(text: &str) -> Option<Angle> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_TEXT {
        return None;
    }
    if let Some(number) = plain(text) {
        return Some(Angle { value: number, form: AngleForm::Number });
    }
    sexagesimal(text).map(|value| Angle { value, form: AngleForm::Sexagesimal })
}

/// A number with a decimal point or a decimal comma; blanks or points group thousands only where
/// each group has three digits.
fn plain(text: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match unsigned.rfind([',', '.']) {
        Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
        None => (unsigned, ""),
    };
    if !fraction.is_empty() && !digits(fraction) || unsigned.ends_with([',', '.']) {
        return None;
    }
    let mark = unsigned.rfind([',', '.']).map(|at| unsigned.as_bytes()[at]);
    let grouped: String = if digits(whole) {
        whole.to_owned()
    } else {
        let separators: Vec<char> = whole.chars().filter(|c| !c.is_ascii_digit()).collect();
        let one_kind = separators.iter().all(|c| *c == separators[0])
            && matches!(separators.first(), Some(' ' | '\u{a0}' | '.' | ','));
        let groups: Vec<&str> = whole.split(|c: char| !c.is_ascii_digit()).collect();
        let right = groups.first().is_some_and(|first| (1..=3).contains(&first.len()))
            && groups.iter().skip(1).all(|group| group.len() == 3);
        if !one_kind
            || !right
            || mark.is_some_and(|mark| u32::from(mark) == u32::from(separators[0])) && fraction.len() != 3
        {
            return None;
        }
        // `1.111.146` has groups only: its last mark is no decimal point.
        if mark.is_some_and(|mark| u32::from(mark) == u32::from(separators[0])) {
            let joined: String = unsigned.chars().filter(char::is_ascii_digit).collect();
            return signed(text, &joined);
        }
        groups.concat()
    };
    let joined = if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") };
    signed(text, &joined)
}

fn signed(text: &str, digits: &str) -> Option<f64> {
    let number: f64 = digits.parse().ok()?;
    Some(if text.starts_with('-') { -number } else { number })
}

/// Degrees, minutes and seconds with any marks between; letters say which way.
fn sexagesimal(text: &str) -> Option<f64> {
    let mut numbers: Vec<String> = Vec::new();
    let mut negative = false;
    let mut marks = 0;
    let mut open = false;
    for (at, c) in text.char_indices() {
        let after_digit = open;
        match c {
            '0'..='9' => {
                if !open {
                    numbers.push(String::new());
                    open = true;
                }
                numbers.last_mut()?.push(c);
                continue;
            }
            '.' | ',' if after_digit && text[at + 1..].starts_with(|c: char| c.is_ascii_digit()) => {
                if numbers.last()?.contains('.') {
                    return None;
                }
                numbers.last_mut()?.push('.');
                continue;
            }
            '-' if numbers.is_empty() => negative = true,
            // The letter O for the degree sign.
            '°' | 'º' | '˚' | '\'' | '’' | '′' | '‘' | '"' | '”' | '″' | '“' | '*' => {
                marks += 1
            }
            'o' | 'O' | 'd' if numbers.len() == 1 && after_digit => marks += 1,
            'm' | 's' if numbers.len() > 1 && after_digit => marks += 1,
            // North, east; south, west: in English and in Vietnamese (Bắc, Đông, Nam, Tây).
            'N' | 'n' | 'E' | 'e' | 'B' | 'b' | 'Đ' | 'đ' => {}
            'S' | 'W' | 'w' | 'T' => negative = true,
            ' ' | '\u{a0}' | '-' | ':' => {}
            _ => return None,
        }
        open = false;
    }
    let last = numbers.len().checked_sub(1)?;
    // Only the last number may have a fraction; a lone number needs a mark or a letter.
    if numbers.len() > 3 || numbers[..last].iter().any(|number| number.contains('.')) {
        return None;
    }
    let values: Vec<f64> = numbers.iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
    // Seconds of 60 are what rounding makes of 59.996; the last number alone may have been rounded.
    let is_whole = |(at, value): (usize, &f64)| *value < 60.0 || (*value == 60.0 && at == last && last == 2);
    if !values.iter().enumerate().skip(1).all(is_whole)
        || values[0] > 180.0
        || (last == 0 && marks == 0 && !text.chars().any(char::is_alphabetic))
    {
        return None;
    }
    let degrees = values.iter().rev().fold(0.0, |sum, value| sum / 60.0 + value);
    Some(if negative { -degrees } else { degrees })
}

/// Degrees of a packed number: 100215.6 is 10° 02' 15.6".
pub fn unpack_angle(number: f64) -> Option<f64> {
    if !(0.0..1_810_000.0).contains(&number) {
        return None;
    }
    let degrees = (number / 10_000.0).floor();
    let minutes = ((number - degrees * 10_000.0) / 100.0).floor();
    let seconds = number - degrees * 10_000.0 - minutes * 100.0;
    (degrees <= 180.0 && minutes < 60.0 && seconds < 60.0)
        .then_some(degrees + minutes / 60.0 + seconds / 3600.0)
}
