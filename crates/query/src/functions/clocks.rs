//! `pg_clocks(zone, time)`: what clocks of a zone show at an instant, and the instant at which they show it, as casts
//! between times with a zone and without make them (PostgreSQL 15, §8.5.1.3). The zone is written as the engine names it.

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{AsArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::instants::{instant_at, shown_at};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Clocks(Signature);

impl Clocks {
    pub(crate) fn new() -> Clocks {
        Clocks(Signature::any(2, Volatility::Immutable))
    }
}

const SHOWN: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

fn instant(zone: &str) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()))
}

fn is_instant(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(_, Some(_)))
}

fn without_zone() -> DataFusionError {
    DataFusionError::Plan("pg_clocks takes the name of a zone and a time".to_owned())
}

impl ScalarUDFImpl for Clocks {
    fn name(&self) -> &str {
        "pg_clocks"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Err(without_zone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let [_, time] = args.arg_fields else { return Err(without_zone()) };
        let zone = args.scalar_arguments.first().copied().flatten().and_then(ScalarValue::try_as_str);
        let of = match is_instant(time.data_type()) {
            true => SHOWN,
            false => instant(zone.flatten().ok_or_else(without_zone)?),
        };
        Ok(Arc::new(Field::new(self.name(), of, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(zone), times] = args.args.as_slice() else { return Err(without_zone()) };
        let zone = zone.try_as_str().flatten().ok_or_else(without_zone)?;
        let there = Tz::from_str(zone)?;
        let is_scalar = matches!(times, ColumnarValue::Scalar(_));
        let times = times.to_array(if is_scalar { 1 } else { args.number_rows })?;
        let is_instant = is_instant(times.data_type());
        let times = cast(&times, &if is_instant { instant("UTC") } else { SHOWN })?;
        let times = times.as_primitive::<TimestampMicrosecondType>().iter();
        let made: TimestampMicrosecondArray = match is_instant {
            true => times.map(|time| shown_at(time?, there)).collect(),
            false => times.map(|time| instant_at(time?, there)).collect(),
        };
        let made = if is_instant { made } else { made.with_timezone(zone) };
        Ok(match is_scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?),
            false => ColumnarValue::Array(Arc::new(made)),
        })
    }
}
