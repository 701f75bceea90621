//! Rows of a statement into a Parquet file.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use chrono::{DateTime, SecondsFormat};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};

use super::{Done, create};

/// A Parquet file that is being written.
pub(super) struct ParquetFile {
    writer: ArrowWriter<File>,
    rows: u64,
}

impl ParquetFile {
    pub(super) fn create(path: &Path, schema: SchemaRef) -> Done<ParquetFile> {
        let level = ZstdLevel::try_new(3).map_err(|error| error.to_string())?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(128 << 10))
            .build();
        let writer = ArrowWriter::try_new(create(path)?, schema, Some(properties))
            .map_err(|error| error.to_string())?;
        Ok(ParquetFile { writer, rows: 0 })
    }

    pub(super) fn append(&mut self, batch: &RecordBatch) -> Done {
        self.rows += batch.num_rows() as u64;
        self.writer.write(batch).map_err(|error| error.to_string())
    }

    /// Ends the file, with this said in its metadata, and returns its rows.
    pub(super) fn finish(mut self, say: Vec<(&str, String)>) -> Done<u64> {
        for (key, value) in say {
            self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
        }
        let file = self.writer.into_inner().map_err(|error| error.to_string())?;
        file.sync_all().map_err(|error| error.to_string())?;
        Ok(self.rows)
    }
}

/// What whoever reads observations back compares: counts, sums and ends.
#[derive(Default)]
pub(super) struct Sums {
    datastreams: HashSet<i64>,
    results: u64,
    sum: f64,
    times: i128,
    first: Option<i64>,
    last: Option<i64>,
    qualities: i64,
}

impl Sums {
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Done {
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| format!("there is no column `{name}` to export"))
        };
        let wrong = |name: &str| format!("the column `{name}` is of another type");
        let streams = column("datastream")?.as_primitive_opt::<Int64Type>();
        self.datastreams.extend(streams.ok_or_else(|| wrong("datastream"))?.values());
        let results = column("result")?.as_primitive_opt::<Float64Type>();
        for result in results.ok_or_else(|| wrong("result"))?.iter().flatten() {
            self.results += 1;
            self.sum += result;
        }
        let times = column("phenomenon_time")?.as_primitive_opt::<TimestampMicrosecondType>();
        for time in times.ok_or_else(|| wrong("phenomenon_time"))?.values() {
            self.times += i128::from(*time);
            self.first = Some(self.first.map_or(*time, |first| first.min(*time)));
            self.last = self.last.max(Some(*time));
        }
        let quality = arrow::compute::cast(column("quality")?, &arrow::datatypes::DataType::Int64)
            .map_err(|error| error.to_string())?;
        self.qualities += quality.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        Ok(())
    }

    pub(super) fn checks(self) -> Map<String, Value> {
        let instant = |micros: Option<i64>| {
            let time = micros.and_then(DateTime::from_timestamp_micros);
            time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true))
        };
        let checks = [
            ("datastreams", json!(self.datastreams.len())),
            ("results", json!(self.results)),
            ("sum_result", json!(self.sum)),
            // Whole microseconds since 1970, beyond what a JSON number holds.
            ("sum_time_us", json!(self.times.to_string())),
            ("sum_quality", json!(self.qualities)),
            ("first_time", json!(instant(self.first))),
            ("last_time", json!(instant(self.last))),
        ];
        checks.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
