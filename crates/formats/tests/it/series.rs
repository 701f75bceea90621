//! Dumps of observations: WaterML 2, SensorThings, CoverageJSON.

use formats::{Error, Format, Limits, detect_file, neighbourhood};
use model::CellRef;

use crate::files::{Row, file, row, rows};

const HEADER: [&str; 8] = ["place", "property", "sensor", "unit", "time", "time_end", "value", "quality"];

fn failure(content: impl AsRef<[u8]>) -> &'static str {
    match rows(content, &Limits::default()) {
        Err(error @ (Error::Invalid { code, .. } | Error::Limit { code, .. })) => {
            assert!(error.hint().is_some_and(|hint| !hint.is_empty()));
            code
        }
        other => panic!("{other:?}"),
    }
}

fn read(content: impl AsRef<[u8]>) -> Vec<Row> {
    let rows = rows(content, &Limits::default()).unwrap();
    assert_eq!(rows[0], row(0, 1, &HEADER));
    rows[1..].to_vec()
}

/// After the example of OGC 10-126r4 §10, with two series.
const WATER_ML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<wml2:Collection xmlns:wml2="http://www.opengis.net/waterml/2.0" xmlns:om="http://www.opengis.net/om/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <wml2:observationMember><om:OM_Observation gml:id="o1">
  <om:phenomenonTime/><om:procedure xlink:href="http://x/sensor/radar-1"/>
  <om:observedProperty xlink:href="http://x/property/level" xlink:title="Mực nước"/>
  <om:featureOfInterest xlink:href="http://x/station/019803"/>
  <om:result><wml2:MeasurementTimeseries gml:id="t1">
   <wml2:defaultPointMetadata><wml2:DefaultTVPMeasurementMetadata>
     <wml2:quality xlink:href="http://x/quality/good"/><wml2:uom code="cm"/><wml2:interpolationType xlink:href="#c"/>
   </wml2:DefaultTVPMeasurementMetadata></wml2:defaultPointMetadata>
   <wml2:point><wml2:MeasurementTVP><wml2:time>2020-02-01T00:00:00+07:00</wml2:time><wml2:value>125</wml2:value></wml2:MeasurementTVP></wml2:point>
   <wml2:point><wml2:MeasurementTVP><wml2:time>2020-02-01T01:00:00+07:00</wml2:time><wml2:value xsi:nil="true"/>
     <wml2:metadata><wml2:TVPMeasurementMetadata><wml2:nilReason xlink:href="http://www.opengis.net/def/nil/OGC/0/missing"/></wml2:TVPMeasurementMetadata></wml2:metadata></wml2:MeasurementTVP></wml2:point>
   <wml2:point><wml2:MeasurementTVP><wml2:time>2020-02-01T02:00:00+07:00</wml2:time><wml2:value>1.27</wml2:value>
     <wml2:metadata><wml2:TVPMeasurementMetadata><wml2:quality xlink:title="suspect"/><wml2:uom code="m"/></wml2:TVPMeasurementMetadata></wml2:metadata></wml2:MeasurementTVP></wml2:point>
  </wml2:MeasurementTimeseries></om:result></om:OM_Observation></wml2:observationMember>
 <wml2:observationMember><om:OM_Observation gml:id="o2">
  <om:observedProperty xlink:href="http://x/property/salinity"/>
  <om:featureOfInterest><wml2:MonitoringPoint gml:id="p"><gml:name>Cần Thơ &amp; vùng lân cận</gml:name><gml:name>khác</gml:name></wml2:MonitoringPoint></om:featureOfInterest>
  <om:result><wml2:MeasurementTimeseries><wml2:point><wml2:MeasurementTVP><wml2:time>2020-03-01/2020-03-02</wml2:time><wml2:value>4.0</wml2:value></wml2:MeasurementTVP></wml2:point></wml2:MeasurementTimeseries></om:result>
 </om:OM_Observation></wml2:observationMember>
</wml2:Collection>"##;

#[test]
fn a_waterml_document_becomes_a_row_for_each_point() {
    let file = file(WATER_ML);
    assert_eq!(detect_file("a.xml", file.path()).unwrap(), Format::WaterMl);
    assert_eq!(
        read(WATER_ML),
        [
            row(
                0,
                2,
                &["019803", "Mực nước", "radar-1", "cm", "2020-02-01T00:00:00+07:00", "", "125", "good"]
            ),
            row(
                0,
                3,
                &["019803", "Mực nước", "radar-1", "cm", "2020-02-01T01:00:00+07:00", "", "", "missing"]
            ),
            row(
                0,
                4,
                &["019803", "Mực nước", "radar-1", "m", "2020-02-01T02:00:00+07:00", "", "1.27", "suspect"]
            ),
            row(0, 5, &["Cần Thơ & vùng lân cận", "salinity", "", "", "2020-03-01", "2020-03-02", "4.0"]),
        ]
    );
    let cell = CellRef { sheet: 0, row: 4, column: 7 };
    let found = neighbourhood(file.path(), &Format::WaterMl, cell, 0, &Limits::default()).unwrap();
    assert_eq!((found.header_row, found.rows[1].1[6].as_str()), (Some(1), "1.27"));
}

#[test]
fn a_waterml_document_that_means_harm_or_holds_nothing_is_refused() {
    let head = r#"<c xmlns="http://www.opengis.net/waterml/2.0">"#;
    assert_eq!(failure(format!("{head}</c>")), "no_values");
    assert_eq!(failure(format!("<!DOCTYPE c [<!ENTITY a \"b\">]>{head}</c>")), "document_type");
    assert_eq!(failure(format!("{head}<point><value>&boom;</value></point></c>")), "entity");
    assert_eq!(failure(format!("{head}{}", "<a>".repeat(1000))), "depth");
    assert_eq!(failure(format!("{head}<point><value>1</value>")), "damaged_xml");
    assert_eq!(failure(format!("{head}<point></c>")), "damaged_xml");
    assert_eq!(failure(format!("{head}<a b=\"{}\"/></c>", "x".repeat(20 << 20))), "event_bytes");
    assert_eq!(
        failure(format!("{head}<point><value>{}</value></point></c>", "1".repeat(2 << 20))),
        "event_bytes"
    );
}

#[test]
fn observations_with_their_datastream_become_rows() {
    let content = r#"{"@iot.nextLink": "https://x/next", "value": [
      {"@iot.id": 1, "phenomenonTime": "2020-02-01T00:00:00Z", "result": 1.25, "resultQuality": "good",
       "Datastream": {"name": "Mực nước Cần Thơ", "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "ucum:m"},
         "Thing": {"name": "Cần Thơ", "Locations": [{"location": {"type": "Point", "coordinates": [105.7, 10.0]}}]},
         "ObservedProperty": {"name": "water_level"}, "Sensor": {"name": "radar"}}},
      {"result": null, "phenomenonTime": "2020-02-01T00:00:00Z/2020-02-02T00:00:00Z", "FeatureOfInterest": {"name": "đâu đó"}},
      {"resultTime": "2020-02-03T00:00:00Z", "result": "vết"}]}"#;
    let file = file(content);
    assert_eq!(detect_file("a.json", file.path()).unwrap(), Format::SensorThings);
    assert_eq!(
        read(content),
        [
            row(0, 2, &["Cần Thơ", "water_level", "radar", "m", "2020-02-01T00:00:00Z", "", "1.25", "good"]),
            row(0, 3, &["đâu đó", "", "", "", "2020-02-01T00:00:00Z", "2020-02-02T00:00:00Z"]),
            row(0, 4, &["", "", "", "", "2020-02-03T00:00:00Z", "", "vết"]),
        ]
    );
}

#[test]
fn what_a_series_is_may_stand_behind_its_values() {
    let stream = r#"{"Observations": [{"phenomenonTime": "2020-02-01T00:00:00Z", "result": 7}, {"phenomenonTime": "2020-02-02T00:00:00Z", "result": 8.5}],
        "Thing": {"name": "Mỹ Tho"}, "ObservedProperty": {"name": "salinity"}, "unitOfMeasurement": {"symbol": "g/L"}}"#;
    let expected = [
        row(0, 2, &["Mỹ Tho", "salinity", "", "g/L", "2020-02-01T00:00:00Z", "", "7"]),
        row(0, 3, &["Mỹ Tho", "salinity", "", "g/L", "2020-02-02T00:00:00Z", "", "8.5"]),
    ];
    assert_eq!(read(stream), expected);
    assert_eq!(read(format!("{{\"value\": [{stream}]}}")), expected);
    let thing = r#"{"Datastreams": [{"Observations": [{"phenomenonTime": "2020-02-01T00:00:00Z", "result": 1}], "name": "mực nước", "unitOfMeasurement": {"name": "cm"}}], "name": "Tân Châu"}"#;
    assert_eq!(
        read(thing),
        [row(0, 2, &["Tân Châu", "mực nước", "", "cm", "2020-02-01T00:00:00Z", "", "1"])]
    );
}

#[test]
fn data_arrays_are_read_by_their_components() {
    let content = r#"{"value": [{"Datastream@iot.navigationLink": "https://x/v1.1/Datastreams(7)",
        "components": ["id", "phenomenonTime", "result"], "dataArray": [[1, "2020-02-01T00:00:00Z", 2.5], [2, "2020-02-02T00:00:00Z", null]]}]}"#;
    assert_eq!(
        read(content),
        [
            row(0, 2, &["", "Datastreams(7)", "", "", "2020-02-01T00:00:00Z", "", "2.5"]),
            row(0, 3, &["", "Datastreams(7)", "", "", "2020-02-02T00:00:00Z"]),
        ]
    );
    let request = r#"[{"Datastream": {"name": "mặn", "unitOfMeasurement": {"symbol": "g/L"}}, "dataArray": [["2020-02-01T00:00:00Z", 4]], "components": ["phenomenonTime", "result"]}]"#;
    assert_eq!(read(request), [row(0, 2, &["", "mặn", "", "g/L", "2020-02-01T00:00:00Z", "", "4"])]);
    assert_eq!(
        failure(r#"{"value": [{"components": ["id", "result"], "dataArray": [[1]]}]}"#),
        "damaged_document"
    );
    assert_eq!(
        failure(r#"{"value": [{"@iot.id": 1, "dataArray": [[1]], "components": []}]}"#),
        "damaged_document"
    );
}

#[test]
fn a_collection_that_means_harm_or_holds_nothing_is_refused() {
    assert_eq!(failure(r#"{"value": [], "@iot.count": 0}"#), "no_values");
    assert_eq!(failure(r#"{"@iot.id": 1, "value": [{"result": 1"#), "damaged_document");
    assert_eq!(failure(format!(r#"{{"@iot.id": 1, "x": {}"#, "[".repeat(100_000))), "damaged_document");
    let limits = Limits { max_feature_bytes: 1 << 20, ..Limits::default() };
    let long = format!(r#"{{"value": [{{"@iot.id": 1, "result": "{}"}}]}}"#, "x".repeat(4 << 20));
    let result = rows(long, &limits);
    assert!(matches!(result, Err(Error::Limit { code: "event_bytes", .. })), "{result:?}");
    let many: Vec<String> = (0..50_000)
        .map(|n| format!(r#"{{"phenomenonTime": "2020-02-01T00:00:00Z", "result": {n}}}"#))
        .collect();
    let many = format!(r#"{{"value": [{}], "@iot.count": 50000}}"#, many.join(","));
    assert!(many.len() > 2 << 20);
    assert_eq!(rows(many, &limits).unwrap().len(), 50_001, "a long list of short things is no long thing");
}

#[test]
fn a_point_series_of_coveragejson_becomes_rows() {
    let content = r#"{"type": "Coverage", "id": "can_tho", "domain": {"type": "Domain", "domainType": "PointSeries",
        "axes": {"x": {"values": [105.78]}, "y": {"values": [10.03]}, "t": {"values": ["2020-02-01T00:00:00Z", "2020-02-02T00:00:00Z"]}}},
        "parameters": {"level": {"type": "Parameter", "unit": {"symbol": {"value": "cm", "type": "ucum"}}, "observedProperty": {"label": {"vi": "mực nước"}}}},
        "ranges": {"level": {"type": "NdArray", "dataType": "float", "axisNames": ["t"], "shape": [2], "values": [1.5, null]}}}"#;
    let file = file(content);
    assert_eq!(detect_file("a.json", file.path()).unwrap(), Format::CoverageJson);
    assert_eq!(
        read(content),
        [
            row(0, 2, &["can_tho", "level", "", "cm", "2020-02-01T00:00:00Z", "", "1.5"]),
            row(0, 3, &["can_tho", "level", "", "cm", "2020-02-02T00:00:00Z"]),
        ]
    );
    let grid = content.replace("PointSeries", "Grid");
    assert_eq!(failure(grid), "no_point_series");
    let short = content.replace("[1.5, null]", "[1.5]");
    assert_eq!(failure(short), "damaged_document");
}
