//! Rasters: a GeoTIFF becomes a Cloud-Optimised GeoTIFF and a row that says what it is.
//!
//! The pixels stay as they are, in the system they came in. The row is a feature whose geometry is
//! the box around the raster, so that versions, reads as known at a time, policy and backup of
//! rasters are those of features.

use std::io::Read;

use chrono::{DateTime, SecondsFormat};
use formats::coverage::{CogSummary, GeoTiff, GridRaster, Raster, RasterInfo, write_cog};
use formats::crs::Crs;
use formats::{FeatureRow, Format, Grid, Limits};
use model::{Bbox, CellRef, OriginalHash, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::features::{self, MappedFeatures};
use crate::findings::{Findings, Words};
use crate::mapping::{AttributeSource, AttributeType, CoverageSource, FeatureSource, Mapping, MappingKind};

/// A raster's file that waits to be kept.
pub(crate) struct RasterFile {
    pub(crate) file: tempfile::NamedTempFile,
    pub(crate) hash: OriginalHash,
}

/// What came of a raster.
pub(crate) struct MappedRaster {
    pub(crate) mapping: Mapping,
    pub(crate) file: RasterFile,
    pub(crate) features: MappedFeatures,
}

/// The columns of the row of a raster, and what they hold.
const ATTRIBUTES: [(&str, AttributeType); 23] = [
    ("title", AttributeType::Text),
    ("sha256", AttributeType::Text),
    ("bytes", AttributeType::Integer),
    ("header_bytes", AttributeType::Integer),
    ("width", AttributeType::Integer),
    ("height", AttributeType::Integer),
    ("bands", AttributeType::Integer),
    ("sample", AttributeType::Text),
    ("nodata", AttributeType::Number),
    ("crs", AttributeType::Text),
    ("pixel_width", AttributeType::Number),
    ("pixel_height", AttributeType::Number),
    ("west_edge", AttributeType::Number),
    ("north_edge", AttributeType::Number),
    ("overviews", AttributeType::Integer),
    ("time", AttributeType::Time),
    ("property", AttributeType::Text),
    ("unit", AttributeType::Text),
    ("minimum", AttributeType::Number),
    ("maximum", AttributeType::Number),
    ("mean", AttributeType::Number),
    ("without_value", AttributeType::Integer),
    ("statistics", AttributeType::Text),
];

/// Takes a raster. `said` is told the rows read, and ends the work with `false`, which leaves `None`.
pub(crate) fn take(
    input: &std::path::Path,
    file_name: &str,
    format: &Format,
    mapping: Option<Mapping>,
    limits: &Limits,
    findings: &mut Findings,
    mut said: impl FnMut(u64, u64) -> bool,
) -> Result<Option<MappedRaster>, Error> {
    // What a grid says of itself stands where the mapping says nothing.
    let mut said_by_file = CoverageSource::default();
    let mut raster: Box<dyn Raster> = match format {
        Format::GeoTiff => Box::new(GeoTiff::open(input, limits)?),
        Format::NetCdf => {
            let raster = GridRaster::open(input, limits)?;
            said_by_file = facts(raster.grid());
            Box::new(raster)
        }
        _ => {
            return Err(Error::invalid(
                "the file is no raster that is read here, and the dataset holds rasters",
                "hand in a GeoTIFF file, or a NetCDF file with one grid",
            ));
        }
    };
    let info = raster.info().clone();
    let mut mapping = mapping.unwrap_or_else(|| Mapping::new(MappingKind::Coverage));
    let crs = system(&info, &mapping, findings)?;
    let bbox = info.bbox(&crs)?;
    let file = tempfile::NamedTempFile::new().map_err(failed)?;
    let mut output = file.reopen().map_err(failed)?;
    let pixels = u64::from(info.width) * u64::from(info.bands) * info.kind.bytes() as u64;
    let mut told = |rows: u32| said(u64::from(rows) * pixels, u64::from(rows));
    let Some(summary) = write_cog(&mut *raster, &crs, &mut output, &mut told)? else { return Ok(None) };
    output.sync_all().map_err(failed)?;
    let hash = hash_of(&file)?;
    let coverage = mapping.coverage.take().unwrap_or_default();
    let item = coverage.item.clone().unwrap_or_else(|| item_name(file_name));
    let described = CoverageSource {
        title: coverage.title.clone().or(said_by_file.title),
        time: coverage.time.clone().or(said_by_file.time),
        unit: coverage.unit.clone().or(said_by_file.unit),
        ..coverage.clone()
    };
    let row = row(
        &Described { info: &info, crs: &crs, bbox, summary: &summary, hash: &hash, coverage: &described },
        &item,
        file_name,
    )?;
    // The item follows each file's name unless a person says it: so it is not written down.
    mapping.coverage = Some(coverage);
    if !crs.is_stored() {
        let operation = crs.operation()?.to_string();
        mapping.reasons.push((
            String::new(),
            format!("the raster is in {crs}; its box is brought to WGS 84 by {operation}"),
        ));
    }
    let features = features::take_one(&row_mapping(), &row, findings)?;
    Ok(Some(MappedRaster { mapping, file: RasterFile { file, hash }, features }))
}

/// What a grid says of itself.
fn facts(grid: &Grid) -> CoverageSource {
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let time = grid.time.and_then(DateTime::from_timestamp_micros);
    CoverageSource {
        title: said(&grid.title),
        time: time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        unit: said(&grid.unit).filter(|unit| unit != "-"),
        ..CoverageSource::default()
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::internal("writing a raster", error)
}

/// The system of the pixels: what the mapping says before what the file says.
fn system(info: &RasterInfo, mapping: &Mapping, findings: &mut Findings) -> Result<Crs, Error> {
    let cell = CellRef { sheet: 0, row: 1, column: 1 };
    let in_file = info.declared.as_ref().map(|declared| (declared.crs(), declared));
    if let Some(text) = &mapping.source.crs {
        let said = Crs::parse(text)?;
        if let Some((Ok(other), declared)) = in_file
            && other != said
        {
            findings.add(Severity::Warning, "crs_overruled", cell, || Words {
                column_name: "raster".into(),
                value: format!("{}: {other}", declared.by),
                expected: said.to_string(),
            });
        }
        return Ok(said);
    }
    match in_file {
        Some((crs, _)) => {
            let crs = crs?;
            crs.transform()?;
            Ok(crs)
        }
        None => Err(Error::invalid(
            format!(
                "nothing says in which system the raster's coordinates are (its corner is {}; {})",
                info.grid.x0, info.grid.y0
            ),
            "write `crs = \"EPSG:32648\"` (or the right one) under `[source]` in the mapping",
        )),
    }
}

fn hash_of(file: &tempfile::NamedTempFile) -> Result<OriginalHash, Error> {
    let mut input = file.reopen().map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = input.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    let text: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    OriginalHash::new(&text).map_err(|error| Error::internal("naming a raster", error))
}

/// The file's name without its extension, as an id.
fn item_name(file_name: &str) -> String {
    let stem = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let name = model::fold(stem).replace(' ', "_");
    if name.is_empty() { "raster".into() } else { name.chars().take(100).collect() }
}

struct Described<'a> {
    info: &'a RasterInfo,
    crs: &'a Crs,
    bbox: Bbox,
    summary: &'a CogSummary,
    hash: &'a OriginalHash,
    coverage: &'a CoverageSource,
}

fn row(described: &Described<'_>, item: &str, file_name: &str) -> Result<FeatureRow, Error> {
    let Described { info, crs, bbox, summary, hash, coverage } = described;
    let statistics: Vec<Value> = summary
        .bands
        .iter()
        .map(|band| {
            json!({"minimum": finite(band.min), "maximum": finite(band.max), "mean": finite(band.mean),
                   "with_value": band.valid, "without_value": band.missing})
        })
        .collect();
    let first = summary.bands.first();
    let values = [
        json!(coverage.title.as_deref().unwrap_or(file_name)),
        json!(hash.as_str()),
        json!(summary.bytes),
        json!(summary.header_bytes),
        json!(info.width),
        json!(info.height),
        json!(info.bands),
        json!(info.kind.code()),
        json!(info.nodata),
        json!(crs.code()),
        json!(info.grid.dx),
        json!(info.grid.dy),
        json!(info.grid.x0),
        json!(info.grid.y0),
        json!(summary.overviews),
        json!(coverage.time),
        json!(coverage.property),
        json!(coverage.unit),
        first.map_or(Value::Null, |band| finite(band.min)),
        first.map_or(Value::Null, |band| finite(band.max)),
        first.map_or(Value::Null, |band| finite(band.mean)),
        json!(first.map(|band| band.missing)),
        Value::Array(statistics),
    ];
    let names = ATTRIBUTES.iter().map(|(name, _)| (*name).to_owned());
    let mut properties: Vec<(String, Value)> = names.zip(values).collect();
    properties.insert(0, (ITEM.to_owned(), json!(item)));
    let wkb = formats::box_wkb(bbox).map_err(Error::from)?;
    Ok(FeatureRow { row: 1, id: None, wkb, bbox: *bbox, properties, had_heights: false, notes: Vec::new() })
}

/// The property that names a raster within its dataset.
const ITEM: &str = "item";

fn finite(number: f64) -> Value {
    if number.is_finite() { json!(number) } else { Value::Null }
}

/// How the row of a raster is stored.
fn row_mapping() -> Mapping {
    let mut mapping = Mapping::new(MappingKind::Features);
    mapping.feature = Some(FeatureSource { id: Some(ITEM.into()), ..FeatureSource::default() });
    mapping.attributes = ATTRIBUTES
        .iter()
        .map(|(name, kind)| AttributeSource { name: (*name).to_owned(), from: None, kind: *kind })
        .collect();
    mapping
}
