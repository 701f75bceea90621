//! Units with words around them: how many of a unit (`nghìn m3/s`), and in which time (`triệu m3/ngày`).

use std::sync::LazyLock;

/// A word of `reference/unit_words.csv`, in which nothing is quoted.
struct Word {
    text: &'static str,
    is_multiple: bool,
    ucum: &'static str,
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let rows = include_str!("../../../reference/unit_words.csv").lines().skip(1);
    rows.filter_map(|row| {
        let mut cells = row.split(',');
        let (text, kind, ucum) = (cells.next()?, cells.next()?, cells.next()?);
        Some(Word { text, is_multiple: kind == "multiple", ucum })
    })
    .collect()
});

/// The UCUM expression of a unit with such words, where what is left is `code` of something.
///
/// `text` has single blanks and is composed; `code` is the UCUM code of a spelling, or the text itself.
pub(super) fn without_words(text: &str, code: impl Fn(&str) -> String) -> Option<String> {
    let lower = text.to_lowercase();
    let multiple = WORDS.iter().filter(|word| word.is_multiple).find_map(|word| {
        let rest = lower.strip_prefix(word.text)?.strip_prefix(' ')?;
        // What is left keeps its capitals: `mS` is no `MS`.
        Some((word.ucum, text.get(text.len() - rest.len()..)?))
    });
    let (multiple, rest) = multiple.map_or((None, text), |(ucum, rest)| (Some(ucum), rest));
    let per = rest.rsplit_once('/').and_then(|(of, time)| {
        let time = time.trim().to_lowercase();
        let word = WORDS.iter().find(|word| !word.is_multiple && word.text == time)?;
        Some(format!("{}/{}", code(of.trim()), word.ucum))
    });
    match (multiple, per) {
        (None, None) => None,
        (None, per) => per,
        (Some(multiple), per) => Some(format!("{multiple}.{}", per.unwrap_or_else(|| code(rest.trim())))),
    }
}
