//! Whether an entity passes a filter: values, looked up by whoever holds the entity.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::{Arithmetic, Comparison, Expr, Function, Literal};

/// A value of a property.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// A text.
    Text(String),
    /// An instant, or the beginning of a period.
    Time(DateTime<Utc>),
    /// The values along a relation to many: a comparison holds when it holds for one of them.
    Any(Vec<Value>),
}

/// Whoever holds an entity gives its values. The path is one that the filter's parser let pass;
/// what the entity does not have is [`Value::Null`].
pub trait Lookup {
    /// The value at a path.
    fn value(&self, path: &[String]) -> Value;
}

/// Whether the entity passes the filter. What is not known does not pass: a comparison with `null`
/// holds only for `eq null` and its opposite.
pub fn matches(filter: &Expr, entity: &dyn Lookup) -> bool {
    truth(filter, entity) == Some(true)
}

/// Three-valued logic: `None` is unknown.
fn truth(expr: &Expr, entity: &dyn Lookup) -> Option<bool> {
    match expr {
        Expr::And(left, right) => match (truth(left, entity), truth(right, entity)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expr::Or(left, right) => match (truth(left, entity), truth(right, entity)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expr::Not(operand) => truth(operand, entity).map(|holds| !holds),
        Expr::Compare(left, operator, right) => {
            compare(&value_of(left, entity), *operator, &value_of(right, entity))
        }
        _ => match value_of(expr, entity) {
            Value::Bool(holds) => Some(holds),
            _ => None,
        },
    }
}

/// The value of an expression.
pub fn value_of(expr: &Expr, entity: &dyn Lookup) -> Value {
    match expr {
        Expr::Property(path) => entity.value(path),
        Expr::Literal(literal) => match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Integer(number) => Value::Integer(*number),
            Literal::Decimal(number) => Value::Decimal(*number),
            Literal::Text(text) => Value::Text(text.clone()),
            Literal::Time(time) => Value::Time(*time),
        },
        Expr::Arithmetic(left, operator, right) => {
            let right = value_of(right, entity);
            each(value_of(left, entity), &|left| calculate(&left, *operator, &right))
        }
        Expr::Call(function, arguments) => {
            let second = arguments.get(1).map_or(Value::Null, |argument| value_of(argument, entity));
            match arguments.first() {
                Some(first) => each(value_of(first, entity), &|first| {
                    each(second.clone(), &|second| call(*function, &first, &second))
                }),
                None => Value::Null,
            }
        }
        Expr::Or(..) | Expr::And(..) | Expr::Not(_) | Expr::Compare(..) => {
            truth(expr, entity).map_or(Value::Null, Value::Bool)
        }
    }
}

/// The value, or each of several, changed.
fn each(value: Value, change: &dyn Fn(Value) -> Value) -> Value {
    match value {
        Value::Any(values) => Value::Any(values.into_iter().map(change).collect()),
        value => change(value),
    }
}

fn compare(left: &Value, operator: Comparison, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Any(values), other) => any(values.iter().map(|value| compare(value, operator, other))),
        (other, Value::Any(values)) => any(values.iter().map(|value| compare(other, operator, value))),
        (Value::Null, Value::Null) => match operator {
            Comparison::Eq => Some(true),
            Comparison::Ne => Some(false),
            _ => None,
        },
        (Value::Null, _) | (_, Value::Null) => match operator {
            Comparison::Eq => Some(false),
            Comparison::Ne => Some(true),
            _ => None,
        },
        _ => {
            let order = order(left, right)?;
            Some(match operator {
                Comparison::Eq => order == Ordering::Equal,
                Comparison::Ne => order != Ordering::Equal,
                Comparison::Gt => order == Ordering::Greater,
                Comparison::Ge => order != Ordering::Less,
                Comparison::Lt => order == Ordering::Less,
                Comparison::Le => order != Ordering::Greater,
            })
        }
    }
}

fn any(outcomes: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for outcome in outcomes {
        match outcome {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

impl Value {
    /// The order of two values of one kind; values of different kinds have none.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        order(self, other)
    }

    fn number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a comparison with a decimal is one of doubles")]
            Value::Integer(number) => Some(*number as f64),
            Value::Decimal(number) => Some(*number),
            _ => None,
        }
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}

fn calculate(left: &Value, operator: Arithmetic, right: &Value) -> Value {
    if let (Value::Integer(a), Value::Integer(b)) = (left, right) {
        let whole = match operator {
            Arithmetic::Add => a.checked_add(*b),
            Arithmetic::Sub => a.checked_sub(*b),
            Arithmetic::Mul => a.checked_mul(*b),
            // A quotient of whole numbers is a decimal here: `3 div 2` is 1.5 for a reader of data.
            Arithmetic::Div => None,
            Arithmetic::Mod => a.checked_rem(*b),
        };
        if let Some(whole) = whole {
            return Value::Integer(whole);
        }
    }
    let (Some(a), Some(b)) = (left.number(), right.number()) else {
        return Value::Null;
    };
    let number = match operator {
        Arithmetic::Add => a + b,
        Arithmetic::Sub => a - b,
        Arithmetic::Mul => a * b,
        Arithmetic::Div => a / b,
        Arithmetic::Mod => a % b,
    };
    if number.is_finite() { Value::Decimal(number) } else { Value::Null }
}

fn call(function: Function, first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Text(a), Value::Text(b)) => match function {
            Function::SubstringOf => Value::Bool(b.contains(a.as_str())),
            Function::Contains => Value::Bool(a.contains(b.as_str())),
            Function::StartsWith => Value::Bool(a.starts_with(b.as_str())),
            Function::EndsWith => Value::Bool(a.ends_with(b.as_str())),
            Function::Concat => Value::Text(format!("{a}{b}")),
            _ => Value::Null,
        },
        (Value::Text(text), _) => match function {
            Function::Length => Value::Integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)),
            Function::ToLower => Value::Text(text.to_lowercase()),
            Function::ToUpper => Value::Text(text.to_uppercase()),
            Function::Trim => Value::Text(text.trim().to_owned()),
            _ => Value::Null,
        },
        (Value::Time(time), _) => match function {
            Function::Year => Value::Integer(i64::from(time.year())),
            Function::Month => Value::Integer(i64::from(time.month())),
            Function::Day => Value::Integer(i64::from(time.day())),
            Function::Hour => Value::Integer(i64::from(time.hour())),
            Function::Minute => Value::Integer(i64::from(time.minute())),
            Function::Second => Value::Integer(i64::from(time.second())),
            _ => Value::Null,
        },
        (number, _) => match (function, number.number()) {
            (Function::Round, Some(number)) => Value::Decimal(number.round()),
            (Function::Floor, Some(number)) => Value::Decimal(number.floor()),
            (Function::Ceiling, Some(number)) => Value::Decimal(number.ceil()),
            _ => Value::Null,
        },
    }
}
