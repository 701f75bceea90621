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

#[tokio::test]
async fn a_withdrawn_run_is_told_of_and_everything_is_still_known_as_before() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "restricted").await;
    node.hand_in("gauge", "a.csv", file("4.3"), Some(MAPPING)).await.unwrap();
    let more = [file("5.3"), b"station:cau_noi,2020-02-01 07:00,4.4\n".to_vec()].concat();
    let wrong = node.hand_in("gauge", "b.csv", more, None).await.unwrap();
    let run = wrong["run"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/runs/{run}/withdraw");
    let reason = serde_json::json!({ "reason": "wrong instrument" });
    let post = reqwest::Method::POST;

    let stranger = node.user("em", "provider", Some("gso"), "write").await;
    let reading = node.user("chi", "provider", Some("cuulong"), "read").await;
    for (client, status) in [(&node.public(), 404), (&stranger, 404), (&reading, 403)] {
        let reply = client.send_json(post.clone(), &path, &reason).await.unwrap();
        assert_eq!(reply.status.as_u16(), status, "{}", reply.json());
    }
    let silent = serde_json::json!({ "reason": "" });
    assert_eq!(node.system().send_json(post.clone(), &path, &silent).await.unwrap().status.as_u16(), 422);

    let done = node.system().send_json(post.clone(), &path, &reason).await.unwrap();
    assert_eq!(done.status.as_u16(), 201, "{}", done.json());
    let done = done.json();
    assert_eq!((done["removed"].as_u64(), done["restored"].as_u64()), (Some(1), Some(1)));
    assert_eq!(
        (done["withdraws"].as_str(), done["run"]["kind"].as_str()),
        (Some(run.as_str()), Some("withdrawal"))
    );
    assert_eq!(values(&node, "").await, [3.9, 4.1, 4.3]);
    assert_eq!(values(&node, "version=2").await, [3.9, 4.1, 5.3, 4.4]);
    let by = done["run"]["id"].as_str().unwrap();
    let told = node.system().get(&format!("/v1/runs/{by}/amendment")).await.unwrap().ok().unwrap().json();
    assert_eq!((told["reason"].as_str(), told["removed"].as_u64()), (Some("wrong instrument"), Some(1)));

    let versions = node.system().get("/v1/datasets/gauge/versions").await.unwrap().ok().unwrap().json();
    let counts = versions["items"].as_array().unwrap().iter().rev().map(|version| {
        ["added", "corrected", "removed", "total"].map(|name| version[name].as_u64().unwrap())
    });
    assert_eq!(counts.collect::<Vec<_>>(), [[3, 0, 0, 3], [1, 1, 0, 4], [0, 1, 1, 3]]);
    let differences = node.system().get("/v1/datasets/gauge/differences?from=2&to=3").await.unwrap();
    let differences = differences.ok().unwrap().json();
    let items = differences["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), items[0]["before"].as_f64(), items[0]["after"].as_f64()),
        (2, Some(5.3), Some(4.3))
    );
    assert_eq!((items[1]["removed"].as_bool(), items[1]["run"].as_str()), (Some(true), Some(by)));
    let again = node.system().send_json(post, &path, &reason).await.unwrap();
    assert_eq!(again.status.as_u16(), 409);
    let affected = node.system().get("/v1/datasets/gauge/versions/3/affected").await.unwrap().ok().unwrap();
    assert_eq!(affected.json()["total"], 0);
    let missing = node.system().get("/v1/datasets/gauge/versions/9/affected").await.unwrap();
    assert_eq!(missing.status.as_u16(), 404);
}

#[tokio::test]
async fn limits_of_a_dataset_are_checked_kept_and_used_again() {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    node.hand_in("gauge", "a.csv", file("4.3"), Some(MAPPING)).await.unwrap();
    let put = async |text: &str| {
        let path = "/v1/datasets/gauge/limits";
        node.system()
            .send(reqwest::Method::PUT, path, "application/toml", text.to_owned().into())
            .await
            .unwrap()
    };
    assert_eq!(put("version = 1\n[[limit]]\nproperty = \"nothing\"\n").await.status.as_u16(), 422);
    let limits = "version = 1\n[[limit]]\nproperty = \"salinity\"\nsuspect = [0, 4.2]\n";
    assert_eq!(put(limits).await.status.as_u16(), 204);
    let saved = node.public().get("/v1/datasets/gauge/limits").await.unwrap().ok().unwrap();
    assert_eq!(saved.body, limits.as_bytes());
    let done = node
        .system()
        .send_json(reqwest::Method::POST, "/v1/datasets/gauge/recheck", &Value::Null)
        .await
        .unwrap()
        .ok()
        .unwrap()
        .json();
    assert_eq!((done["run"]["version"].as_u64(), done["limits"].as_u64()), (Some(2), Some(1)));
    let page = node.public().get("/v1/datasets/gauge/observations").await.unwrap().ok().unwrap().json();
    let flags: Vec<i64> =
        page["items"].as_array().unwrap().iter().map(|v| v["quality"].as_i64().unwrap()).collect();
    assert_eq!(flags, [1, 1, 3]);
    assert!(page["items"][2]["quality_tests"].as_str().unwrap().contains("gross_range:3"));
}
