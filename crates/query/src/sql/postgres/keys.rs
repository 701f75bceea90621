//! Keys of tables as PostgreSQL tells them: `pg_index` and `pg_constraint`, and what `information_schema` says
//! of them. A key is a fact about the rows; there is no index behind it that a read would use.

use arrow::array::RecordBatch;

use super::facts::{Facts, Key, TableFacts};
use super::rows::{
    batch, lists, long_lists, no_list, no_text, number, numbers, small, smalls, text, texts, truth,
};
use super::{Postgres, SCHEMA};
use crate::Error;

/// The operator class and the collation of a column of a key; 0 where a type has none.
const NO_CLASS: i64 = 0;

/// The tables that have a key.
pub(super) fn keyed(facts: &Facts) -> Vec<(&TableFacts, &Key)> {
    facts.tables.iter().filter_map(|table| Some((table, table.key.as_ref()?))).collect()
}

pub(super) fn indexes(facts: &Facts) -> Result<RecordBatch, Error> {
    let keyed = keyed(facts);
    let rows = keyed.len();
    let counts = || keyed.iter().map(|(_, key)| i16::try_from(key.places.len()).unwrap_or(i16::MAX));
    let zeros = |key: &Key| vec![0_i16; key.places.len()];
    let nothing = |key: &Key| vec![NO_CLASS; key.places.len()];
    batch(vec![
        ("indexrelid", numbers(keyed.iter().map(|(_, key)| key.index))),
        ("indrelid", numbers(keyed.iter().map(|(table, _)| table.oid))),
        ("indnatts", smalls(counts())),
        ("indnkeyatts", smalls(counts())),
        ("indisunique", truth(true, rows)),
        ("indnullsnotdistinct", truth(false, rows)),
        ("indisprimary", truth(true, rows)),
        ("indisexclusion", truth(false, rows)),
        ("indimmediate", truth(true, rows)),
        ("indisclustered", truth(false, rows)),
        ("indisvalid", truth(true, rows)),
        ("indcheckxmin", truth(false, rows)),
        ("indisready", truth(true, rows)),
        ("indislive", truth(true, rows)),
        ("indisreplident", truth(false, rows)),
        ("indkey", lists(keyed.iter().map(|(_, key)| key.places.clone()))),
        ("indcollation", long_lists(keyed.iter().map(|(_, key)| nothing(key)))),
        ("indclass", long_lists(keyed.iter().map(|(_, key)| nothing(key)))),
        ("indoption", lists(keyed.iter().map(|(_, key)| zeros(key)))),
        ("indexprs", no_text(rows)),
        ("indpred", no_text(rows)),
    ])
}

pub(super) fn constraints(facts: &Facts) -> Result<RecordBatch, Error> {
    let keyed = keyed(facts);
    let rows = keyed.len();
    batch(vec![
        ("oid", numbers(keyed.iter().map(|(_, key)| key.constraint()))),
        ("conname", texts(keyed.iter().map(|(_, key)| &key.name))),
        ("connamespace", number(2200, rows)),
        ("contype", text("p", rows)),
        ("condeferrable", truth(false, rows)),
        ("condeferred", truth(false, rows)),
        ("convalidated", truth(true, rows)),
        ("conrelid", numbers(keyed.iter().map(|(table, _)| table.oid))),
        ("contypid", number(0, rows)),
        ("conindid", numbers(keyed.iter().map(|(_, key)| key.index))),
        ("conparentid", number(0, rows)),
        ("confrelid", number(0, rows)),
        ("confupdtype", text(" ", rows)),
        ("confdeltype", text(" ", rows)),
        ("confmatchtype", text(" ", rows)),
        ("conislocal", truth(true, rows)),
        ("coninhcount", small(0, rows)),
        ("connoinherit", truth(true, rows)),
        ("conkey", lists(keyed.iter().map(|(_, key)| key.places.clone()))),
        ("confkey", no_list(rows)),
        ("conpfeqop", no_list(rows)),
        ("conppeqop", no_list(rows)),
        ("conffeqop", no_list(rows)),
        ("confdelsetcols", no_list(rows)),
        ("conexclop", no_list(rows)),
        ("conbin", no_text(rows)),
    ])
}

/// `pg_indexes`.
pub(super) fn index_texts(facts: &Facts) -> Result<RecordBatch, Error> {
    let keyed = keyed(facts);
    batch(vec![
        ("schemaname", text(SCHEMA, keyed.len())),
        ("tablename", texts(keyed.iter().map(|(table, _)| &table.name))),
        ("indexname", texts(keyed.iter().map(|(_, key)| &key.name))),
        ("tablespace", no_text(keyed.len())),
        ("indexdef", texts(keyed.iter().map(|(table, key)| index_text(table, key)))),
    ])
}

/// `information_schema.table_constraints`.
pub(super) fn table_constraints(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let keyed = keyed(facts);
    let rows = keyed.len();
    batch(vec![
        ("constraint_catalog", text(&postgres.database, rows)),
        ("constraint_schema", text(SCHEMA, rows)),
        ("constraint_name", texts(keyed.iter().map(|(_, key)| &key.name))),
        ("table_catalog", text(&postgres.database, rows)),
        ("table_schema", text(SCHEMA, rows)),
        ("table_name", texts(keyed.iter().map(|(table, _)| &table.name))),
        ("constraint_type", text("PRIMARY KEY", rows)),
        ("is_deferrable", text("NO", rows)),
        ("initially_deferred", text("NO", rows)),
        ("enforced", text("YES", rows)),
        ("nulls_distinct", no_text(rows)),
    ])
}

/// `information_schema.key_column_usage`, and `constraint_column_usage`, which has some of its columns.
pub(super) fn key_columns(facts: &Facts, postgres: &Postgres) -> Result<RecordBatch, Error> {
    let columns: Vec<(&TableFacts, &Key, &String, i32)> = keyed(facts)
        .into_iter()
        .flat_map(|(table, key)| (1..).zip(&key.columns).map(move |(at, column)| (table, key, column, at)))
        .collect();
    let rows = columns.len();
    batch(vec![
        ("constraint_catalog", text(&postgres.database, rows)),
        ("constraint_schema", text(SCHEMA, rows)),
        ("constraint_name", texts(columns.iter().map(|(_, key, ..)| &key.name))),
        ("table_catalog", text(&postgres.database, rows)),
        ("table_schema", text(SCHEMA, rows)),
        ("table_name", texts(columns.iter().map(|(table, ..)| &table.name))),
        ("column_name", texts(columns.iter().map(|(_, _, column, _)| column))),
        ("ordinal_position", super::rows::wholes(columns.iter().map(|(.., at)| *at))),
        ("position_in_unique_constraint", super::rows::no_whole(rows)),
    ])
}

/// What `pg_get_indexdef` says.
pub(super) fn index_text(table: &TableFacts, key: &Key) -> String {
    format!("CREATE UNIQUE INDEX {} ON {SCHEMA}.{} USING btree ({})", key.name, table.name, key.listed())
}

/// What it says where it is asked to write for people: without the schema, which is in the path.
pub(super) fn pretty_index_text(table: &TableFacts, key: &Key) -> String {
    format!("CREATE UNIQUE INDEX {} ON {} USING btree ({})", key.name, table.name, key.listed())
}

/// What `pg_get_constraintdef` says.
pub(super) fn constraint_text(key: &Key) -> String {
    format!("PRIMARY KEY ({})", key.listed())
}
