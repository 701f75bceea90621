//! Columns that say the unit of what stands beside them: of all values, or of the one property that they name.

use std::collections::BTreeMap;

use wording::{Told, told};

use super::SURE_ENOUGH;
use super::measured::{or_in_another, other_scale};
use super::observations::Guess;
use super::shaped::number;
use super::words::{Role, header_words};
use crate::mapping::{TextOrColumn, ValueSource};
use crate::observe::{conversion, find_property};

/// Headers over units, folded.
const WHOLE: [&str; 18] = [
    "unit",
    "units",
    "uom",
    "ucum",
    "unit ucum",
    "dvt",
    "don vi",
    "donvi",
    "d vi",
    "don vi tinh",
    "don vi do",
    "unit code",
    "unit name",
    "unit symbol",
    "unit measure",
    "unit of measure",
    "unit of measurement symbol",
    "unit of measurement name",
];
/// Last words of headers over units, folded, and words before them by which they are of something else.
const LAST: [&str; 8] = ["unit", "units", "uom", "dvt", "donvi", "don vi", "unit symbol", "don vi tinh"];
const OF_OFFICES: [&str; 10] = [
    "admin",
    "administrative",
    "business",
    "organization",
    "organisation",
    "org",
    "reporting",
    "spatial",
    "ma",
    "ten",
];
/// Longer texts are names of offices.
const LONGEST: usize = 14;

/// What a header over units says before that, folded: `salinity` of `salinity_unit`; `None` where it is over none.
fn before_unit(base: &str) -> Option<String> {
    let header = header_words(base);
    if WHOLE.contains(&header.as_str()) {
        return Some(String::new());
    }
    let before = LAST.iter().find_map(|last| header.strip_suffix(last)?.strip_suffix(' '))?;
    let is_of_values = !before.split(' ').any(|word| OF_OFFICES.contains(&word));
    is_of_values.then(|| before.to_owned())
}

impl Guess<'_> {
    /// The columns over units that nothing else reads, with the property that each names.
    fn unit_columns(&self) -> Vec<(usize, Option<String>)> {
        let columns = self.free().filter(|(_, column)| !column.is_numeric() && !column.texts.is_empty());
        let named = columns.filter_map(|(at, column)| {
            let before = match before_unit(&column.base) {
                Some(before) => before,
                None if column.has(Role::Unit) && !column.has(Role::Place) => String::new(),
                None => return None,
            };
            // `values.salinity.unit`: the last words name it.
            let words: Vec<&str> = before.split(' ').collect();
            let property = (0..words.len()).find_map(|from| {
                find_property(self.gazetteer, &words[from..].join(" ")).filter(|_| !before.is_empty())
            });
            Some((at, property.map(|property| property.code.to_string())))
        });
        named.collect()
    }

    /// The column that says the unit of all values. Where a unit of it is known, the others are refused cell by cell;
    /// where none is, they are asked about.
    pub(super) fn unit_column(&mut self) -> Option<usize> {
        let columns: Vec<usize> =
            self.unit_columns().into_iter().filter(|(_, of)| of.is_none()).map(|(at, _)| at).collect();
        if self.stand_behind_values(&columns) {
            return None;
        }
        let known = columns.iter().copied().find(|at| self.sample.columns[*at].units > 0);
        let is_short = |at: &usize| {
            let texts = &self.sample.columns[*at].texts;
            texts.iter().all(|(text, _)| text.chars().count() <= LONGEST)
        };
        let unknown = columns.iter().copied().find(is_short).filter(|_| known.is_none());
        if let Some(column) = unknown.map(|at| &self.sample.columns[at]) {
            let shown: Vec<&str> = column.texts.iter().take(4).map(|(text, _)| text.as_str()).collect();
            let reason = told!(
                "guess-units-unknown",
                "nobody knows the units of the column `{column}`: `{texts}`. Write them in UCUM, or the unit of all values as `unit`",
                column = column.name,
                texts = shown.join("`, `")
            );
            self.because("value.0.unit", 0.4, reason);
        }
        known.or(unknown)
    }

    /// Whether there are several such columns, each right behind one of numbers: `Độ mặn | Đơn vị | DO | Đơn vị`.
    fn stand_behind_values(&self, columns: &[usize]) -> bool {
        let is_behind_numbers = |at: &usize| {
            let before = at.checked_sub(1).map(|before| &self.sample.columns[before]);
            before.is_some_and(|column| {
                column.is_numeric() && !column.has(Role::Time) && !column.has(Role::Year)
            })
        };
        columns.len() > 1 && columns.iter().all(is_behind_numbers)
    }

    /// Gives each column of values the unit that the column right behind it says.
    fn units_right_behind(&mut self) {
        let columns: Vec<usize> =
            self.unit_columns().into_iter().filter(|(_, of)| of.is_none()).map(|(at, _)| at).collect();
        if !self.stand_behind_values(&columns) {
            return;
        }
        for at in columns {
            let value = self.sample.columns[at - 1].reference.clone();
            let (reference, name) =
                (self.sample.columns[at].reference.clone(), self.sample.columns[at].name.clone());
            let index =
                self.mapping.values.iter().position(|known| known.column == value && known.unit.is_none());
            let Some(index) = index else { continue };
            self.mapping.values[index].unit = Some(TextOrColumn::in_column(&reference));
            self.says_unit(index, &name, at);
        }
    }

    /// What was asked of the unit of a value is answered by a column.
    fn says_unit(&mut self, index: usize, name: &str, column: usize) {
        let path = format!("value.{index}.column");
        self.decisions.retain(|known| known.path != path || known.confidence >= SURE_ENOUGH);
        let reason = told!("guess-column-of-units", "the column `{name}` says the unit of each", name = name);
        self.because(&format!("value.{index}.unit"), 0.9, reason);
        self.used.push(column);
    }

    /// Gives each column of values the unit that a column beside it says of its property.
    pub(super) fn units_beside(&mut self) {
        self.units_right_behind();
        for (at, property) in self.unit_columns() {
            let Some(property) = property else { continue };
            let reference = self.sample.columns[at].reference.clone();
            let name = self.sample.columns[at].name.clone();
            let mut of_this: Vec<usize> = Vec::new();
            for (index, value) in self.mapping.values.iter_mut().enumerate() {
                if value.property.text() == Some(property.as_str()) && value.unit.is_none() {
                    value.unit = Some(TextOrColumn::in_column(&reference));
                    of_this.push(index);
                }
            }
            for index in of_this {
                self.says_unit(index, &name, at);
            }
        }
    }

    /// Asks where a title writes down a unit of the table, and every header another one of the same kind.
    pub(super) fn ask_of_unit_of_title(&mut self) {
        let Some((pattern, above)) = self.evidence.unit(self.gazetteer) else { return };
        // What stands in brackets may be that of anything.
        if !pattern.contains(": {unit}") {
            return;
        }
        let compared = |value: &ValueSource| {
            let property = find_property(self.gazetteer, value.property.text()?)?;
            let own = value.unit.as_ref()?.text()?;
            Some((own.to_owned(), conversion(own, property).ok()?, conversion(&above, property).ok()))
        };
        let all: Option<Vec<_>> = self.mapping.values.iter().map(compared).collect();
        let all = all.unwrap_or_default();
        let is_taken = all.iter().any(|(_, own, titled)| Some(own) == titled.as_ref());
        let other = all.iter().find(|(_, own, titled)| titled.as_ref().is_some_and(|titled| titled != own));
        if let Some((own, ..)) = other.filter(|_| !is_taken) {
            let ask = told!(
                "guess-unit-of-title",
                "the title says the unit `{title}`, and the header `{header}`: in which of them are the values?",
                title = above,
                header = own
            );
            self.because("value.0.unit", 0.4, ask);
        }
    }

    /// A question about the values of a long table that name no unit, in the header or, where a column says it, in their
    /// row: of which property they would not be plausible in its own, or would be in another as well.
    pub(super) fn ask_of_own_units(
        &self,
        property: usize,
        value: usize,
        unit: Option<&TextOrColumn>,
    ) -> Option<Told> {
        let property = self.sample.columns[property].index;
        let of_rows = match unit {
            None => None,
            Some(unit) => Some(self.sample.named(unit.column()?)?.index),
        };
        let mut numbers: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for row in self.sample.start..self.sample.start + self.sample.rows {
            let cell = |column: usize| self.chunk.cell(row, column).map(str::trim);
            let has_unit = of_rows.and_then(cell).is_some_and(|text| !text.is_empty() && text != "-");
            if let (Some(name), Some(number), false) =
                (cell(property), cell(value).and_then(number), has_unit)
            {
                numbers.entry(name).or_default().push(number);
            }
        }
        numbers.into_iter().find_map(|(name, numbers)| {
            let property = find_property(self.gazetteer, name)?;
            let other = other_scale(property, &numbers)?;
            Some(told!(
                "guess-of",
                "{what}: {reason}",
                what = format!("`{name}`"),
                reason => or_in_another(&property.unit, other)
            ))
        })
    }
}
