//! The place, property, unit and so on of a result, looked up by its datastream.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Builder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::streams::StreamIndex;

/// One column of the datastreams' table as a function of the datastream's number. It cannot be
/// called in SQL: the tables' plans are made of it.
#[derive(Debug)]
pub(crate) struct StreamColumn {
    name: String,
    index: Arc<StreamIndex>,
    values: ArrayRef,
    signature: Signature,
}

impl StreamColumn {
    pub(crate) fn new(column: &str, index: Arc<StreamIndex>) -> Result<StreamColumn> {
        let values = index.values(column)?;
        let signature = Signature::exact(vec![DataType::Int64], Volatility::Immutable);
        Ok(StreamColumn { name: format!("{column}_of"), index, values, signature })
    }
}

impl PartialEq for StreamColumn {
    fn eq(&self, other: &StreamColumn) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.index, &other.index)
    }
}

impl Eq for StreamColumn {}

impl Hash for StreamColumn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        Arc::as_ptr(&self.index).hash(state);
    }
}

impl ScalarUDFImpl for StreamColumn {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(self.values.data_type().clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let datastreams = arrays[0].as_primitive::<Int64Type>();
        let mut rows = UInt32Builder::with_capacity(datastreams.len());
        // Results are stored by datastream, so that most have the one of the row before.
        let mut last = None;
        for datastream in datastreams {
            let row = match (datastream, last) {
                (Some(now), Some((before, row))) if now == before => row,
                (Some(now), _) => {
                    let row = self.index.row(now);
                    last = Some((now, row));
                    row
                }
                (None, _) => None,
            };
            rows.append_option(row);
        }
        Ok(ColumnarValue::Array(arrow::compute::take(&self.values, &rows.finish(), None)?))
    }
}
