//! Reading entities and values.

use serde_json::json;
use testkit::Client;

use super::{ROOT, all_pages, ask, maxima, results};
use crate::world::{self, DAYS, STATIONS, bare, get, list, refused, text, with};

/// `req/resource-path/resource-path-to-entities`
#[tokio::test]
async fn every_set_of_the_root_answers() {
    let node = world::node().await;
    let client = node.public();
    let root = get(&client, ROOT).await;
    assert_eq!(list(&root, "value").len(), 9);
    for set in list(&root, "value") {
        let page = get(&client, &bare(text(set, "url"))).await;
        let is_empty = list(&page, "value").is_empty();
        // Nobody says since when these stations exist, or observes anything together.
        let none = ["HistoricalLocations", "MultiDatastreams"];
        assert_eq!(is_empty, none.contains(&text(set, "name")), "{set}");
        for entity in list(&page, "value").iter().take(3) {
            assert_eq!(get(&client, &bare(text(entity, "@iot.selfLink"))).await, *entity);
            for (name, link) in entity.as_object().unwrap() {
                if name.ends_with("@iot.navigationLink") {
                    get(&client, &bare(link.as_str().unwrap())).await;
                }
            }
        }
    }
}

/// `req/datamodel/thing`, `req/datamodel/datastream`, `req/datamodel/observation`
#[tokio::test]
async fn a_station_leads_to_its_values_and_a_value_to_its_source() {
    let node = world::node().await;
    let client = node.public();
    let things = ask(&client, "Things", &[]).await;
    let ids: Vec<&str> = list(&things, "value").iter().map(|thing| text(thing, "@iot.id")).collect();
    assert_eq!(ids, STATIONS);
    let id = maxima(&client, "station:cau_noi").await;
    let stream = ask(&client, &format!("Datastreams({id})"), &[]).await;
    assert_eq!(stream["unitOfMeasurement"]["symbol"], "g/L");
    assert_eq!(stream["properties"]["period"], "P1D");
    assert_eq!(stream["observedArea"]["type"], "Point");
    let observations = ask(&client, &format!("Datastreams({id})/Observations"), &[("$top", "2")]).await;
    let first = &observations["value"][0];
    assert_eq!(first["phenomenonTime"], "2020-01-31T17:00:00Z/2020-02-01T17:00:00Z");
    assert_eq!((first["result"].as_f64(), first["resultTime"].is_null()), (Some(1.1), true));
    assert_eq!(first["resultQuality"]["nameOfMeasure"], "QARTOD");
    let trace = get(&client, &bare(text(&first["parameters"], "trace"))).await;
    assert_eq!(trace["dataset"], "salinity_daily");
    let own = text(first, "@iot.id");
    let thing = ask(&client, &format!("Observations('{own}')/Datastream/Thing"), &[]).await;
    assert_eq!(thing["@iot.id"], "station:cau_noi");
    let feature = ask(&client, &format!("Observations('{own}')/FeatureOfInterest"), &[]).await;
    assert_eq!(feature["feature"]["type"], "Point");
}

/// `req/datamodel/historical-location`, `req/datamodel/location`
#[tokio::test]
async fn a_place_is_where_it_is_since_its_first_day() {
    let node = world::node().await;
    let system = node.system();
    let thing = json!({"@iot.id": "station:new", "name": "Mới", "description": "Trạm mới",
        "properties": {"valid_from": "2021-03-01"},
        "Locations": [{"name": "Mới", "description": "ở đó", "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [105.5, 10.5]}}]});
    let path = super::create(&system, "Things", &thing).await;
    let history =
        ask(&system, &format!("{path}/HistoricalLocations"), &[("$expand", "Locations,Thing")]).await;
    let since = &history["value"][0];
    assert_eq!(since["time"], "2021-02-28T17:00:00Z");
    assert_eq!(since["Locations"][0]["location"]["coordinates"], json!([105.5, 10.5]));
    assert_eq!(since["Thing"]["@iot.id"], "station:new");
    let options = [("$filter", "time lt 2022-01-01T00:00:00Z"), ("$orderby", "time desc")];
    let filtered = ask(&system, &format!("{path}/HistoricalLocations"), &options).await;
    assert_eq!(list(&filtered, "value").len(), 1);
    let own = "Locations('station:new')/HistoricalLocations('station:new')/Thing/name";
    assert_eq!(ask(&system, own, &[("lang", "vi")]).await, json!({"name": "Mới"}));
}

/// `req/request-data/top`, `req/request-data/skip`, `req/request-data/count`, `req/request-data/pagination`
#[tokio::test]
async fn pages_hold_every_value_once() {
    let node = world::node().await;
    let client = node.public();
    let all = all_pages(&client, "Observations", &[("$top", "10")]).await;
    let mut ids: Vec<&str> = all.iter().map(|one| text(one, "@iot.id")).collect();
    assert_eq!(ids.len(), (DAYS * 3 + 2) as usize);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len());

    let id = maxima(&client, "station:tra_vinh").await;
    let path = format!("Datastreams({id})/Observations");
    let page = ask(&client, &path, &[("$top", "5"), ("$skip", "20"), ("$count", "true")]).await;
    assert_eq!(page["@iot.count"], json!(DAYS));
    let expected: Vec<f64> = (21..=25).map(|day| world::value(2, day)).collect();
    assert_eq!(results(list(&page, "value")), expected);
    let last = ask(&client, &path, &[("$top", "5"), ("$skip", "26")]).await;
    assert_eq!((list(&last, "value").len(), last.get("@iot.nextLink")), (2, None));
    let none = ask(&client, &path, &[("$top", "0"), ("$count", "true")]).await;
    assert_eq!((list(&none, "value").len(), none["@iot.count"].as_u64()), (0, Some(u64::from(DAYS))));
}

/// `req/request-data/orderby`, `req/request-data/order`
#[tokio::test]
async fn the_latest_values_come_first_when_asked() {
    let node = world::node().await;
    let client = node.public();
    let id = maxima(&client, "station:cau_noi").await;
    let path = format!("Datastreams({id})/Observations");
    let newest = [("$orderby", "phenomenonTime desc"), ("$top", "3")];
    let page = ask(&client, &path, &newest).await;
    assert_eq!(results(list(&page, "value")), [3.8, 3.7, 3.6]);
    let backward = all_pages(&client, &path, &[("$orderby", "phenomenonTime desc"), ("$top", "5")]).await;
    let expected: Vec<f64> = (1..=DAYS).rev().map(|day| world::value(1, day)).collect();
    assert_eq!(results(&backward), expected);

    let across =
        ask(&client, "Observations", &[("$orderby", "phenomenonTime desc,result desc"), ("$top", "4")]).await;
    assert_eq!(results(list(&across, "value")), [4.8, 3.8, 2.8, 4.7]);
    let earliest =
        ask(&client, "Observations", &[("$orderby", "phenomenonTime,result"), ("$top", "4")]).await;
    assert_eq!(results(list(&earliest, "value")), [0.1, 0.5, 1.1, 2.1]);
    let highest = ask(&client, "Observations", &[("$orderby", "result desc"), ("$top", "2")]).await;
    assert_eq!(results(list(&highest, "value")), [4.8, 4.7]);
    let before = "phenomenonTime lt 2020-02-10T00:00:00Z and result lt 1.5";
    let mixed = [("$orderby", "phenomenonTime desc"), ("$top", "2"), ("$filter", before)];
    assert_eq!(results(list(&ask(&client, &path, &mixed).await, "value")), [1.4, 1.3]);
    let things = ask(&client, "Things", &[("$orderby", "id desc"), ("$select", "id")]).await;
    assert_eq!(things["value"][0], json!({"@iot.id": "station:tra_vinh"}));
}

/// `req/request-data/filter`, `req/request-data/built-in-filter-operations`
#[tokio::test]
async fn filters_choose_by_value_time_and_relation() {
    let node = world::node().await;
    let client = node.public();
    for (path, filter, expected) in [
        ("Observations", "result gt 4", 8),
        ("Observations", "result ge 4 and Datastream/Thing/id eq 'station:tra_vinh'", 9),
        ("Observations", "result add 1 lt 1.25", 2),
        ("Observations", "phenomenonTime ge 2020-02-20T00:00:00+07:00", 27),
        ("Observations", "day(phenomenonTime) eq 31", 4),
        ("Observations", "Datastream/ObservedProperty/id eq 'salinity' and not (result le 4.5)", 3),
        ("Observations", "Datastream/properties/statistic eq 'mean'", 2),
        ("Observations", "FeatureOfInterest/id eq 'station:ben_luc'", 28),
        ("Observations", "substringof('tra_vinh',FeatureOfInterest/id) and result lt 2.35", 3),
        ("Observations", "result gt 100", 0),
        ("Observations", "Datastream/id eq 1", 0),
        ("FeaturesOfInterest('station:cau_noi')/Observations", "result lt 1", 2),
        ("Things", "name eq 'Tra Vinh'", 1),
        ("Things", "Datastreams/properties/statistic eq 'mean'", 1),
        ("Things", "startswith(id,'station:') and Locations/encodingType eq 'application/geo+json'", 3),
        ("Datastreams", "unitOfMeasurement/symbol eq 'g/L'", 4),
        ("Datastreams", "Sensor/id eq 'unknown'", 4),
        ("Sensors", "id ne 'unknown'", 0),
        ("ObservedProperties", "Datastreams/Thing/id eq 'station:ben_luc'", 1),
    ] {
        let options = [("$filter", filter), ("$count", "true"), ("$top", "1000")];
        let page = ask(&client, path, &options).await;
        let got = (page["@iot.count"].as_u64(), list(&page, "value").len());
        assert_eq!(got, (Some(expected), usize::try_from(expected).unwrap()), "{path}?$filter={filter}");
    }
}

/// `req/request-data/expand`, `req/request-data/select`
#[tokio::test]
async fn related_entities_stand_in_the_answer() {
    let node = world::node().await;
    let client = node.public();
    let expand = "Datastreams($select=name;$filter=properties/statistic eq 'max';\
                  $expand=ObservedProperty($select=name),\
                  Observations($top=1;$orderby=phenomenonTime desc;$select=result;$count=true)),Locations";
    let things = ask(&client, "Things", &[("$expand", expand), ("$select", "name")]).await;
    assert_eq!(list(&things, "value").len(), 3);
    let station = list(&things, "value").iter().find(|thing| thing["name"] == "Tra Vinh").unwrap();
    assert!(station.get("@iot.id").is_none() && station.get("properties").is_none());
    assert_eq!(station["Locations"][0]["location"]["type"], "Point");
    let stream = &station["Datastreams"][0];
    assert_eq!(stream["Observations"], json!([{"result": 4.8}]));
    assert_eq!(stream["Observations@iot.count"], json!(DAYS));
    assert!(stream["ObservedProperty"]["name"].is_string());
    let next = get(&client, &bare(text(stream, "Observations@iot.nextLink"))).await;
    assert_eq!(next["value"], json!([{"result": 4.7}]), "the link goes on where the page ended");

    let by_path = ask(&client, "Observations", &[("$expand", "Datastream/Thing"), ("$top", "1")]).await;
    assert!(text(&by_path["value"][0]["Datastream"]["Thing"], "@iot.id").starts_with("station:"));
}

#[tokio::test]
async fn one_property_can_be_asked_for() {
    let node = world::node().await;
    let client = node.public();
    let id = maxima(&client, "station:cau_noi").await;
    assert_eq!(ask(&client, "Things('station:tra_vinh')/name", &[]).await, json!({"name": "Tra Vinh"}));
    let path = with(&format!("{ROOT}/Things('station:tra_vinh')/name/$value"), &[("lang", "vi")]);
    let raw = client.get(&path).await.unwrap();
    assert_eq!(
        (raw.body.as_ref(), raw.media_type.as_str()),
        ("Trà Vinh".as_bytes(), "text/plain; charset=utf-8")
    );
    let symbol = ask(&client, &format!("Datastreams({id})/unitOfMeasurement/symbol"), &[]).await;
    assert_eq!(symbol, json!({"symbol": "g/L"}));
    let references = ask(&client, "Things('station:cau_noi')/Datastreams/$ref", &[]).await;
    assert_eq!(list(&references, "value").len(), 2);
    assert!(references["value"][0].as_object().unwrap().keys().eq(["@iot.selfLink"]));
}

/// `req/request-data/status-code`, `req/request-data/query-status-code`
#[tokio::test]
async fn what_is_wrong_is_named_with_its_place() {
    let node = world::node().await;
    let client = node.public();
    for (path, options, status, at, words) in [
        ("Foo", &[][..], 404, "path", "no set `Foo`"),
        ("Things('nowhere:1')", &[], 404, "", "nowhere:1"),
        ("Things/Datastreams", &[], 404, "path", "follows a set"),
        ("Observations('1-2')", &[], 404, "", "1-2"),
        ("Observations('x')", &[], 404, "", "x"),
        ("Datastreams(12345)/Observations", &[], 404, "", "12345"),
        ("Things", &[("$filter", "name eq Trà")], 400, "$filter", "character 9"),
        ("Things", &[("$filter", "geo.area(name) lt 1")], 400, "$filter", "no function"),
        ("Things", &[("$top", "-1")], 400, "$top", "whole number"),
        ("Things", &[("$skiptoken", "'a','b'")], 400, "$skiptoken", "no place"),
        ("Observations", &[("$skiptoken", "'nothing'")], 400, "$skiptoken", "no place"),
        ("Things", &[("asOf", "yesterday")], 400, "asOf", "number of a version"),
        (
            "Things",
            &[("$filter", "Datastreams/Observations/result gt 4")],
            400,
            "$filter",
            "ask for Observations",
        ),
        ("Things", &[("$top", "many")], 400, "$top", "whole number"),
        ("Things", &[("$resultFormat", "dataArray")], 400, "$resultFormat", "sets of observations"),
        ("Things", &[("top", "1")], 400, "top", "begin with `$`"),
        ("Things('station:cau_noi')", &[("$top", "1")], 400, "$top", "for sets"),
        ("Things('station:cau_noi')/name", &[("$select", "name")], 400, "$select", "leave it out"),
    ] {
        let (got, problem) = refused(&client, &with(&format!("{ROOT}/{path}"), options)).await;
        assert_eq!(got, status, "{path} {options:?}: {problem}");
        assert_eq!(problem["at"].as_str().unwrap_or(""), at, "{path} {options:?}: {problem}");
        assert!(text(&problem, "detail").contains(words), "{path} {options:?}: {problem}");
    }
}

#[tokio::test]
async fn nobody_sees_series_that_they_may_not_read() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let member = node.user("member", "user", Some("gso"), "read").await;
    let number = async |client: &Client| {
        let page = ask(client, "Datastreams", &[("$count", "true")]).await;
        page["@iot.count"].as_u64().unwrap()
    };
    assert_eq!((number(&public).await, number(&member).await, number(&system).await), (4, 5, 6));

    let hidden = ask(&system, "Things('station:tan_chau')/Datastreams", &[("$expand", "Observations")]).await;
    let mut refusals = Vec::new();
    for stream in list(&hidden, "value") {
        let own = bare(text(stream, "@iot.selfLink"));
        let value = bare(text(&stream["Observations"][0], "@iot.selfLink"));
        for path in [own.clone(), format!("{own}/Observations"), value] {
            refusals.push((text(&stream["properties"], "dataset"), refused(&public, &path).await.0));
        }
    }
    refusals.sort_unstable();
    refusals.dedup();
    assert_eq!(refusals, [("salinity_secret", 404), ("salinity_shared", 401)]);
    let things = ask(&public, "Things", &[]).await;
    assert!(!things.to_string().contains("tan_chau"), "the place of hidden series is not a thing");
    let values = ask(&public, "Observations", &[("$filter", "result eq 0.125"), ("$count", "true")]).await;
    assert_eq!(values["@iot.count"], 0);
}
