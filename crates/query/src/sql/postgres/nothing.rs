//! Tables of `pg_catalog` and `information_schema` that are there for outer joins, and never have a row.
//! Of others that never have one, statements have been answered before they come here.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};

use super::{INFORMATION_SCHEMA, PG_CATALOG};

/// The tables by schema and name, each with its columns (functions have their names for numbers): `t` are texts, `b` truths, `l` lists of small
/// numbers, and all others numbers.
const TABLES: [(&str, &str, &str); 21] = [
    (PG_CATALOG, "pg_range", "rngtypid rngsubtype rngmultitypid rngcollation rngsubopc"),
    (
        PG_CATALOG,
        "pg_collation",
        "oid collname:t collnamespace collowner collprovider:t collisdeterministic:b collencoding collcollate:t collctype:t",
    ),
    (PG_CATALOG, "pg_attrdef", "oid adrelid adnum adbin:t"),
    (PG_CATALOG, "pg_inherits", "inhrelid inhparent inhseqno inhdetachpending:b"),
    (PG_CATALOG, "pg_enum", "oid enumtypid enumsortorder enumlabel:t"),
    (PG_CATALOG, "pg_trigger", "oid tgrelid tgname:t tgfoid tgtype tgenabled:t tgisinternal:b"),
    (
        PG_CATALOG,
        "pg_proc",
        "oid:t proname:t pronamespace proowner prolang prokind:t proretset:b prorettype proargtypes:l \
         proargnames:t prosrc:t proacl:t",
    ),
    (PG_CATALOG, "pg_sequence", "seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle:b"),
    (PG_CATALOG, "pg_partitioned_table", "partrelid partstrat:t partnatts partexprs:t"),
    (PG_CATALOG, "pg_foreign_table", "ftrelid ftserver ftoptions:t"),
    (PG_CATALOG, "pg_foreign_server", "oid srvname:t srvowner srvfdw srvtype:t srvversion:t srvoptions:t"),
    (PG_CATALOG, "pg_tablespace", "oid spcname:t spcowner spcacl:t spcoptions:t"),
    (PG_CATALOG, "pg_depend", "classid objid objsubid refclassid refobjid refobjsubid deptype:t"),
    (PG_CATALOG, "pg_shdescription", "objoid classoid description:t"),
    (PG_CATALOG, "pg_opclass", "oid opcmethod opcname:t opcnamespace opcdefault:b"),
    (PG_CATALOG, "pg_rewrite", "oid rulename:t ev_class ev_type:t ev_enabled:t is_instead:b"),
    (PG_CATALOG, "pg_language", "oid lanname:t lanowner"),
    (PG_CATALOG, "pg_stat_user_tables", "relid schemaname:t relname:t seq_scan n_live_tup n_dead_tup"),
    (PG_CATALOG, "pg_policies", "schemaname:t tablename:t policyname:t"),
    (
        PG_CATALOG,
        "geography_columns",
        "f_table_catalog:t f_table_schema:t f_table_name:t f_geography_column:t coord_dimension srid type:t",
    ),
    (INFORMATION_SCHEMA, "views", "table_catalog:t table_schema:t table_name:t view_definition:t"),
];

/// The tables of PostGIS, which programs name without a schema.
pub(super) const OF_POSTGIS: [&str; 3] = ["geometry_columns", "geography_columns", "spatial_ref_sys"];

/// The columns of a table that never has a row, if it is known.
pub(super) fn columns(schema: &str, name: &str) -> Option<&'static str> {
    let found = TABLES.iter().find(|(of, known, _)| *of == schema && *known == name);
    found.map(|(_, _, columns)| *columns)
}

/// A table of these columns without rows.
pub(super) fn table(columns: &str) -> RecordBatch {
    let fields = columns.split_whitespace().map(|column| {
        let (name, of) = column.split_once(':').unwrap_or((column, ""));
        let of = match of {
            "t" => DataType::Utf8,
            "b" => DataType::Boolean,
            "l" => DataType::List(Arc::new(Field::new("item", DataType::Int16, true))),
            _ => DataType::Int64,
        };
        Field::new(name, of, true)
    });
    RecordBatch::new_empty(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}
