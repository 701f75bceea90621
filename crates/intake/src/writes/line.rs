//! The lines of the journal: an observation as it was received, beside what it was taken for.
//!
//! A line carries what a flush needs, so that what was acknowledged is what is committed, whatever
//! the reference data say by then: `{"datastream":…,"time":…,"result":…,"quality":…,"by":…,"at":…,
//! "received":{…}}`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, SecondsFormat, Utc};
use model::UserId;
use policy::Permit;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::check::Checked;
use super::{NewObservation, Refused};
use crate::Error;

/// The lines of what was accepted of a request.
pub(super) fn lines(
    permit: &Permit,
    observations: &[NewObservation<'_>],
    checked: &[Result<Checked, Refused>],
    now: DateTime<Utc>,
) -> Vec<u8> {
    let received_bytes: usize = observations.iter().map(|new| new.received.len()).sum();
    let mut lines = Vec::with_capacity(received_bytes + 220 * observations.len());
    // The same for all: who, and when.
    let mut ending = Vec::with_capacity(96);
    if let Some(user) = permit.user() {
        ending.extend_from_slice(b",\"by\":");
        text(&mut ending, user.as_str());
    }
    ending.extend_from_slice(b",\"at\":");
    text(&mut ending, &instant(now));
    ending.extend_from_slice(b",\"received\":");
    for (new, checked) in observations.iter().zip(checked) {
        let Ok(checked) = checked else { continue };
        line(&mut lines, new, checked, &ending);
    }
    lines
}

fn line(into: &mut Vec<u8>, new: &NewObservation<'_>, checked: &Checked, ending: &[u8]) {
    let micros = |us: i64| instant(DateTime::from_timestamp_micros(us).unwrap_or_default());
    number(into, b"{\"datastream\":", checked.rule.id.0);
    into.extend_from_slice(b",\"time\":");
    text(into, &micros(checked.start));
    if let Some(end) = checked.end {
        into.extend_from_slice(b",\"end\":");
        text(into, &micros(end));
    }
    match checked.result {
        // The shortest digits that read as the same number.
        Some(result) => number(into, b",\"result\":", result),
        None => {
            into.extend_from_slice(b",\"text\":");
            text(into, &model::nfc(new.text.unwrap_or("").trim()));
        }
    }
    number(into, b",\"quality\":", checked.quality.code());
    if let Some(tests) = checked.tests.text() {
        into.extend_from_slice(b",\"tests\":");
        text(into, &tests);
    }
    into.extend_from_slice(ending);
    // A line break in JSON is blank space between its parts.
    into.extend(new.received.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
    into.extend_from_slice(b"}\n");
}

fn number(into: &mut Vec<u8>, name: &[u8], number: impl std::fmt::Display) {
    into.extend_from_slice(name);
    write!(into, "{number}").expect("a vector takes all that is written to it");
}

fn text(into: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(into, text).expect("a vector takes all that is written to it");
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A line, as far as a commit needs it.
#[derive(Deserialize)]
struct Line<'a> {
    datastream: i64,
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    end: Option<Cow<'a, str>>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    quality: i8,
    #[serde(borrow)]
    tests: Option<Cow<'a, str>>,
    #[serde(borrow)]
    by: Option<Cow<'a, str>>,
}

/// What lines are, for a commit.
pub(super) struct Rows {
    /// One row for each datastream and time: of several lines with the same, the last one.
    pub(super) batch: RecordBatch,
    /// How many lines there are.
    pub(super) lines: u64,
    /// Who sent them, when all are of one user.
    pub(super) user: Option<UserId>,
}

/// A row on its way: the number of its line, from 1, and what the line says.
struct Row<'a> {
    row: i32,
    time: i64,
    end: Option<i64>,
    result: Option<f64>,
    line: Line<'a>,
}

/// Reads lines that this module wrote.
pub(super) fn rows(lines: &[u8]) -> Result<Rows, Error> {
    let broken = |row: usize, error: String| {
        Error::internal("reading the journal", format!("line {row} cannot be read: {error}"))
    };
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut at: HashMap<(i64, i64), usize> = HashMap::new();
    let mut count = 0;
    let mut users: Option<Option<UserId>> = None;
    let mut one_user = true;
    for (index, bytes) in lines.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        if bytes.is_empty() {
            continue;
        }
        count += 1;
        let line: Line<'_> =
            serde_json::from_slice(bytes).map_err(|error| broken(number, error.to_string()))?;
        let time = micros(&line.time).ok_or_else(|| broken(number, "its time".into()))?;
        let end = match &line.end {
            None => None,
            Some(end) => Some(micros(end).ok_or_else(|| broken(number, "its end".into()))?),
        };
        let result = match line.result {
            None => None,
            Some(raw) => {
                let result = raw.get().parse::<f64>().ok().filter(|result| result.is_finite());
                Some(result.ok_or_else(|| broken(number, "its result".into()))?)
            }
        };
        let user = line.by.as_deref().and_then(|by| UserId::new(by).ok());
        match &users {
            None => users = Some(user),
            Some(first) => one_user &= *first == user,
        }
        let row = i32::try_from(number).map_err(|error| Error::internal("counting lines", error))?;
        let key = (line.datastream, time);
        let row = Row { row, time, end, result, line };
        match at.get(&key) {
            Some(earlier) => rows[*earlier] = row,
            None => {
                at.insert(key, rows.len());
                rows.push(row);
            }
        }
    }
    let batch = batch(&rows)?;
    Ok(Rows { batch, lines: count, user: users.flatten().filter(|_| one_user) })
}

fn micros(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros())
}

fn batch(rows: &[Row<'_>]) -> Result<RecordBatch, Error> {
    // The lake fills these from the commit.
    let schema = lake::observations::schema();
    let given = |name: &str| !matches!(name, "run" | "recorded_at");
    let fields: Vec<_> = schema.fields().iter().filter(|field| given(field.name())).cloned().collect();
    let utc = |times: TimestampMicrosecondArray| Arc::new(times.with_timezone("UTC")) as ArrayRef;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.line.datastream).collect::<Int64Array>()),
        utc(rows.iter().map(|row| Some(row.time)).collect()),
        utc(rows.iter().map(|row| row.end).collect()),
        Arc::new(rows.iter().map(|row| row.result).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.line.text.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.line.quality).collect::<Int8Array>()),
        Arc::new(rows.iter().map(|row| row.line.tests.as_deref()).collect::<StringArray>()),
        Arc::new(Int16Array::from_value(0, rows.len())),
        Arc::new(rows.iter().map(|row| row.row).collect::<Int32Array>()),
        Arc::new(Int16Array::from_value(1, rows.len())),
    ];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|error| Error::internal("putting written values together", error))
}
