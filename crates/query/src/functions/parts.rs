//! `pg_part(name, time)`: a part of a time or of a span as `extract` and `date_part` give it (PostgreSQL 15, §9.9.1), with
//! the fractions of seconds, which the planner cuts off, and with the parts that it does not know.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{ArrayRef, AsArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, DurationMicrosecondType, FieldRef, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::datetime::date_part;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
    cast as cast_to,
};

use super::instants::shown_at;

const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

/// Parts of times that the planner has not, or not with all of their digits.
const OURS: [&str; 9] = [
    "second",
    "millisecond",
    "decade",
    "century",
    "millennium",
    "julian",
    "timezone",
    "timezone_hour",
    "timezone_minute",
];

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Part(Signature);

impl Part {
    pub(crate) fn new() -> Part {
        Part(Signature::any(2, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Part {
    fn name(&self) -> &str {
        "pg_part"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    /// What the planner has is its own, so that it knows what the part tells of the time.
    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let [Expr::Literal(name, _), time] = args.as_slice() else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let name = name.try_as_str().flatten().map(known);
        let is_theirs =
            name.is_some_and(|name| !OURS.contains(&name)) && !is_span(&info.get_data_type(time)?);
        Ok(match is_theirs {
            true => ExprSimplifyResult::Simplified(cast_to(date_part().call(args), DataType::Float64)),
            false => ExprSimplifyResult::Original(args),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = match args.args.first() {
            Some(ColumnarValue::Scalar(name)) => name.try_as_str().flatten().map(known),
            _ => None,
        };
        let (Some(name), Some(time)) = (name, args.args.get(1)) else {
            return Err(DataFusionError::Plan(
                "a part of a time is named by a text that is written out".to_owned(),
            ));
        };
        let of = time.data_type();
        if !is_span(&of) && !OURS.contains(&name) {
            return theirs(args);
        }
        let times = time.to_array(args.number_rows)?;
        let parts: Float64Array = match of {
            of if is_span(&of) => of_spans(name, &times)?,
            DataType::Time32(_) | DataType::Time64(_) => {
                let times = cast(&times, &DataType::Time64(TimeUnit::Microsecond))?;
                let times = times.as_primitive::<Time64MicrosecondType>().iter();
                let part = |time| of_instant(name, time, None);
                times.map(|time| time.map(part).transpose()).collect::<Result<_>>()?
            }
            of => {
                let zone = match &of {
                    DataType::Timestamp(_, Some(zone)) => Some(Tz::from_str(zone)?),
                    _ => None,
                };
                let times = cast(&times, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
                let times = times.as_primitive::<TimestampMicrosecondType>().iter();
                let part = |time| of_instant(name, time, zone);
                times.map(|time| time.map(part).transpose()).collect::<Result<_>>()?
            }
        };
        Ok(ColumnarValue::Array(Arc::new(parts)))
    }
}

/// The planner's answer.
fn theirs(args: ScalarFunctionArgs) -> Result<ColumnarValue> {
    let function = date_part();
    let scalars: Vec<Option<&datafusion::scalar::ScalarValue>> = args
        .args
        .iter()
        .map(|one| match one {
            ColumnarValue::Scalar(value) => Some(value),
            ColumnarValue::Array(_) => None,
        })
        .collect();
    let fields: &[FieldRef] = &args.arg_fields;
    let return_field = function
        .return_field_from_args(ReturnFieldArgs { arg_fields: fields, scalar_arguments: &scalars })?;
    let part = function.invoke_with_args(ScalarFunctionArgs { return_field, ..args })?;
    part.cast_to(&DataType::Float64, None)
}

/// The name of a part, of which PostgreSQL knows several.
fn known(name: &str) -> &str {
    match name {
        "seconds" | "sec" | "secs" | "s" => "second",
        "milliseconds" | "msec" | "msecs" | "ms" => "millisecond",
        "microseconds" | "usec" | "usecs" | "us" => "microsecond",
        "minutes" | "min" | "mins" | "m" => "minute",
        "hours" | "hr" | "hrs" | "h" => "hour",
        "days" | "d" => "day",
        "weeks" | "w" => "week",
        "months" | "mon" | "mons" => "month",
        "years" | "yr" | "yrs" | "y" => "year",
        "decades" => "decade",
        "centuries" => "century",
        "millennia" => "millennium",
        other => other,
    }
}

fn is_span(of: &DataType) -> bool {
    matches!(of, DataType::Interval(_) | DataType::Duration(_))
}

#[expect(clippy::cast_precision_loss, reason = "PostgreSQL gives a double, too")]
fn double(number: i64) -> f64 {
    number as f64
}

/// A part of a time, of an instant by the clocks of its zone.
fn of_instant(name: &str, time: i64, zone: Option<Tz>) -> Result<f64> {
    let shown = zone.map_or(Some(time), |zone| shown_at(time, zone)).unwrap_or(time);
    // Seconds that the clocks are before those of UTC.
    let offset = (shown - time) / 1_000_000;
    let date = || {
        let time = DateTime::from_timestamp_micros(shown);
        time.ok_or_else(|| DataFusionError::Execution("timestamp out of range".to_owned()))
    };
    // There is no year 0, so that the first of a hundred is the year 1.
    let of = |years: i32| Ok(f64::from((date()?.year() + years - 1).div_euclid(years)));
    Ok(match name {
        "second" => double(shown.rem_euclid(MINUTE)) / 1e6,
        "millisecond" => double(shown.rem_euclid(MINUTE)) / 1e3,
        "decade" => f64::from(date()?.year().div_euclid(10)),
        "century" => return of(100),
        "millennium" => return of(1000),
        "julian" => {
            let time = date()?;
            let seconds = time.time() - chrono::NaiveTime::MIN;
            f64::from(time.num_days_from_ce()) + 1_721_425.0 + seconds.as_seconds_f64() / 86_400.0
        }
        "timezone" => double(offset),
        "timezone_hour" => double(offset / 3600),
        "timezone_minute" => double(offset / 60 % 60),
        _ => return Err(DataFusionError::Plan(format!("there is no part `{name}` of a time"))),
    })
}

fn of_spans(name: &str, spans: &ArrayRef) -> Result<Float64Array> {
    if matches!(spans.data_type(), DataType::Duration(_)) {
        let spans = cast(spans, &DataType::Duration(TimeUnit::Microsecond))?;
        // What lies between two times is counted in days and what is left of one.
        let row = |span: i64| {
            let days = i32::try_from(span / DAY).unwrap_or(i32::MAX);
            of_span(name, IntervalMonthDayNano::new(0, days, (span % DAY).saturating_mul(1000)))
        };
        let spans = spans.as_primitive::<DurationMicrosecondType>().iter();
        return spans.map(|span| span.map(row).transpose()).collect();
    }
    let spans = cast(spans, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let spans = spans.as_primitive::<IntervalMonthDayNanoType>().iter();
    spans.map(|span| span.map(|span| of_span(name, span)).transpose()).collect()
}

/// A part of a span (`interval_part` of PostgreSQL 15).
fn of_span(name: &str, span: IntervalMonthDayNano) -> Result<f64> {
    let micros = span.nanoseconds / 1000;
    let (years, months) = (span.months / 12, span.months % 12);
    Ok(match name {
        "microsecond" => double(micros % MINUTE),
        "millisecond" => double(micros % MINUTE) / 1e3,
        "second" => double(micros % MINUTE) / 1e6,
        "minute" => double(micros / MINUTE % 60),
        "hour" => double(micros / MINUTE / 60),
        "day" => span.days.into(),
        "month" => months.into(),
        "quarter" => f64::from(months / 3 + 1),
        "year" => years.into(),
        "decade" => f64::from(years / 10),
        "century" => f64::from(years / 100),
        "millennium" => f64::from(years / 1000),
        // A year has 365 days and a quarter, a month that is left has thirty.
        "epoch" => {
            double(micros) / 1e6
                + 86_400.0 * (365.25 * f64::from(years) + 30.0 * f64::from(months) + f64::from(span.days))
        }
        _ => return Err(DataFusionError::Plan(format!("there is no part `{name}` of a span of time"))),
    })
}
