//! Nutrients of which nothing says whether they are counted as the ion or as its element: `NO3 (mg/L)`.

use wording::told;

use super::observations::Guess;
use crate::mapping::TextOrColumn;
use crate::observe::{find_property, nutrient};

impl Guess<'_> {
    /// Asks what is meant where neither a name, nor a unit, nor a title says it: the two differ by factors of 1.3 to 4.4.
    pub(super) fn ask_of_nutrients(&mut self) {
        let asked: Vec<_> = (0..self.mapping.values.len()).filter_map(|at| self.unsaid(at)).collect();
        for (at, name, code, element, ion) in asked {
            let reason = told!(
                "guess-nutrient",
                "`{name}` may be counted as {element} or as {ion}, and nothing says which; it is taken for `{code}`, as {element}. Write the `unit` as `{by_element}` or as `{by_ion}`",
                name = name,
                element = element,
                ion = ion,
                code = code,
                by_element = format!("mg{{{element}}}/L"),
                by_ion = format!("mg{{{ion}}}/L")
            );
            self.because(&format!("value.{at}.unit"), 0.4, reason);
        }
    }

    /// The name and the nutrient of a value of which nothing says as what it is counted.
    fn unsaid(&self, at: usize) -> Option<(usize, String, String, &'static str, &'static str)> {
        let value = &self.mapping.values[at];
        let texts_of = |reference: &str| {
            let column = self.sample.named(reference);
            column.into_iter().flat_map(|column| column.texts.iter().map(|(text, _)| text.clone()))
        };
        let names: Vec<String> = match &value.property {
            TextOrColumn::Text(_) => {
                let column = self.sample.named(&value.column);
                vec![column.map_or_else(|| value.column.clone(), |column| column.name.clone())]
            }
            TextOrColumn::Column { column, .. } => texts_of(column).collect(),
        };
        let units: Vec<String> = match &value.unit {
            None => Vec::new(),
            Some(TextOrColumn::Text(unit)) => vec![unit.clone()],
            Some(TextOrColumn::Column { column, .. }) => texts_of(column).collect(),
        };
        names.into_iter().find_map(|name| {
            let property = match value.property.text() {
                Some(code) => find_property(self.gazetteer, code)?,
                None => find_property(self.gazetteer, &name)?,
            };
            let nutrient = nutrient(property)?;
            let is_code = name.trim() == property.code.as_str();
            let is_said = is_code
                || nutrient.says_element(&name)
                || units.iter().any(|unit| nutrient.is_said_by(unit))
                || self.evidence.titles.iter().any(|title| nutrient.says_element(title));
            let (element, ion) = (nutrient.element.as_str(), nutrient.ion.as_str());
            (!is_said).then(|| (at, name, property.code.to_string(), element, ion))
        })
    }
}
