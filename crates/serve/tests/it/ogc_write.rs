//! OGC API – Features Part 4 as its clients meet it: every change is a checked commit and a version.

use axum::http::{HeaderMap, Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::TestNode;

use crate::ogc_features::ask;
use crate::world::{get, list, refused, text};

const ITEMS: &str = "/ogc/collections/gates/items";

async fn node() -> TestNode {
    let node = TestNode::start().await;
    node.dataset("gates", "features", "open").await;
    let feature = feature(105.75, 10.05, json!({"name": "Cống Cái Răng", "width": 11.5, "doors": 2}));
    let mut first = feature;
    first["id"] = "can_tho".into();
    let file = json!({"type": "FeatureCollection", "features": [first]}).to_string();
    node.hand_in("gates", "gates.geojson", file.into_bytes(), None).await.unwrap();
    node
}

fn feature(x: f64, y: f64, properties: Value) -> Value {
    json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, y]}, "properties": properties})
}

async fn write(
    node: &TestNode,
    method: Method,
    path: &str,
    more: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, HeaderMap, Value) {
    let key = format!("Bearer {}", node.node().console_key().expose_secret());
    let mut headers = vec![
        ("authorization", key.as_str()),
        ("content-type", "application/geo+json"),
        ("accept-language", "en"),
    ];
    headers.extend_from_slice(more);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, headers, bytes) = ask(node, method, path, &headers, body).await;
    (status, headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/create-replace-delete/post-op>,
/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/create-replace-delete/insert-response>,
/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/create-replace-delete/put-op>,
/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/create-replace-delete/delete-op>,
/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/update/patch-op>
#[tokio::test]
async fn features_are_created_replaced_changed_and_deleted_version_by_version() {
    let node = node().await;
    let client = node.public();
    let new = feature(105.25, 10.8, json!({"name": "Cống Tân Châu", "width": 35.5}));
    let (status, headers, _) = write(&node, Method::POST, ITEMS, &[], &new).await;
    assert_eq!(status, StatusCode::CREATED);
    let path = header(&headers, "location").trim_start_matches("http://localhost").to_owned();
    let made = get(&client, &path).await;
    assert_eq!(made["geometry"], new["geometry"]);
    assert_eq!(made["properties"], json!({"name": "Cống Tân Châu", "width": 35.5, "doors": null}));
    assert_eq!(
        (get(&client, ITEMS).await["numberMatched"].as_u64(), header(&headers, "cuulong-version")),
        (Some(2), "2".into())
    );
    // What was sent is the original of the run.
    let runs = get(&node.system(), "/v1/datasets/gates/runs").await;
    let run =
        list(&runs, "items").iter().find(|run| run["id"] == header(&headers, "cuulong-run")).unwrap().clone();
    assert_eq!((text(&run, "state"), text(&run, "file_name")), ("done", "post.geojson"));
    let original = get(&node.system(), &format!("/v1/runs/{}/original", text(&run, "id"))).await;
    assert_eq!(original["request"]["body"], new);

    let with_id = {
        let mut with_id = new.clone();
        with_id["id"] = "own".into();
        with_id
    };
    let (status, headers, _) = write(&node, Method::POST, ITEMS, &[], &with_id).await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(header(&headers, "location").ends_with("/items/own"));
    let (status, _, problem) = write(&node, Method::POST, ITEMS, &[], &with_id).await;
    assert_eq!((status, text(&problem, "at")), (StatusCode::CONFLICT, "id"), "{problem}");

    let own = format!("{ITEMS}/own");
    let moved = feature(105.3, 10.7, json!({"name": "Cống mới", "doors": 3}));
    let (status, headers, _) = write(&node, Method::PUT, &own, &[], &moved).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let now = get(&client, &own).await;
    assert_eq!(now["properties"], json!({"name": "Cống mới", "width": null, "doors": 3}));
    let (status, changed, _) = write(
        &node,
        Method::PATCH,
        &own,
        &[("if-match", &header(&headers, "etag"))],
        &json!({"properties": {"width": 8.25, "doors": null}}),
    )
    .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let now = get(&client, &own).await;
    assert_eq!(now["properties"], json!({"name": "Cống mới", "width": 8.25, "doors": null}));
    assert_eq!(now["geometry"], moved["geometry"]);
    let (_, shown, _) = ask(&node, Method::GET, &own, &[], String::new()).await;
    assert_eq!(header(&shown, "etag"), header(&changed, "etag"));

    let (status, headers, _) = write(&node, Method::DELETE, &own, &[], &Value::Null).await;
    assert_eq!((status, header(&headers, "cuulong-version")), (StatusCode::NO_CONTENT, "6".into()));
    assert_eq!(refused(&client, &own).await.0, 404);
    assert_eq!(get(&client, ITEMS).await["numberMatched"], 2);
    // Every version before stays as it was.
    for (version, properties) in [
        (3, json!({"name": "Cống Tân Châu", "width": 35.5, "doors": null})),
        (5, json!({"name": "Cống mới", "width": 8.25, "doors": null})),
    ] {
        assert_eq!(get(&client, &format!("{own}?version={version}")).await["properties"], properties);
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let (status, _, _) = write(&node, method, &own, &[], &moved).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    // A file handed in later is read as files of the dataset were before.
    let file = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "id": "z", "geometry": moved["geometry"], "properties": {"name": "z", "width": 1.5, "doors": 1}}]});
    node.hand_in("gates", "later.geojson", file.to_string().into_bytes(), None).await.unwrap();
    assert_eq!(get(&client, &format!("{ITEMS}/z")).await["properties"]["doors"], 1);
}

#[tokio::test]
async fn what_is_personal_in_a_feature_is_held_back_and_told_until_somebody_decides() {
    let node = TestNode::start().await;
    node.dataset("gates", "features", "open").await;
    let mut first = feature(105.75, 10.05, json!({"name": "Cống Cái Răng", "phone": null, "note": "a"}));
    first["id"] = "can_tho".into();
    let file = json!({"type": "FeatureCollection", "features": [first]}).to_string();
    node.hand_in("gates", "gates.geojson", file.into_bytes(), None).await.unwrap();
    let client = node.public();
    let new = feature(105.25, 10.8, json!({"name": "Cống Tân Châu", "phone": "0912345678", "note": "b"}));
    let (status, headers, said) = write(&node, Method::POST, ITEMS, &[], &new).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let held = list(&said, "held_back");
    assert_eq!(
        (held.len(), text(&held[0], "property"), text(&held[0], "code")),
        (1, "phone", "personal_data")
    );
    assert!(
        text(&held[0], "message").contains("phone numbers") && !said.to_string().contains("0912"),
        "{said}"
    );
    assert!(header(&headers, "content-type").starts_with("application/json"));
    let path = header(&headers, "location").trim_start_matches("http://localhost").to_owned();
    assert_eq!(get(&client, &path).await["properties"]["phone"], Value::Null);
    // Of a change it is told too; of what holds nothing there is nothing to tell.
    let change = json!({"properties": {"phone": "0987654321"}});
    let (status, _, said) = write(&node, Method::PATCH, &path, &[], &change).await;
    assert_eq!((status, text(&list(&said, "held_back")[0], "property")), (StatusCode::OK, "phone"));
    let (status, _, said) =
        write(&node, Method::PATCH, &path, &[], &json!({"properties": {"note": "c"}})).await;
    assert_eq!((status, said), (StatusCode::NO_CONTENT, Value::Null));
    // What is decided for files holds here as well.
    let mapping = "version = 1\nkind = \"features\"\n[[personal]]\ncolumn = \"phone\"\ndecision = \"keep\"\n\
        decided_by = \"lan\"\n[[attribute]]\nname = \"name\"\ntype = \"text\"\n[[attribute]]\nname = \"phone\"\n\
        type = \"text\"\n[[attribute]]\nname = \"note\"\ntype = \"text\"\n";
    let saved = "/v1/datasets/gates/mapping";
    let reply = node.system().send(Method::PUT, saved, "application/toml", mapping.into()).await.unwrap();
    reply.ok().unwrap();
    let (status, _, said) = write(&node, Method::PATCH, &path, &[], &change).await;
    assert_eq!((status, said), (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(get(&client, &path).await["properties"]["phone"], "0987654321");
}

/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/optimistic-locking-etags/if-match>
#[tokio::test]
async fn of_two_who_read_the_same_one_writes() {
    let node = node().await;
    let path = format!("{ITEMS}/can_tho");
    let (_, shown, _) = ask(&node, Method::GET, &path, &[], String::new()).await;
    let tag = header(&shown, "etag");
    let changes: Vec<Value> = (0..4).map(|n| json!({"properties": {"doors": n + 10}})).collect();
    let condition = [("if-match", tag.as_str())];
    let writes = changes.iter().map(|change| write(&node, Method::PATCH, &path, &condition, change));
    let statuses: Vec<StatusCode> =
        futures::future::join_all(writes).await.into_iter().map(|(status, ..)| status).collect();
    let done = statuses.iter().filter(|status| **status == StatusCode::NO_CONTENT).count();
    let late = statuses.iter().filter(|status| **status == StatusCode::PRECONDITION_FAILED).count();
    assert_eq!((done, late), (1, 3), "{statuses:?}");
}

/// <http://www.opengis.net/spec/ogcapi-features-4/1.0/req/features/crs>
#[tokio::test]
async fn a_feature_may_be_sent_in_any_system_that_is_offered() {
    let node = node().await;
    for (uri, [a, b]) in [
        ("http://www.opengis.net/def/crs/EPSG/0/9209", [472_466.881, 1_194_346.827]),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", [10.8, 105.25]),
        ("http://www.opengis.net/def/crs/EPSG/0/4756", [10.801_009_952, 105.248_210_151]),
    ] {
        let sent = feature(a, b, json!({"name": "Tân Châu"}));
        let crs = format!("<{uri}>");
        let (status, headers, problem) =
            write(&node, Method::POST, ITEMS, &[("content-crs", &crs)], &sent).await;
        assert_eq!(status, StatusCode::CREATED, "{problem}");
        let path = header(&headers, "location").trim_start_matches("http://localhost").to_owned();
        let made = get(&node.public(), &path).await;
        for (axis, expected) in [105.25, 10.8].iter().enumerate() {
            let got = made["geometry"]["coordinates"][axis].as_f64().unwrap();
            assert!((got - expected).abs() < 3e-8, "{uri}: {got} is not {expected}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_feature_is_said_and_nothing_is_kept() {
    let node = node().await;
    let good = feature(105.25, 10.8, json!({"name": "x"}));
    for (body, at) in [
        (json!({"type": "Feature", "properties": {}, "geometry": null}), "geometry"),
        (json!({"type": "FeatureCollection", "features": []}), "type"),
        (feature(105.0, 10.0, json!({"colour": "red"})), "colour"),
        (feature(105.0, 10.0, json!({"width": "wide"})), "width"),
        (feature(1e9, 1e9, json!({"name": "x"})), "geometry"),
        (json!({"type": "Feature", "id": {}, "properties": {}, "geometry": good["geometry"]}), "id"),
    ] {
        let (status, _, problem) = write(&node, Method::POST, ITEMS, &[], &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {problem}");
        assert_eq!(problem["at"], at, "{body}: {problem}");
    }
    assert_eq!(get(&node.public(), ITEMS).await["numberMatched"], 1);
    let (status, _, _) = write(&node, Method::POST, "/ogc/collections/stations/items", &[], &good).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let (status, _, _) = write(&node, Method::POST, "/ogc/collections/nothing/items", &[], &good).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    // Who has no right to write changes nothing.
    let geojson = [("content-type", "application/geo+json")];
    let (status, _, _) = ask(&node, Method::POST, ITEMS, &geojson, good.to_string()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _, _) = ask(&node, Method::DELETE, &format!("{ITEMS}/can_tho"), &[], String::new()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&node.public(), ITEMS).await["numberMatched"], 1);
}
