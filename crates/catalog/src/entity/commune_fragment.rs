//! Parts of old communes that have no code.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, Date, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "commune_fragment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub name: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub district: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub province: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub to_place: String,
    pub effective: Date,
    #[sea_orm(column_type = "Text")]
    pub flag: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
