//! MQTT, judged by Mosquitto's clients, by paho, and by bytes that no client sends; over loopback.

use std::process::Stdio;
use std::time::Duration;

use axum::http::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Client, Served, TestNode, mosquitto, python};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

const MAPPING: &str = r#"
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
statistic = "max"
period = "P1D"
"#;

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// An open dataset with a series at two stations, and one that nobody may know of.
async fn node() -> Served {
    node_with(Vec::new()).await
}

async fn node_with(settings: Vec<(&'static str, &'static str)>) -> Served {
    let node = TestNode::start_configured(settings).await;
    for (dataset, access) in [("salt_open", "open"), ("salt_hidden", "restricted")] {
        node.dataset(dataset, "observations", access).await;
        let file = "station,date,value\nstation:cau_noi,2020-02-01,1.5\nstation:tra_vinh,2020-02-01,2.5\n";
        node.hand_in(dataset, "first.csv", file.as_bytes().to_vec(), Some(MAPPING)).await.unwrap();
    }
    node.serve().await
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(&path.replace(' ', "%20")).await.unwrap().ok().unwrap().json()
}

/// The number of a dataset's series at a station.
async fn series(node: &Served, dataset: &str, station: &str) -> i64 {
    let path = format!("/sta/v1.1/Things('{station}')/Datastreams?$filter=properties/dataset eq '{dataset}'");
    get(&node.system(), &path).await["value"][0]["@iot.id"].as_i64().unwrap()
}

async fn send(node: &Served, method: Method, path: &str, body: &Value) -> Value {
    let path = format!("/sta/v1.1/{}", path.replace(' ', "%20"));
    node.system().send_json(method, &path, body).await.unwrap().ok().unwrap().json()
}

async fn post(node: &Served, path: &str, body: &Value) -> Value {
    send(node, Method::POST, path, body).await
}

/// `mosquitto_sub`, once it has subscribed.
struct Listening {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listening {
    async fn begin(node: &Served, arguments: &[&str]) -> Listening {
        // What it says is told line by line, and not when there is much of it.
        let mut child = Command::new("stdbuf")
            .args([
                "-oL",
                "mosquitto_sub",
                "-h",
                "127.0.0.1",
                "-p",
                &node.mqtt.port().to_string(),
                "-d",
                "-F",
                "%t\t%p",
            ])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut listening = Listening { child, lines };
        while !listening.line().await.starts_with("Subscribed") {}
        listening
    }

    async fn line(&mut self) -> String {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("mosquitto_sub says something");
        line.unwrap().expect("mosquitto_sub goes on")
    }

    /// The next message: its topic and document.
    async fn next(&mut self) -> (String, Value) {
        loop {
            let line = self.line().await;
            if let Some((topic, document)) = line.split_once('\t') {
                return (topic.to_owned(), serde_json::from_str(document).unwrap());
            }
        }
    }
}

async fn mosquitto_pub(node: &Served, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &node.mqtt.port().to_string()])
        .args(arguments)
        .output()
        .await
        .unwrap();
    let words = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&words).into_owned())
}

/// `req/receive-updates-via-mqtt/receive-updates`, of entity sets, and
/// `req/create-observations-via-mqtt/observations-creation`.
#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_hears_what_is_posted_and_what_it_publishes_is_read() {
    if !mosquitto() {
        return;
    }
    let node = node().await;
    let id = series(&node, "salt_open", "station:cau_noi").await;
    let topic = format!("v1.1/Datastreams({id})/Observations");
    let selected = format!("{topic}?$select=result,phenomenonTime");
    let mut old = Listening::begin(&node, &["-t", &topic, "-q", "1"]).await;
    let mut new = Listening::begin(&node, &["-V", "5", "-t", &selected, "-t", "v1.1/Observations"]).await;
    let posted =
        post(&node, &topic[5..], &json!({"phenomenonTime": "2020-03-01T17:00:00Z", "result": 3.25})).await;
    let (heard_at, heard) = old.next().await;
    assert_eq!(
        (heard_at.as_str(), &heard["result"], &heard["@iot.id"]),
        (topic.as_str(), &json!(3.25), &posted["@iot.id"])
    );
    // Complete, as it is read over HTTP, with links to where the node listens.
    let own = format!("/sta/v1.1/Observations('{}')", posted["@iot.id"].as_str().unwrap());
    let read = get(&node.public(), &own).await;
    assert!(heard["@iot.selfLink"].as_str().unwrap().starts_with(&node.url), "{heard}");
    assert_eq!(heard, read);
    let mut heard = [new.next().await, new.next().await];
    heard.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(
        heard[0].1,
        json!({"result": 3.25, "phenomenonTime": "2020-03-01T17:00:00Z/2020-03-02T17:00:00Z"})
    );
    assert_eq!((heard[1].0.as_str(), &heard[1].1["result"]), ("v1.1/Observations", &json!(3.25)));
    // Published with a key, to a series and to all; both are commits that can be traced.
    let key = node.key.expose_secret().to_owned();
    for (to, day, result) in [(topic.as_str(), "2020-03-02", 3.5), ("v1.1/Observations", "2020-03-03", 3.75)]
    {
        let body = json!({"phenomenonTime": format!("{day}T17:00:00Z"), "result": result, "Datastream": {"@iot.id": id}});
        let (is_good, words) = mosquitto_pub(
            &node,
            &["-q", "1", "-u", "console", "-P", &key, "-t", to, "-m", &body.to_string()],
        )
        .await;
        assert!(is_good, "{words}");
        assert_eq!(old.next().await.1["result"], json!(result));
        let path = format!("/sta/v1.1/Datastreams({id})/Observations?$filter=result eq {result}");
        let read = get(&node.public(), &path).await["value"][0].clone();
        let trace = get(
            &node.public(),
            read["parameters"]["trace"].as_str().unwrap().split(&node.url).last().unwrap(),
        )
        .await;
        assert_eq!(trace["dataset"], "salt_open", "{trace}");
    }
    // A file that is handed in is heard of value by value.
    let mut upload = node.system();
    let file = "station,date,value\nstation:cau_noi,2020-04-01,1\nstation:cau_noi,2020-04-02,2\nstation:tra_vinh,2020-04-01,9\n";
    hand_in(&mut upload, "salt_open", file).await;
    assert_eq!(
        (old.next().await.1["result"].clone(), old.next().await.1["result"].clone()),
        (json!(1.0), json!(2.0))
    );
    // Whoever is nobody writes nothing; version 5 is told so, and the root says where all this is.
    let body = json!({"phenomenonTime": "2020-03-05T17:00:00Z", "result": 9}).to_string();
    let (_, words) = mosquitto_pub(&node, &["-V", "5", "-q", "1", "-d", "-t", &topic, "-m", &body]).await;
    assert!(words.contains("RC:135"), "{words}");
    let root = get(&node.public(), "/sta/v1.1").await;
    let wanted = "http://www.opengis.net/spec/iot_sensing/1.1/req/receive-updates-via-mqtt/receive-updates";
    let endpoints = [
        format!("mqtt://127.0.0.1:{}", node.mqtt.port()),
        format!("{}/mqtt", node.url.replacen("http", "ws", 1)),
    ];
    assert_eq!(root["serverSettings"][wanted]["endpoints"], json!(endpoints));
    drop((old, new));
    node.stop().await;
}

async fn hand_in(client: &mut Client, dataset: &str, file: &str) {
    let path = testkit::upload_path(dataset, "more.csv", Some(MAPPING), false);
    let file = bytes::Bytes::from(file.to_owned());
    let body = futures::StreamExt::boxed(futures::stream::once(async move { Ok(file) }));
    client.upload(&path, body).await.unwrap().ok().unwrap();
}

/// `req/receive-updates-via-mqtt/receive-updates`, of entity sets, entities, properties, and selections.
#[tokio::test(flavor = "multi_thread")]
async fn entities_and_properties_are_told_when_they_change_and_only_then() {
    if !mosquitto() {
        return;
    }
    let node = node().await;
    let id = series(&node, "salt_open", "station:cau_noi").await;
    let one = format!("v1.1/Datastreams({id})");
    let property = format!("{one}/description");
    let selected = "v1.1/Datastreams?$select=name";
    let mut things =
        Listening::begin(&node, &["-u", "c", "-P", node.key.expose_secret(), "-t", "v1.1/Things"]).await;
    let mut streams =
        Listening::begin(&node, &["-t", &one, "-t", &property, "-t", selected, "-q", "1"]).await;
    // What came to a series is no change of what it is.
    post(
        &node,
        &format!("Datastreams({id})/Observations"),
        &json!({"phenomenonTime": "2020-03-01T17:00:00Z", "result": 1}),
    )
    .await;
    send(&node, Method::PATCH, &format!("Datastreams({id})"), &json!({"description": "Mới"})).await;
    let mut heard = [streams.next().await, streams.next().await];
    heard.sort_by_key(|(topic, _)| topic.len());
    assert_eq!(
        (heard[0].0.as_str(), &heard[0].1["description"], &heard[0].1["@iot.id"]),
        (one.as_str(), &json!("Mới"), &json!(id))
    );
    assert_eq!(heard[1], (property, json!({"description": "Mới"})));
    send(&node, Method::PATCH, &format!("Datastreams({id})"), &json!({"name": "Tên mới"})).await;
    let mut heard = [streams.next().await, streams.next().await];
    heard.sort_by_key(|(topic, _)| topic.len());
    assert_eq!((heard[1].0.as_str(), &heard[1].1["name"]), (one.as_str(), &json!("Tên mới")));
    assert_eq!(heard[0], (selected.to_owned(), json!({"name": "Tên mới"})));
    let made = post(&node, "Things", &json!({"name": "Trạm nghe", "description": "Mới dựng"})).await;
    let (topic, heard) = things.next().await;
    assert_eq!(
        (topic.as_str(), &heard["@iot.id"], &heard["name"]),
        ("v1.1/Things", &made["@iot.id"], &json!("Trạm nghe"))
    );
    drop((things, streams));
    node.stop().await;
}

/// What may not be known is not there, for subscribers too, and ends when the right to it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_series_is_a_missing_one_and_a_right_that_is_withdrawn_ends_what_it_opened() {
    if !mosquitto() {
        return;
    }
    let node = node().await;
    let hidden = series(&node, "salt_hidden", "station:cau_noi").await;
    let topic = |id: i64| format!("v1.1/Datastreams({id})/Observations");
    let ask = async |id: i64, extra: &[&str]| {
        let port = node.mqtt.port().to_string();
        let output = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &port, "-d", "-W", "3", "-t", &topic(id)])
            .args(extra)
            .output()
            .await
            .unwrap();
        let words = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&words)
            .lines()
            .filter(|line| line.contains("ubscri"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    for version in [&["-V", "311"], &["-V", "5"]] {
        let (secret, missing) = (ask(hidden, version).await, ask(1, version).await);
        assert_eq!(secret.replace(&hidden.to_string(), "1"), missing);
        assert!(
            missing.contains("denied") || missing.contains("128") || missing.contains("143"),
            "{missing}"
        );
    }
    // A reader with a grant hears of it, until the grant is withdrawn.
    let system = node.system();
    let user = json!({ "id": "lan", "name": "Lan", "role": "user" });
    system.send_json(Method::POST, "/v1/users", &user).await.unwrap().ok().unwrap();
    let made = system
        .send_json(Method::POST, "/v1/users/lan/keys", &json!({ "label": "m", "scope": "read" }))
        .await
        .unwrap();
    let key = made.ok().unwrap().json()["key"].as_str().unwrap().to_owned();
    let grant = json!({ "dataset": "salt_hidden", "user": "lan", "level": "read" });
    let granted = system.send_json(Method::POST, "/v1/grants", &grant).await.unwrap().ok().unwrap().json();
    let topic = topic(hidden);
    let mut lan = Listening::begin(
        &node,
        &["-u", "lan", "-P", &key, "-t", &topic, "-t", "cuulong/changes/salt_hidden"],
    )
    .await;
    let mut public = Listening::begin(&node, &["-t", "cuulong/changes/#", "-t", "v1.1/Observations"]).await;
    let value =
        |day: u32| json!({"phenomenonTime": format!("2020-03-{day:02}T17:00:00Z"), "result": f64::from(day)});
    post(&node, &topic[5..], &value(1)).await;
    let mut heard = [lan.next().await, lan.next().await];
    heard.sort_by_key(|(topic, _)| topic.clone());
    assert_eq!(
        (&heard[0].1["dataset"], &heard[0].1["kind"]),
        (&json!("salt_hidden"), &json!("data")),
        "{heard:?}"
    );
    assert_eq!(heard[1].1["result"], json!(1.0));
    let path = format!(
        "/v1/grants/{}",
        granted["id"].as_str().map_or_else(|| granted["id"].to_string(), str::to_owned)
    );
    system.send_json(Method::DELETE, &path, &json!(null)).await.unwrap().ok().unwrap();
    post(&node, &topic[5..], &value(2)).await;
    let open = series(&node, "salt_open", "station:cau_noi").await;
    post(&node, &format!("Datastreams({open})/Observations"), &value(3)).await;
    // The public heard of what is open and of nothing else.
    let mut heard = [public.next().await, public.next().await];
    heard.sort_by_key(|(topic, _)| topic.clone());
    assert_eq!(
        (heard[0].0.as_str(), &heard[1].1["result"]),
        ("cuulong/changes/salt_open", &json!(3.0)),
        "{heard:?}"
    );
    // The reader hears the end of the grant at most, and no value.
    let more = timeout(Duration::from_secs(3), lan.next()).await;
    if let Ok((topic, document)) = more {
        assert!(topic.starts_with("cuulong/") && document["kind"] != "data", "{topic} {document}");
    }
    lan.child.kill().await.ok();
    drop(public);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paho_exchanges_messages_with_acknowledgements() {
    let Some(python) = python() else { return };
    let node = node().await;
    let (open, hidden) = (
        series(&node, "salt_open", "station:cau_noi").await,
        series(&node, "salt_hidden", "station:cau_noi").await,
    );
    let script = format!("{}/clients/mqtt.py", env!("CARGO_MANIFEST_DIR"));
    let arguments = [
        node.url.clone(),
        node.mqtt.port().to_string(),
        node.key.expose_secret().to_owned(),
        open.to_string(),
        hidden.to_string(),
    ];
    let certificate = node.data().join("sqlwire.crt").display().to_string();
    let output =
        Command::new(&python).arg(&script).args(&arguments).arg(&certificate).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && printed.trim_end().ends_with("ok"), "{printed}\n{complained}");
    node.stop().await;
}

/// A packet: its first byte and its body.
fn packet(head: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    let mut length = body.len();
    loop {
        let byte = (length & 0x7f) as u8;
        length >>= 7;
        bytes.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    bytes.extend_from_slice(body);
    bytes
}

const CONNECT: &[u8] = b"\0\x04MQTT\x04\x02\0\x3c\0\0";

fn subscribe(topic: &str) -> Vec<u8> {
    let mut body = vec![0, 1];
    body.extend_from_slice(&(topic.len() as u16).to_be_bytes());
    body.extend_from_slice(topic.as_bytes());
    body.push(0);
    packet(0x82, &body)
}

/// Sends bytes and gives back what is said until the connection ends.
async fn said(node: &Served, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(node.mqtt).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let end = timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    // A connection that is reset has ended, too.
    end.expect("the server ends the connection").ok();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_packets_end_their_own_connection_only() {
    let node = TestNode::start().await.serve().await;
    let connect = packet(0x10, CONNECT);
    let good = [0x20, 2, 0, 0];
    for (bytes, answer) in [
        (b"GET / HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(), &[][..]),
        (vec![0x10, 0xff, 0xff, 0xff, 0xff, 0x7f], &[][..]),
        (vec![0x10, 0xff, 0xff, 0xff, 0x7f], &[][..]),
        // MQTT 3.1, which is not spoken, is told so.
        (packet(0x10, b"\0\x06MQIsdp\x03\x02\0\x3c\0\0"), &[0x20, 2, 0, 1][..]),
        // A name and no password, a wrong password, a will that nobody would hear.
        (packet(0x10, b"\0\x04MQTT\x04\x82\0\x3c\0\0\0\x03lan"), &[0x20, 2, 0, 4][..]),
        (packet(0x10, b"\0\x04MQTT\x04\xc2\0\x3c\0\0\0\x03lan\0\x02no"), &[0x20, 2, 0, 4][..]),
        (packet(0x10, b"\0\x04MQTT\x04\x06\0\x3c\0\0\0\x01a\0\x01b"), &[0x20, 2, 0, 5][..]),
        // Silent for longer than it said it would be.
        (packet(0x10, b"\0\x04MQTT\x04\x02\0\x01\0\0"), &good[..]),
        // Twice connected; a packet of a server; a subscription without a filter; a length that lies.
        ([connect.clone(), connect.clone()].concat(), &good[..]),
        ([&connect[..], &packet(0x20, &[0, 0])].concat(), &good[..]),
        ([&connect[..], &packet(0x82, &[0, 1])].concat(), &good[..]),
        ([&connect[..], &packet(0x82, &[0, 1, 0xff, 0xff, b'a', 0])].concat(), &good[..]),
        ([&connect[..], &[0x30, 0xff, 0xff, 0xff, 0x7f][..]].concat(), &good[..]),
        // A topic with wildcards is none to publish to.
        ([&connect[..], &packet(0x30, b"\0\x03a/#x")].concat(), &good[..]),
    ] {
        assert_eq!(said(&node, &bytes).await, answer, "{bytes:?}");
    }
    // Filters that are none, shared ones and wildcards over entities are refused, each for itself.
    for topic in
        ["a/#/b", "$share/a/b", "v1.1/#", "v1.1/Things?$top=1", "v1.1/Nothing", "v1.1/Datastreams(1)/$ref"]
    {
        let bytes = [&connect[..], &subscribe(topic), &[0xe0, 0][..]].concat();
        assert_eq!(said(&node, &bytes).await, [&good[..], &[0x90, 3, 0, 1, 0x80][..]].concat(), "{topic}");
    }
    // Others are served as before.
    let bytes = [&connect[..], &subscribe("cuulong/changes/+"), &[0xc0, 0][..], &[0xe0, 0][..]].concat();
    assert_eq!(said(&node, &bytes).await, [&good[..], &[0x90, 3, 0, 1, 0][..], &[0xd0, 0][..]].concat());
    // More subscriptions than a client may have.
    let mut bytes = connect.clone();
    (0..101).for_each(|number| bytes.extend(subscribe(&format!("cuulong/changes/a{number}"))));
    bytes.extend([0xe0, 0]);
    let answer = said(&node, &bytes).await;
    assert!(answer.ends_with(&[0x90, 3, 0, 1, 0x80]) && answer[answer.len() - 6] == 0, "{answer:?}");
    node.stop().await;
}

/// A number of the node's, as it tells it; none before it counts.
async fn number(node: &Served, name: &str) -> f64 {
    let page = node.public().get("/metrics").await.unwrap().ok().unwrap();
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.map_or(0.0, |number| number.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_cut_off_and_the_others_hear_everything() {
    if !mosquitto() {
        return;
    }
    let node = node_with(vec![("CUULONG_MQTT_IDLE_SECONDS", "5")]).await;
    let mut stuck = TcpStream::connect(node.mqtt).await.unwrap();
    // It may be silent for long: it is cut for what it does not take.
    let connect = packet(0x10, b"\0\x04MQTT\x04\x02\x02\x58\0\0");
    stuck.write_all(&[&connect[..], &subscribe("v1.1/Observations")].concat()).await.unwrap();
    let mut answer = [0; 9];
    timeout(PATIENCE, stuck.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, [0x20, 2, 0, 0, 0x90, 3, 0, 1, 0]);
    let mut other = Listening::begin(&node, &["-k", "5", "-t", "cuulong/changes/+"]).await;
    let mut file = "station,date,value\n".to_owned();
    let first = chrono::NaiveDate::from_ymd_opt(1950, 1, 1).unwrap();
    for day in first.iter_days().take(25_000) {
        file += &format!("station:cau_noi,{day},1.5\nstation:tra_vinh,{day},2.5\n");
    }
    hand_in(&mut node.system(), "salt_open", &file).await;
    let (_, change) = other.next().await;
    assert_eq!(change["added"], json!(50_000), "{change}");
    let cut = async {
        while number(&node, "cuulong_mqtt_stalled_total").await < 1.0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, cut).await.expect("the client that reads nothing is cut off");
    hand_in(&mut node.system(), "salt_open", "station,date,value\nstation:cau_noi,2024-04-01,1\n").await;
    assert_eq!(other.next().await.1["added"], json!(1));
    drop((stuck, other));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_there_are_places_for_are_told_so() {
    let node = node_with(vec![("CUULONG_MQTT_CONNECTIONS", "1")]).await;
    let mut first = TcpStream::connect(node.mqtt).await.unwrap();
    first.write_all(&packet(0x10, CONNECT)).await.unwrap();
    let mut answer = [0; 4];
    timeout(PATIENCE, first.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, [0x20, 2, 0, 0]);
    assert_eq!(said(&node, &packet(0x10, CONNECT)).await, [0x20, 2, 0, 3]);
    // The one that has its place keeps it.
    first.write_all(&[0xc0, 0]).await.unwrap();
    let mut pong = [0; 2];
    timeout(PATIENCE, first.read_exact(&mut pong)).await.unwrap().unwrap();
    assert_eq!(pong, [0xd0, 0]);
    drop(first);
    node.stop().await;
}
