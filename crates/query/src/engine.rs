//! The engine: its threads, its memory, and what it keeps between requests.

mod memory;
mod store;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use catalog::Catalog;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use lake::Lake;
use model::DatasetId;
use parking_lot::Mutex;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub(crate) use store::LAKE_URL;

use crate::Error;
use crate::latest::LatestCache;
use crate::streams::StreamTable;

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
}

impl Default for QueryLimits {
    fn default() -> QueryLimits {
        QueryLimits {
            memory_bytes: 2 << 30,
            timeout: Duration::from_secs(60),
            max_rows: 1_000_000,
            threads: std::thread::available_parallelism().map_or(2, usize::from),
        }
    }
}

/// Disk that all requests together may use to sort and group what does not fit in memory, bytes.
const SPILL_BYTES: u64 = 8 << 30;
/// Footers and page indexes of Parquet files kept in memory, bytes.
const METADATA_BYTES: usize = 64 << 20;
/// Stack of each thread: plans are trees, and the recursion over them is bounded by
/// [`crate::sql::check_text`] to what fits here.
const STACK_BYTES: usize = 32 << 20;

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
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) latest: LatestCache,
    env: RuntimeEnv,
    pool: Arc<memory::Pool>,
    streams: Mutex<HashMap<DatasetId, Arc<StreamTable>>>,
    runtime: Option<Runtime>,
}

impl Engine {
    /// An engine over the catalogue and the lake, with threads of its own.
    pub fn new(catalog: Catalog, lake: Lake, limits: QueryLimits) -> Result<Engine, Error> {
        let threads = limits.threads.max(1);
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("query")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(Error::internal)?;
        let env = RuntimeEnvBuilder::new()
            .with_object_store_registry(Arc::new(store::OnlyLake::new(lake.store())))
            .with_max_temp_directory_size(SPILL_BYTES)
            .with_metadata_cache_limit(METADATA_BYTES)
            .build()?;
        let inner = Inner {
            catalog,
            lake,
            slots: Arc::new(Semaphore::new((2 * threads).max(4))),
            latest: LatestCache::default(),
            env,
            pool: Arc::new(memory::Pool::new(limits.memory_bytes)),
            streams: Mutex::default(),
            runtime: Some(runtime),
            limits,
        };
        Ok(Engine { inner: Arc::new(inner) })
    }

    /// Runs the work on the engine's threads. It is stopped when the future is dropped, or when
    /// its time is over.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let timeout = self.inner.limits.timeout;
        let mut task = self.inner.spawn(async move {
            tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| Err(out_of_time(timeout)))
        });
        task.join().await?
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}

impl Inner {
    /// Starts work on the engine's threads.
    pub(crate) fn spawn<F>(&self, work: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = self.runtime.as_ref().expect("the runtime is taken only when the engine is dropped");
        Task(runtime.spawn(work))
    }

    /// The surroundings of one SQL request: the shared caches, and a share of the memory.
    pub(crate) fn request_env(&self) -> Arc<RuntimeEnv> {
        let pool = memory::Share::new(self.pool.clone(), self.limits.memory_bytes / 2);
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

impl Drop for Inner {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which is not allowed on a thread of another.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Work on the engine's threads that ends when nobody waits for it any more.
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T> Task<T> {
    /// Its result. A panic in it is our error, and ends nothing else.
    pub(crate) async fn join(&mut self) -> Result<T, Error> {
        (&mut self.0).await.map_err(Error::internal)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The error of a request that took too long.
pub(crate) fn out_of_time(timeout: Duration) -> Error {
    Error::Limit { what: "time", limit: format!("{} s", timeout.as_secs_f64()) }
}
