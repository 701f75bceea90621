//! What can go wrong with a recipe, by what the caller can do about it.

use wording::{Told, told};

/// What can go wrong with a recipe.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The recipe asks for something that cannot be.
    #[error("{what}")]
    Invalid {
        /// What is wrong, and where.
        what: Told,
        /// What to do.
        hint: Told,
    },
    /// The catalogue refused or failed.
    #[error("the catalogue did not take the product")]
    Catalog(#[from] catalog::Error),
    /// The lake refused or failed.
    #[error("the lake did not take the product")]
    Lake(#[from] lake::Error),
    /// The recipe's query failed.
    #[error("the recipe's query failed")]
    Query(#[from] query::Error),
}

impl Error {
    /// What went wrong as a sentence; of our own failures no more than that they are.
    pub fn told(&self) -> Told {
        match self {
            Error::NotFound { what } => told!("knowledge-there-is-no", "there is no {what}", what = what),
            Error::Invalid { what, .. } => what.clone(),
            Error::Catalog(_) => {
                told!("knowledge-catalogue-refused", "the catalogue did not take the product")
            }
            Error::Lake(_) => told!("knowledge-lake-refused", "the lake did not take the product"),
            Error::Query(_) => told!("knowledge-query-failed", "the recipe's query failed"),
        }
    }

    pub(crate) fn invalid(what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { what: what.into(), hint: hint.into() }
    }
}
