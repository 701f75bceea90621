//! A node that keeps a statement's own expressions away from rows that a row filter hides.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties};

/// Passes rows on. Its use is what it does not do: no filter is pushed through it, so that an
/// expression which fails on a value, or tells of it otherwise, never meets a hidden row.
#[derive(Debug)]
pub(crate) struct SealExec {
    input: Arc<dyn ExecutionPlan>,
}

impl SealExec {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> SealExec {
        SealExec { input }
    }
}

impl DisplayAs for SealExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealExec")
    }
}

impl ExecutionPlan for SealExec {
    fn name(&self) -> &str {
        "SealExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
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
            (Some(input), true) => Ok(Arc::new(SealExec { input })),
            _ => Err(DataFusionError::Internal("a seal has one input".to_owned())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.input.execute(partition, context)
    }
}
