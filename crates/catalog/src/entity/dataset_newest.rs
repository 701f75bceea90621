//! The newest version of each dataset, and the times that its results lie in.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dataset_newest")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub dataset: String,
    pub version: i64,
    pub total: i64,
    pub committed_at: DateTimeUtc,
    /// Microseconds since 1970; absent until a reader of this version has noted it.
    #[sea_orm(nullable)]
    pub first_time: Option<i64>,
    /// Microseconds since 1970; absent until a reader of this version has noted it.
    #[sea_orm(nullable)]
    pub last_time: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
