//! When the layers of a grid are: on an axis of times, at one time that stands beside them, so long behind the run of a
//! forecast (CF 1.11 §4.4, §5.7); and what they are of that time (§7.3), or of many years (§7.4).

use netcdf_reader::NcVariable;
use wording::told;

use super::file::{File, is_number, is_time, short, text};
use super::over_time::OverTime;
use crate::Error;

/// The standard names of when a forecast was made, and of how far it looks ahead.
const RUN: &str = "forecast_reference_time";
const LEAD: &str = "forecast_period";
/// What times are called that say nothing else of themselves.
const NAMES: [&str; 5] = ["time", "valid_time", "t", "date", "datetime"];

/// The times of the layers of one variable.
#[derive(Default)]
pub(super) struct When {
    valid: Option<Along>,
    run: Option<Along>,
    /// How far the layers lie behind the run, in microseconds.
    lead: Option<Along>,
    /// Of a statistic over many years: the layers are of no year.
    is_climatology: bool,
    statistic: Option<String>,
    period: Option<String>,
}

/// Numbers along some dimensions of a variable; one for all where there are none.
struct Along {
    /// The positions of the dimensions among the variable's, and their sizes.
    dimensions: Vec<(usize, u64)>,
    values: Vec<Option<i64>>,
}

/// What is known of the time of one layer.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) time: Option<i64>,
    /// When the forecast was made.
    pub(super) run: Option<i64>,
    /// Of which time of the year it is, where it is of many years.
    pub(super) climatology: Option<i64>,
    /// What it is of its time: a statistic, and of what period.
    pub(super) of_time: Vec<String>,
}

impl Along {
    /// `None` where the numbers lie along something that the variable does not, unless there is only one.
    fn of(variable: &NcVariable, other: &NcVariable, values: Vec<Option<i64>>) -> Option<Along> {
        let place = |name: &str| variable.dimensions.iter().position(|own| own.name == name);
        let mut dimensions = Vec::new();
        for dimension in &other.dimensions {
            match place(&dimension.name) {
                Some(at) => dimensions.push((at, dimension.size)),
                None if dimension.size == 1 => {}
                None => return None,
            }
        }
        Some(Along { dimensions, values })
    }

    fn at(&self, fixed: &[Option<u64>]) -> Option<i64> {
        let flat = self.dimensions.iter().try_fold(0_u64, |flat, (at, size)| {
            flat.checked_mul(*size)?.checked_add(fixed.get(*at).copied().flatten()?)
        })?;
        self.values.get(usize::try_from(flat).ok()?).copied().flatten()
    }

    /// The dimensions along which there is more than one.
    fn long(&self) -> impl Iterator<Item = usize> {
        self.dimensions.iter().filter(|(_, size)| *size > 1).map(|(at, _)| *at)
    }
}

impl When {
    /// Of a variable whose cells lie along the dimensions at these positions.
    pub(super) fn of(file: &File, variable: &NcVariable, plane: [usize; 2]) -> Result<When, Error> {
        let mut when = When::default();
        let beside = text(variable, "coordinates").unwrap_or_default();
        let bounds: Vec<String> = file
            .variables()
            .iter()
            .flat_map(|v| [text(v, "bounds"), text(v, "climatology")])
            .flatten()
            .collect();
        let is_named = |other: &NcVariable| beside.split_whitespace().any(|name| name == other.name);
        let says = |other: &NcVariable, name: &str| text(other, "standard_name").as_deref() == Some(name);
        // Dates over the plane are values of its cells.
        let is_over_plane = |other: &NcVariable| {
            plane
                .iter()
                .all(|at| other.dimensions.iter().any(|own| own.name == variable.dimensions[*at].name))
        };
        // The axis of a dimension is its time before another beside it, which may be that of a clock on a wall.
        let is_own = |other: &NcVariable| {
            says(other, "time")
                || NAMES[..2].contains(&other.name.as_str())
                || other.is_coordinate_variable() && text(other, "standard_name").is_none()
        };
        let fits = |other: &&NcVariable| {
            let all =
                other.dimensions.iter().all(|d| variable.dimensions.iter().any(|own| own.name == d.name));
            let is_along = all && !other.dimensions.is_empty();
            let is_single = other.dimensions.iter().all(|dimension| dimension.size == 1);
            let says_so = is_named(other)
                || ["time", RUN, LEAD].iter().any(|name| says(other, name))
                || NAMES.contains(&other.name.as_str());
            !bounds.contains(&other.name) && !is_over_plane(other) && (is_along || is_single && says_so)
        };
        let times = || file.variables().iter().filter(|other| is_time(other)).filter(fits);
        let valid = times().filter(|other| !says(other, RUN)).max_by_key(|other| {
            (
                !other.dimensions.is_empty(),
                is_own(other),
                other.dimensions.len(),
                other.is_coordinate_variable(),
            )
        });
        if let Some(run) = times().find(|other| says(other, RUN)) {
            when.run = Along::of(variable, run, file.times(run)?);
        }
        let Some(valid) = valid else {
            let lead =
                file.variables().iter().filter(|other| is_number(other) && says(other, LEAD)).find(fits);
            if let Some((lead, unit)) = lead.and_then(|lead| Some((lead, length(&text(lead, "units")?)?))) {
                #[expect(clippy::cast_possible_truncation, reason = "microseconds of a forecast")]
                let behind = |value: f64| (value.abs() < 1e9).then_some((value * unit) as i64);
                when.lead = Along::of(variable, lead, file.values(lead)?.into_iter().map(behind).collect());
            }
            return Ok(when);
        };
        let over = OverTime::of(file, variable, Some(valid))?;
        let methods = text(variable, "cell_methods").unwrap_or_default();
        when.is_climatology = text(valid, "climatology").is_some() || methods.contains(" over years");
        let times = match over.starts {
            Some(starts) => starts,
            None => file.times(valid)?,
        };
        when.valid = Along::of(variable, valid, times);
        (when.statistic, when.period) = (over.statistic, over.period);
        Ok(when)
    }

    /// The dimensions of which the times tell the layers apart.
    pub(super) fn told_apart(&self) -> Vec<usize> {
        let mut told: Vec<usize> = self.run.iter().flat_map(Along::long).collect();
        let along = self.valid.as_ref().or(self.lead.as_ref());
        let mut more: Vec<usize> = along.into_iter().flat_map(Along::long).collect();
        more.retain(|at| !told.contains(at));
        // Of times along two dimensions, two may be the same.
        told.extend(more.last());
        told
    }

    /// Whether there are layers of several runs.
    pub(super) fn has_runs(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.long().next().is_some())
    }

    pub(super) fn layer(&self, fixed: &[Option<u64>]) -> Layer {
        let run = self.run.as_ref().and_then(|run| run.at(fixed));
        let behind = || run?.checked_add(self.lead.as_ref()?.at(fixed)?);
        let time = match &self.valid {
            Some(valid) => valid.at(fixed),
            None => behind(),
        };
        let of_time = [&self.statistic, &self.period].into_iter().flatten().cloned().collect();
        match self.is_climatology {
            true => Layer { time: None, run, climatology: time, of_time },
            false => Layer { time, run, climatology: None, of_time },
        }
    }
}

/// Microseconds of a unit of time.
fn length(unit: &str) -> Option<f64> {
    Some(match unit.trim().to_ascii_lowercase().as_str() {
        "day" | "days" | "d" => 86_400e6,
        "hour" | "hours" | "hr" | "hrs" | "h" => 3_600e6,
        "minute" | "minutes" | "min" => 60e6,
        "second" | "seconds" | "s" => 1e6,
        _ => return None,
    })
}

/// Refuses an axis that says that it is one of times and cannot be read as such.
pub(super) fn check_axis(name: &str, size: u64, axis: Option<&NcVariable>) -> Result<(), Error> {
    let is_called = name.eq_ignore_ascii_case("time");
    let claims = axis.is_some_and(|axis| {
        is_called
            || text(axis, "standard_name").as_deref() == Some("time")
            || text(axis, "axis").as_deref() == Some("T")
    });
    let is_bare = axis.is_none() && is_called && size > 1;
    if !claims && !is_bare {
        return Ok(());
    }
    let units = axis.and_then(|axis| text(axis, "units")).unwrap_or_else(|| "-".into());
    Err(Error::invalid(
        "time_axis",
        told!(
            "formats-axis-of-times-says-no-instants",
            "the axis `{name}` is one of times, and its unit (`{units}`) does not say since when they count",
            name = short(name),
            units = short(&units)
        ),
        told!(
            "formats-give-time-axis-under-cf-conventions-units",
            "give it a time axis under the CF conventions (`units = \"hours since …\"`)"
        ),
    ))
}
