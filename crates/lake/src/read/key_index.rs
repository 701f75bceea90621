//! Where the feature of an id is in a file: its rows by the hash of the id, kept in memory.
//!
//! Features are sorted by place, so that statistics do not help to find one by its id.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arrow::array::AsArray;
use object_store::path::Path;
use parking_lot::Mutex;

use super::{Chosen, chosen_rows};
use crate::features::FEATURE;
use crate::{DataFile, Error, Lake};

/// How much memory the indexes of files may take.
const CACHE_BYTES: usize = 64 << 20;

/// The indexes of files, the least recently used dropped first.
#[derive(Default)]
pub(crate) struct KeyIndexes {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    clock: u64,
    /// Each index with the time of its last use.
    by_path: HashMap<Path, (u64, Arc<KeyIndex>)>,
}

/// The rows of one file by the hash of their id.
pub(crate) struct KeyIndex {
    rows: Vec<(u64, u32)>,
}

impl KeyIndex {
    /// The rows, counted from the file's first, that may have this id.
    pub(crate) fn rows(&self, feature: &str) -> impl Iterator<Item = usize> + '_ {
        let hash = hash(feature);
        let start = self.rows.partition_point(|(other, _)| *other < hash);
        self.rows[start..].iter().take_while(move |(other, _)| *other == hash).map(|(_, row)| *row as usize)
    }

    fn bytes(&self) -> usize {
        self.rows.len() * size_of::<(u64, u32)>()
    }
}

fn hash(feature: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    feature.hash(&mut hasher);
    hasher.finish()
}

impl KeyIndexes {
    /// A file's index, made unless it is here.
    pub(crate) async fn of(&self, lake: &Lake, file: &DataFile) -> Result<Arc<KeyIndex>, Error> {
        {
            let mut entries = self.entries.lock();
            entries.clock += 1;
            let now = entries.clock;
            if let Some((used, index)) = entries.by_path.get_mut(&file.path) {
                *used = now;
                return Ok(index.clone());
            }
        }
        let index = Arc::new(read(lake, file).await?);
        self.entries.lock().put(file.path.clone(), index.clone());
        Ok(index)
    }
}

impl KeyIndexes {
    /// How many files' indexes are held, and how many bytes they take.
    pub(crate) fn held(&self) -> (usize, usize) {
        let entries = self.entries.lock();
        (entries.by_path.len(), entries.bytes())
    }
}

impl Entries {
    fn put(&mut self, path: Path, index: Arc<KeyIndex>) {
        self.by_path.insert(path, (self.clock, index));
        while self.by_path.len() > 1 && self.bytes() > CACHE_BYTES {
            let oldest = self.by_path.iter().min_by_key(|(_, (used, _))| *used).map(|(path, _)| path.clone());
            let Some(oldest) = oldest else { break };
            self.by_path.remove(&oldest);
        }
    }

    fn bytes(&self) -> usize {
        self.by_path.values().map(|(_, index)| index.bytes()).sum()
    }
}

async fn read(lake: &Lake, file: &DataFile) -> Result<KeyIndex, Error> {
    let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
    let metadata = metadata.metadata();
    let chosen = Chosen::all(metadata);
    let mut rows = Vec::with_capacity(chosen.rows());
    for batch in chosen_rows(lake, file, &chosen, Some(&[FEATURE])).await? {
        for feature in batch.column(0).as_string::<i32>().iter() {
            let row = u32::try_from(rows.len()).map_err(Error::internal)?;
            rows.push((hash(feature.unwrap_or_default()), row));
        }
    }
    rows.sort_unstable();
    Ok(KeyIndex { rows })
}
