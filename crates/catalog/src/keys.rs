//! API keys, and who is behind a key or a session's token.

use chrono::{DateTime, Utc};
use model::UserId;
use policy::{Principal, Scope};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wording::told;

use crate::entity::{account, api_key, session};
use crate::people::{self, KnownToken, PEOPLE};
use crate::row::{coded, micros, stored};
use crate::{Catalog, Error};

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub user: UserId,
    /// What its owner calls it.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was withdrawn.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Catalog {
    /// Makes a key and returns its secret, which is stored nowhere and cannot be shown again.
    pub async fn create_key(
        &self,
        user: &UserId,
        label: &str,
        scope: Scope,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<SecretString, Error> {
        if label.chars().count() > 200 {
            return Err(Error::invalid(
                told!("catalog-label-key-too-long", "the label of a key is too long"),
                told!("catalog-take-most-200-characters", "take at most 200 characters"),
            ));
        }
        let secret = new_secret("clk_")?;
        let row = api_key::ActiveModel {
            id: ActiveValue::NotSet,
            hash: ActiveValue::Set(stored_hash(&secret)),
            account: ActiveValue::Set(user.to_string()),
            label: ActiveValue::Set(label.to_owned()),
            scope: ActiveValue::Set(scope.code().to_owned()),
            scram: ActiveValue::Set(Some(self.verifier(user.as_str(), &secret).await?)),
            created_at: ActiveValue::Set(micros(Utc::now())),
            expires_at: ActiveValue::Set(expires_at.map(micros)),
            revoked_at: ActiveValue::Set(None),
        };
        // A new key changes nothing that is held, so no mark is raised.
        let write = self.write(&[]).await?;
        row.insert(&write.tx).await.map_err(|error| {
            Error::writing(error, told!("catalog-the-key", "the key"), format!("user `{user}`"))
        })?;
        write.commit().await?;
        Ok(secret)
    }

    /// Withdraws a key for good. Whoever calls this has made sure that the key is theirs to withdraw.
    pub async fn revoke_key(&self, id: i64) -> Result<(), Error> {
        let write = self.write(PEOPLE).await?;
        let Some(row) = api_key::Entity::find_by_id(id).one(&write.tx).await? else {
            return Err(Error::not_found("key", id));
        };
        if row.revoked_at.is_none() {
            let mut row = row.into_active_model();
            row.revoked_at = ActiveValue::Set(Some(micros(Utc::now())));
            row.update(&write.tx).await?;
        }
        write.commit().await
    }

    /// The keys of a user, newest first, also those that ended.
    pub async fn keys(&self, user: &UserId) -> Result<Vec<KeyInfo>, Error> {
        let rows = api_key::Entity::find()
            .filter(api_key::Column::Account.eq(user.as_str()))
            .order_by_desc(api_key::Column::Id)
            .all(self.reader())
            .await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Who is behind a key or a session's token; nobody when it is unknown, withdrawn or over, or
    /// when the account is disabled.
    pub async fn authenticate(
        &self,
        secret: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<Option<Principal>, Error> {
        let is_key = match secret.expose_secret().get(..4) {
            Some("clk_") => true,
            Some("cls_") => false,
            _ => return Ok(None),
        };
        if secret.expose_secret().len() != SECRET_LENGTH {
            return Ok(None);
        }
        self.refresh().await?;
        let hash = digest(secret);
        let known = match self.inner.tokens.get(&hash) {
            Some(known) => Some(known),
            None => {
                let ticket = self.inner.tokens.ticket();
                let found =
                    if is_key { self.find_key(&hash).await? } else { self.find_session(&hash).await? };
                if let Some(known) = &found {
                    self.inner.tokens.put(ticket, hash, known.clone(), 1);
                }
                found
            }
        };
        let valid = known.filter(|known| known.expires_at.is_none_or(|end| now < end));
        Ok(valid.map(|known| known.principal))
    }

    async fn find_key(&self, hash: &[u8; 32]) -> Result<Option<KnownToken>, Error> {
        let stored = hex::encode(hash);
        let found = api_key::Entity::find()
            .filter(api_key::Column::Hash.eq(stored.as_str()))
            .filter(api_key::Column::RevokedAt.is_null())
            .one(self.reader())
            .await?;
        let Some(key) = found.filter(|key| same(&key.hash, &stored)) else { return Ok(None) };
        let scope = coded("scope of a key", &key.scope, Scope::from_code(&key.scope))?;
        self.behind(&key.account, scope, key.expires_at).await
    }

    async fn find_session(&self, hash: &[u8; 32]) -> Result<Option<KnownToken>, Error> {
        let stored = hex::encode(hash);
        let found = session::Entity::find_by_id(stored.as_str()).one(self.reader()).await?;
        let Some(session) = found.filter(|session| same(&session.hash, &stored)) else { return Ok(None) };
        // A session has every scope of its user.
        self.behind(&session.account, Scope::Admin, Some(session.expires_at)).await
    }

    async fn behind(
        &self,
        id: &str,
        scope: Scope,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<Option<KnownToken>, Error> {
        let account = account::Entity::find_by_id(id).one(self.reader()).await?;
        let Some(account) = account.filter(|account| !account.disabled) else { return Ok(None) };
        Ok(Some(KnownToken { principal: people::principal(account, scope)?, expires_at }))
    }
}

/// Four letters that say what it is, and 256 bits in hexadecimal.
const SECRET_LENGTH: usize = 4 + 64;

/// A new secret.
pub(crate) fn new_secret(prefix: &str) -> Result<SecretString, Error> {
    Ok(SecretString::from(format!("{prefix}{}", random_hex()?)))
}

/// 256 random bits in hexadecimal.
pub(crate) fn random_hex() -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(hex::encode(bytes))
}

/// What is stored of a secret. It has 256 random bits, so a plain hash cannot be turned back.
pub(crate) fn stored_hash(secret: &SecretString) -> String {
    hex::encode(digest(secret))
}

fn digest(secret: &SecretString) -> [u8; 32] {
    Sha256::digest(secret.expose_secret().as_bytes()).into()
}

fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

fn from_row(row: api_key::Model) -> Result<KeyInfo, Error> {
    Ok(KeyInfo {
        id: row.id,
        user: stored("user name", &row.account, UserId::new(&row.account))?,
        label: row.label,
        scope: coded("scope of a key", &row.scope, Scope::from_code(&row.scope))?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    })
}
