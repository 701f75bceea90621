//! A filter as what has to be so of a row, for whatever statistics can leave out.
//!
//! Two questions are asked of every part: when it may hold, and when it may be known not to hold.
//! Between them lies what is not known (21-065r2 §6.3), which neither of them lets in.

use lake::{AttributeKind, Needs, Within};
use standards::cql2::{Expr, Op, Temporal, stretch};

/// The column of a property, and what its values are.
pub(super) type Column<'c> = &'c dyn Fn(&str) -> Option<(String, AttributeKind)>;

/// What has to be so of a row of which a filter holds.
pub(super) fn of(filter: &Expr, column: Column<'_>) -> Needs {
    Reader { column }.holds(filter)
}

struct Reader<'c> {
    column: Column<'c>,
}

impl Reader<'_> {
    fn holds(&self, expr: &Expr) -> Needs {
        let Expr::Op(op, args) = expr else {
            return match expr {
                Expr::Property(name) => self.one(name, |_| Within::Bool(true)),
                Expr::Bool(false) => Needs::Any(Vec::new()),
                _ => Needs::ANYTHING,
            };
        };
        match (op, &args[..]) {
            (Op::And, parts) => Needs::All(parts.iter().map(|part| self.holds(part)).collect()),
            (Op::Or, parts) => Needs::Any(parts.iter().map(|part| self.holds(part)).collect()),
            (Op::Not, [part]) => self.fails(part),
            (Op::IsNull, [Expr::Property(name)]) => self.one(name, |_| Within::Null),
            (Op::Between, [this, low, high]) => Needs::All(vec![
                self.compared(Op::GreaterOrEqual, this, low),
                self.compared(Op::LessOrEqual, this, high),
            ]),
            (Op::In, [this, Expr::List(list)]) => {
                Needs::Any(list.iter().map(|one| self.compared(Op::Equal, this, one)).collect())
            }
            (Op::Like, [Expr::Property(name), Expr::Text(pattern)]) => self.one(name, |kind| match kind {
                AttributeKind::Text => beginning(pattern),
                _ => Within::Present,
            }),
            (op, [left, right]) => self.compared(*op, left, right),
            _ => Needs::ANYTHING,
        }
    }

    fn fails(&self, expr: &Expr) -> Needs {
        let Expr::Op(op, args) = expr else {
            return match expr {
                Expr::Property(name) => self.one(name, |_| Within::Bool(false)),
                Expr::Bool(true) => Needs::Any(Vec::new()),
                _ => Needs::ANYTHING,
            };
        };
        match (op, &args[..]) {
            (Op::And, parts) => Needs::Any(parts.iter().map(|part| self.fails(part)).collect()),
            (Op::Or, parts) => Needs::All(parts.iter().map(|part| self.fails(part)).collect()),
            (Op::Not, [part]) => self.holds(part),
            (Op::Between, [this, low, high]) => {
                Needs::Any(vec![self.compared(Op::Less, this, low), self.compared(Op::Greater, this, high)])
            }
            (Op::IsNull | Op::In | Op::Like, [Expr::Property(name), ..]) => {
                self.one(name, |_| Within::Present)
            }
            (Op::Equal, [left, right]) => self.compared(Op::NotEqual, left, right),
            (Op::NotEqual, [left, right]) => self.compared(Op::Equal, left, right),
            (Op::Less, [left, right]) => self.compared(Op::GreaterOrEqual, left, right),
            (Op::LessOrEqual, [left, right]) => self.compared(Op::Greater, left, right),
            (Op::Greater, [left, right]) => self.compared(Op::LessOrEqual, left, right),
            (Op::GreaterOrEqual, [left, right]) => self.compared(Op::Less, left, right),
            _ => Needs::ANYTHING,
        }
    }

    fn one(&self, property: &str, is: impl Fn(AttributeKind) -> Within) -> Needs {
        match (self.column)(property) {
            Some((name, kind)) => Needs::Column { name, is: is(kind) },
            None => Needs::ANYTHING,
        }
    }

    /// A property beside a value, on whichever side of each other they stand.
    fn compared(&self, op: Op, left: &Expr, right: &Expr) -> Needs {
        let (name, op, value) = match (left, right) {
            (Expr::Property(name), value) if is_value(value) => (name, Some(op), value),
            (value, Expr::Property(name)) if is_value(value) => (name, turned(op), value),
            _ => return Needs::ANYTHING,
        };
        // Nothing can be said of what is not there, whatever it is compared with.
        self.one(name, |kind| op.and_then(|op| range(op, kind, value)).unwrap_or(Within::Present))
    }
}

fn is_value(expr: &Expr) -> bool {
    match expr {
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Time(..) => true,
        Expr::Op(Op::Subtract, args) => matches!(args[..], [Expr::Number(_)]),
        _ => false,
    }
}

/// The operation with its sides changed; `None` where nothing is known of what is left out.
fn turned(op: Op) -> Option<Op> {
    Some(match op {
        Op::Less => Op::Greater,
        Op::LessOrEqual => Op::GreaterOrEqual,
        Op::Greater => Op::Less,
        Op::GreaterOrEqual => Op::LessOrEqual,
        Op::Equal | Op::NotEqual => op,
        _ => return None,
    })
}

/// Where a value of a kind lies when it compares so with another.
fn range(op: Op, kind: AttributeKind, value: &Expr) -> Option<Within> {
    match kind {
        AttributeKind::Number | AttributeKind::Integer => {
            let number = number(value)?;
            let (from, to) = ends(op, number, number)?;
            Some(Within::Number(from, to))
        }
        AttributeKind::Text => {
            let Expr::Text(text) = value else { return None };
            let (from, to) = ends(op, text, text)?;
            Some(Within::Text(from.cloned(), to.cloned()))
        }
        AttributeKind::Boolean => {
            let Expr::Bool(truth) = value else { return None };
            match op {
                Op::Equal => Some(Within::Bool(*truth)),
                Op::NotEqual => Some(Within::Bool(!*truth)),
                _ => None,
            }
        }
        AttributeKind::Time => {
            let (low, high) = match value {
                Expr::Time(low, high) => (*low, *high),
                Expr::Text(text) => stretch(text).map(|(low, high)| (Some(low), Some(high)))?,
                _ => return None,
            };
            // What is kept has whole microseconds: rounding down loses none of it.
            let micros = |time: chrono::DateTime<chrono::Utc>| time.timestamp_micros();
            let (low, high) = (low.map(micros), high.map(micros));
            if let Op::Temporal(how) = op {
                return temporal(how, low, high);
            }
            let (from, to) = ends(op, low, high)?;
            Some(Within::Time(from.flatten(), to.flatten()))
        }
    }
}

/// Between which ends a value lies that compares so with what reaches from one value to another.
fn ends<T: Copy>(op: Op, low: T, high: T) -> Option<(Option<T>, Option<T>)> {
    match op {
        Op::Equal => Some((Some(low), Some(high))),
        Op::Less => Some((None, Some(low))),
        Op::LessOrEqual => Some((None, Some(high))),
        Op::Greater => Some((Some(high), None)),
        Op::GreaterOrEqual => Some((Some(low), None)),
        _ => None,
    }
}

/// Where an instant is that lies so to a stretch of time.
fn temporal(how: Temporal, low: Option<i64>, high: Option<i64>) -> Option<Within> {
    match how {
        Temporal::After => Some(Within::Time(high, None)),
        Temporal::Before => Some(Within::Time(None, low)),
        Temporal::During
        | Temporal::Intersects
        | Temporal::Equals
        | Temporal::Starts
        | Temporal::Finishes
        | Temporal::Meets
        | Temporal::MetBy => Some(Within::Time(low, high)),
        _ => None,
    }
}

fn number(value: &Expr) -> Option<f64> {
    match value {
        Expr::Number(number) => Some(*number),
        Expr::Op(Op::Subtract, args) => match args[..] {
            [Expr::Number(number)] => Some(-number),
            _ => None,
        },
        _ => None,
    }
}

/// Texts that fit a pattern begin as it does.
fn beginning(pattern: &str) -> Within {
    let end = pattern.find(['%', '_', '\\']).unwrap_or(pattern.len());
    let beginning = &pattern[..end];
    if beginning.is_empty() {
        return Within::Present;
    }
    let mut letters: Vec<char> = beginning.chars().collect();
    let last = letters.pop().and_then(|last| char::from_u32(u32::from(last) + 1));
    let behind = last.map(|last| letters.iter().collect::<String>() + last.encode_utf8(&mut [0; 4]));
    Within::Text(Some(beginning.to_owned()), behind)
}
