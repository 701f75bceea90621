//! The journal: small writes from their acknowledgement until they are part of a version.
//!
//! A *segment* is one object, `journal/<dataset>/<node>/<start>-<number>.ndjson`: what one node took
//! in together, as lines. It is durable when [`Lake::append_journal`] returns, and is removed when
//! its lines are in the dataset's table. Segments of one node are in order of start and number;
//! what is in a later one came later.
//!
//! Whoever reads the latest version of a dataset first waits for what this node has acknowledged and
//! not committed yet ([`Lake::settle`]): every read of a table asks [`Lake::snapshot`] for its
//! version, so that this is the one place through which all protocols, SQL included, go, and only
//! the datasets that a statement really opens are waited for. When nothing is pending it costs one
//! atomic load.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::DatasetId;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use parking_lot::RwLock;
use policy::{Denial, Permit};

use crate::{Error, Lake, durable};

/// Where segments are.
const JOURNAL: &str = "journal";

/// The name of a segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName {
    /// The dataset that its lines are for.
    pub dataset: DatasetId,
    /// The node that wrote it; see [`SegmentName::node_of`].
    pub node: String,
    /// Which start of the node: later ones have larger numbers.
    pub start: u64,
    /// Its place among those of this start.
    pub number: u64,
}

impl SegmentName {
    /// A node's name as segments carry it: letters, digits, `-`, `_` and `.`, at most 80.
    pub fn node_of(name: &str) -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let clean: String = name.chars().take(80).map(|c| if fits(c) { c } else { '_' }).collect();
        // A name of dots only would be a step in a path.
        if clean.trim_matches('.').is_empty() { format!("node{clean}") } else { clean }
    }

    fn path(&self) -> Path {
        let SegmentName { dataset, node, start, number } = self;
        Path::from(format!("{JOURNAL}/{dataset}/{node}/{start:016x}-{number:012x}.ndjson"))
    }

    fn of(path: &Path) -> Option<SegmentName> {
        let parts: Vec<_> = path.parts().collect();
        let [_, dataset, node, file] = parts.as_slice() else { return None };
        let (start, number) = file.as_ref().strip_suffix(".ndjson")?.split_once('-')?;
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        Some(SegmentName {
            dataset: DatasetId::new(dataset.as_ref()).ok()?,
            node: node.as_ref().to_owned(),
            start: hex(start)?,
            number: hex(number)?,
        })
    }
}

/// A segment that is in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: SegmentName,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written, by the store's clock.
    pub written_at: DateTime<Utc>,
}

/// Who can make versions of what is pending.
pub trait Settle: Send + Sync {
    /// Returns when all that was acknowledged for the dataset before the call is in a version.
    fn settle<'a>(&'a self, dataset: &'a DatasetId) -> BoxFuture<'a, Result<(), Error>>;
}

/// What this node has acknowledged and not committed yet.
#[derive(Default)]
pub(crate) struct Pending {
    segments: AtomicUsize,
    by: RwLock<Option<Weak<dyn Settle>>>,
}

impl Lake {
    /// Adds lines to the journal; they are durable when this returns. The name must be new: who
    /// writes the same one again replaces it.
    pub async fn append_journal(
        &self,
        permit: &Permit,
        name: &SegmentName,
        lines: PutPayload,
    ) -> Result<(), Error> {
        must_write(permit, &name.dataset)?;
        self.inner.store.put(&name.path(), lines).await?;
        Ok(())
    }

    /// The segments that are in the journal, of all nodes, in order. Names only, for the node that
    /// has to bring them into their tables.
    pub async fn journal(&self) -> Result<Vec<Segment>, Error> {
        let found: Vec<_> = self.inner.store.list(Some(&Path::from(JOURNAL))).try_collect().await?;
        let segment = |object: object_store::ObjectMeta| {
            let name = SegmentName::of(&object.location)?;
            Some(Segment { name, bytes: object.size, written_at: object.last_modified })
        };
        let mut segments: Vec<Segment> = found.into_iter().filter_map(segment).collect();
        segments.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(segments)
    }

    /// The lines of a segment.
    pub async fn read_journal(&self, permit: &Permit, name: &SegmentName) -> Result<Bytes, Error> {
        must_write(permit, &name.dataset)?;
        Ok(self.inner.store.get(&name.path()).await?.bytes().await?)
    }

    /// Whether a segment is still in the journal.
    pub async fn is_in_journal(&self, permit: &Permit, name: &SegmentName) -> Result<bool, Error> {
        must_write(permit, &name.dataset)?;
        match self.inner.store.head(&name.path()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes segments whose lines are in the table; those that are gone already do not matter.
    /// When it returns they do not come back after a power cut.
    pub async fn clear_journal(&self, permit: &Permit, names: &[SegmentName]) -> Result<(), Error> {
        for name in names {
            must_write(permit, &name.dataset)?;
        }
        let paths: Vec<Path> = names.iter().map(SegmentName::path).collect();
        let Some(last) = paths.last().cloned() else { return Ok(()) };
        if let Some(folder) = &self.inner.folder {
            let root = folder.clone();
            let removed = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
                for path in &paths {
                    match std::fs::remove_file(root.join(path.as_ref())) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                        _ => {}
                    }
                }
                match durable::sync_folder_of(&root.join(last.as_ref())) {
                    // Nothing was ever written there.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                    other => other,
                }
            });
            return removed.await?.map_err(Error::later);
        }
        let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut removed = self.inner.store.delete_stream(paths);
        while let Some(outcome) = removed.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Names who makes versions of what is pending. The last one named counts.
    pub fn settle_by(&self, by: Weak<dyn Settle>) {
        *self.inner.pending.by.write() = Some(by);
    }

    /// Notes that a segment was acknowledged. To be called before whoever wrote it is told.
    pub fn note_pending(&self) {
        self.inner.pending.segments.fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that so many segments are in their tables.
    pub fn note_settled(&self, segments: usize) {
        self.inner.pending.segments.fetch_sub(segments, Ordering::SeqCst);
    }

    /// Waits until all that this node has acknowledged for a dataset is in a version. Costs nothing
    /// when nothing is pending.
    pub async fn settle(&self, dataset: &DatasetId) -> Result<(), Error> {
        if self.inner.pending.segments.load(Ordering::SeqCst) == 0 {
            return Ok(());
        }
        let by: Option<Arc<dyn Settle>> = self.inner.pending.by.read().as_ref().and_then(Weak::upgrade);
        match by {
            Some(by) => by.settle(dataset).await,
            None => Ok(()),
        }
    }
}

fn must_write(permit: &Permit, dataset: &DatasetId) -> Result<(), Error> {
    if permit.may_write() && permit.dataset() == dataset {
        Ok(())
    } else {
        Err(Error::Denied(Denial::NoGrant))
    }
}
