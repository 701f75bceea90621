//! File bytes to rows of cells with their positions, and geometry.
//!
//! Every reader here streams, keeps the place of each cell as a person at a spreadsheet counts it,
//! and holds to [`Limits`], because every file is hostile until read. This crate never opens a
//! connection, never decides what a cell means (that is a mapping's business), never waits, and
//! never guesses silently: what it detected is in [`Format`], for a person to overrule.

mod archive;
mod cell;
mod chunk;
mod columnar;
pub mod coverage;
pub mod crs;
mod csv;
mod decode;
mod detect;
mod error;
mod feature;
mod fixed;
mod geojson;
mod grid;
mod harmless;
mod html;
mod layout;
mod limits;
mod marked;
mod measure;
mod neighbourhood;
mod netcdf;
mod number;
mod ods;
mod percent;
mod push;
mod records;
mod series;
mod shown;
mod text;
mod xls;
mod xlsx;
mod xml;
mod xml_sheet;
mod zipped;

pub use archive::{Archive, Member};
pub use chunk::{Chunk, LeftOut, TableReader};
pub use detect::{Encoding, Format, HEAD_BYTES, detect, detect_file};
pub use error::{Error, Place};
pub use feature::{
    Coordinates, Declared, FeatureItem, FeatureNote, FeatureOptions, FeatureReader, FeatureRefusal,
    FeatureRow, Survey, Surveyed, box_wkb, columns_of_degrees, read_features, survey_features,
};
pub use grid::{Grid, GridValues};
pub use harmless::{harmless, is_harmless};
pub use layout::{CellRange, SheetLayout};
pub use limits::Limits;
pub use marked::{AUTHOR, MAX_MARKS, Mark, MarkedWords, write_marked};
pub use measure::{Measure, Sign, bare_number, parse_measure};
pub use neighbourhood::{Neighbourhood, neighbourhood, neighbourhood_read_as, neighbourhood_under};
pub use netcdf::{
    GridReader, NetCdfField, NetCdfGrid, NetCdfSeries, NetCdfVariable, SeriesStream, StreamedHead,
    StreamedRow, StreamedSeries, StreamedVariable, write_field, write_grid, write_series,
};
pub use number::{DecimalStyle, Number, parse_number};
pub use text::{Charset, Note, NoteKind, Reading};

use std::ops::RangeInclusive;
use std::path::Path;

use neighbourhood::Selection;
use wording::told;

/// Opens a table: text, a workbook, or any other file that holds rows of cells.
///
/// Rows count from 1 as a person at a spreadsheet counts them. In a CSV file a row is a record: a
/// line break inside quotes does not begin a new row, and a blank line is a row. Rows without any
/// text count but are not handed out.
pub fn open_table(
    path: &Path,
    format: &Format,
    limits: &Limits,
) -> Result<Box<dyn TableReader + Send>, Error> {
    open_table_read_as(path, format, &Reading::default(), limits)
}

/// The same where a person has said how its letters are encoded.
pub fn open_table_read_as(
    path: &Path,
    format: &Format,
    reading: &Reading,
    limits: &Limits,
) -> Result<Box<dyn TableReader + Send>, Error> {
    open_legible(path, format, reading, limits, Selection::All)
}

/// Opens a table with its letters read.
fn open_legible(
    path: &Path,
    format: &Format,
    reading: &Reading,
    limits: &Limits,
    selection: Selection,
) -> Result<Box<dyn TableReader + Send>, Error> {
    let table = open_selected(path, format, &reading.widths, limits, selection)?;
    let learn = selection.learning().map(|all| {
        let (path, format, limits) = (path.to_owned(), *format, limits.clone());
        let widths = reading.widths.clone();
        Box::new(move || open_selected(&path, &format, &widths, &limits, all)) as text::Learn
    });
    let is_text = matches!(format, Format::Csv { .. } | Format::FixedWidth { .. } | Format::Html { .. });
    let claims_utf8 = is_text && decode::has_mark(path)?;
    Ok(Box::new(text::LegibleTable::new(table, reading.clone(), claims_utf8, learn)))
}

/// Opens some rows of one sheet: its first ones, among which the header is, that of a known header,
/// and those of the range. Other sheets are passed over.
pub fn open_rows(
    path: &Path,
    format: &Format,
    limits: &Limits,
    sheet: u16,
    rows: RangeInclusive<u32>,
    header: Option<u32>,
    reading: &Reading,
) -> Result<Box<dyn TableReader + Send>, Error> {
    let selection = Selection::Rows { sheet, from: *rows.start(), to: *rows.end(), header };
    open_legible(path, format, reading, limits, selection)
}

/// Opens a table with its texts as they stand in the file.
fn open_selected(
    path: &Path,
    format: &Format,
    widths: &[u16],
    limits: &Limits,
    selection: Selection,
) -> Result<Box<dyn TableReader + Send>, Error> {
    match *format {
        Format::Csv { delimiter, encoding } => {
            Ok(Box::new(csv::CsvTable::open(path, delimiter, encoding, limits, selection)?))
        }
        Format::FixedWidth { encoding } => {
            Ok(Box::new(fixed::open(path, encoding, widths, limits, selection)?))
        }
        Format::Html { encoding } => Ok(Box::new(html::open(path, encoding, limits, selection)?)),
        Format::Xlsx => Ok(Box::new(xlsx::open(path, limits, selection)?)),
        Format::Xls => Ok(Box::new(xls::open(path, limits, selection)?)),
        Format::Ods => Ok(Box::new(ods::open(path, limits, selection)?)),
        Format::XmlSheet { encoding } => Ok(Box::new(xml_sheet::open(path, encoding, limits, selection)?)),
        Format::Parquet | Format::ParquetTable => Ok(Box::new(columnar::open(path, limits, selection)?)),
        Format::NetCdf => Ok(Box::new(netcdf::open(path, limits, selection)?)),
        Format::WaterMl => Ok(Box::new(series::open_water_ml(path, limits, selection)?)),
        Format::SensorThings => Ok(Box::new(series::open_sensor_things(path, limits, selection)?)),
        Format::CoverageJson => Ok(Box::new(series::open_coverage_json(path, limits, selection)?)),
        Format::RecordTable => Ok(Box::new(records::open(path, limits, selection)?)),
        Format::Zip => Ok(Box::new(zipped::ZippedTables::open(path, limits, selection)?)),
        Format::GeoJson
        | Format::Shapefile
        | Format::GeoPackage
        | Format::Kml
        | Format::Records
        | Format::FeatureZip => Err(Error::invalid(
            "not_a_table",
            told!("formats-file-holds-features-not-rows-cells", "the file holds features, not rows of cells"),
            told!("formats-hand-dataset-features", "hand it in to a dataset of features"),
        )),
        Format::GeoTiff => Err(Error::invalid(
            "not_a_table",
            told!("formats-file-holds-raster-not-rows-cells", "the file holds a raster, not rows of cells"),
            told!("formats-hand-dataset-kind-coverage", "hand it in to a dataset of the kind `coverage`"),
        )),
    }
}
