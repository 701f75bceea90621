//! Originals: what is known of the files that were received, beside their bytes in the lake.

use chrono::{DateTime, Utc};
use model::OriginalHash;
use sea_orm::{EntityTrait, IntoActiveModel, TryInsertResult};

use crate::entity::original;
use crate::row::{count, int, micros, stored};
use crate::{Catalog, Error};

/// A file as it was received first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalInfo {
    /// Its SHA-256, under which the lake keeps it.
    pub hash: OriginalHash,
    /// Its bytes.
    pub size: u64,
    /// The name under which it was handed in first.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// When it was received first.
    pub received_at: DateTime<Utc>,
}

impl Catalog {
    /// Records a received file. The same bytes again change nothing, under whatever name.
    pub async fn record_original(
        &self,
        hash: &OriginalHash,
        size: u64,
        file_name: &str,
        media_type: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let row = original::Model {
            hash: hash.to_string(),
            size: int(size),
            file_name: file_name.replace('\0', "\u{fffd}"),
            media_type: media_type.replace('\0', "\u{fffd}"),
            received_at: micros(now),
        };
        let write = self.write(&[]).await?;
        let insert = original::Entity::insert(row.into_active_model())
            .on_conflict_do_nothing_on([original::Column::Hash]);
        match insert.exec_without_returning(&write.tx).await? {
            TryInsertResult::Empty | TryInsertResult::Conflicted | TryInsertResult::Inserted(_) => {}
        }
        write.commit().await
    }

    /// What is known of a file.
    pub async fn original(&self, hash: &OriginalHash) -> Result<Option<OriginalInfo>, Error> {
        let row = original::Entity::find_by_id(hash.as_str()).one(self.reader()).await?;
        row.map(from_row).transpose()
    }
}

fn from_row(row: original::Model) -> Result<OriginalInfo, Error> {
    Ok(OriginalInfo {
        hash: stored("SHA-256", &row.hash, OriginalHash::new(&row.hash))?,
        size: count("size of an original", row.size)?,
        file_name: row.file_name,
        media_type: row.media_type,
        received_at: row.received_at,
    })
}
