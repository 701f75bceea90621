//! The same file twice, a correction, time travel, and the trace of a value to its cell.

use serde_json::Value;
use testkit::TestNode;

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "station"
[time]
columns = ["time"]
[[value]]
column = "salinity"
property = "salinity"
unit = "g/L"
"#;

fn file(third: &str) -> Vec<u8> {
    format!(
        "station,time,salinity\n\
         station:cau_noi,2020-02-01 01:00,3.9\n\
         station:cau_noi,2020-02-01 03:00,4.1\n\
         station:cau_noi,2020-02-01 05:00,{third}\n"
    )
    .into_bytes()
}

async fn values(node: &TestNode, query: &str) -> Vec<f64> {
    let reply = node.system().get(&format!("/v1/datasets/gauge/observations?{query}")).await.unwrap();
    let page = reply.ok().unwrap().json();
    page["items"].as_array().unwrap().iter().map(|item| item["result"].as_f64().unwrap()).collect()
}

fn totals(report: &Value) -> (u64, u64, u64) {
    let total = |name: &str| report["run"]["totals"][name].as_u64().unwrap();
    (total("added"), total("corrected"), total("unchanged"))
}

#[tokio::test]
async fn a_correction_is_a_version_and_the_old_value_stays_readable() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;

    let first = node.hand_in("gauge", "a.csv", file("4.3"), Some(MAPPING)).await.unwrap();
    assert_eq!((totals(&first), first["run"]["version"].as_u64()), ((3, 0, 0), Some(1)));

    let again = node.hand_in("gauge", "a.csv", file("4.3"), None).await.unwrap();
    assert_eq!((totals(&again), again["run"]["version"].as_u64()), ((0, 0, 3), None));

    let known_before = chrono::Utc::now();
    let corrected = node.hand_in("gauge", "b.csv", file("4.7"), None).await.unwrap();
    assert_eq!((totals(&corrected), corrected["run"]["version"].as_u64()), ((0, 1, 2), Some(2)));

    assert_eq!(values(&node, "").await, [3.9, 4.1, 4.7]);
    assert_eq!(values(&node, "version=1").await, [3.9, 4.1, 4.3]);
    let time = known_before.format("%Y-%m-%dT%H:%M:%S%.6fZ");
    assert_eq!(values(&node, &format!("as_known_at={time}")).await, [3.9, 4.1, 4.3]);

    let differences = node.system().get("/v1/datasets/gauge/differences?from=1&to=2").await.unwrap();
    let differences = differences.ok().unwrap().json();
    assert_eq!(differences["items"].as_array().unwrap().len(), 1);
    assert_eq!(differences["items"][0]["before"], 4.3);
    assert_eq!(differences["items"][0]["after"], 4.7);
}

#[tokio::test]
async fn a_value_is_traced_to_its_cell() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let report = node.hand_in("gauge", "a.csv", file("4.3"), Some(MAPPING)).await.unwrap();

    let page = node.public().get("/v1/datasets/gauge/observations").await.unwrap().ok().unwrap().json();
    let trace = page["items"][2]["trace"].as_str().unwrap();
    let trace = node.public().get(trace).await.unwrap().ok().unwrap().json();
    assert_eq!(trace["parts"][0]["cell"]["cell"], "C4");
    assert_eq!(trace["parts"][0]["cell"]["text"], "4.3");
    assert_eq!(trace["parts"][0]["run"]["id"], report["run"]["id"]);
    assert_eq!(trace["parts"][0]["run"]["original"].as_str().unwrap().len(), 64);
    assert_eq!(trace["result"], 4.3);
}

#[tokio::test]
async fn a_dry_run_reports_and_commits_nothing() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    let path = testkit::upload_path("gauge", "a.csv", Some(MAPPING), true);
    let report = node.system().send(axum_method(), &path, "text/csv", file("4.3").into()).await.unwrap();
    let report = report.ok().unwrap().json();
    assert_eq!((totals(&report), report["run"]["state"].as_str()), ((3, 0, 0), Some("dry_run")));
    let versions = node.system().get("/v1/datasets/gauge/versions").await.unwrap().ok().unwrap().json();
    assert_eq!(versions["total"], 0);
}

fn axum_method() -> reqwest::Method {
    reqwest::Method::POST
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let mut node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    node.hand_in("gauge", "a.csv", file("4.3"), Some(MAPPING)).await.unwrap();
    node.restart().await;
    assert_eq!(values(&node, "").await, [3.9, 4.1, 4.3]);
}
