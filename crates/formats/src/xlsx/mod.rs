//! Excel workbooks, sheet by sheet, cell by cell, by way of `calamine`.
//!
//! The archive is measured before anything is unpacked into memory (see [`guard`]). The sheets are
//! read on a thread of their own, a few chunks ahead: cells are streamed, never held as a grid, and
//! a parser that trips over a damaged file ends its thread, not the program.

mod cell;
mod guard;
mod repair;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use calamine::{Reader, SheetType, Xlsx, XlsxError};

use crate::chunk::ChunkBuilder;
use crate::decode::nfc;
use crate::neighbourhood::Selection;
use crate::{Chunk, Error, Limits, Place, TableReader};

/// Rows of a sheet, by the format.
const SHEET_ROWS: u32 = 1_048_576;

/// A workbook that is being read.
pub(crate) struct Workbook {
    sheets: Vec<String>,
    messages: Receiver<Message>,
    reader: Option<JoinHandle<()>>,
}

enum Message {
    Opened(Vec<String>),
    Chunk(Chunk),
    Failed(Error),
    End,
}

impl Workbook {
    pub(crate) fn open(path: &Path, limits: &Limits, selection: Selection) -> Result<Workbook, Error> {
        let to_repair = guard::measure(path, limits)?;
        let (sender, messages) = sync_channel(2);
        let task = Task { path: path.to_owned(), to_repair, limits: limits.clone(), selection, sender };
        let reader = thread::Builder::new().name("workbook".into()).spawn(move || task.run())?;
        let mut workbook = Workbook { sheets: Vec::new(), messages, reader: Some(reader) };
        match workbook.receive() {
            Message::Opened(sheets) => workbook.sheets = sheets,
            Message::Failed(error) => return Err(error),
            Message::Chunk(_) | Message::End => return Err(damaged("it ends too early")),
        }
        Ok(workbook)
    }

    /// The next message of the reading thread; a thread that broke off says so too.
    fn receive(&mut self) -> Message {
        let Some(reader) = self.reader.take() else {
            return Message::End;
        };
        match self.messages.recv() {
            Ok(message) => {
                if !matches!(message, Message::End | Message::Failed(_)) {
                    self.reader = Some(reader);
                }
                message
            }
            Err(_) => {
                let broke_off = reader.join().is_err();
                Message::Failed(damaged(if broke_off {
                    "its parts contradict each other"
                } else {
                    "it ends too early"
                }))
            }
        }
    }
}

/// Refuses a workbook that is too large when unpacked, or that is none.
pub(crate) fn check(path: &Path, limits: &Limits) -> Result<(), Error> {
    guard::measure(path, limits).map(|_| ())
}

impl TableReader for Workbook {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        match self.receive() {
            Message::Chunk(chunk) => Ok(Some(chunk)),
            Message::Failed(error) => Err(error),
            Message::End | Message::Opened(_) => Ok(None),
        }
    }
}

/// What the thread does.
struct Task {
    path: PathBuf,
    to_repair: Vec<usize>,
    limits: Limits,
    selection: Selection,
    sender: SyncSender<Message>,
}

/// The one who asked has gone away, or an error.
enum Stop {
    Gone,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

impl Task {
    fn run(self) {
        let last = match self.read() {
            Ok(()) => Message::End,
            Err(Stop::Failed(error)) => Message::Failed(error),
            Err(Stop::Gone) => return,
        };
        // If nobody waits for the last word, nobody needs it.
        let _ = self.sender.send(last);
    }

    fn send(&self, message: Message) -> Result<(), Stop> {
        self.sender.send(message).map_err(|_| Stop::Gone)
    }

    fn read(&self) -> Result<(), Stop> {
        let size = std::fs::metadata(&self.path).map_err(Error::from)?.len();
        let mut workbook = Xlsx::new(self.archive()?).map_err(|error| damaged_by(&error))?;
        let sheets: Vec<(String, bool)> = workbook
            .sheets_metadata()
            .iter()
            .map(|sheet| (sheet.name.clone(), sheet.typ == SheetType::WorkSheet))
            .collect();
        let names = names(&sheets)?;
        self.send(Message::Opened(names.clone()))?;
        let mut text_bytes = 0;
        for (number, (name, is_worksheet)) in (0_u16..).zip(&sheets) {
            if self.selection.is_past(number, 1) {
                break;
            }
            if *is_worksheet && self.selection.wants_sheet(number) {
                let progress = size * u64::from(number + 1) / sheets.len() as u64;
                let sheet =
                    Place { sheet: Some((number, names[usize::from(number)].clone())), ..Place::default() };
                self.read_sheet(&mut workbook, name, &sheet, progress, &mut text_bytes)?;
            }
        }
        Ok(())
    }

    fn archive(&self) -> Result<Box<dyn Archive>, Error> {
        if self.to_repair.is_empty() {
            return Ok(Box::new(BufReader::new(File::open(&self.path)?)));
        }
        let repaired = repair::repaired(&self.path, &self.to_repair);
        Ok(Box::new(Cursor::new(repaired.map_err(|error| guard::no_archive(&error.to_string()))?)))
    }

    fn read_sheet(
        &self,
        workbook: &mut Xlsx<Box<dyn Archive>>,
        name: &str,
        sheet: &Place,
        progress: u64,
        text_bytes: &mut u64,
    ) -> Result<(), Stop> {
        let number = sheet.sheet.as_ref().map_or(0, |(number, _)| *number);
        let mut cells =
            workbook.worksheet_cells_reader(name).map_err(|e| damaged_by(&e).at(sheet.clone()))?;
        let mut builder = ChunkBuilder::new(number);
        let mut row = Row::default();
        let max_rows = self.limits.max_rows.min(SHEET_ROWS);
        loop {
            let cell = cells.next_cell().map_err(|e| damaged_by(&e).at(row.place(sheet)))?;
            let Some(cell) = cell else { break };
            let (at, column) = cell.get_position();
            let at = at.saturating_add(1);
            if at != row.number {
                self.end_row(&mut builder, &mut row, progress)?;
                if at < row.number {
                    return Err(damaged("its rows are out of order").at(row.place(sheet)).into());
                }
                row.number = at;
            }
            if self.selection.is_past(number, at) {
                break;
            }
            if at > max_rows {
                let limit = Error::limit(
                    "rows",
                    "the sheet has too many rows",
                    u64::from(max_rows),
                    "split the sheet",
                );
                return Err(limit.at(sheet.clone()).into());
            }
            if column >= u32::from(self.limits.max_columns) {
                let limit = u64::from(self.limits.max_columns);
                let hint =
                    "delete the stray cells far to the right, or turn the table so that it grows downwards";
                return Err(Error::limit("columns", "the row has too many columns", limit, hint)
                    .at(row.place(sheet))
                    .into());
            }
            row.cells += 1;
            let column = column as usize;
            if row.texts.last().is_some_and(|(last, _)| *last >= column) {
                return Err(damaged("its cells are out of order").at(row.place(sheet)).into());
            }
            let text = cell::text(cell.get_value());
            if text.is_empty() || !self.selection.wants(number, at) {
                continue;
            }
            let place = || Place { column: u16::try_from(column + 1).ok(), ..row.place(sheet) };
            if text.len() > self.limits.max_cell_bytes {
                let limit = self.limits.max_cell_bytes as u64;
                return Err(Error::limit("cell_bytes", "the cell is too long (bytes)", limit, "shorten it")
                    .at(place())
                    .into());
            }
            *text_bytes += text.len() as u64;
            if *text_bytes > self.limits.max_unpacked_bytes {
                return Err(guard::too_large(&self.limits).at(place()).into());
            }
            row.bytes += text.len();
            row.texts.push((column, nfc(&text).into_owned()));
        }
        self.end_row(&mut builder, &mut row, progress)?;
        match builder.finish(progress).map_err(|e| e.at(row.place(sheet)))? {
            Some(chunk) => self.send(Message::Chunk(chunk)),
            None => Ok(()),
        }
    }

    /// Adds the row to the chunk; hands the chunk out first if it is full.
    fn end_row(&self, builder: &mut ChunkBuilder, row: &mut Row, progress: u64) -> Result<(), Stop> {
        if let Some((last, _)) = row.texts.last() {
            let width = last + 1;
            if builder.is_full(width, row.cells, row.bytes)
                && let Some(chunk) = builder.finish(progress)?
            {
                self.send(Message::Chunk(chunk))?;
            }
            builder.begin_row(row.number, width, row.cells);
            for (column, text) in &row.texts {
                builder.set(*column, text);
            }
        }
        row.texts.clear();
        (row.cells, row.bytes) = (0, 0);
        Ok(())
    }
}

/// The bytes of an archive, on disk or in memory.
trait Archive: Read + Seek {}

impl<T: Read + Seek> Archive for T {}

/// The row that is being read.
#[derive(Default)]
struct Row {
    number: u32,
    /// Cells that the file has in it, empty ones too.
    cells: usize,
    bytes: usize,
    texts: Vec<(usize, String)>,
}

impl Row {
    fn place(&self, sheet: &Place) -> Place {
        Place { row: (self.number > 0).then_some(self.number), ..sheet.clone() }
    }
}

/// The sheets' names, each once.
fn names(sheets: &[(String, bool)]) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = Vec::with_capacity(sheets.len());
    for (name, _) in sheets {
        if u16::try_from(names.len()).is_err() || names.iter().any(|other| other == name) {
            return Err(damaged("two sheets have the same name, or there are too many"));
        }
        names.push(nfc(name).into_owned());
    }
    Ok(names)
}

fn damaged(how: &str) -> Error {
    Error::invalid(
        "damaged_workbook",
        format!("the workbook cannot be read: {how}"),
        "open it in a spreadsheet program and save it again as .xlsx",
    )
}

fn damaged_by(error: &XlsxError) -> Error {
    match error {
        XlsxError::Password => Error::invalid(
            "password",
            "the workbook is protected by a password",
            "save it without a password",
        ),
        other => damaged(&other.to_string().chars().take(200).collect::<String>()),
    }
}
