//! Watches the cells of a table on their way from the reader to the mapping.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, StringArray};
use formats::{Chunk, Note};
use model::CellRef;

use super::kind::{self, Kind};
use super::{Found, Tally, What, decision_of};
use crate::mapping::{Mapping, PersonalColumn, PersonalDecision, column_range};
use crate::observe::header_of;

/// Rows at the top in which headers are looked for.
const HEADER_ROWS: usize = 50;

/// What was seen of the sheet that is being read.
#[derive(Clone)]
pub(crate) struct Watch {
    decisions: Vec<PersonalColumn>,
    /// Tells where the headers are.
    mapping: Option<Mapping>,
    sheet: Option<u16>,
    columns: Vec<Column>,
    /// Columns, by sheet and number, whose cells are held back.
    held: BTreeSet<(u16, u16)>,
    /// Columns that are known, from reading the file before, to hold personal data further down.
    known: BTreeMap<(u16, u16), Known>,
    /// Columns that were found to when cells of them were already handed out.
    late: BTreeMap<(u16, u16), Known>,
}

/// What a column holds, and the row of its first cell that does.
#[derive(Debug, Clone, Copy)]
struct Known {
    kind: Kind,
    row: u32,
}

#[derive(Default, Clone)]
struct Column {
    /// Whether cells of it were already handed out.
    is_out: bool,
    /// What its header says, and the row of that.
    hint: Option<(Kind, u32)>,
    names: Vec<String>,
    tally: Tally,
    /// The row of the first cell of each kind whose form alone tells it.
    first: [Option<u32>; Kind::ALL.len()],
    state: State,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Free,
    Kept,
    Held,
}

impl Watch {
    /// Watches a file of which no mapping is known yet.
    pub(crate) fn new() -> Watch {
        Watch {
            decisions: Vec::new(),
            mapping: None,
            sheet: None,
            columns: Vec::new(),
            held: BTreeSet::new(),
            known: BTreeMap::new(),
            late: BTreeMap::new(),
        }
    }

    /// Watches a file under a mapping.
    pub(crate) fn under(mapping: &Mapping) -> Watch {
        Watch { decisions: mapping.personal.clone(), mapping: Some(mapping.clone()), ..Watch::new() }
    }

    /// Whether a column has to be held back of which cells were already handed out: then the file is
    /// read [`again`](Watch::again).
    pub(crate) fn is_late(&self) -> bool {
        !self.late.is_empty()
    }

    /// A watch for the same file from its beginning, that knows what was found in it.
    pub(crate) fn again(mut self) -> Watch {
        self.known.append(&mut self.late);
        Watch { decisions: self.decisions, mapping: self.mapping, known: self.known, ..Watch::new() }
    }

    /// The chunk without the cells that are held back, and where they were found.
    pub(crate) fn take(&mut self, mut chunk: Chunk) -> (Chunk, Vec<Found>) {
        if self.sheet != Some(chunk.sheet) {
            self.sheet = Some(chunk.sheet);
            self.columns.clear();
        }
        let width = chunk.columns.len();
        self.columns.resize_with(self.columns.len().max(width), Column::default);
        let mut found = Vec::new();
        for at in 0..width {
            let column = &mut self.columns[at];
            let key = (chunk.sheet, number(at));
            // The header goes on, and where no mapping tells it, what stands above the first such cell.
            let mut kept = Header::default();
            if column.state == State::Free {
                let known = self.known.get(&key).copied().filter(|_| !column.is_out);
                let cells = column.look(&chunk, at);
                let one = cells.first().map(|(_, kind)| *kind);
                let decision = column.decision(&chunk, at, &self.decisions);
                let whole = column.tally.verdict(column.hint.map(|(kind, _)| kind));
                // Somebody decided about the column: then one cell is enough.
                let whole = whole.or(one.filter(|_| decision.is_some()));
                if let Some(known) = known {
                    kept = Header::of(self.mapping.as_ref(), &chunk, at, known.row);
                    let cell = column.cell(&chunk, at, known.row);
                    found.push(column.find(&chunk, at, known.kind, cell, decision));
                } else if let Some(kind) = whole {
                    let row = column.first_row(&chunk, at, kind);
                    let cell = column.cell(&chunk, at, row);
                    let is_held = decision != Some(PersonalDecision::Keep);
                    if column.is_out && is_held {
                        self.late.insert(key, Known { kind, row });
                    }
                    found.push(column.find(&chunk, at, kind, cell, decision));
                    kept = match column.is_out {
                        true => Header::default(),
                        false => Header::of(self.mapping.as_ref(), &chunk, at, row),
                    };
                } else {
                    let cells: Vec<(usize, Kind)> =
                        cells.into_iter().filter(|(_, kind)| !column.tally.is_of_codes(*kind)).collect();
                    for (row, kind) in &cells {
                        found.push(column.one_cell(&chunk, at, *row, *kind));
                    }
                    if !cells.is_empty() {
                        chunk.columns[at] = without_cells(&chunk.columns[at], &cells);
                    }
                }
            }
            if column.state == State::Held {
                self.held.insert(key);
                chunk.columns[at] = without(&chunk, at, &kept);
            }
            column.is_out = true;
        }
        (chunk, found)
    }

    /// Takes the texts of what is held back out of what is told of their letters.
    pub(crate) fn veil(&self, notes: &mut [Note]) {
        let is_held = |note: &Note| {
            self.held.contains(&(note.cell.sheet, note.cell.column)) || kind::find(&note.to, None).is_some()
        };
        for note in notes.iter_mut().filter(|note| is_held(note)) {
            note.from = "…".into();
            note.to = "…".into();
        }
    }
}

impl Column {
    /// Looks at every cell; those whose form alone tells what they hold come back.
    fn look(&mut self, chunk: &Chunk, at: usize) -> Vec<(usize, Kind)> {
        let column = &chunk.columns[at];
        let mut start = 0;
        if !self.is_out {
            for row in 0..chunk.len().min(HEADER_ROWS) {
                let Some(text) = chunk.cell(row, at) else { continue };
                self.names.push(text.to_owned());
                if let (None, Some(kind)) = (self.hint, kind::of_header(text)) {
                    self.hint = Some((kind, chunk.row_number(row)));
                    start = row + 1;
                }
            }
        }
        let hint = self.hint.map(|(kind, _)| kind);
        let rows = (start..column.len()).filter(|row| column.is_valid(*row));
        let certain: Vec<(usize, Kind)> =
            rows.filter_map(|row| Some((row, self.tally.count(column.value(row), hint)?))).collect();
        for (row, kind) in &certain {
            self.first[*kind as usize].get_or_insert_with(|| chunk.row_number(*row));
        }
        certain
    }

    /// The row from which on cells are held back: below a header that says so, else the first that does.
    fn first_row(&self, chunk: &Chunk, at: usize, kind: Kind) -> u32 {
        let hint = self.hint.map(|(kind, _)| kind);
        let below_header = self.hint.filter(|_| !self.is_out).map(|(_, row)| row + 1);
        if let Some(first) = below_header.or(self.first[kind as usize]) {
            return first;
        }
        let first = || {
            (0..chunk.len())
                .find(|row| chunk.cell(*row, at).is_some_and(|text| kind::find(text, hint) == Some(kind)))
                .map(|row| chunk.row_number(row))
        };
        first().unwrap_or(chunk.first_row)
    }

    fn cell(&self, chunk: &Chunk, at: usize, row: u32) -> CellRef {
        CellRef { sheet: chunk.sheet, row, column: number(at) }
    }

    /// What the mapping says of the column.
    fn decision(&self, chunk: &Chunk, at: usize, decisions: &[PersonalColumn]) -> Option<PersonalDecision> {
        if decisions.is_empty() {
            return None;
        }
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        decision_of(decisions, &self.cell(chunk, at, 1).column_letters(), &names)
    }

    /// Holds the column back, or lets it go in, as was decided.
    fn find(
        &mut self,
        chunk: &Chunk,
        at: usize,
        kind: Kind,
        cell: CellRef,
        decision: Option<PersonalDecision>,
    ) -> Found {
        self.state = if decision == Some(PersonalDecision::Keep) { State::Kept } else { State::Held };
        let name = self.name(chunk, at, cell.row).unwrap_or_else(|| cell.column_letters());
        Found { cell, name, kind, what: What::Column(decision) }
    }

    fn one_cell(&self, chunk: &Chunk, at: usize, row: usize, kind: Kind) -> Found {
        let cell = self.cell(chunk, at, chunk.row_number(row));
        let name = self.names.first().filter(|name| kind::find(name, None).is_none());
        let name = name.cloned().unwrap_or_else(|| cell.column_letters());
        Found { cell, name, kind, what: What::Cell }
    }

    /// The header: the last text above the first value that is none itself.
    fn name(&self, chunk: &Chunk, at: usize, first: u32) -> Option<String> {
        if self.is_out || first > chunk.row_number(chunk.len().saturating_sub(1)) {
            return self.names.first().cloned();
        }
        let above = (0..chunk.len()).take_while(|row| chunk.row_number(*row) < first);
        let last = above.filter_map(|row| chunk.cell(row, at)).last().map(str::to_owned);
        last.or_else(|| self.names.first().cloned())
    }
}

/// The rows of a column that are no data: its headers, and what stands above the first of them.
#[derive(Debug, Default)]
struct Header {
    above: u32,
    rows: Vec<(u32, u32)>,
}

impl Header {
    /// The headers of the tables that a column belongs to; all above `first` where no mapping tells them.
    fn of(mapping: Option<&Mapping>, chunk: &Chunk, at: usize, first: u32) -> Header {
        let tables = mapping.map(Mapping::tables).unwrap_or_default();
        let found = tables.iter().filter_map(|(block, mapping)| {
            let range = block.columns.as_deref().and_then(column_range);
            let is_inside = range.is_none_or(|(first, last)| (first..=last).contains(&at));
            let header = is_inside.then(|| header_of(block, mapping, chunk).ok()).flatten()?;
            Some((header.row, header.last))
        });
        let rows: Vec<(u32, u32)> = found.collect();
        let above = rows.iter().map(|(row, _)| *row).min().unwrap_or(first);
        Header { above, rows }
    }

    fn holds(&self, row: u32) -> bool {
        row < self.above || self.rows.iter().any(|(first, last)| (*first..=*last).contains(&row))
    }
}

/// The column with its header only.
fn without(chunk: &Chunk, at: usize, kept: &Header) -> StringArray {
    let column = &chunk.columns[at];
    let is_kept = |row: &usize| column.is_valid(*row) && kept.holds(chunk.row_number(*row));
    (0..column.len()).map(|row| is_kept(&row).then(|| column.value(row))).collect()
}

/// The column without some cells, which are in order.
pub(super) fn without_cells(column: &StringArray, cells: &[(usize, Kind)]) -> StringArray {
    let mut cells = cells.iter().map(|(row, _)| *row).peekable();
    let texts = (0..column.len()).map(|row| {
        let is_held = cells.next_if_eq(&row).is_some();
        (!is_held && column.is_valid(row)).then(|| column.value(row))
    });
    texts.collect()
}

fn number(at: usize) -> u16 {
    u16::try_from(at + 1).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use formats::{Limits, detect_file, open_table};

    use super::Watch;

    #[test]
    fn the_real_tables_of_the_region_hold_no_persons() {
        let Some(folder) = std::env::var_os("CUULONG_REAL_DATA").map(PathBuf::from) else { return };
        let (mut folders, mut read) = (vec![folder], 0);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let Ok(format) = detect_file("a.bin", &path) else { continue };
                let Ok(mut table) = open_table(&path, &format, &Limits::default()) else { continue };
                let mut watch = Watch::new();
                while let Ok(Some(chunk)) = table.next_chunk() {
                    let (_, found) = watch.take(chunk);
                    assert_eq!(found, [], "{}", path.display());
                }
                read += 1;
            }
        }
        assert!(read > 40, "{read}");
    }
}
