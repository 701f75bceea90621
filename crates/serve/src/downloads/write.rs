//! Rows into files, batch by batch.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::json;
use standards::geometry::Geometry;

use super::geopackage::GeoPackage;
use super::{About, FileFormat, too_large};
use crate::http::{Answer, Problem, encode};

/// The most rows of a sheet, its header not counted.
const SHEET_ROWS: u32 = 1_048_575;

/// A file that is being written.
pub(super) enum Writer {
    Csv(BufWriter<File>),
    Xlsx { book: Box<Workbook>, row: u32, path: PathBuf },
    Parquet(Box<ArrowWriter<File>>),
    GeoJson { file: BufWriter<File>, is_first: bool },
    GeoPackage(GeoPackage),
}

fn failed(error: impl std::error::Error + 'static) -> Problem {
    Problem::internal(&error)
}

impl Writer {
    pub(super) fn open(format: FileFormat, path: &Path, schema: &Schema, about: &About) -> Answer<Writer> {
        let create = || File::options().write(true).truncate(true).open(path).map_err(failed);
        Ok(match format {
            FileFormat::Csv => {
                let mut file = BufWriter::new(create()?);
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                writeln!(file, "{}", encode::csv_line(&names)).map_err(failed)?;
                Writer::Csv(file)
            }
            FileFormat::Xlsx => {
                let mut book = Box::new(Workbook::new());
                let sheet = book.add_worksheet_with_constant_memory().map_err(failed)?;
                sheet.set_name("data").map_err(failed)?;
                for (column, field) in (0_u16..).zip(schema.fields()) {
                    sheet.write_string(0, column, formats::harmless(field.name())).map_err(failed)?;
                }
                let sheet = book.add_worksheet();
                sheet.set_name("about").map_err(failed)?;
                for (row, (name, value)) in (0_u32..).zip(about.words()) {
                    sheet.write_string(row, 0, name).map_err(failed)?;
                    sheet.write_string(row, 1, formats::harmless(&value)).map_err(failed)?;
                }
                Writer::Xlsx { book, row: 0, path: path.to_owned() }
            }
            FileFormat::Parquet => {
                let words = about.words().into_iter();
                let mut said: Vec<KeyValue> =
                    words.map(|(name, value)| KeyValue::new(format!("cuulong:{name}"), value)).collect();
                if schema.index_of("geometry").is_ok() {
                    let geo = json!({ "version": "1.1.0", "primary_column": "geometry",
                        "columns": { "geometry": { "encoding": "WKB", "geometry_types": [] } } });
                    said.push(KeyValue::new("geo".to_owned(), geo.to_string()));
                }
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(Default::default()))
                    .set_max_row_group_row_count(Some(128 << 10))
                    .set_key_value_metadata(Some(said))
                    .build();
                let writer =
                    ArrowWriter::try_new(create()?, std::sync::Arc::new(schema.clone()), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(failed)?))
            }
            FileFormat::GeoJson => {
                let mut file = BufWriter::new(create()?);
                write!(file, "{{\"type\":\"FeatureCollection\"").map_err(failed)?;
                for (name, value) in about.words() {
                    write!(file, ",\"{name}\":{}", json!(value)).map_err(failed)?;
                }
                write!(file, ",\"features\":[").map_err(failed)?;
                Writer::GeoJson { file, is_first: true }
            }
            FileFormat::GeoPackage => Writer::GeoPackage(GeoPackage::create(path, schema, about)?),
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Answer<()> {
        match self {
            Writer::Csv(file) => {
                file.write_all(&encode::csv_rows(batch.clone()).map_err(failed)?).map_err(failed)
            }
            Writer::Xlsx { book, row, .. } => {
                let sheet = book.worksheet_from_index(0).map_err(failed)?;
                for at in 0..batch.num_rows() {
                    *row += 1;
                    if *row > SHEET_ROWS {
                        let what = format!(
                            "a sheet takes {SHEET_ROWS} rows: narrow the filter, or take csv or parquet"
                        );
                        return Err(too_large(&what));
                    }
                    put_row(sheet, *row, batch, at)?;
                }
                Ok(())
            }
            Writer::Parquet(writer) => writer.write(batch).map_err(failed),
            Writer::GeoJson { file, is_first } => {
                for feature in features(batch)? {
                    if !std::mem::take(is_first) {
                        file.write_all(b",").map_err(failed)?;
                    }
                    serde_json::to_writer(&mut *file, &feature).map_err(failed)?;
                }
                Ok(())
            }
            Writer::GeoPackage(package) => package.write(batch),
        }
    }

    pub(super) fn close(self) -> Answer<()> {
        match self {
            Writer::Csv(mut file) => file.flush().map_err(failed),
            Writer::Xlsx { mut book, path, .. } => book.save(&path).map_err(failed),
            Writer::Parquet(writer) => writer.close().map(drop).map_err(failed),
            Writer::GeoJson { mut file, .. } => {
                file.write_all(b"]}").map_err(failed)?;
                file.flush().map_err(failed)
            }
            Writer::GeoPackage(package) => package.close(),
        }
    }
}

fn put_row(sheet: &mut Worksheet, row: u32, batch: &RecordBatch, at: usize) -> Answer<()> {
    for (column, values) in (0_u16..).zip(batch.columns()) {
        if values.is_null(at) {
            continue;
        }
        let number = match values.data_type() {
            DataType::Float64 => Some(values.as_primitive::<arrow::datatypes::Float64Type>().value(at)),
            // Numbers of datastreams have more digits than a sheet keeps: they are texts.
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
                let whole = arrow::compute::cast(&values.slice(at, 1), &DataType::Float64).map_err(failed)?;
                Some(whole.as_primitive::<arrow::datatypes::Float64Type>().value(0))
            }
            _ => None,
        };
        match number.filter(|number| number.is_finite()) {
            Some(number) => sheet.write_number(row, column, number).map_err(failed)?,
            None => {
                let text = text(values.as_ref(), at)?;
                // A cell takes 32 767 letters.
                let text: String = formats::harmless(&text).chars().take(32_767).collect();
                sheet.write_string(row, column, text).map_err(failed)?
            }
        };
    }
    Ok(())
}

/// A value as a text, instants in ISO 8601.
pub(super) fn text(values: &dyn Array, at: usize) -> Answer<String> {
    if let DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some(_)) = values.data_type() {
        let mut text = String::new();
        let times = values.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
        model::push_instant(&mut text, times.value(at));
        return Ok(text);
    }
    arrow::util::display::array_value_to_string(values, at).map_err(failed)
}

/// The rows as GeoJSON (RFC 7946): the geometry, and all else as properties.
fn features(batch: &RecordBatch) -> Answer<Vec<serde_json::Value>> {
    let at = batch.schema().index_of("geometry").map_err(failed)?;
    let shapes = batch.column(at).as_binary::<i32>().clone();
    let edges = ["xmin", "ymin", "xmax", "ymax"];
    let others: Vec<usize> = (0..batch.num_columns())
        .filter(|column| *column != at && !edges.contains(&batch.schema().field(*column).name().as_str()))
        .collect();
    let properties = encode::objects(&[batch.project(&others).map_err(failed)?]).map_err(failed)?;
    let mut features = Vec::with_capacity(batch.num_rows());
    for (row, mut properties) in properties.into_iter().enumerate() {
        let geometry = match shapes.is_valid(row) {
            true => Some(Geometry::from_wkb(shapes.value(row)).map_err(failed)?),
            false => None,
        };
        let id = properties.remove("feature");
        features.push(json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties }));
    }
    Ok(features)
}
