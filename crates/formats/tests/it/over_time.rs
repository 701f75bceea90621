//! What the CF conventions say of values over time.

use formats::Limits;
use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions, VariableId};

use crate::files::rows;

fn say(builder: &mut NcFileBuilder, variable: VariableId, name: &str, text: &str) {
    builder.add_variable_attribute(variable, name, NcAttrValue::Chars(text.into())).unwrap();
}

/// Values of days with their bounds; the times stand at the ends of the intervals.
fn series(method: &str, has_bounds: bool) -> Vec<u8> {
    let mut builder = NcFileBuilder::new();
    let time = builder.add_dimension("time", 2).unwrap();
    let two = builder.add_dimension("nv", 2).unwrap();
    let axis = builder.add_variable::<f64>("time", &[time]).unwrap();
    say(&mut builder, axis, "units", "days since 2024-03-01T00:00:00Z");
    builder.write_variable(axis, &[1.0, 2.0]).unwrap();
    if has_bounds {
        say(&mut builder, axis, "bounds", "time_bnds");
        let bounds = builder.add_variable::<f64>("time_bnds", &[time, two]).unwrap();
        builder.write_variable(bounds, &[0.0, 1.0, 1.0, 2.0]).unwrap();
    }
    let level = builder.add_variable::<f64>("water_level", &[time]).unwrap();
    say(&mut builder, level, "units", "m");
    say(&mut builder, level, "cell_methods", method);
    builder.write_variable(level, &[1.5, 1.7]).unwrap();
    builder.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap().1
}

#[test]
fn the_statistic_and_the_interval_of_values_are_handed_out() {
    for (method, has_bounds, first) in [
        ("time: maximum", true, Some(("2024-03-01T00:00:00Z", "max", "P1D"))),
        ("area: mean time: mean (interval: 1 hour)", true, Some(("2024-03-01T00:00:00Z", "mean", "P1D"))),
        ("time: sum", false, Some(("2024-03-02T00:00:00Z", "total", "P1D"))),
        ("time: point", true, None),
        ("area: mean", true, None),
    ] {
        let rows = rows(series(method, has_bounds), &Limits::default()).unwrap();
        let (header, second) = (&rows[0].2, &rows[1].2);
        match first {
            Some((start, statistic, period)) => {
                assert_eq!(header[8..], ["statistic", "period"], "{method}");
                assert_eq!(
                    (second[1].as_str(), &second[8..]),
                    (start, &[statistic, period].map(str::to_owned)[..]),
                    "{method}"
                );
            }
            None => {
                assert_eq!(header.len(), 8, "{method}");
                assert_eq!(second[1], "2024-03-02T00:00:00Z", "{method}");
            }
        }
    }
}

#[test]
fn depths_and_members_make_columns_of_their_own() {
    let mut builder = NcFileBuilder::new();
    let time = builder.add_dimension("time", 2).unwrap();
    let depth = builder.add_dimension("depth", 2).unwrap();
    let member = builder.add_dimension("member", 2).unwrap();
    let axis = builder.add_variable::<f64>("time", &[time]).unwrap();
    say(&mut builder, axis, "units", "hours since 2024-03-01T00:00:00Z");
    builder.write_variable(axis, &[0.0, 1.0]).unwrap();
    let below = builder.add_variable::<f64>("depth", &[depth]).unwrap();
    say(&mut builder, below, "units", "m");
    builder.write_variable(below, &[0.5, 2.0]).unwrap();
    let salinity = builder.add_variable::<f64>("salinity", &[time, depth]).unwrap();
    builder.write_variable(salinity, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let level = builder.add_variable::<f64>("water_level", &[time, member]).unwrap();
    builder.write_variable(level, &[0.1, 0.2, 0.3, 0.4]).unwrap();
    let file = builder.to_vec(NcWriteOptions { format: NcWriteFormat::Classic }).unwrap().1;
    let rows = rows(file, &Limits::default()).unwrap();
    assert_eq!(rows[0].2[8..], ["depth (m)", "member"]);
    let read: Vec<(&str, &str, &str)> = rows[1..]
        .iter()
        .map(|row| (row.2[4].as_str(), row.2[8].as_str(), row.2.get(9).map_or("", String::as_str)))
        .collect();
    let expected = [
        ("1", "0.5", ""),
        ("2", "2", ""),
        ("3", "0.5", ""),
        ("4", "2", ""),
        ("0.1", "", "1"),
        ("0.2", "", "2"),
        ("0.3", "", "1"),
        ("0.4", "", "2"),
    ];
    assert_eq!(read, expected);
}
