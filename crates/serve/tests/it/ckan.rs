//! CKAN's action API beyond what ckanapi asks: refusals, rights, and both ways to call.

use axum::http::Method;
use serde_json::{Value, json};
use testkit::Client;

use crate::world;

async fn call(client: &Client, action: &str, parameters: Value) -> (u16, Value) {
    let path = format!("/ckan/api/3/action/{action}");
    let reply = client.send_json(Method::POST, &path, &parameters).await.unwrap();
    (reply.status.as_u16(), reply.json())
}

async fn result(client: &Client, action: &str, parameters: Value) -> Value {
    let (status, answer) = call(client, action, parameters).await;
    assert_eq!((status, &answer["success"]), (200, &json!(true)), "{action}: {answer}");
    assert!(answer["help"].as_str().unwrap().contains(action), "{answer}");
    answer["result"].clone()
}

fn names(packages: &Value) -> Vec<&str> {
    packages.as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_search_finds_folds_filters_counts_and_pages() {
    let node = world::node().await;
    let public = node.public();
    let described = json!({"id": "sluices", "kind": "features", "agency": "gso", "title": {"vi": "Cống ngăn mặn"},
        "theme": "infrastructure", "licence": "CC-BY-4.0", "access": "open"});
    node.system().send_json(Method::PUT, "/v1/datasets/sluices", &described).await.unwrap().ok().unwrap();
    for (asked, found) in [
        (json!({}), vec!["sluices", "salinity_shared", "salinity_daily"]),
        (json!({"q": "*:*", "sort": "name asc"}), vec!["salinity_daily", "salinity_shared", "sluices"]),
        (json!({"q": "CONG ngan"}), vec!["sluices"]),
        (json!({"q": "title:\"cống ngăn\""}), vec!["sluices"]),
        (json!({"fq": "organization:gso"}), vec!["sluices"]),
        (json!({"fq": "+groups:water +access:open"}), vec!["salinity_daily"]),
        (json!({"fq_list": ["groups:water", "access:shared"]}), vec!["salinity_shared"]),
        (json!({"fq": "tags:salinity"}), vec!["salinity_daily"]),
        (json!({"fq": "name:salinity_secret"}), vec![]),
        (json!({"fq": "groups:no_such"}), vec![]),
        (json!({"sort": "title desc", "rows": 1, "start": 1}), vec!["salinity_daily"]),
        (json!({"q": "nothing like this"}), vec![]),
    ] {
        let answer = result(&public, "package_search", asked.clone()).await;
        if asked == json!({}) {
            let mut all = names(&answer["results"]);
            all.sort_unstable();
            assert_eq!(all, ["salinity_daily", "salinity_shared", "sluices"]);
            continue;
        }
        assert_eq!(names(&answer["results"]), found, "{asked}");
    }
    let counted = json!({"rows": 0, "facet.field": ["organization", "groups", "access", "kind"]});
    let facets = result(&public, "package_search", counted).await;
    assert_eq!(facets["count"], 3);
    assert_eq!(facets["facets"]["organization"], json!({"cuulong": 2, "gso": 1}));
    assert_eq!(facets["facets"]["access"], json!({"open": 2, "shared": 1}), "what is hidden is not counted");
    assert_eq!(facets["search_facets"]["groups"]["items"][0]["name"], "water");
    for (asked, kind) in [
        (json!({"q": "a OR b"}), "Search Query Error"),
        (json!({"q": "-tags:x"}), "Search Query Error"),
        (json!({"q": "\"open"}), "Search Query Error"),
        (json!({"fq": "colour:red"}), "Search Query Error"),
        (json!({"fq": "groups:water groups:society"}), "Search Query Error"),
        (json!({"sort": "colour"}), "Search Query Error"),
        (json!({"facet.field": ["colour"]}), "Search Query Error"),
        (json!({"rows": -1}), "Validation Error"),
        (json!({"rows": "ten"}), "Validation Error"),
        (json!({"q": {"a": 1}}), "Validation Error"),
        (json!({"q": "x".repeat(9_000)}), "Search Query Error"),
    ] {
        let (status, answer) = call(&public, "package_search", asked.clone()).await;
        assert_eq!((status, answer["error"]["__type"].as_str()), (409, Some(kind)), "{asked}: {answer}");
    }
}

#[tokio::test]
async fn what_may_not_be_known_is_not_found_and_what_may_not_be_read_is_refused() {
    let node = world::node().await;
    let public = node.public();
    for (action, id) in [
        ("package_show", "salinity_secret"),
        ("package_show", "no_such"),
        ("package_show", "../etc"),
        ("resource_show", "salinity_secret"),
        ("resource_show", "salinity_daily.exe"),
        ("datastore_info", "salinity_secret"),
        ("organization_show", "no_such"),
        ("group_show", "no_such"),
        ("tag_show", "rice_area_sown"),
    ] {
        let (status, answer) = call(&public, action, json!({"id": id})).await;
        assert_eq!(
            (status, answer["error"]["__type"].as_str()),
            (404, Some("Not Found Error")),
            "{action} {id}"
        );
    }
    let (status, _) = call(&public, "datastore_search", json!({"resource_id": "salinity_shared"})).await;
    assert_eq!(status, 403);
    let shared = result(&public, "package_show", json!({"id": "salinity_shared"})).await;
    assert_eq!(shared["num_resources"], 0, "what may not be read has no resources");
    let sql = json!({"sql": "SELECT * FROM salinity_secret"});
    let (secret, said) = call(&public, "datastore_search_sql", sql).await;
    let (nothing, other) =
        call(&public, "datastore_search_sql", json!({"sql": "SELECT * FROM salinity_nothing"})).await;
    assert_eq!(secret, nothing);
    assert_eq!(
        said["error"].to_string().replace("secret", "…"),
        other["error"].to_string().replace("nothing", "…")
    );
    let all = result(&node.system(), "package_list", json!({})).await;
    assert_eq!(all, json!(["salinity_daily", "salinity_secret", "salinity_shared", "sluices"]));
    assert_eq!(
        result(&public, "package_list", json!({"limit": 1, "offset": 1})).await,
        json!(["salinity_shared"])
    );
    let tags = result(&public, "tag_list", json!({})).await;
    assert_eq!(tags, json!(["salinity"]));
}

#[tokio::test]
async fn rows_of_the_datastore_come_as_asked() {
    let node = world::node().await;
    let public = node.public();
    let asked = json!({
        "resource_id": "salinity_daily", "fields": ["place", "result", "phenomenon_time"], "limit": 2, "offset": 1,
        "filters": {"place": ["station:cau_noi", "station:ben_luc"], "statistic": "max"},
        "sort": "result desc",
    });
    let answer = result(&public, "datastore_search", asked.clone()).await;
    assert_eq!(answer["total"], 56);
    assert_eq!(
        answer["records"],
        json!([
            {"_id": 2, "place": "station:cau_noi", "result": 3.7, "phenomenon_time": "2020-02-26T17:00:00Z"},
            {"_id": 3, "place": "station:cau_noi", "result": 3.6, "phenomenon_time": "2020-02-25T17:00:00Z"},
        ])
    );
    let with = |name: &str, value: Value| {
        let mut asked = asked.clone();
        asked[name] = value;
        asked
    };
    let lists = result(&public, "datastore_search", with("records_format", json!("lists"))).await;
    assert_eq!(lists["records"][0], json!([2, "station:cau_noi", 3.7, "2020-02-26T17:00:00Z"]));
    let csv = result(&public, "datastore_search", with("records_format", json!("csv"))).await;
    assert_eq!(
        csv["records"],
        "2,station:cau_noi,3.7,2020-02-26T17:00:00Z\n3,station:cau_noi,3.6,2020-02-25T17:00:00Z\n"
    );
    let at = result(
        &public,
        "datastore_search",
        json!({"resource_id": "salinity_daily", "include_total": false,
        "filters": {"phenomenon_time": "2020-02-01T17:00:00Z", "place": "station:tra_vinh"}}),
    )
    .await;
    assert_eq!((at["records"].as_array().unwrap().len(), at.get("total")), (1, None));
    let words = result(&public, "datastore_search", json!({"resource_id": "sluices", "q": "gate-07"})).await;
    assert_eq!((words["total"].clone(), words["records"][0]["name"].clone()), (json!(1), json!("Cống 7")));
    for (name, value) in [
        ("filters", json!({"colour": "red"})),
        ("filters", json!("no JSON")),
        ("filters", json!({"result": "1 OR 1=1"})),
        ("filters", json!({"place": {"a": 1}})),
        ("fields", json!(["result\" FROM x --"])),
        ("sort", json!("result; DROP TABLE x")),
        ("limit", json!(-1)),
        ("records_format", json!("xml")),
    ] {
        let (status, answer) = call(&public, "datastore_search", with(name, value.clone())).await;
        assert_eq!((status, answer["success"].clone()), (409, json!(false)), "{name} {value}: {answer}");
        assert_eq!(answer["error"]["__type"], "Validation Error", "{answer}");
    }
    let (status, answer) =
        call(&public, "datastore_search_sql", json!({"sql": "DELETE FROM salinity_daily"})).await;
    assert_eq!(status, 409, "{answer}");
}

#[tokio::test]
async fn calls_come_by_get_by_form_and_by_json() {
    let node = world::node().await;
    let public = node.public();
    let path = "/ckan/api/3/action/package_search?q=salinity&rows=1&facet.field=%5B%22groups%22%5D";
    let by_get = public.get(path).await.unwrap().json();
    assert_eq!(by_get["result"]["count"], 2, "{by_get}");
    let form = b"q=salinity&rows=1".to_vec();
    let kind = "application/x-www-form-urlencoded";
    let by_form =
        public.send(Method::POST, "/ckan/api/action/package_search", kind, form.into()).await.unwrap();
    assert_eq!(by_form.json()["result"]["count"], 2);
    for (body, kind) in [("{", "application/json"), ("[]", "application/json")] {
        let reply = public
            .send(Method::POST, "/ckan/api/3/action/package_list", kind, body.as_bytes().to_vec().into())
            .await
            .unwrap();
        assert_eq!(reply.status.as_u16(), 400);
        assert!(reply.json().as_str().unwrap().starts_with("Bad request"), "{}", reply.json());
    }
    let long = vec![b' '; 10 * 1024 * 1024];
    let reply = public
        .send(Method::POST, "/ckan/api/3/action/package_list", "application/json", long.into())
        .await
        .unwrap();
    assert_eq!(reply.status.as_u16(), 413);
    let unknown = public.get("/ckan/api/3/action/package_create").await.unwrap();
    assert_eq!(unknown.status.as_u16(), 400, "this is for reading");
}
