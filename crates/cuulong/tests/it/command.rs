//! Commands on a folder: alone, and through the node that serves it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use testkit::TestNode;

const FILE: &str =
    "tram,thoi_gian,do_man\nstation:cau_noi,2020-02-01 01:00,3.9\nstation:cau_noi,2020-02-01 03:00,wet\n";

fn cuulong(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cuulong"))
        .args(["--lang", "en", "--data"])
        .arg(data)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

const ADD: [&str; 9] =
    ["dataset", "add", "gauge", "--agency", "cuulong", "--title", "Độ mặn", "--access", "open"];

#[test]
fn a_file_is_loaded_checked_and_asked_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("a.csv");
    std::fs::write(&file, FILE).unwrap();
    let name = file.display().to_string();

    let unknown = cuulong(&data, &["load", &name, "--dataset", "gauge"]);
    assert!(!unknown.status.success());
    assert!(printed(&unknown).contains("cuulong dataset add gauge"), "{}", printed(&unknown));

    assert!(cuulong(&data, &ADD).status.success());
    let dry = cuulong(&data, &["load", &name, "--dataset", "gauge", "--dry-run"]);
    assert!(dry.status.success() && printed(&dry).contains("nothing was written"), "{}", printed(&dry));

    let loaded = cuulong(&data, &["load", &name, "--dataset", "gauge"]);
    let words = printed(&loaded);
    assert!(loaded.status.success(), "{words}");
    for word in ["1 new", "1 refused", "C3", "`wet`", "version 1", "guessed", "[[value]]"] {
        assert!(words.contains(word), "`{word}` is not in: {words}");
    }

    let asked = cuulong(&data, &["sql", "SELECT place, result FROM gauge", "--format", "csv"]);
    assert_eq!(
        String::from_utf8_lossy(&asked.stdout),
        "place,result\nstation:cau_noi,3.9\n",
        "{}",
        printed(&asked)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_on_a_served_folder_goes_through_its_node() {
    let node = TestNode::start().await.serve().await;
    let data = node.data();
    let file = data.join("a.csv");
    std::fs::write(&file, FILE).unwrap();
    let name = file.display().to_string();
    let run = move |arguments: Vec<String>| {
        let data = data.clone();
        tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            cuulong(&data, &arguments)
        })
    };
    let added = run(ADD.map(str::to_owned).to_vec()).await.unwrap();
    assert!(added.status.success(), "{}", printed(&added));
    let arguments = ["load", &name, "--dataset", "gauge"].map(str::to_owned).to_vec();
    let loaded = run(arguments).await.unwrap();
    assert!(loaded.status.success() && printed(&loaded).contains("version 1"), "{}", printed(&loaded));
    let page = node.public().get("/v1/datasets/gauge/observations").await.unwrap().ok().unwrap().json();
    assert_eq!(page["total"], 1);
    node.stop().await;
}

#[cfg(unix)]
#[test]
fn what_needs_a_cluster_goes_on_as_the_program_that_is_built_with_one() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("cuulong");
    if std::fs::hard_link(env!("CARGO_BIN_EXE_cuulong"), &program).is_err() {
        std::fs::copy(env!("CARGO_BIN_EXE_cuulong"), &program).unwrap();
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(["--lang", "en", "--data"]).arg(folder.path().join("data")).args(arguments);
        command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap()
    };
    let engine = ["--engine", "ballista://127.0.0.1:1"];
    for arguments in [&["cluster", "scheduler"][..], &["serve", engine[0], engine[1]]] {
        let output = run(arguments);
        let words = printed(&output);
        assert!(!output.status.success() && words.contains("cargo xtask cluster"), "{arguments:?}: {words}");
    }
    assert!(
        run(&["config", engine[0], engine[1]]).status.success(),
        "the configuration is shown all the same"
    );
    assert!(!folder.path().join("data").exists(), "nothing was begun");

    let other = folder.path().join("cuulong-cluster");
    std::fs::write(&other, "#!/bin/sh\necho \"$@\"\nexit 7\n").unwrap();
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = run(&["cluster", "executor", engine[0], engine[1]]);
    assert_eq!(output.status.code(), Some(7), "{}", printed(&output));
    assert!(
        printed(&output).contains("cluster executor --engine ballista://127.0.0.1:1"),
        "{}",
        printed(&output)
    );
}

/// As `head` and pagers do.
#[test]
fn a_command_whose_answer_is_not_read_to_its_end_does_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut unread = Command::new(env!("CARGO_BIN_EXE_cuulong"))
        .args(["--lang", "en", "--data"])
        .arg(&data)
        .args(ADD)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(unread.stdout.take());
    let ended = unread.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", printed(&ended));
    assert!(printed(&cuulong(&data, &["dataset", "list"])).contains("gauge"));
}
