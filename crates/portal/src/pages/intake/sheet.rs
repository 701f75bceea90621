//! A sheet with the roles painted over its cells.

use std::collections::HashMap;

use intake::{CellRole, Drawn, finding_message};
use model::{CellRef, Finding, Severity};

use super::form::ColumnForm;
use crate::visit::Visit;

/// What the template draws.
pub struct Sheet {
    pub caption: String,
    pub tabs: Vec<Tab>,
    pub columns: Vec<ColumnHead>,
    pub rows: Vec<Row>,
    pub legend: Vec<(&'static str, String)>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub more: String,
}

/// Another sheet of the workbook.
pub struct Tab {
    pub name: String,
    pub href: String,
    pub now: bool,
}

/// A column's letters and what it is.
pub struct ColumnHead {
    pub letters: String,
    pub role: &'static str,
    pub word: String,
    /// What the form asks of it.
    pub pick: Option<ColumnForm>,
}

pub struct Row {
    pub number: u32,
    pub header: bool,
    pub cells: Vec<Cell>,
}

pub struct Cell {
    pub text: String,
    pub class: String,
    pub colspan: u16,
    pub rowspan: u32,
    /// What was found in it.
    pub note: String,
}

/// Where the page that draws the sheet is.
pub struct Origin<'a, L: Fn(&[(&str, &str)]) -> String> {
    pub findings: &'a [Finding],
    pub link: L,
    pub step: u8,
}

/// The sheet as the template draws it.
pub fn sheet<L: Fn(&[(&str, &str)]) -> String>(visit: &Visit, drawn: Drawn, origin: &Origin<'_, L>) -> Sheet {
    let w = visit.words;
    let mut found: HashMap<(u32, u16), &Finding> = HashMap::new();
    for finding in origin.findings.iter().filter(|finding| finding.cell.sheet == drawn.sheet) {
        let key = (finding.cell.row, finding.cell.column);
        // What was refused is said before what is only pointed out.
        found
            .entry(key)
            .and_modify(|known| {
                if known.severity < finding.severity {
                    *known = finding;
                }
            })
            .or_insert(finding);
    }
    let letters = |column: usize| {
        let column = u16::try_from(column + 1).unwrap_or(u16::MAX);
        CellRef { sheet: 0, row: 1, column }.column_letters()
    };
    let first = drawn.rows.first().map_or(1, |row| row.number);
    let last = drawn.rows.last().map_or(1, |row| row.number);
    let step = origin.step.to_string();
    let at = |from: u32| {
        let (sheet, from) = (drawn.sheet.to_string(), from.to_string());
        (origin.link)(&[("step", &step), ("sheet", &sheet), ("from", &from)])
    };
    let name = drawn.sheets.get(usize::from(drawn.sheet)).cloned().unwrap_or_default();
    let rows_shown = [("first", w.whole(u64::from(first))), ("last", w.whole(u64::from(last)))];
    let [first_word, last_word] = rows_shown.each_ref().map(|(_, text)| text);
    Sheet {
        caption: if name.is_empty() {
            w.fill("intake-sheet-plain", [("first", first_word), ("last", last_word)])
        } else {
            w.fill("intake-sheet", [("name", &name), ("first", first_word), ("last", last_word)])
        },
        tabs: if drawn.sheets.len() > 1 {
            drawn
                .sheets
                .iter()
                .enumerate()
                .map(|(number, name)| Tab {
                    name: name.clone(),
                    href: (origin.link)(&[("step", &step), ("sheet", &number.to_string()), ("from", "")]),
                    now: number == usize::from(drawn.sheet),
                })
                .collect()
        } else {
            Vec::new()
        },
        columns: drawn
            .columns
            .iter()
            .enumerate()
            .map(|(column, (_, role))| ColumnHead {
                letters: letters(column),
                role: role.code(),
                word: w.code("role", role.code()),
                pick: None,
            })
            .collect(),
        rows: drawn
            .rows
            .iter()
            .map(|row| Row {
                number: row.number,
                header: drawn.header_row == Some(row.number),
                cells: row
                    .cells
                    .iter()
                    .enumerate()
                    .filter(|(_, cell)| cell.span.0 > 0)
                    .map(|(column, cell)| {
                        let place = (row.number, u16::try_from(column + 1).unwrap_or(u16::MAX));
                        let finding = found.get(&place);
                        let mut class = format!("r-{}", cell.role.code());
                        if let Some(finding) = finding {
                            class.push_str(if finding.severity == Severity::Refused {
                                " bad"
                            } else {
                                " odd"
                            });
                        }
                        Cell {
                            text: cell.text.clone(),
                            class,
                            colspan: cell.span.0.max(1),
                            rowspan: cell.span.1.max(1),
                            note: finding.map(|f| finding_message(f, visit.lang())).unwrap_or_default(),
                        }
                    })
                    .collect(),
            })
            .collect(),
        legend: [
            CellRole::Header,
            CellRole::Place,
            CellRole::Time,
            CellRole::Property,
            CellRole::Unit,
            CellRole::Value,
            CellRole::LeftOut,
        ]
        .into_iter()
        .map(|role| (role.code(), w.code("role", role.code())))
        .collect(),
        // Blank rows may stand before the first: only rows of an earlier part are a part before.
        before: (first > super::ROWS).then(|| at(first - super::ROWS)),
        after: drawn.next.map(at),
        more: if drawn.more_columns > 0 {
            w.count("intake-more-columns", drawn.more_columns as u64)
        } else {
            String::new()
        },
    }
}
