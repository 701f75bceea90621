//! The limits of the quality tests that a dataset has of its own, each text numbered.

use chrono::{DateTime, Utc};
use model::{DatasetId, UserId};
use sea_orm::IntoActiveModel;
use wording::{Phrase, phrase};

use crate::entity::quality_setting;
use crate::numbered::{Numbered, Row, Text};
use crate::{Catalog, Error};

impl Numbered for quality_setting::Entity {
    const TOO_LONG: [Phrase; 2] = [
        phrase!("catalog-limits-too-long", "the text of limits is longer than 1 MiB"),
        phrase!("catalog-limits-few-pages-toml", "limits are a few pages of TOML"),
    ];
    const NUMBER: &'static str = "number of a dataset's limits";
    const COLUMNS: [quality_setting::Column; 2] =
        [quality_setting::Column::Dataset, quality_setting::Column::Number];

    fn text(row: quality_setting::Model) -> Text {
        Text { number: row.number, text: row.text }
    }

    fn row(row: Row) -> quality_setting::ActiveModel {
        let Row { dataset, number, text, account, created_at } = row;
        quality_setting::Model { dataset, number, text, account, created_at }.into_active_model()
    }
}

impl Catalog {
    /// Saves the limits of a dataset and returns their number; the same text as the latest is not saved again.
    pub async fn save_quality_settings(
        &self,
        dataset: &DatasetId,
        text: &str,
        user: Option<&UserId>,
        now: DateTime<Utc>,
    ) -> Result<u32, Error> {
        self.save_numbered::<quality_setting::Entity>(dataset, text, user, now).await
    }

    /// The limits of a dataset by their number, or the latest, with their number.
    pub async fn quality_settings(
        &self,
        dataset: &DatasetId,
        wanted: Option<u32>,
    ) -> Result<Option<(u32, String)>, Error> {
        self.numbered::<quality_setting::Entity>(dataset, wanted).await
    }
}
