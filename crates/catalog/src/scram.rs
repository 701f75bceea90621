//! SCRAM-SHA-256 (RFC 5802, RFC 7677) for clients that prove a password without sending it: the
//! verifiers of passwords and keys, and what is compared with them.
//!
//! A user may have a password and several keys, and a client that begins does not say which it
//! has. So all verifiers of a user are made with one salt and one count: whichever of them the
//! proof fits is the one. The salt comes from a secret of the catalogue and the name, so that a name
//! that does not exist is offered one too.

use chrono::{DateTime, Utc};
use policy::{Principal, Scope};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::entity::{account, api_key, setting};
use crate::row::coded;
use crate::{Catalog, Error, keys, people};

/// How often a password is hashed. Clients do this work too, at every connection.
pub(crate) const ITERATIONS: u32 = 16_384;
/// The setting that salts come from.
const SALTS: &str = "scram.salts";

/// What a user is asked to prove with.
pub struct ScramOffer {
    /// The salt of all secrets of this user.
    pub salt: [u8; 16],
    /// How often a secret is hashed with it.
    pub iterations: u32,
    verifiers: Vec<(Verifier, SqlLogin)>,
}

/// Who has proved a secret, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlLogin {
    account: String,
    /// The key that was used; else the password.
    key: Option<i64>,
}

/// What is stored of a secret (RFC 5802 §3).
#[derive(Clone, Copy)]
pub(crate) struct Verifier {
    stored_key: [u8; 32],
    server_key: [u8; 32],
}

impl std::fmt::Debug for ScramOffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScramOffer").finish_non_exhaustive()
    }
}

impl ScramOffer {
    /// The secret that the proof fits, with the server's signature; nothing when it fits none.
    pub fn verify(&self, auth_message: &[u8], proof: &[u8]) -> Option<(SqlLogin, [u8; 32])> {
        let proof: [u8; 32] = proof.try_into().ok()?;
        let mut found = None;
        for (verifier, login) in &self.verifiers {
            let signature = hmac(&verifier.stored_key, auth_message);
            let mut client_key = proof;
            client_key.iter_mut().zip(signature).for_each(|(key, byte)| *key ^= byte);
            let stored: [u8; 32] = Sha256::digest(client_key).into();
            if bool::from(stored.ct_eq(&verifier.stored_key)) {
                found = Some((login.clone(), hmac(&verifier.server_key, auth_message)));
            }
        }
        found
    }
}

impl Verifier {
    /// Of a secret. It takes some milliseconds.
    fn of(secret: &str, salt: &[u8], iterations: u32) -> Verifier {
        let salted = salted(secret.as_bytes(), salt, iterations);
        let stored_key = Sha256::digest(hmac(&salted, b"Client Key")).into();
        Verifier { stored_key, server_key: hmac(&salted, b"Server Key") }
    }

    fn read(text: &str) -> Option<Verifier> {
        let (stored, server) = text.split_once(':')?;
        let key = |text: &str| hex::decode(text).ok()?.try_into().ok();
        Some(Verifier { stored_key: key(stored)?, server_key: key(server)? })
    }

    fn written(&self) -> String {
        format!("{}:{}", hex::encode(self.stored_key), hex::encode(self.server_key))
    }
}

impl Catalog {
    /// What a user of this name is asked to prove with. A name that is not known is asked too, and
    /// nothing that it proves fits.
    pub async fn scram(&self, user: &str, now: DateTime<Utc>) -> Result<ScramOffer, Error> {
        let salt = self.scram_salt(user).await?;
        let account = account::Entity::find_by_id(user).one(self.reader()).await?;
        let mut verifiers = Vec::new();
        if let Some(account) = account.filter(|account| !account.disabled) {
            let login = |key| SqlLogin { account: account.id.clone(), key };
            if let Some(verifier) = account.scram.as_deref().and_then(Verifier::read) {
                verifiers.push((verifier, login(None)));
            }
            let keys = api_key::Entity::find()
                .filter(api_key::Column::Account.eq(user))
                .filter(api_key::Column::RevokedAt.is_null())
                .all(self.reader())
                .await?;
            let valid = keys.into_iter().filter(|key| key.expires_at.is_none_or(|end| now < end));
            verifiers.extend(
                valid.filter_map(|key| Some((Verifier::read(key.scram.as_deref()?)?, login(Some(key.id))))),
            );
        }
        Ok(ScramOffer { salt, iterations: ITERATIONS, verifiers })
    }

    /// The principal of a login, as the account and the key are now; nobody when they have ended.
    pub async fn sql_principal(
        &self,
        login: &SqlLogin,
        now: DateTime<Utc>,
    ) -> Result<Option<Principal>, Error> {
        let account = account::Entity::find_by_id(login.account.as_str()).one(self.reader()).await?;
        let Some(account) = account.filter(|account| !account.disabled) else { return Ok(None) };
        let scope = match login.key {
            // A password reaches what a session reaches.
            None => Scope::Admin,
            Some(id) => {
                let key = api_key::Entity::find_by_id(id).one(self.reader()).await?;
                let valid =
                    key.filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now < end));
                let Some(key) = valid else { return Ok(None) };
                coded("scope of a key", &key.scope, Scope::from_code(&key.scope))?
            }
        };
        Ok(Some(people::principal(account, scope)?))
    }

    /// The verifier of a secret of this user, as it is stored.
    pub(crate) async fn verifier(&self, user: &str, secret: &SecretString) -> Result<String, Error> {
        let salt = self.scram_salt(user).await?;
        let secret = secret.clone();
        let work = move || Verifier::of(&model::nfkc(secret.expose_secret()), &salt, ITERATIONS).written();
        tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(Box::new(error)))
    }

    async fn scram_salt(&self, user: &str) -> Result<[u8; 16], Error> {
        let known = setting::Entity::find_by_id(SALTS).one(self.reader()).await?;
        let secret = match known {
            Some(known) => known.value,
            None => {
                let secret = keys::new_secret("")?;
                let row = setting::ActiveModel {
                    name: Set(SALTS.to_owned()),
                    value: Set(secret.expose_secret().to_owned()),
                };
                let write = self.write(&[]).await?;
                // Of two that come at once, the first decides.
                let stays = OnConflict::column(setting::Column::Name).do_nothing().to_owned();
                setting::Entity::insert(row).on_conflict(stays).exec_without_returning(&write.tx).await?;
                write.commit().await?;
                let kept = setting::Entity::find_by_id(SALTS).one(self.reader()).await?;
                kept.ok_or_else(|| Error::stored("setting", SALTS))?.value
            }
        };
        let bytes = hmac(secret.as_bytes(), user.as_bytes());
        let mut salt = [0; 16];
        salt.copy_from_slice(&bytes[..16]);
        Ok(salt)
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

/// PBKDF2 with HMAC-SHA-256, one block (RFC 5802 §2.2, `Hi`).
fn salted(secret: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let mut salt = salt.to_vec();
    salt.extend_from_slice(&[0, 0, 0, 1]);
    let mut last = hmac(secret, &salt);
    let mut sum = last;
    for _ in 1..iterations {
        last = hmac(secret, &last);
        sum.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_standards_examples() {
        // RFC 4231 §4.3.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex::encode(hmac(b"Jefe", b"what do ya want for nothing?")), expected);
    }

    #[test]
    fn the_exchange_of_rfc_7677_is_verified() {
        // RFC 7677 §3: user "user", password "pencil".
        let salt =
            [0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81];
        let login = SqlLogin { account: "user".to_owned(), key: None };
        let verifiers = vec![(Verifier::of("pencil", &salt, 4096), login.clone())];
        let offer = ScramOffer { salt, iterations: 4096, verifiers };
        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        // dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=
        let proof = hex::decode("747cdb65aa56224e2352137e52d7bdcad6a0f738df30782caa69a2cfb0277554").unwrap();
        let (found, signature) = offer.verify(message.as_bytes(), &proof).unwrap();
        assert_eq!(found, login);
        // 6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=
        let expected = "eabae24d1062db75a9451ff0b6ea7e98c8546549ff741e672d3251b2397de46e";
        assert_eq!(hex::encode(signature), expected);
        assert!(offer.verify(b"another conversation", &proof).is_none());
    }
}
