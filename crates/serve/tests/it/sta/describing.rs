//! Places, procedures, properties and series are created with what belongs to them, and described.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::TestNode;

use super::{ROOT, ask, create, send};
use crate::world::{self, get, list, refused, text};

fn gauge() -> Value {
    json!({
        "name": "Cống Thử", "description": "Một cống để thử",
        "properties": {"kind": "station", "river": "Hàm Luông", "owner": "a test"},
        "Locations": [{"name": "Bờ trái", "description": "Cạnh cống", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [106.4, 10.1]}}],
        "Datastreams": [{
            "name": "Độ mặn tại cống", "description": "Đo mỗi giờ",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "gram per litre", "symbol": "g/L", "definition": "ucum:g/L"},
            "properties": {"dataset": "salinity_daily", "statistic": "mean", "period": "PT1H", "depth": 2},
            "ObservedProperty": {"@iot.id": "salinity"},
            "Sensor": {"name": "EC probe 7", "description": "Đầu đo độ dẫn", "encodingType": "text/html",
                "metadata": "https://example.org/probe", "properties": {"serial": "7"}},
            "Observations": [{"phenomenonTime": "2020-02-03T00:00:00Z", "result": 2.5}]
        }]
    })
}

async fn with_gauge() -> (TestNode, String) {
    let node = world::node().await;
    let thing = create(&node.system(), "Things", &gauge()).await;
    (node, thing)
}

/// `req/create-update-delete/deep-insert`, `req/create-update-delete/deep-insert-status-code`
#[tokio::test]
async fn a_thing_comes_with_its_place_its_series_and_their_values() {
    let (node, thing) = with_gauge().await;
    let public = node.public();
    let expand = "Locations,Datastreams($expand=Sensor,ObservedProperty,Observations)";
    let made = ask(&public, &thing, &[("$expand", expand), ("lang", "vi")]).await;
    assert_eq!((&made["name"], &made["description"]), (&json!("Cống Thử"), &json!("Một cống để thử")));
    assert_eq!(made["@iot.id"], "sta:cong_thu");
    assert_eq!(
        (&made["properties"]["river"], &made["properties"]["owner"]),
        (&json!("Hàm Luông"), &json!("a test"))
    );
    let location = &made["Locations"][0];
    assert_eq!(
        (&location["name"], &location["location"]["coordinates"]),
        (&json!("Bờ trái"), &json!([106.4, 10.1]))
    );
    let stream = &made["Datastreams"][0];
    assert_eq!(stream["name"], "Độ mặn tại cống");
    assert_eq!(
        stream["unitOfMeasurement"],
        json!({"name": "gram per litre", "symbol": "g/L", "definition": "ucum:g/L"})
    );
    assert_eq!(
        (&stream["properties"]["depth"], &stream["properties"]["period"]),
        (&json!(2), &json!("PT1H"))
    );
    let sensor = &stream["Sensor"];
    assert_eq!((&sensor["@iot.id"], &sensor["encodingType"]), (&json!("ec_probe_7"), &json!("text/html")));
    assert_eq!(
        (&sensor["metadata"], &sensor["properties"]),
        (&json!("https://example.org/probe"), &json!({"serial": "7"}))
    );
    assert_eq!(stream["Observations"][0]["result"], json!(2.5));
    assert_eq!(stream["ObservedProperty"]["@iot.id"], "salinity");
    // The other protocols know the same place and series.
    let streams = get(&public, "/v1/datasets/salinity_daily/datastreams").await;
    let number = stream["@iot.id"].as_i64().unwrap();
    let same = list(&streams, "items").iter().find(|one| one["id"] == json!(number)).unwrap();
    assert_eq!((&same["place"], &same["procedure"]), (&json!("sta:cong_thu"), &json!("ec_probe_7")));
    get(&public, "/v1/places/sta:cong_thu").await;
}

/// `req/create-update-delete/link-to-existing-entities`: step by step, as clients build things up
#[tokio::test]
async fn entities_are_made_one_after_the_other() {
    let node = world::node().await;
    let (system, public) = (node.system(), node.public());
    let thing =
        create(&system, "Things", &json!({"@iot.id": "station:thu", "name": "Thử", "description": "Trạm"}))
            .await;
    assert_eq!(thing, "Things('station:thu')");
    let (status, _) = refused(&public, &format!("{ROOT}/{thing}")).await;
    assert_eq!(status, 404, "a thing is for all once it has series for all");
    ask(&system, &thing, &[]).await;
    let place = json!({"name": "Thử", "description": "Trạm", "encodingType": "application/vnd.geo+json",
        "location": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [105, 9.5]}, "properties": {}}});
    let location = create(&system, &format!("{thing}/Locations"), &place).await;
    assert_eq!(ask(&system, &location, &[]).await["location"]["coordinates"], json!([105.0, 9.5]));
    let probe =
        json!({"name": "P/1 (new)", "description": "d", "encodingType": "text/plain", "metadata": "m"});
    let sensor = create(&system, "Sensors", &probe).await;
    assert_eq!(ask(&system, &sensor, &[]).await["name"], "P/1 (new)");
    assert_eq!(sensor, "Sensors('p_1_new')");
    assert_eq!(create(&system, "Sensors", &probe).await, "Sensors('p_1_new_2')");
    let mut named = probe.clone();
    named["@iot.id"] = json!("p_1_new");
    let (status, _) = send(&system, Method::POST, "Sensors", &named).await;
    assert_eq!(status, 409);
    let murk = json!({"name": "Độ đục thử", "definition": "https://example.org/murk", "description": "Nước đục",
        "properties": {"sector": "water_quality", "kind": "intensive", "unit": "g/L"}});
    let property = create(&system, "ObservedProperties", &murk).await;
    let read = ask(&system, &property, &[("lang", "vi")]).await;
    assert_eq!((&read["name"], &read["definition"]), (&murk["name"], &murk["definition"]));
    assert_eq!(read["description"], murk["description"]);
    let series = json!({
        "name": "s", "description": "d",
        "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
        "unitOfMeasurement": {"name": "g/L", "symbol": "g/L"},
        "properties": {"dataset": "salinity_daily"},
        "Thing": {"@iot.id": "station:thu"}, "Sensor": {"@iot.id": "p_1_new"},
        "ObservedProperty": {"@iot.id": read["@iot.id"]},
    });
    let stream = create(&system, "Datastreams", &series).await;
    assert_eq!(ask(&public, &format!("{stream}/Sensor"), &[]).await["name"], "P/1 (new)");
    assert_eq!(ask(&public, &format!("{stream}/Thing"), &[]).await["@iot.id"], "station:thu");
    let (status, _) = send(&system, Method::POST, "Datastreams", &series).await;
    assert_eq!(status, 409, "the same series again");
    create(
        &system,
        &format!("{stream}/Observations"),
        &json!({"phenomenonTime": "2020-02-03T00:00:00Z", "result": 1}),
    )
    .await;
}

/// What is said beside the model.
#[tokio::test]
async fn what_is_said_of_an_entity_can_be_said_anew() {
    let (node, thing) = with_gauge().await;
    let system = node.system();
    let stream =
        ask(&system, &format!("{thing}/Datastreams"), &[("$expand", "Sensor")]).await["value"][0].clone();
    let stream_path = format!("Datastreams({})", stream["@iot.id"]);
    let (status, now) =
        send(&system, Method::PATCH, &stream_path, &json!({"name": "Khác", "properties": {"depth": 3}}))
            .await;
    assert_eq!(
        (status, &now["name"], &now["properties"]["depth"]),
        (200, &json!("Khác"), &json!(3)),
        "{now}"
    );
    assert_eq!((&now["properties"]["period"], &now["description"]), (&json!("PT1H"), &json!("Đo mỗi giờ")));
    let mut whole = now.clone();
    whole["description"] = json!("Mới");
    let (status, now) = send(&system, Method::PUT, &stream_path, &whole).await;
    assert_eq!((status, &now["description"]), (200, &json!("Mới")), "{now}");
    let (status, now) =
        send(&system, Method::PATCH, "Sensors('ec_probe_7')", &json!({"metadata": {"serial": 8}})).await;
    assert_eq!((status, &now["metadata"]), (200, &json!({"serial": 8})), "{now}");
    let (status, now) = send(&system, Method::PATCH, &thing, &json!({"description": "Đã dời"})).await;
    assert_eq!((status, &now["description"]), (200, &json!("Đã dời")), "{now}");

    let patch = json!([{"op": "test", "path": "/description", "value": "Đã dời"},
        {"op": "replace", "path": "/description", "value": "Ở chỗ mới"}, {"op": "add", "path": "/properties/team", "value": "B"}]);
    let (status, now) = send(&system, Method::PATCH, &thing, &patch).await;
    assert_eq!(
        (status, &now["description"], &now["properties"]["team"]),
        (200, &json!("Ở chỗ mới"), &json!("B")),
        "{now}"
    );
    assert_eq!(now["properties"]["owner"], json!("a test"), "{now}");
    let (status, _) = send(&system, Method::PATCH, &thing, &patch).await;
    assert_eq!(status, 409, "the test of the patch fails now");

    for (method, path, body, expected) in [
        (Method::PATCH, stream_path.as_str(), json!({"properties": {"period": "P1D"}}), 501),
        (Method::PATCH, stream_path.as_str(), json!({"unitOfMeasurement": {"symbol": "kg"}}), 501),
        (Method::PATCH, stream_path.as_str(), json!({"Thing": {"@iot.id": "station:tra_vinh"}}), 501),
        (Method::PATCH, stream_path.as_str(), json!({"name": 5}), 400),
        (Method::PATCH, stream_path.as_str(), json!({"colour": "red"}), 400),
        (Method::PUT, stream_path.as_str(), json!({"name": "only"}), 400),
        (Method::PATCH, thing.as_str(), json!({"name": "Tên khác"}), 200),
        (Method::PATCH, "Things('station:nowhere')", json!({"description": "x"}), 404),
        (Method::PATCH, "Things", json!({"description": "x"}), 405),
        (Method::POST, "FeaturesOfInterest", json!({"name": "f"}), 400),
        (Method::POST, "HistoricalLocations", json!({"time": "2020-01-01T00:00:00Z"}), 400),
        (Method::POST, "Locations", json!({"name": "l"}), 400),
        (Method::POST, "MultiDatastreams", json!({"name": "m"}), 400),
    ] {
        let (status, problem) = send(&system, method, path, &body).await;
        assert_eq!(status, expected, "{path} {body}: {problem}");
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_its_place() {
    let node = world::node().await;
    let system = node.system();
    let thing = gauge();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = thing.clone();
        change(&mut body);
        body
    };
    for (body, status, at) in [
        (with(&|thing| thing["name"] = Value::Null), 400, "name"),
        (with(&|thing| thing["colour"] = json!(1)), 400, "colour"),
        (with(&|thing| thing["properties"]["kind"] = json!("volcano")), 400, "properties/kind"),
        (with(&|thing| thing["@iot.id"] = json!("vn2025:1")), 400, ""),
        (
            with(&|thing| thing["Locations"][0]["location"]["type"] = json!("Polygon")),
            400,
            "Locations/0/location",
        ),
        (with(&|thing| thing["Locations"][0]["encodingType"] = json!("text/wkt")), 501, "encodingType"),
        (with(&|thing| thing["Locations"] = json!([{"@iot.id": "station:nowhere"}])), 404, ""),
        (with(&|thing| thing["Datastreams"] = json!([{"@iot.id": 1}])), 501, ""),
    ] {
        let (got, problem) = send(&system, Method::POST, "Things", &body).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{body}: {problem}");
    }
    let stream = |change: &dyn Fn(&mut Value)| {
        let mut body = thing["Datastreams"][0].clone();
        body["Sensor"] = json!({"@iot.id": "unknown"});
        body["Thing"] = json!({"@iot.id": "station:tra_vinh"});
        change(&mut body);
        body
    };
    for (body, status, at) in [
        (stream(&|stream| stream["properties"] = Value::Null), 400, "properties/dataset"),
        (stream(&|stream| stream["properties"]["dataset"] = json!("nothing")), 404, ""),
        (stream(&|stream| stream["properties"]["dataset"] = json!("sluices")), 400, "properties/dataset"),
        (stream(&|stream| stream["properties"]["statistic"] = json!("mode")), 400, "properties/statistic"),
        (stream(&|stream| stream["properties"]["period"] = json!("P1W2")), 400, "properties/period"),
        (
            stream(&|stream| stream["unitOfMeasurement"]["symbol"] = json!("mg/L")),
            501,
            "unitOfMeasurement/symbol",
        ),
        (stream(&|stream| stream["observationType"] = json!("x")), 501, "observationType"),
        (stream(&|stream| stream["Thing"] = json!({"@iot.id": "station:nowhere"})), 404, ""),
        (stream(&|stream| stream["Sensor"] = json!({"@iot.id": "no such"})), 404, ""),
        (stream(&|stream| stream["ObservedProperty"] = json!({"@iot.id": "no_such"})), 404, ""),
    ] {
        let (got, problem) = send(&system, Method::POST, "Datastreams", &body).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{body}: {problem}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let path = format!("{ROOT}/Things");
    let reply =
        system.send(Method::POST, &path, "application/json", axum::body::Body::from(deep)).await.unwrap();
    assert_eq!(reply.status, 400);
}

#[tokio::test]
async fn only_who_keeps_the_lists_describes_what_all_share() {
    let (node, thing) = with_gauge().await;
    let public = node.public();
    let member = node.user("member", "user", Some("gso"), "write").await;
    for (client, status) in [(&public, 401), (&member, 403)] {
        let (got, _) = send(client, Method::POST, "Things", &gauge()).await;
        assert_eq!(got, status);
        let (got, _) = send(client, Method::PATCH, &thing, &json!({"description": "x"})).await;
        assert_eq!(got, status);
        let (got, _) =
            send(client, Method::PATCH, "Sensors('ec_probe_7')", &json!({"description": "x"})).await;
        assert_eq!(got, status);
        let id = ask(client, &format!("{thing}/Datastreams"), &[]).await["value"][0]["@iot.id"].clone();
        let (got, _) =
            send(client, Method::PATCH, &format!("Datastreams({id})"), &json!({"description": "x"})).await;
        assert_eq!(got, status);
    }
    let mut secret = gauge()["Datastreams"][0].clone();
    secret["Sensor"] = json!({"@iot.id": "unknown"});
    secret["Thing"] = json!({"@iot.id": "station:tra_vinh"});
    secret["properties"]["dataset"] = json!("salinity_secret");
    let (status, problem) = send(&member, Method::POST, "Datastreams", &secret).await;
    assert_eq!(status, 404, "{problem}");
    secret["properties"]["dataset"] = json!("no_such_set");
    let (_, missing) = send(&member, Method::POST, "Datastreams", &secret).await;
    let words = |problem: &Value| text(problem, "detail").replace("salinity_secret", "no_such_set");
    assert_eq!(words(&problem), words(&missing));
}
