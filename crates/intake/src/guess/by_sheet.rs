//! Guessing what differs from sheet to sheet of a workbook: the property, the statistic, the unit.

use std::collections::BTreeMap;

use model::Property;
use wording::told;

use super::evidence::{Evidence, is_instant};
use super::headers::find;
use super::shaped::{ROWS, Shaped, around, number};
use super::survey::SheetSample;
use crate::mapping::{TextOrColumn, ValueSource};
use crate::observe::{conversion, usual_statistic};

impl Shaped<'_> {
    /// One property a sheet; `false` when the sheets do not differ in it.
    pub(super) fn by_sheet(&mut self, value: &mut ValueSource) -> bool {
        if self.alike.len() < 2 || self.mapping.place.as_ref().is_some_and(|place| place.sheet) {
            return false;
        }
        let (mut properties, mut statistics) = (BTreeMap::new(), BTreeMap::new());
        let (mut unknown, mut untold): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let mut units: Vec<UnitOfSheet> = Vec::new();
        let mut least: f64 = 1.0;
        for sheet in &self.alike {
            let evidence = Evidence::of(self.survey, sheet, self.found.header.row);
            // The file's name is the same for all.
            let evidence = Evidence { file: "", ..evidence };
            let Some(named) = evidence.property(self.gazetteer) else {
                unknown.push(sheet.name.clone());
                continue;
            };
            least = least.min(named.confidence);
            properties.insert(sheet.name.clone(), named.property.code.to_string());
            let said = named.statistic.map(str::to_owned);
            if said.is_none() && is_instant(named.property) && value.period.is_some() {
                untold.push(sheet.name.clone());
            }
            let usual = usual_statistic(named.property.statistic.as_deref());
            let otherwise = if is_instant(named.property) { "mean" } else { usual.code() };
            statistics.insert(sheet.name.clone(), said.unwrap_or_else(|| otherwise.to_owned()));
            let fits = |unit: &str| conversion(unit, named.property).is_ok();
            let said = evidence.unit(self.gazetteer).filter(|(_, unit)| fits(unit));
            let strange = if said.is_none() { self.strange(sheet, named.property) } else { None };
            let own = named.property.unit.clone();
            units.push(UnitOfSheet { sheet: sheet.name.clone(), said, own, strange });
        }
        if properties.is_empty() {
            return false;
        }
        value.property = of_sheet(properties);
        self.decide(
            "value.0.property",
            least,
            told!("guess-titles-of-sheets", "the titles of the sheets name these properties"),
        );
        if !unknown.is_empty() {
            self.mapping.source.sheets = vec!["*".into()];
            let reason = told!(
                "guess-property-of-sheet-unknown",
                "the property of {sheets} is not known: add it to `words`, or the sheet is left out",
                sheets = listed(&unknown)
            );
            self.decide("value.0.property", 0.5, reason);
        }
        if value.period.is_some() {
            value.statistic = Some(of_sheet(statistics));
            if untold.is_empty() {
                self.decide(
                    "value.0.statistic",
                    0.85,
                    told!("guess-titles-or-usual", "the titles say so, or it is the property's usual one"),
                );
            }
            for sheet in untold {
                let reason = told!(
                    "guess-statistic-of-sheet",
                    "are the values of `{sheet}` means of their periods, or maxima, minima, totals? Nothing on the sheet says it: correct its word",
                    sheet = sheet
                );
                self.decide("value.0.statistic", 0.5, reason);
            }
        }
        self.units_by_sheet(value, units);
        true
    }

    /// A text of a sheet that is not plausible in the property's own unit, where such texts are many.
    fn strange(&self, sheet: &SheetSample, property: &Property) -> Option<String> {
        let (least, most) = (property.plausible_min?, property.plausible_max?);
        let found = find(&sheet.chunk, &self.mapping.source.missing)?;
        let rows = found.start..sheet.chunk.len().min(found.start + ROWS);
        let (mut all, mut outside, mut shows) = (0_usize, 0_usize, None);
        for text in rows.flat_map(|row| {
            found.columns.iter().filter_map(move |(column, _)| sheet.chunk.cell(row, *column))
        }) {
            let Some(number) = number(text.trim()) else { continue };
            all += 1;
            if !(least..=most).contains(&number) {
                outside += 1;
                shows.get_or_insert_with(|| text.trim().to_owned());
            }
        }
        shows.filter(|_| outside * 20 > all)
    }

    /// The unit that the titles name by one pattern; else what each sheet names, or its property's own.
    fn units_by_sheet(&mut self, value: &mut ValueSource, units: Vec<UnitOfSheet>) {
        for unit in units.iter().filter(|unit| unit.said.is_none()) {
            if let Some(text) = &unit.strange {
                let reason = told!(
                    "guess-unit-of-sheet",
                    "which unit has the sheet `{sheet}`? `{text}` is not plausible in `{unit}`, its property's own: correct its word",
                    sheet = unit.sheet,
                    text = text,
                    unit = unit.own
                );
                self.decide("value.0.unit", 0.2, reason);
            }
        }
        let mut patterns: Vec<&str> =
            units.iter().filter_map(|unit| Some(unit.said.as_ref()?.0.as_str())).collect();
        let of_all = patterns.len() == units.len();
        patterns.sort_unstable();
        patterns.dedup();
        if let ([pattern], true) = (patterns.as_slice(), of_all) {
            value.unit = Some(around("@title", pattern));
            self.decide(
                "value.0.unit",
                0.85,
                told!("guess-unit-above-each", "the unit stands above each of the tables"),
            );
            return;
        }
        let untold: Vec<String> =
            units.iter().filter(|unit| unit.said.is_none()).map(|unit| unit.sheet.clone()).collect();
        let reason = if untold.is_empty() {
            told!("guess-units-in-different-ways", "the units stand above the tables, in different ways")
        } else {
            told!(
                "guess-no-unit-on-sheets",
                "no unit that is known here stands on {sheets}: each property's own, in which the values are plausible, CHECK",
                sheets = listed(&untold)
            )
        };
        self.decide("value.0.unit", 0.65, reason);
        let of_unit = |unit: UnitOfSheet| (unit.sheet, unit.said.map_or(unit.own, |(_, said)| said));
        value.unit = Some(of_sheet(units.into_iter().map(of_unit).collect()));
    }
}

/// What a sheet says of its unit.
struct UnitOfSheet {
    sheet: String,
    /// The pattern of the title that names it, and the unit.
    said: Option<(String, String)>,
    /// The property's own.
    own: String,
    /// A text that is not plausible in it.
    strange: Option<String>,
}

/// A fact that the sheet's name tells by these words.
fn of_sheet(words: BTreeMap<String, String>) -> TextOrColumn {
    TextOrColumn::Column {
        column: "@sheet".into(),
        prefix: String::new(),
        default: None,
        pattern: None,
        words,
    }
}

fn listed(sheets: &[String]) -> String {
    sheets.iter().map(|sheet| format!("`{sheet}`")).collect::<Vec<_>>().join(", ")
}
