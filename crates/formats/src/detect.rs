//! What kind of file it is, by its content; its name only helps where the content leaves a choice.

mod refused;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use wording::told;

use self::refused::{AS_GEOJSON, AS_TABLE, not_read};
use crate::text::{Sound, sound};
use crate::{Archive, Error, Limits, csv, decode, feature, fixed, html, records, xml_sheet};

/// Bytes of the beginning that [`detect`] wants to see.
pub const HEAD_BYTES: usize = 64 * 1024;

/// How the bytes of a text file stand for letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, lower byte first, with a byte order mark.
    Utf16Le,
    /// UTF-16, higher byte first, with a byte order mark.
    Utf16Be,
}

impl Encoding {
    /// The encoding that a byte order mark says; UTF-8 if there is none.
    pub(crate) fn of(head: &[u8]) -> Encoding {
        match head {
            [0xFF, 0xFE, ..] => Encoding::Utf16Le,
            [0xFE, 0xFF, ..] => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        }
    }
}

/// A kind of file that is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Delimited text.
    Csv {
        /// The byte between cells.
        delimiter: u8,
        /// The encoding.
        encoding: Encoding,
    },
    /// Text whose columns stand under each other.
    FixedWidth {
        /// The encoding.
        encoding: Encoding,
    },
    /// An Excel workbook (Office Open XML).
    Xlsx,
    /// An old Excel workbook (BIFF in a compound file).
    Xls,
    /// An OpenDocument spreadsheet.
    Ods,
    /// A workbook as one document of XML (Excel 2003's "XML Spreadsheet").
    XmlSheet {
        /// The encoding.
        encoding: Encoding,
    },
    /// The tables of a web page.
    Html {
        /// The encoding.
        encoding: Encoding,
    },
    /// A NetCDF file, classic or NetCDF-4.
    NetCdf,
    /// Time series as WaterML 2.
    WaterMl,
    /// Observations as SensorThings JSON.
    SensorThings,
    /// CoverageJSON.
    CoverageJson,
    /// A zip archive of tables.
    Zip,
    /// A zip archive of files of features.
    FeatureZip,
    /// GeoJSON (RFC 7946).
    GeoJson,
    /// A shapefile's set of files in a zip archive.
    Shapefile,
    /// A GeoPackage (OGC 12-128).
    GeoPackage,
    /// KML, or KML in a KMZ archive (OGC 12-007).
    Kml,
    /// JSON that is a list of objects, or an object of named ones.
    Records,
    /// JSON whose lists of objects are read as the rows of tables; see [`Format::as_table`].
    RecordTable,
    /// Parquet, with or without GeoParquet's metadata.
    Parquet,
    /// Parquet whose rows are read as those of a table: row 1 is the names of the columns. It is not
    /// told by content, but chosen with [`Format::as_table`].
    ParquetTable,
    /// A TIFF raster.
    GeoTiff,
}

impl Format {
    /// Whether it holds features by its nature, and no rows of cells.
    pub fn is_of_features(&self) -> bool {
        matches!(
            self,
            Format::GeoJson
                | Format::Shapefile
                | Format::GeoPackage
                | Format::Kml
                | Format::Records
                | Format::FeatureZip
        )
    }

    /// The same file, read as rows of cells where it could be features too.
    pub fn as_table(self) -> Format {
        match self {
            Format::Parquet => Format::ParquetTable,
            Format::Records => Format::RecordTable,
            Format::FeatureZip => Format::Zip,
            other => other,
        }
    }

    /// The same file, read as features where it could be tables too: an archive that holds both.
    pub fn as_features(self, path: &Path) -> Format {
        let holds_features =
            || Archive::open(path, &Limits::default()).is_ok_and(|archive| members_of(&archive).0);
        if self == Format::Zip && holds_features() { Format::FeatureZip } else { self }
    }

    /// Whether its cells were written by a program, so that a number has a decimal dot; where a file
    /// holds both, see [`crate::Chunk::is_typed`].
    pub fn is_typed(&self) -> bool {
        !matches!(self, Format::Csv { .. } | Format::FixedWidth { .. } | Format::Html { .. } | Format::Zip)
    }

    /// The encoding that texts beyond ASCII have in it where they are Unicode: UTF-8 or UTF-16.
    pub fn unicode(&self) -> &'static str {
        match self {
            Format::Csv { encoding, .. }
            | Format::FixedWidth { encoding }
            | Format::XmlSheet { encoding }
            | Format::Html { encoding } => match encoding {
                Encoding::Utf8 => "utf-8",
                Encoding::Utf16Le => "utf-16le",
                Encoding::Utf16Be => "utf-16be",
            },
            _ => "utf-8",
        }
    }

    /// The media type.
    pub fn media_type(&self) -> &'static str {
        match self {
            Format::Csv { delimiter: b'\t', .. } => "text/tab-separated-values",
            Format::Csv { .. } => "text/csv",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::FixedWidth { .. } => "text/plain",
            Format::Xls | Format::XmlSheet { .. } => "application/vnd.ms-excel",
            Format::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Format::Html { .. } => "text/html",
            Format::NetCdf => "application/x-netcdf",
            Format::WaterMl => "application/waterml+xml",
            Format::SensorThings => "application/json",
            Format::CoverageJson => "application/vnd.cov+json",
            Format::Zip | Format::FeatureZip => "application/zip",
            Format::GeoJson => "application/geo+json",
            Format::Shapefile => "application/zip",
            Format::GeoPackage => "application/geopackage+sqlite3",
            Format::Kml => "application/vnd.google-earth.kml+xml",
            Format::Records | Format::RecordTable => "application/json",
            Format::Parquet | Format::ParquetTable => "application/vnd.apache.parquet",
            Format::GeoTiff => "image/tiff; application=geotiff",
        }
    }
}

/// Detects the format of a file; see [`detect`].
pub fn detect_file(file_name: &str, path: &Path) -> Result<Format, Error> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    match detect(file_name, &head) {
        // The names of its files say more than its first bytes; a damaged archive has none.
        Ok(kind) if head.starts_with(b"PK") => Ok(match Archive::open(path, &Limits::default()) {
            Ok(archive) => of_archive(&archive, kind),
            Err(_) => kind,
        }),
        detected => detected,
    }
}

/// Whether an archive is a workbook or a layer, or holds files such as workbooks.
fn of_archive(archive: &Archive, kind: Format) -> Format {
    let has = |test: fn(&str) -> bool| archive.members().iter().any(|member| test(&member.name));
    let ends = |extension: &str| archive.members().iter().any(|member| member.extension() == extension);
    let is_part =
        |name: &str| name.eq_ignore_ascii_case("[Content_Types].xml") || name.starts_with("xl/workbook.");
    match () {
        () if archive.members().is_empty() => kind,
        () if kind == Format::Ods && has(|name| name == "mimetype") => kind,
        () if has(is_part) => Format::Xlsx,
        () if ends("shp") => Format::Shapefile,
        () if is_kmz(archive) => Format::Kml,
        () => match members_of(archive) {
            (true, false) => Format::FeatureZip,
            _ => Format::Zip,
        },
    }
}

/// Whether an archive is one document of KML with what belongs to it.
fn is_kmz(archive: &Archive) -> bool {
    let count =
        |extension: &str| archive.members().iter().filter(|member| member.extension() == extension).count();
    count("kml") == 1 && count("geojson") + count("gpkg") == 0
}

/// Members of an archive whose first bytes are looked at to tell what they are.
const MAX_HEADS: usize = 100;

/// Whether an archive holds files of features, and whether it holds files of tables, by their names.
fn members_of(archive: &Archive) -> (bool, bool) {
    let (mut features, mut tables, mut heads) = (false, false, 0);
    for member in archive.members() {
        match member.extension().as_str() {
            "geojson" | "gpkg" | "kml" => features = true,
            "json" if heads < MAX_HEADS => {
                heads += 1;
                let head = archive.head(member, HEAD_BYTES).unwrap_or_default();
                match detect(member.file_name(), &head) {
                    Ok(format) if format.is_of_features() => features = true,
                    _ => tables = true,
                }
            }
            "csv" | "tsv" | "txt" | "dat" | "xlsx" | "xlsm" | "xls" | "ods" | "nc" | "xml" | "json" => {
                tables = true;
            }
            _ => {}
        }
    }
    (features, tables)
}

/// Detects the format from the file's name and its first [`HEAD_BYTES`] bytes (all, if it is
/// shorter).
pub fn detect(file_name: &str, head: &[u8]) -> Result<Format, Error> {
    decode::check_size(head.len() as u64, &Limits::default())?;
    if head.starts_with(b"PK") {
        return zipped(file_name, head);
    }
    if let Some((_, format)) = BINARY.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Ok(*format);
    }
    if let Some(error) = refused::by_bytes(head) {
        return Err(error);
    }
    let encoding = Encoding::of(head);
    let text = text(head, encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let is_whole = head.len() < HEAD_BYTES;
    // A sequence of texts has a mark before each (RFC 8142).
    let start = text.trim_start().trim_start_matches('\u{1e}');
    if let Some(error) = refused::by_words(start) {
        return Err(error);
    }
    if start.is_empty() && is_whole {
        return Err(Error::invalid(
            "empty_file",
            told!("formats-file-holds-nothing-but-blanks", "the file holds nothing but blanks"),
            told!("formats-check-saved-sent-whole", "check that it was saved and sent whole"),
        ));
    }
    match start.as_bytes().first() {
        Some(b'{') if looks_like_json(&start[1..], ['"', '}']) => json(start),
        Some(b'[') if is_data_array(start) => Ok(Format::SensorThings),
        Some(b'[') if feature::is_records(start) => Ok(Format::Records),
        Some(b'[') if records::is_in_columns(start) && !start.contains('{') && start.contains('"') => {
            Ok(Format::RecordTable)
        }
        Some(b'[') if looks_like_json(&start[1..], ['{', '[']) => Err(not_read(
            told!("formats-json-not-geojson-begins", "JSON that is not GeoJSON (it begins with `[`)"),
            told!(
                "formats-make-geojson-featurecollection-table-csv",
                "make it a GeoJSON FeatureCollection, or a table as CSV"
            ),
        )),
        Some(b'<') if feature::is_kml(start) => Ok(Format::Kml),
        Some(b'<') => markup(start, encoding),
        Some(b'M') if start.starts_with("MIME-Version:") => Err(not_read(
            told!("formats-web-archive-mhtml", "a web archive (MHTML)"),
            told!("formats-open-save-xlsx", "open it and save it as .xlsx"),
        )),
        _ => Ok(plain(text, is_whole, encoding)),
    }
}

/// Delimited text, or text of fixed width where nothing delimits.
fn plain(text: &str, is_whole: bool, encoding: Encoding) -> Format {
    let delimiter = csv::delimiter(text, is_whole);
    let cuts_most = delimiter.is_some_and(|delimiter| csv::cuts_most(text, delimiter, is_whole));
    if !cuts_most && fixed::looks_fixed(text) {
        return Format::FixedWidth { encoding };
    }
    Format::Csv { delimiter: delimiter.unwrap_or(b','), encoding }
}

/// First bytes of formats that are read.
const BINARY: &[(&[u8], Format)] = &[
    (b"SQLite format 3\0", Format::GeoPackage),
    (b"PAR1", Format::Parquet),
    (b"II*\0", Format::GeoTiff),
    (b"MM\0*", Format::GeoTiff),
    (b"II+\0", Format::GeoTiff),
    (b"MM\0+", Format::GeoTiff),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Format::Xls),
    (b"CDF\x01", Format::NetCdf),
    (b"CDF\x02", Format::NetCdf),
    (b"CDF\x05", Format::NetCdf),
    (b"\x89HDF\r\n\x1A\n", Format::NetCdf),
];

/// A zip archive: a workbook, if the names of its first parts or its own name say so.
fn zipped(file_name: &str, head: &[u8]) -> Result<Format, Error> {
    let has = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    if has(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet") {
        return Ok(Format::Ods);
    }
    if has(b"mimetypeapplication/vnd.oasis.opendocument") {
        return Err(not_read(
            told!("formats-opendocument-file-no-spreadsheet", "an OpenDocument file that is no spreadsheet"),
            AS_TABLE,
        ));
    }
    if has(b"xl/workbook.bin") {
        return Err(not_read(
            told!("formats-binary-excel-workbook-xlsb", "a binary Excel workbook (.xlsb)"),
            told!("formats-open-save-xlsx", "open it and save it as .xlsx"),
        ));
    }
    if has(b"xl/") || (has(b"[Content_Types].xml") && !has(b"word/") && !has(b"ppt/")) {
        return Ok(Format::Xlsx);
    }
    if first_names(head).iter().any(|name| name.ends_with(".shp")) {
        return Ok(Format::Shapefile);
    }
    if first_names(head).iter().any(|name| name.ends_with(".kml")) {
        return Ok(Format::Kml);
    }
    if has(b"word/") || has(b"ppt/") {
        return Err(not_read(
            told!("formats-word-powerpoint-document", "a Word or PowerPoint document"),
            AS_TABLE,
        ));
    }
    let name = file_name.to_ascii_lowercase();
    if name.ends_with(".xlsx") || name.ends_with(".xlsm") {
        return Ok(Format::Xlsx);
    }
    Ok(Format::Zip)
}

/// The names of the members whose headers stand in the head, in lower case.
fn first_names(head: &[u8]) -> Vec<String> {
    let starts = head.windows(4).enumerate().filter(|(_, window)| window == b"PK\x03\x04").map(|(at, _)| at);
    let name = |at: usize| {
        let length = usize::from(u16::from_le_bytes([*head.get(at + 26)?, *head.get(at + 27)?]));
        Some(String::from_utf8_lossy(head.get(at + 30..at + 30 + length)?).to_ascii_lowercase())
    };
    starts.filter_map(name).collect()
}

/// The head as text; the error names the first place that is not.
fn text(head: &[u8], encoding: Encoding) -> Result<String, Error> {
    if encoding != Encoding::Utf8 {
        let units = head.chunks_exact(2).skip(1).map(|pair| match encoding {
            Encoding::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
            _ => u16::from_le_bytes([pair[0], pair[1]]),
        });
        // A pair may be cut at the end of the head; the reader finds what is really wrong.
        let text: String =
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        if text.contains('\0') {
            return Err(binary());
        }
        return Ok(text);
    }
    if head.contains(&0) {
        let sample = &head[..head.len().min(400)];
        let zeros = [0, 1].map(|side| sample.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count());
        if zeros[0].abs_diff(zeros[1]) * 4 >= sample.len() {
            return Err(not_read(
                told!("formats-utf-16-text-without-byte-order-mark", "UTF-16 text without a byte order mark"),
                told!("formats-save-csv-utf-8", "save it as \"CSV UTF-8\""),
            ));
        }
        return Err(binary());
    }
    if std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some()) {
        let is_control = |byte: &u8| *byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0x0C);
        if head.iter().filter(|byte| is_control(byte)).count() * 50 > head.len() {
            return Err(binary());
        }
    }
    let Sound { replaced, tail } = sound(head, head.len() < HEAD_BYTES, false);
    let mut text = replaced.unwrap_or_else(|| head.to_vec());
    text.truncate(text.len() - tail);
    Ok(String::from_utf8(text).expect("what is no UTF-8 is carried"))
}

fn binary() -> Error {
    Error::invalid(
        "binary",
        told!(
            "formats-file-not-text-whatever-name-says-holds",
            "the file is not text, whatever its name says: it holds bytes that no text has"
        ),
        told!(
            "formats-save-table-csv-utf-8-xlsx-program",
            "save the table as CSV (UTF-8) or as .xlsx in the program that made it"
        ),
    )
}

/// What a document of one geometry has as its type (RFC 7946 §3.1).
const GEOMETRIES: [&str; 7] = [
    "\"Point\"",
    "\"MultiPoint\"",
    "\"LineString\"",
    "\"MultiLineString\"",
    "\"Polygon\"",
    "\"MultiPolygon\"",
    "\"GeometryCollection\"",
];

fn looks_like_json(rest: &str, next: [char; 2]) -> bool {
    rest.trim_start().is_empty() || rest.trim_start().starts_with(next)
}

fn json(text: &str) -> Result<Format, Error> {
    let value_of_type =
        text.split("\"type\"").nth(1).map(|rest| rest.trim_start_matches([' ', '\t', '\r', '\n', ':']));
    if value_of_type.is_some_and(|value| value.starts_with("\"Topology\"")) {
        return Err(not_read("TopoJSON", AS_GEOJSON));
    }
    let has = |word: &str| text.contains(word);
    if has("\"@iot.") || is_data_array(text) || (has("\"phenomenonTime\"") && has("\"result\"")) {
        return Ok(Format::SensorThings);
    }
    if value_of_type.is_some_and(|value| value.starts_with("\"Coverage"))
        || (has("\"domainType\"") && has("\"ranges\""))
    {
        return Ok(Format::CoverageJson);
    }
    let is_geojson =
        ["\"FeatureCollection\"", "\"Feature\"", "\"features\"", "\"geometry\"", "\"coordinates\""]
            .iter()
            .any(|word| text.contains(word));
    // A record may have a member `coordinates` of its own.
    let is_document =
        ["\"FeatureCollection\"", "\"Feature\"", "\"features\""].iter().any(|word| text.contains(word));
    if !is_document && records::is_in_lines(text) {
        return Ok(Format::RecordTable);
    }
    if !is_document && feature::is_records(text) {
        return Ok(Format::Records);
    }
    let is_geometry =
        value_of_type.is_some_and(|value| GEOMETRIES.iter().any(|name| value.starts_with(name)));
    if !is_document && !is_geometry && records::is_in_lists(text) {
        return Ok(Format::RecordTable);
    }
    if is_geojson {
        return Ok(Format::GeoJson);
    }
    if records::is_in_columns(text) {
        return Ok(Format::RecordTable);
    }
    Err(not_read(
        told!("formats-json-not-geojson", "JSON that is not GeoJSON"),
        told!(
            "formats-make-geojson-featurecollection-table-csv",
            "make it a GeoJSON FeatureCollection, or a table as CSV"
        ),
    ))
}

/// The form in which SensorThings hands out many observations at once.
fn is_data_array(text: &str) -> bool {
    text.contains("\"dataArray\"") && text.contains("\"components\"")
}

fn markup(text: &str, encoding: Encoding) -> Result<Format, Error> {
    let head: String = text.chars().take(4000).collect::<String>().to_ascii_lowercase();
    if xml_sheet::is_one(&head) && !head.contains("<html") {
        return Ok(Format::XmlSheet { encoding });
    }
    if head.contains("opengis.net/waterml/2") {
        return Ok(Format::WaterMl);
    }
    if head.contains("timeseriesresponse") || head.contains("waterml/1.") {
        return Err(not_read(
            "WaterML 1",
            told!(
                "formats-ask-service-waterml-2-save-series-csv",
                "ask the service for WaterML 2, or save the series as CSV"
            ),
        ));
    }
    if head.contains("<gpx") {
        return Err(not_read(told!("formats-gpx", "tracks of a receiver (GPX)"), AS_GEOJSON));
    }
    if head.contains("gml") {
        return Err(not_read("GML", AS_GEOJSON));
    }
    if head.contains("<html") || head.contains("<!doctype html") || head.contains("<table") {
        return if html::has_cells(text) { Ok(Format::Html { encoding }) } else { Err(html::no_table()) };
    }
    Err(not_read(told!("formats-xml-document", "an XML document"), AS_TABLE))
}

#[cfg(test)]
mod tests;
