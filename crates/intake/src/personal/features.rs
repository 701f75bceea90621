//! Holds back the attributes of features that hold personal data, before they are committed.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};
use arrow::record_batch::RecordBatch;
use model::CellRef;
use wording::told;

use super::kind::{self, Kind};
use super::watch::without_cells;
use super::{Found, Tally, What, add, decision_of};
use crate::Error;
use crate::findings::Findings;
use crate::mapping::{PersonalColumn, PersonalDecision};

/// Where an attribute comes from.
pub(crate) struct Source {
    /// Its name in the dataset.
    pub(crate) attribute: String,
    /// The property that it is read from.
    pub(crate) property: String,
    /// The column of that.
    pub(crate) column: u16,
}

/// Puts nulls in place of attributes that hold personal data, and tells of them.
pub(crate) fn hold_back(
    batches: &mut [RecordBatch],
    sources: &[Source],
    decisions: &[PersonalColumn],
    findings: &mut Findings,
) -> Result<(), Error> {
    let mut tally = Tally::default();
    for batch in batches.iter() {
        count(batch, "feature", None, &mut tally);
    }
    if let Some(kind) = tally.verdict(None) {
        return Err(Error::invalid(
            told!(
                "intake-ids-features-personal-data",
                "the ids of the features are personal data ({kind})",
                kind = kind.names().1
            ),
            told!(
                "intake-name-another-property-id-under-feature-mapping",
                "name another property as `id` under `[feature]` in the mapping"
            ),
        ));
    }
    let mut found = Vec::new();
    for Source { attribute, property, column } in sources {
        let hint = kind::of_header(property).or_else(|| kind::of_header(attribute));
        let decision = decision_of(decisions, attribute, &[property.as_str()]);
        let mut tally = Tally::default();
        let cells: Vec<Vec<(usize, Kind)>> =
            batches.iter().map(|batch| count(batch, attribute, hint, &mut tally)).collect();
        let one = cells.iter().flatten().next().map(|(_, kind)| *kind);
        let whole = tally.verdict(hint).or(one.filter(|_| decision.is_some()));
        let find = |(sheet, row): (u16, u32), kind, what| Found {
            cell: CellRef { sheet, row, column: *column },
            name: property.clone(),
            kind,
            what,
        };
        if let Some(kind) = whole {
            let row = batches.first().and_then(|batch| origin(batch, 0));
            found.push(find(row.unwrap_or((0, 1)), kind, What::Column(decision)));
            if decision == Some(PersonalDecision::Keep) {
                continue;
            }
            for batch in batches.iter_mut() {
                replace(batch, attribute, |values| new_null_array(values.data_type(), values.len()))?;
            }
        } else {
            for (batch, cells) in batches.iter_mut().zip(cells) {
                let cells: Vec<(usize, Kind)> =
                    cells.into_iter().filter(|(_, kind)| !tally.is_of_codes(*kind)).collect();
                let of_row = |(row, kind): &(usize, Kind)| {
                    find(origin(batch, *row).unwrap_or((0, 1)), *kind, What::Cell)
                };
                found.extend(cells.iter().map(of_row));
                // Only texts can hold what their form alone tells.
                if !cells.is_empty() {
                    replace(batch, attribute, |values| match values.as_string_opt::<i32>() {
                        Some(texts) => Arc::new(without_cells(texts, &cells)),
                        None => Arc::clone(values),
                    })?;
                }
            }
        }
        // What was told of single values of it would tell the values.
        let is_whole = whole.is_some();
        for finding in findings.kept.iter_mut().filter(|finding| finding.column_name == *property) {
            if is_whole || kind::find(&finding.value, None).is_some() {
                finding.value = "…".into();
            }
        }
    }
    add(findings, &found);
    Ok(())
}

/// The sheet and the row of the file that a row of a batch comes from.
fn origin(batch: &RecordBatch, row: usize) -> Option<(u16, u32)> {
    let sheets = batch.column_by_name("origin_sheet")?.as_primitive_opt::<Int16Type>()?;
    let rows = batch.column_by_name("origin_row")?.as_primitive_opt::<Int32Type>()?;
    let is_there = row < rows.len();
    is_there.then(|| Some((u16::try_from(sheets.value(row)).ok()?, u32::try_from(rows.value(row)).ok()?)))?
}

/// Puts another column in the place of one.
fn replace(
    batch: &mut RecordBatch,
    attribute: &str,
    with: impl FnOnce(&ArrayRef) -> ArrayRef,
) -> Result<(), Error> {
    let failed = |error| Error::internal("holding back an attribute", error);
    let at = batch.schema().index_of(attribute).map_err(failed)?;
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns[at] = with(&columns[at]);
    *batch = RecordBatch::try_new(batch.schema(), columns).map_err(failed)?;
    Ok(())
}

/// Counts the values of a column; the rows whose form alone tells what they hold come back.
fn count(batch: &RecordBatch, column: &str, hint: Option<Kind>, tally: &mut Tally) -> Vec<(usize, Kind)> {
    let Some(values) = batch.column_by_name(column) else { return Vec::new() };
    let mut look = |row: usize, text: Option<&str>| Some((row, tally.count(text?, hint)?));
    match values.data_type() {
        DataType::Utf8 => {
            values.as_string::<i32>().iter().enumerate().filter_map(|(row, text)| look(row, text)).collect()
        }
        DataType::Int64 => {
            let numbers = values.as_primitive::<Int64Type>().iter().enumerate();
            let texts = numbers.map(|(row, number)| (row, number.map(|number| number.to_string())));
            texts.filter_map(|(row, text)| look(row, text.as_deref())).collect()
        }
        _ => Vec::new(),
    }
}
