//! What is handed to a commit, and what came of it.

use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use model::{RunId, Version};

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

/// How rows compare with what is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommitCounts {
    /// Rows whose key is new.
    pub added: u64,
    /// Rows whose key is there with another value.
    pub corrected: u64,
    /// Rows that are there already.
    pub unchanged: u64,
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
