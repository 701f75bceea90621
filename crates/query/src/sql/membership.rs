//! `x NOT IN (SELECT …)` where the planner takes it for a join that knows no nulls: beside `OR`, and of a value that is
//! no column. Of what is compared with nothing it is not known whether it is among others.

use std::ops::ControlFlow;

use datafusion::common::config::Dialect;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, visit_expressions_mut};
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
            Expr::InSubquery { expr: value, negated: true, .. } if !names_column(value) => {
                minded(expr, dialect);
            }
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
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
