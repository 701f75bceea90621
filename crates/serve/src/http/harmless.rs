//! Rows that go out as CSV hold no text that a spreadsheet would run as a formula.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

/// The rows with an apostrophe before such texts; rows without any are handed on as they are.
pub(super) fn harmless(batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let mut changed: Vec<(usize, ArrayRef)> = Vec::new();
    for (at, column) in batch.columns().iter().enumerate() {
        if !is_text(column.data_type()) {
            continue;
        }
        let texts = cast(column, &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        if texts.iter().flatten().any(|text| !formats::is_harmless(text)) {
            let safe: StringArray = texts.iter().map(|text| text.map(formats::harmless)).collect();
            changed.push((at, Arc::new(safe)));
        }
    }
    if changed.is_empty() {
        return Ok(batch);
    }
    let mut columns = batch.columns().to_vec();
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    for (at, column) in changed {
        fields[at] = Arc::new(Field::new(fields[at].name(), DataType::Utf8, true));
        columns[at] = column;
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, DictionaryArray, Float64Array, StringArray, StringViewArray};
    use arrow::datatypes::Int32Type;
    use arrow::record_batch::RecordBatch;

    use super::harmless;

    #[test]
    fn texts_of_every_kind_are_quoted_and_numbers_are_left() {
        let texts = ["=1+1", "Cần Thơ", "-2"];
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("a", Arc::new(StringArray::from(texts.to_vec()))),
            ("b", Arc::new(StringViewArray::from(texts.to_vec()))),
            ("c", Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>())),
            ("d", Arc::new(Float64Array::from(vec![-1.0, 2.0, 3.0]))),
        ];
        let safe = harmless(RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        for at in 0..3 {
            let column: Vec<&str> = safe.column(at).as_string::<i32>().iter().flatten().collect();
            assert_eq!(column, ["'=1+1", "Cần Thơ", "-2"]);
        }
        let mut written = Vec::new();
        arrow::csv::Writer::new(&mut written).write(&safe).unwrap();
        assert!(String::from_utf8(written).unwrap().contains("'=1+1,'=1+1,'=1+1,-1.0"));
    }
}
