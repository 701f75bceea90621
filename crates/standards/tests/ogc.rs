//! OGC documents as clients meet them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, json};
use standards::covjson::{
    Coverage, Document, Domain, MeasurementType, NdArray, ObservedProperty, Parameter, ParameterType, Unit,
    document,
};
use standards::geometry::Geometry;
use standards::ogc::{
    CRS84, Collection, DataQueries, DataQuery, EDR_SYSTEMS, Extent, Feature, FeatureCollection, GEOJSON,
    LandingPage, Link, QueryLink, QueryVariables, SpatialExtent, TemporalExtent, describe_all,
};

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn parameters() -> BTreeMap<String, Parameter> {
    BTreeMap::from([(
        "salinity".to_owned(),
        Parameter {
            r#type: ParameterType::Parameter,
            description: BTreeMap::new(),
            unit: Unit { ucum: "g/L".into() },
            observed_property: ObservedProperty {
                id: "https://node.example/v1/properties/salinity".into(),
                label: BTreeMap::from([("vi", "Độ mặn".to_owned()), ("en", "Salinity".to_owned())]),
            },
            measurement: Some(MeasurementType { method: "max".into(), duration: "P1D".into() }),
        },
    )])
}

fn coverage(place: &str, position: Option<[f64; 2]>) -> Coverage {
    Coverage {
        id: format!("https://node.example/sta/v1.1/Datastreams({})", place.len()),
        domain: Domain {
            position,
            times: vec![time("2020-02-02T17:00:00Z"), time("2020-02-03T17:00:00Z")],
            period_ends: vec![time("2020-02-03T17:00:00Z"), time("2020-02-04T17:00:00Z")],
            system: None,
        },
        parameters: BTreeMap::new(),
        ranges: BTreeMap::from([("salinity".to_owned(), NdArray::Float(vec![Some(4.25), None]))]),
        place: place.into(),
        datastream: 7,
    }
}

#[test]
fn one_series_is_a_coverage_and_several_are_a_collection() {
    let one = document(parameters(), vec![coverage("station:cau_noi", Some([106.5, 10.3]))], CRS84);
    assert!(matches!(one, Document::Coverage(_)));
    insta::assert_json_snapshot!("coverage", one);
    let several = document(
        parameters(),
        vec![
            coverage("station:cau_noi", Some([106.5, 10.3])),
            coverage("station:ben_luc", Some([106.4, 10.6])),
        ],
        CRS84,
    );
    insta::assert_json_snapshot!("coverage_collection", several);
}

#[test]
fn a_place_without_a_position_has_a_time_axis_alone() {
    let Document::Coverage(coverage) = document(parameters(), vec![coverage("gso2004:94", None)], CRS84)
    else {
        panic!("one series");
    };
    let domain = serde_json::to_value(&coverage.domain).unwrap();
    assert!(domain.get("domainType").is_none());
    assert_eq!(domain["axes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["t"]);
    let none = serde_json::to_value(document(parameters(), vec![], CRS84)).unwrap();
    assert_eq!(
        (none["type"].as_str(), none["coverages"].as_array().map(Vec::len)),
        (Some("CoverageCollection"), Some(0))
    );
}

#[test]
fn a_collection_describes_its_queries() {
    let variables = |query_type| QueryVariables {
        title: "Vị trí".into(),
        description: "Trạm gần nhất".into(),
        query_type,
        coords: (query_type == "position").then_some("POINT(105.78 10.03)"),
        within_units: Vec::new(),
        width_units: Vec::new(),
        height_units: Vec::new(),
        output_formats: vec!["CoverageJSON"],
        default_output_format: "CoverageJSON",
        crs_details: EDR_SYSTEMS[..1].to_vec(),
    };
    let query = |name| DataQuery {
        link: QueryLink {
            href: format!("https://node.example/ogc/collections/salinity_hourly/{name}"),
            rel: "data",
            variables: variables(name),
        },
    };
    insta::assert_json_snapshot!(Collection {
        id: "salinity_hourly".into(),
        title: "Độ mặn giờ".into(),
        description: "Độ mặn tại các trạm".into(),
        extent: Some(Extent {
            spatial: Some(SpatialExtent::new([104.5, 8.5, 106.9, 11.0])),
            temporal: Some(TemporalExtent::new(Some("2019-01-01T00:00:00Z".into()), None)),
        }),
        crs: vec![CRS84],
        data_queries: Some(DataQueries::from(["position", "locations"].map(|name| (name, query(name))))),
        output_formats: vec!["CoverageJSON"],
        parameter_names: describe_all(&parameters(), "en"),
        links: vec![Link::new(
            "self",
            "https://node.example/ogc/collections/salinity_hourly".into(),
            "application/json"
        )],
        ..Collection::default()
    });
}

#[test]
fn a_page_of_features_has_its_numbers() {
    let feature = Feature {
        id: "a".into(),
        geometry: Some(Geometry::Point([105.5, 10.25])),
        properties: json!({"name": "Ấp 3"}).as_object().cloned().unwrap(),
        links: vec![],
    };
    insta::assert_json_snapshot!(FeatureCollection {
        number_matched: Some(12),
        number_returned: 2,
        time_stamp: Some("2026-01-01T00:00:00Z".into()),
        features: vec![
            feature,
            Feature { id: "b".into(), geometry: None, properties: Map::new(), links: vec![] }
        ],
        links: vec![Link::new("next", "https://node.example/next".into(), GEOJSON)],
    });
    let page = LandingPage { title: "Cửu Long".into(), description: String::new(), links: vec![] };
    assert!(serde_json::to_string(&page).unwrap().contains("\"links\":[]"));
}
