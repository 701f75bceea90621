//! Numbers of a column that may be thousands or decimals, and nothing in the column tells which.

use std::ops::Range;

use formats::Chunk;
use model::{Property, PropertyKind};
use wording::{Told, told};

use crate::observe::{NumberStyle, conversion, converted, may_be_thousands};

/// Asks where numbers such as `20.123`, written as texts, may be thousands: where they count or add up things,
/// read as decimals they would be a thousandth of what agencies write so. What is measured is written with three
/// decimals by many instruments, and is read so where thousands of it cannot be.
pub(super) fn question(
    chunk: &Chunk,
    rows: Range<usize>,
    columns: &[usize],
    property: &Property,
    unit: Option<&str>,
) -> Option<Told> {
    let shown = ambiguous(chunk, rows, columns)?;
    let number = match NumberStyle::Comma.read(shown) {
        Ok(number) => number,
        Err(_) => NumberStyle::Comma.read_more(shown)?.ok()?.0,
    };
    let (factor, addend) = unit.and_then(|unit| conversion(unit, property).ok()).unwrap_or((1.0, 0.0));
    let may_be = |most: f64| converted(number, factor, addend) <= most;
    if property.kind != PropertyKind::Extensive && !property.plausible_max.is_some_and(may_be) {
        return None;
    }
    Some(which(shown))
}

/// Asks what the point in a number is.
pub(super) fn which(shown: &str) -> Told {
    told!(
        "guess-decimal-or-thousands",
        "has `{shown}` a decimal point, or points between thousands? Write `decimal = \"dot\"` or `decimal = \"comma\"`",
        shown = shown
    )
}

/// A number of some columns that may be thousands, where none of them shows what it is.
pub(super) fn ambiguous<'c>(chunk: &'c Chunk, rows: Range<usize>, columns: &[usize]) -> Option<&'c str> {
    let texts = columns.iter().flat_map(|column| {
        rows.clone()
            .filter(move |row| !chunk.is_typed(*row, *column))
            .filter_map(move |row| chunk.cell(row, *column))
            .map(str::trim)
    });
    may_be_thousands(texts)
}
