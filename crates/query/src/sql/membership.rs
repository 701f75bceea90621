//! `x IN (SELECT …)` and `x NOT IN (SELECT …)` where the planner takes them for joins that know no nulls, and
//! `x < ANY (SELECT …)`, `x < ALL (SELECT …)`, which it does not compare with every row: of what is compared with nothing
//! it is not known whether it is among others (PostgreSQL 15, §9.23). A condition is written so that what is not known
//! counts there as what it comes to; a value is written with all three of its truths.

use std::ops::ControlFlow;

use datafusion::common::config::Dialect;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, JoinConstraint, JoinOperator, OrderByKind, Query, Select,
    UnaryOperator, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::dialect_from_str;
use datafusion::sql::sqlparser::parser::Parser;

use super::parameters::innermost;
use super::text;
use crate::Error;

/// The longest words that stand for a membership: some name the query of the others several times, and within each
/// other they would grow with every level, without an end.
const LONGEST: usize = 64 << 10;

/// Writes these conditions and values in words in which the planner looks at nulls.
pub(super) fn mind_nulls(statement: &mut Statement, dialect: Dialect, written: usize) -> Result<(), Error> {
    let Some(inner) = innermost(statement) else { return Ok(()) };
    let mut minding = Minding { dialect, has_changed: false, is_too_long: false };
    let _ = inner.visit(&mut minding);
    match (minding.is_too_long, minding.has_changed) {
        (true, _) => Err(text::too_long()),
        (false, true) => text::check_grown(statement, written),
        (false, false) => Ok(()),
    }
}

struct Minding {
    dialect: Dialect,
    has_changed: bool,
    is_too_long: bool,
}

/// Where a membership stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// A condition that every row has to meet, where what is not known counts as false: the planner has a join for it
    /// that looks at nulls.
    Alone,
    /// A part of a condition, where what is not known counts as this truth.
    Among(bool),
    /// A value.
    Value,
}

impl VisitorMut for Minding {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Some(membership) = membership(expr) {
            *expr = membership;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for condition in select.selection.iter_mut().chain(&mut select.having) {
            self.condition(condition, Place::Alone);
        }
        for join in select.from.iter_mut().flat_map(|from| &mut from.joins) {
            if let Some(condition) = condition_of(&mut join.join_operator) {
                self.condition(condition, Place::Among(false));
            }
        }
        if let Some(condition) = &mut select.qualify {
            self.value(condition);
        }
        self.value(&mut select.projection);
        if let GroupByExpr::Expressions(by, _) = &mut select.group_by {
            self.value(by);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Some(order) = &mut query.order_by
            && let OrderByKind::Expressions(by) = &mut order.kind
        {
            self.value(by);
        }
        ControlFlow::Continue(())
    }
}

impl Minding {
    fn condition(&mut self, expr: &mut Expr, place: Place) {
        match expr {
            Expr::Nested(inner) => self.condition(inner, place),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.condition(left, place);
                self.condition(right, place);
            }
            Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
                let place = if place == Place::Alone { Place::Among(false) } else { place };
                self.condition(left, place);
                self.condition(right, place);
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } => {
                if let Some(other) = opposite(inner) {
                    *expr = other;
                    return self.condition(expr, place);
                }
                let unknown = matches!(place, Place::Among(true));
                self.condition(inner, Place::Among(!unknown));
            }
            Expr::InSubquery { .. } => self.minded(expr, place),
            Expr::AnyOp { .. } | Expr::AllOp { .. } if is_over_query(expr) => self.compared(expr, place),
            other => self.value(other),
        }
    }

    /// Minds nulls in all memberships of a value, but for those in queries within it.
    fn value(&mut self, value: &mut impl VisitMut) {
        let _ = value.visit(&mut Values { minding: self, depth: 0 });
    }

    fn minded(&mut self, expr: &mut Expr, place: Place) {
        let Expr::InSubquery { expr: value, subquery, negated } = &*expr else { return };
        // Names that nothing around it has.
        let parts: Vec<&Expr> = match row(value) {
            Some(parts) => parts.iter().collect(),
            None => vec![value],
        };
        let names: Vec<String> = (1..=parts.len()).map(|part| format!("\"item_{part}·\"")).collect();
        let pairs = parts.iter().zip(&names).map(|(part, name)| format!("\"among·\".{name} = ({part})"));
        let same = pairs.collect::<Vec<_>>().join(" AND ");
        let among = format!("FROM ({subquery}) AS \"among·\"({})", names.join(", "));
        let is_row = parts.len() > 1;
        let not = if *negated { "NOT " } else { "" };
        let words = match (place, negated) {
            (Place::Alone, true) if !is_row && names_column(value) => return,
            (Place::Alone | Place::Among(false), false) if !is_row => return,
            // What is not known whether it is the same counts as the same.
            (Place::Alone | Place::Among(false), true) | (Place::Among(true), false) => {
                format!("{not}EXISTS (SELECT 1 {among} WHERE ({same}) IS NOT FALSE)")
            }
            (Place::Alone | Place::Among(false), false) | (Place::Among(true), true) => {
                format!("{not}EXISTS (SELECT 1 {among} WHERE {same})")
            }
            (Place::Value, _) => {
                let counted = |condition: &str| format!("(SELECT count(*) {among}{condition}) > 0");
                let unknown = match (parts.as_slice(), names.as_slice()) {
                    ([value], [name]) => {
                        let among_nulls = counted(&format!(" WHERE \"among·\".{name} IS NULL"));
                        match value {
                            Expr::Value(value) if value.value != Value::Null => among_nulls,
                            value => format!("{among_nulls} OR (({value}) IS NULL AND {})", counted("")),
                        }
                    }
                    _ => counted(&format!(" WHERE ({same}) IS NULL")),
                };
                let found = counted(&format!(" WHERE {same}"));
                // It is no case for who gives names to columns.
                format!("NOT CASE WHEN {found} THEN {negated} WHEN {unknown} THEN NULL ELSE {} END", !negated)
            }
        };
        self.put(expr, &words, place);
    }

    /// `x < ANY (SELECT …)`, `x >= ALL (SELECT …)`.
    fn compared(&mut self, expr: &mut Expr, place: Place) {
        let (value, op, others, is_all) = match &*expr {
            Expr::AnyOp { left, compare_op, right, .. } => (left, compare_op, right, false),
            Expr::AllOp { left, compare_op, right } => (left, compare_op, right, true),
            _ => return,
        };
        let Expr::Subquery(query) = &**others else { return };
        let one = format!("({value}) {op} \"among·\".\"item_1·\"");
        let among = format!("FROM ({query}) AS \"among·\"(\"item_1·\")");
        let words = match (place, is_all) {
            (Place::Alone | Place::Among(false), false) => format!("EXISTS (SELECT 1 {among} WHERE {one})"),
            (Place::Among(true), false) => format!("EXISTS (SELECT 1 {among} WHERE ({one}) IS NOT FALSE)"),
            (Place::Alone | Place::Among(false), true) => {
                format!("NOT EXISTS (SELECT 1 {among} WHERE ({one}) IS NOT TRUE)")
            }
            (Place::Among(true), true) => format!("NOT EXISTS (SELECT 1 {among} WHERE ({one}) IS FALSE)"),
            (Place::Value, _) => {
                let counted = |condition: &str| format!("(SELECT count(*) {among} WHERE {condition}) > 0");
                // One decides: one for which it holds, or for all one for which it does not.
                let deciding = if is_all { format!("({one}) IS FALSE") } else { one.clone() };
                format!(
                    "NOT CASE WHEN {} THEN {is_all} WHEN {} THEN NULL ELSE {} END",
                    counted(&deciding),
                    counted(&format!("({one}) IS NULL")),
                    !is_all
                )
            }
        };
        self.put(expr, &words, place);
    }

    /// Puts words in the place of an expression.
    fn put(&mut self, expr: &mut Expr, words: &str, place: Place) {
        if words.len() > LONGEST {
            self.is_too_long = true;
            return;
        }
        let Some(dialect) = dialect_from_str(self.dialect) else { return };
        let parsed =
            Parser::new(dialect.as_ref()).try_with_sql(words).and_then(|mut parser| parser.parse_expr());
        match parsed {
            Ok(other) if place == Place::Value => *expr = other,
            Ok(other) => *expr = Expr::Nested(Box::new(other)),
            Err(_) => self.is_too_long = true,
        }
        self.has_changed = true;
    }
}

/// Looks at a value, and not at the conditions of queries in it.
struct Values<'a> {
    minding: &'a mut Minding,
    depth: usize,
}

impl VisitorMut for Values<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            _ if self.depth > 0 => {}
            Expr::InSubquery { .. } => self.minding.minded(expr, Place::Value),
            Expr::AnyOp { .. } | Expr::AllOp { .. } => self.minding.compared(expr, Place::Value),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// `x IN (…)` for `x = ANY (…)`, and `x NOT IN (…)` for `x <> ALL (…)`.
fn membership(expr: &Expr) -> Option<Expr> {
    let (left, right, negated) = match expr {
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => (left, right, false),
        Expr::AllOp { left, compare_op: BinaryOperator::NotEq, right } => (left, right, true),
        _ => return None,
    };
    let Expr::Subquery(subquery) = &**right else { return None };
    Some(Expr::InSubquery { expr: left.clone(), subquery: subquery.clone(), negated })
}

/// Whether what a value is compared with are the rows of a query.
fn is_over_query(expr: &Expr) -> bool {
    match expr {
        Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => matches!(**right, Expr::Subquery(_)),
        _ => false,
    }
}

/// `x NOT IN (…)` for what stands within `NOT (x IN (…))`, and the other way round.
fn opposite(inner: &Expr) -> Option<Expr> {
    match inner {
        Expr::Nested(inner) => opposite(inner),
        Expr::InSubquery { expr, subquery, negated } => {
            Some(Expr::InSubquery { expr: expr.clone(), subquery: subquery.clone(), negated: !negated })
        }
        _ => None,
    }
}

/// The condition of a join.
fn condition_of(operator: &mut JoinOperator) -> Option<&mut Expr> {
    match operator {
        JoinOperator::Join(JoinConstraint::On(on))
        | JoinOperator::Inner(JoinConstraint::On(on))
        | JoinOperator::Left(JoinConstraint::On(on))
        | JoinOperator::LeftOuter(JoinConstraint::On(on))
        | JoinOperator::Right(JoinConstraint::On(on))
        | JoinOperator::RightOuter(JoinConstraint::On(on))
        | JoinOperator::FullOuter(JoinConstraint::On(on)) => Some(on),
        _ => None,
    }
}

/// The parts of a row.
fn row(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::Tuple(parts) if parts.len() > 1 => Some(parts),
        Expr::Nested(inner) => row(inner),
        _ => None,
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
