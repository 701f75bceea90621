//! Rasters of a dataset: the list, one of them, its file by ranges, and the value at a position.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use formats::coverage::CogIndex;
use formats::crs::Crs;
use lake::GetRange;
use model::{DatasetId, OriginalHash, Version};
use policy::{Permit, Purpose};
use query::{At, FeatureRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use wording::told;

use super::datasets::dataset_id;
use super::documents::Page;
use crate::App;
use crate::http::encode::AsItIs;
use crate::http::{Answer, Caller, Links, Params, Problem, is_known, paging, params};
use crate::rasters::{self, Raster};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CoverageParams {
    /// Only rasters that meet this box: `west,south,east,north`.
    bbox: Option<String>,
    /// Degrees east, WGS 84: the value there, with `lat`.
    lon: Option<f64>,
    /// Degrees north, WGS 84.
    lat: Option<f64>,
    /// Read this version.
    version: Option<u64>,
    /// Read as it was known at this time.
    as_known_at: Option<String>,
    /// How many at most, 1 to 1000 (100).
    limit: Option<i64>,
    /// Go on where a page of the list ended, in the same version: the `cursor` of its `next`, as it is.
    cursor: Option<String>,
    /// How many to pass over; pages shift when rasters are added.
    offset: Option<usize>,
}

impl CoverageParams {
    /// The version that is named; none when it is the newest that is meant.
    async fn pin(&self, app: &App, dataset: &DatasetId) -> Answer<Option<Version>> {
        match params::at(self.version, self.as_known_at.as_deref())? {
            At::Latest => Ok(None),
            at => Ok(params::version(app, dataset, at).await?.map(|info| info.version)),
        }
    }

    /// Which of the parameters that not every operation uses were given.
    fn given(&self) -> [(&'static str, bool); 6] {
        [
            ("bbox", self.bbox.is_some()),
            ("lon", self.lon.is_some()),
            ("lat", self.lat.is_some()),
            ("limit", self.limit.is_some()),
            ("cursor", self.cursor.is_some()),
            ("offset", self.offset.is_some()),
        ]
    }

    /// Where a page goes on: in which version, and behind how many of its rasters.
    fn begin(&self) -> Answer<Option<(Version, usize)>> {
        let Some(key) = paging::after(self.cursor.as_deref())? else { return Ok(None) };
        if self.version.is_some() || self.as_known_at.is_some() {
            return Err(Problem::parameter(
                "cursor",
                told!(
                    "serve-cursor-names-version-leave-out-other",
                    "a cursor names the version: leave out the other"
                ),
            ));
        }
        let parts = key
            .split_once('.')
            .and_then(|(version, seen)| Some((Version(version.parse().ok()?), seen.parse().ok()?)));
        parts.map(Some).ok_or_else(paging::unknown)
    }

    fn position(&self) -> Answer<Option<(f64, f64)>> {
        match (self.lon, self.lat) {
            (None, None) => Ok(None),
            (Some(lon), Some(lat)) if (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat) => {
                Ok(Some((lon, lat)))
            }
            (Some(_), Some(_)) => Err(Problem::parameter(
                "lon",
                told!(
                    "serve-longitudes-180-180-latitudes-90-90",
                    "longitudes are -180 to 180, latitudes -90 to 90"
                ),
            )),
            _ => {
                Err(Problem::parameter("lat", told!("serve-give-both-lon-lat", "give both `lon` and `lat`")))
            }
        }
    }
}

/// A raster.
#[derive(Debug, Serialize, ToSchema)]
pub struct CoverageDocument {
    /// Its name within the dataset.
    pub id: String,
    /// Its title.
    pub title: String,
    /// West, south, east, north in degrees, WGS 84.
    pub bbox: [f64; 4],
    /// The coordinate system of its pixels.
    pub crs: String,
    /// Pixels across.
    pub width: i64,
    /// Pixels down.
    pub height: i64,
    /// Width of a pixel in units of the system.
    pub pixel_width: f64,
    /// Height of a pixel.
    pub pixel_height: f64,
    /// Values of each pixel.
    pub bands: i64,
    /// What a value is: uint8, int16, float32, …
    pub sample: String,
    /// The value that stands for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodata: Option<f64>,
    /// The time that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<DateTime<Utc>>,
    /// The property of its first band.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The unit of its values, UCUM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Bytes of its file.
    pub bytes: i64,
    /// The SHA-256 of its file.
    pub sha256: String,
    /// Minimum, maximum, mean and number of pixels of each band.
    #[schema(value_type = Vec<Object>)]
    pub statistics: serde_json::Value,
    /// The values at the position that was asked for, band by band; null where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Option<f64>>>,
    /// Its file, a Cloud-Optimised GeoTIFF that can be read by ranges.
    pub href: String,
    /// The run that brought it.
    pub run: String,
    #[serde(skip)]
    header_bytes: u64,
}

/// The rasters of a dataset, with their values at a position when one is given.
#[utoipa::path(get, path = "/v1/datasets/{id}/coverages", tag = "coverages",
    params(("id" = String, Path), CoverageParams), responses((status = 200, body = Page<CoverageDocument>)))]
pub async fn list(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path(id): Path<String>,
    Params(asked): Params<CoverageParams>,
) -> Answer<Json<Page<CoverageDocument>>> {
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let position = asked.position()?;
    let mut bbox = asked.bbox.as_deref().map(params::bbox).transpose()?;
    if let Some((lon, lat)) = position {
        bbox = bbox.or(model::Bbox::new(lon, lat, lon, lat));
    }
    let limit = params::limit(asked.limit, 100, 1000)?;
    let pin = asked.pin(&app, &id).await?;
    let (at, offset) = match asked.begin()? {
        None => (pin.map_or(At::Latest, At::Version), asked.offset.unwrap_or(0)),
        Some((version, seen)) => (At::Version(version), seen),
    };
    let request = FeatureRequest { bbox, offset, limit, feature: None, at };
    let found = rasters::read(&app, &permit, request).await?;
    let (total, version) = (found.matched, found.version);
    let items = found.items.into_iter().map(|raster| document(raster, &permit, &links, pin));
    let mut items: Vec<_> = items.collect();
    let seen = offset.saturating_add(items.len());
    let next = version.filter(|_| !items.is_empty() && (seen as u64) < total).map(|version| {
        let (limit, cursor) = (limit.to_string(), paging::cursor(&format!("{version}.{seen}")));
        let mut parameters = vec![("limit", limit.as_str()), ("cursor", cursor.as_str())];
        parameters.extend(asked.bbox.as_deref().map(|bbox| ("bbox", bbox)));
        let position = asked.lon.zip(asked.lat).map(|(lon, lat)| (lon.to_string(), lat.to_string()));
        if let Some((lon, lat)) = &position {
            parameters.extend([("lon", lon.as_str()), ("lat", lat.as_str())]);
        }
        links.to(&format!("/v1/datasets/{id}/coverages"), &parameters)
    });
    if let Some((lon, lat)) = position {
        for item in &mut items {
            item.values = value(&app, &permit, item, lon, lat).await?;
        }
    }
    Ok(Json(Page { items, total, next }))
}

/// One raster, with its values at a position when one is given.
#[utoipa::path(get, path = "/v1/datasets/{id}/coverages/{item}", tag = "coverages",
    params(("id" = String, Path), ("item" = String, Path), CoverageParams),
    responses((status = 200, body = CoverageDocument), (status = 404)))]
pub async fn show(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path((id, item)): Path<(String, String)>,
    Params(asked): Params<CoverageParams>,
) -> Answer<Json<CoverageDocument>> {
    super::unused::refuse("get_datasets_id_coverages_item", &asked.given())?;
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let position = asked.position()?;
    let mut found = one(&app, &permit, &links, &item, asked.pin(&app, &id).await?).await?;
    if let Some((lon, lat)) = position {
        found.values = value(&app, &permit, &found, lon, lat).await?;
    }
    Ok(Json(found))
}

/// The file of a raster, or the part of it that a `Range` asks for.
#[utoipa::path(get, path = "/v1/datasets/{id}/coverages/{item}/file", tag = "coverages",
    params(("id" = String, Path), ("item" = String, Path), CoverageParams),
    responses((status = 200, content_type = "image/tiff; application=geotiff; profile=cloud-optimized", body = Vec<u8>),
              (status = 206, content_type = "image/tiff; application=geotiff; profile=cloud-optimized", body = Vec<u8>),
              (status = 304), (status = 404), (status = 416)))]
pub async fn file(
    State(app): State<App>,
    Caller(principal): Caller,
    links: Links,
    Path((id, item)): Path<(String, String)>,
    Params(asked): Params<CoverageParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    super::unused::refuse("get_datasets_id_coverages_item_file", &asked.given())?;
    let id = dataset_id(&id)?;
    let permit = app.catalog.authorize(&principal, &id, Purpose::Read, Utc::now()).await?;
    let found = one(&app, &permit, &links, &item, asked.pin(&app, &id).await?).await?;
    let size = u64::try_from(found.bytes).unwrap_or(0);
    let tag = format!("\"{}\"", found.sha256);
    if is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // A part of another file would not fit what the client has (RFC 9110 §13.1.5).
    let fits = value(header::IF_RANGE).is_none_or(|known| known == tag);
    let asked = match value(header::RANGE).filter(|_| fits).map(|text| range(text, size)) {
        None | Some(Asked::Whole) => None,
        Some(Asked::Part(range)) => Some(range),
        Some(Asked::Nothing) => {
            let headers = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let is_part = asked.is_some();
    let stored = app.lake.coverage(&permit, &hash(&found)?, asked.map(GetRange::Bounded)).await?;
    let length = stored.range.end - stored.range.start;
    let answer = [
        (header::CONTENT_TYPE, "image/tiff; application=geotiff; profile=cloud-optimized".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.tif\"", found.sha256)),
    ];
    let body = Body::from_stream(stored.bytes);
    let mut response = if is_part {
        let (from, to) = (stored.range.start, stored.range.end.saturating_sub(1));
        let range = format!("bytes {from}-{to}/{}", stored.size);
        (StatusCode::PARTIAL_CONTENT, answer, [(header::CONTENT_RANGE, range)], body).into_response()
    } else {
        (answer, body).into_response()
    };
    response.extensions_mut().insert(AsItIs);
    Ok(response)
}

/// What a `Range` asks for (RFC 9110 §14.2): several ranges are answered with the whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Whole,
    Part(std::ops::Range<u64>),
    Nothing,
}

pub(super) fn range(text: &str, size: u64) -> Asked {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|text| text.split_once('-')) else {
        return Asked::Whole;
    };
    let range = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..size,
        (Err(_), Ok(last)) if first.trim().is_empty() => size.saturating_sub(last)..size,
        _ => return Asked::Whole,
    };
    if range.start >= range.end { Asked::Nothing } else { Asked::Part(range) }
}

async fn one(
    app: &App,
    permit: &Permit,
    links: &Links,
    item: &str,
    pin: Option<Version>,
) -> Answer<CoverageDocument> {
    let at = pin.map_or(At::Latest, At::Version);
    let request = FeatureRequest { bbox: None, offset: 0, limit: 1, feature: Some(item.to_owned()), at };
    let found = rasters::read(app, permit, request).await?;
    let raster = found.items.into_iter().next().ok_or_else(|| Problem::not_found(item))?;
    Ok(document(raster, permit, links, pin))
}

fn document(raster: Raster, permit: &Permit, links: &Links, pin: Option<Version>) -> CoverageDocument {
    CoverageDocument {
        href: raster.link(permit, links, pin),
        id: raster.id,
        title: raster.title,
        bbox: raster.bbox,
        crs: raster.crs,
        width: raster.width,
        height: raster.height,
        pixel_width: raster.pixel[0],
        pixel_height: raster.pixel[1],
        bands: raster.bands,
        sample: raster.sample,
        nodata: raster.nodata,
        time: raster.time,
        property: raster.property,
        unit: raster.unit,
        bytes: raster.bytes,
        sha256: raster.sha256,
        statistics: raster.statistics,
        values: None,
        run: raster.run,
        header_bytes: raster.header_bytes,
    }
}

fn hash(found: &CoverageDocument) -> Answer<OriginalHash> {
    OriginalHash::new(&found.sha256).map_err(|error| Problem::internal(&error))
}

/// The values at a position: the beginning of the file says which range holds them. `None` outside.
async fn value(
    app: &App,
    permit: &Permit,
    found: &CoverageDocument,
    lon: f64,
    lat: f64,
) -> Answer<Option<Vec<Option<f64>>>> {
    let failed = |error: formats::Error| Problem::internal(&error);
    let (x, y) = Crs::parse(&found.crs).and_then(|crs| crs.transform()).map_err(failed)?.from_wgs84(lon, lat);
    let hash = hash(found)?;
    let header = app.lake.coverage_part(permit, &hash, 0..found.header_bytes).await?;
    let index = CogIndex::parse(&header).map_err(failed)?;
    let Some(tile) = index.tile_at(x, y) else { return Ok(None) };
    let packed = app.lake.coverage_part(permit, &hash, tile.range.clone()).await?;
    let values = tokio::task::spawn_blocking(move || index.values(&tile, &packed)).await;
    values.map_err(|error| Problem::internal(&error))?.map(Some).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{Asked, range};

    #[test]
    fn a_range_is_read_as_http_writes_it() {
        for (text, expected) in [
            ("bytes=0-3", Asked::Part(0..4)),
            ("bytes=4-", Asked::Part(4..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=8-100", Asked::Part(8..10)),
            ("bytes=10-", Asked::Nothing),
            ("bytes=0-1,4-5", Asked::Whole),
            ("bytes=5-2", Asked::Whole),
            ("lines=1-2", Asked::Whole),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
    }
}
