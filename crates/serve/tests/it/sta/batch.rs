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

/// A batch in parts; `{}` of each part becomes its boundary's.
fn parts(units: &[&str]) -> String {
    let units: String = units.iter().map(|unit| format!("--b\r\n{unit}\r\n")).collect();
    format!("{units}--b--\r\n")
}

fn part(id: &str, request: &str) -> String {
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n{request}"
    )
}

fn change_set(requests: &[String]) -> String {
    let requests: String = requests.iter().map(|request| format!("--c\r\n{request}\r\n")).collect();
    format!("Content-Type: multipart/mixed; boundary=c\r\n\r\n{requests}--c--")
}

fn post(path: &str, body: &serde_json::Value) -> String {
    format!("POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}")
}

async fn send_parts(client: &testkit::Client, body: String) -> (u16, String) {
    let path = format!("{}/$batch", super::ROOT);
    let reply = client.send(Method::POST, &path, "multipart/mixed; boundary=b", body.into()).await.unwrap();
    (reply.status.as_u16(), String::from_utf8(reply.body.to_vec()).unwrap())
}

/// `req/batch-request/batch-request`
#[tokio::test]
async fn a_batch_in_parts_is_answered_in_parts_and_its_change_sets_as_a_whole() {
    let node = world::node().await;
    let system = node.system();
    let id = maxima(&system, "station:cau_noi").await;
    let probe = json!({"name": "probe", "description": "d", "encodingType": "text/plain", "metadata": "m"});
    let series = json!({
        "name": "s", "description": "d",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "g/L", "symbol": "g/L"}, "properties": {"dataset": "salinity_daily"},
        "ObservedProperty": {"@iot.id": "salinity"}, "Sensor": {"@iot.id": "$1"}});
    let value = json!({"phenomenonTime": "2020-02-03T00:00:00Z", "result": 3.25});
    let set = |last: &serde_json::Value| {
        change_set(&[
            part("1", &post("/sta/v1.1/Sensors", &probe)),
            part("2", &post("Things('station:tra_vinh')/Datastreams", &series)),
            part("3", &post("$2/Observations", &value)),
            part("4", &post(&format!("Datastreams({id})/Observations"), last)),
        ])
    };
    let read = part("r", "GET Things?$top=1&$select=name HTTP/1.1\r\nHost: localhost\r\n");
    // One request of the set is wrong: none is done, the set has one answer, the others have theirs.
    let wrong = json!({"phenomenonTime": "2020-03-05T17:00:00Z", "result": 1e9});
    let (status, answer) = send_parts(&system, parts(&[&read, &set(&wrong), &read])).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(
        (answer.matches("HTTP/1.1 422").count(), answer.matches("HTTP/1.1 201").count()),
        (1, 0),
        "{answer}"
    );
    let (status, _) = send(&system, Method::GET, "Sensors('probe')", &json!(null)).await;
    assert_eq!(status, 404);
    // All of them are right: all are done.
    let right = json!({"phenomenonTime": "2020-03-05T17:00:00Z", "result": 2.5});
    let delete = part("d", "DELETE Sensors('unheard') HTTP/1.1\r\n");
    let (status, answer) = send_parts(&system, parts(&[&set(&right), &delete])).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (answer.matches("HTTP/1.1 201 Created").count(), answer.matches("HTTP/1.1 404").count()),
        (4, 1),
        "{answer}"
    );
    for id in ["1", "2", "3", "4", "d"] {
        assert!(answer.contains(&format!("Content-ID: {id}\r\n")), "{answer}");
    }
    let made = ask(&system, "Sensors('probe')/Datastreams", &[("$expand", "Observations")]).await;
    assert_eq!(made["value"][0]["Observations"][0]["result"], json!(3.25), "{made}");
    let filter = "phenomenonTime eq 2020-03-05T17:00:00Z";
    let found = ask(&system, &format!("Datastreams({id})/Observations"), &[("$filter", filter)]).await;
    assert_eq!(found["value"][0]["result"], json!(2.5));
    // The same in JSON.
    let group = |last: f64| {
        json!({"requests": [
            {"id": "a", "atomicityGroup": "g", "method": "post", "url": "Things", "body": {"name": "Trạm nhóm", "description": "d"}},
            {"id": "b", "atomicityGroup": "g", "method": "post", "url": format!("Datastreams({id})/Observations"),
                "body": {"phenomenonTime": "2020-03-06T17:00:00Z", "result": last}},
        ]})
    };
    for (last, statuses, is_there) in [(1e9, [422, 424], 404), (3.5, [201, 201], 200)] {
        let (_, answer) = send(&system, Method::POST, "$batch", &group(last)).await;
        let got: Vec<u64> =
            list(&answer, "responses").iter().map(|one| one["status"].as_u64().unwrap()).collect();
        assert_eq!(got, statuses, "{answer}");
        let (status, _) = send(&system, Method::GET, "Things('sta:tram_nhom')", &json!(null)).await;
        assert_eq!(status, is_there);
    }
    for (body, status) in
        [(parts(&[]), 400), ("--b\r\n".to_owned(), 400), (parts(&["Content-Type: text/plain\r\n\r\nx"]), 400)]
    {
        let (got, answer) = send_parts(&system, body).await;
        assert_eq!(got, status, "{answer}");
    }
    let many: Vec<String> = (0..1001).map(|_| read.clone()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(send_parts(&system, parts(&many)).await.0, 413);
}
