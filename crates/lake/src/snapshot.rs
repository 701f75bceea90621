//! One version of a table: its files with what is known of each.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use model::{Bbox, DatasetId, Version};
use object_store::path::Path;

use crate::{Checksums, Error, TableSchema};

/// Which version of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AsOf {
    /// The last one committed.
    #[default]
    Latest,
    /// The one with this number.
    Version(Version),
}

/// Whether an entry of the log changes rows, or only how they lie in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChangesRows {
    Yes,
    No,
}

/// One version of a table.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) dataset: DatasetId,
    /// The last commit that changed rows.
    pub(crate) version: Version,
    /// The last entry of the log: rearranging files makes an entry and no version.
    pub(crate) position: Version,
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
    /// Its checksums, as recorded when it was written; absent in tables of the first format.
    pub checksums: Option<Arc<Checksums>>,
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

    /// The last entry of the table's log that this is the sum of. Rearranging files makes an entry and
    /// no version, so that it tells which files these are.
    pub fn position(&self) -> Version {
        self.position
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

    /// The same version with only the files that an earlier one does not have: among their rows are all
    /// that came after it.
    #[must_use]
    pub fn beyond(&self, earlier: &Snapshot) -> Snapshot {
        let there: HashSet<&Path> = earlier.files.iter().map(|file| &file.path).collect();
        let files: Vec<DataFile> =
            self.files.iter().filter(|file| !there.contains(&file.path)).cloned().collect();
        let rows = files.iter().map(|file| file.rows).sum();
        Snapshot { files, rows, ..self.clone() }
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
        position: Version,
        table: TableSchema,
        mut files: Vec<DataFile>,
    ) -> Result<Snapshot, Error> {
        files.sort_by(|a, b| {
            (a.min_datastream, a.min_time, &a.path).cmp(&(b.min_datastream, b.min_time, &b.path))
        });
        let rows = files.iter().map(|file| file.rows).sum();
        Ok(Snapshot { dataset, version, position, schema: table.arrow()?, table, files, rows })
    }

    /// The number of the log's next entry.
    pub(crate) fn next_position(&self) -> Version {
        Version(self.position.0 + 1)
    }

    /// The table after the next entry, with files added and removed; a new version when the entry
    /// `changes_rows`.
    pub(crate) fn next(
        &self,
        added: Vec<DataFile>,
        removed: &[Path],
        changes_rows: ChangesRows,
    ) -> Result<Snapshot, Error> {
        let removed: HashSet<&Path> = removed.iter().collect();
        let mut files: Vec<DataFile> =
            self.files.iter().filter(|file| !removed.contains(&file.path)).cloned().collect();
        if files.len() + removed.len() != self.files.len() {
            return Err(Error::internal("the log removes a file that the table does not have"));
        }
        files.extend(added);
        let position = self.next_position();
        let version = match changes_rows {
            ChangesRows::Yes => position,
            ChangesRows::No => self.version,
        };
        Snapshot::of(self.dataset.clone(), version, position, self.table.clone(), files)
    }
}
