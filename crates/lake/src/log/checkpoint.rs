//! Checkpoints: summaries of a log, so that it need not be read from its beginning. They can be made
//! anew at any time, so one that is damaged is removed.

use futures::stream::TryStreamExt;
use model::Version;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::pack::PackRule;
use super::{TableLog, folder};
use crate::Error;
use crate::checksum::sha256;

/// A checkpoint is written after so many commits.
const EVERY: u64 = 100;
/// So many checkpoints are kept, the newest ones,
const KEPT: usize = 3;
/// and every one whose position is a multiple of this: an old version is replayed from the last one
/// before it.
const KEPT_EVERY: u64 = 10_000;
const END: &str = ".checkpoint.parquet";

impl TableLog {
    /// Writes a checkpoint in the background when one is due: commits do not wait for it, and stand
    /// whether or not it succeeds.
    pub(crate) fn checkpoint_if_due(&self, position: Version) {
        if position.0 == 0 || !position.0.is_multiple_of(EVERY) {
            return;
        }
        let log = self.clone();
        tokio::spawn(async move {
            if let Err(error) = log.checkpoint_at(position).await {
                tracing::warn!(dataset = %log.dataset, position = position.0, %error, "no checkpoint was written");
            } else if let Err(error) = log.pack(&PackRule::default()).await {
                tracing::warn!(dataset = %log.dataset, %error, "old entries of the log were not packed");
            }
        });
    }

    async fn checkpoint_at(&self, position: Version) -> Result<(), Error> {
        let mut table = deltalake_core::DeltaTable::new(self.store.clone());
        table.load_version(position.0).await?;
        deltalake_core::checkpoints::create_checkpoint(&table, None).await?;
        let store = self.store.object_store(None);
        let path = checkpoint(position);
        let bytes = store.get(&path).await?.bytes().await?;
        store.put(&sum_of(&path), sha256(&bytes).into_bytes().into()).await?;
        // Of older ones a few are enough: versions before them are replayed from the entries.
        let mut there = self.checkpoints().await?;
        there.sort_unstable();
        for old in there.iter().rev().skip(KEPT).filter(|old| !old.0.is_multiple_of(KEPT_EVERY)) {
            self.forget_checkpoint(*old).await?;
        }
        Ok(())
    }

    /// The checkpoints in the store.
    async fn checkpoints(&self) -> Result<Vec<Version>, Error> {
        let mut found = Vec::new();
        let plain = self.packed.plain();
        let mut objects = plain.list(Some(&folder(&self.dataset).join("_delta_log")));
        while let Some(object) = objects.try_next().await? {
            let number = object.location.filename().and_then(|name| name.strip_suffix(END));
            found.extend(number.and_then(|number| number.parse().ok()).map(Version));
        }
        Ok(found)
    }

    /// The checkpoint that a replay up to a version would begin with, once its checksum is right;
    /// those that are damaged are removed, so that the replay begins earlier.
    pub(super) async fn trusted_checkpoint(
        &self,
        version: Option<Version>,
    ) -> Result<Option<Version>, Error> {
        let mut there = self.checkpoints().await?;
        there.retain(|at| version.is_none_or(|last| *at <= last));
        there.sort_unstable();
        let store = self.store.object_store(None);
        while let Some(at) = there.pop() {
            let path = checkpoint(at);
            let recorded = match store.get(&sum_of(&path)).await {
                Ok(found) => Some(found.bytes().await?),
                // Of the first format, or cut off between the two.
                Err(object_store::Error::NotFound { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            let bytes = store.get(&path).await?.bytes().await?;
            if recorded.is_none_or(|sum| sum == sha256(&bytes).as_bytes()) {
                return Ok(Some(at));
            }
            tracing::warn!(dataset = %self.dataset, checkpoint = at.0, "a damaged checkpoint is removed; the log is replayed without it");
            self.forget_checkpoint(at).await?;
        }
        Ok(None)
    }

    async fn forget_checkpoint(&self, at: Version) -> Result<(), Error> {
        let store = self.store.object_store(None);
        let path = checkpoint(at);
        let hint = Path::from("_delta_log/_last_checkpoint");
        let named = match store.get(&hint).await {
            Ok(found) => {
                let hint: serde_json::Value =
                    serde_json::from_slice(&found.bytes().await?).unwrap_or_default();
                hint.get("version").and_then(serde_json::Value::as_u64) == Some(at.0)
            }
            Err(object_store::Error::NotFound { .. }) => false,
            Err(error) => return Err(error.into()),
        };
        let first = named.then_some(hint);
        for gone in first.into_iter().chain([path.clone(), sum_of(&path)]) {
            match store.delete(&gone).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn checkpoint(at: Version) -> Path {
    Path::from(format!("_delta_log/{:020}{END}", at.0))
}

/// Where a checkpoint's checksum is; a name that readers of the log pass over.
fn sum_of(checkpoint: &Path) -> Path {
    Path::from(format!("{checkpoint}.sha256"))
}
