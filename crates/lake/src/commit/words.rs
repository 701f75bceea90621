//! Columns of few different words, which come as dictionaries: a number a row, and each word once.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringDictionaryBuilder};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;

use crate::Error;

/// Whether a column holds a text field as a dictionary with numbers of 32 bits.
pub(super) fn are_words_of(column: &ArrayRef, field: &Field) -> bool {
    field.data_type() == &DataType::Utf8 && is_dictionary(column.data_type())
}

fn is_dictionary(kind: &DataType) -> bool {
    matches!(kind, DataType::Dictionary(number, text) if **number == DataType::Int32 && **text == DataType::Utf8)
}

/// Puts numbers in place of words that come as dictionaries: the same numbers in all batches. Returns
/// the words of each such column, in the order of their numbers.
pub(super) fn numbered(batches: &mut [RecordBatch]) -> Result<HashMap<usize, ArrayRef>, Error> {
    let mut found = HashMap::new();
    let Some(first) = batches.first() else { return Ok(found) };
    let fields = first.schema().fields().clone();
    let are_words: Vec<usize> =
        (0..fields.len()).filter(|at| is_dictionary(fields[*at].data_type())).collect();
    if are_words.is_empty() {
        return Ok(found);
    }
    let as_numbers = fields.iter().enumerate().map(|(at, field)| match are_words.contains(&at) {
        true => Arc::new(Field::new(field.name(), DataType::Int32, true)),
        false => field.clone(),
    });
    let schema = Arc::new(Schema::new(as_numbers.collect::<Vec<_>>()));
    let mut known: Vec<Known> = are_words.iter().map(|_| Known::default()).collect();
    for batch in batches.iter_mut() {
        let mut columns = batch.columns().to_vec();
        for (at, known) in are_words.iter().zip(&mut known) {
            columns[*at] = known.numbers(&columns[*at])?;
        }
        *batch = RecordBatch::try_new(schema.clone(), columns)?;
    }
    for (at, known) in are_words.into_iter().zip(known) {
        found.insert(at, known.words());
    }
    Ok(found)
}

/// The words of a column so far.
#[derive(Default)]
struct Known(StringDictionaryBuilder<Int32Type>);

impl Known {
    /// A dictionary's rows, as numbers of the words of all.
    fn numbers(&mut self, column: &ArrayRef) -> Result<ArrayRef, Error> {
        let dictionary = column.as_dictionary::<Int32Type>();
        let words = dictionary.values().as_string::<i32>();
        let mut own = Vec::with_capacity(words.len());
        for word in words.iter() {
            own.push(word.map(|word| self.0.append(word)).transpose()?);
        }
        let is_same = own.iter().zip(0..).all(|(number, place)| *number == Some(place));
        let keys = dictionary.keys();
        if is_same {
            return Ok(Arc::new(keys.clone()));
        }
        let number = |key: Option<i32>| *own.get(usize::try_from(key?).ok()?)?;
        Ok(Arc::new(keys.iter().map(number).collect::<Int32Array>()))
    }

    fn words(mut self) -> ArrayRef {
        self.0.finish().values().clone()
    }
}
