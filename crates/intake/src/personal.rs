//! Personal data: found in the columns of a file before anything is committed, and held back.
//!
//! Identity numbers, phone numbers, e-mail addresses and bank accounts are told by their form, by the
//! share of a column's cells that have it, and by the words of its header (Law 91/2025/QH15). A column
//! that holds them stays out of the dataset until a mapping says who decided what; what of it lies in
//! the original is veiled from those who may not decide.

mod features;
mod kind;
mod veil;
mod watch;

use model::{CellRef, Severity};

pub(crate) use features::hold_back;
pub(crate) use kind::Kind;
pub(crate) use veil::Veil;
pub(crate) use watch::Watch;

use crate::findings::{Findings, Words};
use crate::mapping::{PersonalColumn, PersonalDecision};

/// The codes of findings about columns that are not to be shown to everybody.
pub(crate) const HELD_CODES: [&str; 2] = ["personal_data", "personal_left_out"];

/// A column that holds personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its first cell that is held back.
    pub(crate) cell: CellRef,
    /// Its header.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// What a mapping says of it.
    pub(crate) decision: Option<PersonalDecision>,
}

/// Adds what was found, without a word of it.
pub(crate) fn add(findings: &mut Findings, found: &[Found]) {
    for found in found {
        let code = match found.decision {
            None => "personal_data",
            Some(PersonalDecision::LeaveOut) => "personal_left_out",
            Some(PersonalDecision::Keep) => "personal_kept",
        };
        findings.add(Severity::Warning, code, found.cell, || Words {
            column_name: found.name.clone(),
            value: String::new(),
            expected: found.kind.code().to_owned(),
        });
    }
}

/// What the mapping says of a column, by its letter or any of its names.
fn decision_of(decisions: &[PersonalColumn], letters: &str, names: &[&str]) -> Option<PersonalDecision> {
    let tidy = |text: &str| model::fold(text.trim());
    let of = |wanted: &str| wanted == letters || names.iter().any(|name| tidy(name) == tidy(wanted));
    decisions.iter().find(|column| of(&column.column)).map(|column| column.decision)
}

/// How the cells of a column look.
#[derive(Debug, Clone, Default)]
struct Tally {
    filled: u64,
    hits: [u64; Kind::ALL.len()],
}

impl Tally {
    fn count(&mut self, text: &str, hint: Option<Kind>) {
        self.filled += 1;
        if let Some(kind) = kind::find(text, hint) {
            self.hits[kind as usize] += 1;
        }
    }

    /// What the column holds: with a header that says so, a few cells are enough.
    fn verdict(&self, hint: Option<Kind>) -> Option<Kind> {
        let holds = |kind: &Kind| {
            let hits = self.hits[*kind as usize];
            if hint == Some(*kind) {
                return hits > 0 && hits * 10 >= self.filled;
            }
            (hits >= 2 && hits * 10 >= self.filled * 3) || (hits == 1 && self.filled == 1)
        };
        hint.into_iter().chain(Kind::ALL).find(holds)
    }
}
