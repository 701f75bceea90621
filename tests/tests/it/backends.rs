//! One story on every pair of catalogue and store: SQLite or PostgreSQL, disk or S3.

use testkit::{Backend, S3Server, TestNode, postgres_database};

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";

/// A file, a correction, a restart: what is read, traced and known before is the same everywhere.
async fn story(backend: Backend) {
    let mut node = TestNode::start_on(backend).await;
    node.dataset("gauge", "observations", "open").await;
    let file = |last: &str| {
        format!("station,time,salinity\nstation:cau_noi,2020-02-01,3.9\nstation:tra_vinh,2020-02-01,{last}\n")
            .into_bytes()
    };
    node.hand_in("gauge", "a.csv", file("4.3"), Some(MAPPING)).await.unwrap();
    let again = node.hand_in("gauge", "a.csv", file("4.3"), None).await.unwrap();
    assert!(again["run"]["version"].is_null(), "{again}");
    let corrected = node.hand_in("gauge", "b.csv", file("4.7"), None).await.unwrap();
    assert_eq!(corrected["run"]["version"], 2);
    node.restart().await;

    let sum = async |query: &str| {
        let page = node.public().get(&format!("/v1/datasets/gauge/observations{query}")).await.unwrap();
        let page = page.ok().unwrap().json();
        let results = page["items"].as_array().unwrap().iter();
        (results.map(|item| item["result"].as_f64().unwrap()).sum::<f64>(), page)
    };
    assert!((sum("?version=1").await.0 - 8.2).abs() < 1e-9);
    let (latest, page) = sum("").await;
    assert!((latest - 8.6).abs() < 1e-9);
    for item in page["items"].as_array().unwrap() {
        let trace = node.public().get(item["trace"].as_str().unwrap()).await.unwrap().ok().unwrap().json();
        let cell = &trace["parts"][0]["cell"]["text"];
        assert_eq!(cell.as_str().unwrap().parse::<f64>().unwrap(), item["result"].as_f64().unwrap());
    }
    let asked =
        serde_json::json!({ "sql": "SELECT sum(result) AS s FROM observation WHERE property = 'salinity'" });
    let rows =
        node.public().send_json(reqwest::Method::POST, "/v1/sql", &asked).await.unwrap().ok().unwrap().json();
    assert!((rows["rows"][0]["s"].as_f64().unwrap() - 8.6).abs() < 1e-9);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_and_disk() {
    story(Backend::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_and_disk() {
    let Some(catalog) = postgres_database().await else { return };
    story(Backend { catalog: Some(catalog), ..Backend::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_and_s3() {
    let server = S3Server::start().await;
    let store_options = server.options().into_iter().collect();
    story(Backend { store: Some(server.url("node")), store_options, ..Backend::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_and_s3() {
    let Some(catalog) = postgres_database().await else { return };
    let server = S3Server::start().await;
    let store_options = server.options().into_iter().collect();
    story(Backend { catalog: Some(catalog), store: Some(server.url("node")), store_options }).await;
}
