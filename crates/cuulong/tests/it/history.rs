//! History that is promised for a time only, given up beside a node that serves.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::{Method, StatusCode};

use crate::driver::process::{Body, NodeProcess};

fn cuulong(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong"));
    command.args(["--lang", "en", "--data"]).arg(data).args(arguments);
    command.stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn done(data: &Path, arguments: &[&str]) -> String {
    let output = cuulong(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

fn refused(data: &Path, arguments: &[&str]) -> String {
    let output = cuulong(data, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
    said(&output)
}

/// Makes every version a year old, and a product's version pin the first.
const AGED: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30)
year = database.execute('SELECT substr(min(committed_at), 1, 4) FROM dataset_version').fetchone()[0]
database.execute('UPDATE dataset_version SET committed_at = replace(committed_at, ?, ?)', (year, '2021'))
database.execute('UPDATE dataset_version SET pinned = ? WHERE version = 3', ('[[\"gauge\",1]]',))
database.commit()
";

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_given_up_is_gone_and_never_a_wrong_answer() {
    let Some(python) = testkit::python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let node = NodeProcess::start(&data).await;
    node.register("gauge").await;
    for value in ["1.5", "2.5", "3.5", "4.5"] {
        let file = format!("station,time,salinity\nstation:cau_noi,2018-01-01,{value}\n");
        let path = "/v1/datasets/gauge/uploads?file_name=values.csv";
        let (status, answer) = node.ask(Method::POST, path, Body::File(file)).await.unwrap();
        assert!(status.is_success(), "{answer}");
    }
    let read = async |version: u64| {
        let path = format!("/v1/datasets/gauge/observations?version={version}");
        let (status, answer) = node.ask(Method::GET, &path, Body::Empty).await.unwrap();
        (status, answer["items"][0]["result"].as_f64(), answer["type"].as_str().unwrap_or("").to_owned())
    };
    for (version, value) in [(1, 1.5), (2, 2.5), (3, 3.5), (4, 4.5)] {
        assert_eq!(read(version).await, (StatusCode::OK, Some(value), String::new()));
    }
    let aged = Command::new(python).args(["-c", AGED]).arg(data.join("catalog.sqlite")).output().unwrap();
    assert!(aged.status.success(), "{}", said(&aged));

    let expire = ["compact", "--dataset", "gauge", "--grace", "0", "--expire-before"];
    let expire = |time: &'static str| -> Vec<&str> { expire.into_iter().chain([time]).collect() };
    let forever = refused(&data, &expire("2022-01-01"));
    assert!(forever.contains("kept for ever"), "{forever}");
    assert!(done(&data, &["compact", "--grace", "0", "--expire-before", "2022-01-01"]).contains("nothing"));
    assert!(refused(&data, &["dataset", "keep", "gauge", "--days", "2"]).contains("7 days"));
    assert!(done(&data, &["dataset", "keep", "gauge", "--days", "30"]).contains("30 days"));
    let promised = refused(&data, &expire("2100-01-01"));
    assert!(promised.contains("promised from"), "{promised}");

    let mut dry = expire("2022-01-01");
    dry.push("--dry-run");
    assert!(done(&data, &dry).contains("gauge: 2 files"));
    assert_eq!(read(2).await.0, StatusCode::OK, "that was only a look");
    let removed = done(&data, &expire("2022-01-01"));
    assert!(removed.contains("gauge: 2 files") && removed.contains("from version 4"), "{removed}");

    for version in [2, 3] {
        let (status, value, problem) = read(version).await;
        assert_eq!((status, value), (StatusCode::GONE, None), "{version}");
        assert!(problem.ends_with("/gone"), "{problem}");
    }
    assert_eq!(read(1).await.1, Some(1.5), "a product was made from it");
    assert_eq!(read(4).await.1, Some(4.5));
    let (status, _) = node.ask(Method::GET, "/readyz", Body::Empty).await.unwrap();
    assert_eq!(status, StatusCode::OK);
    node.kill().await;
    done(&data, &["verify"]);
    assert!(done(&data, &expire("2022-01-01")).contains("nothing"));
    let node = NodeProcess::start(&data).await;
    let (status, _) =
        node.ask(Method::GET, "/v1/datasets/gauge/observations?version=3", Body::Empty).await.unwrap();
    assert_eq!(status, StatusCode::GONE, "after a restart, too");
}
