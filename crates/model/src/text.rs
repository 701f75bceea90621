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

#[cfg(test)]
mod tests {
    use super::{Lang, Text, fold};

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
