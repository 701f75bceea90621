//! A table whose texts are read under the encoding of their column.

use std::collections::HashMap;

use arrow::array::{Array, StringArray, StringBuilder};
use model::CellRef;

use super::Reading;
use super::bytes::{has_carriers, shown};
use super::cell::{Converted, Way, convert};
use super::charset::Charset;
use super::note::{Note, NoteKind};
use super::weigh::{Scales, Weights};
use crate::decode::nfc;
use crate::{Chunk, Error, LeftOut, SheetLayout, TableReader};

/// Cells of a column that are told one by one, of each kind of note.
const TOLD: u32 = 20;
/// Cells that are looked at in a chunk before its columns are decided.
const LOOKED_AT: usize = 20_000;
/// Rows at the top in which the name of a column is looked for.
const HEADER_ROWS: usize = 50;

/// Text in capitals is so in ASCII too.
const CAPITALS: Option<Charset> = Some(Charset::Tcvn3Capitals);

/// A table around another one.
pub(crate) struct LegibleTable {
    inner: Box<dyn TableReader + Send>,
    reading: Reading,
    /// Whether the file says itself that it is UTF-8.
    claims_utf8: bool,
    learn: Option<Learn>,
    sheet: Option<u16>,
    columns: Vec<Column>,
    notes: Vec<Note>,
    told: HashMap<(u16, NoteKind), Told>,
}

/// Opens the same sheet from its beginning, where only some of its rows are read: so that they are
/// read as they are when all are.
pub(crate) type Learn = Box<dyn FnOnce() -> Result<Box<dyn TableReader + Send>, Error> + Send>;

/// What is known of a column.
#[derive(Default)]
struct Column {
    scales: Scales,
    given: Option<Charset>,
    charset: Option<Charset>,
}

/// What was told of a column.
struct Told {
    count: u32,
    /// The first cell that was not told by itself.
    rest: Option<Note>,
}

impl LegibleTable {
    pub(crate) fn new(
        inner: Box<dyn TableReader + Send>,
        reading: Reading,
        claims_utf8: bool,
        learn: Option<Learn>,
    ) -> LegibleTable {
        LegibleTable {
            inner,
            reading,
            claims_utf8,
            learn,
            sheet: None,
            columns: Vec::new(),
            notes: Vec::new(),
            told: HashMap::new(),
        }
    }

    fn begin_sheet(&mut self, chunk: &Chunk) {
        self.end_sheet();
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

    /// Tells of the cells that were only counted.
    fn end_sheet(&mut self) {
        let mut rest: Vec<Note> = self.told.drain().filter_map(|(_, told)| told.rest).collect();
        rest.sort_by_key(|note| (note.cell.column, note.kind));
        self.notes.append(&mut rest);
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
        if let Some(learn) = self.learn.take() {
            // What cannot be read again is decided by what is there.
            if let Ok(mut table) = learn() {
                while let Ok(Some(other)) = table.next_chunk() {
                    if other.sheet == chunk.sheet {
                        self.columns
                            .resize_with(self.columns.len().max(other.columns.len()), Column::default);
                        for at in beyond(&other) {
                            look(&mut self.columns, &other, at);
                        }
                    }
                }
            }
        }
        let mut sheet = Weights::default();
        for column in &self.columns {
            sheet.add(&column.scales.weights);
        }
        for column in &mut self.columns {
            column.charset = column.given.or_else(|| column.scales.weights.choose(&sheet));
        }
    }

    fn read(&mut self, chunk: &mut Chunk) {
        if self.sheet != Some(chunk.sheet) {
            self.begin_sheet(chunk);
        }
        let mut beyond_ascii = beyond(chunk);
        let in_capitals = |at: &usize| self.columns.get(*at).is_some_and(|column| column.given == CAPITALS);
        beyond_ascii.extend(
            (0..chunk.columns.len())
                .filter(|at| !beyond_ascii.contains(at) && in_capitals(at))
                .collect::<Vec<_>>(),
        );
        if beyond_ascii.is_empty() {
            return;
        }
        self.columns.resize_with(self.columns.len().max(chunk.columns.len()), Column::default);
        self.decide(chunk, &beyond_ascii);
        for at in beyond_ascii {
            let Column { scales, given, charset } = &self.columns[at];
            let raw = scales.weights.is_raw();
            let way = charset.map(|charset| Way {
                charset,
                raw,
                given: given.is_some(),
                by_default: scales.weights.leans_to(charset),
            });
            // Where no encoding of Vietnamese was found, each cell is told by itself.
            let is_exception = self.claims_utf8
                || scales.weights.is_mostly_unicode()
                || *charset == Some(Charset::Windows1252);
            let stray = raw && given.is_none() && is_exception;
            let has_rare = chunk.columns[at].value_data().contains(&0xEF);
            if way.is_some() || has_rare {
                chunk.columns[at] = self.column(chunk, at, way, stray);
            }
        }
    }

    fn column(&mut self, chunk: &Chunk, at: usize, way: Option<Way>, stray: bool) -> StringArray {
        let column = &chunk.columns[at];
        let mut read = StringBuilder::with_capacity(column.len(), column.value_data().len());
        for row in 0..column.len() {
            if column.is_null(row) {
                read.append_null();
                continue;
            }
            let cell = column.value(row);
            if cell.is_ascii() && way.is_none_or(|way| way.charset != Charset::Tcvn3Capitals) {
                read.append_value(cell);
                continue;
            }
            let place = cell_at(chunk.sheet, chunk.row_number(row), at);
            let read_as = way.map_or(Charset::Utf8, |way| way.charset).name();
            let note =
                |kind| Note { cell: place, kind, from: shown(cell), to: String::new(), read_as, more: 0 };
            if cell.contains('\u{fffd}') {
                self.tell(Note { to: cell.to_owned(), ..note(NoteKind::LetterLost) });
            }
            // Bytes that came after the column was decided are read as Western.
            let way = way.or_else(|| {
                let late = Way { charset: Charset::Windows1252, raw: true, given: false, by_default: false };
                has_carriers(cell).then_some(late)
            });
            let Some(way) = way else {
                read.append_value(cell);
                continue;
            };
            let Converted { text, is_mixed, capitals_lost, outside, lost } = convert(cell, way);
            let text = nfc(&text);
            read.append_value(&text);
            if text == cell {
                continue;
            }
            let note =
                |kind| Note { to: text.clone().into_owned(), read_as: way.charset.name(), ..note(kind) };
            let kind = match way.charset {
                Charset::Utf8 if !way.given => NoteKind::TwiceEncoded,
                _ if stray => NoteKind::StrayByte,
                _ => NoteKind::ReadAs,
            };
            self.tell(note(kind));
            for (kind, is_so) in [
                (NoteKind::Mixed, is_mixed && !stray),
                (NoteKind::CapitalsLost, capitals_lost),
                (NoteKind::ByteOutside, outside.is_some()),
                (NoteKind::ByteLost, lost.is_some()),
            ] {
                if is_so {
                    self.tell(note(kind));
                }
            }
        }
        read.finish()
    }

    /// Tells of a cell: by itself, or by counting it. That a column is read under an encoding is told
    /// once.
    fn tell(&mut self, note: Note) {
        let told = self.told.entry((note.cell.column, note.kind)).or_insert(Told { count: 0, rest: None });
        told.count = told.count.saturating_add(1);
        let is_of_column = matches!(note.kind, NoteKind::ReadAs | NoteKind::TwiceEncoded);
        if told.count == 1 || (told.count <= TOLD && !is_of_column) {
            self.notes.push(note);
        } else if !is_of_column {
            match &mut told.rest {
                Some(first) => first.more = first.more.saturating_add(1),
                None => told.rest = Some(note),
            }
        }
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

    fn next_chunk(&mut self) -> Result<Option<Chunk>, Error> {
        let Some(mut chunk) = self.inner.next_chunk()? else {
            self.end_sheet();
            return Ok(None);
        };
        self.read(&mut chunk);
        Ok(Some(chunk))
    }

    fn notes(&mut self) -> Vec<Note> {
        let mut notes = self.inner.notes();
        notes.append(&mut self.notes);
        notes
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
    let cells = chunk.columns[at].iter().flatten().filter(|cell| !cell.is_ascii());
    for cell in cells.take(LOOKED_AT) {
        if scales.is_full() {
            return;
        }
        scales.weigh(cell);
    }
}

fn cell_at(sheet: u16, row: u32, column: usize) -> CellRef {
    CellRef { sheet, row, column: u16::try_from(column + 1).unwrap_or(u16::MAX) }
}
