//! What a file says beside its cells, as findings: hidden and missing cells, and what was not read.

use formats::{LeftOut, SheetLayout, TableReader};
use model::{CellRef, Severity};

use crate::findings::{Findings, Words};

/// The sheets of a file and what they say.
#[derive(Debug, Default)]
pub(crate) struct Sheets {
    pub(crate) names: Vec<String>,
    layouts: Vec<SheetLayout>,
    left_out: Vec<LeftOut>,
    /// The sheets whose findings have been told.
    told: Vec<u16>,
}

impl Sheets {
    /// The sheets of a table that has just been opened.
    pub(crate) fn of(table: &dyn TableReader) -> Sheets {
        let names = table.sheets().to_vec();
        let layouts = (0_u16..).zip(&names).map(|(sheet, _)| table.layout(sheet).clone()).collect();
        Sheets { names, layouts, left_out: table.left_out().to_vec(), told: Vec::new() }
    }

    /// A file without sheets.
    pub(crate) fn nameless() -> Sheets {
        Sheets { names: vec![String::new()], ..Sheets::default() }
    }

    /// Tells what the file holds and is not read.
    pub(crate) fn tell_left_out(&self, findings: &mut Findings) {
        tell_left_out(&self.left_out, findings);
    }

    /// Tells once what a sheet hides, and what it does not hold.
    pub(crate) fn tell(&mut self, sheet: u16, findings: &mut Findings) {
        if self.told.contains(&sheet) {
            return;
        }
        self.told.push(sheet);
        let Some(layout) = self.layouts.get(usize::from(sheet)) else { return };
        if layout.is_hidden {
            let name = self.names.get(usize::from(sheet)).cloned().unwrap_or_default();
            let words = || Words { value: name, ..Words::default() };
            findings.add(Severity::Warning, "hidden_sheet", at(sheet, 1, 1), words);
        }
        for rows in &layout.hidden_rows {
            let words = || Words { value: span(rows.start(), rows.end()), ..Words::default() };
            findings.add(Severity::Warning, "hidden_rows", at(sheet, *rows.start(), 1), words);
        }
        for columns in &layout.hidden_columns {
            let letters = |column: u16| at(sheet, 1, column).column_letters();
            let words = || Words {
                value: span(&letters(*columns.start()), &letters(*columns.end())),
                ..Words::default()
            };
            findings.add(Severity::Warning, "hidden_columns", at(sheet, 1, *columns.start()), words);
        }
        for (code, cells) in [
            ("struck_cells", &layout.struck),
            ("scaled_cells", &layout.scaled),
            ("commented_cell", &layout.commented),
        ] {
            for (row, column) in cells {
                let cell = at(sheet, *row, *column);
                findings.add(Severity::Warning, code, cell, Words::default);
            }
        }
        for (row, column) in &layout.unvalued {
            let words = || Words { expected: layout.unvalued_count.to_string(), ..Words::default() };
            findings.add(Severity::Warning, "formula_without_value", at(sheet, *row, *column), words);
        }
    }
}

/// Tells what a file holds and is not read.
pub(crate) fn tell_left_out(left_out: &[LeftOut], findings: &mut Findings) {
    for left in left_out {
        // A document that is one page of an answer names the next one.
        let is_page = left.why.code() == Some("formats-more-follows");
        let code = if is_page { "more_follows" } else { "left_out" };
        findings.add(Severity::Warning, code, at(0, 1, 1), || Words {
            value: left.name.clone(),
            expected: left.why.kept(),
            ..Words::default()
        });
    }
}

/// So many rows without any text are told of: fewer stand between the parts of a table.
const MANY_BLANK: u64 = 10_000;

/// Tells of a file that is empty for the most part.
pub(crate) fn tell_blank(rows: u64, findings: &mut Findings) {
    if rows >= MANY_BLANK {
        let words = || Words { value: rows.to_string(), ..Words::default() };
        findings.add(Severity::Warning, "blank_rows", at(0, 1, 1), words);
    }
}

fn at(sheet: u16, row: u32, column: u16) -> CellRef {
    CellRef { sheet, row, column }
}

fn span<T: PartialEq + ToString>(first: &T, last: &T) -> String {
    if first == last { first.to_string() } else { format!("{}–{}", first.to_string(), last.to_string()) }
}
