//! What a file would correct, old beside new, for a person to look at before anything is committed.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use lake::Corrections;
use model::{CellRef, DatastreamKey, RunId};
use serde::{Deserialize, Serialize};

/// Corrections that a report shows; the rest are counted.
pub(crate) const SHOWN: usize = 1000;
/// Corrections that are kept with a draft.
pub(crate) const KEPT_WITH_A_DRAFT: usize = 200;

/// A value that would take the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The datastream.
    pub datastream: DatastreamKey,
    /// The time.
    pub time: DateTime<Utc>,
    /// What is there, as a person reads it: a number, or a text such as `<0.05`.
    pub before: String,
    /// What would take its place.
    pub after: String,
    /// The run that brought what is there.
    pub run: RunId,
    /// The cell of the new value.
    pub cell: CellRef,
}

/// A correction as it is kept with a draft, for whoever looks at it before the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftCorrection {
    /// The place's id.
    pub place: String,
    /// The property's code.
    pub property: String,
    /// The unit, UCUM.
    pub unit: String,
    /// The time.
    pub time: DateTime<Utc>,
    /// What is there.
    pub before: String,
    /// What would take its place.
    pub after: String,
    /// The run that brought what is there.
    pub run: String,
    /// The sheet of the new value, from 0.
    pub sheet: u16,
    /// Its cell, as a spreadsheet writes it.
    pub cell: String,
}

impl From<&Correction> for DraftCorrection {
    fn from(correction: &Correction) -> DraftCorrection {
        let Correction { datastream, time, before, after, run, cell } = correction;
        DraftCorrection {
            place: datastream.place.to_string(),
            property: datastream.property.to_string(),
            unit: datastream.unit.clone(),
            time: *time,
            before: before.clone(),
            after: after.clone(),
            run: run.to_string(),
            sheet: cell.sheet,
            cell: cell.a1(),
        }
    }
}

/// The corrections of observations; those of features are only counted.
pub(crate) fn shown(corrections: Option<Corrections>, datastreams: &[DatastreamKey]) -> Vec<Correction> {
    let Some(Corrections { before, after }) = corrections else { return Vec::new() };
    if before.column_by_name("datastream").is_none() {
        return Vec::new();
    }
    (0..before.num_rows()).filter_map(|row| one(&before, &after, row, datastreams)).collect()
}

fn one(before: &RecordBatch, after: &RecordBatch, row: usize, keys: &[DatastreamKey]) -> Option<Correction> {
    let id = before.column_by_name("datastream")?.as_primitive_opt::<Int64Type>()?.value(row);
    let time = before.column_by_name("phenomenon_time")?.as_primitive_opt::<TimestampMicrosecondType>()?;
    let run = before.column_by_name("run")?.as_string_opt::<i32>()?.value(row);
    let int16 = |name: &str| Some(after.column_by_name(name)?.as_primitive_opt::<Int16Type>()?.value(row));
    let sheet_row = after.column_by_name("origin_row")?.as_primitive_opt::<Int32Type>()?.value(row);
    Some(Correction {
        datastream: keys.iter().find(|key| key.id().0 == id)?.clone(),
        time: DateTime::from_timestamp_micros(time.value(row))?,
        before: value(before, row)?,
        after: value(after, row)?,
        run: RunId::new(run).ok()?,
        cell: CellRef {
            sheet: u16::try_from(int16("origin_sheet")?).ok()?,
            row: u32::try_from(sheet_row).ok()?,
            column: u16::try_from(int16("origin_column")?).ok()?,
        },
    })
}

fn value(batch: &RecordBatch, row: usize) -> Option<String> {
    let texts = batch.column_by_name("result_text")?.as_string_opt::<i32>()?;
    if texts.is_valid(row) {
        return Some(texts.value(row).to_owned());
    }
    let results = batch.column_by_name("result")?.as_primitive_opt::<Float64Type>()?;
    Some(if results.is_valid(row) { results.value(row).to_string() } else { String::new() })
}
