//! Pages, versions and tags: what was asked once can be asked again.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use testkit::TestNode;
use tower::ServiceExt;

use super::{ROOT, all_pages, ask, create, maxima, results, send};
use crate::world::{self, bare, get, list, refused, text, with};

/// `req/request-data/pagination`: pages that follow one another are of one version.
#[tokio::test]
async fn a_page_goes_on_in_the_version_in_which_the_first_began() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&public, "station:cau_noi").await;
    let path = format!("Datastreams({id})/Observations");
    for order in
        [None, Some("phenomenonTime"), Some("phenomenonTime desc"), Some("result desc"), Some("result")]
    {
        let mut options = vec![("$top", "10")];
        options.extend(order.map(|order| ("$orderby", order)));
        let before = all_pages(&public, &path, &options).await;
        let mut page = ask(&public, &path, &options).await;
        let mut seen = list(&page, "value").clone();
        // Values before, within and after the page come in between.
        for (day, value) in [(1, 0.01), (12, 9.5), (28, 0.02)] {
            let observation =
                json!({"phenomenonTime": format!("2019-12-{day:02}T17:00:00Z"), "result": value});
            create(&system, &path, &observation).await;
        }
        while let Some(next) = page["@iot.nextLink"].as_str() {
            assert!(!next.contains("skip="), "{next}");
            page = get(&public, &bare(next)).await;
            seen.extend(list(&page, "value").iter().cloned());
        }
        assert_eq!(results(&seen), results(&before), "{order:?}");
        let now = ask(&public, &path, &[("$count", "true"), ("$top", "0")]).await;
        assert_eq!(now["@iot.count"], json!(before.len() + 3), "{order:?}");
        for day in [1, 12, 28] {
            let micros = micros(&format!("2019-12-{day:02}T17:00:00Z"));
            let (status, answer) =
                send(&system, Method::DELETE, &format!("Observations('{id}-{micros}')"), &Value::Null).await;
            assert_eq!(status, 200, "{answer}");
        }
    }
}

fn micros(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

/// Values of several datasets keep to an instant.
#[tokio::test]
async fn pages_over_several_series_hold_each_value_once() {
    let node = world::node().await;
    let member = node.user("member", "user", Some("gso"), "read").await;
    for order in ["", "phenomenonTime", "phenomenonTime desc", "phenomenonTime desc,result", "result desc,id"]
    {
        let mut options = vec![("$top", "7")];
        if !order.is_empty() {
            options.push(("$orderby", order));
        }
        let all = all_pages(&member, "Observations", &options).await;
        let mut ids: Vec<&str> = all.iter().map(|one| text(one, "@iot.id")).collect();
        assert_eq!(ids.len(), 87, "{order}");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 87, "{order}");
    }
    for (set, order) in
        [("Things", "name desc"), ("Datastreams", "name,id desc"), ("ObservedProperties", "id")]
    {
        let all = all_pages(&member, set, &[("$top", "1"), ("$orderby", order), ("$select", "id")]).await;
        let once = ask(&member, set, &[("$orderby", order), ("$select", "id")]).await;
        assert_eq!(&all, list(&once, "value"), "{set} {order}");
    }
}

/// What was known is answered again, at a version and at an instant.
#[tokio::test]
async fn values_are_answered_as_they_were_known() {
    let node = world::node().await;
    let (public, system) = (node.public(), node.system());
    let id = maxima(&public, "station:cau_noi").await;
    let path = format!("Datastreams({id})/Observations");
    let first = ask(&public, &path, &[("$top", "1")]).await["value"][0].clone();
    let before = chrono::Utc::now().to_rfc3339();
    let (status, corrected) = send(
        &system,
        Method::PATCH,
        &format!("Observations('{}')", text(&first, "@iot.id")),
        &json!({"result": 1.25}),
    )
    .await;
    assert_eq!((status, corrected["result"].as_f64()), (200, Some(1.25)), "{corrected}");
    let now = ask(&public, &path, &[("$top", "1")]).await;
    assert_eq!(now["value"][0]["result"], json!(1.25));
    // Two files made the first two versions.
    for as_of in ["2", before.as_str()] {
        let then = ask(&public, &path, &[("$top", "1"), ("asOf", as_of)]).await;
        assert_eq!(then["value"][0], first, "asOf={as_of}");
        let one =
            ask(&public, &format!("Observations('{}')", text(&first, "@iot.id")), &[("asOf", as_of)]).await;
        assert_eq!(one, first, "asOf={as_of}");
    }
    // Then there was no such series.
    let old = with(&format!("{ROOT}/{path}"), &[("asOf", "2000-01-01T00:00:00Z"), ("$count", "true")]);
    assert_eq!(refused(&public, &old).await.0, 404);
    let (status, _) = refused(&public, &with(&format!("{ROOT}/{path}"), &[("asOf", "99")])).await;
    assert_eq!(status, 404);
    let (status, problem) = refused(&system, &with(&format!("{ROOT}/Observations"), &[("asOf", "1")])).await;
    assert_eq!(
        (status, problem["at"].as_str()),
        (400, Some("asOf")),
        "a version is one dataset's: {problem}"
    );
}

async fn tagged(
    node: &TestNode,
    path: &str,
    tag: Option<&str>,
) -> (u16, Option<String>, Option<String>, Vec<u8>) {
    let mut request = Request::get(path).header("host", "localhost");
    if let Some(tag) = tag {
        request = request.header("if-none-match", tag);
    }
    let answer = node.node().router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (tag, version) = (header("etag"), header("cuulong-version"));
    let status = answer.status().as_u16();
    (status, tag, version, to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec())
}

#[tokio::test]
async fn an_answer_has_a_tag_that_changes_with_it() {
    let node = world::node().await;
    let id = maxima(&node.public(), "station:cau_noi").await;
    let path = with(&format!("{ROOT}/Datastreams({id})/Observations"), &[("$top", "2")]);
    let (status, tag, version, body) = tagged(&node, &path, None).await;
    assert_eq!((status, version.as_deref()), (200, Some("2")));
    let tag = tag.unwrap();
    assert_eq!(tagged(&node, &path, None).await, (200, Some(tag.clone()), version, body));
    let (status, same, _, body) = tagged(&node, &path, Some(&format!("W/{tag}, \"x\""))).await;
    assert_eq!((status, same.as_ref(), body.len()), (304, Some(&tag), 0));
    let observation = json!({"phenomenonTime": "2019-12-31T17:00:00Z", "result": 2});
    create(&node.system(), &format!("Datastreams({id})/Observations"), &observation).await;
    let (status, other, version, _) = tagged(&node, &path, Some(&tag)).await;
    assert_eq!((status, version.as_deref()), (200, Some("3")));
    assert_ne!(other, Some(tag));
}

/// `req/data-array/data-array`
#[tokio::test]
async fn observations_come_as_arrays() {
    let node = world::node().await;
    let client = node.public();
    let options = [
        ("$resultFormat", "dataArray"),
        ("$orderby", "phenomenonTime,result"),
        ("$top", "5"),
        ("$count", "true"),
    ];
    let page = ask(&client, "Observations", &options).await;
    assert_eq!(page["@iot.count"], 86);
    let arrays = list(&page, "value");
    let rows: usize = arrays.iter().map(|array| list(array, "dataArray").len()).sum();
    assert_eq!(rows, 5);
    let plain = ask(&client, "Observations", &options[1..3]).await;
    for array in arrays {
        let stream = get(&client, &bare(text(array, "Datastream@iot.navigationLink"))).await;
        assert_eq!(
            array["components"],
            json!(["id", "phenomenonTime", "resultTime", "result", "resultQuality"])
        );
        assert_eq!(array["dataArray@iot.count"], json!(list(array, "dataArray").len()));
        for row in list(array, "dataArray") {
            let one = list(&plain, "value").iter().find(|one| one["@iot.id"] == row[0]).unwrap();
            assert_eq!((&row[1], &row[3]), (&one["phenomenonTime"], &one["result"]));
            assert!(text(one, "@iot.id").starts_with(&stream["@iot.id"].to_string()));
        }
    }
    let next = get(&client, &bare(text(&page, "@iot.nextLink"))).await;
    assert!(next["value"][0]["dataArray"].is_array());
    let chosen = [("$resultFormat", "dataArray"), ("$select", "result,id"), ("$top", "1")];
    let page = ask(&client, "Observations", &chosen).await;
    assert_eq!(page["value"][0]["components"], json!(["result", "id"]));
}
