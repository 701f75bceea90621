//! Directions of the wind in letters: `ĐB` is 45°, and `N` is south in Vietnamese and north in English.

/// Which language a column writes its letters in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    Vietnamese,
    English,
}

/// What a text says of the wind's direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wind {
    /// Degrees from north by east, where it comes from.
    From(f64),
    /// There is no wind.
    Calm,
    /// It is one direction in Vietnamese and another in English.
    Ambiguous,
}

/// The four quarters in each language, by letter and by word without marks.
const QUARTERS: [(Tongue, [(char, &str); 4]); 2] = [
    (Tongue::Vietnamese, [('b', "bac"), ('d', "dong"), ('n', "nam"), ('t', "tay")]),
    (Tongue::English, [('n', "north"), ('e', "east"), ('s', "south"), ('w', "west")]),
];
const CALM: [&str; 3] = ["lang", "lang gio", "calm"];

/// The language that the texts of a column show; none where they show none, or both.
pub(super) fn tongue_of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Tongue> {
    let mut shown = None;
    for text in texts {
        let [vietnamese, english] = meanings(text);
        let own = match (vietnamese, english) {
            (Some(_), None) => Tongue::Vietnamese,
            (None, Some(_)) => Tongue::English,
            _ => continue,
        };
        match shown {
            Some(other) if other != own => return None,
            _ => shown = Some(own),
        }
    }
    shown
}

/// Reads a text under the language of its column; `None` when it is no direction.
#[cold]
pub(super) fn read(text: &str, tongue: Option<Tongue>) -> Option<Wind> {
    if CALM.contains(&model::fold(text).as_str()) {
        return Some(Wind::Calm);
    }
    let degrees = match (meanings(text), tongue) {
        ([Some(one), Some(other)], None) if one.to_bits() != other.to_bits() => return Some(Wind::Ambiguous),
        ([Some(degrees), _], Some(Tongue::Vietnamese) | None)
        | ([_, Some(degrees)], Some(Tongue::English) | None) => degrees,
        _ => return None,
    };
    Some(Wind::From(degrees))
}

/// The degrees of a text in Vietnamese and in English.
fn meanings(text: &str) -> [Option<f64>; 2] {
    // The longest: `north north-east`.
    if text.len() > 40 {
        return [None; 2];
    }
    let folded = model::fold(text);
    QUARTERS.map(|(_, quarters)| degrees(&folded, &quarters))
}

fn degrees(folded: &str, quarters: &[(char, &str); 4]) -> Option<f64> {
    let angle = |at: usize| [0.0, 90.0, 180.0, 270.0][at];
    let by_word: Option<Vec<f64>> = folded
        .split(' ')
        .flat_map(|word| parts(word, quarters))
        .map(|word| quarters.iter().position(|(_, name)| *name == word).map(angle))
        .collect();
    let by_letter = || -> Option<Vec<f64>> {
        let letters = folded.chars().filter(|c| *c != ' ');
        letters.map(|c| quarters.iter().position(|(letter, _)| *letter == c).map(angle)).collect()
    };
    match by_word.or_else(by_letter)?[..] {
        [one] => Some(one),
        [one, two] => between(one, two, 90.0),
        // West of north-west: between the first and the middle of the others.
        [one, two, three] => between(one, between(two, three, 90.0)?, 45.0),
        _ => None,
    }
}

/// The words of `northwest`; another word stays whole.
fn parts<'w>(word: &'w str, quarters: &[(char, &str); 4]) -> Vec<&'w str> {
    let head = quarters.iter().find(|(_, name)| word.len() > name.len() && word.starts_with(name));
    match head {
        Some((_, name)) => vec![&word[..name.len()], &word[name.len()..]],
        None => vec![word],
    }
}

/// The middle of two directions that lie so far apart.
fn between(one: f64, other: f64, apart: f64) -> Option<f64> {
    let turn = (other - one + 540.0).rem_euclid(360.0) - 180.0;
    (turn.abs() == apart).then(|| (one + turn / 2.0).rem_euclid(360.0))
}

#[cfg(test)]
mod tests {
    use super::{Tongue, Wind, read, tongue_of};

    #[test]
    fn sixteen_directions_are_read_in_both_languages() {
        let vietnamese = [
            "B", "BĐB", "ĐB", "ĐĐB", "Đ", "ĐĐN", "ĐN", "NĐN", "N", "NTN", "TN", "TTN", "T", "TTB", "TB",
            "BTB",
        ];
        let english = [
            "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW",
            "NNW",
        ];
        for (at, (own, other)) in vietnamese.iter().zip(english).enumerate() {
            let degrees = Some(Wind::From(22.5 * f64::from(u8::try_from(at).unwrap())));
            assert_eq!(read(own, Some(Tongue::Vietnamese)), degrees, "{own}");
            assert_eq!(read(other, Some(Tongue::English)), degrees, "{other}");
        }
        for (text, wind) in [
            ("Đông Bắc", Wind::From(45.0)),
            ("tây-tây nam", Wind::From(247.5)),
            ("Northwest", Wind::From(315.0)),
            ("Lặng gió", Wind::Calm),
            ("N", Wind::Ambiguous),
        ] {
            assert_eq!(read(text, None), Some(wind), "{text}");
        }
        for text in ["", "BN", "NS", "BB", "gió", "45°", "X", "ĐBT"] {
            assert_eq!(read(text, None), None, "{text}");
        }
        assert_eq!(tongue_of(["N", "ĐN"].into_iter()), Some(Tongue::Vietnamese));
        assert_eq!(tongue_of(["N", "SE"].into_iter()), Some(Tongue::English));
        assert_eq!(tongue_of(["N", "SE", "ĐB"].into_iter()), None);
    }
}
