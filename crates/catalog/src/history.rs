//! How long a dataset's versions are promised to stay readable, and which ones something refers to.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use model::{DatasetId, Version};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, QuerySelect, Set};
use wording::told;

use crate::entity::json::PinnedJson;
use crate::entity::{dataset_version, run, setting};
use crate::{AuditEntry, Catalog, Error};

/// The shortest promise: reads under way, backups and products being made are over by then.
const LEAST_DAYS: u32 = 7;

fn name(dataset: &DatasetId) -> String {
    format!("keep_history.{dataset}")
}

impl Catalog {
    /// For how many days the dataset can be read as it was known; for ever when absent.
    pub async fn keep_history(&self, dataset: &DatasetId) -> Result<Option<u32>, Error> {
        let row = setting::Entity::find_by_id(name(dataset)).one(self.reader()).await?;
        let Some(row) = row.filter(|row| row.value != "forever") else { return Ok(None) };
        row.value.parse().map(Some).map_err(|_| Error::stored("days of history", &row.value))
    }

    /// Promises to keep the dataset's history for so many days, or for ever. Who promised is in the
    /// audit chain.
    pub async fn set_keep_history(
        &self,
        dataset: &DatasetId,
        days: Option<u32>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if self.dataset(dataset).await?.is_none() {
            return Err(Error::not_found("dataset", dataset));
        }
        if days.is_some_and(|days| days < LEAST_DAYS) {
            return Err(Error::invalid(
                told!(
                    "catalog-history-kept-days-least",
                    "history is kept for {least_days} days at least",
                    least_days = LEAST_DAYS
                ),
                told!("catalog-promise-more-days-keep-ever", "promise more days, or to keep it for ever"),
            ));
        }
        let value = days.map_or_else(|| "forever".to_owned(), |days| days.to_string());
        self.append_audit(AuditEntry {
            at: now,
            actor: by.to_owned(),
            action: "history.promised".to_owned(),
            subject: format!("dataset:{dataset}"),
            detail: format!("days: {value}"),
        })
        .await?;
        let write = self.write(&[]).await?;
        let row = setting::ActiveModel { name: Set(name(dataset)), value: Set(value) };
        let replace =
            OnConflict::column(setting::Column::Name).update_column(setting::Column::Value).to_owned();
        setting::Entity::insert(row).on_conflict(replace).exec_without_returning(&write.tx).await?;
        write.commit().await
    }

    /// The versions of a dataset that products were made from, in order.
    pub async fn pinned_versions(&self, dataset: &DatasetId) -> Result<Vec<Version>, Error> {
        let of_versions = dataset_version::Entity::find()
            .select_only()
            .column(dataset_version::Column::Pinned)
            .into_tuple::<PinnedJson>()
            .all(self.reader())
            .await?;
        let of_runs = run::Entity::find()
            .select_only()
            .column(run::Column::Pinned)
            .into_tuple::<PinnedJson>()
            .all(self.reader())
            .await?;
        let mut pinned = BTreeSet::new();
        for pins in of_versions.into_iter().chain(of_runs) {
            let pins: Vec<(DatasetId, Version)> = pins.try_into()?;
            pinned.extend(pins.into_iter().filter(|(of, _)| of == dataset).map(|(_, version)| version));
        }
        Ok(pinned.into_iter().collect())
    }
}
