//! Cells of values that are drawn as one: the number may be that of the first row or header, of each, or of all together.

use std::ops::Range;

use formats::Chunk;
use model::CellRef;
use wording::{Told, told};

use super::headers::is_number;
use super::observations::Guess;
use super::shaped::{ROWS, Shaped};

/// Asks about cells of values that span several rows or several columns of values.
fn question(chunk: &Chunk, rows: Range<usize>, values: &[usize]) -> Option<Told> {
    let column = |number: u16| usize::from(number).checked_sub(1);
    let is_value = |number: u16| column(number).is_some_and(|column| values.contains(&column));
    let behind = rows.end.checked_sub(1).filter(|last| *last >= rows.start)?;
    let (first, last) = (chunk.row_number(rows.start), chunk.row_number(behind));
    chunk.merged.iter().find_map(|range| {
        let is_within = (first..=last).contains(&range.first_row) && is_value(range.first_column);
        // Rows without any text of their own are but the height of the one above.
        let has_texts = |row: usize| (0..chunk.columns.len()).any(|column| chunk.cell(row, column).is_some());
        let below = |row: &usize| (range.first_row + 1..=range.last_row).contains(&chunk.row_number(*row));
        let over_rows = (0..chunk.len()).filter(below).any(has_texts);
        let over_values = range.last_column > range.first_column && is_value(range.first_column.saturating_add(1));
        let row = (0..chunk.len()).find(|row| chunk.row_number(*row) == range.first_row)?;
        let text = chunk.cell(row, column(range.first_column)?).map(str::trim)?;
        (is_within && (over_rows || over_values) && is_number(text)).then(|| {
            let name = |row, column| CellRef { sheet: 0, row, column }.a1();
            told!(
                "guess-merged-values",
                "the cells from {first} to {last} are drawn as one with the number `{text}`: is it the value of the first of them, of each, or of all together? Write the value into each cell that has one, or the sum with its own period",
                first = name(range.first_row, range.first_column),
                last = name(range.last_row, range.last_column),
                text = text
            )
        })
    })
}

impl Guess<'_> {
    pub(super) fn ask_of_merged_values(&mut self) {
        let rows = self.sample.start..self.sample.start + self.sample.rows;
        let plain = self.mapping.values.iter().filter(|value| value.columns.is_none());
        let values: Vec<usize> =
            plain.filter_map(|value| self.sample.header.find(&value.column).ok()).collect();
        if let Some(question) = question(self.chunk, rows, &values) {
            self.because("value", 0.4, question);
        }
    }
}

impl Shaped<'_> {
    pub(super) fn ask_of_merged_values(&mut self) {
        let chunk = &self.sheet.chunk;
        let rows = self.found.start..chunk.len().min(self.found.start + ROWS);
        let values: Vec<usize> = self.found.columns.iter().map(|(column, _)| *column).collect();
        if let Some(question) = question(chunk, rows, &values) {
            self.decide("value", 0.4, question);
        }
    }
}
