//! Footers and page indexes of files, kept in memory, and the reader that uses them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::ObjectStore;
use object_store::path::Path;
use parking_lot::Mutex;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use crate::{DataFile, Error};

/// How much memory the metadata of files may take.
const CACHE_BYTES: usize = 128 << 20;
/// How much of a file's end is read at first: the footer and the page index of most files.
const FOOTER_BYTES: usize = 128 << 10;

/// Metadata of files, the least recently used dropped first.
#[derive(Default)]
pub(crate) struct MetadataCache {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_path: HashMap<Path, Entry>,
    bytes: usize,
    clock: u64,
}

struct Entry {
    metadata: ArrowReaderMetadata,
    bytes: usize,
    used: u64,
}

impl MetadataCache {
    /// A file's metadata, read unless it is here.
    pub(crate) async fn of(
        &self,
        store: &Arc<dyn ObjectStore>,
        file: &DataFile,
    ) -> Result<ArrowReaderMetadata, Error> {
        if let Some(metadata) = self.entries.lock().get(&file.path) {
            return Ok(metadata);
        }
        let mut reader = FileReader { store: store.clone(), path: file.path.clone(), metadata: None };
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_prefetch_hint(Some(FOOTER_BYTES))
            .load_and_finish(&mut reader, file.size)
            .await?;
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new())?;
        self.entries.lock().put(file.path.clone(), metadata.clone());
        Ok(metadata)
    }

    /// A builder of a reader of the file.
    pub(crate) async fn builder(
        &self,
        store: &Arc<dyn ObjectStore>,
        file: &DataFile,
    ) -> Result<ParquetRecordBatchStreamBuilder<FileReader>, Error> {
        let metadata = self.of(store, file).await?;
        let reader = FileReader {
            store: store.clone(),
            path: file.path.clone(),
            metadata: Some(metadata.metadata().clone()),
        };
        Ok(ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata))
    }
}

impl MetadataCache {
    /// How many files' metadata is held, and how many bytes it takes.
    pub(crate) fn held(&self) -> (usize, usize) {
        let entries = self.entries.lock();
        (entries.by_path.len(), entries.bytes)
    }
}

impl Entries {
    fn get(&mut self, path: &Path) -> Option<ArrowReaderMetadata> {
        self.clock += 1;
        let entry = self.by_path.get_mut(path)?;
        entry.used = self.clock;
        Some(entry.metadata.clone())
    }

    fn put(&mut self, path: Path, metadata: ArrowReaderMetadata) {
        self.clock += 1;
        let bytes = metadata.metadata().memory_size();
        let entry = Entry { metadata, bytes, used: self.clock };
        self.bytes += bytes;
        if let Some(old) = self.by_path.insert(path, entry) {
            self.bytes -= old.bytes;
        }
        while self.bytes > CACHE_BYTES && self.by_path.len() > 1 {
            let oldest =
                self.by_path.iter().min_by_key(|(_, entry)| entry.used).map(|(path, _)| path.clone());
            let Some(dropped) = oldest.and_then(|path| self.by_path.remove(&path)) else { break };
            self.bytes -= dropped.bytes;
        }
    }
}

/// Reads ranges of one file in the store.
pub(crate) struct FileReader {
    store: Arc<dyn ObjectStore>,
    path: Path,
    metadata: Option<Arc<ParquetMetaData>>,
}

fn failed(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for FileReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        async move {
            let bytes = self.store.get_ranges(&self.path, &[range]).await.map_err(failed)?;
            bytes.into_iter().next().ok_or_else(|| ParquetError::General("a range without bytes".into()))
        }
        .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(failed) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let known = self.metadata.clone();
        async move { known.ok_or_else(|| ParquetError::General("a reader without metadata".into())) }.boxed()
    }
}
