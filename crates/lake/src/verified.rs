//! A store whose data files are checked against their recorded checksums at every read.
//!
//! Reads are widened to whole blocks, checked, and cut to what was asked for. Whoever reads
//! through this store, the direct read or a plan of DataFusion's, gets the bytes that were written
//! or an error that names the file.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    RenameOptions, Result,
};
use parking_lot::{Mutex, RwLock};

use crate::DataFile;
use crate::checksum::Checksums;
use crate::error::Damage;

/// Bytes that are fetched at a time when a file is read from end to end.
const PIECE_BYTES: u64 = 4 << 20;

/// Up to so many files, nothing is forgotten.
const KNOWN: usize = 1024;

/// Damaged files that are remembered at most.
const MOST_DAMAGED: usize = 100;

/// The store; see the module.
#[derive(Debug)]
pub(crate) struct Verified {
    inner: Arc<dyn ObjectStore>,
    /// The checksums of the files of every version that somebody holds.
    known: Arc<RwLock<HashMap<Path, Weak<Checksums>>>>,
    met: Met,
}

/// The damaged files that readers met, and how to look at them again.
type Met = Arc<Mutex<BTreeMap<Path, Again>>>;

/// What was read when a file was found damaged.
#[derive(Debug, Clone)]
struct Again {
    damage: Damage,
    sums: Arc<Checksums>,
    ranges: Vec<Range<u64>>,
}

impl Verified {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>) -> Verified {
        Verified { inner, known: Arc::default(), met: Arc::default() }
    }

    /// The damaged files that readers met and that are damaged still, by path: what they read of them is
    /// read again.
    pub(crate) async fn damage(&self) -> Vec<Damage> {
        let met: Vec<(Path, Again)> =
            self.met.lock().iter().map(|(path, again)| (path.clone(), again.clone())).collect();
        let mut damaged = Vec::new();
        for (path, again) in met {
            match check(&self.inner, &path, &again).await {
                Ok(()) => drop(self.met.lock().remove(&path)),
                Err(Some(damage)) => damaged.push(damage),
                // The store does not answer: nothing new is known.
                Err(None) => damaged.push(again.damage),
            }
        }
        damaged
    }

    /// From now on, these files are checked when they are read.
    pub(crate) fn expect<'a>(&self, files: impl IntoIterator<Item = &'a DataFile>) {
        let mut known = self.known.write();
        for file in files {
            if let Some(checksums) = &file.checksums {
                let there = known.get(&file.path).is_some_and(|held| held.strong_count() > 0);
                if !there {
                    known.insert(file.path.clone(), Arc::downgrade(checksums));
                }
            }
        }
        if known.len() > KNOWN && known.len() == known.capacity() {
            known.retain(|_, held| held.strong_count() > 0);
        }
    }

    fn checksums(&self, path: &Path) -> Option<Arc<Checksums>> {
        self.known.read().get(path).and_then(Weak::upgrade)
    }
}

fn damaged(path: &Path, detail: String) -> Error {
    Error::Generic { store: "lake", source: Box::new(Damage { path: path.to_string(), detail }) }
}

/// Reads again what was damaged; an error without damage when that cannot be told.
async fn check(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    again: &Again,
) -> std::result::Result<(), Option<Damage>> {
    let told = |error: Error| Damage::in_chain(&error).cloned();
    whole(store, path, &again.sums).await.map_err(told)?;
    read(store, path, &again.sums, &again.ranges).await.map(drop).map_err(told)
}

/// Whether the file is there and as long as it was written.
async fn whole(store: &Arc<dyn ObjectStore>, path: &Path, sums: &Checksums) -> Result<()> {
    match store.head(path).await {
        Ok(meta) if meta.size != sums.size() => {
            Err(damaged(path, format!("it has {} bytes of {}", meta.size, sums.size())))
        }
        Ok(_) => Ok(()),
        Err(Error::NotFound { .. }) => Err(damaged(path, "it is missing".to_owned())),
        Err(error) => Err(error),
    }
}

/// Reads ranges and remembers damage.
async fn read_noting(
    store: &Arc<dyn ObjectStore>,
    met: &Met,
    path: &Path,
    sums: &Arc<Checksums>,
    ranges: &[Range<u64>],
) -> Result<Vec<Bytes>> {
    let found = read(store, path, sums, ranges).await;
    if let Err(error) = &found {
        note(met, path, sums, ranges, error);
    }
    found
}

fn note(met: &Met, path: &Path, sums: &Arc<Checksums>, ranges: &[Range<u64>], error: &Error) {
    let Some(damage) = Damage::in_chain(error) else { return };
    let mut met = met.lock();
    if met.len() < MOST_DAMAGED || met.contains_key(path) {
        let again = Again { damage: damage.clone(), sums: sums.clone(), ranges: ranges.to_vec() };
        met.insert(path.clone(), again);
    }
}

/// Reads ranges, each within the file, and checks them.
async fn read(
    store: &Arc<dyn ObjectStore>,
    path: &Path,
    sums: &Checksums,
    ranges: &[Range<u64>],
) -> Result<Vec<Bytes>> {
    if let Some(range) = ranges.iter().find(|range| range.start > range.end || range.end > sums.size()) {
        let size = sums.size();
        return Err(damaged(path, format!("bytes {range:?} were asked of a file of {size} bytes")));
    }
    let wanted = blocks(sums, ranges);
    let found = match store.get_ranges(path, &wanted).await {
        Ok(found) => found,
        Err(error) => return Err(why(store, path, sums, error).await),
    };
    for (range, bytes) in wanted.iter().zip(&found) {
        if bytes.len() as u64 != range.end - range.start {
            return Err(damaged(path, format!("it ends before byte {}", range.end)));
        }
        sums.check(range.start, bytes)
            .map_err(|at| damaged(path, format!("the bytes from {at} are not those that were written")))?;
    }
    let cut = |range: &Range<u64>| {
        let at = wanted.partition_point(|block| block.end < range.end);
        let (Some(block), Some(bytes)) = (wanted.get(at), found.get(at)) else { return Bytes::new() };
        // Both lie within a block range that is in memory.
        bytes.slice((range.start - block.start) as usize..(range.end - block.start) as usize)
    };
    Ok(ranges.iter().map(|range| if range.is_empty() { Bytes::new() } else { cut(range) }).collect())
}

/// The ranges of blocks that hold these, in order and apart.
fn blocks(sums: &Checksums, ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut wide: Vec<Range<u64>> =
        ranges.iter().filter(|range| !range.is_empty()).map(|range| sums.widened(range)).collect();
    wide.sort_unstable_by_key(|range| range.start);
    let mut apart: Vec<Range<u64>> = Vec::with_capacity(wide.len());
    for range in wide {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// Tells a file that is gone or cut short from a store that does not answer.
async fn why(store: &Arc<dyn ObjectStore>, path: &Path, sums: &Checksums, error: Error) -> Error {
    if matches!(error, Error::NotFound { .. }) {
        return damaged(path, "it is missing".to_owned());
    }
    match store.head(path).await {
        Ok(meta) if meta.size != sums.size() => {
            damaged(path, format!("it has {} bytes of {}", meta.size, sums.size()))
        }
        _ => error,
    }
}

#[async_trait]
impl ObjectStore for Verified {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let Some(sums) = self.checksums(location).filter(|_| !options.head) else {
            return self.inner.get_opts(location, options).await;
        };
        let wanted = match &options.range {
            Some(GetRange::Bounded(range)) => range.start..range.end.min(sums.size()),
            Some(GetRange::Offset(from)) => *from..sums.size(),
            Some(GetRange::Suffix(last)) => sums.size().saturating_sub(*last)..sums.size(),
            None => 0..sums.size(),
        };
        let head = GetOptions { head: true, range: None, ..options };
        let about = match self.inner.get_opts(location, head).await {
            Ok(about) => about,
            Err(error @ Error::NotFound { .. }) => {
                let error = why(&self.inner, location, &sums, error).await;
                note(&self.met, location, &sums, &[], &error);
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let GetResult { meta, attributes, .. } = about;
        if meta.size != sums.size() {
            let error = damaged(location, format!("it has {} bytes of {}", meta.size, sums.size()));
            note(&self.met, location, &sums, &[], &error);
            return Err(error);
        }
        let (store, path, met) = (self.inner.clone(), location.clone(), self.met.clone());
        let pieces = stream::try_unfold(wanted.start, move |at| {
            let (store, path, sums, met) = (store.clone(), path.clone(), sums.clone(), met.clone());
            async move {
                let end = (at / PIECE_BYTES + 1).saturating_mul(PIECE_BYTES).min(wanted.end);
                if at >= end {
                    return Ok(None);
                }
                let range = at..end;
                let piece = read_noting(&store, &met, &path, &sums, std::slice::from_ref(&range)).await?;
                Ok(piece.into_iter().next().map(|bytes| (bytes, end)))
            }
        });
        let range = match &options.range {
            Some(GetRange::Bounded(range)) => range.start..range.end.min(meta.size),
            Some(GetRange::Offset(from)) => *from..meta.size,
            Some(GetRange::Suffix(last)) => meta.size.saturating_sub(*last)..meta.size,
            None => 0..meta.size,
        };
        Ok(GetResult { payload: GetResultPayload::Stream(pieces.boxed()), meta, range, attributes })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        match self.checksums(location) {
            Some(sums) => read_noting(&self.inner, &self.met, location, &sums, ranges).await,
            None => self.inner.get_ranges(location, ranges).await,
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let met = self.met.clone();
        // What is given up is not missed.
        let locations = locations.inspect_ok(move |path| drop(met.lock().remove(path)));
        self.inner.delete_stream(locations.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({})", self.inner)
    }
}
