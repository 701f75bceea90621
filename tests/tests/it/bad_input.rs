//! Bad input gives a clear problem with its place, and no partial dataset.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::{Reply, TestNode};

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
column = "station"
[time]
columns = ["time"]
[[value]]
column = "value"
property = { column = "property" }
unit = { column = "unit" }
"#;

async fn node() -> TestNode {
    let node = TestNode::start().await;
    node.dataset("gauge", "observations", "open").await;
    node
}

async fn hand_in(node: &TestNode, name: &str, file: impl Into<Vec<u8>>) -> Reply {
    let path = testkit::upload_path("gauge", name, Some(MAPPING), false);
    node.system().send(reqwest::Method::POST, &path, "text/csv", file.into().into()).await.unwrap()
}

async fn assert_empty(node: &TestNode) {
    let versions = node.system().get("/v1/datasets/gauge/versions").await.unwrap().ok().unwrap().json();
    assert_eq!(versions["total"], 0, "a refused file left a version behind");
}

fn assert_problem(reply: &Reply, status: u16, words: &[&str]) {
    let problem = reply.json();
    assert_eq!(reply.status.as_u16(), status, "{problem}");
    assert!(reply.media_type.starts_with("application/problem+json"), "{}", reply.media_type);
    assert!(!problem["advice"].as_str().unwrap().is_empty());
    let detail = problem["detail"].as_str().unwrap_or("").to_lowercase();
    for word in words {
        assert!(detail.contains(word), "`{word}` is not in `{detail}`");
    }
}

#[tokio::test]
async fn files_that_are_not_what_they_say_are_refused_with_a_reason() {
    let node = node().await;
    assert_problem(&hand_in(&node, "empty.csv", "").await, 422, &["empty"]);
    let picture =
        [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 0, 0, 13, 73, 72, 68, 82, 0, 255, 254, 1, 2, 3]].concat();
    assert_problem(&hand_in(&node, "gauge.csv", picture).await, 422, &[]);
    let old_excel = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1].repeat(64);
    assert_problem(&hand_in(&node, "gauge.csv", old_excel).await, 422, &[]);
    assert_problem(&hand_in(&node, "gauge.xlsx", "station,time\n").await, 422, &[]);
    assert_empty(&node).await;
}

#[tokio::test]
async fn a_line_without_end_is_cut_off_early() {
    let node = node().await;
    let path = testkit::upload_path("gauge", "long.csv", Some(MAPPING), false);
    let chunk = Bytes::from(vec![b'a'; 1 << 20]);
    let endless = futures::stream::repeat_with(move || Ok(chunk.clone())).take(96).boxed();
    let reply = node.system().upload(&path, endless).await.unwrap();
    let problem = reply.json();
    assert!([413, 422].contains(&reply.status.as_u16()), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("line"), "{problem}");
    assert_empty(&node).await;
}

#[tokio::test]
async fn a_workbook_that_unpacks_a_thousandfold_is_refused_before_it_is_unpacked() {
    let node = node().await;
    let mut workbook = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    workbook.start_file("[Content_Types].xml", options).unwrap();
    workbook.write_all(b"<Types/>").unwrap();
    workbook.start_file("xl/workbook.xml", options).unwrap();
    workbook.write_all(b"<workbook/>").unwrap();
    workbook.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        workbook.write_all(&blanks).unwrap();
    }
    let bomb = workbook.finish().unwrap().into_inner();
    assert!(bomb.len() < 4 << 20);
    let reply = hand_in(&node, "bomb.xlsx", bomb).await;
    assert!([413, 422].contains(&reply.status.as_u16()), "{}", reply.json());
    assert!(reply.json()["detail"].as_str().unwrap().contains("unpack"), "{}", reply.json());
    assert_empty(&node).await;
}

#[tokio::test]
async fn every_refused_value_has_its_cell_and_a_reason_and_good_rows_go_in() {
    let node = node().await;
    let next_year = (chrono::Utc::now() + chrono::Duration::days(365)).format("%Y-%m-%d");
    let file = format!(
        "station,time,property,value,unit\n\
         station:cau_noi,2020-02-01 01:00,salinity,3.9,g/L\n\
         station:nowhere,2020-02-01 01:00,salinity,3.9,g/L\n\
         station:cau_noi,2020-02-01 03:00,salinity,3.9,km\n\
         station:cau_noi,{next_year},salinity,3.9,g/L\n\
         station:cau_noi,2020-02-01 05:00,salinity,wet,g/L\n\
         station:cau_noi,2020-02-01 07:00,salinity,430,g/L\n\
         station:cau_noi,yesterday,salinity,3.9,g/L\n\
         station:cau_noi,2020-02-01 09:00,saltiness,3.9,g/L\n\
         station:cau_noi,2020-02-01 11:00,salinity,4200,mg/L\n"
    );
    let report = hand_in(&node, "a.csv", file).await.ok().unwrap().json();
    let totals = &report["run"]["totals"];
    assert_eq!((&totals["rows"], &totals["added"], &totals["refused"]), (&json!(9), &json!(2), &json!(7)));
    let cells: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "refused")
        .map(|finding| (finding["cell"].as_str().unwrap(), finding["value"].as_str().unwrap()))
        .collect();
    let next_year = next_year.to_string();
    assert_eq!(
        cells,
        [
            ("A3", "station:nowhere"),
            ("E4", "km"),
            ("B5", next_year.as_str()),
            ("D6", "wet"),
            ("D7", "430"),
            ("B8", "yesterday"),
            ("C9", "saltiness"),
        ]
    );
    for finding in report["findings"].as_array().unwrap() {
        assert!(finding["message"].as_str().unwrap().len() > 20, "{finding}");
    }
    let page = node.public().get("/v1/datasets/gauge/observations").await.unwrap().ok().unwrap().json();
    let results: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["result"]).collect();
    assert_eq!(results, [&json!(3.9), &json!(4.2)]);
}

#[tokio::test]
async fn queries_that_never_end_end() {
    let node = node().await;
    let started = std::time::Instant::now();
    let endless = json!({ "sql": "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) \
        SELECT count(*) FROM n AS a, n AS b, n AS c" });
    let reply = node.public().send_json(reqwest::Method::POST, "/v1/sql", &endless).await.unwrap();
    assert!([400, 422].contains(&reply.status.as_u16()), "{}", reply.json());
    assert!(started.elapsed() < Duration::from_secs(120));
}

#[tokio::test]
async fn sql_only_reads() {
    let node = node().await;
    for sql in [
        "DROP TABLE gauge",
        "INSERT INTO place VALUES (1)",
        "CREATE TABLE x AS SELECT 1",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "COPY place TO '/tmp/x.csv'",
        "SET datafusion.execution.batch_size = 1",
        "SELECT 1; SELECT 2",
        "SELECT * FROM '/etc/passwd'",
        "SELECT",
        "",
    ] {
        let reply =
            node.public().send_json(reqwest::Method::POST, "/v1/sql", &json!({ "sql": sql })).await.unwrap();
        assert_problem(&reply, 400, &[]);
    }
}

#[tokio::test]
async fn parameters_out_of_range_are_named() {
    let node = node().await;
    let file = "station,time,property,value,unit\nstation:cau_noi,2020-02-01,salinity,3.9,g/L\n";
    hand_in(&node, "a.csv", file).await.ok().unwrap();
    for (path, at) in [
        ("/ogc/collections/stations/items?bbox=100,200,300,400", "bbox"),
        ("/ogc/collections/stations/items?bbox=1,2,3", "bbox"),
        ("/ogc/collections/stations/items?limit=-1", "limit"),
        ("/ogc/collections/stations/items?datetime=gestern", "datetime"),
        ("/v1/datasets?limit=0", "limit"),
        ("/v1/datasets?nonsense=1", "nonsense"),
        ("/v1/datasets/gauge/observations?datetime=2020-13-01", "datetime"),
        ("/v1/datasets/gauge/observations?place=nowhere", "place"),
    ] {
        let reply = node.public().get(path).await.unwrap();
        assert_problem(&reply, 400, &[]);
        assert_eq!(reply.json()["at"], at, "{path}: {}", reply.json());
    }
    for path in ["/v1/datasets/..%2f..%2fetc", "/v1/runs/x", "/nowhere", "/v1/places/92"] {
        assert_problem(&node.public().get(path).await.unwrap(), 404, &[]);
    }
}

#[tokio::test]
async fn problems_speak_the_readers_language() {
    let node = node().await;
    let vietnamese = node.public().get("/v1/datasets/none?lang=vi").await.unwrap().json();
    let english = node.public().get("/v1/datasets/none?lang=en").await.unwrap().json();
    assert_eq!(vietnamese["type"], english["type"]);
    assert_eq!(vietnamese["title"], "Không tìm thấy");
    assert_eq!(english["title"], "Not found");
}
