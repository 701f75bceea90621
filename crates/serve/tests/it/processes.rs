//! OGC API – Processes as its clients meet it: recipes run at once and as jobs, which the catalogue
//! keeps for whoever asked.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use serve::App;
use testkit::TestNode;

use crate::ogc_features::ask;
use crate::world::{self, bare, get, list, refused, text};

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
    let (status, _, product) = execute(&node, PROCESS, None, r#"{"inputs": {}}"#).await;
    assert_eq!(status, 200, "{product}");
    assert_eq!((text(&product, "dataset"), product["run"].is_string()), ("salinity_daily_max", true));
    get(&public, "/ogc/collections/salinity_daily_max").await;
    for body in [
        "[",
        "[]",
        r#"{"inputs": {"a": 1}}"#,
        r#"{"outputs": {"b": {}}}"#,
        r#"{"response": "html"}"#,
        r#"{"outputs": {"product": {"transmissionMode": "pigeon"}}}"#,
    ] {
        assert_eq!(execute(&node, PROCESS, None, body).await.0, 400, "{body}");
    }
    let huge = format!("{{\"inputs\": {{}}, \"x\": \"{}\"}}", "x".repeat(100_000));
    assert_eq!(execute(&node, PROCESS, None, &huge).await.0, 413);
}

/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-execute-success-async>,
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
    assert_eq!(results["dataset"], "salinity_daily_max");

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

/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-execute-sync-raw-value-one>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-execute-sync-raw-ref>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/process-execute-sync-document>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/job-results-success-sync>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/job-results-async-raw-ref>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/core/job-results-async-document>
#[tokio::test(flavor = "multi_thread")]
async fn results_come_as_they_are_asked_for_at_once_and_later() {
    let node = world::node().await;
    let key = format!("Bearer {}", node.node().console_key().expose_secret());
    let described = get(&node.public(), PROCESS).await;
    assert_eq!(described["jobControlOptions"], json!(["sync-execute", "async-execute", "dismiss"]));
    assert_eq!(described["outputTransmission"], json!(["value", "reference"]));
    for (response, mode) in
        [("raw", "value"), ("raw", "reference"), ("document", "value"), ("document", "reference")]
    {
        let body =
            json!({"response": response, "outputs": {"product": {"transmissionMode": mode}}}).to_string();
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let execution = format!("{PROCESS}/execution");
        let method = axum::http::Method::POST;
        let at_once = ask(&node, method.clone(), &execution, &headers, body.clone()).await;
        // The job that was made of it is told.
        let links = at_once.1.get_all("link").iter().map(|link| link.to_str().unwrap());
        let monitor = links.filter_map(|link| link.strip_suffix(">; rel=\"monitor\"")).next().unwrap();
        let monitor = get(&node.system(), &bare(monitor.trim_start_matches('<'))).await;
        assert_eq!(monitor["status"], "successful", "{monitor}");
        let later = [&headers[..], &[("prefer", "respond-async")]].concat();
        let (status, _, job) = ask(&node, method, &execution, &later, body).await;
        assert_eq!(status, 201);
        let job: Value = serde_json::from_slice(&job).unwrap();
        over(&node, text(&job, "jobID")).await;
        let results = format!("/ogc/jobs/{}/results", text(&job, "jobID"));
        let results = ask(&node, axum::http::Method::GET, &results, &headers, String::new()).await;
        for (status, headers, body) in [at_once, results] {
            // A run that changed something names the version that it made.
            let of = "http://localhost/v1/datasets/salinity_daily_max";
            let is_product = |href: &str| {
                href.strip_prefix(of).is_some_and(|rest| {
                    rest.is_empty()
                        || rest.strip_prefix("?version=").is_some_and(|n| n.parse::<u64>().is_ok())
                })
            };
            if (response, mode) == ("raw", "reference") {
                assert_eq!((status.as_u16(), body.len()), (204, 0));
                let link = headers["link"].to_str().unwrap();
                let href = link.strip_prefix('<').and_then(|link| link.split_once('>'));
                let (href, rest) = href.unwrap();
                assert!(is_product(href), "{link}");
                assert_eq!(rest, "; rel=\"product\"; type=\"application/json\"");
                continue;
            }
            assert_eq!(status, 200);
            let document: Value = serde_json::from_slice(&body).unwrap();
            match (response, mode) {
                ("raw", _) => assert_eq!(document["dataset"], "salinity_daily_max"),
                (_, "value") => {
                    assert!(is_product(text(&document["product"]["value"], "href")), "{document}")
                }
                _ => {
                    assert!(is_product(text(&document["product"], "href")), "{document}");
                    assert_eq!(document["product"]["type"], "application/json");
                }
            }
        }
    }
}

/// A node of the same parts with one recipe, which takes longer than anybody waits.
fn with_endless_recipe(node: &TestNode) -> App {
    let app = node.node().app();
    let description = app.recipes[0].clone();
    let sql = "SELECT sum(a.result * b.result) AS s FROM observation a, observation b, observation c, observation d, \
        observation e, observation f";
    let endless = knowledge::Recipe { id: "endless".to_owned(), sql: sql.to_owned(), ..description };
    App::new(serve::Parts {
        catalog: app.catalog.clone(),
        lake: app.lake.clone(),
        intake: app.intake.clone(),
        engine: app.engine.clone(),
        recipes: vec![endless, app.recipes[0].clone()],
        metrics: app.metrics.clone(),
        config: app.config.clone(),
    })
}

/// What is answered to the console of an app.
async fn console(app: &App, method: &str, path: &str, prefer: &str) -> (u16, Value) {
    let key = app.config.console_key.as_ref().unwrap().expose_secret().to_owned();
    let request = axum::http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {key}"))
        .header("prefer", prefer)
        .body(axum::body::Body::empty())
        .unwrap();
    let reply =
        tower::ServiceExt::oneshot(serve::router(app.clone(), axum::Router::new()), request).await.unwrap();
    let status = reply.status().as_u16();
    let bytes = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/dismiss/job-dismiss-op>,
/// <http://www.opengis.net/spec/ogcapi-processes-1/1.0/req/dismiss/job-dismiss-success>
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_runs_is_dismissed_and_stops() {
    let node = world::node().await;
    // Two nodes on one catalogue: a job is taken back on the one that runs it, or on the other.
    let (runs, other) = (with_endless_recipe(&node), with_endless_recipe(&node));
    for asked in [&runs, &other] {
        let (status, job) = console(&runs, "POST", "/ogc/processes/endless/execution", "respond-async").await;
        assert_eq!(status, 201, "{job}");
        let path = format!("/ogc/jobs/{}", text(&job, "jobID"));
        let mut now = Value::Null;
        for _ in 0..100_000 {
            now = console(&runs, "GET", &path, "").await.1;
            if now["status"] == "running" && runs.engine.scan_tasks() > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(now["status"], "running", "{now}");
        assert_eq!(console(&runs, "GET", &format!("{path}/results"), "").await.0, 404);

        let begun = std::time::Instant::now();
        let (status, dismissed) = console(asked, "DELETE", &path, "").await;
        assert_eq!((status, text(&dismissed, "status")), (200, "dismissed"), "{dismissed}");
        // The next job has its turn, which the one before held.
        let next = "/ogc/processes/salinity_daily_max/execution";
        let (status, document) = console(&runs, "POST", next, "").await;
        assert_eq!(status, 200, "{document}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(console(&runs, "GET", &path, "").await.1["status"], "dismissed");
        while runs.engine.scan_tasks() > 0 {
            assert!(begun.elapsed() < std::time::Duration::from_secs(10), "the query runs on");
            tokio::task::yield_now().await;
        }
        // What is dismissed once more is forgotten.
        assert_eq!(console(&runs, "DELETE", &path, "").await.0, 200);
        assert_eq!(console(&runs, "GET", &path, "").await.0, 404);
    }
    // Who waits for the answer is told that there is none.
    let (answer, ()) =
        futures::join!(console(&runs, "POST", "/ogc/processes/endless/execution", ""), async {
            loop {
                let (_, jobs) = console(&runs, "GET", "/ogc/jobs", "").await;
                let waiting = list(&jobs, "jobs").iter().find(|job| job["status"] == "running").cloned();
                if let Some(job) = waiting {
                    let path = format!("/ogc/jobs/{}", text(&job, "jobID"));
                    assert_eq!(console(&other, "DELETE", &path, "").await.0, 200);
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
    assert_eq!(answer.0, 409, "{}", answer.1);
}
