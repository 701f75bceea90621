//! What can go wrong while a file is taken in, by what the caller can do about it.

use policy::Denial;

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
    #[error("{what}")]
    NotTheirs {
        /// What is not for the asker to decide.
        what: String,
        /// Who may.
        hint: String,
    },
    /// The file or the mapping is wrong; the hint says what to do.
    #[error("{what}")]
    Invalid {
        /// What is wrong, and where.
        what: String,
        /// The next step.
        hint: String,
    },
    /// No mapping was given, none is saved, and the file does not tell enough to guess one.
    #[error("the file needs a mapping: {missing}")]
    Unmapped {
        /// What could not be found in the file.
        missing: String,
        /// A mapping to start from, made of the file's own headers.
        example: String,
    },
    /// The file does not look like those that the dataset's mapping was made for.
    #[error("the file does not look like the one before it: {}", differences.join("; "))]
    Drifted {
        /// What differs.
        differences: Vec<String>,
        /// The mapping as it may have to be now.
        example: String,
    },
    /// Something else holds what this load wants to change.
    #[error("{what}")]
    Conflict {
        /// What stands against what.
        what: String,
    },
    /// What the load was made for was changed by somebody else in the meantime.
    #[error("{what} was changed meanwhile")]
    Changed {
        /// What changed.
        what: String,
    },
    /// The file is larger than this node takes.
    #[error("{what}: the limit is {limit}")]
    Limit {
        /// What is too large.
        what: String,
        /// The most that is taken.
        limit: String,
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
    pub(crate) fn invalid(what: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::Invalid { what: what.into(), hint: hint.into() }
    }

    pub(crate) fn internal(what: &'static str, source: impl Into<Source>) -> Error {
        Error::Internal { what, source: source.into() }
    }

    /// Whether the same load may succeed when it is tried again.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Later(_))
    }

    /// The next step, where there is one to name.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::Invalid { hint, .. } | Error::NotTheirs { hint, .. } => Some(hint),
            Error::Unmapped { example, .. } | Error::Drifted { example, .. } => Some(example),
            _ => None,
        }
    }
}

impl From<formats::Error> for Error {
    fn from(error: formats::Error) -> Error {
        match error {
            formats::Error::Invalid { ref hint, .. } => {
                let hint = hint.clone();
                Error::Invalid { what: error.to_string(), hint }
            }
            formats::Error::Limit { ref what, limit, ref place, ref hint, .. } => {
                Error::Limit { what: format!("{what}{place}"), limit: format!("{limit} ({hint})") }
            }
            formats::Error::Internal(source) => Error::internal("reading the file", source),
        }
    }
}

impl From<lake::Error> for Error {
    fn from(error: lake::Error) -> Error {
        match error {
            lake::Error::NotFound { what } | lake::Error::Gone { what, .. } => Error::NotFound { what },
            lake::Error::Denied(denial) => Error::Denied(denial),
            lake::Error::Invalid { what, hint } => Error::Invalid { what, hint },
            lake::Error::Conflict { .. } => Error::Conflict { what: error.to_string() },
            lake::Error::Changed { what } => Error::Changed { what },
            lake::Error::Limit { what, limit } => Error::Limit { what, limit: format!("{limit} bytes") },
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
            catalog::Error::Conflict { .. } => Error::Conflict { what: error.to_string() },
            catalog::Error::Later(source) => Error::Later(source),
            catalog::Error::Internal(source) => Error::Internal { what: "the catalogue failed", source },
        }
    }
}
