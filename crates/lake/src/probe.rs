//! Whether the store takes a write, and what its clock says; whether data files look whole.

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use uuid::Uuid;

use crate::originals::INCOMING;
use crate::{Damage, DataFile, Error, Lake, Snapshot};

/// What is written. What a crash leaves of it is removed with unfinished uploads.
const PROBE: &[u8] = b"cuulong";

/// Writes a small object, reads it back and removes it; see [`Lake::probe_write`]. The answer is
/// when the store says that it was written.
pub(crate) async fn probe_write(lake: &Lake) -> Result<DateTime<Utc>, Error> {
    let store = &lake.inner.store;
    let place = Path::from(format!("{INCOMING}/probe-{}", Uuid::now_v7()));
    store.put_opts(&place, PROBE.into(), PutMode::Create.into()).await?;
    let read = async {
        let found = store.get(&place).await?;
        let written_at = found.meta.last_modified;
        let bytes = found.bytes().await?;
        if bytes != PROBE {
            return Err(Error::internal("the store gave back other bytes than it was given"));
        }
        Ok(written_at)
    }
    .await;
    let removed = store.delete(&place).await;
    let written_at = read?;
    removed?;
    Ok(written_at)
}

/// Files that are looked at at the same time.
const AT_ONCE: usize = 8;
/// How a Parquet file ends: the length of its footer, and this.
const MAGIC: &[u8] = b"PAR1";

/// Looks at the files of a version; see [`Lake::look_over`].
pub(crate) async fn look_over(lake: &Lake, snapshot: &Snapshot) -> Result<Vec<Damage>, Error> {
    let looked = snapshot.files().iter().map(|file| look(&*lake.inner.store, file));
    let damaged: Vec<Option<Damage>> = stream::iter(looked).buffered(AT_ONCE).try_collect().await?;
    Ok(damaged.into_iter().flatten().collect())
}

async fn look(store: &dyn ObjectStore, file: &DataFile) -> Result<Option<Damage>, Error> {
    let told = |detail: &str| Some(Damage { path: file.path.to_string(), detail: detail.to_owned() });
    match store.head(&file.path).await {
        Ok(meta) if meta.size != file.size => {
            return Ok(told(&format!("it has {} bytes of {}", meta.size, file.size)));
        }
        Ok(_) => {}
        Err(object_store::Error::NotFound { .. }) => return Ok(told("it is missing")),
        Err(error) => return Err(error.into()),
    }
    // What is read is compared with its checksums.
    let read = async |from: u64| match store.get_range(&file.path, from..file.size).await {
        Ok(bytes) => Ok(Ok(bytes)),
        Err(error) => match Error::from(error) {
            Error::Damaged(damage) => Ok(Err(damage)),
            other => Err(other),
        },
    };
    let end = match read(file.size.saturating_sub(8)).await? {
        Ok(end) => end,
        Err(damage) => return Ok(Some(damage)),
    };
    let length = end.first_chunk::<4>().map(|length| u64::from(u32::from_le_bytes(*length)));
    match length.filter(|length| end.ends_with(MAGIC) && length + 8 < file.size) {
        Some(length) => Ok(read(file.size - 8 - length).await?.err()),
        None => Ok(told("it does not end as a Parquet file does")),
    }
}
