//! Numbers as agencies write them: limits of detection, traces, estimates, units, and what is computed.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int8Type};
use intake::finding_message;
use lake::{AsOf, SeriesRead};
use model::{Lang, TimeRange};
use policy::Purpose;

use crate::node::{Node, told};

/// Number, text, flag and tests of each value of a dataset, in order of time.
pub async fn stored(node: &Node) -> Vec<(Option<f64>, Option<String>, i8, Option<String>)> {
    let permit = node.permit("series", Purpose::Read).await;
    let mut ids: Vec<i64> =
        node.catalog.datastreams(permit.dataset()).await.unwrap().iter().map(|stream| stream.id.0).collect();
    ids.sort_unstable();
    let snapshot = node.lake.snapshot(&permit, AsOf::Latest).await.unwrap();
    let read = SeriesRead {
        datastreams: ids,
        time: TimeRange::ALL,
        columns: None,
        limit: None,
        results: lake::ResultRange::ALL,
    };
    let mut values = Vec::new();
    for batch in node.lake.read_series(&permit, &snapshot, read).await.unwrap() {
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        let results = batch.column_by_name("result").unwrap().as_primitive::<Float64Type>();
        let flags = batch.column_by_name("quality").unwrap().as_primitive::<Int8Type>();
        for row in 0..batch.num_rows() {
            let result = results.is_valid(row).then(|| results.value(row));
            values.push((result, text("result_text", row), flags.value(row), text("quality_tests", row)));
        }
    }
    values
}

fn mapping(property: &str, unit: &str) -> String {
    format!(
        r#"
version = 1
kind = "observations"
[place]
value = "station:can_tho"
[time]
columns = ["Ngày"]
[[value]]
column = "Trị số"
property = "{property}"
unit = "{unit}"
"#
    )
}

#[tokio::test]
async fn a_limit_of_detection_is_no_number_and_keeps_its_sign() {
    let node = Node::new().await;
    let csv = "Ngày;Trị số\n\
        01/02/2020;<0,05\n\
        02/02/2020;0,12\n\
        03/02/2020;KPH\n\
        04/02/2020;KXĐ\n\
        05/02/2020;> 1.234,5\n\
        13/02/2020;≈ 0,2\n\
        14/02/2020;0,3 ± 0,02\n\
        15/02/2020;…\n\
        16/02/2020;nhiều\n\
        17/02/2020;-9999\n";
    let report = node.load("series", "amoni.csv", csv, Some(&mapping("nh4_n", "mg/L"))).await.unwrap();
    assert_eq!(
        told(&report.findings),
        [("not_a_number", "B10".into(), "nhiều"), ("missing_code", "B11".into(), "-9999")]
    );
    assert!(finding_message(&report.findings[1], Lang::Vi).contains("`missing`"));
    assert_eq!((report.run.totals.missing, report.run.totals.added), (2, 6));
    let tests = |text: &str| Some(text.to_owned());
    assert_eq!(
        stored(&node).await,
        [
            (None, Some("<0.05".into()), 2, None),
            (Some(0.12), None, 1, tests("gross_range:1")),
            (None, Some("not_detected".into()), 2, None),
            (None, Some(">1234.5".into()), 2, None),
            (Some(0.2), None, 1, tests("gross_range:1 approx")),
            (Some(0.3), None, 1, tests("gross_range:1 uncertainty:0.02")),
        ]
    );
    // The same again is the same, and another limit is a correction.
    let again = node.load("series", "amoni.csv", csv, None).await.unwrap();
    assert_eq!((again.run.totals.unchanged, again.run.version), (6, None));
    let other = csv.replace("<0,05", "<0,5");
    let corrected = node.load("series", "amoni.csv", other, None).await.unwrap();
    assert_eq!(corrected.run.totals.corrected, 1);
    assert_eq!(stored(&node).await[0].1.as_deref(), Some("<0.5"));
}

#[tokio::test]
async fn a_limit_is_converted_with_its_unit_and_a_trace_of_rain_is_kept() {
    let node = Node::new().await;
    let csv = "Ngày,Trị số\n2020-02-01,<0.05\n2020-02-02,Vết\n";
    node.load("series", "a.csv", csv, Some(&mapping("salinity", "mg/lít"))).await.unwrap();
    assert_eq!(stored(&node).await[0].1.as_deref(), Some("<0.00005"));
    assert_eq!(stored(&node).await[1].1.as_deref(), Some("trace"));
}

#[tokio::test]
async fn conductivity_becomes_salinity_only_when_the_mapping_asks_for_it() {
    let node = Node::new().await;
    let csv = "Ngày,EC,t\n2020-02-01,10,28\n2020-02-02,2,28\n2020-02-03,7,\n2020-02-04,7,90\n";
    let plain = "version = 1\nkind = \"observations\"\n[place]\nvalue = \"station:can_tho\"\n[time]\ncolumns = [\"Ngày\"]\n\
        [[value]]\ncolumn = \"EC\"\nproperty = \"salinity\"\nunit = \"mS/cm\"\n";
    let refused = node.load("series", "a.csv", csv, Some(plain)).await.unwrap_err();
    assert!(refused.to_string().contains("does not convert"), "{refused}");

    let derived = format!("{plain}derive = \"salinity_pss78\"\ntemperature = \"t\"\n");
    let report = node.load("series", "a.csv", csv, Some(&derived)).await.unwrap();
    assert_eq!(
        told(&report.findings),
        [("empty_temperature", "C4".into(), ""), ("not_derivable", "C5".into(), "90")]
    );
    let values = stored(&node).await;
    assert_eq!((values[0].0, values[1].0), (Some(5.2798), Some(0.9551)));
    assert!(values[0].3.as_deref().unwrap().ends_with("pss78:1"));
    assert_eq!(values[1].2, 3, "below salinity 2 the scale is not defined");
    let keys: Vec<String> =
        node.values("series").await.iter().map(|value| value.key.procedure.clone()).collect();
    assert!(keys.iter().all(|procedure| procedure.contains("PSS-78")), "{keys:?}");
    assert!(report.mapping.contains("derive = \"salinity_pss78\""));
}

#[tokio::test]
async fn an_ambiguous_place_is_asked_for_and_the_answer_is_remembered() {
    let node = Node::new().await;
    let text = r#"
version = 1
kind = "observations"
[place]
column = "Nơi"
[time]
columns = ["Ngày"]
[[value]]
column = "Trị số"
property = "population_census"
"#;
    let csv = "Nơi,Ngày,Trị số\nCà Mau,2020,5\n";
    let asked = node.load("series", "a.csv", csv, Some(text)).await.unwrap();
    assert_eq!(told(&asked.findings), [("ambiguous_place", "A2".into(), "Cà Mau")]);

    let answered = format!("{text}[[place_alias]]\ntext = \"CÀ  MAU\"\nplace = \"gso2004:96\"\n");
    let taken = node.load("series", "a.csv", csv, Some(&answered)).await.unwrap();
    assert_eq!((taken.run.totals.added, taken.findings.len()), (1, 0));
    assert_eq!(node.values("series").await[0].key.place.as_str(), "gso2004:96");

    // The next file of the agency needs no answer, with whatever mapping.
    let next = node.load("series", "b.csv", csv.replace('5', "6"), Some(text)).await.unwrap();
    assert_eq!((next.run.totals.corrected, next.findings.len()), (1, 0));
    let aliases = node.catalog.place_aliases(&model::AgencyId::new("tester").unwrap()).await.unwrap();
    assert_eq!((aliases.len(), aliases[0].written.as_str()), (1, "CÀ  MAU"));
    node.catalog.remove_place_alias(&model::AgencyId::new("tester").unwrap(), "cà mau", None).await.unwrap();
    let again = node.load("series", "c.csv", csv, Some(text)).await.unwrap();
    assert_eq!(told(&again.findings), [("ambiguous_place", "A2".into(), "Cà Mau")]);
}

#[tokio::test]
async fn a_spreadsheets_day_numbers_are_dates_and_that_is_said_once() {
    let node = Node::new().await;
    let csv = "Ngày,Trị số\n43862,5\n43863,6\n";
    let report = node.load("series", "a.csv", csv, Some(&mapping("water_level", "cm"))).await.unwrap();
    assert_eq!(told(&report.findings), [("assumed_day_number", "A2".into(), "43862")]);
    assert_eq!(report.findings[0].expected, "01/02/2020");
    let times: Vec<String> =
        node.values("series").await.iter().map(|value| value.time.to_rfc3339()).collect();
    assert_eq!(times, ["2020-01-31T17:00:00+00:00", "2020-02-01T17:00:00+00:00"]);
}
