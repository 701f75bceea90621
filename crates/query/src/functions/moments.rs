//! Functions of times and spans that PostgreSQL has and the planner has not (PostgreSQL 15, table 9.32): seconds as an
//! instant, and spans in their tidy form.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, IntervalMonthDayNanoArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

const DAY: i64 = 86_400_000_000_000;

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 4] {
    [Form::Instant, Form::Days, Form::Hours, Form::Interval].map(|form| {
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::from(MomentFunction { form, signature })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `pg_instant(seconds)`: as `to_timestamp` of one argument.
    Instant,
    /// `justify_days(span)`.
    Days,
    /// `justify_hours(span)`.
    Hours,
    /// `justify_interval(span)`.
    Interval,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct MomentFunction {
    form: Form,
    signature: Signature,
}

impl ScalarUDFImpl for MomentFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Instant => "pg_instant",
            Form::Days => "justify_days",
            Form::Hours => "justify_hours",
            Form::Interval => "justify_interval",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.form {
            Form::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            _ => DataType::Interval(IntervalUnit::MonthDayNano),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let made: ArrayRef = match self.form {
            Form::Instant => instants(&arrays[0])?,
            form => {
                let spans = cast(&arrays[0], &DataType::Interval(IntervalUnit::MonthDayNano))?;
                let spans = spans.as_primitive::<IntervalMonthDayNanoType>();
                let tidied = spans.iter().map(|span| span.map(|span| tidied(form, span)));
                Arc::new(tidied.collect::<IntervalMonthDayNanoArray>())
            }
        };
        Ok(ColumnarValue::Array(made))
    }
}

/// Seconds since 1970, to the nearest microsecond.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are looked at before")]
fn instants(seconds: &ArrayRef) -> Result<ArrayRef> {
    let seconds = cast(seconds, &DataType::Float64)?;
    let row = |seconds: Option<f64>| match seconds.map(|seconds| (seconds * 1e6).round_ties_even()) {
        Some(micros) if micros.abs() < 9.2e18 => Ok(Some(micros as i64)),
        Some(_) => Err(DataFusionError::Execution("timestamp out of range".to_owned())),
        None => Ok(None),
    };
    let times = seconds.as_primitive::<Float64Type>().iter().map(row);
    Ok(Arc::new(times.collect::<Result<TimestampMicrosecondArray>>()?.with_timezone("UTC")))
}

fn tidied(form: Form, span: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let (mut months, mut days, mut rest) = (i64::from(span.months), i64::from(span.days), span.nanoseconds);
    if matches!(form, Form::Hours | Form::Interval) {
        days += rest / DAY;
        rest %= DAY;
    }
    if matches!(form, Form::Days | Form::Interval) {
        months += days / 30;
        days %= 30;
    }
    // All parts have one sign, that of the largest.
    if form != Form::Hours {
        if months > 0 && (days < 0 || (days == 0 && rest < 0 && form == Form::Interval)) {
            (months, days) = (months - 1, days + 30);
        } else if months < 0 && (days > 0 || (days == 0 && rest > 0 && form == Form::Interval)) {
            (months, days) = (months + 1, days - 30);
        }
    }
    if form != Form::Days {
        if days > 0 && rest < 0 {
            (days, rest) = (days - 1, rest + DAY);
        } else if days < 0 && rest > 0 {
            (days, rest) = (days + 1, rest - DAY);
        }
    }
    let small = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    IntervalMonthDayNano::new(small(months), small(days), rest)
}
