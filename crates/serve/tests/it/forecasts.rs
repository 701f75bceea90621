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
    // A third one that says what the second said changes no value, and is an instance all the same.
    let third = day(-1);
    let same = [(day(2), 2.75), (day(8), 3.0)];
    let report = node.hand_in(DATASET, "same.csv", rows(third, &same), Some(&in_column)).await.unwrap();
    let totals = &report["run"]["totals"];
    assert_eq!(
        (&totals["added"], &totals["corrected"], &totals["unchanged"]),
        (&json!(0), &json!(0), &json!(2))
    );
    assert_eq!(values(&client, &iso(third)).await, (times(&same), results(&same)));
    assert_eq!(values(&client, &iso(second)).await, (times(&whole), results(&whole)));
}

/// A file of values of stations: of each the station, hours from now, and the value.
fn of_stations(run: DateTime<Utc>, values: &[(&str, i64, f64)]) -> Vec<u8> {
    let mut file = "station,run,time,value\n".to_owned();
    for (station, hours, value) in values {
        let time = this_hour() + TimeDelta::hours(*hours);
        file += &format!("station:{station},{},{},{value}\n", iso(run), iso(time));
    }
    file.into_bytes()
}

/// The values at a station; none where the instance says nothing of it.
async fn at_station(client: &Client, instance: &str, station: &str) -> Value {
    let path = match instance {
        "" => format!("/ogc/collections/{DATASET}/locations/station:{station}"),
        instance => format!("/ogc/collections/{DATASET}/instances/{instance}/locations/station:{station}"),
    };
    let reply = client.get(&path).await.unwrap();
    match reply.status.as_u16() {
        404 => Value::Null,
        _ => reply.json()["ranges"]["salinity"]["values"].clone(),
    }
}

#[tokio::test]
async fn a_forecast_says_nothing_of_hours_and_stations_that_its_files_do_not_have() {
    let node = TestNode::start().await;
    node.dataset(DATASET, "observations", "open").await;
    let mapping = mapping("{ column = \"run\" }");
    let run = |hours: i64| this_hour() + TimeDelta::hours(hours);
    let (old, new) = (iso(run(-12)), iso(run(-6)));
    let first = [
        ("an_ninh", 2, 1.0),
        ("an_ninh", 8, 9.9),
        ("an_ninh", 14, 3.0),
        ("an_ninh", 20, 4.0),
        ("an_thuan", 8, 7.7),
    ];
    node.hand_in(DATASET, "a.csv", of_stations(run(-12), &first), Some(&mapping)).await.unwrap();
    let second = [("an_ninh", 2, 1.1), ("an_ninh", 14, 3.3), ("an_ninh", 20, 4.0)];
    let report = node.hand_in(DATASET, "b.csv", of_stations(run(-6), &second), Some(&mapping)).await.unwrap();
    let totals = &report["run"]["totals"];
    assert_eq!((&totals["corrected"], &totals["unchanged"]), (&json!(2), &json!(1)));

    let client = node.public();
    for (instance, an_ninh, an_thuan) in [
        (old.as_str(), json!([1.0, 9.9, 3.0, 4.0]), json!([7.7])),
        (&new, json!([1.1, 3.3, 4.0]), Value::Null),
        ("", json!([1.1, 9.9, 3.3, 4.0]), json!([7.7])),
    ] {
        assert_eq!(at_station(&client, instance, "an_ninh").await, an_ninh, "{instance}");
        assert_eq!(at_station(&client, instance, "an_thuan").await, an_thuan, "{instance}");
    }
    // No query has what is another forecast's.
    let base = |instance: &str| format!("/ogc/collections/{DATASET}/instances/{instance}");
    let ids = |page: &Value| -> Vec<String> {
        list(page, "features").iter().map(|feature| text(feature, "id").to_owned()).collect()
    };
    let all = get(&client, &format!("{}/locations", base(&old))).await;
    assert_eq!(ids(&all), ["station:an_ninh", "station:an_thuan"]);
    assert_eq!(ids(&get(&client, &format!("{}/locations", base(&new))).await), ["station:an_ninh"]);
    let at = |id: usize| {
        let position = &all["features"][id]["geometry"]["coordinates"];
        format!("POINT({} {})", position[0], position[1])
    };
    let rows = |instance: &str, query: &str, parameters: &[(&str, &str)]| {
        let path = with(&format!("{}/{query}", base(instance)), &[parameters, &[("f", "CSV")][..]].concat());
        let client = &client;
        async move { client.get(&path).await.unwrap() }
    };
    let spaces = [
        ("area", ("coords", "POLYGON((104 8, 108 8, 108 12, 104 12, 104 8))")),
        ("cube", ("bbox", "104,8,108,12")),
    ];
    for (query, space) in spaces {
        for (instance, count) in [(&old, 5), (&new, 3)] {
            let reply = rows(instance, query, &[space]).await;
            let body = String::from_utf8(reply.body.to_vec()).unwrap();
            assert_eq!(body.lines().count(), count + 1, "{query} {instance}: {body}");
        }
    }
    let point = at(1);
    let radius = [("coords", point.as_str()), ("within", "1"), ("within-units", "km")];
    for (query, parameters) in [("position", &radius[..1]), ("radius", &radius[..])] {
        let reply = rows(&old, query, parameters).await;
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(reply.status.is_success() && body.contains("7.7"), "{query}: {body}");
        let reply = rows(&new, query, parameters).await;
        let body = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(!body.contains("7.7"), "{query}: {body}");
    }
    // What both said leads to the file of the newer one, and in the older one's version to its own.
    let streams = get(&client, &format!("/v1/datasets/{DATASET}/datastreams")).await;
    let stream = list(&streams, "items").iter().find(|stream| stream["place"] == "station:an_ninh");
    let stream = stream.unwrap_or_else(|| panic!("{streams}"))["id"].to_string();
    let time = iso(run(20));
    for (version, file) in [("1", "a.csv"), ("2", "b.csv")] {
        let asked = [("dataset", DATASET), ("datastream", &*stream), ("time", &*time), ("version", version)];
        let trace = get(&client, &with("/v1/trace", &asked)).await;
        assert_eq!(trace["parts"][0]["run"]["file_name"], file, "{trace}");
    }
    // Taken back, it leaves what was there before it.
    withdraw(&node, &report).await;
    assert_eq!(at_station(&client, "", "an_ninh").await, json!([1.0, 9.9, 3.0, 4.0]));
    assert_eq!(at_station(&client, &old, "an_ninh").await, json!([1.0, 9.9, 3.0, 4.0]));
}

async fn withdraw(node: &TestNode, report: &Value) {
    let path = format!("/v1/runs/{}/withdraw", text(&report["run"], "id"));
    let why = json!({"reason": "wrong model"});
    node.system().send_json(Method::POST, &path, &why).await.unwrap().ok().unwrap();
}

#[tokio::test]
async fn a_file_of_a_forecast_that_is_withdrawn_is_no_part_of_it() {
    let node = TestNode::start().await;
    node.dataset(DATASET, "observations", "open").await;
    let mapping = mapping("{ column = \"run\" }");
    let run = |hours: i64| this_hour() + TimeDelta::hours(hours);
    let hand_in = |hours: i64, name: &'static str, values: &'static [(&str, i64, f64)]| {
        let (node, mapping, file) = (&node, &mapping, of_stations(run(hours), values));
        async move { node.hand_in(DATASET, name, file, Some(mapping)).await.unwrap() }
    };
    hand_in(-12, "a.csv", &[("an_ninh", 2, 1.0), ("an_ninh", 8, 9.9), ("an_ninh", 14, 3.0)]).await;
    let first = hand_in(-6, "c1.csv", &[("an_ninh", 2, 5.1), ("an_ninh", 14, 5.3)]).await;
    hand_in(-6, "c2.csv", &[("an_thuan", 2, 6.1), ("an_thuan", 14, 6.3)]).await;
    let client = node.public();
    let newer = iso(run(-6));
    assert_eq!(at_station(&client, &newer, "an_ninh").await, json!([5.1, 5.3]));
    withdraw(&node, &first).await;
    assert_eq!(at_station(&client, &newer, "an_ninh").await, Value::Null);
    assert_eq!(at_station(&client, &newer, "an_thuan").await, json!([6.1, 6.3]));
    assert_eq!(at_station(&client, "", "an_ninh").await, json!([1.0, 9.9, 3.0]));
    // What corrected another file of the same forecast is set back to what that one said.
    let third = hand_in(-6, "c3.csv", &[("an_thuan", 14, 6.4)]).await;
    assert_eq!(at_station(&client, &newer, "an_thuan").await, json!([6.1, 6.4]));
    withdraw(&node, &third).await;
    assert_eq!(at_station(&client, &newer, "an_thuan").await, json!([6.1, 6.3]));
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
