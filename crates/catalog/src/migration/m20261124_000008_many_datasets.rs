//! What a catalogue of many datasets needs: a log of changes, the newest version of each dataset with
//! its extent in time, and indexes from place and property to datasets.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{big_integer, big_integer_null, text, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("change_log")
                    .col(text("topic"))
                    .col(big_integer("number"))
                    .col(text("subject"))
                    .primary_key(Index::create().col("topic").col("number").col("subject"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("dataset_newest")
                    .col(text("dataset"))
                    .col(big_integer("version"))
                    .col(big_integer("total"))
                    .col(timestamp_with_time_zone("committed_at"))
                    .col(big_integer_null("first_time"))
                    .col(big_integer_null("last_time"))
                    .primary_key(Index::create().col("dataset"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("dataset_newest", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        let newest = "INSERT INTO dataset_newest (dataset, version, total, committed_at) \
             SELECT v.dataset, v.version, v.total, v.committed_at FROM dataset_version v \
             WHERE v.version = (SELECT max(w.version) FROM dataset_version w WHERE w.dataset = v.dataset)";
        manager.get_connection().execute_unprepared(newest).await?;
        for (name, table, columns) in [
            ("dataset_newest_times", "dataset_newest", ["last_time", "first_time", "dataset"].as_slice()),
            ("dataset_newest_committed", "dataset_newest", &["committed_at"]),
            ("datastream_place_property", "datastream", &["place", "property", "dataset"]),
            ("datastream_property_place", "datastream", &["property", "place", "dataset"]),
        ] {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        // The wider indexes begin with the same columns.
        for name in ["datastream_place", "datastream_property"] {
            manager.drop_index(Index::drop().name(name).table("datastream").to_owned()).await?;
        }
        Ok(())
    }
}
