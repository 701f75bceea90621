//! Tables whose instants are shown in the zone of a session (`SET TIME ZONE`): what is cut into days there, or written
//! as a text, follows its clocks, as in PostgreSQL. The instants stay what they are, so that filters on them still
//! find files and pages.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Column, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableType, cast};
use datafusion::physical_plan::ExecutionPlan;

use super::super::session::SCHEMA;

/// A table behind a projection.
#[derive(Debug)]
struct Zoned {
    inner: Arc<dyn TableProvider>,
    plan: LogicalPlan,
    schema: SchemaRef,
}

/// The table with its instants in the zone; as it is when it has none.
pub(in crate::sql) fn zoned(
    inner: Arc<dyn TableProvider>,
    name: &str,
    zone: &str,
) -> Result<Arc<dyn TableProvider>> {
    let is_instant = |of: &DataType| matches!(of, DataType::Timestamp(_, Some(_)));
    let schema = inner.schema();
    if !schema.fields().iter().any(|field| is_instant(field.data_type())) {
        return Ok(inner);
    }
    let there = DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()));
    let columns = schema.fields().iter().map(|field| {
        let column = Expr::Column(Column::from_name(field.name()));
        match is_instant(field.data_type()) {
            true => cast(column, there.clone()).alias(field.name()),
            false => column,
        }
    });
    let table = TableReference::partial(SCHEMA, name);
    let scan = LogicalPlanBuilder::scan(table, provider_as_source(inner.clone()), None)?;
    let plan = scan.project(columns.collect::<Vec<_>>())?.build()?;
    let schema = plan.schema().inner().clone();
    Ok(Arc::new(Zoned { inner, plan, schema }))
}

#[async_trait]
impl TableProvider for Zoned {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> {
        Some(Cow::Borrowed(&self.plan))
    }

    /// The planner takes the projection in the place of the table, so that this is never asked.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.inner.scan(state, projection, filters, limit).await
    }
}
