//! A store in which entries of tables' logs that have been packed look as if they still lay there one
//! by one.
//!
//! A table that takes small writes gets an entry every second. Old entries are joined, byte for byte,
//! into one object for each thousand (see `log/pack.rs`), and nothing else changes: whoever reads an
//! entry, or lists a log, finds what was written. An entry is looked for among the packs only when it
//! does not lie there by itself, and whoever waits for the next entry is not made to look each time:
//! packs hold nothing younger than a day, so that an entry that was not there an hour ago is in none.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, Result,
};
use parking_lot::Mutex;

use crate::error::Damage;
use crate::log::pack::{self, Pack};

/// How long an entry that was found in no pack is known to be in none; far less than the age at which
/// entries are packed.
const TRUSTED: Duration = Duration::from_secs(3600);
/// Packs that are held in memory.
const HELD: usize = 2;

/// A pack in memory, and where it is.
type Held = (Path, Arc<Pack>);

/// The store; see the module. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    inner: Arc<dyn ObjectStore>,
    /// By table: from which entry on there was none, and when that was seen.
    absent: Arc<Mutex<HashMap<Path, (u64, Instant)>>>,
    held: Arc<Mutex<VecDeque<Held>>>,
}

impl Packed {
    pub(crate) fn new(inner: Arc<dyn ObjectStore>) -> Packed {
        Packed { inner, absent: Arc::default(), held: Arc::default() }
    }

    /// The store as it is, without what is seen in packs.
    pub(crate) fn plain(&self) -> Arc<dyn ObjectStore> {
        self.inner.clone()
    }

    /// Entries of the table were packed: what was seen before no longer counts.
    pub(crate) fn forget(&self, table: &Path) {
        self.absent.lock().remove(table);
    }

    /// An entry that does not lie there by itself.
    async fn find(&self, table: &Path, number: u64) -> Result<Option<(Bytes, ObjectMeta)>> {
        let seen = Instant::now();
        let known = self.absent.lock().get(table).copied();
        if known.is_some_and(|(from, at)| number >= from && at.elapsed() < TRUSTED) {
            return Ok(None);
        }
        for object in pack::packs(&self.inner, table).await? {
            if object.entries.contains(&number) {
                let pack = self.pack(&object.meta.location).await?;
                return Ok(pack.entry(number).map(|bytes| {
                    let meta = virtual_meta(table, number, bytes.len(), &object.meta);
                    (bytes, meta)
                }));
            }
        }
        self.absent.lock().insert(table.clone(), (number, seen));
        Ok(None)
    }

    async fn pack(&self, path: &Path) -> Result<Arc<Pack>> {
        let held = self.held.lock().iter().find(|(held, _)| held == path).map(|(_, pack)| pack.clone());
        if let Some(pack) = held {
            return Ok(pack);
        }
        let bytes = self.inner.get(path).await?.bytes().await?;
        let pack = Pack::read(bytes).map_err(|detail| damaged(path, detail))?;
        let pack = Arc::new(pack);
        let mut held = self.held.lock();
        if held.len() == HELD {
            held.pop_front();
        }
        held.push_back((path.clone(), pack.clone()));
        Ok(pack)
    }

    /// A listing with the entries that are packed, those after `offset` only.
    async fn with_packed(
        self,
        table: Path,
        listed: BoxStream<'static, Result<ObjectMeta>>,
        offset: Option<Path>,
    ) -> Result<Vec<ObjectMeta>> {
        let mut objects: Vec<ObjectMeta> = listed.try_collect().await?;
        let packs = pack::packs(&self.inner, &table).await?;
        if packs.is_empty() {
            return Ok(objects);
        }
        let alone: HashSet<Path> = objects.iter().map(|object| object.location.clone()).collect();
        let is_asked = |path: &Path| offset.as_ref().is_none_or(|offset| path > offset);
        for object in packs {
            if !is_asked(&pack::entry_path(&table, *object.entries.end())) {
                continue;
            }
            // What a damaged pack held is listed all the same: whoever reads it is told of the damage.
            let pack = match self.pack(&object.meta.location).await {
                Ok(pack) => Some(pack),
                Err(error) if Damage::in_chain(&error).is_some() => None,
                Err(error) => return Err(error),
            };
            for number in object.entries.clone() {
                let size = pack.as_ref().and_then(|pack| pack.entry(number)).map_or(0, |bytes| bytes.len());
                let meta = virtual_meta(&table, number, size, &object.meta);
                if is_asked(&meta.location) && !alone.contains(&meta.location) {
                    objects.push(meta);
                }
            }
        }
        objects.sort_by(|one, other| one.location.cmp(&other.location));
        Ok(objects)
    }

    fn listing(
        &self,
        prefix: Option<&Path>,
        offset: Option<&Path>,
        listed: BoxStream<'static, Result<ObjectMeta>>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let Some(table) = prefix.and_then(pack::table_of_listing) else { return listed };
        let objects = self.clone().with_packed(table, listed, offset.cloned());
        stream::once(objects)
            .map_ok(|objects| stream::iter(objects.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}

fn virtual_meta(table: &Path, number: u64, size: usize, pack: &ObjectMeta) -> ObjectMeta {
    ObjectMeta {
        location: pack::entry_path(table, number),
        last_modified: pack.last_modified,
        size: size as u64,
        e_tag: None,
        version: None,
    }
}

fn damaged(path: &Path, detail: String) -> Error {
    Error::Generic { store: "lake", source: Box::new(Damage { path: path.to_string(), detail }) }
}

/// The bytes of a range, which ends where the object does.
fn cut(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let size = bytes.len() as u64;
    let end = range.end.min(size);
    bytes.slice(range.start.min(end) as usize..end as usize)
}

#[async_trait]
impl ObjectStore for Packed {
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
        let (range, head) = (options.range.clone(), options.head);
        let missing = match self.inner.get_opts(location, options).await {
            Err(error @ Error::NotFound { .. }) => error,
            answer => return answer,
        };
        let Some((table, number)) = pack::entry_of(location) else { return Err(missing) };
        let Some((bytes, meta)) = self.find(&table, number).await? else { return Err(missing) };
        let range = match range {
            Some(GetRange::Bounded(range)) => range.start..range.end.min(meta.size),
            Some(GetRange::Offset(from)) => from.min(meta.size)..meta.size,
            Some(GetRange::Suffix(last)) => meta.size.saturating_sub(last)..meta.size,
            None => 0..meta.size,
        };
        let bytes = if head { Bytes::new() } else { cut(&bytes, &range) };
        let payload = GetResultPayload::Stream(stream::once(async move { Ok(bytes) }).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let missing = match self.inner.get_ranges(location, ranges).await {
            Err(error @ Error::NotFound { .. }) => error,
            answer => return answer,
        };
        let Some((table, number)) = pack::entry_of(location) else { return Err(missing) };
        let Some((bytes, _)) = self.find(&table, number).await? else { return Err(missing) };
        Ok(ranges.iter().map(|range| cut(&bytes, range)).collect())
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, None, self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, Some(offset), self.inner.list_with_offset(prefix, offset))
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

impl fmt::Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({})", self.inner)
    }
}
