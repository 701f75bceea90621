//! Stored features as GeoJSON.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use chrono::DateTime;
use query::FeaturesAnswer;
use serde_json::{Map, Value};
use standards::geometry::Geometry;
use standards::ogc::{Feature, time_text};

use crate::http::{Answer, Problem};

/// Columns that are no attributes: the key, the geometry with its box, and where the row came from.
const NOT_ATTRIBUTES: [&str; 11] = [
    "feature",
    "geometry",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
    "run",
    "origin_sheet",
    "origin_row",
    "origin_column",
    "recorded_at",
];

/// So many features of so many bytes are read where they are: to hand them over takes longer.
const SMALL_ROWS: usize = 16;
const SMALL_BYTES: usize = 1 << 20;

/// The features of an answer and how many match. Geometry may be large: it is read off the request's threads.
pub(in crate::ogc) async fn rows(answer: FeaturesAnswer) -> Answer<(Vec<Feature>, u64)> {
    let matched = answer.matched;
    let bytes: usize = answer.batches.iter().map(|batch| batch.get_array_memory_size()).sum();
    let rows: usize = answer.batches.iter().map(RecordBatch::num_rows).sum();
    // A slice counts with all that it is a slice of.
    let is_small = rows <= SMALL_ROWS && bytes <= SMALL_BYTES;
    let read = move || {
        let mut features = Vec::new();
        for batch in &answer.batches {
            features.extend(batch_features(batch)?);
        }
        Ok(features)
    };
    let features: Answer<Vec<Feature>> = match is_small {
        true => read(),
        false => tokio::task::spawn_blocking(read).await.map_err(|error| Problem::internal(&error))?,
    };
    Ok((features?, matched))
}

fn batch_features(batch: &RecordBatch) -> Answer<Vec<Feature>> {
    let ids = batch.column_by_name("feature").and_then(|column| column.as_string_opt::<i32>());
    let geometries = batch.column_by_name("geometry").and_then(|column| column.as_binary_opt::<i32>());
    let (Some(ids), Some(geometries)) = (ids, geometries) else {
        return Err(stored("feature and geometry"));
    };
    let schema = batch.schema();
    let attributes: Vec<(&String, &dyn Array)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| !NOT_ATTRIBUTES.contains(&field.name().as_str()))
        .map(|(field, column)| (field.name(), column.as_ref()))
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let mut properties = Map::new();
            for (name, column) in &attributes {
                properties.insert((*name).clone(), value(*column, row)?);
            }
            let geometry = geometries.is_valid(row).then(|| Geometry::from_wkb(geometries.value(row)));
            Ok(Feature {
                id: ids.value(row).to_owned(),
                geometry: geometry.transpose().map_err(|error| Problem::internal(&error))?,
                properties,
                links: Vec::new(),
            })
        })
        .collect()
}

fn value(column: &dyn Array, row: usize) -> Answer<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).into(),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            DateTime::from_timestamp_micros(micros).map(time_text).into()
        }
        _ => return Err(stored("attribute")),
    })
}

/// The lake promises the types of the columns; where they differ, it is ours to mend.
fn stored(what: &str) -> Problem {
    Problem::internal(&std::io::Error::other(format!("a stored column of {what} has an unexpected type")))
}
