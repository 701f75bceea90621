//! `age(later, earlier)`: what lies between two times in years, months, days and the rest of a day, as
//! PostgreSQL counts it, of instants by the clocks of their zone (PostgreSQL 15, table 9.32, `timestamptz_age`).

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{ArrayRef, AsArray, IntervalMonthDayNanoArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::instants::shown_at;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Age(Signature);

impl Age {
    pub(crate) fn new() -> Age {
        Age(Signature::any(2, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Age {
    fn name(&self) -> &str {
        "age"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Interval(IntervalUnit::MonthDayNano))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (later, earlier) = (shown(&arrays[0])?, shown(&arrays[1])?);
        let time = |micros: Option<i64>| Some(DateTime::from_timestamp_micros(micros?)?.naive_utc());
        let later = later.as_primitive::<TimestampMicrosecondType>().iter().map(time);
        let earlier = earlier.as_primitive::<TimestampMicrosecondType>().iter().map(time);
        let ages: IntervalMonthDayNanoArray =
            later.zip(earlier).map(|(later, earlier)| age(later?, earlier?)).collect();
        Ok(ColumnarValue::Array(Arc::new(ages)))
    }
}

/// Times as the clocks of their zone show them.
fn shown(times: &ArrayRef) -> Result<ArrayRef> {
    let plain = DataType::Timestamp(TimeUnit::Microsecond, None);
    let DataType::Timestamp(_, Some(zone)) = times.data_type() else { return Ok(cast(times, &plain)?) };
    let zone = Tz::from_str(zone)?;
    let micros = cast(times, &plain)?;
    let micros = micros.as_primitive::<TimestampMicrosecondType>().iter();
    Ok(Arc::new(micros.map(|micros| shown_at(micros?, zone)).collect::<TimestampMicrosecondArray>()))
}

fn age(later: NaiveDateTime, earlier: NaiveDateTime) -> Option<IntervalMonthDayNano> {
    if later < earlier {
        let turned = age(earlier, later)?;
        return Some(IntervalMonthDayNano::new(-turned.months, -turned.days, -turned.nanoseconds));
    }
    let month = |time: NaiveDateTime| time.year() * 12 + i32::try_from(time.month0()).unwrap_or_default();
    let day = |time: NaiveDateTime| i32::try_from(time.day()).unwrap_or_default();
    let mut months = month(later) - month(earlier);
    let mut days = day(later) - day(earlier);
    let mut nanoseconds = (later.time() - earlier.time()).num_nanoseconds()?;
    if nanoseconds < 0 {
        nanoseconds += 86_400_000_000_000;
        days -= 1;
    }
    if days < 0 {
        // What is missing is taken from the month that the earlier time is in.
        days += i32::from(NaiveDate::from_ymd_opt(earlier.year(), earlier.month(), 1)?.num_days_in_month());
        months -= 1;
    }
    Some(IntervalMonthDayNano::new(months, days, nanoseconds))
}
