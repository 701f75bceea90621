//! Observed properties and indicators.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use super::json::{ListJson, TextJson};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "property")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub code: String,
    #[sea_orm(column_type = "Text")]
    pub sector: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub name: TextJson,
    #[sea_orm(column_type = "JsonBinary")]
    pub aliases: ListJson,
    #[sea_orm(column_type = "Text")]
    pub unit: String,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    #[sea_orm(column_type = "Double", nullable)]
    pub plausible_min: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub plausible_max: Option<f64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub statistic: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub cf_standard_name: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub confidence: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
