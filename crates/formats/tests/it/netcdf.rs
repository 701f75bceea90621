//! NetCDF files: grids and time series, made for a test and real.

use formats::coverage::{GeoTiff, GridRaster, Raster, write_cog};
use formats::crs::Crs;
use formats::{
    Error, Format, Grid, GridReader, GridValues, Limits, SeriesStream, StreamedHead, StreamedRow,
    StreamedSeries, StreamedVariable, detect_file,
};
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions, VariableId};

use crate::files::{file, row, rows};
use crate::real::{close, real};

fn say(builder: &mut NcFileBuilder, variable: VariableId, name: &str, text: &str) {
    builder.add_variable_attribute(variable, name, NcAttrValue::Chars(text.into())).unwrap();
}

fn bytes(builder: &NcFileBuilder, format: NcWriteFormat) -> Vec<u8> {
    builder.to_vec(NcWriteOptions { format }).unwrap().1
}

const FORMATS: [NcWriteFormat; 4] =
    [NcWriteFormat::Classic, NcWriteFormat::Offset64, NcWriteFormat::Cdf5, NcWriteFormat::Nc4];

/// Three layers of 2 × 3 cells, packed, the rows from south to north.
fn layers() -> NcFileBuilder {
    let mut builder = NcFileBuilder::new();
    let time = builder.add_dimension("time", 3).unwrap();
    let lat = builder.add_dimension("lat", 2).unwrap();
    let lon = builder.add_dimension("lon", 3).unwrap();
    for (name, dimension, units, values) in [
        ("time", time, "days since 2020-01-31 12:00:00", vec![0.0, 1.0, 30.5]),
        ("lat", lat, "degrees_north", vec![10.0, 10.5]),
        ("lon", lon, "degrees_east", vec![105.0, 105.5, 106.0]),
    ] {
        let variable = builder.add_variable::<f64>(name, &[dimension]).unwrap();
        say(&mut builder, variable, "units", units);
        builder.write_variable(variable, &values).unwrap();
    }
    let rain = builder.add_variable::<i16>("rain", &[time, lat, lon]).unwrap();
    say(&mut builder, rain, "units", "mm");
    say(&mut builder, rain, "long_name", "rain of a day");
    for (name, value) in [("scale_factor", 0.1), ("add_offset", 100.0)] {
        builder.add_variable_attribute(rain, name, NcAttrValue::Doubles(vec![value])).unwrap();
    }
    builder.add_variable_attribute(rain, "missing_value", NcAttrValue::Shorts(vec![-999])).unwrap();
    let values: Vec<i16> = (0..18).map(|n| if n == 4 { -999 } else { n * 10 }).collect();
    builder.write_variable(rain, &values).unwrap();
    builder
}

fn grids(content: &[u8]) -> Result<Vec<Grid>, Error> {
    let file = file(content);
    assert_eq!(detect_file("a.bin", file.path())?, Format::NetCdf);
    let mut reader = GridReader::open(file.path(), &Limits::default())?;
    let mut grids = Vec::new();
    while let Some(grid) = reader.next_grid()? {
        grids.push(grid);
    }
    Ok(grids)
}

#[test]
fn a_grid_is_handed_out_layer_by_layer_from_north_to_south() {
    for format in FORMATS {
        let grids = grids(&bytes(&layers(), format)).unwrap();
        let first = &grids[0];
        assert_eq!((grids.len(), first.name.as_str(), first.unit.as_str()), (3, "rain", "mm"));
        assert_eq!((first.width, first.height, first.title.as_str()), (3, 2, "rain of a day"));
        assert_eq!((first.lon0, first.lat0, first.dx, first.dy), (104.75, 10.75, 0.5, 0.5));
        assert_eq!(
            grids.iter().map(|grid| grid.time.unwrap()).collect::<Vec<_>>(),
            [1_580_472_000_000_000, 1_580_558_400_000_000, 1_583_107_200_000_000]
        );
        // The fifth value lies in the northern row, in the middle: it is missing.
        let northern: Vec<Option<f64>> = (0..3).map(|column| first.value(0, column)).collect();
        assert_eq!(northern, [Some(103.0), None, Some(105.0)]);
        assert_eq!((first.value(1, 0), first.value(2, 0)), (Some(100.0), None));
        assert!(matches!(first.values, GridValues::F64(_)));
        assert_eq!(grids[2].value(1, 2), Some(114.0));
    }
}

#[test]
fn a_file_of_grids_is_no_table_and_says_where_it_belongs() {
    let result = rows(bytes(&layers(), NcWriteFormat::Classic), &Limits::default());
    let Err(Error::Invalid { code, hint, .. }) = result else { panic!("{result:?}") };
    assert_eq!(code, "not_a_table");
    assert!(hint.contains("coverage"), "{hint}");
}

#[test]
fn series_side_by_side_become_a_long_table() {
    let mut builder = NcFileBuilder::new();
    let station = builder.add_dimension("station", 2).unwrap();
    let letters = builder.add_dimension("letters", 8).unwrap();
    let time = builder.add_dimension("time", 2).unwrap();
    let name = builder.add_char_variable("name", &[station, letters]).unwrap();
    say(&mut builder, name, "cf_role", "timeseries_id");
    builder.write_char_variable_strings(name, &["can_tho", "my_tho"]).unwrap();
    let when = builder.add_variable::<i32>("time", &[time]).unwrap();
    say(&mut builder, when, "units", "hours since 2020-02-01 00:00:00");
    builder.write_variable(when, &[0_i32, 6]).unwrap();
    for (axis, standard, values) in
        [("lat", "latitude", [10.03, 10.35]), ("lon", "longitude", [105.78, 106.36])]
    {
        let variable = builder.add_variable::<f64>(axis, &[station]).unwrap();
        say(&mut builder, variable, "standard_name", standard);
        builder.write_variable(variable, &values).unwrap();
    }
    let level = builder.add_variable::<f32>("level", &[station, time]).unwrap();
    say(&mut builder, level, "units", "m");
    say(&mut builder, level, "ancillary_variables", "level_qc");
    builder.set_variable_fill_value(level, -99.0_f32).unwrap();
    builder.write_variable(level, &[1.1_f32, 1.2, -99.0, 0.7]).unwrap();
    let flags = builder.add_variable::<i8>("level_qc", &[station, time]).unwrap();
    builder.add_variable_attribute(flags, "flag_values", NcAttrValue::Bytes(vec![1, 4])).unwrap();
    say(&mut builder, flags, "flag_meanings", "pass fail");
    builder.write_variable(flags, &[1_i8, 4, 1, 2]).unwrap();
    for format in FORMATS {
        assert_eq!(
            rows(bytes(&builder, format), &Limits::default()).unwrap(),
            [
                row(
                    0,
                    1,
                    &["station", "time", "variable", "unit", "value", "quality", "longitude", "latitude"]
                ),
                row(
                    0,
                    2,
                    &["can_tho", "2020-02-01T00:00:00Z", "level", "m", "1.1", "pass", "105.78", "10.03"]
                ),
                row(
                    0,
                    3,
                    &["can_tho", "2020-02-01T06:00:00Z", "level", "m", "1.2", "fail", "105.78", "10.03"]
                ),
                row(0, 5, &["my_tho", "2020-02-01T06:00:00Z", "level", "m", "0.7", "2", "106.36", "10.35"]),
            ],
            "{format:?}"
        );
    }
}

#[test]
fn the_offset_of_a_time_axis_is_read_or_the_axis_refused() {
    let times = |units: &str| {
        let mut builder = NcFileBuilder::new();
        let time = builder.add_dimension("time", 1).unwrap();
        let when = builder.add_variable::<i32>("time", &[time]).unwrap();
        say(&mut builder, when, "standard_name", "time");
        say(&mut builder, when, "units", units);
        builder.write_variable(when, &[6_i32]).unwrap();
        let level = builder.add_variable::<f32>("level", &[time]).unwrap();
        say(&mut builder, level, "units", "m");
        builder.write_variable(level, &[1.1_f32]).unwrap();
        rows(bytes(&builder, NcWriteFormat::Classic), &Limits::default())
    };
    for offset in ["+07:00", "+0700", "+07", "+7"] {
        let found = times(&format!("hours since 2024-01-01 00:00 {offset}")).unwrap();
        assert_eq!(found[1], row(0, 2, &["", "2023-12-31T23:00:00Z", "level", "m", "1.1"]), "{offset}");
    }
    // Four bytes and not four letters.
    for offset in ["+€1", "-1€", "+€", "+ộ1", "+é:é"] {
        assert!(times(&format!("hours since 2024-01-01 00:00 {offset}")).is_err(), "{offset}");
    }
    // Small letters may be shorter than capital ones.
    assert!(times("\u{212a} since 2024-01-01 00:00").is_err());
}

#[test]
fn a_forecast_says_with_each_value_when_it_was_made() {
    let mut builder = NcFileBuilder::new();
    let time = builder.add_dimension("time", 2).unwrap();
    let when = builder.add_variable::<i32>("time", &[time]).unwrap();
    say(&mut builder, when, "units", "hours since 2020-02-01 00:00:00");
    builder.write_variable(when, &[0_i32, 6]).unwrap();
    let run = builder.add_variable::<f64>("run", &[]).unwrap();
    say(&mut builder, run, "units", "days since 2020-01-01");
    say(&mut builder, run, "standard_name", "forecast_reference_time");
    builder.write_variable(run, &[30.5]).unwrap();
    let lead = builder.add_variable::<i32>("lead", &[time]).unwrap();
    say(&mut builder, lead, "units", "hours");
    say(&mut builder, lead, "standard_name", "forecast_period");
    builder.write_variable(lead, &[12_i32, 18]).unwrap();
    let level = builder.add_variable::<f32>("level", &[time]).unwrap();
    say(&mut builder, level, "units", "m");
    builder.write_variable(level, &[1.1_f32, 1.2]).unwrap();
    let found = rows(bytes(&builder, NcWriteFormat::Classic), &Limits::default()).unwrap();
    let run = "2020-01-31T12:00:00Z";
    let head = [
        "station",
        "time",
        "variable",
        "unit",
        "value",
        "quality",
        "longitude",
        "latitude",
        "forecast_reference_time",
    ];
    assert_eq!(
        found,
        [
            row(0, 1, &head),
            row(0, 2, &["", "2020-02-01T00:00:00Z", "level", "m", "1.1", "", "", "", run]),
            row(0, 3, &["", "2020-02-01T06:00:00Z", "level", "m", "1.2", "", "", "", run]),
        ]
    );
}

#[test]
fn ragged_series_know_whose_each_value_is() {
    for contiguous in [true, false] {
        let mut builder = NcFileBuilder::new();
        let station = builder.add_dimension("station", 2).unwrap();
        let obs = builder.add_dimension("obs", 3).unwrap();
        let id = builder.add_variable::<i32>("id", &[station]).unwrap();
        say(&mut builder, id, "cf_role", "timeseries_id");
        builder.write_variable(id, &[901_i32, 902]).unwrap();
        if contiguous {
            let size = builder.add_variable::<i32>("row_size", &[station]).unwrap();
            say(&mut builder, size, "sample_dimension", "obs");
            builder.write_variable(size, &[1_i32, 2]).unwrap();
        } else {
            let whose = builder.add_variable::<i32>("whose", &[obs]).unwrap();
            say(&mut builder, whose, "instance_dimension", "station");
            builder.write_variable(whose, &[0_i32, 1, 1]).unwrap();
        }
        let time = builder.add_variable::<f64>("time", &[obs]).unwrap();
        say(&mut builder, time, "units", "seconds since 1970-01-01");
        say(&mut builder, time, "calendar", "noleap");
        builder.write_variable(time, &[0.5, 60.0, 120.0]).unwrap();
        let salt = builder.add_variable::<f64>("salt", &[obs]).unwrap();
        say(&mut builder, salt, "units", "g/L");
        builder.write_variable(salt, &[4.0, 5.25, 6.0]).unwrap();
        let read = rows(bytes(&builder, NcWriteFormat::Classic), &Limits::default()).unwrap();
        assert_eq!(
            read[1..],
            [
                row(0, 2, &["901", "1970-01-01T00:00:00.500Z", "salt", "g/L", "4"]),
                row(0, 3, &["902", "1970-01-01T00:01:00Z", "salt", "g/L", "5.25"]),
                row(0, 4, &["902", "1970-01-01T00:02:00Z", "salt", "g/L", "6"]),
            ],
            "{contiguous}"
        );
    }
}

#[test]
fn series_written_front_to_back_are_read_again() {
    let series = |id: &str, place: &str| StreamedSeries {
        id: id.to_owned(),
        position: Some([105.5, 10.0]),
        said: vec![place.to_owned()],
    };
    let variable = |name: &str, unit: &str| StreamedVariable {
        name: name.to_owned(),
        title: format!("{name}, đo"),
        standard_name: None,
        unit: unit.to_owned(),
    };
    let head = StreamedHead {
        title: "Độ mặn".to_owned(),
        said_of_series: vec!["place".to_owned()],
        series: vec![series("901", "station:a"), series("902", "station:bcd")],
        variables: vec![variable("salt", "g/L"), variable("level", "m")],
        rows: 3,
        ..StreamedHead::default()
    };
    let row_of = |series, time, variable, value| StreamedRow { series, time, quality: 1, variable, value };
    let all = [row_of(0, 0.5, 0, 4.0), row_of(1, 60.0, 0, 5.25), row_of(1, 120.0, 1, -0.5)];
    let mut stream = SeriesStream::begin(Vec::new(), &head).unwrap();
    all.iter().for_each(|row| stream.row(row).unwrap());
    let made = stream.finish().unwrap();
    let read = rows(&made, &Limits::default()).unwrap();
    let known = |id: &str, name: &str, unit: &str, value: &str| {
        let expected = [id, name, unit, value];
        read.iter()
            .any(|(_, _, texts)| expected.iter().all(|expected| texts.iter().any(|text| text == expected)))
    };
    assert!(known("901", "salt", "g/L", "4") && known("902", "salt", "g/L", "5.25"), "{read:?}");
    assert!(known("902", "level", "m", "-0.5") && !known("901", "level", "m", "-0.5"), "{read:?}");
    // A head that promised more rows, or fewer, is no file.
    let mut short = SeriesStream::begin(Vec::new(), &head).unwrap();
    short.row(&all[0]).unwrap();
    assert!(short.finish().is_err());
    let mut long = SeriesStream::begin(Vec::new(), &StreamedHead { rows: 0, ..head }).unwrap();
    assert!(long.row(&all[0]).is_err());
}

#[test]
fn grids_that_cannot_be_placed_are_refused_with_what_to_do() {
    for (lat, lon, expected) in [
        (vec![10.0, 10.5, 12.0], vec![105.0, 105.5], "uneven_grid"),
        (vec![1_100_000.0, 1_101_000.0, 1_102_000.0], vec![500_000.0, 501_000.0], "uneven_grid"),
    ] {
        let mut builder = NcFileBuilder::new();
        let lat_dim = builder.add_dimension("lat", 3).unwrap();
        let lon_dim = builder.add_dimension("lon", 2).unwrap();
        for (name, dimension, units, values) in
            [("lat", lat_dim, "degrees_north", &lat), ("lon", lon_dim, "degrees_east", &lon)]
        {
            let variable = builder.add_variable::<f64>(name, &[dimension]).unwrap();
            say(&mut builder, variable, "units", units);
            builder.write_variable(variable, values).unwrap();
        }
        let data = builder.add_variable::<f64>("z", &[lat_dim, lon_dim]).unwrap();
        builder.write_variable(data, &[0.0; 6]).unwrap();
        let Err(Error::Invalid { code, hint, .. }) = grids(&bytes(&builder, NcWriteFormat::Classic)) else {
            panic!()
        };
        assert_eq!(code, expected);
        assert!(hint.contains("gdalwarp"));
    }
}

#[test]
fn a_grid_becomes_a_cloud_optimised_raster_with_the_same_values() {
    let mut builder = NcFileBuilder::new();
    let lat = builder.add_dimension("lat", 2).unwrap();
    let lon = builder.add_dimension("lon", 3).unwrap();
    for (name, dimension, units, values) in [
        ("lat", lat, "degrees_north", vec![10.0, 10.5]),
        ("lon", lon, "degrees_east", vec![105.0, 105.5, 106.0]),
    ] {
        let variable = builder.add_variable::<f64>(name, &[dimension]).unwrap();
        say(&mut builder, variable, "units", units);
        builder.write_variable(variable, &values).unwrap();
    }
    let depth = builder.add_variable::<f32>("depth", &[lat, lon]).unwrap();
    builder.set_variable_fill_value(depth, -1.0_f32).unwrap();
    builder.write_variable(depth, &[1.0_f32, 2.0, 3.0, 4.0, -1.0, 6.5]).unwrap();
    let source = file(bytes(&builder, NcWriteFormat::Nc4));
    let mut reader = GridReader::open(source.path(), &Limits::default()).unwrap();
    let mut raster = GridRaster::of(reader.next_grid().unwrap().unwrap()).unwrap();
    assert!(reader.next_grid().unwrap().is_none());
    let written = tempfile::NamedTempFile::new().unwrap();
    let crs = Crs::parse("EPSG:4326").unwrap();
    let summary =
        write_cog(&mut raster, &crs, &mut written.reopen().unwrap(), &mut |_| true).unwrap().unwrap();
    let band = &summary.bands[0];
    assert_eq!((band.valid, band.missing, band.min, band.max), (5, 1, 1.0, 6.5));
    let mut back = GeoTiff::open(written.path(), &Limits::default()).unwrap();
    let info = back.info().clone();
    assert_eq!((info.width, info.height, info.grid.x0, info.grid.y0), (3, 2, 104.75, 10.75));
    let rows = back.next_rows().unwrap().unwrap();
    let values: Vec<f32> =
        rows.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(
        (&values[..1], values[1].is_nan(), &values[2..]),
        (&[4.0][..], true, &[6.5, 1.0, 2.0, 3.0][..])
    );
}

#[test]
fn a_netcdf_file_damaged_anywhere_never_breaks_the_reader() {
    for format in [NcWriteFormat::Classic, NcWriteFormat::Nc4] {
        let whole = bytes(&layers(), format);
        for index in (0..whole.len()).step_by(whole.len() / 150 + 1) {
            let mut content = whole.clone();
            content[index] ^= 0x5A;
            let _ = grids(&content);
            let _ = rows(&content, &Limits::default());
            content.truncate(index);
            let _ = rows(&content, &Limits::default());
        }
    }
}

/// Read by Python's `netCDF4`: `variable[:].astype("f8").sum()`, `.count()`, `.min()`, `.max()`, and
/// single cells of the array, whose first row is the northernmost.
#[test]
fn real_grids_of_a_model_hold_what_another_reader_finds() {
    for (name, variable, count, sum, least, most, cells) in [
        (
            "elv",
            "Band1",
            543,
            402_717.820_419_311_5,
            166.079_788_208_007_8,
            2_103.586_181_640_625,
            [Some(1_509.138_4_f32), Some(302.257_48)],
        ),
        (
            "fracrice",
            "Band1",
            543,
            14.916_732_490_310_551,
            0.0,
            0.287_282_615_900_039_7,
            [Some(0.0), Some(0.137_954_79)],
        ),
        (
            "fracwater",
            "Band1",
            543,
            16.380_449_673_449_867,
            0.0,
            0.929_338_693_618_774_4,
            [Some(0.0), Some(0.012_408_333)],
        ),
        ("reservoirs", "res", 1, 530.0, 530.0, 530.0, [None, None]),
        (
            "upArea_repaired",
            "Band1",
            543,
            510_603_782_374.0,
            29_002_396.0,
            15_827_730_432.0,
            [Some(2.909_014_4e7), Some(2.184_069_4e9)],
        ),
    ] {
        let Some(path) = real(&format!("upstream_gridded_nam_ngum/{name}.nc")) else { return };
        let mut reader = GridReader::open(&path, &Limits::default()).unwrap();
        let grid = reader.next_grid().unwrap().unwrap();
        assert!(reader.next_grid().unwrap().is_none());
        assert_eq!((grid.name.as_str(), grid.width, grid.height), (variable, 29, 36), "{name}");
        assert!((grid.lon0 - 101.95).abs() < 1e-9 && (grid.lat0 - 19.8).abs() < 1e-9, "{name}");
        assert!((grid.dx - 0.05).abs() < 1e-9 && (grid.dy - 0.05).abs() < 1e-9);
        let values: Vec<f64> = (0..36)
            .flat_map(|row| (0..29).map(move |column| (row, column)))
            .filter_map(|(r, c)| grid.value(r, c))
            .collect();
        assert_eq!(values.len(), count, "{name}");
        assert!(close(values.iter().sum(), sum), "{name}");
        assert_eq!(values.iter().copied().fold(f64::INFINITY, f64::min), least, "{name}");
        assert_eq!(values.iter().copied().fold(f64::NEG_INFINITY, f64::max), most, "{name}");
        for (place, expected) in [(0, 0), (5, 7), (35, 28)]
            .map(|place| (place, None))
            .into_iter()
            .chain([((10, 20), cells[0]), ((20, 3), cells[1])])
        {
            assert_eq!(grid.value(place.0, place.1), expected.map(f64::from), "{name} {place:?}");
        }
        assert!(matches!(grid.values, GridValues::F32(_)));
    }
}
