//! A node on a folder of its own.

use axum::http::Method;
use cuulong::cli::{Cli, Command, Format, Settings};
use cuulong::config::Config;
use cuulong::{Client, Node};
use model::Lang;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where a test node keeps its catalogue and its store.
#[derive(Debug, Clone, Default)]
pub struct Backend {
    /// The catalogue's URL; SQLite in the node's folder when absent.
    pub catalog: Option<String>,
    /// The store's URL; the node's folder when absent.
    pub store: Option<String>,
    /// Options of the store.
    pub store_options: Vec<(String, String)>,
}

/// A node in this process, on a temporary folder.
pub struct TestNode {
    node: Option<Node>,
    folder: TempDir,
    backend: Backend,
    upload_limit: Option<u64>,
    settings: Vec<(&'static str, &'static str)>,
}

impl TestNode {
    /// A new node, empty but for the reference data.
    pub async fn start() -> TestNode {
        TestNode::start_on(Backend::default()).await
    }

    /// A new node on other servers than the embedded ones.
    pub async fn start_on(backend: Backend) -> TestNode {
        TestNode::start_with(backend, None).await
    }

    /// A new node that takes files of at most so many bytes.
    pub async fn start_taking(upload_limit: u64) -> TestNode {
        TestNode::start_with(Backend::default(), Some(upload_limit)).await
    }

    /// A new node with these variables of its configuration.
    pub async fn start_configured(settings: Vec<(&'static str, &'static str)>) -> TestNode {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let backend = Backend::default();
        let mut test = TestNode { node: None, folder, backend, upload_limit: None, settings };
        test.node = Some(Node::open(&test.config(), false).await.expect("the node opens"));
        test
    }

    /// A new node whose folder lies in this one.
    pub async fn start_in(parent: &std::path::Path) -> TestNode {
        let folder = tempfile::tempdir_in(parent).expect("a folder");
        TestNode::start_at(folder, Backend::default(), None).await
    }

    async fn start_with(backend: Backend, upload_limit: Option<u64>) -> TestNode {
        let folder = tempfile::tempdir().expect("a temporary folder");
        TestNode::start_at(folder, backend, upload_limit).await
    }

    async fn start_at(folder: TempDir, backend: Backend, upload_limit: Option<u64>) -> TestNode {
        let mut test = TestNode { node: None, folder, backend, upload_limit, settings: Vec::new() };
        test.node = Some(Node::open(&test.config(), false).await.expect("the node opens"));
        test
    }

    /// Settings with which the node is opened from its next restart on.
    pub fn configure(&mut self, settings: Vec<(&'static str, &'static str)>) {
        self.settings = settings;
    }

    /// Closes the node and opens its folder again, as after a restart.
    pub async fn restart(&mut self) {
        self.node = None;
        self.node = Some(Node::open(&self.config(), false).await.expect("the node opens again"));
    }

    /// Joins the small files of all tables, as `cuulong compact` does beside a node that serves.
    pub async fn compact(&self) {
        let command = Command::Compact { dataset: None, expire_before: None, dry_run: false, grace: None };
        self.run(self.data().display().to_string(), command).await;
    }

    /// Another node, from a backup of this one that is made now.
    pub async fn restored(&self) -> TestNode {
        let backups = self.folder.path().join("backups").display().to_string();
        let make = Command::Backup { target: Some(backups.clone()), format: Format::Text, command: None };
        self.run(self.data().display().to_string(), make).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let restore = Command::Restore { source: backups, backup: None, only: None };
        self.run(folder.path().join("data").display().to_string(), restore).await;
        TestNode::start_at(folder, Backend::default(), None).await
    }

    /// Runs a command on a folder, as from a shell.
    async fn run(&self, data: String, command: Command) {
        let settings = Settings { data: Some(data), ..Settings::default() };
        let ended = cuulong::dispatch(Cli { settings, command }, None).await;
        assert_eq!(
            format!("{ended:?}"),
            format!("{:?}", std::process::ExitCode::SUCCESS),
            "the command succeeds"
        );
    }

    /// The configuration of the node.
    pub fn config(&self) -> Config {
        let settings = Settings { data: Some(self.data().display().to_string()), ..Settings::default() };
        let variables = |name: &str| match name {
            "CUULONG_CATALOG" => self.backend.catalog.clone(),
            // A free one; nodes that nobody asks over HTTP do not listen there either.
            "CUULONG_PGWIRE_LISTEN" | "CUULONG_MQTT_LISTEN" => Some("127.0.0.1:0".to_owned()),
            "CUULONG_STORE" => self.backend.store.clone(),
            "CUULONG_UPLOAD_LIMIT" => self.upload_limit.map(|limit| limit.to_string()),
            _ => self.settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
        };
        let mut config = Config::load(&settings, None, &variables).expect("a plain configuration");
        config.store_options.extend(self.backend.store_options.iter().cloned());
        config
    }

    /// The node's folder.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// The node.
    pub fn node(&self) -> &Node {
        self.node.as_ref().expect("the node is open")
    }

    /// A client with the console's key: may do everything. English, so that tests read well.
    pub fn system(&self) -> Client {
        Client::here(self.node().router(), Some(self.node().console_key()), Lang::En)
    }

    /// A client without a key.
    pub fn public(&self) -> Client {
        Client::here(self.node().router(), None, Lang::En)
    }

    /// A client with an API key.
    pub fn with_key(&self, key: &str) -> Client {
        Client::here(self.node().router(), Some(SecretString::from(key.to_owned())), Lang::En)
    }

    /// A client of a new user with this role, in this agency, with a key of this scope.
    pub async fn user(&self, id: &str, role: &str, agency: Option<&str>, scope: &str) -> Client {
        let system = self.system();
        let user = json!({ "id": id, "name": id, "role": role, "agency": agency });
        system.send_json(Method::POST, "/v1/users", &user).await.expect("sent").ok().expect("a user");
        let key = json!({ "label": "test", "scope": scope });
        let reply =
            system.send_json(Method::POST, &format!("/v1/users/{id}/keys"), &key).await.expect("sent");
        self.with_key(reply.ok().expect("a key").json()["key"].as_str().expect("a key"))
    }

    /// Registers a dataset of the agency `cuulong`.
    pub async fn dataset(&self, id: &str, kind: &str, access: &str) {
        let dataset = json!({
            "id": id, "kind": kind, "agency": "cuulong", "title": { "vi": id, "en": id },
            "theme": "water", "licence": "CC0-1.0", "access": access, "source": "a test",
        });
        self.system()
            .send_json(Method::POST, "/v1/datasets", &dataset)
            .await
            .expect("sent")
            .ok()
            .expect("registered");
    }

    /// Hands in a file as the console and returns the report; a problem is an `Err` with its words.
    pub async fn hand_in(
        &self,
        dataset: &str,
        file_name: &str,
        file: Vec<u8>,
        mapping: Option<&str>,
    ) -> Result<Value, String> {
        let path = upload_path(dataset, file_name, mapping, false);
        let body =
            futures::StreamExt::boxed(futures::stream::once(async move { Ok(bytes::Bytes::from(file)) }));
        Ok(self.system().upload(&path, body).await?.ok()?.json())
    }

    /// Listens on loopback until the returned value is dropped or stopped.
    pub async fn serve(mut self) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut node = self.node.take().expect("the node is open");
        node.will_serve_at(address);
        let sql = node.listen_sql().await.expect("it listens").expect("an address");
        let mqtt = node.listen_mqtt().await.expect("it listens").expect("an address");
        let key = node.console_key();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            node.serve(listener, async { stopped.await.unwrap_or(()) }).await.expect("the node serves");
        });
        let url = format!("http://{address}");
        Served { url, sql, mqtt, key, stop: Some(stop), task: Some(task), test: self }
    }
}

/// The path of a hand-in with its parameters.
pub fn upload_path(dataset: &str, file_name: &str, mapping: Option<&str>, dry_run: bool) -> String {
    let mut link = url::Url::parse("http://localhost/").expect("a plain address");
    link.set_path(&format!("/v1/datasets/{dataset}/uploads"));
    link.query_pairs_mut().append_pair("file_name", file_name).append_pair("dry_run", &dry_run.to_string());
    if let Some(mapping) = mapping {
        link.query_pairs_mut().append_pair("mapping", mapping);
    }
    format!("{}?{}", link.path(), link.query().unwrap_or(""))
}

/// A node that listens on loopback.
pub struct Served {
    /// Its address.
    pub url: String,
    /// Where clients of PostgreSQL are served.
    pub sql: std::net::SocketAddr,
    /// Where clients of MQTT are served.
    pub mqtt: std::net::SocketAddr,
    /// Its console's key.
    pub key: SecretString,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
    test: TestNode,
}

impl Served {
    /// A client over HTTP without a key.
    pub fn public(&self) -> Client {
        Client::there(self.url.clone(), None, Lang::En)
    }

    /// A client over HTTP with the console's key.
    pub fn system(&self) -> Client {
        Client::there(self.url.clone(), Some(self.key.clone()), Lang::En)
    }

    /// The node's folder.
    pub fn data(&self) -> std::path::PathBuf {
        self.test.data()
    }

    /// Stops the node and waits for it.
    pub async fn stop(self) {
        drop(self.stopped().await);
    }

    /// Stops the node and waits for it; its folder can be opened again by [`TestNode::restart`].
    pub async fn stopped(mut self) -> TestNode {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            task.await.expect("the node ends well");
        }
        self.test
    }
}
