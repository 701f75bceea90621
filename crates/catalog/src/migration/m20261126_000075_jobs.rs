//! Jobs: recipes that somebody asked to run.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::{text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("job")
                    .col(text("id"))
                    .col(text("process"))
                    .col(text("asker"))
                    .col(text("state"))
                    .col(text("node"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("started_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .col(text_null("run"))
                    .col(text_null("message"))
                    .primary_key(Index::create().col("id"))
                    .to_owned(),
            )
            .await
    }
}
