//! The functions of `$filter` at work: values in, a value out; what has no value gives none.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use super::{Function, Value};

/// The value of a function; of arguments of other kinds than it takes there is none.
pub(super) fn call(function: Function, first: &Value, second: &Value, third: &Value) -> Value {
    let found = match (first, second) {
        _ if function.arguments().is_empty() => of_nothing(function),
        (Value::Text(a), Value::Text(b)) => of_texts(function, a, b),
        (Value::Text(text), _) => of_text(function, text, second, third),
        (Value::Time(time), _) => of_time(function, *time),
        (Value::Shape(a), Value::Shape(b)) => match (function, third) {
            (Function::GeoDistance, _) => Some(Value::Decimal(a.distance(b))),
            (Function::StRelate, Value::Text(pattern)) => a.has_pattern(b, pattern).map(Value::Bool),
            _ => a.is(function, b).map(Value::Bool),
        },
        (Value::Shape(shape), _) => (function == Function::GeoLength).then(|| Value::Decimal(shape.length())),
        _ => first.number().and_then(|number| of_number(function, number)),
    };
    found.unwrap_or(Value::Null)
}

/// The bounds of time are those of a calendar with years of four digits.
fn of_nothing(function: Function) -> Option<Value> {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day);
    match function {
        Function::MinDateTime => Some(Value::Time(day(1, 1, 1)?.and_hms_opt(0, 0, 0)?.and_utc())),
        Function::MaxDateTime => {
            Some(Value::Time(day(9999, 12, 31)?.and_hms_micro_opt(23, 59, 59, 999_999)?.and_utc()))
        }
        // The instant of the request is put in before anything is decided: `Expr::settled`.
        _ => None,
    }
}

fn of_texts(function: Function, a: &str, b: &str) -> Option<Value> {
    Some(match function {
        Function::SubstringOf => Value::Bool(b.contains(a)),
        Function::Contains => Value::Bool(a.contains(b)),
        Function::StartsWith => Value::Bool(a.starts_with(b)),
        Function::EndsWith => Value::Bool(a.ends_with(b)),
        Function::Concat => Value::Text(format!("{a}{b}")),
        Function::IndexOf => Value::Integer(match a.find(b) {
            Some(at) => i64::try_from(a[..at].chars().count()).unwrap_or(i64::MAX),
            None => -1,
        }),
        _ => return None,
    })
}

fn of_text(function: Function, text: &str, second: &Value, third: &Value) -> Option<Value> {
    Some(match function {
        Function::Length => Value::Integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)),
        Function::ToLower => Value::Text(text.to_lowercase()),
        Function::ToUpper => Value::Text(text.to_uppercase()),
        Function::Trim => Value::Text(text.trim().to_owned()),
        Function::Substring => {
            let whole = |value: &Value| match value {
                Value::Integer(number) => usize::try_from((*number).max(0)).ok(),
                _ => None,
            };
            let characters = text.chars().skip(whole(second)?);
            match third {
                Value::Null => Value::Text(characters.collect()),
                length => Value::Text(characters.take(whole(length)?).collect()),
            }
        }
        _ => return None,
    })
}

fn of_time(function: Function, time: DateTime<Utc>) -> Option<Value> {
    Some(match function {
        Function::Year => Value::Integer(i64::from(time.year())),
        Function::Month => Value::Integer(i64::from(time.month())),
        Function::Day => Value::Integer(i64::from(time.day())),
        Function::Hour => Value::Integer(i64::from(time.hour())),
        Function::Minute => Value::Integer(i64::from(time.minute())),
        Function::Second => Value::Integer(i64::from(time.second())),
        Function::FractionalSeconds => Value::Decimal(f64::from(time.nanosecond() % 1_000_000_000) / 1e9),
        Function::Date => Value::Date(time.date_naive()),
        Function::Time => Value::Clock(time.time()),
        Function::TotalOffsetMinutes => Value::Integer(0),
        _ => return None,
    })
}

fn of_number(function: Function, number: f64) -> Option<Value> {
    Some(Value::Decimal(match function {
        Function::Round => number.round(),
        Function::Floor => number.floor(),
        Function::Ceiling => number.ceil(),
        _ => return None,
    }))
}
