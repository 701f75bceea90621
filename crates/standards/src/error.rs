//! What is wrong with a request, and where in its text.

/// A text of a request that does not have the form that its protocol asks for.
///
/// Everything here is the asker's to mend, so there is one kind of error: the answer is status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{parameter}`{}: {reason}", At(.at))]
pub struct Error {
    /// The parameter or part of the request, e.g. `$filter`, `bbox`, `path`.
    pub parameter: String,
    /// The character, counted from 1, at which the text stopped making sense.
    pub at: Option<usize>,
    /// What is wrong, in lower case without a full stop.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Error {
    /// An error about a parameter as a whole.
    pub fn new(parameter: &str, reason: impl Into<String>) -> Error {
        Error { parameter: parameter.to_owned(), at: None, reason: reason.into(), hint: None }
    }

    /// The same error with the character (from 1) at which it shows.
    #[must_use]
    pub fn at(self, at: usize) -> Error {
        Error { at: Some(at), ..self }
    }

    /// The same error with what to write instead.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Error {
        Error { hint: Some(hint.into()), ..self }
    }
}

struct At<'a>(&'a Option<usize>);

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |at| write!(f, " at character {at}"))
    }
}

/// At most 80 characters of a text, for quoting in a message.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text.chars().take(80).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}
