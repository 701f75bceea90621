//! Days, months and buckets as the delta's own clock counts them (UTC+7, all year).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use arrow::datatypes::{
    DataType, IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike, NaiveDate};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::scalar::ScalarValue;

/// Vietnam's offset from UTC, microseconds.
const OFFSET: i64 = 7 * 3_600_000_000;
const DAY: i64 = 86_400_000_000;

fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// `local_day(time)` and `local_month(time)`: the date in Vietnam, and the first day of its month.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LocalPart {
    month: bool,
    signature: Signature,
}

impl LocalPart {
    pub(crate) fn day() -> LocalPart {
        LocalPart { month: false, signature: Signature::exact(vec![instant()], Volatility::Immutable) }
    }

    pub(crate) fn month() -> LocalPart {
        LocalPart { month: true, ..LocalPart::day() }
    }
}

/// The day in Vietnam, counted from 1 January 1970.
fn local_day(time: i64) -> Option<i32> {
    i32::try_from(time.checked_add(OFFSET)?.div_euclid(DAY)).ok()
}

/// The instant at which a day begins in Vietnam.
fn midnight(day: i32) -> Option<i64> {
    i64::from(day).checked_mul(DAY)?.checked_sub(OFFSET)
}

fn first_of_month(day: i32) -> Option<i32> {
    let epoch = NaiveDate::default();
    let date = epoch.checked_add_signed(chrono::Duration::days(i64::from(day)))?;
    i32::try_from((date.with_day(1)? - epoch).num_days()).ok()
}

impl ScalarUDFImpl for LocalPart {
    fn name(&self) -> &str {
        if self.month { "local_month" } else { "local_day" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    /// Which instants have a date, so that a comparison with one is a range of time for the files.
    fn preimage(&self, args: &[Expr], date: &Expr, _info: &SimplifyContext) -> Result<PreimageResult> {
        let ([argument], Expr::Literal(ScalarValue::Date32(Some(day)), _)) = (args, date) else {
            return Ok(PreimageResult::None);
        };
        let next = match self.month {
            false => day.checked_add(1),
            // 31 days later it is the next month; a date within a month is the month of nothing.
            true if first_of_month(*day) == Some(*day) => day.checked_add(31).and_then(first_of_month),
            true => None,
        };
        let bounds = midnight(*day).zip(next.and_then(midnight));
        let Some((from, to)) = bounds else { return Ok(PreimageResult::None) };
        let bound = |micros| ScalarValue::TimestampMicrosecond(Some(micros), Some(Arc::from("UTC")));
        let interval = Box::new(Interval::try_new(bound(from), bound(to))?);
        Ok(PreimageResult::Range { expr: argument.clone(), interval })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let times = arrays[0].as_primitive::<TimestampMicrosecondType>();
        let mut last = None;
        let days: Date32Array = times
            .iter()
            .map(|time| {
                let day = local_day(time?)?;
                if !self.month {
                    return Some(day);
                }
                match last {
                    Some((before, first)) if before == day => first,
                    _ => {
                        let first = first_of_month(day);
                        last = Some((day, first));
                        first
                    }
                }
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(days)))
    }
}

/// `time_bucket(interval, time)`: the beginning of the bucket that the instant falls in. Buckets of
/// days begin at midnight in Vietnam, buckets of months on the first of a month there.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimeBucket(Signature);

impl TimeBucket {
    pub(crate) fn new() -> TimeBucket {
        let interval = DataType::Interval(IntervalUnit::MonthDayNano);
        let exact = TypeSignature::Exact(vec![interval, instant()]);
        TimeBucket(Signature::new(exact, Volatility::Immutable))
    }
}

/// The beginning of the bucket of so many months (or else so many microseconds).
pub(crate) fn bucket_start(time: i64, months: i64, micros: i64) -> Option<i64> {
    let local = time.checked_add(OFFSET)?;
    if months == 0 {
        return local.div_euclid(micros).checked_mul(micros)?.checked_sub(OFFSET);
    }
    let date = DateTime::from_timestamp_micros(local)?.date_naive();
    let month = (i64::from(date.year()) * 12 + i64::from(date.month0())).div_euclid(months) * months;
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = u32::try_from(month.rem_euclid(12)).ok()? + 1;
    let start = NaiveDate::from_ymd_opt(year, month, 1)?;
    start.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros().checked_sub(OFFSET)
}

impl ScalarUDFImpl for TimeBucket {
    fn name(&self) -> &str {
        "time_bucket"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(instant())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let width = match &args.args[0] {
            ColumnarValue::Scalar(scalar) => scalar.to_array()?,
            ColumnarValue::Array(array) => array.clone(),
        };
        let width = width.as_primitive::<IntervalMonthDayNanoType>();
        let wrong = || {
            DataFusionError::Execution(
                "a time bucket is as wide as a positive number of months, or of days and less, e.g. \
                 `INTERVAL '1 day'`"
                    .to_owned(),
            )
        };
        // One width for all rows: a bucket of another width beside it would mean nothing.
        let first = (!width.is_empty() && width.is_valid(0)).then(|| width.value(0)).ok_or_else(wrong)?;
        if width.iter().any(|other| other != Some(first)) {
            return Err(wrong());
        }
        let micros = i64::from(first.days) * DAY + first.nanoseconds / 1000;
        let months = i64::from(first.months);
        if !((months > 0 && micros == 0) || (months == 0 && micros > 0)) {
            return Err(wrong());
        }
        let arrays = ColumnarValue::values_to_arrays(&args.args[1..])?;
        let times = arrays[0].as_primitive::<TimestampMicrosecondType>();
        let starts: TimestampMicrosecondArray =
            times.iter().map(|time| bucket_start(time?, months, micros)).collect();
        Ok(ColumnarValue::Array(Arc::new(starts.with_timezone("UTC")) as ArrayRef))
    }
}
