//! A table whose rows are pushed by a thread of its own, a few chunks ahead of whoever reads them.
//!
//! Cells are streamed, never held as a grid, and a parser that trips over a damaged file ends its
//! thread, not the program. All bounds on rows, columns, cells and text are held here.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use wording::{Phrase, Told, phrase, told};

use crate::chunk::ChunkBuilder;
use crate::decode::nfc;
use crate::layout::PLAIN;
use crate::neighbourhood::Selection;
use crate::{CellRange, Chunk, Error, LeftOut, Limits, Place, SheetLayout, TableReader};

/// A table that is being read by a thread.
pub(crate) struct PushedTable {
    sheets: Vec<String>,
    layouts: Vec<SheetLayout>,
    left_out: Vec<LeftOut>,
    /// The merged cells of each sheet, as its chunks carry them.
    merged: Vec<Arc<[CellRange]>>,
    messages: Receiver<Message>,
    reader: Option<JoinHandle<()>>,
    /// The error for a parser that broke off.
    broken: fn(Told) -> Error,
}

enum Message {
    Opened(Vec<String>, Vec<SheetLayout>, Vec<LeftOut>),
    Chunk(Chunk),
    Failed(Error),
    End,
}

/// Why a thread stops early: the one who asked has gone away, or an error.
pub(crate) enum Stop {
    Gone,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Failed(error.into())
    }
}

impl PushedTable {
    /// Begins to read: the job says first which sheets there are ([`Pusher::opened`]), then pushes
    /// their rows. `broken` makes the error for a job that broke off.
    pub(crate) fn begin(
        limits: &Limits,
        selection: Selection,
        broken: fn(Told) -> Error,
        job: impl FnOnce(&Pusher) -> Result<(), Stop> + Send + 'static,
    ) -> Result<PushedTable, Error> {
        let (sender, messages) = sync_channel(2);
        let pusher = Pusher { sender, limits: limits.clone(), selection };
        let run = move || {
            let last = match job(&pusher) {
                Ok(()) => Message::End,
                Err(Stop::Failed(error)) => Message::Failed(error),
                Err(Stop::Gone) => return,
            };
            // If nobody waits for the last word, nobody needs it.
            let _ = pusher.sender.send(last);
        };
        let reader = thread::Builder::new().name("table".into()).spawn(run)?;
        let (sheets, layouts, left_out, merged) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let reader = Some(reader);
        let mut table = PushedTable { sheets, layouts, left_out, merged, messages, reader, broken };
        match table.receive() {
            Message::Opened(sheets, layouts, left_out) => {
                table.merged = layouts.iter().map(|layout| layout.merged.as_slice().into()).collect();
                (table.sheets, table.layouts, table.left_out) = (sheets, layouts, left_out);
            }
            Message::Failed(error) => return Err(error),
            Message::Chunk(_) | Message::End => {
                return Err(broken(told!("formats-ends-too-early", "it ends too early")));
            }
        }
        Ok(table)
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
                let how = if broke_off {
                    told!("formats-parts-contradict-each-other", "its parts contradict each other")
                } else {
                    told!("formats-ends-too-early", "it ends too early")
                };
                Message::Failed((self.broken)(how))
            }
        }
    }
}

impl TableReader for PushedTable {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn layout(&self, sheet: u16) -> &SheetLayout {
        self.layouts.get(usize::from(sheet)).unwrap_or(&PLAIN)
    }

    fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        match self.receive() {
            Message::Chunk(mut chunk) => {
                if let Some(merged) = self.merged.get(usize::from(chunk.sheet)) {
                    chunk.merged = merged.clone();
                }
                Ok(Some(chunk))
            }
            Message::Failed(error) => Err(error),
            Message::End | Message::Opened(..) => Ok(None),
        }
    }
}

/// Where a job puts what it reads.
pub(crate) struct Pusher {
    sender: SyncSender<Message>,
    pub(crate) limits: Limits,
    pub(crate) selection: Selection,
}

impl Pusher {
    /// Says which sheets there are, and what they say beside their cells.
    pub(crate) fn opened(&self, sheets: Vec<String>, layouts: Vec<SheetLayout>) -> Result<(), Stop> {
        self.opened_beside(sheets, layouts, Vec::new())
    }

    /// The same of a file that holds something beside its tables.
    pub(crate) fn opened_beside(
        &self,
        sheets: Vec<String>,
        layouts: Vec<SheetLayout>,
        left_out: Vec<LeftOut>,
    ) -> Result<(), Stop> {
        self.send(Message::Opened(sheets, layouts, left_out))
    }

    /// Begins the rows of a sheet. `name` is for errors; a table without sheets has none. `max_rows`
    /// is what the format itself allows, and `texts` counts the text of the whole file.
    pub(crate) fn sheet<'a>(
        &'a self,
        number: u16,
        name: Option<&str>,
        max_rows: u32,
        texts: &'a mut u64,
    ) -> SheetRows<'a> {
        let sheet = Place { sheet: name.map(|name| (number, name.to_owned())), ..Place::default() };
        SheetRows {
            pusher: self,
            number,
            sheet,
            max_rows: self.limits.max_rows.min(max_rows),
            texts,
            builder: ChunkBuilder::new(number),
            row: Row::default(),
            progress: 0,
        }
    }

    fn send(&self, message: Message) -> Result<(), Stop> {
        self.sender.send(message).map_err(|_| Stop::Gone)
    }
}

/// The rows of one sheet, pushed cell by cell in order.
pub(crate) struct SheetRows<'a> {
    pusher: &'a Pusher,
    number: u16,
    sheet: Place,
    max_rows: u32,
    texts: &'a mut u64,
    builder: ChunkBuilder,
    row: Row,
    /// Bytes of the file read so far.
    pub(crate) progress: u64,
}

/// The row that is being pushed.
#[derive(Default)]
struct Row {
    number: u32,
    /// Cells that the file has in it, empty ones too.
    cells: usize,
    bytes: usize,
    last: Option<usize>,
    /// Column, text, and whether the file holds it as a number, a date or a truth value.
    texts: Vec<(usize, String, bool)>,
}

/// Whether a job goes on with a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Go,
    /// Neither this row nor any after it is wanted.
    Past,
}

/// A row or a column came before one that it should come after.
pub(crate) const DISORDER: Phrase = phrase!("formats-cells-out-order", "its cells are out of order");

impl SheetRows<'_> {
    /// The place of the row that is being pushed.
    pub(crate) fn place(&self) -> Place {
        Place { row: (self.row.number > 0).then_some(self.row.number), ..self.sheet.clone() }
    }

    /// Adds a cell: its row from 1, its column from 0, its text, and whether the file holds it as a
    /// number, a date or a truth value. `damaged` makes the error for cells out of order.
    pub(crate) fn cell(
        &mut self,
        at: u32,
        column: usize,
        text: &str,
        is_typed: bool,
        damaged: fn(Told) -> Error,
    ) -> Result<Flow, Stop> {
        if at != self.row.number {
            self.end_row()?;
            if at < self.row.number {
                return Err(damaged(told!("formats-rows-out-order", "its rows are out of order"))
                    .at(self.place())
                    .into());
            }
            self.row.number = at;
        }
        let limits = &self.pusher.limits;
        if self.pusher.selection.is_past(self.number, at) {
            return Ok(Flow::Past);
        }
        if at > self.max_rows {
            let limit = Error::limit(
                "rows",
                told!("formats-sheet-too-many-rows", "the sheet has too many rows"),
                u64::from(self.max_rows),
                told!("formats-split-sheet", "split the sheet"),
            );
            return Err(limit.at(self.sheet.clone()).into());
        }
        if column >= usize::from(limits.max_columns) {
            let limit = u64::from(limits.max_columns);
            let hint = told!(
                "formats-delete-stray-cells-far-right-turn-table",
                "delete the stray cells far to the right, or turn the table so that it grows downwards"
            );
            return Err(Error::limit(
                "columns",
                told!("formats-row-too-many-columns", "the row has too many columns"),
                limit,
                hint,
            )
            .at(self.place())
            .into());
        }
        self.row.cells += 1;
        if self.row.last.is_some_and(|last| last >= column) {
            return Err(damaged(DISORDER.into()).at(self.place()).into());
        }
        if text.is_empty() || !self.pusher.selection.wants(self.number, at) {
            return Ok(Flow::Go);
        }
        self.row.last = Some(column);
        let place = || Place { column: u16::try_from(column + 1).ok(), ..self.place() };
        if text.len() > limits.max_cell_bytes {
            let limit = limits.max_cell_bytes as u64;
            let error = Error::limit(
                "cell_bytes",
                told!("formats-cell-too-long-bytes", "the cell is too long (bytes)"),
                limit,
                told!("formats-shorten", "shorten it"),
            );
            return Err(error.at(place()).into());
        }
        if *self.texts + text.len() as u64 > limits.max_unpacked_bytes {
            return Err(too_large(limits).at(place()).into());
        }
        *self.texts += text.len() as u64;
        self.row.bytes += text.len();
        self.row.texts.push((column, nfc(text).into_owned(), is_typed));
        Ok(Flow::Go)
    }

    /// Hands out what is left.
    pub(crate) fn finish(mut self) -> Result<(), Stop> {
        self.end_row()?;
        let place = self.place();
        match self.builder.finish(self.progress).map_err(|error| error.at(place))? {
            Some(chunk) => self.pusher.send(Message::Chunk(chunk)),
            None => Ok(()),
        }
    }

    /// Adds the row to the chunk; hands the chunk out first if it is full.
    fn end_row(&mut self) -> Result<(), Stop> {
        let row = &mut self.row;
        if let Some((last, ..)) = row.texts.last() {
            let width = last + 1;
            if self.builder.is_full(width, row.cells, row.bytes)
                && let Some(chunk) = self.builder.finish(self.progress)?
            {
                self.pusher.send(Message::Chunk(chunk))?;
            }
            self.builder.begin_row(row.number, width, row.cells);
            for (column, text, is_typed) in &row.texts {
                if *is_typed {
                    self.builder.set_typed(*column, text);
                } else {
                    self.builder.set(*column, text);
                }
            }
        }
        row.texts.clear();
        (row.cells, row.bytes, row.last) = (0, 0, None);
        Ok(())
    }
}

/// The error for a file that holds more text than the limit.
pub(crate) fn too_large(limits: &Limits) -> Error {
    Error::limit(
        "unpacked_bytes",
        told!("formats-file-too-large-when-unpacked-bytes", "the file is too large when unpacked (bytes)"),
        limits.max_unpacked_bytes,
        told!(
            "formats-split-into-several-files-save-table-csv",
            "split it into several files, or save the table as CSV (UTF-8)"
        ),
    )
}
