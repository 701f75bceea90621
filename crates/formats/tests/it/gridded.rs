//! Grids of NetCDF files: times beside them, runs of forecasts, other dimensions, projections, and what is not kept.

use formats::coverage::LeftOut;
use formats::crs::Crs;
use formats::{Error, Grid, GridReader, Limits};
use netcdf_writer::{DimensionId, NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions, VariableId};

use crate::files::file;

pub(crate) type Text<'a> = (&'a str, &'a str);

pub(crate) fn say(builder: &mut NcFileBuilder, variable: VariableId, said: &[Text<'_>]) {
    for (name, text) in said {
        builder.add_variable_attribute(variable, *name, NcAttrValue::Chars((*text).into())).unwrap();
    }
}

/// An axis: its name, values and attributes.
pub(crate) type Axis<'a> = (&'a str, &'a [f64], &'a [Text<'a>]);

pub(crate) const LAT: Axis<'static> = ("lat", &[10.0, 10.5], &[("units", "degrees_north")]);
pub(crate) const LON: Axis<'static> = ("lon", &[105.0, 105.5], &[("units", "degrees_east")]);

/// A variable over these axes, with what stands beside it.
pub(crate) fn made(
    axes: &[Axis<'_>],
    said: &[Text<'_>],
    beside: impl FnOnce(&mut NcFileBuilder, &[DimensionId]),
) -> Vec<u8> {
    let mut builder = NcFileBuilder::new();
    let mut dimensions = Vec::new();
    let mut count = 1;
    for (name, values, _) in axes {
        count *= values.len();
        dimensions.push(builder.add_dimension(*name, values.len() as u64).unwrap());
    }
    for ((name, values, said), dimension) in axes.iter().zip(&dimensions) {
        if said.is_empty() {
            continue;
        }
        let variable = builder.add_variable::<f64>(*name, &[*dimension]).unwrap();
        say(&mut builder, variable, said);
        builder.write_variable(variable, values).unwrap();
    }
    let rain = builder.add_variable::<f32>("rain", &dimensions).unwrap();
    say(&mut builder, rain, said);
    let values: Vec<f32> = (0..count).map(|n| n as f32).collect();
    builder.write_variable(rain, &values).unwrap();
    beside(&mut builder, &dimensions);
    builder.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap().1
}

pub(crate) fn scalar(builder: &mut NcFileBuilder, name: &str, value: f64, said: &[Text<'_>]) {
    let variable = builder.add_variable::<f64>(name, &[]).unwrap();
    say(builder, variable, said);
    builder.write_variable(variable, &[value]).unwrap();
}

pub(crate) fn read(content: &[u8]) -> Result<(Vec<Grid>, Vec<LeftOut>), Error> {
    let file = file(content);
    let mut reader = GridReader::open(file.path(), &Limits::default())?;
    let mut grids = Vec::new();
    while let Some(grid) = reader.next_grid()? {
        grids.push(grid);
    }
    Ok((grids, reader.left_out()))
}

pub(crate) fn times(content: &[u8]) -> Vec<String> {
    let time = |grid: &Grid| {
        grid.time.map_or("-".to_owned(), |time| {
            chrono::DateTime::from_timestamp_micros(time).unwrap().format("%Y-%m-%dT%H:%M").to_string()
        })
    };
    read(content).unwrap().0.iter().map(time).collect()
}

#[test]
fn a_time_beside_a_grid_is_its_time() {
    let content = made(&[LAT, LON], &[("coordinates", "time")], |builder, _| {
        scalar(builder, "time", 12.0, &[("units", "hours since 2024-03-01 00:00:00")]);
    });
    assert_eq!(times(&content), ["2024-03-01T12:00"]);
}

#[test]
fn dates_as_numbers_and_months_are_times_and_what_is_none_is_refused() {
    for (units, values, expected) in [
        ("day as %Y%m%d.%f", [20_200_215.0, 20_200_216.5], ["2020-02-15T00:00", "2020-02-16T12:00"]),
        ("months since 1999-12-01", [0.0, 2.0], ["1999-12-01T00:00", "2000-02-01T00:00"]),
    ] {
        assert_eq!(times(&with_time(&values, &[("units", units)])), expected, "{units}");
    }
    for said in [
        &[("units", "month"), ("axis", "T")][..],
        &[("units", "months since 1999-12-01")][..],
        &[("units", "days since 1999-12-01"), ("calendar", "lunar")][..],
    ] {
        let error = read(&with_time(&[0.5, 1.5], said)).unwrap_err();
        let Error::Invalid { code, .. } = error else { panic!("{error:?}") };
        assert_eq!(code, "time_axis", "{said:?}");
    }
}

pub(crate) fn with_time(values: &[f64], said: &[Text<'_>]) -> Vec<u8> {
    made(&[("time", values, said), LAT, LON], &[], |_, _| {})
}

#[test]
fn layers_of_a_forecast_have_the_time_that_they_speak_of_and_their_run() {
    let run: Axis<'_> = (
        "time",
        &[0.0, 24.0],
        &[("units", "hours since 2024-03-01 00:00:00"), ("standard_name", "forecast_reference_time")],
    );
    let step: Axis<'_> = ("step", &[0.0, 24.0], &[("units", "hours"), ("standard_name", "forecast_period")]);
    let grids = read(&made(&[run, step, LAT, LON], &[], |_, _| {})).unwrap().0;
    let content = made(&[run, step, LAT, LON], &[], |_, _| {});
    assert_eq!(
        times(&content),
        ["2024-03-01T00:00", "2024-03-02T00:00", "2024-03-02T00:00", "2024-03-03T00:00"]
    );
    let apart: Vec<&str> = grids.iter().map(|grid| grid.apart.as_str()).collect();
    assert_eq!(apart[1], "run 2024-03-01T00:00:00Z");
    assert_eq!(apart[2], "run 2024-03-02T00:00:00Z");
    assert!(grids.iter().all(|grid| grid.is_forecast && grid.notes.contains("forecast_reference_time")));
}

#[test]
fn layers_of_other_dimensions_are_told_apart() {
    let depth: Axis<'_> = ("depth", &[0.5, -5.0], &[("units", "m")]);
    let member: Axis<'_> = ("number", &[0.0, 0.0], &[]);
    let grids = read(&made(&[depth, member, LAT, LON], &[], |_, _| {})).unwrap().0;
    let apart: Vec<&str> = grids.iter().map(|grid| grid.apart.as_str()).collect();
    let expected =
        ["depth 0.5 number 1", "depth 0.5 number 2", "depth minus 5 number 1", "depth minus 5 number 2"];
    assert_eq!(apart, expected);
}

#[test]
fn a_mean_begins_where_its_bounds_do_and_one_of_many_years_has_no_time() {
    let bounded = |name: &'static str, methods: &'static str| {
        let axis: [Text<'_>; 2] = [("units", "days since 2024-01-01"), (name, "time_bnds")];
        let time: Axis<'_> = ("time", &[15.0, 45.0], &axis);
        made(&[time, LAT, LON], &[("cell_methods", methods)], |builder, dimensions| {
            let both = builder.add_dimension("nv", 2).unwrap();
            let bounds = builder.add_variable::<f64>("time_bnds", &[dimensions[0], both]).unwrap();
            builder.write_variable(bounds, &[0.0, 31.0, 31.0, 60.0]).unwrap();
        })
    };
    let mean = bounded("bounds", "time: mean");
    assert_eq!(times(&mean), ["2024-01-01T00:00", "2024-02-01T00:00"]);
    assert_eq!(read(&mean).unwrap().0[0].notes, "mean, P1M");
    let normal = bounded("climatology", "time: mean within years time: mean over years");
    let grids = read(&normal).unwrap().0;
    assert!(grids.iter().all(|grid| grid.time.is_none() && grid.is_climatology));
    assert_ne!(grids[0].apart, grids[1].apart);
}

#[test]
fn a_grid_in_metres_lies_in_the_system_that_it_names() {
    let north: Axis<'_> =
        ("y", &[1_100_000.0, 1_101_000.0], &[("units", "m"), ("standard_name", "projection_y_coordinate")]);
    let east: Axis<'_> =
        ("x", &[600_000.0, 601_000.0], &[("units", "m"), ("standard_name", "projection_x_coordinate")]);
    let content = made(&[north, east], &[("grid_mapping", "crs")], |builder, _| {
        scalar(builder, "crs", 0.0, &[("epsg_code", "EPSG:32648")]);
    });
    let (grids, left_out) = read(&content).unwrap();
    assert_eq!(left_out, []);
    assert_eq!((grids[0].lon0, grids[0].lat0, grids[0].dx), (599_500.0, 1_101_500.0, 1000.0));
    let declared = grids[0].declared.clone().unwrap();
    assert_eq!(declared.crs().unwrap(), Crs::epsg(32648).unwrap());
}

#[test]
fn what_stands_beside_grids_is_named() {
    let content = made(&[LAT, LON], &[("ancillary_variables", "rain_quality")], |builder, dimensions| {
        let quality = builder.add_variable::<i8>("rain_quality", dimensions).unwrap();
        builder.write_variable(quality, &[1_i8, 1, 4, 4]).unwrap();
        let area = builder.add_variable::<f64>("area_of_row", &dimensions[..1]).unwrap();
        builder.write_variable(area, &[1.0, 2.0]).unwrap();
    });
    let (grids, left_out) = read(&content).unwrap();
    assert_eq!(grids.len(), 1);
    let said: Vec<(&str, &str)> = left_out.iter().map(|left| (left.what, left.names[0].as_str())).collect();
    assert_eq!(said, [(LeftOut::QUALITY, "rain_quality"), (LeftOut::VARIABLES, "area_of_row")]);
}
