//! The examples of answers in the OpenAPI document of `/v1` are answers that a node gave: a story on the
//! sample asks every operation, and with `UPDATE_SCHEMAS=1` writes down what it was told.
//!
//! Lists are cut to their first two items, and what is shown only once is not shown here. That each example
//! holds against its schema is judged by a validator of others (`tests/clients/openapi.py`).

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, header};
use futures::StreamExt;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use testkit::TestNode;
use tower::ServiceExt;

use crate::rasters::geotiff;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/serve/src/v1/answers.json");
const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";
/// Characters of a text that are shown.
const MOST_TEXT: usize = 400;

fn file(last: &str) -> String {
    format!("station,time,salinity\nstation:cau_noi,2020-02-01,3.9\nstation:tra_vinh,2020-02-01,{last}\n")
}

/// What a node says to each operation that has something to say.
struct Story {
    node: TestNode,
    answers: BTreeMap<String, Value>,
}

impl Story {
    async fn send(
        &mut self,
        operation: &str,
        method: Method,
        path: &str,
        media: &str,
        body: String,
    ) -> Value {
        let key = self.node.node().console_key();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::AUTHORIZATION, format!("Bearer {}", key.expose_secret()));
        if !media.is_empty() {
            request = request.header(header::CONTENT_TYPE, media);
        }
        let request = request.body(Body::from(body)).unwrap();
        let Ok(response) = self.node.node().router().oneshot(request).await;
        let status = response.status();
        let said = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let media = said(header::CONTENT_TYPE).split(';').next().unwrap_or("").trim().to_owned();
        let bytes = if media == "text/event-stream" {
            // It goes on for ever: the first event is there at once.
            response.into_body().into_data_stream().next().await.unwrap().unwrap()
        } else {
            axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
        };
        assert!(status.is_success(), "{operation} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        let whole: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut answer = json!({ "status": status.as_str(), "media": media });
        if media.ends_with("json") {
            let mut shown = whole.clone();
            cut(&mut shown);
            answer["value"] = shown;
        } else if let Ok(text) = std::str::from_utf8(&bytes) {
            answer["value"] = text.chars().take(MOST_TEXT).collect::<String>().into();
        } else {
            // Bytes are not shown in a document: it says where they are.
            answer["address"] = path.into();
        }
        if !bytes.is_empty() {
            self.answers.insert(operation.to_owned(), answer);
        }
        whole
    }

    async fn get(&mut self, operation: &str, path: &str) -> Value {
        self.send(operation, Method::GET, path, "", String::new()).await
    }

    async fn json(&mut self, operation: &str, method: Method, path: &str, body: &Value) -> Value {
        self.send(operation, method, path, "application/json", body.to_string()).await
    }

    /// Everything that can be read of the sample with the examples of the document's own parameters.
    async fn read(&mut self, document: &Value) {
        for (path, item) in document["paths"].as_object().unwrap() {
            let Some(operation) = item.get("get") else { continue };
            let id = operation["operationId"].as_str().unwrap().to_owned();
            if self.answers.contains_key(&id) {
                continue;
            }
            let mut link = url::Url::parse("http://localhost").unwrap();
            let mut target = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let Some(example) = parameter.get("example") else { continue };
                let name = parameter["name"].as_str().unwrap();
                let value = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
                match parameter["in"].as_str() {
                    Some("path") => target = target.replace(&format!("{{{name}}}"), &value),
                    Some("query") => drop(link.query_pairs_mut().append_pair(name, &value)),
                    _ => {}
                }
            }
            link.set_path(&target);
            let address = link.as_str().strip_prefix("http://localhost").unwrap().to_owned();
            self.get(&id, &address).await;
        }
    }

    async fn people(&mut self, bodies: &Value) {
        self.json("post_users", Method::POST, "/v1/users", &bodies["post_users"]).await;
        self.json("put_users_id", Method::PUT, "/v1/users/lan", &bodies["put_users_id"]).await;
        let keys = "/v1/users/lan/keys";
        self.json("post_users_id_keys", Method::POST, keys, &bodies["post_users_id_keys"]).await;
        self.json("post_grants", Method::POST, "/v1/grants", &bodies["post_grants"]).await;
        let aliases = "/v1/agencies/cuulong/place-aliases";
        let alias = &bodies["post_agencies_id_place_aliases"];
        self.json("post_agencies_id_place_aliases", Method::POST, aliases, alias).await;
        self.json("post_places", Method::POST, "/v1/places", &bodies["post_places"]).await;
        self.json("post_properties", Method::POST, "/v1/properties", &bodies["post_properties"]).await;
        self.json("post_datasets", Method::POST, "/v1/datasets", &bodies["post_datasets"]).await;
        let hook = self.json("post_webhooks", Method::POST, "/v1/webhooks", &bodies["post_webhooks"]).await;
        let hook = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
        self.get("get_webhooks_id", &hook).await;
        self.json("post_webhooks_id_redeliver", Method::POST, &format!("{hook}/redeliver"), &Value::Null)
            .await;
    }

    /// A dataset of its own: handed in, looked at, corrected, tested again and taken back.
    async fn gauge(&mut self) {
        self.node.dataset("gauge", "observations", "open").await;
        let own = "/v1/datasets/gauge";
        let guess = format!("{own}/mapping-guesses?file_name=a.csv");
        let bytes = "application/octet-stream";
        self.send("post_datasets_id_mapping_guesses", Method::POST, &guess, bytes, file("4.3")).await;
        let mapping = format!("{own}/mapping");
        self.send("", Method::PUT, &mapping, "application/toml", MAPPING.into()).await;
        self.get("get_datasets_id_mapping", &mapping).await;
        self.get("get_datasets_id_mappings_number", &format!("{own}/mappings/1")).await;
        let hand_in = format!("{own}/uploads?file_name=a.csv");
        let report =
            self.send("post_datasets_id_uploads", Method::POST, &hand_in, bytes, file("it rained")).await;
        let run = format!("/v1/runs/{}", report["run"]["id"].as_str().unwrap());
        for part in ["", "/findings", "/sheet", "/original", "/marked"] {
            let operation = format!("get_runs_id{}", part.replace('/', "_"));
            self.get(&operation, &format!("{run}{part}")).await;
        }
        let stage = format!("{own}/uploads?stage=true&file_name=b.csv");
        let draft = self.send("", Method::POST, &stage, bytes, file("4.7")).await;
        let draft = format!("/v1/runs/{}", draft["run"]["id"].as_str().unwrap());
        let look = format!("{draft}/draft");
        self.get("get_runs_id_draft", &look).await;
        self.send("put_runs_id_draft", Method::PUT, &look, "application/toml", MAPPING.into()).await;
        self.json("post_runs_id_commit", Method::POST, &format!("{draft}/commit"), &Value::Null).await;
        // The same once more changes nothing: that succeeds under another status.
        self.send("post_datasets_id_uploads 200", Method::POST, &hand_in, bytes, file("4.7")).await;
        let same = self.send("", Method::POST, &stage, bytes, file("4.7")).await;
        let same = format!("/v1/runs/{}/commit", same["run"]["id"].as_str().unwrap());
        self.json("post_runs_id_commit 200", Method::POST, &same, &Value::Null).await;
        self.get("get_datasets_id_differences", &format!("{own}/differences?from=1&to=2")).await;
        let limits = "version = 1\n[[limit]]\nproperty = \"salinity\"\nsuspect = [0, 4.2]\n";
        self.send("", Method::PUT, &format!("{own}/limits"), "application/toml", limits.into()).await;
        self.get("get_datasets_id_limits", &format!("{own}/limits")).await;
        let again = format!("{own}/recheck");
        self.json("post_datasets_id_recheck", Method::POST, &again, &Value::Null).await;
        let back = format!("{draft}/withdraw");
        let reason = json!({ "reason": "the sheet was that of another month" });
        let taken = self.json("post_runs_id_withdraw", Method::POST, &back, &reason).await;
        let taken = format!("/v1/runs/{}/amendment", taken["run"]["id"].as_str().unwrap());
        self.get("get_runs_id_amendment", &taken).await;
        let value = json!({ "place": "station:cau_noi", "property": "salinity",
            "time": "2026-02-03T07:00:00+07:00", "value": 3.9, "unit": "g/L" });
        let observed = format!("{own}/observations");
        self.json("post_datasets_id_observations", Method::POST, &observed, &value).await;
    }

    async fn surface(&mut self) {
        self.node.dataset("surface", "coverage", "open").await;
        let raster = geotiff(20, 12, |column, row| (column * row) as f32);
        self.node.hand_in("surface", "do_1.tif", raster, None).await.unwrap();
        let own = "/v1/datasets/surface/coverages";
        self.get("get_datasets_id_coverages", own).await;
        self.get("get_datasets_id_coverages_item", &format!("{own}/do_1")).await;
        self.get("get_datasets_id_coverages_item_file", &format!("{own}/do_1/file")).await;
    }
}

/// Lists are shown by their first two items; secrets are not shown.
fn cut(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.truncate(2);
            items.iter_mut().for_each(cut);
        }
        Value::Object(fields) => fields.values_mut().for_each(cut),
        Value::String(text) => {
            for secret in ["clk_", "whsec_"] {
                if text.starts_with(secret) {
                    *text = format!("{secret}…");
                }
            }
        }
        _ => {}
    }
}

/// The names in an answer and what kind of thing each is: what stays from one node to another.
fn shape(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                shape(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, &format!("{at}[]"), found)),
        Value::Null => drop(found.insert(format!("{at} null"))),
        Value::Bool(_) => drop(found.insert(format!("{at} bool"))),
        Value::Number(_) => drop(found.insert(format!("{at} number"))),
        Value::String(_) => drop(found.insert(format!("{at} text"))),
    }
}

fn shapes(answers: &Map<String, Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (operation, answer) in answers {
        // Which statements are slow depends on the machine.
        if operation == "get_admin_slow_queries" {
            continue;
        }
        shape(&answer["value"], operation, &mut found);
        found.insert(format!("{operation} is {} {}", answer["status"], answer["media"]));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_in_the_document_are_answers_of_a_node() {
    let node = TestNode::start().await;
    testkit::load_sample(node.node().app()).await;
    let document = node.public().get("/v1/openapi.json").await.unwrap().ok().unwrap().json();
    let mut bodies = json!({});
    for (_, item) in document["paths"].as_object().unwrap() {
        for (_, operation) in item.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            bodies[operation["operationId"].as_str().unwrap()] = body.clone();
        }
    }
    let mut story = Story { node, answers: BTreeMap::new() };
    story.people(&bodies).await;
    story.gauge().await;
    story.surface().await;
    let recipe = "/v1/recipes/salinity_daily_max/runs";
    story.json("post_recipes_id_runs", Method::POST, recipe, &Value::Null).await;
    story.json("post_sql", Method::POST, "/v1/sql", &bodies["post_sql"]).await;
    let described = "/v1/datasets/salinity_2h";
    story.json("put_datasets_id", Method::PUT, described, &bodies["put_datasets_id"]).await;
    story.get("get_changes_stream", "/v1/changes/stream?since=2000-01-01T00:00:00Z").await;
    story.read(&document).await;
    story.answers.remove("");

    let told: Map<String, Value> = story.answers.into_iter().collect();
    if std::env::var("UPDATE_SCHEMAS").is_ok_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&Value::Object(told.clone())).unwrap();
        std::fs::write(PATH, text + "\n").unwrap();
    }
    let committed: Map<String, Value> = serde_json::from_slice(&std::fs::read(PATH).unwrap()).unwrap();
    let (was, is) = (shapes(&committed), shapes(&told));
    let changed: Vec<&String> = was.symmetric_difference(&is).collect();
    assert!(changed.is_empty(), "answers have another shape (renew with UPDATE_SCHEMAS=1): {changed:#?}");
    // Every operation whose success has a body shows one.
    for (_, item) in document["paths"].as_object().unwrap() {
        for (_, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let mut good = operation["responses"].as_object().unwrap().iter();
            let has_body =
                good.any(|(status, said)| status.starts_with('2') && said.get("content").is_some());
            assert_eq!(has_body, committed.contains_key(id), "{id}");
        }
    }
}
