//! What a backup says of itself: one JSON document over a pool of files that all backups share.

use std::collections::HashMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::Done;
use super::place::{Place, sha256};

/// The format of manifests that this program writes and reads.
pub(crate) const MANIFEST_FORMAT: u32 = 1;

/// One backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of this document.
    pub format: u32,
    /// The instant that it shows.
    pub at: DateTime<Utc>,
    /// The version of the program that made it.
    pub program: String,
    /// The format of the node's folder.
    pub folder_format: u32,
    /// The name of the node, by which it knows its own unfinished work again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The catalogue.
    pub catalogue: CatalogueRows,
    /// The version of every table.
    pub datasets: Vec<TableVersion>,
    /// Every original, file of rows, entry of a log and segment of the journal.
    pub files: Vec<FileEntry>,
    /// What could not be kept because it was missing or damaged where it was copied from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damaged: Vec<String>,
    /// Files that this backup added to the pool.
    pub copied_files: u64,
    /// Bytes that this backup added to the pool.
    pub copied_bytes: u64,
}

/// The catalogue's rows, as JSON lines in the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueRows {
    /// The steps of the schema that it had taken.
    pub steps: Vec<String>,
    /// The SHA-256 over all rows, in hexadecimal.
    pub sha256: String,
    /// Its tables, those that others point to first.
    pub tables: Vec<TableRows>,
}

/// The rows of one table of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableRows {
    /// Its name.
    pub name: String,
    /// What the values of each line are.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
    /// Its rows in order: a file of the pool each, one JSON array a line.
    pub parts: Vec<Part>,
}

/// A file of the pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its SHA-256, in hexadecimal, which is also its name.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

/// The version of a table that a backup holds, with all before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableVersion {
    /// The dataset.
    pub dataset: String,
    /// The version.
    pub version: u64,
}

/// A file of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Where it was in the store.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// The bytes of everything that it names.
    pub fn bytes(&self) -> u64 {
        let parts = self.catalogue.tables.iter().flat_map(|table| &table.parts).map(|part| part.size);
        parts.chain(self.files.iter().map(|file| file.size)).sum()
    }

    /// The names in the pool of everything that it names.
    pub(crate) fn pool(&self) -> impl Iterator<Item = &str> {
        let parts = self.catalogue.tables.iter().flat_map(|table| &table.parts);
        parts.map(|part| part.sha256.as_str()).chain(self.files.iter().map(|file| file.sha256.as_str()))
    }

    /// Its files by path.
    pub(crate) fn by_path(&self) -> HashMap<&str, &FileEntry> {
        self.files.iter().map(|file| (file.path.as_str(), file)).collect()
    }

    /// Writes it to a place and returns the backup's id: the instant, and the start of the
    /// manifest's own SHA-256.
    pub(crate) async fn write(&self, place: &Place) -> Done<String> {
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        let hash = sha256(&bytes);
        let id = format!("{}-{}", self.at.format("%Y%m%dT%H%M%S%3fZ"), &hash[..12]);
        place.write(&path_of(&id), Bytes::from(bytes)).await?;
        Ok(id)
    }

    /// Reads the manifest of a backup; one that was changed is refused.
    pub(crate) async fn read(place: &Place, id: &str) -> Done<Manifest> {
        let bytes = place.read(&path_of(id)).await?;
        let hash = sha256(&bytes);
        if id.rsplit('-').next() != hash.get(..12) {
            return Err(format!("the manifest of backup `{id}` in {} is damaged", place.name));
        }
        let format = serde_json::from_slice::<serde_json::Value>(&bytes)
            .ok()
            .and_then(|json| json.get("format")?.as_u64());
        if format.is_some_and(|format| format > u64::from(MANIFEST_FORMAT)) {
            return Err(format!("backup `{id}` was made by a later version of the program: use that one"));
        }
        serde_json::from_slice(&bytes).map_err(|error| format!("the manifest of backup `{id}`: {error}"))
    }
}

/// The ids of the backups in a place, oldest first.
pub(crate) async fn ids(place: &Place) -> Done<Vec<String>> {
    let mut ids: Vec<String> = place
        .list("backups")
        .await?
        .iter()
        .filter_map(|object| Some(object.location.filename()?.strip_suffix(".json")?.to_owned()))
        .collect();
    ids.sort();
    Ok(ids)
}

/// Where a file of the pool is.
pub(crate) fn pool_path(sha256: &str) -> Path {
    Path::from(format!("pool/{}/{sha256}", sha256.get(..2).unwrap_or("")))
}

pub(crate) fn path_of(id: &str) -> Path {
    Path::from(format!("backups/{id}.json"))
}
