//! Traces go to the collector that is configured, joined to the caller's, and carry no person.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use reqwest::Method;
use serde_json::json;

use crate::driver::process::{Body, NodeProcess};

type Received = Arc<Mutex<Vec<Bytes>>>;

/// A collector that keeps what it gets.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let keep = async |State(received): State<Received>, body: Bytes| received.lock().unwrap().push(body);
    let router = Router::new().route("/v1/traces", post(keep)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, received)
}

fn spans(received: &Received) -> Vec<Span> {
    let bodies = received.lock().unwrap().clone();
    let requests = bodies.into_iter().map(|body| ExportTraceServiceRequest::decode(body).unwrap());
    let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|spans| spans.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_its_query_and_its_load_reaches_the_collector() {
    let (address, received) = collector().await;
    let folder = tempfile::tempdir().unwrap();
    let variables = [("CUULONG_OTLP_ENDPOINT", address.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let node = NodeProcess::start_with(&folder.path().join("data"), &variables).await;
    node.register("gauge").await;
    let file = "station,time,salinity\nstation:cau_noi,2018-01-01,1.5\n".to_owned();
    let path = "/v1/datasets/gauge/uploads?file_name=somebody.csv";
    let (status, answer) = node.ask(Method::POST, path, Body::File(file)).await.unwrap();
    assert!(status.is_success(), "{status} {answer}");
    let statement = json!({ "sql": "SELECT place, 'nguyen@example.vn' AS who FROM gauge" });
    let asked = reqwest::Client::new()
        .post(format!("{}/v1/sql", node.url()))
        .bearer_auth(node.key())
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"))
        .json(&statement);
    let reply = asked.send().await.unwrap();
    assert!(reply.status().is_success());
    reply.bytes().await.unwrap();

    let began = Instant::now();
    let wanted = ["POST /v1/sql", "plan", "scan", "POST /v1/datasets/{id}/uploads", "load", "commit"];
    let found = loop {
        let found = spans(&received);
        if wanted.iter().all(|name| found.iter().any(|span| span.name == *name)) {
            break found;
        }
        let names: Vec<&str> = found.iter().map(|span| span.name.as_str()).collect();
        assert!(began.elapsed() < Duration::from_secs(20), "only these came: {names:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let named = |name: &str| found.iter().find(|span| span.name == name).unwrap();
    let request = named("POST /v1/sql");
    assert_eq!((hex(&request.trace_id), hex(&request.parent_span_id)), (TRACE.to_owned(), PARENT.to_owned()));
    // The node's own probes plan queries, too.
    let under = |name: &str| {
        let is_under = |span: &&Span| span.name == name && span.trace_id == request.trace_id;
        found.iter().find(is_under).unwrap_or_else(|| panic!("no {name} in the caller's trace"))
    };
    assert_eq!(under("plan").parent_span_id, request.span_id);
    assert!(!under("scan").parent_span_id.is_empty());
    let (upload, load, commit) = (named("POST /v1/datasets/{id}/uploads"), named("load"), named("commit"));
    assert_eq!(load.trace_id, upload.trace_id);
    assert_eq!(commit.trace_id, upload.trace_id);
    assert_ne!(upload.trace_id, request.trace_id, "each request without a parent is a trace of its own");

    // Who asked, with which key, what for and in which file stays here.
    let all = received.lock().unwrap().concat();
    let text = String::from_utf8_lossy(&all);
    for secret in [node.key(), "nguyen@example.vn", "somebody.csv", "SELECT"] {
        assert!(!text.contains(secret), "`{secret}` left the node");
    }
    let log = std::fs::read_to_string(crate::driver::process::log_of(&folder.path().join("data"))).unwrap();
    let answered = log.lines().filter(|line| line.contains("request answered")).count();
    assert!(answered > 2, "the log goes on beside the traces");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_disturbs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("CUULONG_OTLP_ENDPOINT", "http://127.0.0.1:9"), ("OTEL_BSP_SCHEDULE_DELAY", "20")];
    let node = NodeProcess::start_with(&folder.path().join("data"), &variables).await;
    node.register("gauge").await;
    for _ in 0..20 {
        let (status, _) = node.ask(Method::GET, "/v1/datasets", Body::Empty).await.unwrap();
        assert!(status.is_success());
    }
}
