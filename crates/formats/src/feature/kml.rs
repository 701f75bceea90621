//! KML (OGC 12-007r2), alone or in a KMZ archive: each Placemark is a feature.
//!
//! The document is read as a stream and one Placemark is held at a time. It may not define entities
//! and refers to nothing outside; KML is always in longitude and latitude, WGS 84 (§ 6.3).

use std::fs::File;
use std::io::{BufReader, Read as _, Seek, SeekFrom};
use std::path::Path;

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use wording::{Told, told};

use super::{About, Declared, Features, Item, Read, Refused};
use crate::decode::Carrying;
use crate::{Error, LeftOut, Limits, Place};

/// Nesting of elements, at most.
const MAX_DEPTH: usize = 64;
/// Geometries of one Placemark, at most.
const MAX_PARTS: usize = 1_000_000;

/// The Placemarks of a KML document.
pub(super) struct Kml {
    reader: Reader<BufReader<Carrying<File>>>,
    buffer: Vec<u8>,
    path: Vec<String>,
    folders: Vec<(usize, String)>,
    row: u32,
    max_bytes: usize,
    about: About,
    left_out: Vec<LeftOut>,
}

impl Kml {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Kml, Error> {
        let mut file = File::open(path)?;
        let mut magic = [0; 2];
        let is_archive = file.read_exact(&mut magic).is_ok() && magic == *b"PK";
        file.seek(SeekFrom::Start(0))?;
        let (file, left_out) = if is_archive { unpack(file, limits)? } else { (file, Vec::new()) };
        // A text of the document may be as long as the document: so it is bounded as a whole.
        if file.metadata()?.len() > limits.max_unpacked_bytes {
            return Err(Error::limit(
                "unpacked_bytes",
                told!("formats-kml-document-too-many-bytes", "the KML document has too many bytes"),
                limits.max_unpacked_bytes,
                told!("formats-hand-layer-geopackage", "hand the layer in as GeoPackage"),
            ));
        }
        let mut reader =
            Reader::from_reader(BufReader::with_capacity(256 * 1024, Carrying::new(file, false)));
        reader.config_mut().trim_text(false);
        let crs84 = Declared { by: "KML".into(), text: "CRS84".into() };
        Ok(Kml {
            reader,
            buffer: Vec::new(),
            path: Vec::new(),
            folders: Vec::new(),
            row: 0,
            max_bytes: limits.max_feature_bytes,
            about: About { declared: Some(crs84), texts: true, ..About::one_layer() },
            left_out,
        })
    }

    /// The next event, with the path kept.
    fn event(&mut self) -> Result<Step, Error> {
        self.buffer.clear();
        let at = self.row;
        let position = self.reader.buffer_position();
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) => {
                Error::Internal(std::io::Error::new(error.kind(), error.to_string()))
            }
            other => broken(
                told!("formats-byte", "{other}, at byte {position}", other = other, position = position),
                at,
            ),
        })?;
        let step = match event {
            Event::Start(element) => {
                let name = element.local_name().into_inner().to_owned();
                Step::Open(name, attribute(&element))
            }
            Event::End(_) => Step::Close,
            Event::Text(text) => Step::Text(text.to_string()),
            Event::CData(text) => Step::Text(text.to_string()),
            Event::GeneralRef(reference) => Step::Text(match reference.resolve_char_ref() {
                Ok(Some(c)) => c.to_string(),
                Ok(None) => quick_xml::escape::resolve_predefined_entity(&reference)
                    .ok_or_else(|| {
                        broken(told!("formats-uses-entity-own", "it uses an entity of its own"), at)
                    })?
                    .to_owned(),
                Err(error) => return Err(broken(Told::excerpt(error), at)),
            }),
            Event::DocType(_) => {
                return Err(broken(
                    told!(
                        "formats-defines-document-type-not-read-here",
                        "it defines a document type, which is not read here"
                    ),
                    at,
                ));
            }
            Event::Eof => Step::End,
            _ => Step::Nothing,
        };
        match &step {
            Step::Open(name, _) => {
                if self.path.len() == MAX_DEPTH {
                    return Err(broken(told!("formats-nested-too-deeply", "it is nested too deeply"), at));
                }
                self.path.push(name.clone());
            }
            Step::Close => {
                self.path.pop();
            }
            _ => {}
        }
        Ok(step)
    }

    /// The text up to the end of the element that was opened last.
    fn text(&mut self) -> Result<String, Error> {
        let depth = self.path.len();
        let mut text = String::new();
        loop {
            match self.event()? {
                Step::Text(part) if self.path.len() == depth => text.push_str(&part),
                Step::Close if self.path.len() < depth => return Ok(text.trim().to_owned()),
                Step::End => return Err(cut_off(self.row)),
                _ => {}
            }
            if text.len() > self.max_bytes {
                return Err(broken(told!("formats-text-too-long", "a text of it is too long"), self.row));
            }
        }
    }

    /// Reads a Placemark up to its end.
    fn placemark(&mut self) -> Result<Item, Error> {
        self.row += 1;
        let depth = self.path.len();
        let mut mark = Placemark::default();
        loop {
            match self.event()? {
                Step::Open(name, attribute) => match name.as_str() {
                    "name" | "description" | "address" | "phoneNumber" | "snippet" | "Snippet" | "begin"
                    | "end" | "when" | "styleUrl" => {
                        let text = self.text()?;
                        mark.add(&name, text);
                    }
                    "Data" | "SimpleData" => mark.field = attribute.unwrap_or(name),
                    "value" => {
                        let text = self.text()?;
                        let field = mark.field.clone();
                        mark.add(&field, text);
                    }
                    "coordinates" => {
                        let text = self.text()?;
                        mark.coordinates(&text);
                    }
                    "Point" | "LineString" | "LinearRing" | "Polygon" | "outerBoundaryIs"
                    | "innerBoundaryIs" | "MultiGeometry" => mark.open(&name),
                    "Model" | "Track" | "MultiTrack" => {
                        mark.wrong.get_or_insert_with(|| {
                            Refused::new(
                                "bad_geometry",
                                told!("formats-not-read-here", "a `{name}` is not read here", name = name),
                                "",
                            )
                        });
                    }
                    _ => {}
                },
                Step::Text(text) if self.path.last().is_some_and(|name| name == "SimpleData") => {
                    let field = mark.field.clone();
                    mark.add(&field, text);
                }
                Step::Close if self.path.len() < depth => break,
                Step::End => return Err(cut_off(self.row)),
                _ => {}
            }
            if mark.bytes > self.max_bytes || mark.parts.len() > MAX_PARTS {
                return Err(Error::limit(
                    "feature_bytes",
                    told!("formats-placemark-too-large-bytes", "a Placemark is too large (bytes)"),
                    self.max_bytes as u64,
                    told!("formats-split", "split it"),
                )
                .at(Place::row(self.row)));
            }
        }
        if let Some((_, folder)) = self.folders.last()
            && !folder.is_empty()
        {
            mark.add("folder", folder.clone());
        }
        Ok(mark.finish(self.row))
    }
}

impl Features for Kml {
    fn next(&mut self) -> Result<Option<Item>, Error> {
        loop {
            match self.event()? {
                Step::Open(name, _) if name == "Placemark" => return self.placemark().map(Some),
                Step::Open(name, _) if name == "Folder" || name == "Document" => {
                    self.folders.push((self.path.len(), String::new()));
                }
                Step::Open(name, _) if name == "name" => {
                    let depth = self.path.len();
                    let text = self.text()?;
                    // Of a folder, not of the document as a whole.
                    if let Some((at, folder)) = self.folders.last_mut()
                        && *at + 1 == depth
                        && self.path.last().is_some_and(|name| name == "Folder")
                    {
                        *folder = text;
                    }
                }
                Step::Open(name, _)
                    if (name == "NetworkLink" || name.ends_with("Overlay"))
                        && self.left_out.iter().all(|left| left.name != name) =>
                {
                    let why = told!(
                        "formats-element-beside-placemarks",
                        "such elements stand beside the placemarks and hold or link to something else: hand that in by itself"
                    );
                    self.left_out.push(LeftOut { name, why });
                }
                Step::Close => {
                    while self.folders.last().is_some_and(|(at, _)| *at > self.path.len()) {
                        self.folders.pop();
                    }
                }
                Step::End if self.path.is_empty() => return Ok(None),
                Step::End => return Err(cut_off(self.row)),
                _ => {}
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        self.reader.buffer_position()
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

/// What an event means here.
enum Step {
    /// An element, and the `name` that it carries.
    Open(String, Option<String>),
    Close,
    Text(String),
    Nothing,
    End,
}

fn attribute(element: &quick_xml::events::BytesStart<'_>) -> Option<String> {
    let found =
        element.attributes().flatten().find(|attribute| attribute.key.local_name().into_inner() == "name")?;
    quick_xml::escape::unescape(&found.value).ok().map(|name| name.trim().to_owned())
}

/// A Placemark in the making.
#[derive(Default)]
struct Placemark {
    properties: Vec<(String, Value)>,
    field: String,
    /// Geometries that are complete.
    parts: Vec<Geometry<f64>>,
    /// The rings of the polygon that is open: the outer one first.
    rings: Option<Vec<LineString<f64>>>,
    shape: String,
    had_heights: bool,
    wrong: Option<Refused>,
    bytes: usize,
}

impl Placemark {
    fn add(&mut self, name: &str, text: String) {
        self.bytes += text.len();
        let text = text.trim();
        if name.is_empty() || text.is_empty() {
            return;
        }
        match self.properties.iter_mut().find(|(other, _)| other == name) {
            // A text may come in pieces.
            Some((_, Value::String(before))) => before.push_str(text),
            _ => self.properties.push((name.to_owned(), Value::String(text.to_owned()))),
        }
    }

    fn open(&mut self, name: &str) {
        match name {
            "Polygon" => {
                self.close_polygon();
                self.rings = Some(Vec::new());
            }
            "Point" | "LineString" => {
                self.close_polygon();
                name.clone_into(&mut self.shape);
            }
            "LinearRing" => name.clone_into(&mut self.shape),
            _ => {}
        }
    }

    fn close_polygon(&mut self) {
        if let Some(rings) = self.rings.take() {
            let mut rings = rings.into_iter();
            if let Some(outer) = rings.next() {
                self.parts.push(Geometry::Polygon(Polygon::new(outer, rings.collect())));
            }
        }
    }

    /// `lon,lat[,height]` with blanks between positions.
    fn coordinates(&mut self, text: &str) {
        self.bytes += text.len();
        let mut positions = Vec::new();
        for position in text.split_ascii_whitespace() {
            let mut numbers = position.split(',');
            let mut next = || numbers.next().and_then(|text| text.trim().parse::<f64>().ok());
            let (Some(x), Some(y)) = (next(), next()) else {
                let reason = "a position is not `longitude,latitude`";
                self.wrong.get_or_insert_with(|| Refused::new("bad_geometry", reason, position));
                return;
            };
            self.had_heights |= next().is_some_and(|height| height != 0.0);
            positions.push(Coord { x, y });
        }
        if positions.is_empty() {
            return;
        }
        match (self.shape.as_str(), &mut self.rings) {
            ("LinearRing", Some(rings)) => rings.push(LineString(positions)),
            ("Point", _) => self.parts.push(Geometry::Point(Point(positions[0]))),
            _ => self.parts.push(Geometry::LineString(LineString(positions))),
        }
    }

    fn finish(mut self, row: u32) -> Item {
        self.close_polygon();
        if let Some(refused) = self.wrong {
            return Item::refused(row, refused);
        }
        let Placemark { properties, parts, had_heights, .. } = self;
        let geometry = match together(parts) {
            Some(geometry) => geometry,
            None => {
                return Item::refused(
                    row,
                    Refused::new(
                        "no_geometry",
                        told!("formats-placemark-no-geometry", "the Placemark has no geometry"),
                        "",
                    ),
                );
            }
        };
        Item::Read(Read { row, id: None, geometry, properties, had_heights, notes: Vec::new() })
    }
}

/// Several geometries as one: of one kind where they are of one.
fn together(mut parts: Vec<Geometry<f64>>) -> Option<Geometry<f64>> {
    if parts.len() < 2 {
        return parts.pop();
    }
    if parts.iter().all(|part| matches!(part, Geometry::Point(_))) {
        let points = parts.into_iter().filter_map(|part| Point::try_from(part).ok());
        return Some(Geometry::MultiPoint(MultiPoint(points.collect())));
    }
    if parts.iter().all(|part| matches!(part, Geometry::LineString(_))) {
        let lines = parts.into_iter().filter_map(|part| LineString::try_from(part).ok());
        return Some(Geometry::MultiLineString(MultiLineString(lines.collect())));
    }
    if parts.iter().all(|part| matches!(part, Geometry::Polygon(_))) {
        let polygons = parts.into_iter().filter_map(|part| Polygon::try_from(part).ok());
        return Some(Geometry::MultiPolygon(MultiPolygon(polygons.collect())));
    }
    Some(Geometry::GeometryCollection(GeometryCollection(parts)))
}

/// Endings of files of an archive that hold data of their own; pictures and styles belong to the document.
const OTHERS: [&str; 9] = ["csv", "tsv", "xlsx", "xls", "ods", "geojson", "gpkg", "shp", "kml"];

/// The first `.kml` of a KMZ archive, as a file that is gone once it is closed, and what stands beside it.
fn unpack(file: File, limits: &Limits) -> Result<(File, Vec<LeftOut>), Error> {
    let bad = |error: zip::result::ZipError| {
        Error::invalid(
            "bad_zip",
            told!("formats-archive-cannot-read", "the archive cannot be read: {error}", error = error),
            told!("formats-save-layer-again", "save the layer again"),
        )
    };
    let packed = file.metadata()?.len();
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(bad)?;
    let names: Vec<String> = archive.file_names().flatten().map(|name| name.into_owned()).collect();
    let name = names
        .iter()
        .filter(|name| name.to_ascii_lowercase().ends_with(".kml"))
        .min_by_key(|name| (name.matches('/').count(), (*name).clone()))
        .ok_or_else(|| {
            Error::invalid(
                "no_kml",
                told!("formats-archive-holds-no-kml", "the archive holds no `.kml`"),
                told!("formats-save-layer-kml", "save the layer as KML"),
            )
        })?;
    let most = limits.max_unpacked_bytes.min(packed.saturating_mul(limits.max_ratio).max(4 << 20));
    let mut unpacked = tempfile::tempfile()?;
    let mut member = archive.by_name(name).map_err(bad)?;
    let written = std::io::copy(&mut (&mut member).take(most + 1), &mut unpacked)?;
    if written > most {
        return Err(Error::limit(
            "unpacked_bytes",
            told!("formats-archive-unpacks-too-many-bytes", "the archive unpacks to too many bytes"),
            most,
            told!("formats-split", "split it"),
        ));
    }
    unpacked.seek(SeekFrom::Start(0))?;
    let is_other = |other: &&String| {
        let ending = other.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        *other != name && OTHERS.contains(&ending.as_str()) && !other.contains("__MACOSX")
    };
    let told = |other: &String| LeftOut {
        name: other.clone(),
        why: told!(
            "formats-beside-the-document-of-an-archive",
            "it stands beside the KML document that is read: hand it in by itself"
        ),
    };
    Ok((unpacked, names.iter().filter(is_other).map(told).collect()))
}

fn broken(what: impl Into<Told>, row: u32) -> Error {
    let error = Error::invalid(
        "bad_kml",
        told!("formats-kml-document-cannot-read", "the KML document cannot be read: {what}", what => what.into()),
        told!("formats-save-layer-again", "save the layer again"),
    );
    if row > 0 { error.at(Place::row(row)) } else { error }
}

fn cut_off(row: u32) -> Error {
    Error::invalid(
        "cut_off",
        told!("formats-kml-document-ends-too-early", "the KML document ends too early"),
        told!("formats-check-saved-sent-whole", "check that it was saved and sent whole"),
    )
    .at(Place::row(row.max(1)))
}

/// Whether an XML document is KML, by its first element.
pub(crate) fn is_kml(head: &str) -> bool {
    let mut reader = Reader::from_str(head);
    for _ in 0..20 {
        match reader.read_event() {
            Ok(Event::Start(element)) => return element.local_name().into_inner() == "kml",
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    false
}
