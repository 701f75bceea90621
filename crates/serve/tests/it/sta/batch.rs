//! Several requests in one.

use axum::http::Method;
use serde_json::json;

use super::{ask, maxima, send};
use crate::world::{self, list};

/// `https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html`
#[tokio::test]
async fn a_batch_does_each_request_and_names_what_was_made() {
    let node = world::node().await;
    let system = node.system();
    let id = maxima(&system, "station:cau_noi").await;
    let body = json!({"requests": [
        {"id": "read", "method": "get", "url": "Things?$top=1&$select=name&$filter=name eq 'Tra Vinh'"},
        {"id": "probe", "method": "post", "url": "Sensors",
            "body": {"name": "probe", "description": "d", "encodingType": "text/plain", "metadata": "m"}},
        {"id": "series", "method": "post", "url": "/Things('station:tra_vinh')/Datastreams", "body": {
            "name": "s", "description": "d",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "g/L", "symbol": "g/L"}, "properties": {"dataset": "salinity_daily"},
            "ObservedProperty": {"@iot.id": "salinity"}, "Sensor": {"@iot.id": "$probe"}}},
        {"id": "value", "method": "POST", "url": "$series/Observations",
            "body": {"phenomenonTime": "2020-02-03T00:00:00Z", "result": 3.25}},
        {"id": "back", "method": "get", "url": "$value"},
        {"id": "wrong", "method": "get", "url": "Nothing"},
        {"id": "group", "atomicityGroup": "g", "method": "get", "url": "Things"},
        {"id": "self", "method": "post", "url": "$batch", "body": {"requests": []}},
        {"id": 9, "method": "post", "url": format!("http://localhost/sta/v1.1/Datastreams({id})/Observations"),
            "body": {"phenomenonTime": "2020-03-05T17:00:00Z", "result": 2}},
    ]});
    let (status, answer) = send(&system, Method::POST, "$batch", &body).await;
    assert_eq!(status, 200, "{answer}");
    let answers = list(&answer, "responses");
    let statuses: Vec<(String, u64)> = answers
        .iter()
        .map(|one| (one["id"].as_str().unwrap().to_owned(), one["status"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("read", 200),
        ("probe", 201),
        ("series", 201),
        ("value", 201),
        ("back", 200),
        ("wrong", 404),
        ("group", 501),
        ("self", 405),
        ("9", 201),
    ];
    assert_eq!(statuses, expected.map(|(id, status)| (id.to_owned(), status)), "{answer}");
    assert_eq!(answers[0]["body"]["value"], json!([{"name": "Tra Vinh"}]));
    assert_eq!(answers[4]["body"]["result"], json!(3.25));
    assert!(answers[5]["body"]["detail"].is_string());
    let made = answers[2]["body"]["@iot.id"].as_i64().unwrap();
    assert_eq!(ask(&system, &format!("Datastreams({made})/Sensor"), &[]).await["@iot.id"], "probe");
}

#[tokio::test]
async fn a_batch_gives_no_more_rights_and_has_bounds() {
    let node = world::node().await;
    let public = node.public();
    let id = maxima(&public, "station:cau_noi").await;
    let post = json!({"id": "1", "method": "post", "url": format!("Datastreams({id})/Observations"), "body": {"result": 1}});
    let (status, answer) = send(&public, Method::POST, "$batch", &json!({"requests": [post]})).await;
    assert_eq!((status, answer["responses"][0]["status"].as_u64()), (200, Some(401)), "{answer}");
    let many: Vec<_> = (0..1001).map(|id| json!({"id": id, "method": "get", "url": "Things"})).collect();
    let (status, _) = send(&public, Method::POST, "$batch", &json!({"requests": many})).await;
    assert_eq!(status, 413);
    let (status, _) = send(&public, Method::POST, "$batch", &json!({"requests": [{"id": 1}]})).await;
    assert_eq!(status, 400);
    let (status, _) = send(&public, Method::GET, "$batch", &json!(null)).await;
    assert!((400..500).contains(&status));
}
