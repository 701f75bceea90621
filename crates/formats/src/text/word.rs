//! The words of a cell, and what a word is under an encoding.

use super::bytes::{carried, original};
use super::charset::{Charset, Decoded, western_byte};
use super::syllable::is_syllable;

/// Control codes that are letters in VISCII.
const VISCII_CONTROLS: [char; 6] = ['\u{2}', '\u{5}', '\u{6}', '\u{14}', '\u{19}', '\u{1e}'];

/// Marks that old fonts share with Windows, and that stand beside words.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{203a}' | '«' | '»' | '\u{a0}')
}

/// Whether a character parts words. Only ASCII does: any other may be a letter in an old encoding,
/// the soft hyphen and the blank that does not break too.
fn parts(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphabetic() && !VISCII_CONTROLS.contains(&c)
}

/// A cell cut into words and what stands between them, in order.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_gap = parts(first);
        let end = rest.find(|c| parts(c) != is_gap).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// Whether a word says anything about its encoding.
pub(super) fn is_telling(word: &str) -> bool {
    word.chars().any(|c| !c.is_ascii() || VISCII_CONTROLS.contains(&c))
}

/// Whether a word carries bytes that are no UTF-8.
pub(super) fn has_bytes(word: &str) -> bool {
    super::has_carriers(word)
}

/// Whether all of it is syllables; marks beside and between them do not count.
pub(super) fn is_vietnamese(word: &str, capitals_lost: bool) -> bool {
    let mut telling = word.split(is_mark).filter(|part| !part.is_ascii()).peekable();
    telling.peek().is_some() && telling.all(|part| is_syllable(part, capitals_lost))
}

/// The bytes that a word may have been before a Western program read it; in a column of raw bytes,
/// those that stand in the file.
pub(super) fn bytes_of(word: &str, raw: bool) -> Option<Vec<u8>> {
    if raw || has_bytes(word) {
        return Some(original(word));
    }
    word.chars().map(western_byte).collect()
}

/// A word under an encoding, if it makes sense there.
pub(super) fn sense(word: &str, charset: Charset, raw: bool) -> Option<Decoded> {
    let bytes = bytes_of(word, raw)?;
    let decoded = charset.decode(&bytes);
    if decoded.lost.is_some() {
        return None;
    }
    let makes_sense = match charset {
        // Text in UTF-8 that is not plain ASCII does not come about by chance.
        Charset::Utf8 => !raw && decoded.text != word && is_plausible(&decoded.text),
        _ => decoded.outside.is_none() && is_vietnamese(&decoded.text, charset == Charset::Tcvn3),
    };
    makes_sense.then_some(decoded)
}

/// Whether all letters are of scripts and signs that are met here. What bytes of VISCII make of
/// themselves as UTF-8 are letters of other scripts (`ươ` is U+07FD).
pub(super) fn is_plausible(text: &str) -> bool {
    text.chars().all(|c| {
        matches!(u32::from(c),
            0x20..=0x7E | 0xA0..=0x24F | 0x2B0..=0x36F | 0x370..=0x3FF | 0x0E00..=0x0EFF | 0x1780..=0x17FF
            | 0x19E0..=0x19FF | 0x1E00..=0x1EFF | 0x2010..=0x22FF | 0x2460..=0x25FF | 0x3000..=0x9FFF)
    })
}

/// Whether a word is evidence by itself: more than a letter, and more than an ordinary sign beside
/// a few letters, as units have it.
pub(super) fn is_evidence(word: &str) -> bool {
    word.chars().nth(1).is_some() && !is_ordinary_sign(word)
}

fn is_ordinary_sign(word: &str) -> bool {
    let mut letters = 0;
    for c in word.chars() {
        if matches!(
            c,
            '·' | '°' | 'µ' | '²' | '³' | '¹' | '±' | '×' | '‰' | '½' | '¼' | '¾' | '™' | '®' | '©'
        ) {
            continue;
        }
        if !c.is_ascii() || carried(c).is_some() {
            return false;
        }
        letters += 1;
    }
    letters <= 3
}

#[cfg(test)]
mod tests {
    use super::{Charset, is_vietnamese, sense, words};

    #[test]
    fn words_and_gaps_are_the_whole_cell() {
        let text = "Tr¹m: Rạch Giá (L\u{ad}îng m\u{ad}a)";
        let cut: Vec<&str> = words(text).collect();
        assert_eq!(cut.concat(), text);
        assert_eq!(&cut[..4], ["Tr¹m", ": ", "Rạch", " "]);
        assert!(cut.contains(&"L\u{ad}îng"));
    }

    #[test]
    fn a_word_makes_sense_under_its_own_encoding() {
        for (word, charset, text) in [
            ("Tr¹m", Charset::Tcvn3, "Trạm"),
            ("L\u{ad}îng", Charset::Tcvn3, "Lượng"),
            ("naêm", Charset::Vni, "năm"),
            ("Ä\u{90}á»“ng", Charset::Utf8, "Đồng"),
            ("Â°C", Charset::Utf8, "°C"),
        ] {
            assert_eq!(sense(word, charset, false).map(|d| d.text).as_deref(), Some(text), "{word}");
        }
        for (word, charset) in [
            ("Mỹ", Charset::Tcvn3),
            ("Müller", Charset::Tcvn3),
            ("Müller", Charset::Vni),
            ("Kiên", Charset::Tcvn3),
            ("café", Charset::Utf8),
            ("m²", Charset::Tcvn3),
        ] {
            assert_eq!(sense(word, charset, false), None, "{word}");
        }
        assert!(is_vietnamese("“Bến–Tre”", false));
    }
}
