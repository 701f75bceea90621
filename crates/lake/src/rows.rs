//! What is handed to a commit, and what came of it.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use model::{RunId, Version};

use crate::Spill;

/// Rows to be committed by one run.
#[derive(Debug, Clone)]
pub struct NewRows {
    /// The run that commits them.
    pub run: RunId,
    /// The rows, in any order, with keys that are unique among them. The columns are the table's;
    /// `run` and `recorded_at` may be left out, and are then filled from this commit.
    pub rows: Vec<RecordBatch>,
    /// When they are committed.
    pub committed_at: DateTime<Utc>,
}

/// Rows on disk, to be committed by one run.
#[derive(Debug, Clone)]
pub struct NewSpilled {
    /// The run that commits them.
    pub run: RunId,
    /// The rows, with keys that are unique among them. Columns that the table does not have are left out.
    pub rows: Arc<Spill>,
    /// When they are committed.
    pub committed_at: DateTime<Utc>,
    /// Said when they are to be told apart from what others said.
    pub own: Option<Own>,
}

/// That a run's rows are to be told apart from what others said, as those of a forecast are: a row that is
/// there with the same value becomes the run's, too. It counts as unchanged, and the version before has it as
/// it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Runs that said it together with this one: what is theirs stays theirs.
    pub runs: HashSet<RunId>,
}

/// Rows with new quality flags.
#[derive(Debug, Clone)]
pub struct NewFlags {
    /// The run that tested them.
    pub run: RunId,
    /// The rows as they were read, with all of the table's columns and other flags. A row whose value
    /// was corrected meanwhile, or that is gone, is passed over.
    pub rows: Vec<RecordBatch>,
    /// When they are committed.
    pub committed_at: DateTime<Utc>,
}

/// Rows that are to go.
#[derive(Debug, Clone)]
pub struct OldRows {
    /// The run that takes them away.
    pub run: RunId,
    /// The rows as they were read, with all of the table's columns. One that is gone is passed over.
    pub rows: Vec<RecordBatch>,
    /// When they go.
    pub committed_at: DateTime<Utc>,
    /// How a feature has to stand for them to go.
    pub expected: Option<Expected>,
}

/// How a feature has to stand for a commit to be made: as it was read, whoever wrote meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Its id.
    pub feature: String,
    /// The run that made it what it is; `None` when it must not be there.
    pub run: Option<RunId>,
}

/// A run to be undone.
#[derive(Debug, Clone)]
pub struct Undo {
    /// The run that undoes it.
    pub run: RunId,
    /// The run that is undone.
    pub of: RunId,
    /// Runs that were undone before: what they brought is not set back to.
    pub withdrawn: HashSet<RunId>,
    /// When it is undone.
    pub committed_at: DateTime<Utc>,
}

/// What came of undoing a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The commit; `corrected` counts the rows that were set back to what was there before.
    pub committed: Committed,
    /// Rows of the run that stay, because a later run corrected them.
    pub kept: u64,
}

/// Rows that a commit would correct, side by side.
#[derive(Debug, Clone)]
pub struct Corrections {
    /// The rows as they are, with all of the table's columns.
    pub before: RecordBatch,
    /// The rows that take their place, without `run` and `recorded_at`.
    pub after: RecordBatch,
}

/// How rows compare with what is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CommitCounts {
    /// Rows whose key is new.
    pub added: u64,
    /// Rows whose key is there with another value.
    pub corrected: u64,
    /// Rows that are there already.
    pub unchanged: u64,
    /// Rows that go.
    pub removed: u64,
    /// Rows of which only the quality flag or its tests change.
    pub flagged: u64,
}

/// What came of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The version it made; `None` when nothing changed.
    pub version: Option<Version>,
    /// How its rows compared with what was in the table.
    pub counts: CommitCounts,
    /// Rows in the table afterwards.
    pub total: u64,
}
