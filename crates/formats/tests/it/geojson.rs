//! Features: what is stored, what is refused.

use formats::{Error, FeatureItem, FeatureOptions, FeatureRow, Format, Limits, read_features};
use geo_types::Geometry;
use model::Bbox;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::files::file;

fn items(text: &str, limits: &Limits) -> Result<Vec<FeatureItem>, Error> {
    let file = file(text);
    read_features(file.path(), &Format::GeoJson, &FeatureOptions::default(), limits)?.collect()
}

fn collection(features: &[Value]) -> String {
    json!({ "type": "FeatureCollection", "name": "x", "features": features }).to_string()
}

fn feature(geometry: Value) -> Value {
    json!({ "type": "Feature", "properties": { "a": 1 }, "geometry": geometry })
}

fn only_row(text: &str) -> FeatureRow {
    match items(text, &Limits::default()).unwrap().remove(0) {
        FeatureItem::Row(row) => row,
        FeatureItem::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn refusal(text: &str, limits: &Limits) -> (u32, &'static str, String) {
    match items(text, limits).unwrap().remove(0) {
        FeatureItem::Refused(refusal) => (refusal.row, refusal.code, refusal.reason.to_string()),
        FeatureItem::Row(row) => panic!("{row:?}"),
    }
}

#[test]
fn a_feature_keeps_its_id_its_properties_in_order_and_its_box() {
    let text = "\u{feff}{\"type\":\"FeatureCollection\",\"features\":[{\"properties\":{\"z\":\"Ca\u{300} Mau\",\"a\":null,\"z\":2,\"n\":{\"k\":[1]}},
        \"geometry\":{\"coordinates\":[105.5,9.25,3.5],\"type\":\"Point\"},\"bbox\":[0,0,1,1],\"id\":96,\"type\":\"Feature\"}]}";
    let row = only_row(text);
    assert_eq!((row.row, row.id.as_deref(), row.had_heights), (1, Some("96"), true));
    assert_eq!(row.bbox, Bbox::new(105.5, 9.25, 105.5, 9.25).unwrap());
    let expected = [("z", json!(2)), ("a", Value::Null), ("n", json!({"k":[1]}))];
    assert_eq!(row.properties, expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!((row.column("n"), row.geometry_column()), (Some(3), 4));
    // OGC 06-103r4 §8.2: byte order, type 1, x, y.
    let mut wkb = vec![1, 1, 0, 0, 0];
    wkb.extend_from_slice(&105.5_f64.to_le_bytes());
    wkb.extend_from_slice(&9.25_f64.to_le_bytes());
    assert_eq!(row.wkb, wkb);
}

#[test]
fn one_bad_feature_is_refused_and_the_others_go_in() {
    let point = |x: f64, y: f64| feature(json!({ "type": "Point", "coordinates": [x, y] }));
    let text = collection(&[point(105.0, 10.0), point(588_412.3, 1_109_021.7), json!(7), point(106.0, 9.0)]);
    let items = items(&text, &Limits::default()).unwrap();
    let summary: Vec<(u32, Option<&str>)> = items
        .iter()
        .map(|item| match item {
            FeatureItem::Row(row) => (row.row, None),
            FeatureItem::Refused(refusal) => (refusal.row, Some(refusal.code)),
        })
        .collect();
    assert_eq!(summary, [(1, None), (2, Some("outside_world")), (3, Some("not_a_feature")), (4, None)]);
    let FeatureItem::Refused(refusal) = &items[1] else { panic!() };
    assert_eq!(refusal.value, "[588412.3, 1109021.7]");
    assert!(refusal.reason.contains("look like metres"), "{}", refusal.reason);
}

#[test]
fn geometries_that_cannot_be_are_refused_with_the_reason() {
    let ring = json!([[105, 9], [106, 9], [106, 10], [105, 9]]);
    for (geometry, code, reason) in [
        (Value::Null, "no_geometry", "no geometry"),
        (json!({}), "bad_geometry", "`type` is none"),
        (json!({"type": "Circle"}), "bad_geometry", "`type` is none"),
        (json!({"type": "Point"}), "bad_geometry", "no `coordinates`"),
        (json!({"type": "Point", "coordinates": []}), "bad_geometry", "empty"),
        (json!({"type": "Point", "coordinates": [105]}), "bad_geometry", "one number"),
        (json!({"type": "Point", "coordinates": 105}), "bad_geometry", "not a list"),
        (json!({"type": "Point", "coordinates": ["105", "9"]}), "bad_geometry", "not a number"),
        (json!({"type": "Point", "coordinates": [null, 9]}), "bad_geometry", "not a number"),
        (
            json!({"type": "Point", "coordinates": [9.5, 105.5]}),
            "outside_world",
            "longitude comes before latitude",
        ),
        (json!({"type": "Point", "coordinates": [[105, 9]]}), "bad_geometry", "not nested as a Point"),
        (json!({"type": "LineString", "coordinates": [[105, 9]]}), "bad_geometry", "one position"),
        (
            json!({"type": "LineString", "coordinates": [[105, 9], [[1, 2]]]}),
            "bad_geometry",
            "different depth",
        ),
        (json!({"type": "LineString", "coordinates": [[105, 9], 4]}), "bad_geometry", "mixes"),
        (
            json!({"type": "Polygon", "coordinates": [[[105, 9], [106, 9], [106, 10], [105, 10]]]}),
            "bad_geometry",
            "not closed",
        ),
        (
            json!({"type": "Polygon", "coordinates": [[[105, 9], [106, 9], [105, 9]]]}),
            "bad_geometry",
            "fewer than four",
        ),
        (json!({"type": "MultiPolygon", "coordinates": [ring]}), "bad_geometry", "not nested"),
        (json!({"type": "MultiPolygon", "coordinates": [[[[[1, 2]]]]]}), "bad_geometry", "too deeply"),
        (json!({"type": "GeometryCollection", "geometries": []}), "no_geometry", "no positions"),
        (json!({"type": "GeometryCollection", "geometries": [null]}), "bad_geometry", "is null"),
    ] {
        let got = refusal(&collection(&[feature(geometry.clone())]), &Limits::default());
        assert_eq!((got.0, got.1), (1, code), "{geometry}");
        assert!(got.2.contains(reason), "{geometry}: {}", got.2);
    }
    // Neither is a number in JSON, and both are met.
    for number in ["NaN", "Infinity", "-Infinity", "1e999"] {
        let text = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{number},9]}}}}]}}"#
        );
        assert_eq!(refusal(&text, &Limits::default()).1, "not_json", "{number}");
    }
}

#[test]
fn one_feature_alone_is_read_too() {
    let text = json!({ "type": "Feature", "id": "a", "properties": null, "geometry": {
        "type": "GeometryCollection", "geometries": [
            { "type": "Point", "coordinates": [105, 9] },
            { "type": "MultiLineString", "coordinates": [[[105, 9], [106, 10]], [[104, 8], [103, 9]]] },
        ] } });
    let row = only_row(&text.to_string());
    assert_eq!((row.id.as_deref(), row.properties.len()), (Some("a"), 0));
    assert_eq!(row.bbox, Bbox::new(103.0, 8.0, 106.0, 10.0).unwrap());
}

#[test]
fn features_hold_to_the_limits() {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let point = json!({ "type": "Point", "coordinates": [105, 9] });
    let with = |properties: Value| {
        collection(&[json!({ "type": "Feature", "properties": properties, "geometry": point })])
    };
    let limits = Limits {
        max_feature_bytes: 2000,
        max_columns: 3,
        max_cell_bytes: 50,
        max_rows: 2,
        ..Limits::default()
    };
    for (properties, code) in [
        (json!({ "a": deep }), "too_deep"),
        (json!({ "a": "x".repeat(3000) }), "too_large"),
        (json!({ "a": "x".repeat(60) }), "cell_bytes"),
        (json!({ "a": 1, "b": 2, "c": 3 }), "columns"),
    ] {
        assert_eq!(refusal(&with(properties), &limits).1, code);
    }
    let text = collection(&[feature(point.clone()), feature(point.clone()), feature(point)]);
    assert!(matches!(items(&text, &limits), Err(Error::Limit { code: "rows", limit: 2, .. })));
}

fn position() -> impl Strategy<Value = [f64; 2]> {
    [-180.0..180.0_f64, -90.0..90.0_f64]
}

fn ring() -> impl Strategy<Value = Vec<[f64; 2]>> {
    proptest::collection::vec(position(), 3..8).prop_map(|mut ring| {
        ring.push(ring[0]);
        ring
    })
}

fn geometry() -> impl Strategy<Value = Value> {
    let line = || proptest::collection::vec(position(), 2..6);
    let polygon = || proptest::collection::vec(ring(), 1..3);
    let of = |kind: &'static str, coordinates: Value| json!({ "type": kind, "coordinates": coordinates });
    let simple = prop_oneof![
        position().prop_map(move |c| of("Point", json!(c))),
        line().prop_map(move |c| of("MultiPoint", json!(c))),
        line().prop_map(move |c| of("LineString", json!(c))),
        proptest::collection::vec(line(), 1..4).prop_map(move |c| of("MultiLineString", json!(c))),
        polygon().prop_map(move |c| of("Polygon", json!(c))),
        proptest::collection::vec(polygon(), 1..4).prop_map(move |c| of("MultiPolygon", json!(c))),
    ];
    simple.prop_recursive(2, 8, 3, |inner| {
        proptest::collection::vec(inner, 1..3)
            .prop_map(|parts| json!({ "type": "GeometryCollection", "geometries": parts }))
    })
}

proptest! {
    #[test]
    fn a_geometry_is_the_one_that_the_geojson_crate_reads(geometry in geometry()) {
        let row = only_row(&collection(&[feature(geometry.clone())]));
        let theirs: geojson::Geometry = serde_json::from_value(geometry).unwrap();
        let theirs = Geometry::<f64>::try_from(theirs).unwrap();
        let mut expected = Vec::new();
        wkb::writer::write_geometry(&mut expected, &theirs, &wkb::writer::WriteOptions::default()).unwrap();
        prop_assert_eq!(&row.wkb, &expected);
        prop_assert!(wkb::reader::read_wkb(&row.wkb).is_ok());
    }

    #[test]
    fn any_text_called_geojson_ends_in_features_or_an_error(text in "[{}\\[\\]\",:a-f0-9.eE+ -]{0,80}") {
        let around = format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":{text}}}}}]}}"#
        );
        let _ = items(&around, &Limits::default());
        if !text.is_empty() {
            let _ = items(&text, &Limits::default());
        }
    }
}
