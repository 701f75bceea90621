//! Old entries of a log in one object for each thousand, byte for byte.
//!
//! A pack holds entries that are a day older than the newest one and lie before a checkpoint, so that
//! a reader of Delta tables that is not ours begins behind them. It is written and read back before the
//! entries go that it holds; an entry that lies there by itself is the one that counts. The age is
//! taken from the store's own clock.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use chrono::TimeDelta;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::Version;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode};

use super::{TableLog, folder, seal};
use crate::checksum::sha256;
use crate::{Damage, Error};

const MAGIC: &[u8; 8] = b"CLPACK01";
/// The folder of a table's packs; readers of Delta tables pass over it.
const FOLDER: &str = "_packed_log";
const END: &str = ".entries";
/// The hexadecimal SHA-256 at the end.
const SUM_BYTES: usize = 64;
/// Entries that are read or removed at the same time.
const AT_ONCE: usize = 16;

/// Which entries are packed.
#[derive(Debug, Clone, Copy)]
pub struct PackRule {
    /// So many entries become one object.
    pub together: u64,
    /// The newest entries, which stay as they are.
    pub spare: u64,
    /// How much older than the newest entry those have to be that are packed.
    pub age: TimeDelta,
}

impl Default for PackRule {
    fn default() -> PackRule {
        PackRule { together: 1_000, spare: 1_000, age: TimeDelta::days(1) }
    }
}

/// The entries of one pack.
#[derive(Debug)]
pub(crate) struct Pack {
    first: u64,
    bytes: Bytes,
    /// Where each entry lies in the bytes.
    places: Vec<(usize, usize)>,
}

impl Pack {
    /// The bytes of a pack: the magic word, the first entry's number, how many there are, the length of
    /// each (little-endian), the entries, and the checksum of all before it.
    fn write(first: u64, entries: &[Bytes]) -> Result<Bytes, Error> {
        let mut bytes = BytesMut::new();
        bytes.put_slice(MAGIC);
        bytes.put_u64_le(first);
        bytes.put_u32_le(u32::try_from(entries.len()).map_err(Error::internal)?);
        for entry in entries {
            bytes.put_u32_le(u32::try_from(entry.len()).map_err(Error::internal)?);
        }
        for entry in entries {
            bytes.put_slice(entry);
        }
        let sum = sha256(&bytes);
        bytes.put_slice(sum.as_bytes());
        Ok(bytes.freeze())
    }

    /// Reads a pack whose checksum is right; what is wrong with it otherwise.
    pub(crate) fn read(bytes: Bytes) -> Result<Pack, String> {
        let cut_off = || "it ends before its end".to_owned();
        let body = bytes.len().checked_sub(SUM_BYTES).ok_or_else(cut_off)?;
        if sha256(&bytes[..body]).as_bytes() != &bytes[body..] {
            return Err("its bytes are not those that were written".to_owned());
        }
        if !bytes.starts_with(MAGIC) {
            return Err("it is no pack of log entries".to_owned());
        }
        let number = |at: usize, len: usize| {
            let mut number = [0; 8];
            number.get_mut(..len)?.copy_from_slice(bytes[..body].get(at..at.checked_add(len)?)?);
            Some(u64::from_le_bytes(number))
        };
        let first = number(MAGIC.len(), 8).ok_or_else(cut_off)?;
        let count = number(MAGIC.len() + 8, 4).ok_or_else(cut_off)? as usize;
        let lengths = MAGIC.len() + 12;
        let mut at = lengths.saturating_add(count.saturating_mul(4));
        let mut places = Vec::new();
        for n in 0..count {
            let length = number(lengths + n * 4, 4).ok_or_else(cut_off)? as usize;
            let end = at.checked_add(length).filter(|end| *end <= body).ok_or_else(cut_off)?;
            places.push((at, end));
            at = end;
        }
        Ok(Pack { first, bytes, places })
    }

    pub(crate) fn entry(&self, number: u64) -> Option<Bytes> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let (start, end) = *self.places.get(place)?;
        Some(self.bytes.slice(start..end))
    }
}

/// Whether the bytes of a pack of log entries are those that were written, and the same of each entry in
/// it; what is wrong with them otherwise. For who keeps the store.
pub fn check_log_pack(bytes: Bytes) -> Result<(), String> {
    let pack = Pack::read(bytes)?;
    for n in 0..pack.places.len() as u64 {
        let number = pack.first.saturating_add(n);
        let entry = pack.entry(number).unwrap_or_default();
        seal::check(&entry).map_err(|why| format!("entry {number}: {why}"))?;
    }
    Ok(())
}

/// The folder of a dataset's packs.
pub fn packs_of(dataset: &model::DatasetId) -> Path {
    folder(dataset).join(FOLDER)
}

/// A pack in the store.
pub(crate) struct PackObject {
    pub(crate) entries: RangeInclusive<u64>,
    pub(crate) meta: ObjectMeta,
}

/// The packs of the table in a folder, in order.
pub(crate) async fn packs(
    store: &Arc<dyn ObjectStore>,
    table: &Path,
) -> object_store::Result<Vec<PackObject>> {
    let mut objects = store.list(Some(&table.clone().join(FOLDER)));
    let mut found = Vec::new();
    while let Some(meta) = objects.try_next().await? {
        let range = meta.location.filename().and_then(|name| name.strip_suffix(END)?.split_once('-'));
        let Some((first, last)) = range.and_then(|(first, last)| Some((number(first)?, number(last)?)))
        else {
            continue;
        };
        found.push(PackObject { entries: first..=last, meta });
    }
    found.sort_by_key(|pack| *pack.entries.start());
    Ok(found)
}

fn number(digits: &str) -> Option<u64> {
    (digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// The path of an entry of the table in a folder.
pub(crate) fn entry_path(table: &Path, number: u64) -> Path {
    table.clone().join("_delta_log").join(format!("{number:020}.json"))
}

/// The table and the number of the entry that a path is of.
pub(crate) fn entry_of(path: &Path) -> Option<(Path, u64)> {
    let mut parts = path.parts();
    let (lake, dataset, log, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if lake.as_ref() != "lake" || log.as_ref() != "_delta_log" || parts.next().is_some() {
        return None;
    }
    let number = number(name.as_ref().strip_suffix(".json")?)?;
    Some((Path::from_iter([lake, dataset]), number))
}

/// The table whose log a listing of this prefix shows.
pub(crate) fn table_of_listing(prefix: &Path) -> Option<Path> {
    let mut parts = prefix.parts();
    let (lake, dataset, log) = (parts.next()?, parts.next()?, parts.next());
    let shows = lake.as_ref() == "lake"
        && log.is_none_or(|log| log.as_ref() == "_delta_log")
        && parts.next().is_none();
    shows.then(|| Path::from_iter([lake, dataset]))
}

impl TableLog {
    /// Packs old entries, and removes those that a pack holds already; how many entries went.
    pub(crate) async fn pack(&self, rule: &PackRule) -> Result<u64, Error> {
        let table = folder(&self.dataset);
        let plain = self.packed.plain();
        let alone: BTreeMap<u64, ObjectMeta> = plain
            .list(Some(&table.clone().join("_delta_log")))
            .map_ok(|object| Some((entry_of(&object.location)?.1, object)))
            .try_filter_map(async |found| Ok(found))
            .try_collect()
            .await?;
        let Some((newest, head)) = alone.last_key_value() else { return Ok(0) };
        let Some(summed_up) = self.trusted_checkpoint(None).await? else { return Ok(0) };
        let together = rule.together.max(1);
        let mut groups: Vec<u64> = alone.keys().filter_map(|n| Some(n.checked_sub(1)? / together)).collect();
        groups.dedup();
        let mut gone = 0;
        for group in groups {
            let (first, last) = (group * together + 1, (group + 1) * together);
            if last.saturating_add(rule.spare) > *newest || last > summed_up.0 {
                break;
            }
            let there: Vec<&ObjectMeta> = alone.range(first..=last).map(|(_, object)| object).collect();
            let is_old = |object: &&ObjectMeta| head.last_modified - object.last_modified >= rule.age;
            if !there.iter().all(is_old) {
                break;
            }
            self.pack_group(&table, first, last).await?;
            self.packed.forget(&table);
            gone += there.len() as u64;
            let paths: Vec<_> = there.iter().map(|object| object.location.clone()).collect();
            stream::iter(paths)
                .map(|path| {
                    let store = plain.clone();
                    async move { store.delete(&path).await }
                })
                .buffer_unordered(AT_ONCE)
                .try_for_each(async |()| Ok(()))
                .await?;
        }
        Ok(gone)
    }

    /// Makes sure that there is a pack of these entries, which holds what is there of them by itself.
    async fn pack_group(&self, table: &Path, first: u64, last: u64) -> Result<(), Error> {
        // Those that are gone already come from the pack.
        let entries: Vec<Bytes> = stream::iter((first..=last).map(|number| self.checked(Version(number))))
            .buffered(AT_ONCE)
            .try_collect::<Vec<Option<Bytes>>>()
            .await?
            .into_iter()
            .collect::<Option<_>>()
            .ok_or_else(|| Error::internal(format!("entries {first} to {last} are not all there")))?;
        let path = table.clone().join(FOLDER).join(format!("{first:020}-{last:020}{END}"));
        let bytes = Pack::write(first, &entries)?;
        let plain = self.packed.plain();
        match plain.put_opts(&path, bytes.clone().into(), PutMode::Create.into()).await {
            // Another node was first, or a run of this that was cut off.
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let kept = async || plain.get(&path).await?.bytes().await;
        if kept().await? != bytes {
            // A damaged one, whose entries have been brought back.
            plain.put(&path, bytes.clone().into()).await?;
        }
        if kept().await? != bytes {
            let detail = "its bytes are not those of the entries that it should hold".to_owned();
            return Err(Error::Damaged(Damage { path: path.to_string(), detail }));
        }
        Ok(())
    }
}
