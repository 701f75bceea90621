//! What a raster is of: its time, property and unit, by what its file and the name of that say and by the mapping.
//!
//! A mapping that came with the file is followed where the two contradict each other, and that is told. One that was
//! kept from another file is not: then whoever hands the file in has to say which is right.

use catalog::Gazetteer;
use formats::coverage::BandSummary;
use model::{CellRef, Property, Severity, Unit};
use wording::{Told, told};

use super::named::Said;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::CoverageSource;
use crate::observe::{UnitProblem, conversion, find_property};

/// What a file says of a raster in it.
pub(super) struct Says<'a> {
    /// The time, by the file itself.
    pub(super) time: Option<&'a str>,
    /// The time, by the name of the file.
    pub(super) named: &'a Said,
    /// The property, by the name of the file.
    pub(super) property: Option<&'a str>,
    pub(super) unit: Option<&'a str>,
    /// What the file calls it: names, and words about it.
    pub(super) called: &'a [&'a str],
    /// Whether it is of one time.
    pub(super) wants_time: bool,
    /// Whether what is missing is told.
    pub(super) is_told: bool,
    /// Whether only the name of the file and the mapping can say the property.
    pub(super) is_tiff: bool,
}

/// What a raster is of.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) time: Option<String>,
    pub(super) property: Option<String>,
    pub(super) unit: Option<String>,
    /// Whether the mapping says the property, and not the name of the file.
    is_said: bool,
    /// Whether nothing of it is missing.
    is_whole: bool,
}

impl Facts {
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }
}

/// The mapping of rasters that is followed.
pub(super) struct Under<'a> {
    pub(super) coverage: &'a CoverageSource,
    /// Whether it was kept from another file.
    pub(super) is_kept: bool,
    /// The time that it says of another file.
    pub(super) time_of_another: Option<&'a str>,
}

pub(super) fn warn(findings: &mut Findings, at: usize, code: &str, words: [String; 3]) {
    let cell = CellRef { sheet: 0, row: u32::try_from(at + 1).unwrap_or(u32::MAX), column: 1 };
    let [column_name, value, expected] = words;
    findings.add(Severity::Warning, code, cell, || Words { column_name, value, expected });
}

/// Puts together what is said of the raster at this place in its file.
pub(super) fn settle(
    says: &Says<'_>,
    under: &Under<'_>,
    gazetteer: &Gazetteer,
    at: usize,
    findings: &mut Findings,
) -> Result<Facts, Error> {
    let mut facts = Facts {
        time: time(says, under, at, findings)?,
        unit: unit(says, under, gazetteer, at, findings)?,
        ..Facts::default()
    };
    let said = under.coverage.property.as_deref();
    facts.is_said = said.is_some();
    facts.property = match (said, says.property) {
        (Some(said), named) => {
            let code = find_property(gazetteer, said).map_or(said, |property| property.code.as_str());
            if let Some(named) = named.filter(|named| *named != code) {
                contradicted(under, at, "property", (named, code), findings)?;
            } else if under.is_kept {
                let is_called = is_called(says, code, gazetteer)?;
                if !is_called && named.is_none() && says.unit.is_none() && at == 0 {
                    warn(findings, at, "raster_as_before", ["property".into(), code.into(), String::new()]);
                }
            }
            Some(code.to_owned())
        }
        (None, Some(named)) => {
            // A name may speak of something else than the unit is of.
            let property = find_property(gazetteer, named);
            let fits = property
                .zip(facts.unit.as_deref())
                .is_none_or(|(property, unit)| conversion(unit, property).is_ok());
            if fits && at == 0 {
                warn(findings, at, "raster_by_name", ["property".into(), named.into(), String::new()]);
            }
            Some(named.to_owned()).filter(|_| fits)
        }
        (None, None) => None,
    };
    let missing = [
        ("time", says.wants_time && facts.time.is_none()),
        ("property", says.is_tiff && facts.property.is_none()),
        ("unit", facts.unit.is_none()),
    ];
    facts.is_whole = missing.iter().all(|(_, is_missing)| !is_missing);
    if says.is_told && !facts.is_whole {
        let missing: Vec<&str> =
            missing.iter().filter(|(_, is_missing)| *is_missing).map(|(key, _)| *key).collect();
        let unsure = match says.named {
            Said::Unsure(text) if facts.time.is_none() => text.clone(),
            _ => String::new(),
        };
        warn(findings, at, "raster_untold", ["raster".into(), missing.join(", "), unsure]);
    }
    Ok(facts)
}

fn time(
    says: &Says<'_>,
    under: &Under<'_>,
    at: usize,
    findings: &mut Findings,
) -> Result<Option<String>, Error> {
    let instant = |text: &str| model::parse_instant(text).ok();
    if let Some(said) = &under.coverage.time {
        let contradicts = match (says.time, says.named) {
            (Some(time), _) => (instant(time) != instant(said)).then(|| time.to_owned()),
            (None, Said::Time(span)) => {
                instant(said).is_some_and(|said| !span.holds(said)).then(|| span.text.clone())
            }
            (None, _) => None,
        };
        if let Some(other) = contradicts {
            contradicted(under, at, "time", (&other, said), findings)?;
        }
        return Ok(Some(said.clone()));
    }
    match (says.time, says.named, under.time_of_another) {
        (Some(time), ..) => Ok(Some(time.to_owned())),
        (None, Said::Time(span), _) => {
            if at == 0 {
                warn(findings, at, "raster_by_name", ["time".into(), span.day(), span.text.clone()]);
            }
            Ok(Some(span.day()))
        }
        (None, _, Some(of_another)) if says.wants_time => Err(Error::invalid(
            told!(
                "intake-raster-time-was-of-another-file",
                "the kept mapping says the time `{time}` of another file, and nothing says the time of this one",
                time = of_another
            ),
            told!(
                "intake-raster-say-time-in-name-or-mapping",
                "write the day into the name of the file (`rain_2020-02-15.tif`), or hand the file in with a mapping that says its `time` under `[coverage]`"
            ),
        )),
        (None, ..) => Ok(None),
    }
}

fn unit(
    says: &Says<'_>,
    under: &Under<'_>,
    gazetteer: &Gazetteer,
    at: usize,
    findings: &mut Findings,
) -> Result<Option<String>, Error> {
    let said = under.coverage.unit.as_deref();
    if let (Some(said), Some(own)) = (said, says.unit) {
        let property = under.coverage.property.as_deref().and_then(|name| find_property(gazetteer, name));
        let is_same = said == own
            || matches!((Unit::parse(said), Unit::parse(own)), (Ok(said), Ok(own)) if said.conversion_to(&own) == Ok((1.0, 0.0)))
            || property.is_some_and(|of| conversion(said, of).is_ok_and(|it| conversion(own, of) == Ok(it)));
        if !is_same {
            contradicted(under, at, "unit", (own, said), findings)?;
        }
    }
    Ok(said.or(says.unit).map(str::to_owned))
}

/// Tells of a mapping that says otherwise than the file; of one that was kept, asks.
fn contradicted(
    under: &Under<'_>,
    at: usize,
    key: &str,
    (own, said): (&str, &str),
    findings: &mut Findings,
) -> Result<(), Error> {
    if !under.is_kept {
        warn(findings, at, "raster_overruled", [key.to_owned(), own.to_owned(), said.to_owned()]);
        return Ok(());
    }
    Err(contradicts_kept(key, own, said, "[coverage]"))
}

/// The question which is right, a file or the mapping that was kept from another.
pub(super) fn contradicts_kept(key: &str, own: &str, said: &str, table: &str) -> Error {
    Error::invalid(
        told!(
            "intake-raster-kept-mapping-contradicts-file",
            "the file says `{own}`, and the kept mapping, which was made for another file, says `{key} = {said}`",
            own = own,
            key = key,
            said = said
        ),
        told!(
            "intake-raster-hand-in-with-own-mapping",
            "hand the file in with a mapping of its own that says the right `{key}` under `{table}`, or into another dataset",
            key = key,
            table = table
        ),
    )
}

/// Whether a file calls a raster by the property of a kept mapping; by one of another dimension, it is asked about.
fn is_called(says: &Says<'_>, code: &str, gazetteer: &Gazetteer) -> Result<bool, Error> {
    let named = says.called.iter().filter_map(|text| {
        // Two letters are there by chance.
        let property = crate::guess::property_of_name(&text.replace('_', " "), gazetteer);
        Some((*text, property.filter(|code| code.len() > 2)?))
    });
    let named: Vec<(&str, String)> = named.collect();
    if named.iter().any(|(_, property)| property == code) {
        return Ok(true);
    }
    let kept = find_property(gazetteer, code);
    // A pure number may be a part of mass, and then is no other dimension than salinity: an index is none.
    let is_pure = |property: &Property| property.unit == "1";
    let is_other = |other: &str| {
        let other = find_property(gazetteer, other);
        other.zip(kept).is_some_and(|(other, kept)| {
            conversion(&other.unit, kept).is_err() || is_pure(other) != is_pure(kept)
        })
    };
    match named.iter().find(|(_, property)| is_other(property)) {
        Some((text, other)) => {
            Err(contradicts_kept("property", &format!("{text} ({other})"), code, "[coverage]"))
        }
        None => Ok(false),
    }
}

/// Tests unit and values of the first band against the property that they are said to be of.
pub(super) fn check(
    facts: &mut Facts,
    band: Option<&BandSummary>,
    gazetteer: &Gazetteer,
    at: usize,
    findings: &mut Findings,
) -> Result<(), Error> {
    let property = facts.property.as_deref().and_then(|code| find_property(gazetteer, code));
    let (Some(property), Some(unit)) = (property, facts.unit.as_deref()) else { return Ok(()) };
    let hint = || {
        told!(
            "intake-raster-write-right-property-unit",
            "write the right `property` and `unit` under `[coverage]` in the mapping, or no property"
        )
    };
    let (factor, addend) = match conversion(unit, property) {
        Ok(conversion) => conversion,
        // What nobody knows is kept as it is written.
        Err(UnitProblem::Unknown) if !facts.is_said => return Ok(()),
        Err(_) => {
            let what = told!(
                "intake-raster-unit-is-none-of-property",
                "`{unit}` is no unit of `{property}`, which is in `{own}`",
                unit = unit,
                property = property.code,
                own = property.unit
            );
            return Err(Error::invalid(what, hint()));
        }
    };
    let Some(band) = band.filter(|band| band.valid > 0) else { return Ok(()) };
    let (one, other) = (band.min * factor + addend, band.max * factor + addend);
    let (least, most) = (one.min(other), one.max(other));
    let (low, high) = (
        property.plausible_min.unwrap_or(f64::NEG_INFINITY),
        property.plausible_max.unwrap_or(f64::INFINITY),
    );
    if low <= least && most <= high {
        return Ok(());
    }
    let range = format!("{} … {} {}", short(least), short(most), property.unit);
    let plausible = format!("{low} … {high} {}", property.unit);
    if most < low || high < least {
        if !facts.is_said {
            facts.property = None;
            warn(findings, at, "raster_implausible", [property.code.to_string(), range, plausible]);
            return Ok(());
        }
        let what: Told = told!(
            "intake-raster-no-value-plausible",
            "no value of the raster ({range}) is plausible for `{property}` ({plausible})",
            range = range,
            property = property.code,
            plausible = plausible
        );
        return Err(Error::invalid(what, hint()));
    }
    warn(findings, at, "raster_implausible", [property.code.to_string(), range, plausible]);
    Ok(())
}

/// A number with as many digits as a person reads.
fn short(number: f64) -> f64 {
    if number.abs() < 1e6 { (number * 1000.0).round() / 1000.0 } else { number }
}
