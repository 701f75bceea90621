//! A table whose texts are read under the encoding of their column.

use std::collections::BTreeSet;

use arrow::array::{Array, StringArray, StringBuilder};
use model::CellRef;

use super::Reading;
use super::bytes::has_carriers;
use super::cell::{Way, convert};
use super::charset::Charset;
use super::column::{Column, Manner, decide};
use super::note::{Note, Notes};
use crate::{Chunk, Error, LeftOut, SheetLayout, TableReader};

/// Cells of a column that are looked at in the first chunk where it has any beyond ASCII, and in
/// each one after, before it is decided.
const LOOKED_AT: [usize; 2] = [20_000, 500];
/// Rows at the top in which the name of a column is looked for.
const HEADER_ROWS: usize = 50;

/// A table around another one.
pub(crate) struct LegibleTable {
    inner: Box<dyn TableReader + Send>,
    reading: Reading,
    /// Whether the file says itself that it is UTF-8.
    claims_utf8: bool,
    learn: Option<Learn>,
    sheet: Option<u16>,
    columns: Vec<Column>,
    notes: Notes<u16>,
    /// The encodings of the texts so far.
    met: BTreeSet<Charset>,
}

/// Opens the same sheet from its beginning, where only some of its rows are read: so that they are
/// read as they are when all are.
pub(crate) type Learn = Box<dyn FnOnce() -> Result<Box<dyn TableReader + Send>, Error> + Send>;

impl LegibleTable {
    pub(crate) fn new(
        inner: Box<dyn TableReader + Send>,
        reading: Reading,
        claims_utf8: bool,
        learn: Option<Learn>,
    ) -> LegibleTable {
        let (columns, notes, met) = (Vec::new(), Notes::new(), BTreeSet::new());
        LegibleTable { inner, reading, claims_utf8, learn, sheet: None, columns, notes, met }
    }

    fn begin_sheet(&mut self, chunk: &Chunk) {
        self.notes.end();
        self.sheet = Some(chunk.sheet);
        self.columns.clear();
        if self.reading == Reading::default() {
            return;
        }
        for at in 0..chunk.columns.len() {
            let given = self.given(chunk, at);
            self.columns.push(Column { given, ..Column::default() });
        }
    }

    /// What a person has said of a column: by its letter, or by a name in its top rows, as it stands
    /// there or as it reads under the encoding.
    fn given(&self, chunk: &Chunk, at: usize) -> Option<Charset> {
        let letter = cell_at(chunk.sheet, 1, at).column_letters();
        let tidy = |text: &str| model::fold(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let named = self.reading.columns.iter().find(|(name, charset)| {
            let wanted = tidy(name);
            *name == letter
                || (0..chunk.len().min(HEADER_ROWS)).filter_map(|row| chunk.cell(row, at)).any(|cell| {
                    let way =
                        Way { charset: *charset, raw: has_carriers(cell), given: true, by_default: true };
                    tidy(cell) == wanted || tidy(&convert(cell, way).text) == wanted
                })
        });
        named.map(|(_, charset)| *charset).or(self.reading.file)
    }

    /// Weighs the words of those columns whose encoding is not settled, and decides.
    fn decide(&mut self, chunk: &Chunk, beyond_ascii: &[usize]) {
        for at in beyond_ascii {
            look(&mut self.columns, chunk, *at);
        }
        // What is plain needs nothing of the rest of the sheet.
        let is_plain = beyond_ascii.iter().all(|at| self.columns[*at].scales.weights.is_plain());
        if !is_plain && let Some(learn) = self.learn.take() {
            // What cannot be read again is decided by what is there.
            let mut table = learn().ok();
            while let Some(Ok(Some(other))) = table.as_mut().map(|table| table.next_chunk()) {
                if other.sheet == chunk.sheet {
                    self.widen(&other);
                    for at in beyond(&other) {
                        look(&mut self.columns, &other, at);
                    }
                }
            }
        }
        decide(self.columns.iter_mut());
    }

    fn widen(&mut self, chunk: &Chunk) {
        self.columns.resize_with(self.columns.len().max(chunk.columns.len()), Column::default);
    }

    fn read(&mut self, chunk: &mut Chunk) {
        if self.sheet != Some(chunk.sheet) {
            self.begin_sheet(chunk);
        }
        let mut concerned = beyond(chunk);
        // A font of capitals shows ASCII in capitals too.
        let in_capitals = |at: &usize| {
            self.columns.get(*at).is_some_and(|column| column.given == Some(Charset::Tcvn3Capitals))
        };
        let ascii: Vec<usize> =
            (0..chunk.columns.len()).filter(|at| in_capitals(at) && !concerned.contains(at)).collect();
        concerned.extend(ascii);
        if concerned.is_empty() {
            return;
        }
        self.widen(chunk);
        self.decide(chunk, &concerned);
        for at in concerned {
            let manner = self.columns[at].manner(self.claims_utf8);
            // Carried bytes and U+FFFD begin with this byte.
            if manner.may_change() || chunk.columns[at].value_data().contains(&0xEF) {
                chunk.columns[at] = self.column(chunk, at, manner);
            } else {
                self.met.insert(Charset::Utf8);
            }
        }
    }

    fn column(&mut self, chunk: &Chunk, at: usize, manner: Manner) -> StringArray {
        let column = &chunk.columns[at];
        let mut read = StringBuilder::with_capacity(column.len(), column.value_data().len());
        for row in 0..column.len() {
            if column.is_null(row) {
                read.append_null();
                continue;
            }
            let cell = column.value(row);
            if cell.is_ascii() && !manner.changes_ascii() {
                read.append_value(cell);
                continue;
            }
            let place = cell_at(chunk.sheet, chunk.row_number(row), at);
            let changed = manner.read(cell, place, |note| self.notes.tell(place.column, note));
            self.met.insert(manner.charset(changed.is_some()));
            match changed {
                Some(text) => read.append_value(text),
                None => read.append_value(cell),
            }
        }
        read.finish()
    }
}

impl TableReader for LegibleTable {
    fn sheets(&self) -> &[String] {
        self.inner.sheets()
    }

    fn layout(&self, sheet: u16) -> &SheetLayout {
        self.inner.layout(sheet)
    }

    fn left_out(&self) -> &[LeftOut] {
        self.inner.left_out()
    }

    fn blank_rows(&self) -> u64 {
        self.inner.blank_rows()
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        let Some(mut chunk) = self.inner.next_chunk()? else {
            self.notes.end();
            return Ok(None);
        };
        self.read(&mut chunk);
        Ok(Some(chunk))
    }

    fn notes(&mut self) -> Vec<Note> {
        let mut notes = self.inner.notes();
        notes.append(&mut self.notes.take());
        notes
    }

    fn charsets(&self) -> Vec<Charset> {
        self.met.iter().copied().collect()
    }
}

/// The columns of a chunk with letters beyond ASCII.
fn beyond(chunk: &Chunk) -> Vec<usize> {
    (0..chunk.columns.len()).filter(|at| !chunk.columns[*at].value_data().is_ascii()).collect()
}

fn look(columns: &mut [Column], chunk: &Chunk, at: usize) {
    let scales = &mut columns[at].scales;
    if scales.weights.is_settled() && !chunk.columns[at].value_data().contains(&0xEF) {
        return;
    }
    let most = LOOKED_AT[usize::from(scales.is_begun())];
    let step = (chunk.len() / most).max(1);
    let cells = chunk.columns[at].iter().step_by(step).flatten().filter(|cell| !cell.is_ascii());
    for cell in cells.take(most) {
        if scales.is_full() {
            return;
        }
        scales.weigh(cell);
    }
}

fn cell_at(sheet: u16, row: u32, column: usize) -> CellRef {
    CellRef { sheet, row, column: u16::try_from(column + 1).unwrap_or(u16::MAX) }
}
