//! Observations with the position of their place as a geometry.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryBuilder, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use query::WholeSeries;

use crate::http::{Answer, Problem};

/// The columns of observations, and their geometry.
pub(super) fn schema(of: &Schema) -> SchemaRef {
    let geometry = Arc::new(Field::new("geometry", DataType::Binary, true));
    Arc::new(Schema::new(of.fields().iter().cloned().chain([geometry]).collect::<Vec<_>>()))
}

/// West, south, east and north of the places.
pub(super) fn around(series: &[WholeSeries]) -> Option<[f64; 4]> {
    let positions = series.iter().filter_map(|series| series.position);
    positions.fold(None, |edges, [x, y]| {
        let [west, south, east, north] = edges.unwrap_or([x, y, x, y]);
        Some([west.min(x), south.min(y), east.max(x), north.max(y)])
    })
}

/// The position of each series, as WKB.
pub(super) struct Places(HashMap<i64, [u8; 21]>);

impl Places {
    pub(super) fn new(series: &[WholeSeries]) -> Places {
        let placed = series.iter().filter_map(|series| Some((series.datastream, wkb(series.position?))));
        Places(placed.collect())
    }

    /// The rows with their geometry.
    pub(super) fn put(&self, batch: &RecordBatch, schema: &SchemaRef) -> Answer<RecordBatch> {
        let failed = |error: arrow::error::ArrowError| Problem::internal(&error);
        let at = batch.schema().index_of("datastream").map_err(failed)?;
        let mut shapes = BinaryBuilder::with_capacity(batch.num_rows(), batch.num_rows() * 21);
        for number in batch.column(at).as_primitive::<Int64Type>().values() {
            shapes.append_option(self.0.get(number));
        }
        let shapes: ArrayRef = Arc::new(shapes.finish());
        let columns = batch.columns().iter().cloned().chain([shapes]).collect();
        RecordBatch::try_new(schema.clone(), columns).map_err(failed)
    }
}

/// A point in little-endian WKB.
fn wkb([x, y]: [f64; 2]) -> [u8; 21] {
    let mut bytes = [0; 21];
    bytes[0] = 1;
    bytes[1] = 1;
    bytes[5..13].copy_from_slice(&x.to_le_bytes());
    bytes[13..].copy_from_slice(&y.to_le_bytes());
    bytes
}
