//! Temperatures of which nothing says whether they are those of the air or of the water.

use wording::{Told, told};

use super::observations::Guess;
use super::words::has_words;
use crate::mapping::TextOrColumn;
use crate::observe::find_property;

/// What a bare name of a temperature is taken for elsewhere, and what it is beside samples of water.
const OF_AIR: &str = "air_temp";
const OF_WATER: &str = "water_temp";
/// Sectors whose values are measured in water, and that of the weather.
const IN_WATER: [&str; 3] = ["salinity", "water_quality", "hydrology"];
const IN_AIR: &str = "meteorology";
/// Words of names that say which it is, folded; those of the air stand in titles, too.
const AIR: [&str; 3] = ["khong khi", "kk", "air"];
const WATER: [&str; 2] = ["nuoc", "water"];

impl Guess<'_> {
    /// Asks about temperatures beside what is measured in water: `Độ mặn | pH | Nhiệt độ`.
    pub(super) fn ask_of_temperatures(&mut self) {
        for at in 0..self.mapping.values.len() {
            match self.mapping.values[at].property.clone() {
                TextOrColumn::Text(code) if code == OF_AIR => {
                    let name = self.mapping.values[at].column.clone();
                    let others = self.mapping.values.iter().filter_map(|value| value.property.text());
                    if self.is_bare(&name) && self.are_of_water(others) {
                        self.mapping.values[at].property = TextOrColumn::Text(OF_WATER.into());
                        self.because(&format!("value.{at}.property"), 0.5, question(&name));
                    }
                }
                TextOrColumn::Column { column, words, .. } => {
                    let of_column = self.sample.named(&column);
                    let texts: Vec<&str> = of_column
                        .into_iter()
                        .flat_map(|column| column.texts.iter().map(|(text, _)| text.as_str()))
                        .collect();
                    let is_meant = |text: &&&str| {
                        !words.contains_key(**text)
                            && self.is_bare(text)
                            && find_property(self.gazetteer, text)
                                .is_some_and(|found| found.code.as_str() == OF_AIR)
                    };
                    let Some(text) = texts.iter().find(is_meant).map(|text| (*text).to_owned()) else {
                        continue;
                    };
                    if !self.are_of_water(texts.into_iter()) {
                        continue;
                    }
                    if let TextOrColumn::Column { words, .. } = &mut self.mapping.values[at].property {
                        words.insert(text.clone(), OF_WATER.into());
                    }
                    self.because(&format!("value.{at}.property"), 0.5, question(&text));
                }
                TextOrColumn::Text(_) => {}
            }
        }
    }

    /// Whether neither a name nor a title says which temperature it is.
    fn is_bare(&self, name: &str) -> bool {
        let says = |text: &str, words: &[&str]| words.iter().any(|word| has_words(&model::fold(text), word));
        !says(name, &AIR)
            && !says(name, &WATER)
            && !self.evidence.titles.iter().any(|title| says(title, &AIR))
    }

    /// Whether properties are measured in water, and none of the others in the air.
    fn are_of_water<'n>(&self, names: impl Iterator<Item = &'n str>) -> bool {
        let sectors: Vec<&str> = names
            .filter_map(|name| find_property(self.gazetteer, name))
            .filter(|property| property.code.as_str() != OF_AIR)
            .map(|property| property.sector.as_str())
            .collect();
        sectors.iter().any(|sector| IN_WATER.contains(sector)) && !sectors.contains(&IN_AIR)
    }
}

fn question(name: &str) -> Told {
    told!(
        "guess-water-or-air",
        "`{name}` stands beside what is measured in water: is it the temperature of the water, or of the air (`air_temp`)?",
        name = name
    )
}
