//! What clients of PostgreSQL ask a server about itself: its schemas, tables, columns and types, in
//! the tables and functions of `pg_catalog` and `information_schema`. Only what the principal may read
//! is in them, as everywhere.

mod adapt;
mod aggregates;
mod beside;
mod built;
mod calls;
mod casts;
mod clocks;
mod comments;
mod decimals;
mod emptied;
mod exact;
mod exists;
mod facts;
mod forms;
mod information;
mod introspection;
mod keys;
mod lateral;
mod naming;
mod nothing;
mod numbered;
mod operators;
mod origins;
mod patterns;
mod postgis;
mod readings;
mod row_values;
mod rows;
mod series;
mod shapes;
mod similar;
mod small;
mod span_words;
mod tables;
mod twins;
mod types;
mod typmod;
mod unnested;
mod whole_rows;
mod zoned;
mod zones;

use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;

pub(super) use facts::Facts;
pub use origins::Origin;
pub(super) use origins::{origins, with_plain_shapes};
pub(super) use tables::has_table;
pub(super) use types::OID;
pub use types::PgType;
pub(super) use zoned::zoned;

use shapes::Elsewhere;
use wording::told;

use super::scope::Scope;
use super::session::{SCHEMA, Tables};
use crate::Error;
use crate::error::pass;

/// The schema that describes a server.
const PG_CATALOG: &str = "pg_catalog";
/// The schema of the standard.
const INFORMATION_SCHEMA: &str = "information_schema";
/// The release whose catalogue this is like.
const RELEASE: &str = "15.0";

/// A session of the PostgreSQL protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postgres {
    /// The name that the client signed in with.
    pub user: String,
    /// The database that it asked for; there is one, whatever its name.
    pub database: String,
    /// The number of its connection.
    pub process: i32,
    /// The zone in which it shows instants, where that is not UTC.
    pub zone: Option<String>,
}

impl Postgres {
    /// What `version()` says.
    pub fn version() -> String {
        format!("PostgreSQL {RELEASE} (Cửu Long {})", env!("CARGO_PKG_VERSION"))
    }

    /// The zone of a name that the client gives its session (§8.5.3): hours east of UTC, a name of the tables of
    /// zones, or an offset in POSIX's form, which counts westwards. `UTC` itself is one.
    pub fn zone(text: &str) -> Option<String> {
        zones::named(text)
    }

    /// Where instants are shown.
    fn there(&self) -> Tz {
        self.zone.as_deref().and_then(|zone| Tz::from_str(zone).ok()).unwrap_or_else(utc)
    }

    /// A column's name as it is shown: the planner takes every name once, PostgreSQL does not.
    pub fn shown(name: &str) -> &str {
        naming::shown(name)
    }

    /// What the server says of a setting.
    pub fn setting(name: &str) -> Option<&'static str> {
        let name = name.to_lowercase();
        tables::SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The release, as a server tells it at the start.
    pub fn release() -> &'static str {
        RELEASE
    }
}

/// Turns a statement into one that the planner takes, and gives the planner the functions that it calls
/// over what the catalogue says.
pub(super) async fn prepare(
    state: &mut SessionState,
    statement: &mut Statement,
    postgres: &Postgres,
    scope: &Arc<Scope>,
) -> Result<(), Error> {
    let written = statement.to_string().len();
    let needs = adapt::adapt(statement, postgres, scope);
    super::text::check_grown(statement, written)?;
    if let Some((name, elsewhere)) = needs.refused {
        return Err(not_offered(name, elsewhere));
    }
    if needs.asks_numbers {
        let facts = facts::of(scope).await?;
        for function in numbered::functions(&facts) {
            state.register_udf(Arc::new(function))?;
        }
    }
    Ok(())
}

fn not_offered(name: &str, elsewhere: Elsewhere) -> Error {
    let what = told!("query-function-not-offered", "`{name}` is not offered in SQL here", name = name);
    let hint = match elsewhere {
        Elsewhere::Systems => told!(
            "query-other-systems",
            "geometries are in WGS 84: other systems are under /ogc, and metres by `geometry::geography`"
        ),
        Elsewhere::Tiles => told!("query-tiles-instead", "take the tiles of the collection under /ogc"),
        Elsewhere::Computed => {
            told!("query-compute-geometry", "read the geometry, and compute with it in QGIS, GeoPandas or sf")
        }
    };
    Error::invalid(what, hint)
}

/// A planned statement with the texts that stand beside times as the planner reads them, by the clocks of the session.
pub(super) fn with_times(plan: LogicalPlan, postgres: Option<&Postgres>) -> Result<LogicalPlan, Error> {
    let plan = beside::read(plan, postgres.map_or_else(utc, Postgres::there))?;
    Ok(match postgres {
        Some(postgres) => exact::rounded(clocks::follow(plan, postgres.zone.as_deref().unwrap_or("UTC"))?)?,
        None => plan,
    })
}

fn utc() -> Tz {
    Tz::from_str("+00:00").expect("UTC is a zone")
}

/// Gives a session what statements of PostgreSQL call beyond what every statement may.
pub(super) fn register(context: &SessionContext, postgres: &Postgres) {
    if let Some(zone) = &postgres.zone {
        context.register_udf(crate::functions::timezone_in(zone));
    }
    forms::register(context);
    operators::register(context, postgres.there());
}

/// One of the two schemas that describe.
#[derive(Debug)]
pub(super) struct Described {
    tables: Tables,
    postgres: Postgres,
    schema: &'static str,
}

impl Described {
    /// The schema of this name, if it is one that describes.
    pub(super) fn schema(tables: Tables, postgres: Postgres, name: &str) -> Option<Described> {
        let schema = [PG_CATALOG, INFORMATION_SCHEMA].into_iter().find(|schema| *schema == name)?;
        Some(Described { tables, postgres, schema })
    }
}

#[async_trait]
impl SchemaProvider for Described {
    fn table_names(&self) -> Vec<String> {
        tables::names(self.schema).map(str::to_owned).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        tables::table(&self.tables, &self.postgres, self.schema, name).await.map_err(pass)
    }

    fn table_exist(&self, name: &str) -> bool {
        has_table(self.schema, name)
    }
}

/// The number of the index that stands for a table's key.
fn index_oid(table: &str) -> i64 {
    table_oid(&format!("{table}_pkey"))
}

/// The number of a table: from its name, so that it is the same in every session.
fn table_oid(name: &str) -> i64 {
    // FNV-1a.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let range = (1_u64 << 31) - tables::FIRST_OID;
    i64::try_from(tables::FIRST_OID + hash % range).unwrap_or_default()
}
