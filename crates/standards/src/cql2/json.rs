//! CQL2 JSON (OGC 21-065r2 §7 and its schema).

use serde_json::Value;

use super::{Budget, Expr, MAX_BYTES, Op, Placing, instant, interval_of, of_filter, predicate, shape};
use crate::Error;

/// Reads a filter.
pub fn parse(value: &Value) -> Result<Expr, Error> {
    predicate(expr(value, 0, &mut Budget::new(None))?)
}

/// Reads a filter whose geometries are placed by a function.
pub fn parse_in(value: &Value, place: Placing<'_>) -> Result<Expr, Error> {
    predicate(expr(value, 0, &mut Budget::new(Some(place)))?)
}

/// Reads a filter that is JSON in a text.
pub fn parse_str(text: &str) -> Result<Expr, Error> {
    if text.len() > MAX_BYTES {
        return Err(Error::new("filter", format!("it is longer than {MAX_BYTES} bytes")));
    }
    let value = serde_json::from_str(text)
        .map_err(|error| Error::new("filter", format!("this is no JSON: {error}")))?;
    parse(&value)
}

fn wrong(why: impl Into<String>) -> Error {
    Error::new("filter", why)
}

fn expr(value: &Value, depth: usize, budget: &mut Budget<'_>) -> Result<Expr, Error> {
    budget.node(depth)?;
    match value {
        Value::Bool(truth) => Ok(Expr::Bool(*truth)),
        Value::Number(number) => number
            .as_f64()
            .filter(|number| number.is_finite())
            .map(Expr::Number)
            .ok_or_else(|| wrong("this is no number")),
        Value::String(text) => Ok(Expr::Text(text.clone())),
        Value::Array(values) => {
            let list = values.iter().map(|value| expr(value, depth + 1, budget));
            Ok(Expr::List(list.collect::<Result<_, _>>()?))
        }
        Value::Null => Err(wrong("null is no value: write {\"op\": \"isNull\", …}")),
        Value::Object(object) => {
            let text = |name: &str| object.get(name).and_then(Value::as_str);
            if let Some(name) = text("property") {
                return Ok(Expr::Property(name.to_owned()));
            }
            if let Some(name) = text("op") {
                return operation(name, object.get("args"), depth, budget);
            }
            if let Some(at) = text("timestamp").or(text("date")) {
                let (from, to) = instant(at)?;
                return Ok(Expr::Time(Some(from), Some(to)));
            }
            match object.get("interval").and_then(Value::as_array).map(Vec::as_slice) {
                Some([from, to]) => {
                    return interval_of(&expr(from, depth + 1, budget)?, &expr(to, depth + 1, budget)?);
                }
                Some(_) => return Err(wrong("an interval is a list of its two ends")),
                None => {}
            }
            if let Some(corners) = object.get("bbox") {
                let numbers: Option<Vec<f64>> =
                    corners.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
                let corners = match numbers.as_deref() {
                    Some([west, south, east, north]) => [*west, *south, *east, *north],
                    Some([west, south, _, east, north, _]) => [*west, *south, *east, *north],
                    _ => return Err(wrong("a bbox is a list of four numbers")),
                };
                return Ok(Expr::Shape(Box::new(shape::area_in(corners, budget.place).map_err(of_filter)?)));
            }
            if object.contains_key("coordinates") || object.contains_key("geometries") {
                let shape = shape::from_geojson_in(value, budget.place).map_err(of_filter)?;
                budget.shape(&shape)?;
                return Ok(Expr::Shape(Box::new(shape)));
            }
            Err(wrong("an object is a property, an operation, a time or a geometry"))
        }
    }
}

fn operation(name: &str, args: Option<&Value>, depth: usize, budget: &mut Budget<'_>) -> Result<Expr, Error> {
    let quoted = crate::error::quote(name);
    let op = Op::from_name(name).ok_or_else(|| wrong(format!("`{quoted}` is no operation here")))?;
    let args =
        args.and_then(Value::as_array).ok_or_else(|| wrong(format!("`{quoted}` has no list `args`")))?;
    let arguments = args.iter().map(|value| expr(value, depth + 1, budget)).collect::<Result<Vec<_>, _>>()?;
    // `between` may give its bounds as a list.
    let arguments = match (op, &arguments[..]) {
        (Op::Between, [value, Expr::List(bounds)]) if bounds.len() == 2 => {
            vec![value.clone(), bounds[0].clone(), bounds[1].clone()]
        }
        _ => arguments,
    };
    let (least, most) = op.arguments();
    // One condition of `and` or `or` is that condition.
    if matches!(op, Op::And | Op::Or) && arguments.len() == 1 {
        return Ok(Expr::Op(op, arguments));
    }
    if !(least..=most).contains(&arguments.len()) {
        return Err(wrong(format!("`{quoted}` takes {least} arguments")));
    }
    if op == Op::In && !matches!(arguments[1], Expr::List(_)) {
        return Err(wrong("`in` takes a value and a list"));
    }
    Ok(Expr::Op(op, arguments))
}
