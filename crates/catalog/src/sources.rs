//! Sources: where the data of a dataset come from.

use chrono::{DateTime, Utc};
use model::{DatasetId, Text};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use wording::told;

use crate::entity::source;
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error};

/// How data come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// Files are handed in.
    Upload,
    /// The node fetches them on a schedule.
    Harvest,
    /// They stay where they are and are read live.
    Federation,
    /// People send in readings.
    Contribution,
    /// A recipe makes them from other datasets.
    Recipe,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [SourceKind; 5] = [
        SourceKind::Upload,
        SourceKind::Harvest,
        SourceKind::Federation,
        SourceKind::Contribution,
        SourceKind::Recipe,
    ];

    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            SourceKind::Upload => "upload",
            SourceKind::Harvest => "harvest",
            SourceKind::Federation => "federation",
            SourceKind::Contribution => "contribution",
            SourceKind::Recipe => "recipe",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<SourceKind> {
        SourceKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Where the data of a dataset come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id: a recipe's folder name, or any other short name.
    pub id: String,
    /// The dataset that it fills.
    pub dataset: DatasetId,
    /// How the data come in.
    pub kind: SourceKind,
    /// Its names.
    pub name: Text,
    /// Where it is: an address, a path, a recipe's id. Never with a secret in it.
    pub location: Option<String>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

impl Catalog {
    /// Adds a source, or changes it.
    pub async fn put_source(&self, source: &Source) -> Result<(), Error> {
        if source.id.is_empty() || source.id.len() > 200 {
            return Err(Error::invalid(
                told!("catalog-id-source-empty-too-long", "the id of a source is empty or too long"),
                told!("catalog-take-1-to-200-bytes", "take 1 to 200 bytes"),
            ));
        }
        let write = self.write(&[]).await?;
        let row = to_row(source).into_active_model().reset_all();
        let there = source::Entity::find_by_id(source.id.as_str()).one(&write.tx).await?.is_some();
        let outcome = if there { row.update(&write.tx).await } else { row.insert(&write.tx).await };
        outcome.map_err(|error| {
            Error::writing(
                error,
                told!("catalog-source", "source `{id}`", id = source.id),
                format!("dataset `{}`", source.dataset),
            )
        })?;
        write.commit().await
    }

    /// The sources of a dataset, by id.
    pub async fn sources(&self, dataset: &DatasetId) -> Result<Vec<Source>, Error> {
        let rows = source::Entity::find()
            .filter(source::Column::Dataset.eq(dataset.as_str()))
            .order_by_asc(source::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(from_row).collect()
    }
}

fn to_row(source: &Source) -> source::Model {
    source::Model {
        id: source.id.clone(),
        dataset: source.dataset.to_string(),
        kind: source.kind.code().to_owned(),
        name: (&source.name).into(),
        location: source.location.clone(),
        created_at: micros(source.created_at),
    }
}

fn from_row(row: source::Model) -> Result<Source, Error> {
    Ok(Source {
        id: row.id,
        dataset: stored("dataset id", &row.dataset, DatasetId::new(&row.dataset))?,
        kind: coded("kind of source", &row.kind, SourceKind::from_code(&row.kind))?,
        name: row.name.into(),
        location: row.location,
        created_at: row.created_at,
    })
}
