//! The spatial join on its way: nested loops, which every part of a cluster can plan with, under a
//! node that runs them over an index of boxes.

use std::fmt;
use std::sync::{Arc, OnceLock};

use datafusion::common::JoinType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties};

use crate::sql::SpatialJoinExec;

/// Puts a [`ByBoxExec`] over nested loops whose condition is a spatial relation of the two sides.
#[derive(Debug)]
pub(crate) struct ByBox;

impl PhysicalOptimizerRule for ByBox {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match in_place_of(&node)? {
                Some(_) => Transformed::yes(Arc::new(ByBoxExec::new(node)) as Arc<dyn ExecutionPlan>),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "by_box"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn in_place_of(node: &Arc<dyn ExecutionPlan>) -> Result<Option<SpatialJoinExec>> {
    match node.downcast_ref::<NestedLoopJoinExec>() {
        Some(nested) if *nested.join_type() == JoinType::Inner => SpatialJoinExec::in_place_of(nested),
        _ => Ok(None),
    }
}

/// Runs the nested loops below it as a spatial join.
#[derive(Debug)]
pub(super) struct ByBoxExec {
    nested: Arc<dyn ExecutionPlan>,
    /// Made once, since its partitions share one index.
    join: OnceLock<Arc<dyn ExecutionPlan>>,
}

impl ByBoxExec {
    pub(super) fn new(nested: Arc<dyn ExecutionPlan>) -> ByBoxExec {
        ByBoxExec { nested, join: OnceLock::new() }
    }
}

impl DisplayAs for ByBoxExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByBoxExec")
    }
}

impl ExecutionPlan for ByBoxExec {
    fn name(&self) -> &str {
        "ByBoxExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.nested.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.nested]
    }

    fn apply_expressions(
        &self,
        _visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(nested), true) => Ok(Arc::new(ByBoxExec::new(nested))),
            _ => Err(DataFusionError::Internal("a join by box stands over one join".to_owned())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let join = match self.join.get() {
            Some(join) => join,
            None => {
                // Whoever planned with the loops may have changed them into something else.
                let made: Arc<dyn ExecutionPlan> = match in_place_of(&self.nested)? {
                    Some(join) => Arc::new(join),
                    None => self.nested.clone(),
                };
                self.join.get_or_init(|| made)
            }
        };
        join.execute(partition, context)
    }
}
