//! GeoJSON into datasets of features.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use intake::Error;
use lake::{AsOf, FeatureRead};
use model::RunState;
use policy::Purpose;
use serde_json::json;

use crate::node::{Node, told};

fn feature(id: serde_json::Value, properties: serde_json::Value, x: f64) -> serde_json::Value {
    json!({"type": "Feature", "id": id, "properties": properties,
           "geometry": {"type": "Point", "coordinates": [x, 10.0]}})
}

fn collection(features: Vec<serde_json::Value>) -> String {
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

#[tokio::test]
async fn attributes_are_typed_over_all_features_and_the_id_is_the_property_that_differs() {
    let node = Node::new().await;
    let file = collection(vec![
        feature(
            json!(null),
            json!({"code": "A", "fullName": "Cống Cái Lớn", "width": 11, "open": true, "since": "2021-12-24", "kind": "gate"}),
            105.0,
        ),
        feature(
            json!(null),
            json!({"code": "B", "fullName": "Cống Cái Bé", "width": 35.5, "open": false, "since": null, "kind": "gate"}),
            105.1,
        ),
        feature(
            json!(null),
            json!({"code": "C", "fullName": "Cống Xẻo Rô", "width": 8, "kind": "gate", "count": 3}),
            105.2,
        ),
    ]);
    let report = node.load("things", "cong.geojson", file, None).await.unwrap();
    assert!(report.mapping_guessed);
    assert_eq!(told(&report.findings), []);
    assert_eq!((report.run.totals.added, report.run.totals.rows), (3, 3));
    for expected in [
        "id = \"code\"",
        "name = \"fullName\"",
        "name = \"width\"\ntype = \"number\"",
        "name = \"count\"\ntype = \"integer\"",
        "name = \"open\"\ntype = \"boolean\"",
        "name = \"since\"\ntype = \"time\"",
        "name = \"full_name\"\nfrom = \"fullName\"\ntype = \"text\"",
    ] {
        assert!(report.mapping.contains(expected), "{expected} in\n{}", report.mapping);
    }
    let permit = node.permit("things", Purpose::Read).await;
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = FeatureRead { bbox: None, offset: 0, limit: 10, feature: Some("B".into()) };
    let found = node.lake.read_features(&permit, &snapshot, read).await.unwrap();
    let batch = found.batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
    let column = |name: &str| batch.column_by_name(name).unwrap();
    assert_eq!(column("name").as_string::<i32>().value(0), "Cống Cái Bé");
    assert!((column("width").as_primitive::<Float64Type>().value(0) - 35.5).abs() < 1e-12);
    assert!(!column("open").as_boolean().value(0));
    assert!(column("since").as_primitive::<TimestampMicrosecondType>().is_null(0));
    assert!(column("count").as_primitive::<Int64Type>().is_null(0));
    assert!((column("xmin").as_primitive::<Float64Type>().value(0) - 105.1).abs() < 1e-12);
    assert_eq!(column("origin_row").as_primitive::<arrow::datatypes::Int32Type>().value(0), 2);
    assert_eq!(column("run").as_string::<i32>().value(0), report.run.id.as_str());
    let run = node.catalog.run(&report.run.id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Done);
}

#[tokio::test]
async fn bad_features_are_refused_with_their_place_and_the_rest_go_in() {
    let node = Node::new().await;
    let mapping = "version = 1\nkind = \"features\"\n[feature]\nid = \"ma\"\n[[attribute]]\nname = \"rong\"\nfrom = \"Rộng\"\ntype = \"number\"\n";
    let mut outside = feature(json!(null), json!({"ma": "x"}), 0.0);
    outside["geometry"]["coordinates"] = json!([586_000.0, 1_110_000.0]);
    let file = collection(vec![
        feature(json!(null), json!({"ma": "a", "Rộng": 5}), 105.0),
        feature(json!(null), json!({"ma": "b", "Rộng": "rất rộng"}), 105.0),
        feature(json!(null), json!({"Rộng": 5}), 105.0),
        feature(json!(null), json!({"ma": "a", "Rộng": 5}), 105.0),
        feature(json!(null), json!({"ma": "a", "Rộng": 6}), 105.0),
        outside,
        json!({"type": "Feature", "properties": {"ma": "z"}, "geometry": null}),
        feature(json!(null), json!({"ma": 7, "Rộng": "7.5"}), 105.0),
    ]);
    let report = node.load("things", "a.geojson", file.clone(), Some(mapping)).await.unwrap();
    let codes: Vec<(&str, u32)> = report.findings.iter().map(|f| (f.code.as_str(), f.cell.row)).collect();
    assert_eq!(
        codes,
        [
            ("wrong_type", 2),
            ("no_feature_id", 3),
            ("duplicate_value", 4),
            ("duplicate_feature", 5),
            ("outside_world", 6),
            ("no_geometry", 7)
        ]
    );
    let totals = report.run.totals;
    assert_eq!((totals.rows, totals.refused, totals.added, totals.warnings), (8, 5, 2, 1));
    let again = node.load("things", "b.geojson", file, None).await.unwrap();
    assert_eq!((again.run.version, again.run.totals.unchanged), (None, 2));
}

#[tokio::test]
async fn other_coordinates_and_features_without_an_id_are_refused_with_a_hint() {
    let node = Node::new().await;
    let mut file: serde_json::Value =
        serde_json::from_str(&collection(vec![feature(json!("a"), json!({}), 105.0)])).unwrap();
    file["crs"] = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}});
    let error = node.load("things", "a.geojson", file.to_string(), None).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid { hint, .. } if !hint.is_empty()), "{error:?}");
    assert!(error.to_string().contains("9210"), "{error}");

    let twins = collection(vec![
        feature(json!(null), json!({"x": 1}), 105.0),
        feature(json!(null), json!({"x": 1}), 106.0),
    ]);
    let error = node.load("things", "a.geojson", twins, None).await.unwrap_err();
    assert!(matches!(&error, Error::Unmapped { example, .. } if example.contains("FILL IN")), "{error:?}");
}
