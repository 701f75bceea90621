//! Series that are observed together, and things that are inserted together: all of them, or none.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{Client, TestNode};

use super::{all_pages, ask, create, send};
use crate::world::{self, bare, get, list, text};

const COMPLEX: &str = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";
const MEASUREMENT: &str = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement";

fn level() -> Value {
    json!({"name": "Mực nước thử", "definition": "https://example.org/level", "description": "Để thử",
        "properties": {"kind": "intensive", "sector": "hydrology", "unit": "m", "plausible_max": 20}})
}

/// Salinity and level at a station, from one probe.
fn pair() -> Value {
    json!({
        "name": "Mặn và mực nước", "description": "Cùng một đầu đo", "observationType": COMPLEX,
        "multiObservationDataTypes": [MEASUREMENT, MEASUREMENT],
        "unitOfMeasurements": [{"name": "g/L", "symbol": "g/L", "definition": "ucum:g/L"}, {"name": "m", "symbol": "m"}],
        "properties": {"dataset": "salinity_daily", "statistic": "instant", "depth": 1},
        "Thing": {"@iot.id": "station:tra_vinh"},
        "Sensor": {"name": "Probe", "description": "d", "encodingType": "text/plain", "metadata": "m"},
        "ObservedProperties": [{"@iot.id": "salinity"}, level()],
        "Observations": [
            {"phenomenonTime": "2020-03-01T00:00:00Z", "result": [1.5, 0.25]},
            {"phenomenonTime": "2020-03-01T01:00:00Z", "result": [2.5, null]},
        ],
    })
}

async fn with_pair() -> (TestNode, String) {
    let node = world::node().await;
    let multi = create(&node.system(), "MultiDatastreams", &pair()).await;
    (node, multi)
}

/// `req/multi-datastream/properties`, `req/multi-datastream/relations`
#[tokio::test]
async fn series_are_observed_together_and_each_is_a_series() {
    let (node, multi) = with_pair().await;
    let public = node.public();
    let expand = "Thing,Sensor,ObservedProperties,Observations($orderby=phenomenonTime)";
    let made = ask(&public, &multi, &[("$expand", expand), ("lang", "vi")]).await;
    for (name, value) in [
        ("name", json!("Mặn và mực nước")),
        ("description", json!("Cùng một đầu đo")),
        ("observationType", json!(COMPLEX)),
        ("multiObservationDataTypes", json!([MEASUREMENT, MEASUREMENT])),
    ] {
        assert_eq!(made[name], value, "{made}");
    }
    assert_eq!(made["unitOfMeasurements"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&made["unitOfMeasurements"][0]["symbol"], &made["unitOfMeasurements"][1]["symbol"]),
        (&json!("g/L"), &json!("m"))
    );
    assert_eq!(
        (&made["Thing"]["@iot.id"], &made["Sensor"]["@iot.id"]),
        (&json!("station:tra_vinh"), &json!("probe"))
    );
    let names: Vec<&str> = list(&made, "ObservedProperties").iter().map(|one| text(one, "@iot.id")).collect();
    assert_eq!(names, ["salinity", "muc_nuoc_thu"]);
    assert_eq!(
        (&made["properties"]["depth"], &made["properties"]["dataset"]),
        (&json!(1), &json!("salinity_daily"))
    );
    assert!(made.get("components").is_none(), "{made}");
    let results: Vec<&Value> = list(&made, "Observations").iter().map(|one| &one["result"]).collect();
    assert_eq!(results, [&json!([1.5, 0.25]), &json!([2.5, null])]);
    // Each value is that of a series of its own, with its way to the source.
    let first = &made["Observations"][0];
    let trace = get(&public, &bare(text(&first["parameters"]["results"][1], "trace"))).await;
    assert_eq!(trace["dataset"], "salinity_daily", "{trace}");
    let series = made["properties"]["datastreams"].as_array().unwrap();
    for (number, count) in [(&series[0], 2), (&series[1], 1)] {
        let own = ask(&public, &format!("Datastreams({number})/Observations"), &[("$count", "true")]).await;
        assert_eq!(own["@iot.count"], json!(count), "{own}");
    }
    // There and back again.
    let own = format!("Observations('{}')", text(first, "@iot.id"));
    let read = ask(&public, &own, &[]).await;
    assert_eq!(read["result"], json!([1.5, 0.25]));
    assert!(
        read["MultiDatastream@iot.navigationLink"].is_string()
            && read.get("Datastream@iot.navigationLink").is_none()
    );
    assert_eq!(ask(&public, &format!("{own}/MultiDatastream"), &[]).await["@iot.id"], made["@iot.id"]);
    assert_eq!(ask(&public, &format!("{own}/FeatureOfInterest"), &[]).await["@iot.id"], "station:tra_vinh");
    for way in ["Things('station:tra_vinh')", "Sensors('probe')", "ObservedProperties('muc_nuoc_thu')"] {
        let found = ask(&public, &format!("{way}/MultiDatastreams"), &[]).await;
        assert_eq!(found["value"][0]["@iot.id"], made["@iot.id"], "{way}: {found}");
    }
    let all =
        ask(&public, "MultiDatastreams", &[("$count", "true"), ("$filter", "properties/depth eq 1")]).await;
    assert_eq!((&all["@iot.count"], &all["value"][0]["@iot.id"]), (&json!(1), &made["@iot.id"]));
    let (status, _) = send(&public, Method::GET, "Observations('1-5')/MultiDatastream", &Value::Null).await;
    assert_eq!(status, 404);
}

/// `req/multi-datastream/constraints`
#[tokio::test]
async fn lists_of_a_group_are_of_one_length_and_so_are_its_results() {
    let (node, multi) = with_pair().await;
    let system = node.system();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = pair();
        body["Sensor"] = json!({"@iot.id": "probe"});
        body["ObservedProperties"] = json!([{"@iot.id": "salinity"}, {"@iot.id": "muc_nuoc_thu"}]);
        change(&mut body);
        body
    };
    for (body, status, at) in [
        (
            with(&|multi| multi["unitOfMeasurements"] = json!([{"name": "g/L", "symbol": "g/L"}])),
            400,
            "multiObservationDataTypes",
        ),
        (
            with(&|multi| multi["multiObservationDataTypes"] = json!([MEASUREMENT])),
            400,
            "multiObservationDataTypes",
        ),
        (with(&|multi| multi["ObservedProperties"] = json!([])), 400, "multiObservationDataTypes"),
        (with(&|multi| multi["multiObservationDataTypes"][1] = json!("x")), 501, "multiObservationDataTypes"),
        (with(&|multi| multi["observationType"] = json!(MEASUREMENT)), 501, "observationType"),
        (
            with(&|multi| multi["unitOfMeasurements"][1]["symbol"] = json!("kg")),
            501,
            "unitOfMeasurements/1/symbol",
        ),
        (with(&|multi| multi["properties"]["dataset"] = json!("nothing")), 404, ""),
        (with(&|_| {}), 409, ""),
    ] {
        let (got, problem) = send(&system, Method::POST, "MultiDatastreams", &body).await;
        assert_eq!((got, problem["at"].as_str().unwrap_or("")), (status, at), "{body}: {problem}");
    }
    let path = format!("{multi}/Observations");
    let at = |result: Value| json!({"phenomenonTime": "2020-03-02T00:00:00Z", "result": result});
    for result in [
        json!([1]),
        json!([1, 2, 3]),
        json!(1),
        json!([null, null]),
        json!([1, 1e9]),
        json!([1e9, 1]),
        json!(["", 1]),
    ] {
        let (status, problem) = send(&system, Method::POST, &path, &at(result.clone())).await;
        assert_eq!((status, &problem["at"]), (422, &json!("result")), "{result}: {problem}");
    }
    // Nothing of what was refused is there in part.
    let found = ask(&system, &path, &[("$count", "true")]).await;
    assert_eq!(found["@iot.count"], json!(2), "{found}");
    let id: i64 = multi.trim_end_matches(')').rsplit('(').next().unwrap().parse().unwrap();
    let named = json!({"phenomenonTime": "2020-03-02T00:00:00Z", "result": [3, 0.5], "MultiDatastream": {"@iot.id": id}});
    let own = create(&system, "Observations", &named).await;
    assert_eq!(ask(&system, &own, &[]).await["result"], json!([3.0, 0.5]));
    let arrays = json!([{"MultiDatastream": {"@iot.id": id}, "components": ["phenomenonTime", "result"],
        "dataArray@iot.count": 3, "dataArray": [["2020-03-03T00:00:00Z", [4, 0.75]], ["2020-03-04T00:00:00Z", [4]], ["2020-03-05T00:00:00Z", [5, 1]]]}]);
    let (status, made) = send(&system, Method::POST, "CreateObservations", &arrays).await;
    let links: Vec<bool> =
        made.as_array().unwrap().iter().map(|link| !link.as_str().unwrap().starts_with("error")).collect();
    assert_eq!((status, links), (201, vec![true, false, true]), "{made}");
}

#[tokio::test]
async fn what_was_observed_together_is_paged_filtered_corrected_and_deleted() {
    let (node, multi) = with_pair().await;
    let (system, public) = (node.system(), node.public());
    let path = format!("{multi}/Observations");
    for day in 2..=9 {
        let body = json!({"phenomenonTime": format!("2020-03-{day:02}T00:00:00Z"), "result": [day, 0.5]});
        create(&system, &path, &body).await;
    }
    let firsts = |pages: &[Value]| -> Vec<f64> {
        pages.iter().map(|one| one["result"][0].as_f64().unwrap()).collect()
    };
    let wanted = [1.5, 2.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
    for order in ["", "phenomenonTime asc"] {
        let mut options = vec![("$top", "3")];
        options.extend((!order.is_empty()).then_some(("$orderby", order)));
        assert_eq!(firsts(&all_pages(&public, &path, &options).await), wanted, "{order}");
    }
    let back = all_pages(&public, &path, &[("$top", "4"), ("$orderby", "phenomenonTime desc")]).await;
    assert_eq!(firsts(&back), wanted.iter().rev().copied().collect::<Vec<_>>());
    let filter = "phenomenonTime ge 2020-03-03T00:00:00Z and phenomenonTime lt 2020-03-06T00:00:00Z";
    let found = ask(&public, &path, &[("$filter", filter), ("$count", "true"), ("$skip", "1")]).await;
    assert_eq!((&found["@iot.count"], firsts(list(&found, "value"))), (&json!(3), vec![4.0, 5.0]));
    let array = ask(&public, &path, &[("$resultFormat", "dataArray"), ("$top", "1")]).await;
    assert!(array["value"][0]["MultiDatastream@iot.navigationLink"].is_string(), "{array}");
    let row = &array["value"][0]["dataArray"][0];
    assert!(row.as_array().unwrap().contains(&json!([1.5, 0.25])), "{array}");
    // A correction is one of each value; a deletion takes all of them out.
    let last = list(&found, "value")[1].clone();
    let own = format!("Observations('{}')", text(&last, "@iot.id"));
    let (status, now) = send(&system, Method::PATCH, &own, &json!({"result": [5.5, 0.75]})).await;
    assert_eq!((status, &now["result"]), (200, &json!([5.5, 0.75])), "{now}");
    let (status, _) = send(&system, Method::DELETE, &own, &Value::Null).await;
    assert_eq!(status, 200);
    let (status, _) = send(&system, Method::GET, &own, &Value::Null).await;
    assert_eq!(status, 404);
    // What is said of the group changes; the group goes, its series stay.
    let (status, now) = send(&system, Method::PATCH, &multi, &json!({"name": "Tên khác"})).await;
    assert_eq!(
        (status, &now["name"], &now["properties"]["depth"]),
        (200, &json!("Tên khác"), &json!(1)),
        "{now}"
    );
    let mut whole = now.clone();
    whole["description"] = json!("Mới");
    let (status, now) = send(&system, Method::PUT, &multi, &whole).await;
    assert_eq!((status, &now["description"]), (200, &json!("Mới")), "{now}");
    let series = now["properties"]["datastreams"][0].clone();
    for (client, status) in [(&public, 401), (&system, 200), (&system, 404)] {
        let (got, _) = send(client, Method::DELETE, &multi, &Value::Null).await;
        assert_eq!(got, status);
    }
    assert_eq!(ask(&public, &format!("Datastreams({series})"), &[]).await["@iot.id"], series);
}

/// A group of which not every series may be known is not there.
#[tokio::test]
async fn a_group_of_a_hidden_dataset_is_a_missing_one() {
    let node = world::node().await;
    let (system, public) = (node.system(), node.public());
    let mut body = pair();
    body["properties"]["dataset"] = json!("salinity_secret");
    let made = create(&system, "MultiDatastreams", &body).await;
    let member = node.user("member", "user", Some("gso"), "write").await;
    for client in [&public, &member] {
        let words = async |path: &str| {
            let (status, problem) = send(client, Method::GET, path, &Value::Null).await;
            (status, text(&problem, "detail").replace(path.split(['(', ')']).nth(1).unwrap(), "1"))
        };
        assert_eq!(words(&made).await, words("MultiDatastreams(1)").await);
        assert_eq!(ask(client, "MultiDatastreams", &[]).await["value"], json!([]));
        let value = json!({"phenomenonTime": "2020-03-02T00:00:00Z", "result": [3, 0.5]});
        let written = async |path: &str| {
            let (status, problem) = send(client, Method::POST, &format!("{path}/Observations"), &value).await;
            (status, text(&problem, "detail").replace(path.split(['(', ')']).nth(1).unwrap(), "1"))
        };
        assert_eq!(written(&made).await, written("MultiDatastreams(1)").await);
    }
}

/// How many there are of everything that a deep insert makes.
async fn counts(client: &Client) -> Vec<u64> {
    let mut counts = Vec::new();
    for set in [
        "Things",
        "Sensors",
        "ObservedProperties",
        "Datastreams",
        "MultiDatastreams",
        "Observations",
        "Locations",
    ] {
        let found = ask(client, set, &[("$count", "true"), ("$top", "0")]).await;
        counts.push(found["@iot.count"].as_u64().unwrap());
    }
    counts
}

/// `req/create-update-delete/deep-insert`: what is wrong anywhere in it keeps all of it out.
#[tokio::test]
async fn a_deep_insert_is_done_as_a_whole_or_not_at_all() {
    let node = world::node().await;
    let system = node.system();
    let property = level();
    let stream = |property: Value, observations: Value| {
        json!({"name": "s", "description": "d", "observationType": MEASUREMENT,
            "unitOfMeasurement": {"name": "m", "symbol": "m"}, "properties": {"dataset": "salinity_daily"},
            "ObservedProperty": property,
            "Sensor": {"name": "New probe", "description": "d", "encodingType": "text/plain", "metadata": "m"},
            "Observations": observations})
    };
    let thing = |streams: Vec<Value>| {
        json!({"name": "Trạm nguyên vẹn", "description": "d", "Datastreams": streams,
            "Locations": [{"name": "l", "description": "d", "encodingType": "application/geo+json",
                "location": {"type": "Point", "coordinates": [106.4, 10.1]}}]})
    };
    let good = json!([{"phenomenonTime": "2020-03-01T00:00:00Z", "result": 0.5}]);
    let before = counts(&system).await;
    let mut second = stream(json!({"@iot.id": "muc_nuoc_thu"}), good.clone());
    second["properties"]["period"] = json!("PT1H");
    let mut unknown = second.clone();
    unknown["properties"]["dataset"] = json!("nothing");
    let mut clash = property.clone();
    clash["name"] = json!("Độ mặn");
    for (body, status) in [
        // The last series is of a dataset that is not there.
        (thing(vec![stream(property.clone(), good.clone()), unknown]), 404),
        // A value of the first series is none.
        (
            thing(vec![stream(
                property.clone(),
                json!([{"phenomenonTime": "2020-03-01T00:00:00Z", "result": "high"}, {"result": {}}]),
            )]),
            422,
        ),
        (thing(vec![stream(property.clone(), json!([{"phenomenonTime": "soon", "result": 1}]))]), 422),
        // The property is there already, under this name.
        (thing(vec![stream(clash, good.clone())]), 409),
    ] {
        let (got, problem) = send(&system, Method::POST, "Things", &body).await;
        assert_eq!(got, status, "{problem}");
        assert_eq!(counts(&system).await, before, "{problem}");
    }
    // The second series names what comes with the first.
    let made = create(&system, "Things", &thing(vec![stream(property, good), second])).await;
    let found = ask(
        &system,
        &format!("{made}/Datastreams"),
        &[("$expand", "Observations,Sensor"), ("$count", "true")],
    )
    .await;
    assert_eq!(found["@iot.count"], json!(2), "{found}");
    for one in list(&found, "value") {
        assert_eq!(one["Observations"][0]["result"], json!(0.5), "{found}");
    }
}
