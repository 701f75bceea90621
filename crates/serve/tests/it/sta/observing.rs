//! Values are created, corrected and deleted, each as a version that can be traced.

use axum::http::Method;
use serde_json::{Value, json};

use super::{ask, create, maxima, results, send};
use crate::world::{self, DAYS, bare, get, list, refused, text};

/// `req/create-update-delete/link-to-existing-entities`
#[tokio::test]
async fn an_observation_is_a_commit_that_can_be_traced() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&public, "station:cau_noi").await;
    let linked =
        json!({"phenomenonTime": "2020-03-01T17:00:00Z", "result": 4.25, "Datastream": {"@iot.id": id}});
    let by_body = create(&system, "Observations", &linked).await;
    let path = format!("Things('station:cau_noi')/Datastreams({id})/Observations");
    let by_path =
        create(&system, &path, &json!({"phenomenonTime": "2020-03-02T17:00:00Z", "result": 4.5})).await;
    for (own, result) in [(&by_body, 4.25), (&by_path, 4.5)] {
        let one = ask(&public, own, &[]).await;
        assert_eq!(one["result"], json!(result));
        let trace = get(&public, &bare(text(&one["parameters"], "trace"))).await;
        assert_eq!(trace["dataset"], "salinity_daily");
    }
    for (client, status) in [(&public, 401), (&node.user("reader", "user", None, "read").await, 403)] {
        let (got, problem) = send(client, Method::POST, "Observations", &linked).await;
        assert_eq!(got, status, "{problem}");
    }
    for (body, status, at) in [
        (json!({"result": 1}), 400, "Datastream"),
        (json!({"result": "high", "Datastream": {"@iot.id": 12345}}), 404, ""),
        (json!({"result": 1e9, "Datastream": {"@iot.id": id}}), 422, "result"),
        (
            json!({"result": 1, "phenomenonTime": "soon", "Datastream": {"@iot.id": id}}),
            422,
            "phenomenonTime",
        ),
        (json!({"result": 1, "colour": "red", "Datastream": {"@iot.id": id}}), 400, ""),
        (json!([1]), 400, ""),
    ] {
        let (got, problem) = send(&system, Method::POST, "Observations", &body).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{body}: {problem}");
    }
}

/// What a steward of one dataset may not know of is not there for writing either.
#[tokio::test]
async fn hidden_series_are_missing_ones_for_writers_too() {
    let node = world::node().await;
    let member = node.user("member", "user", Some("gso"), "write").await;
    let hidden = ask(&node.system(), "Things('station:tan_chau')/Datastreams", &[]).await;
    for stream in list(&hidden, "value") {
        let id = stream["@iot.id"].as_i64().unwrap();
        let secret = stream["properties"]["dataset"] == "salinity_secret";
        let body = json!({"phenomenonTime": "2020-03-01T17:00:00Z", "result": 1});
        let (status, problem) =
            send(&member, Method::POST, &format!("Datastreams({id})/Observations"), &body).await;
        assert_eq!(status, if secret { 404 } else { 403 }, "{problem}");
        if secret {
            let (_, missing) = send(&member, Method::POST, "Datastreams(1)/Observations", &body).await;
            let words = |problem: &Value| text(problem, "detail").replace(&id.to_string(), "1");
            assert_eq!((words(&problem), &problem["title"]), (words(&missing), &missing["title"]));
        }
    }
}

/// `req/create-update-delete/update-entity`, `…/update-entity-put`, `…/delete-entity`, of observations
#[tokio::test]
async fn a_value_is_corrected_and_deleted_in_the_versions_that_follow() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&public, "station:cau_noi").await;
    let path = format!("Datastreams({id})/Observations");
    let first = ask(&public, &path, &[("$top", "1")]).await["value"][0].clone();
    let own = format!("Observations('{}')", text(&first, "@iot.id"));

    let (status, now) = send(&system, Method::PATCH, &own, &json!({"result": 1.123456789012345})).await;
    assert_eq!((status, &now["result"]), (200, &json!(1.123456789012345)), "{now}");
    let (status, now) =
        send(&system, Method::PATCH, &own, &json!({"result": 1.25, "resultQuality": 3})).await;
    assert_eq!((status, &now["resultQuality"]["flag"]), (200, &json!(3)), "{now}");
    let (status, same) = send(&system, Method::PATCH, &own, &json!({"resultQuality": {"flag": 3}})).await;
    assert_eq!((status, &same["result"]), (200, &json!(1.25)), "what is not named stays: {same}");
    // What was read can be sent back whole.
    let mut whole = now.clone();
    whole["result"] = json!(1.5);
    let (status, now) = send(&system, Method::PUT, &own, &whole).await;
    assert_eq!((status, &now["result"]), (200, &json!(1.5)), "{now}");

    for (method, body, status, at) in [
        (Method::PATCH, json!({"phenomenonTime": "2021-01-01T00:00:00Z"}), 501, "phenomenonTime"),
        (Method::PATCH, json!({"Datastream": {"@iot.id": 1}}), 501, "Datastream"),
        (Method::PATCH, json!({"resultQuality": 2}), 501, "resultQuality"),
        (Method::PATCH, json!({"colour": 1}), 400, "colour"),
        (Method::PATCH, json!({"result": 1e9}), 422, "result"),
        (Method::PUT, json!({"resultQuality": 1}), 400, "result"),
    ] {
        let (got, problem) = send(&system, method, &own, &body).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{body}: {problem}");
    }
    let (status, _) = send(&public, Method::PATCH, &own, &json!({"result": 2})).await;
    assert_eq!(status, 401);
    let (status, _) = send(&public, Method::DELETE, &own, &Value::Null).await;
    assert_eq!(status, 401);

    let (status, answer) = send(&system, Method::DELETE, &own, &Value::Null).await;
    assert_eq!(status, 200, "{answer}");
    let (status, _) = refused(&public, &format!("/sta/v1.1/{own}")).await;
    assert_eq!(status, 404);
    let (status, _) = send(&system, Method::DELETE, &own, &Value::Null).await;
    assert_eq!(status, 404);
    let left = ask(&public, &path, &[("$count", "true"), ("$top", "1")]).await;
    assert_eq!(left["@iot.count"], json!(DAYS - 1));
    let then = ask(&public, &own, &[("asOf", "2")]).await;
    assert_eq!(then, first, "every version before stays");
    let runs = get(&system, "/v1/datasets/salinity_daily/runs").await;
    assert!(runs.to_string().contains("withdrawal"), "{runs}");
    // It can be created again, and is then in the version that follows.
    let again = json!({"phenomenonTime": first["phenomenonTime"], "result": 1.75});
    assert_eq!(create(&system, &path, &again).await, own);
    assert_eq!(ask(&public, &own, &[]).await["result"], json!(1.75));
}

/// `req/data-array/data-array`: creating
#[tokio::test]
async fn many_observations_are_created_at_once() {
    let node = world::node().await;
    let system = node.system();
    let id = maxima(&system, "station:cau_noi").await;
    let other = maxima(&system, "station:ben_luc").await;
    let body = json!([
        {"Datastream": {"@iot.id": id}, "components": ["phenomenonTime", "result"], "dataArray@iot.count": 2,
            "dataArray": [["2020-03-01T17:00:00Z", 4], ["2020-03-02T17:00:00Z", 1e9]]},
        {"Datastream": {"@iot.id": other}, "components": ["result", "phenomenonTime"],
            "dataArray": [[0.5, "2020-03-01T17:00:00Z"]]},
    ]);
    let (status, answer) = send(&system, Method::POST, "CreateObservations", &body).await;
    assert_eq!(status, 201, "{answer}");
    let answers = answer.as_array().unwrap();
    assert_eq!(answers.len(), 3);
    assert!(answers[1].as_str().unwrap().starts_with("error"), "{answer}");
    for (at, result) in [(0, 4.0), (2, 0.5)] {
        let one = get(&system, &bare(answers[at].as_str().unwrap())).await;
        assert_eq!(results(&[one]), [result]);
    }
}
