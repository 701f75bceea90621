//! Drafts of runs: the mapping under which a file is being looked at, and what came of it.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{text, text_null, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("draft")
                    .col(text("run"))
                    .col(text_null("mapping"))
                    .col(text("report"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .primary_key(Index::create().col("run"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("draft", "run")
                            .to("run", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }
}
