//! Functions of times and spans that PostgreSQL has and the planner has not (PostgreSQL 15, tables 9.32 and §9.9.1):
//! seconds as an instant, parts of times that the planner does not know, and spans in their tidy form.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{ArrayRef, AsArray, Float64Array, IntervalMonthDayNanoArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::instants::shown_at;

const DAY: i64 = 86_400_000_000_000;

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 5] {
    [Form::Instant, Form::Part, Form::Days, Form::Hours, Form::Interval].map(|form| {
        let arguments = if form == Form::Part { 2 } else { 1 };
        let signature = Signature::any(arguments, Volatility::Immutable);
        ScalarUDF::from(MomentFunction { form, signature })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `pg_instant(seconds)`: as `to_timestamp` of one argument.
    Instant,
    /// `pg_part('century', time)`.
    Part,
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
            Form::Part => "pg_part",
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
            Form::Part => DataType::Float64,
            _ => DataType::Interval(IntervalUnit::MonthDayNano),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let made: ArrayRef = match self.form {
            Form::Instant => instants(&arrays[0])?,
            Form::Part => {
                let names = cast(&arrays[0], &DataType::Utf8)?;
                let zone = match arrays[1].data_type() {
                    DataType::Timestamp(_, Some(zone)) => Some(Tz::from_str(zone)?),
                    _ => None,
                };
                let times = cast(&arrays[1], &DataType::Timestamp(TimeUnit::Microsecond, None))?;
                let pairs = names.as_string::<i32>().iter();
                let pairs = pairs.zip(times.as_primitive::<TimestampMicrosecondType>().iter());
                let part = |(name, time): (Option<&str>, Option<i64>)| match (name, time) {
                    (Some(name), Some(time)) => part(name, time, zone),
                    _ => Ok(None),
                };
                Arc::new(pairs.map(part).collect::<Result<Float64Array>>()?)
            }
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

#[expect(
    clippy::cast_precision_loss,
    reason = "a day has fewer seconds than there are whole numbers in eight bytes"
)]
fn whole(number: i64) -> f64 {
    number as f64
}

/// A part of a time, of an instant by the clocks of its zone.
fn part(name: &str, time: i64, zone: Option<Tz>) -> Result<Option<f64>> {
    let shown = zone.map_or(Some(time), |zone| shown_at(time, zone)).unwrap_or(time);
    // Seconds that the clocks are before those of UTC.
    let offset = (shown - time) / 1_000_000;
    let time = shown;
    let Some(time) = DateTime::from_timestamp_micros(time) else { return Ok(None) };
    let year = time.year();
    // There is no year 0, so that the first of a hundred is the year 1.
    let of = |years: i32| f64::from((year + years - 1).div_euclid(years));
    Ok(Some(match name {
        "decade" => f64::from(year.div_euclid(10)),
        "century" => of(100),
        "millennium" => of(1000),
        "julian" => {
            let seconds = time.time() - chrono::NaiveTime::MIN;
            f64::from(time.num_days_from_ce()) + 1_721_425.0 + seconds.as_seconds_f64() / 86_400.0
        }
        "timezone" => whole(offset),
        "timezone_hour" => whole(offset / 3600),
        "timezone_minute" => whole(offset / 60 % 60),
        _ => return Err(DataFusionError::Plan(format!("there is no part `{name}` of a time"))),
    }))
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
