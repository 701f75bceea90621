//! Which filters of a statement a table answers itself, and how.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::Schema;
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{BinaryExpr, ColumnarValue, Expr, Operator};
use datafusion::physical_plan::PhysicalExpr;

/// Whether the filter can be decided row by row from these columns alone.
pub(crate) fn only_uses(filter: &Expr, has: impl Fn(&str) -> bool) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty()
        && columns.iter().all(|column| has(&column.name))
        && !filter.is_volatile()
        && !filter.contains_outer()
        && !filter.exists(|part| Ok(is_subquery(part))).unwrap_or(true)
}

fn is_subquery(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) | Expr::SetComparison(_))
}

/// Whether the filter compares columns with constants and nothing else, so that it cannot fail on
/// any row. Only such a filter may see rows that a row filter hides: an error would tell of them.
pub(crate) fn cannot_fail(filter: &Expr) -> bool {
    let leaf = |expr: &Expr| matches!(expr, Expr::Column(_) | Expr::Literal(..));
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And | Operator::Or, right }) => {
            cannot_fail(left) && cannot_fail(right)
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            op.supports_propagation() && leaf(left) && leaf(right)
        }
        Expr::Not(inner) => cannot_fail(inner),
        Expr::IsNull(inner) | Expr::IsNotNull(inner) => leaf(inner),
        Expr::Between(between) => leaf(&between.expr) && leaf(&between.low) && leaf(&between.high),
        Expr::InList(list) => leaf(&list.expr) && list.list.iter().all(leaf),
        _ => false,
    }
}

/// The filter over columns of this schema, whatever the statement calls the table.
pub(crate) fn physical(state: &dyn Session, filter: &Expr, schema: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
    let bare = filter.clone().transform(|part| {
        Ok(match part {
            Expr::Column(column) => Transformed::yes(Expr::Column(Column::new_unqualified(column.name))),
            other => Transformed::no(other),
        })
    })?;
    state.create_physical_expr(bare.data, &DFSchema::try_from(schema.clone())?)
}

/// The rows of the batch for which every filter holds.
pub(crate) fn rows_that_pass(
    state: &dyn Session,
    filters: &[&Expr],
    batch: &RecordBatch,
    mut mask: BooleanArray,
) -> Result<BooleanArray> {
    for filter in filters {
        let passed = match physical(state, filter, &batch.schema())?.evaluate(batch)? {
            ColumnarValue::Array(array) => array,
            ColumnarValue::Scalar(scalar) => scalar.to_array_of_size(batch.num_rows())?,
        };
        let passed = passed
            .as_boolean_opt()
            .ok_or_else(|| DataFusionError::Plan(format!("`{filter}` is no condition")))?;
        mask = arrow::compute::and_kleene(&mask, passed)?;
    }
    Ok(mask)
}
