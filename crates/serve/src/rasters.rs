//! The rasters of a dataset, as the rows of its table tell of them; their pixels in [`window`].

pub(crate) mod window;
pub(crate) mod written;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use model::{Bbox, TimeRange, Version};
use policy::Permit;
use query::{At, FeatureRequest};

use crate::App;
use crate::http::{Answer, Links, Problem};

/// A raster.
#[derive(Debug, Clone)]
pub(crate) struct Raster {
    /// Its name within the dataset.
    pub(crate) id: String,
    pub(crate) title: String,
    /// West, south, east, north in degrees, WGS 84.
    pub(crate) bbox: [f64; 4],
    /// The coordinate system of its pixels.
    pub(crate) crs: String,
    pub(crate) width: i64,
    pub(crate) height: i64,
    /// Width and height of a pixel in units of the system.
    pub(crate) pixel: [f64; 2],
    /// Where the first pixel begins, in units of the system.
    pub(crate) corner: Option<[f64; 2]>,
    pub(crate) bands: i64,
    /// What a value is: uint8, int16, float32, …
    pub(crate) sample: String,
    pub(crate) nodata: Option<f64>,
    /// The time that it is of.
    pub(crate) time: Option<DateTime<Utc>>,
    pub(crate) property: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) bytes: i64,
    pub(crate) sha256: String,
    /// Minimum, maximum, mean and number of pixels of each band.
    pub(crate) statistics: serde_json::Value,
    /// The run that brought it.
    pub(crate) run: String,
    /// How many bytes at the beginning of its file say where the others are.
    pub(crate) header_bytes: u64,
}

impl Raster {
    /// What a band, counted from 0, is called as a parameter.
    pub(crate) fn parameter(&self, band: usize) -> String {
        let property = self.property.as_deref().unwrap_or("value");
        if band == 0 { property.to_owned() } else { format!("{property}:{}", band + 1) }
    }

    /// The address of its file, as it is in a version that is named.
    pub(crate) fn link(&self, permit: &Permit, links: &Links, pin: Option<Version>) -> String {
        match pin {
            None => links.path(&self.path(permit)),
            Some(version) => links.to(&self.path(permit), &[("version", &version.to_string())]),
        }
    }

    /// The path of its file.
    pub(crate) fn path(&self, permit: &Permit) -> String {
        format!("/v1/datasets/{}/coverages/{}/file", permit.dataset(), self.id)
    }
}

/// Rasters that are asked for.
pub(crate) struct Rasters {
    /// Those of the page.
    pub(crate) items: Vec<Raster>,
    /// How many there are on all pages.
    pub(crate) matched: u64,
    /// The version that they are of.
    pub(crate) version: Option<Version>,
}

/// Reads rasters; a table that is not one of rasters is not found.
pub(crate) async fn read(app: &App, permit: &Permit, request: FeatureRequest) -> Answer<Rasters> {
    let answer = app.engine.features(permit, request).await?;
    let mut items = Vec::new();
    for batch in &answer.batches {
        for row in 0..batch.num_rows() {
            items.push(raster(batch, row).ok_or_else(|| Problem::not_found(permit.dataset().as_str()))?);
        }
    }
    Ok(Rasters { items, matched: answer.matched, version: answer.version })
}

/// Rasters that are looked at for one box.
const MOST_MET: usize = 10_000;

/// The rasters that meet a box in a time, the earliest first; those without a time are in all of time
/// only.
pub(crate) async fn meeting(
    app: &App,
    permit: &Permit,
    bbox: Bbox,
    time: TimeRange,
    at: At,
) -> Answer<Vec<Raster>> {
    let request = FeatureRequest { bbox: Some(bbox), limit: MOST_MET, at, ..FeatureRequest::default() };
    let mut found = read(app, permit, request).await?.items;
    let is_all = time == TimeRange::ALL;
    found.retain(|raster| is_all || raster.time.is_some_and(|of| time.contains(of)));
    found.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
    Ok(found)
}

/// A row of the dataset's table; `None` when the table is not one of rasters.
fn raster(batch: &RecordBatch, row: usize) -> Option<Raster> {
    let text = |name: &str| {
        let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let number = |name: &str| {
        let column = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    };
    let whole = |name: &str| {
        let column = batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    };
    let time = batch.column_by_name("time")?.as_primitive_opt::<TimestampMicrosecondType>()?;
    let id = text("feature")?;
    Some(Raster {
        title: text("title").unwrap_or_else(|| id.clone()),
        bbox: [number("xmin")?, number("ymin")?, number("xmax")?, number("ymax")?],
        crs: text("crs")?,
        width: whole("width")?,
        height: whole("height")?,
        pixel: [number("pixel_width")?, number("pixel_height")?],
        corner: number("west_edge").zip(number("north_edge")).map(|(west, north)| [west, north]),
        bands: whole("bands")?,
        sample: text("sample")?,
        nodata: number("nodata"),
        time: time.is_valid(row).then(|| DateTime::from_timestamp_micros(time.value(row))).flatten(),
        property: text("property"),
        unit: text("unit"),
        bytes: whole("bytes")?,
        sha256: text("sha256")?,
        statistics: serde_json::from_str(&text("statistics")?).ok()?,
        run: text("run").unwrap_or_default(),
        header_bytes: u64::try_from(whole("header_bytes")?).ok()?,
        id,
    })
}
