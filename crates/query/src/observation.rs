//! One stored value with its provenance: what a trace begins with.

use arrow::array::{Array, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use chrono::{DateTime, Duration, Utc};
use lake::SeriesRead;
use model::{CellRef, Datastream, DatastreamId, Quality, RunId, TimeRange, VersionInfo};
use policy::Permit;

use crate::{At, Engine, Error, Streams};

/// A stored value with all that is stored beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedValue {
    /// The datastream.
    pub datastream: DatastreamId,
    /// The instant, or the beginning of the period.
    pub time: DateTime<Utc>,
    /// The end of the period.
    pub end: Option<DateTime<Utc>>,
    /// The number.
    pub result: Option<f64>,
    /// The text, where the result is none, or says more than, a number.
    pub text: Option<String>,
    /// The flag.
    pub quality: Quality,
    /// The tests that set the flag.
    pub quality_tests: Option<String>,
    /// The run that brought it.
    pub run: RunId,
    /// The cell of the run's original.
    pub cell: CellRef,
    /// When it was committed.
    pub recorded_at: DateTime<Utc>,
}

/// A value, what it is a value of, and the version in which it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservationAnswer {
    /// What it is a value of.
    pub datastream: Datastream,
    /// The value.
    pub value: ObservedValue,
    /// The version that was read.
    pub version: VersionInfo,
}

impl Engine {
    /// The value of a datastream at a time, in a version. `None` when there is none, and when the
    /// permit does not reach it.
    pub async fn observation(
        &self,
        permit: &Permit,
        datastream: DatastreamId,
        time: DateTime<Utc>,
        at: At,
    ) -> Result<Option<ObservationAnswer>, Error> {
        let permit = permit.clone();
        self.read(format!("a value of {}", permit.dataset()), move |inner| {
            let permit = permit.clone();
            async move {
                let chosen = inner.choose(&permit, &Streams::one(datastream), at).await?;
                let (Some(snapshot), Some(datastream)) =
                    (chosen.snapshot, chosen.datastreams.into_iter().next())
                else {
                    return Ok(None);
                };
                let read = SeriesRead {
                    datastreams: vec![datastream.id.0],
                    time: TimeRange { from: Some(time), to: Some(time + Duration::microseconds(1)) },
                    columns: None,
                    limit: Some(1),
                    results: lake::ResultRange::ALL,
                };
                let batches = inner.lake.read_series(&permit, &snapshot, read).await?;
                let mut values = Vec::new();
                for batch in &batches {
                    values.extend(ObservedValue::read(batch)?);
                }
                let Some(value) = values.into_iter().next() else { return Ok(None) };
                let version = inner.catalog.version(permit.dataset(), snapshot.version()).await?;
                let version =
                    version.ok_or_else(|| Error::not_found(format!("version {}", snapshot.version())))?;
                Ok(Some(ObservationAnswer { datastream, value, version }))
            }
        })
        .await
    }
}

impl ObservedValue {
    /// The rows of a batch that has all columns of observations.
    pub fn read(batch: &RecordBatch) -> Result<Vec<ObservedValue>, Error> {
        let datastreams = column::<Int64Type>(batch, "datastream")?;
        let times = column::<TimestampMicrosecondType>(batch, "phenomenon_time")?;
        let ends = column::<TimestampMicrosecondType>(batch, "phenomenon_end")?;
        let results = column::<Float64Type>(batch, "result")?;
        let texts = text_column(batch, "result_text")?;
        let qualities = column::<Int8Type>(batch, "quality")?;
        let tests = text_column(batch, "quality_tests")?;
        let runs = text_column(batch, "run")?;
        let sheets = column::<Int16Type>(batch, "origin_sheet")?;
        let rows = column::<Int32Type>(batch, "origin_row")?;
        let columns = column::<Int16Type>(batch, "origin_column")?;
        let recorded = column::<TimestampMicrosecondType>(batch, "recorded_at")?;
        let text = |array: &arrow::array::StringArray, row: usize| {
            array.is_valid(row).then(|| array.value(row).to_owned())
        };
        (0..batch.num_rows())
            .map(|row| {
                Ok(ObservedValue {
                    datastream: DatastreamId(datastreams.value(row)),
                    time: instant(times.value(row))?,
                    end: ends.is_valid(row).then(|| instant(ends.value(row))).transpose()?,
                    result: results.is_valid(row).then(|| results.value(row)),
                    text: text(texts, row),
                    quality: Quality::from_code(qualities.value(row)).ok_or_else(|| stored("quality"))?,
                    quality_tests: text(tests, row),
                    run: RunId::new(runs.value(row)).map_err(Error::internal)?,
                    cell: CellRef {
                        sheet: u16::try_from(sheets.value(row)).map_err(Error::internal)?,
                        row: u32::try_from(rows.value(row)).map_err(Error::internal)?,
                        column: u16::try_from(columns.value(row)).map_err(Error::internal)?,
                    },
                    recorded_at: instant(recorded.value(row))?,
                })
            })
            .collect()
    }
}

/// A column of a stored table. That it is there, with its type, is the lake's promise.
pub(crate) fn column<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<T>, Error> {
    batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>()).ok_or_else(|| stored(name))
}

pub(crate) fn text_column<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a arrow::array::StringArray, Error> {
    batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>()).ok_or_else(|| stored(name))
}

fn stored(name: &str) -> Error {
    Error::internal(format!("the stored column `{name}` is not as the lake's schema says"))
}

/// An instant of microseconds since 1970.
pub(crate) fn instant(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| stored("time"))
}
