//! `cuulong backup`: a consistent copy of catalogue and store, while the node runs.
//!
//! Why nothing that was acknowledged before can be missing. A node writes in this order: the
//! original, the run's row, the files of rows, the entry of the table's log, the version's row; and
//! files, once written, never change and are not removed while a version needs them. A small write
//! is acknowledged when it is in the journal, and leaves the journal when it is in a table. The copy
//! reads in this order: (1) the journal, (2) the last entry of every log, (3) the catalogue at one
//! instant, (4) the journal's names again, (5) originals and tables up to the later of what (2) saw
//! and what (3) names. What (3) names was in the store before; what (2) saw has its run in (3). When
//! a segment of (1) is gone in (4), it was flushed meanwhile and (1) to (4) are done again: so the
//! segments of the copy are those of the catalogue's instant, neither lost nor brought in twice.
//! Entries that come later are left for the next backup, so that the catalogue knows every version
//! that the tables of the copy have; what is under way at the instant is, in the copy, what a crash
//! leaves, and is settled like that when the copy is started.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use catalog::backup::Dump;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use lake::Lake;
use model::{DatasetId, Version};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use policy::{Principal, Purpose};
use sha2::{Digest, Sha256};

use super::manifest::{
    self, CatalogueRows, FileEntry, MANIFEST_FORMAT, Manifest, Part, TableRows, TableVersion, pool_path,
};
use super::place::{Copy, Place, Trouble, hash_of, sha256};
use super::{Done, Parts, folder, prune};
use crate::commands::sentence;
use crate::config::Config;

/// Files that are copied at the same time.
const AT_ONCE: usize = 8;
/// How often an instant is looked for at which the journal stands still.
const ATTEMPTS: usize = 200;
/// Where small writes wait for their tables.
pub(crate) const JOURNAL: &str = "journal";

/// A backup that was made.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) manifest: Manifest,
}

/// Makes a backup. The pool of the place takes only what it does not have.
pub(crate) async fn make(config: &Config, target: &str, bar: &ProgressBar) -> Done<Made> {
    let parts = Parts::open(config).await?;
    let place = Place::open(config, target).await?;
    let turn = prune::Turn::take(&place, prune::Work::Backup).await?;
    let made = copy(config, &parts, &place, bar).await;
    turn.give_back(&place).await?;
    made
}

async fn copy(config: &Config, parts: &Parts, place: &Place, bar: &ProgressBar) -> Done<Made> {
    let before = match manifest::ids(place).await?.last() {
        Some(id) => Some(Manifest::read(place, id).await?),
        None => None,
    };
    let pool = Pool::open(place).await?;
    let Instant { heads, journal, dump, at } = Instant::find(parts).await?;
    let (catalogue, named) = catalogue(dump, &pool).await?;
    let mut wanted = originals(&named);
    let mut datasets = Vec::new();
    for (dataset, version) in latest(heads, &named) {
        datasets.push(TableVersion { dataset: dataset.to_string(), version });
        wanted.extend(table(parts, &dataset, Version(version)).await?);
    }
    bar.set_length(wanted.iter().map(|file| file.size).sum());
    let known = before.as_ref().map(Manifest::by_path).unwrap_or_default();
    let store = parts.lake.store();
    let work = wanted.into_iter().map(|file| {
        let earlier = known.get(file.path.as_str()).filter(|entry| entry.size == file.size);
        let earlier = earlier.map(|entry| (*entry).clone());
        pool.keep(&store, file, earlier, bar)
    });
    let kept: Vec<Kept> = stream::iter(work).buffered(AT_ONCE).try_collect().await?;
    let (mut files, mut damaged) = (Vec::new(), Vec::new());
    for (path, bytes) in journal {
        let Part { sha256, size } = pool.put(bytes.to_vec()).await?;
        files.push(FileEntry { path, size, sha256 });
    }
    for file in kept {
        match file {
            Kept::Whole(entry) => files.push(entry),
            Kept::Not(path) => damaged.push(path),
        }
    }
    let manifest = Manifest {
        format: MANIFEST_FORMAT,
        at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        folder_format: folder::format_of(config)?.unwrap_or(folder::FORMAT),
        node: std::fs::read_to_string(config.data.join("node.id")).ok(),
        catalogue,
        datasets,
        files,
        damaged,
        copied_files: pool.copied_files.load(Ordering::Relaxed),
        copied_bytes: pool.copied_bytes.load(Ordering::Relaxed),
    };
    let id = manifest.write(place).await?;
    Ok(Made { id, manifest })
}

/// A file of the store that the backup has to hold.
struct Wanted {
    path: String,
    size: u64,
    sha256: Option<String>,
}

/// The files of a table up to an entry of its log.
async fn table(parts: &Parts, dataset: &DatasetId, version: Version) -> Done<Vec<Wanted>> {
    let failed = |error: &dyn std::error::Error| format!("`{dataset}`: {error}");
    let files = parts.lake.files_of(dataset, Some(version)).await;
    let files = files.map_err(|error| format!("`{dataset}`: {}", sentence(&error)))?;
    let mut wanted: Vec<Wanted> = files
        .into_iter()
        .map(|file| Wanted { path: file.path.to_string(), size: file.size, sha256: file.sha256 })
        .collect();
    // The list leaves out what is gone; what the version itself needs must not be.
    match parts.catalog.authorize(&Principal::System, dataset, Purpose::Read, Utc::now()).await {
        Ok(_) => {}
        Err(catalog::Error::NotFound { .. }) => return Ok(wanted),
        Err(error) => return Err(failed(&error)),
    }
    // The last entry of a log may have rearranged files and made no version.
    let snapshot = parts.lake.vouch(dataset, version).await;
    let snapshot = snapshot.map_err(|error| format!("`{dataset}`: {}", sentence(&error)))?;
    let listed: HashSet<String> = wanted.iter().map(|file| file.path.clone()).collect();
    for file in snapshot.files() {
        if !listed.contains(file.path.as_ref()) {
            wanted.push(Wanted { path: file.path.to_string(), size: file.size, sha256: None });
        }
    }
    Ok(wanted)
}

/// What the catalogue names in the store.
#[derive(Default)]
struct Named {
    originals: BTreeMap<String, u64>,
    versions: BTreeMap<DatasetId, u64>,
}

/// What the store and the catalogue held at one instant.
struct Instant {
    heads: BTreeMap<DatasetId, u64>,
    journal: Vec<(String, Bytes)>,
    dump: Dump,
    at: DateTime<Utc>,
}

impl Instant {
    /// Finds an instant at which no segment of the journal was being flushed.
    async fn find(parts: &Parts) -> Done<Instant> {
        let mut heads = heads(&parts.lake).await?;
        for _ in 0..ATTEMPTS {
            let Some(journal) = journal(&parts.lake).await? else { continue };
            // After the journal: what is no longer there is in a table by now.
            advance(&parts.lake, &mut heads).await?;
            let at = Utc::now();
            let dump = parts.catalog.dump().await.map_err(|error| sentence(&error))?;
            let left = segments(&parts.lake).await?;
            if journal.iter().all(|(path, _)| left.contains(path)) {
                return Ok(Instant { heads, journal, dump, at });
            }
        }
        Err("small writes are being flushed all the time; try again when fewer datasets take any".to_owned())
    }
}

/// The names of the journal's segments.
async fn segments(lake: &Lake) -> Done<HashSet<String>> {
    let listing = lake.store().list(Some(&Path::from(JOURNAL))).map_ok(|object| object.location.to_string());
    listing
        .try_collect()
        .await
        .map_err(|error: object_store::Error| format!("the store does not answer: {error}"))
}

/// The journal's segments with their bytes; nothing when one went away meanwhile.
async fn journal(lake: &Lake) -> Done<Option<Vec<(String, Bytes)>>> {
    let mut names: Vec<String> = segments(lake).await?.into_iter().collect();
    names.sort();
    let mut journal = Vec::with_capacity(names.len());
    for name in names {
        let read = async { lake.store().get(&Path::from(name.as_str())).await?.bytes().await };
        match read.await {
            Ok(bytes) => journal.push((name, bytes)),
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(format!("{name}: {error}")),
        }
    }
    Ok(Some(journal))
}

/// The last entry of every table's log.
async fn heads(lake: &Lake) -> Done<BTreeMap<DatasetId, u64>> {
    let failed = |error: &dyn std::fmt::Display| format!("the store does not answer: {error}");
    let mut heads = BTreeMap::new();
    for dataset in lake.datasets().await.map_err(|error| sentence(&error))? {
        let log = Path::from(format!("lake/{dataset}/_delta_log"));
        let mut entries = lake.store().list(Some(&log));
        let mut last = None;
        while let Some(entry) = entries.try_next().await.map_err(|error| failed(&error))? {
            let number = entry.location.filename().and_then(|name| name.strip_suffix(".json"));
            let number = number.filter(|name| name.len() == 20).and_then(|name| name.parse::<u64>().ok());
            last = last.max(number);
        }
        heads.extend(last.map(|last| (dataset, last)));
    }
    Ok(heads)
}

/// Moves the heads on to entries that were made since.
async fn advance(lake: &Lake, heads: &mut BTreeMap<DatasetId, u64>) -> Done {
    let store = lake.store();
    for dataset in lake.datasets().await.map_err(|error| sentence(&error))? {
        let last = heads.entry(dataset.clone()).or_default();
        loop {
            let next = Path::from(format!("lake/{dataset}/_delta_log/{:020}.json", *last + 1));
            match store.head(&next).await {
                Ok(_) => *last += 1,
                Err(object_store::Error::NotFound { .. }) => break,
                Err(error) => return Err(format!("{next}: {error}")),
            }
        }
    }
    Ok(())
}

fn latest(heads: BTreeMap<DatasetId, u64>, named: &Named) -> BTreeMap<DatasetId, u64> {
    let mut latest = heads;
    for (dataset, version) in &named.versions {
        let last = latest.entry(dataset.clone()).or_default();
        *last = (*last).max(*version);
    }
    latest
}

fn originals(named: &Named) -> Vec<Wanted> {
    let place_of = |hash: &str| {
        let (first, second) = (hash.get(..2).unwrap_or(""), hash.get(2..4).unwrap_or(""));
        format!("originals/{first}/{second}/{hash}")
    };
    let wanted = |(hash, size): (&String, &u64)| Wanted {
        path: place_of(hash),
        size: *size,
        sha256: Some(hash.clone()),
    };
    named.originals.iter().map(wanted).collect()
}

/// Puts the catalogue's rows into the pool, and notes what they name.
async fn catalogue(dump: Dump, pool: &Pool<'_>) -> Done<(CatalogueRows, Named)> {
    let failed = |error: catalog::Error| sentence(&error);
    let mut named = Named::default();
    let mut tables = Vec::new();
    let mut digest = Sha256::new();
    for name in Dump::tables() {
        let columns = Dump::columns(name).map_err(failed)?;
        let mut table = TableRows {
            name: (*name).to_owned(),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: 0,
            parts: Vec::new(),
        };
        let mut last = None;
        loop {
            let rows = dump.page(name, last.as_ref()).await.map_err(failed)?;
            let mut lines = Vec::new();
            for row in &rows {
                named.note(name, &columns, row);
                serde_json::to_writer(&mut lines, row).map_err(|error| error.to_string())?;
                lines.push(b'\n');
            }
            table.rows += rows.len() as u64;
            last = rows.into_iter().last();
            if last.is_none() {
                break;
            }
            if Dump::stays(name) {
                digest.update(&lines);
            }
            table.parts.push(pool.put(lines).await?);
        }
        tables.push(table);
    }
    let steps = dump.steps().to_vec();
    Ok((CatalogueRows { steps, sha256: hex::encode(digest.finalize()), tables }, named))
}

impl Named {
    fn note(&mut self, table: &str, columns: &[&str], row: &[serde_json::Value]) {
        let cell = |name: &str| row.get(columns.iter().position(|column| *column == name)?);
        match table {
            "original" => {
                let hash = cell("hash").and_then(|cell| cell.as_str());
                let size = cell("size").and_then(serde_json::Value::as_u64);
                self.originals.extend(hash.map(str::to_owned).zip(size));
            }
            "dataset_version" => {
                let dataset = cell("dataset").and_then(|cell| DatasetId::new(cell.as_str()?).ok());
                let version = cell("version").and_then(serde_json::Value::as_u64);
                if let (Some(dataset), Some(version)) = (dataset, version) {
                    let last = self.versions.entry(dataset).or_default();
                    *last = version.max(*last);
                }
            }
            _ => {}
        }
    }
}

/// The files of a place, by checksum.
struct Pool<'a> {
    place: &'a Place,
    there: HashMap<String, u64>,
    copied_files: AtomicU64,
    copied_bytes: AtomicU64,
}

enum Kept {
    Whole(FileEntry),
    Not(String),
}

impl Pool<'_> {
    async fn open(place: &Place) -> Done<Pool<'_>> {
        let listed = place.list("pool").await?;
        let there = listed
            .into_iter()
            .filter_map(|object| Some((object.location.filename()?.to_owned(), object.size)))
            .collect();
        Ok(Pool { place, there, copied_files: AtomicU64::new(0), copied_bytes: AtomicU64::new(0) })
    }

    fn has(&self, sha256: &str, size: u64) -> bool {
        self.there.get(sha256) == Some(&size)
    }

    fn count(&self, bytes: u64) {
        self.copied_files.fetch_add(1, Ordering::Relaxed);
        self.copied_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    async fn put(&self, bytes: Vec<u8>) -> Done<Part> {
        let part = Part { sha256: sha256(&bytes), size: bytes.len() as u64 };
        if !self.has(&part.sha256, part.size) {
            self.place.write(&pool_path(&part.sha256), Bytes::from(bytes)).await?;
            self.count(part.size);
        }
        Ok(part)
    }

    /// Sees to it that the pool has a file of the store. One that an earlier backup has under the same
    /// name and size is not read again: files never change.
    async fn keep(
        &self,
        store: &Arc<dyn ObjectStore>,
        file: Wanted,
        earlier: Option<FileEntry>,
        bar: &ProgressBar,
    ) -> Done<Kept> {
        if let Some(entry) = earlier
            && self.has(&entry.sha256, entry.size)
        {
            bar.inc(entry.size);
            return Ok(Kept::Whole(entry));
        }
        let path = Path::from(file.path.as_str());
        let kept = async {
            let sha256 = match file.sha256 {
                Some(sha256) => sha256,
                None => hash_of(store, &path).await?.0,
            };
            if self.has(&sha256, file.size) {
                bar.inc(file.size);
            } else {
                let name = pool_path(&sha256);
                let copy =
                    Copy { from: store, path: &path, to: &self.place.store, name: &name, sha256: &sha256 };
                copy.run(&|bytes| bar.inc(bytes)).await?;
                let size = self.place.store.head(&name).await?.size;
                if size != file.size {
                    return Err(Trouble::Damaged);
                }
                self.count(size);
            }
            Ok(FileEntry { path: file.path.clone(), size: file.size, sha256 })
        };
        match kept.await {
            Ok(entry) => Ok(Kept::Whole(entry)),
            Err(Trouble::Missing | Trouble::Damaged) => Ok(Kept::Not(file.path)),
            Err(Trouble::Store(error)) => Err(format!("{}: {error}", file.path)),
        }
    }
}
