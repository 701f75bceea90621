//! The plan of a statement for the cluster.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::{JoinType, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, PartitionMode};

use super::{Elsewhere, Parcel};
use crate::Error;
use crate::engine::stop::Stop;
use crate::sql::{Scope, cluster_context};

/// The statement as it is sent; `None` when it has something that cannot be divided or sent, so that
/// it has to run here.
pub(crate) async fn parcel(
    elsewhere: &Elsewhere,
    scope: &Arc<Scope>,
    logical: &LogicalPlan,
    batch_rows: usize,
    stop: &Stop,
) -> Result<Option<Parcel>, Error> {
    let left = stop.deadline.saturating_duration_since(tokio::time::Instant::now());
    let state = cluster_context(scope, elsewhere.partitions, left).state();
    let plan = match state.create_physical_plan(logical).await {
        Ok(plan) if can_be_divided(&plan)? => plan,
        Ok(_) => {
            tracing::info!(why = "a join of it cannot be divided", "a large statement runs here");
            return Ok(None);
        }
        // It was planned for this machine a moment ago.
        Err(error) => match Error::from(error) {
            Error::Invalid { what, .. } => {
                tracing::info!(why = %what, "a large statement runs here");
                return Ok(None);
            }
            error => return Err(error),
        },
    };
    match elsewhere.cluster.pack(&plan) {
        Ok(bytes) => Ok(Some(Parcel {
            plan: bytes,
            schema: plan.schema(),
            batch_rows,
            partitions: elsewhere.partitions,
        })),
        Err(error) => {
            tracing::info!(why = %error, "a large statement runs here");
            Ok(None)
        }
    }
}

/// Whether every part of the plan gives the same rows when its right sides are divided among
/// machines. Nested loops that tell of left rows without a partner do not: each machine would tell.
/// Nor do joins that Ballista would divide in another way than they were planned.
fn can_be_divided(plan: &Arc<dyn ExecutionPlan>) -> Result<bool> {
    use JoinType::{Inner, Right, RightAnti, RightMark, RightSemi};
    let mut can = true;
    plan.apply(|node| {
        if let Some(nested) = node.downcast_ref::<NestedLoopJoinExec>() {
            can &= matches!(nested.join_type(), Inner | Right | RightSemi | RightAnti | RightMark);
        }
        if let Some(hashed) = node.downcast_ref::<HashJoinExec>() {
            can &= *hashed.partition_mode() == PartitionMode::Partitioned && !hashed.null_aware;
        }
        Ok(if can { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(can)
}
