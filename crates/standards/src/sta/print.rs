//! Filters and options as text again: what is printed is read back as the same tree.

use std::fmt::{self, Display, Formatter};

use chrono::SecondsFormat;

use super::{Expand, Expr, Literal, Options};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Or(left, right) => write!(f, "{} or {}", Operand(left), Operand(right)),
            Expr::And(left, right) => write!(f, "{} and {}", Operand(left), Operand(right)),
            Expr::Not(operand) => write!(f, "not {}", Operand(operand)),
            Expr::Compare(left, operator, right) => {
                write!(f, "{} {} {}", Operand(left), operator.word(), Operand(right))
            }
            Expr::Arithmetic(left, operator, right) => {
                write!(f, "{} {} {}", Operand(left), operator.word(), Operand(right))
            }
            Expr::Call(function, arguments) => {
                write!(f, "{}(", function.word())?;
                for (index, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if index > 0 { "," } else { "" })?;
                }
                f.write_str(")")
            }
            Expr::Property(path) => f.write_str(&path.join("/")),
            Expr::Literal(literal) => literal.fmt(f),
        }
    }
}

/// An operand, between brackets unless it is a single word.
struct Operand<'a>(&'a Expr);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Call(..) | Expr::Property(_) | Expr::Literal(_) => self.0.fmt(f),
            expr => write!(f, "({expr})"),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Bool(value) => value.fmt(f),
            Literal::Integer(number) => number.fmt(f),
            // Always with a point or an exponent, so that a decimal stays one.
            Literal::Decimal(number) => write!(f, "{number:?}"),
            Literal::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Literal::Date(date) => date.fmt(f),
            Literal::Clock(clock) => clock.fmt(f),
            Literal::Span(span) => write!(f, "duration'{}'", super::span::write(*span)),
            Literal::Shape(shape) => write!(f, "geography'{shape}'"),
            Literal::Time(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl Options {
    /// The options as the pairs of a query string, e.g. for the link to a next page.
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(top) = self.top {
            pairs.push(("$top", top.to_string()));
        }
        if let Some(skip) = self.skip {
            pairs.push(("$skip", skip.to_string()));
        }
        if self.count {
            pairs.push(("$count", "true".to_owned()));
        }
        if !self.select.is_empty() {
            pairs.push(("$select", self.select.join(",")));
        }
        if !self.expand.is_empty() {
            let expands: Vec<String> = self.expand.iter().map(Expand::to_string).collect();
            pairs.push(("$expand", expands.join(",")));
        }
        if !self.orderby.is_empty() {
            let keys = self.orderby.iter().map(|order| {
                format!("{}{}", order.path.join("/"), if order.descending { " desc" } else { "" })
            });
            pairs.push(("$orderby", keys.collect::<Vec<_>>().join(",")));
        }
        if let Some(filter) = &self.filter {
            pairs.push(("$filter", filter.to_string()));
        }
        if self.data_array {
            pairs.push(("$resultFormat", "dataArray".to_owned()));
        }
        if let Some(after) = &self.after {
            let values: Vec<String> = after.iter().map(Literal::to_string).collect();
            pairs.push(("$skiptoken", values.join(",")));
        }
        pairs
    }
}

impl Display for Expand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.relation.name)?;
        let pairs = self.options.to_pairs();
        if pairs.is_empty() {
            return Ok(());
        }
        let nested: Vec<String> = pairs.iter().map(|(name, text)| format!("{name}={text}")).collect();
        write!(f, "({})", nested.join(";"))
    }
}
