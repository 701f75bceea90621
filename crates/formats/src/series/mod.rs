//! Dumps of observations as services hand them out, each as one long table: a row for each value.

mod coverage_json;
mod sensor_things;
mod water_ml;

use std::path::Path;

use wording::{Told, told};

use crate::neighbourhood::Selection;
use crate::push::{Flow, PushedTable, SheetRows, Stop};
use crate::{Error, Limits};

/// The first row.
const HEADER: [&str; 8] = ["place", "property", "sensor", "unit", "time", "time_end", "value", "quality"];
/// The columns that a file of these kinds holds as no texts: the times and the value.
const TYPED: std::ops::RangeInclusive<usize> = 4..=6;

/// Opens a WaterML 2 document.
pub(crate) fn open_water_ml(
    path: &Path,
    limits: &Limits,
    selection: Selection,
) -> Result<PushedTable, Error> {
    let (path, size) = (path.to_owned(), std::fs::metadata(path)?.len());
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| {
        water_ml::read(&path, pusher)
    })
}

/// Opens a SensorThings collection.
pub(crate) fn open_sensor_things(
    path: &Path,
    limits: &Limits,
    selection: Selection,
) -> Result<PushedTable, Error> {
    let (path, size) = (path.to_owned(), std::fs::metadata(path)?.len());
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| {
        sensor_things::read(&path, size, pusher)
    })
}

/// Opens a CoverageJSON document of point series.
pub(crate) fn open_coverage_json(
    path: &Path,
    limits: &Limits,
    selection: Selection,
) -> Result<PushedTable, Error> {
    let (path, size) = (path.to_owned(), std::fs::metadata(path)?.len());
    PushedTable::begin(&limits.streamed(size), selection, damaged, move |pusher| {
        coverage_json::read(&path, size, pusher)
    })
}

/// What the values of one series have in common.
#[derive(Debug, Clone, Default)]
struct Series {
    place: String,
    property: String,
    sensor: String,
    unit: String,
}

/// One value.
#[derive(Debug, Clone, Default)]
struct Value {
    time: String,
    time_end: String,
    value: String,
    quality: String,
}

/// The rows, numbered as they come.
struct Rows<'a> {
    rows: SheetRows<'a>,
    next: u32,
}

impl<'a> Rows<'a> {
    fn begin(mut rows: SheetRows<'a>) -> Result<Rows<'a>, Stop> {
        for (column, name) in HEADER.iter().enumerate() {
            rows.cell(1, column, name, false, damaged)?;
        }
        Ok(Rows { rows, next: 2 })
    }

    fn push(&mut self, series: &Series, value: &Value) -> Result<Flow, Stop> {
        let cells = [
            &series.place,
            &series.property,
            &series.sensor,
            &series.unit,
            &value.time,
            &value.time_end,
            &value.value,
            &value.quality,
        ];
        let at = self.next;
        self.next = self.next.saturating_add(1);
        for (column, text) in cells.into_iter().enumerate() {
            let is_typed = TYPED.contains(&column);
            if self.rows.cell(at, column, text, is_typed, damaged)? == Flow::Past {
                return Ok(Flow::Past);
            }
        }
        Ok(Flow::Go)
    }

    fn is_empty(&self) -> bool {
        self.next == 2
    }
}

/// The two ends of `a/b`, or one instant.
fn ends(time: &str) -> (String, String) {
    match time.split_once('/') {
        Some((from, to)) => (from.to_owned(), to.to_owned()),
        None => (time.to_owned(), String::new()),
    }
}

/// The last part of an address: `http://…/property/level` names `level`.
fn last_part(address: &str) -> &str {
    address.trim_end_matches('/').rsplit(['/', '#']).next().unwrap_or(address)
}

/// The error for a document that cannot be read.
fn damaged(how: impl Into<Told>) -> Error {
    Error::invalid(
        "damaged_document",
        told!("formats-document-cannot-read", "the document cannot be read: {how}", how => how.into()),
        told!(
            "formats-check-sent-whole-ask-service-again",
            "check that it was sent whole; ask the service for it again"
        ),
    )
}

/// The error for a document that holds no values.
fn no_values(hint: impl Into<Told>) -> Error {
    Error::invalid(
        "no_values",
        told!("formats-document-holds-no-values", "the document holds no values"),
        hint,
    )
}
