//! Columns that say how good the values of another column are: `QC_Cần Thơ` beside `Cần Thơ`, `pH flag` beside `pH`.

use wording::{Told, told};

use super::observations::Guess;
use super::words::header_words;

/// Words of such headers before or behind what they are of, folded.
const FLAGS: [&str; 18] = [
    "quality code",
    "quality flag",
    "qc flag",
    "qc code",
    "data flag",
    "chat luong",
    "qualifier",
    "approval",
    "quality",
    "grade",
    "flags",
    "flag",
    "status",
    "qual",
    "qc",
    "qa",
    "qf",
    "co",
];
/// Texts of good values, folded.
const GOOD: [&str; 9] = ["1", "ok", "good", "pass", "passed", "valid", "tot", "dat", "a"];

/// What a header of flags says beside that, folded.
fn flagged(header: &str) -> Option<&str> {
    FLAGS.iter().find_map(|flag| {
        let behind = header.strip_prefix(flag).and_then(|rest| rest.strip_prefix(' '));
        behind.or_else(|| header.strip_suffix(flag).and_then(|rest| rest.strip_suffix(' ')))
    })
}

impl Guess<'_> {
    /// Asks about such columns where the headers of values are places: there, nobody asks what else they are.
    pub(super) fn flags_of_columns(&self) -> Option<Told> {
        if self.mapping.values.iter().all(|value| value.columns.is_none()) {
            return None;
        }
        let words = |name: &str| header_words(&name.replace('_', " "));
        let columns: Vec<(String, String, String)> = self
            .sample
            .columns
            .iter()
            .map(|column| (words(&column.name), words(&column.base), column.name.clone()))
            .collect();
        self.sample.columns.iter().find_map(|column| {
            let header = words(&column.base);
            let of = flagged(&header)?.trim();
            let (.., of) = columns.iter().find(|(name, base, _)| name == of || base == of)?;
            let text = column.texts.iter().map(|(text, _)| text.trim()).find(|text| {
                let folded = model::fold(text);
                !GOOD.contains(&folded.as_str())
            })?;
            Some(told!(
                "guess-column-of-flags",
                "`{column}` says `{text}` of some values of `{of}`, and nothing reads it: does it mean that they are bad? Take them out, or hand each place in with its flags (`[quality]`); else name the column under `except`",
                column = column.name,
                text = text,
                of = of
            ))
        })
    }
}
