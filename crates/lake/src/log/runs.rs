//! Which runs a table's log holds and which versions it keeps, read once when the table is opened.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{RunId, Version};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use super::{HORIZON, TableLog};
use crate::Error;

/// Entries that are read at the same time.
const ENTRIES_AT_ONCE: usize = 16;

/// What a log holds beside files.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The version of every run.
    pub(crate) runs: HashMap<RunId, Version>,
    /// The first version that is kept, when earlier ones have been given up.
    pub(crate) horizon: Option<Version>,
}

impl TableLog {
    /// The version of every run that is committed up to a version, and the first version that is kept:
    /// those of the last checkpoint, and of the entries since.
    pub(crate) async fn held(&self, up_to: Version) -> Result<Held, Error> {
        let mut held = Held::default();
        let mut first = 1;
        if let Some((checkpoint, bytes)) = self.checkpoint(up_to).await? {
            held = in_checkpoint(bytes)?;
            first = checkpoint.0 + 1;
        }
        let mut entries = Vec::new();
        for version in first..=up_to.0 {
            entries.push(self.entry(Version(version)));
        }
        let entries: Vec<_> = stream::iter(entries).buffered(ENTRIES_AT_ONCE).try_collect().await?;
        for (version, entry) in (first..).zip(entries) {
            let Some(entry) = entry else { continue };
            held.horizon = held.horizon.max(entry.horizon);
            if let Some(run) = entry.run {
                held.runs.insert(run, Version(version));
            }
        }
        Ok(held)
    }

    /// The last checkpoint, if there is one and it is not too late.
    async fn checkpoint(&self, up_to: Version) -> Result<Option<(Version, Bytes)>, Error> {
        let store = self.store.object_store(None);
        let Some(hint) = found(store.get(&Path::from("_delta_log/_last_checkpoint")).await)? else {
            return Ok(None);
        };
        let hint: Value = serde_json::from_slice(&hint.bytes().await?).unwrap_or_default();
        let version = hint.get("version").and_then(Value::as_u64).filter(|version| *version <= up_to.0);
        let Some(version) = version else { return Ok(None) };
        let path = Path::from(format!("_delta_log/{version:020}.checkpoint.parquet"));
        // Without it, as when it is in parts, all entries are read: they never expire.
        let Some(checkpoint) = found(store.get(&path).await)? else { return Ok(None) };
        Ok(Some((Version(version), checkpoint.bytes().await?)))
    }
}

fn found<T>(answer: object_store::Result<T>) -> Result<Option<T>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The `txn` actions of a checkpoint.
fn in_checkpoint(bytes: Bytes) -> Result<Held, Error> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), ["txn.appId", "txn.version"]);
    let mut held = Held::default();
    for batch in builder.with_projection(mask).build()? {
        let batch = batch?;
        let Some(transactions) = batch.column_by_name("txn").and_then(|column| column.as_struct_opt()) else {
            continue;
        };
        let of = |name: &str| {
            transactions
                .column_by_name(name)
                .ok_or_else(|| Error::internal(format!("a checkpoint has no `txn.{name}`")))
        };
        let (ids, versions) = (of("appId")?, of("version")?);
        let versions = versions
            .as_primitive_opt::<Int64Type>()
            .ok_or_else(|| Error::internal("a checkpoint's `txn.version` is no number"))?;
        let ids = ids
            .as_string_opt::<i32>()
            .ok_or_else(|| Error::internal("a checkpoint's `txn.appId` is no text"))?;
        for row in (0..batch.num_rows()).filter(|row| transactions.is_valid(*row)) {
            let Ok(version) = u64::try_from(versions.value(row)).map(Version) else { continue };
            if ids.value(row) == HORIZON {
                held.horizon = held.horizon.max(Some(version));
            } else if let Ok(run) = RunId::new(ids.value(row)) {
                held.runs.insert(run, version);
            }
        }
    }
    Ok(held)
}
