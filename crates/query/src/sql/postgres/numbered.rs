//! Functions that say what a number of the catalogue means: the name of a table, what is said of it or of
//! its columns, the text of its key; and which number a name has. They hold what the principal may know, for
//! one statement.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::facts::Facts;
use super::keys::{constraint_text, index_text, keyed, pretty_index_text};

/// The name of the function that turns a table's number into its name, and a name into its number, as a cast
/// to `regclass` does.
pub(super) const CLASS: &str = "pg_class_of";
/// What the other functions are called.
const TABLE_SAID: &str = "obj_description";
const COLUMN_SAID: &str = "col_description";
const INDEX_TEXT: &str = "pg_get_indexdef";
const CONSTRAINT_TEXT: &str = "pg_get_constraintdef";

/// The name of the function from the number of a key, or of its index, to the columns of the key.
pub(super) const KEY_COLUMNS: &str = "pg_key_columns";
/// What no name has, between the names of columns.
pub(super) const SEAM: char = '\u{1}';

/// Whether a function is one of these.
pub(super) fn is_numbered(name: &str) -> bool {
    [CLASS, TABLE_SAID, COLUMN_SAID, INDEX_TEXT, CONSTRAINT_TEXT].contains(&name)
}

/// The functions, over what is known.
pub(super) fn functions(facts: &Facts) -> [ScalarUDF; 6] {
    let mut names = Texts::new();
    let (mut tables, mut columns) = (Texts::new(), Texts::new());
    let (mut indexes, mut constraints, mut keys) = (Texts::new(), Texts::new(), Texts::new());
    for table in &facts.tables {
        names.insert((table.oid, 0), table.name.clone());
        tables.extend(table.said.clone().map(|said| ((table.oid, 0), said)));
        for column in &table.columns {
            columns.extend(column.said.map(|said| ((table.oid, i64::from(column.place)), said.to_owned())));
        }
    }
    for (table, key) in keyed(facts) {
        names.insert((key.index, 0), key.name.clone());
        indexes.insert((key.index, 0), index_text(table, key));
        indexes.insert((key.index, PRETTY), pretty_index_text(table, key));
        indexes.extend((1..).zip(&key.columns).map(|(at, column)| ((key.index, at), column.clone())));
        constraints.insert((key.constraint(), 0), constraint_text(key));
        let columns = key.columns.join(&SEAM.to_string());
        keys.extend([key.index, key.constraint()].map(|number| ((number, 0), columns.clone())));
    }
    [
        Classes::function(&names),
        Numbered::function(TABLE_SAID, tables),
        Numbered::function(COLUMN_SAID, columns),
        Numbered::function(INDEX_TEXT, indexes),
        Numbered::function(CONSTRAINT_TEXT, constraints),
        Numbered::function(KEY_COLUMNS, keys),
    ]
}

/// The part that stands for the whole where it is written for people.
const PRETTY: i64 = -1;

/// Texts by the number of an object and of a part of it, 0 for the whole.
type Texts = BTreeMap<(i64, i64), String>;

/// A function from numbers to texts.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Numbered {
    name: &'static str,
    texts: Arc<Texts>,
    signature: Signature,
}

impl Numbered {
    fn function(name: &'static str, texts: Texts) -> ScalarUDF {
        let signature = Signature::variadic_any(Volatility::Immutable);
        ScalarUDF::from(Numbered { name, texts: Arc::new(texts), signature })
    }
}

impl ScalarUDFImpl for Numbered {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let numbers = cast(&arrays[0], &DataType::Int64)?;
        let numbers = numbers.as_primitive::<Int64Type>();
        // A part is a number; the name of a catalogue, or whether to write prettily, is none.
        let parts = match arrays.get(1).filter(|array| array.data_type().is_integer()) {
            Some(array) => cast(array, &DataType::Int64)?,
            None => Arc::new(Int64Array::from(vec![0; numbers.len()])),
        };
        let parts = parts.as_primitive::<Int64Type>();
        let is_pretty = |row: usize| {
            let last = arrays.last().and_then(|array| array.as_boolean_opt());
            last.is_some_and(|pretty| pretty.is_valid(row) && pretty.value(row))
        };
        let mut texts = StringBuilder::new();
        for (row, (number, part)) in numbers.iter().zip(parts).enumerate() {
            let text = number.zip(part).and_then(|key| match key {
                (number, 0) if is_pretty(row) => {
                    self.texts.get(&(number, PRETTY)).or_else(|| self.texts.get(&key))
                }
                _ => self.texts.get(&key),
            });
            texts.append_option(text);
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}

/// The function between names of tables and their numbers: a number that means nothing is given as it is, and
/// a name that means nothing has none.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Classes {
    names: Arc<BTreeMap<i64, String>>,
    signature: Signature,
}

impl Classes {
    fn function(names: &Texts) -> ScalarUDF {
        let names = names.iter().map(|((number, _), name)| (*number, name.clone())).collect();
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::from(Classes { names: Arc::new(names), signature })
    }
}

impl ScalarUDFImpl for Classes {
    fn name(&self) -> &str {
        CLASS
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let is_name = arguments.first().is_some_and(DataType::is_string);
        Ok(if is_name { DataType::Int64 } else { DataType::Utf8 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        if arrays[0].data_type().is_string() {
            let numbers: BTreeMap<&str, i64> =
                self.names.iter().map(|(number, name)| (name.as_str(), *number)).collect();
            let given = cast(&arrays[0], &DataType::Utf8)?;
            let given = given.as_string::<i32>().iter().map(|name| numbers.get(bare(name?)).copied());
            return Ok(ColumnarValue::Array(Arc::new(given.collect::<Int64Array>())));
        }
        let given = cast(&arrays[0], &DataType::Int64)?;
        let mut texts = StringBuilder::new();
        for number in given.as_primitive::<Int64Type>() {
            let name =
                number.map(|number| self.names.get(&number).cloned().unwrap_or_else(|| number.to_string()));
            texts.append_option(name);
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}

/// A name without its schema and its quotes.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"')
}
