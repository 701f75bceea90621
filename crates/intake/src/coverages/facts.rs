//! What a raster is of: its time, property and unit, by what its file and the name of that say and by the mapping.
//!
//! A mapping that came with the file is followed where the two contradict each other, and that is told. One that was
//! kept from another file is not: then whoever hands the file in has to say which is right.

use catalog::Gazetteer;
use formats::coverage::BandSummary;
use model::{CellRef, Severity, Unit};
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
    /// Whether the file could say a time and does not: it is of a format that has no place for one, or of a forecast.
    pub(super) wants_time: bool,
    /// Whether it could say property and unit, and may not.
    pub(super) is_bare: bool,
}

/// What a raster is of.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) time: Option<String>,
    pub(super) property: Option<String>,
    pub(super) unit: Option<String>,
    /// Whether the mapping says the property, and not the name of the file.
    is_said: bool,
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
    if says.is_bare || (says.wants_time && facts.time.is_none()) {
        let missing = [
            ("time", says.wants_time && facts.time.is_none()),
            ("property", says.is_bare && facts.property.is_none()),
            ("unit", says.is_bare && facts.unit.is_none()),
        ];
        let missing: Vec<&str> =
            missing.iter().filter(|(_, is_missing)| *is_missing).map(|(key, _)| *key).collect();
        let unsure = match says.named {
            Said::Unsure(text) if facts.time.is_none() => text.clone(),
            _ => String::new(),
        };
        if !missing.is_empty() {
            warn(findings, at, "raster_untold", ["raster".into(), missing.join(", "), unsure]);
        }
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
    Err(Error::invalid(
        told!(
            "intake-raster-kept-mapping-contradicts-file",
            "the file says `{own}`, and the kept mapping, which was made for another file, says `{key} = {said}`",
            own = own,
            key = key,
            said = said
        ),
        told!(
            "intake-raster-hand-in-with-own-mapping",
            "hand the file in with a mapping of its own that says the right `{key}` under `[coverage]`, or into another dataset",
            key = key
        ),
    ))
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
