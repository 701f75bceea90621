//! `divisor(number)`: a number that something is divided by; 0 is refused, as PostgreSQL refuses it of every type
//! (PostgreSQL 15, `float8div`, `numeric_div`), where the planner divides doubles and gives no number.

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The function.
pub(crate) fn divisor() -> ScalarUDF {
    ScalarUDF::from(Divisor(Signature::any(1, Volatility::Immutable)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Divisor(Signature);

impl ScalarUDFImpl for Divisor {
    fn name(&self) -> &str {
        "divisor"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let numbers = cast(&arrays[0], &DataType::Float64)?;
        if numbers.as_primitive::<Float64Type>().iter().flatten().any(|number| number == 0.0) {
            return Err(ArrowError::DivideByZero.into());
        }
        Ok(ColumnarValue::Array(numbers))
    }
}
