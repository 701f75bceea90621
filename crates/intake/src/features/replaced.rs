//! Features of a file that would take the place of others: a second list whose running numbers are those of the first.

use std::collections::HashSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use lake::{CommitCounts, Corrections};
use wording::told;

use crate::Error;
use crate::mapping::Mapping;

/// Degrees beyond which a feature is not where it was: a kilometre, farther than any two systems of coordinates of
/// here are apart that are taken for each other.
const ELSEWHERE: f64 = 0.01;
/// Features that are told of.
const TOLD: usize = 3;

/// An error where most features of a file that are there already lie elsewhere there, and none of them is called
/// the same: they are others under the same ids. Whoever hands in a mapping with the file has decided.
pub(crate) fn question(
    mapping: &Mapping,
    counts: &CommitCounts,
    corrections: Option<&Corrections>,
) -> Option<Error> {
    let Corrections { before, after } = corrections?;
    let rows = before.num_rows().min(after.num_rows());
    let names = names(before);
    let moved: Vec<usize> = (0..rows)
        .filter(|row| is_elsewhere(before, after, *row).unwrap_or(false))
        .filter(|row| !names.iter().any(|name| is_called_the_same(before, after, name, *row)))
        .collect();
    // Those that are shown stand for all that would be corrected.
    let (shown, of) = (moved.len() as u64, (rows as u64).max(1));
    let others = counts.corrected * shown / of;
    if others == 0 || others * 2 <= counts.corrected + counts.unchanged {
        return None;
    }
    let id = mapping.feature.as_ref().and_then(|feature| feature.id.as_deref()).unwrap_or("id");
    let ids = before.column_by_name("feature")?.as_string_opt::<i32>()?;
    let ids: Vec<String> = moved.iter().take(TOLD).map(|row| format!("`{}`", ids.value(*row))).collect();
    Some(Error::Drifted {
        differences: vec![told!(
            "intake-other-features-of-the-same-ids",
            "{count} features that are there have the same `{id}` and lie elsewhere ({ids}): they would be overwritten. Name an `id` that tells all features apart, or hand the file in to a dataset of its own; if they are the same features and have moved, hand the file in with this mapping",
            count = others,
            id = id,
            ids = ids.join(", ")
        )],
        example: Mapping { shape: None, reasons: Vec::new(), ..mapping.clone() }.to_text(),
    })
}

/// The attributes that call features by names of their own: texts of which no two are alike.
fn names(before: &RecordBatch) -> Vec<String> {
    let schema = before.schema();
    let is_own = |name: &str| !matches!(name, "feature" | "run") && !is_id(before, name);
    let are_apart = |name: &str| {
        let Some(texts) = before.column_by_name(name).and_then(|column| column.as_string_opt::<i32>()) else {
            return false;
        };
        let mut seen = HashSet::new();
        let mut filled = 0;
        for text in texts.iter().flatten().map(str::trim).filter(|text| !text.is_empty()) {
            filled += 1;
            seen.insert(model::fold(text));
        }
        filled > 0 && seen.len() * 10 >= filled * 9 && filled * 2 >= before.num_rows()
    };
    let texts = schema.fields().iter().filter(|field| *field.data_type() == DataType::Utf8);
    texts.map(|field| field.name().clone()).filter(|name| is_own(name) && are_apart(name)).collect()
}

/// Whether an attribute is the id once more.
fn is_id(batch: &RecordBatch, name: &str) -> bool {
    let texts = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let (Some(own), Some(ids)) = (texts(name), texts("feature")) else { return false };
    (0..batch.num_rows()).all(|row| own.is_null(row) || own.value(row).trim() == ids.value(row))
}

fn is_called_the_same(before: &RecordBatch, after: &RecordBatch, name: &str, row: usize) -> bool {
    let text = |batch: &RecordBatch| {
        let texts = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        texts.is_valid(row).then(|| model::fold(texts.value(row)))
    };
    text(before).is_some_and(|text_before| !text_before.is_empty() && text(after) == Some(text_before))
}

/// Whether a feature lies apart from where it was.
fn is_elsewhere(before: &RecordBatch, after: &RecordBatch, row: usize) -> Option<bool> {
    let edge = |batch: &RecordBatch, name: &str| {
        let edges = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
        edges.is_valid(row).then(|| edges.value(row))
    };
    let apart = |low: &str, high: &str| {
        let gap = (edge(after, low)? - edge(before, high)?).max(edge(before, low)? - edge(after, high)?);
        Some(gap > ELSEWHERE)
    };
    Some(apart("xmin", "xmax")? || apart("ymin", "ymax")?)
}
