//! The tables of `information_schema` that have rows (ISO/IEC 9075-11), with the columns of PostgreSQL.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};

use super::facts::{ColumnFacts, Facts, TableFacts};
use super::nothing::OF_POSTGIS;
use super::rows::{batch, no_text, no_whole, text, texts, wholes};
use super::tables::SCHEMAS;
use super::types::GEOMETRY;
use super::{PG_CATALOG, Postgres, SCHEMA};
use crate::Error;

/// The tables, and those of PostGIS, by which clients tell that it is there.
pub(super) fn tables(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let own = facts.tables.iter().map(|table| (SCHEMA, table.name.as_str(), "BASE TABLE"));
    let of_postgis = OF_POSTGIS.iter().map(|name| (PG_CATALOG, *name, "VIEW"));
    let tables: Vec<(&str, &str, &str)> = own.chain(of_postgis).collect();
    let rows = tables.len();
    batch(vec![
        ("table_catalog", text(&postgres.database, rows)),
        ("table_schema", texts(tables.iter().map(|(schema, ..)| schema))),
        ("table_name", texts(tables.iter().map(|(_, name, _)| name))),
        ("table_type", texts(tables.iter().map(|(.., kind)| kind))),
        ("self_referencing_column_name", no_text(rows)),
        ("reference_generation", no_text(rows)),
        ("user_defined_type_catalog", no_text(rows)),
        ("user_defined_type_schema", no_text(rows)),
        ("user_defined_type_name", no_text(rows)),
        ("is_insertable_into", text("NO", rows)),
        ("is_typed", text("NO", rows)),
        ("commit_action", no_text(rows)),
    ])
}

pub(super) fn columns(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let columns: Vec<(&TableFacts, &ColumnFacts)> = facts
        .tables
        .iter()
        .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
        .collect();
    let rows = columns.len();
    let of_type = |give: fn(u32) -> Option<i32>| -> ArrayRef {
        let values = columns.iter().map(|(_, column)| give(column.of.oid));
        Arc::new(values.collect::<Int32Array>())
    };
    let is_own = |column: &ColumnFacts| column.of.oid >= GEOMETRY;
    let kind = |column: &ColumnFacts| match column.of.category {
        _ if is_own(column) => "USER-DEFINED",
        "A" => "ARRAY",
        _ => column.of.sql,
    };
    let nullable = |column: &ColumnFacts| if column.is_nullable { "YES" } else { "NO" };
    batch(vec![
        ("table_catalog", text(&postgres.database, rows)),
        ("table_schema", text(SCHEMA, rows)),
        ("table_name", texts(columns.iter().map(|(table, _)| &table.name))),
        ("column_name", texts(columns.iter().map(|(_, column)| &column.name))),
        ("ordinal_position", wholes(columns.iter().map(|(_, column)| i32::from(column.place)))),
        ("column_default", no_text(rows)),
        ("is_nullable", texts(columns.iter().map(|(_, column)| nullable(column)))),
        ("data_type", texts(columns.iter().map(|(_, column)| kind(column)))),
        ("character_maximum_length", no_whole(rows)),
        ("character_octet_length", no_whole(rows)),
        ("numeric_precision", of_type(precision)),
        ("numeric_precision_radix", of_type(|oid| precision(oid).map(|_| 2))),
        ("numeric_scale", of_type(|oid| matches!(oid, 20 | 21 | 23).then_some(0))),
        (
            "datetime_precision",
            of_type(|oid| match oid {
                1083 | 1114 | 1184 => Some(6),
                1082 => Some(0),
                _ => None,
            }),
        ),
        ("interval_type", no_text(rows)),
        ("interval_precision", no_whole(rows)),
        ("character_set_name", no_text(rows)),
        ("collation_catalog", no_text(rows)),
        ("collation_schema", no_text(rows)),
        ("collation_name", no_text(rows)),
        ("domain_catalog", no_text(rows)),
        ("domain_schema", no_text(rows)),
        ("domain_name", no_text(rows)),
        ("udt_catalog", text(&postgres.database, rows)),
        (
            "udt_schema",
            texts(columns.iter().map(|(_, column)| if is_own(column) { SCHEMA } else { PG_CATALOG })),
        ),
        ("udt_name", texts(columns.iter().map(|(_, column)| column.of.name))),
        ("dtd_identifier", texts(columns.iter().map(|(_, column)| column.place.to_string()))),
        ("is_self_referencing", text("NO", rows)),
        ("is_identity", text("NO", rows)),
        ("identity_generation", no_text(rows)),
        ("is_generated", text("NEVER", rows)),
        ("generation_expression", no_text(rows)),
        ("is_updatable", text("NO", rows)),
    ])
}

/// The binary digits of a type of numbers.
fn precision(oid: u32) -> Option<i32> {
    match oid {
        21 => Some(16),
        23 => Some(32),
        20 => Some(64),
        700 => Some(24),
        701 => Some(53),
        _ => None,
    }
}

pub(super) fn schemata(postgres: &Postgres) -> Result<RecordBatch, Error> {
    let rows = SCHEMAS.len();
    batch(vec![
        ("catalog_name", text(&postgres.database, rows)),
        ("schema_name", texts(SCHEMAS.iter().map(|(_, name)| *name))),
        ("schema_owner", text(&postgres.user, rows)),
        ("default_character_set_catalog", no_text(rows)),
        ("default_character_set_schema", no_text(rows)),
        ("default_character_set_name", no_text(rows)),
        ("sql_path", no_text(rows)),
    ])
}

/// What the principal may do: read what it sees.
pub(super) fn privileges(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let rows = facts.tables.len();
    batch(vec![
        ("grantor", text(&postgres.user, rows)),
        ("grantee", text(&postgres.user, rows)),
        ("table_catalog", text(&postgres.database, rows)),
        ("table_schema", text(SCHEMA, rows)),
        ("table_name", texts(facts.tables.iter().map(|table| &table.name))),
        ("privilege_type", text("SELECT", rows)),
        ("is_grantable", text("NO", rows)),
        ("with_hierarchy", text("YES", rows)),
    ])
}
