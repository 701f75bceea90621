//! The committed description of the native API is the one that the program serves.

use std::path::Path;

/// With `UPDATE_SCHEMAS=1` the file is written anew.
#[test]
fn the_committed_document_describes_the_api_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    let served = serve::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var("UPDATE_SCHEMAS").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let first = committed.lines().zip(served.lines()).position(|(before, now)| before != now);
    assert!(
        committed == served,
        "schemas/openapi.json differs from the API (first at line {}): read what changed, then renew it with \
         `UPDATE_SCHEMAS=1 cargo test --workspace --test it openapi`",
        first.unwrap_or_else(|| committed.lines().count()) + 1
    );
}

/// Nobody has to guess what an operation is for.
#[test]
fn every_operation_is_described() {
    let document = serde_json::to_value(serve::openapi()).unwrap();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{method} {path}");
            operations += 1;
        }
    }
    assert!(operations > 35, "{operations}");
}
