//! Files that are known and not read: what each is, and what to do with it.

use wording::{Phrase, Told, phrase, told};

use crate::Error;

pub(super) const AS_TABLE: Phrase =
    phrase!("formats-save-table-xlsx-csv-utf-8", "save the table as .xlsx or as CSV (UTF-8)");
pub(super) const AS_GEOJSON: Phrase =
    phrase!("formats-export-layer-geojson-wgs-84", "export the layer as GeoJSON in WGS 84");

const AS_LAYER: Phrase =
    phrase!("formats-export-layer-geopackage", "export the layer as GeoPackage, shapefile or GeoJSON");
const AS_GEOTIFF: Phrase = phrase!("formats-convert-geotiff", "convert it to GeoTIFF");

/// (first bytes, what it is, what to do).
const SIGNATURES: &[(&[u8], Phrase, Phrase)] = &[
    (b"%PDF", phrase!("formats-pdf-document", "a PDF document"), AS_TABLE),
    (b"\x89PNG", phrase!("formats-picture-png", "a picture (PNG)"), AS_TABLE),
    (b"\xFF\xD8\xFF", phrase!("formats-picture-jpeg", "a picture (JPEG)"), AS_TABLE),
    (b"GIF8", phrase!("formats-picture-gif", "a picture (GIF)"), AS_TABLE),
    (
        b"\x1F\x8B",
        phrase!("formats-gzip-archive", "a gzip archive"),
        phrase!("formats-unpack-first", "unpack it first"),
    ),
    (
        b"7z\xBC\xAF\x27\x1C",
        phrase!("formats-7-zip-archive", "a 7-Zip archive"),
        phrase!("formats-unpack-first", "unpack it first"),
    ),
    (
        b"Rar!",
        phrase!("formats-rar-archive", "a RAR archive"),
        phrase!("formats-unpack-first", "unpack it first"),
    ),
    (
        b"\x28\xB5\x2F\xFD",
        phrase!("formats-zstandard-archive", "a Zstandard archive"),
        phrase!("formats-unpack-first", "unpack it first"),
    ),
    (
        b"BZh",
        phrase!("formats-bzip2-archive", "a bzip2 archive"),
        phrase!("formats-unpack-first", "unpack it first"),
    ),
    (
        b"ARROW1",
        phrase!("formats-arrow-file", "an Arrow file"),
        phrase!("formats-write-table-parquet", "write the table as Parquet"),
    ),
    (
        b"\0\0\x27\x0A",
        phrase!("formats-one-part-shapefile", "one part of a shapefile"),
        phrase!(
            "formats-put-all-parts-layer-shp-dbf-prj",
            "put all parts of the layer (.shp, .dbf, .prj, .cpg) into one zip archive"
        ),
    ),
    (
        b"GRIB",
        phrase!("formats-grib", "a file of forecast fields (GRIB)"),
        phrase!("formats-convert-netcdf", "convert it to NetCDF"),
    ),
    (
        b"\0\x01\0\0Standard ",
        phrase!("formats-access-database", "an Access database"),
        phrase!("formats-export-table-xlsx", "export the table as .xlsx"),
    ),
    (b"AC10", phrase!("formats-drawing", "a drawing (AutoCAD)"), AS_LAYER),
    (b"\x7FELF", phrase!("formats-program", "a program"), AS_TABLE),
    (b"MZ", phrase!("formats-program", "a program"), AS_TABLE),
    (b"{\\rtf", phrase!("formats-rich-text-document", "a rich text document"), AS_TABLE),
    (
        b"\xFF\xFE\0\0",
        phrase!("formats-text-utf-32", "text in UTF-32"),
        phrase!("formats-save-utf-8", "save it as UTF-8"),
    ),
    (
        b"\0\0\xFE\xFF",
        phrase!("formats-text-utf-32", "text in UTF-32"),
        phrase!("formats-save-utf-8", "save it as UTF-8"),
    ),
];

/// How texts begin that are no tables, in lower case and with one blank between words.
const BEGINNINGS: &[(&str, Phrase, Phrase)] = &[
    ("0 section 2 header", phrase!("formats-drawing", "a drawing (AutoCAD)"), AS_LAYER),
    ("!table !version", phrase!("formats-mapinfo", "a layer of MapInfo"), AS_LAYER),
    ("version 300 charset", phrase!("formats-mapinfo", "a layer of MapInfo"), AS_LAYER),
    ("version 450 charset", phrase!("formats-mapinfo", "a layer of MapInfo"), AS_LAYER),
    ("version 650 charset", phrase!("formats-mapinfo", "a layer of MapInfo"), AS_LAYER),
    ("ncols ", phrase!("formats-ascii-grid", "a raster as text (ASCII grid)"), AS_GEOTIFF),
];

/// What a file is that its first bytes tell, as an error; `None` for any other.
pub(super) fn by_bytes(head: &[u8]) -> Option<Error> {
    let (_, name, hint) = SIGNATURES.iter().find(|(signature, ..)| head.starts_with(signature))?;
    Some(not_read(*name, *hint))
}

/// The same of a text.
pub(super) fn by_words(text: &str) -> Option<Error> {
    let words: Vec<&str> = text.split_whitespace().take(4).collect();
    let start = format!("{} ", words.join(" ").to_lowercase());
    let (_, name, hint) = BEGINNINGS.iter().find(|(beginning, ..)| start.starts_with(beginning))?;
    let is_grid =
        !start.starts_with("ncols") || words.get(2).is_some_and(|word| word.eq_ignore_ascii_case("nrows"));
    is_grid.then(|| not_read(*name, *hint))
}

/// The error for a file that is known and not read.
pub(super) fn not_read(name: impl Into<Told>, hint: impl Into<Told>) -> Error {
    Error::invalid(
        "wrong_type",
        told!("formats-file-not-read-here", "the file is {name}, which is not read here", name => name.into()),
        hint,
    )
}
