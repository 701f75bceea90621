//! Collects findings: the first are kept word for word, the rest are counted.

use model::{CellRef, Finding, Severity};

/// The most characters of a cell that a finding repeats.
const MAX_VALUE: usize = 200;

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
                expected: short(&expected),
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

fn short(text: &str) -> String {
    text.chars().take(MAX_VALUE).collect()
}
