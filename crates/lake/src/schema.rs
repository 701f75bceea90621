//! The columns of the tables: observations, and features with their attributes.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::Error;

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSchema {
    /// Results by datastream and time: the columns of [`crate::observations::schema`].
    Observations,
    /// Things with a geometry and these attributes: the columns of [`crate::features::schema`].
    Features(Vec<Attribute>),
}

/// An attribute of a feature: a column of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The column's name.
    pub name: String,
    /// What its values are.
    pub kind: AttributeKind,
}

/// What the values of an attribute are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// An instant, in UTC.
    Time,
}

impl AttributeKind {
    /// The kind's code in mappings.
    pub fn code(self) -> &'static str {
        match self {
            AttributeKind::Text => "text",
            AttributeKind::Number => "number",
            AttributeKind::Integer => "integer",
            AttributeKind::Boolean => "boolean",
            AttributeKind::Time => "time",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<AttributeKind> {
        use AttributeKind::{Boolean, Integer, Number, Text, Time};
        [Text, Number, Integer, Boolean, Time].into_iter().find(|kind| kind.code() == code)
    }

    /// The column type of its values.
    pub fn data_type(self) -> DataType {
        match self {
            AttributeKind::Text => DataType::Utf8,
            AttributeKind::Number => DataType::Float64,
            AttributeKind::Integer => DataType::Int64,
            AttributeKind::Boolean => DataType::Boolean,
            AttributeKind::Time => time_type(),
        }
    }

    fn of(data_type: &DataType) -> Option<AttributeKind> {
        use AttributeKind::{Boolean, Integer, Number, Text, Time};
        [Text, Number, Integer, Boolean, Time].into_iter().find(|kind| &kind.data_type() == data_type)
    }
}

impl TableSchema {
    /// The columns.
    pub fn arrow(&self) -> Result<SchemaRef, Error> {
        match self {
            TableSchema::Observations => Ok(crate::observations::schema()),
            TableSchema::Features(attributes) => crate::features::schema(attributes),
        }
    }

    /// What kind of table has these columns; `None` when it is none of ours.
    pub(crate) fn of(schema: &Schema) -> Option<TableSchema> {
        if schema.field_with_name("datastream").is_ok() {
            let expected = crate::observations::schema();
            return same_columns(schema, &expected).then_some(TableSchema::Observations);
        }
        let fixed = crate::features::schema(&[]).ok()?;
        let attributes = schema
            .fields()
            .iter()
            .filter(|field| fixed.field_with_name(field.name()).is_err())
            .map(|field| {
                Some(Attribute { name: field.name().clone(), kind: AttributeKind::of(field.data_type())? })
            })
            .collect::<Option<Vec<_>>>()?;
        let expected = crate::features::schema(&attributes).ok()?;
        same_columns(schema, &expected).then_some(TableSchema::Features(attributes))
    }
}

/// Whether the columns agree in name, type and nullability, in order.
pub(crate) fn same_columns(a: &Schema, b: &Schema) -> bool {
    a.fields().len() == b.fields().len()
        && a.fields().iter().zip(b.fields()).all(|(x, y)| {
            x.name() == y.name() && x.data_type() == y.data_type() && x.is_nullable() == y.is_nullable()
        })
}

/// Microseconds in UTC: the type of every time in the lake.
pub(crate) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// The columns that say where a row comes from.
pub(crate) fn provenance() -> [Field; 5] {
    [
        Field::new("run", DataType::Utf8, false),
        Field::new("origin_sheet", DataType::Int16, false),
        Field::new("origin_row", DataType::Int32, false),
        Field::new("origin_column", DataType::Int16, false),
        Field::new("recorded_at", time_type(), false),
    ]
}
