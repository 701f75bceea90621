//! Rasters: a GeoTIFF becomes a Cloud-Optimised GeoTIFF and a row that says what it is.
//!
//! The pixels stay as they are, in the system they came in; only numbers with a scale become values. The row is a feature whose geometry is
//! the box around the raster, so that versions, reads as known at a time, policy and backup of
//! rasters are those of features.

use std::io::Read;
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use formats::coverage::{CogSummary, GeoTiff, GridRaster, Raster, RasterInfo, write_cog};
use formats::crs::Crs;
use formats::{FeatureRow, Format, Grid, GridReader, Limits};
use model::{Bbox, CellRef, OriginalHash, Severity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wording::told;

use crate::Error;
use crate::features::{self, MappedFeatures};
use crate::findings::{Findings, Words};
use crate::mapping::{AttributeSource, AttributeType, Decimal, FeatureSource, Mapping, MappingKind};

/// A raster's file that waits to be kept.
pub(crate) struct RasterFile {
    /// Closed, since a file may hold very many layers.
    pub(crate) file: tempfile::TempPath,
    pub(crate) hash: OriginalHash,
}

/// What came of a file of rasters.
pub(crate) struct MappedRasters {
    pub(crate) mapping: Mapping,
    pub(crate) files: Vec<RasterFile>,
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

/// A file that holds rasters.
pub(crate) struct RasterInput<'a> {
    pub(crate) path: &'a Path,
    pub(crate) file_name: &'a str,
    pub(crate) format: &'a Format,
    pub(crate) limits: &'a Limits,
}

/// A raster of a file, and what the file says of it.
struct Found {
    raster: Box<dyn Raster>,
    item: String,
    title: String,
    time: Option<String>,
    unit: Option<String>,
}

/// Takes all rasters of a file. `said` is told the bytes and rows read, and ends the work with
/// `false`, which leaves `None`.
pub(crate) fn take(
    input: &RasterInput<'_>,
    mapping: Option<Mapping>,
    findings: &mut Findings,
    mut said: impl FnMut(u64, u64) -> bool,
) -> Result<Option<MappedRasters>, Error> {
    let mut mapping = mapping.unwrap_or_else(|| Mapping::new(MappingKind::Coverage));
    let coverage = mapping.coverage.clone().unwrap_or_default();
    let (mut files, mut rows) = (Vec::new(), Vec::new());
    let (mut bytes, mut rows_read) = (0, 0);
    let mut rasters = Rasters::open(input)?;
    while let Some(found) = rasters.next()? {
        let Found { mut raster, item, title, time, unit } = found;
        let info = raster.info().clone();
        let crs = system(&info, &mapping, findings)?;
        let bbox = info.bbox(&crs)?;
        tell_of(&info, bbox, rows.len(), findings);
        let file = tempfile::NamedTempFile::new().map_err(failed)?;
        let mut output = file.reopen().map_err(failed)?;
        let row_bytes = u64::from(info.width) * u64::from(info.bands) * info.kind.bytes() as u64;
        let mut told = |rows: u32| said(bytes + u64::from(rows) * row_bytes, rows_read + u64::from(rows));
        let Some(summary) = write_cog(raster.as_mut(), &crs, &mut output, &mut told)? else {
            return Ok(None);
        };
        output.sync_all().map_err(failed)?;
        bytes += u64::from(info.height) * row_bytes;
        rows_read += u64::from(info.height);
        let hash = hash_of(&file)?;
        let described = Described {
            item: coverage.item.as_deref().filter(|_| rasters.is_alone()).unwrap_or(&item),
            title: coverage.title.as_deref().filter(|_| rasters.is_alone()).unwrap_or(&title),
            time: coverage.time.as_deref().or(time.as_deref()),
            property: coverage.property.as_deref(),
            unit: coverage.unit.as_deref().or(unit.as_deref()),
            info: &info,
            crs: &crs,
            bbox,
            summary: &summary,
            hash: &hash,
        };
        rows.push(row(&described, rows.len())?);
        files.push(RasterFile { file: file.into_temp_path(), hash });
        if files.len() == 1 && !crs.is_stored() {
            let operation = crs.operation()?.told();
            let reason = told!(
                "guess-raster-to-wgs-84",
                "the raster is in {crs}; its box is brought to WGS 84 by {operation}",
                crs = crs,
                operation => operation
            );
            mapping.reasons.push((String::new(), reason));
        }
    }
    let features = features::take_rows(&row_mapping(), &rows, findings)?;
    Ok(Some(MappedRasters { mapping, files, features }))
}

/// The rasters of a file, one after the other.
enum Rasters {
    One(Option<Box<Found>>),
    Layers(Box<Layers>),
}

/// The layers of a grid, one held in memory at a time.
struct Layers {
    reader: GridReader,
    waiting: Option<Grid>,
    stem: String,
    is_alone: bool,
}

impl Layers {
    fn open(input: &RasterInput<'_>) -> Result<Layers, Error> {
        let mut reader = GridReader::open(input.path, input.limits)?;
        let first = reader.next_grid()?;
        let mut layers = Layers { reader, waiting: first, stem: item_name(input.file_name), is_alone: true };
        if layers.waiting.is_some() {
            // A second reader looks ahead, so that only one layer is held.
            let mut ahead = GridReader::open(input.path, input.limits)?;
            ahead.next_grid()?;
            layers.is_alone = ahead.next_grid()?.is_none();
        }
        Ok(layers)
    }

    fn next(&mut self) -> Result<Option<Found>, Error> {
        let next = match self.waiting.take() {
            Some(grid) => Some(grid),
            None => self.reader.next_grid()?,
        };
        let Some(grid) = next else { return Ok(None) };
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let time = grid.time.and_then(DateTime::from_timestamp_micros);
        let time = time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let item = if self.is_alone {
            self.stem.clone()
        } else {
            let parts = [Some(&self.stem), Some(&grid.name), time.as_ref()];
            item_name(&format!("{}.nc", parts.into_iter().flatten().cloned().collect::<Vec<_>>().join("_")))
        };
        Ok(Some(Found {
            title: said(&grid.title).unwrap_or_else(|| item.clone()),
            item,
            time,
            unit: said(&grid.unit).filter(|unit| unit != "-"),
            raster: Box::new(GridRaster::of(grid)?),
        }))
    }
}

impl Rasters {
    fn open(input: &RasterInput<'_>) -> Result<Rasters, Error> {
        let stem = item_name(input.file_name);
        match input.format {
            Format::GeoTiff => {
                let raster = Box::new(GeoTiff::open(input.path, input.limits)?);
                let title = input.file_name.to_owned();
                Ok(Rasters::One(Some(Box::new(Found { raster, item: stem, title, time: None, unit: None }))))
            }
            Format::NetCdf => Ok(Rasters::Layers(Box::new(Layers::open(input)?))),
            _ => Err(Error::invalid(
                told!(
                    "intake-file-no-raster-read-here-dataset-holds",
                    "the file is no raster that is read here, and the dataset holds rasters"
                ),
                told!(
                    "intake-hand-geotiff-file-netcdf-file-grids",
                    "hand in a GeoTIFF file, or a NetCDF file of grids"
                ),
            )),
        }
    }

    /// Whether the file holds one raster, which a mapping may then name.
    fn is_alone(&self) -> bool {
        match self {
            Rasters::One(_) => true,
            Rasters::Layers(layers) => layers.is_alone,
        }
    }

    fn next(&mut self) -> Result<Option<Found>, Error> {
        match self {
            Rasters::One(found) => Ok(found.take().map(|found| *found)),
            Rasters::Layers(layers) => layers.next(),
        }
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
            told!(
                "intake-nothing-says-system-raster-coordinates-corner",
                "nothing says in which system the raster's coordinates are (its corner is {info}; {info2})",
                info = info.grid.x0,
                info2 = info.grid.y0
            ),
            told!(
                "intake-write-crs-epsg-32648-right-one-under",
                "write `crs = \"EPSG:32648\"` (or the right one) under `[source]` in the mapping"
            ),
        )),
    }
}

/// Tells of numbers that became values, and of a raster that lies beyond the known outlines.
fn tell_of(info: &RasterInfo, bbox: Bbox, at: usize, findings: &mut Findings) {
    let cell = CellRef { sheet: 0, row: u32::try_from(at + 1).unwrap_or(u32::MAX), column: 1 };
    let words = |value: String, expected: String| Words { column_name: "raster".into(), value, expected };
    if !info.applied.is_empty() {
        let each: Vec<String> =
            info.applied.iter().map(|(scale, offset)| format!("× {scale} + {offset}")).collect();
        findings.add(Severity::Warning, "raster_scaled", cell, || words(each.join("; "), String::new()));
    }
    let region = formats::crs::region();
    let is_beside = bbox.east < region.west
        || bbox.west > region.east
        || bbox.north < region.south
        || bbox.south > region.north;
    if is_beside {
        let corner = format!("{}; {}", info.grid.x0, info.grid.y0);
        findings.add(Severity::Warning, "outside_outlines", cell, || words(corner, "1/1".into()));
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
    item: &'a str,
    title: &'a str,
    time: Option<&'a str>,
    property: Option<&'a str>,
    unit: Option<&'a str>,
    info: &'a RasterInfo,
    crs: &'a Crs,
    bbox: Bbox,
    summary: &'a CogSummary,
    hash: &'a OriginalHash,
}

/// The row of the raster that stands at this place in its file.
fn row(described: &Described<'_>, at: usize) -> Result<FeatureRow, Error> {
    let Described { item, title, time, property, unit, info, crs, bbox, summary, hash } = described;
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
        json!(title),
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
        json!(time),
        json!(property),
        json!(unit),
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
    let row = u32::try_from(at + 1).unwrap_or(u32::MAX);
    Ok(FeatureRow { row, id: None, wkb, bbox: *bbox, properties, had_heights: false, notes: Vec::new() })
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
        .map(|(name, kind)| AttributeSource {
            name: (*name).to_owned(),
            from: None,
            kind: *kind,
            decimal: Decimal::Auto,
        })
        .collect();
    mapping
}
