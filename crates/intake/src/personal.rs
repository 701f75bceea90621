//! Personal data: found in the columns of a file before anything is committed, and held back.
//!
//! Identity numbers, phone numbers, e-mail addresses and bank accounts are told by their form, by the
//! share of a column's cells that have it, and by the words of its header (Law 91/2025/QH15). A column
//! that holds them stays out of the dataset until a mapping says who decided what, in whatever row they
//! begin; single cells of a column that is about something else stay out each. What of it lies in the
//! original is veiled from those who may not decide.

mod features;
mod kind;
mod veil;
mod watch;

use model::{CellRef, Finding, Severity};

pub(crate) use features::{Source, hold_back};
pub(crate) use kind::Kind;
pub(crate) use veil::Veil;
pub(crate) use watch::Watch;

use crate::findings::{Findings, Words};
use crate::mapping::{PersonalColumn, PersonalDecision};

/// The codes of findings about columns that are not to be shown to everybody.
pub(crate) const HELD_CODES: [&str; 3] = ["personal_data", "personal_left_out", ONE_CELL];
/// The code of a finding about one cell of a column that is no column of persons.
const ONE_CELL: &str = "personal_cell";

/// A column, or a single cell, that holds personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The column's first cell that is held back, or the cell.
    pub(crate) cell: CellRef,
    /// The column's header.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// How much is held back.
    pub(crate) what: What,
}

/// How much of a column that holds personal data is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The column, unless a mapping decides that it goes in.
    Column(Option<PersonalDecision>),
    /// One cell of it.
    Cell,
}

/// Whether the form of a text alone tells that it holds personal data.
pub fn is_personal(text: &str) -> bool {
    kind::may_hold(text) && kind::find(text, None).is_some()
}

/// Whether a finding tells that something of what came in was held back, because it is personal data.
pub fn is_held_back(finding: &Finding) -> bool {
    HELD_CODES.contains(&finding.code.as_str())
}

/// Adds what was found, without a word of it.
pub(crate) fn add(findings: &mut Findings, found: &[Found]) {
    for found in found {
        let code = match found.what {
            What::Column(None) => "personal_data",
            What::Column(Some(PersonalDecision::LeaveOut)) => "personal_left_out",
            What::Column(Some(PersonalDecision::Keep)) => "personal_kept",
            What::Cell => ONE_CELL,
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
    /// Cells that hold something of each kind, by their form or by what the header says.
    hits: [u64; Kind::ALL.len()],
    /// Those of them whose form alone tells.
    certain: [u64; Kind::ALL.len()],
    /// Plain numbers as long as a phone number or a citizen id that are none: a column of codes has many.
    codes: [u64; Kind::ALL.len()],
}

impl Tally {
    /// Counts a cell, and says what its form alone tells.
    fn count(&mut self, text: &str, hint: Option<Kind>) -> Option<Kind> {
        self.filled += 1;
        let certain = if kind::may_hold(text) { kind::find(text, None) } else { None };
        let found = match hint {
            None => certain,
            Some(_) => kind::find(text, hint),
        };
        match found {
            Some(kind) => {
                self.hits[kind as usize] += 1;
                self.certain[kind as usize] += u64::from(certain.is_some());
            }
            None => {
                if let Some(kind) = kind::as_long_as(text) {
                    self.codes[kind as usize] += 1;
                }
            }
        }
        certain
    }

    /// What the column holds as a whole: with a header that says so, one cell can be enough.
    fn verdict(&self, hint: Option<Kind>) -> Option<Kind> {
        let holds = |kind: &Kind| {
            let hits = self.hits[*kind as usize];
            if hint == Some(*kind) {
                let is_certain = self.certain[*kind as usize] > 0 || kind.is_told_by_its_header();
                return hits > 0 && (is_certain || hits * 10 >= self.filled);
            }
            let is_most = (hits >= 2 && hits * 10 >= self.filled * 3) || (hits == 1 && self.filled == 1);
            is_most && !self.is_of_codes(*kind)
        };
        hint.into_iter().chain(Kind::ALL).find(holds)
    }

    /// Whether what looks like this kind is rather a code among others of its length.
    fn is_of_codes(&self, kind: Kind) -> bool {
        self.codes[kind as usize] > self.hits[kind as usize]
    }
}
