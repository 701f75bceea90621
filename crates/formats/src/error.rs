//! What can go wrong with a file, where in it, and what to do next.

use std::fmt;

use model::CellRef;

/// A place in a file, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The sheet, by its place in the file (from 0) and its name; absent for a file without sheets.
    pub sheet: Option<(u16, String)>,
    /// The row (or, in GeoJSON, the feature), from 1.
    pub row: Option<u32>,
    /// The column, from 1.
    pub column: Option<u16>,
}

impl Place {
    /// A row of a file without sheets.
    pub(crate) fn row(row: u32) -> Place {
        Place { row: Some(row), ..Place::default() }
    }

    /// A cell of a file without sheets.
    pub(crate) fn cell(row: u32, column: usize) -> Place {
        Place { column: u16::try_from(column).ok(), ..Place::row(row) }
    }

    /// The place as a cell, where its row is known; the first column where the column is not.
    pub fn cell_ref(&self) -> Option<CellRef> {
        let sheet = self.sheet.as_ref().map_or(0, |(number, _)| *number);
        self.row.map(|row| CellRef { sheet, row, column: self.column.unwrap_or(1) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = &self.sheet {
            write!(f, ", sheet `{name}`")?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = self.column {
            let letters = CellRef { sheet: 0, row: 1, column }.column_letters();
            write!(f, ", column {column} ({letters})")?;
        }
        Ok(())
    }
}

/// Why a file, or the rest of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file has to be changed before it can be read.
    #[error("{what}{place}")]
    Invalid {
        /// A stable name of the reason, for translation.
        code: &'static str,
        /// What is wrong.
        what: String,
        /// Where.
        place: Place,
        /// What to do about it.
        hint: String,
    },
    /// The file is larger, in some way, than is read here.
    #[error("{what}: the limit is {limit}{place}")]
    Limit {
        /// A stable name of the limit, for translation.
        code: &'static str,
        /// What is too large.
        what: String,
        /// The limit, in the unit that `what` names.
        limit: u64,
        /// Where.
        place: Place,
        /// What to do about it.
        hint: String,
    },
    /// The file could not be read from its disk.
    #[error("reading the file failed")]
    Internal(#[from] std::io::Error),
}

impl Error {
    pub(crate) fn invalid(code: &'static str, what: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::Invalid { code, what: what.into(), place: Place::default(), hint: hint.into() }
    }

    pub(crate) fn limit(code: &'static str, what: &str, limit: u64, hint: &str) -> Error {
        Error::Limit { code, what: what.into(), limit, place: Place::default(), hint: hint.into() }
    }

    /// The same error with its place.
    pub(crate) fn at(mut self, at: Place) -> Error {
        if let Error::Invalid { place, .. } | Error::Limit { place, .. } = &mut self {
            *place = at;
        }
        self
    }

    /// The same error in one table out of several, whose first sheet is number `first`.
    pub(crate) fn within(mut self, first: u16, table: &str) -> Error {
        if let Error::Invalid { place, .. } | Error::Limit { place, .. } = &mut self {
            place.sheet = Some(match place.sheet.take() {
                Some((number, name)) => (number.saturating_add(first), format!("{table}/{name}")),
                None => (first, table.to_owned()),
            });
        }
        self
    }

    /// What to do about it; absent for our own failures.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::Invalid { hint, .. } | Error::Limit { hint, .. } => Some(hint),
            Error::Internal(_) => None,
        }
    }

    /// Where it is; absent for our own failures.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Error::Invalid { place, .. } | Error::Limit { place, .. } => Some(place),
            Error::Internal(_) => None,
        }
    }
}
