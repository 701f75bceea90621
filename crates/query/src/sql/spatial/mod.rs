//! The spatial join: `ST_…(a.geometry, b.geometry)` between two tables, over an index of boxes.
//!
//! Without it a join on such a condition compares every row with every row. The rule below finds
//! nested-loop joins whose condition has a spatial relation of one column of each side, and puts
//! an operator in their place that asks an R-tree first. What it answers is the same.

mod join;
mod shapes;

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::NestedLoopJoinExec;

pub(crate) use join::SpatialJoinExec;

/// Puts a [`SpatialJoinExec`] in the place of nested loops over a spatial relation.
#[derive(Debug)]
pub(crate) struct JoinByBox;

impl PhysicalOptimizerRule for JoinByBox {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let nested = node.downcast_ref::<NestedLoopJoinExec>();
            let inner = nested.filter(|nested| *nested.join_type() == JoinType::Inner);
            Ok(match inner.map(SpatialJoinExec::in_place_of).transpose()?.flatten() {
                Some(join) => Transformed::yes(Arc::new(join)),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &str {
        "join_by_box"
    }

    fn schema_check(&self) -> bool {
        true
    }
}
