//! Items as what a filter is asked of: rows of a table, and features that are made here.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::DateTime;
use geo::Intersects;
use geo_types::Geometry as Shape;
use lake::{Attribute, AttributeKind};
use query::FeatureTest;
use serde_json::Value as Json;
use standards::cql2::{self, Expr, Subject, Value};
use standards::geometry::Geometry;
use standards::ogc::Feature;

use super::needs;
use super::wanted::Area;

/// The column of a property of a feature.
fn column_of(property: &str) -> &str {
    if property == "id" { "feature" } else { property }
}

/// The test of stored features: that they share a point with an area, and that a filter holds.
/// The table has these attributes.
pub(super) fn test(
    area: Option<&Area>,
    filter: Option<&Expr>,
    attributes: &[Attribute],
) -> Option<FeatureTest> {
    let kind = |name: &str| attributes.iter().find(|attribute| attribute.name == name).map(|a| a.kind);
    let has_id = kind("id").is_some();
    let named = |property: &str| if has_id { property.to_owned() } else { column_of(property).to_owned() };
    let mut columns: Vec<String> = filter.iter().flat_map(|filter| filter.properties()).map(named).collect();
    if area.is_some() {
        columns.push("geometry".to_owned());
    }
    columns.sort_unstable();
    columns.dedup();
    if area.is_none() && filter.is_none() {
        return None;
    }
    let column = |property: &str| match kind(property) {
        Some(kind) => Some((property.to_owned(), kind)),
        None => (property == "id").then(|| ("feature".to_owned(), AttributeKind::Text)),
    };
    let needs = filter.map(|filter| needs::of(filter, &column)).unwrap_or_default();
    let at_edge = filter.is_none() && area.is_some_and(|area| area.is_box);
    let (shape, filter) = (area.map(|area| area.shape.clone()), filter.cloned());
    let passes = move |batch: &RecordBatch| {
        (0..batch.num_rows())
            .map(|row| {
                let row = Row { batch, row, has_id };
                let meets = shape.as_ref().is_none_or(|area| match row.value("geometry") {
                    Value::Shape(shape) => area.intersects(&*shape),
                    _ => false,
                });
                meets && filter.as_ref().is_none_or(|filter| cql2::holds(filter, &row))
            })
            .collect()
    };
    Some(FeatureTest { columns, passes: Arc::new(passes), needs, at_edge })
}

/// A row of a table of features.
struct Row<'b> {
    batch: &'b RecordBatch,
    row: usize,
    has_id: bool,
}

impl Subject for Row<'_> {
    fn value(&self, property: &str) -> Value {
        let name = if self.has_id { property } else { column_of(property) };
        let Some(column) = self.batch.column_by_name(name).filter(|column| column.is_valid(self.row)) else {
            return Value::Null;
        };
        match column.data_type() {
            DataType::Utf8 => Value::Text(column.as_string::<i32>().value(self.row).to_owned()),
            DataType::Boolean => Value::Bool(column.as_boolean().value(self.row)),
            // What a double cannot hold exactly is compared as the nearest that it can.
            DataType::Int64 => Value::Number(column.as_primitive::<Int64Type>().value(self.row) as f64),
            DataType::Float64 => Value::Number(column.as_primitive::<Float64Type>().value(self.row)),
            DataType::Timestamp(..) => {
                let micros = column.as_primitive::<TimestampMicrosecondType>().value(self.row);
                let time = DateTime::from_timestamp_micros(micros);
                Value::Time(time, time)
            }
            DataType::Binary => {
                let shape = Geometry::from_wkb(column.as_binary::<i32>().value(self.row));
                shape.map_or(Value::Null, |shape| Value::Shape(Box::new(shape.to_shape())))
            }
            _ => Value::Null,
        }
    }
}

/// A feature that is made here.
pub(super) struct Made<'f>(pub(super) &'f Feature);

impl Subject for Made<'_> {
    fn value(&self, property: &str) -> Value {
        match property {
            "id" => Value::Text(self.0.id.clone()),
            "geometry" => shape_of(self.0).map_or(Value::Null, |shape| Value::Shape(Box::new(shape))),
            name => self.0.properties.get(name).map_or(Value::Null, of_json),
        }
    }
}

fn shape_of(feature: &Feature) -> Option<Shape<f64>> {
    feature.geometry.as_ref().map(Geometry::to_shape)
}

/// A JSON value as one of the language.
pub(in crate::ogc) fn of_json(value: &Json) -> Value {
    match value {
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(of_json).collect()),
        Json::Null | Json::Object(_) => Value::Null,
    }
}
