//! What can go wrong with the catalogue, by what the caller can do about it.

use std::error::Error as StdError;
use std::io;

use policy::Denial;
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};
use wording::Told;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or the asker may not know that it is.
    #[error("{what} was not found")]
    NotFound {
        /// The thing, with its id: "dataset `salinity_hourly`".
        what: String,
    },
    /// The policy says no.
    #[error("{}", denial_sentence(*.0))]
    Denied(Denial),
    /// What was given cannot be taken.
    #[error("{what}")]
    Invalid {
        /// What is wrong with it.
        what: Told,
        /// What to do instead.
        hint: Told,
    },
    /// It is there already, and is something else.
    #[error("{what} is there already")]
    Conflict {
        /// The thing, with its id.
        what: Told,
    },
    /// The database did not answer in time or was not reached: the same call may succeed later.
    #[error("the catalogue is busy or not reached")]
    Later(#[source] Box<dyn StdError + Send + Sync>),
    /// Ours to mend.
    #[error("the catalogue failed")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

/// A value in a table that this program does not understand.
#[derive(Debug, thiserror::Error)]
#[error("the stored {what} `{value}` is not understood: it was written by a later version, or damaged")]
struct NotUnderstood {
    what: &'static str,
    value: String,
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Later(_))
    }

    /// The first entry of the audit chain that does not fit, if that is what went wrong.
    pub fn broken_at(&self) -> Option<u64> {
        let Error::Internal(source) = self else { return None };
        let broken = source.downcast_ref::<crate::audit::BrokenChain>()?;
        Some(broken.number.unsigned_abs())
    }

    pub(crate) fn not_found(kind: &str, id: impl std::fmt::Display) -> Error {
        Error::NotFound { what: format!("{kind} `{id}`") }
    }

    pub(crate) fn conflict(kind: &str, id: impl std::fmt::Display) -> Error {
        Error::Conflict { what: Told::words(format!("{kind} `{id}`")) }
    }

    pub(crate) fn invalid(what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn stored(what: &'static str, value: &str) -> Error {
        Error::Internal(Box::new(NotUnderstood { what, value: value.chars().take(80).collect() }))
    }

    /// The error of a statement that wrote `what`: a clash of keys is a conflict over it, and a
    /// missing row that it points to is `missing`.
    pub(crate) fn writing(error: DbErr, what: impl Into<Told>, missing: String) -> Error {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Error::Conflict { what: what.into() },
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Error::NotFound { what: missing },
            _ => error.into(),
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match error {
            error if is_full(&error) => {
                Error::Internal(Box::new(io::Error::new(io::ErrorKind::StorageFull, error)))
            }
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Error::Later(Box::new(error)),
            error if is_busy(&error) => Error::Later(Box::new(error)),
            error => Error::Internal(Box::new(error)),
        }
    }
}

/// SQLITE_BUSY (5) with its extended codes, and PostgreSQL's serialisation failure, deadlock, lock
/// timeout and the classes of a server that is going away.
fn is_busy(error: &DbErr) -> bool {
    let Some(source) = of_driver(error) else { return false };
    match source {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            matches!(
                code.as_ref(),
                "5" | "261" | "517" | "773" | "40001" | "40P01" | "55P03" | "57P01" | "57P03"
            )
        }),
        _ => false,
    }
}

/// SQLITE_FULL (13), and PostgreSQL's `disk_full`.
fn is_full(error: &DbErr) -> bool {
    let Some(sqlx::Error::Database(database)) = of_driver(error) else { return false };
    database.code().is_some_and(|code| matches!(code.as_ref(), "13" | "53100"))
}

fn of_driver(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => Some(source.as_ref()),
        _ => None,
    }
}

fn denial_sentence(denial: Denial) -> &'static str {
    match denial {
        Denial::Hidden => "the dataset was not found",
        Denial::SignIn => "an account is needed for this",
        Denial::NoGrant => "this account has no right to it: ask the agency for a grant",
        Denial::KeyScope => "the key in use does not reach so far: use a key with a wider scope",
    }
}
