//! Originals, runs, their findings, and the versions that they made.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, integer_null, json_binary, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("original")
                    .col(text("hash"))
                    .col(big_integer("size"))
                    .col(text("file_name"))
                    .col(text("media_type"))
                    .col(timestamp_with_time_zone("received_at"))
                    .primary_key(Index::create().col("hash"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("run")
                    .col(text("id"))
                    .col(text("dataset"))
                    .col(text("kind"))
                    .col(text("state"))
                    .col(text_null("original"))
                    .col(text("file_name"))
                    .col(json_binary("sheets"))
                    .col(json_binary("pinned"))
                    .col(integer_null("mapping"))
                    .col(text_null("account"))
                    .col(timestamp_with_time_zone("started_at"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .col(big_integer_null("version"))
                    .col(big_integer("rows"))
                    .col(big_integer("refused_rows"))
                    .col(big_integer("refused"))
                    .col(big_integer("added"))
                    .col(big_integer("corrected"))
                    .col(big_integer("unchanged"))
                    .col(big_integer("missing"))
                    .col(big_integer("warnings"))
                    .col(text_null("error"))
                    .primary_key(Index::create().col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("run", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("run_dataset_started_at")
                    .table("run")
                    .col("dataset")
                    .col("started_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("run_started_at").table("run").col("started_at").to_owned())
            .await?;
        manager.create_index(Index::create().name("run_state").table("run").col("state").to_owned()).await?;
        manager
            .create_table(
                Table::create()
                    .table("finding")
                    .col(text("run"))
                    .col(big_integer("number"))
                    .col(text("severity"))
                    .col(text("code"))
                    .col(integer("sheet"))
                    .col(big_integer("sheet_row"))
                    .col(integer("sheet_column"))
                    .col(text("column_name"))
                    .col(text("value"))
                    .col(text("expected"))
                    .primary_key(Index::create().col("run").col("number"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("finding", "run")
                            .to("run", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("dataset_version")
                    .col(text("dataset"))
                    .col(big_integer("version"))
                    .col(text("run"))
                    .col(timestamp_with_time_zone("committed_at"))
                    .col(text_null("committed_by"))
                    .col(big_integer("added"))
                    .col(big_integer("corrected"))
                    .col(big_integer("total"))
                    .col(json_binary("pinned"))
                    .primary_key(Index::create().col("dataset").col("version"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_version", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_version", "run")
                            .to("run", "id")
                            .on_delete(ForeignKeyAction::Restrict),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("dataset_version_dataset_committed_at")
                    .table("dataset_version")
                    .col("dataset")
                    .col("committed_at")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("dataset_version_run").table("dataset_version").col("run").to_owned(),
            )
            .await?;
        Ok(())
    }
}
