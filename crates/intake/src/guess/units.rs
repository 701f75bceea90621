//! Units that a column names and nobody knows, and values of a long table that come without any.

use std::collections::BTreeMap;

use wording::{Told, told};

use super::measured::{or_in_another, other_scale};
use super::observations::Guess;
use super::sample::Column;
use super::shaped::number;
use super::words::Role;
use crate::observe::{find_property, find_unit};

/// Whether a column is one of units by its header, be they known or not.
pub(super) fn is_of_units(column: &Column) -> bool {
    column.has(Role::Unit) && !column.is_numeric() && column.filled > 0
}

impl Guess<'_> {
    /// Asks which units are meant by a column of units that nobody knows: values are not in their property's
    /// own for that.
    pub(super) fn ask_of_units(&mut self, at: usize) {
        let column = &self.sample.columns[at];
        let unknown: Vec<String> = column
            .texts
            .iter()
            .filter(|(text, _)| find_unit(self.gazetteer, text).is_none())
            .take(5)
            .map(|(text, _)| format!("`{text}`"))
            .collect();
        if unknown.is_empty() {
            return;
        }
        let ask = told!(
            "guess-units-not-known",
            "`{column}` says {units}, which is no unit that is known here: say which is meant under `words` of the unit",
            column = column.name,
            units = unknown.join(", ")
        );
        for value in 0..self.mapping.values.len() {
            self.because(&format!("value.{value}.unit"), 0.2, ask.clone());
        }
    }

    /// A question about the values of a long table that name no unit: of which property they would not be
    /// plausible in its own, or would be in another as well.
    pub(super) fn ask_of_own_units(&self, property: usize, value: usize) -> Option<Told> {
        let property = self.sample.columns[property].index;
        let mut numbers: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for row in self.sample.start..self.sample.start + self.sample.rows {
            let cell = |column: usize| self.chunk.cell(row, column).map(str::trim);
            if let (Some(name), Some(number)) = (cell(property), cell(value).and_then(number)) {
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
