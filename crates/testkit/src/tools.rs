//! Programs and servers that `cargo xtask test` prepares.

use std::path::PathBuf;

use crate::real_data::is_ci;

/// The headless browser, or `None` (said aloud) where it is not prepared.
pub fn chromium() -> Option<PathBuf> {
    prepared("CUULONG_TEST_CHROMIUM").map(PathBuf::from)
}

/// Python with the protocols' clients, or `None` (said aloud).
pub fn python() -> Option<PathBuf> {
    prepared("CUULONG_TEST_PYTHON").map(PathBuf::from)
}

/// PostgreSQL's own client, which comes with the tests' server; or `None` (said aloud).
pub fn psql() -> Option<PathBuf> {
    prepared("CUULONG_TEST_POSTGRES").map(|_| PathBuf::from("psql"))
}

/// PostgreSQL's driver for Java, with Java to run it; or `None` (said aloud).
pub fn jdbc() -> Option<PathBuf> {
    let usual = PathBuf::from("/usr/share/java/postgresql.jar");
    match usual.is_file() && is_found("java") {
        true => Some(usual),
        false => prepared("CUULONG_TEST_JDBC").map(PathBuf::from),
    }
}

/// PostgreSQL's driver for ODBC, or `None` (said aloud).
pub fn odbc() -> Option<PathBuf> {
    let usual = PathBuf::from("/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so");
    match usual.is_file() {
        true => Some(usual),
        false => prepared("CUULONG_TEST_ODBC").map(PathBuf::from),
    }
}

/// The Python that QGIS comes with; or `None` (said aloud).
pub fn qgis() -> Option<PathBuf> {
    prepared("CUULONG_TEST_QGIS").map(PathBuf::from)
}

/// R, or `None` (said aloud).
pub fn rscript() -> Option<PathBuf> {
    match is_found("Rscript") {
        true => Some(PathBuf::from("Rscript")),
        false => prepared("CUULONG_TEST_R").map(PathBuf::from),
    }
}

/// Whether a program is on the path.
fn is_found(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Whether the clients of Mosquitto are there, which are prepared with those in Python; no is said aloud.
pub fn mosquitto() -> bool {
    prepared("CUULONG_TEST_PYTHON").is_some()
}

/// The URL of a new, empty database on the tests' PostgreSQL server, or `None` (said aloud).
pub async fn postgres_database() -> Option<String> {
    let admin = prepared("CUULONG_TEST_POSTGRES")?;
    let name = format!("t{}", uuid::Uuid::new_v4().simple());
    catalog::create_database(&admin, &name).await.expect("the tests' server makes databases");
    let (server, _) = admin.rsplit_once('/').expect("the URL names a database");
    Some(format!("{server}/{name}"))
}

fn prepared(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(!is_ci(), "{variable} is not set; run `cargo xtask test`");
        #[expect(clippy::print_stderr, reason = "a test that stands aside says so")]
        {
            eprintln!("standing aside: {variable} is not set; run `cargo xtask test`");
        }
    }
    value
}
