//! Decimals that are written out, computed as decimals: `0.1 + 0.2` is `0.3` (PostgreSQL 15, §8.1.2), where the planner
//! takes them for doubles.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value};

use super::casts::number_literal;

/// The most digits that are computed with.
const MOST_DIGITS: usize = 18;

/// What two numbers that are written out come to, of which one has a point.
pub(super) fn computed(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Expr> {
    let (left, right) = (number_literal(left)?, number_literal(right)?);
    if !left.contains('.') && !right.contains('.') {
        return None;
    }
    let ((a, left), (b, right)) = (read(&left)?, read(&right)?);
    let scale = left.max(right);
    let raised = |units: i128, by: u32| units.checked_mul(10_i128.checked_pow(by)?);
    let (wide_a, wide_b) = (raised(a, scale - left)?, raised(b, scale - right)?);
    let (units, scale) = match op {
        BinaryOperator::Plus => (wide_a.checked_add(wide_b)?, scale),
        BinaryOperator::Minus => (wide_a.checked_sub(wide_b)?, scale),
        BinaryOperator::Multiply => (a.checked_mul(b)?, left + right),
        BinaryOperator::Modulo => (wide_a.checked_rem(wide_b)?, scale),
        _ => return None,
    };
    let number = Expr::Value(Value::Number(written(units, scale), false).into());
    // Two signs beside each other would begin a comment.
    Some(if units < 0 { Expr::Nested(Box::new(number)) } else { number })
}

/// The digits of a decimal, without the point, and how many of them are behind it.
fn read(text: &str) -> Option<(i128, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = fraction.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= MOST_DIGITS;
    let units = format!("{whole}{fraction}").parse().ok().filter(|_| is_plain)?;
    Some((units, u32::try_from(fraction.len()).ok()?))
}

fn written(units: i128, scale: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let scale = scale as usize;
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}.0") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::super::adapt::parsed;
    use super::*;

    #[test]
    fn decimals_that_are_written_out_are_computed_as_such() {
        let check = |text: &str, expected: Option<&str>| {
            let Some(Expr::BinaryOp { left, op, right }) = parsed(text) else { panic!("{text}") };
            let computed = computed(&left, &op, &right).map(|made| made.to_string());
            assert_eq!(computed.as_deref(), expected, "{text}");
        };
        check("0.1 + 0.2", Some("0.3"));
        check("1.10 * 2", Some("2.20"));
        check("0.1 - 0.35", Some("(-0.25)"));
        check("-0.5 * 0.1", Some("(-0.05)"));
        check("5.5 % 0.1", Some("0.0"));
        check("1 + 2", None);
        check("1.0 / 3", None);
        check("1.5 % 0.0", None);
        check("1e3 + 0.5", None);
    }
}
