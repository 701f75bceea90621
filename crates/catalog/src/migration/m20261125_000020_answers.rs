//! What people answered: which place an agency means by a name, why a run was withdrawn, and the
//! limits of a dataset's quality tests.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_integer, integer, integer_null, text, text_null, timestamp_with_time_zone,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("place_alias")
                    .col(text("agency"))
                    .col(text("name"))
                    .col(text("kind"))
                    .col(text("written"))
                    .col(text("place"))
                    .col(text_null("account"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("agency").col("name").col("kind"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("place_alias", "agency")
                            .to("agency", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("place_alias", "place")
                            .to("place", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("run_note")
                    .col(text("run"))
                    .col(text_null("withdraws"))
                    .col(text("reason"))
                    .col(big_integer("removed"))
                    .col(big_integer("restored"))
                    .col(big_integer("kept"))
                    .col(big_integer("flagged"))
                    .col(integer_null("quality"))
                    .primary_key(Index::create().col("run"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("run_note", "run")
                            .to("run", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("run_note_withdraws").table("run_note").col("withdraws").to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("quality_setting")
                    .col(text("dataset"))
                    .col(integer("number"))
                    .col(text("text"))
                    .col(text_null("account"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("dataset").col("number"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("quality_setting", "dataset")
                            .to("dataset", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        Ok(())
    }
}
