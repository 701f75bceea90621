//! Names of months.

/// The words with the names of months as numbers: `01 Tháng Ba 2024`, as spreadsheets show long dates. May is
/// none of them: `tháng năm 2024` may be a form in which nobody wrote the number.
pub(super) fn with_months_as_numbers<'w>(words: &[&'w str]) -> Vec<&'w str> {
    const NAMES: [(&[&str], &str); 11] = [
        (&["muoi", "mot"], "11"),
        (&["muoi", "hai"], "12"),
        (&["mot"], "1"),
        (&["hai"], "2"),
        (&["ba"], "3"),
        (&["tu"], "4"),
        (&["sau"], "6"),
        (&["bay"], "7"),
        (&["tam"], "8"),
        (&["chin"], "9"),
        (&["muoi"], "10"),
    ];
    let Some(at) = words.iter().position(|word| *word == "thang") else { return words.to_vec() };
    let (before, behind) = words.split_at(at + 1);
    let named = NAMES.iter().find(|(name, _)| behind.starts_with(name));
    let Some((name, number)) = named.filter(|(name, _)| behind.len() > name.len()) else {
        return words.to_vec();
    };
    [before, &[number], &behind[name.len()..]].concat()
}

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
