//! Rows of cells in Arrow columns, with the row number of each.

use std::sync::Arc;

use arrow::array::{Array, ArrayBuilder, BooleanBufferBuilder, StringArray, StringBuilder};
use arrow::buffer::BooleanBuffer;
use wording::{Told, told};

use crate::layout::PLAIN;
use crate::{CellRange, Charset, Error, Note, Place, SheetLayout};

/// A table that is read from its beginning to its end.
pub trait TableReader {
    /// The names of the sheets, in order; a file without sheets has one, nameless.
    fn sheets(&self) -> &[String];

    /// What a sheet, by its place in the file, says beside its texts. It is known before the first
    /// chunk of the sheet is handed out; of a file of plain text there is nothing to say.
    fn layout(&self, _sheet: u16) -> &SheetLayout {
        &PLAIN
    }

    /// What the file holds beside its tables and is not read here.
    fn left_out(&self) -> &[LeftOut] {
        &[]
    }

    /// The next rows, or `None` at the end. Rows of one chunk are of one sheet and in order. After
    /// an error there is nothing more to read.
    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error>;

    /// Rows without any text that were passed over so far, where a file may have any number of them.
    fn blank_rows(&self) -> u64 {
        0
    }

    /// What was done to the letters of the chunks handed out since it was asked last.
    fn notes(&mut self) -> Vec<Note> {
        Vec::new()
    }

    /// The encodings of the texts beyond ASCII that were handed out so far, in order.
    fn charsets(&self) -> Vec<Charset> {
        Vec::new()
    }
}

/// A part of a file that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its name in the file.
    pub name: String,
    /// Why.
    pub why: Told,
}

/// Consecutive rows of one sheet; rows without any text are left out.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The sheet's place in the file, from 0.
    pub sheet: u16,
    /// The number of the first row, from 1.
    pub first_row: u32,
    /// The number of every row, where they do not follow each other.
    pub rows: Option<Vec<u32>>,
    /// The text of the cells, as written, in NFC; null where a cell is empty. A chunk has as many
    /// columns as its widest row, so chunks of one sheet may differ: see [`Chunk::cell`].
    pub columns: Vec<StringArray>,
    /// For each column, which of its cells the file holds as a number, a date or a truth value and
    /// not as a text; absent where there are none. See [`Chunk::is_typed`].
    pub typed: Vec<Option<BooleanBuffer>>,
    /// The cells of the whole sheet that are drawn as one, in the order of the file; none where the
    /// format knows none. The same as in the sheet's layout, so that whoever has rows has them too.
    pub merged: Arc<[CellRange]>,
    /// The rows of delimited text that have fewer fields than a row before them: their numbers, and
    /// how many fields they have. What a row leaves out at its end, and what it lost before it, look alike.
    pub short: Vec<(u32, usize)>,
    /// Bytes of the file read so far, to show progress.
    pub bytes_read: u64,
}

impl Chunk {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the row at an index of the columns.
    pub fn row_number(&self, index: usize) -> u32 {
        match &self.rows {
            Some(rows) => rows[index],
            None => self.first_row + u32::try_from(index).expect("a chunk has far fewer rows than 2^32"),
        }
    }

    /// The text of a cell, by its indices from 0; `None` where it is empty or the row is shorter.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        let column = self.columns.get(column)?;
        (row < column.len() && column.is_valid(row)).then(|| column.value(row))
    }

    /// Whether the file holds a cell as a number, a date or a truth value, so that its text is how
    /// this crate writes it (decimal dot, ISO 8601) and not how a person wrote it.
    pub fn is_typed(&self, row: usize, column: usize) -> bool {
        let cells = self.typed.get(column).and_then(Option::as_ref);
        cells.is_some_and(|cells| row < cells.len() && cells.value(row))
    }
}

/// Rows in one chunk, at most.
const MAX_ROWS: usize = 65_536;
/// Bytes of text in one chunk, at most, but for one row that may be longer.
const MAX_BYTES: usize = 16 << 20;
/// Cells in one chunk, at most, but for one row that may be wider.
const MAX_CELLS: usize = 8 << 20;
/// Cells in one chunk that are allowed however few of them a file really has.
const FREE_CELLS: usize = 1 << 20;
/// Beyond those, cells that are held for each one that a file really has: a chunk of narrow rows
/// is closed before a very wide one, so that memory follows the size of the file.
const MAX_PADDING: usize = 16;
/// Cells that a table may hold in all, before it has to be reasonably full.
const FREE_TABLE_CELLS: u64 = 100_000_000;
/// Beyond those, cells held for each one that the table really has.
const MAX_TABLE_PADDING: u64 = 64;

/// Builds chunks row by row.
pub(crate) struct ChunkBuilder {
    sheet: u16,
    columns: Vec<StringBuilder>,
    typed: Vec<Option<BooleanBufferBuilder>>,
    width: usize,
    rows: usize,
    first_row: u32,
    numbers: Option<Vec<u32>>,
    last_row: u32,
    bytes: usize,
    cells: usize,
    capacity: (usize, usize),
    table_cells: u64,
    table_held: u64,
    fields: usize,
    short: Vec<(u32, usize)>,
}

impl ChunkBuilder {
    pub(crate) fn new(sheet: u16) -> ChunkBuilder {
        ChunkBuilder {
            sheet,
            columns: Vec::new(),
            typed: Vec::new(),
            width: 0,
            rows: 0,
            first_row: 0,
            numbers: None,
            last_row: 0,
            bytes: 0,
            cells: 0,
            capacity: (16, 64),
            table_cells: 0,
            table_held: 0,
            fields: 0,
            short: Vec::new(),
        }
    }

    /// Whether the chunk has to be finished before such a row is added: its last cell is number
    /// `width`, and the file has so many cells and bytes for it.
    pub(crate) fn is_full(&self, width: usize, cells: usize, bytes: usize) -> bool {
        let held = (self.rows + 1).saturating_mul(self.width.max(width));
        self.rows > 0
            && (self.rows == MAX_ROWS
                || self.bytes + bytes > MAX_BYTES
                || held > MAX_CELLS
                || held > FREE_CELLS.max(MAX_PADDING * (self.cells + cells)))
    }

    /// Begins the row of this number, whose last cell is number `width` and which has so many
    /// cells in the file.
    pub(crate) fn begin_row(&mut self, number: u32, width: usize, cells: usize) {
        if self.rows == 0 {
            self.first_row = number;
        } else if self.numbers.is_none() && number != self.last_row + 1 {
            let rows = u32::try_from(self.rows).expect("a chunk has at most 65 536 rows");
            self.numbers = Some((self.first_row..self.first_row + rows).collect());
        }
        if let Some(numbers) = &mut self.numbers {
            numbers.push(number);
        }
        self.last_row = number;
        self.rows += 1;
        self.cells += cells;
        self.width = self.width.max(width);
        while self.columns.len() < width {
            let (items, bytes) = if width > 256 { (16, 64) } else { self.capacity };
            self.columns.push(StringBuilder::with_capacity(items, bytes));
        }
    }

    /// Notes how many fields the row begun last has in a file that writes them, empty ones too.
    pub(crate) fn note_fields(&mut self, fields: usize) {
        if fields >= self.fields {
            self.fields = fields;
        } else if fields > 1 {
            self.short.push((self.last_row, fields));
        }
    }

    /// Sets a cell of the row begun last, by its index from 0; cells that are not set are empty.
    pub(crate) fn set(&mut self, column: usize, text: &str) {
        let builder = &mut self.columns[column];
        let behind = self.rows - 1 - builder.len();
        if behind > 0 {
            builder.append_nulls(behind);
        }
        if text.is_empty() {
            builder.append_null();
        } else {
            builder.append_value(text);
            self.bytes += text.len();
        }
    }

    /// Sets a cell that the file holds as a number, a date or a truth value.
    pub(crate) fn set_typed(&mut self, column: usize, text: &str) {
        self.set(column, text);
        if self.typed.len() <= column {
            self.typed.resize_with(column + 1, || None);
        }
        let cells = self.typed[column].get_or_insert_with(|| BooleanBufferBuilder::new(64));
        cells.append_n(self.rows - 1 - cells.len(), false);
        cells.append(true);
    }

    /// Hands out what was built and begins anew; `None` if there is no row.
    pub(crate) fn finish(&mut self, bytes_read: u64) -> Result<Option<Chunk>, Error> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.table_cells += self.cells as u64;
        self.table_held += (self.rows * self.width) as u64;
        if self.table_held > FREE_TABLE_CELLS.max(self.table_cells.saturating_mul(MAX_TABLE_PADDING)) {
            return Err(Error::limit(
                "nearly_empty",
                told!(
                    "formats-table-very-wide-nearly-all-empty-cells",
                    "the table is very wide and nearly all of it is empty (cells held for each cell written)"
                ),
                MAX_TABLE_PADDING,
                told!(
                    "formats-delete-stray-cells-far-right-data",
                    "delete the stray cells far to the right of the data"
                ),
            )
            .at(Place::row(self.last_row)));
        }
        let rows = self.rows;
        // The next chunk is likely like this one: reserve once instead of growing again.
        self.capacity = (rows, (self.bytes / self.width.max(1)).next_multiple_of(64));
        let columns = self.columns.drain(..).map(|mut builder| {
            builder.append_nulls(rows - builder.len());
            builder.finish()
        });
        let typed = self.typed.drain(..).map(|cells| {
            cells.map(|mut cells| {
                cells.append_n(rows - cells.len(), false);
                cells.finish()
            })
        });
        let typed = typed.collect();
        let chunk = Chunk {
            sheet: self.sheet,
            first_row: self.first_row,
            rows: self.numbers.take(),
            columns: columns.collect(),
            typed,
            merged: Arc::from([]),
            short: std::mem::take(&mut self.short),
            bytes_read,
        };
        (self.rows, self.width, self.bytes, self.cells) = (0, 0, 0, 0);
        Ok(Some(chunk))
    }
}
