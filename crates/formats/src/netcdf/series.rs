//! Time series (CF 1.11 §9, discrete sampling geometries) as a long table: a row for each value.
//!
//! Series side by side (a dimension of stations), one after the other (ragged arrays, both kinds), and
//! a single one are read. A value that is missing takes a number of its own but makes no row.

use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use netcdf_reader::{NcType, NcVariable};
use wording::told;

use super::beyond::Along;
use super::damaged;
use super::file::{Axis, File, axis, is_number, is_time, short, text};
use super::over_time::OverTime;
use crate::Error;
use crate::cell::shortest;
use crate::push::{Flow, Pusher, SheetRows, Stop};

/// The first row.
const HEADER: [&str; 8] =
    ["station", "time", "variable", "unit", "value", "quality", "longitude", "latitude"];
/// The columns behind them, where a variable says what its values are of their time.
const OVER_TIME: [&str; 2] = ["statistic", "period"];
/// The column behind them, in files of forecasts: the instant that each was made for.
const RUN: &str = "forecast_reference_time";

pub(super) fn read(path: &Path, size: u64, pusher: &Pusher) -> Result<(), Stop> {
    let file = File::open(path, &pusher.limits)?;
    let data: Vec<NcVariable> = file.variables().iter().filter(|v| is_series(&file, v)).cloned().collect();
    if data.is_empty() {
        return Err(no_series(&file).into());
    }
    pusher.opened(vec![String::new()], Vec::new())?;
    let stations = Stations::of(&file)?;
    let mut texts = 0;
    let mut rows = pusher.sheet(0, None, u32::MAX, &mut texts);
    let runs = Runs::of(&file)?;
    let mut over_time = Vec::with_capacity(data.len());
    for variable in &data {
        over_time.push(OverTime::of(&file, variable, time_of(&file, variable))?);
    }
    let says_any = over_time.iter().any(|over| over.statistic.is_some());
    let along = Along::all(&file, &data, |variable, dimension| {
        let is_on = |names: &[String]| names.iter().any(|name| name == dimension);
        time_of(&file, variable).is_some_and(|time| time.dimensions.iter().any(|own| own.name == dimension))
            || stations.dimension.as_deref() == Some(dimension)
            || stations.ragged.iter().any(|(name, _)| name == dimension)
            || runs.as_ref().is_some_and(|runs| is_on(&runs.dimensions))
    })?;
    let more: &[&str] = if says_any { &OVER_TIME } else { &[] };
    let names = HEADER.iter().chain(more).chain(runs.as_ref().map(|_| &RUN)).copied();
    for (column, name) in names.chain(along.iter().map(|along| along.header.as_str())).enumerate() {
        rows.cell(1, column, name, false, damaged)?;
    }
    let mut next = 2_u64;
    for (at, variable) in data.iter().enumerate() {
        rows.progress = size * (at as u64 + 1) / data.len() as u64;
        let (runs, over) = (runs.as_ref(), &over_time[at]);
        let beside = Beside { stations: &stations, runs, over, says_any, along: &along };
        if push(&file, variable, &beside, &mut next, &mut rows)? == Flow::Past {
            break;
        }
    }
    rows.finish()
}

fn no_series(file: &File) -> Error {
    let has_grid = file.variables().iter().any(|variable| axis(variable) == Some(Axis::Latitude));
    let (what, hint) = if has_grid {
        (
            told!(
                "formats-netcdf-file-holds-grids-no-time-series",
                "the NetCDF file holds grids and no time series"
            ),
            told!("formats-hand-dataset-kind-coverage", "hand it in to a dataset of the kind `coverage`"),
        )
    } else {
        (
            told!(
                "formats-netcdf-file-holds-no-time-series-no",
                "the NetCDF file holds no time series: no variable has a time"
            ),
            told!(
                "formats-give-time-axis-under-cf-conventions-units",
                "give it a time axis under the CF conventions (`units = \"hours since …\"`)"
            ),
        )
    };
    Error::invalid("not_a_table", what, hint)
}

/// Whether a variable holds values of series: numbers with a time, and no grid.
fn is_series(file: &File, variable: &NcVariable) -> bool {
    let is_axis = |name: &str, wanted| {
        file.variable(name).is_some_and(|v| v.is_coordinate_variable() && axis(v) == Some(wanted))
    };
    let on = |wanted| variable.dimensions.iter().any(|dimension| is_axis(&dimension.name, wanted));
    let is_grid = on(Axis::Latitude) && on(Axis::Longitude);
    let is_of_another = file.variables().iter().any(|other| {
        ["bounds", "ancillary_variables"].iter().any(|attribute| {
            text(other, attribute).is_some_and(|names| names.split_whitespace().any(|n| n == variable.name))
        })
    });
    is_number(variable)
        && !is_time(variable)
        && axis(variable).is_none()
        && !variable.is_coordinate_variable()
        && !is_grid
        && !is_of_another
        && text(variable, "standard_name").as_deref() != Some("forecast_period")
        && ["cf_role", "sample_dimension", "instance_dimension", "grid_mapping_name"]
            .iter()
            .all(|attribute| text(variable, attribute).is_none())
        && time_of(file, variable).is_some()
}

/// The times of a variable: on its own dimension, or beside it.
fn time_of<'a>(file: &'a File, variable: &NcVariable) -> Option<&'a NcVariable> {
    let lies_in = |time: &NcVariable| {
        time.dimensions.iter().all(|d| variable.dimensions.iter().any(|own| own.name == d.name))
    };
    let bounds: Vec<String> = file.variables().iter().filter_map(|v| text(v, "bounds")).collect();
    let times = file
        .variables()
        .iter()
        .filter(|v| is_time(v) && lies_in(v) && !bounds.contains(&v.name) && !says_run(v));
    // A time along a dimension says more than one for all values.
    times.max_by_key(|time| (time.dimensions.len(), time.is_coordinate_variable()))
}

/// Whether a variable says when a forecast was made, and not what it is about.
fn says_run(variable: &NcVariable) -> bool {
    text(variable, "standard_name").as_deref() == Some(RUN)
}

/// When the forecasts of a file were made.
struct Runs {
    dimensions: Vec<String>,
    times: Vec<Option<i64>>,
}

impl Runs {
    fn of(file: &File) -> Result<Option<Runs>, Error> {
        let Some(variable) = file.variables().iter().find(|v| says_run(v) && is_time(v)) else {
            return Ok(None);
        };
        let dimensions = variable.dimensions.iter().map(|dimension| dimension.name.clone()).collect();
        Ok(Some(Runs { dimensions, times: file.times(variable)? }))
    }

    /// The instant that belongs to the value at some indices; empty where the file does not say it.
    fn text(&self, variable: &NcVariable, indices: &[usize]) -> String {
        let mut flat = 0;
        for name in &self.dimensions {
            let Some(at) = variable.dimensions.iter().position(|own| own.name == *name) else {
                // Along a dimension that the variable does not have, all have to be the same.
                let mut all = self.times.iter().flatten();
                let first = all.next();
                return first
                    .filter(|first| all.all(|other| other == *first))
                    .map_or_else(String::new, |t| instant(*t));
            };
            let size = usize::try_from(variable.dimensions[at].size).unwrap_or(usize::MAX);
            flat = flat * size + indices[at];
        }
        self.times.get(flat).copied().flatten().map(instant).unwrap_or_default()
    }
}

/// Where the series are, and what they are called.
struct Stations {
    /// The dimension that they lie on; absent for a single one.
    dimension: Option<String>,
    names: Vec<String>,
    longitudes: Vec<f64>,
    latitudes: Vec<f64>,
    /// For a dimension of values that holds one series after the other: whose each value is.
    ragged: Vec<Ragged>,
}

impl Stations {
    fn of(file: &File) -> Result<Stations, Error> {
        let is_id = |v: &&NcVariable| text(v, "cf_role").is_some_and(|role| role.ends_with("_id"));
        let id = file.variables().iter().find(is_id);
        let is_letters = id.is_some_and(|id| id.dtype == NcType::Char);
        let lies_on = |variable: &NcVariable| match (&variable.dimensions[..], is_letters) {
            ([first, ..], false) | ([first, _, ..], true) => Some(first.name.clone()),
            _ => None,
        };
        let positioned = || {
            let mut places = file.variables().iter().filter(|v| axis(v) == Some(Axis::Latitude));
            places.find(|v| v.dimensions.len() == 1 && !v.is_coordinate_variable())
        };
        let dimension = match id {
            Some(id) => lies_on(id),
            None => positioned().map(|variable| variable.dimensions[0].name.clone()),
        };
        let names = match id {
            None => Vec::new(),
            Some(id) if is_number(id) => file.values(id)?.into_iter().map(shortest).collect(),
            Some(id) => file.texts(id)?,
        };
        let place = |wanted: Axis| -> Result<Vec<f64>, Error> {
            let fits = |v: &&NcVariable| {
                axis(v) == Some(wanted)
                    && match (&v.dimensions[..], &dimension) {
                        ([], _) => true,
                        ([one], Some(dimension)) => one.name == *dimension,
                        _ => false,
                    }
            };
            file.variables().iter().find(fits).map_or_else(|| Ok(Vec::new()), |v| file.values(v))
        };
        let (longitudes, latitudes) = (place(Axis::Longitude)?, place(Axis::Latitude)?);
        let ragged = ragged(file)?;
        Ok(Stations { dimension, names, longitudes, latitudes, ragged })
    }

    fn name(&self, station: Option<usize>) -> String {
        let station = station.unwrap_or(0);
        match self.names.get(station) {
            Some(name) => name.clone(),
            None if self.dimension.is_some() || !self.ragged.is_empty() => (station + 1).to_string(),
            None => String::new(),
        }
    }
}

/// A dimension of values, and for each of them the number of its series.
type Ragged = (String, Vec<Option<usize>>);

/// Series one after the other: by their lengths, or by a number at each value.
fn ragged(file: &File) -> Result<Vec<Ragged>, Error> {
    let mut ragged = Vec::new();
    for variable in file.variables().iter().filter(|variable| is_number(variable)) {
        if let Some(dimension) = text(variable, "sample_dimension") {
            let size = file.variables().iter().flat_map(|v| &v.dimensions).find(|d| d.name == dimension);
            let size = size.and_then(|d| usize::try_from(d.size).ok()).unwrap_or(0);
            let mut whose = Vec::new();
            for (station, count) in file.values(variable)?.into_iter().enumerate() {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
                let count = count.clamp(0.0, (size - whose.len()) as f64) as usize;
                whose.extend(std::iter::repeat_n(Some(station), count));
            }
            ragged.push((dimension, whose));
        } else if text(variable, "instance_dimension").is_some() && variable.dimensions.len() == 1 {
            let whose = file.values(variable)?.into_iter().map(|station| {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
                (0.0..1e9).contains(&station).then_some(station as usize)
            });
            ragged.push((variable.dimensions[0].name.clone(), whose.collect()));
        }
    }
    Ok(ragged)
}

/// Flags that stand beside the values, in words where the file has some.
struct Flags {
    values: Vec<f64>,
    words: Vec<(f64, String)>,
}

impl Flags {
    fn of(file: &File, variable: &NcVariable) -> Result<Option<Flags>, Error> {
        let names = text(variable, "ancillary_variables").unwrap_or_default();
        let found = names.split_whitespace().filter_map(|name| file.variable(name));
        let found = found.filter(|flags| is_number(flags) && flags.dimensions == variable.dimensions);
        let is_flag = |flags: &&NcVariable| {
            flags.attribute("flag_values").is_some()
                || text(flags, "standard_name").is_some_and(|name| name.ends_with("_flag"))
        };
        let Some(flags) = found.into_iter().find(is_flag) else { return Ok(None) };
        let codes = flags.attribute("flag_values").and_then(|codes| codes.value.as_f64_vec());
        let meanings = text(flags, "flag_meanings").unwrap_or_default();
        let words = codes.unwrap_or_default().into_iter().zip(meanings.split_whitespace().map(str::to_owned));
        Ok(Some(Flags { values: file.values(flags)?, words: words.collect() }))
    }

    fn word(&self, index: usize) -> String {
        let Some(value) = self.values.get(index).filter(|value| !value.is_nan()) else {
            return String::new();
        };
        let word = self.words.iter().find(|(code, _)| code == value).map(|(_, word)| word.clone());
        word.unwrap_or_else(|| shortest(*value))
    }
}

/// What stands beside the values of a variable.
struct Beside<'a> {
    stations: &'a Stations,
    runs: Option<&'a Runs>,
    over: &'a OverTime,
    /// Whether any variable says what its values are of their time.
    says_any: bool,
    /// What else the values lie along.
    along: &'a [Along],
}

fn push(
    file: &File,
    variable: &NcVariable,
    Beside { stations, runs, over, says_any, along }: &Beside<'_>,
    next: &mut u64,
    rows: &mut SheetRows<'_>,
) -> Result<Flow, Stop> {
    let Some(time) = time_of(file, variable) else { return Ok(Flow::Go) };
    let times = match &over.starts {
        Some(starts) => starts.clone(),
        None => file.times(time)?,
    };
    let values = file.values(variable)?;
    let flags = Flags::of(file, variable)?;
    let unit = text(variable, "units").unwrap_or_default();
    let on = |name: &str| variable.dimensions.iter().position(|dimension| dimension.name == name);
    let sizes: Vec<usize> =
        variable.dimensions.iter().map(|d| usize::try_from(d.size).unwrap_or(usize::MAX)).collect();
    let time_at: Vec<usize> = time.dimensions.iter().filter_map(|dimension| on(&dimension.name)).collect();
    let station_at = stations.dimension.as_deref().and_then(on);
    let ragged = stations.ragged.iter().find_map(|(name, whose)| Some((on(name)?, whose)));
    let mut indices = vec![0_usize; sizes.len()];
    for (at, value) in values.iter().enumerate() {
        let mut rest = at;
        for (index, size) in indices.iter_mut().zip(&sizes).rev() {
            *index = rest % size.max(&1);
            rest /= size.max(&1);
        }
        let row = u32::try_from(*next).unwrap_or(u32::MAX);
        *next += 1;
        if value.is_nan() {
            continue;
        }
        let when = time_at.iter().fold(0, |flat, dimension| flat * sizes[*dimension] + indices[*dimension]);
        let Some(when) = times.get(when).copied().flatten() else {
            let what = told!(
                "formats-value-no-time",
                "a value of `{variable}` has no time",
                variable = short(&variable.name)
            );
            let hint = told!("formats-fill-time-take-value-out", "fill in its time, or take the value out");
            return Err(Error::invalid("time_axis", what, hint).at(crate::Place::row(row)).into());
        };
        let station = match (station_at, ragged) {
            (Some(dimension), _) => Some(indices[dimension]),
            (None, Some((dimension, whose))) => whose.get(indices[dimension]).copied().flatten(),
            (None, None) => None,
        };
        let position = |places: &[f64]| {
            let place = places.get(station.unwrap_or(0)).or(places.first().filter(|_| places.len() == 1));
            place.filter(|place| !place.is_nan()).map(|place| shortest(*place)).unwrap_or_default()
        };
        let run = runs.map(|runs| (runs.text(variable, &indices), true));
        let cells = [
            (stations.name(station), false),
            (instant(when), true),
            (variable.name.clone(), false),
            (unit.clone(), false),
            (written(*value, variable), true),
            (flags.as_ref().map(|flags| flags.word(at)).unwrap_or_default(), false),
            (position(&stations.longitudes), true),
            (position(&stations.latitudes), true),
        ];
        let of_time = [&over.statistic, &over.period].map(|said| (said.clone().unwrap_or_default(), false));
        let of_time: &[(String, bool)] = if *says_any { &of_time } else { &[] };
        let along = along.iter().map(|along| (along.label(variable, &indices), false));
        let texts =
            cells.iter().chain(of_time).chain(&run).map(|(text, is_typed)| (text.as_str(), *is_typed));
        for (column, (text, is_typed)) in texts.chain(along).enumerate() {
            if rows.cell(row, column, text, is_typed, damaged)? == Flow::Past {
                return Ok(Flow::Past);
            }
        }
    }
    Ok(Flow::Go)
}

/// A value as exact as the file holds it: single precision in its own shortest text.
fn written(value: f64, variable: &NcVariable) -> String {
    let is_packed =
        variable.attribute("scale_factor").is_some() || variable.attribute("add_offset").is_some();
    if variable.dtype == NcType::Float && !is_packed {
        #[expect(clippy::cast_possible_truncation, reason = "the file holds it in single precision")]
        let single = value as f32;
        return single.to_string();
    }
    shortest(value)
}

fn instant(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        .unwrap_or_default()
}
