//! The header of another table among the rows of one: what stands below it would be read as something
//! that it is not.

use formats::Chunk;

use super::number::NumberStyle;
use super::plan::Plan;
use crate::Error;

/// The most texts that an error shows.
const MAX_SHOWN: usize = 6;

/// An error when a row, of which place or time is lost, is the header of a table with other columns.
pub(super) fn another_header(plan: &Plan, chunk: &Chunk, row: usize) -> Result<(), Error> {
    // Right below the header stands a second row of its names: refused as a row, and nothing else.
    if chunk.row_number(row) == plan.header.last.saturating_add(1) {
        return Ok(());
    }
    let columns = 0..chunk.columns.len().min(plan.rows.width);
    let texts: Vec<(usize, &str)> = columns
        .filter_map(|column| {
            let text = chunk.cell(row, column)?.trim();
            (!text.is_empty()).then_some((column, text))
        })
        .collect();
    let is_number = |text: &str| NumberStyle::Dot.read(text).is_ok() || NumberStyle::Comma.read(text).is_ok();
    // As many texts as a header has, and none a number.
    if texts.len() < 2 || texts.iter().any(|(_, text)| is_number(text)) {
        return Ok(());
    }
    let differs =
        |(column, text): &&(usize, &str)| model::fold(text) != model::fold(plan.header.name(*column));
    let over_values = texts.iter().filter(|(at, _)| plan.value_columns.contains(at));
    let others = over_values.filter(differs).count();
    let headed = texts.iter().filter(|(_, text)| crate::guess::heads_a_column(text)).count();
    if others == 0 || headed < 2 {
        return Ok(());
    }
    let shown: Vec<String> = texts.iter().take(MAX_SHOWN).map(|(_, text)| format!("`{text}`")).collect();
    let number = chunk.row_number(row);
    Err(Error::invalid(
        format!("row {number} is the header of another table: {}", shown.join(", ")),
        format!(
            "write a `[[block]]` for each table of the sheet (the first ends with `last = {}`, the next has `header_row = {number}`), or end the one that is read with `last` under `[rows]`",
            number.saturating_sub(1)
        ),
    ))
}
