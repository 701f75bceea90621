//! What a request may cost: a level of `$expand` is one read, and everything has an end.

use serde_json::json;

use super::{ROOT, all_pages, ask, results};
use crate::world::{self, DAYS, bare, get, list, refused, text, with};

/// `req/request-data/expand`: the same page, asked for together and one by one
#[tokio::test]
async fn expanded_pages_are_those_that_each_entity_has() {
    let node = world::node().await;
    // A series whose last value is missing, one that goes on in a second file, and one of a single value.
    let further = "station,date,value\nstation:ben_luc,2020-03-01,\nstation:cau_noi,2020-03-01,9.5\nstation:vam_kenh,2020-03-01,2.5\n";
    let mapping = world::LONG.replace("{ STATISTIC }", "\"max\"");
    node.hand_in("salinity_daily", "march.csv", further.as_bytes().to_vec(), Some(&mapping)).await.unwrap();
    let member = node.user("member", "user", Some("gso"), "read").await;
    for options in [
        "$top=2",
        "$top=2;$skip=1",
        "$top=1;$orderby=phenomenonTime desc",
        "$top=1;$orderby=phenomenonTime desc;$count=true",
        "$top=1;$skip=1;$orderby=phenomenonTime desc",
        "$top=0;$orderby=phenomenonTime desc;$count=true",
        "$top=2;$orderby=phenomenonTime desc",
        "$top=3;$skip=26;$orderby=phenomenonTime desc",
        "$top=1000;$orderby=phenomenonTime desc",
        "$top=2;$orderby=phenomenonTime desc;$count=true;$filter=result gt 1.5",
        "$top=2;$count=true;$filter=phenomenonTime lt 2020-02-05T00:00:00Z",
        "$top=2;$orderby=phenomenonTime desc;$filter=day(phenomenonTime) gt 20",
        "$top=2;$orderby=result desc",
        "$top=0;$count=true",
    ] {
        let expand = format!("Observations({options})");
        let streams = ask(&member, "Datastreams", &[("$expand", &expand)]).await;
        assert_eq!(list(&streams, "value").len(), 6, "{options}");
        for stream in list(&streams, "value") {
            let alone: Vec<(&str, &str)> =
                options.split(';').filter_map(|pair| pair.split_once('=')).collect();
            let own = ask(&member, &format!("Datastreams({})/Observations", stream["@iot.id"]), &alone).await;
            assert_eq!(stream["Observations"], own["value"], "{options}");
            assert_eq!(stream.get("Observations@iot.count"), own.get("@iot.count"), "{options}");
            let next = stream.get("Observations@iot.nextLink").is_some();
            assert_eq!(next, own.get("@iot.nextLink").is_some(), "{options}");
        }
    }
}

/// `req/request-data/expand`: nested to the deepest that is allowed, with links that go on
#[tokio::test]
async fn nested_pages_go_on_where_they_ended() {
    let node = world::node().await;
    let client = node.public();
    let expand = "Datastreams($expand=Observations($top=10;$orderby=phenomenonTime desc;$expand=FeatureOfInterest),\
                  ObservedProperty;$filter=properties/statistic eq 'max')";
    let things = ask(&client, "Things", &[("$expand", expand)]).await;
    for thing in list(&things, "value") {
        let stream = &thing["Datastreams"][0];
        let mut seen = list(stream, "Observations").clone();
        assert_eq!(seen[0]["FeatureOfInterest"]["@iot.id"], thing["@iot.id"]);
        let mut next = stream["Observations@iot.nextLink"].as_str().map(bare);
        while let Some(path) = next {
            let page = get(&client, &path).await;
            seen.extend(list(&page, "value").iter().cloned());
            next = page["@iot.nextLink"].as_str().map(bare);
        }
        assert_eq!(seen.len(), DAYS as usize);
        assert!(results(&seen).is_sorted_by(|a, b| a > b));
    }
    let of_places =
        ask(&client, "FeaturesOfInterest", &[("$expand", "Observations($top=1;$count=true)")]).await;
    let counts: Vec<u64> =
        list(&of_places, "value").iter().map(|one| one["Observations@iot.count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [28, 30, 28]);
}

#[tokio::test]
async fn an_answer_has_an_end() {
    let node = world::node().await;
    let client = node.public();
    let mut deep = "Things".to_owned();
    for _ in 0..6 {
        deep = format!("Datastreams($expand=Thing($expand={deep}))");
    }
    for (path, options, at) in [
        ("Things", [("$expand", deep.as_str()), ("$top", "1")], "$expand"),
        (
            "Observations",
            [
                ("$expand", "Datastream($expand=Observations($expand=Datastream($expand=Observations)))"),
                ("$top", "10000"),
            ],
            "",
        ),
        (
            "Observations",
            [("$orderby", "result,result,result,result,result,result,result,result,result"), ("$top", "1")],
            "$orderby",
        ),
    ] {
        let (status, problem) = refused(&client, &with(&format!("{ROOT}/{path}"), &options)).await;
        assert!((400..500).contains(&status), "{status} {problem}");
        assert_eq!(problem["at"].as_str().unwrap_or(""), at, "{problem}");
    }
    // A page is never longer than the node allows, and says how to go on.
    let page = ask(&client, "Observations", &[("$top", "99999999999")]).await;
    assert_eq!(list(&page, "value").len(), 86);
    for path in
        ["../v1/datasets", "Things('..')", "Things('station:cau_noi')/../../v1", "Things(%00)", "$ref"]
    {
        let reply = client.get(&format!("{ROOT}/{path}")).await.unwrap();
        assert!((400..500).contains(&reply.status.as_u16()), "{path}: {}", reply.status);
    }
    let all = all_pages(&client, "Observations", &[("$top", "1"), ("$filter", "result gt 4.5")]).await;
    assert_eq!(
        all.iter().map(|one| one["result"].clone()).collect::<Vec<_>>(),
        [json!(4.6), json!(4.7), json!(4.8)]
    );
    assert!(text(&all[0], "@iot.selfLink").contains("Observations("));
}
