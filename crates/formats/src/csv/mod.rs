//! Delimited text, streamed: a block of bytes at a time, a record at a time, straight into columns.

mod scan;
mod sniff;

use std::path::Path;

pub(crate) use sniff::{cuts_most, delimiter};

use crate::chunk::ChunkBuilder;
use crate::decode::{TextFile, nfc};
use crate::neighbourhood::Selection;
use crate::text::{Sound, has_carriers, sound};
use crate::{Chunk, Encoding, Error, Limits, Place, TableReader};
use scan::{Field, Scan, scan, unquote};
use wording::told;

/// Bytes asked for at once.
const BLOCK: usize = 1 << 20;

/// A CSV file that is being read.
pub(crate) struct CsvTable {
    input: TextFile,
    is_utf16: bool,
    delimiter: u8,
    limits: Limits,
    selection: Selection,
    sheets: [String; 1],
    buffer: Vec<u8>,
    /// The bytes of the buffer that are filled and not yet read as records.
    start: usize,
    end: usize,
    /// Up to where the buffer is known to be UTF-8, bytes that are not being carried.
    sound: usize,
    at_end: bool,
    /// The number of the row read last.
    row: u32,
    /// Rows without any text.
    blank: u64,
    builder: ChunkBuilder,
    fields: Vec<Field>,
    unquoted: String,
    done: bool,
}

/// Why no more records are read from a block.
enum Stop {
    /// The next record is not whole.
    Partial {
        /// The column that was begun, from 1.
        column: usize,
        /// Whether it is quoted and the quote is still open.
        in_quotes: bool,
    },
    /// The chunk has to be handed out first.
    Full,
    /// Nothing more is wanted, or there.
    Done,
}

impl CsvTable {
    pub(crate) fn open(
        path: &Path,
        delimiter: u8,
        encoding: Encoding,
        limits: &Limits,
        selection: Selection,
    ) -> Result<CsvTable, Error> {
        Ok(CsvTable {
            input: TextFile::open(path, encoding, limits)?,
            is_utf16: encoding != Encoding::Utf8,
            delimiter,
            limits: limits.clone(),
            selection,
            sheets: [String::new()],
            buffer: vec![0; 2 * BLOCK],
            start: 0,
            end: 0,
            sound: 0,
            at_end: false,
            row: 0,
            blank: 0,
            builder: ChunkBuilder::new(0),
            fields: Vec::new(),
            unquoted: String::new(),
            done: false,
        })
    }

    fn read_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        loop {
            let (text, problem) = text_of(&self.buffer[self.start..self.sound]);
            let last = self.at_end && problem.is_none();
            let mut records = Records {
                text,
                is_ascii: text.is_ascii(),
                last,
                delimiter: self.delimiter,
                limits: &self.limits,
                selection: &self.selection,
                row: self.row,
                blank: 0,
                at: 0,
            };
            let stop = records.read(&mut self.builder, &mut self.fields, &mut self.unquoted)?;
            self.row = records.row;
            self.blank += records.blank;
            self.start += records.at;
            let left = text.len() - records.at;
            match stop {
                Stop::Full => return self.builder.finish(self.input.bytes_read()),
                Stop::Done => {
                    self.done = true;
                    return self.builder.finish(self.input.bytes_read());
                }
                Stop::Partial { column, in_quotes } => {
                    let place = Place::cell(self.row.saturating_add(1), column);
                    if left > self.limits.max_line_bytes {
                        return Err(too_long(&self.limits, in_quotes).at(place));
                    }
                    if let Some(problem) = problem {
                        return Err(problem.at(place));
                    }
                    if self.at_end {
                        return Err(unclosed().at(place));
                    }
                    self.fill()?;
                }
            }
        }
    }

    /// Reads on until the buffer is full, having made room for twice the record that is not whole.
    fn fill(&mut self) -> Result<(), Error> {
        use std::io::Read;
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.sound -= self.start;
        self.start = 0;
        if self.buffer.len() < self.end + BLOCK {
            self.buffer.resize(2 * self.end + BLOCK, 0);
        }
        let full = if self.end < BLOCK { self.end + BLOCK } else { self.buffer.len() };
        while self.end < full {
            let count = self.input.read(&mut self.buffer[self.end..full])?;
            self.end += count;
            if count == 0 {
                self.at_end = true;
                break;
            }
        }
        let Sound { replaced, tail } = sound(&self.buffer[self.sound..self.end], self.at_end, self.is_utf16);
        if let Some(bytes) = replaced {
            self.buffer.truncate(self.sound);
            self.buffer.extend_from_slice(&bytes);
            self.end = self.buffer.len();
        }
        self.sound = self.end - tail;
        Ok(())
    }
}

impl TableReader for CsvTable {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn blank_rows(&self) -> u64 {
        self.blank
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        if self.done {
            return Ok(None);
        }
        let chunk = self.read_chunk();
        self.done |= chunk.is_err();
        chunk
    }
}

/// The records of one block of text.
struct Records<'a> {
    text: &'a str,
    is_ascii: bool,
    /// Whether the file ends where the text does.
    last: bool,
    delimiter: u8,
    limits: &'a Limits,
    selection: &'a Selection,
    row: u32,
    blank: u64,
    at: usize,
}

impl Records<'_> {
    fn read(
        &mut self,
        builder: &mut ChunkBuilder,
        fields: &mut Vec<Field>,
        unquoted: &mut String,
    ) -> Result<Stop, Error> {
        loop {
            let next = match scan(self.text.as_bytes(), self.at, self.delimiter, self.last, fields) {
                Scan::Record { next } => next,
                Scan::Partial { in_quotes } => {
                    return Ok(Stop::Partial { column: fields.len() + 1, in_quotes });
                }
                Scan::End => return Ok(Stop::Done),
            };
            if self.row >= self.limits.max_rows {
                return Err(Error::limit(
                    "rows",
                    told!("formats-file-too-many-rows", "the file has too many rows"),
                    u64::from(self.limits.max_rows),
                    told!(
                        "formats-split-into-several-files-hand-them-one",
                        "split it into several files and hand them in one after the other"
                    ),
                ));
            }
            let row = self.row + 1;
            if self.selection.is_past(0, row) {
                return Ok(Stop::Done);
            }
            let bytes = next - self.at;
            self.check(row, bytes, fields)?;
            let is_blank = fields.iter().all(|field| field.is_empty());
            if !is_blank && self.selection.wants(0, row) {
                if builder.is_full(fields.len(), fields.len(), bytes) {
                    return Ok(Stop::Full);
                }
                builder.begin_row(row, fields.len(), fields.len());
                builder.note_fields(fields.len());
                for (column, field) in fields.iter().enumerate() {
                    let mut text = &self.text[field.start..field.end];
                    if field.has_quotes {
                        unquote(text, unquoted);
                        text = unquoted;
                    }
                    if self.is_ascii || has_carriers(text) {
                        builder.set(column, text);
                    } else {
                        builder.set(column, &nfc(text));
                    }
                }
            }
            self.blank += u64::from(is_blank);
            self.row = row;
            self.at = next;
        }
    }

    fn check(&self, row: u32, bytes: usize, fields: &[Field]) -> Result<(), Error> {
        if bytes > self.limits.max_line_bytes {
            return Err(too_long(self.limits, false).at(Place::row(row)));
        }
        if fields.len() > usize::from(self.limits.max_columns) {
            return Err(Error::limit(
                "columns",
                told!("formats-row-too-many-columns", "the row has too many columns"),
                u64::from(self.limits.max_columns),
                told!(
                    "formats-check-delimiter-turn-table-so-grows-downwards",
                    "check the delimiter, or turn the table so that it grows downwards"
                ),
            )
            .at(Place::row(row)));
        }
        if bytes > self.limits.max_cell_bytes
            && let Some(column) = fields.iter().position(|f| f.end - f.start > self.limits.max_cell_bytes)
        {
            return Err(Error::limit(
                "cell_bytes",
                told!("formats-cell-too-long-bytes", "the cell is too long (bytes)"),
                self.limits.max_cell_bytes as u64,
                told!(
                    "formats-shorten-check-quote-before-closed",
                    "shorten it, or check that a quote before it is closed"
                ),
            )
            .at(Place::cell(row, column + 1)));
        }
        Ok(())
    }
}

/// The text of a block up to a zero byte, and the error for that.
fn text_of(block: &[u8]) -> (&str, Option<Error>) {
    // `contains` is the fast way to see that there is none, which is nearly always.
    let zero = if block.contains(&0) { block.iter().position(|byte| *byte == 0) } else { None };
    let text = std::str::from_utf8(&block[..zero.unwrap_or(block.len())]);
    (text.expect("`fill` carries what is no UTF-8"), zero.map(|_| zero_byte()))
}

fn zero_byte() -> Error {
    Error::invalid(
        "binary",
        told!("formats-file-holds-zero-byte-so-not-text", "the file holds a zero byte, so it is not text"),
        told!(
            "formats-save-table-csv-utf-8-xlsx-program",
            "save the table as CSV (UTF-8) or as .xlsx in the program that made it"
        ),
    )
}

fn unclosed() -> Error {
    Error::invalid(
        "unclosed_quote",
        told!(
            "formats-quote-opened-here-never-closed-so-rest",
            "a quote that is opened here is never closed, so the rest of the file is one cell"
        ),
        told!(
            "formats-close-quote-write-quote-inside-cell-twice",
            "close the quote, or write a quote inside a cell twice"
        ),
    )
}

fn too_long(limits: &Limits, in_quotes: bool) -> Error {
    let (what, hint) = if in_quotes {
        (
            told!(
                "formats-quote-opened-here-not-closed-soon-enough",
                "a quote that is opened here is not closed soon enough (bytes)"
            ),
            told!(
                "formats-close-quote-write-quote-inside-cell-twice",
                "close the quote, or write a quote inside a cell twice"
            ),
        )
    } else {
        (
            told!("formats-row-too-long-bytes", "the row is too long (bytes)"),
            told!(
                "formats-check-file-table-line-breaks-between-rows",
                "check that the file is a table with line breaks between its rows"
            ),
        )
    };
    Error::limit("line_bytes", what, limits.max_line_bytes as u64, hint)
}
