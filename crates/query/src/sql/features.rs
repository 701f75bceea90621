//! Features as SQL tables, with their geometry as the spatial functions take it.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType, col, lit as number};
use datafusion::physical_expr::expressions::{Column, lit};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use datafusion::scalar::ScalarValue;
use lake::DataFile;

use super::filters::{only_uses, physical};
use super::scan::{self, Scan, sql_schema};
use super::scope::{Member, Scope};
use crate::functions::box_asked_for;
use crate::streams::VERSION;
use crate::{At, Error};

/// A dataset of features as a table.
#[derive(Debug)]
pub(crate) struct FeatureTable {
    scope: Arc<Scope>,
    member: Arc<Member>,
    stored: SchemaRef,
    schema: SchemaRef,
}

impl FeatureTable {
    /// The table of a member that the scope has pinned.
    pub(crate) fn new(scope: Arc<Scope>, member: Arc<Member>) -> Result<FeatureTable, Error> {
        let stored = match &member.snapshot {
            Some(snapshot) => snapshot.schema(),
            None => lake::features::schema(&[])?,
        };
        let stored = with_geometry(&sql_schema(&stored));
        let mut fields: Vec<FieldRef> = stored.fields().iter().cloned().collect();
        if stored.index_of(VERSION).is_err() {
            fields.push(Arc::new(Field::new(VERSION, DataType::Int64, true)));
        }
        let schema = Arc::new(Schema::new(fields));
        Ok(FeatureTable { scope, member, stored, schema })
    }

    /// At which version a table that a statement names by itself is read.
    pub(crate) async fn open(
        scope: &Arc<Scope>,
        dataset: &model::DatasetId,
        at: At,
    ) -> Result<FeatureTable, Error> {
        let member = scope.member(dataset, at).await?;
        FeatureTable::new(scope.clone(), member)
    }
}

/// Marks the geometry as WKB for the spatial functions (GeoArrow extension type `geoarrow.wkb`).
pub(crate) fn with_geometry(schema: &Schema) -> SchemaRef {
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "geometry" => Field::clone(field).with_metadata(
                [("ARROW:extension:name".to_owned(), "geoarrow.wkb".to_owned())].into_iter().collect(),
            ),
            _ => Field::clone(field),
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// What the box of a feature has to be for it to meet another: files, row groups and pages are left out by
/// it before a geometry is read.
fn meets([west, south, east, north]: [f64; 4]) -> [Expr; 4] {
    [
        col("xmin").lt_eq(number(east)),
        col("xmax").gt_eq(number(west)),
        col("ymin").lt_eq(number(north)),
        col("ymax").gt_eq(number(south)),
    ]
}

#[async_trait]
impl TableProvider for FeatureTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let answer = |filter: &&Expr| match only_uses(filter, |name| self.stored.index_of(name).is_ok()) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(answer).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let output: Vec<FieldRef> = match projection {
            Some(columns) => columns.iter().map(|at| self.schema.fields()[*at].clone()).collect(),
            None => self.schema.fields().iter().cloned().collect(),
        };
        let files: Vec<&DataFile> = match &self.member.snapshot {
            Some(snapshot) => {
                self.scope.note_read(snapshot);
                snapshot.files().iter().collect()
            }
            None => Vec::new(),
        };
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(Arc::new(Schema::new(output)))));
        }
        let boxes = filters.iter().filter_map(|filter| box_asked_for(filter, "geometry")).flat_map(meets);
        let condition = conjunction(filters.iter().cloned().chain(boxes));
        let mut columns: Vec<usize> =
            output.iter().filter_map(|field| self.stored.index_of(field.name()).ok()).collect();
        let used = condition.iter().flat_map(Expr::column_refs);
        columns.extend(used.filter_map(|column| self.stored.index_of(&column.name).ok()));
        columns.sort_unstable();
        columns.dedup();
        let limit = if condition.is_none() { limit } else { None };
        let scan = Scan { schema: self.stored.clone(), columns, files, sorted_by: &[], limit };
        let mut plan = scan::plan(state, &scan)?;
        if let Some(condition) = condition {
            let predicate = physical(state, &condition, &plan.schema())?;
            plan = Arc::new(FilterExec::try_new(predicate, plan)?);
        }
        let schema = plan.schema();
        let expressions = output
            .iter()
            .map(|field| {
                let name = field.name().clone();
                let expression: Arc<dyn PhysicalExpr> = match Column::new_with_schema(&name, &schema) {
                    Ok(column) => Arc::new(column),
                    Err(_) => lit(ScalarValue::Int64(self.member.version())),
                };
                (expression, name)
            })
            .collect::<Vec<_>>();
        Ok(Arc::new(ProjectionExec::try_new(expressions, plan)?))
    }
}
