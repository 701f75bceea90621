//! `pg_summand(value)`: a value as `sum` takes it in PostgreSQL, where sums of eight-byte numbers are decimals
//! (PostgreSQL 15, table 9.59): they do not overflow, and what they are divided by does not cut them off.

use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility, cast as cast_to,
};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Summand(Signature);

impl Summand {
    pub(crate) fn new() -> Summand {
        Summand(Signature::any(1, Volatility::Immutable))
    }
}

/// The digits of the largest number of eight bytes.
const DIGITS: u8 = 20;

fn summed_as(of: &DataType) -> DataType {
    match of {
        DataType::Int64 | DataType::UInt64 | DataType::UInt32 => DataType::Decimal128(DIGITS, 0),
        other => other.clone(),
    }
}

impl ScalarUDFImpl for Summand {
    fn name(&self) -> &str {
        "pg_summand"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(arguments.first().map_or(DataType::Null, summed_as))
    }

    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let Some(of) = args.first().map(|argument| info.get_data_type(argument)).transpose()? else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let to = summed_as(&of);
        let value = args.remove(0);
        Ok(ExprSimplifyResult::Simplified(if to == of { value } else { cast_to(value, to) }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(value) = args.args.first() else {
            return Err(datafusion::error::DataFusionError::Plan("pg_summand takes a value".to_owned()));
        };
        value.cast_to(&summed_as(&value.data_type()), None)
    }
}
