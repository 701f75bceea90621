//! What was told of a dataset since an instant, until the next.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};

use super::json::TextJson;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dataset_told")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub dataset: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub since: DateTimeUtc,
    #[sea_orm(column_type = "Text")]
    pub agency: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub title: TextJson,
    #[sea_orm(column_type = "JsonBinary")]
    pub description: TextJson,
    #[sea_orm(column_type = "Text")]
    pub theme: String,
    #[sea_orm(column_type = "Text")]
    pub licence: String,
    #[sea_orm(column_type = "Text")]
    pub access: String,
    #[sea_orm(column_type = "Text")]
    pub source: String,
    pub synthetic: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
