//! Grids whose times, numbers for nothing and names are written in other ways than most.

use formats::coverage::LeftOut;
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

use crate::gridded::{Axis, LAT, LON, made, read, say, scalar, times, with_time};

#[test]
fn the_zone_of_a_time_axis_is_read_however_it_is_written() {
    for units in [
        "days since 2024-01-02 +07:00",
        "Days Since 2024-01-02 00:00 GMT+7",
        "days since 2024-01-02 00:00:00 UTC+07:00",
        "days since 2024-01-02 00:00 ICT",
        "days since 2024-01-02T00:00:00+07:00",
    ] {
        let found = times(&with_time(&[0.0, 1.0], &[("units", units)]));
        assert_eq!(found, ["2024-01-01T17:00", "2024-01-02T17:00"], "{units}");
    }
    for beside in
        [("time_zone", "UTC+7"), ("long_name", "local time (UTC+7)"), ("timezone", "Asia/Ho_Chi_Minh")]
    {
        let said = [("units", "hours since 2024-01-02 00:00:00"), beside];
        assert_eq!(times(&with_time(&[0.0], &said)), ["2024-01-01T17:00"], "{beside:?}");
        // What the unit itself says is the instant that is counted from.
        let said = [("units", "hours since 2024-01-02 00:00:00 UTC"), beside];
        assert_eq!(times(&with_time(&[0.0], &said)), ["2024-01-02T00:00"], "{beside:?}");
    }
    let unknown = [("units", "hours since 2024-01-02 00:00:00"), ("time_zone", "Saigon summer time")];
    assert!(read(&with_time(&[0.0], &unknown)).unwrap_err().to_string().contains("Saigon summer time"));
}

#[test]
fn dates_in_digits_and_a_single_time_of_any_usual_name_are_times() {
    let date: Axis<'_> = ("date", &[20_240_101.0, 20_240_102.0], &[("units", "yyyymmdd")]);
    assert_eq!(times(&made(&[date, LAT, LON], &[], |_, _| {})), ["2024-01-01T00:00", "2024-01-02T00:00"]);
    let content = made(&[LAT, LON], &[], |builder, _| {
        scalar(builder, "t", 12.0, &[("units", "hours since 2024-03-01 00:00:00")]);
    });
    assert_eq!(times(&content), ["2024-03-01T12:00"]);
}

#[test]
fn the_axis_of_the_times_wins_over_a_clock_on_the_wall_beside_it() {
    let axis: Axis<'_> = ("time", &[0.0, 1.0], &[("units", "hours since 2024-03-01 00:00:00 UTC")]);
    let content = made(&[axis, LAT, LON], &[], |builder, dimensions| {
        let local = builder.add_variable::<f64>("time_local", &dimensions[..1]).unwrap();
        say(builder, local, &[("units", "hours since 2024-03-01 00:00:00"), ("standard_name", "time")]);
        builder.write_variable(local, &[7.0, 8.0]).unwrap();
    });
    assert_eq!(times(&content), ["2024-03-01T00:00", "2024-03-01T01:00"]);
}

#[test]
fn heights_and_dates_over_a_plane_are_values() {
    for said in [
        &[("standard_name", "altitude"), ("units", "m")][..],
        &[("standard_name", "depth"), ("units", "m")][..],
        &[("units", "days since 2024-01-01"), ("long_name", "day of sowing")][..],
    ] {
        let (grids, left_out) = read(&made(&[LAT, LON], said, |_, _| {})).unwrap();
        assert_eq!((grids.len(), grids[0].name.as_str(), grids[0].time), (1, "rain", None), "{said:?}");
        assert_eq!((grids[0].value(0, 0), left_out), (Some(2.0), vec![]), "{said:?}");
    }
}

#[test]
fn what_is_lost_beside_a_grid_is_named() {
    let said = [("flag_meanings", "rice shrimp"), ("positive", "down"), ("coordinates", "height")];
    let content = made(&[LAT, LON], &said, |builder, dimensions| {
        let height = builder.add_variable::<f64>("height", dimensions).unwrap();
        say(builder, height, &[("standard_name", "altitude"), ("units", "m")]);
        builder.write_variable(height, &[1.0, 2.0, 3.0, 4.0]).unwrap();
        let letters = builder.add_dimension("letters", 4).unwrap();
        let names = builder.add_char_variable("crop", &[dimensions[0], letters]).unwrap();
        builder.write_char_variable_strings(names, &["rice", "corn"]).unwrap();
    });
    let left_out = read(&content).unwrap().1;
    let said: Vec<(&str, String)> = left_out.iter().map(|left| (left.what, left.names.join(", "))).collect();
    let expected = [
        (LeftOut::VARIABLES, "height, crop".to_owned()),
        (LeftOut::CLASSES, "rain: rice shrimp".to_owned()),
        (LeftOut::DATUM, "rain: positive = down".to_owned()),
    ];
    assert_eq!(said, expected);
}

/// A grid of whole numbers of 16 bits.
fn short(values: [i16; 4], said: &[(&str, &str)], scale: Option<f64>) -> Vec<u8> {
    let mut builder = NcFileBuilder::new();
    let mut dimensions = Vec::new();
    for (name, values, said) in [LAT, LON] {
        let dimension = builder.add_dimension(name, values.len() as u64).unwrap();
        let variable = builder.add_variable::<f64>(name, &[dimension]).unwrap();
        say(&mut builder, variable, said);
        builder.write_variable(variable, values).unwrap();
        dimensions.push(dimension);
    }
    let rain = builder.add_variable::<i16>("rain", &dimensions).unwrap();
    say(&mut builder, rain, said);
    if let Some(scale) = scale {
        builder.add_variable_attribute(rain, "scale_factor", NcAttrValue::Doubles(vec![scale])).unwrap();
    }
    builder.write_variable(rain, &values).unwrap();
    builder.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap().1
}

#[test]
fn what_was_never_written_and_what_a_text_says_to_be_missing_have_no_value() {
    let values = |content: &[u8]| {
        let grid = read(content).unwrap().0.remove(0);
        [grid.value(1, 0), grid.value(1, 1), grid.value(0, 0)]
    };
    assert_eq!(values(&short([-32_767, 10, 20, 30], &[], Some(0.1))), [None, Some(1.0), Some(2.0)]);
    assert_eq!(values(&short([-32_767, 10, 20, 30], &[], None)), [None, Some(10.0), Some(20.0)]);
    let said = [("missing_value", "-99")];
    assert_eq!(values(&short([-99, 10, 20, 30], &said, None)), [None, Some(10.0), Some(20.0)]);
}

#[test]
fn degrees_of_another_ellipsoid_are_not_those_of_wgs_84() {
    let plane = |major: f64, flattening: f64| {
        let content = made(&[LAT, LON], &[("grid_mapping", "crs")], |builder, _| {
            let mapping = builder.add_variable::<f64>("crs", &[]).unwrap();
            say(builder, mapping, &[("grid_mapping_name", "latitude_longitude")]);
            for (name, value) in [("semi_major_axis", major), ("inverse_flattening", flattening)] {
                builder.add_variable_attribute(mapping, name, NcAttrValue::Doubles(vec![value])).unwrap();
            }
            builder.write_variable(mapping, &[0.0]).unwrap();
        });
        read(&content).unwrap().0[0].declared.clone().unwrap()
    };
    assert!(plane(6_377_276.345, 300.8017).crs().is_err());
    assert_eq!(plane(6_378_137.0, 298.257_223_563).text, "EPSG:4326");
    assert_eq!(plane(6_371_229.0, 0.0).text, "EPSG:4326");
}
