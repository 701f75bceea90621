//! A reader of one JSON text (RFC 8259), part by part.
//!
//! It is here because numbers must come out as the nearest double, bit for bit, as they do from a
//! CSV file (`serde_json` may be one bit off), and because coordinates must not become a tree.

use serde_json::{Number, Value};
use wording::{Told, told};

use crate::feature::Refused;

/// A text of which the part before `at` is read.
pub(crate) struct Json<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Json<'a> {
    /// Nothing but the caller bounds how deeply [`Json::value`] recurses.
    pub(crate) fn new(text: &'a [u8]) -> Json<'a> {
        Json { text, at: 0 }
    }

    /// The first byte of the next token.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Reads an object; `member` reads the value of each name.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Json<'a>, String) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        self.token(b'{')?;
        if self.skip_if(b'}') {
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.token(b':')?;
            member(self, name)?;
            if self.skip_if(b'}') {
                return Ok(());
            }
            self.token(b',')?;
        }
    }

    /// Reads a list; `item` reads each value.
    pub(crate) fn list(
        &mut self,
        mut item: impl FnMut(&mut Json<'a>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        self.token(b'[')?;
        if self.skip_if(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.skip_if(b']') {
                return Ok(());
            }
            self.token(b',')?;
        }
    }

    pub(crate) fn string(&mut self) -> Result<String, Refused> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(told!("formats-json-text", "text")));
        }
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at) {
                None => return Err(self.unexpected(told!("formats-end-text", "the end of a text"))),
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let text = serde_json::from_slice(&self.text[start..self.at]);
        text.map_err(|error| {
            Refused::new(
                "not_json",
                told!("formats-text-of-json-cannot-read", "a text cannot be read: {error}", error = error),
                self.shown(start),
            )
        })
    }

    pub(crate) fn number(&mut self) -> Result<Number, Refused> {
        self.peek();
        let start = self.at;
        while let Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).ok().filter(|text| is_number(text));
        let Some(text) = text else {
            self.at = start;
            return Err(self.unexpected(told!("formats-json-value", "a value")));
        };
        let number = match (text.parse::<u64>(), text.parse::<i64>()) {
            // Minus nothing is a double.
            (_, Ok(0)) if text.starts_with('-') => Number::from_f64(-0.0),
            (Ok(number), _) => Some(number.into()),
            (_, Ok(number)) => Some(number.into()),
            _ => text.parse().ok().and_then(Number::from_f64),
        };
        number.ok_or_else(|| {
            Refused::new("not_json", told!("formats-number-too-large", "a number is too large"), text)
        })
    }

    /// A value as a tree.
    pub(crate) fn value(&mut self) -> Result<Value, Refused> {
        match self.peek() {
            Some(b'{') => {
                let mut members = serde_json::Map::new();
                self.object(|json, name| {
                    members.insert(name, json.value()?);
                    Ok(())
                })?;
                Ok(Value::Object(members))
            }
            Some(b'[') => {
                let mut values = Vec::new();
                self.list(|json| {
                    values.push(json.value()?);
                    Ok(())
                })?;
                Ok(Value::Array(values))
            }
            Some(b'"') => Ok(Value::String(self.string()?)),
            _ if self.literal("null") => Ok(Value::Null),
            _ if self.literal("true") => Ok(Value::Bool(true)),
            _ if self.literal("false") => Ok(Value::Bool(false)),
            _ => Ok(Value::Number(self.number()?)),
        }
    }

    /// Goes past this word if it comes next.
    pub(crate) fn literal(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.text[self.at..].starts_with(word.as_bytes());
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// Asks for the end of the text.
    pub(crate) fn end(&mut self) -> Result<(), Refused> {
        if self.peek().is_none() { Ok(()) } else { Err(self.unexpected(told!("formats-end", "the end"))) }
    }

    fn token(&mut self, byte: u8) -> Result<(), Refused> {
        if self.skip_if(byte) {
            Ok(())
        } else {
            Err(self.unexpected(Told::words(format!("`{}`", char::from(byte)))))
        }
    }

    fn skip_if(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn unexpected(&self, wanted: Told) -> Refused {
        Refused::new(
            "not_json",
            told!("formats-feature-not-json-expected", "the feature is not JSON: {wanted} was expected", wanted => wanted),
            self.shown(self.at),
        )
    }

    fn shown(&self, from: usize) -> String {
        let from = from.min(self.text.len());
        String::from_utf8_lossy(&self.text[from..self.text.len().min(from + 80)]).into_owned()
    }
}

/// The grammar of RFC 8259 §6.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (text, "0"),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    digits(whole) && (whole.len() == 1 || !whole.starts_with('0')) && digits(decimals) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::Json;

    fn read(text: &str) -> Option<Value> {
        let mut json = Json::new(text.as_bytes());
        let value = json.value().ok()?;
        json.end().ok().map(|()| value)
    }

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for (text, expected) in [
            ("-11.148222184428153", Some(-11.148_222_184_428_153)),
            ("5e-324", Some(5e-324)),
            ("-0", Some(-0.0)),
            ("18446744073709551616", Some(18_446_744_073_709_551_616.0)),
            ("1e999", None),
            ("NaN", None),
            ("01", None),
            ("1.", None),
            (".5", None),
            ("+1", None),
            ("1e", None),
            ("--1", None),
        ] {
            let got = read(text).and_then(|value| value.as_f64());
            assert_eq!(got.map(f64::to_bits), expected.map(f64::to_bits), "{text}");
        }
    }

    proptest! {
        #[test]
        fn texts_are_read_as_serde_json_reads_them(text in "[{}\\[\\]\",:\\\\an1.e \n-]{0,24}") {
            prop_assert_eq!(read(&text), serde_json::from_str::<Value>(&text).ok());
        }

        #[test]
        fn values_are_read_back(numbers in proptest::collection::vec(any::<f64>(), 0..5), text in ".{0,20}", n: i64) {
            let numbers: Vec<f64> = numbers.into_iter().filter(|n| n.is_finite()).collect();
            let value = serde_json::json!({ "a": numbers, &text: [text, n, null, true, {}] });
            prop_assert_eq!(read(&value.to_string()), Some(value));
        }
    }
}
