//! The limits of the quality tests that a dataset has of its own, each text numbered.

use chrono::{DateTime, Utc};
use model::{DatasetId, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entity::{dataset, quality_setting};
use crate::row::{coded, micros};
use crate::{Catalog, Error};

/// The longest text of limits that is stored.
const MAX_BYTES: usize = 1 << 20;

impl Catalog {
    /// Saves the limits of a dataset and returns their number; the same text as the latest is not saved
    /// again.
    pub async fn save_quality_settings(
        &self,
        dataset: &DatasetId,
        text: &str,
        user: Option<&UserId>,
        now: DateTime<Utc>,
    ) -> Result<u32, Error> {
        if text.len() > MAX_BYTES {
            return Err(Error::invalid("the limits are longer than 1 MiB", "limits are a few pages of TOML"));
        }
        let write = self.write(&[]).await?;
        // The dataset's row is locked, so that two savers take two numbers.
        let locked = dataset::Entity::find_by_id(dataset.as_str()).lock_exclusive().one(&write.tx).await?;
        if locked.is_none() {
            return Err(Error::not_found("dataset", dataset));
        }
        let latest = find(dataset, None, &write.tx).await?;
        if let Some(latest) = &latest
            && latest.text == text
        {
            return number(latest.number);
        }
        let row = quality_setting::Model {
            dataset: dataset.to_string(),
            number: latest.map_or(1, |latest| latest.number + 1),
            text: text.to_owned(),
            account: user.map(ToString::to_string),
            created_at: micros(now),
        };
        let saved = number(row.number)?;
        quality_setting::Entity::insert(row.into_active_model()).exec_without_returning(&write.tx).await?;
        write.commit().await?;
        Ok(saved)
    }

    /// The limits of a dataset by their number, or the latest, with their number.
    pub async fn quality_settings(
        &self,
        dataset: &DatasetId,
        wanted: Option<u32>,
    ) -> Result<Option<(u32, String)>, Error> {
        let found = find(dataset, wanted, self.reader()).await?;
        found.map(|row| Ok((number(row.number)?, row.text))).transpose()
    }
}

async fn find(
    dataset: &DatasetId,
    wanted: Option<u32>,
    db: &impl ConnectionTrait,
) -> Result<Option<quality_setting::Model>, Error> {
    let mut query = quality_setting::Entity::find()
        .filter(quality_setting::Column::Dataset.eq(dataset.as_str()))
        .order_by_desc(quality_setting::Column::Number)
        .limit(1);
    if let Some(wanted) = wanted {
        let Ok(wanted) = i32::try_from(wanted) else { return Ok(None) };
        query = query.filter(quality_setting::Column::Number.eq(wanted));
    }
    Ok(query.one(db).await?)
}

fn number(stored: i32) -> Result<u32, Error> {
    coded("number of a dataset's limits", &stored.to_string(), u32::try_from(stored).ok())
}
