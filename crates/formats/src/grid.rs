//! A grid of values over longitude and latitude: what a NetCDF file and a raster both become.

use crate::coverage::SampleKind;
use crate::feature::Declared;

/// One layer of values on a regular grid of longitude and latitude, or of easting and northing.
///
/// Rows run from north to south and columns from west to east, whatever the order in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The variable's name in the file.
    pub name: String,
    /// What the file calls it in words; empty when it says nothing.
    pub title: String,
    /// What the CF conventions call it; empty when the file does not say it.
    pub standard_name: String,
    /// What a value is in the file, where that is smaller than what holds it here.
    pub stored: Option<SampleKind>,
    /// The unit as the file writes it; empty when it says none.
    pub unit: String,
    /// What the file says of its coordinates.
    pub declared: Option<Declared>,
    /// The western edge of the first column.
    pub lon0: f64,
    /// The northern edge of the first row.
    pub lat0: f64,
    /// The width of a cell, greater than zero.
    pub dx: f64,
    /// The height of a cell, greater than zero.
    pub dy: f64,
    /// How many columns there are.
    pub width: usize,
    /// How many rows there are.
    pub height: usize,
    /// The value that stands for "no value", beside NaN.
    pub nodata: Option<f64>,
    /// `width × height` values, row by row.
    pub values: GridValues,
    /// The instant of the layer in microseconds since 1970 (UTC); none for what does not change.
    pub time: Option<i64>,
    /// Where the file says it stands on other axes (`height = 2 m`); empty when there are none.
    pub other_axes: String,
    /// Whether it is a statistic of many years, and of none of them.
    pub is_climatology: bool,
    /// Whether it is of a run of a model that looks ahead.
    pub is_forecast: bool,
    /// What tells it from the layers of the same variable at the same time; empty when nothing does.
    pub apart: String,
    /// What it is of its time: a statistic, a period, the run of a forecast; empty when the file does not say it.
    pub notes: String,
}

/// The values of a grid, as exact as the file holds them.
#[derive(Debug, Clone, PartialEq)]
pub enum GridValues {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl GridValues {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            GridValues::F32(values) => values.len(),
            GridValues::F64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at an index.
    pub fn get(&self, index: usize) -> Option<f64> {
        match self {
            GridValues::F32(values) => values.get(index).map(|value| f64::from(*value)),
            GridValues::F64(values) => values.get(index).copied(),
        }
    }
}

impl Grid {
    /// The value of a cell by its row and column from 0; `None` outside, and where there is no value.
    pub fn value(&self, row: usize, column: usize) -> Option<f64> {
        let is_inside = row < self.height && column < self.width;
        let value = is_inside.then(|| self.values.get(row * self.width + column)).flatten()?;
        (!value.is_nan() && self.nodata != Some(value)).then_some(value)
    }
}
