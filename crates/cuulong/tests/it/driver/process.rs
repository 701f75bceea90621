//! A node as a process of its own, that can be killed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// A node that serves a folder.
pub struct NodeProcess {
    child: Child,
    data: PathBuf,
    url: String,
    key: String,
    http: Client,
}

fn spawn(data: &Path, log: &Path, variables: &[(&str, &str)]) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong"));
    command.envs(variables.iter().copied());
    command.args(["--lang", "en", "--data"]).arg(data).args(["serve", "--listen", "127.0.0.1:0"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
    command.spawn().unwrap()
}

/// Where a node on this folder logs.
pub fn log_of(data: &Path) -> PathBuf {
    data.with_extension("log")
}

/// Starts a node and kills it a moment later, ready or not.
pub async fn kill_while_starting(data: &Path, after: Duration) {
    let mut child = spawn(data, &log_of(data), &[]);
    tokio::time::sleep(after).await;
    drop(child.start_kill());
    child.wait().await.unwrap();
}

/// Begins to upgrade the folder and is killed a moment later, done or not.
pub async fn kill_while_upgrading(data: &Path, after: Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cuulong"));
    command.args(["--lang", "en", "--data"]).arg(data).arg("migrate");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    if tokio::time::timeout(after, child.wait()).await.is_err() {
        drop(child.start_kill());
        child.wait().await.unwrap();
    }
}

impl NodeProcess {
    /// Starts a node on the folder and waits until it is ready. That it starts is a promise.
    pub async fn start(data: &Path) -> NodeProcess {
        NodeProcess::start_with(data, &[]).await
    }

    /// The same, with variables of the environment.
    pub async fn start_with(data: &Path, variables: &[(&str, &str)]) -> NodeProcess {
        let address = data.join("node.address");
        let before = std::fs::read_to_string(&address).ok();
        let mut child = spawn(data, &log_of(data), variables);
        let started = Instant::now();
        let http = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                let log = std::fs::read_to_string(log_of(data)).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                panic!("the node did not start ({status}); the end of its log, last line first: {tail:#?}");
            }
            assert!(started.elapsed() < Duration::from_secs(60), "the node is not ready after a minute");
            let published =
                std::fs::read_to_string(&address).ok().filter(|text| before.as_ref() != Some(text));
            if let Some(found) = published.and_then(|text| serde_json::from_str::<Value>(&text).ok()) {
                let url = found["url"].as_str().unwrap_or_default().to_owned();
                let key = found["key"].as_str().unwrap_or_default().to_owned();
                let ready = http.get(format!("{url}/readyz")).send().await;
                if ready.is_ok_and(|reply| reply.status() == StatusCode::OK) {
                    return NodeProcess { child, data: data.to_owned(), url, key, http };
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Its folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where it serves.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key of its console.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// SIGKILL: the process has no say in it.
    pub async fn kill(mut self) {
        drop(self.child.start_kill());
        self.child.wait().await.unwrap();
    }

    /// Asks as the console. `None` when no answer came, or a broken one.
    pub async fn ask(&self, method: Method, path: &str, body: Body<'_>) -> Option<(StatusCode, Value)> {
        Asker { url: self.url.clone(), key: self.key.clone(), http: self.http.clone() }
            .ask(method, path, body)
            .await
    }

    /// Something that asks this node after it has been killed, too.
    pub fn asker(&self) -> Asker {
        Asker { url: self.url.clone(), key: self.key.clone(), http: self.http.clone() }
    }

    /// Registers a dataset of observations that anyone may read.
    pub async fn register(&self, id: &str) {
        let dataset = json!({
            "id": id, "kind": "observations", "agency": "cuulong", "title": { "vi": id },
            "theme": "water", "licence": "CC0-1.0", "access": "open", "source": "a test",
        });
        let (status, answer) =
            self.ask(Method::POST, "/v1/datasets", Body::Json(&dataset)).await.expect("an answer");
        assert!(status.is_success(), "{status} {answer}");
    }

    /// The rows of a query, which has to succeed.
    pub async fn sql(&self, sql: &str, as_known_at: Option<&str>) -> Vec<Value> {
        let query = json!({ "sql": sql, "as_known_at": as_known_at, "format": "json" });
        let (status, answer) =
            self.ask(Method::POST, "/v1/sql", Body::Json(&query)).await.expect("an answer");
        assert!(status.is_success(), "{status} {answer}");
        assert_eq!(answer["truncated"], false);
        answer["rows"].as_array().cloned().expect("rows")
    }

    /// A whole number that a query answers, in the column `n`.
    pub async fn sql_number(&self, sql: &str) -> u64 {
        let rows = self.sql(sql, None).await;
        rows.first().and_then(|row| row["n"].as_u64()).expect("a number")
    }
}

/// What is sent.
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// JSON.
    Json(&'a Value),
    /// A file.
    File(String),
}

/// Asks one node.
#[derive(Clone)]
pub struct Asker {
    url: String,
    key: String,
    http: Client,
}

impl Asker {
    /// Asks as the console. `None` when no answer came, or a broken one.
    pub async fn ask(&self, method: Method, path: &str, body: Body<'_>) -> Option<(StatusCode, Value)> {
        let request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        let request = match body {
            Body::Empty => request,
            Body::Json(value) => request.json(value),
            Body::File(text) => request.header("content-type", "application/octet-stream").body(text),
        };
        let reply = request.send().await.ok()?;
        let status = reply.status();
        let answer = reply.bytes().await.ok()?;
        if answer.is_empty() {
            return Some((status, Value::Null));
        }
        serde_json::from_slice(&answer).ok().map(|answer| (status, answer))
    }
}
