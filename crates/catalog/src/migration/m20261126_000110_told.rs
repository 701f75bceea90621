//! What was told of each dataset and agency since when: descriptions change, and what was answered as of
//! an instant does not.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{boolean, json_binary, text, text_null, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("dataset_told")
                    .col(text("dataset"))
                    .col(timestamp_with_time_zone("since"))
                    .col(text("agency"))
                    .col(json_binary("title"))
                    .col(json_binary("description"))
                    .col(text("theme"))
                    .col(text("licence"))
                    .col(text("access"))
                    .col(text("source"))
                    .col(boolean("synthetic"))
                    .primary_key(Index::create().col("dataset").col("since"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_told", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("agency_told")
                    .col(text("agency"))
                    .col(timestamp_with_time_zone("since"))
                    .col(json_binary("name"))
                    .col(text_null("url"))
                    .primary_key(Index::create().col("agency").col("since"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("agency_told", "agency")
                            .to("agency", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        // What was said before this step is not known: what is said now counts from the beginning.
        let db = manager.get_connection();
        db.execute_unprepared(
            "INSERT INTO dataset_told \
             (dataset, since, agency, title, description, theme, licence, access, source, synthetic) \
             SELECT id, created_at, agency, title, description, theme, licence, access, source, synthetic \
             FROM dataset",
        )
        .await?;
        db.execute_unprepared(
            "INSERT INTO agency_told (agency, since, name, url) \
             SELECT id, '1970-01-01T00:00:00+00:00', name, url FROM agency",
        )
        .await?;
        Ok(())
    }
}
