//! What clients say of places, procedures, properties and datastreams beyond what the model knows.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, Index, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::text;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("description")
                    .col(text("subject"))
                    .col(text("words"))
                    .primary_key(Index::create().col("subject"))
                    .to_owned(),
            )
            .await
    }
}
