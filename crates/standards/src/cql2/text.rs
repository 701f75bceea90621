//! CQL2 text (OGC 21-065r2 §6, Annex B).
//!
//! Tighter bind: brackets and functions; `^`; `* / % div`; `+ -`; comparisons; `NOT`; `AND`; `OR`.

use super::lexer::{Token, tokens};
use super::{Budget, Expr, MAX_BYTES, Op, Placing, instant, interval_of, of_filter, predicate, shape};
use crate::Error;

/// Reads a filter.
pub fn parse(text: &str) -> Result<Expr, Error> {
    read(text, None)
}

/// Reads a filter whose geometries are placed by a function.
pub fn parse_in(text: &str, place: Placing<'_>) -> Result<Expr, Error> {
    read(text, Some(place))
}

fn read<'t>(text: &'t str, place: Option<Placing<'t>>) -> Result<Expr, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new("filter", format!("it is longer than {MAX_BYTES} bytes")));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, budget: Budget::new(place) };
    let expr = parser.or(0)?;
    match parser.tokens.get(parser.at) {
        None => predicate(expr),
        Some(_) => Err(parser.error("a connecting word is missing here")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token, usize)>,
    at: usize,
    budget: Budget<'t>,
}

impl Parser<'_> {
    fn error(&self, why: impl Into<String>) -> Error {
        let byte = self.tokens.get(self.at).map_or(self.text.len(), |(_, at)| *at);
        Error::new("filter", why).at(self.text[..byte].chars().count() + 1)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(there)) if there.eq_ignore_ascii_case(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let is_there = self.is_word(word);
        self.at += usize::from(is_there);
        is_there
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Sign(there)) if *there == sign);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, sign: &str) -> Result<(), Error> {
        if self.sign(sign) { Ok(()) } else { Err(self.error(format!("`{sign}` is missing"))) }
    }

    fn op(&mut self, op: Op, arguments: Vec<Expr>, depth: usize) -> Result<Expr, Error> {
        self.budget.node(depth)?;
        Ok(Expr::Op(op, arguments))
    }

    fn or(&mut self, depth: usize) -> Result<Expr, Error> {
        self.joined("or", Op::Or, depth, Parser::and)
    }

    fn and(&mut self, depth: usize) -> Result<Expr, Error> {
        self.joined("and", Op::And, depth, Parser::not)
    }

    fn joined(
        &mut self,
        word: &str,
        op: Op,
        depth: usize,
        part: fn(&mut Self, usize) -> Result<Expr, Error>,
    ) -> Result<Expr, Error> {
        let mut parts = vec![part(self, depth)?];
        while self.word(word) {
            parts.push(part(self, depth)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => self.op(op, parts, depth),
        }
    }

    fn not(&mut self, depth: usize) -> Result<Expr, Error> {
        self.budget.node(depth)?;
        if self.word("not") {
            let inside = self.not(depth + 1)?;
            return self.op(Op::Not, vec![inside], depth);
        }
        self.comparison(depth)
    }

    fn comparison(&mut self, depth: usize) -> Result<Expr, Error> {
        let left = self.sum(depth)?;
        for (sign, op) in [
            ("=", Op::Equal),
            ("<>", Op::NotEqual),
            ("<=", Op::LessOrEqual),
            (">=", Op::GreaterOrEqual),
            ("<", Op::Less),
            (">", Op::Greater),
        ] {
            if self.sign(sign) {
                let right = self.sum(depth)?;
                return self.op(op, vec![left, right], depth);
            }
        }
        if self.word("is") {
            let is_not = self.word("not");
            if !self.word("null") {
                return Err(self.error("`NULL` is missing after `IS`"));
            }
            let expr = self.op(Op::IsNull, vec![left], depth)?;
            return if is_not { self.op(Op::Not, vec![expr], depth) } else { Ok(expr) };
        }
        let is_not = self.is_word("not");
        self.at += usize::from(is_not);
        let expr = if self.word("like") {
            let pattern = self.sum(depth)?;
            self.op(Op::Like, vec![left, pattern], depth)?
        } else if self.word("between") {
            let low = self.sum(depth)?;
            if !self.word("and") {
                return Err(self.error("`AND` is missing: write `BETWEEN a AND b`"));
            }
            let high = self.sum(depth)?;
            self.op(Op::Between, vec![left, low, high], depth)?
        } else if self.word("in") {
            self.expect("(")?;
            let list = self.list(depth)?;
            self.op(Op::In, vec![left, Expr::List(list)], depth)?
        } else if is_not {
            return Err(self.error("`LIKE`, `BETWEEN` or `IN` is missing after `NOT`"));
        } else {
            return Ok(left);
        };
        if is_not { self.op(Op::Not, vec![expr], depth) } else { Ok(expr) }
    }

    /// Values up to the closing bracket.
    fn list(&mut self, depth: usize) -> Result<Vec<Expr>, Error> {
        let mut list = Vec::new();
        if self.sign(")") {
            return Ok(list);
        }
        loop {
            list.push(self.or(depth + 1)?);
            if !self.sign(",") {
                self.expect(")")?;
                return Ok(list);
            }
        }
    }

    fn sum(&mut self, depth: usize) -> Result<Expr, Error> {
        let mut left = self.product(depth)?;
        loop {
            let op = match self.peek() {
                Some(Token::Sign("+")) => Op::Add,
                Some(Token::Sign("-")) => Op::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product(depth)?;
            left = self.op(op, vec![left, right], depth)?;
        }
    }

    fn product(&mut self, depth: usize) -> Result<Expr, Error> {
        let mut left = self.power(depth)?;
        loop {
            let op = match self.peek() {
                Some(Token::Sign("*")) => Op::Multiply,
                Some(Token::Sign("/")) => Op::Divide,
                Some(Token::Sign("%")) => Op::Remainder,
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("div") => Op::WholeDivide,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.power(depth)?;
            left = self.op(op, vec![left, right], depth)?;
        }
    }

    fn power(&mut self, depth: usize) -> Result<Expr, Error> {
        let left = self.value(depth)?;
        if self.sign("^") {
            self.budget.node(depth)?;
            let right = self.power(depth + 1)?;
            return self.op(Op::Power, vec![left, right], depth);
        }
        Ok(left)
    }

    fn value(&mut self, depth: usize) -> Result<Expr, Error> {
        self.budget.node(depth)?;
        if self.sign("-") {
            let inside = self.value(depth + 1)?;
            return match inside {
                Expr::Number(number) => Ok(Expr::Number(-number)),
                other => self.op(Op::Subtract, vec![other], depth),
            };
        }
        // A number may have its sign.
        if matches!(self.peek(), Some(Token::Sign("+")))
            && let Some((Token::Number(number), _)) = self.tokens.get(self.at + 1)
        {
            let number = *number;
            self.at += 2;
            return Ok(Expr::Number(number));
        }
        if self.sign("(") {
            if self.sign(")") {
                return Ok(Expr::List(Vec::new()));
            }
            let first = self.or(depth + 1)?;
            if self.sign(",") {
                let mut list = vec![first];
                list.extend(self.list(depth)?);
                return Ok(Expr::List(list));
            }
            self.expect(")")?;
            return Ok(first);
        }
        let Some(token) = self.peek().cloned() else { return Err(self.error("a value is missing here")) };
        let value = match token {
            Token::Number(number) => Expr::Number(number),
            Token::Text(text) => Expr::Text(text),
            Token::Name(name) => Expr::Property(name),
            Token::Sign(sign) => return Err(self.error(format!("`{sign}` stands where a value is expected"))),
            Token::Word(word) => return self.named(&word, depth),
        };
        self.at += 1;
        Ok(value)
    }

    /// A word: a truth value, a geometry, a time, a function, or a property.
    fn named(&mut self, word: &str, depth: usize) -> Result<Expr, Error> {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "true" | "false" => {
                self.at += 1;
                return Ok(Expr::Bool(lower == "true"));
            }
            "and" | "or" | "not" | "like" | "between" | "in" | "is" | "null" | "div" => {
                return Err(self.error(format!("`{word}` stands where a value is expected")));
            }
            _ => {}
        }
        let is_call = matches!(self.tokens.get(self.at + 1), Some((Token::Sign("("), _)));
        let is_shape = matches!(
            lower.as_str(),
            "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
        );
        let has_height = is_shape
            && matches!(self.tokens.get(self.at + 1), Some((Token::Word(z), _)) if z.eq_ignore_ascii_case("z"));
        if is_shape && (is_call || has_height) {
            return self.shape();
        }
        if !is_call {
            self.at += 1;
            return Ok(Expr::Property(word.to_owned()));
        }
        let name_at = self.at;
        self.at += 2;
        let arguments = self.list(depth)?;
        self.call(&lower, word, arguments, depth).map_err(|error| {
            let byte = self.tokens.get(name_at).map_or(0, |(_, at)| *at);
            if error.at.is_some() { error } else { error.at(self.text[..byte].chars().count() + 1) }
        })
    }

    fn call(&mut self, lower: &str, word: &str, arguments: Vec<Expr>, depth: usize) -> Result<Expr, Error> {
        match (lower, &arguments[..]) {
            ("timestamp" | "date", [Expr::Text(text)]) => {
                let (from, to) = instant(text)?;
                return Ok(Expr::Time(Some(from), Some(to)));
            }
            ("interval", [from, to]) => return interval_of(from, to),
            ("bbox", numbers) => {
                let numbers: Option<Vec<f64>> = numbers
                    .iter()
                    .map(|number| if let Expr::Number(number) = number { Some(*number) } else { None })
                    .collect();
                let corners = match numbers.as_deref() {
                    Some([west, south, east, north]) => [*west, *south, *east, *north],
                    Some([west, south, _, east, north, _]) => [*west, *south, *east, *north],
                    _ => return Err(Error::new("filter", "BBOX takes four numbers")),
                };
                return Ok(Expr::Shape(Box::new(
                    shape::area_in(corners, self.budget.place).map_err(of_filter)?,
                )));
            }
            ("timestamp" | "date" | "interval", _) => {
                return Err(Error::new(
                    "filter",
                    format!("`{word}` takes texts, e.g. TIMESTAMP('2020-02-01T00:00:00Z')"),
                ));
            }
            _ => {}
        }
        let op = Op::of_function(word)
            .ok_or_else(|| Error::new("filter", format!("`{word}` is no function here")))?;
        let (least, most) = op.arguments();
        if !(least..=most).contains(&arguments.len()) {
            return Err(Error::new("filter", format!("`{word}` takes {least} arguments")));
        }
        // One value in brackets is a list of one for these.
        let arguments = match op {
            Op::Array(_) => arguments.into_iter().map(as_list).collect(),
            _ => arguments,
        };
        self.op(op, arguments, depth)
    }

    /// A geometry: from its word to the bracket that closes it.
    fn shape(&mut self) -> Result<Expr, Error> {
        let from = self.tokens.get(self.at).map_or(0, |(_, at)| *at);
        let mut open = 0_usize;
        while let Some((token, at)) = self.tokens.get(self.at) {
            let end = at + 1;
            self.at += 1;
            match token {
                Token::Sign("(") => open += 1,
                Token::Sign(")") => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        let shape =
                            shape::from_wkt(&self.text[from..end], self.budget.place).map_err(of_filter)?;
                        self.budget.shape(&shape)?;
                        return Ok(Expr::Shape(Box::new(shape)));
                    }
                }
                _ => {}
            }
        }
        Err(self.error("the brackets of a geometry are not closed"))
    }
}

fn as_list(argument: Expr) -> Expr {
    match argument {
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Time(..) => Expr::List(vec![argument]),
        other => other,
    }
}
