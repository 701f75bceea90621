//! Guessing tables whose rows are properties and whose headers are times: `Chỉ tiêu | ĐVT | 2019 | 2020`, as the
//! yearbook of a province has them, and `Trạm | Yếu tố | I … XII`.

use std::collections::BTreeMap;

use model::{Property, Statistic};
use wording::told;

use super::evidence::{is_instant, short, which_statistic};
use super::measured::{Measured, own_unit, said_by};
use super::shaped::{ROWS, Shaped};
use super::steps::is_at_instants_too;
use super::usual::of_period;
use crate::mapping::{TextOrColumn, ValueSource};
use crate::observe::{conversion, is_note, is_total, unit_of, usual_statistic};

impl Shaped<'_> {
    /// Reads the property of each row in the column that says it; `false` where none does.
    pub(super) fn by_rows(&mut self, value: &mut ValueSource) -> bool {
        let place = self
            .mapping
            .place
            .as_ref()
            .and_then(|place| self.found.header.find(place.column.as_deref()?).ok());
        let others: Vec<(usize, String)> =
            self.others().into_iter().filter(|(column, _)| Some(*column) != place).collect();
        let Some((column, name, said)) = others.iter().find_map(|(column, name)| {
            let said = self.properties_of(*column)?;
            Some((*column, name.clone(), said))
        }) else {
            return false;
        };
        let is_unit = |column: usize| {
            let texts = self.texts(column);
            !texts.is_empty() && texts.iter().all(|text| unit_of(text).is_some())
        };
        let units = others.iter().find(|(other, _)| *other != column && is_unit(*other)).cloned();
        let period = value.period.clone();
        let (mut codes, mut own_units, mut statistics) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut untold, mut unclear): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for (text, measured) in &said {
            let is_extreme = matches!(measured.statistic, Some(Statistic::Max | Statistic::Min));
            let longer = period.as_ref().filter(|_| !is_extreme);
            let property = of_period(self.gazetteer, measured.property, longer);
            codes.insert(text.clone(), property.code.to_string());
            if measured.statistic.is_none() && is_instant(property) && period.is_some() {
                untold.push(format!("`{}`", short(text)));
            }
            let usual = || match self.are_at_hours() && is_at_instants_too(property) {
                true => Statistic::Instant,
                false => usual_statistic(property.statistic.as_deref()),
            };
            let statistic = measured.statistic.unwrap_or_else(usual);
            statistics.insert(text.clone(), statistic.code().to_owned());
            let unit = match &measured.unit {
                Some(unit) => unit.clone(),
                None => {
                    if units.is_none() && !self.is_plainly(column, text, property) {
                        unclear.push(format!("`{}`", short(text)));
                    }
                    property.unit.clone()
                }
            };
            own_units.insert(text.clone(), unit);
        }
        let reference = self.reference(column, &name);
        let in_words = |words: BTreeMap<String, String>| TextOrColumn::Column {
            column: reference.clone(),
            prefix: String::new(),
            default: None,
            pattern: None,
            words,
        };
        value.property = in_words(codes);
        value.statistic = Some(in_words(statistics));
        value.unit = Some(match &units {
            Some((column, name)) => TextOrColumn::in_column(&self.reference(*column, name)),
            None => in_words(own_units),
        });
        self.property = Some(column);
        self.decide(
            "value.0.property",
            0.85,
            told!(
                "guess-texts-name-properties",
                "the texts of the column `{name}` name properties",
                name = name
            ),
        );
        if !untold.is_empty() {
            let reason =
                told!("guess-of", "{what}: {reason}", what = untold.join(", "), reason => which_statistic());
            self.decide("value.0.statistic", 0.5, reason);
        }
        if !unclear.is_empty() {
            let reason = told!(
                "guess-nothing-names-unit",
                "nothing names the unit of {texts}",
                texts = unclear.join(", ")
            );
            self.decide("value.0.unit", 0.5, reason);
        }
        true
    }

    /// What the texts of a column name, where most of them name properties, and several.
    fn properties_of(&self, column: usize) -> Option<Vec<(String, Measured<'_>)>> {
        let mut texts = self.texts(column);
        texts.sort_unstable();
        texts.dedup();
        texts.retain(|text| !is_total(text) && !is_note(text));
        let context = self.evidence.context();
        let said: Vec<(String, Measured<'_>)> = texts
            .iter()
            .filter_map(|text| Some(((*text).to_owned(), said_by(self.gazetteer, text, &context)?)))
            .filter(|(_, said)| said.unit.as_ref().is_none_or(|unit| conversion(unit, said.property).is_ok()))
            .collect();
        let mut codes: Vec<&str> = said.iter().map(|(_, said)| said.property.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        (codes.len() >= 2 && said.len() * 10 >= texts.len() * 6).then_some(said)
    }

    /// Whether the values of a text's rows are plausible in the property's own unit, and in no other scale.
    fn is_plainly(&self, column: usize, text: &str, property: &Property) -> bool {
        let chunk = &self.sheet.chunk;
        let last = chunk.len().min(self.found.start + ROWS);
        let own = (self.found.start..last)
            .filter(|row| chunk.cell(*row, column).is_some_and(|own| own.trim() == text));
        own.into_iter().all(|row| {
            self.found
                .columns
                .iter()
                .all(|(value, _)| own_unit(chunk, row..row + 1, *value, property).0 > 0.6)
        })
    }
}
