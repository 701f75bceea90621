//! What the rows of a table say beside their values, and what they leave out: remarks, the position of their place,
//! fields that are missing at their end. It changes no value, and is told of.

use std::collections::HashMap;

use formats::Chunk;
use model::Severity;

use super::plan::Plan;
use super::remarks::{Remark, Taken, is_remark};
use super::shared::{Cells, Rows, Shared, cell_at};
use super::table::Observer;
use crate::findings::{Findings, Words};

impl Observer {
    /// Tells of all of it.
    pub(super) fn tell_beside(
        &mut self,
        plan: &Plan,
        chunk: &Chunk,
        start: usize,
        rows: &Rows,
        findings: &mut Findings,
    ) {
        remarks(plan, chunk, start, self.shared(), findings);
        short_rows(plan, chunk, start, findings);
        let mut positions = std::mem::take(&mut self.positions);
        if plan.place_column.is_some() {
            positions.compare(
                plan,
                chunk,
                start..chunk.len(),
                |row| rows.places[row],
                self.shared(),
                findings,
            );
        }
        self.positions = positions;
    }
}

/// Columns of remarks that the mapping does not read.
fn remarks(plan: &Plan, chunk: &Chunk, start: usize, shared: &Shared, findings: &mut Findings) {
    let named = plan.mapping.columns();
    let except: Vec<&str> =
        plan.mapping.values.iter().flat_map(|value| value.except.iter().map(String::as_str)).collect();
    let is_read = |name: &str| named.contains(&name) || except.contains(&name);
    let columns: Vec<usize> = (0..chunk.columns.len().min(plan.rows.width))
        .filter(|column| {
            let name = plan.header.name(*column);
            !name.is_empty() && is_remark(name) && !is_read(name) && !plan.value_columns.contains(column)
        })
        .collect();
    if columns.is_empty() {
        return;
    }
    let taken = Taken::of(&plan.mapping, &shared.gazetteer);
    // Of a row without a value, a remark says why.
    let has_value = |row: usize| {
        let mut texts = plan.value_columns.iter().filter_map(|column| chunk.cell(row, *column));
        texts.any(|text| !shared.missing.holds(text.trim()))
    };
    for column in columns {
        let cells = Cells::of(chunk, Some(column));
        let mut last: Option<(&str, Option<Remark>)> = None;
        for row in start..chunk.len() {
            let Some(text) = cells.get(row) else { continue };
            let said = match last {
                Some((known, said)) if known == text => said,
                _ => Remark::of(text, &taken),
            };
            last = Some((text, said));
            let Some(said) = said.filter(|_| has_value(row)) else { continue };
            let cell = cell_at(chunk.sheet, chunk.row_number(row), column);
            findings.add(Severity::Warning, "remark_says", cell, || Words {
                column_name: plan.header.name(column).to_owned(),
                value: text.to_owned(),
                expected: said.told().kept(),
            });
        }
    }
}

/// Rows of delimited text that end before a column that is read, and hold a value before.
fn short_rows(plan: &Plan, chunk: &Chunk, start: usize, findings: &mut Findings) {
    if chunk.short.is_empty() {
        return;
    }
    let own = |column: &&usize| **column < plan.rows.width;
    let read = plan.value_columns.iter().chain(&plan.times).chain(&plan.place_column);
    let Some(last) = read.filter(own).max().copied() else { return };
    let known: HashMap<u32, usize> =
        chunk.short.iter().copied().filter(|(_, fields)| *fields <= last).collect();
    let count = plan.header.names.iter().rposition(|name| !name.is_empty()).map_or(0, |at| at + 1);
    for row in start..chunk.len() {
        let number = chunk.row_number(row);
        let Some(fields) = known.get(&number) else { continue };
        let mut values = plan.value_columns.iter().filter(own);
        if !values.any(|column| chunk.cell(row, *column).is_some()) {
            continue;
        }
        findings.add(Severity::Warning, "row_too_short", cell_at(chunk.sheet, number, fields - 1), || {
            Words {
                column_name: plan.header.name(fields - 1).to_owned(),
                value: fields.to_string(),
                expected: count.to_string(),
            }
        });
    }
}
