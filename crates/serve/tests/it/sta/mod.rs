//! SensorThings as its clients meet it. Each test names the requirements of 18-088 that it shows, below
//! `http://www.opengis.net/spec/iot_sensing/1.1/`.

mod annex;
mod batch;
mod cost;
mod describing;
mod filters;
mod making;
mod model;
mod observing;
mod reading;
mod said;
mod together;
mod versions;

use axum::http::Method;
use serde_json::Value;
use testkit::Client;

use crate::world::{bare, get, list, with};

const ROOT: &str = "/sta/v1.1";

async fn ask(client: &Client, path: &str, options: &[(&str, &str)]) -> Value {
    get(client, &with(&format!("{ROOT}/{path}"), options)).await
}

/// Follows next links to the end; every page must have something on it.
async fn all_pages(client: &Client, path: &str, options: &[(&str, &str)]) -> Vec<Value> {
    let mut next = Some(with(&format!("{ROOT}/{path}"), options));
    let mut found = Vec::new();
    while let Some(path) = next {
        let page = get(client, &path).await;
        assert!(!list(&page, "value").is_empty(), "{path}");
        found.extend(list(&page, "value").iter().cloned());
        next = page["@iot.nextLink"].as_str().map(bare);
        assert!(found.len() < 1_000, "pages without end");
    }
    found
}

fn results(observations: &[Value]) -> Vec<f64> {
    observations.iter().map(|one| one["result"].as_f64().unwrap()).collect()
}

/// The number of the series of daily maxima at a station.
async fn maxima(client: &Client, station: &str) -> i64 {
    let filter = "properties/statistic eq 'max'";
    let found = ask(client, &format!("Things('{station}')/Datastreams"), &[("$filter", filter)]).await;
    found["value"][0]["@iot.id"].as_i64().unwrap()
}

/// Sends a body and returns the status and the answer.
async fn send(client: &Client, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let path = with(&format!("{ROOT}/{path}"), &[]);
    let reply = client.send_json(method, &path, body).await.unwrap();
    (reply.status.as_u16(), reply.json())
}

/// Creates an entity, which must work, and returns its path below the root.
async fn create(client: &Client, path: &str, body: &Value) -> String {
    let (status, made) = send(client, Method::POST, path, body).await;
    assert_eq!(status, 201, "{path}: {made}");
    let link = bare(made["@iot.selfLink"].as_str().unwrap());
    link.strip_prefix(&format!("{ROOT}/")).unwrap().to_owned()
}
