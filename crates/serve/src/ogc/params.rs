//! Parameters of the OGC API, read into what cannot be wrong.

use serde::Deserialize;
use wording::told;

use crate::http::{Answer, Problem, ProblemKind};

/// The format, where it is the only parameter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormatParams {
    f: Option<String>,
}

impl FormatParams {
    /// Refuses a format that the resource does not have.
    pub(super) fn check(&self) -> Answer<()> {
        format(self.f.as_deref(), &["json"])
    }
}

fn format(asked: Option<&str>, offered: &[&str]) -> Answer<()> {
    match asked {
        Some(name) if !offered.contains(&name) => Err(Problem::text(
            ProblemKind::NotAcceptable,
            told!(
                "serve-not-format-here-write",
                "`{name}` is not a format here: write {offered}",
                name = name,
                offered = offered.join(" or ")
            ),
        )
        .at("f")),
        _ => Ok(()),
    }
}
