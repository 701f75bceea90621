//! The table of observations: one row a datastream and time.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::schema::{provenance, time_type};

/// The position of the `datastream` column.
pub(crate) const DATASTREAM: usize = 0;
/// The position of the `phenomenon_time` column.
pub(crate) const TIME: usize = 1;
/// The position of the `result` column.
pub(crate) const RESULT: usize = 3;
/// The columns whose difference makes a row a correction: `phenomenon_end, result, result_text`.
///
/// Quality is not among them: a new flag for an old value corrects nothing that was observed.
pub(crate) const VALUES: [usize; 3] = [2, 3, 4];

/// The columns of a row's flag: `quality, quality_tests`.
pub(crate) const FLAGS: [usize; 2] = [5, 6];

/// The columns of every table of observations, sorted by (datastream, phenomenon_time).
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields = vec![
            Field::new("datastream", DataType::Int64, false),
            Field::new("phenomenon_time", time_type(), false),
            Field::new("phenomenon_end", time_type(), true),
            Field::new("result", DataType::Float64, true),
            Field::new("result_text", DataType::Utf8, true),
            Field::new("quality", DataType::Int8, false),
            Field::new("quality_tests", DataType::Utf8, true),
        ];
        fields.extend(provenance());
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}
