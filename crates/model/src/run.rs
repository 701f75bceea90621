//! Runs: one taking-in of one file, and what was found in it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{DatasetId, OriginalHash, RunId, TimeRange, UserId, Version};

/// Where the data of a run came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunKind {
    /// A file that was handed in.
    Upload,
    /// A recipe that was run.
    Recipe,
    /// Single observations and small batches, taken in together.
    Writes,
    /// Another run that was withdrawn.
    Withdrawal,
    /// Values that were tested again: only flags change.
    Recheck,
}

impl RunKind {
    /// The kind's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            RunKind::Upload => "upload",
            RunKind::Recipe => "recipe",
            RunKind::Writes => "writes",
            RunKind::Withdrawal => "withdrawal",
            RunKind::Recheck => "recheck",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<RunKind> {
        match code {
            "upload" => Some(RunKind::Upload),
            "recipe" => Some(RunKind::Recipe),
            "writes" => Some(RunKind::Writes),
            "withdrawal" => Some(RunKind::Withdrawal),
            "recheck" => Some(RunKind::Recheck),
            _ => None,
        }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunState {
    /// Under way. A run found so at start was cut off: it is finished if its commit is in the
    /// table, and failed otherwise.
    Running,
    /// A draft: the file is kept and looked at, and nothing is committed yet.
    Staged,
    /// Its good rows are a version, or changed nothing.
    Done,
    /// Checked only, as was asked.
    DryRun,
    /// Nothing of it was kept.
    Failed,
}

impl RunState {
    /// The state's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Staged => "staged",
            RunState::Done => "done",
            RunState::DryRun => "dry_run",
            RunState::Failed => "failed",
        }
    }

    /// The state of a code.
    pub fn from_code(code: &str) -> Option<RunState> {
        [RunState::Running, RunState::Staged, RunState::Done, RunState::DryRun, RunState::Failed]
            .into_iter()
            .find(|state| state.code() == code)
    }
}

/// What a run did, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunTotals {
    /// Rows of data read from the file (headers not counted).
    pub rows: u64,
    /// Rows of which at least one value was refused.
    pub refused_rows: u64,
    /// Values refused.
    pub refused: u64,
    /// Values that are new.
    pub added: u64,
    /// Values that replaced another value of the same datastream and time.
    pub corrected: u64,
    /// Values that were there already.
    pub unchanged: u64,
    /// Cells that hold no value, as declared by the mapping.
    pub missing: u64,
    /// Findings that do not refuse anything.
    pub warnings: u64,
}

/// One run of a forecast model, as a file brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// The instant that the model started from: `forecast_reference_time` of the CF conventions.
    pub made_for: DateTime<Utc>,
    /// The first time that it says something about.
    pub first: DateTime<Utc>,
    /// The last one.
    pub last: DateTime<Utc>,
}

impl Forecast {
    /// The times that it speaks of.
    pub fn times(&self) -> TimeRange {
        TimeRange { from: Some(self.first), to: Some(self.last + TimeDelta::microseconds(1)) }
    }
}

/// One taking-in of one original, or one execution of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The dataset it writes.
    pub dataset: DatasetId,
    /// Where the data came from.
    pub kind: RunKind,
    /// How far it has come.
    pub state: RunState,
    /// The bytes it read; absent for a recipe and for a run that failed before they were kept.
    pub original: Option<OriginalHash>,
    /// The file's name as it was handed in, or the recipe's name.
    pub file_name: String,
    /// The names of the file's sheets, in order; a file without sheets has one, nameless.
    pub sheets: Vec<String>,
    /// The encodings of the file's texts beyond ASCII, as codes: `utf-8`, `tcvn3`. One file may mix them.
    pub encodings: Vec<String>,
    /// The forecast that its file holds; absent where values were observed.
    pub forecast: Option<Forecast>,
    /// For a recipe, the versions that it read.
    pub pinned: Vec<(DatasetId, Version)>,
    /// The version of the dataset's mapping that it used.
    pub mapping: Option<u32>,
    /// Who handed it in; absent for the system.
    pub user: Option<UserId>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The version it made; absent when it changed nothing.
    pub version: Option<Version>,
    /// What it did.
    pub totals: RunTotals,
    /// Why it failed.
    pub error: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the value was taken.
    Warning,
    /// The value was refused.
    Refused,
}

impl Severity {
    /// The severity's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Refused => "refused",
        }
    }

    /// The severity of a code.
    pub fn from_code(code: &str) -> Option<Severity> {
        match code {
            "warning" => Some(Severity::Warning),
            "refused" => Some(Severity::Refused),
            _ => None,
        }
    }
}

/// A cell of an original: sheet, row and column count from 0, 1 and 1 as a person at a
/// spreadsheet counts (row 1 is the first line of the file).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellRef {
    /// The sheet's place in the file, from 0; 0 for a file without sheets.
    pub sheet: u16,
    /// The row, from 1. In a GeoJSON file, the feature's place from 1.
    pub row: u32,
    /// The column, from 1.
    pub column: u16,
}

impl CellRef {
    /// The column in spreadsheet letters: 1 is `A`, 27 is `AA`.
    pub fn column_letters(&self) -> String {
        let mut number = u32::from(self.column);
        let mut letters = Vec::new();
        while number > 0 {
            let digit = (number - 1) % 26;
            letters.push(char::from(b'A' + u8::try_from(digit).expect("a remainder of 26 fits a byte")));
            number = (number - 1) / 26;
        }
        letters.iter().rev().collect()
    }

    /// The cell as a spreadsheet writes it: `D4`.
    pub fn a1(&self) -> String {
        format!("{}{}", self.column_letters(), self.row)
    }
}

/// Something about a row or a cell that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What was found, as a stable code: `not_a_number`, `unknown_place`, `out_of_range`, …
    pub code: String,
    /// The cell.
    pub cell: CellRef,
    /// The header of the column, where there is one.
    pub column_name: String,
    /// The cell's text as it was written, at most 200 characters.
    pub value: String,
    /// What would have been right, or the value it was compared with; fills the message's blank.
    pub expected: String,
}

#[cfg(test)]
mod tests {
    use super::CellRef;

    #[test]
    fn columns_are_lettered_as_a_spreadsheet_does() {
        for (column, letters) in [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (703, "AAA"), (16384, "XFD")] {
            assert_eq!(CellRef { sheet: 0, row: 1, column }.column_letters(), letters);
        }
    }
}
