//! Making a database on a PostgreSQL server, for a node or for a test.

use sea_orm::{ConnectionTrait, Database};
use wording::told;

use crate::Error;

/// Makes an empty database. `admin` is the URL of a database whose user may create others.
pub async fn create_database(admin: &str, name: &str) -> Result<(), Error> {
    let plain = !name.is_empty()
        && name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !plain {
        return Err(Error::invalid(
            told!("catalog-not-database-name", "`{name}` is not a database name", name = name),
            told!(
                "catalog-write-lower-case-letter-then-letters-digits",
                "write a lower-case letter, then letters, digits or `_`"
            ),
        ));
    }
    let connection = Database::connect(admin).await?;
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    connection.close().await?;
    Ok(())
}
