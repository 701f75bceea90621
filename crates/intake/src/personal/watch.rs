//! Watches the cells of a table on their way from the reader to the mapping.

use std::collections::HashSet;

use arrow::array::{Array, StringArray};
use formats::{Chunk, Note};
use model::CellRef;

use super::kind::{self, Kind};
use super::{Found, Tally, decision_of};
use crate::Error;
use crate::mapping::{PersonalColumn, PersonalDecision};

/// Cells of a column that are looked at in its first chunk, and in each one after.
const SAMPLE: [usize; 2] = [2000, 200];
/// Rows at the top in which headers are looked for.
const HEADER_ROWS: usize = 50;

/// What was seen of the sheet that is being read.
pub(crate) struct Watch {
    decisions: Vec<PersonalColumn>,
    sheet: Option<u16>,
    columns: Vec<Column>,
    /// Columns, by sheet and number, whose cells are held back.
    held: HashSet<(u16, u16)>,
}

#[derive(Default)]
struct Column {
    /// Whether cells of it were already handed out.
    is_out: bool,
    /// What its header says, and the row of that.
    hint: Option<(Kind, u32)>,
    names: Vec<String>,
    tally: Tally,
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
    pub(crate) fn new(decisions: Vec<PersonalColumn>) -> Watch {
        Watch { decisions, sheet: None, columns: Vec::new(), held: HashSet::new() }
    }

    /// The chunk without the cells that are held back, and the columns in which they were found.
    pub(crate) fn take(&mut self, mut chunk: Chunk) -> Result<(Chunk, Vec<Found>), Error> {
        if self.sheet != Some(chunk.sheet) {
            self.sheet = Some(chunk.sheet);
            self.columns.clear();
        }
        let width = chunk.columns.len();
        self.columns.resize_with(self.columns.len().max(width), Column::default);
        let mut found = Vec::new();
        for at in 0..width {
            let column = &mut self.columns[at];
            if column.state == State::Free {
                column.look(&chunk, at);
                if let Some(kind) = column.tally.verdict(column.hint.map(|(kind, _)| kind)) {
                    found.push(column.decide(&chunk, at, kind, &self.decisions)?);
                }
            }
            if column.state == State::Held {
                self.held.insert((chunk.sheet, number(at)));
                // Of a column that is found here, what stands above its first value is its header.
                let from = found
                    .last()
                    .filter(|found| found.cell.column == number(at))
                    .map_or(0, |found| found.cell.row);
                let kept = (0..chunk.len()).take_while(|row| chunk.row_number(*row) < from).count();
                chunk.columns[at] = without(&chunk.columns[at], kept);
            }
            column.is_out = true;
        }
        Ok((chunk, found))
    }

    /// Takes the texts of columns that are held back out of what is told of their letters.
    pub(crate) fn veil(&self, notes: &mut [Note]) {
        for note in notes.iter_mut().filter(|note| self.held.contains(&(note.cell.sheet, note.cell.column))) {
            note.from = "…".into();
            note.to = "…".into();
        }
    }
}

impl Column {
    fn look(&mut self, chunk: &Chunk, at: usize) {
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
        let count = column.len() - start;
        let step = count.div_ceil(SAMPLE[usize::from(self.is_out)]).max(1);
        for row in (start..column.len()).step_by(step).filter(|row| column.is_valid(*row)) {
            self.tally.count(column.value(row), hint);
        }
    }

    fn decide(
        &mut self,
        chunk: &Chunk,
        at: usize,
        kind: Kind,
        decisions: &[PersonalColumn],
    ) -> Result<Found, Error> {
        let hint = self.hint.map(|(kind, _)| kind);
        let of_header = self.hint.map(|(_, row)| row + 1);
        let first = (0..chunk.len())
            .find(|row| chunk.cell(*row, at).is_some_and(|text| kind::find(text, hint) == Some(kind)))
            .map(|row| chunk.row_number(row));
        let row = of_header.or(first).unwrap_or(chunk.first_row).max(chunk.first_row);
        let cell = CellRef { sheet: chunk.sheet, row, column: number(at) };
        let letters = cell.column_letters();
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let decision = decision_of(decisions, &letters, &names);
        let name = self.name(chunk, at, row).or_else(|| self.names.first().cloned()).unwrap_or(letters);
        self.state = if decision == Some(PersonalDecision::Keep) { State::Kept } else { State::Held };
        if self.state == State::Held && self.is_out {
            return Err(Error::invalid(
                format!("the column `{name}` holds personal data ({}) from row {row} on", kind.names().1),
                "a steward, an approver or an administrator of the agency decides: add `[[personal]]` with `column`, `decision` and `decided_by` to the mapping, or take the column out of the file",
            ));
        }
        Ok(Found { cell, name, kind, decision })
    }

    /// The header: the last text above the first value that is none itself.
    fn name(&self, chunk: &Chunk, at: usize, first: u32) -> Option<String> {
        let above = (0..chunk.len()).take_while(|row| chunk.row_number(*row) < first);
        above.filter_map(|row| chunk.cell(row, at)).last().map(str::to_owned)
    }
}

/// The column with its first cells only.
fn without(column: &StringArray, kept: usize) -> StringArray {
    (0..column.len()).map(|row| (row < kept && column.is_valid(row)).then(|| column.value(row))).collect()
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
                let mut watch = Watch::new(Vec::new());
                while let Ok(Some(chunk)) = table.next_chunk() {
                    let (_, found) = watch.take(chunk).unwrap();
                    assert_eq!(found, [], "{}", path.display());
                }
                read += 1;
            }
        }
        assert!(read > 40, "{read}");
    }
}
