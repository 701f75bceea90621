//! `kill -9` during a load leaves the version before, and the same load then succeeds.

use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn command(data: &Path, arguments: &[&str]) -> Command {
    with("1073741824", data, arguments)
}

/// The command, with so much memory for the values of a load.
fn with(memory: &str, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong"));
    command.args(["--lang", "en", "--data"]).arg(data).args(arguments);
    command.env("CUULONG_LOAD_MEMORY", memory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn sql(data: &Path, query: &str) -> String {
    let output = command(data, &["sql", query, "--format", "csv"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().nth(1).unwrap_or("").to_owned()
}

fn file(rows: u32) -> String {
    let mut text = String::from("station,time,salinity\n");
    for row in 0..rows {
        let station = ["cau_noi", "can_tho", "tra_vinh", "my_thuan"][row as usize % 4];
        let (day, minute) = (row / 1440, row % 1440);
        let month = 1 + day / 28;
        let _ = writeln!(
            text,
            "station:{station},2019-{month:02}-{:02} {:02}:{:02},{}.{}",
            day % 28 + 1,
            minute / 60,
            minute % 60,
            row % 30,
            row % 10
        );
    }
    text
}

#[test]
fn a_load_that_is_killed_leaves_the_version_before_and_then_succeeds() {
    killed("1073741824");
}

#[test]
fn a_load_that_is_sorted_on_the_disk_does_so_too_and_leaves_nothing_there() {
    killed("1000000");
}

fn killed(memory: &str) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (small, large) = (folder.path().join("small.csv"), folder.path().join("large.csv"));
    std::fs::write(&small, "station,time,salinity\nstation:cau_noi,2018-01-01,1.5\n").unwrap();
    let rows = 120_000;
    std::fs::write(&large, file(rows)).unwrap();
    let (small, large) = (small.display().to_string(), large.display().to_string());

    let add = ["dataset", "add", "gauge", "--agency", "cuulong", "--title", "g", "--access", "open"];
    assert!(command(&data, &add).status().unwrap().success());
    assert!(command(&data, &["load", &small, "--dataset", "gauge"]).status().unwrap().success());

    let whole = {
        let started = Instant::now();
        let reference = folder.path().join("reference");
        assert!(command(&reference, &add).status().unwrap().success());
        assert!(
            with(memory, &reference, &["load", &large, "--dataset", "gauge"]).status().unwrap().success()
        );
        started.elapsed()
    };

    // At several instants of the load: early, while it maps, and about when it commits.
    let mut killed = 0;
    for share in [0.2, 0.4, 0.6, 0.75, 0.9] {
        let mut child: Child = with(memory, &data, &["load", &large, "--dataset", "gauge"]).spawn().unwrap();
        let instant = Instant::now() + whole.mul_f64(share * 0.6);
        while Instant::now() < instant && child.try_wait().unwrap().is_none() {
            std::thread::park_timeout(Duration::from_millis(2));
        }
        killed += u32::from(child.try_wait().unwrap().is_none());
        // SIGKILL: the process has no say in it.
        drop(child.kill());
        child.wait().unwrap();
        let count: u32 = sql(&data, "SELECT count(*) AS n FROM gauge").parse().unwrap();
        assert!(count == 1 || count == rows + 1, "{count} values: a part of a file is in the dataset");
        if count > 1 {
            break;
        }
        let runs = sql(&data, "SELECT count(DISTINCT run) AS n FROM gauge");
        assert_eq!(runs, "1");
    }
    assert!(killed > 0, "no load was cut off: the test proves nothing");

    let output = with(memory, &data, &["load", &large, "--dataset", "gauge"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let count = sql(&data, "SELECT count(*) AS n FROM gauge");
    assert_eq!(count, (rows + 1).to_string());
    let twice =
        sql(&data, "SELECT count(*) - count(DISTINCT concat(place, phenomenon_time)) AS n FROM gauge");
    assert_eq!(twice, "0");
    let left: Vec<_> = std::fs::read_dir(data.join("spool")).unwrap().flatten().collect();
    assert!(left.iter().all(|entry| entry.path().is_dir()), "{left:?}");
}
