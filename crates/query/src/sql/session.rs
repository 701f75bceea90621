//! The session of one request: its tables, functions and settings.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProviderList, SchemaProvider, TableProvider};
use datafusion::common::config::Dialect;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::{SessionConfig, SessionContext};
use model::DatasetKind;

use super::features::FeatureTable;
use super::functions::{AsKnownAt, HarmoniseFunction};
use super::held::CountHeld;
use super::interrupt::{self, StopWhenTold};
use super::observations::{ObservationTable, Which};
use super::scope::Scope;
use super::spatial::JoinByBox;
use crate::error::pass;
use crate::{functions, tables};

/// The catalogue's name in SQL.
pub(super) const CATALOG: &str = "cuulong";
/// The schema's name in SQL.
pub(super) const SCHEMA: &str = "public";
/// The tables that are there for everyone, whatever datasets there are.
pub(super) const FIXED: [&str; 8] = [
    "observation",
    "place",
    "place_parent",
    "property",
    "datastream",
    "crosswalk",
    "dataset",
    "river_station",
];

/// Whether a name is one of the tables that are there for everyone.
pub(super) fn is_fixed(name: &str) -> bool {
    FIXED.contains(&name)
}

/// The dialect of statements.
pub(super) fn dialect() -> Dialect {
    Dialect::Generic
}

/// A session over what the scope may read.
pub(super) fn context(scope: &Arc<Scope>) -> SessionContext {
    let mut config = SessionConfig::new()
        .with_target_partitions(scope.engine.limits.threads.max(1))
        .with_information_schema(true)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, SCHEMA);
    let options = config.options_mut();
    options.sql_parser.dialect = dialect();
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = false;
    options.execution.parquet.enable_page_index = true;
    // Lists of datastreams are looked up in the statistics of row groups and pages one by one.
    options.execution.parquet.max_in_list_size = 200;
    options.execution.keep_partition_by_columns = false;
    let catalogs = MemoryCatalogProviderList::new();
    let catalog: Arc<dyn CatalogProvider> = Arc::new(Tables { scope: scope.clone() });
    datafusion::catalog::CatalogProviderList::register_catalog(&catalogs, CATALOG.to_owned(), catalog);
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(scope.engine.request_env())
        .with_default_features()
        .with_catalog_list(Arc::new(catalogs))
        .with_optimizer_rules(interrupt::optimizer_rules())
        .with_physical_optimizer_rules(interrupt::physical_rules())
        .with_physical_optimizer_rule(Arc::new(CountHeld))
        .with_physical_optimizer_rule(Arc::new(JoinByBox))
        .with_physical_optimizer_rule(Arc::new(StopWhenTold))
        .build();
    let context = SessionContext::new_with_state(state);
    functions::register(&context);
    context.register_udtf("harmonise", Arc::new(HarmoniseFunction::new(scope.clone())));
    context.register_udtf("as_known_at", Arc::new(AsKnownAt::new(scope.clone())));
    context
}

/// The catalogue and its one schema: the tables that the scope may read. Nothing can be added.
#[derive(Debug, Clone)]
struct Tables {
    scope: Arc<Scope>,
}

impl CatalogProvider for Tables {
    fn schema_names(&self) -> Vec<String> {
        vec![SCHEMA.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        (name == SCHEMA).then(|| Arc::new(self.clone()) as Arc<dyn SchemaProvider>)
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        self.scope.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let scope = &self.scope;
        if name == "observation" {
            return Ok(Some(Arc::new(ObservationTable::new(scope.clone(), Which::All))));
        }
        if is_fixed(name) {
            return Ok(Some(tables::fixed(scope, name).await.map_err(pass)?));
        }
        Ok(match scope.readable(name) {
            Some((dataset, DatasetKind::Observations)) => {
                let which = Which::One(dataset.clone(), scope.at());
                Some(Arc::new(ObservationTable::new(scope.clone(), which)))
            }
            Some((dataset, DatasetKind::Features | DatasetKind::Coverage)) => {
                Some(Arc::new(FeatureTable::open(scope, dataset, scope.at()).await.map_err(pass)?))
            }
            _ => None,
        })
    }

    fn table_exist(&self, name: &str) -> bool {
        self.scope.has_table(name)
    }
}
