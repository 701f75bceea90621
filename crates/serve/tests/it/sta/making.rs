//! Every kind of entity is created, changed and deleted, as 18-088 §10 says.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{Client, TestNode};

use super::{ROOT, ask, create, maxima, send};
use crate::world::{self, list, refused, text, with};

const MEASUREMENT: &str = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement";

fn location(name: &str, coordinates: Value) -> Value {
    json!({"name": name, "description": "d", "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": coordinates}})
}

fn feature(name: &str) -> Value {
    json!({"name": name, "description": "d", "encodingType": "application/geo+json",
        "feature": {"type": "Polygon", "coordinates": [[[106, 10], [106.1, 10], [106.1, 10.1], [106, 10]]]},
        "properties": {"depth": 2}})
}

/// One entity of each kind, each created alone; their paths below the root.
struct Made {
    thing: String,
    location: String,
    history: String,
    sensor: String,
    property: String,
    stream: String,
    feature: String,
    observation: String,
}

fn id_of(path: &str) -> Value {
    let id = path.split_once('(').unwrap().1.trim_end_matches(')');
    id.parse::<i64>().map_or_else(|_| json!(id.trim_matches('\'')), |number| json!(number))
}

async fn make(system: &Client) -> Made {
    let thing = create(system, "Things", &json!({"name": "Phao 7", "description": "Một phao đo"})).await;
    let location = create(system, "Locations", &location("Bến neo", json!([106.25, 10.25]))).await;
    let history = create(
        system,
        "HistoricalLocations",
        &json!({"time": "2019-01-01T00:00:00Z", "Thing": {"@iot.id": id_of(&thing)},
            "Locations": [{"@iot.id": id_of(&location)}]}),
    )
    .await;
    let sensor = create(
        system,
        "Sensors",
        &json!({"name": "CTD 3", "description": "d", "encodingType": "text/plain", "metadata": "m"}),
    )
    .await;
    let property = create(
        system,
        "ObservedProperties",
        &json!({"name": "Độ đục thử", "definition": "https://example.org/murk", "description": "Nước đục",
            "properties": {"sector": "water_quality", "kind": "intensive", "unit": "g/L"}}),
    )
    .await;
    let stream = create(
        system,
        "Datastreams",
        &json!({"name": "s", "description": "d", "observationType": MEASUREMENT,
            "unitOfMeasurement": {"name": "gram per litre", "symbol": "g/L", "definition": "ucum:g/L"},
            "properties": {"dataset": "salinity_daily"}, "Thing": {"@iot.id": id_of(&thing)},
            "Sensor": {"@iot.id": id_of(&sensor)}, "ObservedProperty": {"@iot.id": id_of(&property)}}),
    )
    .await;
    let feature = create(system, "FeaturesOfInterest", &feature("Vũng nước")).await;
    let observation = create(
        system,
        "Observations",
        &json!({"phenomenonTime": "2020-03-01T00:00:00Z", "result": 1.5, "Datastream": {"@iot.id": id_of(&stream)},
            "FeatureOfInterest": {"@iot.id": id_of(&feature)}}),
    )
    .await;
    Made { thing, location, history, sensor, property, stream, feature, observation }
}

async fn made() -> (TestNode, Made) {
    let node = world::node().await;
    let made = make(&node.system()).await;
    (node, made)
}

async fn status(client: &Client, path: &str) -> u16 {
    client.get(&with(&format!("{ROOT}/{path}"), &[])).await.unwrap().status.as_u16()
}

async fn ids(client: &Client, path: &str) -> Vec<String> {
    let page = ask(client, path, &[("$top", "1000")]).await;
    list(&page, "value").iter().map(|one| one["@iot.id"].to_string()).collect()
}

async fn delete(client: &Client, path: &str) -> u16 {
    send(client, Method::DELETE, path, &Value::Null).await.0
}

/// `req/create-update-delete/create-entity`
#[tokio::test]
async fn every_kind_of_entity_is_created_alone_and_is_as_it_was_sent() {
    let (node, made) = made().await;
    let system = node.system();
    let lang = [("lang", "vi")];
    let thing = ask(&system, &made.thing, &lang).await;
    assert_eq!((&thing["name"], &thing["description"]), (&json!("Phao 7"), &json!("Một phao đo")));
    let location = ask(&system, &made.location, &lang).await;
    assert_eq!(
        (&location["name"], &location["encodingType"], &location["location"]),
        (
            &json!("Bến neo"),
            &json!("application/geo+json"),
            &json!({"type": "Point", "coordinates": [106.25, 10.25]})
        )
    );
    let history = ask(&system, &made.history, &[("$expand", "Thing,Locations")]).await;
    assert_eq!(history["time"], "2019-01-01T00:00:00Z");
    assert_eq!(history["Thing"]["@iot.id"], id_of(&made.thing));
    assert_eq!(history["Locations"][0]["@iot.id"], id_of(&made.location));
    let sensor = ask(&system, &made.sensor, &lang).await;
    assert_eq!((&sensor["name"], &sensor["metadata"]), (&json!("CTD 3"), &json!("m")));
    let property = ask(&system, &made.property, &lang).await;
    assert_eq!(
        (&property["name"], &property["definition"]),
        (&json!("Độ đục thử"), &json!("https://example.org/murk"))
    );
    let stream = ask(&system, &made.stream, &[("$expand", "Thing,Sensor,ObservedProperty")]).await;
    assert_eq!((&stream["name"], &stream["unitOfMeasurement"]["symbol"]), (&json!("s"), &json!("g/L")));
    for (relation, path) in
        [("Thing", &made.thing), ("Sensor", &made.sensor), ("ObservedProperty", &made.property)]
    {
        assert_eq!(stream[relation]["@iot.id"], id_of(path), "{relation}");
    }
    let feature = ask(&system, &made.feature, &lang).await;
    assert_eq!((&feature["name"], &feature["properties"]), (&json!("Vũng nước"), &json!({"depth": 2})));
    assert_eq!(feature["feature"]["type"], "Polygon");
    let observation = ask(&system, &made.observation, &[("$expand", "Datastream,FeatureOfInterest")]).await;
    assert_eq!(
        (&observation["result"], &observation["phenomenonTime"]),
        (&json!(1.5), &json!("2020-03-01T00:00:00Z"))
    );
    assert_eq!(observation["Datastream"]["@iot.id"], id_of(&made.stream));
    assert_eq!(observation["FeatureOfInterest"]["@iot.id"], id_of(&made.feature));
    // A feature is no thing, and its values are no datastream of their own.
    assert!(!ids(&system, "Things").await.contains(&id_of(&made.feature).to_string()));
    let streams = ids(&system, &format!("{}/Datastreams", made.sensor)).await;
    assert_eq!(streams, [id_of(&made.stream).to_string()]);
}

/// `req/create-update-delete/link-to-existing-entities`, `req/create-update-delete/deep-insert`: a value
/// belongs to its datastream, whatever feature it is of.
#[tokio::test]
async fn values_of_several_features_are_those_of_one_datastream() {
    let (node, made) = made().await;
    let (system, public) = (node.system(), node.public());
    let values = format!("{}/Observations", made.stream);
    let own =
        create(&system, &values, &json!({"phenomenonTime": "2020-03-01T00:00:00Z", "result": 2.5})).await;
    let inserted = create(
        &system,
        &values,
        &json!({"phenomenonTime": "2020-03-02T00:00:00Z", "result": 3.5, "FeatureOfInterest": feature("Vũng khác")}),
    )
    .await;
    let below = create(
        &system,
        &format!("{}/Observations", made.feature),
        &json!({"phenomenonTime": "2020-03-03T00:00:00Z", "result": 4.5, "Datastream": {"@iot.id": id_of(&made.stream)}}),
    )
    .await;
    let arrays = json!([{"Datastream": {"@iot.id": id_of(&made.stream)},
        "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
        "dataArray": [["2020-03-04T00:00:00Z", 5.5, id_of(&made.feature)], ["2020-03-05T00:00:00Z", 6.5, id_of(&made.thing)]]}]);
    let (status, links) = send(&system, Method::POST, "CreateObservations", &arrays).await;
    assert_eq!(status, 201, "{links}");
    let order = [("$orderby", "phenomenonTime,result"), ("$count", "true"), ("$expand", "FeatureOfInterest")];
    let all = ask(&public, &values, &order).await;
    assert_eq!(super::results(list(&all, "value")), [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]);
    assert_eq!(all["@iot.count"], json!(6));
    let features: Vec<&Value> =
        list(&all, "value").iter().map(|one| &one["FeatureOfInterest"]["@iot.id"]).collect();
    let (mine, thing) = (id_of(&made.feature), id_of(&made.thing));
    assert_eq!(
        [features[0], features[1], features[3], features[4], features[5]],
        [&mine, &thing, &mine, &mine, &thing]
    );
    let pages =
        super::all_pages(&public, &values, &[("$top", "2"), ("$orderby", "phenomenonTime asc")]).await;
    assert_eq!(pages.len(), 6);
    let of_feature = ask(&public, &format!("{}/Observations", made.feature), &[("$count", "true")]).await;
    assert_eq!(of_feature["@iot.count"], json!(3));
    for path in [&own, &inserted, &below] {
        assert_eq!(ask(&public, &format!("{path}/Datastream"), &[]).await["@iot.id"], id_of(&made.stream));
    }
    let filter = format!("Datastream/id eq {}", id_of(&made.stream));
    let filtered = ask(&public, "Observations", &[("$filter", &filter), ("$count", "true")]).await;
    assert_eq!(filtered["@iot.count"], json!(6));
    // It is corrected and deleted as any other.
    let (status, now) = send(&system, Method::PATCH, &below, &json!({"result": 4.75})).await;
    assert_eq!((status, &now["result"]), (200, &json!(4.75)), "{now}");
    assert_eq!(delete(&system, &below).await, 200);
    assert_eq!(self::status(&public, &below).await, 404);
    // The series that holds it is addressed by nobody.
    let part =
        text(&ask(&public, &made.observation, &[]).await, "@iot.id").split('-').next().unwrap().to_owned();
    assert_ne!(json!(part), id_of(&made.stream));
    assert_eq!(self::status(&public, &format!("Datastreams({part})")).await, 404);
    let value = json!({"phenomenonTime": "2020-03-09T00:00:00Z", "result": 1});
    let (status, _) = send(&system, Method::POST, &format!("Datastreams({part})/Observations"), &value).await;
    assert_eq!(status, 404);
    for (feature, expected) in [(json!("station:tra_vinh"), 501), (json!("station:nowhere"), 404)] {
        let mut value = value.clone();
        value["FeatureOfInterest"] = json!({"@iot.id": feature});
        let (status, problem) = send(&system, Method::POST, &values, &value).await;
        assert_eq!(status, expected, "{problem}");
    }
}

/// `req/create-update-delete/historical-location-auto-creation`
#[tokio::test]
async fn a_thing_that_moves_leaves_its_history() {
    let (node, made) = made().await;
    let system = node.system();
    let first = json!({"name": "Phao 8", "description": "d", "Locations": [location("Đầu tiên", json!([106.5, 10.5]))]});
    let thing = create(&system, "Things", &first).await;
    let histories = format!("{thing}/HistoricalLocations");
    let now = ask(&system, &histories, &[("$expand", "Locations")]).await;
    assert_eq!(list(&now, "value").len(), 1, "{now}");
    assert_eq!(now["value"][0]["Locations"][0]["name"], "Đầu tiên");
    // By naming another location, …
    let there = json!({"Locations": [{"@iot.id": id_of(&made.location)}]});
    let (status, answer) = send(&system, Method::PATCH, &thing, &there).await;
    assert_eq!(status, 200, "{answer}");
    let at = ask(&system, &format!("{thing}/Locations"), &[]).await;
    assert_eq!((list(&at, "value").len(), &at["value"][0]["@iot.id"]), (1, &id_of(&made.location)));
    // … by a new one, …
    create(&system, &format!("{thing}/Locations"), &location("Chỗ thứ ba", json!([106.75, 10.75]))).await;
    let all = ask(&system, &histories, &[("$expand", "Locations"), ("$orderby", "time")]).await;
    let places: Vec<&Value> = list(&all, "value").iter().map(|one| &one["Locations"][0]["name"]).collect();
    assert_eq!(places, ["Đầu tiên", "Bến neo", "Chỗ thứ ba"]);
    let coordinates: Vec<&Value> =
        list(&all, "value").iter().map(|one| &one["Locations"][0]["location"]["coordinates"]).collect();
    assert_eq!(coordinates, [&json!([106.5, 10.5]), &json!([106.25, 10.25]), &json!([106.75, 10.75])]);
    // … and by a history that is later than all others; an earlier one moves nothing.
    for (time, is_there) in [("2001-01-01T00:00:00Z", false), ("2999-01-01T00:00:00Z", true)] {
        let history = json!({"time": time, "Locations": [{"@iot.id": id_of(&made.location)}]});
        create(&system, &histories, &history).await;
        let at = ask(&system, &format!("{thing}/Locations"), &[]).await;
        assert_eq!(at["value"][0]["@iot.id"] == id_of(&made.location), is_there, "{time}");
    }
    // Other protocols find it where it is.
    let place = world::get(&system, &format!("/v1/places/{}", id_of(&thing).as_str().unwrap())).await;
    assert_eq!(place["position"], json!([106.25, 10.25]), "{place}");
    // A location brings things that are there; several are one move.
    let mut shared = location("Chung", json!([105, 9]));
    shared["Things"] = json!([{"@iot.id": id_of(&thing)}, {"@iot.id": id_of(&made.thing)}]);
    let shared = create(&system, "Locations", &shared).await;
    assert_eq!(ids(&system, &format!("{shared}/Things")).await.len(), 2);
    let both = json!({"name": "Phao 9", "description": "d", "Locations": [
        location("Một", json!([105, 9])),
        {"name": "Hai", "description": "d", "encodingType": "application/geo+json",
            "location": {"type": "LineString", "coordinates": [[105, 9], [106, 10]]}}]});
    let both = create(&system, "Things", &both).await;
    assert_eq!(ids(&system, &format!("{both}/Locations")).await.len(), 2);
    assert_eq!(ids(&system, &format!("{both}/HistoricalLocations")).await.len(), 1);
}

/// `req/create-update-delete/update-entity`, `req/create-update-delete/update-entity-put`,
/// `req/create-update-delete/update-entity-jsonpatch`
#[tokio::test]
async fn every_kind_of_entity_is_changed_in_part_and_as_a_whole() {
    let (node, made) = made().await;
    let system = node.system();
    let line = json!({"type": "LineString", "coordinates": [[106, 10], [107, 11]]});
    for (path, name, value) in [
        (&made.thing, "name", json!("Phao bảy")),
        (&made.thing, "description", json!("Phao mới sơn")),
        (&made.location, "name", json!("Bến mới")),
        (&made.location, "location", line.clone()),
        (&made.history, "time", json!("2018-01-01T00:00:00Z")),
        (&made.sensor, "name", json!("CTD 4")),
        (&made.sensor, "encodingType", json!("application/pdf")),
        (&made.property, "name", json!("Độ đục")),
        (&made.property, "definition", json!("https://example.org/turbidity")),
        (&made.stream, "name", json!("Độ đục tại phao")),
        (&made.feature, "name", json!("Vũng lớn")),
        (&made.feature, "feature", line.clone()),
        (&made.observation, "result", json!(7.5)),
    ] {
        let before = ask(&system, path, &[("lang", "vi")]).await;
        let change = json!({ name: value });
        let (status, _) = send(&system, Method::PATCH, path, &change).await;
        assert_eq!(status, 200, "{path} {name}");
        let after = ask(&system, path, &[("lang", "vi")]).await;
        assert_eq!(after[name], value, "{path}");
        for (other, value) in before.as_object().unwrap() {
            // Where a value is from is another run's now.
            let is_same = other == name || ["parameters", "resultQuality"].contains(&other.as_str());
            assert!(is_same || after[other] == *value, "{path} {other}: {after}");
        }
        // All of it, as it is read, with one word changed back.
        let mut whole = after.clone();
        whole[name] = before[name].clone();
        let (status, problem) = send(&system, Method::PUT, path, &whole).await;
        assert_eq!(status, 200, "{path} {name}: {problem}");
        assert_eq!(ask(&system, path, &[("lang", "vi")]).await[name], before[name], "{path}");
        let patch = json!([{"op": "test", "path": format!("/{name}"), "value": before[name]},
            {"op": "replace", "path": format!("/{name}"), "value": value}]);
        let (status, problem) = send(&system, Method::PATCH, path, &patch).await;
        assert_eq!(status, 200, "{path} {name}: {problem}");
        assert_eq!(ask(&system, path, &[("lang", "vi")]).await[name], value, "{path}");
    }
    let unit = json!({"unitOfMeasurement": {"name": "gam trên lít", "symbol": "g/L", "definition": "x:y"}});
    let (status, now) = send(&system, Method::PATCH, &made.stream, &unit).await;
    assert_eq!((status, &now["unitOfMeasurement"]), (200, &unit["unitOfMeasurement"]), "{now}");
    for (path, body, expected) in [
        (&made.stream, json!({"unitOfMeasurement": {"name": "m", "symbol": "m"}}), 501),
        (&made.stream, json!({"unitOfMeasurement": {"name": 5, "symbol": "g/L"}}), 400),
        (&made.location, json!({"location": {"type": "Point", "coordinates": []}}), 400),
        (&made.location, json!({"encodingType": "text/wkt"}), 501),
        (&made.history, json!({"time": "yesterday"}), 400),
        (&made.history, json!({"Thing": {"@iot.id": "station:tra_vinh"}}), 501),
        // 18-088 §10.3: a change inserts nothing.
        (&made.thing, json!({"Locations": [location("Mới", json!([105, 10]))]}), 400),
        (&made.thing, json!({"Locations": [{"@iot.id": "sta:nowhere"}]}), 404),
        (&made.observation, json!({"phenomenonTime": "2021-01-01T00:00:00Z"}), 501),
    ] {
        let (status, problem) = send(&system, Method::PATCH, path, &body).await;
        assert_eq!(status, expected, "{path} {body}: {problem}");
    }
}

/// `req/create-update-delete/delete-entity`: what goes is not found, what cannot be without it goes too
/// (Table 25), the rest stays, and earlier versions are as they were.
#[tokio::test]
async fn what_is_deleted_takes_with_it_what_cannot_be_without_it() {
    /// What is deleted, what goes with it, and what stays.
    type Row = (fn(&Made) -> &String, Vec<fn(&Made) -> &String>, Vec<fn(&Made) -> &String>);
    let rows: Vec<Row> = vec![
        (
            |made| &made.thing,
            vec![|made| &made.stream, |made| &made.history, |made| &made.observation],
            vec![|made| &made.location, |made| &made.sensor, |made| &made.property, |made| &made.feature],
        ),
        (
            |made| &made.location,
            vec![|made| &made.history],
            vec![|made| &made.thing, |made| &made.observation],
        ),
        (
            |made| &made.stream,
            vec![|made| &made.observation],
            vec![|made| &made.thing, |made| &made.sensor, |made| &made.property, |made| &made.feature],
        ),
        (|made| &made.sensor, vec![|made| &made.stream, |made| &made.observation], vec![|made| &made.thing]),
        (
            |made| &made.property,
            vec![|made| &made.stream, |made| &made.observation],
            vec![|made| &made.sensor],
        ),
        (|made| &made.observation, vec![], vec![|made| &made.stream, |made| &made.feature]),
        (|made| &made.feature, vec![|made| &made.observation], vec![|made| &made.stream, |made| &made.thing]),
        (|made| &made.history, vec![], vec![|made| &made.thing, |made| &made.location]),
    ];
    for (deleted, gone, stays) in rows {
        let (node, made) = made().await;
        let (system, public) = (node.system(), node.public());
        let path = deleted(&made);
        for one in std::iter::once(&deleted).chain(&gone).chain(&stays) {
            assert_eq!(status(&system, one(&made)).await, 200, "{} before {path}", one(&made));
        }
        // What is written alone is in a version within a second.
        let is_in_version =
            async || world::get(&system, "/v1/datasets/salinity_daily/versions").await["total"] == 3;
        while !is_in_version().await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let before = chrono::Utc::now().to_rfc3339();
        assert_eq!(delete(&public, path).await, 401, "{path}");
        assert_eq!(delete(&system, path).await, 200, "{path}");
        let set = path.split('(').next().unwrap();
        assert!(!ids(&system, set).await.contains(&id_of(path).to_string()), "{path}");
        assert_eq!(delete(&system, path).await, 404, "{path} again");
        for one in std::iter::once(&deleted).chain(&gone) {
            assert_eq!(status(&system, one(&made)).await, 404, "{} after {path}", one(&made));
        }
        for one in &stays {
            assert_eq!(status(&system, one(&made)).await, 200, "{} after {path}", one(&made));
        }
        // Every version before stays.
        let then =
            with(&format!("{ROOT}/{}", made.observation), &[("asOf", &before), ("$expand", "Datastream")]);
        let then = world::get(&system, &then).await;
        assert_eq!(
            (&then["result"], &then["Datastream"]["@iot.id"]),
            (&json!(1.5), &id_of(&made.stream)),
            "{path}"
        );
    }
}

/// What stands in the catalogue's lists is nobody's to delete here, and who may not write a dataset
/// deletes nothing of it.
#[tokio::test]
async fn only_what_clients_made_and_may_write_is_deleted() {
    let (node, made) = made().await;
    let (system, public) = (node.system(), node.public());
    let steward = node.user("keeper", "steward", Some("gso"), "write").await;
    for path in
        ["Things('station:tra_vinh')", "Locations('station:tra_vinh')", "ObservedProperties('salinity')"]
    {
        assert_eq!(delete(&system, path).await, 403, "{path}");
        assert_eq!(status(&public, path).await, 200, "{path}");
    }
    assert_eq!(delete(&system, "Sensors('unknown')").await, 501);
    let id = maxima(&public, "station:cau_noi").await;
    let member = node.user("member", "user", Some("gso"), "read").await;
    assert_eq!(delete(&member, &format!("Datastreams({id})")).await, 403);
    assert_eq!(delete(&member, &made.location).await, 403);
    assert_eq!(status(&public, &format!("Datastreams({id})")).await, 200);
    // A steward who may not write the dataset leaves the thing, the series and the values alone.
    for path in [&made.thing, &made.sensor, &made.property, &made.feature] {
        assert_eq!(delete(&steward, path).await, 403, "{path}");
        assert_eq!(status(&system, path).await, 200, "{path}");
        assert_eq!(status(&system, &made.observation).await, 200, "{path}");
    }
    // A series that was read from a file goes with all its values, and a file brings it back.
    let values = format!("Datastreams({id})/Observations");
    assert_eq!(delete(&system, &format!("Datastreams({id})")).await, 200);
    assert_eq!(status(&public, &format!("Datastreams({id})")).await, 404);
    let (code, _) = refused(&public, &with(&format!("{ROOT}/{values}"), &[])).await;
    assert_eq!(code, 404);
    let value = json!({"phenomenonTime": "2020-03-01T00:00:00Z", "result": 1});
    assert_eq!(send(&system, Method::POST, &values, &value).await.0, 404);
    let then =
        world::get(&public, &with(&format!("{ROOT}/{values}"), &[("asOf", "2"), ("$count", "true")])).await;
    assert_eq!(then["@iot.count"], json!(world::DAYS));
    let file = "station,date,value\nstation:cau_noi,2020-02-01,9.5\n".as_bytes().to_vec();
    let mapping = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"date\"]\nzone = \"+07:00\"\n\
        [[value]]\ncolumn = \"value\"\nproperty = \"salinity\"\nunit = \"g/L\"\nstatistic = \"max\"\nperiod = \"P1D\"\n";
    node.hand_in("salinity_daily", "again.csv", file, Some(mapping)).await.unwrap();
    let again = ask(&public, &values, &[]).await;
    assert_eq!(super::results(list(&again, "value")), [9.5]);
}

/// A series that was deleted can be created again, empty.
#[tokio::test]
async fn a_series_that_was_deleted_begins_anew() {
    let (node, made) = made().await;
    let system = node.system();
    assert_eq!(delete(&system, &made.stream).await, 200);
    let again = json!({"name": "lại", "description": "d", "observationType": MEASUREMENT,
        "unitOfMeasurement": {"name": "g/L", "symbol": "g/L"}, "properties": {"dataset": "salinity_daily"},
        "Thing": {"@iot.id": id_of(&made.thing)}, "Sensor": {"@iot.id": id_of(&made.sensor)},
        "ObservedProperty": {"@iot.id": id_of(&made.property)}});
    assert_eq!(create(&system, "Datastreams", &again).await, made.stream);
    let read = ask(&system, &made.stream, &[("$expand", "Observations")]).await;
    assert_eq!((&read["name"], &read["Observations"]), (&json!("lại"), &json!([])));
    let (status, _) = send(&system, Method::POST, "Datastreams", &again).await;
    assert_eq!(status, 409);
}

/// `req/create-update-delete/deep-insert`: a node that ends between the catalogue and the values does the
/// rest when it starts again.
#[tokio::test]
async fn a_deep_insert_that_was_cut_off_is_finished_at_the_next_start() {
    let mut node = world::node().await;
    // Where values are written down first, nothing can be written.
    let folder = node.data().join("journal");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::write(&folder, b"in the way").unwrap();
    let thing = json!({"name": "Trạm giữa chừng", "description": "d", "Datastreams": [{
        "name": "s", "description": "d", "observationType": MEASUREMENT,
        "unitOfMeasurement": {"name": "g/L", "symbol": "g/L"}, "properties": {"dataset": "salinity_daily"},
        "ObservedProperty": {"@iot.id": "salinity"}, "Sensor": {"@iot.id": "unknown"},
        "Observations": [{"phenomenonTime": "2020-03-01T00:00:00Z", "result": 0.5}, {"result": 0.75}]}]});
    let (status, problem) = send(&node.system(), Method::POST, "Things", &thing).await;
    assert!(status >= 500, "{status} {problem}");
    std::fs::remove_file(&folder).unwrap();
    node.restart().await;
    let made = ask(
        &node.system(),
        "Things('sta:tram_giua_chung')",
        &[("$expand", "Datastreams($expand=Observations($orderby=phenomenonTime))")],
    )
    .await;
    let values = list(&made["Datastreams"][0], "Observations");
    assert_eq!(super::results(values), [0.5, 0.75], "{made}");
    // It is done once.
    node.restart().await;
    let count = ask(
        &node.system(),
        "Things('sta:tram_giua_chung')/Datastreams",
        &[("$expand", "Observations($count=true)")],
    )
    .await;
    assert_eq!(count["value"][0]["Observations@iot.count"], json!(2), "{count}");
}

/// A deletion over several datasets that was cut off between two of them is done to its end when the node
/// starts again, and doing it once more changes nothing.
#[tokio::test]
async fn a_deletion_that_was_cut_off_is_finished() {
    let node = world::node().await;
    let (public, app) = (node.public(), node.node().app());
    let id = maxima(&public, "station:cau_noi").await;
    let set = format!("Datastreams({id})/Observations");
    assert!(!list(&ask(&public, &set, &[]).await, "value").is_empty());
    // As it is written down in the transaction that ends what the series belong to.
    let words =
        json!({"dataset": "salinity_daily", "series": [id], "name": "Phao 7", "at": "2026-01-01T00:00:00Z"});
    app.catalog.describe("striking:1", words.as_object().unwrap().clone()).await.unwrap();
    assert_eq!(serve::finish_inserts(app).await.unwrap(), 1);
    assert_eq!(list(&ask(&public, &set, &[]).await, "value"), &Vec::<Value>::new());
    assert!(
        !list(&ask(&public, &set, &[("asOf", "1")]).await, "value").is_empty(),
        "every version before stays"
    );
    assert_eq!(serve::finish_inserts(app).await.unwrap(), 0);
}
