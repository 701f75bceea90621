//! Human text in the delta's languages, and the folding that search and matching use.

use unicode_normalization::UnicodeNormalization;

/// A language that the system speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// Vietnamese, the first language.
    #[default]
    Vi,
    /// English.
    En,
    /// Khmer.
    Km,
}

impl Lang {
    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Vi => "vi",
            Lang::En => "en",
            Lang::Km => "km",
        }
    }

    /// The language of a BCP 47 tag, by its primary subtag.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "vi" => Some(Lang::Vi),
            "en" => Some(Lang::En),
            "km" => Some(Lang::Km),
            _ => None,
        }
    }
}

/// A text in Vietnamese with its English and Khmer where they exist.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Text {
    /// Vietnamese; for a foreign place without a Vietnamese name, its own name.
    pub vi: String,
    /// English.
    pub en: Option<String>,
    /// Khmer.
    pub km: Option<String>,
}

impl Text {
    /// A text that exists in Vietnamese and English.
    pub fn vi_en(vi: &str, en: &str) -> Self {
        Text { vi: nfc(vi), en: Some(nfc(en)).filter(|t| !t.is_empty()), km: None }
    }

    /// The text in a language, or in the language it falls back to (Vietnamese), and which it is.
    pub fn get(&self, lang: Lang) -> (&str, Lang) {
        let wanted = match lang {
            Lang::Vi => None,
            Lang::En => self.en.as_deref(),
            Lang::Km => self.km.as_deref(),
        };
        match wanted {
            Some(text) if !text.is_empty() => (text, lang),
            _ if self.vi.is_empty() => (self.en.as_deref().unwrap_or(""), Lang::En),
            _ => (&self.vi, Lang::Vi),
        }
    }
}

/// The text in Unicode normalisation form C.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// The text in Unicode normalisation form KC, as passwords are compared (RFC 4013 §2.2).
pub fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// The text as search and name matching see it: lower case, without marks, đ as d, runs of
/// anything that is neither letter nor digit as one blank.
///
/// `Hòa Bình`, `Hoà Bình` and `HOA  BINH` fold to `hoa binh`. Folding collides for different
/// names (Thạnh Hoà, Thanh Hoà), so a folded match alone never identifies a place.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd().flat_map(char::to_lowercase) {
        match c {
            '\u{0300}'..='\u{036f}' | '\u{200b}'..='\u{200d}' => {}
            'đ' => folded.push('d'),
            c if c.is_alphanumeric() => folded.push(c),
            // Khmer vowel signs and diacritics belong to their letter.
            '\u{17b4}'..='\u{17d3}' => folded.push(c),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Text without the marks of its letters, and otherwise as it is: `Độ Mặn` is `Do Man`.
pub fn without_marks(text: &str) -> String {
    let plain = text.nfd().filter(|c| !matches!(c, '\u{0300}'..='\u{036f}'));
    let plain = plain.map(|c| match c {
        'đ' => 'd',
        'Đ' => 'D',
        c => c,
    });
    plain.nfc().collect()
}

/// A name as names are compared: composed, in lower case, with single blanks, and with one way of
/// writing where Vietnamese has several: the tone of `Hoà` stands as in `Hòa`, `Mĩ` is `mỹ`'s key too,
/// any dash is a hyphen without blanks, letters that only look Latin are Latin, and what has no width
/// is not there. Marks stay: `Thạnh Hoà` and `Thanh Hoà` are two names.
pub fn name_key(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfc().flat_map(char::to_lowercase) {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            c => plain.push(latin(c)),
        }
    }
    // Composed again: lower case and replaced letters may leave a letter and its mark apart.
    let plain: String = plain.nfc().collect();
    let mut key = String::with_capacity(plain.len());
    let mut word = Vec::new();
    for c in plain.chars().chain([' ']) {
        if c.is_alphabetic() {
            word.push(c);
            continue;
        }
        syllable(&mut word);
        key.extend(word.drain(..));
        match c {
            c if c.is_whitespace() && (key.is_empty() || key.ends_with([' ', '-'])) => {}
            c if c.is_whitespace() => key.push(' '),
            '-' => {
                key.truncate(key.trim_end().len());
                key.push('-');
            }
            c => key.push(c),
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// Cyrillic and Greek letters that look like Latin ones.
fn latin(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'в' => 'b',
        'с' => 'c',
        'е' => 'e',
        'н' => 'h',
        'і' | 'ι' => 'i',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'т' | 'τ' => 't',
        'у' | 'γ' => 'y',
        'х' | 'χ' => 'x',
        'ѕ' => 's',
        'ј' => 'j',
        c => c,
    }
}

/// The letters as dictionaries of Vietnamese order them; those of other languages stand where they do there.
const ALPHABET: &str = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz";

/// What puts texts in the order of a Vietnamese dictionary when it is compared: letters first (`đ` behind
/// `d`, `ơ` behind `ô`), tones where the letters are the same. The order of bytes is another one.
pub fn collation_key(text: &str) -> Vec<u16> {
    let place = |c: char| ALPHABET.chars().position(|letter| letter == c);
    let (mut letters, mut tones): (Vec<u16>, Vec<u16>) = (Vec::new(), Vec::new());
    let mut base = None;
    for c in text.nfd().flat_map(char::to_lowercase) {
        let tone = ['\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}'].iter().position(|mark| *mark == c);
        // Breve, circumflex and horn make other letters.
        let letter = match (base, c) {
            (Some(base), '\u{306}' | '\u{302}' | '\u{31b}') => [base, c].into_iter().nfc().next(),
            _ => None,
        };
        let last = letters.len().saturating_sub(1);
        if let (Some(tone), Some(own)) = (tone, tones.last_mut()) {
            *own = u16::try_from(tone + 1).unwrap_or_default();
        } else if let Some(at) = letter.and_then(place) {
            letters[last] = order(at);
        } else if !matches!(c, '\u{300}'..='\u{36f}') {
            base = Some(c);
            tones.push(0);
            letters.push(match (place(c), c.to_digit(10)) {
                (Some(at), _) => order(at),
                (None, Some(digit)) => 2 + u16::try_from(digit).unwrap_or_default(),
                (None, None) if c.is_alphanumeric() => {
                    u16::try_from(u32::from(c)).unwrap_or(u16::MAX).max(100)
                }
                (None, None) => 1,
            });
        }
    }
    letters.push(0);
    letters.extend(tones);
    letters
}

/// The number of a letter: behind the digits.
fn order(at: usize) -> u16 {
    20 + u16::try_from(at).unwrap_or_default()
}

/// Letters with one tone, and the same letters without: `òa` for `oà`.
const TONES: [(char, &str); 6] =
    [('a', "aàáảãạ"), ('e', "eèéẻẽẹ"), ('y', "yỳýỷỹỵ"), ('o', "oòóỏõọ"), ('u', "uùúủũụ"), ('i', "iìíỉĩị")];

/// The letter and the number of its tone; no letter of the table has two marks.
fn toned(c: char) -> Option<(char, usize)> {
    TONES.iter().find_map(|(base, all)| Some((*base, all.chars().position(|other| other == c)?)))
}

fn with_tone(base: char, tone: usize) -> char {
    let all = TONES.iter().find(|(other, _)| *other == base).map(|(_, all)| *all);
    all.and_then(|all| all.chars().nth(tone)).unwrap_or(base)
}

/// Writes the end of a syllable the one way: the tone on the first of `oa`, `oe`, `uy` (not after q),
/// and `y` as `i` where it is the only vowel.
fn syllable(word: &mut [char]) {
    let [rest @ .., last] = word else { return };
    let Some((base, tone)) = toned(*last) else { return };
    let Some((before, consonants)) = rest.split_last_mut() else { return };
    match (toned(*before), base) {
        (Some(('o', 0)), 'a' | 'e') | (Some(('u', 0)), 'y')
            if tone > 0 && consonants.last() != Some(&'q') =>
        {
            *before = with_tone(if base == 'y' { 'u' } else { 'o' }, tone);
            *last = base;
        }
        (None, 'y') if "bcdđghklmnprstvx".contains(*before) => {
            *last = with_tone('i', tone);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Lang, Text, collation_key, fold, name_key};

    #[test]
    fn a_name_has_one_key_however_it_is_written() {
        for (one, other) in [
            ("Hòa Bình", "Hoà  Bình"),
            ("Thủy", "Thuỷ"),
            ("Hóa", "HOÁ"),
            ("Mỹ Tho", "Mĩ Tho"),
            ("Bà Rịa - Vũng Tàu", "Bà Rịa–Vũng Tàu"),
            ("Cần Thơ", "Cần\u{a0}Th\u{200b}ơ"),
            ("An Giang", "Аn Giаng"),
            ("Cà Mau", "Ca\u{300} Mau"),
            ("Khoẻ", "Khỏe"),
        ] {
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        for (one, other) in
            [("Thạnh Hoà", "Thanh Hoà"), ("Quý", "Quí"), ("Tân An", "Tân Ân"), ("Hoàn", "Hòan"), ("Đa", "Da")]
        {
            assert_ne!(name_key(one), name_key(other), "{one} {other}");
        }
    }

    #[test]
    fn names_stand_in_the_order_of_a_vietnamese_dictionary() {
        let sorted = [
            "An Biên",
            "An Giang",
            "Ăn",
            "Ấp 2",
            "Ba Tri",
            "Cà Mau",
            "Cái Bè",
            "Cần Thơ",
            "Châu Đốc",
            "Da",
            "Dĩ An",
            "Đa",
            "Đất Mũi",
            "Đồng Tháp",
            "Ma",
            "Mà",
            "Mả",
            "Mã",
            "Má",
            "Mạ",
            "Mai",
            "Ô Môn",
            "Ơ",
            "Phường 2",
            "Phường An",
            "Thới Lai",
            "Trà Vinh",
            "Ứng",
            "Vĩnh Long",
        ];
        let mut names: Vec<&str> = sorted.iter().rev().copied().collect();
        names.sort_by_key(|name| collation_key(name));
        assert_eq!(names, sorted);
        assert!("Đồng Tháp" > "Vĩnh Long", "by bytes they stand otherwise");
        // However it is composed.
        assert_eq!(collation_key("Cần Thơ"), collation_key("Ca\u{302}\u{300}n Tho\u{31b}"));
        assert_eq!(collation_key("ậ"), collation_key("a\u{323}\u{302}"));
    }

    #[test]
    fn folding_drops_marks_and_keeps_letters() {
        for (text, folded) in [
            ("Hòa Bình", "hoa binh"),
            ("Hoà  Bình", "hoa binh"),
            ("Độ mặn (g/l)", "do man g l"),
            ("ĐỒNG THÁP", "dong thap"),
            ("  Cần-Thơ ", "can tho"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn a_missing_translation_falls_back_and_says_so() {
        let text = Text { vi: "Độ mặn".into(), en: None, km: None };
        assert_eq!(text.get(Lang::Km), ("Độ mặn", Lang::Vi));
    }
}
