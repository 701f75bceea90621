//! In which unit the values of a table that is wide by time are plausible, and how their numbers are written.

use catalog::PlaceMatch;
use chrono::NaiveDate;
use model::{PlaceKind, Property};
use wording::{Told, told};

use super::evidence::before_the_merger;
use super::measured::{or_in_another, other_scale, taken_as_own};
use super::shaped::{ROWS, Shaped, around};
use super::thousands::{ambiguous, question, which};
use crate::mapping::{Decimal, TextOrColumn, ValueSource};
use crate::observe::{NumberStyle, conversion, converted, find_place, may_be_thousands, unit_of};

impl Shaped<'_> {
    /// Asks about points that may stand between thousands; beside columns with decimal commas they do.
    pub(super) fn thousands(&mut self, property: &Property, columns: &[usize], unit: Option<&str>) {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        let texts =
            |column: usize| rows.clone().filter_map(move |row| chunk.cell(row, column)).map(str::trim);
        let are_commas = |column: &usize| {
            NumberStyle::resolve(Decimal::Auto, texts(*column)) == NumberStyle::Comma
                && texts(*column).any(|text| text.contains(',') || text.matches('.').count() > 1)
        };
        let (commas, others): (Vec<usize>, Vec<usize>) = columns.iter().copied().partition(are_commas);
        let unclear = others.iter().filter(|column| texts(**column).any(|text| text.contains('.')));
        let unclear: Vec<usize> = unclear.copied().collect();
        if unclear.is_empty() {
            return;
        }
        let is_ambiguous = |column: &usize| ambiguous(chunk, rows.clone(), &[*column]).is_some();
        if !commas.is_empty() && unclear.iter().all(is_ambiguous) {
            self.mapping.source.decimal = Decimal::Comma;
            let reason =
                told!("guess-other-columns-comma", "other columns have a comma where only decimals can be");
            self.decide("source.decimal", 0.85, reason);
            return;
        }
        let either = |column: &usize| texts(*column).find_map(|text| may_be_thousands(std::iter::once(text)));
        let contradicting = unclear.iter().find_map(either).filter(|_| !commas.is_empty());
        let reason = match contradicting {
            Some(shown) => Some(which(shown)),
            None => question(chunk, rows.clone(), columns, property, unit),
        };
        if let Some(reason) = reason {
            self.decide("source.decimal", 0.5, reason);
        }
    }

    /// The unit that a title names; else the property's own, if the values look like it.
    pub(super) fn unit(&mut self, value: &mut ValueSource, property: &Property, columns: &[usize]) {
        let fits = |unit: &str| conversion(unit, property).is_ok();
        if let Some((pattern, unit)) = self.evidence.unit(self.gazetteer).filter(|(_, unit)| fits(unit)) {
            value.unit = Some(around("@title", &pattern));
            let reason = told!("guess-stands-above", "`{text}` stands above the table", text = unit);
            self.decide("value.0.unit", 0.9, reason);
            return;
        }
        let (confidence, reason) = self.looks_like(property, columns, None);
        self.decide("value.0.unit", confidence, reason);
        value.unit = Some(TextOrColumn::Text(property.unit.clone()));
    }

    /// How plausible the values of some columns are in a unit, the property's own when none is given.
    pub(super) fn looks_like(
        &self,
        property: &Property,
        columns: &[usize],
        unit: Option<&str>,
    ) -> (f64, Told) {
        let own = &property.unit;
        let shown = unit.unwrap_or(own);
        let (factor, addend) = match unit.and_then(unit_of).zip(unit_of(own)) {
            Some((from, to)) => from.conversion_to(&to).unwrap_or((1.0, 0.0)),
            None => (1.0, 0.0),
        };
        let (Some(least), Some(most)) = (property.plausible_min, property.plausible_max) else {
            return (0.65, taken_as_own(shown));
        };
        let (mut all, mut inside, mut shows) = (0_usize, 0_usize, None);
        let mut numbers: Vec<f64> = Vec::new();
        for (row, column) in self.our_rows().flat_map(|row| columns.iter().map(move |column| (row, *column)))
        {
            let text = self.sheet.chunk.cell(row, column).map_or("", str::trim);
            let Ok(number) = NumberStyle::Dot.read(text).or_else(|_| NumberStyle::Comma.read(text)) else {
                continue;
            };
            let number = converted(number, factor, addend);
            numbers.push(number);
            all += 1;
            let fits = (least..=most).contains(&number);
            inside += usize::from(fits);
            if !fits && shows.is_none() {
                shows = Some(text.to_owned());
            }
        }
        if let Some(other) = other_scale(property, &numbers).filter(|_| unit.is_none()) {
            return (0.4, or_in_another(shown, other));
        }
        if all > 0 && inside * 100 >= all * 95 {
            return (
                0.7,
                told!(
                    "guess-taken-as-plausible",
                    "no unit is named: taken as `{unit}`, in which the values are plausible, CHECK",
                    unit = shown
                ),
            );
        }
        let shows = shows.unwrap_or_default();
        (
            0.2,
            told!(
                "guess-which-unit-of-range",
                "which unit? `{shown}` is not plausible in `{unit}`, the unit of `{code}` ({least} … {most})",
                shown = shows,
                unit = shown,
                code = property.code,
                least = least,
                most = most
            ),
        )
    }

    /// Rows whose place is one of the catalogue.
    fn our_rows(&self) -> impl Iterator<Item = usize> {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        let source = self.mapping.place.as_ref();
        let column = source.and_then(|source| self.found.header.find(source.column.as_deref()?).ok());
        let kind = source.and_then(|source| PlaceKind::from_code(source.kind.as_deref()?));
        let days = [self.day(), before_the_merger(), NaiveDate::MAX];
        rows.filter(move |row| {
            let Some(column) = column else { return true };
            let text = chunk.cell(*row, column).map_or("", str::trim);
            days.iter()
                .any(|on| matches!(find_place(self.gazetteer, text, kind, None, *on), PlaceMatch::One(_)))
        })
    }
}
