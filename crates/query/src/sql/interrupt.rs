//! Makes statements stop when nobody waits for them: between the rules of the planner, and inside
//! operators that make many rows of few before they wait for anything.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{ColumnarValue, LogicalPlan};
use datafusion::optimizer::{Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder, SortMergeJoinExec,
};
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use futures::StreamExt;

use super::pass::{Pass, PassExec};
use crate::engine::Request;
use crate::engine::stop::Stop;

/// DataFusion's rules for logical plans, with a look at the sign after each of them.
pub(super) fn optimizer_rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let look: Arc<dyn OptimizerRule + Send + Sync> = Arc::new(Look);
    Optimizer::new().rules.into_iter().flat_map(|rule| [rule, look.clone()]).collect()
}

/// DataFusion's rules for physical plans, with a look at the sign after each of them.
pub(super) fn physical_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let look: Arc<dyn PhysicalOptimizerRule + Send + Sync> = Arc::new(Look);
    PhysicalOptimizer::new().rules.into_iter().flat_map(|rule| [rule, look.clone()]).collect()
}

/// Ends the planning of a statement that is to stop.
#[derive(Debug)]
struct Look;

fn look() -> Result<()> {
    Request::current().map_or(Ok(()), |request| request.stop.check())
}

impl OptimizerRule for Look {
    fn name(&self) -> &str {
        "look"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        look()?;
        Ok(Transformed::no(plan))
    }
}

impl PhysicalOptimizerRule for Look {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        look()?;
        Ok(plan)
    }

    fn name(&self) -> &str {
        "look"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The last rule: puts a node that stops over every source and every operator that can make many rows
/// of few, and a look at the sign into conditions that are tried pair by pair.
#[derive(Debug)]
pub(super) struct StopWhenTold;

impl PhysicalOptimizerRule for StopWhenTold {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(request) = Request::current() else { return Ok(plan) };
        let stop = &request.stop;
        plan.transform_up(|node| {
            let node = match node.downcast_ref::<NestedLoopJoinExec>() {
                Some(join) => match join.filter() {
                    Some(filter) => {
                        let filter = watched(filter, stop);
                        let join = NestedLoopJoinExecBuilder::from(join).with_filter(Some(filter)).build()?;
                        Arc::new(join) as Arc<dyn ExecutionPlan>
                    }
                    None => node,
                },
                None => node,
            };
            let source = node.children().is_empty();
            let grows = node.is::<NestedLoopJoinExec>()
                || node.is::<CrossJoinExec>()
                || node.is::<HashJoinExec>()
                || node.is::<SortMergeJoinExec>()
                || node.is::<UnnestExec>()
                || node.is::<RecursiveQueryExec>();
            if !source && !grows {
                return Ok(Transformed::no(node));
            }
            let stop = stop.clone();
            Ok(Transformed::yes(Arc::new(PassExec::over(node, stop)) as Arc<dyn ExecutionPlan>))
        })
        .data()
    }

    fn name(&self) -> &str {
        "stop_when_told"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn watched(filter: &JoinFilter, stop: &Stop) -> JoinFilter {
    let condition = Arc::new(Watched { inner: filter.expression().clone(), stop: stop.clone() });
    JoinFilter::new(condition, filter.column_indices().to_vec(), filter.schema().clone())
}

/// Passes rows on until it is told to stop, and lets other work of the thread go on in between.
impl Pass for Stop {
    const NAME: &'static str = "StopExec";

    fn pass(
        &self,
        input: &Arc<dyn ExecutionPlan>,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let stop = self.clone();
        let rows = input.execute(partition, context)?.then(move |batch| {
            let told = stop.check();
            async move {
                told?;
                // An operator that makes rows without reading any never waits by itself.
                tokio::task::consume_budget().await;
                batch
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(input.schema(), rows)))
    }
}

/// A condition that is an error once its request is to stop.
#[derive(Debug, Clone)]
struct Watched {
    inner: Arc<dyn PhysicalExpr>,
    stop: Stop,
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Watched) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl PhysicalExpr for Watched {
    fn data_type(&self, input_schema: &Schema) -> Result<DataType> {
        self.inner.data_type(input_schema)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.inner.nullable(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.stop.check()?;
        self.inner.evaluate(batch)
    }

    fn return_field(&self, input_schema: &Schema) -> Result<FieldRef> {
        self.inner.return_field(input_schema)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        match (children.pop(), children.is_empty()) {
            (Some(inner), true) => Ok(Arc::new(Watched { inner, stop: self.stop.clone() })),
            _ => Err(DataFusionError::Internal("a condition that is watched is one".to_owned())),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}
