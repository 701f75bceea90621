//! `date_trunc` of instants in UTC, where all stored times are, and of times without a zone: a day there has no surprises,
//! so that the calendar is asked once a day and not once a row. DataFusion counts nanoseconds, which reach back to 1677.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, FieldRef, TimeUnit, TimestampMicrosecondType};
use chrono::{Datelike, NaiveDate, TimeDelta};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::scalar::ScalarValue;

const DAY: i64 = 86_400_000_000;

/// Puts ours in the place of DataFusion's, which it calls.
pub(super) fn register(context: &SessionContext) {
    if let Ok(inner) = context.udf("date_trunc") {
        context.register_udf(ScalarUDF::from(Trunc { inner }));
    }
}

/// DataFusion's function, for times in other zones; it goes through the rules of a time zone row by row, and UTC has none.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Trunc {
    inner: Arc<ScalarUDF>,
}

impl ScalarUDFImpl for Trunc {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.inner.output_ordering(inputs)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let unit = match args.args.first() {
            Some(ColumnarValue::Scalar(unit)) => unit.try_as_str().flatten().and_then(Unit::named),
            _ => None,
        };
        let (Some(unit), Some(given)) = (unit, args.args.get(1)) else {
            return self.inner.invoke_with_args(args);
        };
        if !has_no_surprises(&given.data_type()) {
            return self.inner.invoke_with_args(args);
        }
        let is_scalar = matches!(given, ColumnarValue::Scalar(_));
        let times = given.to_array(1)?;
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let runs = (unit.is_days() && times.null_count() == 0).then(|| runs(times.values())).flatten();
        let cut: TimestampMicrosecondArray = match runs {
            Some(runs) => {
                let mut all = Vec::with_capacity(times.len());
                let ends = runs.iter().skip(1).map(|(first, _)| *first).chain([times.len()]);
                for (end, (_, day)) in ends.zip(&runs) {
                    all.resize(end, unit.cut(*day)?);
                }
                all.into()
            }
            None => {
                times.iter().map(|time| time.map(|time| unit.cut(time)).transpose()).collect::<Result<_>>()?
            }
        };
        let cut: ArrayRef = Arc::new(cut.with_timezone_opt(times.timezone().map(Arc::from)));
        Ok(match is_scalar {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&cut, 0)?),
            false => ColumnarValue::Array(cut),
        })
    }
}

/// What a time is cut to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// So many microseconds.
    Micros(i64),
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    fn named(name: &str) -> Option<Unit> {
        Some(match name.to_lowercase().as_str() {
            "microsecond" => Unit::Micros(1),
            "millisecond" => Unit::Micros(1_000),
            "second" => Unit::Micros(1_000_000),
            "minute" => Unit::Micros(60_000_000),
            "hour" => Unit::Micros(3_600_000_000),
            "day" => Unit::Day,
            "week" => Unit::Week,
            "month" => Unit::Month,
            "quarter" => Unit::Quarter,
            "year" => Unit::Year,
            _ => return None,
        })
    }

    /// Whether it begins at the beginning of a day.
    fn is_days(self) -> bool {
        !matches!(self, Unit::Micros(_))
    }

    /// The beginning of the unit in which a time lies.
    fn cut(self, time: i64) -> Result<i64> {
        let out_of_range = || DataFusionError::Execution("timestamp out of range".to_owned());
        if let Unit::Micros(micros) = self {
            return time.checked_sub(time.rem_euclid(micros)).ok_or_else(out_of_range);
        }
        self.cut_date(time).ok_or_else(out_of_range)
    }

    fn cut_date(self, time: i64) -> Option<i64> {
        let epoch = NaiveDate::default();
        let date = epoch.checked_add_signed(TimeDelta::try_days(time.div_euclid(DAY))?)?;
        let first = match self {
            Unit::Micros(_) | Unit::Day => date,
            Unit::Week => {
                date.checked_sub_signed(TimeDelta::days(date.weekday().num_days_from_monday().into()))?
            }
            Unit::Month => date.with_day(1)?,
            Unit::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1)?,
            Unit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1)?,
        };
        first.signed_duration_since(epoch).num_days().checked_mul(DAY)
    }
}

/// Whether the days of such times are all of 24 hours: those in UTC, and those without a zone.
fn has_no_surprises(of: &DataType) -> bool {
    match of {
        DataType::Timestamp(TimeUnit::Microsecond, zone) => zone.as_deref().is_none_or(|zone| zone == "UTC"),
        _ => false,
    }
}

/// Runs of rows that lie on the same day: where each begins, and the day's first instant. `None` when
/// a time is so far away that its day has none.
fn runs(times: &[i64]) -> Option<Vec<(usize, i64)>> {
    let mut runs = Vec::new();
    let (mut from, mut to) = (1, 0);
    for (row, time) in times.iter().enumerate() {
        if *time < from || *time >= to {
            from = time.div_euclid(DAY).checked_mul(DAY)?;
            to = from.checked_add(DAY)?;
            runs.push((row, from));
        }
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;
    use datafusion::common::config::ConfigOptions;

    use super::*;

    fn called(function: &ScalarUDF, unit: &str, times: &TimestampMicrosecondArray) -> ArrayRef {
        let of = times.data_type().clone();
        let args = ScalarFunctionArgs {
            args: vec![
                ColumnarValue::Scalar(ScalarValue::Utf8(Some(unit.to_owned()))),
                ColumnarValue::Array(Arc::new(times.clone())),
            ],
            arg_fields: vec![
                Arc::new(Field::new("unit", DataType::Utf8, false)),
                Arc::new(Field::new("time", of.clone(), true)),
            ],
            number_rows: times.len(),
            return_field: Arc::new(Field::new("date_trunc", of, true)),
            config_options: Arc::new(ConfigOptions::new()),
        };
        function.invoke_with_args(args).unwrap().into_array(times.len()).unwrap()
    }

    /// Instants in order, out of order, before 1970, at the edges of days, months and years, and none.
    #[test]
    fn it_says_what_datafusion_says_row_by_row() {
        let context = SessionContext::new();
        let theirs = context.udf("date_trunc").unwrap();
        register(&context);
        let ours = context.udf("date_trunc").unwrap();
        assert!(ours.inner().as_ref().is::<Trunc>());
        let hour = 3_600_000_000;
        let steady = (0..20_000_i64).map(|n| Some(1_400_000_000_000_000 + n * hour));
        let jumping = (0..5_000_i64).map(|n| Some((n * 7_919 % 4_001 - 2_000) * 13 * DAY + n * 977));
        let edges = [-DAY - 1, -DAY, -1, 0, 1, DAY - 1, DAY, 951_782_400_000_000, 951_868_799_999_999];
        let all: TimestampMicrosecondArray =
            steady.chain(jumping).chain(edges.into_iter().map(Some)).collect();
        let holes: TimestampMicrosecondArray =
            all.iter().enumerate().map(|(row, time)| time.filter(|_| row % 5 != 0)).collect();
        for times in [all, holes, TimestampMicrosecondArray::from(Vec::<i64>::new())] {
            let instants = times.clone().with_timezone("UTC");
            for times in [times, instants] {
                for unit in
                    ["year", "Quarter", "month", "WEEK", "day", "hour", "minute", "second", "millisecond"]
                {
                    let (a, b) = (called(&ours, unit, &times), called(&theirs, unit, &times));
                    assert_eq!(&a, &b, "{unit}");
                }
            }
        }
        // Times of which DataFusion knows nothing.
        let old = TimestampMicrosecondArray::from(vec![Some(-14_826_000_000_000_000), None]);
        let expected = TimestampMicrosecondArray::from(vec![Some(-14_831_769_600_000_000), None]);
        let cut = called(&ours, "year", &old);
        assert_eq!(cut.as_primitive::<TimestampMicrosecondType>(), &expected);
    }
}
