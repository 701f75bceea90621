//! A node's way to the cluster: hands a plan to the scheduler, waits, and fetches the rows from the
//! executors that made them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::client::BallistaClient;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::serde::protobuf::execute_query_params::Query;
use ballista_core::serde::protobuf::job_status::Status as Job;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::{
    CancelJobParams, ExecuteQueryParams, KeyValuePair, PartitionLocation, SuccessfulJob,
};
use ballista_core::version::insert_version_header;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use query::cluster::{Cluster, Parcel, read_error};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::Error;
use crate::codec::Codec;
use crate::settings::MESSAGE_BYTES;
use crate::tls::Tls;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a silent connection is tried, and how long its answer may take.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Attempts to fetch rows over a broken connection, and the wait between them.
const FETCHES: u8 = 3;
const FETCH_WAIT_MS: u64 = 200;

/// A connection to a part of the cluster. It is made when it is used first, and again when it broke.
pub(crate) fn channel(tls: &Tls, host: &str, port: u16) -> Result<Channel, Error> {
    let wrong = |error: tonic::transport::Error| {
        Error::Settings(format!("`{host}:{port}` is no address of a scheduler: {error}"))
    };
    let host =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let endpoint = Endpoint::from_shared(format!("https://{host}:{port}"))
        .map_err(|error| Error::Settings(format!("`{host}:{port}` is no address of a scheduler: {error}")))?;
    let endpoint = endpoint
        .connect_timeout(CONNECT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    Ok(tls.endpoint(endpoint).map_err(wrong)?.connect_lazy())
}

/// The scheduler, as a node sees it.
pub struct Scheduler {
    client: SchedulerGrpcClient<Channel>,
    codec: Codec,
    tls: Tls,
    /// One for all queries of this node: the scheduler remembers each that it has heard of.
    session: String,
}

impl fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduler").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Scheduler {
    /// At a host and port. Nothing is sent yet.
    pub fn at(host: &str, port: u16, tls: Tls) -> Result<Scheduler, Error> {
        let client = SchedulerGrpcClient::new(channel(&tls, host, port)?)
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let codec = Codec::new(None).map_err(|error| Error::environment("the way of plans", error))?;
        Ok(Scheduler { client, codec, tls, session: Uuid::now_v7().to_string() })
    }

    /// Whether a query would find someone to run it. An empty one is sent: it is turned away as
    /// unreadable where there is an executor, and before that where there is none.
    pub async fn is_ready(&self) -> bool {
        let empty = ExecuteQueryParams {
            query: Some(Query::PhysicalPlan(Vec::new())),
            settings: Vec::new(),
            session_id: self.session.clone(),
            operation_id: Uuid::now_v7().to_string(),
        };
        let mut request = Request::new(empty);
        insert_version_header(request.metadata_mut());
        let answer = self.client.clone().execute_query_push(request).await;
        answer.is_err_and(|status| status.code() == Code::InvalidArgument)
    }
}

impl Cluster for Scheduler {
    fn pack(&self, plan: &Arc<dyn ExecutionPlan>) -> datafusion::error::Result<Vec<u8>> {
        self.codec.pack(plan)
    }

    fn run(&self, parcel: Parcel) -> BoxFuture<'static, Result<SendableRecordBatchStream, query::Error>> {
        let (client, tls, session) = (self.client.clone(), self.tls.clone(), self.session.clone());
        async move {
            let schema = parcel.schema.clone();
            let made = ask(client, session, parcel).await?;
            let customize = Arc::new(BallistaConfigGrpcEndpoint::new(tls.for_ballista()));
            let rows = futures::stream::iter(made)
                .map(move |part| fetch(part, customize.clone()))
                .buffered(2)
                .try_flatten();
            Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)) as SendableRecordBatchStream)
        }
        .boxed()
    }
}

/// Runs the plan and says where its rows are.
async fn ask(
    mut client: SchedulerGrpcClient<Channel>,
    session_id: String,
    parcel: Parcel,
) -> Result<Vec<PartitionLocation>, query::Error> {
    let setting =
        |key: &str, value: usize| KeyValuePair { key: key.to_owned(), value: Some(value.to_string()) };
    let mut request = Request::new(ExecuteQueryParams {
        query: Some(Query::PhysicalPlan(parcel.plan)),
        settings: vec![
            setting("datafusion.execution.batch_size", parcel.batch_rows),
            setting("datafusion.execution.target_partitions", parcel.partitions),
        ],
        session_id,
        operation_id: Uuid::now_v7().to_string(),
    });
    insert_version_header(request.metadata_mut());
    let mut news = client.execute_query_push(request).await.map_err(refused)?.into_inner();
    let mut under_way = UnderWay { client, job: None };
    while let Some(status) = news.message().await.map_err(refused)?.and_then(|news| news.status) {
        under_way.job = Some(status.job_id);
        match status.status {
            Some(Job::Successful(SuccessfulJob { partition_location, .. })) => {
                under_way.job = None;
                return Ok(partition_location);
            }
            Some(Job::Failed(failed)) => {
                under_way.job = None;
                return Err(why(&failed.error));
            }
            Some(Job::Queued(_) | Job::Running(_)) | None => {}
        }
    }
    Err(query::Error::Away("the scheduler ended the conversation".to_owned()))
}

/// A job; given up when it is dropped before its end.
struct UnderWay {
    client: SchedulerGrpcClient<Channel>,
    job: Option<String>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let (Some(job_id), Ok(runtime)) = (self.job.take(), tokio::runtime::Handle::try_current()) else {
            return;
        };
        let mut client = self.client.clone();
        runtime.spawn(async move {
            if let Err(status) = client.cancel_job(CancelJobParams { job_id }).await {
                tracing::debug!(%status, "a query that nobody waits for could not be given up");
            }
        });
    }
}

/// The rows of one part of the answer.
async fn fetch(
    part: PartitionLocation,
    customize: Arc<BallistaConfigGrpcEndpoint>,
) -> datafusion::error::Result<SendableRecordBatchStream> {
    let layout = part.layout();
    let missing = |what: &str| DataFusionError::Internal(format!("a part of an answer has no {what}"));
    let executor = part.executor_meta.ok_or_else(|| missing("executor"))?;
    let id = part.partition_id.ok_or_else(|| missing("number"))?;
    let port = u16::try_from(executor.port).map_err(|_| missing("port"))?;
    let gone = |error: &dyn fmt::Display| {
        let why =
            format!("the executor at {}:{} does not give its rows: {error}", executor.host, executor.port);
        DataFusionError::External(Box::new(query::Error::Away(why)))
    };
    let client = BallistaClient::try_new(
        &executor.host,
        port,
        MESSAGE_BYTES,
        true,
        Some(customize),
        FETCHES,
        FETCH_WAIT_MS,
        0,
        0,
    );
    let mut client = client.await.map_err(|error| gone(&error))?;
    let rows = client.fetch_partition(&executor.id, &id.into(), part.file_id, layout, false).await;
    rows.map_err(|error| gone(&error))
}

/// The error of a query that the scheduler did not take.
fn refused(status: Status) -> query::Error {
    match status.code() {
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => query::Error::Internal(
            format!("the scheduler does not take the plan: {}", status.message()).into(),
        ),
        // What is said by a scheduler that answers, and what by a connection that does not come about.
        _ => {
            let mut why = status.message().to_owned();
            let mut cause = std::error::Error::source(&status);
            while let Some(error) = cause {
                why = format!("{why}: {error}");
                cause = error.source();
            }
            query::Error::Away(why)
        }
    }
}

/// The error of a query that failed, out of Ballista's words.
fn why(text: &str) -> query::Error {
    if let Some(ours) = read_error(text) {
        return ours;
    }
    // Executors that were lost, with what they had made, as often as Ballista tries.
    let lost = ["most recent failure reason", "xecutor", "IO error", "cancelled"];
    match lost.iter().any(|sign| text.contains(sign)) {
        true => query::Error::Away(text.chars().take(300).collect()),
        false => query::Error::Internal(text.to_owned().into()),
    }
}
