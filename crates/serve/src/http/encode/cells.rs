//! Rows as lines of CSV and objects of JSON, cell by cell, for the types that most columns have: what Arrow's own
//! writers give, without a formatter and a field of its own for each cell.

use std::ops::Range;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;
use serde_json::ser::{CompactFormatter, Formatter};

/// The columns of a batch.
pub(super) struct Cells {
    columns: Vec<Column>,
    names: Vec<String>,
    rows: usize,
}

/// A column whose values are written here.
enum Column {
    Text(StringViewArray),
    Whole(Int64Array),
    Number(Float64Array),
    Truth(BooleanArray),
    Instant(TimestampMicrosecondArray),
}

impl Column {
    /// `None` for a type that is left to Arrow's writers.
    fn of(array: &ArrayRef) -> Result<Option<Column>, ArrowError> {
        use DataType::{
            Boolean, Dictionary, Float64, Int8, Int16, Int32, Int64, LargeUtf8, Timestamp, UInt8, UInt16,
            UInt32, Utf8, Utf8View,
        };
        Ok(Some(match array.data_type() {
            Utf8 | LargeUtf8 | Utf8View => Column::Text(cast(array, &Utf8View)?.as_string_view().clone()),
            Dictionary(_, of) if matches!(**of, Utf8 | LargeUtf8 | Utf8View) => {
                Column::Text(cast(array, &Utf8View)?.as_string_view().clone())
            }
            Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 => {
                Column::Whole(cast(array, &Int64)?.as_primitive().clone())
            }
            Float64 => Column::Number(array.as_primitive().clone()),
            Boolean => Column::Truth(array.as_boolean().clone()),
            Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == "UTC" => {
                Column::Instant(array.as_primitive().clone())
            }
            _ => return Ok(None),
        }))
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Column::Text(of) => of.is_null(row),
            Column::Whole(of) => of.is_null(row),
            Column::Number(of) => of.is_null(row),
            Column::Truth(of) => of.is_null(row),
            Column::Instant(of) => of.is_null(row),
        }
    }
}

impl Cells {
    /// `None` where a column is of a type that is left to Arrow's writers.
    pub(super) fn of(batch: &RecordBatch) -> Result<Option<Cells>, ArrowError> {
        let columns = batch.columns().iter().map(Column::of);
        let Some(columns) = columns.collect::<Result<Option<Vec<_>>, _>>()? else { return Ok(None) };
        let names = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        Ok(Some(Cells { columns, names, rows: batch.num_rows() }))
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Some of the rows as lines of CSV without a header, each with its end; no text is one that a spreadsheet
    /// would run.
    pub(super) fn lines(&self, rows: Range<usize>) -> Vec<u8> {
        let mut out = Vec::with_capacity(rows.len() * self.columns.len() * 12);
        let mut last = Last::of(self.columns.len());
        for row in rows {
            let start = out.len();
            for (at, column) in self.columns.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                if column.is_null(row) {
                    continue;
                }
                match column {
                    Column::Text(of) => {
                        let text = of.value(row);
                        last.text(at, text, &mut out, |out| push_field(out, &formats::harmless(text)));
                    }
                    Column::Whole(of) => push_whole(&mut out, of.value(row)),
                    Column::Number(of) => push_number(&mut out, of.value(row)),
                    Column::Truth(of) => push_truth(&mut out, of.value(row)),
                    Column::Instant(of) => last.instant(at, of.value(row), &mut out),
                }
            }
            // A line of one empty field is no empty line.
            if self.columns.len() == 1 && out.len() == start {
                out.extend_from_slice(b"\"\"");
            }
            out.push(b'\n');
        }
        out
    }

    /// Some of the rows as objects of JSON, nulls included, each after a comma.
    pub(super) fn objects(&self, rows: Range<usize>) -> Result<Vec<u8>, ArrowError> {
        let mut out = Vec::with_capacity(rows.len() * self.columns.len() * 32);
        let mut names = Vec::with_capacity(self.names.len());
        for (at, name) in self.names.iter().enumerate() {
            let mut key = if at == 0 { b",{".to_vec() } else { b",".to_vec() };
            push_text(&mut key, name)?;
            key.push(b':');
            names.push(key);
        }
        let mut last = Last::of(self.columns.len());
        for row in rows {
            if names.is_empty() {
                out.extend_from_slice(b",{");
            }
            for (at, (column, name)) in self.columns.iter().zip(&names).enumerate() {
                out.extend_from_slice(name);
                if column.is_null(row) {
                    out.extend_from_slice(b"null");
                    continue;
                }
                match column {
                    Column::Text(of) => {
                        let text = of.value(row);
                        let mut told = Ok(());
                        last.text(at, text, &mut out, |out| told = push_text(out, text));
                        told?;
                    }
                    Column::Whole(of) => push_whole(&mut out, of.value(row)),
                    Column::Number(of) if of.value(row).is_finite() => push_number(&mut out, of.value(row)),
                    Column::Number(_) => out.extend_from_slice(b"null"),
                    Column::Truth(of) => push_truth(&mut out, of.value(row)),
                    Column::Instant(of) => {
                        out.push(b'"');
                        last.instant(at, of.value(row), &mut out);
                        out.push(b'"');
                    }
                }
            }
            out.push(b'}');
        }
        Ok(out)
    }
}

/// What was written last of each column: the runs, the instants of recording and the words of many rows are the same
/// as those before, and are copied.
struct Last<'a> {
    columns: Vec<(Said<'a>, Range<usize>)>,
    time: String,
}

/// A value that was written.
#[derive(Clone, PartialEq, Eq)]
enum Said<'a> {
    Nothing,
    Text(&'a str),
    Instant(i64),
}

impl<'a> Last<'a> {
    fn of(columns: usize) -> Last<'a> {
        Last { columns: vec![(Said::Nothing, 0..0); columns], time: String::new() }
    }

    /// Writes a text of a column, or copies what it was written as in the row before.
    fn text(&mut self, at: usize, text: &'a str, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        self.said(at, Said::Text(text), out, |out, _| write(out));
    }

    /// The same of an instant.
    fn instant(&mut self, at: usize, micros: i64, out: &mut Vec<u8>) {
        self.said(at, Said::Instant(micros), out, |out, time| push_time(out, time, micros));
    }

    fn said(
        &mut self,
        at: usize,
        said: Said<'a>,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>, &mut String),
    ) {
        let (last, place) = &mut self.columns[at];
        if *last == said {
            out.extend_from_within(place.clone());
            return;
        }
        let start = out.len();
        write(out, &mut self.time);
        *last = said;
        *place = start..out.len();
    }
}

/// A field of CSV, in quotes where it has to be (RFC 4180 §2).
fn push_field(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    if !bytes.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        return out.extend_from_slice(bytes);
    }
    out.push(b'"');
    for byte in bytes {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// A string of JSON.
fn push_text(out: &mut Vec<u8>, text: &str) -> Result<(), ArrowError> {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return Ok(());
    }
    serde_json::to_writer(out, text).map_err(|error| ArrowError::JsonError(error.to_string()))
}

// Writing to memory does not fail.

fn push_whole(out: &mut Vec<u8>, number: i64) {
    let _ = CompactFormatter.write_i64(out, number);
}

fn push_number(out: &mut Vec<u8>, number: f64) {
    if number.is_finite() {
        let _ = CompactFormatter.write_f64(out, number);
    } else {
        out.extend_from_slice(number.to_string().as_bytes());
    }
}

fn push_truth(out: &mut Vec<u8>, truth: bool) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}

fn push_time(out: &mut Vec<u8>, time: &mut String, micros: i64) {
    time.clear();
    model::push_instant(time, micros);
    out.extend_from_slice(time.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, Float64Array, Int8Array, Int64Array, StringArray};
    use arrow::datatypes::Int32Type;
    use proptest::prelude::*;

    use super::super::{arrow_lines, arrow_objects};
    use super::*;

    fn batch(rows: &[Row]) -> RecordBatch {
        let dictionary: DictionaryArray<Int32Type> = rows.iter().map(|row| row.0.as_deref()).collect();
        let times: TimestampMicrosecondArray = rows.iter().map(|row| row.3).collect();
        let columns: [(&str, ArrayRef); 7] = [
            ("chữ", Arc::new(rows.iter().map(|row| row.0.as_deref()).collect::<StringArray>())),
            ("\"repeated\"", Arc::new(dictionary)),
            ("whole", Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>())),
            (
                "small",
                Arc::new(
                    rows.iter().map(|row| row.1.and_then(|n| i8::try_from(n).ok())).collect::<Int8Array>(),
                ),
            ),
            ("number", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
            ("time", Arc::new(times.with_timezone("UTC"))),
            ("truth", Arc::new(rows.iter().map(|row| row.4).collect::<BooleanArray>())),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    type Row = (Option<String>, Option<i64>, Option<f64>, Option<i64>, Option<bool>);

    fn row() -> impl Strategy<Value = Row> {
        let text = prop_oneof![
            any::<String>(),
            "[-=+@,\"\n\r\t a-zđ0-9]{0,8}",
            Just("=1+1".to_owned()),
            Just("\"\\".to_owned()),
            Just(String::new())
        ];
        let time = prop_oneof![
            -62_135_596_800_000_000_i64..253_402_300_800_000_000,
            (0_i64..2_000_000_000).prop_map(|s| s * 1_000_000)
        ];
        let number = prop_oneof![any::<f64>(), (-10_000_i32..10_000).prop_map(|n| f64::from(n) / 100.0)];
        (
            prop::option::of(text),
            prop::option::of(any::<i64>()),
            prop::option::of(number),
            prop::option::of(time),
            prop::option::of(any::<bool>()),
        )
    }

    /// The same values, and the same text but for the numbers, whose exponents may be written otherwise.
    fn same_objects(ours: &[u8], theirs: &[u8]) {
        let read = |text: &[u8]| serde_json::from_slice::<Vec<serde_json::Value>>(text).unwrap();
        assert_eq!(read(ours), read(theirs));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn rows_are_those_of_arrows_writers(rows in prop::collection::vec(row(), 0..6)) {
            let batch = batch(&rows);
            let cells = Cells::of(&batch).unwrap().unwrap();
            // `1e+20` and `1e20` are the same number.
            let text = |lines: Vec<u8>| String::from_utf8(lines).unwrap().replace("e+", "e");
            let cut = rows.len() / 2;
            let lines = [cells.lines(0..cut), cells.lines(cut..rows.len())].concat();
            prop_assert_eq!(text(lines), text(arrow_lines(batch.clone()).unwrap()));
            let ours = [cells.objects(0..cut).unwrap(), cells.objects(cut..rows.len()).unwrap()].concat();
            let whole = |objects: &[u8]| [b"[0", objects, b"]"].concat();
            same_objects(&whole(&ours), &whole(&arrow_objects(batch).unwrap()));
        }
    }

    #[test]
    fn a_line_of_one_empty_field_is_no_empty_line() {
        let column: ArrayRef = Arc::new(StringArray::from(vec![None, Some(""), Some("a")]));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        assert_eq!(Cells::of(&batch).unwrap().unwrap().lines(0..3), arrow_lines(batch).unwrap());
    }
}
