//! The catalogue's outlets, judged by the clients and validators that people use, over loopback.

use std::path::Path;

use serde_json::{Value, json};
use testkit::{TestNode, python};
use tokio::process::Command;

use crate::rasters::geotiff;

/// The sample, with rasters beside it.
async fn node() -> TestNode {
    let node = TestNode::start().await;
    testkit::load_sample(&node.node().app().clone()).await;
    node.dataset("surfaces", "coverage", "open").await;
    for (number, name) in ["nho_1.tif", "nho_2.tif", "nho_3.tif"].iter().enumerate() {
        let raster = geotiff(60, 40, |column, row| (column * row) as f32 + number as f32);
        node.hand_in("surfaces", name, raster, None).await.unwrap();
    }
    node
}

async fn judged(python: &Path, script: &str, url: &str) {
    let script = format!("{}/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).args([&script, url]).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{script}:\n{printed}\n{complained}");
    assert!(printed.trim_end().ends_with("ok"), "{script}: {printed}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_and_harvesters_take_the_catalogue() {
    let Some(python) = python() else { return };
    let node = node().await.serve().await;
    for script in ["dcat.py", "ckan_action.py", "oai.py", "iso.py"] {
        judged(&python, script, &node.url).await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stac_clients_and_validators_take_the_items() {
    let Some(python) = python() else { return };
    let node = node().await.serve().await;
    judged(&python, "stac.py", &node.url).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_datasets_are_read_from_files() {
    let Some(python) = python() else { return };
    let node = node().await;
    node.dataset("zones", "features", "open").await;
    let ring = |x: f64, size: f64| json!([[x, 10.0], [x + size, 10.0], [x + size, 10.0 + size], [x, 10.0]]);
    let shapes = [
        json!({ "type": "Polygon", "coordinates": [ring(105.0, 0.5), ring(105.3, 0.1)] }),
        json!({ "type": "MultiPolygon", "coordinates": [[ring(105.0, 0.2)], [ring(106.0, 0.2), ring(106.1, 0.05)]] }),
        json!({ "type": "LineString", "coordinates": [[105.0, 9.0], [105.5, 9.5], [106.0, 9.25]] }),
        json!({ "type": "MultiLineString", "coordinates": [[[105.0, 9.0], [105.5, 9.5]], [[105.0, 9.1], [106.0, 9.25]]] }),
        json!({ "type": "MultiPoint", "coordinates": [[105.0, 9.0], [105.5, 9.5]] }),
    ];
    let features: Vec<Value> = (0..)
        .zip(shapes)
        .map(|(n, geometry)| {
            let properties = json!({ "name": format!("Vùng {n}"), "area": f64::from(n) + 0.5, "wet": n % 2 == 0 });
            json!({ "type": "Feature", "id": format!("zone-{n}"), "properties": properties, "geometry": geometry })
        })
        .collect();
    let file = json!({ "type": "FeatureCollection", "features": features }).to_string();
    node.hand_in("zones", "zones.geojson", file.into_bytes(), None).await.unwrap();
    let node = node.serve().await;
    judged(&python, "downloads.py", &node.url).await;
    node.stop().await;
}

/// <https://api.stacspec.org/v1.0.0/item-search>
#[tokio::test]
async fn rasters_are_items_with_grid_bands_and_checksum() {
    let node = node().await;
    let client = node.public();
    let get = async |path: &str| client.get(path).await.unwrap().ok().unwrap().json();
    let page = get("/stac/search?collections=surfaces&sortby=id").await;
    let ids: Vec<&str> =
        page["features"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["nho_1", "nho_2", "nho_3"]);
    let item = &page["features"][1];
    assert_eq!(item["properties"]["proj:code"], "EPSG:32648");
    assert_eq!(item["properties"]["proj:epsg"], 32648);
    assert_eq!(item["properties"]["proj:shape"], json!([40, 60]));
    assert_eq!(item["properties"]["proj:transform"], json!([30.0, 0.0, 560_000.0, 0.0, -30.0, 1_120_000.0]));
    let data = &item["assets"]["data"];
    assert_eq!(data["bands"][0]["data_type"], "float32");
    assert_eq!(data["bands"][0]["statistics"]["minimum"], 1.0);
    let file = data["href"].as_str().unwrap().replace("http://localhost", "");
    let body = client.get(&file).await.unwrap().ok().unwrap().body;
    assert_eq!(data["file:size"], body.len());
    use sha2::Digest;
    let sha256: String = sha2::Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(data["file:checksum"], format!("1220{sha256}"));
    let wide = get(
        "/stac/search?collections=surfaces&filter=cuulong:width%20=%2060%20AND%20cuulong:bytes%20%3E%200",
    )
    .await;
    assert_eq!(wide["numberMatched"], 3);
    // One more raster is found at once: what is held is of one version.
    node.hand_in("surfaces", "nho_4.tif", geotiff(60, 40, |_, _| 1.0), None).await.unwrap();
    assert_eq!(get("/stac/search?collections=surfaces").await["numberMatched"], 4);
}

/// Every way in which the outlets tell of a dataset.
const WAYS: [&str; 16] = [
    "/dcat/datasets/NAME",
    "/dcat/datasets/NAME.jsonld",
    "/dcat/datasets/NAME/versions/1",
    "/iso/NAME.xml",
    "/feeds/datasets/NAME.atom",
    "/stac/collections/NAME",
    "/stac/collections/NAME/items",
    "/stac/collections/NAME/items/NAME",
    "/stac/collections/NAME/queryables",
    "/ckan/api/3/action/package_show?id=NAME",
    "/ckan/api/3/action/resource_show?id=NAME",
    "/ckan/api/3/action/datastore_search?resource_id=NAME",
    "/ckan/api/3/action/datastore_info?id=NAME",
    "/ckan/api/3/action/package_search?fq=name:NAME",
    "/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:cuulong:dataset:NAME",
    "/stac/search?collections=NAME",
];
/// Every list in which it could stand.
const LISTS: [&str; 12] = [
    "/dcat.jsonld",
    "/dcat.ttl",
    "/sitemap/0.xml",
    "/feeds/places/station:cau_noi.atom",
    "/stac",
    "/stac/collections",
    "/stac/search?limit=1000",
    "/ckan/api/3/action/package_list",
    "/ckan/api/3/action/package_search?rows=1000&facet.field=organization,groups,access,kind",
    "/ckan/api/3/action/tag_list?all_fields=true",
    "/ckan/api/3/action/organization_show?id=cuulong&include_datasets=true",
    "/oai?verb=ListRecords&metadataPrefix=iso19139",
];

/// An answer without what differs from one to the next.
fn plain(body: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(body).replace(name, "…");
    if let Ok(mut document) = serde_json::from_str::<Value>(&text) {
        if let Some(object) = document.as_object_mut() {
            object.remove("instance");
        }
        return document.to_string();
    }
    let lines = text.lines().filter(|line| !line.contains("responseDate"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_hidden_dataset_is_a_missing_one_in_every_outlet_and_in_no_list() {
    let node = TestNode::start().await;
    let file = "station,time,salinity\nstation:cau_noi,2020-02-01,3.9\n";
    let mapping = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
        [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";
    node.dataset("seen_gauge", "observations", "open").await;
    node.hand_in("seen_gauge", "a.csv", file.into(), Some(mapping)).await.unwrap();
    let clients = [node.public(), node.user("binh", "user", Some("gso"), "read").await];
    let mut before = Vec::new();
    for client in &clients {
        for path in LISTS {
            before.push(plain(&client.get(path).await.unwrap().ok().unwrap().body, "x-never"));
        }
    }
    node.dataset("hidden_gauge", "observations", "restricted").await;
    node.hand_in("hidden_gauge", "a.csv", file.into(), Some(mapping)).await.unwrap();
    let mut after = Vec::new();
    for client in &clients {
        for path in WAYS {
            let hidden = client.get(&path.replace("NAME", "hidden_gauge")).await.unwrap();
            let missing = client.get(&path.replace("NAME", "missing_gauge")).await.unwrap();
            assert_eq!(hidden.status, missing.status, "{path}");
            assert_eq!(plain(&hidden.body, "hidden_gauge"), plain(&missing.body, "missing_gauge"), "{path}");
        }
        for path in LISTS {
            after.push(plain(&client.get(path).await.unwrap().ok().unwrap().body, "x-never"));
        }
    }
    assert_eq!(before, after, "no list, count or facet changed");
    for path in WAYS {
        let told = node.system().get(&path.replace("NAME", "hidden_gauge")).await.unwrap();
        assert!(told.status.is_success(), "{path}: {}", String::from_utf8_lossy(&told.body));
        assert!(String::from_utf8_lossy(&told.body).contains("hidden_gauge"), "{path}");
    }
}
