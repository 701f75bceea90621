//! Names of months.

/// The number of a month by its English name or the beginning of it.
pub(super) fn english_month(word: &str) -> Option<i64> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = NAMES.iter().position(|name| word.len() >= 3 && (name.starts_with(word) || word == "sept"))?;
    let at = if word == "sept" { 8 } else { at };
    i64::try_from(at + 1).ok()
}
