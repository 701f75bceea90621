//! Entities have the properties and relations that the standard's tables give them (18-088 §8.2).

use serde_json::{Value, json};

use super::{ROOT, ask, create, maxima};
use crate::world::{self, bare, get};

/// An entity's set, a member of it, the properties that must be there, and the relations.
type Table = (&'static str, &'static [&'static str], &'static [(&'static str, bool)]);

const THING: Table = (
    "Things",
    &["name", "description"],
    &[("Locations", true), ("HistoricalLocations", true), ("Datastreams", true), ("MultiDatastreams", true)],
);
const LOCATION: Table = (
    "Locations",
    &["name", "description", "encodingType", "location"],
    &[("Things", true), ("HistoricalLocations", true)],
);
const HISTORICAL: Table = ("HistoricalLocations", &["time"], &[("Thing", false), ("Locations", true)]);
const DATASTREAM: Table = (
    "Datastreams",
    &["name", "description", "unitOfMeasurement", "observationType"],
    &[("Thing", false), ("Sensor", false), ("ObservedProperty", false), ("Observations", true)],
);
const SENSOR: Table = (
    "Sensors",
    &["name", "description", "encodingType", "metadata"],
    &[("Datastreams", true), ("MultiDatastreams", true)],
);
const PROPERTY: Table = (
    "ObservedProperties",
    &["name", "definition", "description"],
    &[("Datastreams", true), ("MultiDatastreams", true)],
);
const OBSERVATION: Table = (
    "Observations",
    &["phenomenonTime", "result", "resultTime"],
    &[("Datastream", false), ("FeatureOfInterest", false)],
);
const FEATURE: Table =
    ("FeaturesOfInterest", &["name", "description", "encodingType", "feature"], &[("Observations", true)]);

/// Looks at the first entity of a set that a filter leaves.
async fn check((set, properties, relations): Table) {
    let node = world::node().await;
    let client = node.system();
    // Since when it is where it is, is known of this one.
    let gauge = json!({"name": "Trạm có ngày", "description": "d", "properties": {"valid_from": "2001-01-01"},
        "Locations": [{"name": "l", "description": "d", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [106.4, 10.1]}}]});
    create(&client, "Things", &gauge).await;
    let page = ask(&client, set, &[("$top", "1")]).await;
    let one = page["value"][0].clone();
    let own = bare(one["@iot.selfLink"].as_str().expect("a link to itself"));
    // The same by its link, with an id.
    let again = get(&client, &own).await;
    assert_eq!((&again, one["@iot.id"].is_null()), (&one, false), "{set}");
    assert!(own.starts_with(&format!("{ROOT}/{set}(")), "{own}");
    for property in properties {
        assert!(one.get(property).is_some(), "{set} have no `{property}`: {one}");
    }
    for (relation, is_many) in relations {
        let link = one[format!("{relation}@iot.navigationLink")].as_str();
        let link = bare(link.unwrap_or_else(|| panic!("{set} lead to no `{relation}`: {one}")));
        assert_eq!(link, format!("{own}/{relation}"));
        let reply = client.get(&link).await.unwrap();
        if *is_many {
            assert!(reply.ok().unwrap().json()["value"].is_array(), "{link}");
        } else {
            assert!(reply.ok().unwrap().json()["@iot.id"] != Value::Null, "{link}");
        }
    }
}

/// `req/datamodel/thing/properties`, `req/datamodel/thing/relations`
#[tokio::test]
async fn a_thing_has_what_the_table_says() {
    check(THING).await;
}

/// `req/datamodel/location/properties`, `req/datamodel/location/relations`
#[tokio::test]
async fn a_location_has_what_the_table_says() {
    check(LOCATION).await;
}

/// `req/datamodel/historical-location/properties`, `req/datamodel/historical-location/relations`
#[tokio::test]
async fn a_historical_location_has_what_the_table_says() {
    check(HISTORICAL).await;
}

/// `req/datamodel/datastream/properties`, `req/datamodel/datastream/relations`
#[tokio::test]
async fn a_datastream_has_what_the_table_says() {
    check(DATASTREAM).await;
}

/// `req/datamodel/sensor/properties`, `req/datamodel/sensor/relations`
#[tokio::test]
async fn a_sensor_has_what_the_table_says() {
    check(SENSOR).await;
}

/// `req/datamodel/observed-property/properties`, `req/datamodel/observed-property/relations`
#[tokio::test]
async fn an_observed_property_has_what_the_table_says() {
    check(PROPERTY).await;
}

/// `req/datamodel/observation/properties`, `req/datamodel/observation/relations`
#[tokio::test]
async fn an_observation_has_what_the_table_says() {
    check(OBSERVATION).await;
}

/// `req/datamodel/feature-of-interest/properties`, `req/datamodel/feature-of-interest/relations`
#[tokio::test]
async fn a_feature_of_interest_has_what_the_table_says() {
    check(FEATURE).await;
}

/// `req/datamodel/entity-control-information/common-control-information`
#[tokio::test]
async fn every_entity_has_an_id_and_links() {
    let node = world::node().await;
    let client = node.public();
    let id = maxima(&client, "station:cau_noi").await;
    let one = ask(&client, &format!("Datastreams({id})"), &[("$select", "id,selfLink,Thing")]).await;
    let own = format!("http://localhost{ROOT}/Datastreams({id})");
    let expected =
        json!({"@iot.id": id, "@iot.selfLink": own, "Thing@iot.navigationLink": format!("{own}/Thing")});
    assert_eq!(one, expected);
}
