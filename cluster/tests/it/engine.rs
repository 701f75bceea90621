//! The engine of the tests here: every statement that reads a file goes to a scheduler and two
//! executors of its own, over TLS on loopback.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use catalog::Catalog;
use cluster::{Executor, ExecutorSettings, Scheduler, Tls, serve_scheduler};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use futures::future::BoxFuture;
use lake::{Lake, LakeConfig};
use parking_lot::Mutex;
use query::cluster::{Cluster, Elsewhere, Parcel};
use query::{Engine, Error, QueryLimits};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The cluster's own threads: some tests have but one, which waits for the answer.
static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(4).thread_stack_size(32 << 20).enable_all().build().unwrap()
});

pub fn secret(text: &str) -> Tls {
    Tls::new(Some(&SecretString::from(format!("{text:_<40}")))).unwrap()
}

/// A cluster under way, until the process ends.
pub struct Running {
    pub port: u16,
    pub tls: Tls,
}

impl Running {
    /// A scheduler, without executors.
    pub async fn scheduler() -> Running {
        let tls = secret("of the tests");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (of_server, listener) = (tls.clone(), listener.into_std().unwrap());
        THREADS.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            serve_scheduler(listener, &of_server, std::future::pending()).await.unwrap();
        });
        Running { port, tls }
    }

    /// One more executor over the lake in a folder.
    pub fn executor(&self, folder: &Path) {
        let (port, tls, folder) = (self.port, self.tls.clone(), folder.to_path_buf());
        THREADS.spawn(async move {
            executor(port, tls, folder).await;
        });
    }

    pub fn connect(&self) -> Arc<Watched> {
        Watched::over(Scheduler::at("127.0.0.1", self.port, self.tls.clone()).unwrap())
    }
}

async fn executor(port: u16, tls: Tls, folder: PathBuf) {
    let place = LakeConfig { url: folder.to_str().unwrap().to_owned(), options: BTreeMap::new() };
    let lake = Lake::open_to_read(&place).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = ExecutorSettings {
        scheduler: ("127.0.0.1".to_owned(), port),
        host: None,
        threads: 2,
        memory: 256 << 20,
        work: None,
    };
    let executor = Executor::new(listener, tls, lake, &settings).unwrap();
    executor.run(std::future::pending()).await.unwrap();
}

/// The way to the cluster, and what went along it.
#[derive(Debug)]
pub struct Watched {
    inner: Scheduler,
    /// The plans that were sent.
    pub sent: Mutex<Vec<Vec<u8>>>,
    /// Why plans were not.
    pub kept: Mutex<Vec<String>>,
}

impl Watched {
    pub fn over(inner: Scheduler) -> Arc<Watched> {
        Arc::new(Watched { inner, sent: Mutex::default(), kept: Mutex::default() })
    }
}

impl Cluster for Watched {
    fn pack(&self, plan: &Arc<dyn ExecutionPlan>) -> datafusion::error::Result<Vec<u8>> {
        let packed = self.inner.pack(plan);
        if let Err(error) = &packed {
            self.kept.lock().push(error.to_string());
        }
        packed
    }

    fn run(&self, parcel: Parcel) -> BoxFuture<'static, Result<SendableRecordBatchStream, Error>> {
        self.sent.lock().push(parcel.plan.clone());
        self.inner.run(parcel)
    }
}

/// An engine that sends whatever reads a file.
pub fn engine(catalog: &Catalog, lake: &Lake, limits: QueryLimits, cluster: Arc<dyn Cluster>) -> Engine {
    let elsewhere = Elsewhere { cluster, from_bytes: 0, partitions: 4 };
    Engine::with_cluster(catalog.clone(), lake.clone(), limits, Some(elsewhere)).unwrap()
}

/// What the engine's own tests start.
pub async fn start(catalog: &Catalog, lake: &Lake, folder: &Path, limits: QueryLimits) -> Engine {
    let running = Running::scheduler().await;
    running.executor(folder);
    running.executor(folder);
    let cluster = running.connect();
    ready(&cluster).await;
    engine(catalog, lake, limits, cluster)
}

/// Waits until an executor has told the scheduler of itself.
pub async fn ready(cluster: &Watched) {
    for _ in 0..400 {
        if cluster.inner.is_ready().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no executor within ten seconds");
}
