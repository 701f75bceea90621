//! The Delta log of one table, through deltalake-core: replay, and one entry at a time.
//!
//! Entries are written with deltalake's own actions and put-if-absent, but not through its commit
//! loop: that loop lets two appends pass each other, and two appends of one key must not.

mod checkpoint;
pub(crate) mod pack;
mod runs;
mod seal;
mod statistics;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::Schema;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::engine::arrow_conversion::{TryIntoArrow, TryIntoKernel};
use deltalake_core::kernel::transaction::{CommitData, TransactionError};
use deltalake_core::kernel::{
    Action, Add, CommitInfo, EagerSnapshot, Metadata, Protocol, Remove, StructType, Transaction, new_metadata,
};
use deltalake_core::logstore::{CommitOrBytes, LogStoreRef, StorageConfig, default_logstore, get_actions};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{Bbox, DatasetId, RunId, UserId, Version};
use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use self::statistics::{Statistics, Values};
use crate::packed::Packed;
use crate::schema::TableSchema;
use crate::snapshot::ChangesRows;
use crate::{Checksums, CommitCounts, Committed, Damage, DataFile, Error, Snapshot};

/// The operation of an entry that changes how rows lie in files, and no row.
const REARRANGES: &str = "OPTIMIZE";
/// The operation of an entry that gives up versions, and changes no row.
const GIVES_UP: &str = "VACUUM END";
/// The transaction whose number is the first version that is kept: checkpoints carry transactions on.
pub(crate) const HORIZON: &str = "cuulong.horizon";
/// Entries that are read at the same time.
const ENTRIES_AT_ONCE: usize = 16;

/// The log of one table.
#[derive(Clone)]
pub(crate) struct TableLog {
    dataset: DatasetId,
    store: LogStoreRef,
    /// The lake's store, with and without what is seen in packs.
    packed: Packed,
}

/// What happened when an entry was written.
pub(crate) enum Written {
    /// The entry is in the log.
    Done,
    /// Another entry has this number.
    Taken,
}

/// What one commit changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Change {
    /// Files that come in.
    pub(crate) added: Vec<DataFile>,
    /// Files that go out.
    pub(crate) removed: Vec<DataFile>,
}

/// Who commits, when and what, for the entry's commitInfo.
pub(crate) struct Notice<'a> {
    pub(crate) run: &'a RunId,
    pub(crate) user: Option<&'a UserId>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) counts: CommitCounts,
    pub(crate) total: u64,
}

/// An entry that another writer made.
pub(crate) struct Entry {
    /// How it changes the files; `None` when it changes more than that, so that the table has to
    /// be loaded anew.
    pub(crate) change: Option<(Vec<DataFile>, Vec<Path>)>,
    /// The run that it is of.
    pub(crate) run: Option<RunId>,
    /// Whether it makes a version.
    pub(crate) changes_rows: ChangesRows,
    /// The first version that is kept from then on, when it gives up versions.
    pub(crate) horizon: Option<Version>,
}

/// Whether the bytes of an entry of a table's log are those that were written; what is wrong with
/// them otherwise. For who keeps the store.
pub fn check_log_entry(bytes: &[u8]) -> Result<(), String> {
    seal::check(bytes)
}

/// The folder of a dataset's table.
pub fn folder(dataset: &DatasetId) -> Path {
    Path::from(format!("lake/{dataset}"))
}

impl TableLog {
    /// `root` reads through `packed`, which also knows what lies there by itself.
    pub(crate) fn new(root: Arc<dyn ObjectStore>, packed: Packed, dataset: &DatasetId) -> TableLog {
        let folder = folder(dataset);
        // A scheme of our own: the path of the URL is the path in our store, whatever that is.
        let location =
            Url::parse(&format!("lake:///{folder}/")).expect("a dataset id is a plain URL segment");
        let prefixed: Arc<dyn ObjectStore> = Arc::new(PrefixStore::new(root.clone(), folder));
        let store = default_logstore(prefixed, root, &location, &StorageConfig::default());
        TableLog { dataset: dataset.clone(), store, packed }
    }

    /// Writes entry 0 of a new table.
    pub(crate) async fn create(&self, schema: &Schema, at: DateTime<Utc>) -> Result<Written, Error> {
        let kernel: StructType = schema.try_into_kernel()?;
        // Rule 3, every version stays readable: neither entries nor files ever expire.
        let metadata: Metadata = new_metadata(
            &kernel,
            Vec::<String>::new(),
            [
                ("delta.enableExpiredLogCleanup", "false"),
                ("delta.logRetentionDuration", "interval 36500 days"),
                ("delta.deletedFileRetentionDuration", "interval 36500 days"),
                ("delta.checkpointInterval", "100"),
            ],
        )
        .map_err(DeltaTableError::from)?;
        let protocol: Protocol =
            serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))
                .map_err(Error::internal)?;
        let operation = DeltaOperation::Create {
            mode: SaveMode::ErrorIfExists,
            location: self.store.root_url().clone(),
            protocol: protocol.clone(),
            metadata: metadata.clone(),
        };
        let info = CommitInfo {
            timestamp: Some(at.timestamp_millis()),
            operation: Some("CREATE TABLE".into()),
            engine_info: Some(engine()),
            ..CommitInfo::default()
        };
        let actions = vec![Action::CommitInfo(info), Action::Protocol(protocol), Action::Metadata(metadata)];
        self.write(Version(0), CommitData::new(actions, operation, HashMap::new(), Vec::new())).await
    }

    /// Writes the entry of one commit.
    pub(crate) async fn append(
        &self,
        version: Version,
        change: &Change,
        notice: &Notice<'_>,
    ) -> Result<Written, Error> {
        let at = notice.at.timestamp_millis();
        let info = CommitInfo {
            timestamp: Some(at),
            user_id: notice.user.map(|user| user.as_str().to_owned()),
            operation: Some(if change.removed.is_empty() { "WRITE" } else { "MERGE" }.into()),
            read_version: Some(version.0.saturating_sub(1)),
            is_blind_append: Some(false),
            engine_info: Some(engine()),
            info: HashMap::from([
                ("run".to_owned(), json!(notice.run.as_str())),
                ("added".to_owned(), json!(notice.counts.added)),
                ("corrected".to_owned(), json!(notice.counts.corrected)),
                ("unchanged".to_owned(), json!(notice.counts.unchanged)),
                ("rowsRemoved".to_owned(), json!(notice.counts.removed)),
                ("flagged".to_owned(), json!(notice.counts.flagged)),
                ("total".to_owned(), json!(notice.total)),
            ]),
            ..CommitInfo::default()
        };
        let mut actions = vec![Action::CommitInfo(info)];
        let rows = ChangesRows::Yes;
        actions.extend(change.removed.iter().map(|file| Action::Remove(self.remove(file, at, rows))));
        actions.extend(change.added.iter().map(|file| Action::Add(self.add(file, at, rows))));
        let transaction = Transaction::new_with_last_update(
            notice.run.as_str(),
            i64::try_from(version.0).map_err(Error::internal)?,
            Some(at),
        );
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        self.write(version, CommitData::new(actions, operation, HashMap::new(), vec![transaction])).await
    }

    /// Writes the entry of a rearrangement of files, which changes no row.
    pub(crate) async fn rearrange(
        &self,
        position: Version,
        change: &Change,
        at: DateTime<Utc>,
    ) -> Result<Written, Error> {
        let at = at.timestamp_millis();
        let info = CommitInfo {
            timestamp: Some(at),
            operation: Some(REARRANGES.into()),
            read_version: Some(position.0.saturating_sub(1)),
            is_blind_append: Some(false),
            engine_info: Some(engine()),
            ..CommitInfo::default()
        };
        let mut actions = vec![Action::CommitInfo(info)];
        let rows = ChangesRows::No;
        actions.extend(change.removed.iter().map(|file| Action::Remove(self.remove(file, at, rows))));
        actions.extend(change.added.iter().map(|file| Action::Add(self.add(file, at, rows))));
        let operation = DeltaOperation::Optimize { predicate: None, target_size: 0 };
        self.write(position, CommitData::new(actions, operation, HashMap::new(), Vec::new())).await
    }

    /// Writes the entry that gives up the versions before one.
    pub(crate) async fn give_up(
        &self,
        position: Version,
        from: Version,
        at: DateTime<Utc>,
    ) -> Result<Written, Error> {
        let at = at.timestamp_millis();
        let info = CommitInfo {
            timestamp: Some(at),
            operation: Some(GIVES_UP.into()),
            read_version: Some(position.0.saturating_sub(1)),
            is_blind_append: Some(false),
            engine_info: Some(engine()),
            info: HashMap::from([("keptFrom".to_owned(), json!(from.0))]),
            ..CommitInfo::default()
        };
        let number = i64::try_from(from.0).map_err(Error::internal)?;
        let horizon = Transaction::new_with_last_update(HORIZON, number, Some(at));
        let operation = DeltaOperation::VacuumEnd { status: "COMPLETED".to_owned() };
        let actions = vec![Action::CommitInfo(info)];
        self.write(position, CommitData::new(actions, operation, HashMap::new(), vec![horizon])).await
    }

    async fn write(&self, version: Version, mut data: CommitData) -> Result<Written, Error> {
        for action in &mut data.actions {
            if let Action::CommitInfo(info) = action {
                info.info.insert(seal::KEY.to_owned(), json!(seal::BLANK));
            }
        }
        let bytes = data.get_bytes().map_err(DeltaTableError::from)?;
        let bytes = seal::sealed(&bytes)
            .ok_or_else(|| Error::internal("an entry of the log has no place for its checksum"))?;
        let bytes = Bytes::from(bytes);
        match self.store.write_commit_entry(version.0, CommitOrBytes::LogBytes(bytes), Uuid::new_v4()).await {
            Ok(()) => Ok(Written::Done),
            Err(TransactionError::VersionAlreadyExists(_)) => Ok(Written::Taken),
            Err(error) => Err(DeltaTableError::from(error).into()),
        }
    }

    /// The path of an entry, from the store's root.
    pub(crate) fn entry_path(&self, version: Version) -> Path {
        Path::from(format!("{}/_delta_log/{:020}.json", folder(&self.dataset), version.0))
    }

    /// Whether an entry is there.
    pub(crate) async fn has(&self, version: Version) -> Result<bool, Error> {
        Ok(self.store.read_commit_entry(version.0).await?.is_some())
    }

    /// The bytes of an entry, if they are those that were written.
    async fn checked(&self, version: Version) -> Result<Option<Bytes>, Error> {
        let Some(bytes) = self.store.read_commit_entry(version.0).await? else { return Ok(None) };
        seal::check(&bytes).map_err(|detail| {
            Error::Damaged(Damage { path: self.entry_path(version).to_string(), detail })
        })?;
        Ok(Some(bytes))
    }

    /// Reads an entry; `None` when there is none of that number.
    pub(crate) async fn entry(&self, version: Version) -> Result<Option<Entry>, Error> {
        let Some(bytes) = self.checked(version).await? else { return Ok(None) };
        let mut added = Vec::new();
        let mut removed = Vec::new();
        let mut run = None;
        let mut other = false;
        let mut changes_rows = ChangesRows::Yes;
        let mut horizon = None;
        for action in get_actions(version.0, &bytes)? {
            match action {
                Action::Add(add) => {
                    added.push(self.data_file(
                        &add.path,
                        add.size,
                        add.stats.as_deref(),
                        add.tags.as_ref(),
                    )?);
                }
                Action::Remove(remove) => removed.push(self.path_of(&remove.path)?),
                Action::Txn(transaction) if transaction.app_id == HORIZON => {
                    horizon = u64::try_from(transaction.version).ok().map(Version);
                }
                Action::Txn(transaction) => run = RunId::new(&transaction.app_id).ok().or(run),
                Action::CommitInfo(info) => {
                    if matches!(info.operation.as_deref(), Some(REARRANGES | GIVES_UP)) {
                        changes_rows = ChangesRows::No;
                    }
                }
                _ => other = true,
            }
        }
        Ok(Some(Entry { change: (!other).then_some((added, removed)), run, changes_rows, horizon }))
    }

    /// What a run's entry says that it did; `None` when the entry is of another run.
    pub(crate) async fn committed(&self, version: Version, run: &RunId) -> Result<Option<Committed>, Error> {
        let Some(bytes) = self.checked(version).await? else { return Ok(None) };
        for action in get_actions(version.0, &bytes)? {
            if let Action::CommitInfo(info) = action {
                let number = |key: &str| info.info.get(key).and_then(Value::as_u64);
                if info.info.get("run").and_then(Value::as_str) != Some(run.as_str()) {
                    return Ok(None);
                }
                let counts = CommitCounts {
                    added: number("added").unwrap_or(0),
                    corrected: number("corrected").unwrap_or(0),
                    unchanged: number("unchanged").unwrap_or(0),
                    removed: number("rowsRemoved").unwrap_or(0),
                    flagged: number("flagged").unwrap_or(0),
                };
                let total = number("total").unwrap_or(0);
                return Ok(Some(Committed { version: Some(version), counts, total }));
            }
        }
        Ok(None)
    }

    /// Replays the log up to a version, or to its end. `None` when there is no table.
    pub(crate) async fn load(&self, version: Option<Version>) -> Result<Option<Snapshot>, Error> {
        let summed_up = self.trusted_checkpoint(version).await?;
        let replayed = match EagerSnapshot::try_new(self.store.as_ref(), version.map(|v| v.0)).await {
            Ok(replayed) => replayed,
            Err(DeltaTableError::NotATable(_)) => return Ok(None),
            Err(error) => {
                // What cannot be replayed is damaged, or the store is away: the entries tell which.
                let mut next = summed_up.map_or(Version(0), |at| Version(at.0 + 1));
                while version.is_none_or(|last| next <= last) && self.checked(next).await?.is_some() {
                    next = Version(next.0 + 1);
                }
                return Err(error.into());
            }
        };
        let position = Version(replayed.version());
        let first = summed_up.map_or(0, |at| at.0 + 1);
        stream::iter((first..=position.0).map(|entry| self.checked(Version(entry))))
            .buffered(ENTRIES_AT_ONCE)
            .try_for_each(async |_| Ok(()))
            .await?;
        let protocol = serde_json::to_value(replayed.protocol()).map_err(Error::internal)?;
        let number = |key: &str| protocol.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX);
        if number("minReaderVersion") > 1 || number("minWriterVersion") > 2 {
            return Err(Error::internal(format!(
                "the table of `{}` has Delta features that are not read here",
                self.dataset
            )));
        }
        let arrow: Schema = replayed.schema().as_ref().try_into_arrow()?;
        let table = TableSchema::of(&arrow).ok_or_else(|| {
            Error::internal(format!("the table of `{}` has columns that are not ours", self.dataset))
        })?;
        let mut files = Vec::new();
        for view in replayed.try_log_data()?.iter() {
            #[expect(deprecated, reason = "the view shows no tags otherwise")]
            let add = view.add_action();
            files.push(self.data_file(
                &view.path(),
                view.size(),
                view.stats().as_deref(),
                add.tags.as_ref(),
            )?);
        }
        let mut version = position;
        while version.0 > 0 {
            match self.entry(version).await? {
                Some(Entry { changes_rows: ChangesRows::No, .. }) => version = Version(version.0 - 1),
                _ => break,
            }
        }
        Snapshot::of(self.dataset.clone(), version, position, table, files).map(Some)
    }

    fn add(&self, file: &DataFile, at: i64, rows: ChangesRows) -> Add {
        Add {
            path: self.relative(file),
            partition_values: HashMap::new(),
            size: i64::try_from(file.size).unwrap_or(i64::MAX),
            modification_time: at,
            data_change: rows == ChangesRows::Yes,
            stats: Some(statistics::written(file)),
            tags: file.checksums.as_ref().map(|sums| sums.tags()),
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
            clustering_provider: None,
        }
    }

    fn remove(&self, file: &DataFile, at: i64, rows: ChangesRows) -> Remove {
        Remove {
            path: self.relative(file),
            data_change: rows == ChangesRows::Yes,
            deletion_timestamp: Some(at),
            extended_file_metadata: Some(true),
            size: i64::try_from(file.size).ok(),
            partition_values: Some(HashMap::new()),
            ..Remove::default()
        }
    }

    fn relative(&self, file: &DataFile) -> String {
        file.path.filename().unwrap_or_default().to_owned()
    }

    fn path_of(&self, relative: &str) -> Result<Path, Error> {
        Path::parse(format!("{}/{relative}", folder(&self.dataset))).map_err(Error::internal)
    }

    fn data_file(
        &self,
        relative: &str,
        size: i64,
        stats: Option<&str>,
        tags: Option<&HashMap<String, Option<String>>>,
    ) -> Result<DataFile, Error> {
        let told = Statistics::read(stats).map_err(Error::internal)?;
        let time = |values: &Values| {
            let text = values.text("phenomenon_time")?;
            Some(DateTime::parse_from_rfc3339(&text).ok()?.timestamp_micros())
        };
        let bbox = || {
            let (least, greatest) = (&told.least, &told.greatest);
            Bbox::new(
                least.number("xmin")?,
                least.number("ymin")?,
                greatest.number("xmax")?,
                greatest.number("ymax")?,
            )
        };
        let rows = told.rows.ok_or_else(|| {
            Error::internal(format!(
                "the log of `{}` does not say how many rows `{relative}` has",
                self.dataset
            ))
        })?;
        let size = u64::try_from(size).map_err(Error::internal)?;
        let checksums = tags.and_then(|tags| Checksums::from_tags(size, |name| tags.get(name)?.clone()));
        Ok(DataFile {
            path: self.path_of(relative)?,
            size,
            checksums: checksums.map(Arc::new),
            rows,
            min_datastream: told.least.whole("datastream"),
            max_datastream: told.greatest.whole("datastream"),
            min_time: time(&told.least),
            max_time: time(&told.greatest),
            bbox: bbox(),
        })
    }
}

fn engine() -> String {
    format!("cuulong/{}", env!("CARGO_PKG_VERSION"))
}
