//! Numbers of a column that may be thousands or decimals, and nothing in the column tells which.

use std::ops::Range;

use formats::Chunk;
use model::{Property, PropertyKind};
use wording::{Told, told};

use crate::observe::may_be_thousands;

/// Asks where numbers such as `20.123`, written as texts, count or add up things: read as decimals, they would
/// be a thousandth of what agencies write so. What is measured is written with three decimals by many
/// instruments, and is read so.
pub(super) fn question(
    chunk: &Chunk,
    rows: Range<usize>,
    columns: &[usize],
    property: &Property,
) -> Option<Told> {
    if property.kind != PropertyKind::Extensive {
        return None;
    }
    let texts = columns.iter().flat_map(|column| {
        rows.clone()
            .filter(move |row| !chunk.is_typed(*row, *column))
            .filter_map(move |row| chunk.cell(row, *column))
            .map(str::trim)
    });
    let shown = may_be_thousands(texts)?;
    Some(told!(
        "guess-decimal-or-thousands",
        "has `{shown}` a decimal point, or points between thousands? Write `decimal = \"dot\"` or `decimal = \"comma\"`",
        shown = shown
    ))
}
