//! The connections: how SQLite and PostgreSQL are opened, and how a write becomes one transaction.
//!
//! SQLite has two pools over one file in WAL mode: one connection that writes, so that writers
//! queue here instead of failing with "database is locked", and several that only read and are
//! never blocked by the writer. PostgreSQL has one pool for both. An in-memory SQLite database
//! lives in its one connection, which is then reader and writer.

use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection, SqliteConnection};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use wording::told;

use crate::migration::Migrator;
use crate::schema::MIGRATION_LOCK;
use crate::{CatalogOptions, Error};

/// How long somebody waits for the lock of an SQLite file.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Store {
    pub(crate) reader: DatabaseConnection,
    writer: DatabaseConnection,
}

impl Store {
    pub(crate) async fn open(url: &str, options: &CatalogOptions) -> Result<Store, Error> {
        let store = Store::connect(url, options).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Connects, and leaves the schema as it is.
    pub(crate) async fn connect(url: &str, options: &CatalogOptions) -> Result<Store, Error> {
        Ok(if url.starts_with("sqlite:") {
            // Boxed: a future that holds all of this inline is deeper than the compiler follows.
            Box::pin(open_sqlite(url, options)).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let mut connect = general(url, options);
            connect.max_connections(options.connections).min_connections(1);
            connect.test_before_acquire_if_idle_for(Duration::from_secs(30));
            connect.set_application_name("cuulong");
            let both = Database::connect(connect).await?;
            Store { reader: both.clone(), writer: both }
        } else {
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(Error::invalid(
                told!(
                    "catalog-no-catalogue-can-opened",
                    "`{scheme}:` is no catalogue that can be opened",
                    scheme = scheme
                ),
                told!(
                    "catalog-write-sqlite-path-catalog-sqlite-mode-rwc",
                    "write `sqlite:///path/catalog.sqlite?mode=rwc` or `postgres://user@host/database`"
                ),
            ));
        })
    }

    /// The connection that writes outside of transactions.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a write. On SQLite it takes the write lock at once: a transaction that reads first
    /// and writes later would fail when another process wrote in between.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, Error> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(immediate).await?)
    }

    /// Brings the schema up to date: all steps or none, and one node at a time.
    async fn migrate(&self) -> Result<(), Error> {
        // Nothing is locked when nothing is due, so that a reader can open a catalogue in use.
        if Migrator::get_pending_migrations_read_only(&self.reader).await?.is_empty() {
            return Ok(());
        }
        let tx = self.begin().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        Migrator::up(&tx, None).await?;
        Ok(tx.commit().await?)
    }

    pub(crate) async fn close(&self) -> Result<(), Error> {
        self.reader.close_by_ref().await?;
        Ok(self.writer.close_by_ref().await?)
    }
}

fn general(url: &str, options: &CatalogOptions) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url);
    connect.sqlx_logging(false).record_stmt_in_spans(false).acquire_timeout(options.acquire_timeout);
    connect
}

async fn open_sqlite(url: &str, options: &CatalogOptions) -> Result<Store, Error> {
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let mut write = general(url, options);
    // The one connection is never closed for idleness: an in-memory database would vanish with it.
    write
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    write.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            // What is acknowledged survives a loss of power; NORMAL would lose the last commits.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
    });
    if !in_memory {
        write.map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|writer, _| Box::pin(is_settled(writer))));
    }
    let writer = Box::pin(connect_patiently(write)).await?;
    if in_memory {
        return Ok(Store { reader: writer.clone(), writer });
    }
    let mut read = general(url, options);
    read.max_connections(options.connections).min_connections(1).test_before_acquire(false);
    read.map_sqlx_sqlite_opts(|sqlite| {
        sqlite.create_if_missing(false).busy_timeout(PATIENCE).pragma("query_only", "ON")
    });
    Ok(Store { reader: Box::pin(connect_patiently(read)).await?, writer })
}

/// Whether a connection that is given back is in no transaction. A full disk ends a transaction by itself, whose
/// rollback then fails: the driver would take what follows for a part of it, and nothing would be committed any more.
/// Such a connection is closed, and another one takes its place.
async fn is_settled(writer: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // What was begun before, a rollback among it, is done when this answers.
    writer.ping().await?;
    Ok(!writer.is_in_transaction())
}

/// Connects. SQLite does not wait for its lock while a file becomes one in WAL mode, which happens
/// when several processes open a new file at once: so the waiting is done here.
async fn connect_patiently(options: ConnectOptions) -> Result<DatabaseConnection, DbErr> {
    let begun = Instant::now();
    loop {
        match Database::connect(options.clone()).await {
            Err(error) if begun.elapsed() < PATIENCE && error.to_string().contains("database is locked") => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            outcome => return outcome,
        }
    }
}
