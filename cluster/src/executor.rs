//! An executor: asks the scheduler for tasks, runs them over the lake, and gives what they made to
//! other executors and to nodes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow_flight::flight_service_server::FlightServiceServer;
use ballista_core::BALLISTA_PROTOCOL_VERSION;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{ExecutorRegistration, ExecutorStoppedParams};
use ballista_core::serde::scheduler::{ExecutorOperatingSystemSpecification, ExecutorSpecification};
use ballista_executor::execution_engine::DefaultExecutionEngine;
use ballista_executor::execution_loop::poll_loop;
use ballista_executor::executor::Executor as Tasks;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use ballista_executor::runtime_cache::{DefaultSessionRuntimeCache, MemoryPoolPolicy};
use datafusion::execution::context::SessionConfig;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use lake::Lake;
use query::cluster::site;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};
use uuid::Uuid;

use crate::Error;
use crate::codec::Codec;
use crate::connect::channel;
use crate::gone::Jobs;
use crate::settings::{self, MESSAGE_BYTES};
use crate::stage::Telling;
use crate::tls::Tls;

/// How long what tasks have made is kept when nobody says that it is not needed any more.
const KEEP: Duration = Duration::from_secs(3600);
/// How often it is looked for.
const SWEEP: Duration = Duration::from_secs(300);

/// How an executor runs.
#[derive(Debug, Clone)]
pub struct ExecutorSettings {
    /// The host and port of the scheduler.
    pub scheduler: (String, u16),
    /// The name under which the others reach this machine; absent for the address it listens on.
    pub host: Option<String>,
    /// The tasks that run at the same time.
    pub threads: usize,
    /// The memory of all of them, bytes.
    pub memory: u64,
    /// The folder for what passes between machines and what does not fit in memory; absent for one
    /// under the system's.
    pub work: Option<PathBuf>,
}

/// An executor that is ready to run.
pub struct Executor {
    listener: TcpListener,
    address: SocketAddr,
    tls: Tls,
    tasks: Arc<Tasks>,
    codec: Codec,
    scheduler: SchedulerGrpcClient<Channel>,
    work: TempDir,
}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Executor").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Executor {
    /// Prepares one over a lake that it reads.
    pub fn new(
        listener: TcpListener,
        tls: Tls,
        lake: Lake,
        settings: &ExecutorSettings,
    ) -> Result<Executor, Error> {
        let address =
            listener.local_addr().map_err(|error| Error::environment("the executor's address", error))?;
        if address.ip().is_unspecified() && settings.host.is_none() {
            return Err(Error::Settings(format!(
                "an executor that listens on {address} does not know its own name: give --host"
            )));
        }
        let folder = settings.work.clone().unwrap_or_else(std::env::temp_dir);
        let work = std::fs::create_dir_all(&folder)
            .and_then(|()| TempDir::with_prefix_in("cuulong-executor-", &folder))
            .map_err(|error| Error::environment(format!("the folder `{}`", folder.display()), error))?;
        let failed = |error| Error::environment("the executor's engine", error);
        let runtime = site::runtime(Some(&lake), Some(work.path())).map_err(failed)?;
        let codec = Codec::new(Some(lake)).map_err(failed)?;
        let threads = settings.threads.max(1);
        let registration = ExecutorRegistration {
            id: Uuid::now_v7().to_string(),
            host: Some(settings.host.clone().unwrap_or_else(|| address.ip().to_string())),
            port: u32::from(address.port()),
            // Only executors that are pushed to have one.
            grpc_port: 0,
            specification: Some(ExecutorSpecification { vcores: threads as u32 }.into()),
            os_info: Some(ExecutorOperatingSystemSpecification::default().into()),
            ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
        };
        let functions = site::session(SessionConfig::new(), runtime.clone());
        let session = settings::session(&tls);
        let shared = runtime.clone();
        let base = Arc::new(move |_: &SessionConfig| Ok(shared.clone()));
        let (host, port) = &settings.scheduler;
        let scheduler = SchedulerGrpcClient::new(channel(&tls, host, *port)?)
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let engine = Telling { inner: DefaultExecutionEngine::new(), jobs: Jobs::of(scheduler.clone()) };
        let share = share_of_memory(settings.memory / threads as u64);
        let tasks = Tasks::new(
            registration,
            &work.path().to_string_lossy(),
            base.clone(),
            Arc::new(move || session.clone()),
            Arc::new((&functions).into()),
            Arc::new(LoggingMetricsCollector::default()),
            threads,
            Arc::new(engine),
        )
        .with_session_runtime_cache(Some(Arc::new(DefaultSessionRuntimeCache::new(base, share, 4))));
        Ok(Executor { listener, address, tls, tasks: Arc::new(tasks), codec, scheduler, work })
    }

    /// Runs until `stop` resolves. A scheduler that is away is asked again until it answers.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let Executor { listener, address, tls, tasks, codec, mut scheduler, work } = self;
        let flight = FlightServiceServer::new(BallistaFlightService::new(tasks.work_dir.clone()))
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let serving = Server::builder()
            .tls_config(tls.server())
            .map_err(|error| Error::environment("TLS of the executor", error))?
            .tcp_nodelay(true)
            .add_service(flight)
            .serve_with_incoming(TcpListenerStream::new(listener));
        let id = tasks.metadata.id.clone();
        let asking =
            poll_loop(scheduler.clone(), tasks, codec.for_ballista(), None, None, ExecutorHealth::new());
        tracing::info!(%address, executor.id = id, "an executor of a cluster is ready");
        tokio::select! {
            served = serving => {
                served.map_err(|error| Error::environment(format!("serving at {address}"), error))?;
            }
            asked = asking => asked?,
            () = sweep(work.path()) => {}
            () = stop => {
                let goodbye = ExecutorStoppedParams { executor_id: id, reason: "told to stop".to_owned() };
                if let Err(status) = scheduler.executor_stopped(goodbye).await {
                    tracing::warn!(%status, "the scheduler was not told that this executor ends");
                }
            }
        }
        Ok(())
    }
}

/// Each task has its part of the memory, and puts aside on disk what does not fit.
fn share_of_memory(of_one: u64) -> MemoryPoolPolicy {
    let of_one = usize::try_from(of_one).unwrap_or(usize::MAX).max(16 << 20);
    Arc::new(move |base: Arc<RuntimeEnv>, _config: &SessionConfig, vcores: u32| {
        let bytes = of_one.saturating_mul(vcores.max(1) as usize);
        RuntimeEnvBuilder::from_runtime_env(&base)
            .with_memory_pool(Arc::new(FairSpillPool::new(bytes)))
            .build_arc()
    })
}

/// Removes what was left by queries whose scheduler went away before it could say so.
async fn sweep(work: &Path) {
    let mut beat = tokio::time::interval(SWEEP);
    loop {
        beat.tick().await;
        let folder = work.to_path_buf();
        let swept = tokio::task::spawn_blocking(move || sweep_once(&folder, SystemTime::now())).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!(%error, "what old queries left cannot be removed");
        }
    }
}

fn sweep_once(work: &Path, now: SystemTime) -> std::io::Result<()> {
    for entry in std::fs::read_dir(work)? {
        let entry = entry?;
        let about = entry.metadata()?;
        let age = about.modified().ok().and_then(|changed| now.duration_since(changed).ok());
        if about.is_dir() && age.is_some_and(|age| age > KEEP) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
