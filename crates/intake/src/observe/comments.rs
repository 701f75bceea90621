//! Rows that a `#` takes out of a table, as programs and people do who do not want to delete them.

use formats::Chunk;

use super::plan::Plan;

/// What a spreadsheet writes for a formula that failed.
const NOT_AVAILABLE: &str = "#N/A";

/// The first text of a row, where a `#` before it takes the row out.
pub(crate) fn comment(chunk: &Chunk, row: usize) -> Option<(usize, &str)> {
    let (column, text) =
        (0..chunk.columns.len()).find_map(|column| Some((column, chunk.cell(row, column)?.trim())))?;
    let is_error = || text.ends_with(['!', '?']) || text == NOT_AVAILABLE;
    (text.starts_with('#') && text.len() > 1 && !is_error()).then_some((column, text))
}

/// Whether a row has one text only.
fn is_alone(chunk: &Chunk, row: usize) -> bool {
    (0..chunk.columns.len()).filter(|column| chunk.cell(row, *column).is_some()).nth(1).is_none()
}

/// Whether `#` may take rows out: where the first row of values begins with one, it is part of what they say.
pub(crate) fn are_comments(chunk: &Chunk, rows: std::ops::Range<usize>) -> Option<bool> {
    let mut rows = rows.filter(|row| !is_alone(chunk, *row));
    rows.next().map(|row| comment(chunk, row).is_none())
}

impl Plan {
    /// Looks at the first row of values.
    pub(super) fn learn_comments(&mut self, chunk: &Chunk, start: usize) {
        self.comments = self.comments.or_else(|| are_comments(chunk, start..chunk.len()));
    }

    /// The column and the text of a row that is taken out.
    pub(super) fn comment_in<'c>(&self, chunk: &'c Chunk, row: usize) -> Option<(usize, &'c str)> {
        if self.comments == Some(true) { comment(chunk, row) } else { None }
    }
}
