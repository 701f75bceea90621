//! Versions of datasets: one commit of the table each.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

use super::json::PinnedJson;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dataset_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub dataset: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    #[sea_orm(column_type = "Text")]
    pub run: String,
    pub committed_at: DateTimeUtc,
    #[sea_orm(column_type = "Text", nullable)]
    pub committed_by: Option<String>,
    pub added: i64,
    pub corrected: i64,
    pub total: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub pinned: PinnedJson,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
