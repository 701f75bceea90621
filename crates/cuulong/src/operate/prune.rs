//! `cuulong backup list | prune`: which backups a place has, and letting go of old ones.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use object_store::path::Path;

use super::Done;
use super::manifest::{self, Manifest};
use super::place::Place;

/// A mark that is older is of a program that was killed.
const STALE: TimeDelta = TimeDelta::days(1);

/// What is being done in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Files are added; several may do so at a time.
    Backup,
    /// Files that no backup names are removed; nobody may add any meanwhile.
    Prune,
}

/// A mark that something is under way in a place, so that pruning never removes a file that a backup
/// under way has found there and counts on.
pub(crate) struct Turn {
    mark: Path,
}

impl Turn {
    /// Leaves a mark, then looks for those of others: of two that exclude each other, at least one
    /// sees the other.
    pub(crate) async fn take(place: &Place, work: Work) -> Done<Turn> {
        let kind = if work == Work::Backup { "backup" } else { "prune" };
        let mark = Path::from(format!("under_way/{kind}-{}", uuid::Uuid::now_v7()));
        place.write(&mark, Bytes::from_static(b"under way")).await?;
        let turn = Turn { mark };
        let since = Utc::now() - STALE;
        for other in place.list("under_way").await? {
            let is_prune = other.location.filename().is_some_and(|name| name.starts_with("prune-"));
            let clashes = other.location != turn.mark
                && other.last_modified > since
                && (is_prune || work == Work::Prune);
            if clashes {
                turn.give_back(place).await?;
                return Err(format!(
                    "something else is under way in {}: `{}`; wait for it to end, or remove this mark if its program was killed",
                    place.name, other.location
                ));
            }
        }
        Ok(turn)
    }

    /// Removes the mark.
    pub(crate) async fn give_back(self, place: &Place) -> Done {
        place.remove(&self.mark).await
    }
}

/// What pruning did.
#[derive(Debug, Default)]
pub(crate) struct Pruned {
    pub(crate) backups: Vec<String>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// The backups of a place, oldest first.
pub(crate) async fn list(place: &Place) -> Done<Vec<(String, Manifest)>> {
    let mut backups = Vec::new();
    for id in manifest::ids(place).await? {
        let manifest = Manifest::read(place, &id).await?;
        backups.push((id, manifest));
    }
    Ok(backups)
}

/// Keeps the newest backups, and removes the others with the files that only they name.
pub(crate) async fn prune(place: &Place, keep: usize) -> Done<Pruned> {
    let turn = Turn::take(place, Work::Prune).await?;
    let pruned = prune_alone(place, keep).await;
    turn.give_back(place).await?;
    pruned
}

async fn prune_alone(place: &Place, keep: usize) -> Done<Pruned> {
    // A manifest that cannot be read stops this: the files that it names are not known.
    let backups = list(place).await?;
    let gone = backups.len().saturating_sub(keep.max(1));
    let mut pruned = Pruned::default();
    for (id, _) in &backups[..gone] {
        // The manifest goes first: cut off here, what is left is a pool with files too many.
        place.remove(&manifest::path_of(id)).await?;
        pruned.backups.push(id.clone());
    }
    let needed: HashSet<&str> = backups[gone..].iter().flat_map(|(_, manifest)| manifest.pool()).collect();
    for object in place.list("pool").await? {
        if object.location.filename().is_some_and(|name| !needed.contains(name)) {
            place.remove(&object.location).await?;
            pruned.files += 1;
            pruned.bytes += object.size;
        }
    }
    Ok(pruned)
}
