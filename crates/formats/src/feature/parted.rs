//! Angles in columns of their own: degrees in one, minutes in the next, and perhaps seconds behind them.

use crate::chunk::Chunk;

/// Words of headers, folded, by the part of an angle that they name.
const DEGREES: [&str; 5] = ["do", "deg", "degree", "degrees", "d"];
const MINUTES: [&str; 6] = ["phut", "min", "mins", "minute", "minutes", "m"];
const SECONDS: [&str; 6] = ["giay", "sec", "secs", "second", "seconds", "s"];

/// How angles stand in the columns behind those of their degrees.
pub(super) struct Parted {
    has_seconds: bool,
    /// Whether the words stand in a row of their own below the header.
    pub(super) is_below: bool,
}

/// Whether minutes stand in the columns behind both degrees, by the header or by the row below it.
pub(super) fn parted(chunk: &Chunk, at: usize, names: &[String], columns: (usize, usize)) -> Option<Parted> {
    let here = |column: usize| names.get(column).map(|name| model::fold(name));
    let below = |column: usize| chunk.cell(at + 1, column).map(model::fold);
    by_words(columns, false, &here).or_else(|| by_words(columns, true, &below))
}

fn by_words(
    (x, y): (usize, usize),
    is_below: bool,
    word: &dyn Fn(usize) -> Option<String>,
) -> Option<Parted> {
    let says = |column: usize, words: &[&str]| {
        word(column).is_some_and(|text| {
            // `Vĩ độ (phút)`: the last word; in a row of its own there is no other. `(2)` tells names apart.
            let mut parts = text.split_whitespace().rev().skip_while(|part| part.parse::<u8>().is_ok());
            parts.next().is_some_and(|last| words.contains(&last)) && (!is_below || parts.next().is_none())
        })
    };
    let both = |behind: usize, words: &[&str]| says(x + behind, words) && says(y + behind, words);
    // The metres of `X (m)`, `Y (m)` and `H (m)` are no minutes of each other.
    let are_apart = x.abs_diff(y) > 1;
    let is_parted = are_apart && both(1, &MINUTES) && (!is_below || both(0, &DEGREES));
    is_parted.then(|| Parted { has_seconds: both(2, &SECONDS), is_below })
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
