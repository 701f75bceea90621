//! Values of Arrow columns as PostgreSQL writes them: texts (§8), and the binary forms of its `…send`
//! functions.

use std::fmt::Write as _;

use arrow::array::timezone::Tz;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Float32Array, Float64Array, Int16Array,
    Int32Array, Int64Array, IntervalMonthDayNanoArray, RecordBatch, StringArray, StringBuilder,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{
    DataType, DurationMicrosecondType, Field, Float64Type, IntervalMonthDayNano, IntervalUnit, Schema,
    TimeUnit,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use query::PgType;

use crate::error::Refusal;

/// 2000-01-01, from which PostgreSQL counts.
pub(crate) const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The digits behind the point that the engine gives a `numeric` without any.
const OF_NO_SCALE: i8 = 10;
const EPOCH_DAYS: i32 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;

/// A column of a batch, in the form in which its values are written.
pub(crate) enum Column {
    Boolean(BooleanArray),
    Small(Int16Array),
    Whole(Int32Array),
    Long(Int64Array),
    Real(Float32Array),
    Double(Float64Array),
    Text(StringArray),
    /// Decimal numbers, as texts.
    Numeric(StringArray),
    Bytes(BinaryArray),
    /// Geometries in WKB, which go as PostGIS sends them.
    Geometry(BinaryArray),
    /// Boxes of two corners, as texts.
    Box(StringArray),
    /// Numbers of objects, of which PostgreSQL sends four bytes.
    Oid(Int64Array),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    /// Spans of months, days and nanoseconds.
    Span(IntervalMonthDayNanoArray),
    Stamp {
        times: TimestampMicrosecondArray,
        /// Where instants are shown.
        zone: Option<Tz>,
    },
    List {
        lists: arrow::array::ListArray,
        item: Box<Column>,
        of: PgType,
        /// Whether it is one of the old lists of the catalogue, which are written without brackets.
        is_vector: bool,
    },
}

/// The columns of a batch.
pub(crate) fn columns(batch: &RecordBatch) -> Result<Vec<Column>, Refusal> {
    let fields = batch.schema_ref().fields().iter();
    batch.columns().iter().zip(fields).map(|(array, field)| column_of(array, field)).collect()
}

/// The types of the columns, as they are told.
pub(crate) fn types(schema: &Schema) -> Vec<PgType> {
    schema.fields().iter().map(|field| PgType::of_field(field)).collect()
}

/// A column that may be marked as something that its values do not tell.
fn column_of(array: &ArrayRef, field: &Field) -> Result<Column, Refusal> {
    let name = PgType::of_field(field).name;
    // A geography is a geometry in a mark.
    let inner = array.as_struct_opt().filter(|marked| name == "geometry" && marked.num_columns() == 1);
    let array = inner.map_or(array, |marked| marked.column(0));
    Ok(match (name, column(array)?) {
        ("geometry", Column::Bytes(wkb)) => Column::Geometry(wkb),
        ("box2d", _) => Column::Box(boxes(array)),
        ("oid", Column::Long(numbers)) => Column::Oid(numbers),
        ("int2vector" | "oidvector", Column::List { lists, item, of, .. }) => {
            Column::List { lists, item, of, is_vector: true }
        }
        (_, plain) => plain,
    })
}

/// Boxes as PostGIS writes them: `BOX(west south,east north)`.
fn boxes(array: &ArrayRef) -> StringArray {
    let Some(boxes) = array.as_struct_opt() else { return StringArray::new_null(array.len()) };
    let sides: Vec<_> =
        boxes.columns().iter().filter_map(|side| side.as_primitive_opt::<Float64Type>()).collect();
    let [west, south, east, north] = sides[..] else { return StringArray::new_null(array.len()) };
    let text = |row: usize| {
        let mut text = String::from("BOX(");
        for (side, end) in [(west, ' '), (south, ','), (east, ' '), (north, ')')] {
            let value = side.value(row);
            query::push_double(&mut text, value);
            text.push(end);
        }
        text
    };
    (0..array.len()).map(|row| boxes.is_valid(row).then(|| text(row))).collect()
}

fn column(array: &ArrayRef) -> Result<Column, Refusal> {
    let to = |of: &DataType| cast(array, of).map_err(|error| unwritable(&error));
    Ok(match array.data_type() {
        DataType::Boolean => Column::Boolean(array.as_boolean().clone()),
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => {
            Column::Small(to(&DataType::Int16)?.as_primitive().clone())
        }
        DataType::Int32 | DataType::UInt16 => Column::Whole(to(&DataType::Int32)?.as_primitive().clone()),
        DataType::Int64 | DataType::UInt32 => Column::Long(to(&DataType::Int64)?.as_primitive().clone()),
        DataType::Float16 | DataType::Float32 => Column::Real(to(&DataType::Float32)?.as_primitive().clone()),
        DataType::Float64 => Column::Double(array.as_primitive().clone()),
        DataType::UInt64 => {
            // Numbers of rows and places, which are never so large.
            let options = CastOptions { safe: false, ..CastOptions::default() };
            let long = cast_with_options(array, &DataType::Int64, &options);
            Column::Long(long.map_err(|error| unwritable(&error))?.as_primitive().clone())
        }
        // A number of which nobody said how many digits it has behind the point.
        DataType::Decimal128(_, OF_NO_SCALE) => {
            let texts = to(&DataType::Utf8)?;
            let bare = |text: Option<&str>| {
                text.map(|text| text.trim_end_matches('0').trim_end_matches('.').to_owned())
            };
            Column::Numeric(texts.as_string::<i32>().iter().map(bare).collect())
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) => {
            Column::Numeric(to(&DataType::Utf8)?.as_string().clone())
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Column::Text(to(&DataType::Utf8)?.as_string().clone())
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            Column::Bytes(to(&DataType::Binary)?.as_binary().clone())
        }
        DataType::Date32 | DataType::Date64 => Column::Date(to(&DataType::Date32)?.as_primitive().clone()),
        DataType::Time32(_) | DataType::Time64(_) => {
            Column::Time(to(&DataType::Time64(TimeUnit::Microsecond))?.as_primitive().clone())
        }
        DataType::Interval(_) => {
            Column::Span(to(&DataType::Interval(IntervalUnit::MonthDayNano))?.as_primitive().clone())
        }
        DataType::Duration(_) => Column::Span(spans(&to(&DataType::Duration(TimeUnit::Microsecond))?)),
        DataType::Timestamp(_, zone) => {
            // An instant is the same in every zone.
            let of = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            let shown: Option<Tz> =
                zone.as_deref().map(|zone| zone.parse().map_err(|error| unwritable(&error))).transpose()?;
            Column::Stamp { times: to(&of)?.as_primitive().clone(), zone: shown }
        }
        DataType::Dictionary(_, values) => return column(&to(values)?),
        DataType::List(_) if PgType::of(array.data_type()).oid != 25 => {
            let lists = array.as_list::<i32>().clone();
            let item = Box::new(column(lists.values())?);
            // Of lists of lists it is the type of what is in these.
            let of = match &*item {
                Column::List { of, .. } => *of,
                _ => PgType::of(lists.values().data_type()),
            };
            if let Column::List { .. } = &*item
                && !(0..lists.len()).all(|row| item.dimensions(range(&lists, row)).is_some())
            {
                // In the words of PostgreSQL.
                let message = "multidimensional arrays must have array expressions with matching dimensions";
                return Err(Refusal::new("2202E", message));
            }
            Column::List { item, lists, of, is_vector: false }
        }
        DataType::Null => Column::Text(StringArray::new_null(array.len())),
        _ => Column::Text(as_texts(array)?),
    })
}

/// What lies between two times, in days and what is left of one, as PostgreSQL counts it (§9.9).
fn spans(durations: &ArrayRef) -> IntervalMonthDayNanoArray {
    let span = |micros: i64| {
        let days = i32::try_from(micros / DAY_MICROS).unwrap_or(i32::MAX);
        IntervalMonthDayNano::new(0, days, (micros % DAY_MICROS).saturating_mul(1000))
    };
    let durations = durations.as_primitive::<DurationMicrosecondType>();
    durations.iter().map(|micros| micros.map(span)).collect()
}

/// What PostgreSQL has no type of ours for, as a text.
fn as_texts(array: &ArrayRef) -> Result<StringArray, Refusal> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options).map_err(|error| unwritable(&error))?;
    let mut texts = StringBuilder::new();
    for row in 0..array.len() {
        match array.is_null(row) {
            true => texts.append_null(),
            false => texts.append_value(formatter.value(row).to_string()),
        }
    }
    Ok(texts.finish())
}

fn unwritable(error: &arrow::error::ArrowError) -> Refusal {
    Refusal::new("22P03", format!("a value cannot be written: {error}"))
}

impl Column {
    fn array(&self) -> &dyn Array {
        match self {
            Column::Boolean(array) => array,
            Column::Small(array) => array,
            Column::Whole(array) => array,
            Column::Long(array) => array,
            Column::Real(array) => array,
            Column::Double(array) => array,
            Column::Text(array) | Column::Numeric(array) => array,
            Column::Bytes(array) | Column::Geometry(array) => array,
            Column::Box(array) => array,
            Column::Oid(array) => array,
            Column::Date(array) => array,
            Column::Time(array) => array,
            Column::Span(array) => array,
            Column::Stamp { times, .. } => times,
            Column::List { lists, .. } => lists,
        }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.array().is_null(row)
    }

    /// Appends the value as a text; the row has one.
    pub(crate) fn text(&self, row: usize, out: &mut String) {
        // Writing to a text does not fail.
        let _ = match self {
            Column::Boolean(array) => {
                out.push(if array.value(row) { 't' } else { 'f' });
                Ok(())
            }
            Column::Small(array) => write!(out, "{}", array.value(row)),
            Column::Whole(array) => write!(out, "{}", array.value(row)),
            Column::Long(array) => write!(out, "{}", array.value(row)),
            Column::Real(array) => {
                query::push_real(out, array.value(row));
                Ok(())
            }
            Column::Double(array) => {
                query::push_double(out, array.value(row));
                Ok(())
            }
            Column::Text(array) | Column::Numeric(array) => {
                out.push_str(array.value(row));
                Ok(())
            }
            Column::Bytes(array) => {
                out.push_str("\\x");
                array.value(row).iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
            Column::Geometry(array) => {
                query::push_ewkb_hex(out, array.value(row));
                Ok(())
            }
            Column::Box(array) => {
                out.push_str(array.value(row));
                Ok(())
            }
            Column::Oid(array) => write!(out, "{}", array.value(row)),
            Column::Date(array) => match array.value_as_date(row) {
                Some(date) => write!(out, "{date}"),
                None => write!(out, "infinity"),
            },
            Column::Span(array) => {
                query::push_span(out, array.value(row));
                Ok(())
            }
            Column::Time(array) => {
                let micros = array.value(row);
                let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
                write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
                    .and_then(|()| if rest == 0 { Ok(()) } else { write!(out, ".{rest:06}") })
            }
            Column::Stamp { times, zone } => {
                query::push_instant(out, times.value(row), *zone);
                Ok(())
            }
            Column::List { lists, item, is_vector: true, .. } => {
                for (nth, at) in range(lists, row).enumerate() {
                    if nth > 0 {
                        out.push(' ');
                    }
                    item.text(at, out);
                }
                Ok(())
            }
            Column::List { lists, item, .. } => {
                let range = range(lists, row);
                out.push('{');
                for (nth, at) in range.enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    if item.is_null(at) {
                        out.push_str("NULL");
                        continue;
                    }
                    let start = out.len();
                    item.text(at, out);
                    if needs_quotes(&out[start..]) && !matches!(**item, Column::List { .. }) {
                        let text = out.split_off(start);
                        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
                        let _ = write!(out, "\"{escaped}\"");
                    }
                }
                out.push('}');
                Ok(())
            }
        };
    }

    /// Appends the value in binary; the row has one.
    pub(crate) fn binary(&self, row: usize, out: &mut Vec<u8>) {
        match self {
            Column::Boolean(array) => out.push(u8::from(array.value(row))),
            Column::Small(array) => out.extend_from_slice(&array.value(row).to_be_bytes()),
            Column::Whole(array) => out.extend_from_slice(&array.value(row).to_be_bytes()),
            Column::Long(array) => out.extend_from_slice(&array.value(row).to_be_bytes()),
            Column::Real(array) => out.extend_from_slice(&array.value(row).to_be_bytes()),
            Column::Double(array) => out.extend_from_slice(&array.value(row).to_be_bytes()),
            Column::Text(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Column::Numeric(array) => numeric(array.value(row), out),
            Column::Bytes(array) => out.extend_from_slice(array.value(row)),
            Column::Geometry(array) => query::push_ewkb(out, array.value(row)),
            Column::Box(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Column::Oid(array) => {
                let oid = u32::try_from(array.value(row)).unwrap_or_default();
                out.extend_from_slice(&oid.to_be_bytes());
            }
            Column::Date(array) => {
                out.extend_from_slice(&array.value(row).saturating_sub(EPOCH_DAYS).to_be_bytes());
            }
            Column::Time(array) => out.extend_from_slice(&array.value(row).to_be_bytes()),
            Column::Span(array) => {
                let span = array.value(row);
                out.extend_from_slice(&(span.nanoseconds / 1000).to_be_bytes());
                out.extend_from_slice(&span.days.to_be_bytes());
                out.extend_from_slice(&span.months.to_be_bytes());
            }
            Column::Stamp { times, .. } => {
                out.extend_from_slice(&times.value(row).saturating_sub(EPOCH_MICROS).to_be_bytes());
            }
            Column::List { lists, item, of, is_vector } => {
                let range = range(lists, row);
                // The places in the old lists are counted from 0.
                let first = i32::from(!is_vector);
                let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX).to_be_bytes();
                let mut items = Vec::new();
                item.items(range.clone(), &mut items);
                let dimensions = match items.is_empty() {
                    true => Vec::new(),
                    false => item.dimensions(range).unwrap_or_default(),
                };
                let has_null = items.iter().any(|(column, at)| column.is_null(*at));
                out.extend_from_slice(&count(dimensions.len()));
                out.extend_from_slice(&i32::from(has_null).to_be_bytes());
                out.extend_from_slice(&of.oid.to_be_bytes());
                for length in dimensions {
                    out.extend_from_slice(&count(length));
                    out.extend_from_slice(&first.to_be_bytes());
                }
                for (column, at) in items {
                    column.value(at, true, out);
                }
            }
        }
    }

    /// How many items a list of these has in every dimension; none where its lists are of different lengths.
    fn dimensions(&self, rows: std::ops::Range<usize>) -> Option<Vec<usize>> {
        let mut all = vec![rows.len()];
        let Column::List { lists, item, .. } = self else { return Some(all) };
        let mut inner = rows.map(|row| item.dimensions(range(lists, row)));
        let Some(first) = inner.next() else { return Some(all) };
        let first = first?;
        if !inner.all(|other| other.as_ref() == Some(&first)) {
            return None;
        }
        all.extend(first);
        Some(all)
    }

    /// The items of lists of lists, with where they are.
    fn items<'c>(&'c self, rows: std::ops::Range<usize>, into: &mut Vec<(&'c Column, usize)>) {
        match self {
            Column::List { lists, item, .. } => rows.for_each(|row| item.items(range(lists, row), into)),
            _ => into.extend(rows.map(|row| (self, row))),
        }
    }

    /// Appends the length of the value and the value, as a row of the protocol has it.
    pub(crate) fn value(&self, row: usize, is_binary: bool, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            return;
        }
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        match (is_binary, self) {
            (true, _) => self.binary(row, out),
            (false, Column::Text(array) | Column::Numeric(array)) => {
                out.extend_from_slice(array.value(row).as_bytes());
            }
            (false, _) => {
                let mut text = String::new();
                self.text(row, &mut text);
                out.extend_from_slice(text.as_bytes());
            }
        }
        let length = i32::try_from(out.len() - start - 4).unwrap_or(i32::MAX);
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }
}

/// Whether an item of a list has to be written in quotes (`array_out`).
fn needs_quotes(item: &str) -> bool {
    item.is_empty()
        || item.eq_ignore_ascii_case("null")
        || item.contains(|c: char| c.is_whitespace() || "{},\"\\".contains(c))
}

fn range(lists: &arrow::array::ListArray, row: usize) -> std::ops::Range<usize> {
    let at = |row: usize| usize::try_from(lists.value_offsets()[row]).unwrap_or_default();
    at(row)..at(row + 1)
}

/// A decimal number in binary: sign, scale, and digits to the base of 10 000.
fn numeric(text: &str, out: &mut Vec<u8>) {
    let (is_below, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let mut padded = "0".repeat((4 - whole.len() % 4) % 4);
    padded.push_str(whole);
    let mut weight = (padded.len() / 4) as i16 - 1;
    padded.push_str(fraction);
    padded.push_str(&"0".repeat((4 - fraction.len() % 4) % 4));
    let group = |digits: &[u8]| digits.iter().fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'));
    let mut groups: Vec<i16> = padded.as_bytes().chunks(4).map(group).collect();
    while groups.last() == Some(&0) {
        groups.pop();
    }
    let leading = groups.iter().take_while(|group| **group == 0).count();
    groups.drain(..leading);
    weight -= leading as i16;
    if groups.is_empty() {
        weight = 0;
    }
    let sign: i16 = if is_below && !groups.is_empty() { 0x4000 } else { 0 };
    for number in [groups.len() as i16, weight, sign, fraction.len() as i16].into_iter().chain(groups) {
        out.extend_from_slice(&number.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ListArray;
    use arrow::datatypes::Int64Type;

    use super::*;

    fn text(array: ArrayRef, row: usize) -> String {
        let mut out = String::new();
        column(&array).unwrap().text(row, &mut out);
        out
    }

    #[test]
    fn texts_are_those_of_postgresql() {
        let floats: ArrayRef =
            Arc::new(Float64Array::from(vec![0.1, 30.0, f64::NAN, f64::NEG_INFINITY, 1e300]));
        let shown: Vec<String> = (0..5).map(|row| text(floats.clone(), row)).collect();
        assert_eq!(shown, ["0.1", "30", "NaN", "-Infinity", "1e+300"]);
        let times = TimestampMicrosecondArray::from(vec![1_582_210_800_120_000]);
        assert_eq!(text(Arc::new(times.clone()), 0), "2020-02-20 15:00:00.12");
        assert_eq!(text(Arc::new(times.with_timezone("UTC")), 0), "2020-02-20 15:00:00.12+00");
        let spans: ArrayRef = Arc::new(IntervalMonthDayNanoArray::from(vec![
            IntervalMonthDayNano::new(14, 3, 4_500_000_000),
            IntervalMonthDayNano::new(0, -1, 0),
            IntervalMonthDayNano::new(0, 0, -7_200_000_000_000),
            IntervalMonthDayNano::new(0, 0, 0),
        ]));
        let shown: Vec<String> = (0..4).map(|row| text(spans.clone(), row)).collect();
        assert_eq!(shown, ["1 year 2 mons 3 days 00:00:04.5", "-1 days", "-02:00:00", "00:00:00"]);
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![&[0_u8, 255][..]]));
        assert_eq!(text(bytes, 0), "\\x00ff");
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a\"b"), None, Some("c,d")]));
        let offsets = arrow::buffer::OffsetBuffer::new(vec![0, 3].into());
        let field = Arc::new(Field::new("item", DataType::Utf8, true));
        let list: ArrayRef = Arc::new(ListArray::new(field, offsets, texts, None));
        assert_eq!(text(list, 0), "{\"a\\\"b\",NULL,\"c,d\"}");
    }

    #[test]
    fn decimals_are_groups_of_four_digits() {
        let check = |text: &str, expected: &[i16]| {
            let mut out = Vec::new();
            numeric(text, &mut out);
            let expected: Vec<u8> = expected.iter().flat_map(|number| number.to_be_bytes()).collect();
            assert_eq!(out, expected, "{text}");
        };
        // As `select numeric_send('…')` of PostgreSQL 15 says.
        check("12345.67", &[3, 1, 0, 2, 1, 2345, 6700]);
        check("-0.0001", &[1, -1, 0x4000, 4, 1]);
        check("0", &[0, 0, 0, 0]);
        check("10000", &[1, 1, 0, 0, 1]);
    }

    #[test]
    fn lists_of_lists_have_several_dimensions() {
        let list = |lengths: [usize; 2], inner: [usize; 2]| -> ArrayRef {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=4));
            let list = |lengths: [usize; 2], values: ArrayRef| {
                let field = Arc::new(Field::new("item", values.data_type().clone(), true));
                ListArray::new(field, arrow::buffer::OffsetBuffer::from_lengths(lengths), values, None)
            };
            Arc::new(list(lengths, Arc::new(list(inner, numbers))))
        };
        let even = list([2, 0], [2, 2]);
        assert_eq!(
            (text(even.clone(), 0), text(even.clone(), 1)),
            ("{{1,2},{3,4}}".to_owned(), "{}".to_owned())
        );
        let mut out = Vec::new();
        column(&even).unwrap().binary(0, &mut out);
        let heads: Vec<u8> =
            [2_i32, 0, 20, 2, 1, 2, 1].iter().flat_map(|number| number.to_be_bytes()).collect();
        assert_eq!(out[..28], heads);
        assert_eq!(out.len(), 28 + 4 * 12);
        assert!(column(&list([2, 0], [1, 3])).is_err());
    }

    #[test]
    fn lists_are_written_in_binary() {
        let list: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(7), None])]));
        let mut out = Vec::new();
        column(&list).unwrap().binary(0, &mut out);
        let heads: Vec<u8> = [1_i32, 1, 20, 2, 1, 8].iter().flat_map(|number| number.to_be_bytes()).collect();
        let expected = [heads, 7_i64.to_be_bytes().to_vec(), (-1_i32).to_be_bytes().to_vec()].concat();
        assert_eq!(out, expected);
        let empty: ArrayRef =
            Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>([Some(Vec::<Option<f64>>::new())]));
        assert_eq!(text(empty, 0), "{}");
    }
}
