//! Finds the last row of every datastream in one file: first where they are, then what they hold.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{Int8Type, Int64Type, TimestampMicrosecondType};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use lake::DataFile;
use model::Quality;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::{End, Ends};
use crate::Error;
use crate::engine::Inner;
use crate::observation::{ObservedValue, column};

/// How the datastreams of a file end; only what is before an instant, when there is an embargo.
pub(super) async fn of_file(engine: &Inner, file: &DataFile, end: Option<i64>) -> Result<Ends, Error> {
    let mut opened = OpenFile::open(engine.lake.store(), file).await?;
    let seen = opened.last_rows(end).await?;
    let mut ends = Ends::new();
    for datastream in &seen {
        let Seen { results, last, .. } = *datastream;
        ends.insert(datastream.number, End { value: None, results, last });
    }
    let rows = seen.iter().filter_map(|datastream| datastream.row).collect();
    for batch in opened.rows(rows).await? {
        for value in ObservedValue::read(&batch)? {
            if let Some(end) = ends.get_mut(&value.datastream.0) {
                end.value = Some(value);
            }
        }
    }
    Ok(ends)
}

struct OpenFile {
    reader: FileReader,
    metadata: ArrowReaderMetadata,
}

impl OpenFile {
    async fn open(store: Arc<dyn ObjectStore>, file: &DataFile) -> Result<OpenFile, Error> {
        let mut reader = FileReader { store, path: file.path.clone(), size: file.size };
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata =
            ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(Error::internal)?;
        Ok(OpenFile { reader, metadata })
    }

    fn builder(&self) -> ParquetRecordBatchStreamBuilder<FileReader> {
        ParquetRecordBatchStreamBuilder::new_with_metadata(self.reader.clone(), self.metadata.clone())
    }

    /// The datastreams, in order, with the places of their last rows.
    async fn last_rows(&mut self, end: Option<i64>) -> Result<Vec<Seen>, Error> {
        let schema = self.metadata.parquet_schema();
        let mask = ProjectionMask::columns(schema, ["datastream", "phenomenon_time", "quality"]);
        let mut stream =
            self.builder().with_projection(mask).with_batch_size(65_536).build().map_err(Error::internal)?;
        let mut last = LastRows::default();
        let mut first_row = 0;
        while let Some(batch) = stream.try_next().await.map_err(Error::internal)? {
            last.see(&batch, first_row, end)?;
            first_row += batch.num_rows();
            tokio::task::consume_budget().await;
        }
        Ok(last.finish())
    }

    async fn rows(&mut self, rows: Vec<usize>) -> Result<Vec<RecordBatch>, Error> {
        let total: usize = self
            .metadata
            .metadata()
            .row_groups()
            .iter()
            .map(|group| usize::try_from(group.num_rows()).unwrap_or(0))
            .sum();
        let ranges = rows.into_iter().map(|row| row..row + 1);
        let selection = RowSelection::from_consecutive_ranges(ranges, total);
        let stream = self.builder().with_row_selection(selection).build().map_err(Error::internal)?;
        stream.try_collect().await.map_err(Error::internal)
    }
}

/// Reads ranges of one file in the store.
#[derive(Clone)]
struct FileReader {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
}

fn failed(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for FileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move { self.store.get_range(&self.path, range).await.map_err(failed) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(failed) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let policy = options.map_or(PageIndexPolicy::Skip, |_| PageIndexPolicy::Optional);
        async move {
            let size = self.size;
            let reader = ParquetMetaDataReader::new().with_page_index_policy(policy);
            Ok(Arc::new(reader.load_and_finish(self, size).await?))
        }
        .boxed()
    }
}

/// What was seen of a datastream.
struct Seen {
    number: i64,
    /// The place of its last row that is not missing.
    row: Option<usize>,
    /// How many rows it has.
    results: u64,
    /// The time of the last one, microseconds.
    last: i64,
}

#[derive(Default)]
struct LastRows {
    seen: Vec<Seen>,
}

impl LastRows {
    fn see(&mut self, batch: &RecordBatch, first_row: usize, end: Option<i64>) -> Result<(), Error> {
        let datastreams = column::<Int64Type>(batch, "datastream")?.values();
        let times = column::<TimestampMicrosecondType>(batch, "phenomenon_time")?.values();
        let qualities = column::<Int8Type>(batch, "quality")?;
        for row in 0..batch.num_rows() {
            if end.is_some_and(|end| times[row] >= end) {
                continue;
            }
            let number = datastreams[row];
            if self.seen.last().is_none_or(|seen| seen.number != number) {
                self.seen.push(Seen { number, row: None, results: 0, last: i64::MIN });
            }
            let Some(seen) = self.seen.last_mut() else { continue };
            seen.results += 1;
            seen.last = times[row];
            if !(qualities.is_valid(row) && qualities.value(row) == Quality::Missing.code()) {
                seen.row = Some(first_row + row);
            }
        }
        Ok(())
    }

    fn finish(self) -> Vec<Seen> {
        self.seen
    }
}
