//! Headers that say an hour of the day within the name of what is measured: `Mực nước lúc 7h (cm)`.

use wording::{Told, told};

use super::headers::AT;
use super::measured::{Measured, said_by};
use super::sample::brackets;
use super::shaped::Shaped;
use crate::mapping::{TextOrColumn, ValueSource};
use crate::observe::{conversion, unit_of};

impl Shaped<'_> {
    /// Reads the property and the unit of such headers; what they do not name is asked.
    pub(super) fn at_hours(&mut self, value: &mut ValueSource) {
        let header = &self.found.header;
        let names: Vec<&str> = self.found.columns.iter().map(|(column, _)| header.name(*column)).collect();
        let text = self.found.columns.first().and_then(|(_, found)| found.get("text")).cloned();
        let text = text.unwrap_or_default();
        let folded = model::fold(&text);
        let bare = AT.iter().find_map(|word| folded.strip_suffix(word)?.strip_suffix(' '));
        let context = self.evidence.context();
        let Some(Measured { property, statistic, .. }) =
            said_by(self.gazetteer, bare.unwrap_or(&folded), &context)
        else {
            value.property = TextOrColumn::Text("…".into());
            let ask = told!(
                "guess-fill-in-property-of-title",
                "FILL IN: nobody knows the property of {titles}: write its code, or register it",
                titles => Told::words(format!("`{text}`"))
            );
            self.decide("value.0.property", 0.0, ask);
            return;
        };
        let mut units: Vec<Option<String>> = names.iter().map(|name| unit_behind(name)).collect();
        units.dedup();
        let unit = match units.as_slice() {
            [Some(unit)] if conversion(unit, property).is_ok() => Some(unit.clone()),
            _ => None,
        };
        value.property = TextOrColumn::Text(property.code.to_string());
        let of_header = statistic.map(|statistic| TextOrColumn::Text(statistic.code().into()));
        value.statistic = match of_header {
            None => self.instant_of_hours(property),
            some => some,
        };
        let reason = told!(
            "guess-headers-at-hours",
            "the headers name `{code}` ({name}) at hours",
            code = property.code,
            name = property.name.vi
        );
        self.decide("value.0.property", 0.9, reason);
        let columns: Vec<usize> = self.found.columns.iter().map(|(column, _)| *column).collect();
        match unit {
            Some(unit) => {
                let reason = told!("guess-unit-in-headers", "`{unit}` stands in the headers", unit = unit);
                self.decide("value.0.unit", 0.95, reason);
                value.unit = Some(TextOrColumn::Text(unit));
            }
            None => self.unit(value, property, &columns),
        }
    }
}

/// The unit in the brackets of a header, or behind it.
fn unit_behind(name: &str) -> Option<String> {
    let (_, inside) = brackets(name);
    let behind = || name.rsplit_once(' ').map(|(_, unit)| unit.to_owned());
    inside.into_iter().chain(behind()).find(|unit| {
        unit.contains(|c: char| c.is_alphabetic() || matches!(c, '%' | '‰')) && unit_of(unit).is_some()
    })
}
