//! How a raster is called within its dataset: by the name of its file, as an id.

use sha2::{Digest, Sha256};

/// The file's name without its extension, as an id.
pub(super) fn item_name(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let name = model::fold(&with_signs_in_words(stem)).replace(' ', "_");
    if name.is_empty() {
        return "raster".into();
    }
    if name.chars().count() <= MAX_NAME {
        return name;
    }
    // The end of a long name tells it from others that begin alike.
    let mark: String =
        Sha256::digest(name.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{}_{mark}", name.chars().take(MAX_NAME - 1 - mark.len()).collect::<String>())
}

/// A name whose signs are words: `+1m` and `-1m` are two levels, and an id has neither mark.
fn with_signs_in_words(stem: &str) -> String {
    let mut name = String::new();
    let mut letters = stem.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let is_sign =
            !before.is_alphanumeric() && before != ')' && letters.peek().is_some_and(char::is_ascii_digit);
        match letter {
            '+' if is_sign => name.push_str("plus "),
            '-' if is_sign => name.push_str("minus "),
            _ => name.push(letter),
        }
        before = letter;
    }
    name
}

/// Letters of an id that is made of a name.
const MAX_NAME: usize = 100;

#[cfg(test)]
mod tests {
    use super::item_name;

    #[test]
    fn signs_before_numbers_tell_names_apart() {
        for (name, expected) in [
            ("do_man_+1m.tif", "do_man_plus_1m"),
            ("do_man_-1m.tif", "do_man_minus_1m"),
            ("man_2020-03-01.tif", "man_2020_03_01"),
            ("C-48-43-D.tif", "c_48_43_d"),
        ] {
            assert_eq!(item_name(name), expected, "{name}");
        }
    }
}
