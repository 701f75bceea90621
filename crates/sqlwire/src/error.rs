//! Errors as the protocol tells them: an SQLSTATE (PostgreSQL 15, appendix A), a sentence, a hint.

use std::io;

use query::Error;
use wording::Told;

/// Why a statement or a connection was refused.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    /// The SQLSTATE.
    pub(crate) state: &'static str,
    /// What is wrong.
    pub(crate) message: Told,
    /// What to do.
    pub(crate) hint: Option<Told>,
    /// The letter of the statement at which it is wrong, from 1 on.
    pub(crate) position: Option<usize>,
    /// Whether the connection ends with it.
    pub(crate) is_fatal: bool,
}

/// What ends a conversation or a part of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The client is told why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is nobody to tell.
    #[error(transparent)]
    Gone(#[from] io::Error),
}

impl Refusal {
    pub(crate) fn new(state: &'static str, message: impl Into<Told>) -> Refusal {
        Refusal { state, message: message.into(), hint: None, position: None, is_fatal: false }
    }

    pub(crate) fn hint(mut self, hint: impl Into<Told>) -> Refusal {
        self.hint = Some(hint.into());
        self
    }

    /// Finds the place in the statement that the message is about.
    pub(crate) fn within(mut self, statement: &str) -> Refusal {
        self.position = place_of(&self.message.to_string(), self.state, statement);
        self
    }

    pub(crate) fn fatal(mut self) -> Refusal {
        self.is_fatal = true;
        self
    }

    pub(crate) fn syntax(message: impl Into<Told>) -> Refusal {
        Refusal::new("42601", message)
    }

    pub(crate) fn protocol(message: impl Into<Told>) -> Refusal {
        Refusal::new("08P01", message).fatal()
    }

    pub(crate) fn unsupported(message: impl Into<Told>) -> Refusal {
        Refusal::new("0A000", message)
    }

    /// A statement that would write.
    pub(crate) fn read_only(what: &str) -> Refusal {
        Refusal::new("25006", format!("cannot execute {what} in a read-only transaction"))
            .hint("this server only reads; hand in data over HTTP at /v1/datasets/{id}/uploads")
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let message = error.told();
        match error {
            Error::Invalid { what, hint } => {
                let refusal = Refusal::new(state_of(&what), what);
                match hint {
                    Some(hint) => refusal.hint(hint),
                    None => refusal,
                }
            }
            Error::NotFound { .. } | Error::Gone { .. } => Refusal::new("42P01", message),
            Error::Denied(_) => Refusal::new("42501", message),
            Error::Limit { what: "time", .. } => Refusal::new("57014", message),
            Error::Limit { what: "memory", .. } => Refusal::new("53200", message),
            Error::Limit { .. } => Refusal::new("54000", message),
            Error::Busy { wait, .. } => Refusal::new("53400", message)
                .hint(format!("try again in {} s", wait.as_secs().saturating_add(1))),
            Error::Later | Error::Away(_) => Refusal::new("57P03", message),
            Error::Damaged { what } => {
                tracing::error!(error = %what, "a stored file is damaged");
                Refusal::new("XX001", message)
            }
            Error::Internal(source) => {
                tracing::error!(error = %source, "a statement failed");
                Refusal::new("XX000", "internal error")
            }
        }
    }
}

impl From<catalog::Error> for Refusal {
    fn from(error: catalog::Error) -> Refusal {
        match error {
            catalog::Error::Later(_) => Refusal::new("57P03", "the node is busy: try again later"),
            error => {
                tracing::error!(%error, "the catalogue did not answer");
                Refusal::new("XX000", "internal error")
            }
        }
    }
}

/// The SQLSTATE of a statement that is wrong. The engine's errors are told apart by what the asker can
/// do, so that finer kinds show only in the sentence.
fn state_of(what: &Told) -> &'static str {
    const KINDS: [(&str, &str); 22] = [
        ("there is no table", "42P01"),
        ("No field named", "42703"),
        ("Invalid function", "42883"),
        ("sql parser error", "42601"),
        ("Expected:", "42601"),
        ("Expected an expression", "42601"),
        (" at Line: ", "42601"),
        ("only statements that read", "25006"),
        ("is not offered in SQL", "0A000"),
        ("does not support logical expression", "0A000"),
        ("is for administrators", "42501"),
        ("Divide by zero", "22012"),
        ("Cannot cast", "22P02"),
        ("invalid input syntax for type", "22P02"),
        ("invalid hexadecimal", "22023"),
        ("invalid base64", "22023"),
        ("unrecognized encoding", "22023"),
        ("Can't cast value", "22003"),
        ("timestamp out of range", "22008"),
        ("is not between 0 and 1", "22003"),
        ("out of range", "22003"),
        ("value overflows numeric format", "22003"),
    ];
    KINDS.iter().find(|(words, _)| what.contains(words)).map_or("42000", |(_, state)| state)
}

/// The letter of the statement that a message is about: the line and column that it names, or the name in it.
fn place_of(message: &str, state: &str, statement: &str) -> Option<usize> {
    let shown = statement.trim();
    let blank = statement.chars().count() - statement.trim_start().chars().count();
    if let Some((_, at)) = message.rsplit_once(" at Line: ") {
        let (line, column) = at.split_once(", Column: ")?;
        let (line, column): (usize, usize) = (line.parse().ok()?, column.trim_end_matches('.').parse().ok()?);
        let before: usize =
            shown.split('\n').take(line.checked_sub(1)?).map(|line| line.chars().count() + 1).sum();
        let place = (line > 0).then_some(before + column)?;
        return Some(blank + token_before(shown, place, message));
    }
    if message.ends_with("found: EOF") {
        let end = statement.trim_end();
        return Some(end.strip_suffix(';').unwrap_or(statement).chars().count() + 1);
    }
    let name = match state {
        "42P01" => message.split('`').nth(1)?,
        "42703" => message.strip_prefix("No field named ")?.split(". ").next()?.trim_end_matches('.'),
        "42883" => message.split('\'').nth(1)?,
        _ => return None,
    };
    let name = name.trim_matches('"');
    let is_inside = |c: char| c.is_alphanumeric() || c == '_';
    let lower = shown.to_lowercase();
    // Letters that change their length with their case would lead to another place.
    if lower.len() != shown.len() || name.is_empty() {
        return None;
    }
    let wanted = name.to_lowercase();
    let found = lower.match_indices(&wanted).find(|(at, _)| {
        let (before, after) = (&lower[..*at], &lower[at + wanted.len()..]);
        !before.ends_with(is_inside) && !after.starts_with(is_inside)
    });
    found.and_then(|(at, _)| Some(blank + shown.get(..at)?.chars().count() + 1))
}

/// The place of the word that was found: where the message names the place behind it, the one before.
fn token_before(statement: &str, place: usize, message: &str) -> usize {
    let found = message.rsplit_once("found: ").and_then(|(_, rest)| rest.split(" at Line: ").next());
    let Some(found) = found.filter(|found| !found.is_empty()) else { return place };
    let end = statement.char_indices().nth(place - 1).map_or(statement.len(), |(at, _)| at);
    if statement[end..].starts_with(found) {
        return place;
    }
    statement[..end].rfind(found).map_or(place, |at| statement[..at].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_mistake_is_shown_at_its_letter() {
        let check = |message: &str, state: &str, statement: &str, expected: Option<usize>| {
            assert_eq!(place_of(message, state, statement), expected, "{statement}");
        };
        let unexpected = "sql parser error: Expected: an expression, found: FROM at Line: 2, Column: 3";
        check(unexpected, "42601", "  SELECT\n  FROM a", Some(12));
        let behind = "Expected an expression, found: from at Line: 2, Column: 8";
        check(behind, "42601", "select id,\n  from samples", Some(14));
        let open = "sql parser error: Expected: an expression, found: EOF";
        check(open, "42601", "select 1 + ;", Some(12));
        check(open, "42601", "select 1 +", Some(11));
        check("there is no table `nix`", "42P01", "SELECT nixe FROM nix", Some(18));
        check("No field named nothing. Valid fields are a.", "42703", "SELECT độ, nothing FROM a", Some(12));
        check("No field named a.nothing.", "42703", "SELECT a.nothing FROM a", Some(8));
        check("Invalid function 'nix'.", "42883", "SELECT nix(1)", Some(8));
        check("internal error", "XX000", "SELECT 1", None);
    }
}
