//! One function an endpoint: read the parameters, read the pixels, write.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::Utc;
use model::{Bbox, DatasetId, DatasetKind};
use policy::Purpose;
use query::At;
use standards::covjson::field::{Document, Field, Regular, Shape};

use super::cut::{Cut, cut};
use super::params::{CoverageParams, Format};
use super::{GEOTIFF, NETCDF, PNG, written};
use crate::App;
use crate::collections::raster_parameters;
use crate::http::{Answer, Caller, Links, Params, Problem, params, tagged};
use crate::rasters::{self, window};

/// Rasters that are laid over each other; the newest are taken.
const MOST_RASTERS: usize = 16;

pub(super) async fn coverage(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    headers: HeaderMap,
    Path(collection): Path<String>,
    Params(asked): Params<CoverageParams>,
) -> Answer<Response> {
    let wanted = asked.read()?;
    let missing = || Problem::not_found(&collection);
    let id = DatasetId::new(&collection).map_err(|_| missing())?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let dataset = app.catalog.dataset(&id).await?.ok_or_else(missing)?;
    if dataset.kind != DatasetKind::Coverage {
        return Err(Problem::not_found(&format!("{id}: coverage")));
    }
    let info = params::version(&app, &id, wanted.at).await?;
    let title = match &info {
        // A version is always the same file, however its dataset is described by now.
        Some(info) => app.catalog.dataset_at(&id, info.committed_at).await?.unwrap_or(dataset).title.vi,
        None => dataset.title.vi,
    };
    let version = info.map(|info| info.version);
    let at = version.map_or(At::Latest, At::Version);
    let world = Bbox { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };
    let bbox = wanted.bbox.unwrap_or(world);
    let mut found = rasters::meeting(&app, &permit, bbox, wanted.time, at).await?;
    // One coverage has one system and one meaning: those of the newest raster.
    let Some(newest) = found.last().cloned() else { return Err(Problem::not_found("coverage").at("bbox")) };
    found.retain(|raster| {
        (&raster.crs, &raster.property, &raster.sample, raster.bands)
            == (&newest.crs, &newest.property, &newest.sample, newest.bands)
    });
    let found = found.split_off(found.len().saturating_sub(MOST_RASTERS));
    let cut = cut(&found, &wanted)?;
    let bands: Vec<usize> = cut.bands.iter().map(|(band, _)| *band).collect();
    let mut values = vec![vec![f64::NAN; cut.window.width * cut.window.height]; bands.len()];
    for raster in &found {
        window::paint(&app, &permit, raster, &cut.window, &bands, &mut values).await?;
    }
    let parameters = raster_parameters(&app, std::slice::from_ref(&newest), &links).await?;
    let id = links.path(&format!("/ogc/collections/{id}/coverage"));
    let work = move || match wanted.format {
        Format::GeoTiff => written::geotiff(&cut, &values).map(|bytes| (GEOTIFF, bytes)),
        Format::Png => written::png(&cut, &values).map(|bytes| (PNG, bytes)),
        Format::NetCdf => {
            written::netcdf(&cut, values, &parameters, newest.time, &title).map(|bytes| (NETCDF, bytes))
        }
        Format::CoverageJson => {
            let times = newest.time.into_iter().collect();
            let shown = |name: &String| cut.bands.iter().any(|(_, known)| known == name);
            let document = Document {
                system: system(&cut),
                parameters: parameters.into_iter().filter(|(name, _)| shown(name)).collect(),
                fields: vec![Field { id, shape: shape(&cut), times, ranges: ranges(&cut, values) }],
            };
            let text = serde_json::to_vec(&document).map_err(|error| Problem::internal(&error))?;
            Ok((standards::covjson::MEDIA_TYPE, text))
        }
    };
    let done: Answer<(&'static str, Vec<u8>)> =
        tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))?;
    let (media_type, bytes) = done?;
    Ok(tagged(&headers, media_type, bytes))
}

fn system(cut: &Cut) -> String {
    match cut.window.crs.epsg {
        Some(4326) | None => standards::ogc::CRS84.to_owned(),
        Some(code) => format!("http://www.opengis.net/def/crs/EPSG/0/{code}"),
    }
}

fn shape(cut: &Cut) -> Shape {
    let (width, height) = (cut.window.width, cut.window.height);
    let (first, last) =
        (cut.window.position(0.0, 0.0), cut.window.position(width as f64 - 1.0, height as f64 - 1.0));
    Shape::Grid {
        x: Regular { start: first.0, stop: last.0, num: width },
        y: Regular { start: first.1, stop: last.1, num: height },
    }
}

fn ranges(cut: &Cut, values: Vec<Vec<f64>>) -> BTreeMap<String, Vec<Option<f64>>> {
    let told =
        |values: Vec<f64>| values.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect();
    cut.bands.iter().zip(values).map(|((_, name), values)| (name.clone(), told(values))).collect()
}
