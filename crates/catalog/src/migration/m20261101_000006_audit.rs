//! The audit chain and its head, marks of change, and settings.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, Index, MigrationTrait, Query, SchemaManager, Table,
};
use sea_orm_migration::schema::{big_integer, integer, text, timestamp_with_time_zone};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("audit_entry")
                    .col(big_integer("number"))
                    .col(timestamp_with_time_zone("at"))
                    .col(text("actor"))
                    .col(text("action"))
                    .col(text("subject"))
                    .col(text("detail"))
                    .col(text("hash"))
                    .primary_key(Index::create().col("number"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("audit_entry_actor").table("audit_entry").col("actor").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("audit_entry_subject").table("audit_entry").col("subject").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("audit_head")
                    .col(integer("id"))
                    .col(big_integer("number"))
                    .col(text("hash"))
                    .primary_key(Index::create().col("id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("change_mark")
                    .col(text("topic"))
                    .col(big_integer("number"))
                    .primary_key(Index::create().col("topic"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("setting")
                    .col(text("name"))
                    .col(text("value"))
                    .primary_key(Index::create().col("name"))
                    .to_owned(),
            )
            .await?;
        let head = Query::insert()
            .into_table("audit_head")
            .columns(["id", "number", "hash"])
            .values_panic([1.into(), 0_i64.into(), "".into()])
            .to_owned();
        manager.execute(head).await?;
        for topic in ["access", "datastreams", "people", "reference"] {
            let mark = Query::insert()
                .into_table("change_mark")
                .columns(["topic", "number"])
                .values_panic([topic.into(), 0_i64.into()])
                .to_owned();
            manager.execute(mark).await?;
        }
        Ok(())
    }
}
