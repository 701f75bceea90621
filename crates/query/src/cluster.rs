//! Statements that are too large for this machine: how their plans are made, and written down.
//!
//! A plan for the cluster is made here, by the node, over the same snapshots and under the same
//! permits as any other; what leaves is a plan whose row filters are inside, over files that are
//! named. This crate knows no wire: whoever runs the cluster writes DataFusion's own nodes down and
//! asks [`site`] for the few that are ours.

mod by_box;
mod errors;
mod guard;
mod planned;
pub mod site;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use futures::future::BoxFuture;

pub(crate) use by_box::ByBox;
pub use errors::{read_error, written_error};
pub(crate) use guard::Guard;
pub(crate) use planned::parcel;

use crate::Error;

/// Machines that run a plan for this one.
pub trait Cluster: fmt::Debug + Send + Sync {
    /// The plan as it is sent. The error says what of it cannot be: such a plan is run here.
    fn pack(&self, plan: &Arc<dyn ExecutionPlan>) -> datafusion::error::Result<Vec<u8>>;

    /// Runs a plan. The rows come when it is done; dropping the future before that gives it up, and
    /// so does the caller when it has waited long enough. A cluster that does not answer is
    /// [`Error::Away`].
    fn run(&self, parcel: Parcel) -> BoxFuture<'static, Result<SendableRecordBatchStream, Error>>;
}

/// A plan as it is sent.
#[derive(Debug)]
pub struct Parcel {
    /// What [`Cluster::pack`] made of it.
    pub plan: Vec<u8>,
    /// The columns of its answer.
    pub schema: SchemaRef,
    /// The rows of a batch.
    pub batch_rows: usize,
    /// The partitions that sorting, grouping and joining divide their rows into.
    pub partitions: usize,
}

/// Where statements go that are too large for this machine, and which those are.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// Who runs them.
    pub cluster: Arc<dyn Cluster>,
    /// The bytes of files from which on a statement is too large.
    pub from_bytes: u64,
    /// The partitions that a plan is divided into: as many as the executors have processors, or more.
    pub partitions: usize,
}
