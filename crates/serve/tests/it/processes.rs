//! OGC API – Processes as its clients meet it: recipes run at once and as jobs, which the catalogue
//! keeps for whoever asked.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testkit::TestNode;

use crate::world::{self, get, list, refused, text};

const PROCESS: &str = "/ogc/processes/salinity_daily_max";

/// Posts an execution as the console.
async fn execute(
    node: &TestNode,
    path: &str,
    prefer: Option<&str>,
    body: &str,
) -> (u16, Option<String>, Value) {
    let key = node.node().console_key();
    let mut request = axum::http::Request::post(format!("{path}/execution"))
        .header("authorization", format!("Bearer {}", key.expose_secret()))
        .header("content-type", "application/json");
    if let Some(prefer) = prefer {
        request = request.header("prefer", prefer);
    }
    let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    let reply = tower::ServiceExt::oneshot(node.node().router(), request).await.unwrap();
    let status = reply.status().as_u16();
    let location = reply.headers().get("location").map(|place| place.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
    (status, location, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The job once it is over.
async fn over(node: &TestNode, job: &str) -> Value {
    for _ in 0..100_000 {
        let status = get(&node.system(), &format!("/ogc/jobs/{job}")).await;
        if !["accepted", "running"].contains(&text(&status, "status")) {
            return status;
        }
        tokio::task::yield_now().await;
    }
    panic!("the job does not end");
}

/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-list-success>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-description-success>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-execute-sync-document>
#[tokio::test(flavor = "multi_thread")]
async fn a_recipe_is_a_process_that_runs_at_once() {
    let node = world::node().await;
    let public = node.public();
    let processes = get(&public, "/ogc/processes").await;
    let ids: Vec<&str> = list(&processes, "processes").iter().map(|one| text(one, "id")).collect();
    assert!(ids.contains(&"salinity_daily_max"), "{processes}");
    let process = get(&public, PROCESS).await;
    assert_eq!((process["inputs"].clone(), process["outputs"]["product"].is_object()), (json!({}), true));
    // /req/core/process-exception/no-such-process, /req/core/job-exception/no-such-job
    let exceptions = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0";
    for (path, name) in [("/ogc/processes/none", "no-such-process"), ("/ogc/jobs/none", "no-such-job")] {
        let (status, problem) = refused(&public, path).await;
        assert_eq!(
            (status, text(&problem, "type")),
            (404, format!("{exceptions}/{name}").as_str()),
            "{path}"
        );
    }

    let reply = public
        .send_json(axum::http::Method::POST, &format!("{PROCESS}/execution"), &json!({"inputs": {}}))
        .await;
    assert_eq!(reply.unwrap().status.as_u16(), 401, "who may not run a recipe may not run a process");
    let (status, _, document) = execute(&node, PROCESS, None, r#"{"inputs": {}}"#).await;
    assert_eq!(status, 200, "{document}");
    let product = &document["product"]["value"];
    assert_eq!((text(product, "dataset"), product["run"].is_string()), ("salinity_daily_max", true));
    get(&public, "/ogc/collections/salinity_daily_max").await;
    for body in ["[", "[]", r#"{"inputs": {"a": 1}}"#, r#"{"outputs": {"b": {}}}"#] {
        assert_eq!(execute(&node, PROCESS, None, body).await.0, 400, "{body}");
    }
    let huge = format!("{{\"inputs\": {{}}, \"x\": \"{}\"}}", "x".repeat(100_000));
    assert_eq!(execute(&node, PROCESS, None, &huge).await.0, 413);
}

/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-execute-success-async>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/job-results-success-sync>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/job-list/job-list-success>
#[tokio::test(flavor = "multi_thread")]
async fn a_job_outlives_its_request_and_its_node() {
    let mut node = world::node().await;
    let (status, location, document) = execute(&node, PROCESS, Some("respond-async"), "").await;
    assert_eq!(status, 201, "{document}");
    let job = text(&document, "jobID").to_owned();
    assert!(location.unwrap().ends_with(&format!("/ogc/jobs/{job}")));
    let done = over(&node, &job).await;
    assert_eq!((text(&done, "status"), done["progress"].as_u64()), ("successful", Some(100)), "{done}");
    let results = get(&node.system(), &format!("/ogc/jobs/{job}/results")).await;
    assert_eq!(results["product"]["value"]["dataset"], "salinity_daily_max");

    node.restart().await;
    let jobs = get(&node.system(), "/ogc/jobs").await;
    assert_eq!(list(&jobs, "jobs").len(), 1, "{jobs}");
    // Others do not know of it.
    assert!(list(&get(&node.public(), "/ogc/jobs").await, "jobs").is_empty());
    for path in [format!("/ogc/jobs/{job}"), format!("/ogc/jobs/{job}/results"), "/ogc/jobs/none".to_owned()]
    {
        assert_eq!(refused(&node.public(), &path).await.0, 404, "{path}");
    }
    let gone = node
        .system()
        .send(axum::http::Method::DELETE, &format!("/ogc/jobs/{job}"), "", axum::body::Body::empty())
        .await;
    assert_eq!(gone.unwrap().json()["status"], "dismissed");
    assert_eq!(refused(&node.system(), &format!("/ogc/jobs/{job}")).await.0, 404);
}
