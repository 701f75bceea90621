//! Datastreams: series of one property at one place, made in one way.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{big_integer, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("datastream")
                    .col(big_integer("id"))
                    .col(text("dataset"))
                    .col(text("place"))
                    .col(text("property"))
                    .col(text("procedure"))
                    .col(text("statistic"))
                    .col(text("period"))
                    .col(text("unit"))
                    .col(text("datum"))
                    .primary_key(Index::create().col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("datastream", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("datastream", "place")
                            .to("place", "id")
                            .on_delete(ForeignKeyAction::Restrict),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("datastream", "property")
                            .to("property", "code")
                            .on_delete(ForeignKeyAction::Restrict),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("datastream_dataset").table("datastream").col("dataset").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("datastream_place").table("datastream").col("place").to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("datastream_property").table("datastream").col("property").to_owned(),
            )
            .await?;
        Ok(())
    }
}
