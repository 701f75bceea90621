//! `span_times(span, number)`: a span of time so many times, as PostgreSQL multiplies intervals (PostgreSQL 15,
//! `interval_mul`): what is left of a month counts as days, thirty to a month, and what is left of a day as time.
//! `span_length(span)`: how long it is, by which spans are compared (`interval_cmp_value`).

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{AsArray, Decimal128Array, IntervalMonthDayNanoArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, DurationMicrosecondType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, TimeUnit,
};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The function, which stands for `*` between a span and a number.
pub(crate) fn span_times() -> ScalarUDF {
    ScalarUDF::from(SpanTimes(Signature::any(2, Volatility::Immutable)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SpanTimes(Signature);

impl ScalarUDFImpl for SpanTimes {
    fn name(&self) -> &str {
        "span_times"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Interval(IntervalUnit::MonthDayNano))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let spans = cast(&arrays[0], &DataType::Interval(IntervalUnit::MonthDayNano))?;
        let numbers = cast(&arrays[1], &DataType::Float64)?;
        let spans = spans.as_primitive::<IntervalMonthDayNanoType>();
        let pairs = spans.iter().zip(numbers.as_primitive::<Float64Type>());
        let scaled: IntervalMonthDayNanoArray =
            pairs.map(|(span, number)| Some(times(span?, number?))).collect();
        Ok(ColumnarValue::Array(Arc::new(scaled)))
    }
}

/// The function, which stands for a span where it is compared with another.
pub(crate) fn span_length() -> ScalarUDF {
    ScalarUDF::from(SpanLength(Signature::any(1, Volatility::Immutable)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct SpanLength(Signature);

/// Nanoseconds.
const LENGTH: DataType = DataType::Decimal128(38, 0);

impl ScalarUDFImpl for SpanLength {
    fn name(&self) -> &str {
        "span_length"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(LENGTH)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let lengths: Decimal128Array = match arrays[0].data_type() {
            DataType::Duration(_) => {
                let spans = cast(&arrays[0], &DataType::Duration(TimeUnit::Microsecond))?;
                let spans = spans.as_primitive::<DurationMicrosecondType>();
                spans.iter().map(|micros| micros.map(|micros| i128::from(micros) * 1000)).collect()
            }
            _ => {
                let spans = cast(&arrays[0], &DataType::Interval(IntervalUnit::MonthDayNano))?;
                spans.as_primitive::<IntervalMonthDayNanoType>().iter().map(|span| span.map(length)).collect()
            }
        };
        Ok(ColumnarValue::Array(Arc::new(lengths.with_data_type(LENGTH))))
    }
}

/// A month has thirty days here, and a day 24 hours.
fn length(span: IntervalMonthDayNano) -> i128 {
    let days = i128::from(span.months) * 30 + i128::from(span.days);
    days * 86_400_000_000_000 + i128::from(span.nanoseconds)
}

/// The days that a month has where one is divided.
const DAYS_A_MONTH: f64 = 30.0;
const NANOSECONDS_A_DAY: f64 = 86_400e9;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a cast of a float saturates, and PostgreSQL multiplies in doubles, too"
)]
fn times(span: IntervalMonthDayNano, number: f64) -> IntervalMonthDayNano {
    let months = f64::from(span.months) * number;
    let days = f64::from(span.days) * number + months.fract() * DAYS_A_MONTH;
    let nanoseconds = span.nanoseconds as f64 * number + days.fract() * NANOSECONDS_A_DAY;
    IntervalMonthDayNano::new(months.trunc() as i32, days.trunc() as i32, nanoseconds.round() as i64)
}

/// Writes a span as the style `postgres` writes it: `1 year 2 mons 3 days 04:05:06` (PostgreSQL 15, table 8.18).
pub fn push_span(out: &mut String, span: IntervalMonthDayNano) {
    let start = out.len();
    let (years, months) = (span.months / 12, span.months % 12);
    // After a part below zero, one above it has its sign.
    let mut is_below = false;
    for (count, name) in [(years, "year"), (months, "mon"), (span.days, "day")] {
        if count != 0 {
            let blank = if out.len() > start { " " } else { "" };
            let sign = if is_below && count > 0 { "+" } else { "" };
            let plural = if count == 1 { "" } else { "s" };
            // Writing to a text does not fail.
            let _ = write!(out, "{blank}{sign}{count} {name}{plural}");
            is_below = count < 0;
        }
    }
    let micros = span.nanoseconds / 1000;
    if micros != 0 || out.len() == start {
        let blank = if out.len() > start { " " } else { "" };
        let sign = if micros < 0 {
            "-"
        } else if is_below {
            "+"
        } else {
            ""
        };
        let (seconds, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
        let _ =
            write!(out, "{blank}{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if rest != 0 {
            let _ = write!(out, "{}", format!(".{rest:06}").trim_end_matches('0'));
        }
    }
}
