//! Who may read what: access classes, grants and row filters hold through every way in.

use serde_json::json;
use testkit::{Client, TestNode};

const FILE: &str = "station,time,salinity\n\
    station:cau_noi,2020-02-01,3.9\n\
    station:tran_de,2020-02-01,14.2\n";
const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";

async fn node() -> TestNode {
    let node = TestNode::start().await;
    for (id, access) in [("open_gauge", "open"), ("shared_gauge", "shared"), ("hidden_gauge", "restricted")] {
        node.dataset(id, "observations", access).await;
        node.hand_in(id, "a.csv", FILE.into(), Some(MAPPING)).await.unwrap();
    }
    node
}

/// The statuses of every way to read a dataset.
async fn statuses(client: &Client, id: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in [
        format!("/v1/datasets/{id}"),
        format!("/v1/datasets/{id}/observations"),
        format!("/v1/datasets/{id}/latest"),
        format!("/v1/datasets/{id}/versions"),
        format!("/v1/datasets/{id}/runs"),
        format!("/v1/sql?sql=SELECT%20*%20FROM%20{id}"),
        format!("/v1/datasets/{id}/data"),
        format!("/v1/datasets/{id}/data.sha256"),
        format!("/v1/datasets/{id}/data/estimate"),
        format!("/ogc/collections/{id}"),
    ] {
        statuses.push(client.get(&path).await.unwrap().status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn access_classes_hold_through_every_way_in() {
    let node = node().await;
    let public = node.public();
    let other_agency = node.user("binh", "user", Some("gso"), "read").await;
    let owner = node.user("chi", "provider", Some("cuulong"), "read").await;

    assert!(statuses(&public, "open_gauge").await.iter().all(|status| *status == 200));
    assert_eq!(statuses(&public, "shared_gauge").await[..2], [200, 401]);
    assert_eq!(statuses(&other_agency, "shared_gauge").await[1], 200);
    assert!(statuses(&owner, "hidden_gauge").await.iter().all(|status| *status == 200));

    // A hidden dataset answers as a missing one does, to the letter but for the name.
    for client in [&public, &other_agency] {
        assert_eq!(statuses(client, "hidden_gauge").await, statuses(client, "missing_gauge").await);
        let body = |reply: testkit::Reply| {
            let mut document = reply.json();
            document["instance"].take();
            document.to_string().replace("hidden_gauge", "…").replace("missing_gauge", "…")
        };
        let hidden = client.get("/v1/datasets/hidden_gauge").await.unwrap();
        let missing = client.get("/v1/datasets/missing_gauge").await.unwrap();
        assert_eq!(body(hidden), body(missing));
        let list = client.get("/v1/datasets").await.unwrap().json().to_string();
        assert!(!list.contains("hidden_gauge"));
        let sql = client.get("/v1/sql?sql=SELECT%20id%20FROM%20dataset").await.unwrap().json().to_string();
        assert!(!sql.contains("hidden_gauge"));
    }
}

#[tokio::test]
async fn a_grant_with_a_row_filter_reaches_its_rows_only() {
    let node = node().await;
    let reader = node.user("lan", "user", None, "read").await;
    let grant = json!({
        "dataset": "hidden_gauge", "user": "lan", "level": "read", "places": ["station:cau_noi"],
    });
    node.system().send_json(reqwest::Method::POST, "/v1/grants", &grant).await.unwrap().ok().unwrap();

    let page = reader.get("/v1/datasets/hidden_gauge/observations").await.unwrap().ok().unwrap().json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let row = json!([{ "place": "station:cau_noi", "result": 3.9 }]);
    for sql in [
        "SELECT place, result FROM hidden_gauge",
        "SELECT place, result FROM observation WHERE dataset = 'hidden_gauge'",
        "SELECT place, result FROM hidden_gauge WHERE result > 10 OR 1 = 1",
        "SELECT max(place) AS place, max(result) AS result FROM hidden_gauge",
        "SELECT a.place, b.result FROM hidden_gauge AS a JOIN hidden_gauge AS b ON a.datastream = b.datastream",
    ] {
        let query = json!({ "sql": sql });
        let reply = reader.send_json(reqwest::Method::POST, "/v1/sql", &query).await.unwrap().ok().unwrap();
        assert_eq!(reply.json()["rows"], row, "{sql}");
    }
    let latest = reader.get("/v1/datasets/hidden_gauge/latest").await.unwrap().ok().unwrap().json();
    assert!(!latest.to_string().contains("tran_de"));
    // The whole original shows rows beyond the grant.
    let run = page["items"][0]["run"].as_str().unwrap();
    let original = reader.get(&format!("/v1/runs/{run}/original")).await.unwrap();
    assert_eq!(original.status.as_u16(), 403);
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_not_taken_for_the_public() {
    let node = node().await;
    let reply = node.with_key("clk_wrong").get("/v1/datasets").await.unwrap();
    assert_eq!(reply.status.as_u16(), 401);
    assert_eq!(reply.json()["type"], "/problems/invalid-credentials");
}

#[tokio::test]
async fn writing_needs_the_right_and_a_key_that_reaches_so_far() {
    let node = node().await;
    let provider_reading = node.user("chi", "provider", Some("cuulong"), "read").await;
    let provider = node.user("dung", "provider", Some("cuulong"), "write").await;
    let stranger = node.user("em", "provider", Some("gso"), "write").await;
    let path = testkit::upload_path("open_gauge", "b.csv", None, false);
    for (client, status) in
        [(&node.public(), 401), (&provider_reading, 403), (&stranger, 403), (&provider, 200)]
    {
        let reply = client.send(reqwest::Method::POST, &path, "text/csv", FILE.into()).await.unwrap();
        assert_eq!(reply.status.as_u16(), status, "{}", reply.json());
    }
}
