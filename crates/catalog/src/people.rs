//! Accounts, and signing in with a password.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use chrono::{DateTime, TimeDelta, Utc};
use model::{AgencyId, UserId, nfc};
use policy::{Principal, Role};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use wording::told;

use crate::cache::Topic;
use crate::entity::{account, session};
use crate::row::{coded, micros, stored};
use crate::{AuditEntry, Catalog, Error, keys};

/// How long a session lasts.
const SESSION: TimeDelta = TimeDelta::hours(12);

/// Topics that a change of an account, key or session touches.
pub(crate) const PEOPLE: &[Topic] = &[Topic::People];

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Its name for signing in.
    pub id: UserId,
    /// The person's or program's name.
    pub name: String,
    /// Its agency, if it belongs to one.
    pub agency: Option<AgencyId>,
    /// What it may do.
    pub role: Role,
    /// Its password; without one it uses keys only.
    pub password: Option<SecretString>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name for signing in.
    pub id: UserId,
    /// The person's or program's name.
    pub name: String,
    /// Its agency, if it belongs to one.
    pub agency: Option<AgencyId>,
    /// What it may do.
    pub role: Role,
    /// Whether it may neither sign in nor use its keys.
    pub disabled: bool,
    /// Whether it can sign in with a password.
    pub has_password: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What a secret was found to stand for.
#[derive(Debug, Clone)]
pub(crate) struct KnownToken {
    pub(crate) principal: Principal,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// Bounds how many passwords are hashed at once: each takes 19 MiB and tens of milliseconds.
pub(crate) struct Hashing(Semaphore);

impl Default for Hashing {
    fn default() -> Self {
        Hashing(Semaphore::new(2))
    }
}

impl Catalog {
    /// Makes an account; a conflict when the name is taken, not found when the agency is unknown.
    pub async fn create_user(&self, user: NewUser) -> Result<User, Error> {
        let (password, scram) = match user.password {
            Some(password) => {
                let hash = self.hash_password(password.clone()).await?;
                (Some(hash), Some(self.verifier(user.id.as_str(), &password).await?))
            }
            None => (None, None),
        };
        let row = account::Model {
            id: user.id.to_string(),
            name: nfc(&user.name),
            agency: user.agency.as_ref().map(ToString::to_string),
            role: user.role.code().to_owned(),
            password,
            scram,
            disabled: false,
            created_at: micros(Utc::now()),
        };
        let write = self.write(PEOPLE).await?;
        let made = row.into_active_model().reset_all().insert(&write.tx).await.map_err(|error| {
            let agency = user.agency.as_ref().map(ToString::to_string).unwrap_or_default();
            Error::writing(
                error,
                told!("catalog-user", "user `{id}`", id = user.id),
                format!("agency `{agency}`"),
            )
        })?;
        write.commit().await?;
        from_row(made)
    }

    /// Changes an account's name, agency, role and whether it is disabled. A disabled account's
    /// sessions end; its keys stop until it is enabled again.
    pub async fn update_user(&self, user: &User) -> Result<(), Error> {
        let write = self.write(PEOPLE).await?;
        let Some(row) = account::Entity::find_by_id(user.id.as_str()).one(&write.tx).await? else {
            return Err(Error::not_found("user", &user.id));
        };
        let mut row = row.into_active_model();
        row.name = ActiveValue::Set(nfc(&user.name));
        row.agency = ActiveValue::Set(user.agency.as_ref().map(ToString::to_string));
        row.role = ActiveValue::Set(user.role.code().to_owned());
        row.disabled = ActiveValue::Set(user.disabled);
        row.update(&write.tx).await.map_err(|error| {
            let agency = user.agency.as_ref().map(ToString::to_string).unwrap_or_default();
            Error::writing(
                error,
                told!("catalog-user", "user `{id}`", id = user.id),
                format!("agency `{agency}`"),
            )
        })?;
        if user.disabled {
            end_sessions(&user.id, &write.tx).await?;
        }
        write.commit().await
    }

    /// Sets or replaces an account's password and ends its sessions.
    pub async fn set_password(&self, id: &UserId, password: SecretString) -> Result<(), Error> {
        let hash = self.hash_password(password.clone()).await?;
        let verifier = self.verifier(id.as_str(), &password).await?;
        let write = self.write(PEOPLE).await?;
        let Some(row) = account::Entity::find_by_id(id.as_str()).one(&write.tx).await? else {
            return Err(Error::not_found("user", id));
        };
        let mut row = row.into_active_model();
        row.password = ActiveValue::Set(Some(hash));
        row.scram = ActiveValue::Set(Some(verifier));
        row.update(&write.tx).await?;
        end_sessions(id, &write.tx).await?;
        write.commit().await
    }

    /// One account.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, Error> {
        account::Entity::find_by_id(id.as_str()).one(self.reader()).await?.map(from_row).transpose()
    }

    /// Every account, by name.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        let rows = account::Entity::find().order_by_asc(account::Column::Id).all(self.reader()).await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Signs in and returns the session's token, or nothing when name and password do not fit.
    ///
    /// It takes the same work whether the account exists or not, so that names cannot be found out
    /// by the clock. Both outcomes for an existing account are written to the audit chain.
    pub async fn sign_in(
        &self,
        id: &UserId,
        password: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<Option<SecretString>, Error> {
        let account = account::Entity::find_by_id(id.as_str()).one(self.reader()).await?;
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let fits = self.verify_password(password, hash).await?;
        let Some(account) = account else { return Ok(None) };
        let entry = |action: &str| AuditEntry {
            at: now,
            actor: account.id.clone(),
            action: action.to_owned(),
            subject: format!("user:{}", account.id),
            detail: String::new(),
        };
        if !fits || account.disabled {
            self.append_audit(entry("sign_in.denied")).await?;
            return Ok(None);
        }
        let token = keys::new_secret("cls_")?;
        let row = session::Model {
            hash: keys::stored_hash(&token),
            account: account.id.clone(),
            created_at: micros(now),
            expires_at: micros(now + SESSION),
        };
        // A new session changes nothing that is held, so no mark is raised.
        let write = self.write(&[]).await?;
        session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(micros(now)))
            .exec(&write.tx)
            .await?;
        session::Entity::insert(row.into_active_model().reset_all())
            .exec_without_returning(&write.tx)
            .await?;
        write.commit().await?;
        self.append_audit(entry("sign_in.allowed")).await?;
        Ok(Some(token))
    }

    /// Ends the session of a token; a token that is not known is no error.
    pub async fn sign_out(&self, token: &SecretString) -> Result<(), Error> {
        let write = self.write(PEOPLE).await?;
        session::Entity::delete_by_id(keys::stored_hash(token)).exec(&write.tx).await?;
        write.commit().await
    }

    async fn hash_password(&self, password: SecretString) -> Result<String, Error> {
        let length = password.expose_secret().chars().count();
        if !(12..=256).contains(&length) {
            return Err(Error::invalid(
                told!(
                    "catalog-password-characters-not-taken",
                    "a password of {length} characters is not taken",
                    length = length
                ),
                told!(
                    "catalog-take-12-256-characters-few-words-row",
                    "take 12 to 256 characters; a few words in a row are good"
                ),
            ));
        }
        self.hashed(move || {
            let password = nfc(password.expose_secret());
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| Error::Internal(Box::new(error)))
        })
        .await?
    }

    /// Whether the password fits the hash. Without a hash it is compared with one that nothing fits.
    async fn verify_password(&self, password: &SecretString, hash: Option<String>) -> Result<bool, Error> {
        // Longer than any password that is taken: not worth hashing, and the length tells nothing.
        if password.expose_secret().len() > 2_048 {
            return Ok(false);
        }
        let password = password.clone();
        self.hashed(move || {
            let known = hash.is_some();
            let text = hash.unwrap_or_else(|| NOBODYS_HASH.to_owned());
            let parsed = PasswordHash::new(&text).map_err(|_| Error::stored("password hash", "…"))?;
            let password = nfc(password.expose_secret());
            let fits = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(fits && known)
        })
        .await?
    }

    /// Runs a hash off the request threads, a few at a time.
    async fn hashed<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let _turn = self.inner.hashing.0.acquire().await.map_err(|error| Error::Internal(Box::new(error)))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(Box::new(error)))
    }
}

/// A hash with the parameters of [`Argon2::default`], of a password that was thrown away.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGF0IGFsbCE$k1mUK0Nf9cLh2zWkZ3fJkq0cXv1o0oJ3bq0oJ8sYtqA";

async fn end_sessions(id: &UserId, tx: &sea_orm::DatabaseTransaction) -> Result<(), Error> {
    session::Entity::delete_many().filter(session::Column::Account.eq(id.as_str())).exec(tx).await?;
    Ok(())
}

fn from_row(row: account::Model) -> Result<User, Error> {
    let agency = row.agency.map(|id| stored("agency id", &id, AgencyId::new(&id)));
    Ok(User {
        id: stored("user name", &row.id, UserId::new(&row.id))?,
        name: row.name,
        agency: agency.transpose()?,
        role: coded("role", &row.role, Role::from_code(&row.role))?,
        disabled: row.disabled,
        has_password: row.password.is_some(),
        created_at: row.created_at,
    })
}

/// The principal of an account under a key or session of this scope.
pub(crate) fn principal(row: account::Model, scope: policy::Scope) -> Result<Principal, Error> {
    let user = from_row(row)?;
    Ok(Principal::User { id: user.id, agency: user.agency, role: user.role, scope })
}
