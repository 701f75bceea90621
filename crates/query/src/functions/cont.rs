//! `list_cont(list, share, falls)`: the value at a share of the items of a list, between the two that are nearest where
//! there is none (PostgreSQL 15, `percentile_cont` of table 9.61): rising, or falling where that is said.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListCont(Signature);

impl ListCont {
    pub(crate) fn new() -> ListCont {
        ListCont(Signature::any(3, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for ListCont {
    fn name(&self) -> &str {
        "list_cont"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments.first() {
            Some(DataType::List(item)) if item.data_type().is_numeric() || item.data_type().is_null() => {
                Ok(DataType::Float64)
            }
            _ => Err(DataFusionError::Plan("percentile_cont takes numbers".to_owned())),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(lists) = arrays[0].as_list_opt::<i32>() else {
            return Err(DataFusionError::Plan("percentile_cont takes numbers".to_owned()));
        };
        let shares = cast(&arrays[1], &DataType::Float64)?;
        let shares = shares.as_primitive::<Float64Type>();
        let falls = cast(&arrays[2], &DataType::Boolean)?;
        let falls = falls.as_boolean();
        let row = |row: usize| {
            if lists.is_null(row) || shares.is_null(row) {
                return Ok(None);
            }
            let share = shares.value(row);
            if !(0.0..=1.0).contains(&share) {
                let why = format!("percentile value {share} is not between 0 and 1");
                return Err(DataFusionError::Execution(why));
            }
            let items = cast(&lists.value(row), &DataType::Float64)?;
            let mut items: Vec<f64> = items.as_primitive::<Float64Type>().iter().flatten().collect();
            Ok(at_share(&mut items, share, falls.value(row)))
        };
        let values = (0..lists.len()).map(row).collect::<Result<Float64Array>>()?;
        Ok(ColumnarValue::Array(Arc::new(values)))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of the places of a list is one of them"
)]
fn at_share(items: &mut [f64], share: f64, falls: bool) -> Option<f64> {
    let last = items.len().checked_sub(1)?;
    let place = share * last as f64;
    let (first, second) = (place.floor() as usize, place.ceil() as usize);
    let mut item = |place: usize| {
        let place = if falls { last - place.min(last) } else { place.min(last) };
        *items.select_nth_unstable_by(place, f64::total_cmp).1
    };
    let (low, high) = (item(first), item(second));
    Some(if first == second { low } else { low + (place - first as f64) * (high - low) })
}

#[cfg(test)]
mod tests {
    use super::at_share;

    #[test]
    fn a_value_at_a_share_lies_between_the_nearest_two() {
        for (share, falls, expected) in
            [(0.0, false, 1.0), (1.0, false, 4.0), (0.5, false, 2.5), (0.9, false, 3.7), (0.9, true, 1.3)]
        {
            let found = at_share(&mut [3.0, 1.0, 4.0, 2.0], share, falls).unwrap();
            assert!((found - expected).abs() < 1e-12, "{share}: {found}");
        }
        assert_eq!(at_share(&mut [], 0.5, false), None);
    }
}
