//! Whether the store takes a write, and what its clock says.

use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode};
use uuid::Uuid;

use crate::originals::INCOMING;
use crate::{Error, Lake};

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
