//! A column of values that a mapping means, and what its header says of it.

use std::collections::BTreeMap;

use wording::{Told, told};

use super::parts::{HeaderTime, quarter};
use super::prepare::in_words;
use super::resolve::{find_property, find_unit};
use super::shared::Shared;
use super::statistic::find_statistic;
use crate::mapping::{Captured, TextOrColumn, ValueSource};

/// A column of values that was found, before it is looked up.
pub(super) struct Found {
    pub(super) value: usize,
    pub(super) property: Option<usize>,
    pub(super) unit: Option<usize>,
    pub(super) period: Option<usize>,
    pub(super) statistic: Option<usize>,
    pub(super) source: ValueSource,
    pub(super) time: HeaderTime,
    pub(super) place: Option<String>,
    pub(super) preliminary: bool,
    /// Its `[[value]]`, from 0.
    pub(super) number: Option<usize>,
}

/// Puts what a header says into a column's source; an error is what nobody knows.
pub(super) fn said_by_header(
    found: &mut Found,
    captured: &Captured,
    words: &BTreeMap<String, String>,
    shared: &Shared,
) -> Result<(), Told> {
    let said = |name: &str| {
        captured.get(name).map(|text| (text.as_str(), in_words(text, words).unwrap_or_else(|| text.clone())))
    };
    let text = |name: &str| said(name).map(|(_, meaning)| meaning);
    found.time.text = text("time");
    found.time.parts = ["year", "month", "day", "hour", "week"].map(text);
    if let Some(month) = text("quarter").and_then(|text| quarter(&text)) {
        found.time.parts[1] = Some(month.to_string());
        found.source.period.get_or_insert(TextOrColumn::Text("P3M".into()));
    }
    found.place = text("place");
    if let Some((written, meaning)) = said("property") {
        let property = find_property(&shared.gazetteer, &meaning)
            .ok_or_else(|| told!("intake-no-property", "`{written}` is no property", written = written))?;
        found.source.property = TextOrColumn::Text(property.code.to_string());
    }
    if let Some((written, meaning)) = said("unit") {
        let unit = find_unit(&shared.gazetteer, &meaning)
            .ok_or_else(|| told!("intake-no-unit", "`{unit}` is no unit", unit = written))?;
        found.source.unit = Some(TextOrColumn::Text(unit));
    }
    if let Some((written, meaning)) = said("statistic") {
        let statistic = find_statistic(&meaning).ok_or_else(|| {
            told!("intake-no-statistic", "`{statistic}` is no statistic", statistic = written)
        })?;
        found.source.statistic = Some(TextOrColumn::Text(statistic.code().to_owned()));
    }
    if let Some((written, meaning)) = said("period") {
        let period = super::period::Period::of_cell(&meaning, "")
            .ok_or_else(|| told!("intake-no-period", "`{text}` is no period", text = written))?;
        found.source.period = Some(TextOrColumn::Text(period.text));
    }
    Ok(())
}
