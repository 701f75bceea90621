//! The text of a value of an Arrow column.

use std::fmt::Write;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float32Array, Float64Array, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use wording::{Told, told};

use crate::cell::shortest;

/// The column as it is told: dictionaries looked up, instants in UTC.
pub(super) fn prepared(column: &ArrayRef) -> Result<ArrayRef, Told> {
    let mut column = column.clone();
    if let DataType::Dictionary(_, values) = column.data_type() {
        let values = values.as_ref().clone();
        let values = if values.is_string() { DataType::Utf8View } else { values };
        column = cast(&column, &values).map_err(Told::excerpt)?;
    }
    if let DataType::Timestamp(unit, Some(_)) = column.data_type() {
        let utc = DataType::Timestamp(*unit, Some("+00:00".into()));
        column = cast(&column, &utc).map_err(Told::excerpt)?;
    }
    Ok(column)
}

/// The texts of one column.
pub(super) struct Texts<'a> {
    values: &'a ArrayRef,
    column: Column<'a>,
    /// Whether its values are numbers, dates or truth values.
    pub(super) is_typed: bool,
}

enum Column<'a> {
    Text(&'a StringViewArray),
    Single(&'a Float32Array),
    Double(&'a Float64Array),
    Truth(&'a BooleanArray),
    Other(ArrayFormatter<'a>),
}

const OPTIONS: FormatOptions<'static> = FormatOptions::new().with_display_error(false);

impl<'a> Texts<'a> {
    pub(super) fn new(values: &'a ArrayRef) -> Result<Texts<'a>, Told> {
        let kind = values.data_type();
        let is_typed = kind.is_numeric() || kind.is_temporal() || *kind == DataType::Boolean;
        let column = match kind {
            DataType::Utf8View => Column::Text(values.as_string_view()),
            DataType::Float32 => Column::Single(values.as_primitive::<Float32Type>()),
            DataType::Float64 => Column::Double(values.as_primitive::<Float64Type>()),
            DataType::Boolean => Column::Truth(values.as_boolean()),
            _ => {
                let formatter = ArrayFormatter::try_new(values.as_ref(), &OPTIONS);
                Column::Other(formatter.map_err(Told::excerpt)?)
            }
        };
        Ok(Texts { values, column, is_typed })
    }

    /// Adds the text of a value; nothing where there is none.
    pub(super) fn write(&self, index: usize, text: &mut String) -> Result<(), Told> {
        if self.values.is_null(index) {
            return Ok(());
        }
        match &self.column {
            Column::Text(values) => text.push_str(values.value(index)),
            Column::Single(values) => text.push_str(&single(values.value(index))),
            Column::Double(values) => text.push_str(&shortest(values.value(index))),
            Column::Truth(values) => text.push_str(if values.value(index) { "TRUE" } else { "FALSE" }),
            Column::Other(values) => {
                write!(text, "{}", values.value(index))
                    .map_err(|_| told!("formats-value-no-text", "a value has no text"))?;
            }
        }
        Ok(())
    }
}

/// The shortest text that is the same number in single precision: `0.1` and not `0.10000000149`.
fn single(number: f32) -> String {
    let number = if number == 0.0 { 0.0 } else { number };
    if number != 0.0 && !(1e-7..1e21).contains(&number.abs()) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}
