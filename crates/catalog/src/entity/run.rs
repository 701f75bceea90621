//! Runs: one taking-in of one original, or one execution of a recipe.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

use super::json::{ListJson, PinnedJson};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub dataset: String,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub state: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub original: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub file_name: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub sheets: ListJson,
    #[sea_orm(column_type = "JsonBinary")]
    pub pinned: PinnedJson,
    pub mapping: Option<i32>,
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    pub started_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub version: Option<i64>,
    pub rows: i64,
    pub refused_rows: i64,
    pub refused: i64,
    pub added: i64,
    pub corrected: i64,
    pub unchanged: i64,
    pub missing: i64,
    pub warnings: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub node: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub encodings: Option<String>,
    pub forecast_for: Option<DateTimeUtc>,
    pub forecast_first: Option<DateTimeUtc>,
    pub forecast_last: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
