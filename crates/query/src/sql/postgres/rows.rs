//! Rows of the catalogue's tables out of plain values, with the columns marked that are numbers of objects
//! or lists of them.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int16Array, Int16Builder, Int32Array, Int64Array, Int64Builder, ListBuilder,
    RecordBatch, StringArray,
};
use arrow::datatypes::{Field, Schema};

use super::types::TYPE_KEY;
use crate::Error;

/// The columns of type `oid`, whichever table they are in.
const OIDS: [&str; 43] = [
    "oid",
    "relnamespace",
    "reltype",
    "reloftype",
    "relowner",
    "relam",
    "relfilenode",
    "reltablespace",
    "reltoastrelid",
    "relrewrite",
    "attrelid",
    "atttypid",
    "attcollation",
    "typnamespace",
    "typowner",
    "typrelid",
    "typelem",
    "typarray",
    "typbasetype",
    "typcollation",
    "datdba",
    "dattablespace",
    "nspowner",
    "usesysid",
    "objoid",
    "classoid",
    "indexrelid",
    "indrelid",
    "connamespace",
    "conrelid",
    "contypid",
    "conindid",
    "conparentid",
    "confrelid",
    "extowner",
    "extnamespace",
    "relid",
    "opcmethod",
    "opcnamespace",
    "collnamespace",
    "collowner",
    "refobjid",
    "enumtypid",
];

/// The columns of type `"char"`: one letter.
const CHARS: [&str; 15] = [
    "relkind",
    "relpersistence",
    "relreplident",
    "attalign",
    "attstorage",
    "attidentity",
    "attgenerated",
    "attcompression",
    "typtype",
    "typcategory",
    "typdelim",
    "typalign",
    "typstorage",
    "contype",
    "amtype",
];

/// The columns that are lists in the old form of the catalogue.
fn vector(name: &str) -> Option<&'static str> {
    match name {
        "indkey" | "indoption" => Some("int2vector"),
        "indclass" | "indcollation" => Some("oidvector"),
        name if CHARS.contains(&name) => Some("char"),
        name => OIDS.contains(&name).then_some("oid"),
    }
}

/// A table of these columns.
pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Error> {
    let field = |(name, array): &(&str, ArrayRef)| {
        let field = Field::new(*name, array.data_type().clone(), true);
        match vector(name) {
            Some(of) => field.with_metadata([(TYPE_KEY.to_owned(), of.to_owned())].into()),
            None => field,
        }
    };
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).map_err(Error::internal)
}

pub(super) fn numbers(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

pub(super) fn wholes(values: impl Iterator<Item = i32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(values))
}

pub(super) fn smalls(values: impl Iterator<Item = i16>) -> ArrayRef {
    Arc::new(Int16Array::from_iter_values(values))
}

pub(super) fn texts<T: AsRef<str>>(values: impl Iterator<Item = T>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

pub(super) fn truths(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from(values.collect::<Vec<_>>()))
}

/// Lists of small numbers.
pub(super) fn lists(values: impl Iterator<Item = Vec<i16>>) -> ArrayRef {
    let mut lists = ListBuilder::new(Int16Builder::new());
    values.for_each(|list| lists.append_value(list.into_iter().map(Some)));
    Arc::new(lists.finish())
}

/// Lists of numbers of objects.
pub(super) fn long_lists(values: impl Iterator<Item = Vec<i64>>) -> ArrayRef {
    let mut lists = ListBuilder::new(Int64Builder::new());
    values.for_each(|list| lists.append_value(list.into_iter().map(Some)));
    Arc::new(lists.finish())
}

/// No list in any row.
pub(super) fn no_list(rows: usize) -> ArrayRef {
    let mut lists = ListBuilder::new(Int16Builder::new());
    (0..rows).for_each(|_| lists.append_null());
    Arc::new(lists.finish())
}

/// The same value in every row.
pub(super) fn text(value: &str, rows: usize) -> ArrayRef {
    texts(std::iter::repeat_n(value, rows))
}

/// The same value in every row.
pub(super) fn number(value: i64, rows: usize) -> ArrayRef {
    numbers(std::iter::repeat_n(value, rows))
}

/// The same value in every row.
pub(super) fn whole(value: i32, rows: usize) -> ArrayRef {
    wholes(std::iter::repeat_n(value, rows))
}

/// The same value in every row.
pub(super) fn small(value: i16, rows: usize) -> ArrayRef {
    smalls(std::iter::repeat_n(value, rows))
}

/// The same value in every row.
pub(super) fn truth(value: bool, rows: usize) -> ArrayRef {
    truths(std::iter::repeat_n(value, rows))
}

/// No value in any row.
pub(super) fn no_text(rows: usize) -> ArrayRef {
    Arc::new(StringArray::new_null(rows))
}

/// No value in any row.
pub(super) fn no_whole(rows: usize) -> ArrayRef {
    Arc::new(Int32Array::new_null(rows))
}
