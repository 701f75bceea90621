//! What can go wrong in the lake, by what the caller can do about it.

use policy::Denial;
use wording::{Told, told};

/// What can go wrong in the lake.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such table, version or original.
    #[error("there is no {what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The version's files have been removed: its dataset keeps later ones only.
    #[error("{what} has been given up; versions are kept from {kept_from} on")]
    Gone {
        /// Which version.
        what: Told,
        /// The first version that is kept whatever happens.
        kept_from: model::Version,
    },
    /// The permit does not reach what was asked.
    #[error("the permit does not allow this ({0:?})")]
    Denied(Denial),
    /// The rows or the request are not as they have to be.
    #[error("{what}")]
    Invalid {
        /// What is wrong.
        what: Told,
        /// What to do about it.
        hint: Told,
    },
    /// Something else is there already.
    #[error("{what} exists already, and differs")]
    Conflict {
        /// What is there.
        what: Told,
    },
    /// What the commit was made for is not as it was read.
    #[error("{what} was changed meanwhile")]
    Changed {
        /// What changed.
        what: Told,
    },
    /// More was handed in than is taken.
    #[error("{what} is larger than the limit of {limit} bytes")]
    Limit {
        /// What is too large.
        what: Told,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The store or another writer stood in the way: the same call may succeed later.
    #[error("the store could not do it now, try again")]
    Later(#[source] Source),
    /// A stored file is not as it was written. Nothing of it was used.
    #[error("{0}")]
    Damaged(Damage),
    /// Ours to repair.
    #[error("the lake failed")]
    Internal(#[source] Source),
}

/// A stored file that is not as it was written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the stored file `{path}` is damaged: {detail}")]
pub struct Damage {
    /// Where it is, from the store's root.
    pub path: String,
    /// What is wrong with it.
    pub detail: String,
}

/// The cause of an error, for the operator.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// What went wrong, as a sentence; of our own failures no more than that they are.
    pub fn told(&self) -> Told {
        match self {
            Error::NotFound { what } => told!("lake-there-is-no", "there is no {what}", what = what),
            Error::Gone { what, kept_from } => told!(
                "lake-given-up",
                "{what} has been given up; versions are kept from {kept_from} on",
                what => what,
                kept_from = kept_from
            ),
            Error::Denied(_) => told!("lake-denied", "the permit does not allow this"),
            Error::Invalid { what, .. } => what.clone(),
            Error::Conflict { what } => {
                told!("lake-there-already", "{what} exists already, and differs", what => what)
            }
            Error::Changed { what } => told!("lake-changed", "{what} was changed meanwhile", what => what),
            Error::Limit { what, limit } => told!(
                "lake-too-large",
                "{what} is larger than the limit of {limit} bytes",
                what => what,
                limit = limit
            ),
            Error::Later(_) => told!("lake-later", "the store could not do it now, try again"),
            Error::Damaged(damage) => Told::words(damage.to_string()),
            Error::Internal(_) => told!("lake-failed", "the lake failed"),
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Later(_))
    }

    /// Something that ought not to happen, or the damage that caused it.
    pub(crate) fn internal(source: impl Into<Source>) -> Error {
        let source = source.into();
        match Damage::in_chain(source.as_ref()) {
            Some(damage) => Error::Damaged(damage.clone()),
            None => Error::Internal(source),
        }
    }

    pub(crate) fn later(source: impl Into<Source>) -> Error {
        Error::Later(source.into())
    }

    pub(crate) fn invalid(what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { what: what.into(), hint: hint.into() }
    }
}

impl Damage {
    /// The dataset whose file it is, when it is one's.
    pub fn dataset(&self) -> Option<&str> {
        let mut parts = self.path.split('/');
        let is_of_dataset = matches!(parts.next(), Some("lake" | "coverages"));
        parts.next().filter(|_| is_of_dataset)
    }

    /// The damage in a chain of causes.
    pub fn in_chain<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Damage> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(damage) = error.downcast_ref::<Damage>() {
                return Some(damage);
            }
            next = error.source();
        }
        None
    }

    /// The damage that a text tells of: some readers keep nothing else of a cause.
    pub fn in_text(text: &str) -> Option<Damage> {
        let (_, rest) = text.split_once("the stored file `")?;
        let (path, detail) = rest.split_once("` is damaged: ")?;
        let detail = detail.lines().next().unwrap_or_default();
        Some(Damage { path: path.to_owned(), detail: detail.to_owned() })
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Error {
        if let Some(damage) = Damage::in_chain(&error) {
            return Error::Damaged(damage.clone());
        }
        match error {
            object_store::Error::NotFound { path, .. } => {
                Error::NotFound { what: format!("object `{path}`") }
            }
            object_store::Error::NotSupported { .. }
            | object_store::Error::NotImplemented { .. }
            | object_store::Error::UnknownConfigurationKey { .. }
            | object_store::Error::InvalidPath { .. } => Error::internal(error),
            _ => Error::later(error),
        }
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Error {
        match error {
            parquet::errors::ParquetError::External(source) => match source.downcast::<object_store::Error>()
            {
                Ok(error) => Error::from(*error),
                Err(source) => Error::internal(source),
            },
            other => Error::internal(other),
        }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Error {
        match error {
            arrow::error::ArrowError::ExternalError(source) => match source.downcast::<object_store::Error>()
            {
                Ok(error) => Error::from(*error),
                Err(source) => Error::internal(source),
            },
            other => Error::internal(other),
        }
    }
}

impl From<deltalake_core::DeltaTableError> for Error {
    fn from(error: deltalake_core::DeltaTableError) -> Error {
        match error {
            deltalake_core::DeltaTableError::ObjectStore { source } => Error::from(source),
            other => Error::internal(other),
        }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Error {
        Error::internal(error)
    }
}
