//! `list_mode(list)`: the item that is most often in a list in order; of several the first.

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{partition, take};
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListMode(Signature);

impl ListMode {
    pub(crate) fn new() -> ListMode {
        ListMode(Signature::any(1, Volatility::Immutable))
    }
}

impl ScalarUDFImpl for ListMode {
    fn name(&self) -> &str {
        "list_mode"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        match arguments {
            [DataType::List(item)] => Ok(item.data_type().clone()),
            _ => Err(DataFusionError::Plan("list_mode takes a list".to_owned())),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let Some(lists) = arrays[0].as_list_opt::<i32>() else {
            return Err(DataFusionError::Plan("list_mode takes a list".to_owned()));
        };
        let mut places = Vec::with_capacity(lists.len());
        for row in 0..lists.len() {
            places.push(match lists.is_valid(row) {
                true => most_frequent(&lists.value(row), lists.value_offsets()[row])?,
                false => None,
            });
        }
        Ok(ColumnarValue::Array(take(lists.values(), &UInt32Array::from(places), None)?))
    }
}

/// The place of the item among the values of all lists; the list begins at `first`.
fn most_frequent(items: &ArrayRef, first: i32) -> Result<Option<u32>> {
    if items.is_empty() {
        return Ok(None);
    }
    let runs = partition(std::slice::from_ref(items))?.ranges();
    // The first of the longest runs.
    let longest = runs.into_iter().rev().max_by_key(|run| run.len());
    Ok(longest.and_then(|run| u32::try_from(run.start).ok()?.checked_add(u32::try_from(first).ok()?)))
}
