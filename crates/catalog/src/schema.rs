//! The state of a catalogue's schema, told without changing it, and what an operator does with it.

use std::path::Path;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::MigratorTrait;
use wording::told;

use crate::migration::Migrator;
use crate::store::Store;
use crate::{Catalog, CatalogOptions, Error};

/// Held while the schema is brought up to date, so that two nodes that start together do not both do it.
pub(crate) const MIGRATION_LOCK: i64 = 0x6375_756c_6f6e_6701;

/// Which steps of the schema a catalogue has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaState {
    /// Those that it has taken, in order.
    pub applied: Vec<String>,
    /// Those that this program would take.
    pub pending: Vec<String>,
    /// Those that it has taken and this program does not know: a later version wrote it.
    pub unknown: Vec<String>,
}

impl SchemaState {
    /// The state of the catalogue at a URL. Nothing is written, also when there is none.
    ///
    /// # Errors
    /// When the database is not reached, or its URL is none.
    pub async fn of(url: &str) -> Result<SchemaState, Error> {
        let known = known_steps();
        if let Some(path) = sqlite_file(url)
            && !path.exists()
        {
            return Ok(SchemaState { applied: Vec::new(), pending: known, unknown: Vec::new() });
        }
        let store = Store::connect(url, &CatalogOptions::default()).await?;
        let applied = applied_steps(&store.reader).await?;
        store.close().await?;
        let pending = known.iter().filter(|step| !applied.contains(step)).cloned().collect();
        let unknown = applied.iter().filter(|step| !known.contains(step)).cloned().collect();
        Ok(SchemaState { applied, pending, unknown })
    }
}

impl Catalog {
    /// Opens a catalogue as it is: its schema is not brought up to date.
    ///
    /// # Errors
    /// Invalid when its schema is older or newer than this program's.
    pub async fn open_as_is(url: &str) -> Result<Catalog, Error> {
        let state = SchemaState::of(url).await?;
        if !state.unknown.is_empty() {
            return Err(Error::invalid(
                told!(
                    "catalog-catalogue-written-later-version-program",
                    "the catalogue was written by a later version of the program"
                ),
                told!("catalog-use-version-later-one", "use that version or a later one"),
            ));
        }
        if !state.pending.is_empty() {
            return Err(Error::invalid(
                told!(
                    "catalog-catalogue-earlier-version-program-not-there-yet",
                    "the catalogue is of an earlier version of the program, or not there yet"
                ),
                told!("catalog-run-cuulong-migrate-first", "run `cuulong migrate` first"),
            ));
        }
        Catalog::open(url).await
    }

    /// What the database itself finds damaged in its file; nothing on a server, which checks its own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn damage(&self) -> Result<Vec<String>, Error> {
        let reader = self.reader();
        if reader.get_database_backend() != DbBackend::Sqlite {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for pragma in ["integrity_check(50)", "foreign_key_check"] {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
            for row in reader.query_all_raw(statement).await? {
                let text: String = row.try_get_by_index(0)?;
                if text != "ok" {
                    found.push(if pragma.starts_with("foreign") {
                        format!("a row of `{text}` points to one that is not there")
                    } else {
                        text
                    });
                }
            }
        }
        Ok(found)
    }
}

/// Copies an SQLite catalogue to a new file as it is at this instant, also while a node writes.
/// The copy is synced to disk.
///
/// # Errors
/// When the catalogue is not reached, or the file is there already.
pub async fn copy_sqlite(url: &str, to: &Path) -> Result<(), Error> {
    let store = Store::connect(url, &CatalogOptions::default()).await?;
    let name = to.to_string_lossy().replace('\'', "''");
    // The pool that reads refuses statements that write, of which this is one.
    let copied = store.writer().execute_unprepared(&format!("VACUUM INTO '{name}'")).await;
    store.close().await?;
    copied?;
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(|error| Error::Internal(error.into()))
}

/// The file of an SQLite catalogue; nothing for one in memory or on a server.
pub fn sqlite_file(url: &str) -> Option<std::path::PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
    let is_file = !path.is_empty() && !url.contains(":memory:") && !url.contains("mode=memory");
    is_file.then(|| path.into())
}

/// A URL as it may be shown.
pub(crate) fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => url.to_owned(),
    }
}

/// The steps that this program knows, in order.
pub(crate) fn known_steps() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// The steps that a database has taken, in order; none when it has no catalogue.
pub(crate) async fn applied_steps(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    if !table_names(db).await?.iter().any(|name| name == "seaql_migrations") {
        return Ok(Vec::new());
    }
    let text = "SELECT version FROM seaql_migrations ORDER BY version";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), text)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

/// The tables that a database has.
pub(crate) async fn table_names(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    let backend = db.get_database_backend();
    let text = match backend {
        DbBackend::Postgres => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
        }
        _ => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1",
    };
    let rows = db.query_all_raw(Statement::from_string(backend, text)).await?;
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}
