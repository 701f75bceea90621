//! Names that provinces have had before and after the merger of July 2025, over values of a time before it or of
//! the year of it: which of the two is meant.

use std::collections::BTreeMap;

use catalog::{Gazetteer, PlaceMatch};
use chrono::{Datelike, NaiveDate};
use model::PlaceKind;
use wording::{Told, told};

use super::evidence::before_the_merger;
use super::observations::Guess;
use super::shaped::Shaped;
use crate::mapping::PlaceSource;
use crate::observe::{find_place, is_total};

/// So many names of the new provinces and none of a former one that is no more: then they are the new ones.
const ENOUGH: usize = 5;

/// Which provinces the names of a table are.
enum Names {
    /// Names that were given to others in the merger, with what each means since then, and none that is no more.
    Either(BTreeMap<String, String>),
    /// Names that were given to others, beside those of provinces that are no more: all are the former ones.
    Former,
    /// No name means one province before the merger and another one since then.
    Plain,
}

fn names<'t>(gazetteer: &Gazetteer, texts: impl Iterator<Item = &'t str>) -> Names {
    let mut words = BTreeMap::new();
    let mut is_former = false;
    for text in texts.filter(|text| !is_total(text)) {
        let on = |day| match find_place(gazetteer, text, Some(PlaceKind::Province), None, day) {
            PlaceMatch::One(place) => Some(place),
            PlaceMatch::Many(_) | PlaceMatch::None => None,
        };
        match (on(before_the_merger()), on(NaiveDate::MAX)) {
            (Some(_), None) => is_former = true,
            (Some(former), Some(present)) if former != present => {
                words.insert(text.to_owned(), present.to_string());
            }
            _ => {}
        }
    }
    match (words.is_empty(), is_former) {
        (true, _) => Names::Plain,
        (false, true) => Names::Former,
        (false, false) => Names::Either(words),
    }
}

/// What is asked of such names over values from a day to another, which are of whole years or not.
fn question(
    words: &BTreeMap<String, String>,
    (first, last): (NaiveDate, NaiveDate),
    of_years: bool,
) -> Option<Told> {
    let of_the_year = of_years && (first.year()..=last.year()).contains(&before_the_merger().year());
    if first > before_the_merger() || words.len() < ENOUGH && !of_the_year {
        return None;
    }
    let named: Vec<String> = words.keys().take(6).map(|name| format!("`{name}`")).collect();
    Some(told!(
        "guess-provinces-of-the-merger",
        "{names} were provinces before July 2025 and are others since then, and the values begin before: are they of the new ones, as `words` says? Remove it where they are of the former ones",
        names = named.join(", ")
    ))
}

/// Writes down which provinces are meant, over values from a day to another, which are of whole years or not: the
/// path of what was decided, how sure it is, and why.
fn decide(
    place: &mut PlaceSource,
    names: Names,
    (first, last): (NaiveDate, NaiveDate),
    of_years: bool,
) -> Option<(&'static str, f64, Told)> {
    match names {
        Names::Plain => None,
        Names::Former if of_years && last.year() >= before_the_merger().year() => {
            place.scheme = Some("gso2004".to_owned());
            let reason = told!(
                "guess-provinces-that-are-no-more",
                "names stand beside those of provinces that are no more since July 2025"
            );
            Some(("place.scheme", 0.8, reason))
        }
        Names::Former => None,
        Names::Either(words) => {
            let ask = question(&words, (first, last), of_years)?;
            place.words = words;
            Some(("place.words", 0.5, ask))
        }
    }
}

fn is_of_provinces(place: Option<&PlaceSource>) -> bool {
    place.is_some_and(|place| place.kind.as_deref() == Some(PlaceKind::Province.code()))
}

impl Guess<'_> {
    /// Asks which provinces the names of a column are, where they may be the former and the present ones.
    pub(super) fn ask_of_the_merger(&mut self, column: usize) {
        if !is_of_provinces(self.mapping.place.as_ref()) {
            return;
        }
        let texts = &self.sample.columns[column].texts;
        let days = texts.iter().map(|(_, row)| self.day(*row)).filter(|day| *day != NaiveDate::MAX);
        let around = || {
            let year = self.evidence.year()?.2.parse().ok()?;
            NaiveDate::from_ymd_opt(year, 1, 1)
        };
        let Some(first) = days.min().or_else(around) else { return };
        let named = names(self.gazetteer, texts.iter().map(|(text, _)| text.as_str()));
        let last = texts.iter().map(|(_, row)| self.day(*row)).filter(|day| *day != NaiveDate::MAX).max();
        let of_years = self.mapping.time.as_ref().is_some_and(|time| {
            time.format.as_deref() == Some("year") || time.year.is_some() && time.month.is_none()
        });
        let Some(place) = &mut self.mapping.place else { return };
        if let Some((path, confidence, reason)) =
            decide(place, named, (first, last.unwrap_or(first)), of_years)
        {
            self.because(path, confidence, reason);
        }
    }
}

impl Shaped<'_> {
    /// Asks which provinces the names of the rows are, where they may be the former and the present ones.
    pub(super) fn ask_of_the_merger(&mut self) {
        if !is_of_provinces(self.mapping.place.as_ref()) {
            return;
        }
        let column = self.mapping.place.as_ref().and_then(|place| place.column.as_deref());
        let Some(column) = column.and_then(|name| self.found.header.find(name).ok()) else { return };
        let years = self.found.columns.iter().filter_map(|(_, found)| found.get("year")?.parse::<i32>().ok());
        let around = || self.evidence.year().and_then(|(_, _, year, _)| year.parse().ok());
        let years: Vec<i32> = years.collect();
        let Some(year) = years.iter().min().copied().or_else(around) else { return };
        let day = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
        let last = years.iter().max().copied().unwrap_or(year);
        let Some(span) = day(year).zip(day(last)) else { return };
        let named = names(self.gazetteer, self.texts(column).into_iter());
        let Some(place) = &mut self.mapping.place else { return };
        if let Some((path, confidence, reason)) = decide(place, named, span, true) {
            self.decide(path, confidence, reason);
        }
    }
}
