//! An open file: its variables and attributes, and values within bounds.

use std::path::Path;

use netcdf_reader::cf::{CfCalendar, CfTimeUnit, decode_times, parse_time_units};
use netcdf_reader::{
    NcFile, NcGroup, NcMetadataMode, NcOpenOptions, NcSliceInfo, NcSliceInfoElem, NcType, NcVariable,
};
use wording::{Told, told};

use super::since::{self, Zone};
use super::{damaged, instants};
use crate::decode::check_size;
use crate::{Error, Limits};

/// Bytes of one value as it is held.
const VALUE_BYTES: u64 = 8;
/// What a value is that was never written, where the variable says nothing else (NetCDF's NC_FILL_…). Bytes have none:
/// all of their numbers are values (NetCDF Users Guide, "Fill Values").
fn never_written(variable: &NcVariable) -> Option<f64> {
    if variable.attribute("_FillValue").is_some() || variable.attribute("_Unsigned").is_some() {
        return None;
    }
    Some(match variable.dtype {
        NcType::Float | NcType::Double => 9.969_209_968_386_869e36,
        NcType::Short => -32_767.0,
        NcType::UShort => 65_535.0,
        NcType::Int => -2_147_483_647.0,
        NcType::UInt => 4_294_967_295.0,
        _ => return None,
    })
}

/// The numbers for no value that are written as texts, which the library does not look at.
fn said_in_words(variable: &NcVariable) -> impl Iterator<Item = f64> {
    let said = ["missing_value", "_FillValue"].into_iter().filter_map(|name| text(variable, name));
    said.filter_map(|said| said.parse::<f64>().ok())
}

/// The calendars of the CF conventions (CF 1.11 §4.4.1) whose days are dates.
const KNOWN_CALENDARS: [&str; 9] = [
    "standard",
    "gregorian",
    "proleptic_gregorian",
    "noleap",
    "365_day",
    "all_leap",
    "366_day",
    "360_day",
    "julian",
];

/// An open file.
pub(super) struct File {
    file: NcFile,
    variables: Vec<NcVariable>,
    max_values: u64,
}

impl File {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<File, Error> {
        check_size(std::fs::metadata(path)?.len(), limits)?;
        let max_bytes = usize::try_from(limits.max_unpacked_bytes).unwrap_or(usize::MAX);
        let options = NcOpenOptions {
            metadata_mode: NcMetadataMode::Lossy,
            max_read_bytes: max_bytes,
            max_chunk_bytes: max_bytes,
            ..NcOpenOptions::default()
        };
        let file = NcFile::open_with_options(path, options).map_err(|error| damaged(Told::excerpt(error)))?;
        let variables = file.variables().map_err(|error| damaged(Told::excerpt(error)))?.to_vec();
        Ok(File { file, variables, max_values: limits.max_unpacked_bytes / VALUE_BYTES })
    }

    pub(super) fn variables(&self) -> &[NcVariable] {
        &self.variables
    }

    pub(super) fn variable(&self, name: &str) -> Option<&NcVariable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The groups below the first, which are not read, as far as they hold variables.
    pub(super) fn groups(&self) -> Vec<String> {
        fn holds(group: &NcGroup) -> bool {
            !group.variables.is_empty() || group.groups.iter().any(holds)
        }
        let root = self.file.root_group().ok();
        root.into_iter()
            .flat_map(|root| &root.groups)
            .filter(|group| holds(group))
            .map(|group| short(&group.name))
            .collect()
    }

    /// The values, unpacked; NaN where there is none.
    pub(super) fn values(&self, variable: &NcVariable) -> Result<Vec<f64>, Error> {
        self.slice(variable, NcSliceInfo::all(variable.dimensions.len()))
    }

    /// The values at fixed indices of some dimensions, unpacked; NaN where there is none.
    pub(super) fn layer(&self, variable: &NcVariable, fixed: &[Option<u64>]) -> Result<Vec<f64>, Error> {
        let whole = NcSliceInfoElem::Slice { start: 0, end: u64::MAX, step: 1 };
        let selections = fixed.iter().map(|index| index.map_or(whole.clone(), NcSliceInfoElem::Index));
        self.slice(variable, NcSliceInfo { selections: selections.collect() })
    }

    fn slice(&self, variable: &NcVariable, slice: NcSliceInfo) -> Result<Vec<f64>, Error> {
        let wanted =
            variable.dimensions.iter().zip(&slice.selections).try_fold(1_u64, |count, (dimension, at)| {
                count.checked_mul(if matches!(at, NcSliceInfoElem::Index(_)) { 1 } else { dimension.size })
            });
        if wanted.is_none_or(|wanted| wanted > self.max_values) {
            return Err(Error::limit(
                "values",
                told!(
                    "formats-variable-too-many-values-once",
                    "the variable `{variable}` has too many values at once",
                    variable = short(&variable.name)
                ),
                self.max_values,
                told!("formats-cut-file-into-several-time-area", "cut the file into several by time or area"),
            ));
        }
        let failed = |error: netcdf_reader::Error| {
            damaged(Told::excerpt(format!("`{}`: {error}", short(&variable.name))))
        };
        let array = if variable.dimensions.is_empty() {
            self.file.read_variable_unpacked_masked(&variable.name)
        } else {
            self.file.read_variable_slice_unpacked_masked(&variable.name, &slice)
        };
        let mut values: Vec<f64> = array.map_err(failed)?.iter().copied().collect();
        let number = |name: &str| variable.attribute(name).and_then(|said| said.value.as_f64());
        let (scale, offset) = (number("scale_factor").unwrap_or(1.0), number("add_offset").unwrap_or(0.0));
        #[expect(clippy::cast_possible_truncation, reason = "as it is stored")]
        let stored = |none: f64| {
            if variable.dtype == NcType::Float { f64::from(none as f32) } else { none }
        };
        for none in never_written(variable).into_iter().chain(said_in_words(variable)) {
            // The values are unpacked already, by the same two operations.
            let none = stored(none) * scale + offset;
            for value in values.iter_mut().filter(|value| **value == none) {
                *value = f64::NAN;
            }
        }
        Ok(values)
    }

    /// The texts of a variable of letters.
    pub(super) fn texts(&self, variable: &NcVariable) -> Result<Vec<String>, Error> {
        let count = variable.dimensions.iter().try_fold(1_u64, |count, d| count.checked_mul(d.size));
        if count.is_none_or(|count| count > self.max_values) {
            return Err(damaged(told!(
                "formats-too-large",
                "`{variable}` is too large",
                variable = short(&variable.name)
            )));
        }
        let texts = self.file.read_variable_as_strings(&variable.name);
        let texts =
            texts.map_err(|error| damaged(Told::excerpt(format!("`{}`: {error}", short(&variable.name)))))?;
        Ok(texts.into_iter().map(|text| text.trim_matches(['\0', ' ']).to_owned()).collect())
    }

    /// The instants of a variable of times, in microseconds since 1970.
    pub(super) fn times(&self, variable: &NcVariable) -> Result<Vec<Option<i64>>, Error> {
        self.times_like(variable, variable)
    }

    /// The instants of a variable that counts as another does, as the bounds of a time do.
    pub(super) fn times_like(
        &self,
        variable: &NcVariable,
        axis: &NcVariable,
    ) -> Result<Vec<Option<i64>>, Error> {
        let units = text(axis, "units").unwrap_or_default();
        let said = text(axis, "calendar").unwrap_or_else(|| "standard".into());
        let calendar = CfCalendar::parse(&said);
        let failed = |how: String| {
            let hint = match calendar {
                // The dates of such a year are not all days of ours.
                CfCalendar::Day360 | CfCalendar::AllLeap => told!(
                    "formats-bring-to-standard-calendar",
                    "its calendar ({calendar}) has days that no year has: bring the file to the standard calendar first (xarray: `convert_calendar(\"standard\", align_on=\"date\")`)",
                    calendar = said
                ),
                _ => told!(
                    "formats-write-them-e-g-hours-since-1970",
                    "write them as e.g. `hours since 1970-01-01 00:00:00` in a calendar of the CF conventions"
                ),
            };
            Error::invalid(
                "time_axis",
                told!(
                    "formats-times-cannot-read",
                    "the times of `{variable}` ({units}) cannot be read: {how}",
                    variable = short(&variable.name),
                    units = units,
                    how = how
                ),
                hint,
            )
        };
        if !KNOWN_CALENDARS.contains(&said.trim().to_ascii_lowercase().as_str()) {
            return Err(failed(format!("calendar `{}`", short(&said))));
        }
        if instants::is_dated(&units) {
            let each = self.values(variable)?.into_iter();
            let read = |value: f64| match value.is_nan() {
                true => Ok(None),
                false => instants::dated(value).map(Some).ok_or_else(|| failed(value.to_string())),
            };
            return each.map(read).collect();
        }
        // The library looks for `since` in small letters: of the Kelvin sign and others these are shorter.
        if !units.is_ascii() {
            return Err(failed("they have letters beyond ASCII".to_owned()));
        }
        let (bare, zone) = since::plain(&units);
        // A zone that the unit itself says is the one of its beginning, whatever stands beside it.
        let zone = if zone == Zone::Unsaid { since::beside(axis) } else { zone };
        let offset = match zone {
            Zone::Unsaid => 0,
            Zone::East(offset) => offset,
            Zone::Unknown(said) => return Err(failed(format!("time zone `{}`", short(&said)))),
        };
        let reference = parse_time_units(&bare, calendar).map_err(|error| failed(error.to_string()))?;
        let mut instants = Vec::new();
        for value in self.values(variable)? {
            if value.is_nan() {
                instants.push(None);
                continue;
            }
            if reference.unit == CfTimeUnit::Months && calendar != CfCalendar::Day360 {
                let start = reference.epoch.to_chrono_utc().map_err(|error| failed(error.to_string()))?;
                let found = instants::months_behind(start, value);
                let found = found.ok_or_else(|| failed(format!("{value} months")))?;
                instants.push(Some(found - offset));
                continue;
            }
            let decoded = decode_times(&[value], &reference).map_err(|error| failed(error.to_string()))?;
            instants.push(decoded.first().map(|time| time.timestamp_micros() - offset));
        }
        Ok(instants)
    }
}

/// An attribute that is a text.
pub(super) fn text(variable: &NcVariable, name: &str) -> Option<String> {
    let value = variable.attribute(name)?.value.as_string()?;
    let value = value.trim_matches(['\0', ' ']).to_owned();
    (!value.is_empty()).then_some(value)
}

/// Whether a variable holds numbers.
pub(super) fn is_number(variable: &NcVariable) -> bool {
    matches!(
        variable.dtype,
        NcType::Byte
            | NcType::Short
            | NcType::Int
            | NcType::Float
            | NcType::Double
            | NcType::UByte
            | NcType::UShort
            | NcType::UInt
            | NcType::Int64
            | NcType::UInt64
    )
}

/// Whether a variable is a time: its unit is counted from an instant, or says that its numbers are dates.
pub(super) fn is_time(variable: &NcVariable) -> bool {
    is_number(variable)
        && text(variable, "units")
            .is_some_and(|units| since::parted(&units).is_some() || instants::is_dated(&units))
}

/// What a variable says of the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Longitude,
    Latitude,
    Height,
}

/// The axis that a variable is, by its standard name or its unit (CF 1.11 §4).
pub(super) fn axis(variable: &NcVariable) -> Option<Axis> {
    let unit = text(variable, "units").unwrap_or_default().to_ascii_lowercase();
    match text(variable, "standard_name").as_deref() {
        Some("longitude") => return Some(Axis::Longitude),
        Some("latitude") => return Some(Axis::Latitude),
        Some("height" | "altitude" | "depth") => return Some(Axis::Height),
        _ => {}
    }
    match unit.as_str() {
        "degrees_east" | "degree_east" | "degree_e" | "degrees_e" | "degreee" | "degreese" => {
            Some(Axis::Longitude)
        }
        "degrees_north" | "degree_north" | "degree_n" | "degrees_n" | "degreen" | "degreesn" => {
            Some(Axis::Latitude)
        }
        _ => None,
    }
}

/// The beginning of a name, for a message.
pub(super) fn short(name: &str) -> String {
    name.chars().take(60).collect()
}
