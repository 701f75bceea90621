//! Changes: by cursor, by waiting, as a stream of events, and as messages of WIS 2.0.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Client, TestNode};
use tower::ServiceExt;

use crate::world::{self, get, list, refused, text, with};

/// Every change that the client is told, page by page, with the last cursor.
async fn all(client: &Client, more: &[(&str, &str)]) -> (Vec<Value>, String) {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut parameters = vec![("limit", "2")];
        parameters.extend(more.iter().filter(|(name, _)| cursor.is_none() || *name != "since"));
        parameters.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = get(client, &with("/v1/changes", &parameters)).await;
        items.extend(list(&page, "items").iter().cloned());
        cursor = Some(text(&page, "next").to_owned());
        if page["more"] == false {
            return (items, cursor.unwrap());
        }
    }
}

fn told(items: &[Value]) -> Vec<String> {
    items
        .iter()
        .map(|item| format!("{} {} {}", text(item, "kind"), text(item, "dataset"), item["version"]))
        .collect()
}

async fn add(node: &TestNode, dataset: &str, day: u32, value: f64) {
    let file = format!("station,date,value\nstation:cau_noi,2021-01-{day:02},{value}\n");
    node.hand_in(dataset, "more.csv", file.into_bytes(), None).await.unwrap();
}

#[tokio::test]
async fn who_keeps_the_cursor_is_told_everything_once_and_only_what_may_be_known() {
    let node = world::node().await;
    let (items, cursor) = all(&node.public(), &[]).await;
    let expected = [
        "registered salinity_daily null",
        "data salinity_daily 1",
        "data salinity_daily 2",
        "registered salinity_shared null",
        "data salinity_shared 1",
        "registered sluices null",
        "data sluices 1",
    ];
    assert_eq!(told(&items), expected);
    let first = &items[1];
    assert_eq!((first["added"].as_u64(), first["total"].as_u64()), (Some(84), Some(84)));
    assert_eq!(first["licence"], "CC0-1.0");
    // Where nothing follows that may be told, there is no more, whatever else follows.
    let last = get(&node.public(), "/v1/changes?limit=5").await;
    let next = with("/v1/changes", &[("cursor", text(&last, "next")), ("limit", "2")]);
    assert_eq!(
        (list(&last, "items").len(), get(&node.public(), &next).await["more"].clone()),
        (5, json!(false))
    );
    // What is linked is there, at this version.
    let canonical = list(first, "links").iter().find(|link| link["rel"] == "canonical").unwrap();
    let data = world::page(&node.public(), &world::bare(text(canonical, "href"))).await;
    assert_eq!(data.lines().count(), 85, "the first version alone: {data}");
    // The node's own console is told of the restricted one too, and of nothing twice.
    let (everything, _) = all(&node.system(), &[]).await;
    let hidden: Vec<_> = told(&everything).into_iter().filter(|line| line.contains("secret")).collect();
    assert_eq!(hidden, ["registered salinity_secret null", "data salinity_secret 1"]);
    let names: std::collections::HashSet<_> = everything.iter().map(|item| text(item, "id")).collect();
    assert_eq!(names.len(), everything.len());
    let same = everything.iter().find(|item| item["dataset"] == "sluices").unwrap();
    assert_eq!(same["id"], items[5]["id"], "a change has one name for everyone");
    // From the cursor on: nothing, then what is new, also after a restart.
    let mut node = node;
    let again = get(&node.public(), &with("/v1/changes", &[("cursor", &cursor)])).await;
    assert!(list(&again, "items").is_empty());
    add(&node, "salinity_daily", 1, 2.5).await;
    add(&node, "salinity_secret", 1, 2.5).await;
    node.restart().await;
    let later = get(&node.public(), &with("/v1/changes", &[("cursor", &cursor)])).await;
    assert_eq!(told(list(&later, "items")), ["data salinity_daily 3"]);
    add(&node, "salinity_daily", 1, 2.75).await;
    let next = text(&later, "next");
    let last = get(&node.public(), &with("/v1/changes", &[("cursor", next)])).await;
    assert_eq!(told(list(&last, "items")), ["correction salinity_daily 4"]);
}

#[tokio::test]
async fn a_right_that_is_given_is_told_to_whom_it_is_given() {
    let node = world::node().await;
    let lan = node.user("lan", "user", Some("gso"), "read").await;
    let minh = node.user("minh", "user", Some("gso"), "read").await;
    let (_, lans) = all(&lan, &[]).await;
    let (_, minhs) = all(&minh, &[]).await;
    let grant = json!({ "dataset": "salinity_secret", "user": "lan", "level": "read" });
    node.system().send_json(Method::POST, "/v1/grants", &grant).await.unwrap().ok().unwrap();
    add(&node, "salinity_secret", 2, 1.5).await;
    let page = get(&lan, &with("/v1/changes", &[("cursor", &lans)])).await;
    assert_eq!(told(list(&page, "items")), ["granted salinity_secret null", "data salinity_secret 2"]);
    let page = get(&minh, &with("/v1/changes", &[("cursor", &minhs)])).await;
    assert!(list(&page, "items").is_empty(), "{page}");
    assert_eq!(page["more"], false);
}

#[tokio::test]
async fn changes_can_be_narrowed_and_wrong_wishes_say_what_is_wrong() {
    let node = world::node().await;
    let client = node.public();
    for (parameters, expected) in [
        (vec![("dataset", "sluices")], vec!["registered sluices null", "data sluices 1"]),
        (
            vec![("kind", "data"), ("place", "station:cau_noi")],
            vec!["data salinity_daily 1", "data salinity_daily 2"],
        ),
        (vec![("property", "salinity"), ("kind", "registered")], vec!["registered salinity_daily null"]),
        (vec![("place", "station:tan_chau")], vec![]),
        (vec![("since", "2999-01-01T00:00:00Z")], vec![]),
        (vec![("since", "now")], vec![]),
        (vec![("dataset", "salinity_secret")], vec![]),
    ] {
        let (items, _) = all(&client, &parameters).await;
        assert_eq!(told(&items), expected, "{parameters:?}");
    }
    let (items, _) = all(&node.system(), &[("place", "station:tan_chau"), ("kind", "data,correction")]).await;
    assert_eq!(told(&items), ["data salinity_shared 1", "data salinity_secret 1"]);
    for (parameters, at) in [
        (vec![("cursor", "abc")], "cursor"),
        (vec![("cursor", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")], "cursor"),
        (vec![("since", "yesterday")], "since"),
        (vec![("kind", "exploded")], "kind"),
        (vec![("limit", "0")], "limit"),
        (vec![("wait", "9999")], "wait"),
        (vec![("format", "xml")], "format"),
    ] {
        let (status, problem) = refused(&client, &with("/v1/changes", &parameters)).await;
        assert_eq!((status, problem["at"].as_str()), (400, Some(at)), "{problem}");
    }
}

#[tokio::test]
async fn a_cursor_of_a_past_that_was_given_up_is_gone() {
    let node = world::node().await;
    let page = get(&node.public(), "/v1/changes?limit=1").await;
    let cursor = text(&page, "next").to_owned();
    node.node().app().catalog.prune_feed(2).await.unwrap();
    let (status, problem) = refused(&node.public(), &with("/v1/changes", &[("cursor", &cursor)])).await;
    assert_eq!((status, text(&problem, "type")), (410, "/problems/cursor-gone"));
    assert!(text(&problem, "advice").contains("since=now"), "{problem}");
    let (status, _) = refused(&node.public(), &with("/v1/changes/stream", &[("cursor", &cursor)])).await;
    assert_eq!(status, 410);
    // Without a cursor one begins with what is kept.
    let (items, _) = all(&node.public(), &[]).await;
    assert_eq!(told(&items), ["registered sluices null", "data sluices 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_answered_when_something_happens() {
    let node = world::node().await;
    let client = node.public();
    let now = get(&client, "/v1/changes?since=now").await;
    let path = with("/v1/changes", &[("cursor", text(&now, "next")), ("wait", "60")]);
    let waiting = tokio::spawn(async move { get(&client, &path).await });
    // What it may not know of does not answer it.
    add(&node, "salinity_secret", 3, 1.0).await;
    add(&node, "salinity_daily", 3, 1.0).await;
    let page = tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
    assert_eq!(told(list(&page, "items")), ["data salinity_daily 3"]);
}

/// The events of a stream as they come: the field of each that is asked for.
struct Events {
    body: futures::stream::BoxStream<'static, Result<axum::body::Bytes, axum::Error>>,
    text: String,
}

impl Events {
    async fn open(node: &TestNode, path: &str, last: Option<&str>, key: Option<&str>) -> Events {
        let mut request = Request::get(path).header(header::HOST, "localhost");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let response = node.node().router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Events { body: response.into_body().into_data_stream().boxed(), text: String::new() }
    }

    /// The next event: its kind, its id and its data. Comments are passed over.
    async fn next(&mut self) -> (String, String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let lines = event.lines().filter_map(|line| line.strip_prefix(name));
                    lines.map(str::trim).collect::<String>()
                };
                if field("event:").is_empty() {
                    continue;
                }
                let data = serde_json::from_str(&field("data:")).unwrap_or_default();
                return (field("event:"), field("id:"), data);
            }
            let wait = Duration::from_secs(30);
            let bytes = tokio::time::timeout(wait, self.body.next()).await.unwrap().unwrap().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_its_reader_was() {
    let node = world::node().await;
    let mut events = Events::open(&node, "/v1/changes/stream?kind=data", None, None).await;
    let (kind, began, _) = events.next().await;
    assert_eq!(kind, "ready");
    add(&node, "salinity_secret", 4, 1.0).await;
    add(&node, "salinity_daily", 4, 1.0).await;
    let (kind, seen, data) = events.next().await;
    assert_eq!(
        (kind.as_str(), told(std::slice::from_ref(&data))),
        ("change", vec!["data salinity_daily 3".to_owned()])
    );
    assert_eq!(data["cursor"].as_str().map(str::len), Some(seen.len()));
    drop(events);
    add(&node, "salinity_daily", 5, 1.0).await;
    let mut again = Events::open(&node, "/v1/changes/stream?kind=data", Some(&seen), None).await;
    assert_eq!(again.next().await.0, "ready");
    assert_eq!(told(&[again.next().await.2]), ["data salinity_daily 4"]);
    let mut from_the_beginning =
        Events::open(&node, "/v1/changes/stream?kind=data", Some(&began), None).await;
    from_the_beginning.next().await;
    assert_eq!(told(&[from_the_beginning.next().await.2]), ["data salinity_daily 3"]);
    assert_eq!(told(&[from_the_beginning.next().await.2]), ["data salinity_daily 4"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_key_that_opened_it_and_nobody_opens_too_many() {
    let node = world::node().await;
    let user = json!({ "id": "lan", "name": "lan", "role": "user", "agency": "cuulong" });
    let system = node.system();
    system.send_json(Method::POST, "/v1/users", &user).await.unwrap().ok().unwrap();
    let key = json!({ "label": "test", "scope": "read" });
    let made = system.send_json(Method::POST, "/v1/users/lan/keys", &key).await.unwrap().ok().unwrap().json();
    let secret = text(&made, "key").to_owned();
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(Events::open(&node, "/v1/changes/stream", None, Some(&secret)).await);
    }
    let reply = node.with_key(&secret).get("/v1/changes/stream").await.unwrap();
    assert_eq!(
        (reply.status.as_u16(), reply.json()["type"].as_str()),
        (429, Some("/problems/too-many-requests"))
    );
    let mut kept = streams.pop().unwrap();
    drop(streams);
    Events::open(&node, "/v1/changes/stream", None, Some(&secret)).await;
    assert_eq!(kept.next().await.0, "ready");
    add(&node, "salinity_secret", 6, 1.0).await;
    assert_eq!(told(&[kept.next().await.2]), ["data salinity_secret 2"], "of its own agency");
    let keys = get(&system, "/v1/users/lan/keys").await;
    let path = format!("/v1/keys/{}", list(&keys, "items")[0]["id"]);
    system.send(Method::DELETE, &path, "", Body::empty()).await.unwrap().ok().unwrap();
    add(&node, "salinity_secret", 7, 1.0).await;
    let (kind, _, problem) = kept.next().await;
    assert_eq!((kind.as_str(), text(&problem, "type")), ("end", "/problems/invalid-credentials"));
}

#[tokio::test]
async fn versions_are_told_as_messages_of_wis_2() {
    let node = world::node().await;
    let client = node.public();
    let messages = get(&client, "/v1/changes?format=wnm").await;
    let features = list(&messages, "features");
    assert_eq!(features.len(), 4, "versions alone: {messages}");
    let first = &features[0];
    assert_eq!(first["conformsTo"], json!(["http://wis.wmo.int/spec/wnm/1/conf/core"]));
    assert_eq!(first["properties"]["data_id"], "vn-cuulong/salinity_daily/1");
    assert_eq!(first["properties"]["topic"], "origin/a/wis2/vn-cuulong/data/recommended/hydrology");
    // The hash is that of what the first link leads to.
    let link = &list(first, "links")[0];
    assert_eq!(link["rel"], "canonical");
    let reply = client.get(&world::bare(text(link, "href"))).await.unwrap().ok().unwrap();
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(&reply.body));
    assert_eq!(first["properties"]["integrity"], json!({ "method": "sha256", "value": hash }));
    // Who may not have the file is led to what there is to know.
    let shared =
        features.iter().find(|message| message["properties"]["data_id"] == "vn-cuulong/salinity_shared/1");
    assert_eq!(shared.unwrap()["properties"].get("integrity"), None);
    let next = world::bare(text(&list(&messages, "links")[0], "href"));
    add(&node, "salinity_daily", 8, 1.0).await;
    let run = get(&client, "/v1/datasets/salinity_daily/runs").await;
    let run = text(&list(&run, "items")[0], "id").to_owned();
    let path = format!("/v1/runs/{run}/withdraw");
    let reply = node.system().send_json(Method::POST, &path, &json!({ "reason": "a test" })).await.unwrap();
    reply.ok().unwrap();
    let later = get(&client, &next).await;
    let rels: Vec<&str> =
        list(&later, "features").iter().map(|message| text(&list(message, "links")[0], "rel")).collect();
    assert_eq!(rels, ["canonical", "deletion"], "{later}");
    // What is gone is named and linked as it was announced.
    let [new, gone] = [0, 1].map(|at| &list(&later, "features")[at]);
    assert_eq!(gone["properties"]["data_id"], new["properties"]["data_id"]);
    assert_eq!(list(gone, "links")[0]["href"], list(new, "links")[0]["href"]);
    assert_ne!(gone["id"], new["id"]);
}

#[tokio::test]
async fn messages_of_wis_2_say_what_they_amend_and_of_when_it_is() {
    let node = world::node().await;
    let client = node.public();
    let messages = get(&client, "/v1/changes?format=wnm").await;
    let when = |message: &Value| {
        ["datetime", "start_datetime", "end_datetime"].map(|name| {
            message["properties"].get(name).map(|time| time.as_str().unwrap_or("null").to_owned())
        })
    };
    let said = |time: &str| Some(time.to_owned());
    let features = list(&messages, "features");
    assert_eq!(when(&features[0]), [None, said("2020-01-31T17:00:00Z"), said("2020-02-27T17:00:00Z")]);
    assert_eq!(when(&features[1]), [None, said("2020-01-31T17:00:00Z"), said("2020-02-01T17:00:00Z")]);
    // Who may not read it is not told of when its values are.
    let shared = features.iter().find(|message| text(&message["properties"], "data_id").contains("shared"));
    assert_eq!(when(shared.unwrap()), [said("null"), None, None]);
    let next = world::bare(text(&list(&messages, "links")[0], "href"));
    // New, corrected, corrected once more, and the last correction taken back.
    for value in [2.5, 2.75, 3.0] {
        add(&node, "salinity_daily", 9, value).await;
    }
    let runs = get(&client, "/v1/datasets/salinity_daily/runs").await;
    let path = format!("/v1/runs/{}/withdraw", text(&list(&runs, "items")[0], "id"));
    let reply = node.system().send_json(Method::POST, &path, &json!({ "reason": "a test" })).await.unwrap();
    reply.ok().unwrap();
    // A file corrects what another one brought.
    let file = "station,date,value\nstation:ben_luc,2020-02-01,7.5\nstation:ben_luc,2020-02-02,7.5\n";
    let mapping = world::LONG.replace("{ STATISTIC }", "\"max\"");
    node.hand_in("salinity_daily", "a.csv", file.as_bytes().to_vec(), Some(&mapping)).await.unwrap();
    let later = get(&client, &next).await;
    let told: Vec<_> = list(&later, "features")
        .iter()
        .map(|message| {
            let name = text(&message["properties"], "data_id").rsplit('/').next().unwrap().to_owned();
            (text(&list(message, "links")[0], "rel").to_owned(), name)
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(rel, of)| (rel.as_str(), of.as_str())).collect();
    let expected = [("canonical", "3"), ("update", "3"), ("update", "3"), ("update", "3"), ("update", "1")];
    assert_eq!(told, expected, "{later}");
    let first = &list(&later, "features")[0];
    let time = when(first)[0].clone().unwrap();
    assert!(list(&later, "features")[..4].iter().all(|message| when(message)[0].as_ref() == Some(&time)));
}

#[tokio::test]
async fn what_is_edited_by_hand_is_an_update_of_what_brought_it() {
    let node = world::node().await;
    let items = "/ogc/collections/sluices/items";
    let send = async |method: Method, path: &str, media: &str, body: Value| {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        node.system().send(method, path, media, body).await.unwrap().ok().unwrap();
    };
    let new = json!({ "type": "Feature", "id": "new", "properties": { "name": "Cống mới" },
        "geometry": { "type": "Point", "coordinates": [105.5, 10.5] } });
    let change = json!({ "properties": { "width": 9.5 } });
    let merge = "application/merge-patch+json";
    send(Method::POST, items, "application/geo+json", new).await;
    send(Method::PATCH, &format!("{items}/gate-04"), merge, change.clone()).await;
    send(Method::PATCH, &format!("{items}/new"), merge, change.clone()).await;
    send(Method::PATCH, &format!("{items}/gate-04"), merge, json!({ "properties": { "width": 7.5 } })).await;
    send(Method::DELETE, &format!("{items}/gate-05"), "", Value::Null).await;
    let messages = get(&node.public(), "/v1/changes?format=wnm&dataset=sluices").await;
    let told: Vec<String> = list(&messages, "features")
        .iter()
        .map(|message| {
            let rel = text(&list(message, "links")[0], "rel");
            format!("{rel} {}", text(&message["properties"], "data_id").rsplit('/').next().unwrap())
        })
        .collect();
    let expected = ["canonical 1", "canonical 2", "update 1", "update 2", "update 1", "update 1"];
    assert_eq!(told, expected, "{messages}");
}

#[tokio::test]
async fn links_that_nobody_asked_for_lead_to_where_the_node_listens() {
    let node = testkit::TestNode::start().await;
    let app = node.node().app().clone();
    node.node().will_serve_at("0.0.0.0:8123".parse().unwrap());
    assert_eq!(serve::http::Links::own(&app).path("/v1/datasets"), "http://127.0.0.1:8123/v1/datasets");
    let settings = vec![("CUULONG_PUBLIC_URL", "https://data.example.vn")];
    let named = testkit::TestNode::start_configured(settings).await;
    named.node().will_serve_at("0.0.0.0:8123".parse().unwrap());
    let links = serve::http::Links::own(named.node().app());
    assert_eq!(links.path("/v1/datasets"), "https://data.example.vn/v1/datasets");
}
