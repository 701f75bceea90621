//! Agencies, accounts, their keys and sessions.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_pk_auto, boolean, json_binary, text, text_null, timestamp_with_time_zone,
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
                    .table("agency")
                    .col(text("id"))
                    .col(json_binary("name"))
                    .col(text_null("url"))
                    .primary_key(Index::create().col("id"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("account")
                    .col(text("id"))
                    .col(text("name"))
                    .col(text_null("agency"))
                    .col(text("role"))
                    .col(text_null("password"))
                    .col(boolean("disabled"))
                    .col(timestamp_with_time_zone("created_at"))
                    .primary_key(Index::create().col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("account", "agency")
                            .to("agency", "id")
                            .on_delete(ForeignKeyAction::Restrict),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("api_key")
                    .col(big_pk_auto("id"))
                    .col(text("hash"))
                    .col(text("account"))
                    .col(text("label"))
                    .col(text("scope"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone_null("expires_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("api_key", "account")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("api_key_hash").table("api_key").col("hash").unique().to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("api_key_account").table("api_key").col("account").to_owned())
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("session")
                    .col(text("hash"))
                    .col(text("account"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .primary_key(Index::create().col("hash"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("session", "account")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(Index::create().name("session_account").table("session").col("account").to_owned())
            .await?;
        manager
            .create_index(
                Index::create().name("session_expires_at").table("session").col("expires_at").to_owned(),
            )
            .await?;
        Ok(())
    }
}
