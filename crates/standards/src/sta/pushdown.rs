//! What of a filter over observations the storage can decide by itself.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Comparison, Expr, Literal, observation_id, parse_observation_id};

/// A bound of the result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// How the result compares with the number.
    pub operator: Comparison,
    /// The number.
    pub number: f64,
}

/// The conditions of a filter that must all hold, sorted by who can decide them.
///
/// Everything taken is taken exactly: observations of `datastreams` between `from` and `to`, whose
/// results are numbers within all of `results` and which pass `rest`, are those that pass the filter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conjuncts {
    /// The only datastream; several that differ mean that nothing passes.
    pub datastreams: Vec<i64>,
    /// The first instant.
    pub from: Option<DateTime<Utc>>,
    /// The first instant after the last.
    pub to: Option<DateTime<Utc>>,
    /// Bounds of the result.
    pub results: Vec<Bound>,
    /// What remains to be decided for each observation.
    pub rest: Vec<Expr>,
}

impl Conjuncts {
    /// Whether nothing can pass, as far as one can tell without looking.
    pub fn is_empty_set(&self) -> bool {
        let several = self.datastreams.windows(2).any(|pair| pair[0] != pair[1]);
        several || matches!((self.from, self.to), (Some(from), Some(to)) if from >= to)
    }
}

/// Takes a filter over observations apart.
pub fn conjuncts(filter: &Expr) -> Conjuncts {
    let mut found = Conjuncts::default();
    let mut waiting = vec![filter];
    while let Some(expr) = waiting.pop() {
        match expr {
            Expr::And(left, right) => waiting.extend([right.as_ref(), left.as_ref()]),
            _ => {
                if !take(expr, &mut found) {
                    found.rest.push(expr.clone());
                }
            }
        }
    }
    found
}

/// Takes one condition, if the storage can decide it.
fn take(expr: &Expr, found: &mut Conjuncts) -> bool {
    let Expr::Compare(left, operator, right) = expr else {
        return false;
    };
    let (path, operator, literal) = match (left.as_ref(), right.as_ref()) {
        (Expr::Property(path), Expr::Literal(literal)) => (path, *operator, literal),
        (Expr::Literal(literal), Expr::Property(path)) => (path, mirrored(*operator), literal),
        _ => return false,
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (&path[..], literal) {
        (["Datastream", "id" | "@iot.id"], Literal::Integer(id)) if operator == Comparison::Eq => {
            found.datastreams.push(*id);
            true
        }
        (["id" | "@iot.id"], Literal::Text(id)) if operator == Comparison::Eq => take_id(id, found),
        (["phenomenonTime"], Literal::Time(time)) => take_time(operator, *time, found),
        // A result that is no number is unequal to every number.
        (["result"], Literal::Integer(_) | Literal::Decimal(_)) if operator != Comparison::Ne => {
            let number = match literal {
                Literal::Decimal(number) => *number,
                #[expect(clippy::cast_precision_loss, reason = "results are doubles")]
                Literal::Integer(number) => *number as f64,
                _ => return false,
            };
            found.results.push(Bound { operator, number });
            true
        }
        _ => false,
    }
}

/// An observation's id is its datastream and its time.
fn take_id(id: &str, found: &mut Conjuncts) -> bool {
    let Some((datastream, micros)) = parse_observation_id(id) else { return false };
    let Some(time) = DateTime::from_timestamp_micros(micros) else { return false };
    let is_id = observation_id(datastream, micros) == id;
    if is_id {
        found.datastreams.push(datastream);
    }
    is_id && take_time(Comparison::Eq, time, found)
}

fn take_time(operator: Comparison, time: DateTime<Utc>, found: &mut Conjuncts) -> bool {
    // Times are stored to the microsecond, so the instant after `time` is one microsecond later.
    let Some(after) = time.checked_add_signed(TimeDelta::microseconds(1)) else {
        return false;
    };
    let (from, to) = match operator {
        Comparison::Ge => (Some(time), None),
        Comparison::Gt => (Some(after), None),
        Comparison::Lt => (None, Some(time)),
        Comparison::Le => (None, Some(after)),
        Comparison::Eq => (Some(time), Some(after)),
        Comparison::Ne => return false,
    };
    found.from = found.from.max(from);
    found.to = match (found.to, to) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    true
}

fn mirrored(operator: Comparison) -> Comparison {
    match operator {
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
        Comparison::Eq | Comparison::Ne => operator,
    }
}
