//! OGC API – Records as its clients meet it: the catalogue as records, found as Vietnamese is searched.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{self, bare, get, list, refused, text, with};

const ITEMS: &str = "/ogc/collections/catalogue/items";

fn ids(page: &Value) -> Vec<&str> {
    list(page, "features").iter().map(|record| text(record, "id")).collect()
}

async fn node() -> testkit::TestNode {
    let node = world::node().await;
    let dataset = json!({
        "id": "de_dieu", "kind": "features", "agency": "cuulong", "theme": "water", "licence": "CC-BY-4.0",
        "title": {"vi": "Đê điều và cửa sông", "en": "Dykes and river mouths"},
        "access": "open", "source": "một cuộc khảo sát",
    });
    node.system().send_json(Method::POST, "/v1/datasets", &dataset).await.unwrap().ok().unwrap();
    node
}

/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core/mandatory-properties-record>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core/links>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core/contact>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-collection/mandatory-properties-collection>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/json/conformance>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/html/content>
#[tokio::test]
async fn a_record_says_what_is_known_of_a_dataset() {
    let node = node().await;
    let client = node.public();
    let collection = get(&client, "/ogc/collections/catalogue").await;
    assert_eq!((text(&collection, "itemType"), text(&collection, "id")), ("record", "catalogue"));
    assert!(!text(&collection, "title").is_empty() && !list(&collection, "links").is_empty());
    for link in list(&collection, "links") {
        let reply = client.get(&bare(text(link, "href"))).await.unwrap();
        assert!(reply.status.is_success(), "{link}");
    }
    let record = get(&client, &format!("{ITEMS}/salinity_daily?lang=en")).await;
    assert_eq!(record["type"], "Feature");
    assert_eq!(
        record["conformsTo"],
        json!(["http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"])
    );
    assert_eq!(record["geometry"]["type"], "Polygon");
    assert_eq!(record["time"]["interval"], json!(["2020-01-31T17:00:00Z", "2020-02-27T17:00:00Z"]));
    let properties = &record["properties"];
    for (name, value) in
        [("type", "dataset"), ("license", "CC0-1.0"), ("cuulong:kind", "observations"), ("rights", "a test")]
    {
        assert_eq!(properties[name], value, "{record}");
    }
    assert_eq!(properties["externalIds"], json!([{"value": "urn:cuulong:dataset:salinity_daily"}]));
    assert_eq!(properties["contacts"][0]["roles"], json!(["publisher"]));
    assert!(
        properties["contacts"][0]["organization"].is_string()
            || properties["contacts"][0]["name"].is_string()
    );
    assert!(!text(properties, "title").is_empty() && !text(&record, "id").is_empty());
    let relations: Vec<&str> = list(&record, "links").iter().map(|link| text(link, "rel")).collect();
    assert_eq!(relations.iter().filter(|relation| **relation == "collection").count(), 1);
    for relation in ["self", "alternate", "collection", "describedby", "service", "enclosure"] {
        assert!(relations.contains(&relation), "{relation} in {relations:?}");
    }
    let page = world::page(&client, &format!("{ITEMS}?f=html&lang=en")).await;
    assert!(page.contains("Đê điều") || page.contains("Dykes"), "{page}");
}

/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/bbox>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/datetime>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/limit>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/q-definition>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/q-response>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/type-response>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/externalIds-response>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core-query-parameters/ids-response>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/searchable-catalog/implements>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/sorting/sortby-response>,
/// <http://www.opengis.net/spec/ogcapi-records-1/1.0/req/sorting/get-sortables-success>
#[tokio::test]
async fn records_are_found_by_words_place_time_and_filter() {
    let node = node().await;
    let client = node.public();
    for (parameters, expected) in [
        (vec![], vec!["de_dieu", "salinity_daily", "salinity_shared", "sluices"]),
        (vec![("q", "de dieu")], vec!["de_dieu"]),
        (vec![("q", "CỬA SÔNG")], vec!["de_dieu"]),
        (vec![("q", "dykes,sluices")], vec!["de_dieu", "sluices"]),
        (vec![("q", "no such thing")], vec![]),
        (vec![("type", "dataset"), ("ids", "sluices,de_dieu")], vec!["de_dieu", "sluices"]),
        (vec![("type", "service")], vec![]),
        (vec![("externalIds", "urn:cuulong:dataset:sluices")], vec!["sluices"]),
        (vec![("bbox", "105,9.9,105.3,10.1")], vec!["sluices"]),
        (vec![("bbox", "0,0,1,1")], vec![]),
        (vec![("datetime", "2019-01-01/2019-12-31"), ("ids", "salinity_daily,sluices")], vec!["sluices"]),
        (
            vec![("filter", "\"cuulong:kind\" = 'observations' AND A_CONTAINS(formats, ('CSV'))")],
            vec!["salinity_daily"],
        ),
        (vec![("filter", "fold(title) LIKE 'de dieu%'")], vec!["de_dieu"]),
        (vec![("license", "CC-BY-4.0")], vec!["de_dieu"]),
        (vec![("sortby", "-id"), ("limit", "2")], vec!["sluices", "salinity_shared"]),
    ] {
        let page = get(&client, &with(ITEMS, &parameters)).await;
        assert_eq!(ids(&page), expected, "{parameters:?}");
    }
    // What can be sorted by is said, and is sorted by.
    let sortables = get(&client, "/ogc/collections/catalogue/sortables").await;
    let names: Vec<&String> = sortables["properties"].as_object().unwrap().keys().collect();
    assert!(names.len() >= 2, "{sortables}");
    for name in names {
        let page = get(&client, &with(ITEMS, &[("sortby", name)])).await;
        assert_eq!(page["numberMatched"], 4, "{name}");
    }
    // Pages lead on to every record once.
    let mut seen = Vec::new();
    let mut next = Some(with(ITEMS, &[("limit", "3"), ("sortby", "title")]));
    while let Some(path) = next {
        let page = get(&client, &path).await;
        assert_eq!(page["numberMatched"], 4);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let way = list(&page, "links").iter().find(|link| link["rel"] == "next");
        next = way.map(|link| bare(text(link, "href")));
    }
    seen.sort();
    assert_eq!(seen, ["de_dieu", "salinity_daily", "salinity_shared", "sluices"]);
    for (name, value) in
        [("sortby", "colour"), ("filter", "colour = 1"), ("limit", "0"), ("colour", "red"), ("offset", "-1")]
    {
        let (status, problem) = refused(&client, &with(ITEMS, &[(name, value)])).await;
        assert_eq!((status, text(&problem, "at")), (400, name), "{problem}");
    }
}

#[tokio::test]
async fn a_record_of_what_may_not_be_known_is_none() {
    let node = node().await;
    let client = node.public();
    assert_eq!(refused(&client, &format!("{ITEMS}/salinity_secret")).await.0, 404);
    assert_eq!(refused(&client, &format!("{ITEMS}/nothing")).await.0, 404);
    for parameters in [vec![("q", "secret")], vec![("ids", "salinity_secret")]] {
        assert_eq!(get(&client, &with(ITEMS, &parameters)).await["numberMatched"], 0);
    }
    let found = get(&node.system(), &with(ITEMS, &[("q", "secret")])).await;
    assert_eq!(ids(&found), ["salinity_secret"]);
    // What series are of finds a dataset for whoever may read them: that the shared one observes in An Giang
    // is told to nobody else.
    for words in ["An Giang", "an giang,no such thing"] {
        let search = with(ITEMS, &[("q", words)]);
        assert_eq!(get(&client, &search).await["numberMatched"], 0, "{words}");
        let all = get(&node.system(), &search).await;
        assert_eq!(ids(&all), ["salinity_secret", "salinity_shared"], "{words}");
        // Counts are exact on every page, of which only the records are read that it shows.
        let page = get(&node.system(), &with(ITEMS, &[("q", words), ("limit", "1"), ("offset", "1")])).await;
        assert_eq!((ids(&page), page["numberMatched"].as_u64()), (vec!["salinity_shared"], Some(2)));
    }
    // Of a dataset that may be known and not read, nothing is told of its data.
    let shared = get(&client, &format!("{ITEMS}/salinity_shared")).await;
    assert_eq!((&shared["geometry"], &shared["time"]), (&Value::Null, &Value::Null));
}
