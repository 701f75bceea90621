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
        Refusal { state, message: message.into(), hint: None, is_fatal: false }
    }

    pub(crate) fn hint(mut self, hint: impl Into<Told>) -> Refusal {
        self.hint = Some(hint.into());
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
    const KINDS: [(&str, &str); 8] = [
        ("there is no table", "42P01"),
        ("No field named", "42703"),
        ("Invalid function", "42883"),
        ("sql parser error", "42601"),
        ("Expected:", "42601"),
        ("only statements that read", "25006"),
        ("Divide by zero", "22012"),
        ("Cannot cast", "22P02"),
    ];
    KINDS.iter().find(|(words, _)| what.contains(words)).map_or("42000", |(_, state)| state)
}
