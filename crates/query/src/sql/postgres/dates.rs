//! Sums and differences of dates as PostgreSQL counts them, in whole days (§9.9, table 9.32).

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, cast};
use datafusion::sql::sqlparser::ast::BinaryOperator;

/// Registers them.
pub(super) fn register(context: &SessionContext) {
    let registered = context.state_ref().write().register_expr_planner(Arc::new(WholeDays));
    registered.expect("the session's own registry takes planners");
}

/// `date - date` is a number of days; `date + number` and `date - number` are dates.
#[derive(Debug)]
struct WholeDays;

impl ExprPlanner for WholeDays {
    fn plan_binary_op(&self, raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let op = match raw.op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            _ => return Ok(PlannerResult::Original(raw)),
        };
        let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
        let days = |expr: Expr| cast(expr, DataType::Int32);
        let sum = |left: Expr, right: Expr| {
            Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })
        };
        Ok(match (left, op, right) {
            (DataType::Date32, Operator::Minus, DataType::Date32) => {
                PlannerResult::Planned(sum(days(raw.left), days(raw.right)))
            }
            (DataType::Date32, _, number) if number.is_integer() => {
                let moved = sum(days(raw.left), days(raw.right));
                PlannerResult::Planned(cast(cast(moved, DataType::Int32), DataType::Date32))
            }
            _ => PlannerResult::Original(raw),
        })
    }
}
