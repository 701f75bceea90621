//! When what is told of each dataset changed last: harvesters ask for what changed since.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{text, timestamp_with_time_zone, timestamp_with_time_zone_null};
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("dataset_record")
                    .col(text("dataset"))
                    .col(timestamp_with_time_zone("changed_at"))
                    .col(timestamp_with_time_zone_null("withdrawn_at"))
                    .primary_key(Index::create().col("dataset"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_record", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        let known = "INSERT INTO dataset_record (dataset, changed_at) \
             SELECT d.id, CASE WHEN n.committed_at > d.created_at THEN n.committed_at ELSE d.created_at END \
             FROM dataset d LEFT JOIN dataset_newest n ON n.dataset = d.id";
        manager.get_connection().execute_unprepared(known).await?;
        let mut index = Index::create();
        index.name("dataset_record_changed").table("dataset_record").col("changed_at").col("dataset");
        manager.create_index(index).await
    }
}
