//! Where the cells of a grid lie: the axes of its columns and rows, in degrees or in the metres of a projection, and
//! the coordinate system that its `grid_mapping` says (CF 1.11 §5.6).

use netcdf_reader::NcVariable;
use wording::{Phrase, Told, phrase, told};

use super::file::{Axis, File, axis, text};
use crate::crs::Crs;
use crate::feature::Declared;

/// How far the steps between coordinates may differ, as a share of a step: they may be in single
/// precision.
const MAX_UNEVEN: f64 = 0.01;

/// Which index of the file is which column and row.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) columns: Vec<usize>,
    pub(super) rows: Vec<usize>,
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) dx: f64,
    pub(super) dy: f64,
}

/// The dimensions of a variable that its cells lie along.
pub(super) struct Axes<'a> {
    /// The position of each among the variable's dimensions.
    pub(super) across: usize,
    pub(super) down: usize,
    longitudes: &'a NcVariable,
    latitudes: &'a NcVariable,
    is_projected: bool,
}

impl<'a> Axes<'a> {
    /// Those of longitude and latitude, or else of easting and northing; `None` where a variable is no grid.
    pub(super) fn of(file: &'a File, variable: &NcVariable) -> Option<Axes<'a>> {
        let along = |wanted: &dyn Fn(&NcVariable) -> bool| {
            variable.dimensions.iter().enumerate().find_map(|(at, dimension)| {
                let lies_on =
                    |found: &&NcVariable| matches!(&found.dimensions[..], [one] if one.name == dimension.name);
                let own = file.variable(&dimension.name).filter(lies_on).filter(|found| wanted(found));
                // The axis may be called otherwise than its dimension: `lat(y)`.
                let beside = || file.variables().iter().filter(lies_on).find(|found| wanted(found));
                Some((at, own.or_else(beside)?))
            })
        };
        let both = |x: &dyn Fn(&NcVariable) -> bool, y: &dyn Fn(&NcVariable) -> bool, is_projected| {
            let ((across, longitudes), (down, latitudes)) = (along(x)?, along(y)?);
            // Stations along one dimension have both and are no grid.
            (across != down).then_some(Axes { across, down, longitudes, latitudes, is_projected })
        };
        both(&|v| is_degrees(v, Axis::Longitude), &|v| is_degrees(v, Axis::Latitude), false)
            .or_else(|| both(&|v| is_projected(v, "x"), &|v| is_projected(v, "y"), true))
    }

    /// Where the cells lie.
    pub(super) fn plane(&self, file: &File) -> Result<Result<Plane, Told>, crate::Error> {
        let (x, y) = (file.values(self.longitudes)?, file.values(self.latitudes)?);
        if !self.is_projected {
            return Ok(in_degrees(&x, &y));
        }
        let metres = |values: Vec<f64>, axis: &NcVariable| -> Vec<f64> {
            let factor =
                if text(axis, "units").is_some_and(|unit| is_kilometres(&unit)) { 1000.0 } else { 1.0 };
            values.into_iter().map(|value| value * factor).collect()
        };
        Ok(plane(&metres(x, self.longitudes), &metres(y, self.latitudes)))
    }

    /// The system that its numbers are in, as far as the file says it.
    pub(super) fn declared(&self, file: &File, variable: &NcVariable) -> Option<Declared> {
        let mapping = text(variable, "grid_mapping").and_then(|names| {
            let name = names.split_whitespace().next()?.trim_end_matches(':').to_owned();
            file.variable(&name)
        });
        // Degrees of another ellipsoid are not those of WGS 84, and what is not known is asked about.
        if let Some(ellipsoid) = mapping.and_then(other_ellipsoid) {
            return Some(Declared { by: "grid_mapping".to_owned(), text: ellipsoid });
        }
        let said = mapping.and_then(said_of);
        if self.is_projected {
            return said.map(|text| Declared { by: "grid_mapping".to_owned(), text });
        }
        let is_degrees = |text: &String| Crs::parse(text).is_ok_and(|crs| crs.is_geographic());
        let (by, text) = match said.filter(is_degrees) {
            Some(text) => ("grid_mapping".to_owned(), text),
            None => ("degrees_east, degrees_north".to_owned(), "EPSG:4326".to_owned()),
        };
        Some(Declared { by, text })
    }
}

fn is_kilometres(unit: &str) -> bool {
    matches!(
        unit.to_ascii_lowercase().as_str(),
        "km" | "kilometer" | "kilometre" | "kilometers" | "kilometres"
    )
}

/// Whether a variable holds longitudes or latitudes; `degrees` alone does where its name says which.
fn is_degrees(variable: &NcVariable, wanted: Axis) -> bool {
    let names: &[&str] = match wanted {
        Axis::Longitude => &["lon", "longitude"],
        _ => &["lat", "latitude"],
    };
    let is_plain = || {
        let unit = text(variable, "units").unwrap_or_default().to_ascii_lowercase();
        matches!(unit.as_str(), "degrees" | "degree" | "deg")
            && names.contains(&variable.name.to_ascii_lowercase().as_str())
            && text(variable, "standard_name").is_none()
    };
    match axis(variable) {
        Some(found) => found == wanted,
        None => is_plain(),
    }
}

fn is_projected(variable: &NcVariable, axis: &str) -> bool {
    let standard = format!("projection_{axis}_coordinate");
    text(variable, "standard_name").is_some_and(|name| name == standard)
}

/// What the variable of a grid mapping says of the system, as a text that is understood elsewhere.
fn said_of(mapping: &NcVariable) -> Option<String> {
    let epsg = mapping.attribute("epsg_code").or_else(|| mapping.attribute("epsg")).and_then(|epsg| {
        let text = epsg.value.as_string().or_else(|| epsg.value.as_f64().map(|code| code.to_string()))?;
        let code = text.trim().trim_start_matches("EPSG:").to_owned();
        code.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("EPSG:{code}"))
    });
    let wkt = || ["crs_wkt", "spatial_ref"].iter().find_map(|name| text(mapping, name));
    epsg.or_else(wkt).or_else(|| by_parameters(mapping))
}

/// What a plain grid mapping says of an ellipsoid that is none of WGS 84's kind. A globe is the usual one of models of
/// the weather, whose degrees are taken as they are.
fn other_ellipsoid(mapping: &NcVariable) -> Option<String> {
    let number = |name: &str| mapping.attribute(name).and_then(|found| found.value.as_f64());
    let is_plain = text(mapping, "grid_mapping_name").as_deref() == Some("latitude_longitude");
    let major = number("semi_major_axis")?;
    let is_globe = number("inverse_flattening").is_none_or(|flattening| flattening == 0.0)
        && number("semi_minor_axis").is_none_or(|minor| minor == major);
    let is_other =
        is_plain && !is_globe && (major - WGS_84_MAJOR).abs() > SAME_ELLIPSOID && !has_code(mapping);
    is_other.then(|| format!("latitude_longitude, semi_major_axis {major}"))
}

/// Whether more than an ellipsoid says which system it is.
fn has_code(mapping: &NcVariable) -> bool {
    let is_vietnamese = by_parameters(mapping).is_some_and(|said| said != "EPSG:4326");
    is_vietnamese
        || ["epsg_code", "epsg", "crs_wkt", "spatial_ref"]
            .iter()
            .any(|name| mapping.attribute(name).is_some())
}

/// Metres of the semi-major axis of WGS 84, and how far that of the same ellipsoid may lie.
const WGS_84_MAJOR: f64 = 6_378_137.0;
const SAME_ELLIPSOID: f64 = 5.0;

/// A transverse Mercator projection that is spelled out, in words.
fn by_parameters(mapping: &NcVariable) -> Option<String> {
    let number = |name: &str| mapping.attribute(name).and_then(|found| found.value.as_f64());
    let datums = ["horizontal_datum_name", "geographic_crs_name", "projected_crs_name"];
    let datum = datums.iter().find_map(|name| text(mapping, name)).map(|name| model::fold(&name));
    let is_vietnamese =
        datum.as_deref().is_some_and(|name| name.contains("vn 2000") || name.contains("vietnam"));
    let is_wgs = datum.as_deref().is_some_and(|name| name.contains("wgs"))
        || (datum.is_none()
            && number("inverse_flattening").is_some_and(|f| (f - 298.257_223_563).abs() < 1e-6));
    match text(mapping, "grid_mapping_name")?.as_str() {
        "latitude_longitude" if is_vietnamese => Some("EPSG:4756".to_owned()),
        "latitude_longitude" => Some("EPSG:4326".to_owned()),
        "transverse_mercator" => {
            let meridian = number("longitude_of_central_meridian")?;
            let scale = number("scale_factor_at_central_meridian")?;
            let is_usual = number("false_easting") == Some(500_000.0)
                && number("false_northing").unwrap_or(0.0) == 0.0
                && number("latitude_of_projection_origin").unwrap_or(0.0) == 0.0;
            let width = [(0.9996, 6), (0.9999, 3)].iter().find(|(of, _)| (scale - of).abs() < 1e-7)?.1;
            match (is_usual, is_vietnamese, is_wgs) {
                (true, true, _) => Some(format!("VN-2000 KTT {meridian} múi {width}")),
                (true, false, true) if width == 6 && meridian == 105.0 => Some("EPSG:32648".to_owned()),
                (true, false, true) if width == 6 && meridian == 111.0 => Some("EPSG:32649".to_owned()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The columns from west to east and the rows from north to south, of degrees.
fn in_degrees(longitudes: &[f64], latitudes: &[f64]) -> Result<Plane, Told> {
    let longitudes: Vec<f64> =
        longitudes.iter().map(|lon| if *lon > 180.0 { lon - 360.0 } else { *lon }).collect();
    if longitudes.iter().any(|lon| !(-180.0..=180.0).contains(lon)) {
        return Err(told!("formats-longitudes-no-degrees", "its longitudes are no degrees"));
    }
    if latitudes.iter().any(|lat| !(-90.0..=90.0).contains(lat)) {
        return Err(told!("formats-latitudes-no-degrees", "its latitudes are no degrees"));
    }
    plane(&longitudes, latitudes)
}

fn plane(longitudes: &[f64], latitudes: &[f64]) -> Result<Plane, Told> {
    let (columns, west, dx) = even(longitudes, phrase!("formats-longitudes", "longitudes"))?;
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
    let y0 = south + dy * (rows.len() as f64 - 0.5);
    Ok(Plane { columns, rows, x0: west - dx / 2.0, y0, dx, dy })
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
    // A step that is no number is not even either.
    if !(step > 0.0 && is_even) {
        return Err(
            told!("formats-steps-between-uneven", "the steps between its {what} are uneven", what => what),
        );
    }
    Ok((order, least, Some(step)))
}

#[cfg(test)]
mod tests {
    use super::in_degrees;

    #[test]
    fn rows_run_from_north_to_south_and_columns_from_west_to_east() {
        let place = in_degrees(&[359.0, 0.0, 1.0], &[10.0, 10.5]).unwrap();
        assert_eq!((place.columns, place.rows), (vec![0, 1, 2], vec![1, 0]));
        assert_eq!((place.x0, place.y0, place.dx, place.dy), (-1.5, 10.75, 1.0, 0.5));
        let place = in_degrees(&[1.0, 0.0], &[10.5, 10.0]).unwrap();
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
            assert!(in_degrees(&longitudes, &latitudes).is_err(), "{longitudes:?}");
        }
    }
}
