//! Texts beside times in comparisons, which PostgreSQL reads as times in its own ways (`at >= '2026-01-31 07:00'`):
//! each is written as the planner reads it.

use arrow::array::timezone::Tz;
use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, cast, lit};

use super::readings;
use super::span_words::Span;
use crate::functions::span_length;

/// The plan with such texts as the planner reads them; a time that names no zone is one of `zone`.
pub(in crate::sql) fn read(plan: LogicalPlan, zone: Tz) -> Result<LogicalPlan> {
    let read = plan.transform_up_with_subqueries(|node| {
        let inputs = node.inputs();
        if inputs.is_empty() {
            return Ok(Transformed::no(node));
        }
        let mut schema = DFSchema::empty();
        for input in inputs {
            schema.merge(input.schema());
        }
        let names = NamePreserver::new(&node);
        node.map_expressions(|expr| {
            let name = names.save(&expr);
            let expr = expr.transform_up(|expr| Ok(compared(expr, &schema, zone)))?;
            Ok(expr.update_data(|expr| name.restore(expr)))
        })
    })?;
    Ok(read.data)
}

/// Functions whose arguments are of one type.
const TAKING_ALIKE: [&str; 4] = ["coalesce", "greatest", "least", "nullif"];

fn compared(mut expr: Expr, schema: &DFSchema, zone: Tz) -> Transformed<Expr> {
    let read = |text: &mut Expr, beside: &Expr| -> bool {
        let Some(written) = text_of(text) else { return false };
        let Ok(of) = beside.get_type(schema) else { return false };
        if matches!(of, DataType::Interval(_) | DataType::Duration(_)) {
            let Some(span) = Span::read(written) else { return false };
            *text = cast(lit(span.written()), DataType::Interval(IntervalUnit::MonthDayNano));
            return true;
        }
        let Some(other) = readings::beside(written, &of, zone) else { return false };
        *text = lit(other);
        true
    };
    let changed = match &mut expr {
        Expr::BinaryExpr(binary) if compares(binary.op) => {
            let (left, right) = (&mut *binary.left, &mut *binary.right);
            let is_read = read(left, right) || read(right, left);
            measured([left, right], schema) || is_read
        }
        Expr::Between(between) => {
            let low = read(&mut between.low, &between.expr);
            let is_read = read(&mut between.high, &between.expr) || low;
            measured([&mut *between.expr, &mut *between.low, &mut *between.high], schema) || is_read
        }
        Expr::InList(list) => {
            let of = &list.expr;
            let mut changed = false;
            for item in &mut list.list {
                changed |= read(item, of);
            }
            measured(std::iter::once(&mut *list.expr).chain(&mut list.list), schema) || changed
        }
        Expr::ScalarFunction(call) if TAKING_ALIKE.contains(&call.name()) => {
            let of = call.args.iter().find(|one| text_of(one).is_none()).cloned();
            of.is_some_and(|of| {
                call.args.iter_mut().filter_map(|one| read(one, &of).then_some(())).count() > 0
            })
        }
        Expr::Case(case) => {
            let then = case.when_then_expr.iter().map(|(_, then)| &**then);
            let of = then.chain(case.else_expr.as_deref()).find(|one| text_of(one).is_none()).cloned();
            let mut changed = false;
            if let Some(of) = of {
                let then = case.when_then_expr.iter_mut().map(|(_, then)| &mut **then);
                for one in then.chain(case.else_expr.as_deref_mut()) {
                    changed |= read(one, &of);
                }
            }
            if let Some(compared) = &mut case.expr {
                let whens = case.when_then_expr.iter_mut().map(|(when, _)| &mut **when);
                changed |= measured(std::iter::once(&mut **compared).chain(whens), schema);
            }
            changed
        }
        _ => false,
    };
    if changed { Transformed::yes(expr) } else { Transformed::no(expr) }
}

/// Makes spans of time the lengths by which they are compared; whether that is what they are.
fn measured<'e>(all: impl IntoIterator<Item = &'e mut Expr>, schema: &DFSchema) -> bool {
    let mut all: Vec<&mut Expr> = all.into_iter().collect();
    let of: Vec<Option<DataType>> = all.iter().map(|one| one.get_type(schema).ok()).collect();
    let is_span = |of: &Option<DataType>| matches!(of, Some(DataType::Interval(_) | DataType::Duration(_)));
    // What lies between two times has one length as it is.
    let has_parts = of.iter().any(|of| matches!(of, Some(DataType::Interval(_))));
    if !has_parts || !of.iter().all(is_span) {
        return false;
    }
    for one in &mut all {
        let span = std::mem::replace(&mut **one, lit(false));
        **one = span_length().call(vec![span]);
    }
    true
}

/// Comparisons that need both sides to be of one type.
pub(super) fn compares(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

fn text_of(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}
