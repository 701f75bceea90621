//! The column of a table that says which statistic each row is: `Đặc trưng` over `Max`, `Min`, `TB`.

use std::collections::BTreeSet;
use std::ops::Range;

use formats::Chunk;

use super::beside::STATISTICS;
use super::evidence::name_statistics;
use super::observations::Guess;
use super::sample::Column;
use super::words::header_words;
use crate::mapping::TextOrColumn;
use crate::observe::{find_statistic, is_period};

/// Whether a column named `period` holds nothing but periods: `P1D`.
pub(super) fn says_periods(column: &Column) -> bool {
    model::fold(&column.base) == "period"
        && !column.texts.is_empty()
        && column.texts.iter().all(|(text, _)| is_period(text.trim()) && text.trim().starts_with('P'))
}

impl Guess<'_> {
    /// The statistic of each row, where a column says it.
    pub(super) fn statistic_of_rows(&mut self) {
        let Some(column) = self.sample.columns.iter().find(|column| Some(column.index) == self.statistic)
        else {
            return;
        };
        let (reference, name) = (column.reference.clone(), column.name.clone());
        for at in 0..self.mapping.values.len() {
            self.mapping.values[at].statistic = Some(TextOrColumn::in_column(&reference));
            self.because(&format!("value.{at}.statistic"), 0.9, name_statistics(&name));
        }
    }
}

/// The column whose header says that it names statistics, where it names the same one all over.
pub(super) fn named_statistics(chunk: &Chunk, rows: &Range<usize>, columns: &[Column]) -> Option<usize> {
    let names_them = |column: &&Column| {
        let texts = || {
            let cells = rows.clone().filter_map(|row| chunk.cell(row, column.index));
            cells.map(str::trim).filter(|text| !text.is_empty())
        };
        STATISTICS.contains(&header_words(&column.base).as_str())
            && texts().next().is_some()
            && texts().all(|text| find_statistic(text).is_some())
    };
    columns.iter().find(names_them).map(|column| column.index)
}

/// The first of some columns whose texts all name statistics, and not always the same.
pub(super) fn column_of(
    chunk: &Chunk,
    rows: Range<usize>,
    columns: impl Iterator<Item = usize>,
) -> Option<usize> {
    let texts = |column: usize| {
        rows.clone().filter_map(move |row| chunk.cell(row, column)).map(str::trim).filter(|t| !t.is_empty())
    };
    let says_all = |column: &usize| {
        let said: Option<BTreeSet<&str>> =
            texts(*column).map(|text| find_statistic(text).map(model::Statistic::code)).collect();
        said.is_some_and(|said| said.len() > 1)
    };
    columns.into_iter().find(says_all)
}
