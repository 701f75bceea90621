//! Numbers as PostgreSQL makes them whole: `pg_int2`, `pg_int4`, `pg_int8` stand for casts, `pg_round` for `round` of
//! one argument. A float that lies in the middle goes to the even neighbour, a decimal away from zero (PostgreSQL 15,
//! §8.1.2); the planner's casts cut off.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, cast as cast_to,
};
use datafusion::scalar::ScalarValue;

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 4] {
    [Form::Small, Form::Whole, Form::Long, Form::Round].map(|form| {
        ScalarUDF::from(RoundedFunction { form, signature: Signature::any(1, Volatility::Immutable) })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Small,
    Whole,
    Long,
    Round,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct RoundedFunction {
    form: Form,
    signature: Signature,
}

impl RoundedFunction {
    /// The type of the result, with its name in SQL.
    fn target(&self) -> (DataType, &'static str) {
        match self.form {
            Form::Small => (DataType::Int16, "smallint"),
            Form::Whole => (DataType::Int32, "integer"),
            Form::Long => (DataType::Int64, "bigint"),
            Form::Round => (DataType::Float64, "double precision"),
        }
    }
}

impl ScalarUDFImpl for RoundedFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Small => "pg_int2",
            Form::Whole => "pg_int4",
            Form::Long => "pg_int8",
            Form::Round => "pg_round",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(match (self.form, arguments) {
            (Form::Round, [DataType::Decimal128(precision, _)]) => DataType::Decimal128(*precision, 0),
            _ => self.target().0,
        })
    }

    /// What is whole already is cast, so that a comparison with it reaches the files.
    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let of = args.first().map(|argument| info.get_data_type(argument)).transpose()?;
        let is_whole =
            of.is_some_and(|of| of.is_integer() || matches!(of, DataType::Boolean | DataType::Null));
        Ok(match is_whole {
            true => ExprSimplifyResult::Simplified(cast_to(args.remove(0), self.target().0)),
            false => ExprSimplifyResult::Original(args),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = matches!(args.args.first(), Some(ColumnarValue::Scalar(_)));
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let made = match self.form {
            Form::Round => round(&arrays[0])?,
            _ => {
                let (target, name) = self.target();
                let options = CastOptions { safe: false, ..CastOptions::default() };
                cast_with_options(&whole(&arrays[0], name)?, &target, &options)
                    .map_err(|_| DataFusionError::Execution(format!("{name} out of range")))?
            }
        };
        if is_scalar {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&made, 0)?));
        }
        Ok(ColumnarValue::Array(made))
    }
}

fn round(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Decimal128(precision, _) => cast(array, &DataType::Decimal128(*precision, 0))?,
        _ => {
            let numbers = cast(array, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            Arc::new(numbers.iter().map(|number| number.map(f64::round_ties_even)).collect::<Float64Array>())
        }
    })
}

/// The whole numbers that the values are, or are nearest to.
fn whole(array: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let out_of_range = || DataFusionError::Execution(format!("{name} out of range"));
    Ok(match array.data_type() {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let numbers = cast(array, &DataType::Float64)?;
            let row = |number: Option<f64>| number.map(|number| nearest(number).ok_or_else(out_of_range));
            let numbers = numbers.as_primitive::<Float64Type>().iter().map(|number| row(number).transpose());
            Arc::new(numbers.collect::<Result<Int64Array>>()?)
        }
        DataType::Decimal128(..) => {
            let rounded = cast(array, &DataType::Decimal128(38, 0))?;
            let row = |number: Option<i128>| {
                number.map(|number| i64::try_from(number).map_err(|_| out_of_range())).transpose()
            };
            Arc::new(
                rounded.as_primitive::<Decimal128Type>().iter().map(row).collect::<Result<Int64Array>>()?,
            )
        }
        of if of.is_string() => {
            let texts = cast(array, &DataType::Utf8)?;
            let row = |text: Option<&str>| {
                let read = |text: &str| {
                    let wrong = || {
                        let shown: String = text.chars().take(80).collect();
                        let why = format!("invalid input syntax for type {name}: \"{shown}\"");
                        DataFusionError::Execution(why)
                    };
                    text.trim().parse::<i64>().map_err(|_| wrong())
                };
                text.map(read).transpose()
            };
            Arc::new(texts.as_string::<i32>().iter().map(row).collect::<Result<Int64Array>>()?)
        }
        _ => Arc::new(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
    })
}

/// The nearest whole number, of two the even one; none where it is too far away.
#[expect(clippy::cast_possible_truncation, reason = "the bounds are looked at before")]
fn nearest(number: f64) -> Option<i64> {
    let rounded = number.round_ties_even();
    // 2^63 itself is the first that is too large.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded).then_some(rounded as i64)
}
