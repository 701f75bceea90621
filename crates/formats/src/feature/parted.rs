//! Angles in columns of their own: degrees in one, minutes in the next, and perhaps seconds behind them.

use wording::told;

use super::columns::folded;
use crate::Error;
use crate::chunk::Chunk;

/// Words of headers, folded, by the part of an angle that they name.
const DEGREES: [&str; 5] = ["do", "deg", "degree", "degrees", "d"];
const MINUTES: [&str; 6] = ["phut", "min", "mins", "minute", "minutes", "m"];
const SECONDS: [&str; 6] = ["giay", "sec", "secs", "second", "seconds", "s"];

/// Signs that stand for a word of a header: `(')`.
const MINUTE_SIGNS: [&str; 3] = ["'", "′", "’"];
const SECOND_SIGNS: [&str; 6] = ["''", "\"", "″", "”", "′′", "’’"];
/// Words of headers beside which a lone `m` or `s` is a part of an angle, and no metre.
const OF_ANGLES: [&str; 12] =
    ["lon", "lat", "long", "lng", "longitude", "latitude", "kinh", "vi", "do", "kd", "vd", "deg"];
/// Rows that are looked at.
const ROWS: usize = 500;

/// How angles stand in the columns behind those of their degrees.
pub(super) struct Parted {
    has_seconds: bool,
    /// Whether the words stand in a row of their own below the header.
    pub(super) is_below: bool,
}

/// Whether minutes stand in the columns behind both degrees, by the header or by the row below it. Numbers that look
/// like them under headers that do not say so are asked about.
pub(super) fn parted(
    chunk: &Chunk,
    at: usize,
    names: &[String],
    columns: (usize, usize),
) -> Result<Option<Parted>, Error> {
    let here = |column: usize| names.get(column).map(String::as_str);
    let below = |column: usize| chunk.cell(at + 1, column);
    let parted = by_words(columns, false, &here).or_else(|| by_words(columns, true, &below));
    let (x, y) = columns;
    let first = at + 1 + usize::from(parted.as_ref().is_some_and(|parted| parted.is_below));
    let are_minutes = [x + 1, y + 1].iter().all(|column| all(chunk, first, *column, 0.9, &is_part));
    match parted {
        // Bounds that are called least and most, `lon_min`, are no minutes.
        Some(parted) => Ok(are_minutes.then_some(parted)),
        None if are_minutes && x.abs_diff(y) > 1 && are_whole_degrees(chunk, first, columns) => {
            Err(perhaps_parted(names, columns))
        }
        None => Ok(None),
    }
}

fn by_words<'a>(
    (x, y): (usize, usize),
    is_below: bool,
    header: &dyn Fn(usize) -> Option<&'a str>,
) -> Option<Parted> {
    let says = |column: usize, words: &[&str], signs: &[&str]| {
        header(column).is_some_and(|text| says(text, words, signs, is_below))
    };
    let both = |behind: usize, words: &[&str], signs: &[&str]| {
        says(x + behind, words, signs) && says(y + behind, words, signs)
    };
    // The metres of `X (m)`, `Y (m)` and `H (m)` are no minutes of each other.
    let are_apart = x.abs_diff(y) > 1;
    let is_parted = are_apart
        && both(1, &MINUTES, &MINUTE_SIGNS)
        && (!is_below || both(0, &DEGREES, &["°", "º"]) || both(2, &SECONDS, &SECOND_SIGNS));
    is_parted.then(|| Parted { has_seconds: both(2, &SECONDS, &SECOND_SIGNS), is_below })
}

/// Whether a header names a part of an angle: `Vĩ độ (phút)`, `LonMin`, `Phút (E)`, `(')`. In a row of its own
/// below the header it stands alone.
fn says(text: &str, words: &[&str], signs: &[&str], is_below: bool) -> bool {
    // `(2)` tells names apart.
    let number = |text: &&str| text.trim_matches(['(', ')']).parse::<u8>().is_ok();
    let parts: Vec<&str> = text.split_whitespace().filter(|part| !number(part)).collect();
    let sign = parts.last().map(|part| part.trim_matches(['(', ')', '[', ']']));
    if sign.is_some_and(|sign| signs.contains(&sign)) {
        return true;
    }
    let folded = folded(&parts.join(" "));
    let parts: Vec<&str> = folded.split_whitespace().collect();
    if is_below {
        return parts.len() == 1 && words.contains(&parts[0]);
    }
    parts.iter().enumerate().any(|(at, part)| {
        let is_long = part.len() > 1;
        let is_of_angle = || at + 1 == parts.len() && parts.iter().any(|part| OF_ANGLES.contains(part));
        words.contains(part) && (is_long || parts.len() == 1 || is_of_angle())
    })
}

/// Whether nearly all numbers of a column, of which there are some, are such.
fn all(chunk: &Chunk, first: usize, column: usize, share: f64, is_such: &dyn Fn(f64) -> bool) -> bool {
    let texts = (first..chunk.len()).take(ROWS).filter_map(|row| chunk.cell(row, column));
    let (mut filled, mut such) = (0_u32, 0_u32);
    for text in texts.map(str::trim).filter(|text| !text.is_empty()) {
        filled += 1;
        such += u32::from(text.replace(',', ".").parse().is_ok_and(is_such));
    }
    filled > 0 && f64::from(such) >= share * f64::from(filled)
}

/// Whether a number may be minutes or seconds.
fn is_part(number: f64) -> bool {
    (0.0..60.0).contains(&number)
}

/// Whether all positions are whole degrees, as no list of positions has them.
fn are_whole_degrees(chunk: &Chunk, first: usize, (x, y): (usize, usize)) -> bool {
    let whole = |most: f64| move |number: f64| number.fract() == 0.0 && number.abs() <= most && number != 0.0;
    all(chunk, first, x, 1.0, &whole(180.0)) && all(chunk, first, y, 1.0, &whole(180.0))
}

/// An error where the degrees are whole and what stands behind them may be their minutes.
fn perhaps_parted(names: &[String], (x, y): (usize, usize)) -> Error {
    let name = |column: usize| names.get(column).cloned().unwrap_or_default();
    Error::invalid(
        "degrees_without_minutes",
        told!(
            "formats-whole-degrees-perhaps-with-minutes",
            "all numbers of `{x}` and `{y}` are whole degrees, and those of `{behind_x}` and `{behind_y}` behind them may be their minutes",
            x = name(x),
            y = name(y),
            behind_x = name(x + 1),
            behind_y = name(y + 1)
        ),
        told!(
            "formats-head-parts-of-angles",
            "head the columns of parts with `độ`, `phút` and `giây`, or write the degrees with their decimals; columns that are no parts have to stand elsewhere than behind the degrees"
        ),
    )
}

impl Parted {
    /// The angle whose degrees stand in a column, as one text.
    pub(super) fn angle<'a>(&self, column: usize, text: &dyn Fn(usize) -> &'a str) -> String {
        let (degrees, minutes) = (text(column), text(column + 1));
        let seconds = if self.has_seconds { text(column + 2) } else { "" };
        match (minutes, seconds) {
            // Degrees with a fraction, or a text that holds the whole angle.
            ("", "") if !degrees.bytes().all(|byte| byte.is_ascii_digit()) => degrees.to_owned(),
            (_, "") if degrees.is_empty() && minutes.is_empty() => String::new(),
            (_, "") if !self.has_seconds && !minutes.is_empty() => format!("{degrees}°{minutes}'"),
            _ if minutes.is_empty() || seconds.is_empty() => {
                // A part is missing: no coordinate, and the row is refused with what stands there.
                format!("{degrees}; {minutes}; {seconds}")
            }
            _ => format!("{degrees}°{minutes}'{seconds}\""),
        }
    }
}
