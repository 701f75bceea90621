//! The grids of a file over longitude and latitude, layer by layer.

use std::path::Path;

use netcdf_reader::{NcType, NcVariable};
use wording::{Phrase, Told, phrase, told};

use super::damaged;
use super::file::{Axis, File, axis, is_number, is_time, short, text};
use crate::{Error, Grid, GridValues, Limits};

/// Layers of one file, at most.
const MAX_LAYERS: u64 = 100_000;
/// How far the steps between coordinates may differ, as a share of a step: they may be in single
/// precision.
const MAX_UNEVEN: f64 = 0.01;

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
    /// For each dimension, whether it is one of the plane, a time, or something else.
    dimensions: Vec<Role>,
    next: u64,
    count: u64,
}

enum Role {
    Longitude,
    Latitude,
    Time(Vec<Option<i64>>),
    Other { name: String, unit: String, values: Vec<f64> },
}

/// Where the cells lie: which index of the file is which column and row.
#[derive(Clone)]
struct Plane {
    columns: Vec<usize>,
    rows: Vec<usize>,
    lon0: f64,
    lat0: f64,
    dx: f64,
    dy: f64,
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
                told!(
                    "formats-check-coordinates-have-units-degrees-east-degrees-north-projected",
                    "check that its coordinates have the units degrees_east and degrees_north; a projected grid has to be brought to longitude and latitude first (gdalwarp -t_srs EPSG:4326)"
                ),
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

/// Whether a variable is more than an axis, a bound of one, or a flag of another.
fn is_data(file: &File, variable: &NcVariable) -> bool {
    let names_it = |other: &NcVariable| {
        ["bounds", "ancillary_variables", "coordinates", "climatology"].iter().any(|attribute| {
            text(other, attribute).is_some_and(|names| names.split_whitespace().any(|n| n == variable.name))
        })
    };
    is_number(variable)
        && axis(variable).is_none()
        && !is_time(variable)
        && !variable.is_coordinate_variable()
        && !file.variables().iter().any(names_it)
}

fn layers(file: &File, variable: &NcVariable) -> Result<Option<Layers>, Error> {
    let of = |wanted: Axis| {
        variable.dimensions.iter().find_map(|dimension| {
            let found = file.variable(&dimension.name)?;
            (found.dimensions.len() == 1 && axis(found) == Some(wanted)).then_some(found)
        })
    };
    let (Some(longitude), Some(latitude)) = (of(Axis::Longitude), of(Axis::Latitude)) else {
        return Ok(None);
    };
    let place =
        plane(&file.values(longitude)?, &file.values(latitude)?).map_err(|how| uneven(variable, how))?;
    let (mut dimensions, mut count) = (Vec::new(), 1_u64);
    for dimension in &variable.dimensions {
        if dimension.name == longitude.name {
            dimensions.push(Role::Longitude);
        } else if dimension.name == latitude.name {
            dimensions.push(Role::Latitude);
        } else {
            count = count.saturating_mul(dimension.size);
            let axis = file.variable(&dimension.name).filter(|axis| axis.dimensions.len() == 1);
            dimensions.push(match axis {
                Some(axis) if is_time(axis) => Role::Time(file.times(axis)?),
                Some(axis) if is_number(axis) => Role::Other {
                    name: axis.name.clone(),
                    unit: text(axis, "units").unwrap_or_default(),
                    values: file.values(axis)?,
                },
                _ => Role::Other { name: dimension.name.clone(), unit: String::new(), values: Vec::new() },
            });
        }
    }
    Ok(Some(Layers { variable: variable.clone(), place, dimensions, next: 0, count }))
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

/// The columns from west to east and the rows from north to south.
fn plane(longitudes: &[f64], latitudes: &[f64]) -> Result<Plane, Told> {
    let longitudes: Vec<f64> =
        longitudes.iter().map(|lon| if *lon > 180.0 { lon - 360.0 } else { *lon }).collect();
    if longitudes.iter().any(|lon| !(-180.0..=180.0).contains(lon)) {
        return Err(told!("formats-longitudes-no-degrees", "its longitudes are no degrees"));
    }
    if latitudes.iter().any(|lat| !(-90.0..=90.0).contains(lat)) {
        return Err(told!("formats-latitudes-no-degrees", "its latitudes are no degrees"));
    }
    let (columns, west, dx) = even(&longitudes, phrase!("formats-longitudes", "longitudes"))?;
    let (mut rows, south, dy) = even(latitudes, phrase!("formats-latitudes", "latitudes"))?;
    rows.reverse();
    let (dx, dy) = match (dx, dy) {
        (Some(dx), Some(dy)) => (dx, dy),
        (Some(step), None) | (None, Some(step)) => (step, step),
        (None, None) => {
            return Err(told!(
                "formats-single-cell-whose-size-not-said",
                "it has a single cell, whose size is not said"
            ));
        }
    };
    let lat0 = south + dy * (rows.len() as f64 - 0.5);
    Ok(Plane { columns, rows, lon0: west - dx / 2.0, lat0, dx, dy })
}

/// The indices in ascending order of their values, the least value, and the step.
fn even(values: &[f64], what: Phrase) -> Result<(Vec<usize>, f64, Option<f64>), Told> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let (Some(first), Some(last)) = (order.first(), order.last()) else {
        return Err(told!("formats-grid-has-no", "it has no {what}", what => what));
    };
    let (least, most) = (values[*first], values[*last]);
    if values.len() == 1 {
        return Ok((order, least, None));
    }
    let step = (most - least) / (values.len() - 1) as f64;
    let is_even = order
        .iter()
        .enumerate()
        .all(|(index, at)| (values[*at] - (least + step * index as f64)).abs() <= MAX_UNEVEN * step);
    if step <= 0.0 || !is_even {
        return Err(
            told!("formats-steps-between-uneven", "the steps between its {what} are uneven", what => what),
        );
    }
    Ok((order, least, Some(step)))
}

fn read(file: &File, layers: &Layers, number: u64) -> Result<Grid, Error> {
    let Layers { variable, place, dimensions, .. } = layers;
    let mut rest = number;
    let mut fixed: Vec<Option<u64>> = vec![None; dimensions.len()];
    // The last dimension of the file runs fastest.
    for (at, role) in dimensions.iter().enumerate().rev() {
        if !matches!(role, Role::Longitude | Role::Latitude) {
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
        Role::Latitude => Some(true),
        Role::Longitude => Some(false),
        _ => None,
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
    let (mut time, mut others) = (None, Vec::new());
    for (role, index) in dimensions.iter().zip(&fixed) {
        let index = index.and_then(|index| usize::try_from(index).ok());
        match (role, index) {
            (Role::Time(times), Some(index)) => time = times.get(index).copied().flatten(),
            (Role::Other { name, unit, values }, Some(index)) => {
                let value = values.get(index).map_or_else(|| index.to_string(), f64::to_string);
                others.push(format!("{name} = {value} {unit}").trim_end().to_owned());
            }
            _ => {}
        }
    }
    let title = text(variable, "long_name").or_else(|| text(variable, "standard_name"));
    Ok(Grid {
        name: variable.name.clone(),
        title: title.unwrap_or_default(),
        unit: text(variable, "units").unwrap_or_default(),
        lon0: place.lon0,
        lat0: place.lat0,
        dx: place.dx,
        dy: place.dy,
        width,
        height,
        nodata: None,
        values,
        time,
        other_axes: others.join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::plane;

    #[test]
    fn rows_run_from_north_to_south_and_columns_from_west_to_east() {
        let place = plane(&[359.0, 0.0, 1.0], &[10.0, 10.5]).unwrap();
        assert_eq!((place.columns, place.rows), (vec![0, 1, 2], vec![1, 0]));
        assert_eq!((place.lon0, place.lat0, place.dx, place.dy), (-1.5, 10.75, 1.0, 0.5));
        let place = plane(&[1.0, 0.0], &[10.5, 10.0]).unwrap();
        assert_eq!((place.columns, place.rows), (vec![1, 0], vec![0, 1]));
    }

    #[test]
    fn a_grid_that_is_not_even_is_refused() {
        for (longitudes, latitudes) in [
            (vec![0.0, 1.0, 3.0], vec![0.0, 1.0]),
            (vec![0.0, 1.0], vec![0.0, 91.0]),
            (vec![500_000.0, 501_000.0], vec![0.0, 1.0]),
            (vec![5.0], vec![5.0]),
            (vec![], vec![5.0]),
            (vec![f64::NAN, 1.0], vec![5.0]),
        ] {
            assert!(plane(&longitudes, &latitudes).is_err(), "{longitudes:?}");
        }
    }
}
