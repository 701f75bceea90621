//! Whether the catalogue takes writes.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};

use crate::entity::setting;
use crate::{Catalog, Error};

/// The setting that a probe writes, one for all probes.
const PROBE: &str = "probe.write";

impl Catalog {
    /// Writes a row and commits it, as every other write does. The row is always the same one, so
    /// that nothing grows.
    pub async fn probe_write(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let value = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let row = setting::ActiveModel { name: Set(PROBE.to_owned()), value: Set(value) };
        let replace =
            OnConflict::column(setting::Column::Name).update_column(setting::Column::Value).to_owned();
        setting::Entity::insert(row).on_conflict(replace).exec_without_returning(&write.tx).await?;
        write.commit().await
    }
}
