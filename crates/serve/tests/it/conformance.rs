//! What `/ogc` and `/stac` say that they conform to, tests show: every class that is advertised has tests
//! that name its requirements, or the class itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{self, bare, get, list, text, with};

/// The tests, as they are written.
const TESTS: [&str; 13] = [
    include_str!("conformance.rs"),
    include_str!("edr.rs"),
    include_str!("ogc.rs"),
    include_str!("ogc_cql2.rs"),
    include_str!("ogc_features.rs"),
    include_str!("ogc_records.rs"),
    include_str!("ogc_write.rs"),
    include_str!("openapi.rs"),
    include_str!("processes.rs"),
    include_str!("stac.rs"),
    include_str!("tiles.rs"),
    include_str!("../../../standards/tests/cql2.rs"),
    include_str!("../../../../tests/tests/it/rasters.rs"),
];

const OGC: &str = "http://www.opengis.net/spec/";

/// Requirements that have to be named one by one, below [`OGC`]: Tiles (20-057), CQL2 (21-065r2), Records
/// (20-004r1).
const REQUIREMENTS: [&str; 48] = [
    "ogcapi-tiles-1/1.0/req/core/tc-op",
    "ogcapi-tiles-1/1.0/req/core/tc-tilematrix-definition",
    "ogcapi-tiles-1/1.0/req/core/tc-tilerow-definition",
    "ogcapi-tiles-1/1.0/req/core/tc-tilecol-definition",
    "ogcapi-tiles-1/1.0/req/core/tc-success",
    "ogcapi-tiles-1/1.0/req/core/tc-error",
    "ogcapi-tiles-1/1.0/req/core/conformance-success",
    "ogcapi-tiles-1/1.0/req/tileset/description",
    "ogcapi-tiles-1/1.0/req/tilesets-list/tileset-links",
    "ogcapi-tiles-1/1.0/req/geodata-tilesets/desc-links",
    "ogcapi-tiles-1/1.0/req/geodata-tilesets/operation",
    "ogcapi-tiles-1/1.0/req/mvt/content",
    "ogcapi-tiles-1/1.0/req/png/content",
    "cql2/1.0/req/basic-cql2/cql2-filter",
    "cql2/1.0/req/basic-cql2/property",
    "cql2/1.0/req/advanced-comparison-operators/like-predicate",
    "cql2/1.0/req/advanced-comparison-operators/between-predicate",
    "cql2/1.0/req/advanced-comparison-operators/in-predicate",
    "cql2/1.0/req/case-insensitive-comparison/casei-function",
    "cql2/1.0/req/accent-insensitive-comparison/accenti-function",
    "cql2/1.0/req/basic-spatial-functions/spatial-predicate",
    "cql2/1.0/req/basic-spatial-functions-plus/spatial-data-types",
    "cql2/1.0/req/spatial-functions",
    "cql2/1.0/req/temporal-functions",
    "cql2/1.0/req/array-functions/array-predicates",
    "cql2/1.0/req/property-property",
    "cql2/1.0/req/functions/functions",
    "cql2/1.0/req/arithmetic/arithmetic",
    "cql2/1.0/req/cql2-text/escaping",
    "cql2/1.0/req/cql2-json",
    "ogcapi-records-1/1.0/req/record-core/mandatory-properties-record",
    "ogcapi-records-1/1.0/req/record-core/links",
    "ogcapi-records-1/1.0/req/record-core/contact",
    "ogcapi-records-1/1.0/req/record-collection/mandatory-properties-collection",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/bbox",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/datetime",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/limit",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/q-definition",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/q-response",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/type-response",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/ids-response",
    "ogcapi-records-1/1.0/req/record-core-query-parameters/externalIds-response",
    "ogcapi-records-1/1.0/req/searchable-catalog/implements",
    "ogcapi-records-1/1.0/req/sorting/sortby-response",
    "ogcapi-records-1/1.0/req/sorting/get-sortables-success",
    "ogcapi-records-1/1.0/req/json/conformance",
    "ogcapi-records-1/1.0/req/html/content",
    "ogcapi-features-3/1.0/req/queryables-query-parameters/parameters",
];

/// What the documents of tests name: addresses in `<…>` right before a function that is a test.
fn named() -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for text in TESTS {
        let (mut waiting, mut is_test) = (Vec::new(), false);
        for line in text.lines() {
            if let Some(words) = line.strip_prefix("///") {
                let addresses = words.split('<').skip(1).filter_map(|rest| rest.split('>').next());
                waiting.extend(addresses.filter(|one| one.starts_with("http")).map(str::to_owned));
            } else if line.starts_with("#[tokio::test") || line == "#[test]" {
                is_test = true;
            } else if line.starts_with("async fn ") || line.starts_with("fn ") {
                named.extend(waiting.drain(..).filter(|_| is_test));
                is_test = false;
            } else if !line.starts_with("#[") {
                waiting.clear();
                is_test = false;
            }
        }
    }
    named
}

/// Whether an address is of a class: the class itself, or a requirement of it.
fn is_of(address: &str, class: &str) -> bool {
    let below =
        |of: &str| address == of || address.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'));
    let required = class.replacen("/conf/", "/req/", 1);
    // The requirements of EDR's queries have a name of their own in 19-086r6.
    let queries = class == format!("{OGC}ogcapi-edr-1/1.1/conf/queries");
    below(class) || below(&required) || (queries && below(&format!("{OGC}ogcapi-edr-1/1.1/req/edr")))
}

/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/conformance-success>
#[tokio::test]
async fn every_class_that_is_advertised_is_shown_by_a_test_that_names_it() {
    let node = world::node().await;
    let client = node.public();
    let named = named();
    let mut advertised = BTreeSet::new();
    for path in ["/ogc/conformance", "/stac/conformance"] {
        let document = get(&client, path).await;
        advertised.extend(list(&document, "conformsTo").iter().map(|one| one.as_str().unwrap().to_owned()));
    }
    let unnamed: Vec<&String> =
        advertised.iter().filter(|class| !named.iter().any(|one| is_of(one, class))).collect();
    assert!(unnamed.is_empty(), "no test names {unnamed:#?}");
    let missing: Vec<&str> = REQUIREMENTS
        .into_iter()
        .filter(|requirement| !named.contains(&format!("{OGC}{requirement}")))
        .collect();
    assert!(missing.is_empty(), "no test names {missing:#?}");
    // What tests show is advertised too: a class that is left out is a service that nobody finds.
    let unadvertised: Vec<&String> = named
        .iter()
        .filter(|one| one.contains("/req/") || one.contains("/conf/"))
        .filter(|one| !advertised.iter().any(|class| is_of(one, class)))
        .collect();
    assert!(unadvertised.is_empty(), "tests show what is not advertised: {unadvertised:#?}");
}

/// <http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core>,
/// <http://www.opengis.net/spec/ogcapi-common-1/1.0/req/json/content>,
/// <http://www.opengis.net/spec/ogcapi-common-1/1.0/req/oas30/oas-impl>,
/// <http://www.opengis.net/spec/ogcapi-common-2/1.0/req/collections/rc-md-success>,
/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/oas30/oas-impl>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/core/root-success>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/json/content>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/oas30/oas-impl>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/json/definition>
#[tokio::test]
async fn the_definition_says_what_is_answered_and_how() {
    let node = world::node().await;
    let client = node.public();
    let reply = client.get("/ogc/api").await.unwrap().ok().unwrap();
    let media = reply.media_type.clone();
    assert!(media.starts_with("application/vnd.oai.openapi+json;version=3.0"), "{media}");
    let api = reply.json();
    let base = bare(text(&api["servers"][0], "url"));
    let mut asked = 0;
    for (path, item) in api["paths"].as_object().unwrap() {
        let operation = &item["get"];
        if operation.is_null() {
            continue;
        }
        let is_needed = |one: &&Value| one["required"] == true && one["in"] == "query";
        if operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| is_needed(&one))) {
            continue;
        }
        let path = path
            .replace("{collection}", "sluices")
            .replace("{feature}", "gate-01")
            .replace("{item}", "gate-01")
            .replace("{grid}", "WebMercatorQuad")
            .replace("{level}", "0")
            .replace("{row}", "0")
            .replace("{column}", "0");
        if path.contains('{') || path.contains("/map") || path.contains("/coverage") {
            continue;
        }
        let full = if path.starts_with("/ogc") { path.clone() } else { format!("{base}{path}") };
        let reply = client.get(&full).await.unwrap();
        let status = reply.status.as_u16().to_string();
        let said = |status: &str| operation["responses"].get(status).is_some();
        let is_problem = reply.media_type.starts_with("application/problem+json");
        assert!(said(&status) || (said("default") && is_problem), "{full}: {status}");
        if status == "200" {
            asked += 1;
            let media = reply.media_type.as_str();
            let media = media.split(';').next().unwrap();
            let content = operation["responses"]["200"]["content"].as_object();
            let is_said =
                content.is_none_or(|said| said.keys().any(|one| one.split(';').next() == Some(media)));
            assert!(is_said, "{full} is {media}: {operation}");
        }
    }
    assert!(asked >= 12, "only {asked} of the paths answer");
    for (path, media) in [
        ("/ogc", "application/json"),
        ("/ogc/conformance", "application/json"),
        ("/ogc/collections", "application/json"),
        ("/ogc/collections/salinity_daily", "application/json"),
        ("/ogc/processes", "application/json"),
        ("/ogc/jobs", "application/json"),
    ] {
        let reply = node.system().get(path).await.unwrap().ok().unwrap();
        assert!(reply.media_type.as_str().starts_with(media), "{path}");
        assert!(reply.json().is_object(), "{path}");
    }
    let collections = get(&client, "/ogc/collections").await;
    for collection in list(&collections, "collections") {
        let own = get(&client, &format!("/ogc/collections/{}", text(collection, "id"))).await;
        for name in ["id", "title", "extent", "itemType"] {
            assert_eq!(own[name], collection[name], "{name} of {collection}");
        }
    }
}

/// <http://www.opengis.net/spec/ogcapi-features-1/1.0/req/geojson/content>,
/// <http://www.opengis.net/spec/ogcapi-edr-1/1.1/req/geojson/content>,
/// <http://www.opengis.net/spec/ogcapi-features-3/1.0/req/queryables-query-parameters/parameters>
#[tokio::test]
async fn features_are_geojson_and_are_chosen_by_their_properties() {
    let node = world::node().await;
    let client = node.public();
    for path in ["/ogc/collections/sluices/items", "/ogc/collections/salinity_daily/locations"] {
        let reply = client.get(path).await.unwrap().ok().unwrap();
        assert!(reply.media_type.as_str().starts_with("application/geo+json"), "{path}");
        let page = reply.json();
        assert_eq!(page["type"], "FeatureCollection");
        for feature in list(&page, "features") {
            assert_eq!((&feature["type"], feature["properties"].is_object()), (&json!("Feature"), true));
            assert!(feature.get("geometry").is_some(), "{feature}");
        }
    }
    let queryables = get(&client, "/ogc/collections/sluices/queryables").await;
    assert!(queryables["properties"].get("width").is_some(), "{queryables}");
    for (name, value, expected) in
        [("name", "Cống 3", 1), ("width", "4.5", 1), ("open", "true", 13), ("width", "-1", 0)]
    {
        let page =
            get(&client, &with("/ogc/collections/sluices/items", &[(name, value), ("limit", "100")])).await;
        assert_eq!(list(&page, "features").len(), expected, "{name}={value}");
    }
}

/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/ogc-process-description/json-encoding>
#[tokio::test]
async fn a_process_is_described_by_its_inputs_and_outputs() {
    let node = world::node().await;
    let client = node.public();
    let all = get(&client, "/ogc/processes").await;
    assert!(!list(&all, "processes").is_empty());
    for summary in list(&all, "processes") {
        let process = get(&client, &format!("/ogc/processes/{}", text(summary, "id"))).await;
        assert_eq!((&process["id"], &process["version"]), (&summary["id"], &summary["version"]));
        for name in ["inputs", "outputs"] {
            let described = process[name].as_object().unwrap_or_else(|| panic!("{name} of {process}"));
            for (key, one) in described {
                assert!(one["schema"].is_object() && one["title"].is_string(), "{key}: {one}");
            }
        }
        for control in process["jobControlOptions"].as_array().unwrap() {
            let known = ["sync-execute", "async-execute", "dismiss"];
            assert!(known.contains(&control.as_str().unwrap()), "{control}");
        }
    }
}
