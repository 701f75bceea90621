//! `date_trunc` of instants in UTC, where all stored times are: a day there has no surprises, so that
//! the calendar is asked once a day and not once a row.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit, TimestampMicrosecondType};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::scalar::ScalarValue;

const DAY: i64 = 86_400_000_000;
/// What begins at the beginning of a day.
const DAYS_OR_MORE: [&str; 5] = ["day", "week", "month", "quarter", "year"];

/// Puts ours in the place of DataFusion's, which it calls.
pub(super) fn register(context: &SessionContext) {
    if let Ok(inner) = context.udf("date_trunc") {
        context.register_udf(ScalarUDF::from(Trunc { inner }));
    }
}

/// DataFusion's function; it goes through the rules of a time zone row by row, and UTC has none.
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
        let (unit, times) = match args.args.as_slice() {
            [ColumnarValue::Scalar(unit), ColumnarValue::Array(times)] if is_utc(times.data_type()) => {
                (unit.clone(), times.clone())
            }
            _ => return self.inner.invoke_with_args(args),
        };
        let times = times.as_primitive::<TimestampMicrosecondType>();
        let zone = times.timezone().map(Arc::from);
        let naive = |values: TimestampMicrosecondArray| -> Result<TimestampMicrosecondArray> {
            let cut = self.cut(&unit, Arc::new(values), &args)?;
            let cut = cut.as_primitive_opt::<TimestampMicrosecondType>().cloned();
            cut.ok_or_else(|| DataFusionError::Internal("`date_trunc` changes the type of times".to_owned()))
        };
        let days = DAYS_OR_MORE.iter().any(|name| names(&unit, name));
        let runs = (days && times.null_count() == 0).then(|| runs(times.values())).flatten();
        let cut = match runs {
            Some(runs) => {
                let days =
                    naive(TimestampMicrosecondArray::from_iter_values(runs.iter().map(|(_, day)| *day)))?;
                let mut all = Vec::with_capacity(times.len());
                let ends = runs.iter().skip(1).map(|(first, _)| *first).chain([times.len()]);
                for (end, beginning) in ends.zip(days.values()) {
                    all.resize(end, *beginning);
                }
                TimestampMicrosecondArray::from(all)
            }
            None => naive(times.clone().with_timezone_opt(None::<Arc<str>>))?,
        };
        Ok(ColumnarValue::Array(Arc::new(cut.with_timezone_opt(zone))))
    }
}

impl Trunc {
    /// DataFusion's answer for times without a zone.
    fn cut(&self, unit: &ScalarValue, times: ArrayRef, args: &ScalarFunctionArgs) -> Result<ArrayRef> {
        let rows = times.len();
        let field = |name: &str, nullable| -> FieldRef {
            Arc::new(Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, None), nullable))
        };
        let unit_field = args.arg_fields.first().cloned();
        let cut = self.inner.invoke_with_args(ScalarFunctionArgs {
            args: vec![ColumnarValue::Scalar(unit.clone()), ColumnarValue::Array(times)],
            arg_fields: unit_field.into_iter().chain([field("time", true)]).collect(),
            number_rows: rows,
            return_field: field(self.name(), true),
            config_options: args.config_options.clone(),
        })?;
        cut.into_array(rows)
    }
}

fn is_utc(of: &DataType) -> bool {
    matches!(of, DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == "UTC")
}

fn names(unit: &ScalarValue, name: &str) -> bool {
    unit.try_as_str().flatten().is_some_and(|unit| unit.eq_ignore_ascii_case(name))
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
            let times = times.with_timezone("UTC");
            for unit in ["year", "Quarter", "month", "WEEK", "day", "hour", "minute", "second", "millisecond"]
            {
                let (a, b) = (called(&ours, unit, &times), called(&theirs, unit, &times));
                assert_eq!(&a, &b, "{unit}");
            }
        }
    }
}
