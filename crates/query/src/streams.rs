//! A dataset's datastreams as a small table: filters on place, property and the like are decided
//! over it, and results get these columns from it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringViewArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::Result;
use model::{Datastream, DatastreamKey};
use policy::RowFilter;

use crate::Error;

/// The text columns that a datastream gives to its results, in the order of the SQL tables.
pub(crate) const TEXT_COLUMNS: [&str; 8] =
    ["dataset", "place", "property", "procedure", "statistic", "period", "unit", "datum"];
/// The column that holds the datastream's number, here and in the stored tables.
pub(crate) const DATASTREAM: &str = "datastream";
/// The column that holds the version that is read.
pub(crate) const VERSION: &str = "version";

/// The columns of a [`StreamTable`] with the version read: what a filter on datastreams may name.
pub(crate) fn schema() -> SchemaRef {
    let text = TEXT_COLUMNS.iter().map(|name| Field::new(*name, DataType::Utf8View, true));
    let numbers =
        [Field::new(DATASTREAM, DataType::Int64, false), Field::new(VERSION, DataType::Int64, true)];
    Arc::new(Schema::new(text.chain(numbers).collect::<Vec<_>>()))
}

fn part<'a>(key: &'a DatastreamKey, column: &str) -> &'a str {
    match column {
        "dataset" => key.dataset.as_str(),
        "place" => key.place.as_str(),
        "property" => key.property.as_str(),
        "procedure" => &key.procedure,
        "statistic" => key.statistic.code(),
        "period" => &key.period,
        "unit" => &key.unit,
        _ => &key.datum,
    }
}

/// The datastreams of one dataset.
#[derive(Debug)]
pub(crate) struct StreamTable {
    source: Arc<Vec<Datastream>>,
    columns: Vec<ArrayRef>,
    rows: HashMap<i64, u32>,
}

impl StreamTable {
    pub(crate) fn new(source: Arc<Vec<Datastream>>) -> Result<StreamTable, Error> {
        let mut columns: Vec<ArrayRef> = TEXT_COLUMNS
            .iter()
            .map(|column| {
                let values = source.iter().map(|datastream| part(&datastream.key, column));
                Arc::new(StringViewArray::from_iter_values(values)) as ArrayRef
            })
            .collect();
        columns.push(Arc::new(source.iter().map(|datastream| datastream.id.0).collect::<Int64Array>()));
        let rows = source
            .iter()
            .enumerate()
            .map(|(row, datastream)| Ok((datastream.id.0, u32::try_from(row).map_err(Error::internal)?)))
            .collect::<Result<_, Error>>()?;
        Ok(StreamTable { source, columns, rows })
    }

    /// Whether it was made of this list.
    pub(crate) fn is_of(&self, source: &Arc<Vec<Datastream>>) -> bool {
        Arc::ptr_eq(&self.source, source)
    }

    /// The datastreams.
    pub(crate) fn datastreams(&self) -> &[Datastream] {
        &self.source
    }

    /// The datastreams as rows, with the version that is read of their dataset.
    pub(crate) fn batch(&self, version: Option<i64>) -> Result<RecordBatch> {
        let versions: Int64Array = std::iter::repeat_n(version, self.source.len()).collect();
        let mut columns = self.columns.clone();
        columns.push(Arc::new(versions));
        Ok(RecordBatch::try_new(schema(), columns)?)
    }

    /// Which datastreams the permit's row filter lets through.
    pub(crate) fn allowed(&self, rows: &RowFilter) -> BooleanArray {
        self.source.iter().map(|ds| Some(rows.allows(&ds.key.place, &ds.key.property))).collect()
    }

    fn column(&self, name: &str) -> Option<&ArrayRef> {
        TEXT_COLUMNS.iter().position(|column| *column == name).map(|at| &self.columns[at])
    }
}

/// Finds the row of a datastream among those of several datasets, one after the other.
#[derive(Debug)]
pub(crate) struct StreamIndex {
    parts: Vec<(u32, Arc<StreamTable>, Option<i64>)>,
    /// The datastreams that rows can have; every one of the tables when absent.
    wanted: Option<Vec<i64>>,
}

impl StreamIndex {
    /// Over these tables, each with the version read of its dataset and the datastreams that are read;
    /// absent for every one.
    pub(crate) fn new<'a>(
        tables: impl IntoIterator<Item = (Arc<StreamTable>, Option<i64>, Option<&'a [i64]>)>,
    ) -> StreamIndex {
        let mut parts = Vec::new();
        let mut wanted = Some(Vec::new());
        let mut offset = 0;
        for (table, version, numbers) in tables {
            match (&mut wanted, numbers) {
                (Some(wanted), Some(numbers)) => wanted.extend_from_slice(numbers),
                _ => wanted = None,
            }
            let length = u32::try_from(table.source.len()).unwrap_or(u32::MAX);
            parts.push((offset, table, version));
            offset = u32::saturating_add(offset, length);
        }
        StreamIndex { parts, wanted }
    }

    /// The datastreams that rows can have, with their rows here.
    pub(crate) fn wanted(&self) -> (Int64Array, UInt32Array) {
        let (numbers, rows): (Vec<i64>, Vec<u32>) = match &self.wanted {
            Some(wanted) => wanted.iter().filter_map(|number| Some((*number, self.row(*number)?))).unzip(),
            None => {
                let of_part = |(offset, table, _): &(u32, Arc<StreamTable>, Option<i64>)| {
                    let numbers: Vec<i64> = table.source.iter().map(|datastream| datastream.id.0).collect();
                    numbers.into_iter().zip(*offset..)
                };
                self.parts.iter().flat_map(of_part).unzip()
            }
        };
        (numbers.into(), rows.into())
    }

    /// The row of a datastream, counted over all tables.
    pub(crate) fn row(&self, datastream: i64) -> Option<u32> {
        self.parts
            .iter()
            .find_map(|(offset, table, _)| table.rows.get(&datastream).map(|row| offset.saturating_add(*row)))
    }

    /// The values of a column, over all tables.
    pub(crate) fn values(&self, column: &str) -> Result<ArrayRef> {
        if column == VERSION {
            let versions = self
                .parts
                .iter()
                .flat_map(|(_, table, version)| std::iter::repeat_n(*version, table.source.len()));
            return Ok(Arc::new(versions.collect::<Int64Array>()));
        }
        let arrays: Vec<&dyn Array> =
            self.parts.iter().filter_map(|(_, table, _)| table.column(column)).map(AsRef::as_ref).collect();
        if arrays.is_empty() {
            return Ok(Arc::new(StringViewArray::new_null(0)));
        }
        Ok(arrow::compute::concat(&arrays)?)
    }
}
