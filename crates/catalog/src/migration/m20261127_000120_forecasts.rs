//! The forecast that a run's file holds: the instant it was made for, and the times it speaks of.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::timestamp_with_time_zone_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in ["forecast_for", "forecast_first", "forecast_last"] {
            let column = timestamp_with_time_zone_null(column);
            manager.alter_table(Table::alter().table("run").add_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
