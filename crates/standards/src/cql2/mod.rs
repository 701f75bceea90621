//! CQL2 (OGC 21-065r2): its two writings, its syntax tree, and its truth over one thing.
//!
//! Text and JSON become the same tree. A filter is bounded in bytes, in depth and in nodes before
//! anything is done with it; evaluating it never fails: what cannot be compared is not known, and a
//! thing of which the filter is not known to hold is left out (§6.3, three-valued logic).

mod eval;
mod function;
mod json;
mod lexer;
mod shape;
mod text;
mod tree;

use chrono::{DateTime, TimeDelta, Utc};
use geo::{CoordsIter, Validation};
use geo_types::Geometry;

pub use eval::{Subject, Value, holds};
pub use function::{Function, functions};
pub use json::{parse as parse_json, parse_in as parse_json_in, parse_str as parse_json_text};
pub use shape::{area, area_placed, from_geojson};
pub use text::{parse as parse_text, parse_in as parse_text_in};

use crate::Error;

/// The most bytes of a filter.
pub const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 48;
/// The most nodes of a tree.
pub const MAX_NODES: usize = 5_000;
/// The most positions of all geometries together.
pub const MAX_POSITIONS: usize = 5_000;

/// Where a position of a filter lies, in longitude and latitude.
pub type Placing<'p> = &'p dyn Fn([f64; 2]) -> [f64; 2];

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A property of the thing.
    Property(String),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A stretch of time from an instant to another, both part of it; an instant and a day are ones too.
    Time(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// A geometry in longitude and latitude.
    Shape(Box<Geometry<f64>>),
    /// Several values.
    List(Vec<Expr>),
    /// An operation.
    Op(Op, Vec<Expr>),
}

/// What is done with the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// All hold.
    And,
    /// One holds.
    Or,
    /// Does not hold.
    Not,
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// A text fits a pattern of `%` and `_`.
    Like,
    /// Between two values, both included.
    Between,
    /// One of a list.
    In,
    /// There is no value.
    IsNull,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `div`
    WholeDivide,
    /// `^`
    Power,
    /// A stretch of time between two ends that the thing says; an end that is open is all of time.
    Interval,
    /// The text without the difference of capitals.
    CaseI,
    /// The text without its marks.
    AccentI,
    /// How two geometries lie.
    Spatial(Spatial),
    /// How two stretches of time lie.
    Temporal(Temporal),
    /// How two lists share their values.
    Array(Array),
    /// A function of this node (§7.13).
    Call(Function),
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// The one of a word; capitals do not matter.
            pub fn from_word(word: &str) -> Option<$name> {
                let word = word.to_ascii_lowercase();
                match word.as_str() { $($word => Some($name::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// Spatial functions (§7.6, §8.3).
    Spatial {
        /// They share a point.
        Intersects = "s_intersects",
        /// They are the same.
        Equals = "s_equals",
        /// They share no point.
        Disjoint = "s_disjoint",
        /// They share edges only.
        Touches = "s_touches",
        /// The first lies within the second.
        Within = "s_within",
        /// They share a part, each having more, of the same dimension.
        Overlaps = "s_overlaps",
        /// They cross.
        Crosses = "s_crosses",
        /// The second lies within the first.
        Contains = "s_contains",
    }
}

words! {
    /// Temporal functions (§8.4).
    Temporal {
        /// The first begins after the second ended.
        After = "t_after",
        /// The first ended before the second begins.
        Before = "t_before",
        /// The second lies inside the first.
        Contains = "t_contains",
        /// They share nothing.
        Disjoint = "t_disjoint",
        /// The first lies inside the second.
        During = "t_during",
        /// They are the same.
        Equals = "t_equals",
        /// The second begins the first's end.
        FinishedBy = "t_finishedby",
        /// The first ends the second.
        Finishes = "t_finishes",
        /// They share something.
        Intersects = "t_intersects",
        /// The first ends where the second begins.
        Meets = "t_meets",
        /// The second ends where the first begins.
        MetBy = "t_metby",
        /// The first begins before the second and ends within it.
        Overlaps = "t_overlaps",
        /// The second begins before the first and ends within it.
        OverlappedBy = "t_overlappedby",
        /// The second begins the first.
        StartedBy = "t_startedby",
        /// The first begins the second.
        Starts = "t_starts",
    }
}

words! {
    /// Array functions (§8.5).
    Array {
        /// The same values.
        Equals = "a_equals",
        /// The first has all of the second.
        Contains = "a_contains",
        /// The second has all of the first.
        ContainedBy = "a_containedby",
        /// They share a value.
        Overlaps = "a_overlaps",
    }
}

impl Op {
    /// The operation of a name in JSON (and, for functions, in text).
    fn from_name(name: &str) -> Option<Op> {
        let op = match name {
            "and" => Op::And,
            "or" => Op::Or,
            "not" => Op::Not,
            "=" | "eq" => Op::Equal,
            "<>" | "neq" => Op::NotEqual,
            "<" | "lt" => Op::Less,
            "<=" | "lte" => Op::LessOrEqual,
            ">" | "gt" => Op::Greater,
            ">=" | "gte" => Op::GreaterOrEqual,
            "like" => Op::Like,
            "between" => Op::Between,
            "in" => Op::In,
            "isNull" => Op::IsNull,
            "+" => Op::Add,
            "-" => Op::Subtract,
            "*" => Op::Multiply,
            "/" => Op::Divide,
            "%" => Op::Remainder,
            "div" => Op::WholeDivide,
            "^" => Op::Power,
            _ => return Op::of_function(name),
        };
        Some(op)
    }

    /// The operation of a function's name.
    fn of_function(name: &str) -> Option<Op> {
        if name.eq_ignore_ascii_case("casei") {
            return Some(Op::CaseI);
        }
        if name.eq_ignore_ascii_case("accenti") {
            return Some(Op::AccentI);
        }
        let spatial = Spatial::from_word(name).map(Op::Spatial);
        let temporal = || Temporal::from_word(name).map(Op::Temporal);
        let array = || Array::from_word(name).map(Op::Array);
        spatial.or_else(temporal).or_else(array).or_else(|| Function::from_word(name).map(Op::Call))
    }

    /// How many arguments it takes, at least and at most.
    fn arguments(self) -> (usize, usize) {
        match self {
            Op::And | Op::Or => (2, MAX_NODES),
            Op::Not | Op::IsNull | Op::CaseI | Op::AccentI => (1, 1),
            // A single argument is its negative.
            Op::Subtract => (1, 2),
            Op::Between => (3, 3),
            Op::Call(function) => (function.arguments().len(), function.arguments().len()),
            _ => (2, 2),
        }
    }

    /// Whether the operation says that something holds.
    fn is_predicate(self) -> bool {
        !matches!(
            self,
            Op::Add
                | Op::Subtract
                | Op::Multiply
                | Op::Divide
                | Op::Remainder
                | Op::WholeDivide
                | Op::Power
                | Op::Interval
                | Op::CaseI
                | Op::AccentI
                | Op::Call(_)
        )
    }
}

/// Refuses a tree that says nothing that could hold.
fn predicate(expr: Expr) -> Result<Expr, Error> {
    match &expr {
        Expr::Bool(_) | Expr::Property(_) => Ok(expr),
        Expr::Op(op, _) if op.is_predicate() => Ok(expr),
        _ => Err(Error::new("filter", "this is a value, and nothing that holds or does not")
            .hint("compare it, e.g. `title = 'a'`")),
    }
}

/// The most that a reader of filters has left.
struct Budget<'p> {
    nodes: usize,
    positions: usize,
    /// Where the positions of geometries lie, when they are not in longitude and latitude.
    place: Option<Placing<'p>>,
}

impl<'p> Budget<'p> {
    fn new(place: Option<Placing<'p>>) -> Budget<'p> {
        Budget { nodes: MAX_NODES, positions: MAX_POSITIONS, place }
    }

    fn node(&mut self, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::new("filter", format!("it is nested deeper than {MAX_DEPTH}")));
        }
        self.nodes = self
            .nodes
            .checked_sub(1)
            .ok_or_else(|| Error::new("filter", format!("it has more than {MAX_NODES} parts")))?;
        Ok(())
    }

    fn shape(&mut self, shape: &Geometry<f64>) -> Result<(), Error> {
        self.positions = self.positions.checked_sub(shape.coords_count()).ok_or_else(|| {
            Error::new("filter", format!("its geometries have more than {MAX_POSITIONS} positions"))
        })?;
        // How shapes lie is settled for valid ones only (OGC 06-103r4 §6.1.11).
        if !shape.is_valid() {
            return Err(Error::new("filter", "a geometry crosses itself, or a hole lies outside"));
        }
        Ok(())
    }
}

/// The same error, said of the filter that it was found in.
fn of_filter(error: Error) -> Error {
    Error { parameter: "filter".to_owned(), ..error }
}

/// An instant, or a day as the stretch from midnight to the last microsecond before the next: days that
/// follow each other share nothing, and the second is after the first.
fn instant(text: &str) -> Result<(DateTime<Utc>, DateTime<Utc>), Error> {
    let wrong = || Error::new("filter", format!("`{}` is no instant or day", crate::error::quote(text)));
    if text.len() == 10 {
        let day: chrono::NaiveDate = text.parse().map_err(|_| wrong())?;
        let next = day.succ_opt().ok_or_else(wrong)?;
        let midnight = |day: chrono::NaiveDate| day.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
        let ends = midnight(day).zip(midnight(next));
        return ends.map(|(from, to)| (from, to - TimeDelta::microseconds(1))).ok_or_else(wrong);
    }
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| wrong())?.to_utc();
    Ok((time, time))
}

/// The stretch of a text that is an instant or a day, as it is compared with times.
pub fn stretch(text: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    instant(text).ok()
}

/// An interval of two ends, each a text, a time or what a thing says.
fn interval_of(from: &Expr, to: &Expr) -> Result<Expr, Error> {
    let is_said = |end: &Expr| !matches!(end, Expr::Text(_) | Expr::Time(..));
    if let (Expr::Text(from), Expr::Text(to)) = (from, to) {
        return interval(from, to);
    }
    let end = |end: &Expr| match end {
        Expr::Text(text) if text == ".." || text.is_empty() => Ok(Expr::Time(None, None)),
        Expr::Text(text) => instant(text).map(|(from, to)| Expr::Time(Some(from), Some(to))),
        Expr::Property(_) | Expr::Time(..) | Expr::Op(Op::Call(_), _) => Ok(end.clone()),
        _ => Err(Error::new("filter", "an interval has two ends: texts, times or properties")),
    };
    match (end(from)?, end(to)?) {
        (Expr::Time(start, _), Expr::Time(_, last)) if !is_said(from) && !is_said(to) => {
            Ok(Expr::Time(start, last))
        }
        (from, to) => Ok(Expr::Op(Op::Interval, vec![from, to])),
    }
}

/// An interval of two ends, `..` where it is open.
fn interval(from: &str, to: &str) -> Result<Expr, Error> {
    let start = if from == ".." || from.is_empty() { None } else { Some(instant(from)?.0) };
    let end = if to == ".." || to.is_empty() { None } else { Some(instant(to)?.1) };
    match (start, end) {
        (Some(start), Some(end)) if start > end => {
            Err(Error::new("filter", format!("the interval ends at `{to}` before it begins at `{from}`")))
        }
        _ => Ok(Expr::Time(start, end)),
    }
}
