//! Holds back the attributes of features that hold personal data, before they are committed.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use arrow::record_batch::RecordBatch;
use model::CellRef;

use super::kind;
use super::{Found, Tally, add, decision_of};
use crate::Error;
use crate::findings::Findings;
use crate::mapping::{PersonalColumn, PersonalDecision};

/// Puts nulls in place of attributes that hold personal data, and tells of them. `sources` are the
/// properties that the attributes were read from, by the attributes' names.
pub(crate) fn hold_back(
    batches: &mut [RecordBatch],
    sources: &[(String, String)],
    decisions: &[PersonalColumn],
    findings: &mut Findings,
) -> Result<(), Error> {
    if let Some(kind) = verdict(batches, "feature", None) {
        return Err(Error::invalid(
            format!("the ids of the features are personal data ({})", kind.names().1),
            "name another property as `id` under `[feature]` in the mapping",
        ));
    }
    let mut found = Vec::new();
    for (attribute, property) in sources {
        let hint = kind::of_header(property).or_else(|| kind::of_header(attribute));
        let Some(kind) = verdict(batches, attribute, hint) else { continue };
        let decision = decision_of(decisions, attribute, &[property.as_str()]);
        let row = batches.first().and_then(|batch| {
            let rows = batch.column_by_name("origin_row")?.as_primitive_opt::<Int32Type>()?;
            (!rows.is_empty()).then(|| rows.value(0))
        });
        let row = row.and_then(|row| u32::try_from(row).ok()).unwrap_or(1);
        found.push(Found {
            cell: CellRef { sheet: 0, row, column: 1 },
            name: property.clone(),
            kind,
            decision,
        });
        if decision == Some(PersonalDecision::Keep) {
            continue;
        }
        for batch in batches.iter_mut() {
            let at = batch.schema().index_of(attribute);
            let at = at.map_err(|error| Error::internal("holding back an attribute", error))?;
            let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
            columns[at] = Arc::clone(&new_null_array(columns[at].data_type(), columns[at].len()));
            *batch = RecordBatch::try_new(batch.schema(), columns)
                .map_err(|error| Error::internal("holding back an attribute", error))?;
        }
        // What was told of single values of it would tell the values.
        for finding in findings.kept.iter_mut().filter(|finding| finding.column_name == *property) {
            finding.value = "…".into();
        }
    }
    add(findings, &found);
    Ok(())
}

fn verdict(batches: &[RecordBatch], column: &str, hint: Option<kind::Kind>) -> Option<kind::Kind> {
    let mut tally = Tally::default();
    for batch in batches {
        let Some(values) = batch.column_by_name(column) else { continue };
        match values.data_type() {
            DataType::Utf8 => {
                values.as_string::<i32>().iter().flatten().for_each(|text| tally.count(text, hint));
            }
            DataType::Int64 => {
                let numbers = values.as_primitive::<Int64Type>();
                numbers.iter().flatten().for_each(|number| tally.count(&number.to_string(), hint));
            }
            _ => {}
        }
    }
    tally.verdict(hint)
}
