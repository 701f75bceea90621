//! Two nodes on one PostgreSQL and one S3: either may write, and neither harms what the other does.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use chrono::Utc;
use futures::StreamExt;
use intake::{Load, Watch};
use model::{DatasetId, Run, RunId, RunKind, RunState, RunTotals, Version};
use policy::{Principal, Purpose};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::{Backend, S3Server, TestNode, postgres_database};
use tower::ServiceExt;

const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";

/// Servers that nodes share; they end with the value.
struct Shared {
    backend: Backend,
    _server: S3Server,
}

async fn shared() -> Option<Shared> {
    let catalog = postgres_database().await?;
    let server = S3Server::start().await;
    let store_options = server.options().into_iter().collect();
    let backend = Backend { catalog: Some(catalog), store: Some(server.url("both")), store_options };
    Some(Shared { backend, _server: server })
}

/// Asks a node until it answers as expected; what one node does, the other knows a moment later.
async fn until(node: &TestNode, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let ask = async {
        loop {
            if let Ok(reply) = node.system().get(path).await.unwrap().ok() {
                last = reply.json();
                if holds(&last) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), ask).await.is_ok();
    assert!(in_time, "the other node did not come to know it: {path}: {last}");
    last
}

fn file(day: usize, first: usize) -> Vec<u8> {
    let mut text = "station,time,salinity\n".to_owned();
    for hour in 0..24 {
        let hundredths = (first + hour) as f64 / 100.0;
        text.push_str(&format!("station:cau_noi,2020-03-{day:02} {hour:02}:00,{hundredths}\n"));
    }
    text.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_nodes_write_at_once_is_all_there_exactly_once() {
    let Some(shared) = shared().await else { return };
    let (a, b) =
        (TestNode::start_on(shared.backend.clone()).await, TestNode::start_on(shared.backend.clone()).await);
    a.dataset("gauge", "observations", "open").await;
    until(&b, "/v1/datasets/gauge", |_| true).await;

    let loads = (0..12).map(|n| {
        let node = if n % 2 == 0 { &a } else { &b };
        async move { node.hand_in("gauge", &format!("{n}.csv"), file(n + 1, n * 100), Some(MAPPING)).await }
    });
    // Whoever reads the changes, of either node in turn, is told of each version once.
    let clients = [a.system(), b.system()];
    let reader = async {
        let (mut told, mut turn, mut next) = (Vec::new(), 0, String::new());
        while told.len() < 12 {
            let from = if next.is_empty() { String::new() } else { format!("&cursor={next}") };
            let path = format!("/v1/changes?kind=data&limit=5&wait=20{from}");
            let page = clients[turn % 2].get(&path).await.unwrap().ok().unwrap().json();
            let items = page["items"].as_array().unwrap();
            told.extend(items.iter().map(|item| item["version"].as_u64().unwrap()));
            next = page["next"].as_str().unwrap().to_owned();
            turn += 1;
        }
        told
    };
    let (reports, told) = futures::join!(
        futures::future::join_all(loads),
        tokio::time::timeout(Duration::from_secs(120), reader)
    );
    // Two nodes may record two versions in either order; each is told once.
    let mut told = told.expect("every version is told");
    told.sort_unstable();
    assert_eq!(told, (1..=12).collect::<Vec<u64>>());
    let mut versions: Vec<u64> =
        reports.iter().map(|report| report.as_ref().unwrap()["run"]["version"].as_u64().unwrap()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=12).collect::<Vec<_>>());

    for node in [&a, &b] {
        let path = "/v1/datasets/gauge/observations?limit=1000";
        let page = until(node, path, |page| page["items"].as_array().unwrap().len() >= 288).await;
        let mut results: Vec<u64> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["result"].as_f64().unwrap() * 100.0).round() as u64)
            .collect();
        results.sort_unstable();
        let expected: Vec<u64> = (0..12).flat_map(|n| (0..24).map(move |hour| n * 100 + hour)).collect();
        assert_eq!(results, expected);
        let recorded = node.node().app().catalog.versions(&DatasetId::new("gauge").unwrap()).await.unwrap();
        let numbers: Vec<_> = recorded.iter().rev().map(|version| version.version).collect();
        assert_eq!(numbers, (1..=12).map(Version).collect::<Vec<_>>());
        assert_eq!(recorded[0].total, 288);
        assert_eq!(recorded.iter().map(|version| version.added).sum::<u64>(), 288);
    }
}

/// One address stands before both, and gives a client's requests to either in turn.
#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_to_both_in_turn_loses_nothing_that_was_acknowledged() {
    let Some(shared) = shared().await else { return };
    let nodes =
        [TestNode::start_on(shared.backend.clone()).await, TestNode::start_on(shared.backend.clone()).await];
    nodes[0].dataset("gauge", "observations", "open").await;
    until(&nodes[1], "/v1/datasets/gauge", |_| true).await;

    let path = "/v1/datasets/gauge/observations";
    let write = |writer: usize, turn: usize| {
        let client = nodes[(writer + turn) % 2].system();
        let time = format!("2020-04-{:02}T{turn:02}:00:00+07:00", writer + 1);
        let body = json!({
            "place": "station:cau_noi", "property": "salinity", "time": time, "value": turn, "unit": "g/L",
        });
        async move {
            let sent = client.send_json(Method::POST, path, &body).await.unwrap();
            let reply = sent.ok().unwrap_or_else(|problem| panic!("{time}: {problem}"));
            assert_eq!(reply.json()["refused"].as_array().map_or(0, Vec::len), 0, "{time}");
        }
    };
    let write = &write;
    let writers = (0..8).map(|writer| async move {
        for turn in 0..6 {
            write(writer, turn).await;
        }
    });
    futures::future::join_all(writers).await;
    for node in &nodes {
        let page = format!("{path}?limit=1000");
        let all =
            until(node, &page, |page| page["items"].as_array().is_some_and(|items| items.len() == 48)).await;
        let times = all["items"].as_array().unwrap().iter().map(|item| item["phenomenon_time"].to_string());
        let distinct: std::collections::BTreeSet<String> = times.collect();
        assert_eq!(distinct.len(), 48, "a value is there twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_through_one_node_is_read_through_the_other() {
    let Some(shared) = shared().await else { return };
    let (a, b) =
        (TestNode::start_on(shared.backend.clone()).await, TestNode::start_on(shared.backend.clone()).await);
    a.dataset("gauge", "observations", "open").await;
    let row =
        |value: &str| format!("station,time,salinity\nstation:cau_noi,2020-02-01,{value}\n").into_bytes();
    a.hand_in("gauge", "a.csv", row("3.5"), Some(MAPPING)).await.unwrap();
    let path = "/v1/datasets/gauge/observations";
    until(&b, path, |page| page["items"][0]["result"] == 3.5).await;
    // The other way round: the second node corrects what the first wrote, on the newest version.
    let corrected = b.hand_in("gauge", "b.csv", row("4.5"), None).await.unwrap();
    assert_eq!(
        (&corrected["run"]["version"], &corrected["run"]["totals"]["corrected"]),
        (&2.into(), &1.into())
    );
    until(&a, path, |page| page["items"][0]["result"] == 4.5).await;
}

/// A run as a killed node leaves it.
fn left_behind() -> Run {
    Run {
        id: RunId::new("0198a000-0000-7000-8000-00000000000a").unwrap(),
        dataset: DatasetId::new("gauge").unwrap(),
        kind: RunKind::Upload,
        state: RunState::Running,
        original: None,
        file_name: "a.csv".into(),
        sheets: Vec::new(),
        encodings: Vec::new(),
        forecast: None,
        pinned: Vec::new(),
        mapping: None,
        user: None,
        started_at: Utc::now(),
        finished_at: None,
        version: None,
        totals: RunTotals::default(),
        error: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_settled_by_the_other_node_when_its_own_is_silent_and_not_before() {
    let Some(shared) = shared().await else { return };
    let a = TestNode::start_on(shared.backend.clone()).await;
    a.dataset("gauge", "observations", "open").await;
    let run = left_behind();
    a.node().app().catalog.open_run(&run).await.unwrap();
    a.node().app().catalog.beat().await.unwrap();

    let b = TestNode::start_on(shared.backend.clone()).await;
    let (catalog, intake) = (&b.node().app().catalog, &b.node().app().intake);
    let state = async || catalog.run(&run.id).await.unwrap().unwrap().state;
    assert_eq!(state().await, RunState::Running, "the start of a node is no death of another");
    // A lease of no time: every look at which the other node is silent is one too many.
    let mut watch = Watch::with_lease(Duration::ZERO);
    for _ in 0..3 {
        assert!(intake.settle_abandoned(&mut watch, Utc::now()).await.unwrap().is_empty());
        a.node().app().catalog.beat().await.unwrap();
    }
    assert_eq!(state().await, RunState::Running);

    drop(a);
    assert!(intake.settle_abandoned(&mut watch, Utc::now()).await.unwrap().is_empty());
    let settled = intake.settle_abandoned(&mut watch, Utc::now()).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!((settled[0].id.clone(), state().await), (run.id.clone(), RunState::Failed));
    assert!(intake.settle_abandoned(&mut watch, Utc::now()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_under_way_ends_well_although_another_node_starts() {
    let Some(shared) = shared().await else { return };
    let a = TestNode::start_on(shared.backend.clone()).await;
    a.dataset("gauge", "observations", "open").await;
    let app = a.node().app().clone();
    let permit = app
        .catalog
        .authorize(&Principal::System, &DatasetId::new("gauge").unwrap(), Purpose::Write, Utc::now())
        .await
        .unwrap();
    let (rest, body) = futures::channel::mpsc::unbounded();
    rest.unbounded_send(Ok(bytes::Bytes::from_static(b"station,time,salinity\n"))).unwrap();
    let request = Load {
        file_name: "slow.csv".into(),
        body: body.boxed(),
        mapping: Some(MAPPING.into()),
        dry_run: false,
        now: Utc::now(),
    };
    let (begun, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let load = tokio::spawn(async move {
        let progress = move |step| {
            let _ = begun.send(step);
        };
        app.intake.load(&permit, request, &progress).await
    });
    heard.recv().await.expect("the load has begun");

    let b = TestNode::start_on(shared.backend.clone()).await;
    rest.unbounded_send(Ok(bytes::Bytes::from_static(b"station:cau_noi,2020-02-01,3.5\n"))).unwrap();
    drop(rest);
    let report = load.await.unwrap().unwrap();
    assert_eq!((report.run.state, report.run.version), (RunState::Done, Some(Version(1))));
    until(&b, "/v1/datasets/gauge/observations", |page| page["items"][0]["result"] == 3.5).await;
}

/// Of two who read the same feature, each on a node of its own, one writes: the commit looks again.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_a_feature_on_two_nodes_one_wins() {
    let Some(shared) = shared().await else { return };
    let (a, b) =
        (TestNode::start_on(shared.backend.clone()).await, TestNode::start_on(shared.backend.clone()).await);
    a.dataset("gates", "features", "open").await;
    let feature = json!({"type": "Feature", "id": "one", "properties": {"doors": 1, "writers": "none"},
        "geometry": {"type": "Point", "coordinates": [105.75, 10.05]}});
    let file = json!({"type": "FeatureCollection", "features": [feature]}).to_string();
    a.hand_in("gates", "gates.geojson", file.into_bytes(), None).await.unwrap();
    let path = "/ogc/collections/gates/items/one";
    until(&b, path, |_| true).await;

    for round in 0..6 {
        let (status, tag, now) = edit(&a, Method::GET, path, None, &Value::Null).await;
        assert_eq!(status, 200, "{now}");
        let change = |node: &str| json!({"properties": {"doors": round + 10, "writers": node}});
        // Sometimes one of the two deletes it.
        let second = if round == 5 { Method::DELETE } else { Method::PATCH };
        let (change_a, change_b) = (change("a"), change("b"));
        let (first, second) = futures::join!(
            edit(&a, Method::PATCH, path, Some(&tag), &change_a),
            edit(&b, second, path, Some(&tag), &change_b),
        );
        let mut statuses = [first.0, second.0];
        statuses.sort_unstable();
        assert!(statuses == [204, 412] || (round == 5 && statuses == [204, 404]), "{first:?} {second:?}");
        let winner = if first.0 == 204 { "a" } else { "b" };
        for node in [&a, &b] {
            if round < 5 {
                until(node, path, |item| item["properties"] == change(winner)["properties"]).await;
            }
        }
    }

    // Who says nothing of how it has to stand loses nothing either: each change is merged into the other.
    a.hand_in(
        "gates",
        "again.geojson",
        json!({"type": "FeatureCollection", "features": [feature]}).to_string().into_bytes(),
        None,
    )
    .await
    .unwrap();
    until(&b, path, |item| item["properties"]["doors"] == 1).await;
    let (doors, writers) = (json!({"properties": {"doors": 7}}), json!({"properties": {"writers": "both"}}));
    let (first, second) = futures::join!(
        edit(&a, Method::PATCH, path, None, &doors),
        edit(&b, Method::PATCH, path, None, &writers),
    );
    assert_eq!((first.0, second.0), (204, 204), "{first:?} {second:?}");
    for node in [&a, &b] {
        until(node, path, |item| item["properties"] == json!({"doors": 7, "writers": "both"})).await;
    }

    // One id is created once.
    let mut new = feature.clone();
    new["id"] = "new".into();
    let items = "/ogc/collections/gates/items";
    let (first, second) =
        futures::join!(edit(&a, Method::POST, items, None, &new), edit(&b, Method::POST, items, None, &new),);
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{first:?} {second:?}");
}

/// The status, the tag and the document that a node answers to an edit with.
async fn edit(
    node: &TestNode,
    method: Method,
    path: &str,
    expected: Option<&str>,
    body: &Value,
) -> (u16, String, Value) {
    let key = format!("Bearer {}", node.node().console_key().expose_secret());
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("authorization", key)
        .header("content-type", "application/geo+json");
    if let Some(tag) = expected {
        request = request.header("if-match", tag);
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = node.node().router().oneshot(request.body(body).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    let tag = head.headers.get("etag").map_or("", |tag| tag.to_str().unwrap()).to_owned();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (head.status.as_u16(), tag, serde_json::from_slice(&bytes).unwrap_or_default())
}
