//! What is told of a run that withdraws another or tests values again.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_note")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub run: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub withdraws: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub removed: i64,
    pub restored: i64,
    pub kept: i64,
    pub flagged: i64,
    pub quality: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
