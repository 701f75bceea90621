//! DCAT and ISO metadata as harvesters meet them: what is told, to whom, and in which writing.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::Client;

use crate::world::{self, get, page, refused};

/// The things of a JSON-LD document, by the ends of their ids.
async fn things(client: &Client, path: &str) -> Vec<Value> {
    let document = get(client, path).await;
    document["@graph"].as_array().unwrap().clone()
}

fn thing<'t>(things: &'t [Value], end: &str) -> &'t Value {
    let found = things.iter().find(|thing| thing["@id"].as_str().is_some_and(|id| id.ends_with(end)));
    found.unwrap_or_else(|| panic!("nothing ends with {end} in {things:?}"))
}

/// Turns one value or several into several.
fn several(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        Value::Null => Vec::new(),
        value => vec![value.clone()],
    }
}

#[tokio::test]
async fn a_dataset_is_described_with_its_publisher_extent_licence_versions_and_downloads() {
    let node = world::node().await;
    let client = node.public();
    let graph = things(&client, "/dcat/datasets/salinity_daily.jsonld").await;
    let dataset = thing(&graph, "/dcat/datasets/salinity_daily");
    assert_eq!(dataset["@type"], "dcat:Dataset");
    assert_eq!(dataset["dct:identifier"]["@value"], "urn:cuulong:dataset:salinity_daily");
    assert!(several(&dataset["dct:title"]).contains(&json!({"@value": "salinity_daily", "@language": "vi"})));
    assert_eq!(dataset["dcat:version"], "2");
    assert_eq!(several(&dataset["dcat:hasVersion"]).len(), 2);
    let licence = thing(&graph, "/publicdomain/zero/1.0/");
    assert_eq!(licence["@type"], "dct:LicenseDocument");
    assert_eq!(thing(&graph, "/access-right/PUBLIC")["@type"], "dct:RightsStatement");
    let publisher = thing(&graph, "/dcat/agencies/cuulong");
    assert!(several(&publisher["@type"]).contains(&json!("foaf:Agent")));
    let period = graph.iter().find(|thing| thing["@type"] == "dct:PeriodOfTime").unwrap();
    assert_eq!(period["dcat:startDate"]["@value"], "2020-01-31T17:00:00Z");
    let place = graph.iter().find(|thing| thing.get("dcat:bbox").is_some()).unwrap();
    assert!(place["dcat:bbox"]["@value"].as_str().unwrap().starts_with("POLYGON((10"), "{place}");
    // Every file that is named is there.
    let mut files = 0;
    for distribution in graph.iter().filter(|thing| thing["@type"] == "dcat:Distribution") {
        let url = distribution["dcat:accessURL"]["@id"].as_str().unwrap();
        let reply = client.get(&world::bare(url)).await.unwrap();
        assert!(reply.status.is_success() && !reply.body.is_empty(), "{url}");
        assert_eq!(
            distribution["dcat:mediaType"]["@id"].as_str().unwrap().rsplit_once("media-types/").unwrap().1,
            reply.media_type.split(';').next().unwrap(),
            "{url}"
        );
        files += 1;
    }
    assert_eq!(files, 4);
    let old = things(&client, "/dcat/datasets/salinity_daily/versions/1.jsonld").await;
    let csv = thing(&old, "/versions/1#csv")["dcat:downloadURL"]["@id"].as_str().unwrap().to_owned();
    let rows = page(&client, &world::bare(&csv)).await;
    assert_eq!(rows.lines().count(), 1 + 3 * world::DAYS as usize, "version 1 has no means yet");
}

#[tokio::test]
async fn what_a_client_accepts_decides_the_writing() {
    let node = world::node().await;
    for (path, media_type) in [
        ("/dcat", "text/turtle"),
        ("/dcat.ttl", "text/turtle"),
        ("/dcat.rdf", "application/rdf+xml"),
        ("/dcat.jsonld", "application/ld+json"),
        ("/dcat?f=rdf", "application/rdf+xml"),
        ("/dcat/datasets/sluices", "text/turtle"),
        ("/dcat/datasets/sluices.rdf", "application/rdf+xml"),
        ("/dcat/themes", "text/turtle"),
        ("/dcat/themes/water", "text/turtle"),
        ("/dcat/agencies/gso.jsonld", "application/ld+json"),
        ("/dcat/properties/salinity", "text/turtle"),
        ("/iso/sluices.xml", "application/xml"),
    ] {
        let reply = node.public().get(path).await.unwrap();
        assert!(reply.status.is_success(), "{path}: {}", reply.status);
        assert_eq!(reply.media_type.split(';').next(), Some(media_type), "{path}");
    }
    for (path, status, at) in [
        ("/dcat?f=n3", 406, Some("f")),
        ("/dcat?page=0", 400, Some("page")),
        ("/dcat?limit=-1", 400, Some("limit")),
        ("/dcat?page=18446744073709551615&limit=1000", 400, Some("page")),
        ("/dcat?colour=red", 400, Some("colour")),
        ("/dcat/datasets/..%2f..%2fetc", 404, None),
        ("/dcat/datasets/no_such.ttl", 404, None),
        ("/dcat/datasets/salinity_daily/versions/99", 404, None),
        ("/dcat/datasets/salinity_daily/versions/x", 404, None),
        ("/iso/no_such.xml", 404, None),
    ] {
        let (got, problem) = refused(&node.public(), path).await;
        assert_eq!((got, problem["at"].as_str()), (status, at), "{path}: {problem}");
    }
}

#[tokio::test]
async fn pages_hold_every_dataset_once_and_nothing_that_is_hidden() {
    let node = world::node().await;
    for (client, names) in [
        (node.public(), vec!["salinity_daily", "salinity_shared", "sluices"]),
        (node.system(), vec!["salinity_daily", "salinity_secret", "salinity_shared", "sluices"]),
    ] {
        let mut seen = Vec::new();
        for number in 1..10 {
            let graph = things(&client, &format!("/dcat.jsonld?limit=1&page={number}")).await;
            let catalogue =
                graph.iter().find(|thing| several(&thing["@type"]).contains(&json!("dcat:Catalog")));
            let catalogue = catalogue.unwrap();
            assert_eq!(catalogue["hydra:totalItems"]["@value"], names.len().to_string());
            for dataset in several(&catalogue["dcat:dataset"]) {
                seen.push(dataset["@id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
            }
            let view = graph.iter().find(|thing| thing["@type"] == "hydra:PartialCollectionView").unwrap();
            if view.get("hydra:next").is_none() {
                break;
            }
        }
        assert_eq!(seen, names);
    }
    // Whoever may know of a dataset and not read it is told what it is, and no more.
    let graph = things(&node.public(), "/dcat/datasets/salinity_shared.jsonld").await;
    assert!(!graph.iter().any(|thing| thing["@type"] == "dcat:Distribution"), "{graph:?}");
    assert!(!graph.iter().any(|thing| thing.get("dcat:startDate").is_some()), "{graph:?}");
    let read = things(&node.system(), "/dcat/datasets/salinity_shared.jsonld").await;
    assert!(read.iter().any(|thing| thing["@type"] == "dcat:Distribution"), "{read:?}");
    // What is hidden answers as what is missing.
    for path in
        ["/dcat/datasets/salinity_NAME", "/dcat/datasets/salinity_NAME/versions/1", "/iso/salinity_NAME.xml"]
    {
        let (status, mut secret) = refused(&node.public(), &path.replace("NAME", "secret")).await;
        let (_, mut nothing) = refused(&node.public(), &path.replace("NAME", "nothing")).await;
        for problem in [&mut secret, &mut nothing] {
            problem["instance"].take();
        }
        assert_eq!(status, 404);
        assert_eq!(secret.to_string().replace("secret", "…"), nothing.to_string().replace("nothing", "…"));
    }
    let iso = page(&node.public(), "/iso/salinity_shared.xml").await;
    assert!(!iso.contains("distributionInfo") && !iso.contains("temporalElement"), "{iso}");
}

#[tokio::test]
async fn a_document_that_has_not_changed_is_not_sent_again() {
    let node = world::node().await;
    let router = node.node().router();
    let ask = |known: Option<axum::http::HeaderValue>| {
        let mut request =
            axum::http::Request::builder().uri("/dcat/datasets/sluices.ttl").header("host", "localhost");
        if let Some(known) = known {
            request = request.header("if-none-match", known);
        }
        tower::ServiceExt::oneshot(router.clone(), request.body(axum::body::Body::empty()).unwrap())
    };
    let first = ask(None).await.unwrap();
    let tag = first.headers().get("etag").unwrap().clone();
    assert_eq!(ask(Some(tag.clone())).await.unwrap().status(), 304);
    let described = json!({
        "id": "sluices", "kind": "features", "agency": "cuulong", "title": {"vi": "Cống"}, "theme": "water",
        "licence": "CC0-1.0", "access": "open",
    });
    node.system().send_json(Method::PUT, "/v1/datasets/sluices", &described).await.unwrap().ok().unwrap();
    let changed = ask(Some(tag)).await.unwrap();
    assert_eq!(changed.status(), 200, "the title is another");
}
