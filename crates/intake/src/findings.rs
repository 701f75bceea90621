//! Collects findings: the first are kept word for word, the rest are counted.

use model::{CellRef, Finding, Severity};
use wording::Told;

/// The most characters of a cell that a finding repeats.
const MAX_VALUE: usize = 200;
/// The longest reason of ours, in bytes as it is kept.
const MAX_REASON: usize = 2_000;

/// The findings of one run.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) kept: Vec<Finding>,
    limit: usize,
    pub(crate) total: u64,
    pub(crate) warnings: u64,
}

impl Findings {
    /// Keeps at most `limit`.
    pub(crate) fn new(limit: usize) -> Findings {
        Findings { kept: Vec::new(), limit, total: 0, warnings: 0 }
    }

    /// Adds a finding; its texts are made only while findings are kept.
    pub(crate) fn add(&mut self, severity: Severity, code: &str, cell: CellRef, say: impl FnOnce() -> Words) {
        self.total += 1;
        self.warnings += u64::from(severity == Severity::Warning);
        if self.kept.len() < self.limit {
            let Words { column_name, value, expected } = say();
            self.kept.push(Finding {
                severity,
                code: code.to_owned(),
                cell,
                column_name: short(&column_name),
                value: short(&value),
                expected: short_reason(expected),
            });
        }
    }

    /// How many more are kept.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.kept.len())
    }

    /// Counts findings that come behind those that are kept.
    pub(crate) fn count(&mut self, severity: Severity, more: u64) {
        self.total += more;
        self.warnings += if severity == Severity::Warning { more } else { 0 };
    }

    /// Puts the findings from an index on in the order of the file.
    pub(crate) fn sort_from(&mut self, start: usize) {
        if let Some(new) = self.kept.get_mut(start..) {
            new.sort_by_key(|finding| (finding.cell.sheet, finding.cell.row, finding.cell.column));
        }
    }
}

/// The texts of a finding.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) column_name: String,
    pub(crate) value: String,
    pub(crate) expected: String,
}

/// A reason stays whole as long as it is one of ours, so that it can be told in any language.
fn short_reason(text: String) -> String {
    let is_kept = text.len() <= MAX_REASON && Told::read(&text).code().is_some();
    if is_kept { text } else { short(&Told::read(&text).to_string()) }
}

fn short(text: &str) -> String {
    text.chars().take(MAX_VALUE).collect()
}
