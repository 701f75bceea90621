//! Datasets, who may read them, where they come from and how their files are read.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_pk_auto, boolean, integer, json_binary, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("dataset")
                    .col(text("id"))
                    .col(text("kind"))
                    .col(text("agency"))
                    .col(json_binary("title"))
                    .col(json_binary("description"))
                    .col(text("theme"))
                    .col(text("licence"))
                    .col(text("access"))
                    .col(text("source"))
                    .col(boolean("synthetic"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(text("search"))
                    .primary_key(Index::create().col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset", "agency")
                            .to("agency", "id")
                            .on_delete(ForeignKeyAction::Restrict),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("dataset_agency").table("dataset").col("agency").to_owned())
            .await?;
        manager
            .create_index(Index::create().name("dataset_access").table("dataset").col("access").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("dataset_grant")
                    .col(big_pk_auto("id"))
                    .col(text("dataset"))
                    .col(text_null("account"))
                    .col(text_null("agency"))
                    .col(text("level"))
                    .col(json_binary("rows"))
                    .col(timestamp_with_time_zone_null("expires_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_grant", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_grant", "account")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_grant", "agency")
                            .to("agency", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("dataset_grant_dataset")
                    .table("dataset_grant")
                    .col("dataset")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("dataset_grant_account")
                    .table("dataset_grant")
                    .col("account")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("dataset_grant_agency").table("dataset_grant").col("agency").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("source")
                    .col(text("id"))
                    .col(text("dataset"))
                    .col(text("kind"))
                    .col(json_binary("name"))
                    .col(text_null("location"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("source", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("source_dataset").table("source").col("dataset").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("mapping")
                    .col(text("dataset"))
                    .col(integer("number"))
                    .col(text("text"))
                    .col(text_null("account"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("dataset").col("number"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("mapping", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        Ok(())
    }
}
