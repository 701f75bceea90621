//! Rows as lines of CSV and objects of JSON, cell by cell, for the types that most columns have: what Arrow's own
//! writers give, without a formatter and a field of its own for each cell.

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

    /// Lines of CSV without a header, each with its end; no text is one that a spreadsheet would run.
    pub(super) fn lines(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.rows * self.columns.len() * 12);
        let mut time = String::new();
        for row in 0..self.rows {
            let start = out.len();
            for (at, column) in self.columns.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                if column.is_null(row) {
                    continue;
                }
                match column {
                    Column::Text(of) => push_field(&mut out, &formats::harmless(of.value(row))),
                    Column::Whole(of) => push_whole(&mut out, of.value(row)),
                    Column::Number(of) => push_number(&mut out, of.value(row)),
                    Column::Truth(of) => push_truth(&mut out, of.value(row)),
                    Column::Instant(of) => push_time(&mut out, &mut time, of.value(row)),
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

    /// Objects of JSON, nulls included, each after the separator that `before` says.
    pub(super) fn objects(&self, mut before: impl FnMut() -> &'static str) -> Result<Vec<u8>, ArrowError> {
        let mut out = Vec::with_capacity(self.rows * self.columns.len() * 24);
        let mut time = String::new();
        let mut names = Vec::with_capacity(self.names.len());
        for (at, name) in self.names.iter().enumerate() {
            let mut key = vec![if at == 0 { b'{' } else { b',' }];
            push_text(&mut key, name)?;
            key.push(b':');
            names.push(key);
        }
        for row in 0..self.rows {
            out.extend_from_slice(before().as_bytes());
            if names.is_empty() {
                out.push(b'{');
            }
            for (column, name) in self.columns.iter().zip(&names) {
                out.extend_from_slice(name);
                if column.is_null(row) {
                    out.extend_from_slice(b"null");
                    continue;
                }
                match column {
                    Column::Text(of) => push_text(&mut out, of.value(row))?,
                    Column::Whole(of) => push_whole(&mut out, of.value(row)),
                    Column::Number(of) if of.value(row).is_finite() => push_number(&mut out, of.value(row)),
                    Column::Number(_) => out.extend_from_slice(b"null"),
                    Column::Truth(of) => push_truth(&mut out, of.value(row)),
                    Column::Instant(of) => {
                        out.push(b'"');
                        push_time(&mut out, &mut time, of.value(row));
                        out.push(b'"');
                    }
                }
            }
            out.push(b'}');
        }
        Ok(out)
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
            prop_assert_eq!(text(cells.lines()), text(arrow_lines(batch.clone()).unwrap()));
            let mut first = true;
            let objects = cells.objects(|| if std::mem::take(&mut first) { "" } else { "," }).unwrap();
            let mut first = true;
            let theirs = arrow_objects(batch, &mut first).unwrap();
            same_objects(&[b"[".as_slice(), &objects, b"]"].concat(), &[b"[".as_slice(), &theirs, b"]"].concat());
        }
    }

    #[test]
    fn a_line_of_one_empty_field_is_no_empty_line() {
        let column: ArrayRef = Arc::new(StringArray::from(vec![None, Some(""), Some("a")]));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        assert_eq!(Cells::of(&batch).unwrap().unwrap().lines(), arrow_lines(batch).unwrap());
    }
}
