//! Clients that stay connected: who they are, asked again as long as they stay.

use std::net::IpAddr;

use chrono::Utc;
use policy::Principal;
use query::Asker;
use secrecy::{ExposeSecret, SecretString};

use super::{Answer, Problem, ProblemKind};
use crate::App;

/// A client that stays connected.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The session or key that opened the door; absent for anyone, and for the node's own console.
    secret: Option<SecretString>,
    principal: Principal,
    address: IpAddr,
}

impl Visitor {
    /// Lets somebody in by a name and a password, by a key in the password's place, or as anyone when
    /// neither is given.
    pub async fn enter(
        app: &App,
        name: &str,
        password: Option<&SecretString>,
        address: IpAddr,
    ) -> Answer<Visitor> {
        let Some(password) = password.filter(|password| !password.expose_secret().is_empty()) else {
            return match name {
                "" | "public" | "anonymous" => {
                    Ok(Visitor { secret: None, principal: Principal::Public, address })
                }
                _ => Err(Problem::new(ProblemKind::InvalidCredentials)),
            };
        };
        if app.is_console_key(password) {
            return Ok(Visitor { secret: None, principal: Principal::System, address });
        }
        let now = Utc::now();
        let (secret, principal) = match app.catalog.authenticate(password, now).await? {
            Some(principal) => (password.clone(), principal),
            None => {
                let refused = || Problem::new(ProblemKind::InvalidCredentials);
                let session = app.sign_in(name, password, now).await?.ok_or_else(refused)?;
                let principal = app.catalog.authenticate(&session, now).await?.ok_or_else(refused)?;
                (session, principal)
            }
        };
        Ok(Visitor { secret: Some(secret), principal, address })
    }

    /// Asks once more who it is: what was withdrawn ends what it opened.
    pub async fn again(&mut self, app: &App) -> Answer<()> {
        if let Some(secret) = &self.secret {
            let known = app.catalog.authenticate(secret, Utc::now()).await?;
            self.principal = known.ok_or_else(|| Problem::new(ProblemKind::InvalidCredentials))?;
        }
        Ok(())
    }

    /// Who it is.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whose budget its reads are taken from.
    pub fn asker(&self) -> Asker {
        Asker::new(&self.principal, Some(self.address))
    }

    /// What tells it apart from others: the account, or where a visitor without one comes from.
    pub fn name(&self) -> String {
        match &self.principal {
            Principal::Public => format!("public@{}", self.address),
            other => other.name().to_owned(),
        }
    }
}
