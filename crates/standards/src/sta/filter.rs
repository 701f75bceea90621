//! The parser of `$filter` (18-088 §9.3.3.5).
//!
//! Tighter bind: brackets, `not` and `-`; `mul div mod`; `add sub`; `lt le gt ge`; `eq ne`; `and`; `or`.

use super::cursor::Cursor;
use super::{Arithmetic, Comparison, Entity, Expr, Function, Kind, Literal, MAX_FILTER_DEPTH};
use crate::Error;

/// Reads a filter over an entity: the grammar, then that every property exists and that what is
/// compared can be compared.
pub fn parse_filter(entity: Entity, text: &str) -> Result<Expr, Error> {
    let mut cursor = Cursor::new("$filter", text)?;
    let filter = filter_at(&mut cursor, entity)?;
    if cursor.is_at_end() { Ok(filter) } else { Err(cursor.expected("`and`, `or` or the end")) }
}

/// Reads a filter as far as it goes.
pub(super) fn filter_at(cursor: &mut Cursor<'_>, entity: Entity) -> Result<Expr, Error> {
    cursor.skip_blanks();
    let start = cursor.clone();
    let (expr, kind) = Parser { cursor, entity, depth: 0 }.or()?;
    if kind == Some(Kind::Bool) {
        Ok(expr)
    } else {
        cursor.skip_blanks();
        let is_whole = cursor.is_at_end() || cursor.rest().starts_with([';', ')']);
        let error = if is_whole {
            start.error("it is a value, not a condition")
        } else {
            cursor.expected("a comparison (`eq`, `ne`, `gt`, `ge`, `lt`, `le`)")
        };
        Err(error.hint("compare it: `result gt 4`"))
    }
}

struct Parser<'c, 'a> {
    cursor: &'c mut Cursor<'a>,
    entity: Entity,
    depth: usize,
}

/// An expression with the kind of its value; `null` has none.
type Typed = (Expr, Option<Kind>);

impl Parser<'_, '_> {
    fn or(&mut self) -> Result<Typed, Error> {
        self.logical("or", Self::and, |left, right| Expr::Or(Box::new(left), Box::new(right)))
    }

    fn and(&mut self) -> Result<Typed, Error> {
        self.logical("and", Self::equality, |left, right| Expr::And(Box::new(left), Box::new(right)))
    }

    fn logical(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> Result<Typed, Error>,
        join: fn(Expr, Expr) -> Expr,
    ) -> Result<Typed, Error> {
        let mut left = operand(self)?;
        // Chains are trees that lean left; evaluation walks them, so their length counts as depth.
        let mut links = 0;
        loop {
            self.cursor.skip_blanks();
            let here = self.cursor.clone();
            if !self.cursor.word(word) {
                return Ok(left);
            }
            links += 1;
            if links > 200 {
                return Err(here.error(format!("more than 200 conditions are joined by `{word}`")));
            }
            let right = operand(self)?;
            for (_, kind) in [&left, &right] {
                if *kind != Some(Kind::Bool) {
                    return Err(here.error(format!("`{word}` joins conditions, not values")));
                }
            }
            left = (join(left.0, right.0), Some(Kind::Bool));
        }
    }

    fn equality(&mut self) -> Result<Typed, Error> {
        self.comparison(&[Comparison::Eq, Comparison::Ne], Self::relational)
    }

    fn relational(&mut self) -> Result<Typed, Error> {
        self.comparison(&[Comparison::Gt, Comparison::Ge, Comparison::Lt, Comparison::Le], Self::additive)
    }

    fn comparison(
        &mut self,
        operators: &[Comparison],
        operand: fn(&mut Self) -> Result<Typed, Error>,
    ) -> Result<Typed, Error> {
        let left = operand(self)?;
        self.cursor.skip_blanks();
        let here = self.cursor.clone();
        let Some(operator) = operators.iter().find(|operator| self.cursor.word(operator.word())) else {
            return Ok(left);
        };
        let right = operand(self)?;
        if let (Some(a), Some(b)) = (left.1, right.1)
            && a != b
            && a != Kind::Any
            && b != Kind::Any
        {
            let hint = match (a, b) {
                (Kind::Time, Kind::Text) | (Kind::Text, Kind::Time) => {
                    "times are written without quotes: `2020-02-03T07:00:00Z`"
                }
                (Kind::Number, Kind::Text) => "numbers are written without quotes",
                _ => "both sides must be of one kind",
            };
            let reason = format!("`{}` compares {} with {}", operator.word(), name_of(a), name_of(b));
            return Err(here.error(reason).hint(hint));
        }
        Ok((Expr::Compare(Box::new(left.0), *operator, Box::new(right.0)), Some(Kind::Bool)))
    }

    fn additive(&mut self) -> Result<Typed, Error> {
        self.arithmetic(&[Arithmetic::Add, Arithmetic::Sub], Self::multiplicative)
    }

    fn multiplicative(&mut self) -> Result<Typed, Error> {
        self.arithmetic(&[Arithmetic::Mul, Arithmetic::Div, Arithmetic::Mod], Self::unary)
    }

    fn arithmetic(
        &mut self,
        operators: &[Arithmetic],
        operand: fn(&mut Self) -> Result<Typed, Error>,
    ) -> Result<Typed, Error> {
        let mut left = operand(self)?;
        let mut links = 0;
        loop {
            self.cursor.skip_blanks();
            let here = self.cursor.clone();
            let Some(operator) = operators.iter().find(|operator| self.cursor.word(operator.word())) else {
                return Ok(left);
            };
            links += 1;
            if links > MAX_FILTER_DEPTH {
                return Err(here.error("the sum or product is too long"));
            }
            let right = operand(self)?;
            let kind = combined(left.1, *operator, right.1).ok_or_else(|| {
                let reason = format!("`{}` takes numbers", operator.word());
                here.error(reason).hint("or a time and a span: `now() sub duration'PT1H'`")
            })?;
            left = (Expr::Arithmetic(Box::new(left.0), *operator, Box::new(right.0)), Some(kind));
        }
    }

    fn unary(&mut self) -> Result<Typed, Error> {
        self.cursor.skip_blanks();
        if self.depth >= MAX_FILTER_DEPTH {
            return Err(self.cursor.error(format!("it is nested deeper than {MAX_FILTER_DEPTH}")));
        }
        self.depth += 1;
        let typed = self.unary_inner();
        self.depth -= 1;
        typed
    }

    fn unary_inner(&mut self) -> Result<Typed, Error> {
        let here = self.cursor.clone();
        if self.cursor.word("not") {
            let (operand, kind) = self.unary()?;
            if kind != Some(Kind::Bool) {
                return Err(here
                    .error("`not` takes a condition")
                    .hint("put it between brackets: `not (result gt 4)`"));
            }
            return Ok((Expr::Not(Box::new(operand)), Some(Kind::Bool)));
        }
        if self.cursor.take("(") {
            let inner = self.or()?;
            self.cursor.expect(")")?;
            return Ok(inner);
        }
        if self.cursor.rest().starts_with('\'') {
            return Ok((Expr::Literal(Literal::Text(self.cursor.quoted()?)), Some(Kind::Text)));
        }
        if self.cursor.rest().starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            // `-result`: what is below zero by as much.
            if self.cursor.rest().starts_with('-')
                && !self.cursor.rest()[1..].starts_with(|c: char| c.is_ascii_digit())
            {
                self.cursor.take("-");
                let (operand, kind) = self.unary()?;
                let zero = Expr::Literal(Literal::Integer(0));
                let kind = combined(Some(Kind::Number), Arithmetic::Sub, kind)
                    .ok_or_else(|| here.error("`-` takes a number"))?;
                return Ok((
                    Expr::Arithmetic(Box::new(zero), Arithmetic::Sub, Box::new(operand)),
                    Some(kind),
                ));
            }
            let literal = self.cursor.number_or_time()?;
            let kind = kind_of(&literal);
            return Ok((Expr::Literal(literal), kind));
        }
        self.named()
    }

    /// A word: `null`, `true`, `false`, a function or a property.
    fn named(&mut self) -> Result<Typed, Error> {
        let here = self.cursor.clone();
        for (word, literal, kind) in [
            ("null", Literal::Null, None),
            ("true", Literal::Bool(true), Some(Kind::Bool)),
            ("false", Literal::Bool(false), Some(Kind::Bool)),
        ] {
            if self.cursor.word(word) {
                return Ok((Expr::Literal(literal), kind));
            }
        }
        if let Some(literal) = self.cursor.prefixed()? {
            let kind = kind_of(&literal);
            return Ok((Expr::Literal(literal), kind));
        }
        let path = self.cursor.path("a property, a function or a value")?;
        if self.cursor.take("(") {
            let function =
                Function::ALL.iter().find(|function| [function.word()] == path[..]).ok_or_else(|| {
                    here.error(format!("there is no function `{}` here", path.join("/"))).hint(format!(
                        "there are {}",
                        Function::ALL.iter().map(|f| f.word()).collect::<Vec<_>>().join(", ")
                    ))
                })?;
            return self.call(*function);
        }
        let kind =
            property_kind(self.entity, &path).map_err(|(reason, hint)| here.error(reason).hint(hint))?;
        Ok((Expr::Property(path), Some(kind)))
    }

    fn call(&mut self, function: Function) -> Result<Typed, Error> {
        let mut arguments = Vec::new();
        for (index, wanted) in function.arguments().iter().enumerate() {
            self.cursor.skip_blanks();
            if index >= function.needed() && self.cursor.rest().starts_with(')') {
                break;
            }
            if index > 0 {
                self.cursor.expect(",")?;
            }
            self.cursor.skip_blanks();
            let here = self.cursor.clone();
            let (argument, kind) = self.or()?;
            if kind.is_some_and(|kind| kind != *wanted && kind != Kind::Any) {
                return Err(here.error(format!("`{}` takes {} here", function.word(), name_of(*wanted))));
            }
            if let (Function::StRelate, 2, Expr::Literal(Literal::Text(pattern))) =
                (function, index, &argument)
                && !super::space::is_pattern(pattern)
            {
                return Err(here
                    .error("it is no pattern of DE-9IM")
                    .hint("write nine of `TF012*`: `'T*F**F***'`"));
            }
            arguments.push(argument);
        }
        self.cursor.expect(")")?;
        Ok((Expr::Call(function, arguments), Some(function.returns())))
    }
}

/// The kind of what two values are combined to; none when they cannot be.
fn combined(left: Option<Kind>, operator: Arithmetic, right: Option<Kind>) -> Option<Kind> {
    let adds = matches!(operator, Arithmetic::Add | Arithmetic::Sub);
    match (left?, right?) {
        (Kind::Number, Kind::Number | Kind::Any) | (Kind::Any, Kind::Number) => Some(Kind::Number),
        (Kind::Time, Kind::Span) if adds => Some(Kind::Time),
        (Kind::Span, Kind::Span) if adds => Some(Kind::Span),
        (Kind::Time, Kind::Time) if operator == Arithmetic::Sub => Some(Kind::Span),
        (Kind::Any, Kind::Any) => Some(Kind::Any),
        (Kind::Any, Kind::Span | Kind::Time) | (Kind::Time | Kind::Span, Kind::Any) if adds => {
            Some(Kind::Any)
        }
        _ => None,
    }
}

fn kind_of(literal: &Literal) -> Option<Kind> {
    Some(match literal {
        Literal::Null => return None,
        Literal::Bool(_) => Kind::Bool,
        Literal::Integer(_) | Literal::Decimal(_) => Kind::Number,
        Literal::Text(_) => Kind::Text,
        Literal::Time(_) => Kind::Time,
        Literal::Date(_) => Kind::Date,
        Literal::Clock(_) => Kind::Clock,
        Literal::Span(_) => Kind::Span,
        Literal::Shape(_) => Kind::Shape,
    })
}

/// Reads values with `,` between them: where a page ended.
pub(super) fn literals(cursor: &mut Cursor<'_>) -> Result<Vec<Literal>, Error> {
    let mut literals = Vec::new();
    loop {
        cursor.skip_blanks();
        let here = cursor.clone();
        let parsed = Parser { cursor, entity: Entity::Thing, depth: 0 }.unary_inner()?;
        match parsed.0 {
            Expr::Literal(literal) => literals.push(literal),
            _ => return Err(here.error("it is no value")),
        }
        if literals.len() > 10 {
            return Err(here.error("there are too many values"));
        }
        cursor.skip_blanks();
        if !cursor.take(",") {
            return Ok(literals);
        }
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Number => "a number",
        Kind::Bool => "a condition",
        Kind::Time => "a time",
        Kind::Date => "a day",
        Kind::Clock => "a time of the day",
        Kind::Span => "a span of time",
        Kind::Shape => "a geometry",
        Kind::Any => "a value",
    }
}

/// What values the property at the end of a path has; or why there is none, and what there is.
pub(super) fn property_kind(entity: Entity, path: &[String]) -> Result<Kind, (String, String)> {
    let mut at = entity;
    for (index, name) in path.iter().enumerate() {
        if let Some(relation) = at.relation(name) {
            at = relation.to;
            continue;
        }
        let Some(kind) = at.property(name) else {
            break;
        };
        if index + 1 == path.len() {
            return Ok(kind);
        }
        if kind == Kind::Any {
            return Ok(Kind::Any);
        }
        return Err((format!("`{name}` has nothing below it"), format!("compare `{name}` itself")));
    }
    let mut known: Vec<&str> = vec!["id"];
    known.extend(at.properties().iter().map(|(name, _)| *name));
    known.extend(at.relations().iter().map(|relation| relation.name));
    let reason = format!("there is no property `{}` of {}", path.join("/"), entity.set_name());
    Err((reason, format!("{} have {}", at.set_name(), known.join(", "))))
}
