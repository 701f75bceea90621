//! Bytes out of texts and texts out of bytes, as PostgreSQL reads and writes them (PostgreSQL 15, §8.4 and table 9.12):
//! `pg_bytea(text)` stands for a cast to `bytea`, `pg_encode(bytes, format)` and `pg_decode(text, format)` for `encode`
//! and `decode`.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, BinaryArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// The letters of a line in base 64 (RFC 2045 §6.8).
const LINE: usize = 76;

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 3] {
    [Form::Cast, Form::Encode, Form::Decode].map(|form| {
        let arguments = if form == Form::Cast { 1 } else { 2 };
        let signature = Signature::any(arguments, Volatility::Immutable);
        ScalarUDF::from(BytesFunction { form, signature })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Cast,
    Encode,
    Decode,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct BytesFunction {
    form: Form,
    signature: Signature,
}

impl ScalarUDFImpl for BytesFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Cast => "pg_bytea",
            Form::Encode => "pg_encode",
            Form::Decode => "pg_decode",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(if self.form == Form::Encode { DataType::Utf8 } else { DataType::Binary })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let is_bytes = matches!(
            arrays[0].data_type(),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)
        );
        if self.form == Form::Cast {
            if is_bytes {
                return Ok(ColumnarValue::Array(cast(&arrays[0], &DataType::Binary)?));
            }
            let texts = cast(&arrays[0], &DataType::Utf8)?;
            let rows = texts.as_string::<i32>().iter().map(|text| text.map(read).transpose());
            return Ok(ColumnarValue::Array(Arc::new(rows.collect::<Result<BinaryArray>>()?)));
        }
        let formats = cast(&arrays[1], &DataType::Utf8)?;
        let formats = formats.as_string::<i32>();
        let made: ArrayRef = match self.form {
            Form::Encode => {
                let bytes = cast(&arrays[0], &DataType::Binary)?;
                let pairs = bytes.as_binary::<i32>().iter().zip(formats);
                let rows = pairs.map(|(bytes, format)| bytes.zip(format).map(encoded).transpose());
                Arc::new(rows.collect::<Result<StringArray>>()?)
            }
            _ => {
                let texts = cast(&arrays[0], &DataType::Utf8)?;
                let pairs = texts.as_string::<i32>().iter().zip(formats);
                let rows = pairs.map(|(text, format)| text.zip(format).map(decoded).transpose());
                Arc::new(rows.collect::<Result<BinaryArray>>()?)
            }
        };
        Ok(ColumnarValue::Array(made))
    }
}

/// The bytes of a text: in hex after `\x`, or as they are, with a backslash before three octal digits or another.
fn read(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(hex) => of_hex(hex),
        None => of_escapes(text),
    }
}

fn encoded((bytes, format): (&[u8], &str)) -> Result<String> {
    let mut text = String::new();
    match format.to_lowercase().as_str() {
        "hex" => bytes.iter().for_each(|byte| {
            // Writing to a text does not fail.
            let _ = write!(text, "{byte:02x}");
        }),
        "base64" => {
            let letters = STANDARD.encode(bytes);
            // A line ends behind its last letter, but for the one that is filled up.
            let whole = bytes.len() / 3 * 4;
            for (nth, letter) in letters.chars().enumerate() {
                text.push(letter);
                if (nth + 1) % LINE == 0 && nth < whole {
                    text.push('\n');
                }
            }
        }
        "escape" => bytes.iter().for_each(|byte| match byte {
            b'\\' => text.push_str("\\\\"),
            0 | 128.. => {
                let _ = write!(text, "\\{byte:03o}");
            }
            byte => text.push(char::from(*byte)),
        }),
        _ => return Err(unknown(format)),
    }
    Ok(text)
}

fn decoded((text, format): (&str, &str)) -> Result<Vec<u8>> {
    match format.to_lowercase().as_str() {
        "hex" => of_hex(text),
        "escape" => of_escapes(text),
        "base64" => {
            let letters: String = text.chars().filter(|letter| !" \t\n\r".contains(*letter)).collect();
            let wrong = |_| DataFusionError::Execution("invalid base64 end sequence".to_owned());
            STANDARD.decode(letters).map_err(wrong)
        }
        _ => Err(unknown(format)),
    }
}

fn of_hex(text: &str) -> Result<Vec<u8>> {
    let wrong = |what: String| DataFusionError::Execution(format!("invalid hexadecimal {what}"));
    let mut digits = Vec::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !" \t\n\r".contains(*letter)) {
        digits.push(letter.to_digit(16).ok_or_else(|| wrong(format!("digit: \"{letter}\"")))?);
    }
    if !digits.len().is_multiple_of(2) {
        return Err(wrong("data: odd number of digits".to_owned()));
    }
    let byte = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap_or_default();
    Ok(digits.chunks_exact(2).map(byte).collect())
}

fn of_escapes(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        (bytes, rest) = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => (pushed(bytes, b'\\'), after),
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                (pushed(bytes, (a - b'0') * 64 + (b - b'0') * 8 + (c - b'0')), after)
            }
            (b'\\', _) => {
                return Err(DataFusionError::Execution("invalid input syntax for type bytea".to_owned()));
            }
            (byte, after) => (pushed(bytes, *byte), after),
        };
    }
    Ok(bytes)
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

fn unknown(format: &str) -> DataFusionError {
    let shown: String = format.chars().take(80).collect();
    DataFusionError::Execution(format!("unrecognized encoding: \"{shown}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_and_read_as_postgresql_does() {
        // What PostgreSQL 15 answers.
        let line = "YWFh".repeat(19);
        for (bytes, format, expected) in [
            (b"ab".to_vec(), "base64", "YWI=".to_owned()),
            (vec![b'a'; 57], "base64", format!("{line}\n")),
            (vec![b'a'; 58], "base64", format!("{line}\nYQ==")),
            (vec![b'a'; 56], "base64", format!("{}YWE=", "YWFh".repeat(18))),
            (b"a\0\x80\\".to_vec(), "escape", "a\\000\\200\\\\".to_owned()),
            (b"a\xff".to_vec(), "HEX", "61ff".to_owned()),
        ] {
            assert_eq!(encoded((&bytes, format)).unwrap(), expected);
            assert_eq!(decoded((&expected, format)).unwrap(), bytes);
        }
        assert_eq!(read("\\x 61 62").unwrap(), b"ab");
        for (text, format) in [("6", "hex"), ("zz", "hex"), ("YWI", "base64"), ("\\9", "escape"), ("", "foo")]
        {
            assert!(decoded((text, format)).is_err(), "{text}");
        }
    }
}
