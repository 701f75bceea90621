//! The lake's handle: what the crates above can ask of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use model::{DatasetId, OriginalHash, RunId, Version};
use object_store::{ObjectStore, ObjectStoreExt};
use policy::{Denial, Permit};
use tracing::Instrument;
use url::Url;
use wording::told;

use crate::config::{self, LakeConfig};
use crate::journal::Pending;
use crate::packed::Packed;
use crate::read::{
    self, CountRead, FeatureBatches, FeatureRead, FeatureTest, KeyIndexes, MetadataCache, SeriesRead,
    TileBatches, TileRead,
};
use crate::tables::Tables;
use crate::verified::Verified;
use crate::{
    AsOf, CommitCounts, Committed, Compacted, Corrections, Damage, Error, Expected, Expired, Keep, LocalFile,
    NewFlags, NewRows, NewSpilled, OldRows, Original, Own, PackRule, Snapshot, Spill, StoredObject,
    TableSchema, Undo, Undone,
};
use crate::{commit, expire, inventory, originals, probe};

/// The originals and tables of one node. A clone is another handle on the same.
#[derive(Clone)]
pub struct Lake {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn ObjectStore>,
    verified: Arc<Verified>,
    pub(crate) url: Url,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) tables: Tables,
    pub(crate) metadata: MetadataCache,
    pub(crate) keys: KeyIndexes,
    pub(crate) pending: Pending,
    pub(crate) seen: originals::Seen,
}

impl Lake {
    /// Opens the lake, and makes its folder if it is not there. What a crash left of uploads is
    /// removed.
    pub async fn open(config: &LakeConfig) -> Result<Lake, Error> {
        let opened = config::open(config).await?;
        let lake = Lake::new(opened.store, opened.url, opened.folder);
        originals::sweep(&lake).await?;
        Ok(lake)
    }

    /// Opens a lake that others write, for reading only: nothing is made, tried out or swept there, so
    /// that a key which may read the store is enough.
    pub async fn open_to_read(config: &LakeConfig) -> Result<Lake, Error> {
        let opened = config::open_to_read(config).await?;
        Ok(Lake::new(opened.store, opened.url, opened.folder))
    }

    /// A lake over a store that the caller has made, e.g. one in memory. The store has to put
    /// if absent, and to have written durably what it acknowledges.
    pub fn over(store: Arc<dyn ObjectStore>, url: Url) -> Lake {
        Lake::new(store, url, None)
    }

    fn new(store: Arc<dyn ObjectStore>, url: Url, folder: Option<PathBuf>) -> Lake {
        let packed = Packed::new(store);
        let verified = Arc::new(Verified::new(Arc::new(packed.clone())));
        let store: Arc<dyn ObjectStore> = verified.clone();
        let tables = Tables::new(verified.clone(), packed, folder.clone());
        let (metadata, keys) = (MetadataCache::default(), KeyIndexes::default());
        Lake {
            inner: Arc::new(Inner {
                store,
                verified,
                url,
                folder,
                tables,
                metadata,
                keys,
                pending: Pending::default(),
                seen: originals::Seen::default(),
            }),
        }
    }

    /// The store, rooted at the lake. Only `query` reads from it, and only the files of a snapshot
    /// that it got for a permit.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        self.inner.store.clone()
    }

    /// Where the lake is: the folder or the bucket's prefix, with a slash at its end.
    pub fn url(&self) -> &Url {
        &self.inner.url
    }

    /// Whether the store answers.
    pub async fn ping(&self) -> Result<(), Error> {
        match self.inner.store.head(&object_store::path::Path::from("originals/.ping")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the store takes writes: a small object is written, read back and removed. The answer
    /// is the store's clock.
    pub async fn probe_write(&self) -> Result<DateTime<Utc>, Error> {
        probe::probe_write(self).await
    }

    /// The damaged data files that readers of this node met and that are damaged still, by path; at most a
    /// hundred. Names only, for who keeps the store. `cuulong verify` finds all.
    pub async fn damage(&self) -> Vec<Damage> {
        self.inner.verified.damage().await
    }

    /// Looks at the data files of a version without reading them to the end: whether they are there, as long
    /// as they were written, and end as they did (a Parquet file ends with what finds everything else in it).
    pub async fn look_over(&self, snapshot: &Snapshot) -> Result<Vec<Damage>, Error> {
        probe::look_over(self, snapshot).await
    }

    /// What is held in memory of files: by kind, how many entries and how many bytes.
    pub fn held(&self) -> [(&'static str, usize, usize); 2] {
        let ((footers, footer_bytes), (keys, key_bytes)) =
            (self.inner.metadata.held(), self.inner.keys.held());
        [("footers", footers, footer_bytes), ("feature_keys", keys, key_bytes)]
    }

    /// The datasets that have a table in the store, in order. Names only, for who keeps the store
    /// (backup, verification, housekeeping); the caller decides who that is.
    pub async fn datasets(&self) -> Result<Vec<DatasetId>, Error> {
        inventory::datasets(self).await
    }

    /// Every object that the table up to an entry of its log (the last one without a number) consists of,
    /// its history included: first the data files of all versions that are kept, then the entries. Whoever copies them
    /// in this order has at every moment a table that is whole. Names, sizes and checksums only, for
    /// who keeps the store; the caller decides who that is.
    pub async fn files_of(
        &self,
        dataset: &DatasetId,
        up_to: Option<Version>,
    ) -> Result<Vec<StoredObject>, Error> {
        inventory::files_of(self, dataset, up_to).await
    }

    /// Keeps the bytes under their SHA-256. The same bytes are kept once; of bytes that did not
    /// all arrive, or that are more than `limit`, nothing is kept. What is returned is durable.
    pub async fn receive(
        &self,
        permit: &Permit,
        bytes: BoxStream<'_, std::io::Result<Bytes>>,
        limit: u64,
    ) -> Result<Original, Error> {
        may_write(permit)?;
        originals::receive(self, bytes, limit).await
    }

    /// An original as a file on this machine. Originals are not bound to a dataset here: the
    /// caller has the hash from a run of the permit's dataset.
    pub async fn original(&self, permit: &Permit, hash: &OriginalHash) -> Result<LocalFile, Error> {
        may_read_or_write(permit)?;
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        originals::open(self, hash).await
    }

    /// Makes the dataset's table, as version 0 without rows. Nothing happens when it is there.
    pub async fn create_table(&self, permit: &Permit, schema: TableSchema) -> Result<(), Error> {
        may_write(permit)?;
        self.inner.tables.create(permit.dataset(), schema).await
    }

    /// How the rows compare with the table, as a commit would count them. Nothing is written.
    pub async fn plan(&self, permit: &Permit, rows: &[RecordBatch]) -> Result<CommitCounts, Error> {
        may_read_or_write(permit)?;
        if permit.may_read() && !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        commit::plan(self, permit.dataset(), rows).await
    }

    /// Commits the rows: new keys are added, keys with another value corrected. It is atomic,
    /// durable when it returns, and done once a run.
    pub async fn commit(&self, permit: &Permit, commit: NewRows) -> Result<Committed, Error> {
        may_write(permit)?;
        let span = tracing::info_span!(target: "cuulong::work", "commit", dataset = %permit.dataset());
        commit::commit(self, permit, commit).instrument(span).await
    }

    /// Commits as [`Lake::commit`] does, and takes over rows that say the same; see [`Own`].
    pub async fn commit_own(&self, permit: &Permit, commit: NewRows, own: Own) -> Result<Committed, Error> {
        may_write(permit)?;
        let span = tracing::info_span!(target: "cuulong::work", "commit", dataset = %permit.dataset());
        commit::commit_own(self, permit, commit, own).instrument(span).await
    }

    /// Commits as [`Lake::commit`] does, if a feature stands as expected in the version before: it is looked
    /// at again when another writer was first, on whatever node.
    pub async fn commit_expecting(
        &self,
        permit: &Permit,
        commit: NewRows,
        expected: Expected,
    ) -> Result<Committed, Error> {
        may_write(permit)?;
        let span = tracing::info_span!(target: "cuulong::work", "commit", dataset = %permit.dataset());
        commit::commit_expecting(self, permit, commit, expected).instrument(span).await
    }

    /// How the rows compare with the table, and the first of those that they would correct: as they are
    /// and as they would be. Nothing is written. Who shows them to a person decides whether the person
    /// may read what is there.
    pub async fn plan_corrections(
        &self,
        permit: &Permit,
        rows: &[RecordBatch],
        limit: usize,
    ) -> Result<(CommitCounts, Option<Corrections>), Error> {
        may_write(permit)?;
        commit::plan_corrections(self, permit.dataset(), rows, limit).await
    }

    /// Commits as [`Lake::commit`] does, rows that are on disk: part by part, as one version.
    pub async fn commit_spilled(&self, permit: &Permit, commit: NewSpilled) -> Result<Committed, Error> {
        may_write(permit)?;
        let span = tracing::info_span!(target: "cuulong::work", "commit", dataset = %permit.dataset());
        commit::commit_spilled(self, permit, commit).instrument(span).await
    }

    /// The same as [`Lake::plan_corrections`] for rows that are on disk.
    pub async fn plan_spilled(
        &self,
        permit: &Permit,
        rows: &Arc<Spill>,
        limit: usize,
    ) -> Result<(CommitCounts, Option<Corrections>), Error> {
        may_write(permit)?;
        commit::plan_spilled(self, permit.dataset(), rows, limit).await
    }

    /// Commits new flags of rows that are there. No value changes.
    pub async fn commit_flags(&self, permit: &Permit, flags: NewFlags) -> Result<Committed, Error> {
        may_write(permit)?;
        commit::commit_flags(self, permit, flags).await
    }

    /// Takes rows away as a new version. Every version before stays as it is.
    pub async fn strike(&self, permit: &Permit, old: OldRows) -> Result<Committed, Error> {
        may_write(permit)?;
        commit::strike(self, permit, old).await
    }

    /// Undoes a run as a new version: what it brought and no later run corrected is set back to what was
    /// there before, or goes. Every version before stays as it is.
    pub async fn undo(&self, permit: &Permit, undo: Undo) -> Result<Undone, Error> {
        may_write(permit)?;
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        commit::undo(self, permit, undo).await
    }

    /// Results for the checks of who writes: what stands around the values that come in, or is tested
    /// again. They are not for showing.
    pub async fn read_to_check(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: SeriesRead,
    ) -> Result<Vec<RecordBatch>, Error> {
        may_write(permit)?;
        if permit.dataset() != snapshot.dataset() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        read::series(self, permit, snapshot, read).await
    }

    /// Features for the checks of who writes: those that would be replaced. They are not for showing.
    pub async fn features_to_check(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: FeatureRead,
    ) -> Result<FeatureBatches, Error> {
        may_write(permit)?;
        if permit.dataset() != snapshot.dataset() || !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        read::features(self, snapshot, read).await
    }

    /// Joins the small files of the dataset's table into large sorted ones. Readers and writers go on
    /// meanwhile; no row and no version changes.
    pub async fn compact(&self, permit: &Permit) -> Result<Compacted, Error> {
        may_write(permit)?;
        commit::compact::compact(self, permit.dataset(), commit::compact::How::All).await
    }

    /// Packs old entries of the table's log into one object for each thousand; how many became part of
    /// one. No version changes, and none becomes unreadable. It happens by itself after every hundredth
    /// commit.
    pub async fn pack_log(&self, permit: &Permit, rule: &PackRule) -> Result<u64, Error> {
        may_write(permit)?;
        self.inner.tables.table(permit.dataset()).log.pack(rule).await
    }

    /// Gives up the versions before one, which stays: from now on nothing promises their files. The
    /// answer is the first version that is kept, which an earlier call may have set later. Nothing is
    /// removed by this.
    pub async fn give_up(
        &self,
        permit: &Permit,
        from: Version,
        now: DateTime<Utc>,
    ) -> Result<Version, Error> {
        may_write(permit)?;
        expire::give_up(self, permit.dataset(), from, now).await
    }

    /// Removes the files that only versions need which have been given up and are not pinned, and what
    /// writers left that were cut off a day ago. Whoever still reads such a version finds it gone:
    /// call it when no read from before [`Lake::give_up`] goes on.
    pub async fn remove_expired(&self, permit: &Permit, keep: &Keep<'_>) -> Result<Expired, Error> {
        may_write(permit)?;
        let keep = Keep { from: None, ..*keep };
        expire::remove_expired(self, permit.dataset(), &keep, false).await
    }

    /// What [`Lake::remove_expired`] would remove.
    pub async fn expired(&self, permit: &Permit, keep: &Keep<'_>) -> Result<Expired, Error> {
        may_write(permit)?;
        expire::remove_expired(self, permit.dataset(), keep, true).await
    }

    /// What a run committed to the dataset, if it did.
    pub async fn committed_run(&self, permit: &Permit, run: &RunId) -> Result<Option<Committed>, Error> {
        may_read_or_write(permit)?;
        self.inner.tables.committed_run(permit.dataset(), run).await
    }

    /// A version of the dataset's table. Who reads the latest one finds in it all that this node has
    /// acknowledged for the dataset before.
    pub async fn snapshot(&self, permit: &Permit, at: AsOf) -> Result<Arc<Snapshot>, Error> {
        may_read_or_write(permit)?;
        if permit.may_read() && at == AsOf::Latest {
            self.settle(permit.dataset()).await?;
        }
        self.inner.tables.snapshot(permit.dataset(), at).await
    }

    /// The table after an entry of its log, for who runs a part of a plan that was made for a permit on
    /// another machine. As long as it is held, reads of its files through [`Lake::store`] are compared
    /// with their checksums.
    pub async fn vouch(&self, dataset: &DatasetId, position: Version) -> Result<Arc<Snapshot>, Error> {
        self.inner.tables.at_position(dataset, position).await
    }

    /// Results of some datastreams in a range of time, sorted by datastream and time. The permit's
    /// embargo is applied; its places and properties are the caller's to turn into datastreams.
    pub async fn read_series(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: SeriesRead,
    ) -> Result<Vec<RecordBatch>, Error> {
        may_read_this(permit, snapshot)?;
        read::series(self, permit, snapshot, read).await
    }

    /// How many results of some datastreams there are in a range of time, with the permit's embargo as
    /// in [`Lake::read_series`].
    pub async fn count_series(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: CountRead,
    ) -> Result<u64, Error> {
        may_read_this(permit, snapshot)?;
        read::count(self, permit, snapshot, read).await
    }

    /// Reads features for a map: the largest of those whose box meets it, without the columns that
    /// say where they came from.
    pub async fn read_tile(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: TileRead,
    ) -> Result<TileBatches, Error> {
        may_read_this(permit, snapshot)?;
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        read::tile(self, snapshot, read).await
    }

    /// The kinds of geometry that a version of features may hold, by GeoParquet's names (`Point`,
    /// `MultiPolygon Z`, …); `None` when they are not known. Only heads of files are read.
    pub async fn geometry_types(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
    ) -> Result<Option<BTreeSet<String>>, Error> {
        may_read_this(permit, snapshot)?;
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        read::geometry_types(self, snapshot).await
    }

    /// Features in a box, or one feature by its id. Features have neither place, property nor
    /// time, so that a permit with a row filter does not reach them.
    pub async fn read_features(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: FeatureRead,
    ) -> Result<FeatureBatches, Error> {
        may_read_this(permit, snapshot)?;
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        read::features(self, snapshot, read).await
    }

    /// Features of which a test holds, of those that meet the box if there is one; they are read as
    /// [`Lake::read_features`] does, and counted whole.
    pub async fn find_features(
        &self,
        permit: &Permit,
        snapshot: &Snapshot,
        read: FeatureRead,
        test: &FeatureTest,
    ) -> Result<FeatureBatches, Error> {
        may_read_this(permit, snapshot)?;
        if !permit.rows().is_open() {
            return Err(Error::Denied(Denial::NoGrant));
        }
        if snapshot.is_observations() {
            return Err(Error::invalid(
                told!(
                    "lake-holds-observations-not-features",
                    "`{snapshot}` holds observations, not features",
                    snapshot = snapshot.dataset()
                ),
                told!("lake-read-series", "read a series of it"),
            ));
        }
        read::find(self, snapshot, read, test).await
    }
}

impl std::fmt::Debug for Lake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lake").field("url", &self.inner.url.as_str()).finish()
    }
}

pub(crate) fn may_write(permit: &Permit) -> Result<(), Error> {
    if permit.may_write() { Ok(()) } else { Err(Error::Denied(Denial::NoGrant)) }
}

fn may_read_or_write(permit: &Permit) -> Result<(), Error> {
    if permit.may_read() || permit.may_write() { Ok(()) } else { Err(Error::Denied(Denial::NoGrant)) }
}

fn may_read_this(permit: &Permit, snapshot: &Snapshot) -> Result<(), Error> {
    if permit.may_read() && permit.dataset() == snapshot.dataset() {
        Ok(())
    } else {
        Err(Error::Denied(Denial::NoGrant))
    }
}
