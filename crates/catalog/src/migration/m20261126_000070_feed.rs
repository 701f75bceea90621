//! The feed: everything that happened to datasets, in one order that never changes.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, integer, text, text_null, timestamp_with_time_zone,
};
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::feed::new_epoch;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("feed_entry")
                    .col(big_integer("number"))
                    .col(text("kind"))
                    .col(text("dataset"))
                    .col(big_integer_null("version"))
                    .col(text_null("run"))
                    .col(timestamp_with_time_zone("at"))
                    .col(text_null("audience"))
                    .col(big_integer_null("added"))
                    .col(big_integer_null("corrected"))
                    .col(big_integer_null("total"))
                    .primary_key(Index::create().col("number"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("feed_entry", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        for (name, column) in [("feed_entry_at", "at"), ("feed_entry_dataset", "dataset")] {
            let index = Index::create().name(name).table("feed_entry").col(column).col("number").to_owned();
            manager.create_index(index).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("feed_head")
                    .col(integer("id"))
                    .col(big_integer("last"))
                    .col(big_integer("floor"))
                    .primary_key(Index::create().col("id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("feed_epoch")
                    .col(text("id"))
                    .col(integer("ordinal"))
                    .col(big_integer("first"))
                    .primary_key(Index::create().col("id"))
                    .to_owned(),
            )
            .await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(KNOWN).await?;
        let head = "INSERT INTO feed_head (id, last, floor) SELECT 1, count(*), 0 FROM feed_entry";
        connection.execute_unprepared(head).await?;
        let epoch = format!("INSERT INTO feed_epoch (id, ordinal, first) VALUES ('{}', 1, 1)", new_epoch());
        connection.execute_unprepared(&epoch).await?;
        Ok(())
    }
}

/// What is known of the time before: registrations and versions, in the order of their instants.
const KNOWN: &str = "INSERT INTO feed_entry \
    (number, kind, dataset, version, run, at, audience, added, corrected, total) \
    SELECT row_number() OVER (ORDER BY t.at, t.rank, t.dataset, t.version), t.kind, t.dataset, t.version, \
        t.run, t.at, NULL, t.added, t.corrected, t.total \
    FROM (SELECT 'registered' AS kind, d.id AS dataset, CAST(NULL AS bigint) AS version, \
            CAST(NULL AS text) AS run, d.created_at AS at, 0 AS rank, CAST(NULL AS bigint) AS added, \
            CAST(NULL AS bigint) AS corrected, CAST(NULL AS bigint) AS total FROM dataset d \
        UNION ALL SELECT CASE r.kind WHEN 'recipe' THEN 'product' WHEN 'withdrawal' THEN 'withdrawal' \
            WHEN 'recheck' THEN 'recheck' ELSE CASE WHEN v.added = 0 AND v.corrected > 0 THEN 'correction' \
            ELSE 'data' END END, v.dataset, v.version, v.run, v.committed_at, 1, v.added, v.corrected, \
            v.total FROM dataset_version v JOIN run r ON r.id = v.run) t";
