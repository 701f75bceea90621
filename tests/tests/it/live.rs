//! What is told as it happens, and what assistants ask: judged by the clients that people use.

use std::path::Path;

use testkit::{TestNode, python};
use tokio::process::Command;

async fn judged(python: &Path, script: &str, url: &str) {
    let script = format!("{}/clients/{script}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python).args([&script, url]).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{script}:\n{printed}\n{complained}");
    assert!(printed.trim_end().ends_with("ok"), "{script}: {printed}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assistants_client_and_the_judges_of_wis_2_are_served() {
    let Some(python) = python() else { return };
    let node = TestNode::start().await;
    testkit::load_sample(&node.node().app().clone()).await;
    let node = node.serve().await;
    for script in ["mcp_client.py", "wis2.py"] {
        judged(&python, script, &node.url).await;
    }
    node.stop().await;
}
