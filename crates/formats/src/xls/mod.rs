//! Old Excel workbooks (BIFF in a compound file), by way of `calamine`.
//!
//! The reader holds the whole workbook, each sheet as a grid. So the file is walked first: its chains
//! of sectors (see [`ole`]), and how many cells its sheets span (see [`records`]).

mod ole;
mod records;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{Reader, SheetType, Xls, XlsError};

use crate::cell;
use crate::neighbourhood::Selection;
use crate::percent::Percents;
use crate::push::{Flow, PushedTable, Pusher, Stop};
use crate::shown::Shown;
use crate::xlsx::{is_typed, names, protected};
use crate::{Error, Limits, SheetLayout};
use ole::Content;
use wording::{Told, told};

/// Rows of a sheet, by the format.
const SHEET_ROWS: u32 = 65_536;

/// Opens a workbook.
pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<PushedTable, Error> {
    let layouts = match ole::workbook(path, limits)? {
        Content::Workbook(stream) => records::layouts(&stream, limits)?,
        Content::Other(streams) => return Err(no_workbook(&streams)),
    };
    let path = path.to_owned();
    PushedTable::begin(limits, selection, damaged, move |pusher| read(&path, layouts, pusher))
}

fn read(path: &Path, layouts: Vec<SheetLayout>, pusher: &Pusher) -> Result<(), Stop> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut workbook = Xls::new(BufReader::new(file)).map_err(|error| damaged_by(&error))?;
    let sheets: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .map(|sheet| (sheet.name.clone(), sheet.typ == SheetType::WorkSheet))
        .collect();
    let names = names(sheets.iter().map(|(name, _)| name.as_str()))?;
    let shown: Vec<(Percents, Shown)> =
        layouts.iter().map(|layout| (layout.percents.clone(), layout.shown.clone())).collect();
    pusher.opened(names.clone(), layouts)?;
    let mut texts = 0;
    for (number, (name, is_worksheet)) in (0_u16..).zip(&sheets) {
        if pusher.selection.is_past(number, 1) {
            break;
        }
        if !*is_worksheet || !pusher.selection.wants_sheet(number) {
            continue;
        }
        let mut rows = pusher.sheet(number, Some(&names[usize::from(number)]), SHEET_ROWS, &mut texts);
        rows.progress = size * u64::from(number + 1) / sheets.len() as u64;
        let range = workbook.worksheet_range(name).map_err(|e| damaged_by(&e).at(rows.place()))?;
        let (first_row, first_column) = range.start().unwrap_or_default();
        'sheet: for (row, cells) in (first_row..).zip(range.rows()) {
            for (column, value) in (first_column as usize..).zip(cells) {
                let value = cell::borrowed(value);
                let found = shown.get(usize::from(number)).zip(u16::try_from(column + 1).ok());
                let is_percentage =
                    found.is_some_and(|((percents, _), column)| percents.holds(row + 1, column));
                let unit = found.and_then(|((_, shown), column)| shown.unit(row + 1, column));
                let text = cell::text_with_unit(&value, is_percentage, unit);
                if !text.is_empty()
                    && rows.cell(row + 1, column, &text, is_typed(&value), damaged)? == Flow::Past
                {
                    break 'sheet;
                }
            }
        }
        rows.finish()?;
    }
    Ok(())
}

/// What is in the file instead of a workbook.
fn no_workbook(streams: &[String]) -> Error {
    let has = |name: &str| streams.iter().any(|stream| stream.eq_ignore_ascii_case(name));
    if has("EncryptedPackage") {
        return protected();
    }
    let what = if has("WordDocument") {
        told!("formats-word-document-doc", "a Word document (.doc)")
    } else if has("PowerPoint Document") {
        told!("formats-powerpoint-document-ppt", "a PowerPoint document (.ppt)")
    } else {
        told!("formats-old-office-file-holds-no-workbook", "an old Office file that holds no workbook")
    };
    Error::invalid(
        "wrong_type",
        told!("formats-file-not-read-here", "the file is {name}, which is not read here", name => what),
        told!("formats-save-table-xlsx-csv-utf-8", "save the table as .xlsx or as CSV (UTF-8)"),
    )
}

/// The error for a workbook that cannot be read.
fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_workbook",
        told!("formats-old-workbook-xls-cannot-read", "the old workbook (.xls) cannot be read: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-open-spreadsheet-program-save",
            "check that it was sent whole; open it in a spreadsheet program and save it as .xlsx"
        ),
    )
}

fn damaged_by(error: &XlsError) -> Error {
    match error {
        XlsError::Password => protected(),
        other => damaged(Told::excerpt(other)),
    }
}
