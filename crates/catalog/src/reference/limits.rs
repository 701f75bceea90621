//! Agencies, sectors, properties and the limits on them.

use std::collections::{BTreeMap, BTreeSet};

use model::{Agency, AgencyId, PlaceId, PlaceKind, Property, PropertyKind, Text, Theme, fold};

use super::ReferenceError;
use super::known::{Known, Unique};
use super::rows::{
    PlausibleRange, QcDefault, RiverStation, Sector, Threshold, ThresholdKind, ThresholdSense,
};
use super::table::{Row, Table, date, duration, number, property, yes_no};

/// `agencies.csv`
pub(super) fn agencies(table: &Table) -> Result<Vec<Agency>, ReferenceError> {
    let mut unique = Unique::default();
    let mut agencies = Vec::new();
    for row in table.rows() {
        row.text("source")?;
        row.confidence()?;
        let id = row.required("id", |text| AgencyId::new(text).map_err(|error| error.to_string()))?;
        unique.add(&row, id.as_str())?;
        agencies.push(Agency { id, name: row.names("name")?, url: row.optional("url")? });
    }
    Ok(agencies)
}

/// `sectors.csv`
pub(super) fn sectors(table: &Table) -> Result<Vec<Sector>, ReferenceError> {
    let theme = |text: &str| Theme::from_code(text).ok_or_else(|| format!("`{text}` is not a theme"));
    let mut unique = Unique::default();
    let mut sectors = Vec::new();
    for row in table.rows() {
        let sector = Sector {
            code: row.text("code")?,
            theme: row.required("theme", theme)?,
            name: row.names("name")?,
        };
        unique.add(&row, &sector.code)?;
        sectors.push(sector);
    }
    Ok(sectors)
}

/// `properties.csv`. A code or an alias means one property, however it is written.
pub(super) fn properties(
    table: &Table,
    sectors: &[Sector],
    known: &mut Known,
) -> Result<Vec<Property>, ReferenceError> {
    let kind = |text: &str| {
        PropertyKind::from_code(text).ok_or_else(|| format!("`{text}` is neither extensive nor intensive"))
    };
    let mut words = Unique::default();
    let mut properties = Vec::new();
    for row in table.rows() {
        let sector = row.text("sector")?;
        if !sectors.iter().any(|known| known.code == sector) {
            return Err(row.error(format!("there is no sector `{sector}`")));
        }
        let property = Property {
            code: row.required("code", property)?,
            sector,
            name: row.names("name")?,
            aliases: row.list("aliases")?,
            unit: row.text("unit")?,
            kind: row.required("kind", kind)?,
            plausible_min: row.parse("plausible_min", number)?,
            plausible_max: row.parse("plausible_max", number)?,
            statistic: row.optional("statistic")?,
            cf_standard_name: row.optional("cf_standard_name")?,
            note: row.optional("note")?,
            confidence: row.confidence()?,
        };
        row.text("source")?;
        in_order(&row, property.plausible_min, property.plausible_max)?;
        // An alias may be the code in another spelling, such as `rice.yield`.
        let own: BTreeSet<String> =
            property.aliases.iter().map(String::as_str).chain([property.code.as_str()]).map(fold).collect();
        for word in own {
            words.add(&row, &word)?;
        }
        known.add_property(&row, &property)?;
        properties.push(property);
    }
    Ok(properties)
}

/// `plausible_ranges.csv`
pub(super) fn plausible_ranges(table: &Table, known: &Known) -> Result<Vec<PlausibleRange>, ReferenceError> {
    let mut unique = Unique::default();
    let mut ranges = Vec::new();
    for row in table.rows() {
        let range = PlausibleRange {
            property: known.property(&row, "property")?,
            place: known.place(&row, "place")?,
            min: row.parse("min", number)?,
            max: row.parse("max", number)?,
            source: row.text("source")?,
            confidence: row.confidence()?,
        };
        in_order(&row, range.min, range.max)?;
        unique.add(&row, &format!("{} {}", range.property, range.place))?;
        ranges.push(range);
    }
    Ok(ranges)
}

/// A file of thresholds of one kind. A row without a value says that the level was looked for and
/// not found; it is documentation, and no threshold.
pub(super) fn thresholds(
    table: &Table,
    kind: ThresholdKind,
    known: &Known,
) -> Result<Vec<Threshold>, ReferenceError> {
    let sense =
        |text: &str| ThresholdSense::from_code(text).ok_or_else(|| format!("`{text}` is not a sense"));
    let mut unique = Unique::default();
    let mut thresholds: Vec<Threshold> = Vec::new();
    for row in table.rows() {
        let property = known.property(&row, "property")?;
        let place = known.optional_place(&row, "place")?;
        let level = row.text("level")?;
        let valid_from = row.parse("valid_from", date)?;
        let (source, confidence) = (row.text("source")?, row.confidence()?);
        let Some(value) = row.parse("value", number)? else {
            row.text("note")?;
            continue;
        };
        let mut id = match &place {
            Some(place) => format!("{}:{}:{level}", kind.code(), place.code()),
            None => format!("{}:{level}", kind.code()),
        };
        if kind == ThresholdKind::WaterQuality {
            id = format!("{id}:{property}");
        }
        if let Some(day) = valid_from {
            id = format!("{id}:{day}");
        }
        unique.add(&row, &id)?;
        let (factor, unit) = known.conversion(&row, &property)?;
        let threshold = Threshold {
            id,
            kind,
            unit,
            property,
            place,
            level,
            meaning: Text { vi: row.text("meaning_vi")?, en: row.optional("meaning_en")?, km: None },
            value: scaled(value, factor),
            upper: row.parse("upper", number)?.map(|upper| scaled(upper, factor)),
            sense: row.required("sense", sense)?,
            approximate: row.required("approximate", yes_no)?,
            datum: row.optional("datum")?,
            valid_from,
            valid_to: row.parse("valid_to", date)?,
            source,
            confidence,
            note: row.optional("note")?,
        };
        let has_two = matches!(threshold.sense, ThresholdSense::Range | ThresholdSense::LimitBetween);
        if has_two != threshold.upper.is_some() {
            return Err(row.error("a range needs an `upper`, and nothing else has one".into()));
        }
        in_order(&row, Some(threshold.value), threshold.upper)?;
        if let Some(other) = thresholds.iter().find(|other| overlap(other, &threshold)) {
            return Err(row.error(format!("holds on days on which `{}` holds too", other.id)));
        }
        thresholds.push(threshold);
    }
    Ok(thresholds)
}

/// `qc_defaults.csv`
pub(super) fn qc_defaults(table: &Table, known: &Known) -> Result<Vec<QcDefault>, ReferenceError> {
    let mut unique = Unique::default();
    let mut defaults = Vec::new();
    for row in table.rows() {
        let property = known.property(&row, "property")?;
        let (factor, unit) = known.conversion(&row, &property)?;
        if factor != 1.0 {
            return Err(row.error(format!("limits of `{property}` are in `{unit}`")));
        }
        let default = QcDefault {
            unit,
            property,
            station_class: row.text("station_class")?,
            stations: known.places(&row, "stations")?,
            interval: row.required("interval", duration)?,
            gross_fail_min: row.required("gross_fail_min", number)?,
            gross_fail_max: row.required("gross_fail_max", number)?,
            suspect_min: row.required("suspect_min", number)?,
            suspect_max: row.required("suspect_max", number)?,
            spike_suspect: row.parse("spike_suspect", number)?,
            spike_fail: row.parse("spike_fail", number)?,
            rate_period: row.required("rate_period", duration)?,
            rate_suspect: row.parse("rate_suspect", number)?,
            rate_fail: row.parse("rate_fail", number)?,
            flat_tolerance: row.parse("flat_tolerance", number)?,
            flat_suspect: row.parse("flat_suspect", duration)?,
            flat_fail: row.parse("flat_fail", duration)?,
            gap_suspect: row.parse("gap_suspect", duration)?,
            neighbour: row.optional("neighbour")?,
            source: row.text("source")?,
            confidence: row.confidence()?,
        };
        // What is suspect lies within what fails, or one of the two tests says nothing.
        in_order(&row, Some(default.gross_fail_min), Some(default.suspect_min))?;
        in_order(&row, Some(default.suspect_min), Some(default.suspect_max))?;
        in_order(&row, Some(default.suspect_max), Some(default.gross_fail_max))?;
        in_order(&row, default.spike_suspect, default.spike_fail)?;
        in_order(&row, default.rate_suspect, default.rate_fail)?;
        unique.add(&row, &format!("{} {}", default.property, default.station_class))?;
        defaults.push(default);
    }
    Ok(defaults)
}

/// `river_stations.csv`: along each branch from its mouth inland.
pub(super) fn river_stations(table: &Table, known: &Known) -> Result<Vec<RiverStation>, ReferenceError> {
    let mut unique = Unique::default();
    let mut last_km: BTreeMap<PlaceId, f64> = BTreeMap::new();
    let mut stations = Vec::new();
    for row in table.rows() {
        let one = RiverStation {
            mouth: known.place_of_kind(&row, "mouth", PlaceKind::RiverMouth)?,
            station: known.place_of_kind(&row, "station", PlaceKind::Station)?,
            km: row.required("km", number)?,
            source: row.text("source")?,
            confidence: row.confidence()?,
        };
        unique.add(&row, &format!("{} {}", one.mouth, one.station))?;
        match last_km.insert(one.mouth.clone(), one.km) {
            None if one.km < 0.0 => return Err(row.error("`km` is below zero".into())),
            Some(before) if one.km <= before => {
                return Err(row.error(format!("`km` is not beyond the station before, {before}")));
            }
            _ => stations.push(one),
        }
    }
    Ok(stations)
}

/// Whether two rows give the same level of the same place on some day.
fn overlap(one: &Threshold, other: &Threshold) -> bool {
    let ends_before =
        |a: &Threshold, b: &Threshold| a.valid_to.zip(b.valid_from).is_some_and(|(to, from)| to < from);
    one.place == other.place
        && one.level == other.level
        && one.property == other.property
        && !ends_before(one, other)
        && !ends_before(other, one)
}

/// A limit in another unit, without digits that nobody wrote (22.6 m is 2260 cm).
fn scaled(value: f64, factor: f64) -> f64 {
    let scaled = value * factor;
    format!("{scaled:.9e}").parse().unwrap_or(scaled)
}

fn in_order(row: &Row<'_>, low: Option<f64>, high: Option<f64>) -> Result<(), ReferenceError> {
    match low.zip(high) {
        Some((low, high)) if low > high => Err(row.error(format!("`{low}` is above `{high}`"))),
        _ => Ok(()),
    }
}
