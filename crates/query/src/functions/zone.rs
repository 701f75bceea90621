//! `timezone(zone, time)`, which `time AT TIME ZONE zone` stands for (PostgreSQL 15 §9.9.4): an instant
//! becomes what clocks of the zone show, and what they show becomes an instant.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{Array, AsArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::instants::{instant_at, shown_at};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Timezone {
    signature: Signature,
    /// Where the instants that it makes are shown.
    shows: Arc<str>,
}

impl Timezone {
    pub(crate) fn new() -> Timezone {
        Timezone::within("UTC")
    }

    pub(crate) fn within(zone: &str) -> Timezone {
        Timezone { signature: Signature::any(2, Volatility::Immutable), shows: Arc::from(zone) }
    }

    fn made(&self) -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some(self.shows.clone()))
    }
}

/// What the clocks of a zone show, without the zone.
fn shown() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// A day, which is the instant at which it begins where the session is.
fn is_day(of: &DataType) -> bool {
    matches!(of, DataType::Date32 | DataType::Date64)
}

fn is_instant(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(_, Some(_)))
}

impl ScalarUDFImpl for Timezone {
    fn name(&self) -> &str {
        "timezone"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let is_shown = |of: &DataType| is_instant(of) || is_day(of);
        Ok(if arguments.get(1).is_some_and(is_shown) { shown() } else { self.made() })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let of: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        Ok(Arc::new(Field::new(self.name(), self.return_type(&of)?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (is_instant, is_day) = (is_instant(arrays[1].data_type()), is_day(arrays[1].data_type()));
        let here = Tz::from_str(&self.shows)?;
        let times = cast(&arrays[1], &if is_instant { instant() } else { shown() })?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let names = cast(&arrays[0], &DataType::Utf8)?;
        let names = names.as_string::<i32>();
        let mut last: Option<(&str, Tz)> = None;
        let mut given = Vec::with_capacity(times.len());
        for (row, time) in times.iter().enumerate() {
            let (Some(time), true) = (time, names.is_valid(row)) else {
                given.push(None);
                continue;
            };
            let zone = match last {
                Some((name, zone)) if name == names.value(row) => zone,
                _ => named(names.value(row))?,
            };
            last = Some((names.value(row), zone));
            given.push(match is_day {
                true => instant_at(time, here).and_then(|instant| shown_at(instant, zone)),
                false => moved(time, zone, is_instant),
            });
        }
        let given = TimestampMicrosecondArray::from(given);
        let given = if is_instant || is_day { given } else { given.with_timezone(self.shows.clone()) };
        Ok(ColumnarValue::Array(Arc::new(given)))
    }
}

/// A zone by its name; a bare offset counts westwards, as POSIX has it (PostgreSQL 15 §B.5).
fn named(name: &str) -> Result<Tz> {
    let turned = match name.as_bytes().first() {
        Some(b'+') => name.replacen('+', "-", 1),
        Some(b'-') => name.replacen('-', "+", 1),
        _ => name.to_owned(),
    };
    let wrong = |_| DataFusionError::Plan(format!("time zone `{name}` not recognized"));
    Tz::from_str(&turned).map_err(wrong)
}

fn moved(time: i64, zone: Tz, is_instant: bool) -> Option<i64> {
    if is_instant { shown_at(time, zone) } else { instant_at(time, zone) }
}
