//! Excel workbooks, sheet by sheet, cell by cell, by way of `calamine`.
//!
//! The archive is measured before anything is unpacked into memory (see [`guard`]). Its list of texts
//! is held, within the limit of unpacked bytes; the cells are streamed.

mod comments;
mod depth;
mod guard;
mod parts;
mod repair;
mod scan;
mod styles;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxError};

use crate::cell;
use crate::decode::nfc;
use crate::neighbourhood::Selection;
use crate::percent::Percents;
use crate::push::{Flow, PushedTable, Pusher, Stop};
use crate::shown::Shown;
use crate::{Error, Limits, SheetLayout};
use guard::Measured;

pub(crate) use guard::measure;
use wording::{Told, told};

/// Rows of a sheet, by the format.
pub(crate) const SHEET_ROWS: u32 = 1_048_576;

/// Opens a workbook.
pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<PushedTable, Error> {
    let Measured { to_repair, layouts } = guard::measure(path, limits)?;
    let task = Task { path: path.to_owned(), to_repair };
    PushedTable::begin(limits, selection, damaged, move |pusher| {
        let layouts = parts::layouts(&task.path, layouts)?;
        task.read(pusher, layouts)
    })
}

/// Refuses a workbook that is too large when unpacked, or that is none.
pub(crate) fn check(path: &Path, limits: &Limits) -> Result<(), Error> {
    guard::measure(path, limits).map(|_| ())
}

/// What the thread does.
struct Task {
    path: PathBuf,
    to_repair: Vec<usize>,
}

impl Task {
    fn read(&self, pusher: &Pusher, layouts: Vec<SheetLayout>) -> Result<(), Stop> {
        let size = std::fs::metadata(&self.path)?.len();
        let mut workbook = Xlsx::new(self.archive()?).map_err(|error| damaged_by(&error))?;
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
            let mut cells =
                workbook.worksheet_cells_reader(name).map_err(|e| damaged_by(&e).at(rows.place()))?;
            while let Some(cell) = cells.next_cell().map_err(|e| damaged_by(&e).at(rows.place()))? {
                let (row, column) = cell.get_position();
                let at = row.saturating_add(1);
                let of_column = u16::try_from(column + 1).ok();
                let found = shown.get(usize::from(number)).zip(of_column);
                let is_percentage = found.is_some_and(|((percents, _), column)| percents.holds(at, column));
                let unit = found.and_then(|((_, shown), column)| shown.unit(at, column));
                let text = cell::text_with_unit(cell.get_value(), is_percentage, unit);
                let is_typed = is_typed(cell.get_value());
                if rows.cell(at, column as usize, &text, is_typed, damaged)? == Flow::Past {
                    break;
                }
            }
            rows.finish()?;
        }
        Ok(())
    }

    fn archive(&self) -> Result<Box<dyn Archive>, Error> {
        if self.to_repair.is_empty() {
            return Ok(Box::new(BufReader::new(File::open(&self.path)?)));
        }
        let repaired = repair::repaired(&self.path, &self.to_repair);
        Ok(Box::new(Cursor::new(repaired.map_err(|error| guard::no_archive(Told::excerpt(error)))?)))
    }
}

/// The bytes of an archive, on disk or in memory.
trait Archive: Read + Seek {}

impl<T: Read + Seek> Archive for T {}

/// Whether a cell is no text in the file.
pub(crate) fn is_typed(value: &DataRef<'_>) -> bool {
    !matches!(value, DataRef::Empty | DataRef::String(_) | DataRef::SharedString(_) | DataRef::Error(_))
}

/// The sheets' names, each once.
pub(crate) fn names<'a>(sheets: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::new();
    for name in sheets {
        if u16::try_from(names.len()).is_err() || names.iter().any(|other| other == name) {
            return Err(damaged(told!(
                "formats-two-sheets-have-same-name-there-too",
                "two sheets have the same name, or there are too many"
            )));
        }
        names.push(nfc(name).into_owned());
    }
    Ok(names)
}

/// The error for a workbook that cannot be read.
pub(crate) fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_workbook",
        told!("formats-workbook-cannot-read", "the workbook cannot be read: {how}", how => how.into()),
        told!(
            "formats-open-spreadsheet-program-save-again-xlsx",
            "open it in a spreadsheet program and save it again as .xlsx"
        ),
    )
}

/// The error for a workbook that is protected.
pub(crate) fn protected() -> Error {
    Error::invalid(
        "password",
        told!("formats-workbook-protected-password", "the workbook is protected by a password"),
        told!(
            "formats-open-spreadsheet-program-save-without-password",
            "open it in a spreadsheet program and save it without a password"
        ),
    )
}

fn damaged_by(error: &XlsxError) -> Error {
    match error {
        XlsxError::Password => protected(),
        other => damaged(Told::excerpt(other)),
    }
}
