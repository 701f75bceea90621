//! Backup, restore, export, verification and upgrade, as an operator runs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

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

/// The node's folder as a release of an earlier format left it.
pub fn of_first_format(folder: &Path) -> PathBuf {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1/data.tar.gz");
    let unpacked = Command::new("tar").arg("-C").arg(folder).arg("-xzf").arg(fixture).status().unwrap();
    assert!(unpacked.success());
    folder.join("data")
}

fn csv(data: &Path, sql: &str, more: &[&str]) -> String {
    let mut arguments = vec!["sql", sql, "--format", "csv"];
    arguments.extend(more);
    let output = cuulong(data, &arguments);
    assert!(output.status.success(), "{sql}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn doctor_says_what_it_found_in_the_language_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let data = of_first_format(folder.path());
    done(&data, &["migrate"]);
    let found = |lang: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong"));
        command.args(["--lang", lang, "--data"]).arg(&data).args(["doctor", "--format", "json"]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = told["checks"].as_array().unwrap().iter();
        checks.map(|check| check["found"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
    };
    let vietnamese = found("vi");
    for (vi, en) in [
        ("không tiến trình nào giữ thư mục", "no process"),
        ("ghi được", "takes writes"),
        ("chưa sao lưu", "none was made"),
    ] {
        assert!(vietnamese.contains(vi) && !vietnamese.contains(en), "{vietnamese}");
    }
    assert!(found("en").contains("takes writes"));
}

const GAUGE: &str = "SELECT place, phenomenon_time, result FROM gauge ORDER BY 1, 2";

#[test]
fn a_folder_of_the_first_format_is_upgraded_and_answers_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let data = of_first_format(folder.path());
    let plan = done(&data, &["migrate", "--dry-run"]);
    assert!(plan.contains("from format 1"), "{plan}");
    assert_eq!(done(&data, &["migrate", "--dry-run"]), plan, "a dry run changes nothing");
    let first = done(&data, &["migrate"]);
    assert!(first.contains("catalog.before-"), "the catalogue as it was is kept: {first}");
    let answer = csv(&data, GAUGE, &[]);
    let values: Vec<&str> = answer.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(values, ["3.9", "4.5", "5.125", "0.1"]);
    assert_eq!(csv(&data, "SELECT count(*) AS n FROM as_known_at('gauge', '1999-01-01')", &[]), "n\n0\n");
    let sluices = csv(&data, "SELECT name, gates FROM sluices ORDER BY gates", &[]);
    assert_eq!(sluices, "name,gates\nCống Vũng Liêm,6\nCống Cái Lớn,11\n");
    // New data go on top of the old table.
    let file = folder.path().join("third.csv");
    std::fs::write(&file, "station,time,salinity\nstation:cau_noi,2020-02-02 01:00,1.5\n").unwrap();
    done(&data, &["load", file.to_str().unwrap(), "--dataset", "gauge"]);
    assert_eq!(csv(&data, "SELECT count(*) AS n FROM gauge", &[]), "n\n5\n");
    done(&data, &["verify"]);
}

#[test]
fn a_folder_of_a_newer_format_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let data = of_first_format(folder.path());
    done(&data, &["migrate"]);
    let name = data.join("format.toml");
    let text = std::fs::read_to_string(&name).unwrap();
    let newer: String = text
        .lines()
        .map(|line| match line.starts_with("format") {
            true => "format = 99\n".to_owned(),
            false => format!("{line}\n"),
        })
        .collect();
    assert!(newer.contains("99"), "{text}");
    std::fs::write(&name, newer).unwrap();
    for command in [&["migrate"][..], &["sql", "SELECT 1"], &["verify"]] {
        let output = cuulong(&data, command);
        assert!(!output.status.success() && said(&output).contains("99"), "{command:?}: {}", said(&output));
    }
}

/// The files below a folder that end so.
fn ending(root: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::ending(&path, ending, found);
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_damaged_file_is_found_by_name_and_put_right_from_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backup = folder.path().join("backup").display().to_string();
    done(&data, &["dataset", "add", "gauge", "--agency", "cuulong", "--title", "g", "--access", "open"]);
    for month in 1..=3 {
        let file = folder.path().join(format!("{month}.csv"));
        let rows: String =
            (1..=28).map(|day| format!("station:cau_noi,2020-{month:02}-{day:02} 01:00,{day}.5\n")).collect();
        std::fs::write(&file, format!("station,time,salinity\n{rows}")).unwrap();
        done(&data, &["load", file.to_str().unwrap(), "--dataset", "gauge"]);
    }
    done(&data, &["backup", &backup]);
    done(&data, &["verify"]);
    let mut files = Vec::new();
    ending(&data.join("lake"), ".parquet", &mut files);
    ending(&data.join("lake"), ".json", &mut files);
    ending(&data.join("originals"), "", &mut files);
    assert!(files.len() >= 9, "{files:?}");
    for (number, file) in files.iter().enumerate() {
        let whole = std::fs::read(file).unwrap();
        let middle = whole.len() / 2;
        match number % 3 {
            0 => {
                let mut flipped = whole.clone();
                flipped[middle] ^= 8;
                std::fs::write(file, flipped).unwrap();
            }
            1 => std::fs::write(file, &whole[..middle]).unwrap(),
            _ => std::fs::remove_file(file).unwrap(),
        }
        let name = file.strip_prefix(&data).unwrap().to_str().unwrap();
        let output = cuulong(&data, &["verify", "--format", "json"]);
        assert!(!output.status.success(), "{name} is damaged and nobody says so: {}", said(&output));
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        let damaged: Vec<&str> =
            found["damaged"].as_array().unwrap().iter().filter_map(|one| one["path"].as_str()).collect();
        assert!(damaged.contains(&name), "{name}: {damaged:?}");
        done(&data, &["restore", &backup, "--only", name]);
        assert_eq!(std::fs::read(file).unwrap(), whole, "{name}");
        done(&data, &["verify"]);
    }
}

#[test]
fn doctor_tells_of_files_that_are_gone_cut_or_end_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    done(&data, &["dataset", "add", "gauge", "--agency", "cuulong", "--title", "g", "--access", "open"]);
    let file = folder.path().join("a.csv");
    std::fs::write(&file, "station,time,salinity\nstation:cau_noi,2020-01-01,1.5\n").unwrap();
    done(&data, &["load", file.to_str().unwrap(), "--dataset", "gauge"]);
    let doctor = || {
        let output = cuulong(&data, &["doctor", "--format", "json"]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = told["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["check"] == "damage").unwrap().clone();
        (check["health"].as_str().unwrap().to_owned(), check["found"].as_str().unwrap().to_owned())
    };
    assert_eq!(doctor().0, "ok");
    let mut files = Vec::new();
    ending(&data.join("lake"), ".parquet", &mut files);
    let whole = std::fs::read(&files[0]).unwrap();
    let name = files[0].strip_prefix(&data).unwrap().to_str().unwrap();
    let mut other = whole.clone();
    let in_footer = whole.len() - 20;
    other[in_footer] ^= 1;
    for damaged in [Some(other), Some(whole[..whole.len() / 2].to_vec()), None] {
        match damaged {
            Some(bytes) => std::fs::write(&files[0], bytes).unwrap(),
            None => std::fs::remove_file(&files[0]).unwrap(),
        }
        let (health, found) = doctor();
        assert!(health == "fail" && found.contains(name), "{health}: {found}");
    }
    std::fs::write(&files[0], whole).unwrap();
    assert_eq!(doctor().0, "ok");
}

#[test]
fn a_catalogue_that_is_older_than_its_tables_is_found_and_a_run_under_way_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let url = format!("sqlite://{}?mode=rwc", data.join("catalog.sqlite").display());
    let older = folder.path().join("older.sqlite");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    done(&data, &["dataset", "add", "gauge", "--agency", "cuulong", "--title", "g", "--access", "open"]);
    for day in 1..=3 {
        let file = folder.path().join(format!("{day}.csv"));
        std::fs::write(&file, format!("station,time,salinity\nstation:cau_noi,2020-01-{day:02},{day}.5\n"))
            .unwrap();
        done(&data, &["load", file.to_str().unwrap(), "--dataset", "gauge"]);
        if day == 1 {
            runtime.block_on(catalog::copy_sqlite(&url, &older)).unwrap();
        }
    }
    done(&data, &["verify"]);
    let gauge = model::DatasetId::new("gauge").unwrap();
    let runs = runtime.block_on(async {
        let catalog = catalog::Catalog::open(&url).await.unwrap();
        let runs = catalog.runs(&gauge, 10).await.unwrap();
        catalog.close().await.unwrap();
        runs
    });
    std::fs::copy(&older, data.join("catalog.sqlite")).unwrap();
    for beside in ["catalog.sqlite-wal", "catalog.sqlite-shm"] {
        drop(std::fs::remove_file(data.join(beside)));
    }
    let output = cuulong(&data, &["verify", "--format", "json"]);
    assert!(!output.status.success(), "{}", said(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let damaged = found["damaged"].as_array().unwrap();
    assert_eq!(damaged.len(), 1, "{found}");
    let (kind, path) = (&damaged[0]["kind"], &damaged[0]["path"]);
    assert_eq!((kind, path), (&json!("behind"), &json!("dataset_version/gauge/2")));
    assert!(damaged[0]["what"].as_str().unwrap().contains("2 versions from 2 to 3"), "{found}");

    // As commits leave it whose versions are not recorded yet.
    runtime.block_on(async {
        let catalog = catalog::Catalog::open(&url).await.unwrap();
        for mut run in runs.into_iter().filter(|run| run.version != Some(model::Version(1))) {
            (run.state, run.version, run.finished_at) = (model::RunState::Running, None, None);
            (run.original, run.mapping) = (None, None);
            catalog.open_run(&run).await.unwrap();
        }
        catalog.close().await.unwrap();
    });
    done(&data, &["verify"]);
}

/// A raster of 4 × 3 numbers in degrees, as a GeoTIFF.
fn geotiff() -> Vec<u8> {
    let doubles = |numbers: &[f64]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_le_bytes()).collect() };
    let shorts = |numbers: &[u16]| -> Vec<u8> { numbers.iter().flat_map(|n| n.to_le_bytes()).collect() };
    let pixels: Vec<u8> = (0..12_u8).flat_map(|n| f32::from(n).to_le_bytes()).collect();
    let long = |number: u32| (4_u16, 1_u32, number.to_le_bytes().to_vec());
    let short = |number: u16| (3_u16, 1_u32, number.to_le_bytes().to_vec());
    let keys = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326];
    let tags = [
        (256_u16, short(4)),
        (257, short(3)),
        (258, short(32)),
        (259, short(1)),
        (262, short(1)),
        (273, long(8)),
        (277, short(1)),
        (278, short(3)),
        (279, long(48)),
        (339, short(3)),
        (33550, (12, 3, doubles(&[0.5, 0.5, 0.0]))),
        (33922, (12, 6, doubles(&[0.0, 0.0, 0.0, 105.0, 10.5, 0.0]))),
        (34735, (3, 16, shorts(&keys))),
    ];
    let (mut far, mut directory) = (pixels, (tags.len() as u16).to_le_bytes().to_vec());
    for (tag, (kind, count, mut value)) in tags {
        if value.len() > 4 {
            let at = 8 + far.len() as u32;
            far.extend(value);
            value = at.to_le_bytes().to_vec();
        }
        value.resize(4, 0);
        directory.extend(tag.to_le_bytes());
        directory.extend(kind.to_le_bytes());
        directory.extend(count.to_le_bytes());
        directory.extend(value);
    }
    directory.extend([0; 4]);
    let mut file = b"II*\0".to_vec();
    file.extend((8 + far.len() as u32).to_le_bytes());
    file.extend(far);
    file.extend(directory);
    file
}

#[test]
fn a_raster_that_is_damaged_or_gone_is_found_and_put_right_and_so_is_its_original() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backup = folder.path().join("backup").display().to_string();
    done(&data, &["dataset", "add", "surface", "--kind", "coverage", "--agency", "cuulong", "--title", "s"]);
    let file = folder.path().join("surface.tif");
    std::fs::write(&file, geotiff()).unwrap();
    done(&data, &["load", file.to_str().unwrap(), "--dataset", "surface"]);
    done(&data, &["backup", &backup]);
    let mut files = Vec::new();
    ending(&data.join("coverages"), ".tif", &mut files);
    ending(&data.join("originals"), "", &mut files);
    assert_eq!(files.len(), 2, "{files:?}");
    for file in &files {
        let whole = std::fs::read(file).unwrap();
        let name = file.strip_prefix(&data).unwrap().to_str().unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 8;
        for damaged in [Some(flipped), Some(whole[..whole.len() / 2].to_vec()), None] {
            match damaged {
                Some(bytes) => std::fs::write(file, bytes).unwrap(),
                None => std::fs::remove_file(file).unwrap(),
            }
            for dataset in [&[][..], &["--dataset", "surface"]] {
                let output = cuulong(&data, &[&["verify", "--format", "json"][..], dataset].concat());
                assert!(!output.status.success(), "{name}: {}", said(&output));
                let found: Value = serde_json::from_slice(&output.stdout).unwrap();
                let kind = if name.starts_with("coverages") { "raster" } else { "original" };
                assert_eq!(
                    (&found["damaged"][0]["path"], &found["damaged"][0]["kind"]),
                    (&json!(name), &json!(kind))
                );
                assert_eq!(found["damaged"].as_array().unwrap().len(), 1, "{found}");
            }
            done(&data, &["restore", &backup, "--only", name]);
            assert_eq!(std::fs::read(file).unwrap(), whole, "{name}");
            done(&data, &["verify"]);
        }
    }
}

/// Everything that is read of a node at one time.
async fn read(node: &NodeProcess) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    for path in [
        "/v1/datasets/gauge/observations?limit=1000",
        "/v1/datasets/gauge/latest",
        "/v1/datasets/gauge/versions",
        "/v1/datasets",
    ] {
        let (status, answer) = node.ask(Method::GET, path, Body::Empty).await.expect("an answer");
        assert!(status.is_success(), "{path}: {status} {answer}");
        answers.insert(path.to_owned(), answer);
    }
    let trace = answers["/v1/datasets/gauge/observations?limit=1000"]["items"][0]["trace"].clone();
    let (status, answer) =
        node.ask(Method::GET, trace.as_str().expect("a trace"), Body::Empty).await.expect("an answer");
    assert!(status.is_success(), "{trace}: {status} {answer}");
    answers.insert("trace".to_owned(), answer);
    let rows = node.sql("SELECT place, phenomenon_time, result FROM observation ORDER BY 1, 2", None).await;
    answers.insert("sql".to_owned(), json!(rows));
    answers
}

async fn write(node: &NodeProcess, day: u32, hours: std::ops::Range<u32>) {
    let one = |hour| {
        json!({ "place": "station:cau_noi", "property": "salinity",
            "time": format!("2021-05-{day:02}T{hour:02}:00:00Z"), "value": f64::from(day * 24 + hour) / 100.0 })
    };
    let body = json!({ "observations": hours.map(one).collect::<Vec<_>>() });
    let (status, answer) = node
        .ask(Method::POST, "/v1/datasets/gauge/observations", Body::Json(&body))
        .await
        .expect("an answer");
    assert!(status.is_success(), "{status} {answer}");
}

/// The drill: data, a backup while writing goes on, more data, a second backup, and then both are
/// put into empty places, where every answer is that of its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_burns_down_is_put_up_again_as_it_was_at_each_backup() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let backup = folder.path().join("backup").display().to_string();
    let node = NodeProcess::start(&data).await;
    node.register("gauge").await;
    for day in 1..6 {
        write(&node, day, 0..24).await;
    }
    let first = read(&node).await;
    done(&data, &["backup", &backup]);
    write(&node, 1, 0..4).await;
    // Somebody writes while the second backup is made: what was acknowledged before is in it.
    write(&node, 7, 0..24).await;
    let second = read(&node).await;
    let writing = async {
        for hour in 0..24 {
            write(&node, 9, hour..hour + 1).await;
        }
    };
    let (at, to) = (data.clone(), backup.clone());
    let backing_up = tokio::task::spawn_blocking(move || done(&at, &["backup", &to]));
    let ((), made) = tokio::join!(writing, backing_up);
    made.unwrap();
    node.kill().await;
    std::fs::remove_dir_all(&data).unwrap();

    let list = cuulong(&folder.path().join("x"), &["backup", "list", &backup, "--format", "json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap_or_else(|_| panic!("{}", said(&list)));
    let mut ids: Vec<String> = list
        .as_array()
        .or(list["backups"].as_array())
        .expect("a list")
        .iter()
        .map(|one| one["id"].as_str().expect("an id").to_owned())
        .collect();
    ids.sort();
    assert_eq!(ids.len(), 2);
    for (id, expected) in ids.iter().zip([&first, &second]) {
        let place = folder.path().join(format!("again-{id}"));
        done(&place, &["restore", &backup, "--backup", id]);
        let output = cuulong(&place, &["restore", &backup, "--backup", id]);
        assert!(!output.status.success(), "a place that is not empty is not overwritten: {}", said(&output));
        let node = NodeProcess::start(&place).await;
        let now = read(&node).await;
        let hours = |answers: &BTreeMap<String, Value>| answers["sql"].as_array().unwrap().clone();
        let was = hours(expected);
        let is: Vec<Value> = hours(&now)
            .into_iter()
            .filter(|row| !row["phenomenon_time"].as_str().unwrap().starts_with("2021-05-09"))
            .collect();
        assert_eq!(was, is, "{id}");
        if expected == &first {
            assert_eq!(now["trace"], first["trace"]);
            assert_eq!(now["/v1/datasets/gauge/versions"], first["/v1/datasets/gauge/versions"]);
        }
        write(&node, 11, 0..2).await;
        node.kill().await;
        done(&place, &["verify"]);
    }
}

#[test]
fn an_export_is_read_back_whole_by_programs_that_know_nothing_of_us() {
    let Some(python) = testkit::python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = of_first_format(folder.path());
    done(&data, &["migrate"]);
    let export = folder.path().join("export");
    done(&data, &["export", export.to_str().unwrap(), "--originals", "--people"]);
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/export");
    let run = |script: &str| Command::new(&python).arg(scripts.join(script)).arg(&export).output().unwrap();
    for script in ["read_duckdb.py", "read_pandas.py"] {
        let output = run(script);
        assert!(output.status.success(), "{script}: {}", said(&output));
        assert!(said(&output).contains("6 rows of data"), "{script}: {}", said(&output));
    }
    // They compare: a value that is not the one that was exported is told.
    let manifest = export.join("export.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"sum_result\": 13.625", "\"sum_result\": 13.626")).unwrap();
    for script in ["read_duckdb.py", "read_pandas.py"] {
        assert!(!run(script).status.success(), "{script} does not compare sums");
    }
}
