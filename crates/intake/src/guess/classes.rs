//! What would make a value another if it were passed over in silence: columns that say of which part of a property
//! it is, or that it is bad; a sheet's name that contradicts its title.

use model::fold;
use wording::{Told, told};

use super::beside::said_beside;
use super::headers::is_number;
use super::observations::Guess;
use super::sample::{Column, brackets};
use super::shaped::Shaped;
use super::words::has_words;
use crate::mapping::{Mapping, TextOrColumn};
use crate::observe::{Taken, is_bad_state};

/// Headers of columns that divide what a property counts, folded.
const CLASSES: [&str; 18] = [
    "khu vuc",
    "gioi tinh",
    "gioi",
    "loai",
    "loai hinh",
    "nhom",
    "hinh thuc",
    "doi tuong",
    "tang",
    "tang nuoc",
    "vi tri tang",
    "type",
    "category",
    "sex",
    "gender",
    "area type",
    "layer",
    "residence",
];
/// What such columns say of a part, with its marks.
const PARTS: [&str; 18] = [
    "nam",
    "nữ",
    "thành thị",
    "nông thôn",
    "nuôi trồng",
    "khai thác",
    "mặt",
    "giữa",
    "đáy",
    "tầng mặt",
    "tầng giữa",
    "tầng đáy",
    "male",
    "female",
    "urban",
    "rural",
    "surface",
    "bottom",
];
/// Headers of columns that say how good a value is, folded.
const STATES: [&str; 8] = ["trang thai", "tinh trang", "chat luong", "co", "flag", "status", "quality", "qc"];

impl Guess<'_> {
    /// Asks about columns that nothing reads and that say of a row what its value does not.
    pub(super) fn ask_of_classes(&mut self) {
        let read = self.mapping.columns();
        let unread = self
            .free()
            .map(|(_, column)| column)
            .filter(|column| !column.is_numeric() && !read.contains(&column.reference.as_str()));
        let said = |column: &Column| {
            let texts: Vec<&str> = column.texts.iter().map(|(text, _)| text.as_str()).collect();
            says_more(&column.name, &column.base, &texts)
        };
        let asked: Vec<Told> = unread.filter_map(said).collect();
        for reason in asked {
            self.because("value", 0.5, reason);
        }
        let contradiction = self.evidence.contradiction().filter(|_| is_by_sheet(&self.mapping));
        if let Some((path, reason)) = contradiction {
            self.because(path, 0.5, reason);
        }
    }
}

impl Shaped<'_> {
    /// The same of a table whose headers are times.
    pub(super) fn ask_of_classes(&mut self) {
        let read = self.mapping.columns();
        let unread = self.others().into_iter().filter(|(column, name)| {
            !read.contains(&name.as_str()) && !read.contains(&self.reference(*column, name).as_str())
        });
        let taken = Taken::of(&self.mapping, self.gazetteer);
        let said = |column: usize, name: &str| {
            let texts = self.texts(column);
            let is_read = Some(column) == self.statistic || texts.iter().all(|text| is_number(text));
            let beside = || said_beside(name, &brackets(name).0, &texts, &taken).filter(|_| !is_read);
            says_more(name, name, &texts).or_else(beside)
        };
        let asked: Vec<Told> = unread.filter_map(|(column, name)| said(column, &name)).collect();
        for reason in asked {
            self.decide("value", 0.5, reason);
        }
        let contradiction = self.evidence.contradiction().filter(|_| is_by_sheet(&self.mapping));
        if let Some((path, reason)) = contradiction {
            self.decide(path, 0.5, reason);
        }
    }
}

/// Whether the sheet's name says a part of the time.
fn is_by_sheet(mapping: &Mapping) -> bool {
    let mut facts = mapping.time.iter().flat_map(|time| [&time.year, &time.month]).flatten();
    facts.any(|fact| matches!(fact, TextOrColumn::Column { column, .. } if column == "@sheet"))
}

/// What a column says of its rows that their values do not.
fn says_more(name: &str, base: &str, texts: &[&str]) -> Option<Told> {
    let header = fold(base);
    let lower = |text: &str| model::nfc(text.trim()).to_lowercase();
    let is_part = |text: &&&str| PARTS.contains(&lower(text).as_str());
    let is_state =
        STATES.iter().any(|words| header == *words || words.len() > 4 && has_words(&header, words));
    if let Some(text) = texts.iter().find(is_part).filter(|_| CLASSES.contains(&header.as_str())) {
        return Some(told!(
            "guess-column-says-part",
            "`{column}` says `{text}`: are the values all of their property, or of that part of it, which needs a property of its own?",
            column = name,
            text = text
        ));
    }
    texts.iter().find(|text| is_bad_state(text)).filter(|_| is_state).map(|text| {
        told!(
            "guess-column-says-bad",
            "`{column}` says `{text}`: are such values bad? Then write what its texts mean under `[quality]`",
            column = name,
            text = text
        )
    })
}
