//! STAC API 1.0 as its clients meet it.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::{Client, TestNode};

use crate::world::{self, bare, get, list, refused, text, with};

fn ids(page: &Value) -> Vec<&str> {
    list(page, "features").iter().map(|item| text(item, "id")).collect()
}

async fn post(client: &Client, body: Value) -> (u16, Value) {
    let reply = client.send_json(Method::POST, "/stac/search", &body).await.unwrap();
    (reply.status.as_u16(), reply.json())
}

async fn search(client: &Client, body: Value) -> Value {
    let (status, page) = post(client, body.clone()).await;
    assert_eq!(status, 200, "{body}: {page}");
    page
}

/// <https://api.stacspec.org/v1.0.0/core>, <https://api.stacspec.org/v1.0.0/collections>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30>
#[tokio::test]
async fn the_landing_page_leads_to_the_collections_that_the_asker_may_read() {
    let node = world::node().await;
    let client = node.public();
    let landing = get(&client, "/stac").await;
    assert_eq!((&landing["type"], &landing["stac_version"]), (&json!("Catalog"), &json!("1.1.0")));
    let relations: BTreeSet<&str> = list(&landing, "links").iter().map(|link| text(link, "rel")).collect();
    for needed in ["self", "root", "service-desc", "service-doc", "conformance", "data", "search", "child"] {
        assert!(relations.contains(needed), "{needed}: {landing}");
    }
    for link in list(&landing, "links").iter().filter(|link| link["method"] != "POST") {
        let reply = client.get(&bare(text(link, "href"))).await.unwrap();
        assert!(reply.status.is_success(), "{link}");
        assert_eq!(reply.media_type.split(';').next(), text(link, "type").split(';').next(), "{link}");
    }
    let conformance = get(&client, "/stac/conformance").await;
    assert_eq!(conformance["conformsTo"], landing["conformsTo"]);
    let collections = get(&client, "/stac/collections").await;
    let names: Vec<&str> = list(&collections, "collections").iter().map(|one| text(one, "id")).collect();
    assert_eq!(names, ["salinity_daily", "sluices"]);
    for collection in list(&collections, "collections") {
        assert_eq!(get(&client, &format!("/stac/collections/{}", text(collection, "id"))).await, *collection);
        for link in
            list(collection, "links").iter().filter(|link| text(link, "href").starts_with("http://localhost"))
        {
            client.get(&bare(text(link, "href"))).await.unwrap().ok().unwrap();
        }
    }
    let first = get(&client, "/stac/collections?limit=1").await;
    assert_eq!(list(&first, "collections").len(), 1);
    let next = list(&first, "links").iter().find(|link| link["rel"] == "next").unwrap();
    let second = get(&client, &bare(text(next, "href"))).await;
    assert_eq!(text(&second["collections"][0], "id"), "sluices");
    let salinity = &collections["collections"][0];
    assert_eq!(
        salinity["extent"]["temporal"]["interval"],
        json!([["2020-01-31T17:00:00Z", "2020-02-27T17:00:00Z"]])
    );
    for (path, status) in [
        ("/stac/collections/salinity_shared", 401),
        ("/stac/collections/salinity_secret", 404),
        ("/stac/collections/salinity_secret/items", 404),
        ("/stac/collections/salinity_secret/items/salinity_secret", 404),
        ("/stac/collections/salinity_secret/queryables", 404),
        ("/stac/collections/no_such", 404),
        ("/stac/collections/..%2fetc", 404),
        ("/stac/collections/sluices/items/none", 404),
    ] {
        assert_eq!(refused(&client, path).await.0, status, "{path}");
    }
}

/// <https://api.stacspec.org/v1.0.0-rc.1/collection-search>,
/// <https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text>,
/// <http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query>
#[tokio::test]
async fn collections_are_found_by_words_by_place_and_by_time() {
    let node = world::node().await;
    let client = node.public();
    let all = ["salinity_daily", "sluices"];
    for (asked, expected) in [
        (vec![("q", "salinity")], &all[..1]),
        (vec![("q", "SLUICES, nothing")], &all[1..]),
        (vec![("q", "sluices,salinity")], &all[..]),
        (vec![("q", "nothing")], &all[..0]),
        // What the asker may not read is not found either.
        (vec![("q", "salinity_secret")], &all[..0]),
        (vec![("q", " , ")], &all[..]),
        // The sluices lie along one parallel.
        (vec![("bbox", "105,9.9,105.1,10.1"), ("q", "sluices")], &all[1..]),
        (vec![("bbox", "0,0,1,1")], &all[..0]),
        (vec![("bbox", "105,9.999,105.3,10.001")], &all[1..]),
        (vec![("datetime", "2020-02-03T00:00:00Z/2020-02-04T00:00:00Z")], &all[..1]),
        (vec![("datetime", "1990-01-01T00:00:00Z/1991-01-01T00:00:00Z")], &all[..0]),
    ] {
        let page = get(&client, &with("/stac/collections", &asked)).await;
        let found: Vec<&str> = list(&page, "collections").iter().map(|one| text(one, "id")).collect();
        assert_eq!(
            (found.as_slice(), page["numberMatched"].as_u64()),
            (expected, Some(expected.len() as u64)),
            "{asked:?}"
        );
    }
    let first = get(&client, "/stac/collections?limit=1&q=sluices,salinity").await;
    let next = list(&first, "links").iter().find(|link| link["rel"] == "next").unwrap();
    let second = get(&client, &bare(text(next, "href"))).await;
    assert_eq!(text(&second["collections"][0], "id"), "sluices");
    for (asked, at) in
        [([("bbox", "1,2,3")], "bbox"), ([("datetime", "then")], "datetime"), ([("foo", "1")], "foo")]
    {
        let (status, problem) = refused(&client, &with("/stac/collections", &asked)).await;
        assert_eq!((status, &problem["at"]), (400, &json!(at)), "{problem}");
    }
}

/// <https://api.stacspec.org/v1.0.0/ogcapi-features>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson>
#[tokio::test]
async fn a_dataset_is_an_item_with_its_files_columns_and_version() {
    let node = world::node().await;
    let client = node.public();
    let items = get(&client, "/stac/collections/salinity_daily/items").await;
    assert_eq!((items["numberMatched"].as_u64(), ids(&items)), (Some(1), vec!["salinity_daily"]));
    let reply = client.get("/stac/collections/salinity_daily/items/salinity_daily").await.unwrap();
    assert_eq!(reply.media_type, "application/geo+json");
    let item = reply.json();
    assert_eq!(item, items["features"][0]);
    let properties = &item["properties"];
    assert_eq!(properties["datetime"], Value::Null);
    assert_eq!(properties["start_datetime"], "2020-01-31T17:00:00Z");
    assert_eq!(properties["version"], "2");
    assert_eq!(properties["table:row_count"], 86);
    assert_eq!(properties["table:columns"][0]["name"], "place");
    for (key, asset) in item["assets"].as_object().unwrap() {
        let reply = client.get(&bare(text(asset, "href"))).await.unwrap();
        assert!(reply.status.is_success(), "{key}");
        assert_eq!(reply.media_type.split(';').next(), Some(text(asset, "type")), "{key}");
    }
    let secret = get(&node.system(), "/stac/collections/salinity_secret/items").await;
    assert_eq!(secret["numberMatched"], 1);
}

/// <https://api.stacspec.org/v1.0.0/item-search>
#[tokio::test]
async fn a_search_chooses_by_box_shape_time_id_and_collection() {
    let node = world::node().await;
    let client = node.public();
    let all = vec!["sluices", "salinity_daily"];
    let square = json!({"type": "Polygon", "coordinates": [[[104.9, 9.9], [105.3, 9.9], [105.3, 10.1], [104.9, 10.1], [104.9, 9.9]]]});
    let away = json!({"type": "Point", "coordinates": [0.0, 0.0]});
    for (body, found) in [
        (json!({}), all.clone()),
        (json!({"bbox": [100, 5, 110, 15]}), all.clone()),
        (json!({"bbox": [100, 5, 0, 110, 15, 9]}), all.clone()),
        (json!({"bbox": [0, 0, 1, 1]}), vec![]),
        // Across the antimeridian: everything but what lies between 107° and 104°.
        (json!({"bbox": [110, 5, 100, 15]}), vec![]),
        (json!({"bbox": [170, 5, 105.1, 15]}), vec!["sluices"]),
        (json!({"intersects": square}), vec!["sluices"]),
        (json!({"intersects": away}), vec![]),
        (json!({"datetime": "2020-02-03T00:00:00Z"}), vec!["salinity_daily"]),
        (json!({"datetime": "2020-02-03T00:00:00Z/2020-02-04T00:00:00Z"}), vec!["salinity_daily"]),
        (json!({"datetime": "2021-01-01T00:00:00Z/2022-01-01T00:00:00Z"}), vec![]),
        (json!({"ids": ["sluices"]}), vec!["sluices"]),
        (json!({"collections": ["salinity_daily", "salinity_secret"]}), vec!["salinity_daily"]),
        (json!({"collections": ["salinity_secret"]}), vec![]),
        (json!({"collections": []}), vec![]),
    ] {
        assert_eq!(ids(&search(&client, body.clone()).await), found, "{body}");
    }
    let asked = [("bbox", "100,5,110,15"), ("collections", "sluices"), ("limit", "5")];
    let by_get = get(&client, &with("/stac/search", &asked)).await;
    assert_eq!(ids(&by_get), ["sluices"]);
    let everything = get(&node.system(), "/stac/search").await;
    assert_eq!(everything["numberMatched"], 4);

    for (name, value) in [
        ("limit", json!(0)),
        ("limit", json!(-1)),
        ("limit", json!("ten")),
        ("bbox", json!([1, 2, 3])),
        ("bbox", json!([0, 50, 1, 40])),
        ("bbox", json!([-200, 0, 200, 1])),
        ("bbox", json!("1,2,3,4")),
        ("datetime", json!("2020-02-01")),
        ("datetime", json!("../..")),
        ("datetime", json!("2020-02-02T00:00:00Z/2020-01-01T00:00:00Z")),
        ("intersects", json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]})),
        ("intersects", json!({"type": "Circle"})),
        ("intersects", json!({"type": "Point", "coordinates": [500, 0]})),
        ("ids", json!([1])),
        ("token", json!("nonsense")),
        ("token", json!("W10")),
        ("colour", json!("red")),
        ("sortby", json!("title")),
        ("fields", Value::Null),
        ("query", json!({"title": {"near": "x"}})),
        ("filter", json!({"op": "explode", "args": []})),
        ("filter-lang", json!("sql")),
        ("filter-crs", json!("EPSG:3405")),
    ] {
        let (status, problem) = post(&client, json!({name: value})).await;
        assert_eq!((status, problem["at"].as_str()), (400, Some(name)), "{name} {value}: {problem}");
    }
    let both = json!({"bbox": [0, 0, 1, 1], "intersects": away});
    assert_eq!(post(&client, both).await.0, 400);
    let reply = client
        .send(Method::POST, "/stac/search", "application/json", vec![b' '; 10 * 1024 * 1024].into())
        .await
        .unwrap();
    assert_eq!(reply.status.as_u16(), 413, "10 MB are no search");
}

/// A node with thirty datasets of places along a line, each with one time.
async fn many() -> TestNode {
    let node = TestNode::start().await;
    for n in 0..30 {
        let id = format!("gates_{n:02}");
        let title = format!("Cống số {}", n % 3);
        let described = json!({
            "id": id, "kind": "features", "agency": if n % 2 == 0 { "gso" } else { "cuulong" },
            "title": {"vi": title, "en": title}, "theme": "infrastructure", "licence": "CC0-1.0", "access": "open",
        });
        node.system().send_json(Method::POST, "/v1/datasets", &described).await.unwrap().ok().unwrap();
        let features: Vec<Value> = (0..=n)
            .map(|at| {
                json!({"type": "Feature", "id": format!("g{at}"), "properties": {"n": at},
                "geometry": {"type": "Point", "coordinates": [105.0 + f64::from(n) / 100.0, 10.0]}})
            })
            .collect();
        let file = json!({"type": "FeatureCollection", "features": features}).to_string();
        node.hand_in(&id, "g.geojson", file.into_bytes(), None).await.unwrap();
    }
    node
}

/// <https://api.stacspec.org/v1.0.0/item-search#sort>, <https://api.stacspec.org/v1.0.0/ogcapi-features#sort>,
/// <https://api.stacspec.org/v1.0.0/item-search#filter>, <https://api.stacspec.org/v1.0.0/item-search#query>,
/// <https://api.stacspec.org/v1.0.0/item-search#fields>, <https://api.stacspec.org/v1.0.0/ogcapi-features#fields>,
/// <https://api.stacspec.org/v1.0.0/ogcapi-features#query>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables>
#[tokio::test]
async fn items_are_paged_sorted_filtered_and_cut_to_fields() {
    let node = many().await;
    let client = node.public();
    // Every order, by either method, shows every item once.
    for sort in ["-properties.table:row_count", "title", "-title,+id", "properties.cuulong:agency", "no_such"]
    {
        let mut seen = Vec::new();
        let mut next = Some(with("/stac/search", &[("limit", "7"), ("sortby", sort)]));
        while let Some(path) = next {
            let page = get(&client, &path).await;
            assert_eq!(page["numberMatched"], 30);
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let way = list(&page, "links").iter().find(|link| link["rel"] == "next");
            next = way.map(|link| bare(text(link, "href")));
        }
        assert_eq!(seen.len(), 30, "{sort}");
        if sort.starts_with("-properties.table") {
            let mut expected: Vec<String> = (0..30).map(|n| format!("gates_{n:02}")).collect();
            expected.reverse();
            assert_eq!(seen, expected);
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 30, "{sort}: each once");
    }
    let mut body =
        json!({"limit": 8, "sortby": [{"field": "properties.table:row_count", "direction": "desc"}]});
    let mut seen = 0;
    loop {
        let page = search(&client, body).await;
        seen += ids(&page).len();
        let Some(way) = list(&page, "links").iter().find(|link| link["rel"] == "next") else { break };
        assert_eq!(way["method"], "POST");
        body = way["body"].clone();
    }
    assert_eq!(seen, 30);

    let rows = |op: &str, n: i64| json!({"op": op, "args": [{"property": "table:row_count"}, n]});
    for (filter, count) in [
        (rows(">", 25), 5),
        (json!({"op": "and", "args": [rows(">=", 5), rows("<", 10)]}), 5),
        (json!({"op": "like", "args": [{"property": "title"}, "% 2"]}), 10),
        (
            json!({"op": "like", "args": [{"op": "accenti", "args": [{"op": "casei", "args": [{"property": "title"}]}]}, "cong so 1"]}),
            10,
        ),
        (json!({"op": "in", "args": [{"property": "id"}, ["gates_01", "gates_02", "x"]]}), 2),
        (json!({"op": "between", "args": [{"property": "table:row_count"}, 3, 4]}), 2),
        (json!({"op": "isNull", "args": [{"property": "proj:code"}]}), 30),
        (json!({"op": "not", "args": [{"op": "=", "args": [{"property": "cuulong:agency"}, "gso"]}]}), 15),
        (
            json!({"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Polygon", "coordinates": [[[105.045, 9], [105.085, 9], [105.085, 11], [105.045, 11], [105.045, 9]]]}]}),
            4,
        ),
        (
            json!({"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": "2020-01-01T00:00:00Z"}]}),
            30,
        ),
        (json!({"op": "t_before", "args": [{"property": "datetime"}, {"date": "2020-01-01"}]}), 0),
        (json!({"op": "=", "args": [{"op": "%", "args": [{"property": "table:row_count"}, 10]}, 0]}), 3),
        (json!({"op": ">", "args": [{"property": "no_such"}, 1]}), 0),
    ] {
        let page = search(&client, json!({"filter": filter, "limit": 1})).await;
        assert_eq!(page["numberMatched"], count, "{filter}");
    }
    for (filter, count) in [
        ("table:row_count > 25 AND title LIKE '%0'", 1),
        ("NOT (table:row_count > 25) OR id = 'gates_29'", 26),
        ("S_WITHIN(geometry, BBOX(105.045, 9, 105.085, 11))", 4),
        ("datetime >= TIMESTAMP('2020-01-01T00:00:00Z')", 30),
        ("ACCENTI(CASEI(title)) = ACCENTI(CASEI('CỐNG SỐ 2'))", 10),
        ("table:row_count / 2 = 5", 1),
        ("id IN ('gates_03','gates_04') AND title IS NOT NULL", 2),
    ] {
        let page = get(&client, &with("/stac/search", &[("filter", filter), ("limit", "1")])).await;
        assert_eq!(page["numberMatched"], count, "{filter}");
    }
    for (query, count) in [
        (json!({"table:row_count": {"gte": 26, "neq": 30}}), 4),
        (json!({"title": {"startsWith": "Cống", "endsWith": "0"}}), 10),
        (json!({"id": {"in": ["gates_05"]}}), 1),
        (json!({"title": {"contains": "100%"}}), 0),
    ] {
        let page = search(&client, json!({"query": query, "limit": 1})).await;
        assert_eq!(page["numberMatched"], count, "{query}");
    }
    let part = search(&client, json!({"ids": ["gates_05"], "fields": {"include": ["properties.title"], "exclude": ["assets", "links"]}})).await;
    let item = &part["features"][0];
    assert_eq!((item["properties"]["title"].as_str(), item.get("assets")), (Some("Cống số 2"), None));
    assert!(item["properties"].get("license").is_none() && item["geometry"].is_object(), "{item}");
    let items =
        get(&client, "/stac/collections/gates_05/items?fields=-geometry&sortby=-id&query=%7B%7D").await;
    assert!(items["features"][0].get("geometry").is_none());
    let queryables = get(&client, "/stac/collections/gates_05/queryables").await;
    assert!(queryables["properties"]["table:row_count"]["type"] == "number", "{queryables}");
}

/// <http://www.opengis.net/spec/cql2/1.0/conf/cql2-text>, <http://www.opengis.net/spec/cql2/1.0/conf/cql2-json>
#[tokio::test]
async fn a_filter_that_is_too_much_is_refused_at_once() {
    let node = world::node().await;
    let client = node.public();
    let deep = format!("{}1=1{}", "(".repeat(5_000), ")".repeat(5_000));
    let nots = format!("{}TRUE", "NOT ".repeat(5_000));
    let wide = vec!["1=1"; 4_000].join(" AND ");
    let long = format!("title = '{}'", "x".repeat(70_000));
    let brackets = format!("S_INTERSECTS(geometry, GEOMETRYCOLLECTION{})", "(".repeat(3_000));
    for filter in [&deep, &nots, &wide, &long, &brackets] {
        let (status, problem) = post(&client, json!({"filter": filter})).await;
        assert_eq!((status, problem["at"].as_str()), (400, Some("filter")), "{problem}");
    }
    let mut nested = json!({"op": "=", "args": [1, 1]});
    for _ in 0..100 {
        nested = json!({"op": "not", "args": [nested]});
    }
    assert_eq!(post(&client, json!({"filter": nested})).await.0, 400);
    for filter in [
        "title =",
        "title = 'a",
        "1 + 1",
        "title LIKE",
        "AND",
        "colour(title) = 1",
        "a = b = c",
        "POINT(1 1)",
        "title = ;",
    ] {
        let (status, problem) = refused(&client, &with("/stac/search", &[("filter", filter)])).await;
        assert_eq!((status, problem["at"].as_str()), (400, Some("filter")), "{filter}: {problem}");
    }
}
