//! Rows into files, batch by batch.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::json;
use sha2::{Digest, Sha256};
use standards::geometry::Geometry;
use tokio::sync::watch;

use super::flatgeobuf::FlatGeobuf;
use super::geopackage::{GeoPackage, MAGIC};
use super::growing::Progress;
use super::netcdf::NetCdf;
use super::out::Out;
use super::workbook::Workbook;
use super::{About, Before, FileFormat};
use crate::http::{Answer, Problem, encode};

/// The most bytes of a row group of Parquet: until it is full, it is held.
const GROUP_BYTES: usize = 32 << 20;

/// What is known when a file begins.
pub(super) struct Head<'a> {
    pub(super) schema: &'a SchemaRef,
    pub(super) about: &'a About,
    pub(super) before: &'a Before,
}

/// A file that is being written.
pub(super) enum Writer {
    Csv(BufWriter<Out>),
    Xlsx(Box<Workbook>),
    Parquet(Box<ArrowWriter<Out>>),
    GeoJson {
        file: BufWriter<Out>,
        is_first: bool,
    },
    /// Through SQLite, which goes back and forth in its file.
    GeoPackage {
        package: GeoPackage,
        path: PathBuf,
    },
    FlatGeobuf(FlatGeobuf),
    NetCdf(NetCdf),
}

pub(super) fn failed(error: impl std::error::Error + 'static) -> Problem {
    Problem::internal(&error)
}

impl Writer {
    /// Begins a file: what of it is sure before the first row is written, and told.
    pub(super) fn open(
        format: FileFormat,
        path: &Path,
        head: &Head<'_>,
        told: watch::Sender<Progress>,
    ) -> Answer<Writer> {
        if format == FileFormat::GeoPackage {
            let package = GeoPackage::create(path, head)?;
            told.send_modify(|progress| progress.bytes = MAGIC.len() as u64);
            return Ok(Writer::GeoPackage { package, path: path.to_owned() });
        }
        let out = Out::create(path, told).map_err(failed)?;
        let about = head.about;
        Ok(match format {
            FileFormat::Csv => {
                let mut file = BufWriter::new(out);
                let names: Vec<&str> =
                    head.schema.fields().iter().map(|field| field.name().as_str()).collect();
                writeln!(file, "{}", encode::csv_line(&names)).map_err(failed)?;
                file.flush().map_err(failed)?;
                Writer::Csv(file)
            }
            FileFormat::Xlsx => Writer::Xlsx(Box::new(Workbook::begin(out, head.schema, about)?)),
            FileFormat::Parquet | FileFormat::GeoParquet => {
                let words = about.words().into_iter();
                let mut said: Vec<KeyValue> =
                    words.map(|(name, value)| KeyValue::new(format!("cuulong:{name}"), value)).collect();
                if head.schema.index_of("geometry").is_ok() {
                    let geo = json!({ "version": "1.1.0", "primary_column": "geometry",
                        "columns": { "geometry": { "encoding": "WKB", "geometry_types": [] } } });
                    said.push(KeyValue::new("geo".to_owned(), geo.to_string()));
                }
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(Default::default()))
                    .set_max_row_group_row_count(Some(128 << 10))
                    .set_key_value_metadata(Some(said))
                    .build();
                let mut writer =
                    ArrowWriter::try_new(out, head.schema.clone(), Some(properties)).map_err(failed)?;
                writer.sync().map_err(failed)?;
                Writer::Parquet(Box::new(writer))
            }
            FileFormat::GeoJson => {
                let mut file = BufWriter::new(out);
                write!(file, "{{\"type\":\"FeatureCollection\"").map_err(failed)?;
                for (name, value) in about.words() {
                    write!(file, ",\"{name}\":{}", json!(value)).map_err(failed)?;
                }
                write!(file, ",\"features\":[").map_err(failed)?;
                file.flush().map_err(failed)?;
                Writer::GeoJson { file, is_first: true }
            }
            FileFormat::FlatGeobuf => Writer::FlatGeobuf({
                let folder = path.parent().unwrap_or(path);
                FlatGeobuf::begin(out, folder, head)?
            }),
            FileFormat::NetCdf => Writer::NetCdf(NetCdf::begin(out, head)?),
            FileFormat::GeoPackage => unreachable!("begun above"),
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Answer<()> {
        match self {
            Writer::Csv(file) => {
                file.write_all(&encode::csv_rows(batch.clone()).map_err(failed)?).map_err(failed)?;
                file.flush().map_err(failed)
            }
            Writer::Xlsx(book) => book.write(batch),
            Writer::Parquet(writer) => {
                writer.write(batch).map_err(failed)?;
                // Shapes may be large: the rows of a group are not bound by their number alone.
                if writer.in_progress_size() > GROUP_BYTES {
                    writer.flush().map_err(failed)?;
                }
                Ok(())
            }
            Writer::GeoJson { file, is_first } => {
                for feature in features(batch)? {
                    if !std::mem::take(is_first) {
                        file.write_all(b",").map_err(failed)?;
                    }
                    serde_json::to_writer(&mut *file, &feature).map_err(failed)?;
                }
                file.flush().map_err(failed)
            }
            Writer::GeoPackage { package, .. } => package.write(batch),
            Writer::FlatGeobuf(file) => file.write(batch),
            Writer::NetCdf(file) => file.write(batch),
        }
    }

    /// Ends the file: how many bytes it has, and their SHA-256 in hexadecimal.
    pub(super) fn close(self) -> Answer<(u64, String)> {
        let out = match self {
            Writer::Csv(file) => file.into_inner().map_err(|error| failed(error.into_error()))?,
            Writer::Xlsx(book) => book.close()?,
            Writer::Parquet(writer) => writer.into_inner().map_err(failed)?,
            Writer::GeoJson { mut file, .. } => {
                file.write_all(b"]}").map_err(failed)?;
                file.into_inner().map_err(|error| failed(error.into_error()))?
            }
            Writer::GeoPackage { package, path } => {
                package.close()?;
                let mut hash = Sha256::new();
                let mut file = std::fs::File::open(&path).map_err(failed)?;
                let bytes = std::io::copy(&mut file, &mut hash).map_err(failed)?;
                return Ok((bytes, hex::encode(hash.finalize())));
            }
            Writer::FlatGeobuf(file) => file.close()?,
            Writer::NetCdf(file) => file.close()?,
        };
        Ok(out.finish())
    }
}

/// The columns of a table of features: all but the geometry and the edges of its box.
pub(super) fn columns(schema: &Schema) -> Vec<usize> {
    let others = ["geometry", "xmin", "ymin", "xmax", "ymax"];
    (0..schema.fields().len()).filter(|at| !others.contains(&schema.field(*at).name().as_str())).collect()
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
    let schema: Arc<Schema> = batch.schema();
    let at = schema.index_of("geometry").map_err(failed)?;
    let shapes = batch.column(at).as_binary::<i32>().clone();
    let others = columns(&schema);
    let properties = encode::objects(&[batch.project(&others).map_err(failed)?]).map_err(failed)?;
    let mut features = Vec::with_capacity(batch.num_rows());
    for (row, mut properties) in properties.into_iter().enumerate() {
        let geometry = match shapes.is_valid(row) {
            true => Some(Geometry::from_wkb(shapes.value(row)).map_err(failed)?),
            false => None,
        };
        let mut feature = json!({ "type": "Feature", "geometry": geometry });
        // Observations have no name of their own.
        if let Some(id) = properties.remove("feature") {
            feature["id"] = id;
        }
        feature["properties"] = properties.into();
        features.push(feature);
    }
    Ok(features)
}
