//! Mappings: how files of a dataset are read, each text numbered.

use chrono::{DateTime, Utc};
use model::{DatasetId, UserId};
use sea_orm::IntoActiveModel;
use wording::{Phrase, phrase};

use crate::entity::mapping;
use crate::numbered::{Numbered, Row, Text};
use crate::{Catalog, Error};

impl Numbered for mapping::Entity {
    const TOO_LONG: [Phrase; 2] = [
        phrase!("catalog-mapping-too-long", "the mapping is longer than 1 MiB"),
        phrase!("catalog-mapping-page-toml", "a mapping is a page of TOML"),
    ];
    const NUMBER: &'static str = "number of a mapping";
    const COLUMNS: [mapping::Column; 2] = [mapping::Column::Dataset, mapping::Column::Number];

    fn text(row: mapping::Model) -> Text {
        Text { number: row.number, text: row.text }
    }

    fn row(row: Row) -> mapping::ActiveModel {
        let Row { dataset, number, text, account, created_at } = row;
        mapping::Model { dataset, number, text, account, created_at }.into_active_model()
    }
}

impl Catalog {
    /// Saves a mapping and returns its number; the same text as the latest is not saved again.
    pub async fn save_mapping(
        &self,
        dataset: &DatasetId,
        text: &str,
        user: Option<&UserId>,
        now: DateTime<Utc>,
    ) -> Result<u32, Error> {
        self.save_numbered::<mapping::Entity>(dataset, text, user, now).await
    }

    /// A mapping of a dataset by its number, or the latest, with its number.
    pub async fn mapping(
        &self,
        dataset: &DatasetId,
        wanted: Option<u32>,
    ) -> Result<Option<(u32, String)>, Error> {
        self.numbered::<mapping::Entity>(dataset, wanted).await
    }
}
