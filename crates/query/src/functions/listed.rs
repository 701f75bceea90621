//! `pg_listed(list)`: a list of nothing where there is none, as `ARRAY (SELECT …)` gives it of no row (PostgreSQL 15,
//! §4.2.12), where an aggregate gives none.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::take;
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Listed(Signature);

impl Listed {
    pub(crate) fn new() -> Listed {
        Listed(Signature::any(1, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Listed {
    fn name(&self) -> &str {
        "pg_listed"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        Ok(arguments.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (Some(lists), DataType::List(item)) = (arrays[0].as_list_opt::<i32>(), arrays[0].data_type())
        else {
            return Err(DataFusionError::Plan("this function takes a list".to_owned()));
        };
        if lists.null_count() == 0 {
            return Ok(ColumnarValue::Array(arrays[0].clone()));
        }
        // Behind a list that is none there may be items, which are nobody's.
        let at = |row: usize| usize::try_from(lists.value_offsets()[row]).unwrap_or_default();
        let ranges: Vec<_> = (0..lists.len())
            .map(|row| if lists.is_null(row) { 0..0 } else { at(row)..at(row + 1) })
            .collect();
        let offsets = OffsetBuffer::from_lengths(ranges.iter().map(ExactSizeIterator::len));
        let places: UInt64Array = ranges.into_iter().flatten().map(|place| place as u64).collect();
        let values = take(lists.values(), &places, None)?;
        let listed: ArrayRef = Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?);
        Ok(ColumnarValue::Array(listed))
    }
}
