//! Features of a file that would take the place of others: a second list whose running numbers are those of the
//! first is asked about; what moves far, or loses what is known of it, is told.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int16Type, Int32Type};
use arrow::record_batch::RecordBatch;
use lake::{AsOf, FeatureRead, Lake};
use model::{CellRef, Severity};
use policy::Permit;
use wording::told;

use crate::Error;
use crate::findings::{Findings, Words};
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

/// Degrees by which a feature has to lie off to be at another place: thirty metres, farther than receivers are
/// apart.
const APART: f64 = 0.0003;
/// Features of one kind that are told of.
const MOST: usize = 20;

/// Asks where most features of a file that are there already lie elsewhere there, and none of them is called
/// the same: they are others under the same ids. Whoever hands in a mapping with the file has decided. Tells of
/// those that move far, and of values that are left empty.
pub(crate) async fn look(
    lake: &Lake,
    permit: &Permit,
    mapping: &Mapping,
    rows: &[RecordBatch],
    asks: bool,
    findings: &mut Findings,
) -> Result<(), Error> {
    let there = there(lake, permit, rows).await?;
    let Some(met) = meetings(&there, rows) else { return Ok(()) };
    let names = names(rows);
    if asks && let Some(error) = question(mapping, &met, &names) {
        return Err(error);
    }
    tell(&met, findings);
    Ok(())
}

/// A feature that is there, and the one of the same id that comes in.
struct Meeting<'a> {
    id: &'a str,
    before: Row<'a>,
    after: Row<'a>,
}

fn meetings<'a>(there: &'a [RecordBatch], rows: &'a [RecordBatch]) -> Option<Vec<Meeting<'a>>> {
    let mut known: HashMap<&str, Row<'_>> = HashMap::new();
    for batch in there {
        let ids = ids(batch)?;
        known.extend((0..batch.num_rows()).map(|row| (ids.value(row), (batch, row))));
    }
    let mut met = Vec::new();
    for batch in rows {
        let ids = ids(batch)?;
        let of = |row: usize| {
            let id = ids.value(row);
            known.get(id).map(|before| Meeting { id, before: *before, after: (batch, row) })
        };
        met.extend((0..batch.num_rows()).filter_map(of));
    }
    Some(met)
}

/// Tells of what moves far, and of the first value of each attribute that is left empty.
fn tell(met: &[Meeting<'_>], findings: &mut Findings) {
    let mut moved = 0;
    for Meeting { id, before, after } in met {
        if moved < MOST && is_elsewhere(*before, *after).unwrap_or(false) {
            moved += 1;
            let kilometres = distance(*before, *after).unwrap_or_default();
            findings.add(Severity::Warning, "moved_far", origin(*after), || Words {
                column_name: String::new(),
                value: (*id).to_owned(),
                expected: format!("{kilometres:.1}"),
            });
        }
    }
    let Some((first, _)) = met.first().map(|met| met.after) else { return };
    let is_gone_told = findings.kept.iter().any(|finding| finding.code == "attribute_gone");
    for field in first.schema().fields().iter().filter(|field| !OF_TABLE.contains(&field.name().as_str())) {
        let name = field.name().as_str();
        let is_empty = |(batch, row): Row<'_>| {
            let column = batch.column_by_name(name)?;
            let texts = column.as_string_opt::<i32>();
            Some(column.is_null(row) || texts.is_some_and(|texts| texts.value(row).trim().is_empty()))
        };
        let is_emptied = |met: &&Meeting<'_>| {
            is_empty(met.after).unwrap_or(false) && is_empty(met.before).is_some_and(|is_empty| !is_empty)
        };
        // Of a column that is gone this is told already.
        if is_gone_told && met.iter().all(|met| is_empty(met.after).unwrap_or(true)) {
            continue;
        }
        let emptied: Vec<&Meeting<'_>> = met.iter().filter(is_emptied).collect();
        if let Some(one) = emptied.first() {
            findings.add(Severity::Warning, "value_emptied", origin(one.after), || Words {
                column_name: name.to_owned(),
                value: one.id.to_owned(),
                expected: emptied.len().to_string(),
            });
        }
    }
}

/// Columns of a table of features that are no attributes.
const OF_TABLE: [&str; 9] =
    ["feature", "geometry", "xmin", "ymin", "xmax", "ymax", "origin_sheet", "origin_row", "origin_column"];

/// The cell that a feature's id stands in.
fn origin((batch, row): Row<'_>) -> CellRef {
    let sheet = batch.column_by_name("origin_sheet").and_then(|of| of.as_primitive_opt::<Int16Type>());
    let line = batch.column_by_name("origin_row").and_then(|of| of.as_primitive_opt::<Int32Type>());
    let column = batch.column_by_name("origin_column").and_then(|of| of.as_primitive_opt::<Int16Type>());
    let positive = |number: i16| u16::try_from(number).unwrap_or(0);
    CellRef {
        sheet: sheet.map_or(0, |of| positive(of.value(row))),
        row: line.map_or(1, |of| u32::try_from(of.value(row)).unwrap_or(1)),
        column: column.map_or(1, |of| positive(of.value(row))),
    }
}

/// What is there under the ids of a file, or under some of them; nothing where a grant does not reach all, of which
/// nothing is told then.
pub(crate) async fn there(
    lake: &Lake,
    permit: &Permit,
    rows: &[RecordBatch],
) -> Result<Vec<RecordBatch>, Error> {
    if !permit.rows().is_open() {
        return Ok(Vec::new());
    }
    let snapshot = match lake.snapshot(permit, AsOf::Latest).await {
        // The dataset has no table yet.
        Err(lake::Error::NotFound { .. }) => return Ok(Vec::new()),
        snapshot => snapshot?,
    };
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

/// The ids of the rows of a table of features or rasters.
pub(crate) fn ids(batch: &RecordBatch) -> Option<&arrow::array::StringArray> {
    batch.column_by_name("feature")?.as_string_opt::<i32>()
}

fn question(mapping: &Mapping, met: &[Meeting<'_>], names: &[String]) -> Option<Error> {
    let own: Vec<&String> = names.iter().filter(|name| is_of_names(name)).collect();
    let shifts: Vec<(f64, f64)> = met.iter().filter_map(|met| shift(met.before, met.after)).collect();
    // A layer that was in another system before moves as a whole.
    let is_shifted =
        shifts.iter().all(|(x, y)| (x - shifts[0].0).abs() < APART && (y - shifts[0].1).abs() < APART);
    let is_other = |met: &&Meeting<'_>| {
        let (before, after) = (met.before, met.after);
        if names.iter().any(|name| is_called_the_same(before, after, name)) {
            return false;
        }
        if is_elsewhere(before, after).unwrap_or(false) {
            return true;
        }
        let has_moved = is_apart(before, after).unwrap_or(false);
        let is_renamed = own.iter().any(|name| is_called_otherwise(before, after, name));
        if own.is_empty() {
            // Nothing but the place tells them apart.
            has_moved && !is_shifted && lies_beside(before, after)
        } else {
            has_moved && is_renamed
        }
    };
    let others: Vec<&str> = met.iter().filter(is_other).map(|met| met.id).collect();
    let met = met.len();
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

fn folded((batch, row): Row<'_>, name: &str) -> Option<String> {
    let texts = batch.column_by_name(name)?.as_string_opt::<i32>()?;
    texts.is_valid(row).then(|| model::fold(texts.value(row))).filter(|text| !text.is_empty())
}

fn is_called_the_same(before: Row<'_>, after: Row<'_>, name: &str) -> bool {
    folded(before, name).is_some_and(|own| folded(after, name) == Some(own))
}

/// Whether neither name is a part of the other.
fn is_called_otherwise(before: Row<'_>, after: Row<'_>, name: &str) -> bool {
    let names = folded(before, name).zip(folded(after, name));
    names.is_some_and(|(one, other)| !one.contains(&other) && !other.contains(&one))
}

/// Whether an attribute is one of names: `name`, `ten`, `ten_gieng`.
fn is_of_names(attribute: &str) -> bool {
    attribute.split('_').any(|word| matches!(word, "ten" | "name"))
}

fn edge((batch, row): Row<'_>, name: &str) -> Option<f64> {
    let edges = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
    edges.is_valid(row).then(|| edges.value(row))
}

/// By how many degrees the middle of a feature has moved.
fn shift(before: Row<'_>, after: Row<'_>) -> Option<(f64, f64)> {
    let middle = |row: Row<'_>, low: &str, high: &str| Some(f64::midpoint(edge(row, low)?, edge(row, high)?));
    let of = |low: &str, high: &str| Some(middle(after, low, high)? - middle(before, low, high)?);
    Some((of("xmin", "xmax")?, of("ymin", "ymax")?))
}

/// Whether a feature's middle is at another place than before.
fn is_apart(before: Row<'_>, after: Row<'_>) -> Option<bool> {
    let (x, y) = shift(before, after)?;
    Some(x.abs() > APART || y.abs() > APART)
}

/// Whether a feature lies wholly beside where it was.
fn lies_beside(before: Row<'_>, after: Row<'_>) -> bool {
    gap(before, after).is_some_and(|gap| gap > APART)
}

/// Kilometres between the middles, about.
fn distance(before: Row<'_>, after: Row<'_>) -> Option<f64> {
    let (x, y) = shift(before, after)?;
    let latitude = edge(after, "ymin")?;
    Some((x * latitude.to_radians().cos()).hypot(y) * KILOMETRES)
}

/// Kilometres in a degree of latitude.
const KILOMETRES: f64 = 111.2;

/// Whether a feature lies apart from where it was.
fn is_elsewhere(before: Row<'_>, after: Row<'_>) -> Option<bool> {
    gap(before, after).map(|gap| gap > ELSEWHERE)
}

/// Degrees between the boxes of a feature before and after, the larger of both directions.
fn gap(before: Row<'_>, after: Row<'_>) -> Option<f64> {
    let apart = |low: &str, high: &str| {
        let gap = (edge(after, low)? - edge(before, high)?).max(edge(before, low)? - edge(after, high)?);
        Some(gap)
    };
    Some(apart("xmin", "xmax")?.max(apart("ymin", "ymax")?))
}
