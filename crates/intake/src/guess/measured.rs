//! Headers that name a property and more: a statistic, a period, a unit without brackets, or a letter of hydrology
//! for the property: `Độ mặn max`, `Mực nước TB ngày`, `Smin (g/l)`, `H (m)`, `Lưu lượng m3/s`.

use std::ops::Range;

use catalog::Gazetteer;
use formats::Chunk;
use model::{Property, Statistic};
use wording::{Told, told};

use super::composite::parts;
use super::sample::{Column, brackets};
use super::shaped::number;
use crate::observe::{conversion, find_property, find_statistic, unit_of, unlisted};

/// Letters of properties, folded, as gauge books and bulletins of the hydrometeorological service use them.
const LETTERS: [(&str, &str); 3] = [("h", "water_level"), ("q", "discharge"), ("s", "salinity")];
/// Words that say over which period a statistic is, folded, and the period.
const PERIODS: [(&str, &str); 6] = [
    ("trong ngay", "P1D"),
    ("trong thang", "P1M"),
    ("trong nam", "P1Y"),
    ("ngay", "P1D"),
    ("thang", "P1M"),
    ("nam", "P1Y"),
];
/// Sectors whose properties are measured at stations, and those that are counted by administrative unit.
const AT_STATIONS: [&str; 6] =
    ["hydrology", "salinity", "meteorology", "water_quality", "air_quality", "groundwater"];
const BY_UNIT: [&str; 5] = ["agriculture", "aquaculture", "health", "land_use", "population_economy"];

/// What a header names.
pub(super) struct Measured<'g> {
    pub(super) property: &'g Property,
    pub(super) statistic: Option<Statistic>,
    pub(super) period: Option<&'static str>,
    /// The unit that stands in the header, in brackets or behind the name.
    pub(super) unit: Option<String>,
}

/// What the header of a column names beyond the plain name of a property; `above` is the unit of all columns.
pub(super) fn measured<'g>(
    gazetteer: &'g Gazetteer,
    column: &Column,
    above: Option<&str>,
) -> Option<Measured<'g>> {
    if let Some(found) = of_name(gazetteer, &column.base, column.unit.clone()) {
        return Some(found);
    }
    // `Mực nước cm`, where the unit stands in a second row of the header; `water_level_cm`.
    let is_bare = column.unit.is_none() && !column.name.contains(['(', '[']);
    let parts = column.name.rsplit_once([' ', '_']).filter(|_| is_bare);
    let behind = parts.filter(|(_, unit)| unit_of(unit).is_some());
    if let Some(found) = behind.and_then(|(base, unit)| of_name(gazetteer, base, Some(unit.to_owned()))) {
        return Some(found);
    }
    // `Smin` under `(g/l)`: the letter of a property that is in this unit.
    let above = above.filter(|_| column.unit.is_none())?;
    let found = of_name(gazetteer, &column.base, Some(above.to_owned()))?;
    Some(Measured { unit: None, ..found })
}

/// What a text names: a property with or without a statistic and its unit, or the part of its name that the
/// titles complete.
pub(super) fn said_by<'g>(gazetteer: &'g Gazetteer, text: &str, context: &[String]) -> Option<Measured<'g>> {
    let (base, inside) = brackets(text);
    let base = base.split_whitespace().collect::<Vec<_>>().join(" ");
    let base = unlisted(&base, None);
    let unit = inside.into_iter().find(|unit| unit_of(unit).is_some());
    if let Some(property) = find_property(gazetteer, base) {
        return Some(Measured { property, statistic: None, period: None, unit });
    }
    of_name(gazetteer, base, unit.clone()).or_else(|| {
        let found = parts(gazetteer, base, context).filter(|found| found.season.is_none())?;
        let unit = unit.or(found.unit);
        Some(Measured { property: found.property, statistic: None, period: None, unit })
    })
}

/// The property that a header of two rows names in two languages: `Mật độ dân số Population density`.
pub(super) fn twice<'g>(gazetteer: &'g Gazetteer, name: &str) -> Option<&'g Property> {
    name.match_indices(' ').find_map(|(at, _)| {
        let one = find_property(gazetteer, &name[..at])?;
        let other = find_property(gazetteer, &name[at + 1..])?;
        (one.code == other.code).then_some(one)
    })
}

fn of_name<'g>(gazetteer: &'g Gazetteer, base: &str, unit: Option<String>) -> Option<Measured<'g>> {
    let folded = model::fold(base);
    let fits = |property: &&Property| unit.as_ref().is_none_or(|unit| conversion(unit, property).is_ok());
    let property = |name: &str| {
        let by_letter = || {
            let (_, code) = LETTERS.iter().find(|(letter, _)| *letter == name && unit.is_some())?;
            find_property(gazetteer, code)
        };
        find_property(gazetteer, name).filter(|_| name.len() > 1).or_else(by_letter).filter(fits)
    };
    if let Some(property) = property(&folded) {
        return Some(Measured { property, statistic: None, period: None, unit });
    }
    let ends = PERIODS
        .iter()
        .find_map(|(words, period)| Some((folded.strip_suffix(words)?.strip_suffix(' ')?, Some(*period))));
    let (bare, period) = ends.unwrap_or((folded.as_str(), None));
    let (property, statistic) =
        splits(bare).find_map(|(name, statistic)| Some((property(name)?, statistic)))?;
    Some(Measured { property, statistic: Some(statistic), period, unit })
}

/// The statistic that stands in a folded text, alone or beside a name: `smax`, `mua lon nhat`.
pub(super) fn statistic_within(folded: &str) -> Option<Statistic> {
    find_statistic(folded).or_else(|| splits(folded).map(|(_, statistic)| statistic).next())
}

/// The code of the property that a text names for values of a unit.
pub(super) fn of_text<'g>(gazetteer: &'g Gazetteer, text: &str, unit: &str) -> Option<&'g str> {
    of_name(gazetteer, text, Some(unit.to_owned())).map(|found| found.property.code.as_str())
}

/// The ways to cut a folded header into a name and a statistic before or behind it.
fn splits(folded: &str) -> impl Iterator<Item = (&str, Statistic)> {
    let by_word = folded.match_indices(' ').flat_map(move |(at, _)| {
        let (left, right) = (&folded[..at], &folded[at + 1..]);
        let behind = find_statistic(right).map(|statistic| (left, statistic));
        let before = find_statistic(left).map(|statistic| (right, statistic));
        behind.into_iter().chain(before)
    });
    // `Smax`: the letter of the property and the statistic are one word.
    let as_one = folded.char_indices().nth(1).and_then(|(at, _)| {
        let (letter, rest) = folded.split_at(at);
        find_statistic(rest).map(|statistic| (letter, statistic))
    });
    by_word.chain(as_one)
}

/// How sure it is that values without a unit are in the property's own, and why: most have to be plausible in it.
pub(super) fn own_unit(chunk: &Chunk, rows: Range<usize>, column: usize, property: &Property) -> (f64, Told) {
    let unit = &property.unit;
    let (mut all, mut inside, mut shows) = (0_usize, 0_usize, None);
    let mut numbers: Vec<f64> = Vec::new();
    for text in rows.filter_map(|row| chunk.cell(row, column)).map(str::trim) {
        let Some(number) = number(text) else { continue };
        let fits = property.plausible_min.is_none_or(|least| number >= least)
            && property.plausible_max.is_none_or(|most| number <= most);
        all += 1;
        numbers.push(number);
        inside += usize::from(fits);
        if !fits && shows.is_none() {
            shows = Some(text);
        }
    }
    if let Some(other) = other_scale(property, &numbers) {
        return (0.4, or_in_another(unit, other));
    }
    match shows.filter(|_| inside * 10 < all * 8) {
        None => (0.7, taken_as_own(unit)),
        Some(shows) => (
            0.2,
            told!(
                "guess-which-unit",
                "which unit? `{shown}` is not plausible in `{unit}`, the unit of `{code}`",
                shown = shows,
                unit = unit,
                code = property.code
            ),
        ),
    }
}

/// Asks in which of two units values without a unit are.
pub(super) fn or_in_another(unit: &str, other: &str) -> Told {
    told!(
        "guess-which-of-two-units",
        "no unit is named: are the values in `{unit}`, or in `{other}`?",
        unit = unit,
        other = other
    )
}

/// Says that values without a unit are taken to be in their property's own.
pub(super) fn taken_as_own(unit: &str) -> Told {
    told!("guess-taken-as-own", "no unit is named: taken as `{unit}`, the property's own, CHECK", unit = unit)
}

/// Another unit in which values without a unit may be as well as in their property's own: water levels are
/// written in centimetres and in metres, harvests in tons and in thousands of them, shares in per cent and in
/// parts of one.
pub(super) fn other_scale(property: &Property, numbers: &[f64]) -> Option<&'static str> {
    let most = numbers.iter().fold(0.0_f64, |most, number| most.max(number.abs()));
    let (factor, other) = match property.unit.as_str() {
        "cm" => (100.0, "m"),
        "t" => (1000.0, "10*3.t"),
        "har" => (1000.0, "10*3.har"),
        "%" => (100.0, "1"),
        _ => return None,
    };
    let has_fractions = numbers.iter().any(|number| number.fract() != 0.0);
    let is_part = property.unit != "%" || most <= 1.0;
    let fits = property.plausible_max.is_some_and(|limit| most * factor <= limit);
    (has_fractions && is_part && fits && most > 0.0).then_some(other)
}

/// Properties that are named alike and told apart by their unit alone: a saturation is in per cent.
const BY_UNIT_ALONE: [(&str, &str, &str); 1] = [("do", "%", "do_sat")];

/// The property that is meant in a unit, where its name alone may be of two.
pub(super) fn of_unit<'g>(
    gazetteer: &'g Gazetteer,
    property: &'g Property,
    unit: Option<&str>,
) -> &'g Property {
    let found = BY_UNIT_ALONE
        .iter()
        .find(|(code, of, _)| property.code.as_str() == *code && unit.map(str::trim) == Some(*of));
    found.and_then(|(.., other)| find_property(gazetteer, other)).unwrap_or(property)
}

/// Whether a property is measured at stations, or counted by administrative unit; `None` where it may be both.
pub(super) fn is_of_stations(property: &Property) -> Option<bool> {
    let sector = property.sector.as_str();
    AT_STATIONS.contains(&sector).then_some(true).or(BY_UNIT.contains(&sector).then_some(false))
}

/// Whether a unit by the litre says that what a property of the air is named after was measured in water: `NO2 (mg/l)`.
pub(super) fn is_in_water(property: &Property, unit: Option<&str>) -> bool {
    let by_litre = |unit: &str| unit.to_lowercase().trim_end().ends_with("/l");
    property.sector == "air_quality" && unit.is_some_and(by_litre)
}
