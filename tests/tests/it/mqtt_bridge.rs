//! The bridge to another broker, judged by Mosquitto: what happens here is told there, what is published
//! there is kept here, and neither comes back as an echo.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Client, TestNode, mosquitto};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{sleep, timeout};

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"date\"]\n\
    zone = \"+07:00\"\n[[value]]\ncolumn = \"value\"\nproperty = \"salinity\"\nunit = \"g/L\"\nstatistic = \"max\"\nperiod = \"P1D\"\n";

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// A broker that keeps nothing, on a port of its own.
async fn broker(port: u16) -> Child {
    let folder = tempfile::tempdir().unwrap().keep();
    let config = folder.join("mosquitto.conf");
    std::fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\n")).unwrap();
    let child = Command::new("mosquitto")
        .args(["-c", config.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    std::fs::remove_dir_all(&folder).ok();
    child
}

async fn publish(port: u16, topic: &str, message: &str) {
    let sent = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q", "1", "-V", "5", "-t", topic, "-m", message])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
}

async fn values(client: &Client, path: &str) -> Vec<f64> {
    let page = client.get(path).await.unwrap().ok().unwrap().json();
    page["value"].as_array().unwrap().iter().map(|one| one["result"].as_f64().unwrap()).collect()
}

/// Asks until the values are these.
async fn until(client: &Client, path: &str, expected: &[f64]) {
    let wait = async {
        while values(client, path).await != expected {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("the values never are {expected:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_either_side_is_heard_on_the_other_once() {
    if !mosquitto() {
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut first = broker(port).await;
    let address: &'static str = format!("mqtt://127.0.0.1:{port}").leak();
    let mut node = TestNode::start_configured(vec![("CUULONG_MQTT_BRIDGE", address)]).await;
    node.dataset("salt", "observations", "open").await;
    node.dataset("secret", "observations", "restricted").await;
    for dataset in ["salt", "secret"] {
        let file = b"station,date,value\nstation:cau_noi,2020-02-01,1.5\n".to_vec();
        node.hand_in(dataset, "first.csv", file, Some(MAPPING)).await.unwrap();
    }
    // A writer of the agency, as whom the bridge does what it does; it may not know of what is hidden.
    let system = node.system();
    let user = json!({"id": "bridge", "name": "Cầu", "role": "user", "agency": "gso"});
    system.send_json(axum::http::Method::POST, "/v1/users", &user).await.unwrap().ok().unwrap();
    let key = json!({"label": "bridge", "scope": "write"});
    let made = system.send_json(axum::http::Method::POST, "/v1/users/bridge/keys", &key).await.unwrap();
    let key: &'static str = made.ok().unwrap().json()["key"].as_str().unwrap().to_owned().leak();
    let grant = json!({"dataset": "salt", "user": "bridge", "level": "write"});
    system.send_json(axum::http::Method::POST, "/v1/grants", &grant).await.unwrap().ok().unwrap();
    node.configure(vec![("CUULONG_MQTT_BRIDGE", address), ("CUULONG_MQTT_BRIDGE_KEY", key)]);
    node.restart().await;
    let node = node.serve().await;
    let system = node.system();
    let streams =
        system.get("/sta/v1.1/Datastreams?$expand=Observations").await.unwrap().ok().unwrap().json();
    let number = |dataset: &str| -> i64 {
        let all = streams["value"].as_array().unwrap();
        let own = all.iter().find(|one| one["properties"]["dataset"] == dataset);
        own.unwrap()["@iot.id"].as_i64().unwrap()
    };
    let (salt, secret) = (number("salt"), number("secret"));
    let path = format!("/sta/v1.1/Datastreams({salt})/Observations");
    let mut listening = Command::new("stdbuf")
        .args(["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", &port.to_string(), "-t", "#", "-F", "%t\t%p"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(listening.stdout.take().unwrap()).lines();
    // Until the bridge is up, what is published there reaches nobody.
    let value = |day: u32, result: f64| {
        json!({"phenomenonTime": format!("2020-03-{day:02}T00:00:00Z"), "result": result}).to_string()
    };
    let kept = async {
        let mut day = 0;
        loop {
            day = day % 28 + 1;
            publish(port, &format!("v1.1/Datastreams({salt})/Observations"), &value(day, 2.5)).await;
            sleep(Duration::from_millis(500)).await;
            if values(&system, &path).await.len() > 1 {
                return;
            }
        }
    };
    timeout(PATIENCE, kept).await.expect("what is published there is kept here");
    // What may not be known is not there for the bridge, and what is no observation is not kept.
    publish(port, &format!("v1.1/Datastreams({secret})/Observations"), &value(1, 9.0)).await;
    publish(port, &format!("v1.1/Datastreams({salt})/Observations"), "no observation").await;
    // What happens here is told there.
    let body = json!({"phenomenonTime": "2021-01-01T00:00:00Z", "result": 7.5});
    system.send_json(axum::http::Method::POST, &path, &body).await.unwrap().ok().unwrap();
    let hidden = format!("/sta/v1.1/Datastreams({secret})/Observations");
    system.send_json(axum::http::Method::POST, &hidden, &body).await.unwrap().ok().unwrap();
    let marker = json!({"phenomenonTime": "2021-01-02T00:00:00Z", "result": 8.5});
    system.send_json(axum::http::Method::POST, &path, &marker).await.unwrap().ok().unwrap();
    let mut told: Vec<(String, Value)> = Vec::new();
    let heard = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            let Some((topic, message)) = line.split_once('\t') else { continue };
            let message: Value = serde_json::from_str(message).unwrap_or_default();
            let is_last = topic == "v1.1/Observations" && message["result"] == json!(8.5);
            told.push((topic.to_owned(), message));
            if is_last {
                return;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect("what happens here is told there");
    let results: Vec<Value> = told
        .iter()
        .filter(|(topic, _)| topic == "v1.1/Observations")
        .map(|(_, one)| one["result"].clone())
        .collect();
    assert!(results.iter().filter(|one| **one == json!(7.5)).count() == 1, "{told:?}");
    assert!(told.iter().any(|(topic, _)| topic == "cuulong/changes/salt"), "{told:?}");
    assert!(
        !told
            .iter()
            .any(|(topic, message)| topic.contains("secret") || message.to_string().contains("secret")),
        "{told:?}"
    );
    assert_eq!(values(&system, &hidden).await, [1.5, 7.5]);
    // A broker that goes away and comes back hears what happened meanwhile.
    let before = values(&system, &path).await;
    first.kill().await.unwrap();
    let body = json!({"phenomenonTime": "2021-01-03T00:00:00Z", "result": 9.5});
    system.send_json(axum::http::Method::POST, &path, &body).await.unwrap().ok().unwrap();
    let mut expected = before.clone();
    expected.push(9.5);
    until(&system, &path, &expected).await;
    let _second = broker(port).await;
    let mut again = Command::new("stdbuf")
        .args([
            "-oL",
            "mosquitto_sub",
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-t",
            "v1.1/Observations",
            "-F",
            "%p",
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(again.stdout.take().unwrap()).lines();
    hears(&mut lines, 9.5, "what happened while the broker was away is told when it is back").await;
    // So is what happened while the bridge was not there: the place in the feed outlives the node.
    let kept = node.data().join("mqtt-bridge.place");
    let saved = async {
        while !kept.exists() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, saved).await.expect("the place is kept");
    let mut node = node.stopped().await;
    node.restart().await;
    let body = json!({"phenomenonTime": "2021-01-04T00:00:00Z", "result": 10.5});
    node.system().send_json(axum::http::Method::POST, &path, &body).await.unwrap().ok().unwrap();
    expected.push(10.5);
    until(&node.system(), &path, &expected).await;
    let node = node.serve().await;
    hears(&mut lines, 10.5, "what happened while the bridge was not there is told").await;
    node.stop().await;
}

/// Waits for a value.
async fn hears(lines: &mut Lines<BufReader<ChildStdout>>, result: f64, why: &str) {
    let heard = async {
        loop {
            let line = lines.next_line().await.unwrap().unwrap();
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if message["result"] == json!(result) {
                return;
            }
        }
    };
    timeout(PATIENCE, heard).await.expect(why);
}
