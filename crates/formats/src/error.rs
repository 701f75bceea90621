//! What can go wrong with a file, where in it, and what to do next.

use std::fmt;

use model::CellRef;
use wording::{Told, told};

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

impl Place {
    /// The place in words; absent where nothing of it is known.
    pub fn told(&self) -> Option<Told> {
        let letters = |column| CellRef { sheet: 0, row: 1, column }.column_letters();
        let sheet = self.sheet.as_ref().map(|(_, name)| name);
        Some(match (sheet, self.row, self.column) {
            (None, None, None) => return None,
            (Some(sheet), None, None) => {
                told!("formats-place-sheet", "sheet `{sheet}`", sheet = sheet)
            }
            (None, Some(row), None) => told!("formats-place-row", "row {row}", row = row),
            (None, None, Some(column)) => told!(
                "formats-place-column",
                "column {column} ({letters})",
                column = column,
                letters = letters(column)
            ),
            (Some(sheet), Some(row), None) => {
                told!("formats-place-sheet-row", "sheet `{sheet}`, row {row}", sheet = sheet, row = row)
            }
            (Some(sheet), None, Some(column)) => told!(
                "formats-place-sheet-column",
                "sheet `{sheet}`, column {column} ({letters})",
                sheet = sheet,
                column = column,
                letters = letters(column)
            ),
            (None, Some(row), Some(column)) => told!(
                "formats-place-row-column",
                "row {row}, column {column} ({letters})",
                row = row,
                column = column,
                letters = letters(column)
            ),
            (Some(sheet), Some(row), Some(column)) => told!(
                "formats-place-sheet-row-column",
                "sheet `{sheet}`, row {row}, column {column} ({letters})",
                sheet = sheet,
                row = row,
                column = column,
                letters = letters(column)
            ),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told().map_or(Ok(()), |told| write!(f, "{told}"))
    }
}

/// Why a file, or the rest of it, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file has to be changed before it can be read.
    #[error("{}", at(what, place))]
    Invalid {
        /// A stable name of the reason, for translation.
        code: &'static str,
        /// What is wrong.
        what: Told,
        /// Where.
        place: Place,
        /// What to do about it.
        hint: Told,
    },
    /// The file is larger, in some way, than is read here.
    #[error("{}", at(&beyond(what, *limit), place))]
    Limit {
        /// A stable name of the limit, for translation.
        code: &'static str,
        /// What is too large.
        what: Told,
        /// The limit, in the unit that `what` names.
        limit: u64,
        /// Where.
        place: Place,
        /// What to do about it.
        hint: Told,
    },
    /// The file could not be read from its disk.
    #[error("reading the file failed")]
    Internal(#[from] std::io::Error),
}

impl Error {
    pub(crate) fn invalid(code: &'static str, what: impl Into<Told>, hint: impl Into<Told>) -> Error {
        Error::Invalid { code, what: what.into(), place: Place::default(), hint: hint.into() }
    }

    pub(crate) fn limit(
        code: &'static str,
        what: impl Into<Told>,
        limit: u64,
        hint: impl Into<Told>,
    ) -> Error {
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
    pub fn hint(&self) -> Option<&Told> {
        match self {
            Error::Invalid { hint, .. } | Error::Limit { hint, .. } => Some(hint),
            Error::Internal(_) => None,
        }
    }

    /// What is wrong and where, as a sentence.
    pub fn told(&self) -> Told {
        match self {
            Error::Invalid { what, place, .. } => at(what, place),
            Error::Limit { what, limit, place, .. } => at(&beyond(what, *limit), place),
            Error::Internal(_) => told!("formats-reading-failed", "reading the file failed"),
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

/// What is wrong with its place behind it.
fn at(what: &Told, place: &Place) -> Told {
    match place.told() {
        Some(place) => told!("formats-at", "{what}, {place}", what => what, place => place),
        None => what.clone(),
    }
}

fn beyond(what: &Told, limit: u64) -> Told {
    told!("formats-limit", "{what}: the limit is {limit}", what => what, limit = limit)
}

/// What is wrong and what to do.
impl From<Error> for Told {
    fn from(error: Error) -> Told {
        match error.hint() {
            Some(hint) => {
                told!("formats-with-hint", "{what} ({hint})", what => error.told(), hint => hint)
            }
            None => error.told(),
        }
    }
}
