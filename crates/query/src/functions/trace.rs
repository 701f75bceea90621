//! `trace(dataset, datastream, time)`: the path under which the service tells where a value is from.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::DateTime;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};

/// `trace(dataset, datastream, time [, version])`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Trace(Signature);

impl Trace {
    pub(crate) fn new() -> Trace {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")));
        let three = vec![DataType::Utf8View, DataType::Int64, time];
        let four = [three.clone(), vec![DataType::Int64]].concat();
        let either = TypeSignature::OneOf(vec![TypeSignature::Exact(three), TypeSignature::Exact(four)]);
        Trace(Signature::new(either, Volatility::Immutable))
    }
}

/// The path of the trace of one value; `time` in microseconds.
pub(crate) fn trace_path(dataset: &str, datastream: i64, time: i64, version: Option<i64>) -> Option<String> {
    DateTime::from_timestamp_micros(time)?;
    let mut path = String::with_capacity(112);
    write!(path, "/v1/trace?dataset={dataset}&datastream={datastream}&time=").ok()?;
    model::push_instant(&mut path, time);
    if let Some(version) = version {
        write!(path, "&version={version}").ok()?;
    }
    Some(path)
}

impl ScalarUDFImpl for Trace {
    fn name(&self) -> &str {
        "trace"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let datasets = arrays[0].as_string_view();
        let datastreams = arrays[1].as_primitive::<Int64Type>();
        let times = arrays[2].as_primitive::<TimestampMicrosecondType>();
        let versions = arrays.get(3).map(|array| array.as_primitive::<Int64Type>());
        let paths: StringArray = (0..datasets.len())
            .map(|row| {
                let there = datasets.is_valid(row) && datastreams.is_valid(row) && times.is_valid(row);
                let version = versions.and_then(|v| v.is_valid(row).then(|| v.value(row)));
                if !there || !is_id(datasets.value(row)) {
                    return None;
                }
                trace_path(datasets.value(row), datastreams.value(row), times.value(row), version)
            })
            .collect();
        Ok(ColumnarValue::Array(Arc::new(paths)))
    }
}

/// A dataset id needs no escaping in a path; what is none has no trace.
fn is_id(text: &str) -> bool {
    model::DatasetId::new(text).is_ok()
}
