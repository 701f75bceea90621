//! Operators that PostgreSQL has for types for which the planner has not: sums and differences of dates, in
//! whole days, spans so many times (§9.9, table 9.32), and truths beside texts that write them (§8.6).

use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, cast, lit};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::readings;
use super::span_words::Span;
use crate::functions::{divisor, pg_text, span_times};

/// Registers them.
pub(super) fn register(context: &SessionContext, zone: Tz) {
    let registered = context.state_ref().write().register_expr_planner(Arc::new(Operators { zone }));
    registered.expect("the session's own registry takes planners");
}

/// `date - date` is a number of days; `date + number` and `date - number` are dates; `interval * number` is a
/// span; `flag = 't'` asks whether it is true.
#[derive(Debug)]
struct Operators {
    /// Of texts that name none.
    zone: Tz,
}

impl ExprPlanner for Operators {
    fn plan_binary_op(
        &self,
        mut raw: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        beside_spans(&mut raw, schema)?;
        let op = match raw.op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => return multiplied(raw, schema),
            BinaryOperator::Divide => return divided(raw, schema),
            BinaryOperator::Eq => return beside_truths(raw, Operator::Eq, schema),
            BinaryOperator::NotEq => return beside_truths(raw, Operator::NotEq, schema),
            BinaryOperator::StringConcat => return joined(raw, schema),
            BinaryOperator::Arrow
            | BinaryOperator::LongArrow
            | BinaryOperator::HashArrow
            | BinaryOperator::HashLongArrow => return within_json(raw, schema),
            _ => return Ok(PlannerResult::Original(raw)),
        };
        let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
        let days = |expr: Expr| cast(expr, DataType::Int32);
        let time = |expr: Expr| cast(expr, DataType::Timestamp(TimeUnit::Microsecond, None));
        let sum = |left: Expr, right: Expr| {
            Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })
        };
        let read = |text: &Expr, beside: &DataType| {
            let (Expr::Literal(value, _), DataType::Timestamp(..)) = (text, beside) else { return None };
            let text = readings::beside(value.try_as_str().flatten()?, beside, self.zone)?;
            Some(cast(lit(text), beside.clone()))
        };
        if op == Operator::Minus {
            // A text beside a time is a time, too.
            match (read(&raw.left, &right), read(&raw.right, &left)) {
                (Some(time), _) => return Ok(PlannerResult::Planned(sum(time, raw.right))),
                (_, Some(time)) => return Ok(PlannerResult::Planned(sum(raw.left, time))),
                _ => {}
            }
        }
        Ok(match (left, op, right) {
            (DataType::Date32, Operator::Minus, DataType::Date32) => {
                PlannerResult::Planned(sum(days(raw.left), days(raw.right)))
            }
            // A day and a span are a time.
            (DataType::Date32, _, DataType::Interval(_)) => {
                PlannerResult::Planned(sum(time(raw.left), raw.right))
            }
            (DataType::Interval(_), Operator::Plus, DataType::Date32) => {
                PlannerResult::Planned(sum(time(raw.right), raw.left))
            }
            (number, Operator::Plus, DataType::Date32) if number.is_integer() => {
                let moved = sum(days(raw.right), days(raw.left));
                PlannerResult::Planned(cast(cast(moved, DataType::Int32), DataType::Date32))
            }
            (DataType::Date32, _, number) if number.is_integer() => {
                let moved = sum(days(raw.left), days(raw.right));
                PlannerResult::Planned(cast(cast(moved, DataType::Int32), DataType::Date32))
            }
            _ => PlannerResult::Original(raw),
        })
    }
}

/// A member or an item of JSON, as JSON or as a text; a path is written `{a,b}`.
fn within_json(raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
    if !raw.left.get_type(schema)?.is_string() {
        return Ok(PlannerResult::Original(raw));
    }
    let is_path = matches!(raw.op, BinaryOperator::HashArrow | BinaryOperator::HashLongArrow);
    let steps = match (&raw.right, is_path) {
        (Expr::Literal(value, _), true) => {
            let items = value.try_as_str().flatten().and_then(crate::sql::list_items);
            let Some(items) = items else {
                return Err(DataFusionError::Plan("a path in JSON is written `{a,b}`".to_owned()));
            };
            items.into_iter().map(|item| lit(item.unwrap_or_default())).collect()
        }
        (_, true) => return Ok(PlannerResult::Original(raw)),
        (_, false) => vec![raw.right.clone()],
    };
    let as_text = matches!(raw.op, BinaryOperator::LongArrow | BinaryOperator::HashLongArrow);
    let arguments = std::iter::once(raw.left).chain(steps).collect();
    Ok(PlannerResult::Planned(crate::functions::within_json(as_text).call(arguments)))
}

/// A span so many times, in either order.
fn multiplied(raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
    let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
    Ok(match (left, right) {
        (DataType::Interval(_), number) if number.is_numeric() => {
            PlannerResult::Planned(span_times().call(vec![raw.left, raw.right]))
        }
        (number, DataType::Interval(_)) if number.is_numeric() => {
            PlannerResult::Planned(span_times().call(vec![raw.right, raw.left]))
        }
        _ => PlannerResult::Original(raw),
    })
}

/// What is no text beside a text, as the text that it is written as.
fn joined(raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
    let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
    let is_value = |of: &DataType| !of.is_string() && !of.is_nested() && *of != DataType::Null;
    let written = |expr: Expr| pg_text().call(vec![expr]);
    let (left, right) = match (is_value(&left), is_value(&right)) {
        (false, true) if left.is_string() => (raw.left, written(raw.right)),
        (true, false) if right.is_string() => (written(raw.left), raw.right),
        _ => return Ok(PlannerResult::Original(raw)),
    };
    let op = Operator::StringConcat;
    let joined = BinaryExpr { left: Box::new(left), op, right: Box::new(right) };
    Ok(PlannerResult::Planned(Expr::BinaryExpr(joined)))
}

/// A part of a span, and decimals divided with as many digits as there are. Nothing is divided by 0.
fn divided(raw: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
    let (left, right) = (raw.left.get_type(schema)?, raw.right.get_type(schema)?);
    let is_decimal = |of: &DataType| matches!(of, DataType::Decimal128(..) | DataType::Decimal256(..));
    let is_exact = |of: &DataType| is_decimal(of) || of.is_integer();
    let is_exact_share = (is_decimal(&left) || is_decimal(&right)) && is_exact(&left) && is_exact(&right);
    let is_double = left.is_numeric() && right.is_numeric() && [&left, &right].contains(&&DataType::Float64);
    if is_exact_share || is_double {
        let right = match &raw.right {
            Expr::Literal(number, _) if !is_zero(number) => cast(raw.right, DataType::Float64),
            _ => divisor().call(vec![raw.right]),
        };
        let left = Box::new(cast(raw.left, DataType::Float64));
        let share = BinaryExpr { left, op: Operator::Divide, right: Box::new(right) };
        return Ok(PlannerResult::Planned(Expr::BinaryExpr(share)));
    }
    if !matches!(left, DataType::Interval(_)) || !right.is_numeric() {
        return Ok(PlannerResult::Original(raw));
    }
    let share = BinaryExpr {
        left: Box::new(lit(1.0)),
        op: Operator::Divide,
        right: Box::new(cast(raw.right, DataType::Float64)),
    };
    Ok(PlannerResult::Planned(span_times().call(vec![raw.left, Expr::BinaryExpr(share)])))
}

/// Makes a text that is compared with a span the span that it writes.
fn beside_spans(raw: &mut RawBinaryExpr, schema: &DFSchema) -> Result<()> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    if !matches!(raw.op, Eq | NotEq | Lt | LtEq | Gt | GtEq) {
        return Ok(());
    }
    let read = |text: &Expr, beside: &Expr| -> Result<Option<Expr>> {
        let Expr::Literal(value, _) = text else { return Ok(None) };
        let Some(span) = value.try_as_str().flatten().and_then(Span::read) else { return Ok(None) };
        let is_span = matches!(beside.get_type(schema)?, DataType::Interval(_) | DataType::Duration(_));
        let interval = DataType::Interval(IntervalUnit::MonthDayNano);
        Ok(is_span.then(|| cast(lit(span.written()), interval)))
    };
    if let Some(span) = read(&raw.left, &raw.right)? {
        raw.left = span;
    } else if let Some(span) = read(&raw.right, &raw.left)? {
        raw.right = span;
    }
    Ok(())
}

/// Whether a number is 0, or none that is known here.
fn is_zero(number: &ScalarValue) -> bool {
    let number = number.cast_to(&DataType::Float64);
    !matches!(number, Ok(ScalarValue::Float64(Some(number))) if number != 0.0)
}

/// A comparison in which a text beside a truth is one that writes a truth.
fn beside_truths(
    raw: RawBinaryExpr,
    op: Operator,
    schema: &DFSchema,
) -> Result<PlannerResult<RawBinaryExpr>> {
    let is_truth = |expr: &Expr| Ok::<_, DataFusionError>(expr.get_type(schema)? == DataType::Boolean);
    let (left, right) = match (written_truth(&raw.left), written_truth(&raw.right)) {
        (Some(truth), None) if is_truth(&raw.right)? => (lit(truth), raw.right),
        (None, Some(truth)) if is_truth(&raw.left)? => (raw.left, lit(truth)),
        _ => return Ok(PlannerResult::Original(raw)),
    };
    let compared = BinaryExpr { left: Box::new(left), op, right: Box::new(right) };
    Ok(PlannerResult::Planned(Expr::BinaryExpr(compared)))
}

/// The truth that a text writes.
fn written_truth(expr: &Expr) -> Option<bool> {
    let Expr::Literal(value, _) = expr else { return None };
    match value.try_as_str().flatten()?.to_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// An operator by its name, as in `OPERATOR(pg_catalog.~)`.
pub(super) fn named(name: &str) -> Option<BinaryOperator> {
    Some(match name {
        "~" => BinaryOperator::PGRegexMatch,
        "~*" => BinaryOperator::PGRegexIMatch,
        "!~" => BinaryOperator::PGRegexNotMatch,
        "!~*" => BinaryOperator::PGRegexNotIMatch,
        "=" => BinaryOperator::Eq,
        "<>" | "!=" => BinaryOperator::NotEq,
        "<" => BinaryOperator::Lt,
        "<=" => BinaryOperator::LtEq,
        ">" => BinaryOperator::Gt,
        ">=" => BinaryOperator::GtEq,
        "||" => BinaryOperator::StringConcat,
        "+" => BinaryOperator::Plus,
        "-" => BinaryOperator::Minus,
        "~~" => BinaryOperator::PGLikeMatch,
        "!~~" => BinaryOperator::PGNotLikeMatch,
        "~~*" => BinaryOperator::PGILikeMatch,
        "!~~*" => BinaryOperator::PGNotILikeMatch,
        "&&" => BinaryOperator::PGOverlap,
        _ => return None,
    })
}
