//! Forecasts: each run of a model is an instance of EDR that answers its own values for as long as its version is kept.

use axum::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use testkit::{Client, TestNode};

use crate::world::{get, list, refused, text, with};

const DATASET: &str = "salinity_forecast";

/// A mapping of a forecast whose instant stands in a column, or is said.
fn mapping(run: &str) -> String {
    format!(
        "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\nrun = {run}\n\
         [[value]]\ncolumn = \"value\"\nproperty = \"salinity\"\nunit = \"g/L\"\nstatistic = \"instant\"\n"
    )
}

/// The hour that is under way, asked once: what is said of it must not change within a test.
fn this_hour() -> DateTime<Utc> {
    DateTime::from_timestamp(Utc::now().timestamp() / 3600 * 3600, 0).unwrap()
}

fn iso(time: DateTime<Utc>) -> String {
    model::instant_text(time)
}

/// Rows of a station: a time and a value each, with the run in a column of its own.
fn rows(run: DateTime<Utc>, values: &[(DateTime<Utc>, f64)]) -> Vec<u8> {
    let mut file = "station,run,time,value\n".to_owned();
    for (time, value) in values {
        file += &format!("station:cau_noi,{},{},{value}\n", iso(run), iso(*time));
    }
    file.into_bytes()
}

async fn values(client: &Client, instance: &str) -> (Value, Value) {
    let base = format!("/ogc/collections/{DATASET}");
    let path = match instance {
        "" => format!("{base}/locations/station:cau_noi"),
        instance => format!("{base}/instances/{instance}/locations/station:cau_noi"),
    };
    let answer = get(client, &with(&path, &[])).await;
    (answer["domain"]["axes"]["t"]["values"].clone(), answer["ranges"]["salinity"]["values"].clone())
}

/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/instances/rc-md-success>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/instances/src-md-success>
#[tokio::test]
async fn two_forecasts_of_the_same_hours_stay_readable_each_with_its_own_values() {
    let node = TestNode::start().await;
    node.dataset(DATASET, "observations", "open").await;
    let in_column = mapping("{ column = \"run\" }");
    let now = this_hour();
    let day = |hours: i64| now + TimeDelta::hours(hours);
    let (first, second) = (day(-12), day(-6));
    // The older one reaches further back, and further ahead than the newer one.
    let old = [(day(-10), 1.0), (day(2), 2.0), (day(8), 3.0), (day(90), 4.0)];
    let new = [(day(2), 2.5), (day(8), 3.0), (day(14), 3.5)];
    let report = node.hand_in(DATASET, "old.csv", rows(first, &old), Some(&in_column)).await.unwrap();
    assert_eq!(report["run"]["totals"]["added"], 4, "{report}");
    assert_eq!(
        report["run"]["forecast"],
        json!({"made_for": iso(first), "first": iso(day(-10)), "last": iso(day(90))})
    );
    let said = mapping(&format!("\"{}\"", iso(second)));
    let report = node.hand_in(DATASET, "new.csv", rows(second, &new), Some(&said)).await.unwrap();
    let totals = &report["run"]["totals"];
    assert_eq!(
        (&totals["added"], &totals["corrected"], &totals["unchanged"]),
        (&json!(1), &json!(1), &json!(1))
    );

    let client = node.public();
    let times = |values: &[(DateTime<Utc>, f64)]| {
        json!(values.iter().map(|(time, _)| iso(*time)).collect::<Vec<_>>())
    };
    let results =
        |values: &[(DateTime<Utc>, f64)]| json!(values.iter().map(|(_, value)| value).collect::<Vec<_>>());
    assert_eq!(values(&client, &iso(first)).await, (times(&old), results(&old)));
    assert_eq!(values(&client, &iso(second)).await, (times(&new), results(&new)));
    // The newest by default: what it says, and what the older one said of other hours.
    assert_eq!(values(&client, "").await.1, json!([1.0, 2.5, 3.0, 3.5, 4.0]));

    let instances = get(&client, &format!("/ogc/collections/{DATASET}/instances")).await;
    let listed: Vec<&str> = list(&instances, "instances").iter().map(|one| text(one, "id")).collect();
    assert_eq!(listed[..2], [iso(second), iso(first)], "{instances}");
    assert_eq!(listed.len(), 4, "{instances}");
    let newest = &instances["instances"][0];
    assert!(text(newest, "title").contains(&iso(second)), "{newest}");
    assert_eq!(newest["extent"]["temporal"]["interval"], json!([[iso(day(2)), iso(day(14))]]));
    let way = text(&newest["data_queries"]["position"]["link"], "href");
    assert!(way.ends_with(&format!("/instances/{}/position", iso(second))), "{way}");
    let page = get(&client, &format!("/ogc/collections/{DATASET}/instances?limit=1&offset=1")).await;
    assert_eq!(text(&page["instances"][0], "id"), iso(first));

    // The trace goes to the cell of the file that said it.
    let streams = get(&client, &format!("/v1/datasets/{DATASET}/datastreams")).await;
    let stream = list(&streams, "items")[0]["id"].to_string();
    for (instance, file, result) in [(first, "old.csv", 2.0), (second, "new.csv", 2.5)] {
        let held = get(&client, &format!("/v1/datasets/{DATASET}/runs")).await;
        let run =
            list(&held, "items").iter().find(|run| run["forecast"]["made_for"] == iso(instance)).unwrap();
        let (time, version) = (iso(day(2)), run["version"].to_string());
        let asked = [
            ("dataset", DATASET),
            ("datastream", stream.as_str()),
            ("time", time.as_str()),
            ("version", version.as_str()),
        ];
        let trace = get(&client, &with("/v1/trace", &asked)).await;
        assert_eq!(trace["result"], result, "{trace}");
        let part = &trace["parts"][0];
        assert_eq!(
            (&part["run"]["file_name"], &part["run"]["forecast"]["made_for"]),
            (&json!(file), &json!(iso(instance)))
        );
        assert_eq!(part["cell"]["text"].as_str().unwrap().parse::<f64>().unwrap(), result);
    }

    // The same forecast again changes nothing, and is no second instance.
    node.hand_in(DATASET, "new.csv", rows(second, &new), Some(&said)).await.unwrap();
    assert_eq!(values(&client, &iso(second)).await.1, results(&new));
    // Corrected, it answers as corrected.
    let better = [(day(2), 2.75), (day(8), 3.0), (day(14), 3.5)];
    node.hand_in(DATASET, "better.csv", rows(second, &better), Some(&said)).await.unwrap();
    assert_eq!(values(&client, &iso(second)).await.1, results(&better));
    assert_eq!(values(&client, &iso(first)).await.1, results(&old));
    // In two files it is one: the second adds the hours of its own.
    let more = [(day(20), 4.5)];
    node.hand_in(DATASET, "more.csv", rows(second, &more), Some(&said)).await.unwrap();
    let whole: Vec<(DateTime<Utc>, f64)> = better.iter().chain(&more).copied().collect();
    assert_eq!(values(&client, &iso(second)).await, (times(&whole), results(&whole)));
    // A third one that says what the second said makes no version, and is an instance all the same.
    let third = day(-1);
    let same = [(day(2), 2.75), (day(8), 3.0)];
    let report = node.hand_in(DATASET, "same.csv", rows(third, &same), Some(&in_column)).await.unwrap();
    assert_eq!(report["run"]["version"], Value::Null, "{report}");
    assert_eq!(values(&client, &iso(third)).await, (times(&same), results(&same)));
}

#[tokio::test]
async fn what_would_mix_forecasts_is_refused_with_what_to_do() {
    let node = TestNode::start().await;
    node.dataset(DATASET, "observations", "open").await;
    let in_column = mapping("{ column = \"run\" }");
    let now = this_hour();
    let hour = |hours: i64| now + TimeDelta::hours(hours);
    let newer = rows(hour(-6), &[(hour(2), 2.5)]);
    let report = node.hand_in(DATASET, "new.csv", newer, Some(&in_column)).await.unwrap();
    let older = rows(hour(-12), &[(hour(2), 2.0)]);
    let refusal = node.hand_in(DATASET, "old.csv", older.clone(), Some(&in_column)).await.unwrap_err();
    assert!(refusal.contains(&iso(hour(-6))), "{refusal}");

    let two = [
        rows(hour(-6), &[(hour(2), 2.0)]),
        b"station:cau_noi,2020-01-01T00:00Z,2020-01-02T00:00Z,1\n".to_vec(),
    ];
    let refusal = node.hand_in(DATASET, "two.csv", two.concat(), Some(&in_column)).await.unwrap_err();
    assert!(refusal.contains("2020-01-01T00:00:00Z"), "{refusal}");
    for (run, said) in [("x", "`x`"), ("2999-01-01T00:00Z", "2999-01-01T00:00:00Z")] {
        let file =
            format!("station,run,time,value\nstation:cau_noi,{run},2020-01-02T00:00Z,1\n").into_bytes();
        let refusal = node.hand_in(DATASET, "bad.csv", file, Some(&in_column)).await.unwrap_err();
        assert!(refusal.contains(said), "{refusal}");
    }
    // Without a run, times ahead of the clock stay what they were: a mistake. Nor does a forecast reach beyond
    // what forecasts do.
    node.dataset("another", "observations", "open").await;
    let without = in_column.replace("run = { column = \"run\" }\n", "");
    for (mapping, ahead) in [(&without, 20), (&in_column, 24 * 500)] {
        let file = rows(hour(-6), &[(hour(-5), 1.0), (hour(ahead), 2.0)]);
        let report = node.hand_in("another", "ahead.csv", file, Some(mapping)).await.unwrap();
        assert_eq!(report["findings"][0]["code"], "future_time", "{report}");
    }

    let client = node.public();
    for instance in ["2020-01-01T00:00:00Z", "2020-01-01", "T", &iso(hour(-12))] {
        let path = format!("/ogc/collections/{DATASET}/instances/{instance}");
        assert_eq!(refused(&client, &path).await.0, 404, "{instance}");
    }
    // What is withdrawn is no forecast any more, and the older one may come in.
    let run = text(&report["run"], "id");
    let path = format!("/v1/runs/{run}/withdraw");
    node.system()
        .send_json(Method::POST, &path, &json!({"reason": "wrong model"}))
        .await
        .unwrap()
        .ok()
        .unwrap();
    let path = format!("/ogc/collections/{DATASET}/instances/{}", iso(hour(-6)));
    assert_eq!(refused(&client, &path).await.0, 404);
    node.hand_in(DATASET, "old.csv", older, Some(&in_column)).await.unwrap();
    assert_eq!(values(&client, &iso(hour(-12))).await.1, json!([2.0]));
}

#[tokio::test]
async fn a_table_with_the_name_of_the_cf_conventions_is_known_for_a_forecast() {
    let node = TestNode::start().await;
    node.dataset(DATASET, "observations", "open").await;
    let now = this_hour();
    let hour = |hours: i64| now + TimeDelta::hours(hours);
    let run = iso(hour(-6));
    let mut file = "station,time,variable,unit,value,forecast_reference_time\n".to_owned();
    for (ahead, value) in [(1, 0.5), (7, 0.75), (13, 1.5)] {
        file += &format!("station:cau_noi,{},salinity,g/L,{value},{run}\n", iso(hour(ahead)));
    }
    let report = node.hand_in(DATASET, "run.csv", file.into_bytes(), None).await.unwrap();
    assert_eq!(report["run"]["forecast"]["made_for"], json!(run), "{report}");
    assert_eq!(values(&node.public(), &run).await.1, json!([0.5, 0.75, 1.5]));
}
