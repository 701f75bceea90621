//! JSON out of values and values out of JSON, in PostgreSQL's words (§9.16). A text that is JSON is marked so, and is
//! put into other JSON as what it is.

use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, FieldRef, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use serde_json::Value;

use super::instants::shown_at;

/// The mark of a text that is JSON.
const MARK: (&str, &str) = ("postgres.type", "json");

/// The functions, by their names and those that do the same here.
pub(super) fn functions() -> Vec<ScalarUDF> {
    let all = [
        (Form::Of, "pg_json", &[][..]),
        (Form::Sorted, "pg_jsonb", &[]),
        (Form::To, "to_json", &[]),
        (Form::Object, "json_build_object", &[]),
        (Form::List, "json_build_array", &[]),
        (Form::Get, "json_extract_path", &["jsonb_extract_path"]),
        (Form::GetText, "json_extract_path_text", &["jsonb_extract_path_text"]),
        (Form::Length, "json_array_length", &["jsonb_array_length"]),
        (Form::Kind, "json_typeof", &["jsonb_typeof"]),
    ];
    let function = |(form, name, others): (Form, &'static str, &'static [&'static str])| {
        let signature = Signature::variadic_any(Volatility::Immutable);
        ScalarUDF::from(JsonFunction {
            form,
            name,
            aliases: others.iter().map(|name| (*name).to_owned()).collect(),
            signature,
        })
    };
    all.into_iter().map(function).collect()
}

/// What is at a path in JSON, as a text or as JSON.
pub(crate) fn within_json(as_text: bool) -> ScalarUDF {
    let name = if as_text { "json_extract_path_text" } else { "json_extract_path" };
    let found = functions().into_iter().find(|function| function.name() == name);
    found.expect("it is one of the functions")
}

/// What a function makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    /// A text that is JSON, looked at.
    Of,
    /// The same as `jsonb` writes it (§8.14): members of short names first, each name once.
    Sorted,
    /// A value as JSON.
    To,
    /// An object of names and values, one after the other.
    Object,
    /// A list of values.
    List,
    /// What is at a path, as JSON.
    Get,
    /// What is at a path, as a text.
    GetText,
    /// How many items a list has.
    Length,
    /// What kind of value it is.
    Kind,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct JsonFunction {
    form: Form,
    name: &'static str,
    aliases: Vec<String>,
    signature: Signature,
}

impl ScalarUDFImpl for JsonFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(if self.form == Form::Length { DataType::Int32 } else { DataType::Utf8 })
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        let field = Field::new(self.name, self.return_type(&[])?, true);
        Ok(Arc::new(match self.form {
            Form::GetText | Form::Length | Form::Kind => field,
            _ => field.with_metadata([(MARK.0.to_owned(), MARK.1.to_owned())].into()),
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays: Vec<ArrayRef> = args.args.iter().map(|one| one.to_array(rows)).collect::<Result<_>>()?;
        let fields = &args.arg_fields;
        let first =
            || arrays.first().ok_or_else(|| DataFusionError::Plan(format!("{} takes a value", self.name)));
        let array: ArrayRef = match self.form {
            Form::Of => {
                let texts = cast(first()?, &DataType::Utf8)?;
                for text in texts.as_string::<i32>().iter().flatten() {
                    read(text)?;
                }
                texts
            }
            Form::Sorted => {
                let texts = cast(first()?, &DataType::Utf8)?;
                let texts = texts.as_string::<i32>();
                made(rows, |row, text| {
                    if texts.is_null(row) {
                        return Ok(false);
                    }
                    let value = read(texts.value(row))?;
                    match has_long_numbers(texts.value(row)) {
                        true => text.push_str(texts.value(row)),
                        false => push_by(text, &value, true),
                    }
                    Ok(true)
                })?
            }
            Form::To => {
                let array = first()?;
                made(rows, |row, text| match array.is_null(row) {
                    true => Ok(false),
                    false => push(text, array, &fields[0], row).map(|()| true),
                })?
            }
            Form::Object => {
                if !arrays.len().is_multiple_of(2) {
                    return Err(DataFusionError::Plan(
                        "an object is made of names and values: give one for each".to_owned(),
                    ));
                }
                made(rows, |row, text| {
                    text.push('{');
                    for (at, pair) in arrays.chunks(2).enumerate() {
                        if at > 0 {
                            text.push_str(", ");
                        }
                        if pair[0].is_null(row) {
                            return Err(DataFusionError::Execution(
                                "the name of a member is null".to_owned(),
                            ));
                        }
                        let mut name = String::new();
                        push(&mut name, &pair[0], &Field::new("", pair[0].data_type().clone(), true), row)?;
                        if !name.starts_with('"') {
                            name = Value::from(name).to_string();
                        }
                        text.push_str(&name);
                        text.push_str(" : ");
                        push(text, &pair[1], &fields[2 * at + 1], row)?;
                    }
                    text.push('}');
                    Ok(true)
                })?
            }
            Form::List => made(rows, |row, text| {
                text.push('[');
                for (at, (array, field)) in arrays.iter().zip(fields).enumerate() {
                    if at > 0 {
                        text.push_str(", ");
                    }
                    push(text, array, field, row)?;
                }
                text.push(']');
                Ok(true)
            })?,
            Form::Get | Form::GetText => {
                let json = cast(first()?, &DataType::Utf8)?;
                let path: Vec<ArrayRef> =
                    arrays[1..].iter().map(|step| Ok(cast(step, &DataType::Utf8)?)).collect::<Result<_>>()?;
                let json = json.as_string::<i32>();
                made(rows, |row, text| {
                    if json.is_null(row) || path.iter().any(|step| step.is_null(row)) {
                        return Ok(false);
                    }
                    let value = read(json.value(row))?;
                    let mut steps = path.iter().map(|step| step.as_string::<i32>().value(row));
                    let found = steps.try_fold(&value, below);
                    Ok(match (found, self.form) {
                        (None, _) => false,
                        (Some(Value::Null), Form::GetText) => false,
                        (Some(Value::String(own)), Form::GetText) => {
                            text.push_str(own);
                            true
                        }
                        (Some(value), _) => {
                            push_value(text, value);
                            true
                        }
                    })
                })?
            }
            Form::Length => {
                let texts = cast(first()?, &DataType::Utf8)?;
                let length = |text: Option<&str>| match text.map(read).transpose()? {
                    None => Ok(None),
                    Some(Value::Array(items)) => Ok(i32::try_from(items.len()).ok()),
                    Some(_) => {
                        Err(DataFusionError::Execution("cannot get array length of a non-array".to_owned()))
                    }
                };
                let lengths = texts.as_string::<i32>().iter().map(length);
                Arc::new(lengths.collect::<Result<arrow::array::Int32Array>>()?)
            }
            Form::Kind => {
                let texts = cast(first()?, &DataType::Utf8)?;
                let kind = |text: Option<&str>| -> Result<Option<&'static str>> {
                    Ok(text.map(read).transpose()?.map(|value| match value {
                        Value::Null => "null",
                        Value::Bool(_) => "boolean",
                        Value::Number(_) => "number",
                        Value::String(_) => "string",
                        Value::Array(_) => "array",
                        Value::Object(_) => "object",
                    }))
                };
                Arc::new(texts.as_string::<i32>().iter().map(kind).collect::<Result<StringArray>>()?)
            }
        };
        Ok(ColumnarValue::Array(array))
    }
}

fn read(text: &str) -> Result<Value> {
    // The reader bounds how deep values are nested.
    serde_json::from_str(text).map_err(|_| {
        let shown: String = text.chars().take(80).collect();
        DataFusionError::Execution(format!("invalid input syntax for type json: \"{shown}\""))
    })
}

/// Whether a number may have more digits than the reader keeps of it.
fn has_long_numbers(text: &str) -> bool {
    const DIGITS: usize = 15;
    let is_digit = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    text.as_bytes()
        .chunk_by(|a, b| is_digit(a) == is_digit(b))
        .any(|run| is_digit(&run[0]) && run.len() > DIGITS)
}

/// Writes JSON as PostgreSQL does, with a blank behind what separates.
fn push_value(text: &mut String, value: &Value) {
    push_by(text, value, false);
}

/// The same, with members of short names first or in the order of their names.
fn push_by(text: &mut String, value: &Value, by_length: bool) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            if by_length {
                members.sort_by_key(|(name, _)| (name.len(), name.as_bytes()));
            }
            text.push('{');
            for (at, (name, member)) in members.into_iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                push_by(text, member, by_length);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at > 0 { ", " } else { "" });
                push_by(text, item, by_length);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The member of a name, or the item at a place; places below zero are counted from the end.
fn below<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match value {
        Value::Object(members) => members.get(step),
        Value::Array(items) => {
            let place: i64 = step.parse().ok()?;
            let from_end = usize::try_from(place.unsigned_abs()).ok()?;
            match place < 0 {
                true => items.get(items.len().checked_sub(from_end)?),
                false => items.get(from_end),
            }
        }
        _ => None,
    }
}

/// Texts made row by row; a row for which nothing is made has none.
fn made(rows: usize, mut make: impl FnMut(usize, &mut String) -> Result<bool>) -> Result<ArrayRef> {
    let mut texts = arrow::array::StringBuilder::new();
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        match make(row, &mut text)? {
            true => texts.append_value(&text),
            false => texts.append_null(),
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// Writes a value as JSON.
fn push(text: &mut String, array: &ArrayRef, field: &Field, row: usize) -> Result<()> {
    if array.is_null(row) || *array.data_type() == DataType::Null {
        text.push_str("null");
        return Ok(());
    }
    let one = array.slice(row, 1);
    match array.data_type() {
        DataType::Boolean => text.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        of if of.is_integer() && *of != DataType::UInt64 => {
            text.push_str(&cast(&one, &DataType::Int64)?.as_primitive::<Int64Type>().value(0).to_string());
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let own = cast(&one, &DataType::Utf8)?;
            match cast(&one, &DataType::Float64)?.as_primitive::<Float64Type>().value(0).is_finite() {
                true => text.push_str(own.as_string::<i32>().value(0).trim_end_matches(".0")),
                false => text.push_str(&Value::from(own.as_string::<i32>().value(0)).to_string()),
            }
        }
        DataType::UInt64 | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            text.push_str(cast(&one, &DataType::Utf8)?.as_string::<i32>().value(0));
        }
        of if of.is_string() => {
            let own = cast(&one, &DataType::Utf8)?;
            let own = own.as_string::<i32>().value(0);
            match field.metadata().get(MARK.0).is_some_and(|mark| mark == MARK.1) {
                true => text.push_str(own),
                false => text.push_str(&Value::from(own).to_string()),
            }
        }
        DataType::Timestamp(_, zone) => {
            let micros = cast(&one, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>().value(0);
            let zone: Option<Tz> = zone.as_deref().map(str::parse).transpose()?;
            let shown = zone.and_then(|zone| shown_at(micros, zone)).unwrap_or(micros);
            text.push('"');
            let start = text.len();
            model::push_instant(text, shown);
            let time = text.split_off(start);
            let time = time.trim_end_matches('Z');
            text.push_str(match time.contains('.') {
                true => time.trim_end_matches('0').trim_end_matches('.'),
                false => time,
            });
            if zone.is_some() {
                let minutes = (shown - micros) / 60_000_000;
                let sign = if minutes < 0 { '-' } else { '+' };
                text.push_str(&format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60));
            }
            text.push('"');
        }
        DataType::List(item) => {
            let items = array.as_list::<i32>().value(row);
            text.push('[');
            for at in 0..items.len() {
                if at > 0 {
                    text.push(',');
                }
                push(text, &items, item, at)?;
            }
            text.push(']');
        }
        DataType::Struct(fields) => {
            text.push('{');
            for (at, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(field.name().as_str()).to_string());
                text.push(':');
                push(text, column, field, row)?;
            }
            text.push('}');
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let hint = "bytes and geometries have no form in JSON: write st_asgeojson(geometry)::json";
            return Err(DataFusionError::Plan(hint.to_owned()));
        }
        _ => {
            let formatter = ArrayFormatter::try_new(&one, &FormatOptions::default())?;
            text.push_str(&Value::from(formatter.value(0).to_string()).to_string());
        }
    }
    Ok(())
}
