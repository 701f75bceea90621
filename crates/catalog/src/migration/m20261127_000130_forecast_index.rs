//! An index by which the forecasts of a dataset are found: a model that runs every hour makes thousands a year.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                Index::create()
                    .name("run_dataset_forecast_for")
                    .table("run")
                    .col("dataset")
                    .col("forecast_for")
                    .to_owned(),
            )
            .await
    }
}
