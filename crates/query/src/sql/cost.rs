//! What a planned statement takes, before it runs.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::joins::{CrossJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::{ExecutionPlan, Statistics};

use crate::engine::{ROWS_A_SECOND, SECONDS_A_FILE};

/// A statement that takes longer than this is a scan.
const SHORT_SECONDS: f64 = 0.05;
/// Rows of a source that does not say how many it has.
const UNKNOWN_ROWS: f64 = 10e6;
/// Bytes of files a second, for estimates.
const BYTES_A_SECOND: f64 = 200e6;
/// Functions that a batch of the usual size may go through in a few hundredths of a second.
const CALLS: usize = 40;
/// The usual size of a batch, and the smallest.
const BATCH_ROWS: usize = 8192;
const LEAST_BATCH_ROWS: usize = 128;

/// What a statement takes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct PlanCost {
    /// Rows that its operators pass on, all together.
    pub(super) rows: f64,
    /// Bytes of the files that it opens.
    pub(super) bytes: f64,
    /// Files that it opens.
    pub(super) files: u64,
}

impl PlanCost {
    pub(super) fn seconds(&self) -> f64 {
        0.001 + self.rows / ROWS_A_SECOND + self.bytes / BYTES_A_SECOND + self.files as f64 * SECONDS_A_FILE
    }

    /// Whether it may run among short statements.
    pub(super) fn is_short(&self) -> bool {
        self.seconds() <= SHORT_SECONDS
    }
}

/// Adds up a plan. Files count with all their bytes after pruning; an operator passes on as many
/// rows as its largest input, one that pairs everything with everything as many as there are pairs.
pub(super) fn of(plan: &Arc<dyn ExecutionPlan>) -> PlanCost {
    let mut cost = PlanCost::default();
    // A bound, so that no estimate becomes infinite: 10^15 rows are years.
    cost.rows = walk(plan, &mut cost).min(1e15);
    cost
}

/// The rows that pass through the plan, all operators together; the last number of rows is kept in
/// the result of the recursion.
fn walk(plan: &Arc<dyn ExecutionPlan>, cost: &mut PlanCost) -> f64 {
    let mut passed = 0.0;
    let out = rows_out(plan, cost, &mut passed);
    passed + out
}

fn rows_out(plan: &Arc<dyn ExecutionPlan>, cost: &mut PlanCost, passed: &mut f64) -> f64 {
    let children = plan.children();
    if children.is_empty() {
        return source(plan, cost);
    }
    let pairs = plan.is::<CrossJoinExec>() || plan.is::<NestedLoopJoinExec>();
    let unbounded = plan.is::<RecursiveQueryExec>();
    let mut out: f64 = if pairs { 1.0 } else { 0.0 };
    for child in children {
        let rows = rows_out(child, cost, passed);
        *passed += rows;
        out = if pairs { out * rows.max(1.0) } else { out.max(rows) };
    }
    if unbounded { out.max(UNKNOWN_ROWS) } else { out }
}

fn source(plan: &Arc<dyn ExecutionPlan>, cost: &mut PlanCost) -> f64 {
    let scan = plan.downcast_ref::<DataSourceExec>();
    if let Some(files) = scan.and_then(|scan| scan.data_source().as_ref().downcast_ref::<FileScanConfig>()) {
        for file in files.file_groups.iter().flat_map(|group| group.files()) {
            cost.files += 1;
            cost.bytes += file.object_meta.size as f64;
        }
    }
    rows(plan).unwrap_or(UNKNOWN_ROWS)
}

fn rows(plan: &Arc<dyn ExecutionPlan>) -> Option<f64> {
    #[expect(deprecated, reason = "the statistics of a source alone are read")]
    let known: Arc<Statistics> = plan.partition_statistics(None).ok()?;
    known.num_rows.get_value().map(|rows| *rows as f64)
}

/// The rows of a batch such that what is computed from one does not hold a thread for long, however
/// many functions the statement calls.
pub(super) fn batch_rows(plan: &LogicalPlan) -> Result<usize> {
    let mut calls = 0_usize;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expression| {
            expression.apply(|part| {
                calls +=
                    usize::from(matches!(part, Expr::ScalarFunction(_) | Expr::Like(_) | Expr::SimilarTo(_)));
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok((BATCH_ROWS * CALLS / calls.max(CALLS)).max(LEAST_BATCH_ROWS))
}
