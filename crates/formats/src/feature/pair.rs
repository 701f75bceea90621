//! A position in one text: `10.25, 105.9`, `10°15'23,5"N 105°54'12"E`, `X=1077000,5; Y=560123,2`.

use crate::crs::parse_angle;

/// The longest text that is looked at, in bytes.
const MAX_TEXT: usize = 160;

/// Which way a number of a position counts, as the text says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    /// Northwards: a latitude.
    North,
    /// Eastwards: a longitude.
    East,
    /// The first and the second of a plane, whichever way they count.
    X,
    Y,
}

/// A number of a position, what its text says of it, and whether it is written with a fraction.
#[derive(Debug, Clone, Copy)]
struct Part {
    value: f64,
    axis: Option<Axis>,
    is_whole: bool,
}

/// The two numbers of a position, the one that counts eastwards first where the text tells; `None` where
/// it is no position, or can be read in more than one way.
pub(super) fn pair(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    if text.len() > MAX_TEXT {
        return None;
    }
    let text = text.strip_prefix(['(', '[']).and_then(|rest| rest.strip_suffix([')', ']'])).unwrap_or(text);
    for between in [";", "\n", "|", " / ", "/", " , ", ", ", ","] {
        if text.matches(between).count() != 1 {
            continue;
        }
        let Some((one, other)) = text.split_once(between).and_then(|(one, other)| both(one, other)) else {
            continue;
        };
        // `10,25` is one number.
        let may_be_one = between == "," && one.is_whole && other.is_whole && other.value < 1000.0;
        return if may_be_one { None } else { ordered(one, other) };
    }
    let splits = text.char_indices().filter(|(_, c)| c.is_whitespace() || *c == '-');
    let mut found: Vec<(Part, Part)> = splits
        .filter_map(|(at, c)| both(&text[..at], text[at..].strip_prefix(c)?))
        .filter(|(one, other)| one.value.abs() > 1.0 && other.value.abs() > 1.0)
        .collect();
    found.dedup_by(|left, right| (left.0.value, left.1.value) == (right.0.value, right.1.value));
    let marked = |(one, other): &&(Part, Part)| one.axis.is_some() && other.axis.is_some();
    let mut told = found.iter().filter(marked);
    match (found.as_slice(), told.next(), told.next()) {
        ([(one, other)], ..) | (_, Some((one, other)), None) => ordered(*one, *other),
        _ => None,
    }
}

fn both(one: &str, other: &str) -> Option<(Part, Part)> {
    Some((part(one)?, part(other)?))
}

/// The eastward number first.
fn ordered(one: Part, other: Part) -> Option<(f64, f64)> {
    use Axis::{East, North, X, Y};
    let is_swapped = match (one.axis, other.axis) {
        (Some(North), Some(East) | None) | (None, Some(East)) | (Some(Y), Some(X)) => true,
        (Some(East), Some(North) | None) | (None, Some(North)) | (Some(X), Some(Y)) => false,
        // Nobody says it, and only one of them can be a latitude.
        (None, None) => one.value.abs() <= 90.0 && (90.0..=180.0).contains(&other.value.abs()),
        _ => return None,
    };
    Some(if is_swapped { (other.value, one.value) } else { (one.value, other.value) })
}

/// A number with the word before it, or the letter behind it, that says which way it counts.
fn part(text: &str) -> Option<Part> {
    let text = text.trim().trim_end_matches([',', ';', '.']);
    let start = text.find(|c: char| c.is_ascii_digit())?;
    // A dash before a blank stands between two numbers.
    let start = if text[..start].ends_with(['-', '+']) { start - 1 } else { start };
    let (word, number) = text.split_at(start);
    let word = model::fold(word);
    let before = match word.as_str() {
        "" => None,
        "x" | "toa do x" => Some(Axis::X),
        "y" | "toa do y" => Some(Axis::Y),
        "n" | "b" | "lat" | "latitude" | "vi do" | "vd" | "bac" | "vi do bac" => Some(Axis::North),
        "e" | "d" | "lon" | "long" | "lng" | "longitude" | "kinh do" | "kd" | "dong" | "kinh do dong" => {
            Some(Axis::East)
        }
        _ => return None,
    };
    // Metres may be named behind the number.
    let number = number.trim_end();
    let number =
        number.strip_suffix('m').filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit() || c == ' '));
    let number = number.unwrap_or(&text[start..]).trim();
    let behind = match number.chars().next_back()? {
        'N' | 'n' | 'B' | 'b' => Some(Axis::North),
        'E' | 'e' | 'Đ' | 'đ' => Some(Axis::East),
        _ => None,
    };
    let angle = parse_angle(number)?;
    Some(Part { value: angle.value, axis: before.or(behind), is_whole: !number.contains([',', '.']) })
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn a_position_in_one_text_is_read_where_it_can_be_read_in_one_way() {
        let near = |one: f64, other: f64| (one - other).abs() < 1e-6;
        for (text, expected) in [
            ("10.25, 105.9", Some((105.9, 10.25))),
            ("10.25,105.9", Some((105.9, 10.25))),
            ("(10.25; 105.9)", Some((105.9, 10.25))),
            ("10,25; 105,9", Some((105.9, 10.25))),
            ("10,25, 105,9", Some((105.9, 10.25))),
            ("10,25 105,9", Some((105.9, 10.25))),
            ("105.9 10.25", Some((105.9, 10.25))),
            ("10°15'N 105°54'E", Some((105.9, 10.25))),
            ("10°15'0,0\"N - 105°54'0,0\"E", Some((105.9, 10.25))),
            ("N 10°15' E 105°54'", Some((105.9, 10.25))),
            ("105°54'Đ; 10°15'B", Some((105.9, 10.25))),
            ("10 15 00 105 54 00.0", Some((105.9, 10.25))),
            ("Vĩ độ: 10.25; Kinh độ: 105.9", Some((105.9, 10.25))),
            ("lon 105.9, lat 10.25", Some((105.9, 10.25))),
            ("X=1077000,5; Y=560123,2", Some((1_077_000.5, 560_123.2))),
            ("X: 1077000.5 Y: 560123.2", Some((1_077_000.5, 560_123.2))),
            ("X = 1.077.000,5 m; Y = 560.123,2 m", Some((1_077_000.5, 560_123.2))),
            ("1077000.5 560123.2", Some((1_077_000.5, 560_123.2))),
            // One number, three numbers, and words.
            ("10,25", None),
            ("10.25", None),
            ("10.25, 105.9, 3", None),
            ("10°15'N 10°20'N", None),
            ("xã Long Đức", None),
            ("km 12 + 500", None),
            ("", None),
        ] {
            let found = pair(text);
            let same = match (found, expected) {
                (Some(found), Some(expected)) => near(found.0, expected.0) && near(found.1, expected.1),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(same, "{text}: {found:?}");
        }
    }
}
