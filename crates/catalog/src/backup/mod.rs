//! The whole catalogue as rows, read at one instant, and put back into an empty database.
//!
//! Both databases give the same rows in the same order and spelling, so that a catalogue can move
//! from one to the other and be compared by checksum afterwards.

mod cell;
mod restore;
mod tables;

use sea_orm::{AccessMode, DatabaseTransaction, DbBackend, IsolationLevel, TransactionTrait};

use crate::schema::{applied_steps, table_names};
use crate::{Catalog, Error};

pub use restore::Restoring;

/// A row: its values in the order of the table's columns. Whole numbers, truths and structures are
/// JSON's; fractions are text with the shortest digits that give the same number again, instants are
/// RFC 3339 in UTC to the microsecond, days are ISO 8601.
pub type Row = Vec<serde_json::Value>;

/// Rows of a page.
pub const PAGE_ROWS: u64 = 10_000;

/// What is not kept: sessions and signs of life end with the node that made them, and the schema's
/// own record is made anew.
const LEFT_OUT: [&str; 4] = ["session", "node", "lease", "seaql_migrations"];

/// The catalogue as it is at one instant, whatever is written meanwhile.
pub struct Dump {
    tx: DatabaseTransaction,
    steps: Vec<String>,
}

impl Catalog {
    /// Begins to read the whole catalogue at one instant. It names every row, those with hashes of
    /// passwords and keys too: only for whoever operates the node.
    ///
    /// # Errors
    /// When the database does not answer, or has a table that this program does not know.
    pub async fn dump(&self) -> Result<Dump, Error> {
        let tx = match self.reader().get_database_backend() {
            DbBackend::Postgres => {
                let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
                self.reader().begin_with_config(Some(level), Some(mode)).await?
            }
            _ => self.reader().begin().await?,
        };
        // The first read fixes the instant.
        let steps = applied_steps(&tx).await?;
        for name in table_names(&tx).await? {
            if !tables::ALL.contains(&name.as_str()) && !LEFT_OUT.contains(&name.as_str()) {
                return Err(Error::stored("table", &name));
            }
        }
        Ok(Dump { tx, steps })
    }
}

impl Dump {
    /// The steps of the schema that had been taken, in order.
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// The tables, those that others point to first.
    pub fn tables() -> &'static [&'static str] {
        tables::ALL
    }

    /// Whether a table is the same after a backup was put back: every restoring begins an epoch of the
    /// feed of changes, so that a place from before it is not taken for one of today.
    pub fn stays(table: &str) -> bool {
        table != "feed_epoch"
    }

    /// The columns of a table.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn columns(table: &str) -> Result<Vec<&'static str>, Error> {
        tables::columns(table)
    }

    /// The next rows of a table in the order of their keys: those after `last`, or the first. At most
    /// [`PAGE_ROWS`]; none at the end.
    ///
    /// # Errors
    /// When there is no such table, or the database does not answer.
    pub async fn page(&self, table: &str, last: Option<&Row>) -> Result<Vec<Row>, Error> {
        tables::page(&self.tx, table, last).await
    }
}
