//! Comparisons with an item of a list (`= ANY (…)`, `<> ALL (…)`) over lists that are written out: as the planner
//! takes them, so that what is asked for finds its files and pages as `IN` does.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, DataType as SqlType, Expr, Value, visit_expressions_mut,
};

use super::parameters::{cast, innermost, number};

/// Takes comparisons with lists apart.
pub(super) fn take_apart(statement: &mut Statement) {
    change(statement, |expr| {
        let (left, op, right, is_all) = parts(expr)?;
        Some(compared(left, op, items(right)?, is_all))
    });
}

/// Takes comparisons with lists that are parameters apart, as if each had one item, so that the type of an item
/// can be told; returns the parameters.
pub(super) fn take_parameters_apart(statement: &mut Statement) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    change(statement, |expr| {
        let (left, op, right, is_all) = parts(expr)?;
        places.insert(place(right)?);
        Some(compared(left, op, vec![item(right)], is_all))
    });
    places
}

fn change(statement: &mut Statement, mut other: impl FnMut(&Expr) -> Option<Expr>) {
    let Some(inner) = innermost(statement) else { return };
    let _ = visit_expressions_mut(inner, |expr| {
        if let Some(other) = other(expr) {
            *expr = other;
        }
        ControlFlow::<()>::Continue(())
    });
}

/// What is compared, how, and with what; whether with all items.
fn parts(expr: &Expr) -> Option<(&Expr, &BinaryOperator, &Expr, bool)> {
    match expr {
        Expr::AnyOp { left, compare_op, right, .. } => Some((&**left, compare_op, &**right, false)),
        Expr::AllOp { left, compare_op, right } => Some((&**left, compare_op, &**right, true)),
        _ => None,
    }
}

/// The parameter that a list is.
pub(super) fn place(list: &Expr) -> Option<usize> {
    match list {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => place(inner),
        other => number(other)?.ok(),
    }
}

/// A parameter that is a list as one item of it.
fn item(list: &Expr) -> Expr {
    match list {
        Expr::Nested(inner) => item(inner),
        Expr::Cast { expr, data_type, .. } => of_type(item(expr), data_type),
        other => other.clone(),
    }
}

/// An item of a list that is cast to a type.
fn of_type(item: Expr, list: &SqlType) -> Expr {
    match list {
        SqlType::Array(ArrayElemTypeDef::SquareBracket(of, _)) => cast(Box::new(item), (**of).clone()),
        _ => item,
    }
}

/// The items of a list that is written out.
fn items(list: &Expr) -> Option<Vec<Expr>> {
    match list {
        Expr::Nested(inner) => items(inner),
        Expr::Cast { expr, data_type, .. } => {
            Some(items(expr)?.into_iter().map(|item| of_type(item, data_type)).collect())
        }
        Expr::Array(array) => Some(array.elem.clone()),
        Expr::Value(value) => {
            let text = value.value.clone().into_string()?;
            let value = |item: Option<String>| match item {
                Some(text) => Value::SingleQuotedString(text),
                None => Value::Null,
            };
            Some(written(&text)?.into_iter().map(|item| Expr::Value(value(item).into())).collect())
        }
        _ => None,
    }
}

fn compared(left: &Expr, op: &BinaryOperator, items: Vec<Expr>, is_all: bool) -> Expr {
    let truth = |truth| Expr::Value(Value::Boolean(truth).into());
    match (op, is_all) {
        // Of no item everything holds, and nothing of one.
        _ if items.is_empty() => truth(is_all),
        (BinaryOperator::Eq, false) | (BinaryOperator::NotEq, true) => {
            Expr::InList { expr: Box::new(left.clone()), list: items, negated: is_all }
        }
        _ => {
            let joined = if is_all { BinaryOperator::And } else { BinaryOperator::Or };
            let one = |item| binary(left.clone(), op.clone(), item);
            let whole = items.into_iter().map(one).reduce(|all, one| binary(all, joined.clone(), one));
            Expr::Nested(Box::new(whole.unwrap_or_else(|| truth(is_all))))
        }
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

/// The items of a list of one dimension as PostgreSQL writes it (§8.15.2): `{a,"b c",NULL}`; none where it is
/// written otherwise.
pub fn written(text: &str) -> Option<Vec<Option<String>>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inside.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut items = Vec::new();
    let mut characters = inside.chars().peekable();
    loop {
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        let mut item = String::new();
        let is_quoted = characters.next_if_eq(&'"').is_some();
        loop {
            match characters.peek().copied() {
                Some('\\') => {
                    characters.next();
                    item.push(characters.next()?);
                }
                Some('"') if is_quoted => {
                    characters.next();
                    break;
                }
                Some('"' | '{' | '}') if !is_quoted => return None,
                Some(',') if !is_quoted => break,
                Some(c) => {
                    characters.next();
                    item.push(c);
                }
                None if is_quoted => return None,
                None => break,
            }
        }
        items.push(match is_quoted {
            true => Some(item),
            false => Some(item.trim_end().to_owned()).filter(|item| !item.eq_ignore_ascii_case("null")),
        });
        while characters.next_if(|c| c.is_whitespace()).is_some() {}
        match characters.next() {
            None => return Some(items),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn lists_are_read_as_postgresql_writes_them() {
        let items = |text| {
            written(text).map(|items| items.into_iter().map(|item| item.unwrap_or("∅".into())).collect())
        };
        let expected =
            |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect::<Vec<String>>());
        assert_eq!(items("{}"), expected(&[]));
        assert_eq!(items("{1, 2,NULL}"), expected(&["1", "2", "∅"]));
        assert_eq!(
            items(r#"{"a, b","say \"hi\"",c d ,"NULL"}"#),
            expected(&["a, b", "say \"hi\"", "c d", "NULL"])
        );
        for text in ["1,2", "{{1},{2}}", "{\"a}", "{\"a\"b}"] {
            assert_eq!(items(text), None, "{text}");
        }
    }
}
