//! Plausible ranges of a property at one place.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plausible_range")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub property: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub place: String,
    #[sea_orm(column_type = "Double", nullable)]
    pub min: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub max: Option<f64>,
    #[sea_orm(column_type = "Text")]
    pub source: String,
    #[sea_orm(column_type = "Text")]
    pub confidence: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
