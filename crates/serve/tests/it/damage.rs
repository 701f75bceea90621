//! A damaged file of one dataset: what needs it is refused with its name, all else is answered.

use std::path::PathBuf;

use axum::http::Method;
use serde_json::{Value, json};
use testkit::TestNode;

use crate::world::{self, LONG, get, list, page, refused, text};

/// The data files of a dataset.
fn files(node: &TestNode, dataset: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(node.data().join("lake").join(dataset)).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "parquet")).collect()
}

/// As many bytes, and other ones; the answer puts it right again.
fn damage(node: &TestNode, dataset: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let whole = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, vec![7; bytes.len()]).unwrap();
        (path, bytes)
    };
    files(node, dataset).into_iter().map(whole).collect()
}

#[tokio::test]
async fn what_needs_a_damaged_file_is_refused_with_its_name_and_all_else_is_answered() {
    let node = world::node().await;
    node.dataset("gauge", "observations", "open").await;
    let file = b"station,date,value\nstation:my_thuan,2020-02-01,3.9\n".to_vec();
    let mapping = LONG.replace("{ STATISTIC }", "\"mean\"");
    node.hand_in("gauge", "one.csv", file, Some(&mapping)).await.unwrap();
    let public = node.public();
    let app = node.node().app();
    assert!(app.lake.damage().await.is_empty());

    let mut before = damage(&node, "salinity_daily");
    let home = page(&public, "/en").await;
    assert!(home.contains("A stored file is damaged") && home.contains("salinity_daily"), "{home}");
    assert!(home.contains("3.9"), "what can be read is shown: {home}");
    assert!(page(&public, "/").await.contains("Có tệp số liệu đã lưu bị hỏng"));
    let place = page(&public, "/en/place/station:cau_noi").await;
    assert!(place.contains("A stored file is damaged"), "{place}");

    for path in ["/sta/v1.1/Observations?$count=true", "/v1/datasets/salinity_daily/latest"] {
        let (status, problem) = refused(&public, path).await;
        assert_eq!((status, text(&problem, "type")), (500, "/problems/damaged-data"), "{path}: {problem}");
        assert_eq!(text(&problem, "dataset"), "salinity_daily", "{problem}");
        assert!(text(&problem, "file").starts_with("lake/salinity_daily/"), "{problem}");
        assert!(text(&problem, "detail").contains(text(&problem, "file")), "{problem}");
        let advice = text(&problem, "advice");
        assert!(advice.contains("cuulong verify") && advice.contains("cuulong restore"), "{problem}");
        assert!(!problem.to_string().contains("safe"), "nothing is said of the data being whole: {problem}");
        for (lang, words) in [("vi", "bị hỏng"), ("km", "ខូច")] {
            let answer = ask(&node, path, lang).await;
            assert!(text(&answer, "detail").contains(words), "{lang}: {answer}");
        }
    }
    assert_eq!(list(&get(&public, "/v1/datasets/gauge/latest").await, "items").len(), 1);

    // Of a dataset that not everyone may know of, nobody is told here.
    before.extend(damage(&node, "salinity_secret"));
    refused(&node.system(), "/v1/datasets/salinity_secret/latest").await;
    let ready = get(&public, "/readyz").await;
    assert_eq!((&ready["ready"], &ready["degraded"]), (&json!(true), &json!(true)), "{ready}");
    let damaged: Vec<&str> = list(&ready, "damaged").iter().map(|one| text(one, "dataset")).collect();
    assert!(!damaged.is_empty() && damaged.iter().all(|dataset| *dataset == "salinity_daily"), "{ready}");
    let probe = list(&ready, "probes").iter().find(|probe| probe["name"] == "stored_files");
    assert_eq!(probe.map(|probe| &probe["ok"]), Some(&json!(false)), "{ready}");
    assert!(app.lake.damage().await.iter().any(|damage| damage.dataset() == Some("salinity_secret")));

    for (path, bytes) in before {
        std::fs::write(path, bytes).unwrap();
    }
    assert!(app.lake.damage().await.is_empty(), "it is whole again");
    get(&public, "/v1/datasets/salinity_daily/latest").await;
    assert!(!page(&public, "/en").await.contains("A stored file is damaged"));
}

/// The problem of a path for a reader of a language.
async fn ask(node: &TestNode, path: &str, lang: &str) -> Value {
    use tower::ServiceExt;
    let request = axum::http::Request::builder()
        .method(Method::GET)
        .uri(path)
        .header("host", "localhost")
        .header("accept-language", lang)
        .body(axum::body::Body::empty());
    let answer = node.node().router().oneshot(request.unwrap()).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}
