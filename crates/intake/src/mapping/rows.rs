//! Which rows of a sheet are data.

use serde::Deserialize;

/// Which rows are data, which head a group, and which are left out.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct RowRules {
    /// The first row of data, from 1; the one behind the header when absent.
    pub first: Option<u32>,
    /// The last row of data; the last of the sheet when absent.
    pub last: Option<u32>,
    /// Rows to leave out: patterns of their first text.
    pub skip: Vec<String>,
    /// Columns whose empty cells hold what stands above them, as in cells merged downwards.
    pub fill: Vec<String>,
    /// Patterns of rows that hold one text, which tells something of the rows below:
    /// `Tỉnh {place}`, `Năm {year}`. The outer group comes first.
    pub group: Vec<String>,
    /// Whether rows that are known to be totals, other regions or notes are read like the rest.
    pub keep_all: bool,
}

impl RowRules {
    /// Whether every row has to be looked at before its values are read.
    pub(crate) fn are_any(&self) -> bool {
        self.first.is_some()
            || self.last.is_some()
            || !self.skip.is_empty()
            || !self.fill.is_empty()
            || !self.group.is_empty()
    }
}
