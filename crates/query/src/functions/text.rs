//! `fold(text)`: Vietnamese text without marks and case, for searching.

use std::sync::Arc;

use arrow::array::{AsArray, StringViewArray};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// `fold('Độ Mặn') = 'do man'`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fold(Signature);

impl Fold {
    pub(crate) fn new() -> Fold {
        Fold(Signature::uniform(1, vec![DataType::Utf8View], Volatility::Immutable))
    }
}

impl ScalarUDFImpl for Fold {
    fn name(&self) -> &str {
        "fold"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let folded: StringViewArray =
            arrays[0].as_string_view().iter().map(|text| text.map(model::fold)).collect();
        Ok(ColumnarValue::Array(Arc::new(folded)))
    }
}
