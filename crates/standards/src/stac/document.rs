//! STAC documents: the catalogue, collections, items with their assets, and queryables.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::VERSION;
use crate::codes;
use crate::ogc::Link;
use crate::record::{Record, point_of};

/// The version that has `proj:epsg` beside `proj:code`: GDAL before 3.10, odc-stac and stackstac know only the
/// first, and version 2.0.0 differs in nothing but that it forbids it.
const PROJ: &str = "https://stac-extensions.github.io/projection/v1.2.0/schema.json";
const RASTER: &str = "https://stac-extensions.github.io/raster/v2.0.0/schema.json";
const FILE: &str = "https://stac-extensions.github.io/file/v2.1.0/schema.json";
const TABLE: &str = "https://stac-extensions.github.io/table/v1.2.0/schema.json";
const VERSIONED: &str = "https://stac-extensions.github.io/version/v1.2.0/schema.json";

/// When an item is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// One instant.
    At(DateTime<Utc>),
    /// From one instant to another.
    Span(DateTime<Utc>, DateTime<Utc>),
}

impl When {
    /// Its beginning and its end.
    pub fn ends(self) -> (DateTime<Utc>, DateTime<Utc>) {
        match self {
            When::At(at) => (at, at),
            When::Span(from, to) => (from, to),
        }
    }
}

/// A band of a raster.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its name.
    pub name: String,
    /// What a value is.
    pub data_type: String,
    /// The value that stands for none.
    pub nodata: Option<f64>,
    /// The unit of its values.
    pub unit: Option<String>,
    /// Minimum, maximum, mean.
    pub statistics: Option<Value>,
}

/// The grid of a raster.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The coordinate system, e.g. `EPSG:32648`.
    pub crs: Option<String>,
    /// Rows and columns.
    pub shape: [i64; 2],
    /// Where the first pixel begins, and the size of a pixel.
    pub transform: Option<[f64; 6]>,
}

/// A file of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its key within the item.
    pub key: String,
    /// Where it is.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Its media type.
    pub media_type: String,
    /// What it is for: data, metadata.
    pub roles: Vec<&'static str>,
    /// Its size.
    pub bytes: Option<u64>,
    /// The SHA-256 of it.
    pub sha256: Option<String>,
    /// Its bands.
    pub bands: Vec<Band>,
}

/// An item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its id within the collection.
    pub id: String,
    /// Its collection.
    pub collection: String,
    /// Its title.
    pub title: String,
    /// What it is.
    pub description: Option<String>,
    /// Where.
    pub bbox: Option<[f64; 4]>,
    /// When.
    pub when: When,
    /// When it came to be.
    pub created: Option<DateTime<Utc>>,
    /// When it changed last.
    pub updated: Option<DateTime<Utc>>,
    /// The version of the dataset.
    pub version: Option<u64>,
    /// Its licence.
    pub licence: String,
    /// The grid, of a raster.
    pub grid: Option<Grid>,
    /// The columns and the rows, of a table.
    pub table: Option<(Vec<(String, String)>, u64)>,
    /// Properties of our own.
    pub more: Vec<(&'static str, Value)>,
    /// Its files.
    pub assets: Vec<Asset>,
    /// The ways on.
    pub links: Vec<Link>,
}

/// An instant as STAC writes it.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// An item as a document.
pub fn item(item: &Item) -> Value {
    let mut extensions = Vec::new();
    let mut said = Map::new();
    let mut say = |name: &str, value: Value| drop(said.insert(name.to_owned(), value));
    match item.when {
        When::At(at) => say("datetime", time(at).into()),
        When::Span(from, to) => {
            say("datetime", Value::Null);
            say("start_datetime", time(from).into());
            say("end_datetime", time(to).into());
        }
    }
    say("title", item.title.as_str().into());
    if let Some(words) = item.description.as_deref().filter(|words| !words.is_empty()) {
        say("description", words.into());
    }
    say("license", licence(&item.licence).into());
    for (name, at) in [("created", item.created), ("updated", item.updated)] {
        if let Some(at) = at {
            say(name, time(at).into());
        }
    }
    if let Some(version) = item.version {
        extensions.push(VERSIONED);
        say("version", version.to_string().into());
    }
    if let Some(grid) = &item.grid {
        extensions.push(PROJ);
        say("proj:code", grid.crs.clone().into());
        if let Some(number) = grid.crs.as_deref().and_then(epsg) {
            say("proj:epsg", number.into());
        }
        say("proj:shape", json!(grid.shape));
        if let Some(transform) = grid.transform {
            say("proj:transform", json!(transform));
        }
    }
    if let Some((columns, rows)) = &item.table {
        extensions.push(TABLE);
        say("table:columns", table_columns(columns));
        say("table:row_count", (*rows).into());
        if columns.iter().any(|(name, _)| name == "geometry") {
            say("table:primary_geometry", "geometry".into());
        }
    }
    for (name, value) in &item.more {
        say(name, value.clone());
    }
    if item.assets.iter().any(|asset| !asset.bands.is_empty()) {
        extensions.push(RASTER);
    }
    if item.assets.iter().any(|asset| asset.bytes.is_some() || asset.sha256.is_some()) {
        extensions.push(FILE);
    }
    let assets: Map<String, Value> =
        item.assets.iter().map(|asset| (asset.key.clone(), asset_document(asset))).collect();
    let mut document = json!({
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": extensions,
        "id": item.id,
        "collection": item.collection,
        "geometry": item.bbox.map(geometry),
        "properties": said,
        "assets": assets,
        "links": item.links,
    });
    if let Some(bbox) = item.bbox {
        document["bbox"] = json!(bbox);
    }
    document
}

/// The number of a coordinate system of EPSG.
pub fn epsg(crs: &str) -> Option<u32> {
    crs.strip_prefix("EPSG:")?.parse().ok()
}

fn asset_document(asset: &Asset) -> Value {
    let mut said = json!({
        "href": asset.href, "title": asset.title, "type": asset.media_type, "roles": asset.roles,
    });
    if let Some(bytes) = asset.bytes {
        said["file:size"] = bytes.into();
    }
    if let Some(sha256) = &asset.sha256 {
        // A multihash: SHA2-256 is 0x12, 32 bytes are 0x20.
        said["file:checksum"] = format!("1220{sha256}").into();
    }
    if !asset.bands.is_empty() {
        let bands: Vec<Value> = asset.bands.iter().map(band).collect();
        said["bands"] = bands.into();
    }
    said
}

fn band(band: &Band) -> Value {
    let mut said = json!({ "name": band.name, "data_type": band.data_type });
    if let Some(nodata) = band.nodata {
        said["nodata"] = json!(nodata);
    }
    if let Some(unit) = &band.unit {
        said["unit"] = unit.as_str().into();
    }
    if let Some(statistics) = &band.statistics {
        said["statistics"] = statistics.clone();
    }
    said
}

fn table_columns(columns: &[(String, String)]) -> Value {
    columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
}

/// The geometry of a box: a point where it is no more.
fn geometry(bbox: [f64; 4]) -> Value {
    let [west, south, east, north] = bbox;
    match point_of(bbox) {
        Some(point) => json!({ "type": "Point", "coordinates": point }),
        None if west == east || south == north => {
            json!({ "type": "LineString", "coordinates": [[west, south], [east, north]] })
        }
        None => json!({ "type": "Polygon", "coordinates":
            [[[west, south], [east, south], [east, north], [west, north], [west, south]]] }),
    }
}

/// The licence as STAC takes it: an SPDX id, or `other` with a link to it.
fn licence(licence: &str) -> &str {
    if codes::code("licence", licence).is_some() { licence } else { "other" }
}

/// A collection.
#[derive(Debug, Clone)]
pub struct Collection<'a> {
    /// What is told of the dataset.
    pub record: &'a Record,
    /// The language of its texts.
    pub lang: &'static str,
    /// The ways on.
    pub links: Vec<Link>,
}

/// A collection as a document.
pub fn collection(collection: &Collection<'_>) -> Value {
    let record = collection.record;
    let words = |words: &crate::record::Words| words.get(collection.lang).to_owned();
    let mut description = words(&record.description);
    if description.is_empty() {
        description = words(&record.title);
    }
    // Where nothing is known of it, the whole globe and all times hold it.
    let bbox = record.bbox.unwrap_or([-180.0, -90.0, 180.0, 90.0]);
    let interval = match record.time {
        Some((first, last)) => [Some(time(first)), Some(time(last))],
        None => [Some(time(record.issued)), None],
    };
    let mut keywords = vec![words(&record.theme.label), record.kind.to_owned()];
    keywords.extend(record.properties.iter().map(|(property, _)| words(&property.label)));
    if record.synthetic {
        keywords.push("synthetic".to_owned());
    }
    let mut links = collection.links.clone();
    if let Some(address) = codes::licence(&record.licence) {
        links.push(Link::new("license", address, "text/html").titled(&record.licence));
    }
    let mut extensions = vec![VERSIONED];
    let mut said = json!({
        "type": "Collection",
        "stac_version": VERSION,
        "id": record.id,
        "title": words(&record.title),
        "description": description,
        "keywords": keywords,
        "license": licence(&record.licence),
        "providers": [{
            "name": words(&record.publisher.name), "roles": ["producer", "licensor"],
            "url": record.publisher.page.as_ref().unwrap_or(&record.publisher.uri),
        }],
        "extent": { "spatial": { "bbox": [bbox] }, "temporal": { "interval": [interval] } },
        "created": time(record.issued),
        "updated": time(record.modified),
        "version": record.newest().map_or_else(|| "0".to_owned(), |version| version.number.to_string()),
        "links": links,
    });
    if !record.columns.is_empty() {
        extensions.push(TABLE);
        said["table:columns"] = table_columns(&record.columns);
    }
    said["stac_extensions"] = json!(extensions);
    said
}

/// The catalogue's landing page.
pub fn catalog(title: &str, description: &str, conforms_to: &[&str], links: Vec<Value>) -> Value {
    json!({
        "type": "Catalog",
        "stac_version": VERSION,
        "stac_extensions": [],
        "id": "cuulong",
        "title": title,
        "description": description,
        "conformsTo": conforms_to,
        "links": links,
    })
}

/// The properties that a filter may name, as a JSON schema.
pub fn queryables(address: &str, title: &str, numbers: &[String]) -> Value {
    let text = |title: &str| json!({ "type": "string", "title": title });
    let instant = |title: &str| json!({ "type": "string", "format": "date-time", "title": title });
    let mut properties = json!({
        "id": text("id"),
        "collection": text("collection"),
        "title": text("title"),
        "geometry": { "$ref": "https://geojson.org/schema/Geometry.json" },
        "datetime": instant("datetime"),
        "start_datetime": instant("start_datetime"),
        "end_datetime": instant("end_datetime"),
        "created": instant("created"),
        "updated": instant("updated"),
        "version": text("version"),
        "license": text("license"),
        "cuulong:kind": text("kind of dataset"),
        "cuulong:theme": text("sector"),
        "cuulong:agency": text("publisher"),
        "cuulong:property": text("observed property"),
        "cuulong:synthetic": { "type": "boolean", "title": "made up for demonstration" },
        "proj:code": text("coordinate system"),
        "proj:epsg": { "type": "integer", "title": "coordinate system, by its number at EPSG" },
    });
    for name in numbers {
        properties[name] = json!({ "type": "number", "title": name });
    }
    json!({
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": address,
        "type": "object",
        "title": title,
        "properties": properties,
        "additionalProperties": true,
    })
}
