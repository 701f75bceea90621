//! `x NOT IN (SELECT …)`, and `NOT (x IN (SELECT …))`, where the planner takes it for a join that knows no nulls:
//! beside `OR`, and of a value that is no column. Of what is compared with nothing it is not known whether it is
//! among others.

use std::ops::ControlFlow;

use datafusion::common::config::Dialect;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, visit_expressions_mut};
use datafusion::sql::sqlparser::dialect::dialect_from_str;
use datafusion::sql::sqlparser::parser::Parser;

use super::parameters::innermost;

/// Writes these conditions in words in which the planner looks at nulls.
pub(super) fn mind_nulls(statement: &mut Statement, dialect: Dialect) {
    let Some(inner) = innermost(statement) else { return };
    let _ = visit_expressions_mut(inner, |expr| {
        match expr {
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                under_or(left, dialect);
                under_or(right, dialect);
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => {
                if let Some(other) = not_among(inner) {
                    *expr = other;
                    minded_where_no_column(expr, dialect);
                }
            }
            Expr::InSubquery { .. } => minded_where_no_column(expr, dialect),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
}

/// `x NOT IN (…)` for what stands within `NOT (x IN (…))`.
fn not_among(inner: &Expr) -> Option<Expr> {
    match inner {
        Expr::Nested(inner) => not_among(inner),
        Expr::InSubquery { expr, subquery, negated: false } => {
            Some(Expr::InSubquery { expr: expr.clone(), subquery: subquery.clone(), negated: true })
        }
        _ => None,
    }
}

fn minded_where_no_column(expr: &mut Expr, dialect: Dialect) {
    if matches!(&*expr, Expr::InSubquery { expr: value, negated: true, .. } if !names_column(value)) {
        minded(expr, dialect);
    }
}

fn under_or(expr: &mut Expr, dialect: Dialect) {
    match expr {
        Expr::Nested(inner) => under_or(inner, dialect),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            under_or(left, dialect);
            under_or(right, dialect);
        }
        Expr::InSubquery { negated: true, .. } => minded(expr, dialect),
        _ => {}
    }
}

fn names_column(expr: &Expr) -> bool {
    match expr {
        Expr::Value(_) => false,
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } | Expr::UnaryOp { expr: inner, .. } => {
            names_column(inner)
        }
        _ => true,
    }
}

/// `NOT EXISTS (SELECT 1 FROM (…) AS among(item) WHERE (among.item = x) IS NOT FALSE)`, under names that nothing
/// around it has.
fn minded(expr: &mut Expr, dialect: Dialect) {
    let Expr::InSubquery { expr: value, subquery, .. } = &*expr else { return };
    if matches!(**value, Expr::Tuple(_)) {
        return;
    }
    let text = format!(
        "NOT EXISTS (SELECT 1 FROM ({subquery}) AS \"among·\"(\"item·\") WHERE (\"among·\".\"item·\" = ({value})) IS NOT FALSE)"
    );
    let Some(dialect) = dialect_from_str(dialect) else { return };
    let parsed = Parser::new(dialect.as_ref()).try_with_sql(&text).and_then(|mut parser| parser.parse_expr());
    if let Ok(other) = parsed {
        *expr = other;
    }
}
