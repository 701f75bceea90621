//! Pixels as a Cloud-Optimised GeoTIFF, as NetCDF, and as PNG where their samples are what PNG can hold.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use formats::coverage::{SampleKind, Samples};
use formats::{NetCdfField, NetCdfGrid, write_field, write_grid};
use standards::covjson::Parameter;
use wording::told;

use super::cut::Cut;
use crate::http::{Answer, Problem, ProblemKind};
use crate::rasters::written::{self, Pixels};
use crate::shelf::netcdf_variable;

/// Writes a GeoTIFF.
pub(super) fn geotiff(cut: &Cut, values: &[Vec<f64>]) -> Answer<Vec<u8>> {
    let pixels = Pixels { bands: values.len(), kind: cut.kind, nodata: cut.nodata };
    let none = cut.nodata.unwrap_or(if cut.kind.is_float() { f64::NAN } else { 0.0 });
    let width = cut.window.width;
    let written = written::geotiff(&cut.window, &pixels, |row, bytes| {
        for cell in row * width..(row + 1) * width {
            for band in values {
                cut.kind.write(sample(band, cell, none), bytes);
            }
        }
    });
    written.map_err(|error| Problem::internal(&error))
}

/// Writes NetCDF, by the CF conventions: on longitudes and latitudes where the pixels lie on them, else on the
/// axes of their own system, with the position of each.
pub(super) fn netcdf(
    cut: &Cut,
    values: Vec<Vec<f64>>,
    parameters: &BTreeMap<String, Parameter>,
    time: Option<DateTime<Utc>>,
    title: &str,
) -> Answer<Vec<u8>> {
    let failed = |error: formats::Error| Problem::internal(&error);
    let window = &cut.window;
    let (width, height) = (window.width, window.height);
    let columns = || (0..width).map(|column| window.position(column as f64, 0.0).0);
    let rows = || (0..height).map(|row| window.position(0.0, row as f64).1);
    let time = time.map(|time| time.timestamp_micros() as f64 / 1e6);
    let named = cut.bands.iter().zip(values);
    let variables = named.filter_map(|((_, name), values)| {
        parameters.get(name).map(|parameter| netcdf_variable(name, parameter, values))
    });
    let variables = variables.collect();
    if window.crs.is_geographic() {
        let grid = NetCdfGrid {
            times: vec![time.unwrap_or(f64::NAN)],
            longitudes: columns().collect(),
            latitudes: rows().collect(),
            variables,
        };
        return write_grid(&grid, title).map_err(failed);
    }
    let transform = window.crs.transform().map_err(failed)?;
    let positions = rows().flat_map(|y| columns().map(move |x| (x, y)));
    let (longitudes, latitudes) = positions.map(|(x, y)| transform.to_wgs84(x, y)).unzip();
    let system = window.crs.epsg.map_or_else(|| window.crs.code(), |code| format!("EPSG:{code}"));
    let (eastings, northings) = (columns().collect(), rows().collect());
    let field = NetCdfField { time, eastings, northings, longitudes, latitudes, system, variables };
    write_field(&field, title).map_err(failed)
}

/// Writes a PNG of the samples themselves: whole numbers without a sign, of one to four bands.
pub(super) fn png(cut: &Cut, values: &[Vec<f64>]) -> Answer<Vec<u8>> {
    let is_wide = match cut.kind {
        SampleKind::U8 => false,
        SampleKind::U16 => true,
        _ => {
            let why = told!(
                "serve-png-holds-whole-numbers-from-0-65535",
                "PNG holds whole numbers from 0 to 65535, and these are not: ask for `geotiff`, or for a map"
            );
            return Err(Problem::text(ProblemKind::NotAcceptable, why).at("f"));
        }
    };
    if !(1..=4).contains(&values.len()) {
        let why = told!(
            "serve-png-holds-one-four-bands-choose-some",
            "PNG holds one to four bands: choose some with `properties`"
        );
        return Err(Problem::text(ProblemKind::NotAcceptable, why).at("properties"));
    }
    let none = cut.nodata.unwrap_or(0.0);
    let mut bytes = Vec::with_capacity(cut.window.width * cut.window.height * values.len() * 2);
    for cell in 0..cut.window.width * cut.window.height {
        for band in values {
            let value = sample(band, cell, none).round();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float converts to the nearest that there is"
            )]
            match is_wide {
                true => bytes.extend((value as u16).to_be_bytes()),
                false => bytes.push(value as u8),
            }
        }
    }
    let (width, height) = (cut.window.width, cut.window.height);
    let samples = Samples { width, height, channels: values.len(), is_wide, bytes: &bytes };
    samples.png().map_err(|error| Problem::internal(&error))
}

fn sample(band: &[f64], cell: usize, none: f64) -> f64 {
    band.get(cell).copied().filter(|value| !value.is_nan()).unwrap_or(none)
}
