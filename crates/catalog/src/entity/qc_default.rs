//! Default limits of the quality tests; lengths of time in seconds.

use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait, EnumIter,
    PrimaryKeyTrait,
};

use super::json::ListJson;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "qc_default")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub property: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub station_class: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub interval_s: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub stations: ListJson,
    #[sea_orm(column_type = "Double")]
    pub gross_fail_min: f64,
    #[sea_orm(column_type = "Double")]
    pub gross_fail_max: f64,
    #[sea_orm(column_type = "Double")]
    pub suspect_min: f64,
    #[sea_orm(column_type = "Double")]
    pub suspect_max: f64,
    #[sea_orm(column_type = "Double", nullable)]
    pub spike_suspect: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub spike_fail: Option<f64>,
    pub rate_period_s: i64,
    #[sea_orm(column_type = "Double", nullable)]
    pub rate_suspect: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub rate_fail: Option<f64>,
    #[sea_orm(column_type = "Double", nullable)]
    pub flat_tolerance: Option<f64>,
    pub flat_suspect_s: Option<i64>,
    pub flat_fail_s: Option<i64>,
    pub gap_suspect_s: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub neighbour: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub unit: String,
    #[sea_orm(column_type = "Text")]
    pub source: String,
    #[sea_orm(column_type = "Text")]
    pub confidence: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
