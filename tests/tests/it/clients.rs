//! Real clients judge the protocols and the pages, over loopback, on the sample.

use std::path::PathBuf;

use axum::http::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Served, TestNode, chromium, python, qgis};
use tokio::process::Command;

async fn node() -> Served {
    let node = TestNode::start().await;
    testkit::load_sample(&node.node().app().clone()).await;
    node.serve().await
}

/// Runs a client's script against the node and returns what it printed.
async fn ask(python: &PathBuf, script: &str, arguments: &[&str]) -> String {
    let script = format!("{}/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).arg(&script).args(arguments).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}:\n{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn python_clients_read_what_the_standards_promise() {
    let Some(python) = python() else { return };
    let node = node().await;
    for script in [
        "openapi.py",
        "ogc_features.py",
        "ogc_records.py",
        "ogc_gdal.py",
        "ogc_edr.py",
        "ogc_tiles.py",
        "sensorthings.py",
    ] {
        let printed = ask(&python, script, &[&node.url]).await;
        assert!(printed.trim_end().ends_with("ok"), "{script}: {printed}");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_find_what_another_reading_of_them_finds() {
    let Some(python) = python() else { return };
    let node = TestNode::start().await;
    node.dataset("fields", "features", "open").await;
    let wholes = [json!(null), json!(-5), json!(0), json!(1), json!(2), json!(3), json!(7), json!(1000)];
    let parts = [json!(null), json!(-1.5), json!(0.5), json!(0.1), json!(2.5), json!(3.0), json!(1000.25)];
    let names = [
        json!("Cần Thơ"),
        json!("An Giang"),
        json!("an giang"),
        json!("Bến Tre"),
        json!("x%y"),
        json!("a_b"),
        json!("O'Neil"),
        json!(null),
        json!("cafe\u{301}"),
    ];
    let wet = [json!(true), json!(false), json!(null)];
    let days = [json!("2020-01-01"), json!("2020-02-29"), json!("2021-06-15"), json!(null)];
    let features = (0..300_usize).map(|n| {
        let properties = json!({
            "whole": wholes[n % 8], "part": parts[n / 3 % 7], "name": names[n / 2 % 9], "wet": wet[n / 5 % 3],
            "day": days[n / 7 % 4],
        });
        let position = [104.5 + (n * 37 % 2000) as f64 / 1000.0, 9.0 + (n * 53 % 2000) as f64 / 1000.0];
        let geometry = json!({ "type": "Point", "coordinates": position });
        json!({ "type": "Feature", "id": format!("f{n}"), "properties": properties, "geometry": geometry })
    });
    let file = json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() }).to_string();
    node.hand_in("fields", "fields.geojson", file.into_bytes(), None).await.unwrap();
    let node = node.serve().await;
    let printed = ask(&python, "cql2_differential.py", &[&node.url, "1"]).await;
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_writes_what_the_standard_promises() {
    let Some(python) = python() else { return };
    let node = node().await;
    let printed = ask(&python, "sensorthings_write.py", &[&node.url, node.key.expose_secret()]).await;
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn qgis_opens_features_and_draws_vector_tiles() {
    let Some(python) = qgis() else { return };
    let node = node().await;
    let printed = ask(&python, "qgis_layers.py", &[&node.url]).await;
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_snippet_of_the_page_for_developers_runs() {
    let Some(python) = python() else { return };
    let node = node().await;
    let printed = ask(&python, "developers.py", &[&node.url]).await;
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_requests_find_no_failure_and_no_answer_beyond_the_document() {
    let Some(python) = python() else { return };
    let node = node().await;
    for (document, seconds) in [("/v1/openapi.json", "100"), ("/ogc/api", "60"), ("/stac/api", "40")] {
        let arguments = [&node.url, document, seconds, node.key.expose_secret()];
        let printed = ask(&python, "schemathesis_judge.py", &arguments).await;
        assert!(printed.trim_end().ends_with("ok"), "{document}: {printed}");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_users_neither_finds_by_made_up_requests_what_is_the_others() {
    let Some(python) = python() else { return };
    let test = TestNode::start().await;
    testkit::load_sample(test.node().app()).await;
    let agencies = test.public().get("/v1/agencies?limit=2").await.unwrap().ok().unwrap().json();
    let mut keys = Vec::new();
    for (user, at) in [("lan", 0), ("binh", 1)] {
        let account =
            json!({ "id": user, "name": user, "role": "steward", "agency": agencies["items"][at]["id"] });
        test.system().send_json(Method::POST, "/v1/users", &account).await.unwrap().ok().unwrap();
        let key = json!({ "label": "made-up requests", "scope": "write" });
        let path = format!("/v1/users/{user}/keys");
        let made = test.system().send_json(Method::POST, &path, &key).await.unwrap().ok().unwrap().json();
        keys.push(made["key"].as_str().unwrap().to_owned());
    }
    let node = test.serve().await;
    let arguments = [&node.url, "/v1/openapi.json", "60", &keys[0], &keys[1]];
    let printed = ask(&python, "schemathesis_judge.py", &arguments).await;
    assert!(printed.trim_end().ends_with("ok"), "{printed}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_read_before_any_script_and_are_drawn_on_a_narrow_screen() {
    let Some(chromium) = chromium() else { return };
    let node = node().await;
    let profile = tempfile::tempdir().unwrap();
    for (path, words) in [
        ("/", vec!["Cửu Long", "GIẢ LẬP"]),
        ("/en/", vec!["Cửu Long", "SYNTHETIC"]),
        ("/data?q=do%20man", vec!["Độ mặn"]),
        ("/data/salinity_2h", vec!["GIẢ LẬP", "CC0-1.0"]),
        ("/place/vn2025:92", vec!["Cần Thơ", "Sóc Trăng", "Hậu Giang"]),
        ("/place/station:cau_noi", vec!["Cầu Nổi"]),
    ] {
        // What the server draws, before any script.
        let page = node.public().get(path).await.unwrap().ok().unwrap();
        let page = String::from_utf8_lossy(&page.body).into_owned();
        // The browser draws it on a narrow screen. (Headless Chromium takes no picture with scripts
        // switched off; the words are judged in what the server sends.)
        let picture = profile.path().join("page.png");
        let output = Command::new(&chromium)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=360,800",
                &format!("--user-data-dir={}", profile.path().display()),
                &format!("--screenshot={}", picture.display()),
                &format!("{}{path}", node.url),
            ])
            .output()
            .await
            .unwrap();
        let drawn = std::fs::read(&picture).unwrap_or_default();
        let words_of_browser = String::from_utf8_lossy(&output.stderr);
        assert!(drawn.len() > 10_000, "{path} was not drawn ({} bytes): {words_of_browser}", drawn.len());
        std::fs::remove_file(&picture).unwrap();
        for word in words {
            assert!(page.to_lowercase().contains(&word.to_lowercase()), "`{word}` is not on {path}:\n{page}");
        }
    }
    node.stop().await;
}
