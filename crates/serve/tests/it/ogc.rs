//! OGC API – Common, Features Part 1 and EDR as their clients meet them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{self, bare, get, list, refused, text, with};

fn ids(collection: &Value, name: &str) -> Vec<String> {
    list(collection, name).iter().map(|item| text(item, "id").to_owned()).collect()
}

/// <http://www.opengis.net/spec/ogcapi-common-1/1.0/req/landing-page/root-success>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/root-success>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/conformance-success>
#[tokio::test]
async fn the_landing_page_leads_everywhere() {
    let node = world::node().await;
    let client = node.public();
    let landing = get(&client, "/ogc").await;
    let relations: BTreeSet<&str> = list(&landing, "links").iter().map(|link| text(link, "rel")).collect();
    assert!(
        ["self", "service-desc", "conformance", "data"].iter().all(|rel| relations.contains(rel)),
        "{landing}"
    );
    for link in list(&landing, "links") {
        get(&client, &bare(text(link, "href"))).await;
    }
    let api = get(&client, "/ogc/api").await;
    assert_eq!(api["openapi"], "3.0.3");
    let conformance = get(&client, "/ogc/conformance").await;
    let classes = list(&conformance, "conformsTo");
    for class in ["ogcapi-features-1/1.0/conf/core", "ogcapi-edr-1/1.1/conf/covjson"] {
        assert!(classes.contains(&json!(format!("http://www.opengis.net/spec/{class}"))));
    }
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-md-success>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/collections/rc-md-success>
#[tokio::test]
async fn collections_are_the_datasets_that_the_asker_may_read() {
    let node = world::node().await;
    let collections = get(&node.public(), "/ogc/collections").await;
    assert_eq!(
        ids(&collections, "collections"),
        ["catalogue", "stations", "places", "salinity_daily", "sluices"]
    );
    for collection in list(&collections, "collections") {
        for link in list(collection, "links") {
            get(&node.public(), &bare(text(link, "href"))).await;
        }
    }
    let all = get(&node.system(), "/ogc/collections").await;
    assert!(ids(&all, "collections").contains(&"salinity_secret".to_owned()));

    let salinity = get(&node.public(), "/ogc/collections/salinity_daily").await;
    assert_eq!(
        salinity["extent"]["temporal"]["interval"],
        json!([["2020-01-31T17:00:00Z", "2020-02-27T17:00:00Z"]])
    );
    let names: Vec<&String> = salinity["parameter_names"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["salinity:max", "salinity:mean"]);
    assert_eq!(salinity["parameter_names"]["salinity:max"]["unit"]["symbol"]["value"], "g/L");
    assert_eq!(
        salinity["parameter_names"]["salinity:max"]["measurementType"],
        json!({"method": "max", "duration": "P1D"})
    );

    for (client, path, status) in [
        (node.public(), "/ogc/collections/salinity_shared", 401),
        (node.public(), "/ogc/collections/salinity_secret", 404),
        (node.public(), "/ogc/collections/salinity_secret/locations", 404),
        (node.public(), "/ogc/collections/no_such", 404),
        (node.public(), "/ogc/collections/..%2fetc", 404),
    ] {
        assert_eq!(refused(&client, path).await.0, status, "{path}");
    }
    let (_, secret) = refused(&node.public(), "/ogc/collections/salinity_secret").await;
    let (_, nothing) = refused(&node.public(), "/ogc/collections/salinity_nothing").await;
    let words = |problem: &Value| text(problem, "detail").replace("secret", "…").replace("nothing", "…");
    assert_eq!(words(&secret), words(&nothing), "a hidden dataset answers as none");
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-response>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-limit-response-1>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-links>
#[tokio::test]
async fn pages_of_items_hold_every_feature_once() {
    let node = world::node().await;
    let client = node.public();
    let mut seen = Vec::new();
    let mut next = Some("/ogc/collections/sluices/items?limit=10".to_owned());
    while let Some(path) = next {
        let page = get(&client, &path).await;
        assert_eq!(
            (page["type"].as_str(), page["numberMatched"].as_u64()),
            (Some("FeatureCollection"), Some(25))
        );
        assert_eq!(page["numberReturned"].as_u64(), Some(list(&page, "features").len() as u64));
        assert!(text(&page, "timeStamp").ends_with('Z'));
        seen.extend(ids(&page, "features"));
        let way = list(&page, "links").iter().find(|link| link["rel"] == "next");
        next = way.map(|link| bare(text(link, "href")));
    }
    seen.sort();
    assert_eq!(seen, (0..25).map(|n| format!("gate-{n:02}")).collect::<Vec<_>>());

    let reply = client.get("/ogc/collections/sluices/items").await.unwrap();
    assert_eq!(reply.media_type, "application/geo+json");
    let item = get(&client, "/ogc/collections/sluices/items/gate-07").await;
    assert_eq!(item["geometry"], json!({"type": "Point", "coordinates": [105.07, 10.0]}));
    assert_eq!(item["properties"], json!({"name": "Cống 7", "width": 7.5, "open": false}));
    assert_eq!(refused(&client, "/ogc/collections/sluices/items/gate-99").await.0, 404);
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-bbox-response>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/fc-time-response>
#[tokio::test]
async fn a_box_and_a_time_choose_items() {
    let node = world::node().await;
    let client = node.public();
    let inside = get(&client, "/ogc/collections/sluices/items?bbox=105.045,9,105.085,11").await;
    let mut found = ids(&inside, "features");
    found.sort();
    assert_eq!(found, ["gate-05", "gate-06", "gate-07", "gate-08"]);
    assert_eq!(inside["numberMatched"], 4);

    let stations =
        get(&client, "/ogc/collections/stations/items?bbox=105.2,10.75,105.3,10.85&limit=1000").await;
    assert!(ids(&stations, "features").contains(&"station:tan_chau".to_owned()));
    assert!(!ids(&stations, "features").contains(&"station:tra_vinh".to_owned()));

    for (datetime, old, new) in [("2020-06-01", true, false), ("2026-01-01T00:00:00Z/..", false, true)] {
        let mut found = Vec::new();
        let path = "/ogc/collections/places/items";
        let mut next = Some(with(path, &[("datetime", datetime), ("limit", "1000")]));
        while let Some(path) = next {
            let page = get(&client, &path).await;
            found.extend(ids(&page, "features"));
            let way = list(&page, "links").iter().find(|link| link["rel"] == "next");
            next = way.map(|link| bare(text(link, "href")));
        }
        let holds = |id: &str| found.iter().any(|found| found == id);
        assert_eq!((holds("gso2004:94"), holds("vn2025:92")), (old, new), "{datetime}");
    }
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/query-param-invalid>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/core/query-param-unknown>
#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let node = world::node().await;
    let items = "/ogc/collections/sluices/items";
    for (path, parameters, status, at) in [
        (items, &[("limit", "0")][..], 400, "limit"),
        (items, &[("limit", "ten")], 400, "limit"),
        (items, &[("bbox", "1,2,3")], 400, "bbox"),
        (items, &[("bbox", "-200,0,200,1")], 400, "bbox"),
        (items, &[("bbox", "a,b,c,d")], 400, "bbox"),
        (items, &[("datetime", "2020-13-01")], 400, "datetime"),
        (items, &[("datetime", "2020-02-02/2020-01-01")], 400, "datetime"),
        (items, &[("colour", "red")], 400, "colour"),
        (items, &[("f", "shapefile")], 406, "f"),
    ] {
        let path = with(path, parameters);
        let (got, problem) = refused(&node.public(), &path).await;
        assert_eq!((got, problem["at"].as_str()), (status, Some(at)), "{path}: {problem}");
    }
}
