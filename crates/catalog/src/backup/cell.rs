//! A value of the database as JSON, and back, without loss.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use sea_orm::Value;
use sea_orm::sea_query::ArrayType;
use serde_json::Value as Json;

use crate::Error;

/// The value as JSON.
pub(super) fn to_json(value: Value) -> Result<Json, Error> {
    Ok(match value {
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::BigInt(value) => value.into(),
        Value::Double(value) => value.map(|value| format!("{value:?}")).into(),
        Value::String(value) => value.into(),
        Value::Json(value) => value.map(|value| *value).into(),
        Value::ChronoDate(value) => value.map(|day| day.to_string()).into(),
        Value::ChronoDateTimeUtc(value) => {
            value.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true)).into()
        }
        other => return Err(Error::stored("type of a column", &format!("{other:?}"))),
    })
}

/// JSON as a value of a column of this type.
pub(super) fn from_json(json: Json, kind: &ArrayType) -> Result<Value, Error> {
    let wrong = |json: &Json| Error::stored("value of a backup", &json.to_string());
    macro_rules! cell {
        ($variant:ident, $read:expr) => {
            match json {
                Json::Null => Value::$variant(None),
                json => Value::$variant(Some($read(&json).ok_or_else(|| wrong(&json))?)),
            }
        };
    }
    Ok(match kind {
        ArrayType::Bool => cell!(Bool, Json::as_bool),
        ArrayType::Int => cell!(Int, |json: &Json| json.as_i64().and_then(|n| i32::try_from(n).ok())),
        ArrayType::BigInt => cell!(BigInt, Json::as_i64),
        ArrayType::Double => cell!(Double, |json: &Json| json.as_str()?.parse::<f64>().ok()),
        ArrayType::String => cell!(String, |json: &Json| json.as_str().map(str::to_owned)),
        ArrayType::Json => cell!(Json, |json: &Json| Some(Box::new(json.clone()))),
        ArrayType::ChronoDate => cell!(ChronoDate, |json: &Json| json.as_str()?.parse::<NaiveDate>().ok()),
        ArrayType::ChronoDateTimeUtc => cell!(ChronoDateTimeUtc, |json: &Json| {
            Some(DateTime::parse_from_rfc3339(json.as_str()?).ok()?.with_timezone(&Utc))
        }),
        other => return Err(Error::stored("type of a column", &format!("{other:?}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::{ArrayType, Json, Value, from_json, to_json};

    #[test]
    fn a_fraction_comes_back_to_the_last_bit() {
        for number in [0.1, 1.0 / 3.0, 5e-324, f64::MAX, -0.0, 105.970_000_000_000_01] {
            let json = to_json(Value::Double(Some(number))).unwrap();
            let text = serde_json::to_string(&json).unwrap();
            let json: Json = serde_json::from_str(&text).unwrap();
            let Value::Double(Some(back)) = from_json(json, &ArrayType::Double).unwrap() else { panic!() };
            assert_eq!(back.to_bits(), number.to_bits());
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        assert!(from_json(Json::from("x"), &ArrayType::BigInt).is_err());
        assert!(from_json(Json::from(1_i64 << 40), &ArrayType::Int).is_err());
        assert!(from_json(Json::from("yesterday"), &ArrayType::ChronoDateTimeUtc).is_err());
    }
}
