//! What the store holds: which tables there are, and which objects a table consists of.

use std::collections::HashMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use model::{DatasetId, Version};
use object_store::path::Path;

use crate::log::folder;
use crate::{Error, Lake, coverages};

/// Log entries that are read at the same time.
const ENTRIES_AT_ONCE: usize = 16;

/// What an object of a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A Parquet file of rows, or a raster that the rows name.
    Data,
    /// An entry of the table's log.
    Log,
}

/// An object of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Where it is, from the store's root.
    pub path: Path,
    /// What it is.
    pub kind: ObjectKind,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes in hexadecimal, as recorded when it was written; absent for log
    /// entries, which carry their own, and for files written before checksums were recorded.
    pub sha256: Option<String>,
}

/// See [`Lake::datasets`].
pub(crate) async fn datasets(lake: &Lake) -> Result<Vec<DatasetId>, Error> {
    let listing = lake.inner.store.list_with_delimiter(Some(&Path::from("lake"))).await?;
    let mut found = Vec::new();
    for prefix in listing.common_prefixes {
        let Some(dataset) = prefix.filename().and_then(|name| DatasetId::new(name).ok()) else { continue };
        if lake.inner.tables.table(&dataset).log.has(Version(0)).await? {
            found.push(dataset);
        }
    }
    found.sort();
    Ok(found)
}

/// See [`Lake::files_of`].
pub(crate) async fn files_of(
    lake: &Lake,
    dataset: &DatasetId,
    up_to: Option<Version>,
) -> Result<Vec<StoredObject>, Error> {
    let table = lake.inner.tables.table(dataset);
    let last = match up_to {
        None => table.latest(dataset).await?.position,
        Some(entry) if table.log.has(entry).await? => entry,
        Some(entry) => {
            return Err(Error::NotFound { what: format!("entry {entry} in the log of `{dataset}`") });
        }
    };
    // The listing comes after the version is known, so that it has all of it.
    let there: HashMap<Path, u64> = lake
        .inner
        .store
        .list(Some(&folder(dataset)))
        .map_ok(|object| (object.location, object.size))
        .try_collect()
        .await?;
    let entries = (0..=last.0).map(|number| {
        let table = table.clone();
        async move { table.log.entry(Version(number)).await }
    });
    let mut entries = stream::iter(entries).buffered(ENTRIES_AT_ONCE);
    let (mut data, mut log) = (Vec::new(), Vec::new());
    let mut number = 0;
    while let Some(entry) = entries.try_next().await? {
        let path = table.log.entry_path(Version(number));
        let missing = || Error::internal(format!("`{path}` is missing"));
        let entry = entry.ok_or_else(missing)?;
        let size = *there.get(&path).ok_or_else(missing)?;
        log.push(StoredObject { path, kind: ObjectKind::Log, size, sha256: None });
        for file in entry.change.into_iter().flat_map(|(added, _)| added) {
            // What is no longer there, no version needs that is kept.
            if there.contains_key(&file.path) {
                data.push(StoredObject {
                    path: file.path,
                    kind: ObjectKind::Data,
                    size: file.size,
                    sha256: file.checksums.map(|sums| sums.sha256()),
                });
            }
        }
        number += 1;
    }
    // Rasters are named by their hash, and which version has which stands in the rows: so all go
    // along that are there.
    let rasters: Vec<_> = lake.inner.store.list(Some(&coverages::folder(dataset))).try_collect().await?;
    for object in rasters {
        let sha256 = object.location.filename().and_then(|name| name.strip_suffix(".tif")).map(str::to_owned);
        data.push(StoredObject { path: object.location, kind: ObjectKind::Data, size: object.size, sha256 });
    }
    data.extend(log);
    Ok(data)
}
