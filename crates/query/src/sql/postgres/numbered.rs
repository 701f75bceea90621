//! Functions that say what a number of the catalogue means: the name of a table, what is said of it or of
//! its columns, the text of its key. They hold what the principal may know, for one statement.

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
use super::keys::{constraint_text, index_text, keyed};

/// The name of the function that turns a table's number into its name, as `regclass` does.
pub(super) const CLASS_NAME: &str = "pg_class_name";
/// What the other functions are called.
const TABLE_SAID: &str = "obj_description";
const COLUMN_SAID: &str = "col_description";
const INDEX_TEXT: &str = "pg_get_indexdef";
const CONSTRAINT_TEXT: &str = "pg_get_constraintdef";

/// Whether a function is one of these.
pub(super) fn is_numbered(name: &str) -> bool {
    [CLASS_NAME, TABLE_SAID, COLUMN_SAID, INDEX_TEXT, CONSTRAINT_TEXT].contains(&name)
}

/// The functions, over what is known.
pub(super) fn functions(facts: &Facts) -> [ScalarUDF; 5] {
    let mut names = Texts::new();
    let (mut tables, mut columns) = (Texts::new(), Texts::new());
    let (mut indexes, mut constraints) = (Texts::new(), Texts::new());
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
        indexes.extend((1..).zip(&key.columns).map(|(at, column)| ((key.index, at), column.clone())));
        constraints.insert((key.constraint(), 0), constraint_text(key));
    }
    [
        Numbered::function(CLASS_NAME, names, true),
        Numbered::function(TABLE_SAID, tables, false),
        Numbered::function(COLUMN_SAID, columns, false),
        Numbered::function(INDEX_TEXT, indexes, false),
        Numbered::function(CONSTRAINT_TEXT, constraints, false),
    ]
}

/// Texts by the number of an object and of a part of it, 0 for the whole.
type Texts = BTreeMap<(i64, i64), String>;

/// A function from numbers to texts.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Numbered {
    name: &'static str,
    texts: Arc<Texts>,
    /// Whether a number that means nothing is given as it is.
    keeps_unknown: bool,
    signature: Signature,
}

impl Numbered {
    fn function(name: &'static str, texts: Texts, keeps_unknown: bool) -> ScalarUDF {
        let signature = Signature::variadic_any(Volatility::Immutable);
        ScalarUDF::from(Numbered { name, texts: Arc::new(texts), keeps_unknown, signature })
    }

    fn text(&self, number: i64, part: i64) -> Option<String> {
        match self.texts.get(&(number, part)) {
            Some(text) => Some(text.clone()),
            None => self.keeps_unknown.then(|| number.to_string()),
        }
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
        let mut texts = StringBuilder::new();
        for (number, part) in numbers.iter().zip(parts) {
            texts.append_option(number.zip(part).and_then(|(number, part)| self.text(number, part)));
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish())))
    }
}
