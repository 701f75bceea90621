//! Rows as values: `(a, b) IN ((1, 2), …)`, `(a, b) < (1, 2)`, and spans that overlap, as comparisons of their parts
//! (PostgreSQL 15, §9.24 and table 9.32).

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};

use super::adapt::{arguments, parsed};

/// What stands for an expression over rows.
pub(super) fn compared(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::BinaryOp { left, op, right } => parsed(&of_two(parts(left)?, op, parts(right)?)?),
        Expr::InList { expr, list, negated } => {
            let left = parts(expr)?;
            let equal = |row: &Expr| of_two(left, &BinaryOperator::Eq, parts(row)?);
            let any = list.iter().map(equal).collect::<Option<Vec<_>>>()?.join(" OR ");
            let not = if *negated { "NOT " } else { "" };
            parsed(&format!("({not}({any}))"))
        }
        Expr::IsNull(row) => all(row, "IS NULL"),
        Expr::IsNotNull(row) => all(row, "IS NOT NULL"),
        _ => None,
    }
}

/// Whether something is so of all parts of a row.
fn all(row: &Expr, is: &str) -> Option<Expr> {
    let parts = match row {
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("row") => {
            arguments(function)
        }
        row => parts(row)?.to_vec(),
    };
    let each: Vec<String> = parts.iter().map(|part| format!("({part}) {is}")).collect();
    parsed(&format!("({})", each.join(" AND "))).filter(|_| !each.is_empty())
}

fn parts(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::Tuple(parts) if parts.len() > 1 => Some(parts),
        Expr::Nested(inner) => parts(inner),
        _ => None,
    }
}

fn of_two(left: &[Expr], op: &BinaryOperator, right: &[Expr]) -> Option<String> {
    if left.len() != right.len() {
        return None;
    }
    let equal = || {
        let pairs = left.iter().zip(right).map(|(a, b)| format!("({a}) = ({b})"));
        pairs.collect::<Vec<_>>().join(" AND ")
    };
    match op {
        BinaryOperator::Eq => Some(format!("({})", equal())),
        BinaryOperator::NotEq => Some(format!("(NOT ({}))", equal())),
        BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq => {
            // The first pair that is not of equals decides, the last one with the operator itself.
            let strict = if matches!(op, BinaryOperator::Lt | BinaryOperator::LtEq) { "<" } else { ">" };
            let mut pairs = left.iter().zip(right).rev();
            let (a, b) = pairs.next()?;
            let last = format!("({a}) {op} ({b})");
            let whole = pairs
                .fold(last, |rest, (a, b)| format!("({a}) {strict} ({b}) OR (({a}) = ({b}) AND ({rest}))"));
            Some(format!("({whole})"))
        }
        BinaryOperator::Overlaps => {
            let ([a, b], [c, d]) = (left, right) else { return None };
            let (from_a, to_a) = (format!("least({a}, {b})"), format!("greatest({a}, {b})"));
            let (from_b, to_b) = (format!("least({c}, {d})"), format!("greatest({c}, {d})"));
            Some(format!(
                "({from_a} = {from_b} OR ({from_a} > {from_b} AND {from_a} < {to_b}) \
                 OR ({from_b} > {from_a} AND {from_b} < {to_a}))"
            ))
        }
        _ => None,
    }
}
