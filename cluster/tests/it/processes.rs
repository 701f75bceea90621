//! The programs themselves, as processes: a scheduler, executors, and a node on a bucket.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::S3Server;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"station\"\n[time]\ncolumns = [\"time\"]\n\
    [[value]]\ncolumn = \"salinity\"\nproperty = \"salinity\"\n";
const SUMS: &str = "SELECT place, count(*) AS n, sum(result) AS total, max(local_day(phenomenon_time)) AS day \
                    FROM gauge GROUP BY place ORDER BY place";

/// A folder for the node, a bucket for the lake, and the words that every command gets.
struct Place {
    folder: tempfile::TempDir,
    bucket: S3Server,
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    async fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), bucket: S3Server::start().await }
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong-cluster"));
        command
            .args(["--lang", "en", "--data"])
            .arg(self.folder.path().join("data"))
            .args(["--store", &self.bucket.url("delta/lake")])
            .args(arguments)
            .env("CUULONG_CLUSTER_SECRET", SECRET)
            .env("CUULONG_CLUSTER_FROM_BYTES", "0")
            .env("CUULONG_CLUSTER_PARTITIONS", "4")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        for (name, value) in self.bucket.options() {
            command.env(format!("CUULONG_STORE_OPTION_{}", name.to_uppercase()), value);
        }
        command
    }

    /// Runs a command to its end.
    fn done(&self, arguments: &[&str]) -> Output {
        let output = self.program(arguments).output().unwrap();
        let both = [output.stdout.as_slice(), &output.stderr].concat();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&both));
        output
    }

    fn start(&self, name: &str, arguments: &[&str]) -> Running {
        let log = std::fs::File::create(self.log(name)).unwrap();
        let errors = log.try_clone().unwrap();
        Running(self.program(arguments).stdout(log).stderr(errors).spawn().unwrap())
    }

    fn log(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    fn said(&self, name: &str) -> String {
        std::fs::read_to_string(self.log(name)).unwrap_or_default()
    }

    fn executor(&self, name: &str, engine: &str) -> Running {
        let listen = format!("127.0.0.1:{}", free_port());
        self.start(name, &["cluster", "executor", "--engine", engine, "--listen", &listen, "--threads", "1"])
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn write_gauge(path: &Path) {
    let mut text = "station,time,salinity\n".to_owned();
    for station in ["cau_noi", "my_tho", "tan_chau"] {
        for day in 1..=28 {
            for hour in 0..24 {
                text.push_str(&format!(
                    "station:{station},2020-02-{day:02} {hour:02}:00,{}.{}\n",
                    day % 9,
                    hour % 10
                ));
            }
        }
    }
    std::fs::write(path, text).unwrap();
}

/// What the node answers, with its status and how long to wait.
async fn ask(url: &str, sql: &str) -> (u16, Option<String>, Value) {
    let client = reqwest::Client::new();
    let asked = client
        .post(format!("{url}/v1/sql"))
        .header("accept-language", "en")
        .json(&json!({ "sql": sql }))
        .send()
        .await;
    let Ok(reply) = asked else { return (0, None, Value::Null) };
    let wait = reply.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    (reply.status().as_u16(), wait, reply.json().await.unwrap_or_default())
}

/// Asks until the answer has this status.
async fn until(url: &str, sql: &str, status: u16, within: Duration) -> Value {
    let began = Instant::now();
    let mut last = (0, None, Value::Null);
    while began.elapsed() < within {
        last = ask(url, sql).await;
        if last.0 == status {
            return last.2;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{sql}: {last:?} after {within:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_shares_its_queries_with_executors_and_outlives_their_loss() {
    let place = Place::new().await;
    let (file, mapping) = (place.folder.path().join("a.csv"), place.folder.path().join("a.toml"));
    write_gauge(&file);
    std::fs::write(&mapping, MAPPING).unwrap();
    place.done(&["dataset", "add", "gauge", "--agency", "cuulong", "--title", "Độ mặn", "--access", "open"]);
    let (file, mapping) = (file.display().to_string(), mapping.display().to_string());
    place.done(&["load", &file, "--dataset", "gauge", "--mapping", &mapping]);
    let alone = place.done(&["sql", SUMS, "--format", "csv"]);
    let expected = String::from_utf8(alone.stdout).unwrap();
    assert_eq!(expected.lines().count(), 4, "{expected}");

    let (scheduler_port, node_port) = (free_port(), free_port());
    let engine = format!("ballista://127.0.0.1:{scheduler_port}");
    let url = format!("http://127.0.0.1:{node_port}");
    let listen = format!("127.0.0.1:{scheduler_port}");
    let scheduler = place.start("scheduler", &["cluster", "scheduler", "--listen", &listen]);
    let node_listen = format!("127.0.0.1:{node_port}");
    let _node = place.start("node", &["serve", "--engine", &engine, "--listen", &node_listen]);

    // Nobody to run it: the answer is a problem that says when to come again, not an endless wait.
    until(&url, "SELECT 1", 200, Duration::from_secs(60)).await;
    let problem = until(&url, SUMS, 503, Duration::from_secs(20)).await;
    let (status, wait, _) = ask(&url, SUMS).await;
    assert_eq!((status, wait.as_deref()), (503, Some("5")), "{problem}");
    let text = problem.to_string();
    assert!(text.contains("machines that would share it"), "{text}");
    assert!(!text.contains("127.0.0.1"), "a problem names machines: {text}");

    let first = place.executor("first", &engine);
    let _second = place.executor("second", &engine);
    until(&url, SUMS, 200, Duration::from_secs(30)).await;
    let shared = reqwest::Client::new();
    let shared = shared.post(format!("{url}/v1/sql")).json(&json!({ "sql": SUMS, "format": "csv" }));
    assert_eq!(shared.send().await.unwrap().text().await.unwrap(), expected);

    // One executor is killed: what it had is done again by the other.
    drop(first);
    let answer = until(&url, SUMS, 200, Duration::from_secs(60)).await;
    assert_eq!(answer["rows"].as_array().map(Vec::len), Some(3), "{answer}");

    // The scheduler goes and comes back; nothing else is started anew.
    drop(scheduler);
    until(&url, SUMS, 503, Duration::from_secs(20)).await;
    let _scheduler = place.start("scheduler again", &["cluster", "scheduler", "--listen", &listen]);
    let answer = until(&url, SUMS, 200, Duration::from_secs(30)).await;
    assert_eq!(answer["rows"].as_array().map(Vec::len), Some(3), "{answer}");
    for name in ["node", "second", "scheduler"] {
        assert!(!place.said(name).contains(SECRET), "{name} tells the secret");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_say_what_a_cluster_needs() {
    let place = Place::new().await;
    let fails = |arguments: &[&str], secret: &str| {
        let output = place.program(arguments).env("CUULONG_CLUSTER_SECRET", secret).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let words = fails(&["cluster", "scheduler", "--listen", "0.0.0.0:0"], "");
    assert!(words.contains("needs a secret") && words.contains("cuulong cluster secret"), "{words}");
    let words = fails(&["serve", "--engine", "ballista://10.0.0.1:50050"], "short");
    assert!(words.contains("fewer than 32 letters"), "{words}");
    let words = fails(&["cluster", "executor"], SECRET);
    assert!(words.contains("ballista://host:port"), "{words}");
    let words = fails(
        &["cluster", "executor", "--engine", "ballista://127.0.0.1:1", "--listen", "0.0.0.0:0"],
        SECRET,
    );
    assert!(words.contains("--host"), "{words}");
    let words = fails(&["serve", "--engine", "ballista:/x"], SECRET);
    assert!(words.contains("`local`, or `ballista://host:port`"), "{words}");

    let made = || String::from_utf8(place.done(&["cluster", "secret"]).stdout).unwrap();
    let (one, other) = (made(), made());
    assert!(one.trim().len() >= 32 && one != other, "{one} {other}");
    let shown = String::from_utf8(place.done(&["config"]).stdout).unwrap();
    assert!(shown.contains("cluster_secret") && !shown.contains(SECRET), "{shown}");
}
