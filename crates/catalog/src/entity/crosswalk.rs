//! How places passed into others.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, Date, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crosswalk")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub from_place: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub to_place: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub effective: Date,
    #[sea_orm(column_type = "Double", nullable)]
    pub share_area: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub share_population: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub weight_area_km2: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub weight_population: Option<f64>,
    #[sea_orm(column_type = "Text")]
    pub source: String,
    #[sea_orm(column_type = "Text")]
    pub confidence: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
