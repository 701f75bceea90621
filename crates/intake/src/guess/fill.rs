//! Cells below each other that are one: where the empty ones hold what stands above them.

use std::ops::Range;

use formats::Chunk;
use wording::{Told, told};

use super::headers::is_number;
use crate::observe::{is_note, is_total};

/// Whether empty cells of a column, beside numbers, hold what stands above them: how sure, and why.
/// `statistic` is the column that says which statistic each row is.
pub(super) fn filled_down(
    chunk: &Chunk,
    column: usize,
    rows: Range<usize>,
    values: &[usize],
    statistic: Option<usize>,
) -> Option<(f64, Told)> {
    let own = |row: usize| chunk.cell(row, column).map(str::trim).filter(|text| !text.is_empty());
    let has_value = |row: usize| {
        values.iter().any(|value| chunk.cell(row, *value).is_some_and(|text| is_number(text.trim())))
    };
    let spanned = u16::try_from(column + 1).ok()?;
    let is_merged = |row: usize| {
        let number = chunk.row_number(row);
        chunk.merged.iter().any(|range| {
            range.first_column == spanned && range.first_row < number && number <= range.last_row
        })
    };
    let (mut filled, mut empty, mut merged) = (0_usize, 0_usize, 0_usize);
    for row in rows.filter(|row| has_value(*row) && !sums_up(chunk, *row, statistic)) {
        match own(row) {
            Some(_) => filled += 1,
            // Above the first text there is nothing to hold.
            None if filled > 0 => {
                empty += 1;
                merged += usize::from(is_merged(row));
            }
            None => {}
        }
    }
    if merged > 0 && merged == empty {
        return Some((0.9, told!("guess-merged-downwards", "its cells are merged downwards")));
    }
    (filled > 0 && empty * 5 >= filled + empty).then(|| {
        (0.5, told!("guess-rows-without-text", "{count} rows with numbers have no text in this column: do they belong to the text above them?", count = empty))
    })
}

/// Whether a row is a total of others, or a limit or a note beside them; what the column of statistics says makes none.
pub(super) fn sums_up(chunk: &Chunk, row: usize, statistic: Option<usize>) -> bool {
    let columns = (0..chunk.columns.len()).filter(|column| Some(*column) != statistic);
    let texts = columns.filter_map(|column| chunk.cell(row, column));
    texts.filter(|text| !is_number(text.trim())).any(|text| is_total(text) || is_note(text))
}
