//! What can go wrong with a recipe, by what the caller can do about it.

use wording::Told;

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
    pub(crate) fn invalid(what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { what: what.into(), hint: hint.into() }
    }
}
