//! Rasters: a GeoTIFF becomes a Cloud-Optimised GeoTIFF and a row that says what it is.
//!
//! The pixels stay as they are, in the system they came in; only numbers with a scale become values. The row is a feature whose geometry is
//! the box around the raster, so that versions, reads as known at a time, policy and backup of
//! rasters are those of features.

mod facts;
mod item;
mod named;
mod place;
mod replaced;

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use catalog::Gazetteer;
use chrono::{DateTime, SecondsFormat};
use formats::coverage::{
    Adjusted, Besides, CogSummary, Fill, Fills, GeoTiff, GridRaster, LeftOut, Raster, RasterInfo, write_cog,
};
use formats::crs::Crs;
use formats::{FeatureRow, Format, Grid, GridReader, Limits};
use model::{Bbox, OriginalHash};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wording::told;

use self::facts::{Facts, Says, Under, check, settle, warn};
use self::item::item_name;
use self::named::{Said, time_in, words_in};
use self::place::{reaches_beyond, system, tell_of};
pub(crate) use self::replaced::ask as ask_of_replaced;
use crate::Error;
use crate::features::{self, MappedFeatures};
use crate::findings::Findings;
use crate::mapping::{
    AttributeSource, AttributeType, CoverageSource, Decimal, FeatureSource, Mapping, MappingKind,
};

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
    pub(crate) gazetteer: &'a Gazetteer,
    /// What the mapping says of another raster, where it was kept from one.
    pub(crate) of_another: Option<&'a [OfAnother]>,
}

/// A key of a kept mapping that is of the raster it was made for, and what it says.
pub(crate) type OfAnother = (&'static str, String);

/// Takes out of a kept mapping what is said of one raster: its name, its title and its time are not those of the next.
pub(crate) fn take_out_of_one(mapping: &mut Mapping) -> Vec<OfAnother> {
    let Some(coverage) = &mut mapping.coverage else { return Vec::new() };
    let keys = [("item", &mut coverage.item), ("title", &mut coverage.title), ("time", &mut coverage.time)];
    keys.into_iter().filter_map(|(key, said)| Some((key, said.take()?))).collect()
}

/// A raster of a file, and what the file says of it.
struct Found {
    raster: Box<dyn Raster>,
    item: String,
    title: String,
    time: Option<String>,
    unit: Option<String>,
    /// What the file calls it.
    called: Vec<String>,
    is_climatology: bool,
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
    rasters.check_one_property(&coverage)?;
    let of_another = input.of_another.unwrap_or_default();
    let under = Under {
        coverage: &coverage,
        is_kept: input.of_another.is_some(),
        time_of_another: of_another.iter().find(|(key, _)| *key == "time").map(|(_, said)| said.as_str()),
    };
    for (key, said) in of_another {
        warn(findings, 0, "raster_of_another", [(*key).to_owned(), said.clone(), String::new()]);
    }
    let named = time_in(input.file_name);
    // Two letters of a name are there by chance: `do_cao.tif` is no oxygen.
    let property = crate::guess::property_of_name(&words_in(input.file_name), input.gazetteer)
        .filter(|code| code.len() > 2);
    let mut told_of = HashSet::new();
    while let Some(found) = rasters.next()? {
        let at = rows.len();
        let Found { raster, item, title, time, unit, called, is_climatology } = found;
        let crs = system(raster.info(), &mapping, under.is_kept, findings)?;
        let mut raster = Adjusted::of(raster, &crs);
        let besides = raster.besides();
        let bbox = raster.info().bbox(&crs)?;
        tell_of(raster.info(), bbox, at, findings);
        if crs.is_geographic() && reaches_beyond(raster.info()) && told_of.insert("raster_beyond_180") {
            warn(findings, at, "raster_beyond_180", ["raster".into(), title.clone(), String::new()]);
        }
        if is_climatology && told_of.insert("raster_climatology") {
            warn(findings, at, "raster_climatology", ["raster".into(), title.clone(), String::new()]);
        }
        let is_tiff = *input.format == Format::GeoTiff;
        let is_one = raster.info().bands == 1;
        // Of the layers of a file, the first that lacks something tells it for all.
        let is_told = is_tiff || told_of.insert("raster_untold");
        let called: Vec<&str> = called
            .iter()
            .chain(besides.names.first())
            .map(String::as_str)
            .filter(|text| !text.is_empty())
            .collect();
        let says = Says {
            time: time.as_deref(),
            // The name speaks of the file as a whole.
            named: if rasters.is_alone() { &named } else { &Said::Nothing },
            property: property.as_deref().filter(|_| is_tiff && is_one),
            called: &called,
            unit: unit.as_deref().or(besides.unit.as_deref()),
            wants_time: !is_climatology,
            is_told,
            is_tiff,
        };
        let mut facts = settle(&says, &under, input.gazetteer, at, findings)?;
        let size = raster.info().clone();
        let row_bytes = u64::from(size.width) * u64::from(size.bands) * size.kind.bytes() as u64;
        let mut told = |rows: u32| said(bytes + u64::from(rows) * row_bytes, rows_read + u64::from(rows));
        let Some(Written { file, summary, fills }) = write(&mut raster, &crs, &mapping, &mut told)? else {
            return Ok(None);
        };
        for Fill { value, pixels } in &fills.0 {
            warn(findings, at, "raster_fill", ["raster".into(), value.to_string(), pixels.to_string()]);
        }
        if !is_tiff && is_told && facts.is_whole() {
            told_of.remove("raster_untold");
        }
        check(&mut facts, summary.bands.first(), input.gazetteer, at, findings)?;
        tell_of_bands(&besides, &facts, raster.info(), at, findings);
        bytes += u64::from(size.height) * row_bytes;
        rows_read += u64::from(size.height);
        let hash = hash_of(&file)?;
        let described = Described {
            item: coverage.item.as_deref().filter(|_| rasters.is_alone()).unwrap_or(&item),
            title: coverage.title.as_deref().filter(|_| rasters.is_alone()).unwrap_or(&title),
            facts: &facts,
            info: raster.info(),
            besides: &besides,
            crs: &crs,
            bbox,
            summary: &summary,
            hash: &hash,
        };
        rows.push(row(&described, at)?);
        files.push(RasterFile { file: file.into_temp_path(), hash });
        if files.len() == 1 {
            for LeftOut { what, names } in besides.left_out.iter().chain(&rasters.left_out()) {
                warn(findings, at, "raster_left_out", [(*what).to_owned(), names.join(", "), String::new()]);
            }
        }
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

/// A raster that was written.
struct Written {
    file: tempfile::NamedTempFile,
    summary: CogSummary,
    /// Numbers that were taken for no value, though neither the file nor the mapping says so.
    fills: Fills,
}

/// Writes a raster; where it has numbers that stand for no value without a word, once more without them.
fn write(
    raster: &mut Adjusted,
    crs: &Crs,
    mapping: &Mapping,
    told: &mut dyn FnMut(u32) -> bool,
) -> Result<Option<Written>, Error> {
    let missing = &mapping.source.missing;
    let numbers = missing.iter().filter_map(|text| text.trim().parse::<f64>().ok());
    let said: Vec<Fill> =
        numbers.filter(|number| number.is_finite()).map(|value| Fill { value, pixels: 0 }).collect();
    if !said.is_empty() {
        raster.without(Fills(said.clone()));
    }
    // An empty list says that every number is a value.
    if missing.is_empty() {
        raster.with_all_values();
    }
    let Some((file, summary)) = written(raster, crs, told)? else { return Ok(None) };
    if summary.fills.0.is_empty() {
        return Ok(Some(Written { file, summary, fills: Fills::default() }));
    }
    let fills = summary.fills.clone();
    let all = fills.0.iter().chain(&said).copied().collect();
    if !raster.without(Fills(all)) {
        return Ok(Some(Written { file, summary, fills }));
    }
    let again = written(raster, crs, told)?;
    Ok(again.map(|(file, summary)| Written { file, summary, fills }))
}

fn written(
    raster: &mut Adjusted,
    crs: &Crs,
    told: &mut dyn FnMut(u32) -> bool,
) -> Result<Option<(tempfile::NamedTempFile, CogSummary)>, Error> {
    let file = tempfile::NamedTempFile::new().map_err(failed)?;
    let mut output = file.reopen().map_err(failed)?;
    let Some(summary) = write_cog(raster, crs, &mut output, told)? else { return Ok(None) };
    output.sync_all().map_err(failed)?;
    Ok(Some((file, summary)))
}

/// Tells of bands beside the first, of which nothing is said that is said of that.
fn tell_of_bands(besides: &Besides, facts: &Facts, info: &RasterInfo, at: usize, findings: &mut Findings) {
    let names = besides.names.iter().skip(1).filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>();
    let is_said = facts.property.is_some() || facts.unit.is_some() || facts.time.is_some();
    if info.bands > 1 && (is_said || !names.is_empty()) {
        let of_first = besides.names.first().cloned().unwrap_or_default();
        warn(findings, at, "raster_bands", [of_first, info.bands.to_string(), names.join(", ")]);
    }
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
    /// Whether the name of the file says a time.
    says_time: bool,
    is_alone: bool,
}

impl Layers {
    fn open(input: &RasterInput<'_>) -> Result<Layers, Error> {
        let mut reader = GridReader::open(input.path, input.limits)?;
        let first = reader.next_grid()?;
        let mut layers = Layers {
            reader,
            waiting: first,
            stem: item_name(input.file_name),
            says_time: time_in(input.file_name) != Said::Nothing,
            is_alone: true,
        };
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
        let apart = said(&grid.apart);
        // Files of one name for each day would replace each other.
        let is_named = self.is_alone && (time.is_none() || self.says_time);
        let item = if is_named {
            self.stem.clone()
        } else if self.is_alone {
            let time = time.as_deref().unwrap_or_default();
            item_name(&format!("{}_{time}.nc", self.stem))
        } else {
            let parts = [Some(&self.stem), Some(&grid.name), apart.as_ref(), time.as_ref()];
            item_name(&format!("{}.nc", parts.into_iter().flatten().cloned().collect::<Vec<_>>().join("_")))
        };
        let more: Vec<&str> = [apart.as_ref().map(|_| grid.other_axes.as_str()), Some(&grid.notes)]
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .collect();
        let title = said(&grid.title).unwrap_or_else(|| item.clone());
        let title = if more.is_empty() { title } else { format!("{title} ({})", more.join(", ")) };
        Ok(Some(Found {
            title,
            item,
            time,
            unit: said(&grid.unit).filter(|unit| unit != "-"),
            called: [&grid.standard_name, &grid.title, &grid.name].map(Clone::clone).to_vec(),
            is_climatology: grid.is_climatology,
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
                let (time, unit) = (None, None);
                let found = Found {
                    raster,
                    item: stem,
                    title,
                    time,
                    unit,
                    called: Vec::new(),
                    is_climatology: false,
                };
                Ok(Rasters::One(Some(Box::new(found))))
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

    /// What the file holds beside its rasters.
    fn left_out(&self) -> Vec<LeftOut> {
        match self {
            Rasters::One(_) => Vec::new(),
            Rasters::Layers(layers) => layers.reader.left_out(),
        }
    }

    /// Refuses a mapping that says one property or time of rasters that have several.
    fn check_one_property(&self, coverage: &CoverageSource) -> Result<(), Error> {
        let Rasters::Layers(layers) = self else { return Ok(()) };
        let key = match coverage {
            CoverageSource { property: Some(_), .. } if layers.reader.variables() > 1 => "property",
            CoverageSource { unit: Some(_), .. } if layers.reader.variables() > 1 => "unit",
            CoverageSource { time: Some(_), .. } if !layers.is_alone => "time",
            _ => return Ok(()),
        };
        Err(Error::invalid(
            told!(
                "intake-raster-one-fact-for-many-layers",
                "the mapping says one `{key}`, and the file holds layers of several",
                key = key
            ),
            told!(
                "intake-raster-take-fact-out-of-mapping",
                "take `{key}` out of `[coverage]` in the mapping: the file says it of each layer; or hand in one variable at a time",
                key = key
            ),
        ))
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

struct Described<'a> {
    item: &'a str,
    title: &'a str,
    facts: &'a Facts,
    info: &'a RasterInfo,
    besides: &'a Besides,
    crs: &'a Crs,
    bbox: Bbox,
    summary: &'a CogSummary,
    hash: &'a OriginalHash,
}

/// The row of the raster that stands at this place in its file.
fn row(described: &Described<'_>, at: usize) -> Result<FeatureRow, Error> {
    let Described { item, title, facts, info, besides, crs, bbox, summary, hash } = described;
    let Facts { time, property, unit, .. } = facts;
    let statistics: Vec<Value> = summary
        .bands
        .iter()
        .enumerate()
        .map(|(at, band)| {
            let mut said = json!({"minimum": finite(band.min), "maximum": finite(band.max),
                                  "mean": finite(band.mean), "with_value": band.valid,
                                  "without_value": band.missing});
            if let Some(name) = besides.names.get(at).filter(|name| !name.is_empty()) {
                said["name"] = json!(name);
            }
            said
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
