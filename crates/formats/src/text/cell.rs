//! A cell under the encoding of its column, word by word where it mixes that with Unicode.

use super::bytes::{carried, original};
use super::charset::{Charset, Decoded};
use super::syllable::loses_capitals;
use super::word::{bytes_of, has_bytes, is_plausible, is_telling, is_vietnamese, sense, words};

/// The encoding of a column, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) charset: Charset,
    /// Whether the column holds bytes that are no UTF-8.
    pub(super) raw: bool,
    /// Whether a person has said so: then every word is under it.
    pub(super) given: bool,
    /// Whether words that make sense both ways are under it, where the cell does not tell.
    pub(super) by_default: bool,
}

/// A cell as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Converted {
    pub(super) text: String,
    /// Whether words of it were left as they are beside words that were not.
    pub(super) is_mixed: bool,
    pub(super) capitals_lost: bool,
    pub(super) outside: Option<u8>,
    pub(super) lost: Option<u8>,
}

/// What a word of a cell is.
enum Side {
    /// Nothing to decide.
    Gap,
    /// Unicode as it stands.
    Now,
    /// Of the old encoding.
    Old(Decoded),
    /// It may be either: as its neighbours are.
    Either(Decoded),
}

/// The cell under the encoding.
pub(super) fn convert(cell: &str, way: Way) -> Converted {
    let parts: Vec<&str> = words(cell).collect();
    let sides: Vec<Side> = parts.iter().map(|word| side(word, way)).collect();
    let is_old: Vec<Option<bool>> = sides
        .iter()
        .map(|side| match side {
            Side::Old(_) => Some(true),
            Side::Now => Some(false),
            Side::Gap | Side::Either(_) => None,
        })
        .collect();
    let mut converted = Converted::default();
    let (mut old, mut now) = (false, false);
    for (at, (word, side)) in parts.iter().zip(sides).enumerate() {
        let decoded = match side {
            Side::Gap => None,
            Side::Now => {
                now = true;
                None
            }
            Side::Old(decoded) => Some(decoded),
            Side::Either(decoded) => nearest(&is_old, at).unwrap_or(way.by_default).then_some(decoded),
        };
        let Some(decoded) = decoded else {
            converted.text.push_str(word);
            continue;
        };
        old = true;
        converted.text.push_str(&decoded.text);
        converted.outside = converted.outside.or(decoded.outside);
        converted.lost = converted.lost.or(decoded.lost);
        converted.capitals_lost |= way.charset == Charset::Tcvn3 && loses_capitals(&decoded.text);
    }
    if way.charset == Charset::Tcvn3Capitals {
        // The font shows every letter of the cell so.
        converted.text = converted.text.to_uppercase();
    }
    converted.is_mixed = old && now;
    converted
}

/// What the nearest word that is decided is; of two as near, the one before.
fn nearest(is_old: &[Option<bool>], at: usize) -> Option<bool> {
    (1..is_old.len()).find_map(|away| {
        let before = at.checked_sub(away).and_then(|before| is_old[before]);
        before.or_else(|| is_old.get(at + away).copied().flatten())
    })
}

fn side(word: &str, way: Way) -> Side {
    let Way { charset, raw, given, .. } = way;
    if !is_telling(word) {
        return Side::Gap;
    }
    if has_bytes(word) {
        return Side::Old(with_bytes(word, charset));
    }
    if given {
        let bytes = if charset == Charset::Utf8 { None } else { bytes_of(word, raw) };
        return bytes.map_or(Side::Now, |bytes| Side::Old(charset.decode(&bytes)));
    }
    let as_is = is_vietnamese(word, false);
    match sense(word, charset, raw) {
        Some(decoded) if !as_is => Side::Old(decoded),
        Some(decoded) if !raw => Side::Either(decoded),
        None if !as_is && raw && !is_plausible(word) => Side::Old(charset.decode(&original(word))),
        None if !as_is && !raw => match bytes_of(word, false).map(|bytes| charset.decode(&bytes)) {
            Some(decoded) if decoded.lost.is_none() => Side::Either(decoded),
            _ => Side::Now,
        },
        _ => Side::Now,
    }
}

/// A word with bytes that are no UTF-8. Where letters of Unicode stand beside them, these are kept
/// unless the whole makes sense without them.
fn with_bytes(word: &str, charset: Charset) -> Decoded {
    let whole = charset.decode(&original(word));
    let is_other = |c: char| !c.is_ascii() && carried(c).is_none();
    if charset == Charset::Utf8 || !word.contains(is_other) || is_vietnamese(&whole.text, false) {
        return whole;
    }
    let mut kept = Decoded::default();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let other = is_other(first);
        let end = rest.find(|c| is_other(c) != other).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if other {
            kept.text.push_str(run);
            continue;
        }
        let decoded = charset.decode(&original(run));
        kept.text.push_str(&decoded.text);
        kept.outside = kept.outside.or(decoded.outside);
        kept.lost = kept.lost.or(decoded.lost);
    }
    kept.text = model::nfc(&kept.text);
    kept
}

#[cfg(test)]
mod tests {
    use super::super::charset::Charset;
    use super::{Way, convert};

    fn way(charset: Charset) -> Way {
        Way { charset, raw: false, given: false, by_default: true }
    }

    #[test]
    fn a_cell_of_two_encodings_is_read_word_by_word() {
        for (cell, text, is_mixed) in [
            ("Tr¹m: Rạch Giá (Kiên Giang)", "Trạm: Rạch Giá (Kiên Giang)", true),
            ("Tr¹m: Cà Mau (Cà Mau)", "Trạm: Cà Mau (Cà Mau)", true),
            ("Tr¹m: Mỹ Tho (Tiền Giang) ", "Trạm: Mỹ Tho (Tiền Giang) ", true),
            ("YÕu tè: NhiÖt ®é trung b×nh (OC)", "Yếu tố: Nhiệt độ trung bình (OC)", false),
            ("YÕu tè: L\u{ad}îng m\u{ad}a th¸ng (mm)", "Yếu tố: Lượng mưa tháng (mm)", false),
            ("VÜ ®é:          10O02'", "Vĩ độ:          10O02'", false),
            ("Q§-BTC ngµy", "QĐ-BTC ngày", false),
        ] {
            let converted = convert(cell, way(Charset::Tcvn3));
            assert_eq!((converted.text.as_str(), converted.is_mixed), (text, is_mixed));
        }
    }

    #[test]
    fn lost_capitals_are_told() {
        assert!(convert("BÕN TRE", way(Charset::Tcvn3)).capitals_lost);
        assert!(!convert("BÕn Tre", way(Charset::Tcvn3)).capitals_lost);
        let given = Way { given: true, ..way(Charset::Tcvn3Capitals) };
        assert_eq!(convert("dù to¸n thu", given).text, "DỰ TOÁN THU");
    }
}
