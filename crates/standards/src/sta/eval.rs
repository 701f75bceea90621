//! Whether an entity passes a filter: values, looked up by whoever holds the entity.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::call::call;
use super::{Arithmetic, Comparison, Expr, Literal, Shape};

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
    /// A day.
    Date(NaiveDate),
    /// A time of the day.
    Clock(NaiveTime),
    /// A span of time.
    Span(TimeDelta),
    /// A geometry.
    Shape(Shape),
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
            // Along a relation to many, it is enough that it holds for one.
            Value::Any(values) => any(values.iter().map(|value| match value {
                Value::Bool(holds) => Some(*holds),
                _ => None,
            })),
            _ => None,
        },
    }
}

/// The value of an expression.
pub fn value_of(expr: &Expr, entity: &dyn Lookup) -> Value {
    match expr {
        Expr::Property(path) => entity.value(path),
        Expr::Literal(literal) => Value::from(literal.clone()),
        Expr::Arithmetic(left, operator, right) => {
            let right = value_of(right, entity);
            each(value_of(left, entity), &|left| {
                each(right.clone(), &|right| calculate(&left, *operator, &right))
            })
        }
        Expr::Call(function, arguments) => {
            let at = |index: usize| {
                arguments.get(index).map_or(Value::Null, |argument| value_of(argument, entity))
            };
            let (second, third) = (at(1), at(2));
            each(at(0), &|first| each(second.clone(), &|second| call(*function, &first, &second, &third)))
        }
        Expr::Or(..) | Expr::And(..) | Expr::Not(_) | Expr::Compare(..) => {
            truth(expr, entity).map_or(Value::Null, Value::Bool)
        }
    }
}

/// An expression that reads no property, as a value that can be written; none when it has none.
pub(super) fn constant(expr: &Expr) -> Option<Literal> {
    struct Nothing;
    impl Lookup for Nothing {
        fn value(&self, _: &[String]) -> Value {
            Value::Null
        }
    }
    value_of(expr, &Nothing).literal()
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

impl From<Literal> for Value {
    fn from(literal: Literal) -> Value {
        match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(value),
            Literal::Integer(number) => Value::Integer(number),
            Literal::Decimal(number) => Value::Decimal(number),
            Literal::Text(text) => Value::Text(text),
            Literal::Time(time) => Value::Time(time),
            Literal::Date(date) => Value::Date(date),
            Literal::Clock(clock) => Value::Clock(clock),
            Literal::Span(span) => Value::Span(span),
            Literal::Shape(shape) => Value::Shape(shape),
        }
    }
}

impl Value {
    /// The order of two values of one kind; values of different kinds have none.
    pub fn order(&self, other: &Value) -> Option<Ordering> {
        order(self, other)
    }

    /// The value as it is written; several have no writing.
    pub fn literal(self) -> Option<Literal> {
        Some(match self {
            Value::Null => Literal::Null,
            Value::Bool(value) => Literal::Bool(value),
            Value::Integer(number) => Literal::Integer(number),
            Value::Decimal(number) => Literal::Decimal(number),
            Value::Text(text) => Literal::Text(text),
            Value::Time(time) => Literal::Time(time),
            Value::Date(date) => Literal::Date(date),
            Value::Clock(clock) => Literal::Clock(clock),
            Value::Span(span) => Literal::Span(span),
            Value::Shape(shape) => Literal::Shape(shape),
            Value::Any(_) => return None,
        })
    }

    /// A JSON value: objects that are geometries are shapes, others have no value to compare.
    pub fn of_json(value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(number) => Value::Integer(number),
                None => number.as_f64().map_or(Value::Null, Value::Decimal),
            },
            serde_json::Value::Object(_) => Shape::from_geojson(value).map_or(Value::Null, Value::Shape),
            serde_json::Value::Null | serde_json::Value::Array(_) => Value::Null,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
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
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Clock(a), Value::Clock(b)) => Some(a.cmp(b)),
        (Value::Span(a), Value::Span(b)) => Some(a.cmp(b)),
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
    if let Some(value) = in_time(left, operator, right) {
        return value;
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

/// Instants and spans, added and subtracted; none when there are none.
fn in_time(left: &Value, operator: Arithmetic, right: &Value) -> Option<Value> {
    let found = match (left, operator, right) {
        (Value::Time(time), Arithmetic::Add, Value::Span(span)) => {
            time.checked_add_signed(*span).map(Value::Time)
        }
        (Value::Time(time), Arithmetic::Sub, Value::Span(span)) => {
            time.checked_sub_signed(*span).map(Value::Time)
        }
        (Value::Time(a), Arithmetic::Sub, Value::Time(b)) => Some(Value::Span(*a - *b)),
        (Value::Span(a), Arithmetic::Add, Value::Span(b)) => a.checked_add(b).map(Value::Span),
        (Value::Span(a), Arithmetic::Sub, Value::Span(b)) => a.checked_sub(b).map(Value::Span),
        _ => return None,
    };
    Some(found.unwrap_or(Value::Null))
}
