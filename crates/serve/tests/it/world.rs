//! A node with a little of everything: open, shared and restricted series, and features.

use serde_json::{Value, json};
use testkit::{Client, TestNode};

/// A mapping of a table of stations, days and values; its statistic has to be put in.
pub const LONG: &str = r#"
version = 1
kind = "observations"
[place]
column = "station"
[time]
columns = ["date"]
zone = "+07:00"
[[value]]
column = "value"
property = "salinity"
unit = "g/L"
statistic = { STATISTIC }
period = "P1D"
"#;

/// Days of salinity at each station: `max` of day `d` at station `s` is `s + d / 10`.
pub const DAYS: u32 = 28;
pub const STATIONS: [&str; 3] = ["station:ben_luc", "station:cau_noi", "station:tra_vinh"];

pub async fn node() -> TestNode {
    let node = TestNode::start().await;
    node.dataset("salinity_daily", "observations", "open").await;
    let mut file = "station,date,value\n".to_owned();
    for (at, station) in STATIONS.iter().enumerate() {
        for day in 1..=DAYS {
            file += &format!("{station},2020-02-{day:02},{}\n", value(at, day));
        }
    }
    let mapping = LONG.replace("{ STATISTIC }", "\"max\"");
    node.hand_in("salinity_daily", "max.csv", file.into_bytes(), Some(&mapping)).await.unwrap();
    let means = "station,date,value\nstation:cau_noi,2020-02-01,0.5\nstation:cau_noi,2020-02-02,0.75\n";
    let mapping = LONG.replace("{ STATISTIC }", "\"mean\"");
    node.hand_in("salinity_daily", "mean.csv", means.as_bytes().to_vec(), Some(&mapping)).await.unwrap();

    for (dataset, access) in [("salinity_shared", "shared"), ("salinity_secret", "restricted")] {
        node.dataset(dataset, "observations", access).await;
        let file = b"station,date,value\nstation:tan_chau,2020-02-01,0.125\n".to_vec();
        let mapping = LONG.replace("{ STATISTIC }", "\"max\"");
        node.hand_in(dataset, "one.csv", file, Some(&mapping)).await.unwrap();
    }

    node.dataset("sluices", "features", "open").await;
    let features: Vec<Value> = (0..25)
        .map(|n| {
            let x = 105.0 + f64::from(n) / 100.0;
            json!({"type": "Feature", "id": format!("gate-{n:02}"),
                "properties": {"name": format!("Cống {n}"), "width": f64::from(n) + 0.5, "open": n % 2 == 0},
                "geometry": {"type": "Point", "coordinates": [x, 10.0]}})
        })
        .collect();
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    node.hand_in("sluices", "sluices.geojson", file.into_bytes(), None).await.unwrap();
    node
}

/// The maximum of a day at the station of a number, g/l.
pub fn value(station: usize, day: u32) -> f64 {
    let tenths = station * 10 + day as usize;
    tenths as f64 / 10.0
}

/// A path with its parameters, escaped.
pub fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut link = url::Url::parse("http://localhost").unwrap();
    link.set_path(path);
    if !parameters.is_empty() {
        link.query_pairs_mut().extend_pairs(parameters);
    }
    bare(link.as_str())
}

/// A link of this node without its scheme and host.
pub fn bare(link: &str) -> String {
    link.strip_prefix("http://localhost").unwrap_or(link).to_owned()
}

/// The document of a path, which must be there.
pub async fn get(client: &Client, path: &str) -> Value {
    let reply = client.get(path).await.unwrap();
    let status = reply.status;
    let document = reply.json();
    assert!(status.is_success(), "{path}: {status} {document}");
    document
}

/// The status and the problem of a path that must not answer.
pub async fn refused(client: &Client, path: &str) -> (u16, Value) {
    let reply = client.get(path).await.unwrap();
    assert!(!reply.status.is_success(), "{path}: {}", reply.json());
    assert_eq!(reply.media_type.split(';').next(), Some("application/problem+json"), "{path}");
    (reply.status.as_u16(), reply.json())
}

/// A text of a document.
pub fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("`{name}` is no text in {value}"))
}

/// The list at a name of a document.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("`{name}` is no list in {value}"))
}

/// The text of a path, which must be there.
pub async fn page(client: &Client, path: &str) -> String {
    let reply = client.get(path).await.unwrap();
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(reply.status.is_success(), "{path}: {} {text}", reply.status);
    text
}
