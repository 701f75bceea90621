//! `fold(text)`: Vietnamese text without marks and case, for searching; `unaccent(text)`: without marks.

use std::sync::Arc;

use arrow::array::{AsArray, StringViewArray};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// `fold('Độ Mặn') = 'do man'`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fold {
    keeps_case: bool,
    signature: Signature,
}

impl Fold {
    pub(crate) fn new() -> Fold {
        let signature = Signature::uniform(1, vec![DataType::Utf8View], Volatility::Immutable);
        Fold { keeps_case: false, signature }
    }

    /// `unaccent('Độ Mặn') = 'Do Man'`, as PostgreSQL's extension has it.
    pub(crate) fn unaccent() -> Fold {
        Fold { keeps_case: true, ..Fold::new() }
    }
}

impl ScalarUDFImpl for Fold {
    fn name(&self) -> &str {
        if self.keeps_case { "unaccent" } else { "fold" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let plain = if self.keeps_case { model::without_marks } else { model::fold };
        let folded: StringViewArray = arrays[0].as_string_view().iter().map(|text| text.map(plain)).collect();
        Ok(ColumnarValue::Array(Arc::new(folded)))
    }
}
