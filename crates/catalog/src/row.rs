//! Small conversions between what a table holds and what the model means.

use std::fmt::Display;

use chrono::{DateTime, Utc};

use crate::Error;

/// A stored text as its type; text that does not parse is damage, not the caller's mistake.
pub(crate) fn stored<T, E: Display>(
    what: &'static str,
    text: &str,
    parsed: Result<T, E>,
) -> Result<T, Error> {
    parsed.map_err(|_| Error::stored(what, text))
}

/// A stored code as its type.
pub(crate) fn coded<T>(what: &'static str, code: &str, parsed: Option<T>) -> Result<T, Error> {
    parsed.ok_or_else(|| Error::stored(what, code))
}

/// An instant to the microsecond: PostgreSQL holds no more, and both databases must agree.
pub(crate) fn micros(time: DateTime<Utc>) -> DateTime<Utc> {
    model::kept_instant(time)
}

/// A count as the database holds it; counts beyond 2⁶³ do not occur.
pub(crate) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A stored count.
pub(crate) fn count(what: &'static str, stored: i64) -> Result<u64, Error> {
    u64::try_from(stored).map_err(|_| Error::stored(what, &stored.to_string()))
}
