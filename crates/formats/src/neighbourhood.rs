//! A cell of a file with the rows around it, for showing where a value came from.

use std::collections::BTreeSet;
use std::path::Path;

use model::CellRef;
use wording::told;

use crate::{CellRange, Error, FeatureOptions, Format, Limits, Reading, open_legible, read_features};

/// A cell with its surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbourhood {
    /// The sheet's name; empty for a file without sheets.
    pub sheet_name: String,
    /// The number of the header's row, where there is one; its row is the first of `rows`.
    pub header_row: Option<u32>,
    /// The rows with their numbers: the header's, then those around the cell. Rows without any text
    /// are left out. All have the same number of texts.
    pub rows: Vec<(u32, Vec<String>)>,
    /// The column of the first text of every row, from 1.
    pub first_column: u16,
    /// Cells that are drawn as one, where they touch a row that is shown.
    pub merged: Vec<CellRange>,
}

/// Rows at the top of a sheet among which a header is looked for.
pub(crate) const TOP_ROWS: u32 = 20;
/// Columns that are shown, at most.
const MAX_COLUMNS: usize = 24;
/// Rows around the cell, at most.
const MAX_AROUND: u32 = 100;
/// Letters of a text that are shown, at most.
const MAX_LETTERS: usize = 200;

/// The cell with the rows around it, and the row that looks like the header.
///
/// In a file of features, a row is a feature; its columns are its properties in the order of the cell's
/// feature, and then its geometry; the header has the properties' names and the number 0.
pub fn neighbourhood(
    path: &Path,
    format: &Format,
    cell: CellRef,
    around: u32,
    limits: &Limits,
) -> Result<Neighbourhood, Error> {
    neighbourhood_under(path, format, None, cell, around, limits)
}

/// The same with a header whose row is known, e.g. from a mapping.
pub fn neighbourhood_under(
    path: &Path,
    format: &Format,
    header_row: Option<u32>,
    cell: CellRef,
    around: u32,
    limits: &Limits,
) -> Result<Neighbourhood, Error> {
    neighbourhood_read_as(path, format, &Reading::default(), header_row, cell, around, limits)
}

/// The same where a person has said how the file's letters are encoded.
pub fn neighbourhood_read_as(
    path: &Path,
    format: &Format,
    reading: &Reading,
    header_row: Option<u32>,
    cell: CellRef,
    around: u32,
    limits: &Limits,
) -> Result<Neighbourhood, Error> {
    if cell.row == 0 || cell.column == 0 {
        return Err(not_there(cell));
    }
    let around = around.min(MAX_AROUND);
    let from = cell.row.saturating_sub(around).max(1);
    let to = cell.row.saturating_add(around);
    if format.is_of_features() || *format == Format::Parquet {
        return features(path, format, cell, from, to, limits);
    }
    let selection = Selection::Rows { sheet: cell.sheet, from, to, header: header_row };
    let mut table = open_legible(path, format, reading, limits, selection)?;
    let sheet_name = table.sheets().get(usize::from(cell.sheet)).ok_or_else(|| not_there(cell))?.clone();
    let mut top: Vec<(u32, Vec<String>)> = Vec::new();
    let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
    while let Some(chunk) = table.next_chunk()? {
        if chunk.sheet != cell.sheet {
            continue;
        }
        for index in 0..chunk.len() {
            let number = chunk.row_number(index);
            let texts = (0..chunk.columns.len()).map(|column| {
                chunk.cell(index, column).unwrap_or_default().chars().take(MAX_LETTERS).collect()
            });
            let row = (number, texts.collect());
            if (from..=to).contains(&number) { rows.push(row) } else { top.push(row) }
        }
    }
    if !rows.iter().any(|(number, _)| *number == cell.row) {
        return Err(not_there(cell));
    }
    let header = match header_row {
        Some(number) => top.iter().chain(&rows).find(|(row, _)| *row == number),
        None => top.iter().chain(&rows).find(|(row, texts)| *row <= cell.row && looks_like_header(texts)),
    };
    let header = header.cloned().filter(|(number, _)| *number <= cell.row);
    let header_row = header.as_ref().map(|(number, _)| *number);
    rows.retain(|(number, _)| Some(*number) != header_row);
    rows.splice(0..0, header);
    let mut found = windowed(sheet_name, header_row, rows, cell);
    let shown = |range: &&CellRange| {
        found.rows.iter().any(|(number, _)| (range.first_row..=range.last_row).contains(number))
    };
    found.merged = table.layout(cell.sheet).merged.iter().filter(shown).copied().collect();
    Ok(found)
}

/// A header has two texts or more: a title has one.
fn looks_like_header(texts: &[String]) -> bool {
    texts.iter().filter(|text| !text.trim().is_empty()).count() >= 2
}

/// Cuts the rows to the columns that are shown.
fn windowed(
    sheet_name: String,
    header_row: Option<u32>,
    mut rows: Vec<(u32, Vec<String>)>,
    cell: CellRef,
) -> Neighbourhood {
    let width = rows.iter().map(|(_, texts)| texts.len()).max().unwrap_or(0).max(usize::from(cell.column));
    let first = if width <= MAX_COLUMNS {
        0
    } else {
        (usize::from(cell.column) - 1).saturating_sub(MAX_COLUMNS / 2).min(width - MAX_COLUMNS)
    };
    let last = width.min(first + MAX_COLUMNS);
    for (_, texts) in &mut rows {
        texts.resize(last, String::new());
        texts.drain(..first);
    }
    let first_column = u16::try_from(first + 1).unwrap_or(u16::MAX);
    Neighbourhood { sheet_name, header_row, rows, first_column, merged: Vec::new() }
}

fn not_there(cell: CellRef) -> Error {
    Error::invalid(
        "no_such_cell",
        told!(
            "formats-file-no-cell-sheet",
            "the file has no cell {cell} in sheet {cell2}",
            cell = cell.a1(),
            cell2 = u32::from(cell.sheet) + 1
        ),
        told!("formats-check-file-one-value-came-from", "check that the file is the one the value came from"),
    )
}

fn features(
    path: &Path,
    format: &Format,
    cell: CellRef,
    from: u32,
    to: u32,
    limits: &Limits,
) -> Result<Neighbourhood, Error> {
    let options =
        FeatureOptions { layer_number: Some(cell.sheet), as_written: true, ..FeatureOptions::default() };
    let mut reader = read_features(path, format, &options, limits)?;
    let (layers, layer) = reader.layers();
    let name = layers.get(usize::from(layer)).cloned().unwrap_or_default();
    reader.skip_to(from)?;
    let mut found = Vec::new();
    for item in reader {
        let item = item?;
        if item.row() > to {
            break;
        }
        if item.row() >= from {
            found.push(item);
        }
    }
    let own = found.iter().find(|item| item.row() == cell.row).ok_or_else(|| not_there(cell))?;
    let names: Vec<String> = own.property_names();
    let known: BTreeSet<&String> = names.iter().collect();
    debug_assert_eq!(known.len(), names.len(), "a feature's property names are unique");
    let shorten = |text: String| text.chars().take(MAX_LETTERS).collect::<String>();
    let header = names.iter().cloned().chain(["geometry".to_owned()]).map(shorten).collect();
    let rows = found.iter().map(|item| {
        let texts = names.iter().map(|name| item.property_text(name)).chain([item.geometry_text()]);
        (item.row(), texts.map(shorten).collect())
    });
    let rows = std::iter::once((0, header)).chain(rows).collect();
    Ok(windowed(name, Some(0), rows, cell))
}

/// Which rows of a table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// All.
    All,
    /// Some rows of one sheet: the first ones, the header, and those from a row to another.
    Rows { sheet: u16, from: u32, to: u32, header: Option<u32> },
}

/// Rows from which the encoding of the columns is learnt, where only some rows are read.
const LEARNT_ROWS: u32 = 65_536;

impl Selection {
    /// The rows of the same sheet that tell how its letters are encoded.
    pub(crate) fn learning(self) -> Option<Selection> {
        match self {
            Selection::All => None,
            Selection::Rows { sheet, header, .. } => {
                Some(Selection::Rows { sheet, from: 1, to: LEARNT_ROWS, header })
            }
        }
    }

    /// The same among the sheets of one table out of several, of which the first is number `first`;
    /// `None` if none of its rows is wanted.
    pub(crate) fn within(self, first: u16, count: u16) -> Option<Selection> {
        match self {
            Selection::All => Some(Selection::All),
            Selection::Rows { sheet, from, to, header } => {
                let sheet = sheet.checked_sub(first).filter(|sheet| *sheet < count)?;
                Some(Selection::Rows { sheet, from, to, header })
            }
        }
    }

    pub(crate) fn wants_sheet(&self, number: u16) -> bool {
        match self {
            Selection::All => true,
            Selection::Rows { sheet, .. } => *sheet == number,
        }
    }

    pub(crate) fn wants(&self, number: u16, row: u32) -> bool {
        match self {
            Selection::All => true,
            Selection::Rows { sheet, from, to, header } => {
                *sheet == number && (row <= TOP_ROWS || (*from..=*to).contains(&row) || *header == Some(row))
            }
        }
    }

    /// Whether neither this row nor any after it is wanted.
    pub(crate) fn is_past(&self, number: u16, row: u32) -> bool {
        match self {
            Selection::All => false,
            Selection::Rows { sheet, to, header, .. } => {
                number > *sheet || (number == *sheet && row > TOP_ROWS.max(*to).max(header.unwrap_or(0)))
            }
        }
    }
}
