//! The place, property, unit and so on of a result, looked up by its datastream.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Builder};
use arrow::datatypes::{DataType, Int64Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::streams::StreamIndex;

/// One column of the datastreams' table as a function of the datastream's number. It cannot be
/// called in SQL: the tables' plans are made of it.
#[derive(Debug)]
pub(crate) struct StreamColumn {
    name: String,
    rows: Rows,
    values: ArrayRef,
    signature: Signature,
}

/// Finds the row of a datastream among the values.
#[derive(Debug)]
enum Rows {
    /// On the node that knows the datastreams.
    Index(Arc<StreamIndex>),
    /// Elsewhere, out of what the node has sent.
    Sent(Arc<HashMap<i64, u32>>),
}

impl Rows {
    fn of(&self, datastream: i64) -> Option<u32> {
        match self {
            Rows::Index(index) => index.row(datastream),
            Rows::Sent(rows) => rows.get(&datastream).copied(),
        }
    }

    /// The same rows have the same place in memory.
    fn place(&self) -> *const () {
        match self {
            Rows::Index(index) => Arc::as_ptr(index).cast(),
            Rows::Sent(rows) => Arc::as_ptr(rows).cast(),
        }
    }
}

impl StreamColumn {
    pub(crate) fn new(column: &str, index: Arc<StreamIndex>) -> Result<StreamColumn> {
        let values = index.values(column)?;
        Ok(StreamColumn::of(format!("{column}_of"), Rows::Index(index), values))
    }

    fn of(name: String, rows: Rows, values: ArrayRef) -> StreamColumn {
        let signature = Signature::exact(vec![DataType::Int64], Volatility::Immutable);
        StreamColumn { name, rows, values, signature }
    }

    /// The function as Arrow IPC: the datastreams that the plan may meet, with their values.
    pub(crate) fn written(&self) -> Result<Vec<u8>> {
        let Rows::Index(index) = &self.rows else {
            // Only the rows tell the order of the values here: they are written as they were read.
            return self.written_again();
        };
        let (datastreams, rows) = index.wanted();
        let values = arrow::compute::take(&self.values, &rows, None)?;
        // The text of the others, which views leave in place, does not go along.
        let values = match values.as_string_view_opt() {
            Some(texts) => Arc::new(texts.gc()) as ArrayRef,
            None => values,
        };
        ipc(Arc::new(datastreams), values)
    }

    fn written_again(&self) -> Result<Vec<u8>> {
        let Rows::Sent(rows) = &self.rows else { return Err(unreadable("it is not sent")) };
        let mut pairs: Vec<(u32, i64)> = rows.iter().map(|(datastream, row)| (*row, *datastream)).collect();
        pairs.sort_unstable();
        let datastreams: arrow::array::Int64Array =
            pairs.into_iter().map(|(_, datastream)| datastream).collect();
        ipc(Arc::new(datastreams), self.values.clone())
    }

    /// The function of what [`StreamColumn::written`] made.
    pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<StreamColumn> {
        let batch = StreamReader::try_new(bytes, None)?.next().ok_or_else(|| unreadable("no rows"))??;
        if batch.num_columns() != 2 {
            return Err(unreadable("not two columns"));
        }
        let datastreams = batch.column(0).as_primitive_opt::<Int64Type>();
        let datastreams = datastreams.ok_or_else(|| unreadable("no datastreams"))?;
        let rows = (0_u32..).zip(datastreams.values()).map(|(row, datastream)| (*datastream, row)).collect();
        Ok(StreamColumn::of(name.to_owned(), Rows::Sent(Arc::new(rows)), batch.column(1).clone()))
    }
}

fn ipc(datastreams: ArrayRef, values: ArrayRef) -> Result<Vec<u8>> {
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("datastream", datastreams, false),
        ("value", values, true),
    ])?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema())?;
    writer.write(&batch)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

fn unreadable(what: &str) -> DataFusionError {
    DataFusionError::Internal(format!("a column of datastreams cannot be read: {what}"))
}

impl PartialEq for StreamColumn {
    fn eq(&self, other: &StreamColumn) -> bool {
        self.name == other.name && std::ptr::eq(self.rows.place(), other.rows.place())
    }
}

impl Eq for StreamColumn {}

impl Hash for StreamColumn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.rows.place().hash(state);
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
                    let row = self.rows.of(now);
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
