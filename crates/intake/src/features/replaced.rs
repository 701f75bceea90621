//! Features of a file that would take the place of others: a second list whose running numbers are those of the first.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use arrow::record_batch::RecordBatch;
use lake::{AsOf, FeatureRead, Lake};
use policy::Permit;
use wording::told;

use crate::Error;
use crate::mapping::Mapping;

/// Degrees beyond which a feature is not where it was: a kilometre, farther than any two systems of coordinates of
/// here are apart that are taken for each other.
const ELSEWHERE: f64 = 0.01;
/// Features that are told of.
const TOLD: usize = 3;
/// Features of a table that is looked at as a whole.
const WHOLE: usize = 20_000;
/// Features that are looked up one by one in a larger one.
const LOOKED_UP: usize = 12;

/// Asks where most features of a file that are there already lie elsewhere there, and none of them is called
/// the same: they are others under the same ids. Whoever hands in a mapping with the file has decided.
pub(crate) async fn ask(
    lake: &Lake,
    permit: &Permit,
    mapping: &Mapping,
    rows: &[RecordBatch],
) -> Result<(), Error> {
    // Of what a grant does not reach nothing is told.
    if !permit.rows().is_open() {
        return Ok(());
    }
    let there = match there(lake, permit, rows).await {
        Ok(there) => there,
        // The dataset has no table yet.
        Err(lake::Error::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    question(mapping, &there, rows).map_or(Ok(()), Err)
}

/// What is there under the ids of a file, or under some of them.
pub(crate) async fn there(
    lake: &Lake,
    permit: &Permit,
    rows: &[RecordBatch],
) -> Result<Vec<RecordBatch>, lake::Error> {
    let snapshot = lake.snapshot(permit, AsOf::Latest).await?;
    if snapshot.rows() <= WHOLE as u64 {
        let read = FeatureRead { limit: WHOLE, ..FeatureRead::default() };
        return Ok(lake.features_to_check(permit, &snapshot, read).await?.batches);
    }
    let ids: Vec<&str> = rows.iter().filter_map(ids).flat_map(|ids| ids.iter().flatten()).collect();
    let mut there = Vec::new();
    for id in ids.iter().step_by(ids.len().div_ceil(LOOKED_UP).max(1)) {
        let read = FeatureRead { limit: 1, feature: Some((*id).to_owned()), ..FeatureRead::default() };
        there.extend(lake.features_to_check(permit, &snapshot, read).await?.batches);
    }
    Ok(there)
}

fn ids(batch: &RecordBatch) -> Option<&arrow::array::StringArray> {
    batch.column_by_name("feature")?.as_string_opt::<i32>()
}

fn question(mapping: &Mapping, there: &[RecordBatch], rows: &[RecordBatch]) -> Option<Error> {
    let mut known: HashMap<&str, (&RecordBatch, usize)> = HashMap::new();
    for batch in there {
        let ids = ids(batch)?;
        known.extend((0..batch.num_rows()).map(|row| (ids.value(row), (batch, row))));
    }
    let names = names(rows);
    let (mut met, mut others) = (0, Vec::new());
    for batch in rows {
        let ids = ids(batch)?;
        for row in 0..batch.num_rows() {
            let Some(before) = known.get(ids.value(row)) else { continue };
            met += 1;
            let is_named = names.iter().any(|name| is_called_the_same(*before, (batch, row), name));
            if !is_named && is_elsewhere(*before, (batch, row)).unwrap_or(false) {
                others.push(ids.value(row));
            }
        }
    }
    if others.len() * 2 <= met {
        return None;
    }
    let id = mapping.feature.as_ref().and_then(|feature| feature.id.as_deref()).unwrap_or("id");
    let shown: Vec<String> = others.iter().take(TOLD).map(|id| format!("`{id}`")).collect();
    Some(Error::Drifted {
        differences: vec![told!(
            "intake-other-features-of-the-same-ids",
            "{count} features that are there have the same `{id}` and lie elsewhere ({ids}): they would be overwritten. Name an `id` that tells all features apart, or hand the file in to a dataset of its own; if they are the same features and have moved, hand the file in with this mapping",
            count = others.len(),
            id = id,
            ids = shown.join(", ")
        )],
        example: Mapping { shape: None, reasons: Vec::new(), ..mapping.clone() }.to_text(),
    })
}

/// The attributes that call the features of a file by names of their own: texts of which hardly two are alike.
fn names(rows: &[RecordBatch]) -> Vec<String> {
    let Some(first) = rows.first() else { return Vec::new() };
    let schema = first.schema();
    let are_apart = |name: &str| {
        let (mut seen, mut filled, mut count, mut is_id) = (HashSet::new(), 0, 0, true);
        for batch in rows {
            let texts = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            let (Some(texts), Some(ids)) = (texts, ids(batch)) else { return false };
            count += batch.num_rows();
            for row in (0..batch.num_rows()).filter(|row| texts.is_valid(*row)) {
                let text = texts.value(row).trim();
                is_id &= text.is_empty() || text == ids.value(row);
                if !text.is_empty() {
                    filled += 1;
                    seen.insert(model::fold(text));
                }
            }
        }
        !is_id && filled > 0 && seen.len() * 10 >= filled * 9 && filled * 2 >= count
    };
    let texts = schema.fields().iter().filter(|field| *field.data_type() == DataType::Utf8);
    let texts = texts.map(|field| field.name().clone()).filter(|name| name != "feature");
    texts.filter(|name| are_apart(name)).collect()
}

/// A row of a batch.
type Row<'a> = (&'a RecordBatch, usize);

fn is_called_the_same(before: Row<'_>, after: Row<'_>, name: &str) -> bool {
    let text = |(batch, row): Row<'_>| {
        let texts = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        texts.is_valid(row).then(|| model::fold(texts.value(row)))
    };
    text(before).is_some_and(|own| !own.is_empty() && text(after) == Some(own))
}

/// Whether a feature lies apart from where it was.
fn is_elsewhere(before: Row<'_>, after: Row<'_>) -> Option<bool> {
    let edge = |(batch, row): Row<'_>, name: &str| {
        let edges = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
        edges.is_valid(row).then(|| edges.value(row))
    };
    let apart = |low: &str, high: &str| {
        let gap = (edge(after, low)? - edge(before, high)?).max(edge(before, low)? - edge(after, high)?);
        Some(gap > ELSEWHERE)
    };
    Some(apart("xmin", "xmax")? || apart("ymin", "ymax")?)
}
