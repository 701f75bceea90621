//! One version of a table: its files with what is known of each.

use std::collections::HashSet;

use arrow::datatypes::SchemaRef;
use model::{Bbox, DatasetId, Version};
use object_store::path::Path;

use crate::{Error, TableSchema};

/// Which version of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AsOf {
    /// The last one committed.
    #[default]
    Latest,
    /// The one with this number.
    Version(Version),
}

/// One version of a table.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) dataset: DatasetId,
    pub(crate) version: Version,
    pub(crate) table: TableSchema,
    pub(crate) schema: SchemaRef,
    pub(crate) files: Vec<DataFile>,
    pub(crate) rows: u64,
}

/// A Parquet file of a table, and what its statistics say.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Where it is, from the store's root.
    pub path: Path,
    /// Its size in bytes.
    pub size: u64,
    /// Its rows.
    pub rows: u64,
    /// The smallest datastream, in a table of observations.
    pub min_datastream: Option<i64>,
    /// The largest datastream.
    pub max_datastream: Option<i64>,
    /// The earliest phenomenon time, in microseconds since 1970.
    pub min_time: Option<i64>,
    /// The latest phenomenon time, in microseconds since 1970.
    pub max_time: Option<i64>,
    /// The box around its features, in a table of features; absent when none has a geometry.
    pub bbox: Option<Bbox>,
}

impl Snapshot {
    /// The dataset.
    pub fn dataset(&self) -> &DatasetId {
        &self.dataset
    }

    /// The version's number.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The table's columns.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// What the table holds.
    pub fn table(&self) -> &TableSchema {
        &self.table
    }

    /// The files, in the order of their first keys.
    pub fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// The rows in all files.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether the rows are observations; they are features otherwise.
    pub fn is_observations(&self) -> bool {
        matches!(self.table, TableSchema::Observations)
    }
}

impl Snapshot {
    /// A version with these files.
    pub(crate) fn of(
        dataset: DatasetId,
        version: Version,
        table: TableSchema,
        mut files: Vec<DataFile>,
    ) -> Result<Snapshot, Error> {
        files.sort_by(|a, b| {
            (a.min_datastream, a.min_time, &a.path).cmp(&(b.min_datastream, b.min_time, &b.path))
        });
        let rows = files.iter().map(|file| file.rows).sum();
        Ok(Snapshot { dataset, version, schema: table.arrow()?, table, files, rows })
    }

    /// The number of the version after this one.
    pub(crate) fn next_version(&self) -> Version {
        Version(self.version.0 + 1)
    }

    /// The version after this one, with files added and removed.
    pub(crate) fn next(&self, added: Vec<DataFile>, removed: &[Path]) -> Result<Snapshot, Error> {
        let removed: HashSet<&Path> = removed.iter().collect();
        let mut files: Vec<DataFile> =
            self.files.iter().filter(|file| !removed.contains(&file.path)).cloned().collect();
        if files.len() + removed.len() != self.files.len() {
            return Err(Error::internal("the log removes a file that the table does not have"));
        }
        files.extend(added);
        Snapshot::of(self.dataset.clone(), self.next_version(), self.table.clone(), files)
    }
}
