//! Counts the rows that a window function holds, which DataFusion's operator does not count itself.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::WindowAggExec;
use futures::StreamExt;

use super::pass::{Pass, PassExec};

/// Puts a [`HeldExec`] under every operator that collects its whole input uncounted.
#[derive(Debug)]
pub(super) struct CountHeld;

impl PhysicalOptimizerRule for CountHeld {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            if !node.is::<WindowAggExec>() {
                return Ok(Transformed::no(node));
            }
            let children = node.children().into_iter().cloned();
            let held =
                children.map(|input| Arc::new(HeldExec::new(input)) as Arc<dyn ExecutionPlan>).collect();
            let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
            Ok(Transformed::yes(node.replace_children(held, options)?))
        })
        .data()
    }

    fn name(&self) -> &str {
        "count_held"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Passes rows on, and takes memory for them from the request's share until its reader is done.
#[derive(Debug, Clone)]
pub(crate) struct Held;

/// The node.
pub(crate) type HeldExec = PassExec<Held>;

impl HeldExec {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> HeldExec {
        PassExec::over(input, Held)
    }
}

impl Pass for Held {
    const NAME: &'static str = "HeldExec";

    fn pass(
        &self,
        input: &Arc<dyn ExecutionPlan>,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let reservation = MemoryConsumer::new("window").register(context.memory_pool());
        let counted = input.execute(partition, context)?.map(move |batch| {
            let batch = batch?;
            reservation.try_grow(batch.get_array_memory_size())?;
            Ok(batch)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(input.schema(), counted)))
    }
}
