//! Whole numbers that PostgreSQL holds in four bytes: literals, what is computed of them, and what certain functions
//! count. The planner has eight for all of them; what a statement gives is made small at the end, so that nothing
//! that is computed on the way has less room than before.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType as SqlType, Expr, Query, SelectItem, SetExpr, UnaryOperator, Value,
};

use super::super::parameters::cast;
use super::adapt::arguments;

/// Functions of PostgreSQL whose results are integers, whatever they are given.
const COUNTING: [&str; 22] = [
    "array_length",
    "array_upper",
    "array_lower",
    "array_ndims",
    "array_position",
    "ascii",
    "bit_length",
    "cardinality",
    "char_length",
    "character_length",
    "length",
    "num_nonnulls",
    "num_nulls",
    "octet_length",
    "position",
    "regexp_count",
    "regexp_instr",
    "st_npoints",
    "st_numgeometries",
    "st_srid",
    "strpos",
    "width_bucket",
];

/// Functions that give what they are given.
const PASSING: [&str; 7] = ["abs", "coalesce", "gcd", "greatest", "lcm", "least", "mod"];

/// Makes the small numbers among what is given small.
pub(super) fn narrow(projection: &mut [SelectItem]) {
    for item in projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
        narrow_one(expr);
    }
}

/// Makes the small numbers among rows of values small.
pub(super) fn narrow_values(query: &mut Query) {
    let SetExpr::Values(values) = query.body.as_mut() else { return };
    values.rows.iter_mut().flat_map(|row| row.iter_mut()).for_each(narrow_one);
}

fn narrow_one(expr: &mut Expr) {
    match expr {
        Expr::Array(list) => list.elem.iter_mut().for_each(narrow_one),
        _ if is_small(expr) => {
            let inner = std::mem::replace(expr, Expr::Value(Value::Null.into()));
            *expr = cast(Box::new(inner), SqlType::Integer(None));
        }
        _ => {}
    }
}

/// Whether PostgreSQL holds the values of the expression in four bytes.
pub(super) fn is_small(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => {
            matches!(&value.value, Value::Number(digits, _) if digits.parse::<i32>().is_ok())
        }
        Expr::Nested(inner) => is_small(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => is_small(expr),
        Expr::BinaryOp { left, op, right } => {
            use BinaryOperator::{
                BitwiseAnd, BitwiseOr, BitwiseXor, Divide, Minus, Modulo, Multiply, PGBitwiseShiftLeft,
                PGBitwiseShiftRight, PGBitwiseXor, Plus,
            };
            let counts = matches!(
                op,
                Plus | Minus
                    | Multiply
                    | Divide
                    | Modulo
                    | BitwiseAnd
                    | BitwiseOr
                    | BitwiseXor
                    | PGBitwiseXor
                    | PGBitwiseShiftLeft
                    | PGBitwiseShiftRight
            );
            counts && is_small(left) && is_small(right)
        }
        Expr::Case { conditions, else_result, .. } => {
            let mut results =
                conditions.iter().map(|when| &when.result).chain(else_result.as_deref()).peekable();
            let is_null = |expr: &Expr| matches!(expr, Expr::Value(value) if value.value == Value::Null);
            let has_one = results.clone().any(is_small);
            has_one && results.all(|result| is_null(result) || is_small(result))
        }
        Expr::Cast { data_type, .. } => {
            matches!(data_type, SqlType::Int(None) | SqlType::Integer(None) | SqlType::Int4(None))
        }
        Expr::Position { .. } => true,
        Expr::Function(function) if function.over.is_none() => {
            let name = function.name.to_string().to_lowercase();
            let name = name.trim_start_matches("pg_catalog.");
            let given = || arguments(function);
            match name {
                _ if COUNTING.contains(&name) => true,
                "nullif" => given().first().is_some_and(is_small),
                _ if PASSING.contains(&name) => {
                    let given = given();
                    let is_null =
                        |expr: &Expr| matches!(expr, Expr::Value(value) if value.value == Value::Null);
                    given.iter().any(is_small) && given.iter().all(|one| is_null(one) || is_small(one))
                }
                _ => false,
            }
        }
        _ => false,
    }
}
