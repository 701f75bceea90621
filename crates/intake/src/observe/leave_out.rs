//! Rows that are no data of the region: totals, other regions, notes, headers that stand again.

use std::collections::HashMap;

use super::bilingual::halves;
use super::listed::unlisted;
use crate::Error;

/// Places that lie elsewhere, as data with its source.
const PLACES: &str = include_str!("../../../../reference/places_elsewhere.csv");

/// Words of totals when they are all of a text, folded.
const TOTALS: &[&str] = &[
    "tong",
    "tong so",
    "tong cong",
    "cong",
    "cong tong",
    "toan vung",
    "toan tinh",
    "toan quoc",
    "toan thanh pho",
    "trung binh",
    "tb",
    "tbnn",
    "binh quan",
    "trung binh nam",
    "trung binh nhieu nam",
    "lon nhat",
    "nho nhat",
    "max",
    "min",
    "cao nhat",
    "thap nhat",
    "total",
    "sum",
    "subtotal",
    "sub total",
    "grand total",
    "mean",
    "average",
    "std",
    "tong ca nam",
    "ca nam",
    "whole year",
    "tong nam",
    "tong luong nam",
    "highest",
    "lowest",
    "median",
    "trung vi",
];

/// Words that begin a note, folded.
const NOTES: &[&str] = &[
    "nguon",
    "ghi chu",
    "chu thich",
    "source",
    "sources",
    "note",
    "notes",
    "remark",
    "don vi tinh",
    "so lieu",
    // Limits of methods and of regulations, which stand below the samples of a laboratory.
    "lod",
    "loq",
    "mdl",
    "qcvn",
    "tcvn",
    "gioi han phat hien",
    "gioi han cho phep",
];

/// Whether a text is the name of a total or a mean of other rows.
pub(crate) fn is_total(text: &str) -> bool {
    let is_one = |text: &str| {
        TOTALS.contains(&model::fold(text).as_str()) || TOTALS.contains(&model::fold(bare(text)).as_str())
    };
    is_one(text) || halves(text).is_some_and(|(one, other)| is_one(one) && is_one(other))
}

/// A text without its number in a list.
fn bare(text: &str) -> &str {
    unlisted(text, Some(model::PlaceKind::Province))
}

/// Whether a text is a note to a table.
pub(crate) fn is_note(text: &str) -> bool {
    let folded = model::fold(text);
    let begins = |word: &&&str| {
        folded.strip_prefix(**word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let marked = text.trim_start().starts_with(['*', '(']) && text.len() > 20;
    marked || NOTES.iter().find(begins).is_some()
}

/// Why a row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// A total or a mean of other rows.
    Total,
    /// A place that is known to lie elsewhere, or a larger region.
    Elsewhere,
    /// A note.
    Note,
    /// The header, once more.
    Header,
    /// A place that nobody knows, where the mapping says to leave those out.
    Unknown,
    /// The mapping says so.
    Rule,
    /// A `#` stands before it.
    Comment,
}

impl LeftOut {
    /// The code of the finding; a repeated header is not worth one.
    pub(super) fn code(self) -> Option<&'static str> {
        match self {
            LeftOut::Total => Some("left_out_total"),
            LeftOut::Elsewhere => Some("left_out_elsewhere"),
            LeftOut::Note => Some("left_out_note"),
            LeftOut::Unknown => Some("left_out_unknown_place"),
            LeftOut::Rule => Some("left_out_by_rule"),
            LeftOut::Comment => Some("left_out_comment"),
            LeftOut::Header => None,
        }
    }
}

/// Tells rows that are no data of the region.
pub(crate) struct Elsewhere {
    /// Folded names of places elsewhere.
    names: HashMap<String, ()>,
}

impl Elsewhere {
    pub(crate) fn builtin() -> Result<Elsewhere, Error> {
        let mut names = HashMap::new();
        let mut reader = csv::Reader::from_reader(PLACES.as_bytes());
        let failed = |error: csv::Error| Error::internal("reading the list of places elsewhere", error);
        for row in reader.records() {
            let row = row.map_err(failed)?;
            // name_vi, name_en, alt_names
            let spellings = row.iter().take(2).chain(row.get(2).unwrap_or("").split(';'));
            for name in spellings.map(model::fold).filter(|name| !name.is_empty()) {
                names.insert(name, ());
            }
        }
        Ok(Elsewhere { names })
    }

    /// Whether a name is that of a place elsewhere, perhaps in two languages.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.holds_one(text)
            || halves(text).is_some_and(|(one, other)| self.holds_one(one) && self.holds_one(other))
    }

    fn holds_one(&self, text: &str) -> bool {
        self.holds_bare(text) || self.holds_bare(bare(text))
    }

    fn holds_bare(&self, text: &str) -> bool {
        let folded = model::fold(text);
        let bare = ["tinh ", "thanh pho ", "tp "].iter().find_map(|prefix| folded.strip_prefix(prefix));
        let bare = bare
            .or_else(|| [" province", " city", " station"].iter().find_map(|end| folded.strip_suffix(end)));
        self.names.contains_key(&folded) || bare.is_some_and(|bare| self.names.contains_key(bare))
    }

    /// What a text that is no place or no time of the catalogue tells of its row.
    pub(super) fn judge(&self, text: &str, header: &str) -> Option<LeftOut> {
        let folded = model::fold(text);
        if folded.is_empty() {
            return None;
        }
        if folded == model::fold(header) {
            return Some(LeftOut::Header);
        }
        if is_total(text) {
            return Some(LeftOut::Total);
        }
        if self.holds(text) {
            return Some(LeftOut::Elsewhere);
        }
        is_note(text).then_some(LeftOut::Note)
    }
}
