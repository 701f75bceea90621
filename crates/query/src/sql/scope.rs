//! What one request may read: permits settled once, versions pinned at first use.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use catalog::{Observed, Readable, Reading};
use chrono::{DateTime, Utc};
use lake::Snapshot;
use model::{Dataset, DatasetId, DatasetKind, Version};
use parking_lot::Mutex;
use policy::{Permit, Principal, Purpose};

use super::postgres::Facts;
use super::session::is_fixed;
use crate::engine::Inner;
use crate::streams::StreamTable;
use crate::{At, Error};

/// What one request may read.
pub(crate) struct Scope {
    pub(crate) engine: Arc<Inner>,
    principal: Principal,
    now: DateTime<Utc>,
    at: At,
    reading: Reading,
    pinned: tokio::sync::Mutex<HashMap<(DatasetId, At), Arc<Member>>>,
    /// The versions that the statement reads, with their number of files.
    reads: Mutex<BTreeMap<(DatasetId, Version), u64>>,
    /// The same as entries of the tables' logs.
    positions: Mutex<BTreeSet<(DatasetId, Version)>>,
    /// What clients of PostgreSQL are told of the tables, once one asks.
    pub(super) facts: tokio::sync::OnceCell<Arc<Facts>>,
}

/// A dataset at the version that the request reads.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) permit: Permit,
    /// `None` when nothing was known then: the dataset has no rows.
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    pub(crate) streams: Arc<StreamTable>,
}

impl Member {
    /// The version as a column value.
    pub(crate) fn version(&self) -> Option<i64> {
        self.snapshot.as_ref().and_then(|snapshot| i64::try_from(snapshot.version().0).ok())
    }
}

impl Scope {
    /// Settles what the principal may read now. Each dataset is decided by `policy` as if it had
    /// been asked for; only names that a statement uses go to the audit log.
    pub(crate) async fn open(
        engine: &Arc<Inner>,
        principal: &Principal,
        as_known_at: Option<DateTime<Utc>>,
    ) -> Result<Arc<Scope>, Error> {
        let now = Utc::now();
        let reading = engine.catalog.reading(principal, now).await?;
        Ok(Arc::new(Scope {
            engine: engine.clone(),
            principal: principal.clone(),
            now,
            at: as_known_at.map_or(At::Latest, At::KnownAt),
            reading,
            pinned: tokio::sync::Mutex::default(),
            reads: Mutex::default(),
            positions: Mutex::default(),
            facts: tokio::sync::OnceCell::new(),
        }))
    }

    /// The version that tables are read at, unless a statement says otherwise.
    pub(crate) fn at(&self) -> At {
        self.at
    }

    /// The names that this principal can use as tables.
    pub(crate) fn table_names(&self) -> Vec<String> {
        let fixed = model::TABLES_FOR_EVERYONE.iter().map(|name| (*name).to_owned());
        let tables = self.reading.all(&TABLES).filter(|found| readable(found.kind, &found.permit));
        let datasets = tables.map(|found| found.permit.dataset().to_string());
        fixed.chain(datasets.filter(|name| !is_fixed(name))).collect()
    }

    /// Whether the principal can use the name as a table.
    pub(crate) fn has_table(&self, name: &str) -> bool {
        is_fixed(name) || self.readable(name).is_some()
    }

    /// The dataset of a name, if the principal may read it.
    pub(crate) fn readable(&self, name: &str) -> Option<(DatasetId, DatasetKind)> {
        let found = self.table(&DatasetId::new(name).ok()?)?;
        Some((found.permit.dataset().clone(), found.kind))
    }

    /// The dataset, if it is a table for the principal.
    fn table(&self, dataset: &DatasetId) -> Option<Readable> {
        self.reading.get(dataset).filter(|found| readable(found.kind, &found.permit))
    }

    /// Every dataset that the principal may know of.
    pub(crate) async fn visible(&self) -> Result<Vec<Dataset>, Error> {
        Ok(self.engine.catalog.visible_datasets(&self.principal, self.now).await?)
    }

    /// The datasets of observations that the principal may read and that may hold what is looked for:
    /// what they cost does not grow with the datasets that do not.
    pub(crate) async fn observing(&self, wanted: &Observed) -> Result<Vec<DatasetId>, Error> {
        let found = self.engine.catalog.datasets_observing(wanted).await?;
        let is_readable =
            |id: &DatasetId| self.table(id).is_some_and(|found| found.kind == DatasetKind::Observations);
        Ok(found.into_iter().filter(is_readable).collect())
    }

    /// The datasets of observations that the principal may read.
    pub(crate) fn observation_datasets(&self) -> Vec<DatasetId> {
        let observations = self.reading.all(&[DatasetKind::Observations]);
        observations.map(|found| found.permit.dataset().clone()).collect()
    }

    /// Whether rows of the dataset are hidden from this principal.
    pub(crate) fn has_row_filter(&self, dataset: &DatasetId) -> bool {
        self.table(dataset).is_none_or(|found| !found.permit.rows().is_open())
    }

    /// Whether rows of any dataset may be hidden from this principal.
    pub(crate) fn may_hide_rows(&self) -> bool {
        self.reading.may_hide_rows()
    }

    /// Leaves a trace in the audit log of a name that was asked for and may not be read.
    pub(crate) async fn note_attempt(&self, name: &str) {
        let Ok(dataset) = DatasetId::new(name) else { return };
        // The refusal itself is what is noted; to the asker the table is unknown.
        let _ = self.engine.catalog.authorize(&self.principal, &dataset, Purpose::Read, self.now).await;
    }

    /// A dataset at a version, the same for the whole request.
    pub(crate) async fn member(&self, dataset: &DatasetId, at: At) -> Result<Arc<Member>, Error> {
        let permit =
            self.table(dataset).ok_or_else(|| Error::not_found(format!("table `{dataset}`")))?.permit;
        let mut pinned = self.pinned.lock().await;
        let key = (dataset.clone(), at);
        if let Some(member) = pinned.get(&key) {
            return Ok(member.clone());
        }
        // The snapshot first: its datastreams were registered before it was committed.
        let snapshot = self.engine.snapshot(&permit, at).await?;
        let streams = self.engine.stream_table(dataset).await?;
        let member = Arc::new(Member { permit, snapshot, streams });
        pinned.insert(key, member.clone());
        Ok(member)
    }

    /// Remembers that the statement reads this version.
    pub(crate) fn note_read(&self, snapshot: &Snapshot) {
        let files = snapshot.files().len() as u64;
        self.reads.lock().insert((snapshot.dataset().clone(), snapshot.version()), files);
        self.positions.lock().insert((snapshot.dataset().clone(), snapshot.position()));
    }

    /// The tables that the planned statement reads, each with the entry of its log that it is read at.
    pub(crate) fn positions(&self) -> Vec<(DatasetId, Version)> {
        self.positions.lock().iter().cloned().collect()
    }

    /// How many files the versions have that the planned statement reads.
    pub(crate) fn files(&self) -> u64 {
        self.reads.lock().values().sum()
    }

    /// The versions that the planned statement reads.
    pub(crate) fn reads(&self) -> Vec<(DatasetId, Version)> {
        self.reads.lock().keys().cloned().collect()
    }
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The kinds of datasets that are tables.
const TABLES: [DatasetKind; 3] = [DatasetKind::Observations, DatasetKind::Features, DatasetKind::Coverage];

/// Whether rows of the kind are tables, for this permit. A row filter speaks of places, properties
/// and times, which features do not have: a filtered permit does not reach them.
fn readable(kind: DatasetKind, permit: &Permit) -> bool {
    match kind {
        DatasetKind::Observations => true,
        // A raster's row says what it is, with its box as geometry.
        DatasetKind::Features | DatasetKind::Coverage => permit.rows().is_open(),
        DatasetKind::Table | DatasetKind::Document => false,
    }
}
