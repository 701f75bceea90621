//! What clients of the PostgreSQL protocol prove a password or a key against.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, Table};
use sea_orm_migration::schema::text_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(Table::alter().table("account").add_column(text_null("scram")).to_owned())
            .await?;
        manager.alter_table(Table::alter().table("api_key").add_column(text_null("scram")).to_owned()).await
    }
}
