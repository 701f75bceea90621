//! Times that say one zone and may mean another are taken as they say, and told.

use intake::{Report, finding_message};
use model::{DatasetKind, Lang};

use crate::node::{Node, at};

const MAPPING: &str = r#"
version = 1
kind = "observations"
[place]
value = "station:can_tho"
[time]
columns = ["t"]
TIME
[[value]]
column = "v"
property = "rain_day"
unit = "mm"
statistic = "total"
"#;

fn days(clock: &str) -> String {
    let rows: String = (1..=5).map(|day| format!("2020-06-{day:02}{clock},{day}\n")).collect();
    format!("t,v\n{rows}")
}

fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[tokio::test]
async fn days_at_midnight_utc_are_seven_in_the_morning_here_and_that_is_asked_about() {
    let node = Node::new().await;
    let mapping = |time: &str| MAPPING.replace("TIME", time);
    let report = node.load("series", "a.csv", days("T00:00:00Z"), Some(&mapping(""))).await.unwrap();
    assert_eq!(codes(&report), ["utc_midnight"]);
    let finding = &report.findings[0];
    assert_eq!((finding.cell.a1(), finding.value.as_str()), ("A2".into(), "2020-06-01T00:00:00Z"));
    assert_eq!(finding.expected, "%Y-%m-%dT%H:%M:%SZ");
    for lang in [Lang::Vi, Lang::En] {
        assert!(finding_message(finding, lang).contains("format = \"%Y-%m-%dT%H:%M:%SZ\""));
    }
    // Nothing was moved.
    assert_eq!(node.values("series").await[0].time, at("2020-06-01T00:00Z"));

    // What a person decides holds: days of Vietnam, or UTC indeed.
    for (dataset, time, expected) in [
        ("local", "format = \"%Y-%m-%dT%H:%M:%SZ\"", "2020-05-31T17:00Z"),
        ("utc", "zone = \"UTC\"", "2020-06-01T00:00Z"),
    ] {
        node.dataset(dataset, DatasetKind::Observations).await;
        let report = node.load(dataset, "a.csv", days("T00:00:00Z"), Some(&mapping(time))).await.unwrap();
        assert_eq!(codes(&report), Vec::<&str>::new(), "{dataset}");
        assert_eq!(node.values(dataset).await[0].time, at(expected), "{dataset}");
    }
}

#[tokio::test]
async fn days_at_seventeen_utc_are_days_of_vietnam_and_that_is_said() {
    let node = Node::new().await;
    let mapping = MAPPING.replace("TIME", "");
    let report = node.load("series", "a.csv", days("T17:00:00+00:00"), Some(&mapping)).await.unwrap();
    assert_eq!(codes(&report), ["utc_local_midnight"]);
    assert_eq!(report.findings[0].expected, "02/06/2020");
    assert_eq!(node.values("series").await[0].time, at("2020-06-01T17:00Z"));
}

#[tokio::test]
async fn a_zone_against_the_mappings_is_followed_and_told() {
    let node = Node::new().await;
    let mapping = MAPPING.replace("TIME", "zone = \"+07:00\"").replace("rain_day", "rain_1h");
    let csv = "t,v\n2020-06-01T01:00:00Z,1\n2020-06-01T02:00:00Z,2\n2020-06-01T03:00:00,3\n";
    let report = node.load("series", "a.csv", csv, Some(&mapping)).await.unwrap();
    assert_eq!(codes(&report), ["zones_mixed", "zone_contradicts"]);
    let [mixed, against] = &report.findings[..] else { panic!() };
    assert_eq!(
        (mixed.value.as_str(), mixed.expected.as_str()),
        ("2020-06-01T03:00:00", "2020-06-01T01:00:00Z")
    );
    assert_eq!(
        (against.value.as_str(), against.expected.as_str()),
        ("2020-06-01T01:00:00Z", "+07:00 · %Y-%m-%dT%H:%M:%SZ")
    );
    let times: Vec<_> = node.values("series").await.iter().map(|value| value.time).collect();
    assert_eq!(times, [at("2020-05-31T20:00Z"), at("2020-06-01T01:00Z"), at("2020-06-01T02:00Z")]);
}

#[tokio::test]
async fn hours_in_utc_and_in_vietnams_clock_raise_no_question() {
    let node = Node::new().await;
    let mapping = MAPPING.replace("TIME", "").replace("rain_day", "rain_1h");
    for (at, hours) in [
        ["T00:00:00Z", "T01:00:00Z", "T17:00:00Z"],
        ["T00:00:00+07:00", "T01:00:00+07:00", "T02:00:00+07:00"],
        ["T00:00:00", "T01:00:00", "T02:00:00"],
    ]
    .iter()
    .enumerate()
    {
        let rows: String = hours.iter().map(|hour| format!("2020-06-{:02}{hour},1\n", at + 1)).collect();
        let report = node.load("series", "a.csv", format!("t,v\n{rows}"), Some(&mapping)).await.unwrap();
        assert_eq!(codes(&report), Vec::<&str>::new(), "{hours:?}");
    }
    // One time alone tells nothing of days.
    let report = node.load("series", "a.csv", "t,v\n2020-07-01T00:00:00Z,1\n", Some(&mapping)).await.unwrap();
    assert_eq!(codes(&report), Vec::<&str>::new());
}

#[tokio::test]
async fn a_services_days_in_utc_are_asked_about_too() {
    let node = Node::new().await;
    let values: Vec<String> = (1..=3)
        .map(|day| format!("{{\"phenomenonTime\":\"2020-06-{day:02}T00:00:00Z\",\"result\":{day}}}"))
        .collect();
    let document = format!(
        "{{\"value\":[{{\"name\":\"a\",\"unitOfMeasurement\":{{\"symbol\":\"mm\"}},\"Thing\":{{\"name\":\"Cần Thơ\"}},\"ObservedProperty\":{{\"name\":\"rain_total\"}},\"Observations\":[{}]}}]}}",
        values.join(",")
    );
    let mapping = "version = 1\nkind = \"observations\"\n[place]\nvalue = \"station:can_tho\"\n[time]\ncolumns = [\"time\"]\n[[value]]\ncolumn = \"value\"\nproperty = \"rain_total\"\nunit = \"mm\"\n";
    let report = node.load("series", "a.json", document, Some(mapping)).await.unwrap();
    assert_eq!(codes(&report), ["utc_midnight"], "{:?}", report.findings);
}
