//! The tables of `pg_catalog` and `information_schema`, made when a statement names them.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::catalog::{MemTable, SchemaProvider, TableProvider};

use super::super::session::{CATALOG, Tables};
use super::types::{ALL, PgType};
use super::{INFORMATION_SCHEMA, PG_CATALOG, Postgres, SCHEMA, nothing, table_oid};
use crate::Error;

/// The first number of what is not the server's own.
pub(super) const FIRST_OID: u64 = 16_384;
/// The numbers of the schemas.
const SCHEMAS: [(i64, &str); 3] = [(11, PG_CATALOG), (2200, SCHEMA), (13_000, INFORMATION_SCHEMA)];
/// The one role that tables belong to.
const OWNER: i64 = 10;
/// The number of the one database.
const DATABASE: i64 = 5;

/// What is made here, by schema.
const MADE: [(&str, &[&str]); 2] = [
    (
        PG_CATALOG,
        &[
            "pg_namespace",
            "pg_class",
            "pg_attribute",
            "pg_type",
            "pg_database",
            "pg_roles",
            "pg_user",
            "pg_authid",
            "pg_settings",
            "pg_tables",
            "pg_am",
            "pg_description",
        ],
    ),
    (INFORMATION_SCHEMA, &["tables", "columns", "schemata"]),
];

/// Whether there is such a table.
pub(in crate::sql) fn has_table(schema: &str, name: &str) -> bool {
    has_rows(schema, name) || nothing::columns(schema, name).is_some()
}

/// Whether there may be rows in a table of this name.
pub(super) fn has_rows(schema: &str, name: &str) -> bool {
    names(schema).any(|known| known == name)
}

/// The tables of a schema that may have rows.
pub(super) fn names(schema: &str) -> impl Iterator<Item = &'static str> {
    let of = MADE.iter().filter(move |(name, _)| *name == schema);
    of.flat_map(|(_, names)| names.iter().copied()).collect::<Vec<_>>().into_iter()
}

/// A table, if there is one of this name.
pub(super) async fn table(
    tables: &Tables,
    postgres: &Postgres,
    schema: &str,
    name: &str,
) -> Result<Option<Arc<dyn TableProvider>>, Error> {
    let batch = match (schema, name) {
        (PG_CATALOG, "pg_namespace") => namespaces()?,
        (PG_CATALOG, "pg_class") => classes(tables)?,
        (PG_CATALOG, "pg_attribute") => attributes(&columns(tables).await?)?,
        (PG_CATALOG, "pg_type") => types()?,
        (PG_CATALOG, "pg_database") => databases(postgres)?,
        (PG_CATALOG, "pg_roles" | "pg_user" | "pg_authid") => roles(postgres)?,
        (PG_CATALOG, "pg_settings") => settings()?,
        (PG_CATALOG, "pg_tables") => plain_tables(tables)?,
        (PG_CATALOG, "pg_am") => access_methods()?,
        (PG_CATALOG, "pg_description") => descriptions(tables).await?,
        (INFORMATION_SCHEMA, "tables") => information_tables(tables)?,
        (INFORMATION_SCHEMA, "columns") => information_columns(&columns(tables).await?)?,
        (INFORMATION_SCHEMA, "schemata") => schemata()?,
        (schema, name) => match nothing::columns(schema, name) {
            Some(columns) => nothing::table(columns),
            None => return Ok(None),
        },
    };
    Ok(Some(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?)))
}

/// A table's column.
struct Column {
    table: String,
    name: String,
    of: PgType,
    place: i16,
    nullable: bool,
}

/// The columns of every table that the principal may read.
async fn columns(tables: &Tables) -> Result<Vec<Column>, Error> {
    let mut columns = Vec::new();
    for name in names_of(tables) {
        // A table that cannot be opened now has no columns; who reads it is told why.
        let Ok(Some(table)) = tables.table(&name).await else { continue };
        for (place, field) in (1..).zip(table.schema().fields()) {
            columns.push(Column {
                table: name.clone(),
                name: field.name().clone(),
                of: PgType::of(field.data_type()),
                place,
                nullable: field.is_nullable(),
            });
        }
    }
    Ok(columns)
}

fn names_of(tables: &Tables) -> Vec<String> {
    let mut names = tables.table_names();
    names.sort_unstable();
    names
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Error> {
    let nullable = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(nullable).map_err(Error::internal)
}

fn numbers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn texts<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// The same value in every row.
fn text(value: &str, rows: usize) -> ArrayRef {
    texts(std::iter::repeat_n(value, rows))
}

fn number(value: i64, rows: usize) -> ArrayRef {
    numbers(std::iter::repeat_n(value, rows))
}

fn small(value: i16, rows: usize) -> ArrayRef {
    Arc::new(Int16Array::from_iter_values(std::iter::repeat_n(value, rows)))
}

fn truth(value: bool, rows: usize) -> ArrayRef {
    Arc::new(BooleanArray::from(vec![value; rows]))
}

fn no_text(rows: usize) -> ArrayRef {
    Arc::new(StringArray::new_null(rows))
}

fn namespaces() -> Result<RecordBatch, Error> {
    batch(vec![
        ("oid", numbers(SCHEMAS.iter().map(|(oid, _)| *oid))),
        ("nspname", texts(SCHEMAS.iter().map(|(_, name)| *name))),
        ("nspowner", number(OWNER, SCHEMAS.len())),
        ("nspacl", no_text(SCHEMAS.len())),
    ])
}

fn classes(tables: &Tables) -> Result<RecordBatch, Error> {
    let names = names_of(tables);
    let rows = names.len();
    batch(vec![
        ("oid", numbers(names.iter().map(|name| table_oid(name)))),
        ("relname", texts(names.iter())),
        ("relnamespace", number(2200, rows)),
        ("reltype", number(0, rows)),
        ("reloftype", number(0, rows)),
        ("relowner", number(OWNER, rows)),
        ("relam", number(2, rows)),
        ("relfilenode", number(0, rows)),
        ("reltablespace", number(0, rows)),
        ("relpages", number(0, rows)),
        ("reltuples", Arc::new(arrow::array::Float32Array::from(vec![-1.0_f32; rows]))),
        ("relallvisible", number(0, rows)),
        ("reltoastrelid", number(0, rows)),
        ("relhasindex", truth(false, rows)),
        ("relisshared", truth(false, rows)),
        ("relpersistence", text("p", rows)),
        ("relkind", text("r", rows)),
        ("relnatts", small(0, rows)),
        ("relchecks", small(0, rows)),
        ("relhasrules", truth(false, rows)),
        ("relhastriggers", truth(false, rows)),
        ("relhassubclass", truth(false, rows)),
        ("relrowsecurity", truth(false, rows)),
        ("relforcerowsecurity", truth(false, rows)),
        ("relispopulated", truth(true, rows)),
        ("relreplident", text("d", rows)),
        ("relispartition", truth(false, rows)),
        ("relrewrite", number(0, rows)),
        ("relacl", no_text(rows)),
        ("reloptions", no_text(rows)),
        ("relpartbound", no_text(rows)),
    ])
}

fn attributes(columns: &[Column]) -> Result<RecordBatch, Error> {
    let rows = columns.len();
    let sizes = columns.iter().map(|column| column.of.size);
    batch(vec![
        ("attrelid", numbers(columns.iter().map(|column| table_oid(&column.table)))),
        ("attname", texts(columns.iter().map(|column| &column.name))),
        ("atttypid", numbers(columns.iter().map(|column| i64::from(column.of.oid)))),
        ("attstattarget", number(-1, rows)),
        ("attlen", Arc::new(Int16Array::from_iter_values(sizes))),
        ("attnum", Arc::new(Int16Array::from_iter_values(columns.iter().map(|column| column.place)))),
        ("attndims", number(0, rows)),
        ("atttypmod", Arc::new(Int32Array::from(vec![-1; rows]))),
        ("attnotnull", Arc::new(BooleanArray::from_iter(columns.iter().map(|c| Some(!c.nullable))))),
        ("atthasdef", truth(false, rows)),
        ("atthasmissing", truth(false, rows)),
        ("attidentity", text("", rows)),
        ("attgenerated", text("", rows)),
        ("attisdropped", truth(false, rows)),
        ("attislocal", truth(true, rows)),
        ("attinhcount", number(0, rows)),
        ("attcollation", number(0, rows)),
        ("attstorage", text("p", rows)),
        ("attcompression", text("", rows)),
        ("attacl", no_text(rows)),
        ("attoptions", no_text(rows)),
        ("attfdwoptions", no_text(rows)),
    ])
}

fn types() -> Result<RecordBatch, Error> {
    let rows = ALL.len();
    let element = |of: &PgType| ALL.iter().find(|element| element.array == of.oid);
    batch(vec![
        ("oid", numbers(ALL.iter().map(|of| i64::from(of.oid)))),
        ("typname", texts(ALL.iter().map(|of| of.name))),
        ("typnamespace", number(11, rows)),
        ("typowner", number(OWNER, rows)),
        ("typlen", Arc::new(Int16Array::from_iter_values(ALL.iter().map(|of| of.size)))),
        ("typbyval", truth(false, rows)),
        ("typtype", text("b", rows)),
        ("typcategory", texts(ALL.iter().map(|of| of.category))),
        ("typispreferred", truth(false, rows)),
        ("typisdefined", truth(true, rows)),
        ("typdelim", text(",", rows)),
        ("typrelid", number(0, rows)),
        ("typelem", numbers(ALL.iter().map(|of| element(of).map_or(0, |of| i64::from(of.oid))))),
        ("typarray", numbers(ALL.iter().map(|of| i64::from(of.array)))),
        ("typinput", texts(ALL.iter().map(|of| format!("{}in", of.name)))),
        ("typoutput", texts(ALL.iter().map(|of| format!("{}out", of.name)))),
        ("typreceive", texts(ALL.iter().map(|of| format!("{}recv", of.name)))),
        ("typsend", texts(ALL.iter().map(|of| format!("{}send", of.name)))),
        ("typnotnull", truth(false, rows)),
        ("typbasetype", number(0, rows)),
        ("typtypmod", Arc::new(Int32Array::from(vec![-1; rows]))),
        ("typndims", number(0, rows)),
        ("typcollation", number(0, rows)),
        ("typdefault", no_text(rows)),
        ("typacl", no_text(rows)),
    ])
}

fn databases(postgres: &Postgres) -> Result<RecordBatch, Error> {
    batch(vec![
        ("oid", number(DATABASE, 1)),
        ("datname", text(&postgres.database, 1)),
        ("datdba", number(OWNER, 1)),
        ("encoding", number(6, 1)),
        ("datlocprovider", text("c", 1)),
        ("datcollate", text("C.UTF-8", 1)),
        ("datctype", text("C.UTF-8", 1)),
        ("daticulocale", no_text(1)),
        ("daticurules", no_text(1)),
        ("datistemplate", truth(false, 1)),
        ("datallowconn", truth(true, 1)),
        ("datconnlimit", number(-1, 1)),
        ("dattablespace", number(0, 1)),
        ("datacl", no_text(1)),
    ])
}

fn roles(postgres: &Postgres) -> Result<RecordBatch, Error> {
    batch(vec![
        ("oid", number(OWNER, 1)),
        ("rolname", text(&postgres.user, 1)),
        ("rolsuper", truth(false, 1)),
        ("rolinherit", truth(true, 1)),
        ("rolcreaterole", truth(false, 1)),
        ("rolcreatedb", truth(false, 1)),
        ("rolcanlogin", truth(true, 1)),
        ("rolreplication", truth(false, 1)),
        ("rolbypassrls", truth(false, 1)),
        ("rolconnlimit", number(-1, 1)),
        ("rolvaliduntil", no_text(1)),
        ("usename", text(&postgres.user, 1)),
        ("usesysid", number(OWNER, 1)),
        ("usecreatedb", truth(false, 1)),
        ("usesuper", truth(false, 1)),
    ])
}

/// What a server says of its settings, by name.
pub(super) const SETTINGS: [(&str, &str); 14] = [
    ("server_version", super::RELEASE),
    ("server_version_num", "150000"),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("search_path", "\"$user\", public"),
    ("datestyle", "ISO, MDY"),
    ("timezone", "UTC"),
    ("intervalstyle", "postgres"),
    ("standard_conforming_strings", "on"),
    ("integer_datetimes", "on"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("default_transaction_read_only", "on"),
    ("transaction_isolation", "read committed"),
];

fn settings() -> Result<RecordBatch, Error> {
    let rows = SETTINGS.len();
    batch(vec![
        ("name", texts(SETTINGS.iter().map(|(name, _)| *name))),
        ("setting", texts(SETTINGS.iter().map(|(_, value)| *value))),
        ("unit", no_text(rows)),
        ("category", text("", rows)),
        ("short_desc", text("", rows)),
        ("context", text("user", rows)),
        ("vartype", text("string", rows)),
        ("source", text("default", rows)),
        ("min_val", no_text(rows)),
        ("max_val", no_text(rows)),
        ("boot_val", texts(SETTINGS.iter().map(|(_, value)| *value))),
        ("reset_val", texts(SETTINGS.iter().map(|(_, value)| *value))),
    ])
}

fn plain_tables(tables: &Tables) -> Result<RecordBatch, Error> {
    let names = names_of(tables);
    let rows = names.len();
    batch(vec![
        ("schemaname", text(SCHEMA, rows)),
        ("tablename", texts(names.iter())),
        ("tableowner", text(CATALOG, rows)),
        ("tablespace", no_text(rows)),
        ("hasindexes", truth(false, rows)),
        ("hasrules", truth(false, rows)),
        ("hastriggers", truth(false, rows)),
        ("rowsecurity", truth(false, rows)),
    ])
}

fn access_methods() -> Result<RecordBatch, Error> {
    let columns = vec![
        ("oid", number(2, 1)),
        ("amname", text("heap", 1)),
        ("amhandler", text("heap_tableam_handler", 1)),
        ("amtype", text("t", 1)),
    ];
    batch(columns)
}

/// The titles of datasets, as what is said of their tables.
async fn descriptions(tables: &Tables) -> Result<RecordBatch, Error> {
    let readable = |id: &str| tables.scope.readable(id).is_some();
    let datasets = tables.scope.visible().await?;
    let told: Vec<_> = datasets.iter().filter(|dataset| readable(dataset.id.as_str())).collect();
    let title = |dataset: &model::Dataset| match &dataset.title.en {
        Some(english) => format!("{} · {english}", dataset.title.vi),
        None => dataset.title.vi.clone(),
    };
    batch(vec![
        ("objoid", numbers(told.iter().map(|dataset| table_oid(dataset.id.as_str())))),
        ("classoid", number(1259, told.len())),
        ("objsubid", Arc::new(Int32Array::from(vec![0; told.len()]))),
        ("description", texts(told.iter().map(|dataset| title(dataset)))),
    ])
}

fn information_tables(tables: &Tables) -> Result<RecordBatch, Error> {
    let names = names_of(tables);
    let rows = names.len();
    batch(vec![
        ("table_catalog", text(CATALOG, rows)),
        ("table_schema", text(SCHEMA, rows)),
        ("table_name", texts(names.iter())),
        ("table_type", text("BASE TABLE", rows)),
        ("is_insertable_into", text("NO", rows)),
        ("is_typed", text("NO", rows)),
    ])
}

fn information_columns(columns: &[Column]) -> Result<RecordBatch, Error> {
    let rows = columns.len();
    let nullable = |column: &Column| if column.nullable { "YES" } else { "NO" };
    let places = columns.iter().map(|column| i32::from(column.place));
    batch(vec![
        ("table_catalog", text(CATALOG, rows)),
        ("table_schema", text(SCHEMA, rows)),
        ("table_name", texts(columns.iter().map(|column| &column.table))),
        ("column_name", texts(columns.iter().map(|column| &column.name))),
        ("ordinal_position", Arc::new(Int32Array::from_iter_values(places))),
        ("column_default", no_text(rows)),
        ("is_nullable", texts(columns.iter().map(nullable))),
        ("data_type", texts(columns.iter().map(|column| column.of.sql))),
        ("character_maximum_length", Arc::new(Int32Array::new_null(rows))),
        ("numeric_precision", Arc::new(Int32Array::new_null(rows))),
        ("numeric_scale", Arc::new(Int32Array::new_null(rows))),
        ("datetime_precision", Arc::new(Int32Array::new_null(rows))),
        ("udt_catalog", text(CATALOG, rows)),
        ("udt_schema", text(PG_CATALOG, rows)),
        ("udt_name", texts(columns.iter().map(|column| column.of.name))),
        ("is_identity", text("NO", rows)),
        ("is_generated", text("NEVER", rows)),
        ("is_updatable", text("NO", rows)),
    ])
}

fn schemata() -> Result<RecordBatch, Error> {
    batch(vec![
        ("catalog_name", text(CATALOG, SCHEMAS.len())),
        ("schema_name", texts(SCHEMAS.iter().map(|(_, name)| *name))),
        ("schema_owner", text(CATALOG, SCHEMAS.len())),
    ])
}
