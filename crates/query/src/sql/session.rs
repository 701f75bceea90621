//! The session of one request: its tables, functions and settings.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProviderList, SchemaProvider, TableProvider};
use datafusion::common::config::Dialect;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use model::DatasetKind;

use super::features::FeatureTable;
use super::functions::{AsKnownAt, HarmoniseFunction};
use super::held::CountHeld;
use super::interrupt::{self, StopWhenTold};
use super::observations::{ObservationTable, Which};
use super::postgres::{self, Described, Postgres};
use super::scope::Scope;
use super::spatial::JoinByBox;
use crate::cluster::{ByBox, Guard};
use crate::error::pass;
use crate::{functions, tables};

/// The catalogue's name in SQL.
pub(super) const CATALOG: &str = "cuulong";
/// The schema's name in SQL.
pub(super) const SCHEMA: &str = "public";
/// Whether a name is one of the tables that are there for everyone.
pub(super) fn is_fixed(name: &str) -> bool {
    model::TABLES_FOR_EVERYONE.contains(&name)
}

/// The dialect of statements.
pub(super) fn dialect(is_postgres: bool) -> Dialect {
    if is_postgres { Dialect::PostgreSQL } else { Dialect::Generic }
}

/// A session over what the scope may read.
pub(super) fn context(scope: &Arc<Scope>, postgres: Option<&Postgres>) -> SessionContext {
    let mut config = config(scope.engine.limits.threads.max(1));
    if postgres.is_some() {
        // Ours stands in its place, in the words of PostgreSQL.
        config = config.with_information_schema(false);
    }
    if let Some(zone) = postgres.and_then(|postgres| postgres.zone.clone()) {
        config.options_mut().execution.time_zone = Some(zone);
    }
    let rules: [Rule; 2] = [Arc::new(JoinByBox), Arc::new(StopWhenTold)];
    let context = with_rules(scope, config, rules, postgres.cloned());
    if let Some(postgres) = postgres {
        postgres::register(&context, postgres);
    }
    context
}

/// The same for plans that go to the cluster: without what works only when all parts of a plan are
/// in one process (Ballista's own list, its `ballista_restricted_configuration`).
pub(crate) fn cluster_context(scope: &Arc<Scope>, partitions: usize, left: Duration) -> SessionContext {
    let mut config = config(partitions.max(1)).with_round_robin_repartition(false);
    let optimizer = &mut config.options_mut().optimizer;
    optimizer.enable_physical_uncorrelated_scalar_subquery = false;
    // A join that collects one side is decided by Ballista, which knows how many parts there are.
    optimizer.hash_join_single_partition_threshold = 0;
    optimizer.hash_join_single_partition_threshold_rows = 0;
    optimizer.enable_dynamic_filter_pushdown = false;
    optimizer.enable_topk_dynamic_filter_pushdown = false;
    optimizer.enable_join_dynamic_filter_pushdown = false;
    optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    let guard = Guard::new(scope.clone(), left, scope.engine.limits.timeout);
    let rules: [Rule; 2] = [Arc::new(ByBox), Arc::new(guard)];
    with_rules(scope, config, rules, None)
}

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

fn config(partitions: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, SCHEMA);
    let options = config.options_mut();
    options.sql_parser.dialect = dialect(false);
    // What is said to have a zone and names none is in UTC.
    options.execution.time_zone = Some("UTC".to_owned());
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = false;
    options.execution.parquet.enable_page_index = true;
    // Lists of datastreams are looked up in the statistics of row groups and pages one by one.
    options.execution.parquet.max_in_list_size = 200;
    options.execution.keep_partition_by_columns = false;
    // A part that takes over files of another is no longer in the order that its files are in; a limit
    // behind a merge makes the engine forget that order matters (LimitPushdown, DataFusion 55.2).
    options.execution.enable_file_stream_work_stealing = false;
    config
}

fn with_rules(
    scope: &Arc<Scope>,
    config: SessionConfig,
    last: impl IntoIterator<Item = Rule>,
    postgres: Option<Postgres>,
) -> SessionContext {
    let catalogs = MemoryCatalogProviderList::new();
    let catalog: Arc<dyn CatalogProvider> = Arc::new(Tables { scope: scope.clone(), postgres });
    datafusion::catalog::CatalogProviderList::register_catalog(&catalogs, CATALOG.to_owned(), catalog);
    let mut builder = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(scope.engine.request_env())
        .with_default_features()
        .with_catalog_list(Arc::new(catalogs))
        .with_optimizer_rules(interrupt::optimizer_rules())
        .with_physical_optimizer_rules(interrupt::physical_rules())
        .with_physical_optimizer_rule(Arc::new(CountHeld));
    for rule in last {
        builder = builder.with_physical_optimizer_rule(rule);
    }
    let context = SessionContext::new_with_state(builder.build());
    functions::register(&context);
    context.register_udtf("harmonise", Arc::new(HarmoniseFunction::new(scope.clone())));
    context.register_udtf("as_known_at", Arc::new(AsKnownAt::new(scope.clone())));
    context
}

/// The catalogue and its one schema: the tables that the scope may read. Nothing can be added.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    pub(super) scope: Arc<Scope>,
    pub(super) postgres: Option<Postgres>,
}

impl CatalogProvider for Tables {
    fn schema_names(&self) -> Vec<String> {
        vec![SCHEMA.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        if let Some(postgres) = &self.postgres
            && let Some(described) = Described::schema(self.clone(), postgres.clone(), name)
        {
            return Some(Arc::new(described));
        }
        (name == SCHEMA).then(|| Arc::new(self.clone()) as Arc<dyn SchemaProvider>)
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        self.scope.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let zone = self.postgres.as_ref().and_then(|postgres| postgres.zone.as_deref());
        match (self.plain_table(name).await?, zone) {
            (Some(table), Some(zone)) => Ok(Some(postgres::zoned(table, name, zone)?)),
            (table, _) => Ok(table),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.scope.has_table(name)
    }
}

impl Tables {
    async fn plain_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let scope = &self.scope;
        if name == "observation" {
            return Ok(Some(Arc::new(ObservationTable::new(scope.clone(), Which::All))));
        }
        if is_fixed(name) {
            return Ok(Some(tables::fixed(scope, name).await.map_err(pass)?));
        }
        Ok(match scope.readable(name) {
            Some((dataset, DatasetKind::Observations)) => {
                let which = Which::One(dataset, scope.at());
                Some(Arc::new(ObservationTable::new(scope.clone(), which)))
            }
            Some((dataset, DatasetKind::Features | DatasetKind::Coverage)) => {
                Some(Arc::new(FeatureTable::open(scope, &dataset, scope.at()).await.map_err(pass)?))
            }
            _ => None,
        })
    }
}
