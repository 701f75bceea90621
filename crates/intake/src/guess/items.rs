//! Headers that hold a year and an item: a statistic, or a property with or without its unit.

use model::{Property, Statistic};
use wording::told;

use super::composite::{names, of_subject};
use super::evidence::property_in;
use super::headers::Says;
use super::shaped::Shaped;
use super::words::has_words;
use crate::mapping::ValueSource;
use crate::observe::{find_property, find_statistic, find_unit};

impl Shaped<'_> {
    /// Headers that hold a year and an item: a statistic, or a property with or without its unit.
    pub(super) fn items(&mut self, value: &mut ValueSource) {
        if self.found.says == Says::YearWithin || self.name_seasons() {
            self.composite(value);
            return;
        }
        let mut items: Vec<(String, Vec<usize>)> = Vec::new();
        for (column, found) in &self.found.columns {
            let Some(text) = found.get("text") else { continue };
            match items.iter_mut().find(|(known, _)| known == text) {
                Some((_, columns)) => columns.push(*column),
                None => items.push((text.clone(), vec![*column])),
            }
        }
        let says = self.found.says;
        let order = |blank: &str| {
            if says == Says::YearAnd { format!("{{year}} {blank}") } else { format!("{blank} {{year}}") }
        };
        let statistic_in = |text: &str| find_statistic(text).filter(|found| *found != Statistic::Total);
        if items.iter().all(|(text, _)| statistic_in(text).is_some()) {
            value.columns = Some(order("{statistic}"));
            for (text, _) in &items {
                value.words.extend(statistic_in(text).map(|found| (text.clone(), found.code().to_owned())));
            }
            let reason = told!("guess-headers-name-statistics", "the headers name statistics");
            self.decide("value.0.words", 0.9, reason);
            self.one_property(value);
            return;
        }
        let bracketed = |text: &str| {
            let (base, rest) = text.rsplit_once('(')?;
            Some((base.trim().to_owned(), rest.strip_suffix(')')?.trim().to_owned()))
        };
        let with_units = items.iter().all(|(text, _)| bracketed(text).is_some());
        value.columns = Some(order(if with_units { "{property} ({unit})" } else { "{property}" }));
        let title = self.evidence.titles.first().cloned().unwrap_or_default();
        for (text, columns) in &items {
            let (base, unit) = match bracketed(text).filter(|_| with_units) {
                Some((base, unit)) => (base, Some(unit)),
                None => (text.clone(), None),
            };
            let direct = find_property(self.gazetteer, &base);
            let named = direct.map(|property| (property, 0.92)).or_else(|| {
                let context = self.evidence.context();
                let of_subject = of_subject(self.gazetteer, &base, context.iter().map(String::as_str));
                let of_title = property_in(self.gazetteer, &format!("{title} {base}"))
                    .filter(|(p, _)| says_of(p, &base));
                of_subject.or(of_title.map(|(property, _)| property)).map(|property| (property, 0.65))
            });
            let Some((property, confidence)) = named else {
                value.words.insert(base.clone(), "…".into());
                let reason = told!(
                    "guess-fill-in-item",
                    "FILL IN: nobody knows the property `{base}`: write its code, register it, or leave it out with `except`",
                    base = base
                );
                self.decide("value.0.words", 0.0, reason);
                continue;
            };
            if direct.is_none() {
                value.words.insert(base.clone(), property.code.to_string());
            }
            self.decide("value.0.columns", confidence, names(&base, property));
            match unit {
                Some(unit) if find_unit(self.gazetteer, &unit).is_some() => {}
                Some(unit) => {
                    let (confidence, reason) = self.looks_like(property, columns, None);
                    value.words.insert(unit.clone(), property.unit.clone());
                    let reason =
                        told!("guess-of", "{what}: {reason}", what = format!("`{unit}`"), reason => reason);
                    self.decide("value.0.words", confidence, reason);
                }
                None => {
                    let (confidence, reason) = self.looks_like(property, columns, None);
                    let reason =
                        told!("guess-of", "{what}: {reason}", what = format!("`{base}`"), reason => reason);
                    self.decide("value.0.property", confidence, reason);
                }
            }
        }
    }
}

/// Whether one of a property's names holds the words of an item.
fn says_of(property: &Property, item: &str) -> bool {
    let item = model::fold(item);
    let names = [Some(&property.name.vi), property.name.en.as_ref()].into_iter().flatten();
    names.chain(&property.aliases).any(|name| has_words(&model::fold(name), &item))
}
