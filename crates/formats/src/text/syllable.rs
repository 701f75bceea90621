//! Whether a word is a Vietnamese syllable as it is written: onset, rime, at most one tone.
//!
//! The inventory is closed and small, which is why it tells encodings apart: of the words that a
//! wrong table makes, few are syllables.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::char::decompose_canonical;

/// Onsets, the longest first.
const ONSETS: [&str; 27] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g", "h", "k",
    "l", "m", "n", "r", "s", "t", "v", "x", "p",
];

/// Rimes without their tone.
const RIMES: &str = "\
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây \
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu êng êc \
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu y yêm yên yêt yêu yêng ych \
o oc oi om on ong op ot ooc oong oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng \
oăt oe oem oen oeo oet ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt \
u ua uc ui um un ung up ut uâ uân uâng uât uây uê uêch uênh uên uơ uơn uôc uôi uôm uôn uông uôt \
uy uya uych uyn uynh uyt uyu uyên uyêt uyp ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu";

static RIME_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| RIMES.split_whitespace().collect());

/// Whether a word is a syllable, in small letters, in capitals, or with a capital first. Where
/// `capitals_lost`, toned letters may be small among capitals, as TCVN3 writes them.
pub(super) fn is_syllable(word: &str, capitals_lost: bool) -> bool {
    if word.len() > 24 || !(has_shape(word) || (capitals_lost && loses_capitals(word))) {
        return false;
    }
    let (mut plain, mut tone) = (String::with_capacity(word.len()), None);
    for c in word.chars().flat_map(char::to_lowercase) {
        let Some((letter, own)) = letter(c) else { return false };
        if own.is_some() && tone.is_some() {
            return false;
        }
        tone = tone.or(own);
        plain.push(letter);
    }
    let fits = ONSETS.iter().any(|onset| plain.strip_prefix(onset).is_some_and(|rime| goes(onset, rime)));
    if !fits && !goes("", &plain) {
        return false;
    }
    // Behind a stop only two tones are spoken: sắc and nặng.
    let stops = ["c", "ch", "p", "t"].iter().any(|stop| plain.ends_with(stop));
    !stops || tone.is_none_or(|tone| matches!(tone, '\u{301}' | '\u{323}'))
}

/// Whether a word of capitals has toned letters that stayed small: `BếN`.
pub(super) fn loses_capitals(word: &str) -> bool {
    let capitals = word.chars().filter(char::is_ascii_uppercase).count();
    let behind = word.chars().skip(1).any(|c| c.is_ascii_uppercase());
    let has_small = word.chars().any(|c| c.is_ascii_lowercase());
    let small_toned = word.chars().any(|c| !c.is_ascii() && c.is_lowercase());
    small_toned && !has_small && (capitals >= 2 || behind)
}

fn has_shape(word: &str) -> bool {
    let mut letters = word.chars();
    let first = letters.next().is_some_and(char::is_uppercase);
    let (mut small, mut capital) = (false, false);
    for c in letters {
        (small, capital) = (small || c.is_lowercase(), capital || c.is_uppercase());
    }
    !capital || (first && !small)
}

fn goes(onset: &str, rime: &str) -> bool {
    let is_front = rime.starts_with(['e', 'ê', 'i', 'y']);
    let is_round = rime.starts_with(['u', 'ư', 'o']);
    let agrees = match onset {
        "ngh" | "gh" => rime.starts_with(['e', 'ê', 'i']),
        "k" => is_front,
        "c" => !is_front,
        "ng" => !rime.starts_with(['e', 'ê', 'i']),
        "g" => !rime.starts_with(['e', 'ê', 'y']),
        // `Quỳnh` has the rime of `huỳnh`.
        "qu" if RIME_SET.contains(format!("u{rime}").as_str()) => return !is_round,
        "qu" => !is_round,
        "gi" => !rime.starts_with(['i', 'y']),
        _ => true,
    };
    agrees && RIME_SET.contains(rime)
}

/// A small letter without its tone, and the tone.
fn letter(c: char) -> Option<(char, Option<char>)> {
    if c.is_ascii_lowercase() || c == 'đ' {
        return Some((c, None));
    }
    let (mut base, mut shape, mut tone, mut wrong) = (None, None, None, false);
    decompose_canonical(c, |part| match part {
        'a' | 'e' | 'i' | 'o' | 'u' | 'y' if base.is_none() => base = Some(part),
        '\u{302}' | '\u{306}' | '\u{31b}' if shape.is_none() => shape = Some(part),
        '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' if tone.is_none() => tone = Some(part),
        _ => wrong = true,
    });
    let letter = match (base?, shape) {
        (base, None) => base,
        ('a', Some('\u{302}')) => 'â',
        ('a', Some('\u{306}')) => 'ă',
        ('e', Some('\u{302}')) => 'ê',
        ('o', Some('\u{302}')) => 'ô',
        ('o', Some('\u{31b}')) => 'ơ',
        ('u', Some('\u{31b}')) => 'ư',
        _ => return None,
    };
    (!wrong).then_some((letter, tone))
}

#[cfg(test)]
mod tests {
    use super::{is_syllable, loses_capitals};

    #[test]
    fn syllables_are_told_from_what_wrong_tables_make() {
        for word in [
            "Đồng",
            "Tháp",
            "nghiêng",
            "quý",
            "Quỳnh",
            "giếng",
            "gì",
            "Trường",
            "ƯỚC",
            "hoà",
            "hòa",
            "thuỷ",
            "Mỹ",
            "khuỷu",
            "ngoéo",
            "quốc",
            "yến",
            "ý",
            "ủy",
            "Kiên",
            "xã",
            "quyết",
            "Huyện",
            "ghế",
        ] {
            assert!(is_syllable(word, false), "{word}");
        }
        for word in [
            "Bỡnh", "ằ", "ce", "ka", "mỠ", "đốI", "B\u{301}", "Môte", "ïa", "cỏt", "Kiờn", "ấấ", "", "đ",
            "ngê", "quơu", "áà",
        ] {
            assert!(!is_syllable(word, false), "{word}");
        }
    }

    #[test]
    fn lost_capitals_are_seen_where_they_show() {
        for (word, lost) in
            [("BếN", true), ("Hà", false), ("đốI", true), ("hà", false), ("BẾN", false), ("CHâU", true)]
        {
            assert_eq!(loses_capitals(word), lost, "{word}");
            assert!(!lost || is_syllable(word, true), "{word}");
        }
    }
}
