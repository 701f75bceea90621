//! Guessing rows of one text that head the rows below them: `Năm 2019`, `Trạm: Tân Châu`.

use std::ops::Range;

use catalog::PlaceMatch;
use chrono::NaiveDate;
use formats::Chunk;
use model::PlaceKind;
use wording::told;

use super::evidence::{PLACES, before_the_merger};
use super::headers::is_number;
use super::observations::Guess;
use super::shaped::{ROWS, Shaped};
use crate::mapping::{Pattern, PlaceSource, TextOrColumn, TimeSource};
use crate::observe::{Precision, find_place, is_note, is_total};

/// The pattern of rows that head a year.
const YEAR: &str = "Năm {year}";

/// What the rows of one text say of the rows below them.
#[derive(Default)]
pub(super) struct Groups {
    year: bool,
    place: Option<(&'static str, PlaceKind)>,
}

/// Whether a row holds one text, which is no number.
pub(super) fn is_alone(chunk: &Chunk, row: usize) -> bool {
    alone(chunk, row).is_some()
}

/// The text of a row that holds one, which is no number.
pub(super) fn alone(chunk: &Chunk, row: usize) -> Option<&str> {
    let cells = (0..chunk.columns.len()).filter_map(|column| chunk.cell(row, column)).map(str::trim);
    let mut texts = cells.filter(|text| !text.is_empty());
    texts.next().filter(|text| texts.next().is_none() && !is_number(text))
}

impl Guess<'_> {
    /// Looks for rows that head others; only where all of them are told are they taken for such.
    pub(super) fn groups(&self) -> Groups {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let mut heads: Vec<&str> = rows.filter_map(|row| alone(self.chunk, row)).collect();
        heads.retain(|text| !is_total(text) && !is_note(text));
        let Ok(year) = Pattern::new(YEAR) else { return Groups::default() };
        let (years, others): (Vec<&str>, Vec<&str>) = heads.into_iter().partition(|text| year.fits(text));
        let is_place = |text: &str, kind: PlaceKind| {
            [NaiveDate::MAX, before_the_merger()].iter().any(|on| {
                matches!(find_place(self.gazetteer, text, Some(kind), None, *on), PlaceMatch::One(_))
            })
        };
        let names_all = |(pattern, kind): &&(&'static str, PlaceKind)| {
            let compiled = Pattern::new(pattern).ok();
            let named = |text: &&str| compiled.as_ref().and_then(|pattern| pattern.text(text));
            others.iter().all(|text| named(text).is_some_and(|name| is_place(&name, *kind)))
        };
        let place = (!others.is_empty()).then(|| PLACES.iter().find(names_all).copied());
        match place {
            Some(None) => Groups::default(),
            place => Groups { year: !years.is_empty(), place: place.flatten() },
        }
    }

    /// The year of the rows, where rows head it.
    pub(super) fn year_of_groups(&mut self) -> Option<Precision> {
        if !self.groups.year {
            return None;
        }
        self.mapping.rows.group.push(YEAR.to_owned());
        let year = Some(TextOrColumn::in_column("@group.year"));
        self.mapping.time = Some(TimeSource { year, ..TimeSource::default() });
        let reason = told!("guess-rows-name-year", "rows of one text name the year of the rows below them");
        self.because("time.year", 0.85, reason);
        Some(Precision::Year)
    }

    /// The place of the rows, where rows head it.
    pub(super) fn place_of_groups(&mut self) -> bool {
        let Some((pattern, kind)) = self.groups.place else { return false };
        self.mapping.rows.group.push(pattern.to_owned());
        let (group, kind) = (Some("place".to_owned()), Some(kind.code().to_owned()));
        self.mapping.place = Some(PlaceSource { group, kind, ..PlaceSource::default() });
        let reason = told!("guess-rows-name-place", "rows of one text name the place of the rows below them");
        self.because("place.group", 0.85, reason);
        true
    }

    /// The rows of the table between those that head them; all of them where none is read so.
    pub(super) fn stretches(&self) -> Vec<Range<usize>> {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        if self.mapping.rows.group.is_empty() { vec![rows] } else { between(self.chunk, &rows) }
    }
}

impl Shaped<'_> {
    /// Takes the year from rows of one text, where all of them head a year; `false` where they do not.
    pub(super) fn years_of_groups(&mut self) -> bool {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        let mut heads: Vec<&str> = rows.filter_map(|row| alone(chunk, row)).collect();
        heads.retain(|text| !is_total(text) && !is_note(text));
        let fits = Pattern::new(YEAR).is_ok_and(|year| heads.iter().all(|text| year.fits(text)));
        let are_years = fits && !heads.is_empty();
        if are_years {
            self.mapping.rows.group.push(YEAR.to_owned());
        }
        are_years
    }

    /// The rows of the table between those that head them; all of them where none is read so.
    pub(super) fn stretches(&self) -> Vec<Range<usize>> {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        if self.mapping.rows.group.is_empty() { vec![rows] } else { between(chunk, &rows) }
    }
}

/// The rows between those of one text.
fn between(chunk: &Chunk, rows: &Range<usize>) -> Vec<Range<usize>> {
    let heads: Vec<usize> = rows.clone().filter(|row| is_alone(chunk, *row)).collect();
    let starts = std::iter::once(rows.start).chain(heads.iter().map(|row| row + 1));
    let ends = heads.iter().copied().chain([rows.end]);
    starts.zip(ends).map(|(start, end)| Range { start, end }).collect()
}
