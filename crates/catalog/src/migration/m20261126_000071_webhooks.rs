//! Webhooks: where changes are sent to, what could not be sent, and which node sends.

use sea_orm_migration::prelude::async_trait::async_trait;
use sea_orm_migration::prelude::{
    DbErr, DeriveMigrationName, ForeignKey, ForeignKeyAction, Index, MigrationTrait, SchemaManager, Table,
};
use sea_orm_migration::schema::{
    big_integer, boolean, integer, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("webhook")
                    .col(text("id"))
                    .col(text_null("account"))
                    .col(text("url"))
                    .col(text("secret"))
                    .col(text("wanted"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(text("epoch"))
                    .col(big_integer("position"))
                    .col(big_integer("delivered"))
                    .col(integer("attempts"))
                    .col(timestamp_with_time_zone_null("next_at"))
                    .col(text_null("last_error"))
                    .primary_key(Index::create().col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("webhook", "account")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("webhook_dead")
                    .col(text("webhook"))
                    .col(big_integer("number"))
                    .col(timestamp_with_time_zone("at"))
                    .col(integer("attempts"))
                    .col(text("error"))
                    .col(boolean("again"))
                    .primary_key(Index::create().col("webhook").col("number"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("webhook_dead", "webhook")
                            .to("webhook", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("lease")
                    .col(text("name"))
                    .col(text("node"))
                    .col(big_integer("beats"))
                    .primary_key(Index::create().col("name"))
                    .to_owned(),
            )
            .await
    }
}
