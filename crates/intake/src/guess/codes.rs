//! Numbers that stand for no value in many files, and that the range of their property lets pass: `-999` in a column
//! of discharges.

use catalog::{ValueWord, vocabulary};
use wording::told;

use super::observations::Guess;
use super::sample::Column;
use crate::mapping::TextOrColumn;
use crate::observe::{conversion, find_property};

impl Guess<'_> {
    /// Asks about such numbers where they stand far from all others of their column.
    pub(super) fn ask_of_missing_codes(&mut self) {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for value in &self.mapping.values {
            let column = self.sample.named(&value.column);
            let property = value.property.text().and_then(|code| find_property(self.gazetteer, code));
            let Some((column, property)) = column.zip(property) else { continue };
            let unit = value.unit.as_ref().and_then(TextOrColumn::text).unwrap_or(&property.unit);
            let (factor, addend) = conversion(unit, property).unwrap_or((1.0, 0.0));
            // What the range does not let pass is refused where it stands, and told of.
            let passes = |number: f64| {
                let number = number * factor + addend;
                let (least, most) = (property.plausible_min, property.plausible_max);
                least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
            };
            found.push((column.name.clone(), apart(column, passes)));
        }
        found.retain(|(_, codes)| !codes.is_empty());
        for (name, codes) in found {
            let reason = told!(
                "guess-missing-codes",
                "`{codes}` in `{column}` stands for no value in many files, and far from the others: does it here? Then it stays in `missing` under `[source]`; else take it out there",
                codes = codes.join("`, `"),
                column = name
            );
            for code in codes {
                if !self.mapping.source.missing.contains(&code) {
                    self.mapping.source.missing.push(code);
                }
            }
            self.because("source.missing", 0.5, reason);
        }
    }
}

/// The codes of a column that stand further from its other numbers than half of what these span.
fn apart(column: &Column, passes: impl Fn(f64) -> bool) -> Vec<String> {
    let number = |text: &str| column.style.read(text).ok();
    let is_code = |text: &str| vocabulary().word(text) == Some(ValueWord::Code);
    let (codes, others): (Vec<&str>, Vec<&str>) =
        column.texts.iter().map(|(text, _)| text.as_str()).partition(|text| is_code(text));
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for other in others.into_iter().filter_map(number) {
        least = least.min(other);
        most = most.max(other);
    }
    let margin = (most - least) / 2.0;
    let is_apart = |text: &&str| {
        number(text).is_some_and(|code| passes(code) && (code < least - margin || code > most + margin))
    };
    codes.into_iter().filter(is_apart).map(str::to_owned).collect()
}
