//! Columns of numbers and times that a mapping does not read: sums, extremes and comparisons beside what they are
//! made of. They are left out, and told of.

use std::collections::HashSet;

use formats::Chunk;

use super::plan::{Apart, Plan};
use crate::guess::{names_no_row_value, numeric_columns};

/// Rows that are looked at.
const ROWS: usize = 400;
/// Columns that one table tells of, at most.
const MOST: usize = 12;

/// The columns of a table whose numbers are not read, with their headers, but for those that number or place its rows
/// and those that the mapping leaves out by name.
pub(super) fn unread(plan: &Plan, chunk: &Chunk) -> Vec<(usize, String)> {
    let mapping = &plan.mapping;
    let named = mapping.columns();
    let except = mapping.values.iter().flat_map(|value| value.except.iter().map(String::as_str));
    let known: HashSet<usize> =
        named.iter().copied().chain(except).filter_map(|name| plan.header.find(name).ok()).collect();
    let apart = plan.apart.iter().chain([&plan.run]).flatten().filter_map(|part| match part {
        Apart::Column(column) => Some(*column),
        Apart::Text(_) => None,
    });
    let alone = [plan.place_column, plan.end, plan.quality].into_iter().flatten();
    let read: HashSet<usize> =
        plan.value_columns.iter().chain(&plan.times).copied().chain(apart).chain(alone).collect();
    let told: HashSet<usize> = plan.left_out.iter().map(|(column, _)| *column).collect();
    let Some(start) = (0..chunk.len()).find(|row| chunk.row_number(*row) > plan.header.last) else {
        return Vec::new();
    };
    let numeric = numeric_columns(chunk, start, &mapping.source.missing);
    let columns = (0..chunk.columns.len())
        .filter(|column| numeric.binary_search(column).is_ok() || holds_times(chunk, start, *column));
    let unread = columns.filter(|column| {
        let name = plan.header.name(*column);
        !name.is_empty()
            && ![&known, &read, &told].iter().any(|set| set.contains(column))
            && !names_no_row_value(name)
    });
    unread.map(|column| (column, plan.header.name(column).to_owned())).take(MOST).collect()
}

/// Whether most cells of a column are times: when an extreme was reached.
fn holds_times(chunk: &Chunk, start: usize, column: usize) -> bool {
    let rows = start..chunk.len().min(start + ROWS);
    let texts: Vec<&str> = rows
        .filter_map(|row| chunk.cell(row, column))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .collect();
    let is_time = |text: &&&str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.contains([':', 'h', 'g', '/'])
            && text.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | 'h' | 'g' | '/' | '-' | ' '))
    };
    let times = texts.iter().filter(is_time).count();
    times > 0 && times * 10 >= texts.len() * 7
}
