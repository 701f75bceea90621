//! Features of any format: read one by one, brought to longitude and latitude, checked, as WKB.
//!
//! Each format is a [`Features`] that hands out geometries in the coordinates of its file. What is
//! common to all is here: the way to WGS 84 that a [`Fit`] names, the check that a position is on
//! the globe, the box, and the limits.

mod columns;
mod crossing;
mod geometry;
mod geoparquet;
mod gpkg;
mod kml;
mod pair;
mod parted;
mod records;
mod shapefile;
mod stray;
mod survey;
mod table;
mod texts;
mod titled;
mod wkb;
mod zipped;

use std::path::Path;

use geo_types::Geometry;
use model::Bbox;
use serde_json::Value;

use crate::crs::{Crs, Fit, Transform};
use crate::text::LegibleFeatures;
use crate::{Charset, Error, Format, LeftOut, Limits, Note, Reading, geojson};

pub use columns::columns_of_degrees;
pub use geometry::box_wkb;
pub(crate) use kml::is_kml;
pub(crate) use records::is_records;
pub use survey::{Survey, Surveyed, survey_features};
use texts::{nfc, normalised, text_bytes};
use wording::{Told, told};

/// A feature as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureRow {
    /// Its place in the file, from 1; the number of its row where the file is a table.
    pub row: u32,
    /// Its `id` member, a number as text.
    pub id: Option<String>,
    /// Its geometry as WKB, in longitude and latitude.
    pub wkb: Vec<u8>,
    /// The box around its geometry.
    pub bbox: Bbox,
    /// Its properties in the order of the file, names and texts in NFC; the n-th is column n. Of a
    /// name that stands twice, the last value counts.
    pub properties: Vec<(String, Value)>,
    /// Whether positions had a height, which is not kept.
    pub had_heights: bool,
    /// What was noticed while its properties were read.
    pub notes: Vec<FeatureNote>,
}

/// Something worth knowing about a value that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureNote {
    /// A stable name: `cut_text`.
    pub code: &'static str,
    /// The property.
    pub property: String,
    /// The value as read.
    pub value: String,
}

impl FeatureRow {
    /// A property by its name.
    pub fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The column of a property, from 1; the geometry's column comes after the last one.
    pub fn column(&self, name: &str) -> Option<u16> {
        let index = self.properties.iter().position(|(other, _)| other == name)?;
        u16::try_from(index + 1).ok()
    }

    /// The column of the geometry.
    pub fn geometry_column(&self) -> u16 {
        u16::try_from(self.properties.len() + 1).unwrap_or(u16::MAX)
    }
}

/// Why a feature is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureRefusal {
    /// Its place in the file, from 1.
    pub row: u32,
    /// A stable name of the reason: `not_json`, `not_a_feature`, `no_geometry`, `bad_geometry`,
    /// `bad_coordinates`, `outside_world`, `too_large`, `too_deep`, `columns`, `cell_bytes`.
    pub code: &'static str,
    /// What is wrong.
    pub reason: Told,
    /// What is there instead, shortened.
    pub value: String,
}

/// A feature, or why it is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureItem {
    /// A feature that was read.
    Row(FeatureRow),
    /// One that was not.
    Refused(FeatureRefusal),
}

impl FeatureItem {
    /// Its place in the file, from 1.
    pub fn row(&self) -> u32 {
        match self {
            FeatureItem::Row(row) => row.row,
            FeatureItem::Refused(refusal) => refusal.row,
        }
    }

    pub(crate) fn property_names(&self) -> Vec<String> {
        match self {
            FeatureItem::Row(row) => row.properties.iter().map(|(name, _)| name.clone()).collect(),
            FeatureItem::Refused(_) => Vec::new(),
        }
    }

    pub(crate) fn property_text(&self, name: &str) -> String {
        match self {
            FeatureItem::Row(row) => match row.property(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            FeatureItem::Refused(_) => String::new(),
        }
    }

    pub(crate) fn geometry_text(&self) -> String {
        match self {
            FeatureItem::Row(FeatureRow { bbox, .. }) => {
                format!("{} {} {} {}", bbox.west, bbox.south, bbox.east, bbox.north)
            }
            FeatureItem::Refused(refusal) => refusal.reason.to_string(),
        }
    }
}

/// Which cells of a table are a position or a geometry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coordinates {
    /// Two columns.
    Pair {
        /// The column of the easting or longitude.
        x: String,
        /// The column of the northing or latitude.
        y: String,
    },
    /// One column: WKT, or a list of positions.
    Geometry(String),
}

/// How the features of a file are to be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureOptions {
    /// The layer or sheet; the only one that holds features when absent.
    pub layer: Option<String>,
    /// The number of the layer or sheet, from 0, where its name is not given.
    pub layer_number: Option<u16>,
    /// The row of the header of a table.
    pub header_row: Option<u32>,
    /// Where the positions stand in a table; found by the header's names when absent.
    pub coordinates: Option<Coordinates>,
    /// What the coordinates are; longitude and latitude when absent.
    pub fit: Option<Fit>,
    /// What a person has said of the letters of a table.
    pub reading: Reading,
    /// Whether coordinates stay as they are in the file: for showing them, never for storing them.
    pub as_written: bool,
    /// Whether only the properties are wanted: the geometry of a row is then empty.
    pub properties_only: bool,
}

/// What a file says of its coordinate system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Where it says so: `roads.prj`, `crs`, …
    pub by: String,
    /// What it says.
    pub text: String,
}

impl Declared {
    /// The system that is meant.
    pub fn crs(&self) -> Result<Crs, Error> {
        if self.text.trim_start().starts_with('{') {
            let value: Value = serde_json::from_str(&self.text).unwrap_or(Value::Null);
            return Crs::from_projjson(&value);
        }
        Crs::parse(&self.text)
    }
}

/// What is known of the features of a file before they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct About {
    /// The layers or sheets of the file; one, nameless, where it has none.
    pub(crate) layers: Vec<String>,
    /// The one that is read.
    pub(crate) layer: u16,
    /// What the file says of its coordinates.
    pub(crate) declared: Option<Declared>,
    /// Whether values are texts as written, whatever they hold.
    pub(crate) texts: bool,
    /// Where the positions stand, in a table.
    pub(crate) coordinates: Option<Coordinates>,
}

impl About {
    pub(crate) fn one_layer() -> About {
        About { layers: vec![String::new()], ..About::default() }
    }
}

/// A feature in the coordinates of its file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    pub(crate) row: u32,
    pub(crate) id: Option<String>,
    pub(crate) geometry: Geometry<f64>,
    pub(crate) properties: Vec<(String, Value)>,
    pub(crate) had_heights: bool,
    pub(crate) notes: Vec<FeatureNote>,
}

/// What a format hands out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Read(Read),
    Refused(FeatureRefusal),
}

impl Item {
    pub(crate) fn refused(row: u32, refused: Refused) -> Item {
        let Refused { code, reason, value } = refused;
        Item::Refused(FeatureRefusal { row, code, reason, value })
    }
}

/// The features of a file of one format, in order.
pub(crate) trait Features {
    /// The next one. After an error there is nothing more to read.
    fn next(&mut self) -> Result<Option<Item>, Error>;
    /// Bytes of the file read so far.
    fn bytes_read(&self) -> u64;
    /// What is known before reading.
    fn about(&self) -> &About;
    /// What the file holds beside them and is not read, and why.
    fn left_out(&self) -> &[LeftOut] {
        &[]
    }
    /// What was done to letters since it was asked last.
    fn notes(&mut self) -> Vec<Note> {
        Vec::new()
    }
    /// The column that a feature's position stands in, from 1; 1 where it stands in none.
    fn position_column(&self) -> u16 {
        1
    }
    /// The encodings of the texts that were handed out.
    fn charsets(&self) -> Vec<Charset> {
        Vec::new()
    }
    /// Passes over the features before the one at this place, as far as that is cheap.
    fn skip_to(&mut self, _row: u32) -> Result<(), Error> {
        Ok(())
    }
}

/// Why a feature is refused, before its place is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) reason: Told,
    pub(crate) value: String,
}

impl Refused {
    pub(crate) fn new(code: &'static str, reason: impl Into<Told>, value: impl Into<String>) -> Refused {
        let mut value: String = value.into();
        if let Some((end, _)) = value.char_indices().nth(200) {
            value.truncate(end);
        }
        Refused { code, reason: reason.into(), value }
    }
}

/// Opens the features of a file of any format that holds positions.
pub fn read_features(
    path: &Path,
    format: &Format,
    options: &FeatureOptions,
    limits: &Limits,
) -> Result<FeatureReader, Error> {
    let source = open(path, format, options, limits)?;
    let transform = match &options.fit {
        Some(fit) if !fit.crs.is_stored() => Some(fit.crs.transform()?),
        _ => None,
    };
    Ok(FeatureReader {
        source,
        fit: options.fit.clone(),
        transform,
        as_written: options.as_written,
        properties_only: options.properties_only,
        limits: limits.clone(),
        count: 0,
        done: false,
    })
}

fn open(
    path: &Path,
    format: &Format,
    options: &FeatureOptions,
    limits: &Limits,
) -> Result<Box<dyn Features + Send>, Error> {
    let legible = |source: Box<dyn Features + Send>| -> Box<dyn Features + Send> {
        Box::new(LegibleFeatures::new(source, options.reading.clone()))
    };
    Ok(match format {
        Format::GeoJson => legible(Box::new(geojson::open(path, options, limits)?)),
        Format::Shapefile => Box::new(shapefile::Shapefile::open(path, options, limits)?),
        Format::GeoPackage => legible(Box::new(gpkg::GeoPackage::open(path, options, limits)?)),
        Format::Kml => legible(Box::new(kml::Kml::open(path, limits)?)),
        Format::Records => legible(Box::new(records::Records::open(path, options, limits)?)),
        Format::FeatureZip => Box::new(zipped::Zipped::open(path, options, limits)?),
        Format::Parquet => legible(Box::new(geoparquet::GeoParquet::open(path, options, limits)?)),
        Format::GeoTiff => {
            return Err(Error::invalid(
                "not_features",
                told!(
                    "formats-geotiff-file-holds-raster-not-features",
                    "a GeoTIFF file holds a raster, not features"
                ),
                told!("formats-hand-dataset-kind-coverage", "hand it in to a dataset of the kind `coverage`"),
            ));
        }
        _ => Box::new(table::TableFeatures::open(path, format, options, limits)?),
    })
}

/// The features of a file, in order. After an error there is nothing more to read.
pub struct FeatureReader {
    source: Box<dyn Features + Send>,
    fit: Option<Fit>,
    transform: Option<Transform>,
    as_written: bool,
    properties_only: bool,
    limits: Limits,
    count: u32,
    done: bool,
}

impl FeatureReader {
    /// Bytes of the file read so far, to show progress.
    pub fn bytes_read(&self) -> u64 {
        self.source.bytes_read()
    }

    /// What the file holds beside the features and is not read, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        self.source.left_out()
    }

    /// The layers or sheets of the file, and the number of the one that is read, from 0: in an archive,
    /// that of the feature that was handed out last.
    pub fn layers(&self) -> (&[String], u16) {
        let about = self.source.about();
        (&about.layers, about.layer)
    }

    /// Whether values are texts as written, whatever they hold, as in a table.
    pub fn texts_only(&self) -> bool {
        self.source.about().texts
    }

    /// What was done to the letters of the features handed out since it was asked last.
    pub fn notes(&mut self) -> Vec<Note> {
        self.source.notes()
    }

    /// The column that a feature's position stands in, from 1; 1 where it stands in none.
    pub fn position_column(&self) -> u16 {
        self.source.position_column()
    }

    /// The encodings of the texts that were handed out, in order.
    pub fn charsets(&self) -> Vec<Charset> {
        let mut charsets = self.source.charsets();
        charsets.sort_unstable();
        charsets.dedup();
        charsets
    }

    /// Passes over the features before the one at this place.
    pub(crate) fn skip_to(&mut self, row: u32) -> Result<(), Error> {
        self.source.skip_to(row)
    }

    fn next_read(&mut self) -> Result<Option<Item>, Error> {
        if self.done {
            return Ok(None);
        }
        let item = self.source.next();
        self.done = !matches!(item, Ok(Some(_)));
        let item = item?;
        if item.is_some() {
            if self.count >= self.limits.max_rows {
                self.done = true;
                return Err(Error::limit(
                    "rows",
                    told!("formats-file-too-many-features", "the file has too many features"),
                    u64::from(self.limits.max_rows),
                    told!(
                        "formats-split-into-several-files-hand-them-one",
                        "split it into several files and hand them in one after the other"
                    ),
                ));
            }
            self.count += 1;
        }
        Ok(item)
    }

    fn finished(&self, read: Read) -> FeatureItem {
        let row = read.row;
        match self.row(read) {
            Ok(row) => FeatureItem::Row(row),
            Err(Refused { code, reason, value }) => {
                FeatureItem::Refused(FeatureRefusal { row, code, reason, value })
            }
        }
    }

    fn row(&self, read: Read) -> Result<FeatureRow, Refused> {
        let Read { row, id, mut geometry, properties, had_heights, mut notes } = read;
        if properties.len() >= usize::from(self.limits.max_columns) {
            let reason = told!(
                "formats-feature-more-than-properties",
                "the feature has more than {limits} properties",
                limits = self.limits.max_columns - 1
            );
            return Err(Refused::new("columns", reason, ""));
        }
        let kept = self.properties(properties)?;
        if self.properties_only {
            let bbox = Bbox { west: 0.0, south: 0.0, east: 0.0, north: 0.0 };
            let id = id.map(nfc);
            return Ok(FeatureRow { row, id, wkb: Vec::new(), bbox, properties: kept, had_heights, notes });
        }
        let bbox = if self.as_written {
            geometry::bounds(&mut geometry)
        } else {
            stray::nought(&mut geometry)?;
            geometry::place(&mut geometry, self.fit.as_ref(), self.transform.as_ref())?
        };
        let bbox = bbox.ok_or_else(|| {
            Refused::new(
                "no_geometry",
                told!("formats-geometry-no-positions", "the geometry has no positions"),
                "",
            )
        })?;
        if !self.as_written {
            notes.extend(crossing::note(&geometry));
            notes.extend(stray::note(&geometry));
        }
        Ok(FeatureRow {
            row,
            id: id.map(nfc),
            wkb: geometry::to_wkb(&geometry)?,
            bbox,
            properties: kept,
            had_heights,
            notes,
        })
    }
}

impl FeatureReader {
    /// Names and texts in NFC; of a name that stands twice, the last value.
    fn properties(&self, properties: Vec<(String, Value)>) -> Result<Vec<(String, Value)>, Refused> {
        let mut kept: Vec<(String, Value)> = Vec::with_capacity(properties.len());
        // Few names are found faster by looking than by hashing them.
        let mut places = std::collections::HashMap::new();
        let few = properties.len() <= 32;
        for (name, value) in properties {
            let (name, value) = (nfc(name), normalised(value));
            if text_bytes(&value) > self.limits.max_cell_bytes {
                let reason = told!(
                    "formats-property-longer-than-bytes",
                    "the property is longer than {max_cell_bytes} bytes",
                    max_cell_bytes = self.limits.max_cell_bytes
                );
                return Err(Refused::new("cell_bytes", reason, name));
            }
            let at = if few {
                kept.iter().position(|(other, _)| *other == name)
            } else {
                places.get(&name).copied()
            };
            match at {
                Some(at) => kept[at].1 = value,
                None => {
                    if !few {
                        places.insert(name.clone(), kept.len());
                    }
                    kept.push((name, value));
                }
            }
        }
        Ok(kept)
    }
}

impl Iterator for FeatureReader {
    type Item = Result<FeatureItem, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_read() {
            Ok(Some(Item::Read(read))) => Some(Ok(self.finished(read))),
            Ok(Some(Item::Refused(refusal))) => Some(Ok(FeatureItem::Refused(refusal))),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// The layer that is asked for, or the only one.
pub(crate) fn choose_layer(layers: &[String], options: &FeatureOptions) -> Result<u16, Error> {
    let named = || layers.iter().take(20).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let at = match (&options.layer, options.layer_number) {
        (Some(wanted), _) => layers.iter().position(|name| name == wanted).ok_or_else(|| {
            Error::invalid(
                "no_such_layer",
                told!(
                    "formats-file-no-layer",
                    "the file has no layer `{wanted}`: it has {named}",
                    wanted = wanted,
                    named = named()
                ),
                told!(
                    "formats-write-name-one-them-sheet-under-source",
                    "write the name of one of them as `sheet` under `[source]` in the mapping"
                ),
            )
        })?,
        (None, Some(number)) if usize::from(number) < layers.len() => usize::from(number),
        (None, _) if layers.len() > 1 => {
            return Err(Error::invalid(
                "several_layers",
                told!("formats-file-several-layers", "the file has several layers: {named}", named = named()),
                told!(
                    "formats-say-one-sheet-under-source-mapping",
                    "say which one with `sheet = \"…\"` under `[source]` in the mapping"
                ),
            ));
        }
        (None, _) => 0,
    };
    u16::try_from(at).map_err(|_| {
        Error::limit(
            "layers",
            told!("formats-file-too-many-layers", "the file has too many layers"),
            65_535,
            told!("formats-split", "split it"),
        )
    })
}
