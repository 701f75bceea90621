//! Series and grids written as NetCDF, classic with 64-bit offsets, after CF 1.11.

use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions, VariableId};

use crate::Error;

/// What stands for no value.
pub(super) const NONE: f64 = 9.969_209_968_386_869e36;

/// A variable of values.
#[derive(Debug, Clone, PartialEq)]
pub struct NetCdfVariable {
    /// What it is called; letters that a name may not have become `_`.
    pub name: String,
    /// What a person reads.
    pub title: String,
    /// UCUM.
    pub unit: String,
    /// One for each observation or cell; NaN where there is none.
    pub values: Vec<f64>,
}

/// Observations at places, each with its time (CF §H.2.5, indexed ragged array).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetCdfSeries {
    /// The places: id, longitude, latitude.
    pub stations: Vec<(String, [f64; 2])>,
    /// The number of the place of each observation.
    pub station: Vec<i32>,
    /// Seconds since 1970 of each observation.
    pub times: Vec<f64>,
    /// The values.
    pub variables: Vec<NetCdfVariable>,
}

/// Fields on one grid; values go field by field, row by row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetCdfGrid {
    /// Seconds since 1970 of each field; NaN for a field without a time.
    pub times: Vec<f64>,
    /// Longitudes of the columns.
    pub longitudes: Vec<f64>,
    /// Latitudes of the rows.
    pub latitudes: Vec<f64>,
    /// The values.
    pub variables: Vec<NetCdfVariable>,
}

/// One field on the grid of a system of its own; values go row by row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NetCdfField {
    /// Seconds since 1970; none for a field without a time.
    pub time: Option<f64>,
    /// The eastings of the columns, metres.
    pub eastings: Vec<f64>,
    /// The northings of the rows, metres.
    pub northings: Vec<f64>,
    /// Longitude of each cell.
    pub longitudes: Vec<f64>,
    /// Latitude of each cell.
    pub latitudes: Vec<f64>,
    /// The system, as a name that readers know: `EPSG:32648`.
    pub system: String,
    /// The values.
    pub variables: Vec<NetCdfVariable>,
}

/// Writes observations.
pub fn write_series(series: &NetCdfSeries, title: &str) -> Result<Vec<u8>, Error> {
    let mut file = Writer::new(title, "timeSeries")?;
    let letters = series.stations.iter().map(|(id, _)| id.len()).max().unwrap_or(1).max(1);
    let count = |number: usize| number.max(1) as u64;
    let station = file.dimension("station", count(series.stations.len()))?;
    let width = file.dimension("name_strlen", letters as u64)?;
    let observation = file.dimension("obs", count(series.times.len()))?;

    let name = file.builder.add_char_variable("station_id", &[station, width]).map_err(failed)?;
    file.say(name, "cf_role", "timeseries_id")?;
    let ids: Vec<&str> = match series.stations.is_empty() {
        true => vec![""],
        false => series.stations.iter().map(|(id, _)| id.as_str()).collect(),
    };
    file.builder.write_char_variable_strings(name, &ids).map_err(failed)?;
    for (axis, which, standard, unit) in
        [("lon", 0, "longitude", "degrees_east"), ("lat", 1, "latitude", "degrees_north")]
    {
        let values = series.stations.iter().map(|(_, position)| position[which]);
        file.coordinate(axis, station, standard, unit, filled(values.collect()))?;
    }
    file.coordinate(
        "time",
        observation,
        "time",
        "seconds since 1970-01-01 00:00:00",
        filled(series.times.clone()),
    )?;
    let index = file.builder.add_variable::<i32>("station_index", &[observation]).map_err(failed)?;
    file.say(index, "long_name", "which station this observation is for")?;
    file.say(index, "instance_dimension", "station")?;
    let numbers = if series.station.is_empty() { vec![0] } else { series.station.clone() };
    file.builder.write_variable(index, &numbers).map_err(failed)?;
    for variable in &series.variables {
        file.variable(variable, &[observation], Some("time lat lon"))?;
    }
    file.bytes()
}

/// Writes fields.
pub fn write_grid(grid: &NetCdfGrid, title: &str) -> Result<Vec<u8>, Error> {
    let mut file = Writer::new(title, "")?;
    // Readers take a time without a value for a mistake: what has none has no such axis.
    let has_time = grid.times.len() > 1 || grid.times.iter().any(|time| !time.is_nan());
    let count = grid.times.len().max(1) as u64;
    let time = has_time.then(|| file.dimension("time", count)).transpose()?;
    let lat = file.dimension("lat", grid.latitudes.len().max(1) as u64)?;
    let lon = file.dimension("lon", grid.longitudes.len().max(1) as u64)?;
    if let Some(time) = time {
        let unit = "seconds since 1970-01-01 00:00:00";
        file.coordinate("time", time, "time", unit, filled(grid.times.clone()))?;
    }
    file.coordinate("lat", lat, "latitude", "degrees_north", filled(grid.latitudes.clone()))?;
    file.coordinate("lon", lon, "longitude", "degrees_east", filled(grid.longitudes.clone()))?;
    for variable in &grid.variables {
        let dimensions: Vec<Dimension> = time.into_iter().chain([lat, lon]).collect();
        file.variable(variable, &dimensions, None)?;
    }
    file.bytes()
}

/// Writes a field. Where its cells lie is said of each (CF §5.2), so that no reader needs to know the system.
pub fn write_field(field: &NetCdfField, title: &str) -> Result<Vec<u8>, Error> {
    let mut file = Writer::new(title, "")?;
    file.names.extend(["x", "y"].map(str::to_owned));
    let time = field.time.map(|_| file.dimension("time", 1)).transpose()?;
    let y = file.dimension("y", field.northings.len().max(1) as u64)?;
    let x = file.dimension("x", field.eastings.len().max(1) as u64)?;
    if let Some((time, at)) = time.zip(field.time) {
        file.coordinate("time", time, "time", "seconds since 1970-01-01 00:00:00", vec![at])?;
    }
    for (name, dimension, values) in [("y", y, &field.northings), ("x", x, &field.eastings)] {
        let standard = format!("projection_{name}_coordinate");
        file.coordinate(name, dimension, &standard, "m", filled(values.clone()))?;
    }
    for (name, standard, unit, values) in [
        ("lat", "latitude", "degrees_north", &field.latitudes),
        ("lon", "longitude", "degrees_east", &field.longitudes),
    ] {
        let variable = file.builder.add_variable::<f64>(name, &[y, x]).map_err(failed)?;
        file.say(variable, "standard_name", standard)?;
        file.say(variable, "units", unit)?;
        file.builder.write_variable(variable, &filled(values.clone())).map_err(failed)?;
    }
    let system = NcAttrValue::Chars(field.system.clone());
    file.builder.add_attribute("cuulong_crs", system).map_err(failed)?;
    for variable in &field.variables {
        let dimensions: Vec<Dimension> = time.into_iter().chain([y, x]).collect();
        file.variable(variable, &dimensions, Some("lat lon"))?;
    }
    file.bytes()
}

/// Values as they are written; an empty dimension has one without a value.
fn filled(values: Vec<f64>) -> Vec<f64> {
    match values.is_empty() {
        true => vec![NONE],
        false => values.into_iter().map(|value| if value.is_nan() { NONE } else { value }).collect(),
    }
}

struct Writer {
    builder: NcFileBuilder,
    names: Vec<String>,
}

type Dimension = netcdf_writer::DimensionId;

impl Writer {
    fn new(title: &str, feature: &str) -> Result<Writer, Error> {
        let mut builder = NcFileBuilder::new();
        let mut said = vec![("Conventions", "CF-1.11"), ("title", title)];
        if !feature.is_empty() {
            said.push(("featureType", feature));
        }
        for (name, text) in said {
            builder.add_attribute(name, NcAttrValue::Chars(text.to_owned())).map_err(failed)?;
        }
        let names = ["lon", "lat", "time", "station_id", "station_index"].map(str::to_owned).to_vec();
        Ok(Writer { builder, names })
    }

    fn dimension(&mut self, name: &str, size: u64) -> Result<Dimension, Error> {
        self.builder.add_dimension(name, size).map_err(failed)
    }

    fn say(&mut self, variable: VariableId, name: &str, text: &str) -> Result<(), Error> {
        self.builder
            .add_variable_attribute(variable, name, NcAttrValue::Chars(text.to_owned()))
            .map_err(failed)
    }

    fn coordinate(
        &mut self,
        name: &str,
        dimension: Dimension,
        standard: &str,
        unit: &str,
        values: Vec<f64>,
    ) -> Result<(), Error> {
        let variable = self.builder.add_variable::<f64>(name, &[dimension]).map_err(failed)?;
        self.say(variable, "standard_name", standard)?;
        self.say(variable, "units", unit)?;
        self.builder.write_variable(variable, &values).map_err(failed)
    }

    fn variable(
        &mut self,
        of: &NetCdfVariable,
        dimensions: &[Dimension],
        coordinates: Option<&str>,
    ) -> Result<(), Error> {
        let letter = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
        let mut name: String = of.name.chars().map(letter).collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert(0, 'v');
        }
        while self.names.contains(&name) {
            name.push('_');
        }
        self.names.push(name.clone());
        let variable = self.builder.add_variable::<f64>(name, dimensions).map_err(failed)?;
        self.say(variable, "long_name", &of.title)?;
        self.say(variable, "units", &of.unit)?;
        if let Some(coordinates) = coordinates {
            self.say(variable, "coordinates", coordinates)?;
        }
        let none = NcAttrValue::Doubles(vec![NONE]);
        self.builder.add_variable_attribute(variable, "_FillValue", none).map_err(failed)?;
        self.builder.write_variable(variable, &filled(of.values.clone())).map_err(failed)
    }

    fn bytes(self) -> Result<Vec<u8>, Error> {
        let options = NcWriteOptions { format: NcWriteFormat::Offset64 };
        self.builder.to_vec(options).map(|(_, bytes)| bytes).map_err(failed)
    }
}

fn failed(error: netcdf_writer::Error) -> Error {
    Error::invalid("netcdf", error.to_string(), "ask for a smaller part")
}
