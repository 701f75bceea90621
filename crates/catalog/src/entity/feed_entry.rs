//! What happened to a dataset, in its place in the feed.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Text")]
    pub dataset: String,
    pub version: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub run: Option<String>,
    pub at: DateTimeUtc,
    #[sea_orm(column_type = "Text", nullable)]
    pub audience: Option<String>,
    pub added: Option<i64>,
    pub corrected: Option<i64>,
    pub total: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
