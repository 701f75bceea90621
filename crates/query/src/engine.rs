//! The engine: its threads, its lanes, its memory, and what it keeps between requests.

pub(crate) mod asker;
mod budget;
mod lane;
mod memory;
mod numbers;
mod pace;
mod read;
pub(crate) mod record;
mod shape;
pub(crate) mod stop;
mod store;
mod threads;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::Catalog;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use lake::Lake;
use model::DatasetId;
use parking_lot::Mutex;

pub use asker::Asker;
pub use budget::{Budget, Level, Standing};
pub use record::SlowQuery;

pub(crate) use lane::{Lane, Slot};
pub(crate) use read::{Cost, ROWS_A_SECOND, Rows, SECONDS_A_FILE, features_cost, note};
pub(crate) use store::{LAKE_URL, only_lake};
pub(crate) use threads::{On, Task, Threads};

use crate::Error;
use crate::cluster::Elsewhere;
use crate::latest::LatestCache;
use crate::streams::StreamTable;
use budget::{Account, Accounts};
use lane::Width;
use record::SlowQueries;
use stop::Stop;

/// How much reading may take.
#[derive(Debug, Clone)]
pub struct QueryLimits {
    /// Memory of all SQL requests together, bytes; one of them may have half of it.
    pub memory_bytes: usize,
    /// The longest that one request may take, waiting for its turn included.
    pub timeout: Duration,
    /// The most rows that one answer may have.
    pub max_rows: usize,
    /// The threads that plan, decode and compute.
    pub threads: usize,
    /// What one user, or one visitor's address, may use.
    pub budget: Budget,
    /// From how long on a query is logged as slow; none is when absent.
    pub slow_after: Option<Duration>,
}

impl Default for QueryLimits {
    fn default() -> QueryLimits {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        QueryLimits {
            memory_bytes: 2 << 30,
            timeout: Duration::from_secs(60),
            max_rows: 1_000_000,
            threads,
            budget: Budget { seconds: 45.0 * threads as f64, bytes: BUDGET_BYTES, memory_bytes: 1 << 30 },
            slow_after: Some(Duration::from_secs(1)),
        }
    }
}

/// The bytes of files that one asker may read a minute, unless the operator says otherwise.
const BUDGET_BYTES: f64 = (16_u64 << 30) as f64;
/// Disk that all requests together may use to sort and group what does not fit in memory, bytes.
const SPILL_BYTES: u64 = 8 << 30;
/// Memory of a statement that makes a file: what has to be sorted beyond it goes through the disk.
const WHOLE_BYTES: usize = 128 << 20;
/// Footers and page indexes of Parquet files kept in memory, bytes.
const METADATA_BYTES: usize = 64 << 20;

/// Reads for a permit. A clone is another handle on the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

/// What all handles share.
pub(crate) struct Inner {
    pub(crate) catalog: Catalog,
    pub(crate) lake: Lake,
    pub(crate) limits: QueryLimits,
    pub(crate) threads: Threads,
    pub(crate) accounts: Accounts,
    pub(crate) slow: Arc<SlowQueries>,
    /// Short direct reads.
    direct: Arc<Lane>,
    /// Planning, and statements that read little.
    pub(crate) short: Arc<Lane>,
    /// Scans: the other statements and direct reads.
    pub(crate) scan: Arc<Lane>,
    pub(crate) latest: LatestCache,
    pub(crate) elsewhere: Option<Elsewhere>,
    env: RuntimeEnv,
    pool: Arc<memory::Pool>,
    streams: Mutex<HashMap<DatasetId, Arc<StreamTable>>>,
}

impl Engine {
    /// The most rows that one answer may have.
    pub fn most_rows(&self) -> usize {
        self.inner.limits.max_rows
    }

    /// An engine over the catalogue and the lake, with threads of its own.
    pub fn new(catalog: Catalog, lake: Lake, limits: QueryLimits) -> Result<Engine, Error> {
        Engine::with_cluster(catalog, lake, limits, None)
    }

    /// The same; what is too large for this machine goes elsewhere.
    pub fn with_cluster(
        catalog: Catalog,
        lake: Lake,
        limits: QueryLimits,
        elsewhere: Option<Elsewhere>,
    ) -> Result<Engine, Error> {
        let threads = limits.threads.max(1);
        let env = RuntimeEnvBuilder::new()
            .with_object_store_registry(only_lake(Some(lake.store())))
            .with_max_temp_directory_size(SPILL_BYTES)
            .with_metadata_cache_limit(METADATA_BYTES)
            .build()?;
        let width = |running: usize, running_of_one: usize, running_of_public: usize| Width {
            running,
            running_of_one,
            running_of_public,
            waiting: 1024,
            waiting_of_one: 256,
        };
        let few = Width {
            waiting: 256,
            waiting_of_one: 64,
            ..width(2 * threads + 4, threads.max(2), 2 * threads + 2)
        };
        let inner = Inner {
            catalog,
            lake,
            threads: Threads::start(threads)?,
            accounts: Accounts::new(limits.budget),
            slow: Arc::new(SlowQueries::new(limits.slow_after)),
            direct: Lane::new("direct", width(32 * threads, 16 * threads, 24 * threads)),
            short: Lane::new("short", few),
            scan: Lane::new("scan", few),
            latest: LatestCache::default(),
            elsewhere,
            env,
            pool: Arc::new(memory::Pool::new(limits.memory_bytes)),
            streams: Mutex::default(),
            limits,
        };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// How the budgets of an asker stand; none hold for the node itself.
    pub fn standing(&self, asker: &Asker) -> Option<Standing> {
        self.inner.accounts.standing(asker)
    }

    /// The queries of late that took longer than [`QueryLimits::slow_after`], the newest first.
    pub fn slow_queries(&self) -> Vec<SlowQuery> {
        self.inner.slow.list()
    }

    /// Starts work that gives way to short reads, on the threads for scans. It runs to its end.
    pub fn background<T, F>(&self, work: F) -> Background<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        Background(self.inner.threads.spawn(On::Scans, work))
    }
}

/// Work of [`Engine::background`]. It is stopped when this is dropped.
#[derive(Debug)]
pub struct Background<T>(Task<T>);

impl<T> Background<T> {
    /// Its result. A panic in it is our error.
    pub async fn join(&mut self) -> Result<T, Error> {
        self.0.join().await
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}

tokio::task_local! {
    static REQUEST: Request;
}

/// The statement under way, for what is made while it is planned.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) account: Arc<Account>,
    pub(crate) stop: Stop,
    /// Rows for a file: they may be many, and hold little memory at a time.
    pub(crate) is_whole: bool,
}

impl Request {
    /// Plans for this request.
    pub(crate) async fn scope<F: Future>(self, work: F) -> F::Output {
        REQUEST.scope(self, work).await
    }

    pub(crate) fn current() -> Option<Request> {
        REQUEST.try_with(Clone::clone).ok()
    }
}

impl Inner {
    /// The surroundings of one SQL request: the shared caches, and a share of the memory.
    pub(crate) fn request_env(&self) -> Arc<RuntimeEnv> {
        let request = Request::current();
        let is_whole = request.as_ref().is_some_and(|request| request.is_whole);
        let most = self.limits.memory_bytes / 2;
        let limits = memory::Limits {
            request: if is_whole { most.min(WHOLE_BYTES) } else { most },
            asker: self.limits.budget.memory_bytes.max(1 << 20),
        };
        let pool = memory::Share::new(self.pool.clone(), limits, request);
        Arc::new(RuntimeEnv { memory_pool: Arc::new(pool), ..self.env.clone() })
    }

    /// The dataset's datastreams as a table, kept as long as the catalogue keeps its own.
    pub(crate) async fn stream_table(&self, dataset: &DatasetId) -> Result<Arc<StreamTable>, Error> {
        let datastreams = self.catalog.datastreams(dataset).await?;
        if let Some(table) = self.streams.lock().get(dataset)
            && table.is_of(&datastreams)
        {
            return Ok(table.clone());
        }
        let table = Arc::new(StreamTable::new(datastreams)?);
        self.streams.lock().insert(dataset.clone(), table.clone());
        Ok(table)
    }
}

/// The error of a request that took too long.
pub(crate) fn out_of_time(timeout: Duration) -> Error {
    Error::Limit { what: "time", limit: format!("{} s", timeout.as_secs_f64()) }
}
