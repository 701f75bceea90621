//! What can go wrong while a file is taken in, by what the caller can do about it.

use policy::Denial;
use wording::{Told, told};

use crate::mapping::MappingText;

/// A load that could not be done. What is wrong with single rows is a finding, not an error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something named does not exist, as far as the asker may know.
    #[error("{what} does not exist")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The permit does not reach so far.
    #[error("not allowed: {0:?}")]
    Denied(Denial),
    /// Somebody else has to decide this; the hint says who.
    #[error("{}", self.told())]
    NotTheirs {
        /// What is not for the asker to decide.
        what: Told,
        /// Who may.
        hint: Told,
    },
    /// The file or the mapping is wrong; the hint says what to do.
    #[error("{}", self.told())]
    Invalid {
        /// What is wrong, and where.
        what: Told,
        /// The next step.
        hint: Told,
    },
    /// No mapping was given, none is saved, and the file does not tell enough to guess one.
    #[error("{}", self.told())]
    Unmapped {
        /// What could not be found in the file.
        missing: Told,
        /// A mapping to start from, made of the file's own headers.
        example: MappingText,
    },
    /// The file does not look like those that the dataset's mapping was made for.
    #[error("{}", self.told())]
    Drifted {
        /// What differs.
        differences: Vec<Told>,
        /// The mapping as it may have to be now.
        example: MappingText,
    },
    /// Something else holds what this load wants to change.
    #[error("{}", self.told())]
    Conflict {
        /// What stands against what.
        what: Told,
    },
    /// What the load was made for was changed by somebody else in the meantime.
    #[error("{}", self.told())]
    Changed {
        /// What changed.
        what: Told,
    },
    /// The file is larger than this node takes.
    #[error("{}", self.told())]
    Limit {
        /// What is too large.
        what: Told,
        /// The most that is taken.
        limit: Told,
    },
    /// The same load may succeed when it is tried again.
    #[error("the store is busy or out of reach, try again later")]
    Later(#[source] Source),
    /// A mistake of ours or a broken machine.
    #[error("{what}")]
    Internal {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: Source,
    },
}

/// The cause of an error, for the log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    pub(crate) fn invalid(what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn internal(what: &'static str, source: impl Into<Source>) -> Error {
        Error::Internal { what, source: source.into() }
    }

    /// Whether the same load may succeed when it is tried again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Later(_))
    }

    /// That a disk has no room, or a quota is used up, where that is the cause.
    pub(crate) fn no_room(&self) -> Option<std::io::ErrorKind> {
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = next {
            let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            let is_full = |kind: &std::io::ErrorKind| {
                matches!(kind, std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            };
            if let Some(kind) = kind.filter(is_full) {
                return Some(kind);
            }
            next = error.source();
        }
        None
    }

    /// What is wrong, as a sentence; of our own failures no more than that they are.
    pub fn told(&self) -> Told {
        match self {
            Error::NotFound { what } => told!("intake-does-not-exist", "{what} does not exist", what = what),
            Error::Denied(denial) => denied(*denial),
            Error::NotTheirs { what, .. } | Error::Invalid { what, .. } | Error::Conflict { what } => {
                what.clone()
            }
            Error::Unmapped { missing, .. } => {
                told!("intake-needs-a-mapping", "the file needs a mapping: {missing}", missing => missing)
            }
            Error::Drifted { differences, .. } => told!(
                "intake-drifted",
                "the file does not look like the one before it: {differences}",
                differences => differences.clone()
            ),
            Error::Changed { what } => {
                told!("intake-changed-meanwhile", "{what} was changed meanwhile", what => what)
            }
            Error::Limit { what, limit } => {
                told!("intake-limit", "{what}: the limit is {limit}", what => what, limit => limit)
            }
            Error::Later(_) => {
                told!("intake-later", "the store is busy or out of reach, try again later")
            }
            Error::Internal { what, .. } => Told::words(*what),
        }
    }

    /// The next step, where there is one to name.
    pub fn hint(&self) -> Option<&Told> {
        match self {
            Error::Invalid { hint, .. } | Error::NotTheirs { hint, .. } => {
                Some(hint).filter(|hint| !hint.is_empty())
            }
            _ => None,
        }
    }

    /// A mapping to start from, where there is one.
    pub fn example(&self) -> Option<&MappingText> {
        match self {
            Error::Unmapped { example, .. } | Error::Drifted { example, .. } => Some(example),
            _ => None,
        }
    }
}

/// What is wrong and what to do.
impl From<Error> for Told {
    fn from(error: Error) -> Told {
        match error.hint() {
            Some(hint) => {
                told!("intake-with-hint", "{what} ({hint})", what => error.told(), hint => hint)
            }
            None => error.told(),
        }
    }
}

/// A size in words.
pub(crate) fn bytes(count: impl std::fmt::Display) -> Told {
    told!("intake-bytes", "{count} bytes", count = count)
}

fn denied(denial: Denial) -> Told {
    match denial {
        Denial::Hidden => told!("intake-denied-hidden", "the dataset was not found"),
        Denial::SignIn => told!("intake-denied-sign-in", "an account is needed for this"),
        Denial::NoGrant => {
            told!("intake-denied-no-grant", "this account has no right to it: ask the agency for a grant")
        }
        Denial::KeyScope => told!(
            "intake-denied-key-scope",
            "the key in use does not reach so far: use a key with a wider scope"
        ),
    }
}

impl From<formats::Error> for Error {
    fn from(error: formats::Error) -> Error {
        match error {
            formats::Error::Invalid { ref hint, .. } => {
                Error::Invalid { what: error.told(), hint: hint.clone() }
            }
            formats::Error::Limit { ref what, limit, ref place, ref hint, .. } => {
                let what = match place.told() {
                    Some(place) => told!("formats-at", "{what}, {place}", what => what, place => place),
                    None => what.clone(),
                };
                let limit = told!("intake-limit-and-hint", "{limit} ({hint})", limit = limit, hint => hint);
                Error::Limit { what, limit }
            }
            formats::Error::Internal(source) => Error::internal("reading the file", source),
        }
    }
}

impl From<lake::Error> for Error {
    fn from(error: lake::Error) -> Error {
        match error {
            lake::Error::NotFound { what } => Error::NotFound { what },
            lake::Error::Gone { what, .. } => Error::NotFound { what: what.to_string() },
            lake::Error::Denied(denial) => Error::Denied(denial),
            lake::Error::Invalid { what, hint } => Error::Invalid { what, hint },
            lake::Error::Conflict { .. } => Error::Conflict { what: error.told() },
            lake::Error::Changed { what } => Error::Changed { what },
            lake::Error::Limit { what, limit } => Error::Limit { what, limit: bytes(limit) },
            lake::Error::Later(source) => Error::Later(source),
            lake::Error::Damaged(damage) => {
                Error::Internal { what: "a stored file is damaged", source: damage.into() }
            }
            lake::Error::Internal(source) => Error::Internal { what: "the lake failed", source },
        }
    }
}

impl From<catalog::Error> for Error {
    fn from(error: catalog::Error) -> Error {
        match error {
            catalog::Error::NotFound { what } => Error::NotFound { what },
            catalog::Error::Denied(denial) => Error::Denied(denial),
            catalog::Error::Invalid { what, hint } => Error::Invalid { what, hint },
            catalog::Error::Conflict { what } => Error::Conflict {
                what: told!("intake-there-already", "{what} is there already", what => what),
            },
            catalog::Error::Later(source) => Error::Later(source),
            catalog::Error::Internal(source) => Error::Internal { what: "the catalogue failed", source },
        }
    }
}
