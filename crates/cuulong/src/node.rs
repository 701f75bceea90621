//! A node: every part built, wired and brought to order.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use catalog::reference::Reference;
use catalog::{Catalog, CatalogOptions};
use chrono::Utc;
use intake::{BYTES_OF_A_VALUE, Intake, IntakeLimits};
use knowledge::Recipe;
use lake::{Lake, LakeConfig};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use query::cluster::Elsewhere;
use query::{Budget, Engine, QueryLimits};
use secrecy::SecretString;
use serve::http::pace::Pace;
use serve::http::unread::LEAST;
use serve::{App, ServeConfig};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::config::{Config, EngineAt, Mqtt, PgWire};
use crate::connections::Connections;
use crate::listen;
use crate::lock::{Holder, Lock};
use crate::operate::folder;
use crate::stalled::Watchful;

/// What keeps a node from starting; each names what to do.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Another process has the folder.
    #[error("`{0}` is in use by another process; wait for it to end, or choose another folder with --data")]
    InUse(String),
    /// A file or folder.
    #[error("cannot use `{path}`")]
    Folder {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The folder is of a later version, or could not be brought up to date; the sentence says which.
    #[error("{0}")]
    Format(String),
    /// The catalogue.
    #[error("cannot open the catalogue")]
    Catalog(#[from] catalog::Error),
    /// The store.
    #[error("cannot open the store")]
    Lake(#[from] lake::Error),
    /// The reference data that the program carries.
    #[error("the reference data cannot be read")]
    Reference(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Runs that were cut off.
    #[error("cannot bring runs that were cut off to an end")]
    Recovery(#[from] intake::Error),
    /// The query engine.
    #[error("cannot start the query engine")]
    Engine(#[from] query::Error),
    /// The cluster cannot be used; the sentence says why.
    #[error("{0}")]
    Cluster(String),
    /// A recipe that the program carries.
    #[error("a recipe cannot be read")]
    Recipes(#[from] knowledge::Error),
    /// The certificate of the PostgreSQL protocol.
    #[error("cannot serve the PostgreSQL protocol in TLS")]
    Tls(#[from] sqlwire::TlsError),
    /// The file with the node's secret.
    #[error("cannot read the node's secret from `{path}`", path = path.display())]
    Secret {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The address to listen on.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A node whose folder is locked and whose parts are ready.
pub struct Node {
    /// Ends with the node.
    background: JoinSet<()>,
    app: App,
    router: Router,
    lock: Lock,
    connections: Connections,
    pgwire: Option<PgWire>,
    mqtt: Option<Mqtt>,
    mqtt_bridge: Option<mqttwire::Bridge>,
    data: PathBuf,
}

impl Node {
    /// Opens the folder that the configuration names: migrates the catalogue, applies the
    /// reference data, and brings runs that were cut off to an end.
    pub async fn open(config: &Config, demo: bool) -> Result<Node, NodeError> {
        let lock = match Lock::take(&config.data).map_err(folder_error(config))? {
            Holder::Us(lock) => lock,
            Holder::Node(_) | Holder::Someone => {
                return Err(NodeError::InUse(config.data.display().to_string()));
            }
        };
        Node::with_lock(config, demo, lock).await
    }

    /// The same, with a lock already taken.
    pub(crate) async fn with_lock(config: &Config, demo: bool, lock: Lock) -> Result<Node, NodeError> {
        let upgrade = folder::bring_up(config).await.map_err(NodeError::Format)?;
        if let (Some(from), false) = (upgrade.from, upgrade.is_none()) {
            let copy = upgrade.copy.map(|copy| copy.display().to_string());
            tracing::info!(from, to = folder::FORMAT, copy, "the folder was brought up to date");
        }
        let app = build(config, demo, &lock).await?;
        let mut router = serve::router(app.clone(), portal::router());
        if config.traces.is_some() {
            router = crate::traces::around(router);
        }
        let mut background = JoinSet::new();
        background.spawn(app.intake.clone().keep_leases());
        background.spawn(app.intake.clone().keep_journal());
        background.spawn(app.intake.clone().keep_drafts());
        background.spawn(app.clone().keep_pieces());
        background.spawn(app.clone().keep_changes());
        background.spawn(app.clone().keep_webhooks());
        let (pgwire, mqtt, data) = (config.pgwire.clone(), config.mqtt.clone(), config.data.clone());
        let mqtt_bridge = config.mqtt_bridge.clone();
        let connections = Connections::new(config.http_connections, config.client_address_header.is_some());
        Ok(Node { background, app, router, lock, connections, pgwire, mqtt, mqtt_bridge, data })
    }

    /// The parts that handlers read with.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The whole service, to be called in this process.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The key of this node's own console.
    pub fn console_key(&self) -> SecretString {
        self.lock.key.clone()
    }

    /// Serves clients of PostgreSQL from now on, and says where; nowhere when the configuration says so,
    /// or when another has the address that nobody asked for.
    pub async fn listen_sql(&mut self) -> Result<Option<SocketAddr>, NodeError> {
        let Some(pgwire) = &self.pgwire else { return Ok(None) };
        let listener = match TcpListener::bind(&pgwire.listen).await {
            Ok(listener) => listener,
            Err(error) if !pgwire.is_asked => {
                tracing::warn!(%error, address = pgwire.listen, "the PostgreSQL protocol is not served");
                return Ok(None);
            }
            Err(source) => return Err(NodeError::Listen { address: pgwire.listen.clone(), source }),
        };
        let given = pgwire.certificate.as_ref();
        let given = given.map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let tls = sqlwire::acceptor(given, &self.data)?;
        let limits = sqlwire::Limits {
            connections: pgwire.connections,
            idle: Duration::from_secs(pgwire.idle_seconds),
            stalled: sqlwire::Limits::default().stalled.min(Duration::from_secs(pgwire.idle_seconds)),
            ..sqlwire::Limits::default()
        };
        let address = listener
            .local_addr()
            .map_err(|source| NodeError::Listen { address: pgwire.listen.clone(), source })?;
        let server = sqlwire::Server::new(self.app.catalog.clone(), self.app.engine.clone(), tls, limits);
        let one = move |socket, address| server.clone().connection(socket, address);
        self.background.spawn(listen::take(listener, "the PostgreSQL protocol", one));
        Ok(Some(address))
    }

    /// Serves clients of MQTT from now on, and says where; nowhere when the configuration says so, or when
    /// another has the address that nobody asked for.
    pub async fn listen_mqtt(&mut self) -> Result<Option<SocketAddr>, NodeError> {
        let Some(mqtt) = &self.mqtt else { return Ok(None) };
        let listener = match TcpListener::bind(&mqtt.listen).await {
            Ok(listener) => listener,
            Err(error) if !mqtt.is_asked => {
                tracing::warn!(%error, address = mqtt.listen, "MQTT is not served");
                return Ok(None);
            }
            Err(source) => return Err(NodeError::Listen { address: mqtt.listen.clone(), source }),
        };
        let given = mqtt.certificate.as_ref();
        let given = given.map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        let tls = sqlwire::acceptor(given, &self.data)?;
        let limits = mqttwire::Limits {
            connections: mqtt.connections,
            idle: Duration::from_secs(mqtt.idle_seconds),
            stalled: mqttwire::Limits::default().stalled.min(Duration::from_secs(mqtt.idle_seconds)),
            ..mqttwire::Limits::default()
        };
        let address = listener
            .local_addr()
            .map_err(|source| NodeError::Listen { address: mqtt.listen.clone(), source })?;
        self.app.serves_mqtt(address.port());
        let server = mqttwire::Server::new(self.app.clone(), tls, limits);
        let (web, serving) = server.web();
        self.router = self.router.clone().merge(web);
        self.background.spawn(serving);
        if let Some(bridge) = self.mqtt_bridge.clone() {
            let place = self.data.join("mqtt-bridge.place");
            self.background.spawn(server.clone().bridge(bridge, place));
        }
        let one = move |socket, address| server.clone().connection(socket, address);
        self.background.spawn(listen::take(listener, "MQTT", one));
        Ok(Some(address))
    }

    /// Says where HTTP is served, before anything else is: what is pushed is linked to there.
    pub fn will_serve_at(&self, address: SocketAddr) {
        let reached = reached(address);
        let Ok(url) = url::Url::parse(&format!("http://{reached}/")) else { return };
        if self.app.config.public_url.is_none() && reached.ip().is_loopback() {
            tracing::warn!(
                links = %url,
                "links in what is pushed (MQTT, webhooks, WIS 2.0) lead to this machine, and others cannot follow them: set `public_url`"
            );
        }
        self.app.serves_at(url);
    }

    /// Serves until `stop` resolves, then lets requests under way end.
    pub async fn serve(
        mut self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NodeError> {
        let listen_error = |source| NodeError::Listen { address: "the address given".to_owned(), source };
        let address = listener.local_addr().map_err(listen_error)?;
        if self.app.address().is_none() {
            self.will_serve_at(address);
        }
        self.lock
            .publish(&format!("http://{}", reached(address)))
            .map_err(|source| NodeError::Folder { path: "node.address".to_owned(), source })?;
        let router = self.router.clone();
        self.background.spawn(keep_numbers(self.app.metrics.clone()));
        let pace = Pace::new(self.app.config.unread.patience, LEAST);
        let listener = Watchful::new(listener, pace);
        listen::serve(listener, self.connections.clone(), router, listen::HEAD, stop).await;
        // What is pending is safe in the journal; in its table, whoever opens the folder next need not do it.
        match tokio::time::timeout(LAST_FLUSH, self.app.intake.settle_writes()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "small writes stay in the journal until the next start"),
            Err(_) => tracing::warn!("small writes stay in the journal until the next start"),
        }
        match tokio::time::timeout(LAST_FLUSH, self.app.catalog.settle_audit()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the last refusals are not in the audit chain"),
            Err(_) => tracing::error!("the last refusals are not in the audit chain"),
        }
        Ok(())
    }
}

/// How a node that listens at an address is reached from its machine: a wildcard by loopback.
fn reached(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

/// Sums up what the recorder holds, so that it does not pile up where nobody asks for `/metrics`.
async fn keep_numbers(recorder: PrometheusHandle) {
    let mut beat = tokio::time::interval(UPKEEP);
    loop {
        beat.tick().await;
        recorder.run_upkeep();
    }
}

/// How long a node that ends waits for small writes to be in their tables.
const LAST_FLUSH: Duration = Duration::from_secs(10);

/// How often the numbers are summed up.
const UPKEEP: Duration = Duration::from_secs(5);

fn folder_error(config: &Config) -> impl Fn(std::io::Error) -> NodeError {
    let path = config.data.display().to_string();
    move |source| NodeError::Folder { path: path.clone(), source }
}

async fn build(config: &Config, demo: bool, lock: &Lock) -> Result<App, NodeError> {
    let spool = config.data.join("spool");
    std::fs::create_dir_all(&spool).map_err(folder_error(config))?;
    let options = CatalogOptions { node: Some(lock.node.clone()), ..CatalogOptions::default() };
    let catalog = Catalog::open_with(&config.catalog, options).await?;
    let reference = Reference::builtin().map_err(|error| NodeError::Reference(error.into()))?;
    let changes = catalog.apply_reference(&reference).await?;
    if changes.added + changes.changed > 0 {
        tracing::info!(added = changes.added, changed = changes.changed, "reference data applied");
    }
    let lake =
        Lake::open(&LakeConfig { url: config.store.clone(), options: config.store_options.clone() }).await?;
    let in_memory = config.load_memory / BYTES_OF_A_VALUE;
    let limits = IntakeLimits {
        max_bytes: config.upload_limit,
        values_in_memory: u32::try_from(in_memory).unwrap_or(u32::MAX).max(1),
        work_folder: spool.clone(),
        ..IntakeLimits::default()
    };
    let intake = Intake::new(catalog.clone(), lake.clone(), limits);
    for run in intake.recover(Utc::now()).await? {
        tracing::warn!(run.id = %run.id, run.state = run.state.code(), dataset = %run.dataset, "a run that was cut off was brought to an end");
    }
    let why = "the node stopped before the job was done: ask for it again";
    let ended = catalog.end_jobs_cut_off(why, Utc::now()).await?;
    if ended > 0 {
        tracing::warn!(jobs = ended, "jobs that were cut off were brought to an end");
    }
    let limits = QueryLimits {
        memory_bytes: config.query_memory,
        timeout: Duration::from_secs(config.query_seconds),
        max_rows: config.query_rows,
        budget: Budget {
            seconds: config.budget_seconds as f64,
            bytes: config.budget_bytes as f64,
            memory_bytes: config.budget_memory,
        },
        slow_after: (config.slow_query_ms > 0).then(|| Duration::from_millis(config.slow_query_ms)),
        ..QueryLimits::default()
    };
    let engine = Engine::with_cluster(catalog.clone(), lake.clone(), limits, elsewhere(config)?)?;
    let serve_config = ServeConfig {
        public_url: config.public_url.clone(),
        upload_limit: config.upload_limit,
        spool,
        // Reads end by their own budget; this is for whatever hangs in spite of it.
        request_timeout: Duration::from_secs(config.query_seconds.saturating_mul(20).max(600)),
        unread: serve::UnreadLimits {
            all: config.answer_memory,
            each: config.budget_answers,
            patience: Duration::from_secs(config.http_idle_seconds),
        },
        console_key: Some(lock.key.clone()),
        sealer: crate::secret::of_file(&config.secret_file)
            .map_err(|source| NodeError::Secret { path: config.secret_file.clone(), source })?,
        client_address_header: config.client_address_header.clone(),
        changes_kept: config.changes_kept,
        outgoing_private: config.outgoing_private.clone(),
        webhook_attempts: config.webhook_attempts,
        webhook_pause: Duration::from_secs(config.webhook_pause_seconds),
        wis2_centre: config.wis2_centre.clone(),
        demo,
    };
    let app = App::new(serve::Parts {
        catalog,
        lake,
        intake,
        engine,
        recipes: Recipe::builtin()?,
        metrics: recorder(),
        config: serve_config,
    });
    match serve::finish_inserts(&app).await {
        Ok(0) => {}
        Ok(values) => tracing::warn!(
            values,
            "values of deep inserts and deletions that were cut off were brought to an end"
        ),
        Err(problem) => {
            tracing::error!(?problem, "values of deep inserts and deletions that were cut off still wait")
        }
    }
    Ok(app)
}

/// The cluster, when the configuration names one.
fn elsewhere(config: &Config) -> Result<Option<Elsewhere>, NodeError> {
    if config.engine == EngineAt::Local {
        return Ok(None);
    }
    let part = config.cluster_part.ok_or_else(|| {
        NodeError::Cluster("this program is not built with the cluster: start `cuulong-cluster`".to_owned())
    })?;
    (part.connect)(config).map(Some).map_err(NodeError::Cluster)
}

/// The bounds of the buckets of every time that is counted, seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The recorder of metrics: one a process, whatever number of nodes it opens.
fn recorder() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let seconds = Matcher::Suffix("_seconds".to_owned());
            let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS);
            let recorder = builder.expect("there are buckets").build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another recorder of metrics is in place; /metrics stays empty");
            }
            handle
        })
        .clone()
}
