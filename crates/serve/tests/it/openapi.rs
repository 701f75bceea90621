//! The committed description of the native API is the one that the program serves, and it says enough.

use std::path::Path;

use serde_json::Value;
use testkit::TestNode;

use crate::schema::faults;
use crate::world::with;

/// With `UPDATE_SCHEMAS=1` the file is written anew.
#[test]
fn the_committed_document_describes_the_api_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    let served = serve::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var("UPDATE_SCHEMAS").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let first = committed.lines().zip(served.lines()).position(|(before, now)| before != now);
    assert!(
        committed == served,
        "schemas/openapi.json differs from the API (first at line {}): read what changed, then renew it with \
         `UPDATE_SCHEMAS=1 cargo test --workspace --test it openapi`",
        first.unwrap_or_else(|| committed.lines().count()) + 1
    );
}

/// Nobody has to guess what an operation is for.
#[test]
fn every_operation_is_described() {
    let document = serde_json::to_value(serve::openapi()).unwrap();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{method} {path}");
            operations += 1;
        }
    }
    assert!(operations > 35, "{operations}");
}

/// Operations on things that the sample has none of, or whose names are given by the node.
const WITHOUT_EXAMPLE: [&str; 13] = [
    "/v1/datasets/{id}/differences",
    "/v1/datasets/{id}/coverages",
    "/v1/datasets/{id}/coverages/{item}",
    "/v1/datasets/{id}/coverages/{item}/file",
    "/v1/datasets/{id}/limits",
    "/v1/keys/{id}",
    "/v1/runs/{id}",
    "/v1/uploads/{id}",
    "/v1/webhooks/{id}",
    "/v1/datasets/{id}/mapping",
    "/v1/datasets/{id}/mappings/{number}",
    "/v1/users/{id}",
    "/v1/changes/stream",
];

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(m, op)| (path, m, op)))
}

#[test]
fn every_operation_says_who_may_ask_how_it_fails_and_with_what_it_is_asked() {
    let document = serde_json::to_value(serve::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, method, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(operation["security"].is_array(), "{what} does not say who may ask");
        assert!(operation["responses"]["default"].is_object(), "{what} does not say how it fails");
        let succeeds = operation["responses"].as_object().unwrap();
        assert!(succeeds.keys().any(|status| status.starts_with('2')), "{what}");
        for (status, response) in succeeds.iter().filter(|(status, _)| *status != "default") {
            assert!(!response["description"].as_str().unwrap().is_empty(), "{what} {status}");
            assert!(response["headers"]["RateLimit"].is_object(), "{what} {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let is_needed = parameter["required"] == true && parameter["in"] != "path";
            let has_example = parameter.get("example").is_some();
            assert!(!is_needed || has_example, "{what}: no example of {}", parameter["name"]);
        }
    }
}

/// A reader sees what is sent and what comes back, problems too, and what it sees is true to the schema.
#[test]
fn every_body_of_json_shows_an_example_that_holds_against_its_schema() {
    let document = serde_json::to_value(serve::openapi()).unwrap();
    let shared = &document["components"]["responses"]["Problem"]["content"];
    let mut bodies = vec![("the problem of every operation".to_owned(), "400".to_owned(), shared)];
    for (path, method, operation) in operations(&document) {
        let sent = &operation["requestBody"]["content"];
        bodies.push((format!("{method} {path}"), "request".to_owned(), sent));
        for (status, response) in operation["responses"].as_object().unwrap() {
            bodies.push((format!("{method} {path}"), status.clone(), &response["content"]));
        }
    }
    let mut shown = 0;
    for (what, status, content) in bodies {
        for (media, body) in content.as_object().into_iter().flatten() {
            if !media.contains("json") {
                continue;
            }
            let example =
                body.get("example").unwrap_or_else(|| panic!("{what} {status} {media}: no example"));
            let found = faults(&body["schema"], example, &document);
            assert!(found.is_empty(), "{what} {status} {media}: {found:#?}\n{example:#}");
            if media == "application/problem+json" {
                assert_eq!(example["status"].to_string(), status, "{what}");
                assert!(example["type"].as_str().unwrap().starts_with("/problems/"), "{what} {status}");
            }
            shown += 1;
        }
    }
    assert!(shown > 140, "{shown}");
}

#[tokio::test]
async fn the_examples_of_the_document_are_answered_on_the_sample() {
    let node = TestNode::start().await;
    testkit::load_sample(node.node().app()).await;
    let document = serde_json::to_value(serve::openapi()).unwrap();
    let mut asked = 0;
    for (path, method, operation) in operations(&document) {
        let is_left_out =
            WITHOUT_EXAMPLE.iter().any(|known| path == known || path.starts_with(&format!("{known}/")));
        if method != "get" || is_left_out {
            continue;
        }
        let (mut target, mut query) = (path.clone(), Vec::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let Some(example) = parameter.get("example") else { continue };
            let name = parameter["name"].as_str().unwrap().to_owned();
            let value = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            if parameter["in"] == "path" {
                target = target.replace(&format!("{{{name}}}"), &value);
            } else if parameter["in"] == "query" {
                query.push((name, value));
            }
        }
        let query: Vec<(&str, &str)> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let reply = node.system().get(&with(&target, &query)).await.unwrap();
        assert!(reply.status.is_success(), "{target} {query:?}: {}", reply.json());
        asked += 1;
    }
    assert!(asked > 25, "{asked}");
}
