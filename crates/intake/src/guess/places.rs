//! Guessing which column of a table names the places, and how.

use catalog::{Gazetteer, PlaceMatch};
use chrono::{DateTime, NaiveDate, Utc};
use model::{PlaceId, PlaceKind};

use super::evidence::before_the_merger;
use super::observations::Guess;
use super::sample::Column;
use super::survey::SheetSample;
use super::words::{Role, has_words};
use crate::mapping::PlaceSource;
use crate::observe::find_place;

impl Guess<'_> {
    pub(super) fn place(&mut self) {
        if self.place_of_groups() {
            return;
        }
        let mut best: Option<(f64, usize, PlaceSource, String)> = None;
        for (at, column) in self.free() {
            let Some((score, source, reason)) = self.place_of(column) else { continue };
            if best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, at, source, reason));
            }
        }
        if let Some((score, at, source, reason)) = best {
            self.used.push(at);
            self.because("place.column", score.min(1.0), &reason);
            self.mapping.place = Some(source);
        } else {
            self.place_around();
        }
    }

    /// How well a column names places, and how.
    fn place_of(&self, column: &Column) -> Option<(f64, PlaceSource, String)> {
        if column.texts.is_empty() {
            return None;
        }
        let named = column.has(Role::Place);
        let source = PlaceSource { column: Some(column.reference.clone()), ..PlaceSource::default() };
        #[expect(clippy::cast_precision_loss, reason = "at most a few hundred texts")]
        let share = |count: usize| count as f64 / column.texts.len() as f64;
        let bonus = if named { 0.5 } else { 0.0 };

        let ids = column
            .texts
            .iter()
            .filter(|(text, _)| PlaceId::new(text).is_ok_and(|id| self.gazetteer.place(&id).is_some()));
        let ids = share(ids.count());
        if ids >= 0.5 {
            let reason = format!("{:.0} % of its texts are ids of places with their scheme", ids * 100.0);
            return Some((ids + bonus + 1.0, source, reason));
        }
        if column.nearly_all(column.numbers) {
            return named.then(|| self.codes(column, source)).flatten();
        }
        // Names: the kind under which most of them are one place each.
        let wanted = kind_of_header(&model::fold(&column.base));
        let kinds = match wanted {
            Some(kind) => vec![kind],
            // Of two kinds that fit equally well, the first is taken.
            None if self.is_of_stations() == Some(true) => {
                vec![PlaceKind::Station, PlaceKind::Province, PlaceKind::Commune]
            }
            None => vec![PlaceKind::Province, PlaceKind::Station, PlaceKind::Commune],
        };
        let matches = |kind: PlaceKind| {
            let found = column.texts.iter().filter(|(text, row)| {
                let on = self.day(*row);
                let is_one =
                    |on| matches!(find_place(self.gazetteer, text, Some(kind), None, on), PlaceMatch::One(_));
                is_one(on) || is_one(before_the_merger())
            });
            let found = found.count();
            // National tables name the rest of the country too.
            let far = column.texts.iter().filter(|(text, _)| self.elsewhere.holds(text)).count();
            share(if found > 0 { (found + far).min(column.texts.len()) } else { 0 })
        };
        let (kind, found) = kinds.into_iter().map(|kind| (kind, matches(kind))).fold(
            None,
            |best: Option<(PlaceKind, f64)>, this| match best {
                Some(best) if best.1 >= this.1 => Some(best),
                _ => Some(this),
            },
        )?;
        let enough = if named { 0.3 } else { 0.8 };
        if found < enough {
            return None;
        }
        let reason =
            format!("{:.0} % of its texts are names of places of the kind `{}`", found * 100.0, kind.code());
        Some((found + bonus, PlaceSource { kind: Some(kind.code().into()), ..source }, reason))
    }

    /// Bare codes, where only one scheme has them all.
    fn codes(&self, column: &Column, source: PlaceSource) -> Option<(f64, PlaceSource, String)> {
        let schemes = self.schemes(column);
        let [scheme] = schemes.as_slice() else { return None };
        let reason = format!("all its texts are codes of the scheme `{scheme}`, and of no other");
        Some((1.2, PlaceSource { scheme: Some((*scheme).to_owned()), ..source }, reason))
    }

    /// The schemes that have all the codes of a column. Codes were given again in 2025, and a table of any
    /// year may be of either.
    fn schemes(&self, column: &Column) -> Vec<&str> {
        let mut schemes: Vec<&str> = self.gazetteer.places.iter().map(|place| place.id.scheme()).collect();
        schemes.sort_unstable();
        schemes.dedup();
        schemes.retain(|scheme| {
            column.texts.iter().all(|(text, row)| {
                matches!(find_place(self.gazetteer, text, None, Some(scheme), self.day(*row)), PlaceMatch::One(id) if id.scheme() == *scheme)
            })
        });
        schemes
    }

    /// What has to be decided about a column of codes that several schemes have.
    pub(super) fn coded(&self) -> Option<String> {
        self.sample.columns.iter().find_map(|column| {
            let is_coded = column.has(Role::Place) && !column.texts.is_empty() && column.nearly_all(column.numbers);
            let schemes = if is_coded { self.schemes(column) } else { Vec::new() };
            (schemes.len() > 1).then(|| {
                format!(
                    "no column names the places: the codes of the column `{}` are of the schemes `{}`: write it as `column` under `[place]`, with the `scheme` that is meant",
                    column.name,
                    schemes.join("`, `")
                )
            })
        })
    }

    /// The day of a row, for names that meant something else before a merger.
    fn day(&self, row: usize) -> NaiveDate {
        let time = self.mapping.time.as_ref().and_then(|time| time.columns.first());
        let column =
            time.and_then(|name| self.sample.columns.iter().find(|column| column.reference == *name));
        let at = time.and_then(|name| self.sample.header.find(name).ok());
        at.zip(column)
            .and_then(|(at, column)| column.reader().read(self.chunk.cell(row, at)?))
            .and_then(|moment| DateTime::<Utc>::from_timestamp_micros(moment.us))
            .map_or(NaiveDate::MAX, |time| time.with_timezone(&model::VIETNAM).date_naive())
    }
}

/// The kind of place that a folded header asks for.
pub(super) fn kind_of_header(folded: &str) -> Option<PlaceKind> {
    let words = [
        (PlaceKind::Station, &["tram", "station", "site", "noi do"][..]),
        (PlaceKind::Commune, &["xa", "phuong", "commune", "ward"]),
        (
            PlaceKind::Province,
            &["tinh", "province", "thanh pho", "city", "cities", "provinces", "provincies"],
        ),
    ];
    words.iter().find(|(_, words)| words.iter().any(|word| has_words(folded, word))).map(|(kind, _)| *kind)
}

/// The kind of places after which sheets are named, where most of them are.
pub(super) fn named_after_places(gazetteer: &Gazetteer, sheets: &[&SheetSample]) -> Option<PlaceKind> {
    if sheets.len() < 2 {
        return None;
    }
    [PlaceKind::Province, PlaceKind::Station].into_iter().find(|kind| {
        let is_one = |name: &str| {
            [before_the_merger(), NaiveDate::MAX]
                .iter()
                .any(|on| matches!(find_place(gazetteer, name, Some(*kind), None, *on), PlaceMatch::One(_)))
        };
        let found = sheets.iter().filter(|sheet| is_one(&sheet.name)).count();
        found * 10 >= sheets.len() * 6
    })
}
