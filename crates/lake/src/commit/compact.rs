//! Small files joined into large sorted ones, in the background.
//!
//! The rows of the chosen files are read, sorted and written while others read and commit; only the
//! entry in the log is written in a turn. When a commit has rewritten one of the files meanwhile,
//! what was written is dropped and the next nudge begins anew.

use std::sync::Arc;

use chrono::Utc;
use futures::stream::TryStreamExt;
use model::DatasetId;
use object_store::path::Path;

use super::arrange::Incoming;
use super::{ATTEMPTS, CHUNK_ROWS, Task, aside, discard, shares};
use crate::log::{Change, Entry, Written};
use crate::snapshot::ChangesRows;
use crate::{DataFile, Error, Lake, Snapshot};

/// A file with fewer rows is small.
const SMALL_ROWS: u64 = 1_000_000;
/// The most rows that are joined at a time: they are in memory meanwhile, at about 150 bytes each.
const JOINED_ROWS: u64 = 2_000_000;
/// The most files that are joined at a time.
const JOINED_FILES: usize = 256;
/// With so many small files a table is crowded: each read of a series may have to open all.
const CROWDED: usize = 16;

/// What came of joining files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Files that were joined.
    pub files: usize,
    /// Files that they became.
    pub into: usize,
    /// Their rows.
    pub rows: u64,
}

/// How much is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Until no two small files are left that fit together.
    All,
    /// As long as the table is crowded.
    Crowded,
}

/// Whether a table has so many small files that they are to be joined.
pub(crate) fn is_crowded(snapshot: &Snapshot) -> bool {
    snapshot.files().iter().filter(|file| file.rows < SMALL_ROWS).count() >= CROWDED
}

/// Joins small files of a crowded table, unless that is being done.
pub(crate) fn in_background(lake: &Lake, dataset: &DatasetId) {
    let table = lake.inner.tables.table(dataset);
    if table.rearranging.try_lock().is_err() {
        return;
    }
    let (lake, dataset) = (lake.clone(), dataset.clone());
    tokio::spawn(async move {
        match compact(&lake, &dataset, How::Crowded).await {
            Ok(done) => {
                tracing::debug!(%dataset, files = done.files, into = done.into, rows = done.rows, "small files were joined");
            }
            Err(error) => tracing::warn!(%dataset, %error, "small files were not joined"),
        }
    });
}

/// See [`Lake::compact`].
pub(crate) async fn compact(lake: &Lake, dataset: &DatasetId, how: How) -> Result<Compacted, Error> {
    let table = lake.inner.tables.table(dataset);
    let _rearranging = table.rearranging.lock().await;
    let mut all = Compacted::default();
    for _ in 0..ATTEMPTS {
        let snapshot = table.latest(dataset).await?;
        if how == How::Crowded && !is_crowded(&snapshot) {
            break;
        }
        let files = chosen(&snapshot);
        if files.len() < 2 {
            break;
        }
        let Some(done) = join(lake, dataset, &snapshot, files).await? else { continue };
        all.files += done.files;
        all.into += done.into;
        all.rows += done.rows;
    }
    Ok(all)
}

/// The small files to be joined: the smallest first, as many as are joined at a time.
fn chosen(snapshot: &Snapshot) -> Vec<DataFile> {
    let mut small: Vec<&DataFile> = snapshot.files().iter().filter(|file| file.rows < SMALL_ROWS).collect();
    small.sort_by_key(|file| file.rows);
    let mut rows = 0;
    let fits = |file: &&&DataFile| {
        rows += file.rows;
        rows <= JOINED_ROWS
    };
    small.iter().take(JOINED_FILES).take_while(fits).map(|file| (*file).clone()).collect()
}

/// Joins these files; `None` when a commit was first and changed one of them.
async fn join(
    lake: &Lake,
    dataset: &DatasetId,
    snapshot: &Snapshot,
    files: Vec<DataFile>,
) -> Result<Option<Compacted>, Error> {
    let mut batches = Vec::new();
    for file in &files {
        let reader = lake.inner.metadata.builder(&lake.inner.store, file).await?;
        let rows = reader.with_batch_size(CHUNK_ROWS).build()?;
        batches.extend(rows.try_collect::<Vec<_>>().await?);
    }
    let schema = snapshot.table.clone();
    let sorted = aside(async move { Incoming::arrange(&schema, &batches, None).map(Arc::new) }).await?;
    let rows = sorted.rows();
    let mut added = Vec::new();
    let whole = 0..rows;
    for positions in shares(std::slice::from_ref(&whole)) {
        match Task::New(positions).run(lake, dataset, &sorted).await {
            Ok(file) => added.extend(file),
            Err(error) => {
                discard(lake, &added).await;
                return Err(error);
            }
        }
    }
    let done = Compacted { files: files.len(), into: added.len(), rows: rows as u64 };
    if added.iter().map(|file| file.rows).sum::<u64>() != files.iter().map(|file| file.rows).sum::<u64>() {
        discard(lake, &added).await;
        return Err(Error::internal("joined files have not as many rows as the files that they are of"));
    }
    let change = Change { added, removed: files };
    let table = lake.inner.tables.table(dataset);
    let _turn = table.turn.lock().await;
    for _ in 0..ATTEMPTS {
        let latest = table.latest(dataset).await?;
        let there = |file: &DataFile| latest.files().iter().any(|other| other.path == file.path);
        if !change.removed.iter().all(there) {
            discard(lake, &change.added).await;
            return Ok(None);
        }
        let position = latest.next_position();
        match table.log.rearrange(position, &change, Utc::now()).await? {
            // The entry may be this one: the store wrote it, and its answer was lost.
            Written::Taken if is_of(table.log.entry(position).await?, &change.added) => {
                table.latest(dataset).await?;
                return Ok(Some(done));
            }
            Written::Taken => {}
            Written::Done => {
                let removed: Vec<Path> = change.removed.iter().map(|file| file.path.clone()).collect();
                let next = latest.next(change.added, &removed, ChangesRows::No)?;
                table.committed(next, None).await;
                table.log.checkpoint_if_due(position);
                return Ok(Some(done));
            }
        }
    }
    discard(lake, &change.added).await;
    Err(Error::later(format!("other writers of `{dataset}` were always first")))
}

/// Whether an entry brought these files in. Their names are made for one entry alone.
fn is_of(entry: Option<Entry>, files: &[DataFile]) -> bool {
    let added = entry.and_then(|entry| entry.change).map_or_else(Vec::new, |(added, _)| added);
    files.iter().all(|file| added.iter().any(|other| other.path == file.path))
}
