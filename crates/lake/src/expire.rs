//! Giving up history: data files that no version needs which is still promised.
//!
//! Two steps, so that a crash at any point leaves a table that is whole. First an entry of the log
//! says from which version on everything is kept; it is durable before anything is removed, and every
//! node learns of it as of any entry. Then files go that only earlier versions need. A read of an
//! earlier version looks whether its files are all there: it gives the right answer or says that the
//! version has been given up, never a part of it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{DatasetId, Version};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use wording::told;

use crate::commit::ATTEMPTS;
use crate::log::{Written, folder};
use crate::snapshot::ChangesRows;
use crate::{Error, Lake, Snapshot};

/// Log entries that are read at the same time.
const ENTRIES_AT_ONCE: usize = 16;
/// A file that no entry names is left alone for so long: its entry may be about to be written.
const STRAY_AFTER: TimeDelta = TimeDelta::days(1);

/// Files that are removed, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    /// Files that only versions need which have been given up.
    pub files: u64,
    /// Files that a writer left which was cut off: no version ever had them.
    pub strays: u64,
    /// The bytes of both.
    pub bytes: u64,
}

/// See [`Lake::give_up`].
pub(crate) async fn give_up(
    lake: &Lake,
    dataset: &DatasetId,
    from: Version,
    at: DateTime<Utc>,
) -> Result<Version, Error> {
    let table = lake.inner.tables.table(dataset);
    let _turn = table.turn.lock().await;
    for _ in 0..ATTEMPTS {
        let snapshot = table.latest(dataset).await?;
        if from > snapshot.version {
            return Err(Error::invalid(
                told!(
                    "lake-last-version",
                    "the last version of `{dataset}` is {version}",
                    dataset = dataset,
                    version = snapshot.version
                ),
                told!("lake-last-version-always-kept", "the last version is always kept"),
            ));
        }
        if let Some(horizon) = table.horizon().await?.filter(|horizon| *horizon >= from) {
            return Ok(horizon);
        }
        let position = snapshot.next_position();
        match table.log.give_up(position, from, at).await? {
            Written::Done => {
                let next = snapshot.next(Vec::new(), &[], ChangesRows::No)?;
                table.given_up(next, from).await;
                table.log.checkpoint_if_due(position);
                return Ok(from);
            }
            Written::Taken => {}
        }
    }
    Err(Error::later(format!("other writers of `{dataset}` were always first")))
}

/// See [`Lake::remove_expired`].
pub(crate) async fn remove_expired(
    lake: &Lake,
    dataset: &DatasetId,
    keep: &Keep<'_>,
    dry_run: bool,
) -> Result<Expired, Error> {
    let table = lake.inner.tables.table(dataset);
    // The listing comes first: what is written later is not in it, and so is not removed.
    let there: HashMap<Path, (u64, DateTime<Utc>)> = lake
        .inner
        .store
        .list(Some(&folder(dataset)))
        .map_ok(|object| (object.location, (object.size, object.last_modified)))
        .try_collect()
        .await?;
    let last = table.latest(dataset).await?.position;
    let horizon = table.horizon().await?.max(keep.from);
    let lives = lives(lake, dataset, last).await?;
    let mut expired = Expired::default();
    let mut gone = Vec::new();
    for (path, (size, written)) in there {
        let is_data =
            path.filename().is_some_and(|name| name.starts_with("part-") && name.ends_with(".parquet"));
        if !is_data {
            continue;
        }
        match lives.get(&path) {
            Some(life) if life.is_needed(horizon, keep.pinned) => continue,
            Some(_) => expired.files += 1,
            None if keep.now - written < STRAY_AFTER => continue,
            None => expired.strays += 1,
        }
        expired.bytes += size;
        gone.push(path);
    }
    if !dry_run {
        for path in gone {
            match lake.inner.store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(expired)
}

/// What stays besides the last version.
#[derive(Debug, Clone, Copy)]
pub struct Keep<'a> {
    /// Versions that something refers to, whatever their age.
    pub pinned: &'a [Version],
    /// To try out a horizon that has not been given up to yet.
    pub from: Option<Version>,
    /// The present.
    pub now: DateTime<Utc>,
}

/// The entries between which a file belongs to the table.
#[derive(Debug, Clone, Copy)]
struct Life {
    added: u64,
    removed: Option<u64>,
}

impl Life {
    fn is_needed(self, horizon: Option<Version>, pinned: &[Version]) -> bool {
        let (Some(removed), Some(horizon)) = (self.removed, horizon) else { return true };
        removed > horizon.0 || pinned.iter().any(|version| (self.added..removed).contains(&version.0))
    }
}

/// Every file that the table ever had.
async fn lives(lake: &Lake, dataset: &DatasetId, last: Version) -> Result<HashMap<Path, Life>, Error> {
    let table = lake.inner.tables.table(dataset);
    let entries = (0..=last.0).map(|number| {
        let table = table.clone();
        async move { table.log.entry(Version(number)).await }
    });
    let mut entries = stream::iter(entries).buffered(ENTRIES_AT_ONCE);
    let mut lives: HashMap<Path, Life> = HashMap::new();
    let mut number = 0;
    while let Some(entry) = entries.try_next().await? {
        let path = || table.log.entry_path(Version(number));
        let entry = entry.ok_or_else(|| Error::internal(format!("`{}` is missing", path())))?;
        if let Some((added, removed)) = entry.change {
            for path in removed {
                if let Some(life) = lives.get_mut(&path) {
                    life.removed = Some(number);
                }
            }
            lives.extend(added.into_iter().map(|file| (file.path, Life { added: number, removed: None })));
        }
        number += 1;
    }
    Ok(lives)
}

/// Whether a version that has been given up can still be read as a whole.
pub(crate) async fn must_be_whole(
    store: &dyn ObjectStore,
    snapshot: &Snapshot,
    horizon: Version,
) -> Result<(), Error> {
    let listing = store.list(Some(&folder(snapshot.dataset())));
    let there: HashSet<Path> = listing.map_ok(|object| object.location).try_collect().await?;
    if snapshot.files().iter().all(|file| there.contains(&file.path)) {
        return Ok(());
    }
    Err(Error::Gone {
        what: told!(
            "lake-the-version",
            "version {version} of `{dataset}`",
            version = snapshot.version,
            dataset = snapshot.dataset
        ),
        kept_from: horizon,
    })
}
