//! The scheduler: takes plans from nodes, cuts them into stages, and gives tasks to executors.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use futures::future::{Either, Ready, ready};
use query::cluster::site;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Status;
use tonic::transport::Server;
use tower::{Layer, Service};

use crate::Error;
use crate::codec::Codec;
use crate::settings::{self, MESSAGE_BYTES};
use crate::tls::Tls;

/// An executor that says nothing for so long is lost: its tasks go to others. An executor that is
/// busy says something every 5 seconds.
const LOST_AFTER_SECONDS: u64 = 15;
/// How often lost executors are looked for.
const LOOK_SECONDS: u64 = 2;
/// How long a query waits for an executor when all are lost.
const NONE_LEFT_SECONDS: u64 = 5;
/// How long executors keep what a finished query left, for its node to fetch.
const KEEP_SECONDS: u64 = 120;

type Ours = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;

/// Serves until `stop` resolves.
pub async fn serve_scheduler(
    listener: TcpListener,
    tls: &Tls,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Error> {
    let address =
        listener.local_addr().map_err(|error| Error::environment("the scheduler's address", error))?;
    let config = session_parts(tls)?;
    let scheduler: Ours = create_scheduler(config.cluster, Arc::new(config.scheduler)).await?;
    let service = SchedulerGrpcServer::new(scheduler.clone())
        .max_decoding_message_size(MESSAGE_BYTES)
        .max_encoding_message_size(MESSAGE_BYTES);
    tracing::info!(%address, "the scheduler of a cluster is ready");
    Server::builder()
        .tls_config(tls.server())
        .map_err(|error| Error::environment("TLS of the scheduler", error))?
        .tcp_nodelay(true)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .layer(OnlyWithExecutors(scheduler))
        .add_service(service)
        .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop)
        .await
        .map_err(|error| Error::environment(format!("serving at {address}"), error))
}

struct Parts {
    cluster: BallistaCluster,
    scheduler: SchedulerConfig,
}

fn session_parts(tls: &Tls) -> Result<Parts, Error> {
    let session = settings::session(tls);
    let failed = |error| Error::environment("the scheduler's session", error);
    let runtime = site::runtime(None, None).map_err(failed)?;
    let codec = Codec::new(None).map_err(failed)?;
    let producer = session.clone();
    let scheduler = SchedulerConfig {
        // Executors ask for work: they listen for nothing but the rows that pass between them.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: LOST_AFTER_SECONDS,
        expire_dead_executor_interval_seconds: LOOK_SECONDS,
        no_executors_grace_period_seconds: NONE_LEFT_SECONDS,
        finished_job_data_clean_up_interval_seconds: KEEP_SECONDS,
        finished_job_state_clean_up_interval_seconds: KEEP_SECONDS,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES as u32,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES as u32,
        grpc_client_max_message_size: MESSAGE_BYTES as u32,
        use_tls: true,
        override_create_grpc_client_endpoint: Some(tls.for_ballista()),
        override_physical_codec: Some(Arc::new(codec)),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_memory(
        scheduler.scheduler_id.clone(),
        Arc::new(move |config| Ok(site::session(config, runtime.clone()))),
        Arc::new(move || producer.clone()),
    );
    Ok(Parts { cluster, scheduler })
}

/// Turns queries away while there is nobody to run them, where they would wait without a word.
#[derive(Clone)]
struct OnlyWithExecutors(Ours);

impl<S> Layer<S> for OnlyWithExecutors {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, scheduler: self.0.clone() }
    }
}

#[derive(Clone)]
struct Gate<S> {
    inner: S,
    scheduler: Ours,
}

impl<S, B, R> Service<http::Request<B>> for Gate<S>
where
    S: Service<http::Request<B>, Response = http::Response<R>>,
    R: Default,
{
    type Response = http::Response<R>;
    type Error = S::Error;
    type Future = Either<Ready<Result<http::Response<R>, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let asks =
            request.uri().path().rsplit('/').next().is_some_and(|call| call.starts_with("ExecuteQuery"));
        if asks && !self.scheduler.is_ready() {
            let status = Status::unavailable("the cluster has no executor");
            return Either::Left(ready(Ok(status.into_http())));
        }
        Either::Right(self.inner.call(request))
    }
}
