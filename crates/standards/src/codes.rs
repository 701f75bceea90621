//! Codes of other vocabularies for our own: themes, access classes, licences, languages and formats.
//!
//! The table is `reference/catalogue_codes.csv`, each row with its source.

use std::sync::LazyLock;

const TABLE: &str = include_str!("../../../reference/catalogue_codes.csv");

static ROWS: LazyLock<Vec<[&'static str; 3]>> = LazyLock::new(|| {
    let cells = TABLE.lines().skip(1).map(|line| line.splitn(4, ','));
    cells.filter_map(|mut cells| Some([cells.next()?, cells.next()?, cells.next()?])).collect()
});

/// What our code is called in another vocabulary.
pub fn code(vocabulary: &str, ours: &str) -> Option<&'static str> {
    ROWS.iter().find(|row| row[0] == vocabulary && row[1] == ours).map(|row| row[2])
}

/// Every code of ours in a vocabulary, with what it is called there.
pub fn all(vocabulary: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    ROWS.iter().filter(move |row| row[0] == vocabulary).map(|row| (row[1], row[2]))
}

/// The address of a licence, when it is one that is known or an address itself.
pub fn licence(licence: &str) -> Option<String> {
    match code("licence", licence) {
        Some(address) => Some(address.to_owned()),
        None => licence.starts_with("https://").then(|| licence.to_owned()),
    }
}
