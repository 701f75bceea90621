//! The tables of `pg_catalog` and `information_schema`, made when a statement names them.

use std::sync::Arc;

use arrow::array::{Float32Array, RecordBatch};
use datafusion::catalog::{MemTable, TableProvider};

use super::super::session::Tables;
use super::facts::{self, Facts};
use super::keys::{self, keyed};
use super::rows::{
    batch, no_text, number, numbers, small, smalls, text, texts, truth, truths, whole, wholes,
};
use super::types::{ALL, GEOMETRY, PgType};
use super::{INFORMATION_SCHEMA, PG_CATALOG, Postgres, SCHEMA, information, nothing, postgis};
use crate::Error;

/// The first number of tables and what belongs to them; those of PostGIS's types lie below.
pub(super) const FIRST_OID: u64 = 20_000;
/// The numbers of the schemas.
pub(super) const SCHEMAS: [(i64, &str); 3] = [(11, PG_CATALOG), (2200, SCHEMA), (13_000, INFORMATION_SCHEMA)];
/// The one role that tables belong to.
const OWNER: i64 = 10;
/// The numbers of the ways in which tables and indexes are kept.
const HEAP: i64 = 2;
const BTREE: i64 = 403;
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
            "pg_index",
            "pg_indexes",
            "pg_constraint",
            "pg_extension",
            "geometry_columns",
            "spatial_ref_sys",
        ],
    ),
    (
        INFORMATION_SCHEMA,
        &[
            "tables",
            "columns",
            "schemata",
            "table_constraints",
            "key_column_usage",
            "constraint_column_usage",
            "table_privileges",
        ],
    ),
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
    let facts = async || facts::of(&tables.scope).await;
    let batch = match (schema, name) {
        (PG_CATALOG, "pg_namespace") => namespaces()?,
        (PG_CATALOG, "pg_class") => classes(&*facts().await?)?,
        (PG_CATALOG, "pg_attribute") => attributes(&*facts().await?)?,
        (PG_CATALOG, "pg_type") => types()?,
        (PG_CATALOG, "pg_database") => databases(postgres)?,
        (PG_CATALOG, "pg_roles" | "pg_user" | "pg_authid") => roles(postgres)?,
        (PG_CATALOG, "pg_settings") => settings()?,
        (PG_CATALOG, "pg_tables") => plain_tables(&*facts().await?, postgres)?,
        (PG_CATALOG, "pg_am") => access_methods()?,
        (PG_CATALOG, "pg_description") => descriptions(&*facts().await?)?,
        (PG_CATALOG, "pg_index") => keys::indexes(&*facts().await?)?,
        (PG_CATALOG, "pg_indexes") => keys::index_texts(&*facts().await?)?,
        (PG_CATALOG, "pg_constraint") => keys::constraints(&*facts().await?)?,
        (PG_CATALOG, "pg_extension") => postgis::extensions()?,
        (PG_CATALOG, "geometry_columns") => postgis::geometry_columns(&*facts().await?, postgres)?,
        (PG_CATALOG, "spatial_ref_sys") => postgis::reference_systems()?,
        (INFORMATION_SCHEMA, "tables") => information::tables(&*facts().await?, postgres)?,
        (INFORMATION_SCHEMA, "columns") => information::columns(&*facts().await?, postgres)?,
        (INFORMATION_SCHEMA, "schemata") => information::schemata(postgres)?,
        (INFORMATION_SCHEMA, "table_constraints") => keys::table_constraints(&*facts().await?, postgres)?,
        (INFORMATION_SCHEMA, "key_column_usage" | "constraint_column_usage") => {
            keys::key_columns(&*facts().await?, postgres)?
        }
        (INFORMATION_SCHEMA, "table_privileges") => information::privileges(&*facts().await?, postgres)?,
        (schema, name) => match nothing::columns(schema, name) {
            Some(columns) => nothing::table(columns),
            None => return Ok(None),
        },
    };
    Ok(Some(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?)))
}

fn namespaces() -> Result<RecordBatch, Error> {
    batch(vec![
        ("oid", numbers(SCHEMAS.iter().map(|(oid, _)| *oid))),
        ("nspname", texts(SCHEMAS.iter().map(|(_, name)| *name))),
        ("nspowner", number(OWNER, SCHEMAS.len())),
        ("nspacl", no_text(SCHEMAS.len())),
    ])
}

fn classes(facts: &Facts) -> Result<RecordBatch, Error> {
    let tables = facts.tables.iter();
    let keyed = keyed(facts);
    let (first, rows) = (facts.tables.len(), facts.tables.len() + keyed.len());
    let indexes = || keyed.iter().map(|(_, key)| *key);
    // Numbers of rows are given as PostgreSQL's statistics are: as they are known, -1 for not.
    #[expect(clippy::cast_precision_loss, reason = "an estimate, as `reltuples` is")]
    let of_rows = |rows: Option<u64>| rows.map_or(-1.0_f32, |rows| rows as f32);
    let tuples = tables.clone().map(|table| of_rows(table.rows));
    let tuples = tuples.chain(keyed.iter().map(|(table, _)| of_rows(table.rows)));
    let count = |columns: usize| i16::try_from(columns).unwrap_or(i16::MAX);
    let counts = tables.clone().map(|table| count(table.columns.len()));
    let is_index = |row: usize| row >= first;
    batch(vec![
        ("oid", numbers(tables.clone().map(|table| table.oid).chain(indexes().map(|key| key.index)))),
        ("relname", texts(tables.clone().map(|table| &table.name).chain(indexes().map(|key| &key.name)))),
        ("relnamespace", number(2200, rows)),
        ("reltype", number(0, rows)),
        ("reloftype", number(0, rows)),
        ("relowner", number(OWNER, rows)),
        ("relam", numbers((0..rows).map(|row| if is_index(row) { BTREE } else { HEAP }))),
        ("relfilenode", number(0, rows)),
        ("reltablespace", number(0, rows)),
        ("relpages", whole(0, rows)),
        ("reltuples", Arc::new(Float32Array::from_iter_values(tuples))),
        ("relallvisible", whole(0, rows)),
        ("reltoastrelid", number(0, rows)),
        (
            "relhasindex",
            truths(tables.clone().map(|table| table.key.is_some()).chain(indexes().map(|_| false))),
        ),
        ("relisshared", truth(false, rows)),
        ("relpersistence", text("p", rows)),
        ("relkind", texts((0..rows).map(|row| if is_index(row) { "i" } else { "r" }))),
        ("relnatts", smalls(counts.chain(indexes().map(|key| count(key.columns.len()))))),
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

/// A column of a table or of an index.
struct Attribute<'a> {
    of_relation: i64,
    name: &'a str,
    of: PgType,
    typmod: i32,
    place: i16,
    is_nullable: bool,
}

fn attributes(facts: &Facts) -> Result<RecordBatch, Error> {
    let mut columns = Vec::new();
    for table in &facts.tables {
        columns.extend(table.columns.iter().map(|column| Attribute {
            of_relation: table.oid,
            name: &column.name,
            of: column.of,
            typmod: column.typmod,
            place: column.place,
            is_nullable: column.is_nullable,
        }));
    }
    for (table, key) in keyed(facts) {
        for (place, name) in (1..).zip(&key.columns) {
            let Some(column) = table.columns.iter().find(|column| column.name == *name) else { continue };
            let (of, typmod) = (column.of, column.typmod);
            columns.push(Attribute { of_relation: key.index, name, of, typmod, place, is_nullable: true });
        }
    }
    let rows = columns.len();
    batch(vec![
        ("attrelid", numbers(columns.iter().map(|column| column.of_relation))),
        ("attname", texts(columns.iter().map(|column| column.name))),
        ("atttypid", numbers(columns.iter().map(|column| i64::from(column.of.oid)))),
        ("attstattarget", whole(-1, rows)),
        ("attlen", smalls(columns.iter().map(|column| column.of.size))),
        ("attnum", smalls(columns.iter().map(|column| column.place))),
        ("attndims", whole(0, rows)),
        ("attcacheoff", whole(-1, rows)),
        ("atttypmod", wholes(columns.iter().map(|column| column.typmod))),
        ("attbyval", truth(false, rows)),
        ("attalign", text("i", rows)),
        ("attnotnull", truths(columns.iter().map(|column| !column.is_nullable))),
        ("atthasdef", truth(false, rows)),
        ("atthasmissing", truth(false, rows)),
        ("attidentity", text("", rows)),
        ("attgenerated", text("", rows)),
        ("attisdropped", truth(false, rows)),
        ("attislocal", truth(true, rows)),
        ("attinhcount", whole(0, rows)),
        ("attcollation", number(0, rows)),
        ("attstorage", text("p", rows)),
        ("attcompression", text("", rows)),
        ("attacl", no_text(rows)),
        ("attoptions", no_text(rows)),
        ("attfdwoptions", no_text(rows)),
        ("attmissingval", no_text(rows)),
    ])
}

/// The function that reads or writes a type: one for all lists.
fn in_or_out(of: &PgType, what: &str) -> String {
    // By these names drivers know how a type is sent (PostgreSQL 15, `pg_type.dat`).
    const APART: [&str; 13] = [
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "interval",
        "numeric",
        "json",
        "jsonb",
        "uuid",
        "record",
        "geometry",
        "geography",
    ];
    match of.name {
        name if name.starts_with('_') => format!("array_{what}"),
        name if APART.contains(&name) => format!("{name}_{what}"),
        name => format!("{name}{what}"),
    }
}

fn types() -> Result<RecordBatch, Error> {
    let rows = ALL.len();
    let element = |of: &PgType| match of.name {
        "int2vector" => PgType::of_oid(21),
        "oidvector" => PgType::of_oid(26),
        _ => ALL.into_iter().find(|element| element.array == of.oid),
    };
    batch(vec![
        ("oid", numbers(ALL.iter().map(|of| i64::from(of.oid)))),
        ("typname", texts(ALL.iter().map(|of| of.name))),
        ("typnamespace", numbers(ALL.iter().map(|of| if of.oid >= GEOMETRY { 2200 } else { 11 }))),
        ("typowner", number(OWNER, rows)),
        ("typlen", smalls(ALL.iter().map(|of| of.size))),
        ("typbyval", truth(false, rows)),
        ("typtype", text("b", rows)),
        ("typcategory", texts(ALL.iter().map(|of| of.category))),
        ("typispreferred", truth(false, rows)),
        ("typisdefined", truth(true, rows)),
        ("typdelim", text(",", rows)),
        ("typrelid", number(0, rows)),
        ("typelem", numbers(ALL.iter().map(|of| element(of).map_or(0, |of| i64::from(of.oid))))),
        ("typarray", numbers(ALL.iter().map(|of| i64::from(of.array)))),
        ("typinput", texts(ALL.iter().map(|of| in_or_out(of, "in")))),
        ("typoutput", texts(ALL.iter().map(|of| in_or_out(of, "out")))),
        ("typreceive", texts(ALL.iter().map(|of| in_or_out(of, "recv")))),
        ("typsend", texts(ALL.iter().map(|of| in_or_out(of, "send")))),
        ("typnotnull", truth(false, rows)),
        ("typbasetype", number(0, rows)),
        ("typtypmod", whole(-1, rows)),
        ("typndims", whole(0, rows)),
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
pub(super) const SETTINGS: [(&str, &str); 21] = [
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
    ("is_superuser", "off"),
    ("in_hot_standby", "off"),
    ("lc_collate", "C.UTF-8"),
    ("lc_ctype", "C.UTF-8"),
    ("lc_messages", "C.UTF-8"),
    ("ssl", "on"),
    ("work_mem", "4MB"),
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

fn plain_tables(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let rows = facts.tables.len();
    batch(vec![
        ("schemaname", text(SCHEMA, rows)),
        ("tablename", texts(facts.tables.iter().map(|table| &table.name))),
        ("tableowner", text(&postgres.user, rows)),
        ("tablespace", no_text(rows)),
        ("hasindexes", truths(facts.tables.iter().map(|table| table.key.is_some()))),
        ("hasrules", truth(false, rows)),
        ("hastriggers", truth(false, rows)),
        ("rowsecurity", truth(false, rows)),
    ])
}

fn access_methods() -> Result<RecordBatch, Error> {
    batch(vec![
        ("oid", numbers([HEAP, BTREE].into_iter())),
        ("amname", texts(["heap", "btree"].iter())),
        ("amhandler", texts(["heap_tableam_handler", "bthandler"].iter())),
        ("amtype", texts(["t", "i"].iter())),
    ])
}

/// The titles of datasets, as what is said of their tables, and what is said of columns.
fn descriptions(facts: &Facts) -> Result<RecordBatch, Error> {
    let mut told = Vec::new();
    for table in &facts.tables {
        told.extend(table.said.as_deref().map(|said| (table.oid, 0, said)));
        let columns = table.columns.iter();
        told.extend(columns.filter_map(|column| Some((table.oid, i32::from(column.place), column.said?))));
    }
    batch(vec![
        ("objoid", numbers(told.iter().map(|(oid, ..)| *oid))),
        ("classoid", number(1259, told.len())),
        ("objsubid", wholes(told.iter().map(|(_, place, _)| *place))),
        ("description", texts(told.iter().map(|(.., said)| said))),
    ])
}
