//! Rows put back into an empty database, in one transaction.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use sea_orm_migration::MigratorTrait;
use wording::told;

use super::{Row, tables};
use crate::migration::Migrator;
use crate::schema::{self, MIGRATION_LOCK};
use crate::store::Store;
use crate::{CatalogOptions, Error};

/// A catalogue that is being filled. Dropped without [`Restoring::commit`], it leaves no trace.
pub struct Restoring {
    store: Store,
    tx: DatabaseTransaction,
    filled: HashSet<String>,
}

impl Restoring {
    /// Begins to fill the empty database at the URL, with the schema of these steps.
    ///
    /// # Errors
    /// Invalid when the steps are not the first ones that this program knows (they are of a later
    /// version then); a conflict when the database has a catalogue already.
    pub async fn begin(url: &str, steps: &[String]) -> Result<Restoring, Error> {
        let known = schema::known_steps();
        let mut first: Vec<&String> = known.iter().take(steps.len()).collect();
        let mut taken: Vec<&String> = steps.iter().collect();
        first.sort();
        taken.sort();
        if first != taken {
            return Err(Error::invalid(
                told!(
                    "catalog-backup-later-version-program",
                    "the backup is of a later version of the program"
                ),
                told!("catalog-restore-version-later-one", "restore it with that version or a later one"),
            ));
        }
        let store = Store::connect(url, &CatalogOptions::default()).await?;
        if !schema::applied_steps(&store.reader).await?.is_empty() {
            return Err(Error::conflict("catalogue", schema::without_password(url)));
        }
        let tx = store.begin().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        let count = u32::try_from(steps.len()).map_err(|error| Error::Internal(error.into()))?;
        Migrator::up(&tx, Some(count)).await?;
        Ok(Restoring { store, tx, filled: HashSet::new() })
    }

    /// Puts rows into a table; `columns` says what their values are. Tables come in the order of
    /// [`super::Dump::tables`].
    ///
    /// # Errors
    /// When table, column or value is none that this program knows.
    pub async fn put(&mut self, table: &str, columns: &[String], rows: Vec<Row>) -> Result<(), Error> {
        if self.filled.insert(table.to_owned()) {
            // The schema's own steps put a row into some tables.
            tables::clear(&self.tx, table).await?;
        }
        tables::put(&self.tx, table, columns, rows).await
    }

    /// Makes it durable. The schema is then still that of the backup; opening brings it up to date.
    ///
    /// # Errors
    /// When the database does not take it: nothing is there then.
    pub async fn commit(self) -> Result<(), Error> {
        for table in tables::ALL.iter().filter(|table| self.filled.contains(**table)) {
            tables::count_on(&self.tx, table).await?;
        }
        if self.filled.contains("feed_head") {
            crate::feed::begin_epoch(&self.tx).await?;
        }
        self.tx.commit().await?;
        self.store.close().await
    }
}
