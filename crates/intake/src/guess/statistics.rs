//! The column of a table that says which statistic each row is: `Đặc trưng` over `Max`, `Min`, `TB`.

use std::collections::BTreeSet;
use std::ops::Range;

use formats::Chunk;

use crate::observe::find_statistic;

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
