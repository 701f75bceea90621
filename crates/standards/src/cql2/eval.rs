//! Whether a filter holds for a thing.

use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use geo::{Intersects, Relate};
use geo_types::Geometry;
use unicode_normalization::UnicodeNormalization;

use super::{Array, Expr, Op, Spatial, Temporal, instant};

/// A value of a thing, or of an expression over it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// There is none, or it is not known.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A stretch of time; an instant begins and ends at once.
    Time(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// A geometry.
    Shape(Box<Geometry<f64>>),
    /// Several values.
    List(Vec<Value>),
}

/// A thing that a filter is asked of.
pub trait Subject {
    /// The value of a property.
    fn value(&self, property: &str) -> Value;
}

/// Whether the filter is known to hold.
pub fn holds(filter: &Expr, of: &impl Subject) -> bool {
    truth(filter, of) == Some(true)
}

fn truth(expr: &Expr, of: &impl Subject) -> Option<bool> {
    let Expr::Op(op, args) = expr else {
        return match value(expr, of) {
            Value::Bool(truth) => Some(truth),
            _ => None,
        };
    };
    match op {
        Op::And => {
            let mut all = Some(true);
            for arg in args {
                match truth(arg, of) {
                    Some(false) => return Some(false),
                    None => all = None,
                    Some(true) => {}
                }
            }
            all
        }
        Op::Or => {
            let mut any = Some(false);
            for arg in args {
                match truth(arg, of) {
                    Some(true) => return Some(true),
                    None => any = None,
                    Some(false) => {}
                }
            }
            any
        }
        Op::Not => truth(args.first()?, of).map(|holds| !holds),
        Op::IsNull => Some(value(args.first()?, of) == Value::Null),
        Op::Between => {
            let [this, low, high] = &args[..] else { return None };
            let this = value(this, of);
            let above = order(&this, &value(low, of))? != Ordering::Less;
            let below = order(&this, &value(high, of))? != Ordering::Greater;
            Some(above && below)
        }
        _ => {
            let [left, right] = &args[..] else { return None };
            relation(*op, &value(left, of), &value(right, of))
        }
    }
}

fn relation(op: Op, left: &Value, right: &Value) -> Option<bool> {
    match op {
        Op::Equal => same(left, right),
        Op::NotEqual => same(left, right).map(|same| !same),
        Op::Less => order(left, right).map(|order| order == Ordering::Less),
        Op::LessOrEqual => order(left, right).map(|order| order != Ordering::Greater),
        Op::Greater => order(left, right).map(|order| order == Ordering::Greater),
        Op::GreaterOrEqual => order(left, right).map(|order| order != Ordering::Less),
        Op::Like => match (left, right) {
            (Value::Text(text), Value::Text(pattern)) => Some(like(text, pattern)),
            _ => None,
        },
        Op::In => {
            let Value::List(list) = right else { return None };
            let mut any = Some(false);
            for one in list {
                match same(left, one) {
                    Some(true) => return Some(true),
                    None => any = None,
                    Some(false) => {}
                }
            }
            any
        }
        Op::Spatial(how) => match (left, right) {
            (Value::Shape(left), Value::Shape(right)) => Some(lies(how, left, right)),
            _ => None,
        },
        Op::Temporal(how) => temporal(how, left, right),
        Op::Array(how) => match (left, right) {
            (Value::List(left), Value::List(right)) => Some(shares(how, left, right)),
            _ => None,
        },
        _ => None,
    }
}

fn value(expr: &Expr, of: &impl Subject) -> Value {
    match expr {
        Expr::Property(name) => of.value(name),
        Expr::Text(text) => Value::Text(text.clone()),
        Expr::Number(number) => Value::Number(*number),
        Expr::Bool(truth) => Value::Bool(*truth),
        Expr::Time(from, to) => Value::Time(*from, *to),
        Expr::Shape(shape) => Value::Shape(shape.clone()),
        Expr::List(list) => Value::List(list.iter().map(|expr| value(expr, of)).collect()),
        Expr::Op(Op::Interval, args) => between(args, of).unwrap_or(Value::Null),
        Expr::Op(Op::CaseI, args) => text_of(args, of, |text| text.to_lowercase()),
        Expr::Op(Op::AccentI, args) => text_of(args, of, |text| without_marks(&text)),
        Expr::Op(Op::Call(function), args) => {
            let values: Vec<Value> = args.iter().map(|arg| value(arg, of)).collect();
            function.call(&values)
        }
        Expr::Op(op, _) if op.is_predicate() => match truth(expr, of) {
            Some(truth) => Value::Bool(truth),
            None => Value::Null,
        },
        Expr::Op(op, args) => arithmetic(*op, args, of).map_or(Value::Null, Value::Number),
    }
}

/// The stretch from the beginning of its first end to the end of its second; none where an end is not known.
fn between(args: &[Expr], of: &impl Subject) -> Option<Value> {
    let [from, to] = args else { return None };
    let end = |end: &Expr| match value(end, of) {
        Value::Time(from, to) => Some((from, to)),
        Value::Text(text) => instant(&text).ok().map(|(from, to)| (Some(from), Some(to))),
        _ => None,
    };
    let (start, last) = (end(from)?.0, end(to)?.1);
    let is_backwards = start.zip(last).is_some_and(|(start, last)| start > last);
    (!is_backwards).then_some(Value::Time(start, last))
}

fn text_of(args: &[Expr], of: &impl Subject, change: fn(String) -> String) -> Value {
    match args.first().map(|arg| value(arg, of)) {
        Some(Value::Text(text)) => Value::Text(change(text)),
        Some(Value::List(list)) => Value::List(
            list.into_iter()
                .map(|one| if let Value::Text(text) = one { Value::Text(change(text)) } else { one })
                .collect(),
        ),
        _ => Value::Null,
    }
}

pub(super) fn without_marks(text: &str) -> String {
    let plain = text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    plain
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            c => c,
        })
        .collect()
}

fn arithmetic(op: Op, args: &[Expr], of: &impl Subject) -> Option<f64> {
    let number = |at: usize| match value(args.get(at)?, of) {
        Value::Number(number) => Some(number),
        _ => None,
    };
    let left = number(0)?;
    if op == Op::Subtract && args.len() == 1 {
        return Some(-left);
    }
    let right = number(1)?;
    let result = match op {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::Divide => left / right,
        Op::Remainder => left % right,
        Op::WholeDivide => (left / right).trunc(),
        Op::Power => left.powf(right),
        _ => return None,
    };
    result.is_finite().then_some(result)
}

fn same(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::List(left), Value::List(right)) => Some(shares(Array::Equals, left, right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::Shape(left), Value::Shape(right)) => Some(lies(Spatial::Equals, left, right)),
        _ => order(left, right).map(|order| order == Ordering::Equal),
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Time(..), Value::Text(text)) => {
            let (from, to) = instant(text).ok()?;
            order(left, &Value::Time(Some(from), Some(to)))
        }
        (Value::Text(_), Value::Time(..)) => order(right, left).map(Ordering::reverse),
        (Value::Time(from, to), Value::Time(other_from, other_to)) => {
            // A day or a period against an instant: what lies within it is equal to it.
            if to.zip(*other_from).is_some_and(|(to, from)| to < from)
                || (before_day(*to, *other_from, *from))
            {
                return Some(Ordering::Less);
            }
            if other_to.zip(*from).is_some_and(|(to, from)| to < from)
                || (before_day(*other_to, *from, *other_from))
            {
                return Some(Ordering::Greater);
            }
            Some(Ordering::Equal)
        }
        _ => None,
    }
}

/// Whether a stretch that lasts ends exactly where another begins: it ended before.
fn before_day(to: Option<DateTime<Utc>>, next: Option<DateTime<Utc>>, from: Option<DateTime<Utc>>) -> bool {
    to.is_some() && to == next && from != to
}

/// Whether a text fits a pattern: `%` is any text, `_` any letter, a backslash takes the sign as it is.
fn like(text: &str, pattern: &str) -> bool {
    #[derive(Clone, Copy)]
    enum Part {
        Any,
        One,
        This(char),
    }
    let mut parts = Vec::new();
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        parts.push(match sign {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => Part::This(signs.next().unwrap_or('\\')),
            c => Part::This(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut part) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                back = Some((part, at));
                part += 1;
                continue;
            }
            Some(Part::One) => {
                at += 1;
                part += 1;
                continue;
            }
            Some(Part::This(c)) if *c == text[at] => {
                at += 1;
                part += 1;
                continue;
            }
            _ => {}
        }
        // Only the last `%` need be longer: what stands before it fits already.
        let Some((any, from)) = back else { return false };
        back = Some((any, from + 1));
        (at, part) = (from + 1, any + 1);
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

fn lies(how: Spatial, left: &Geometry<f64>, right: &Geometry<f64>) -> bool {
    match how {
        Spatial::Intersects => return left.intersects(right),
        Spatial::Disjoint => return !left.intersects(right),
        _ => {}
    }
    let matrix = left.relate(right);
    match how {
        Spatial::Intersects => matrix.is_intersects(),
        Spatial::Equals => matrix.is_equal_topo(),
        Spatial::Disjoint => matrix.is_disjoint(),
        Spatial::Touches => matrix.is_touches(),
        Spatial::Within => matrix.is_within(),
        Spatial::Overlaps => matrix.is_overlaps(),
        Spatial::Crosses => matrix.is_crosses(),
        Spatial::Contains => matrix.is_contains(),
    }
}

fn temporal(how: Temporal, left: &Value, right: &Value) -> Option<bool> {
    let stretch = |value: &Value| match value {
        Value::Time(from, to) => {
            Some((from.unwrap_or(DateTime::<Utc>::MIN_UTC), to.unwrap_or(DateTime::<Utc>::MAX_UTC)))
        }
        Value::Text(text) => instant(text).ok(),
        _ => None,
    };
    let ((a, b), (c, d)) = (stretch(left)?, stretch(right)?);
    Some(match how {
        Temporal::After => a > d,
        Temporal::Before => b < c,
        Temporal::Contains => a < c && b > d,
        Temporal::During => a > c && b < d,
        Temporal::Disjoint => b < c || a > d,
        Temporal::Intersects => b >= c && a <= d,
        Temporal::Equals => a == c && b == d,
        Temporal::FinishedBy => a < c && b == d,
        Temporal::Finishes => a > c && b == d,
        Temporal::Meets => meets(b, c),
        Temporal::MetBy => meets(d, a),
        Temporal::Overlaps => a < c && b > c && b < d,
        Temporal::OverlappedBy => a > c && a < d && b > d,
        Temporal::StartedBy => a == c && b > d,
        Temporal::Starts => a == c && b < d,
    })
}

/// Whether a stretch that ends at an instant meets one that begins at another: at the same instant, or on the
/// same day, of which one says the last microsecond and the other the first.
fn meets(end: DateTime<Utc>, start: DateTime<Utc>) -> bool {
    let day = TimeDelta::days(1) - TimeDelta::microseconds(1);
    let is_midnight = start.time() == chrono::NaiveTime::MIN;
    end == start || (is_midnight && start.checked_add_signed(day) == Some(end))
}

fn shares(how: Array, left: &[Value], right: &[Value]) -> bool {
    let has = |list: &[Value], one: &Value| list.iter().any(|other| same(other, one) == Some(true));
    let all = |of: &[Value], list: &[Value]| of.iter().all(|one| has(list, one));
    match how {
        Array::Equals => all(left, right) && all(right, left),
        Array::Contains => all(right, left),
        Array::ContainedBy => all(left, right),
        Array::Overlaps => left.iter().any(|one| has(right, one)),
    }
}
