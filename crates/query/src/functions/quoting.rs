//! Texts put into quotes where they need them, and numbers out of texts with signs between their digits: functions of
//! PostgreSQL that the planner has not (PostgreSQL 15, §9.4 and §9.8).

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::keywords::is_reserved;

/// The functions.
pub(super) fn functions() -> [ScalarUDF; 4] {
    [Form::Ident, Form::Literal, Form::Nullable, Form::Number].map(|form| {
        let arguments = if form == Form::Number { 2 } else { 1 };
        let signature = Signature::any(arguments, Volatility::Immutable);
        ScalarUDF::from(QuotingFunction { form, signature })
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// `quote_ident(text)`.
    Ident,
    /// `quote_literal(text)`.
    Literal,
    /// `quote_nullable(text)`: nothing is written as `NULL`.
    Nullable,
    /// `to_number(text, pattern)`.
    Number,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct QuotingFunction {
    form: Form,
    signature: Signature,
}

impl ScalarUDFImpl for QuotingFunction {
    fn name(&self) -> &str {
        match self.form {
            Form::Ident => "quote_ident",
            Form::Literal => "quote_literal",
            Form::Nullable => "quote_nullable",
            Form::Number => "to_number",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(if self.form == Form::Number { DataType::Float64 } else { DataType::Utf8 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let texts = cast(&arrays[0], &DataType::Utf8)?;
        let texts = texts.as_string::<i32>();
        let made: ArrayRef = match self.form {
            Form::Ident => Arc::new(texts.iter().map(|text| text.map(name)).collect::<StringArray>()),
            Form::Literal => Arc::new(texts.iter().map(|text| text.map(literal)).collect::<StringArray>()),
            Form::Nullable => {
                let row = |text: Option<&str>| Some(text.map_or_else(|| "NULL".to_owned(), literal));
                Arc::new(texts.iter().map(row).collect::<StringArray>())
            }
            Form::Number => {
                let rows = texts.iter().map(|text| text.map(number).transpose());
                Arc::new(rows.collect::<Result<Float64Array>>()?)
            }
        };
        Ok(ColumnarValue::Array(made))
    }
}

/// A name as it has to be written in SQL.
fn name(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match is_plain && !is_reserved(text) {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('"', "\"\"")),
    }
}

/// A text as it has to be written in SQL.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match quoted.contains('\\') {
        true => format!("E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}

/// The number that is written in a text, whatever stands between its digits.
fn number(text: &str) -> Result<f64> {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let wrong = |_| {
        let shown: String = text.chars().take(80).collect();
        DataFusionError::Execution(format!("invalid input syntax for type numeric: \"{shown}\""))
    };
    let number: f64 = digits.parse().map_err(wrong)?;
    let text = text.trim();
    let is_below = text.starts_with('-') || text.ends_with('-') || text.starts_with('<');
    Ok(if is_below { -number } else { number })
}
