//! Districts, whose level ended with June 2025: their names are those of provinces, stations and communes too, and
//! many provinces have one of the same name. A column is taken for them where it or a title speaks of them.

use std::collections::BTreeMap;

use catalog::{Gazetteer, PlaceMatch};
use model::{PlaceId, PlaceKind};
use wording::{Told, told};

use super::evidence::before_the_merger;
use super::observations::Guess;
use super::places::kind_of_header;
use super::sample::Column;
use super::shaped::Shaped;
use super::words::has_words;
use crate::mapping::PlaceSource;
use crate::observe::{find_place, is_total, unlisted};

/// Words before the name of a district, folded.
const WORDS: [&str; 10] = ["huyen", "thi xa", "thanh pho", "quan", "h", "tx", "t x", "tp", "t p", "q"];

/// Whether names may be taken for those of districts: the header or a title speaks of them, or most names
/// say so themselves.
pub(super) fn may_be_districts<'t>(
    header: &str,
    texts: impl Iterator<Item = &'t str>,
    titles: &[String],
) -> bool {
    let speaks = |title: &String| {
        let folded = model::fold(title);
        ["huyen", "district", "districts"].iter().any(|word| has_words(&folded, word))
    };
    if kind_of_header(header) == Some(PlaceKind::District) || titles.iter().any(speaks) {
        return true;
    }
    let (mut all, mut said) = (0_usize, 0_usize);
    for text in texts {
        let folded = model::fold(unlisted(text, Some(PlaceKind::District)));
        let begins = |word: &&str| folded.strip_prefix(*word).is_some_and(|rest| rest.starts_with(' '));
        all += 1;
        said += usize::from(WORDS.iter().any(begins));
    }
    said * 2 >= all.max(1)
}

/// Whether a header is that of places within districts: rows of those are no districts.
pub(super) fn is_smaller(header: &str) -> bool {
    matches!(kind_of_header(&model::fold(header)), Some(PlaceKind::Commune | PlaceKind::Station))
}

/// Names of districts of one province, with the meaning of those that other provinces have too; `None` where
/// they are others.
fn within(gazetteer: &Gazetteer, texts: &[&str], province: &PlaceId) -> Option<BTreeMap<String, String>> {
    let on = before_the_merger();
    let lies_there = |id: &PlaceId| gazetteer.parent_on(id, on).is_some_and(|parent| parent.id == *province);
    let (mut found, mut words) = (0, BTreeMap::new());
    for text in texts {
        let several = match find_place(gazetteer, text, Some(PlaceKind::District), None, on) {
            PlaceMatch::One(place) => {
                found += usize::from(lies_there(&place));
                continue;
            }
            PlaceMatch::Many(places) => places,
            PlaceMatch::None => continue,
        };
        let mut there = several.iter().filter(|place| lies_there(place));
        if let (Some(place), None) = (there.next(), there.next()) {
            found += 1;
            words.insert((*text).to_owned(), place.to_string());
        }
    }
    (found >= 2 && found * 10 >= texts.len() * 6).then_some(words)
}

fn source(column: String, words: BTreeMap<String, String>) -> PlaceSource {
    let kind = Some(PlaceKind::District.code().into());
    PlaceSource { column: Some(column), kind, words, ..PlaceSource::default() }
}

fn reason(province: &PlaceId) -> Told {
    told!(
        "guess-names-districts-of",
        "it names districts of `{province}`, which the texts around the table name",
        province = province
    )
}

impl Guess<'_> {
    /// Whether the names of a column are those of districts.
    pub(super) fn names_districts(&self, column: &Column) -> bool {
        let texts = column.texts.iter().map(|(text, _)| text.as_str());
        may_be_districts(&model::fold(&column.base), texts, &self.evidence.titles) && !self.names_smaller()
    }

    fn names_smaller(&self) -> bool {
        self.free().any(|(_, column)| is_smaller(&column.base) && !column.texts.is_empty())
    }

    /// Takes the column of districts in the province that the title names; `false` where there is none.
    pub(super) fn districts_of_title(&mut self) -> bool {
        let Some(province) = self.evidence.province(self.gazetteer) else { return false };
        let found = self.free().find_map(|(at, column)| {
            let texts: Vec<&str> = column.texts.iter().map(|(text, _)| text.as_str()).collect();
            let texts: Vec<&str> = texts.into_iter().filter(|text| !is_total(text)).collect();
            let words = self.names_districts(column).then(|| within(self.gazetteer, &texts, &province))??;
            Some((at, source(column.reference.clone(), words)))
        });
        let Some((at, source)) = found else { return false };
        self.used.push(at);
        self.mapping.place = Some(source);
        self.because("place.column", 0.9, reason(&province));
        true
    }
}

impl Shaped<'_> {
    /// Takes the column of districts in the province that the title names; `false` where there is none.
    pub(super) fn districts_of_title(&mut self, used: &[usize]) -> bool {
        let Some(province) = self.evidence.province(self.gazetteer) else { return false };
        let others = self.others();
        if others.iter().any(|(_, name)| is_smaller(name)) {
            return false;
        }
        let found = others.iter().filter(|(column, _)| !used.contains(column)).find_map(|(column, name)| {
            let mut texts = self.texts(*column);
            texts.sort_unstable();
            texts.dedup();
            texts.retain(|text| !is_total(text));
            let header = model::fold(name);
            let speaks = may_be_districts(&header, texts.iter().copied(), &self.evidence.titles);
            let words = speaks.then(|| within(self.gazetteer, &texts, &province))??;
            Some(source(self.reference(*column, name), words))
        });
        let Some(source) = found else { return false };
        self.mapping.place = Some(source);
        self.decide("place.column", 0.9, reason(&province));
        true
    }
}
