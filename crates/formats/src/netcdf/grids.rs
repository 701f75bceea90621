//! The grids of a file over longitude and latitude, or over easting and northing, layer by layer.

use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use netcdf_reader::{NcType, NcVariable};
use wording::{Told, told};

use super::damaged;
use super::file::{Axis, File, axis, is_number, is_time, short, text};
use super::plane::{Axes, Plane};
use super::when::{When, check_axis};
use crate::coverage::{LeftOut, SampleKind};
use crate::feature::Declared;
use crate::{Error, Grid, GridValues, Limits};

/// Layers of one file, at most.
const MAX_LAYERS: u64 = 100_000;

/// How the time at which a forecast was made is called.
const RUN: &str = "forecast_reference_time";

/// Hands out the layers of a file.
pub struct GridReader {
    file: File,
    variables: Vec<Layers>,
    at: usize,
}

/// The layers of one variable.
struct Layers {
    variable: NcVariable,
    place: Plane,
    declared: Option<Declared>,
    when: When,
    /// For each dimension, whether it is one of the plane, or what stands along it.
    dimensions: Vec<Role>,
    next: u64,
    count: u64,
}

enum Role {
    Across,
    Down,
    Along(Stop),
}

/// What stands along a dimension beside the plane.
struct Stop {
    name: String,
    unit: String,
    labels: Vec<String>,
    /// Whether the times of the layers say where they stand on it.
    is_time: bool,
    /// Whether layers are told apart by it.
    tells_apart: bool,
}

impl GridReader {
    /// Opens a file; one that holds no grid over longitude and latitude is refused.
    pub fn open(path: &Path, limits: &Limits) -> Result<GridReader, Error> {
        let file = File::open(path, limits)?;
        let mut variables = Vec::new();
        for variable in file.variables().iter().filter(|variable| is_data(&file, variable)) {
            if let Some(layers) = layers(&file, variable)? {
                variables.push(layers);
            }
        }
        if variables.is_empty() {
            return Err(Error::invalid(
                "no_grid",
                told!(
                    "formats-file-holds-no-grid-over-longitude-latitude",
                    "the file holds no grid over longitude and latitude"
                ),
                if file.groups().is_empty() {
                    told!(
                        "formats-check-coordinates-have-units-degrees-east-degrees-north-projected",
                        "check that its coordinates have the units degrees_east and degrees_north, or the standard names projection_x_coordinate and projection_y_coordinate; any other grid has to be brought to longitude and latitude first (gdalwarp -t_srs EPSG:4326)"
                    )
                } else {
                    told!(
                        "formats-take-out-group-of-netcdf",
                        "its groups ({groups}) are not looked into: take the one that holds the grid out (`ncks -G : -g {first} in.nc out.nc`)",
                        groups = file.groups().join(", "),
                        first = file.groups().first().cloned().unwrap_or_default()
                    )
                },
            ));
        }
        if variables.iter().map(|layers| layers.count).sum::<u64>() > MAX_LAYERS {
            return Err(Error::limit(
                "layers",
                told!("formats-file-holds-too-many-layers", "the file holds too many layers"),
                MAX_LAYERS,
                told!("formats-cut-into-several-time", "cut it into several by time"),
            ));
        }
        Ok(GridReader { file, variables, at: 0 })
    }

    /// How many variables its layers are of.
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// What the file holds beside its grids.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let variables = self.file.variables();
        let named_by = |attributes: &[&str]| -> Vec<String> {
            let said = variables.iter().flat_map(|v| attributes.iter().filter_map(|name| text(v, name)));
            said.flat_map(|names| names.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
        };
        let is_grid = |name: &str| self.variables.iter().any(|layers| layers.variable.name == name);
        let spans = |v: &NcVariable| Axes::of(&self.file, v).is_some();
        // Texts beside a grid, and what lies over its plane and is none of its axes, are lost as numbers are.
        let is_axis = |v: &NcVariable| {
            is_position(v) || v.is_coordinate_variable() || (!spans(v) && (axis(v).is_some() || is_time(v)))
        };
        let letters = |v: &NcVariable| usize::from(v.dtype == NcType::Char);
        let is_long = |v: &NcVariable| {
            let count = v.dimensions.len().saturating_sub(letters(v));
            v.dimensions[..count].iter().any(|dimension| dimension.size > 1)
        };
        let beside: Vec<&NcVariable> =
            variables.iter().filter(|v| !is_axis(v) && !is_grid(&v.name) && is_long(v)).collect();
        let quality = named_by(&["ancillary_variables"]);
        let axes = named_by(&["bounds", "climatology", "coordinates"]);
        let names = |wanted: &dyn Fn(&String) -> bool| -> Vec<String> {
            beside.iter().map(|v| &v.name).filter(|name| wanted(name)).map(|name| short(name)).collect()
        };
        let of_quality = names(&|name| quality.contains(name));
        let lies_over = |name: &String| variables.iter().any(|v| v.name == *name && spans(v));
        let others = names(&|name| !quality.contains(name) && (!axes.contains(name) || lies_over(name)));
        let grids = || self.variables.iter().map(|layers| &layers.variable);
        let classes =
            grids().filter_map(|v| Some(format!("{}: {}", short(&v.name), text(v, "flag_meanings")?)));
        let classes: Vec<String> = classes.map(|said| said.chars().take(160).collect()).collect();
        let datums = grids().filter_map(|v| {
            ["vertical_datum", "vertical_reference", "datum"].iter().find_map(|name| text(v, name))
        });
        let downwards =
            grids().filter(|v| text(v, "positive").is_some_and(|to| to.eq_ignore_ascii_case("down")));
        let mut datums: Vec<String> =
            datums.chain(downwards.map(|v| format!("{}: positive = down", short(&v.name)))).collect();
        datums.dedup();
        let found = [
            LeftOut { what: LeftOut::QUALITY, names: of_quality },
            LeftOut { what: LeftOut::VARIABLES, names: others },
            LeftOut { what: LeftOut::CLASSES, names: classes },
            LeftOut { what: LeftOut::DATUM, names: datums },
            LeftOut { what: LeftOut::GROUPS, names: self.file.groups() },
        ];
        found.into_iter().filter(|left| !left.names.is_empty()).collect()
    }

    /// The next layer, or `None` at the end.
    pub fn next_grid(&mut self) -> Result<Option<Grid>, Error> {
        while let Some(layers) = self.variables.get_mut(self.at) {
            if layers.next < layers.count {
                let number = layers.next;
                layers.next += 1;
                return read(&self.file, layers, number).map(Some);
            }
            self.at += 1;
        }
        Ok(None)
    }
}

/// Whether a variable holds values over a plane, whatever they are of: heights and dates may be values too. What others
/// say their places, bounds and flags by is none.
fn is_data(file: &File, variable: &NcVariable) -> bool {
    let names_it = |other: &NcVariable| {
        ["bounds", "ancillary_variables", "coordinates", "climatology"].iter().any(|attribute| {
            text(other, attribute).is_some_and(|names| names.split_whitespace().any(|n| n == variable.name))
        })
    };
    is_number(variable)
        && !is_position(variable)
        && Axes::of(file, variable).is_some()
        && !file.variables().iter().any(names_it)
}

fn is_position(variable: &NcVariable) -> bool {
    matches!(axis(variable), Some(Axis::Longitude | Axis::Latitude))
}

fn layers(file: &File, variable: &NcVariable) -> Result<Option<Layers>, Error> {
    let Some(axes) = Axes::of(file, variable) else { return Ok(None) };
    let place = axes.plane(file)?.map_err(|how| uneven(variable, how))?;
    let when = When::of(file, variable, [axes.across, axes.down])?;
    let told_apart = when.told_apart();
    let (mut dimensions, mut count) = (Vec::new(), 1_u64);
    for (at, dimension) in variable.dimensions.iter().enumerate() {
        if at == axes.across {
            dimensions.push(Role::Across);
            continue;
        }
        if at == axes.down {
            dimensions.push(Role::Down);
            continue;
        }
        count = count.saturating_mul(dimension.size);
        let axis = file
            .variable(&dimension.name)
            .filter(|axis| axis.dimensions.first().is_some_and(|first| first.name == dimension.name));
        let by_time = told_apart.contains(&at) || axis.is_some_and(is_time);
        if !by_time {
            check_axis(&dimension.name, dimension.size, axis)?;
        }
        let labels = match axis {
            Some(axis) if is_time(axis) => file.times(axis)?.into_iter().map(instant).collect(),
            Some(axis) if is_number(axis) && axis.dimensions.len() == 1 => {
                file.values(axis)?.iter().map(f64::to_string).collect()
            }
            Some(axis) if axis.dtype == NcType::Char || axis.dtype == NcType::String => file.texts(axis)?,
            _ => Vec::new(),
        };
        let unit = axis.and_then(|axis| text(axis, "units")).filter(|unit| !by_time && unit != "1");
        dimensions.push(Role::Along(Stop {
            name: dimension.name.clone(),
            unit: unit.unwrap_or_default(),
            labels,
            is_time: by_time,
            tells_apart: dimension.size > 1 && !told_apart.contains(&at),
        }));
    }
    let declared = axes.declared(file, variable);
    Ok(Some(Layers { variable: variable.clone(), place, declared, when, dimensions, next: 0, count }))
}

fn instant(micros: Option<i64>) -> String {
    let time = micros.and_then(DateTime::from_timestamp_micros);
    time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true)).unwrap_or_default()
}

/// What a value is in the file, of those whose kind says which numbers may stand for none.
fn kind(dtype: &NcType) -> Option<SampleKind> {
    Some(match dtype {
        NcType::UByte => SampleKind::U8,
        NcType::Short => SampleKind::I16,
        NcType::UShort => SampleKind::U16,
        _ => return None,
    })
}

fn uneven(variable: &NcVariable, how: Told) -> Error {
    Error::invalid(
        "uneven_grid",
        told!("formats-grid-cannot-taken", "the grid of `{variable}` cannot be taken: {how}", variable = short(&variable.name), how => how),
        told!(
            "formats-bring-onto-even-grid-longitude-latitude-first",
            "bring it onto an even grid of longitude and latitude first (cdo remapbil, gdalwarp)"
        ),
    )
}

fn read(file: &File, layers: &Layers, number: u64) -> Result<Grid, Error> {
    let Layers { variable, place, dimensions, .. } = layers;
    let mut rest = number;
    let mut fixed: Vec<Option<u64>> = vec![None; dimensions.len()];
    // The last dimension of the file runs fastest.
    for (at, role) in dimensions.iter().enumerate().rev() {
        if matches!(role, Role::Along(_)) {
            let size = variable.dimensions[at].size.max(1);
            fixed[at] = Some(rest % size);
            rest /= size;
        }
    }
    let values = file.layer(variable, &fixed)?;
    let (width, height) = (place.columns.len(), place.rows.len());
    if values.len() != width * height {
        return Err(damaged(told!(
            "formats-layer-not-whole",
            "a layer of `{variable}` is not whole",
            variable = short(&variable.name)
        )));
    }
    let rows_first = dimensions.iter().find_map(|role| match role {
        Role::Down => Some(true),
        Role::Across => Some(false),
        Role::Along(_) => None,
    });
    let index = |row: usize, column: usize| match rows_first {
        Some(true) => row * width + column,
        _ => column * height + row,
    };
    let ordered = place
        .rows
        .iter()
        .flat_map(|row| place.columns.iter().map(move |column| (*row, *column)))
        .map(|(row, column)| values[index(row, column)]);
    let is_packed =
        variable.attribute("scale_factor").is_some() || variable.attribute("add_offset").is_some();
    let is_small = matches!(
        variable.dtype,
        NcType::Float | NcType::Byte | NcType::UByte | NcType::Short | NcType::UShort
    );
    let values = if is_small && !is_packed {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the file holds them in single precision or less"
        )]
        GridValues::F32(ordered.map(|value| value as f32).collect())
    } else {
        GridValues::F64(ordered.collect())
    };
    let layer = layers.when.layer(&fixed);
    let (mut others, mut apart) = (Vec::new(), Vec::new());
    for (role, index) in dimensions.iter().zip(&fixed) {
        let Role::Along(stop) = role else { continue };
        let index = index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
        let label = stop.labels.get(index).filter(|label| !label.is_empty()).cloned();
        let label = label.unwrap_or_else(|| (index + 1).to_string());
        let said = format!("{} = {label} {}", stop.name, stop.unit).trim_end().to_owned();
        if stop.tells_apart {
            // A sign is no part of an id.
            let unsigned = label.strip_prefix('-').map_or(label.clone(), |rest| format!("minus {rest}"));
            apart.push(format!("{} {unsigned}", stop.name));
        }
        if !stop.is_time || stop.tells_apart {
            others.push(said);
        }
    }
    let mut notes = layer.of_time;
    if let Some(run) = layer.run {
        notes.push(format!("{RUN} {}", instant(Some(run))));
        if layers.when.has_runs() {
            apart.push(format!("run {}", instant(Some(run))));
        }
    }
    if let Some(of) = layer.climatology {
        notes.push(format!("climatology {}", instant(Some(of))));
        apart.push(format!("climatology {}", instant(Some(of))));
    }
    let title = text(variable, "long_name").or_else(|| text(variable, "standard_name"));
    Ok(Grid {
        name: variable.name.clone(),
        title: title.unwrap_or_default(),
        standard_name: text(variable, "standard_name").unwrap_or_default(),
        stored: (!is_packed).then(|| kind(&variable.dtype)).flatten(),
        unit: text(variable, "units").unwrap_or_default(),
        declared: layers.declared.clone(),
        lon0: place.x0,
        lat0: place.y0,
        dx: place.dx,
        dy: place.dy,
        width,
        height,
        nodata: None,
        values,
        time: layer.time,
        is_climatology: layer.climatology.is_some(),
        is_forecast: layer.run.is_some(),
        other_axes: others.join(", "),
        apart: apart.join(" "),
        notes: notes.join(", "),
    })
}
