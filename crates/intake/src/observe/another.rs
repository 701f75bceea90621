//! The header of another table among the rows of one: what stands below it would be read as something
//! that it is not. It has other columns, other times, or the same under another title.

use formats::Chunk;
use wording::told;

use super::leave_out::is_note;
use super::number::NumberStyle;
use super::plan::Plan;
use super::shared::{NONE, Rows};
use crate::Error;

/// The most texts that an error shows.
const MAX_SHOWN: usize = 6;

/// Rows above a header in which its title is looked for.
const TITLE_ROWS: usize = 6;

/// An error when a row, of which place or time is lost, is the header of another table.
pub(super) fn another_header(plan: &Plan, chunk: &Chunk, row: usize, rows: &Rows) -> Result<(), Error> {
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
    if texts.len() < 2 {
        return Ok(());
    }
    let differs = |(column, text): &&(usize, &str)| !has_text(plan.header.name(*column), text);
    let over_values = texts.iter().filter(|(at, _)| plan.value_columns.contains(at));
    let others = over_values.filter(differs).count();
    let names_rows = |column: &usize| {
        [plan.place_column, plan.time_column()].contains(&Some(*column)) || plan.times.contains(column)
    };
    let is_own = |(column, text): &(usize, &str)| model::fold(text) == model::fold(plan.header.name(*column));
    let heads_again = texts.iter().any(|cell| names_rows(&cell.0) && is_own(cell));
    if heads_again && others == 0 {
        return match title_above(plan, chunk, row, rows) {
            Some(title) => {
                let row = chunk.row_number(row);
                let what = told!(
                    "intake-repeats-header-under-title-about-same",
                    "row {row} repeats the header, under the title `{title}`: is it about the same?",
                    row = row,
                    title = title
                );
                let (last, next) = (last_before(plan, row), row);
                let hint = told!(
                    "intake-write-blocks-or-a-group",
                    "write a `[[block]]` for each table of the sheet (the first ends with `last = {last}`, the next has `header_row = {next}`), or end the one that is read with `last` under `[rows]`, or write what those titles say as `group` under `[rows]`",
                    last = last,
                    next = next
                );
                Err(Error::invalid(what, hint))
            }
            None => Ok(()),
        };
    }
    // `Ngày 15 15 3` below `Lớn nhất`: when the highest values were.
    let is_below_total = row.checked_sub(1).is_some_and(|above| {
        let first = (0..chunk.columns.len()).find_map(|column| chunk.cell(above, column));
        first.is_some_and(super::leave_out::is_total)
    });
    if is_below_total && texts.iter().skip(1).all(|(_, text)| !text.contains(char::is_alphabetic)) {
        return Ok(());
    }
    let headed = texts.iter().filter(|(_, text)| crate::guess::heads_a_column(text)).count();
    let is_header = texts.iter().all(|(_, text)| !is_number(text)) && headed >= 2;
    if others == 0 || !is_header && !heads_again {
        return Ok(());
    }
    let shown: Vec<String> = texts.iter().take(MAX_SHOWN).map(|(_, text)| format!("`{text}`")).collect();
    let row = chunk.row_number(row);
    let what = told!(
        "intake-header-another-table",
        "row {row} is the header of another table: {shown}",
        row = row,
        shown = shown.join(", ")
    );
    let (last, next) = (last_before(plan, row), row);
    let hint = told!(
        "intake-write-blocks",
        "write a `[[block]]` for each table of the sheet (the first ends with `last = {last}`, the next has `header_row = {next}`), or end the one that is read with `last` under `[rows]`",
        last = last,
        next = next
    );
    Err(Error::invalid(what, hint))
}

/// The last row of the table that is read, where another begins in a row.
fn last_before(plan: &Plan, row: u32) -> u32 {
    row.saturating_sub(1).max(plan.header.last)
}

/// A title right above a repeated header which does not stand above the first one.
fn title_above(plan: &Plan, chunk: &Chunk, row: usize, rows: &Rows) -> Option<String> {
    let own = |at: usize| {
        (0..chunk.columns.len().min(plan.rows.width))
            .filter_map(move |column| chunk.cell(at, column))
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let is_title = |at: &usize| {
        let has_place = plan.place_column.is_some() && rows.places[*at] != NONE;
        !has_place && chunk.row_number(*at) > plan.header.last && !own(*at).any(is_number)
    };
    let above = (row.saturating_sub(TITLE_ROWS)..row).rev().take_while(is_title);
    above.flat_map(own).map(super::columns::tidy).find(|text| {
        let folded = model::fold(text);
        let goes_on = folded.contains("tiep theo") || folded.contains("continued");
        !goes_on && !is_note(text) && !super::leave_out::is_total(text) && !plan.titles.contains(&folded)
    })
}

fn is_number(text: &str) -> bool {
    NumberStyle::Dot.read(text).is_ok() || NumberStyle::Comma.read(text).is_ok()
}

/// Whether a header, perhaps of several rows, holds this text.
fn has_text(header: &str, text: &str) -> bool {
    format!(" {} ", model::fold(header)).contains(&format!(" {} ", model::fold(text)))
}
