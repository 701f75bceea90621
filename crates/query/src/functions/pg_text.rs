//! `pg_text(value)`: a value as the text that PostgreSQL's cast to `text` makes of it; `pg_shown(value)`: as the text that
//! it is shown as, which is another of truths.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType,
};
use datafusion::error::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility, cast as cast_to,
};

use super::floats::{push_double, push_real};
use super::spans::push_span;
use super::{ewkb, instants};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PgText {
    signature: Signature,
    is_shown: bool,
}

impl PgText {
    pub(crate) fn new() -> PgText {
        PgText { signature: Signature::any(1, Volatility::Immutable), is_shown: false }
    }

    pub(crate) fn shown() -> PgText {
        PgText { is_shown: true, ..PgText::new() }
    }
}

impl ScalarUDFImpl for PgText {
    fn name(&self) -> &str {
        if self.is_shown { "pg_shown" } else { "pg_text" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    /// A text is its own, so that a comparison with it reaches the files.
    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let of = args.first().map(|argument| info.get_data_type(argument)).transpose()?;
        Ok(match of {
            Some(DataType::Utf8View) => ExprSimplifyResult::Simplified(args.remove(0)),
            Some(of) if of.is_string() => {
                ExprSimplifyResult::Simplified(cast_to(args.remove(0), DataType::Utf8View))
            }
            _ => ExprSimplifyResult::Original(args),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_geometry = args.arg_fields.first().is_some_and(|field| ewkb::is_wkb(field));
        let is_scalar = matches!(args.args.first(), Some(ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts = cast(&texts(&arrays[0], is_geometry, self.is_shown)?, &DataType::Utf8View)?;
        if is_scalar {
            return Ok(ColumnarValue::Scalar(datafusion::scalar::ScalarValue::try_from_array(&texts, 0)?));
        }
        Ok(ColumnarValue::Array(texts))
    }
}

fn texts(array: &ArrayRef, is_geometry: bool, is_shown: bool) -> Result<ArrayRef> {
    let written = |write: &dyn Fn(usize, &mut String)| -> ArrayRef {
        let mut texts = StringBuilder::new();
        let mut text = String::new();
        for row in 0..array.len() {
            if array.is_null(row) {
                texts.append_null();
                continue;
            }
            text.clear();
            write(row, &mut text);
            texts.append_value(&text);
        }
        Arc::new(texts.finish())
    };
    Ok(match array.data_type() {
        DataType::Boolean if is_shown => {
            let truths = array.as_boolean();
            written(&|row, text| text.push(if truths.value(row) { 't' } else { 'f' }))
        }
        // A decimal of which nobody said how many digits it has behind the point.
        DataType::Decimal128(_, OF_NO_SCALE) => {
            let digits = cast(array, &DataType::Utf8)?;
            let digits = digits.as_string::<i32>();
            written(&|row, text| {
                text.push_str(digits.value(row).trim_end_matches('0').trim_end_matches('.'));
            })
        }
        DataType::Timestamp(_, zone) => {
            let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>();
            let zone: Option<Tz> = zone.as_deref().map(str::parse).transpose()?;
            written(&|row, text| instants::push(text, micros.value(row), zone))
        }
        DataType::Interval(_) => {
            let spans = cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
            let spans = spans.as_primitive::<IntervalMonthDayNanoType>();
            written(&|row, text| push_span(text, spans.value(row)))
        }
        DataType::Float16 | DataType::Float32 => {
            let values = cast(array, &DataType::Float32)?;
            let values = values.as_primitive::<Float32Type>();
            written(&|row, text| push_real(text, values.value(row)))
        }
        DataType::Float64 => {
            let values = cast(array, &DataType::Float64)?;
            let values = values.as_primitive::<Float64Type>();
            written(&|row, text| push_double(text, values.value(row)))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let bytes = cast(array, &DataType::Binary)?;
            let bytes = bytes.as_binary::<i32>();
            written(&|row, text| match is_geometry {
                true => ewkb::push_hex(text, bytes.value(row)),
                false => {
                    text.push_str("\\x");
                    for byte in bytes.value(row) {
                        // Writing to a text does not fail.
                        let _ = write!(text, "{byte:02x}");
                    }
                }
            })
        }
        DataType::Struct(edges) if edges.len() == 4 && edges[0].name() == "xmin" => {
            let sides = array.as_struct();
            let side = |at: usize, row: usize| sides.column(at).as_primitive::<Float64Type>().value(row);
            written(&|row, text| {
                for (at, before) in ["BOX(", " ", ",", " "].into_iter().enumerate() {
                    text.push_str(before);
                    push_double(text, side(at, row));
                }
                text.push(')');
            })
        }
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            let items = cast(&texts(lists.values(), false, true)?, &DataType::Utf8)?;
            let items = items.as_string::<i32>();
            let is_nested = matches!(lists.values().data_type(), DataType::List(_));
            written(&|row, text| {
                let at = |row: usize| usize::try_from(lists.value_offsets()[row]).unwrap_or_default();
                let listed = (at(row)..at(row + 1)).map(|item| match items.is_null(item) {
                    true => "NULL".to_owned(),
                    false if is_nested => items.value(item).to_owned(),
                    false => quoted(items.value(item)),
                });
                *text = format!("{{{}}}", listed.collect::<Vec<_>>().join(","));
            })
        }
        _ => cast(array, &DataType::Utf8)?,
    })
}

/// The digits behind the point that the planner gives a `numeric` without any.
const OF_NO_SCALE: i8 = 10;

/// An item of a list, in quotes where it needs them (`array_out`).
fn quoted(item: &str) -> String {
    let needs_quotes = item.is_empty()
        || item.eq_ignore_ascii_case("null")
        || item.contains(|c: char| c.is_whitespace() || "{},\"\\".contains(c));
    match needs_quotes {
        true => format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\"")),
        false => item.to_owned(),
    }
}
