//! Where changes are sent to, how far each receiver has been served, and what could not be sent.

use chrono::{DateTime, Utc};
use model::UserId;
use policy::{Principal, Scope};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
use secrecy::{ExposeSecret, SecretString};
use wording::told;

use crate::entity::{account, webhook, webhook_dead};
use crate::row::{count, int, micros, stored};
use crate::{Catalog, Error, people};

/// The most webhooks that one user has.
const MOST: u64 = 20;

/// A receiver of changes.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Whose it is: what this user may know of is sent. The node's console when absent.
    pub user: Option<UserId>,
    /// Where changes are sent to.
    pub url: String,
    /// What they are signed with, as whoever keeps it has sealed it.
    pub secret: SecretString,
    /// Which changes are wanted, as parameters of an address.
    pub wanted: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The epoch of the last number.
    pub epoch: String,
    /// The last number that needs no sending any more.
    pub position: u64,
    /// How many changes were taken.
    pub delivered: u64,
    /// How often the next change was tried in vain.
    pub attempts: u32,
    /// When it is tried again.
    pub next_at: Option<DateTime<Utc>>,
    /// Why it failed last.
    pub last_error: Option<String>,
}

/// A change that could not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number in the feed.
    pub number: u64,
    /// When it was given up.
    pub at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed last.
    pub error: String,
    /// Whether it is to be tried again.
    pub again: bool,
}

impl Catalog {
    /// Adds a webhook; invalid when its user has too many.
    pub async fn add_webhook(&self, hook: &Webhook) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let owned = webhook::Entity::find().filter(match &hook.user {
            Some(user) => webhook::Column::Account.eq(user.as_str()),
            None => webhook::Column::Account.is_null(),
        });
        if owned.count(&write.tx).await? >= MOST {
            return Err(Error::invalid(
                told!(
                    "catalog-there-webhooks-user-already",
                    "there are {most} webhooks of this user already",
                    most = MOST
                ),
                told!("catalog-remove-one-not-needed-any-more", "remove one that is not needed any more"),
            ));
        }
        let row = webhook::Model {
            id: hook.id.clone(),
            account: hook.user.as_ref().map(ToString::to_string),
            url: hook.url.clone(),
            secret: hook.secret.expose_secret().to_owned(),
            wanted: hook.wanted.clone(),
            created_at: micros(hook.created_at),
            epoch: hook.epoch.clone(),
            position: int(hook.position),
            delivered: 0,
            attempts: 0,
            next_at: None,
            last_error: None,
        };
        let insert = webhook::Entity::insert(row.into_active_model().reset_all());
        insert.exec_without_returning(&write.tx).await?;
        write.commit().await
    }

    /// The webhooks of a user, or of everyone, oldest first.
    pub async fn webhooks(&self, user: Option<&UserId>) -> Result<Vec<Webhook>, Error> {
        let rows = webhook::Entity::find()
            .apply_if(user, |query, user| query.filter(webhook::Column::Account.eq(user.as_str())))
            .order_by_asc(webhook::Column::CreatedAt)
            .order_by_asc(webhook::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// One webhook.
    pub async fn webhook(&self, id: &str) -> Result<Option<Webhook>, Error> {
        webhook::Entity::find_by_id(id).one(self.reader()).await?.map(from_row).transpose()
    }

    /// Keeps the secret of a webhook in another form, unless somebody else has done so.
    pub async fn seal_webhook(&self, hook: &Webhook, sealed: &SecretString) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        webhook::Entity::update_many()
            .col_expr(webhook::Column::Secret, Expr::val(sealed.expose_secret()))
            .filter(webhook::Column::Id.eq(hook.id.as_str()))
            .filter(webhook::Column::Secret.eq(hook.secret.expose_secret()))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Removes a webhook with what it has left to send.
    pub async fn remove_webhook(&self, id: &str) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        webhook_dead::Entity::delete_many()
            .filter(webhook_dead::Column::Webhook.eq(id))
            .exec(&write.tx)
            .await?;
        webhook::Entity::delete_by_id(id).exec(&write.tx).await?;
        write.commit().await
    }

    /// The principal for which a webhook reads: its user as it is now, and nobody when it is disabled.
    pub async fn webhook_principal(&self, hook: &Webhook) -> Result<Option<Principal>, Error> {
        let Some(user) = &hook.user else { return Ok(Some(Principal::System)) };
        let row = account::Entity::find_by_id(user.as_str()).one(self.reader()).await?;
        row.filter(|row| !row.disabled).map(|row| people::principal(row, Scope::Read)).transpose()
    }

    /// Notes that everything up to a number needs no sending any more, of which so many were taken.
    /// No, when the webhook is gone or somebody else brought it further.
    pub async fn webhook_served(
        &self,
        hook: &Webhook,
        epoch: &str,
        position: u64,
        taken: u64,
    ) -> Result<bool, Error> {
        let write = self.write(&[]).await?;
        let done = webhook::Entity::update_many()
            .col_expr(webhook::Column::Epoch, Expr::val(epoch))
            .col_expr(webhook::Column::Position, Expr::val(int(position)))
            .col_expr(webhook::Column::Delivered, Expr::col(webhook::Column::Delivered).add(int(taken)))
            .col_expr(webhook::Column::Attempts, Expr::val(0))
            .col_expr(webhook::Column::NextAt, Expr::val(None::<DateTime<Utc>>))
            .col_expr(webhook::Column::LastError, Expr::val(None::<String>))
            .filter(webhook::Column::Id.eq(hook.id.as_str()))
            .filter(webhook::Column::Position.eq(int(hook.position)))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(done.rows_affected == 1)
    }

    /// Notes that the next change could not be sent, and when it is tried again.
    pub async fn webhook_failed(
        &self,
        id: &str,
        attempts: u32,
        error: &str,
        next_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        webhook::Entity::update_many()
            .col_expr(webhook::Column::Attempts, Expr::val(i32::try_from(attempts).unwrap_or(i32::MAX)))
            .col_expr(webhook::Column::LastError, Expr::val(error))
            .col_expr(webhook::Column::NextAt, Expr::val(micros(next_at)))
            .filter(webhook::Column::Id.eq(id))
            .exec(&write.tx)
            .await?;
        write.commit().await
    }

    /// Gives a change up: it is listed until it is asked for again.
    pub async fn add_dead_letter(&self, webhook: &str, letter: &DeadLetter) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let row = webhook_dead::Model {
            webhook: webhook.to_owned(),
            number: int(letter.number),
            at: micros(letter.at),
            attempts: i32::try_from(letter.attempts).unwrap_or(i32::MAX),
            error: letter.error.clone(),
            again: letter.again,
        };
        use webhook_dead::Column::{Again, At, Attempts, Error as Why, Number, Webhook as Of};
        let replace = OnConflict::columns([Of, Number]).update_columns([At, Attempts, Why, Again]).to_owned();
        let insert = webhook_dead::Entity::insert(row.into_active_model().reset_all()).on_conflict(replace);
        insert.exec_without_returning(&write.tx).await?;
        write.commit().await
    }

    /// The first changes that were given up, in order; only those to be tried again, if so asked.
    pub async fn dead_letters(
        &self,
        webhook: &str,
        again: bool,
        limit: u64,
    ) -> Result<Vec<DeadLetter>, Error> {
        let rows = webhook_dead::Entity::find()
            .filter(webhook_dead::Column::Webhook.eq(webhook))
            .apply_if(again.then_some(()), |query, ()| query.filter(webhook_dead::Column::Again.eq(true)))
            .order_by_asc(webhook_dead::Column::Number)
            .limit(limit)
            .all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(DeadLetter {
                    number: count("number of a change", row.number)?,
                    at: row.at,
                    attempts: u32::try_from(row.attempts).unwrap_or_default(),
                    error: row.error,
                    again: row.again,
                })
            })
            .collect()
    }

    /// Has everything that was given up tried again; returns how much that is.
    pub async fn redeliver(&self, webhook: &str) -> Result<u64, Error> {
        let write = self.write(&[]).await?;
        let marked = webhook_dead::Entity::update_many()
            .col_expr(webhook_dead::Column::Again, Expr::val(true))
            .filter(webhook_dead::Column::Webhook.eq(webhook))
            .exec(&write.tx)
            .await?;
        write.commit().await?;
        Ok(marked.rows_affected)
    }

    /// Forgets a change that was given up, since it was taken after all (`taken` 1), or cannot be told any more.
    pub async fn remove_dead_letter(&self, webhook: &str, number: u64, taken: u64) -> Result<(), Error> {
        let write = self.write(&[]).await?;
        let removed = webhook_dead::Entity::delete_many()
            .filter(webhook_dead::Column::Webhook.eq(webhook))
            .filter(webhook_dead::Column::Number.eq(int(number)))
            .exec(&write.tx)
            .await?;
        if taken > 0 && removed.rows_affected > 0 {
            webhook::Entity::update_many()
                .col_expr(webhook::Column::Delivered, Expr::col(webhook::Column::Delivered).add(int(taken)))
                .filter(webhook::Column::Id.eq(webhook))
                .exec(&write.tx)
                .await?;
        }
        write.commit().await
    }
}

fn from_row(row: webhook::Model) -> Result<Webhook, Error> {
    Ok(Webhook {
        id: row.id,
        user: row.account.map(|id| stored("user name", &id, UserId::new(&id))).transpose()?,
        url: row.url,
        secret: SecretString::from(row.secret),
        wanted: row.wanted,
        created_at: row.created_at,
        epoch: row.epoch,
        position: count("number of a change", row.position)?,
        delivered: count("count of changes", row.delivered)?,
        attempts: u32::try_from(row.attempts).unwrap_or_default(),
        next_at: row.next_at,
        last_error: row.last_error,
    })
}
