//! One Parquet file: encoded on a thread of its own while its parts go to the store.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use arrow::array::{AsArray, BinaryArray};
use arrow::compute;
use arrow::datatypes::{Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use model::Bbox;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use serde_json::json;
use tokio::sync::mpsc;

use crate::checksum::{Checksums, Summing};
use crate::{DataFile, Error, TableSchema, features, observations};

/// Bytes that are collected before they go to the store as one part.
const PART_BYTES: usize = 8 << 20;
/// Parts that may wait for the store while encoding goes on.
const PARTS_WAITING: usize = 1;

/// A short read unpacks whole pages; the index of pages is held in memory, 13 columns of each.
const OBSERVATION_PAGE_ROWS: usize = 4096;

/// Beyond it, a column of features is written value by value.
const FEATURE_DICTIONARY_BYTES: usize = 8 << 10;

/// Writes a file. `fill` hands over its rows, sorted, on a thread where it may block. When this
/// fails or is dropped, the store has no such file.
pub(crate) async fn write_file(
    store: &Arc<dyn ObjectStore>,
    path: Path,
    table: TableSchema,
    fill: impl FnOnce(&mut Rows) -> Result<(), Error> + Send + 'static,
) -> Result<DataFile, Error> {
    let (parts, mut arriving) = mpsc::channel(PARTS_WAITING);
    let encoding = tokio::task::spawn_blocking(move || encode(&table, parts, fill));
    let mut upload: Option<Box<dyn MultipartUpload>> = None;
    let mut size = 0_u64;
    let mut last: Option<Bytes> = None;
    let sent = async {
        while let Some(part) = arriving.recv().await {
            size += part.len() as u64;
            if let Some(earlier) = last.replace(part) {
                let upload = match &mut upload {
                    Some(upload) => upload,
                    none => none.insert(store.put_multipart(&path).await?),
                };
                upload.put_part(earlier.into()).await?;
            }
        }
        Ok::<(), Error>(())
    }
    .await;
    // Once the channel is closed, an encoder that is still at work stops at its next part.
    drop(arriving);
    let encoded = encoding.await?;
    let finished = match (sent, encoded) {
        (Ok(()), Ok(known)) => finish(store, &path, upload.as_mut(), last).await.map(|()| known),
        (Err(error), _) | (Ok(()), Err(error)) => Err(error),
    };
    match finished {
        Ok(known) => Ok(known.data_file(path, size)),
        Err(error) => {
            if let Some(mut upload) = upload
                && let Err(error) = upload.abort().await
            {
                tracing::warn!(%path, %error, "an unfinished file was not removed");
            }
            Err(error)
        }
    }
}

async fn finish(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    upload: Option<&mut Box<dyn MultipartUpload>>,
    last: Option<Bytes>,
) -> Result<(), Error> {
    let last = last.unwrap_or_default();
    match upload {
        Some(upload) => {
            upload.put_part(last.into()).await?;
            upload.complete().await?;
        }
        None => {
            store.put(path, last.into()).await?;
        }
    }
    Ok(())
}

fn encode(
    table: &TableSchema,
    parts: mpsc::Sender<Bytes>,
    fill: impl FnOnce(&mut Rows) -> Result<(), Error>,
) -> Result<Known, Error> {
    let schema = table.arrow()?;
    let sink = Parts { waiting: Vec::with_capacity(PART_BYTES), parts, sums: Summing::default() };
    let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties(table)?))?;
    let mut rows = Rows { writer, schema, known: Known::default() };
    fill(&mut rows)?;
    let Rows { mut writer, mut known, .. } = rows;
    if !known.is_observations {
        writer.append_key_value_metadata(KeyValue::new("geo".to_owned(), known.geo().to_string()));
    }
    let mut sink = writer.into_inner()?;
    sink.send().map_err(Error::later)?;
    known.checksums = Some(Arc::new(sink.sums.finish()));
    Ok(known)
}

/// A file's rows on their way into it.
pub(crate) struct Rows {
    writer: ArrowWriter<Parts>,
    schema: SchemaRef,
    known: Known,
}

impl Rows {
    /// Appends rows, which have to follow those before in the table's order.
    pub(crate) fn append(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        // The columns are the table's; what else a schema carries is not written.
        let batch = RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec())?;
        self.known.see(&batch)?;
        self.writer.write(&batch)?;
        Ok(())
    }
}

/// Collects what the encoder writes into parts.
struct Parts {
    waiting: Vec<u8>,
    parts: mpsc::Sender<Bytes>,
    sums: Summing,
}

impl Parts {
    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::replace(&mut self.waiting, Vec::with_capacity(PART_BYTES));
        self.sums.update(&part);
        self.parts
            .blocking_send(part.into())
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the store no longer takes the file"))
    }
}

impl io::Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PART_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is known of a file's rows once all are written.
#[derive(Default)]
struct Known {
    is_observations: bool,
    rows: u64,
    datastreams: Option<(i64, i64)>,
    times: Option<(i64, i64)>,
    bbox: Option<(f64, f64, f64, f64)>,
    geometry_types: BTreeSet<&'static str>,
    unknown_geometry: bool,
    checksums: Option<Arc<Checksums>>,
}

impl Known {
    fn see(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        self.is_observations = batch.schema_ref().field(0).name() == "datastream";
        if self.is_observations {
            let datastreams = batch.column(observations::DATASTREAM).as_primitive::<Int64Type>();
            let times = batch.column(observations::TIME).as_primitive::<TimestampMicrosecondType>();
            widen(&mut self.datastreams, compute::min(datastreams), compute::max(datastreams));
            widen(&mut self.times, compute::min(times), compute::max(times));
            return Ok(());
        }
        let [west, south, east, north] =
            features::BOX.map(|column| batch.column(column).as_primitive::<Float64Type>());
        let edges = (compute::min(west), compute::min(south), compute::max(east), compute::max(north));
        if let (Some(west), Some(south), Some(east), Some(north)) = edges {
            self.bbox = Some(match self.bbox {
                Some((w, s, e, n)) => (w.min(west), s.min(south), e.max(east), n.max(north)),
                None => (west, south, east, north),
            });
        }
        let geometries: &BinaryArray = batch.column(features::GEOMETRY).as_binary();
        for wkb in geometries.iter().flatten() {
            match features::geometry_type(wkb) {
                Some(name) => {
                    self.geometry_types.insert(name);
                }
                None => self.unknown_geometry = true,
            }
        }
        Ok(())
    }

    /// The `geo` entry of GeoParquet 1.1.0 ("File metadata").
    fn geo(&self) -> serde_json::Value {
        let types: Vec<&str> =
            if self.unknown_geometry { Vec::new() } else { self.geometry_types.iter().copied().collect() };
        let mut column = json!({ "encoding": "WKB", "geometry_types": types });
        if let Some((west, south, east, north)) = self.bbox {
            column["bbox"] = json!([west, south, east, north]);
        }
        json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": column } })
    }

    fn data_file(&self, path: Path, size: u64) -> DataFile {
        DataFile {
            path,
            size,
            rows: self.rows,
            min_datastream: self.datastreams.map(|range| range.0),
            max_datastream: self.datastreams.map(|range| range.1),
            min_time: self.times.map(|range| range.0),
            max_time: self.times.map(|range| range.1),
            bbox: self.bbox.and_then(|(west, south, east, north)| Bbox::new(west, south, east, north)),
            checksums: self.checksums.clone(),
        }
    }
}

fn widen(range: &mut Option<(i64, i64)>, min: Option<i64>, max: Option<i64>) {
    if let (Some(min), Some(max)) = (min, max) {
        *range = Some(range.map_or((min, max), |(low, high)| (low.min(min), high.max(max))));
    }
}

/// How the columns are stored. Pages have statistics where a read prunes by them.
fn properties(table: &TableSchema) -> Result<WriterProperties, Error> {
    let mut builder = WriterProperties::builder()
        .set_created_by(format!("cuulong {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    // Constant or steadily growing: differences take nothing, and no value is looked up.
    for name in ["origin_sheet", "origin_row", "origin_column", "recorded_at"] {
        builder = encoded(builder, name, Encoding::DELTA_BINARY_PACKED);
    }
    Ok(match table {
        TableSchema::Observations => observation_columns(builder),
        TableSchema::Features(_) => feature_columns(builder),
    }
    .build())
}

/// The column in this encoding, without a dictionary.
fn encoded(builder: WriterPropertiesBuilder, name: &str, encoding: Encoding) -> WriterPropertiesBuilder {
    let column = ColumnPath::from(name);
    builder.set_column_encoding(column.clone(), encoding).set_column_dictionary_enabled(column, false)
}

fn observation_columns(mut builder: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    for (name, encoding) in [
        ("datastream", Encoding::DELTA_BINARY_PACKED),
        ("phenomenon_time", Encoding::DELTA_BINARY_PACKED),
        ("phenomenon_end", Encoding::DELTA_BINARY_PACKED),
        ("result", Encoding::BYTE_STREAM_SPLIT),
        ("quality", Encoding::DELTA_BINARY_PACKED),
    ] {
        builder = encoded(builder, name, encoding);
    }
    // Differences and runs of one word are as small as they get, and a short read does not set up an
    // unpacker for each of them, which a profile showed as a sixth of its time.
    for name in [
        "datastream",
        "phenomenon_time",
        "phenomenon_end",
        "quality",
        "run",
        "recorded_at",
        "origin_sheet",
        "origin_row",
        "origin_column",
    ] {
        builder = builder.set_column_compression(ColumnPath::from(name), Compression::UNCOMPRESSED);
    }
    for name in ["datastream", "phenomenon_time", "result"] {
        builder = builder.set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::Page);
    }
    let sorted_by = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: false };
    builder
        .set_max_row_group_row_count(Some(128 << 10))
        .set_data_page_row_count_limit(OBSERVATION_PAGE_ROWS)
        .set_sorting_columns(Some(vec![sorted_by(0), sorted_by(1)]))
}

fn feature_columns(mut builder: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
    for name in ["xmin", "ymin", "xmax", "ymax"] {
        builder = encoded(builder, name, Encoding::BYTE_STREAM_SPLIT)
            .set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::Page);
    }
    let (feature, geometry) = (ColumnPath::from("feature"), ColumnPath::from("geometry"));
    builder
        .set_max_row_group_row_count(Some(64 << 10))
        // Whoever reads one row reads the dictionary of each column: a code of every parcel has none.
        .set_dictionary_page_size_limit(FEATURE_DICTIONARY_BYTES)
        // A box meets few pages, so pages of features are small.
        .set_data_page_row_count_limit(256)
        .set_write_batch_size(128)
        .set_column_dictionary_enabled(feature, false)
        .set_column_dictionary_enabled(geometry.clone(), false)
        .set_column_statistics_enabled(geometry, EnabledStatistics::None)
}
