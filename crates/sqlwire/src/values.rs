//! Values of parameters as clients send them, in text or in binary (PostgreSQL 15 §8, `…recv`).

use chrono::{DateTime, NaiveDate, TimeDelta};
use query::{Parameter, PgType};

use crate::error::Refusal;
use crate::frame::Fields;

/// The most items of a list: each stands in the statement.
const MOST_ITEMS: usize = 10_000;

/// The value of a parameter of a type; 0 for a type that the client leaves open.
pub(crate) fn parameter(oid: u32, is_binary: bool, bytes: Option<&[u8]>) -> Result<Parameter, Refusal> {
    let Some(bytes) = bytes else { return Ok(Parameter::Null) };
    if is_binary { binary(oid, bytes) } else { text(oid, bytes) }
}

fn text(oid: u32, bytes: &[u8]) -> Result<Parameter, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new("22021", "a parameter is not UTF-8"))?;
    if let Some(item) = PgType::item_of(oid) {
        return listed(item, text);
    }
    let wrong = |of: &str| {
        let message =
            format!("invalid input syntax for type {of}: \"{}\"", text.chars().take(80).collect::<String>());
        Refusal::new("22P02", message)
    };
    Ok(match oid {
        16 => match text.trim().to_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "on" | "1" => Parameter::Boolean(true),
            "f" | "false" | "n" | "no" | "off" | "0" => Parameter::Boolean(false),
            _ => return Err(wrong("boolean")),
        },
        20 | 21 | 23 | 26 => Parameter::Integer(text.trim().parse().map_err(|_| wrong("integer"))?),
        700 | 701 => Parameter::Float(text.trim().parse().map_err(|_| wrong("double precision"))?),
        1700 => match text.trim().parse() {
            Ok(whole) => Parameter::Integer(whole),
            Err(_) => Parameter::Float(text.trim().parse().map_err(|_| wrong("numeric"))?),
        },
        17 => match text.strip_prefix("\\x") {
            Some(hex) => Parameter::Bytes(unhex(hex).ok_or_else(|| wrong("bytea"))?),
            None => Parameter::Bytes(bytes.to_vec()),
        },
        1082 => Parameter::Date(text.trim().parse().map_err(|_| wrong("date"))?),
        1184 => match DateTime::parse_from_str(&format!("{}00", text.trim()), "%Y-%m-%d %H:%M:%S%.f%z") {
            Ok(time) => Parameter::Time(time.to_utc()),
            Err(_) => Parameter::Text(text.to_owned()),
        },
        _ => Parameter::Text(text.to_owned()),
    })
}

/// A list of one dimension, as a text.
fn listed(item: PgType, text: &str) -> Result<Parameter, Refusal> {
    let shown: String = text.chars().take(80).collect();
    let items = query::list_items(text).ok_or_else(|| {
        let refusal = Refusal::new("22P02", format!("malformed array literal: \"{shown}\""));
        refusal.hint("a list of one dimension is written {1,2,NULL}")
    })?;
    let value = |one: Option<String>| parameter(item.oid, false, one.as_ref().map(String::as_bytes));
    Ok(Parameter::List(within(items)?.into_iter().map(value).collect::<Result<_, _>>()?))
}

/// A list that is not longer than one may be.
fn within<T>(items: Vec<T>) -> Result<Vec<T>, Refusal> {
    match items.len() <= MOST_ITEMS {
        true => Ok(items),
        false => Err(Refusal::new("54000", format!("a list has at most {MOST_ITEMS} items"))),
    }
}

/// A list of one dimension, in binary (`array_recv`).
fn list(bytes: &[u8]) -> Result<Parameter, Refusal> {
    let mut fields = Fields(bytes);
    let dimensions = fields.i32()?;
    fields.i32()?;
    let of = fields.i32()?.cast_unsigned();
    if PgType::item_of(of).is_some() {
        return Err(Refusal::unsupported("lists hold no lists here"));
    }
    match dimensions {
        0 => return Ok(Parameter::List(Vec::new())),
        1 => {}
        _ => return Err(Refusal::unsupported("lists have one dimension here")),
    }
    let count = usize::try_from(fields.i32()?).unwrap_or(usize::MAX);
    fields.i32()?;
    if count > MOST_ITEMS {
        return Err(Refusal::new("54000", format!("a list has at most {MOST_ITEMS} items")));
    }
    let mut items = Vec::new();
    for _ in 0..count {
        let bytes = match usize::try_from(fields.i32()?) {
            Ok(length) => Some(fields.bytes(length)?),
            Err(_) => None,
        };
        items.push(parameter(of, true, bytes)?);
    }
    Ok(Parameter::List(items))
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn binary(oid: u32, bytes: &[u8]) -> Result<Parameter, Refusal> {
    let wrong =
        || Refusal::new("22P03", format!("incorrect binary data format of a parameter of type {oid}"));
    if PgType::item_of(oid).is_some() {
        return list(bytes);
    }
    Ok(match oid {
        16 => Parameter::Boolean(*bytes.first().ok_or_else(wrong)? != 0),
        21 => Parameter::Integer(i16::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        23 => Parameter::Integer(i32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        26 => Parameter::Integer(u32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        20 => Parameter::Integer(i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
        700 => Parameter::Float(f32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?).into()),
        701 => Parameter::Float(f64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?)),
        1700 => Parameter::Float(numeric(bytes).ok_or_else(wrong)?),
        17 => Parameter::Bytes(bytes.to_vec()),
        1082 => {
            let days = i32::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
            let start = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap_or_default();
            let date = start.checked_add_signed(TimeDelta::try_days(days.into()).ok_or_else(wrong)?);
            Parameter::Date(date.ok_or_else(wrong)?)
        }
        1114 | 1184 => {
            let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
            let micros = micros.checked_add(crate::encode::EPOCH_MICROS).ok_or_else(wrong)?;
            let time = DateTime::from_timestamp_micros(micros).ok_or_else(wrong)?;
            match oid {
                1184 => Parameter::Time(time),
                // Without a zone, it is read as a literal is.
                _ => Parameter::Text(time.naive_utc().format("%Y-%m-%dT%H:%M:%S%.6f").to_string()),
            }
        }
        1083 => {
            let micros = i64::from_be_bytes(bytes.try_into().map_err(|_| wrong())?);
            let (seconds, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            Parameter::Text(format!("{hours:02}:{minutes:02}:{seconds:02}.{rest:06}"))
        }
        1186 => {
            let mut fields = Fields(bytes);
            let (micros, days, months) = (fields.i64()?, fields.i32()?, fields.i32()?);
            let (seconds, rest) = (micros / 1_000_000, (micros % 1_000_000).abs());
            let sign = if micros < 0 { "-" } else { "" };
            let seconds = seconds.abs();
            Parameter::Text(format!("{months} months {days} days {sign}{seconds}.{rest:06} seconds"))
        }
        2950 => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let parts = [hex.get(..8), hex.get(8..12), hex.get(12..16), hex.get(16..20), hex.get(20..32)];
            let parts: Vec<&str> = parts.into_iter().collect::<Option<_>>().ok_or_else(wrong)?;
            Parameter::Text(parts.join("-"))
        }
        // The first byte is the version of the form.
        3802 if bytes.first() == Some(&1) => {
            Parameter::Text(String::from_utf8(bytes[1..].to_vec()).map_err(|_| wrong())?)
        }
        0 | 18 | 19 | 25 | 114 | 705 | 1042 | 1043 => {
            Parameter::Text(String::from_utf8(bytes.to_vec()).map_err(|_| wrong())?)
        }
        _ => {
            let message = format!("parameters of type {oid} are not taken in binary");
            return Err(Refusal::unsupported(message).hint("send it as a text"));
        }
    })
}

/// A `numeric` in binary: digits to the base of 10 000, with the power of the first.
fn numeric(bytes: &[u8]) -> Option<f64> {
    let mut fields = Fields(bytes);
    let digits = fields.i16().ok()?;
    let weight = fields.i16().ok()?;
    let sign = fields.i16().ok()?;
    fields.i16().ok()?;
    let mut value = 0.0;
    for place in 0..digits {
        let digit = f64::from(fields.i16().ok()?);
        value += digit * 10_000_f64.powi(i32::from(weight) - i32::from(place));
    }
    match sign {
        0 => Some(value),
        0x4000 => Some(-value),
        _ => Some(f64::NAN),
    }
}
