//! The tables that are open: the latest version of each in memory, advanced entry by entry.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use model::{DatasetId, RunId, Version};
use object_store::ObjectStore;
use parking_lot::Mutex;
use wording::told;

use crate::log::{TableLog, Written};
use crate::packed::Packed;
use crate::verified::Verified;
use crate::{AsOf, Committed, Error, Snapshot, TableSchema, expire};

/// Old versions that are kept in memory, a table.
const OLD_VERSIONS: usize = 8;
/// How old the latest version in memory may be when the log lies in a bucket. On disk every read
/// looks whether there is a next one, which costs microseconds.
const BUCKET_FRESHNESS: Duration = Duration::from_secs(1);

/// The tables of a lake.
pub(crate) struct Tables {
    store: Arc<dyn ObjectStore>,
    packed: Packed,
    verified: Arc<Verified>,
    folder: Option<PathBuf>,
    open: Mutex<HashMap<DatasetId, Arc<Table>>>,
}

/// One table.
pub(crate) struct Table {
    pub(crate) log: TableLog,
    /// Whoever commits holds this.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Whoever rearranges files holds this.
    pub(crate) rearranging: tokio::sync::Mutex<()>,
    verified: Arc<Verified>,
    /// Whoever loads or advances holds this, so that it is done once.
    advancing: tokio::sync::Mutex<()>,
    folder: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    latest: Option<Arc<Snapshot>>,
    checked: Option<Instant>,
    /// The version at which the table was loaded, until the runs up to it are known.
    runs_unknown_up_to: Option<Version>,
    /// The version of every run that is known.
    runs: HashMap<RunId, Version>,
    /// The first version that is kept, as far as is known, when earlier ones have been given up.
    horizon: Option<Version>,
    old: VecDeque<Arc<Snapshot>>,
    /// States that plans made elsewhere read, by their place in the log.
    vouched: VecDeque<Arc<Snapshot>>,
}

impl Tables {
    /// Tables in a store, what shows packed entries in it, and the folder that it is, if it is one.
    pub(crate) fn new(verified: Arc<Verified>, packed: Packed, folder: Option<PathBuf>) -> Tables {
        Tables { store: verified.clone(), packed, verified, folder, open: Mutex::default() }
    }

    pub(crate) fn table(&self, dataset: &DatasetId) -> Arc<Table> {
        let mut open = self.open.lock();
        if let Some(table) = open.get(dataset) {
            return table.clone();
        }
        let table = Arc::new(Table {
            log: TableLog::new(self.store.clone(), self.packed.clone(), dataset),
            turn: tokio::sync::Mutex::default(),
            rearranging: tokio::sync::Mutex::default(),
            verified: self.verified.clone(),
            advancing: tokio::sync::Mutex::default(),
            folder: self.folder.clone(),
            state: Mutex::default(),
        });
        open.insert(dataset.clone(), table.clone());
        table
    }

    /// Makes a table; see [`crate::Lake::create_table`].
    pub(crate) async fn create(&self, dataset: &DatasetId, schema: TableSchema) -> Result<(), Error> {
        let table = self.table(dataset);
        let _turn = table.turn.lock().await;
        let arrow = schema.arrow()?;
        if !table.log.has(Version(0)).await? {
            match table.log.create(&arrow, Utc::now()).await? {
                Written::Done => return Ok(()),
                Written::Taken => {}
            }
        }
        let snapshot = table.latest(dataset).await?;
        if snapshot.table == schema {
            return Ok(());
        }
        Err(Error::Conflict { what: told!("lake-the-table", "the table of `{dataset}`", dataset = dataset) })
    }

    pub(crate) async fn snapshot(&self, dataset: &DatasetId, at: AsOf) -> Result<Arc<Snapshot>, Error> {
        let table = self.table(dataset);
        match at {
            AsOf::Latest => table.recent(dataset).await,
            AsOf::Version(version) => table.version(dataset, version).await,
        }
    }

    /// The table after an entry of its log.
    pub(crate) async fn at_position(
        &self,
        dataset: &DatasetId,
        position: Version,
    ) -> Result<Arc<Snapshot>, Error> {
        self.table(dataset).at_position(dataset, position).await
    }

    pub(crate) async fn committed_run(
        &self,
        dataset: &DatasetId,
        run: &RunId,
    ) -> Result<Option<Committed>, Error> {
        let table = self.table(dataset);
        match table.latest(dataset).await {
            Ok(_) => table.committed_run(run).await,
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Table {
    /// The latest version, or one that was it a moment ago.
    async fn recent(&self, dataset: &DatasetId) -> Result<Arc<Snapshot>, Error> {
        let (latest, checked) = {
            let state = self.state.lock();
            (state.latest.clone(), state.checked)
        };
        if let Some(latest) = latest {
            let fresh = match &self.folder {
                Some(folder) => !folder.join(self.log.entry_path(latest.next_position()).as_ref()).exists(),
                None => checked.is_some_and(|checked| checked.elapsed() < BUCKET_FRESHNESS),
            };
            if fresh {
                return Ok(latest);
            }
        }
        self.latest(dataset).await
    }

    /// The latest version that the log has now.
    pub(crate) async fn latest(&self, dataset: &DatasetId) -> Result<Arc<Snapshot>, Error> {
        let _advancing = self.advancing.lock().await;
        let mut latest = match self.in_memory() {
            Some(latest) => latest,
            None => self.load(dataset).await?,
        };
        loop {
            let checked = Instant::now();
            let Some(entry) = self.log.entry(latest.next_position()).await? else {
                self.state.lock().checked = Some(checked);
                return Ok(latest);
            };
            {
                let mut state = self.state.lock();
                state.horizon = state.horizon.max(entry.horizon);
            }
            latest = match entry.change {
                Some((added, removed)) => {
                    let next = latest.next(added, &removed, entry.changes_rows)?;
                    self.install(Arc::new(next), entry.run.as_ref())
                }
                None => self.load(dataset).await?,
            };
        }
    }

    /// Takes a version that this writer has just committed.
    pub(crate) async fn committed(&self, snapshot: Snapshot, run: Option<&RunId>) {
        let _advancing = self.advancing.lock().await;
        // A reader may have seen the entry in the log before its writer came here.
        if self.in_memory().is_none_or(|latest| latest.position < snapshot.position) {
            self.install(Arc::new(snapshot), run);
        }
    }

    fn in_memory(&self) -> Option<Arc<Snapshot>> {
        self.state.lock().latest.clone()
    }

    async fn load(&self, dataset: &DatasetId) -> Result<Arc<Snapshot>, Error> {
        let missing = || Error::NotFound { what: format!("table of `{dataset}`") };
        let snapshot = Arc::new(self.log.load(None).await?.ok_or_else(missing)?);
        self.verified.expect(snapshot.files());
        let mut state = self.state.lock();
        state.runs_unknown_up_to = Some(snapshot.position);
        state.latest = Some(snapshot.clone());
        Ok(snapshot)
    }

    fn install(&self, snapshot: Arc<Snapshot>, run: Option<&RunId>) -> Arc<Snapshot> {
        self.verified.expect(snapshot.files());
        let mut state = self.state.lock();
        if let Some(run) = run {
            state.runs.insert(run.clone(), snapshot.version);
        }
        if let Some(old) = state.latest.replace(snapshot.clone()) {
            keep(&mut state.old, old);
        }
        snapshot
    }

    /// A version by its number.
    pub(crate) async fn version(
        &self,
        dataset: &DatasetId,
        version: Version,
    ) -> Result<Arc<Snapshot>, Error> {
        // Versions may have been given up since the last look.
        let mut latest = self.recent(dataset).await?;
        if version > latest.version {
            latest = self.latest(dataset).await?;
        }
        if version == latest.version {
            return Ok(latest);
        }
        let missing = || Error::NotFound { what: format!("version {version} of `{dataset}`") };
        if version > latest.version {
            return Err(missing());
        }
        let known = self.state.lock().old.iter().find(|old| old.version == version).cloned();
        let snapshot = match known {
            Some(known) => known,
            None => {
                let loaded = Arc::new(self.log.load(Some(version)).await?.ok_or_else(missing)?);
                if loaded.version != version {
                    // An entry that made no version has this number.
                    return Err(missing());
                }
                self.verified.expect(loaded.files());
                keep(&mut self.state.lock().old, loaded.clone());
                loaded
            }
        };
        if let Some(horizon) = self.horizon().await?.filter(|horizon| version < *horizon) {
            expire::must_be_whole(self.verified.as_ref(), &snapshot, horizon).await?;
        }
        Ok(snapshot)
    }

    async fn at_position(&self, dataset: &DatasetId, position: Version) -> Result<Arc<Snapshot>, Error> {
        let known = |state: &State| {
            let mut known = state.latest.iter().chain(&state.vouched);
            known.find(|snapshot| snapshot.position == position).cloned()
        };
        if let Some(snapshot) = known(&self.state.lock()) {
            return Ok(snapshot);
        }
        // Asked for by many tasks at once: one replays the log, the others find what it found.
        let _advancing = self.advancing.lock().await;
        if let Some(snapshot) = known(&self.state.lock()) {
            return Ok(snapshot);
        }
        let missing = || Error::NotFound { what: format!("entry {position} of the log of `{dataset}`") };
        let snapshot = Arc::new(self.log.load(Some(position)).await?.ok_or_else(missing)?);
        if snapshot.position != position {
            return Err(missing());
        }
        self.verified.expect(snapshot.files());
        keep(&mut self.state.lock().vouched, snapshot.clone());
        Ok(snapshot)
    }

    /// Takes the entry by which this writer has just given up versions.
    pub(crate) async fn given_up(&self, snapshot: Snapshot, from: Version) {
        {
            let mut state = self.state.lock();
            state.horizon = state.horizon.max(Some(from));
        }
        self.committed(snapshot, None).await;
    }

    /// The first version that is kept whatever happens, as of the version in memory; `None` when all are.
    pub(crate) async fn horizon(&self) -> Result<Option<Version>, Error> {
        self.read_held().await?;
        Ok(self.state.lock().horizon)
    }

    /// Reads what the log up to the entry at which the table was loaded holds beside files, once.
    async fn read_held(&self) -> Result<(), Error> {
        let unknown = self.state.lock().runs_unknown_up_to;
        if let Some(up_to) = unknown {
            let held = self.log.held(up_to).await?;
            let mut state = self.state.lock();
            state.runs.extend(held.runs);
            state.horizon = state.horizon.max(held.horizon);
            if state.runs_unknown_up_to == unknown {
                state.runs_unknown_up_to = None;
            }
        }
        Ok(())
    }

    /// What a run committed, as of the version in memory.
    pub(crate) async fn committed_run(&self, run: &RunId) -> Result<Option<Committed>, Error> {
        self.read_held().await?;
        let version = self.state.lock().runs.get(run).copied();
        match version {
            Some(version) => self.log.committed(version, run).await,
            None => Ok(None),
        }
    }
}

fn keep(old: &mut VecDeque<Arc<Snapshot>>, snapshot: Arc<Snapshot>) {
    if old.len() == OLD_VERSIONS {
        old.pop_front();
    }
    old.push_back(snapshot);
}
