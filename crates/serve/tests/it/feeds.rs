//! Feeds, the sitemap and what crawlers are told.

use crate::world::{self, page, refused};

#[tokio::test]
async fn a_dataset_and_a_place_have_feeds_of_their_changes() {
    let node = world::node().await;
    let client = node.public();
    let feed = page(&client, "/feeds/datasets/salinity_daily.atom").await;
    assert_eq!(feed.matches("<entry>").count(), 2, "{feed}");
    let newest = feed.find("urn:cuulong:dataset:salinity_daily:2").unwrap();
    assert!(newest < feed.find("urn:cuulong:dataset:salinity_daily:1").unwrap(), "newest first");
    let station = page(&client, "/feeds/places/station:cau_noi.atom").await;
    assert_eq!(station.matches("<entry>").count(), 2, "{station}");
    // Data of a place that only others may read are not told of.
    let hidden = page(&client, "/feeds/places/station:tan_chau.atom").await;
    assert_eq!(hidden.matches("<entry>").count(), 0, "{hidden}");
    let told = page(&node.system(), "/feeds/places/station:tan_chau.atom").await;
    assert_eq!(told.matches("<entry>").count(), 2, "{told}");
    for (path, status) in [
        ("/feeds/datasets/salinity_secret.atom", 404),
        ("/feeds/datasets/no_such.atom", 404),
        ("/feeds/places/station:nowhere.atom", 404),
        ("/feeds/places/x.atom", 404),
    ] {
        assert_eq!(refused(&client, path).await.0, status, "{path}");
    }
}

#[tokio::test]
async fn the_sitemap_leads_to_pages_that_are_there() {
    let node = world::node().await;
    let client = node.public();
    let robots = page(&client, "/robots.txt").await;
    assert!(robots.contains("Sitemap: http://localhost/sitemap.xml"), "{robots}");
    let index = page(&client, "/sitemap.xml").await;
    let parts: Vec<&str> = locations(&index).collect();
    assert_eq!(parts, ["http://localhost/sitemap/0.xml"]);
    let part = page(&client, "/sitemap/0.xml").await;
    let pages: Vec<&str> = locations(&part).collect();
    assert!(pages.contains(&"http://localhost/data/salinity_daily"), "{part}");
    assert!(!part.contains("salinity_secret"), "what is hidden is on no map");
    for at in pages.iter().filter(|at| at.contains("/data") || at.contains("station:cau_noi")) {
        page(&client, &world::bare(at)).await;
    }
    assert_eq!(refused(&client, "/sitemap/1.xml").await.0, 404);
}

fn locations(map: &str) -> impl Iterator<Item = &str> {
    map.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next())
}

#[tokio::test]
async fn a_page_of_a_dataset_says_in_schema_org_what_it_is() {
    let node = world::node().await;
    let html = page(&node.public(), "/en/data/salinity_daily").await;
    let script = html.split("<script type=\"application/ld+json\">").nth(1).unwrap();
    let said: serde_json::Value = serde_json::from_str(script.split("</script>").next().unwrap()).unwrap();
    assert_eq!(said["@type"], "Dataset");
    assert_eq!(said["license"], "https://creativecommons.org/publicdomain/zero/1.0/");
    assert_eq!(said["temporalCoverage"], "2020-01-31T17:00:00Z/2020-02-27T17:00:00Z");
    assert_eq!(said["version"], "2");
    assert!(said["distribution"].as_array().unwrap().iter().any(|file| file["encodingFormat"] == "text/csv"));
}
