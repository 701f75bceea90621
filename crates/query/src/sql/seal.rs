//! A node that keeps a statement's own expressions away from rows that a row filter hides.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;

use super::pass::{Pass, PassExec};

/// Passes rows on. Its use is what it does not do: no filter is pushed through it, so that an
/// expression which fails on a value, or tells of it otherwise, never meets a hidden row.
#[derive(Debug, Clone)]
pub(crate) struct Seal;

/// The node.
pub(crate) type SealExec = PassExec<Seal>;

impl SealExec {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>) -> SealExec {
        PassExec::over(input, Seal)
    }
}

impl Pass for Seal {
    const NAME: &'static str = "SealExec";

    fn pass(
        &self,
        input: &Arc<dyn ExecutionPlan>,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        input.execute(partition, context)
    }
}
