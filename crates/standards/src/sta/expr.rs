//! The syntax tree of `$filter`: expressions, the values written in them, and the words of both.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{Function, Shape};

/// Declares the words of a grammar: an enumeration, all of it, and the word of each.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word in a filter.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
    };
}

pub(super) use words;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Either holds.
    Or(Box<Expr>, Box<Expr>),
    /// Both hold.
    And(Box<Expr>, Box<Expr>),
    /// Does not hold.
    Not(Box<Expr>),
    /// Two values compared.
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// Two numbers combined.
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    /// A function of its arguments.
    Call(Function, Vec<Expr>),
    /// A property of the entity, or of one that it is related to.
    Property(Vec<String>),
    /// A value.
    Literal(Literal),
}

/// A value written in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
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
    /// An instant.
    Time(DateTime<Utc>),
    /// A day.
    Date(NaiveDate),
    /// A time of the day.
    Clock(NaiveTime),
    /// A span of time.
    Span(TimeDelta),
    /// A geometry.
    Shape(Shape),
}

words! {
    /// How two values are compared.
    Comparison {
        /// Equal.
        Eq = "eq",
        /// Not equal.
        Ne = "ne",
        /// Greater.
        Gt = "gt",
        /// Greater or equal.
        Ge = "ge",
        /// Less.
        Lt = "lt",
        /// Less or equal.
        Le = "le",
    }
}

words! {
    /// How two numbers are combined.
    Arithmetic {
        /// Sum.
        Add = "add",
        /// Difference.
        Sub = "sub",
        /// Product.
        Mul = "mul",
        /// Quotient.
        Div = "div",
        /// Remainder.
        Mod = "mod",
    }
}

impl Expr {
    /// Whether it reads a property, and so may differ between entities.
    fn reads(&self) -> bool {
        match self {
            Expr::Property(_) => true,
            Expr::Literal(_) => false,
            Expr::Not(operand) => operand.reads(),
            Expr::Or(left, right)
            | Expr::And(left, right)
            | Expr::Compare(left, _, right)
            | Expr::Arithmetic(left, _, right) => left.reads() || right.reads(),
            Expr::Call(_, arguments) => arguments.iter().any(Expr::reads),
        }
    }

    /// The same with what is the same for all entities calculated: `now() sub duration'PT1H'` becomes
    /// an instant, which a storage can look for, and which is the same on every page.
    #[must_use]
    pub fn settled(self, now: DateTime<Utc>) -> Expr {
        let settle = |expr: Box<Expr>| Box::new(expr.settled(now));
        match self {
            Expr::Literal(_) | Expr::Property(_) => self,
            Expr::Or(left, right) => Expr::Or(settle(left), settle(right)),
            Expr::And(left, right) => Expr::And(settle(left), settle(right)),
            Expr::Not(operand) => Expr::Not(settle(operand)),
            Expr::Compare(left, operator, right) => Expr::Compare(settle(left), operator, settle(right)),
            Expr::Call(Function::Now, _) => Expr::Literal(Literal::Time(now)),
            Expr::Arithmetic(left, operator, right) => {
                let settled = Expr::Arithmetic(settle(left), operator, settle(right));
                settled.calculated()
            }
            Expr::Call(function, arguments) => {
                let arguments = arguments.into_iter().map(|argument| argument.settled(now)).collect();
                Expr::Call(function, arguments).calculated()
            }
        }
    }

    fn calculated(self) -> Expr {
        if self.reads() {
            return self;
        }
        super::eval::constant(&self).map_or(self, Expr::Literal)
    }
}
