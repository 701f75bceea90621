//! What a client says of a value beside it is read back: 18-088 Table 13, of observations that were created one
//! by one, as arrays, and together.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::Client;

use super::{ask, create, maxima, send};
use crate::world::{self, get, list, text};

/// An observation's own words, without what the system says of its origin.
fn own_parameters(observation: &Value) -> Value {
    let mut parameters = observation["parameters"].as_object().unwrap().clone();
    parameters.retain(|name, _| !["recorded_at", "run", "trace"].contains(&name.as_str()));
    Value::Object(parameters)
}

/// The version or instant to which the link to the next page holds.
fn pinned(page: &Value) -> String {
    let link = url::Url::parse(text(page, "@iot.nextLink")).unwrap();
    link.query_pairs().find(|(name, _)| name == "asOf").unwrap().1.into_owned()
}

async fn found(client: &Client, path: &str, options: &[(&str, &str)]) -> Vec<f64> {
    let page = ask(client, path, options).await;
    list(&page, "value").iter().map(|one| one["result"].as_f64().unwrap()).collect()
}

/// `req/datamodel/observation/properties`, `req/create-update-delete/create-entity`
#[tokio::test]
async fn what_is_said_of_a_value_is_read_back() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&public, "station:cau_noi").await;
    let set = format!("Datastreams({id})/Observations");
    let sent = json!({
        "phenomenonTime": "2020-03-01T17:00:00Z", "result": 4.25,
        "resultTime": "2020-03-02T01:00:00+07:00",
        "validTime": "2020-03-01T17:00:00Z/2020-03-08T17:00:00Z",
        "resultQuality": {"DQ_Status": {"code": "good"}},
        "parameters": {"depth_m": 1.5, "weather": "nắng", "run": "mine"},
    });
    let own = create(&system, &set, &sent).await;
    let later = json!({"phenomenonTime": "2020-03-02T17:00:00Z", "result": 4.5, "resultQuality": 3,
        "resultTime": "2020-03-03T12:00:00Z", "parameters": {"depth_m": 2}});
    create(&system, &set, &later).await;

    let one = ask(&public, &own, &[]).await;
    assert_eq!(one["resultTime"], "2020-03-01T18:00:00Z", "in UTC, as every time: {one}");
    assert_eq!(one["validTime"], "2020-03-01T17:00:00Z/2020-03-08T17:00:00Z");
    assert_eq!(one["resultQuality"], sent["resultQuality"]);
    // The flag is told all the same, and the run is the system's own.
    assert_eq!(one["parameters"]["quality_flag"]["nameOfMeasure"], "QARTOD", "{one}");
    assert_eq!((&one["parameters"]["depth_m"], &one["parameters"]["weather"]), (&json!(1.5), &json!("nắng")));
    assert_ne!(one["parameters"]["run"], "mine");
    // Each way to a value tells the same.
    let newest = [("$orderby", "phenomenonTime desc"), ("$top", "2")];
    let page = ask(&public, &set, &newest).await;
    assert_eq!(page["value"][1], one);
    assert_eq!(page["value"][0]["resultQuality"]["flag"], 3);
    let selected = ask(&public, &own, &[("$select", "resultTime,parameters")]).await;
    assert_eq!((&selected["resultTime"], &selected["parameters"]), (&one["resultTime"], &one["parameters"]));
    assert_eq!(ask(&public, &format!("{own}/resultTime"), &[]).await["resultTime"], one["resultTime"]);
    let arrays = [&newest[..], &[("$resultFormat", "dataArray")]].concat();
    let array = ask(&public, &set, &arrays).await;
    assert_eq!(array["value"][0]["dataArray"][1][2], one["resultTime"], "{array}");
    let expanded = ask(
        &public,
        &format!("Datastreams({id})"),
        &[("$expand", "Observations($orderby=phenomenonTime desc;$top=2)")],
    )
    .await;
    assert_eq!(expanded["Observations"][1], one);

    // It can be filtered and ordered by; values of which it was not said are left out.
    for (filter, expected) in [
        ("resultTime ge 2020-03-01T18:00:00Z", vec![4.25, 4.5]),
        ("resultTime gt 2020-03-01T18:00:00Z", vec![4.5]),
        ("parameters/depth_m lt 1.75", vec![4.25]),
        ("parameters/weather eq 'nắng' and result gt 4", vec![4.25]),
        ("resultQuality/flag eq 3", vec![4.5]),
    ] {
        assert_eq!(found(&public, &set, &[("$filter", filter)]).await, expected, "{filter}");
        let page = ask(&public, &set, &[("$filter", filter), ("$count", "true"), ("$top", "0")]).await;
        assert_eq!(page["@iot.count"], json!(expected.len()), "{filter}");
    }
    let by_made = [("$orderby", "resultTime desc"), ("$top", "2")];
    assert_eq!(found(&public, &set, &by_made).await, [4.5, 4.25]);
}

/// `req/create-update-delete/update-entity`, `…/update-entity-put`
#[tokio::test]
async fn what_is_said_of_a_value_is_changed_with_it_and_without() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&public, "station:cau_noi").await;
    let set = format!("Datastreams({id})/Observations");
    // A value that came with a file.
    let first = ask(&public, &set, &[("$top", "1")]).await["value"][0].clone();
    let own = format!("Observations('{}')", text(&first, "@iot.id"));
    let began = chrono::Utc::now().to_rfc3339();
    let patch = async |body: Value| send(&system, Method::PATCH, &own, &body).await;
    let (status, said) =
        patch(json!({"parameters": {"weather": "fine"}, "resultTime": "2020-01-03T00:00:00Z"})).await;
    assert_eq!((status, &said["result"]), (200, &first["result"]), "{said}");
    assert_eq!(own_parameters(&said), json!({"weather": "fine"}));
    let newest = get(&public, "/v1/datasets/salinity_daily").await["version"]["version"].to_string();
    for before in [newest.as_str(), began.as_str()] {
        assert_eq!(ask(&public, &own, &[("asOf", before)]).await, first, "what names {before} stays");
    }
    let page = ask(&public, &set, &[("$top", "1")]).await;
    let next = ask(&public, &set, &[("$top", "1"), ("asOf", pinned(&page).as_str())]).await;
    assert_eq!((&next["value"][0], &page["value"][0]), (&said, &said), "pages that follow tell the same");
    // Another value keeps what is not named; null takes it back.
    let (_, value) = patch(json!({"result": 1.25})).await;
    assert_eq!((&value["result"], &value["resultTime"]), (&json!(1.25), &json!("2020-01-03T00:00:00Z")));
    assert_eq!(own_parameters(&value), json!({"weather": "fine"}));
    let (_, value) = patch(json!({"resultTime": null, "parameters": {"weather": {"sky": "grey"}}})).await;
    assert_eq!(
        (&value["resultTime"], own_parameters(&value)),
        (&Value::Null, json!({"weather": {"sky": "grey"}}))
    );
    // What was read can be sent back whole; what is not in it is taken back.
    let (status, same) = send(&system, Method::PUT, &own, &value).await;
    assert_eq!((status, &same), (200, &value));
    let (_, bare) = send(&system, Method::PUT, &own, &json!({"result": 1.25})).await;
    assert_eq!(own_parameters(&bare), json!({}), "{bare}");
    // A value that comes after is another one.
    patch(json!({"parameters": {"weather": "fine"}})).await;
    create(&system, &set, &json!({"phenomenonTime": first["phenomenonTime"], "result": 1.75})).await;
    assert_eq!(own_parameters(&ask(&public, &own, &[]).await), json!({}));

    for (body, status, at) in [
        (json!({"resultTime": "soon"}), 422, "resultTime"),
        (json!({"validTime": "2020-01-02T00:00:00Z/2020-01-01T00:00:00Z"}), 422, "validTime"),
        (json!({"parameters": [1]}), 422, "parameters"),
        (json!({"parameters": {"who": {"phone": "0912345678"}}}), 422, "parameters"),
    ] {
        let (got, problem) = patch(body.clone()).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{body}: {problem}");
        let mut new = body.clone();
        new["result"] = json!(1.5);
        new["phenomenonTime"] = json!("2020-03-05T00:00:00Z");
        let (got, problem) = send(&system, Method::POST, &set, &new).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{new}: {problem}");
        assert!(!problem.to_string().contains("0912345678"), "{problem}");
    }
    let (status, _) = send(&public, Method::PATCH, &own, &json!({"parameters": {"a": 1}})).await;
    assert_eq!(status, 401);
}

/// `req/data-array/data-array`: what is said of values stands in rows, too
#[tokio::test]
async fn rows_of_arrays_say_it_too() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&system, "station:cau_noi").await;
    let body = json!([{"Datastream": {"@iot.id": id},
    "components": ["parameters", "phenomenonTime", "result", "resultTime"],
    "dataArray": [
        [{"depth_m": 1}, "2020-03-01T17:00:00Z", 4, "2020-03-01T18:00:00Z"],
        [null, "2020-03-02T17:00:00Z", 4.5, null],
        [null, "2020-03-03T17:00:00Z", 4.5, "soon"],
    ]}]);
    let (status, answer) = send(&system, Method::POST, "CreateObservations", &body).await;
    assert_eq!(status, 201, "{answer}");
    assert!(answer[2].as_str().unwrap().starts_with("error"), "{answer}");
    let set = format!("Datastreams({id})/Observations");
    let page = ask(&public, &set, &[("$orderby", "phenomenonTime desc"), ("$top", "2")]).await;
    let (without, with) = (&page["value"][0], &page["value"][1]);
    assert_eq!((&without["resultTime"], own_parameters(without)), (&Value::Null, json!({})));
    assert_eq!(
        (&with["resultTime"], own_parameters(with)),
        (&json!("2020-03-01T18:00:00Z"), json!({"depth_m": 1}))
    );
}
