//! Running a part of a plan as if it ran on the node: its error can be told to the asker, and it ends
//! when the asker has gone away.

use std::fmt;
use std::sync::Arc;

use arrow::error::ArrowError;
use async_trait::async_trait;
use ballista_core::JobId;
use ballista_core::error::BallistaError;
use ballista_core::serde::protobuf::{
    RuntimeStatsReport, ShuffleWritePartition, TaskColumnStats, WindowStateReport,
};
use ballista_executor::execution_engine::{ExecutionEngine, QueryStageExecutor};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::context::SessionConfig;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use query::cluster::{site, written_error};

use crate::gone::{Job, Jobs};

/// An engine whose stages tell their errors and end with their job.
pub(crate) struct Telling<E> {
    pub(crate) inner: E,
    pub(crate) jobs: Arc<Jobs>,
}

impl<E: ExecutionEngine> ExecutionEngine for Telling<E> {
    fn create_query_stage_exec(
        &self,
        job_id: JobId,
        stage_id: usize,
        task_id: usize,
        global_output_partition_ids: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let job = self.jobs.watch(job_id.as_ref());
        let inner = self.inner.create_query_stage_exec(
            job_id,
            stage_id,
            task_id,
            global_output_partition_ids,
            plan,
            work_dir,
            config,
        )?;
        Ok(Arc::new(Stage { inner, job }))
    }
}

struct Stage {
    inner: Arc<dyn QueryStageExecutor>,
    job: Arc<Job>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stage").field(&self.inner).finish()
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl QueryStageExecutor for Stage {
    async fn execute_query_stage(
        &self,
        task_id: usize,
        context: Arc<TaskContext>,
    ) -> Result<Vec<ShuffleWritePartition>> {
        tokio::select! {
            made = self.inner.execute_query_stage(task_id, context) => made.map_err(tell),
            () = self.job.over() => {
                Err(DataFusionError::Execution("nobody waits for this statement any more".to_owned()))
            }
        }
    }

    fn collect_plan_metrics(&self) -> Vec<MetricsSet> {
        self.inner.collect_plan_metrics()
    }

    fn collect_runtime_stats_reports(&self) -> Vec<RuntimeStatsReport> {
        self.inner.collect_runtime_stats_reports()
    }

    fn collect_window_state_reports(&self) -> Result<Vec<WindowStateReport>> {
        self.inner.collect_window_state_reports()
    }

    fn collect_column_stats(&self) -> Vec<TaskColumnStats> {
        self.inner.collect_column_stats()
    }
}

/// Only a text travels from here. What is Ballista's own to deal with (rows that could not be fetched,
/// a disk) stays as it is: it tries again elsewhere.
fn tell(error: DataFusionError) -> DataFusionError {
    match asked_for(&error).as_ref().and_then(written_error) {
        Some(written) => DataFusionError::Execution(format!("{written} {error}")),
        None => error,
    }
}

/// The asker's part in an error, through the layers that Ballista puts around it.
fn asked_for(error: &DataFusionError) -> Option<query::Error> {
    match error.find_root() {
        DataFusionError::External(inner) => match inner.downcast_ref::<BallistaError>() {
            Some(BallistaError::DataFusionError(inner)) => asked_for(inner),
            Some(BallistaError::ArrowError(inner)) => {
                site::told(&DataFusionError::ArrowError(Box::new(arrow_again(inner)?), None))
            }
            Some(_) => None,
            None => site::told(error),
        },
        DataFusionError::IoError(_) => None,
        _ => site::told(error),
    }
}

/// Arrow's errors about values, which cannot be copied.
fn arrow_again(error: &ArrowError) -> Option<ArrowError> {
    Some(match error {
        ArrowError::CastError(text) => ArrowError::CastError(text.clone()),
        ArrowError::ParseError(text) => ArrowError::ParseError(text.clone()),
        ArrowError::ComputeError(text) => ArrowError::ComputeError(text.clone()),
        ArrowError::DivideByZero => ArrowError::DivideByZero,
        ArrowError::ArithmeticOverflow(text) => ArrowError::ArithmeticOverflow(text.clone()),
        ArrowError::InvalidArgumentError(text) => ArrowError::InvalidArgumentError(text.clone()),
        _ => return None,
    })
}
