//! Rasters of a file that would take the place of others: the same name of a file in two folders, of two days or areas.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use lake::Lake;
use policy::Permit;
use wording::told;

use crate::Error;
use crate::features::{ids, there};
use crate::mapping::Mapping;

/// Rasters that are told of.
const TOLD: usize = 3;
/// What must be the same of a raster and its correction, beside its time: how many pixels, where, and how large.
const WHOLE: [&str; 2] = ["width", "height"];
const PLACE: [&str; 4] = ["west_edge", "north_edge", "pixel_width", "pixel_height"];

/// Asks where a raster is there under the name of another and is of another time, area or size. Whoever hands in a
/// mapping with the file has decided.
pub(crate) async fn ask(
    lake: &Lake,
    permit: &Permit,
    mapping: &Mapping,
    rows: &[RecordBatch],
) -> Result<(), Error> {
    let there = there(lake, permit, rows).await?;
    let others = others(&there, rows);
    if others.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = others.iter().take(TOLD).map(|id| format!("`{id}`")).collect();
    Err(Error::Drifted {
        differences: vec![told!(
            "intake-other-rasters-of-the-same-name",
            "{count} rasters that are there have the same name and are of another time, area or size ({names}): they would be replaced. Give the file another name, such as one with its day; if it is their correction, hand it in with this mapping",
            count = others.len(),
            names = shown.join(", ")
        )],
        example: Mapping { shape: None, reasons: Vec::new(), ..mapping.clone() }.to_text(),
    })
}

/// The names of rasters that are not what is there under them.
fn others<'a>(there: &[RecordBatch], rows: &'a [RecordBatch]) -> Vec<&'a str> {
    let mut known: HashMap<&str, (&RecordBatch, usize)> = HashMap::new();
    for batch in there {
        let Some(ids) = ids(batch) else { continue };
        known.extend((0..batch.num_rows()).map(|row| (ids.value(row), (batch, row))));
    }
    let mut others = Vec::new();
    for batch in rows {
        let Some(ids) = ids(batch) else { continue };
        let names = (0..batch.num_rows()).map(|row| (row, ids.value(row)));
        let is_other = |(row, name): &(usize, &str)| {
            known.get(*name).is_some_and(|before| !is_the_same(*before, (batch, *row)))
        };
        others.extend(names.filter(is_other).map(|(_, name)| name));
    }
    others
}

/// A row of a batch.
type Row<'a> = (&'a RecordBatch, usize);

fn is_the_same(before: Row<'_>, after: Row<'_>) -> bool {
    let time = |(batch, row): Row<'_>| {
        let times = batch.column_by_name("time")?.as_primitive_opt::<TimestampMicrosecondType>()?;
        times.is_valid(row).then(|| times.value(row))
    };
    let whole = |(batch, row): Row<'_>, name: &str| {
        let numbers = batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        numbers.is_valid(row).then(|| numbers.value(row))
    };
    let number = |(batch, row): Row<'_>, name: &str| {
        let numbers = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
        numbers.is_valid(row).then(|| numbers.value(row))
    };
    // What one of the two does not say may be of the same time.
    let is_of_time = time(before).zip(time(after)).is_none_or(|(before, after)| before == after);
    let is_of_size = WHOLE.iter().all(|name| whole(before, name) == whole(after, name));
    // A step may have lost its last digits.
    let is_close = |name: &str| {
        let step = number(before, "pixel_width").unwrap_or_default();
        let both = number(before, name).zip(number(after, name));
        both.is_none_or(|(before, after)| (before - after).abs() <= step * 0.01)
    };
    is_of_time && is_of_size && PLACE.iter().all(|name| is_close(name))
}
