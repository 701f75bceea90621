//! What is given out of files: persons only to those who decide, and no formula that a program would run.

use axum::http::{Method, StatusCode};
use serde_json::json;
use testkit::{Client, TestNode, upload_path};

use crate::world::{get, with};

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "station"
[time]
columns = ["date"]
[[value]]
column = "value"
property = "salinity"
unit = "g/L"
statistic = "max"
period = "P1D"
"#;

const FILE: &[u8] = b"station,date,value,phone\n\
    station:tan_chau,2020-02-01,1.5,0912345678\n\
    station:tan_chau,2020-02-02,1.6,0987654321\n";

async fn hand_in(client: &Client, mapping: &str) -> (StatusCode, serde_json::Value) {
    let path = upload_path("series", "a.csv", Some(mapping), false);
    let body =
        futures::StreamExt::boxed(futures::stream::once(async { Ok(bytes::Bytes::from_static(FILE)) }));
    let reply = client.upload(&path, body).await.unwrap();
    (reply.status, reply.json())
}

#[tokio::test]
async fn a_file_with_persons_in_it_is_given_only_to_those_who_decide() {
    let node = TestNode::start().await;
    node.dataset("series", "observations", "open").await;
    let provider = node.user("lan", "provider", Some("cuulong"), "write").await;
    let steward = node.user("minh", "steward", Some("cuulong"), "write").await;
    let (status, report) = hand_in(&provider, MAPPING).await;
    assert_eq!(status, StatusCode::CREATED, "{report}");
    assert_eq!(report["findings"][0]["code"], "personal_data");
    assert!(!report.to_string().contains("0912345678"));
    let original = format!("/v1/runs/{}/original", report["run"]["id"].as_str().unwrap());
    for (client, status) in [(&node.public(), 403), (&provider, 403), (&steward, 200)] {
        assert_eq!(client.get(&original).await.unwrap().status.as_u16(), status);
    }
    let rows = get(&node.public(), "/v1/datasets/series/observations").await;
    let stream = rows["items"][0]["datastream"].as_i64().unwrap().to_string();
    let time = rows["items"][0]["phenomenon_time"].as_str().unwrap().to_owned();
    let trace = with("/v1/trace", &[("dataset", "series"), ("datastream", &stream), ("time", &time)]);
    assert!(get(&node.public(), &trace).await.to_string().contains("•••"));
    assert!(get(&steward, &trace).await.to_string().contains("0912345678"));

    // Only those who decide let persons in.
    let keep = |by: &str| {
        format!("{MAPPING}\n[[personal]]\ncolumn = \"phone\"\ndecision = \"keep\"\ndecided_by = \"{by}\"\n")
    };
    let (status, problem) = hand_in(&provider, &keep("lan")).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    assert!(problem.to_string().contains("steward"), "{problem}");
    let put = async |client: &Client, text: String| {
        let path = "/v1/datasets/series/mapping";
        client.send(Method::PUT, path, "application/toml", text.into()).await.unwrap().status.as_u16()
    };
    assert_eq!(put(&provider, keep("lan")).await, 403);
    // A steward may decide, but not in the name of somebody else.
    assert_eq!(put(&steward, keep("lan")).await, 422);
    assert_eq!(put(&steward, keep("minh")).await, 204);
    let (_, report) = hand_in(&provider, &keep("minh")).await;
    assert_eq!(report["findings"][0]["code"], "personal_kept", "{report}");
}

#[tokio::test]
async fn a_download_holds_no_formula() {
    let node = TestNode::start().await;
    node.dataset("things", "features", "open").await;
    let feature = |id: &str, name: &str, depth: f64| {
        json!({"type": "Feature", "id": id, "properties": {"name": name, "depth": depth},
               "geometry": {"type": "Point", "coordinates": [105.0, 10.0]}})
    };
    let file = json!({"type": "FeatureCollection", "features": [
        feature("a", "=cmd|' /C calc'!A0", -1.5), feature("@b", "-2", 2.0), feature("c", "\t+1+1", 3.0)]});
    node.hand_in("things", "a.geojson", file.to_string().into_bytes(), None).await.unwrap();
    let sql = "SELECT feature, name, depth AS \"=depth\" FROM things ORDER BY depth";
    let reply = node.system().get(&with("/v1/sql", &[("sql", sql), ("format", "csv")])).await.unwrap();
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["feature", "name", "'=depth"]);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows, [["a", "'=cmd|' /C calc'!A0", "-1.5"], ["'@b", "-2", "2.0"], ["c", "'\t+1+1", "3.0"]]);
}
