//! Configuration: `cuulong.toml`, then `CUULONG_…` variables, then flags; and where each value came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::Lang;
use secrecy::SecretString;
use serde::Deserialize;

use crate::cli::Settings;
use crate::commands::ClusterPart;
use crate::traces::TraceConfig;

/// The node's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The node's folder.
    pub data: PathBuf,
    /// The catalogue's URL.
    pub catalog: String,
    /// The store: a folder or `s3://bucket/prefix`.
    pub store: String,
    /// Options of the object store, e.g. `aws_endpoint`.
    pub store_options: BTreeMap<String, String>,
    /// Where to listen.
    pub listen: String,
    /// The address under which clients reach the node.
    pub public_url: Option<url::Url>,
    /// The language of messages on the command line.
    pub lang: Lang,
    /// The largest file that may be handed in, bytes.
    pub upload_limit: u64,
    /// The memory that one load may use for values, bytes; a larger file is sorted on the disk.
    pub load_memory: u64,
    /// The memory that queries may use together, bytes.
    pub query_memory: usize,
    /// The longest that a query may take, seconds.
    pub query_seconds: u64,
    /// The most rows that a query may answer.
    pub query_rows: usize,
    /// Running time that one user, or one visitor's address, may use, seconds a minute.
    pub budget_seconds: u64,
    /// Bytes of files that one user, or one visitor's address, may read a minute.
    pub budget_bytes: u64,
    /// The memory that the queries of one user, or one visitor's address, may use together, bytes.
    pub budget_memory: usize,
    /// Bytes of answers that may wait to be read.
    pub answer_memory: u64,
    /// Bytes of answers that may wait to be read by one user, or one visitor's address.
    pub budget_answers: u64,
    /// Connections over HTTP at a time.
    pub http_connections: usize,
    /// How long a client may take nothing of an answer, or send nothing of a request, seconds.
    pub http_idle_seconds: u64,
    /// From how long on a query is logged as slow, milliseconds; 0 for never.
    pub slow_query_ms: u64,
    /// The header in which a proxy tells the client's address.
    pub client_address_header: Option<axum::http::HeaderName>,
    /// How many changes the feed keeps.
    pub changes_kept: u64,
    /// Addresses that webhooks may have although they are not public.
    pub outgoing_private: serve::Allowed,
    /// How often a webhook is tried before a change is given up.
    pub webhook_attempts: u32,
    /// The pause after the first attempt, seconds.
    pub webhook_pause_seconds: u64,
    /// The file with the node's secret, which seals what the catalogue keeps of webhooks.
    pub secret_file: PathBuf,
    /// The node's name among the centres of the WMO Information System.
    pub wis2_centre: String,
    /// Where queries run that are too large for this machine.
    pub engine: EngineAt,
    /// What every part of a cluster knows, and nobody else.
    pub cluster_secret: Option<SecretString>,
    /// The bytes of files from which on a query goes to the cluster.
    pub cluster_from_bytes: u64,
    /// The partitions that a query is divided into there.
    pub cluster_partitions: usize,
    /// The cluster, in a program that is built with it.
    pub cluster_part: Option<ClusterPart>,
    /// Where traces go; nowhere when absent.
    pub traces: Option<TraceConfig>,
    /// How clients of PostgreSQL are served; not at all when absent.
    pub pgwire: Option<PgWire>,
    /// How clients of MQTT are served; not at all when absent.
    pub mqtt: Option<Mqtt>,
    /// The other broker of MQTT to which this node keeps a bridge.
    pub mqtt_bridge: Option<mqttwire::Bridge>,
    /// Every value with its origin, for `cuulong config`.
    pub origins: Vec<(String, String, String)>,
}

/// Where queries run that are too large for this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineAt {
    /// Here, too.
    Local,
    /// On the cluster whose scheduler is at this host and port.
    Ballista {
        /// A name or an address.
        host: String,
        /// Its port.
        port: u16,
    },
}

/// How clients of PostgreSQL are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgWire {
    /// Where to listen.
    pub listen: String,
    /// Whether somebody asked for this address: then a node does not start without it.
    pub is_asked: bool,
    /// The operator's certificate and key; the node signs one itself when absent.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Connections at a time.
    pub connections: usize,
    /// How long a connection may stand without a word, seconds.
    pub idle_seconds: u64,
}

/// How clients of MQTT are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mqtt {
    /// Where to listen, in plain text and in TLS.
    pub listen: String,
    /// Whether somebody asked for this address: then a node does not start without it.
    pub is_asked: bool,
    /// The operator's certificate and key, those of PostgreSQL's protocol; the node signs one itself when
    /// absent.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Connections at a time.
    pub connections: usize,
    /// How long a connection may stand without a word, seconds.
    pub idle_seconds: u64,
}

/// What may stand in `cuulong.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<String>,
    catalog: Option<String>,
    store: Option<String>,
    #[serde(default)]
    store_options: BTreeMap<String, String>,
    listen: Option<String>,
    public_url: Option<String>,
    lang: Option<String>,
    upload_limit: Option<u64>,
    load_memory: Option<u64>,
    query_memory: Option<u64>,
    query_seconds: Option<u64>,
    query_rows: Option<u64>,
    budget_seconds: Option<u64>,
    budget_bytes: Option<u64>,
    budget_memory: Option<u64>,
    answer_memory: Option<u64>,
    budget_answers: Option<u64>,
    http_connections: Option<u64>,
    http_idle_seconds: Option<u64>,
    slow_query_ms: Option<u64>,
    client_address_header: Option<String>,
    changes_kept: Option<u64>,
    wis2_centre: Option<String>,
    outgoing_private: Option<String>,
    webhook_attempts: Option<u64>,
    webhook_pause_seconds: Option<u64>,
    secret_file: Option<String>,
    engine: Option<String>,
    cluster_secret: Option<String>,
    cluster_from_bytes: Option<u64>,
    cluster_partitions: Option<u64>,
    otlp_endpoint: Option<String>,
    otlp_plain_hosts: Option<String>,
    otlp_percent: Option<u64>,
    pgwire_listen: Option<String>,
    pgwire_certificate: Option<String>,
    pgwire_key: Option<String>,
    pgwire_connections: Option<u64>,
    pgwire_idle_seconds: Option<u64>,
    mqtt_listen: Option<String>,
    mqtt_connections: Option<u64>,
    mqtt_idle_seconds: Option<u64>,
    mqtt_bridge: Option<String>,
    mqtt_bridge_password: Option<String>,
    mqtt_bridge_key: Option<String>,
    mqtt_bridge_topics: Option<String>,
}

/// A configuration that cannot be used; the sentence names the value and its origin.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Reads environment variables; the caller gives the real ones, tests give their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Puts the configuration together.
    pub fn load(
        settings: &Settings,
        listen: Option<&str>,
        environment: Environment<'_>,
    ) -> Result<Config, ConfigError> {
        let (file, file_name) = read_file(settings.config.as_deref(), environment)?;
        let mut values = Values { environment, file_name, origins: Vec::new() };
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        let data = PathBuf::from(values.pick("data", settings.data.clone(), file.data, "data"));
        let catalog_default = format!("sqlite://{}/catalog.sqlite?mode=rwc", data.display());
        let catalog = values.pick("catalog", settings.catalog.clone(), file.catalog, &catalog_default);
        let store = values.pick("store", settings.store.clone(), file.store, &data.display().to_string());
        let listen = values.pick("listen", listen.map(str::to_owned), file.listen, "127.0.0.1:8080");
        let public_url = values.pick("public_url", None, file.public_url, "");
        let lang = values.pick("lang", settings.lang.clone(), file.lang, "vi");
        let upload_limit = values.pick("upload_limit", None, number(file.upload_limit), "2147483648");
        let load_memory = values.pick("load_memory", None, number(file.load_memory), "1073741824");
        let query_memory = values.pick("query_memory", None, number(file.query_memory), "1073741824");
        let query_seconds = values.pick("query_seconds", None, number(file.query_seconds), "30");
        let query_rows = values.pick("query_rows", None, number(file.query_rows), "1000000");
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let seconds = (45 * threads).to_string();
        let budget_seconds = values.pick("budget_seconds", None, number(file.budget_seconds), &seconds);
        let budget_bytes = values.pick("budget_bytes", None, number(file.budget_bytes), "17179869184");
        let half = (query_memory.parse::<u64>().unwrap_or(1 << 30) / 2).to_string();
        let budget_memory = values.pick("budget_memory", None, number(file.budget_memory), &half);
        let answer_memory = values.pick("answer_memory", None, number(file.answer_memory), &half);
        let quarter = (answer_memory.parse::<u64>().unwrap_or(1 << 29) / 4).max(1).to_string();
        let budget_answers = values.pick("budget_answers", None, number(file.budget_answers), &quarter);
        let usual = crate::connections::usual().to_string();
        let http = values.pick("http_connections", None, number(file.http_connections), &usual);
        let http_connections = usize::try_from(positive("http_connections", &http)?)
            .map_err(|e| ConfigError(format!("http_connections: {e}")))?;
        let idle = values.pick("http_idle_seconds", None, number(file.http_idle_seconds), "60");
        let http_idle_seconds = positive("http_idle_seconds", &idle)?;
        let slow_query_ms = values.pick("slow_query_ms", None, number(file.slow_query_ms), "1000");
        let client_address_header =
            values.pick("client_address_header", None, file.client_address_header, "");
        let changes_kept = values.pick("changes_kept", None, number(file.changes_kept), "1000000");
        let wis2_centre = values.pick("wis2_centre", None, file.wis2_centre, "vn-cuulong");
        let outgoing_private = values.pick("outgoing_private", None, file.outgoing_private, "");
        let attempts = values.pick("webhook_attempts", None, number(file.webhook_attempts), "12");
        let pause = values.pick("webhook_pause_seconds", None, number(file.webhook_pause_seconds), "5");
        let secret_default = data.join("node.secret").display().to_string();
        let secret_file = values.pick("secret_file", None, file.secret_file, &secret_default);
        let engine = values.pick("engine", settings.engine.clone(), file.engine, "local");
        let cluster_secret = values.secret("cluster_secret", file.cluster_secret);
        let cluster_from_bytes =
            values.pick("cluster_from_bytes", None, number(file.cluster_from_bytes), "2147483648");
        let cluster_partitions =
            values.pick("cluster_partitions", None, number(file.cluster_partitions), "16");
        let otlp_endpoint = values.pick("otlp_endpoint", None, file.otlp_endpoint, "");
        let otlp_plain_hosts = values.pick("otlp_plain_hosts", None, file.otlp_plain_hosts, "");
        let otlp_percent = values.pick("otlp_percent", None, number(file.otlp_percent), "100");
        let otlp_percent = positive("otlp_percent", &otlp_percent)?;
        let listens = values.pick("pgwire_listen", None, file.pgwire_listen, PGWIRE_LISTEN);
        let certificate = values.pick("pgwire_certificate", None, file.pgwire_certificate, "");
        let key = values.pick("pgwire_key", None, file.pgwire_key, "");
        let connections = values.pick("pgwire_connections", None, number(file.pgwire_connections), "100");
        let idle = values.pick("pgwire_idle_seconds", None, number(file.pgwire_idle_seconds), "600");
        let pgwire = PgWire {
            is_asked: listens != PGWIRE_LISTEN,
            certificate: match (certificate.as_str(), key.as_str()) {
                ("", "") => None,
                ("", _) | (_, "") => {
                    let both = "pgwire_certificate and pgwire_key: give both, or neither";
                    return Err(ConfigError(both.to_owned()));
                }
                (certificate, key) => Some((PathBuf::from(certificate), PathBuf::from(key))),
            },
            connections: usize::try_from(positive("pgwire_connections", &connections)?)
                .map_err(|e| ConfigError(format!("pgwire_connections: {e}")))?,
            idle_seconds: positive("pgwire_idle_seconds", &idle)?,
            listen: listens,
        };
        let listens = values.pick("mqtt_listen", None, file.mqtt_listen, MQTT_LISTEN);
        let connections = values.pick("mqtt_connections", None, number(file.mqtt_connections), "1000");
        let idle = values.pick("mqtt_idle_seconds", None, number(file.mqtt_idle_seconds), "600");
        let mqtt = Mqtt {
            is_asked: listens != MQTT_LISTEN,
            certificate: pgwire.certificate.clone(),
            connections: usize::try_from(positive("mqtt_connections", &connections)?)
                .map_err(|e| ConfigError(format!("mqtt_connections: {e}")))?,
            idle_seconds: positive("mqtt_idle_seconds", &idle)?,
            listen: listens,
        };
        let bridge = values.pick("mqtt_bridge", None, file.mqtt_bridge, "");
        let password = values.secret("mqtt_bridge_password", file.mqtt_bridge_password);
        let key = values.secret("mqtt_bridge_key", file.mqtt_bridge_key);
        let topics = values.pick("mqtt_bridge_topics", None, file.mqtt_bridge_topics, "");
        let mqtt_bridge = match bridge.as_str() {
            "" => None,
            bridge => Some(
                mqttwire::Bridge::parse(bridge, password, key, &topics)
                    .map_err(|why| ConfigError(format!("mqtt_bridge: {why}")))?,
            ),
        };
        let traces = address("otlp_endpoint", &otlp_endpoint)?
            .map(|endpoint| TraceConfig::new(endpoint, &otlp_plain_hosts, otlp_percent).map_err(ConfigError))
            .transpose()?;
        Ok(Config {
            traces,
            changes_kept: positive("changes_kept", &changes_kept)?,
            wis2_centre: centre(wis2_centre)?,
            outgoing_private: serve::Allowed::parse(&outgoing_private)
                .map_err(|why| ConfigError(format!("outgoing_private: {why}")))?,
            webhook_attempts: u32::try_from(positive("webhook_attempts", &attempts)?)
                .map_err(|e| ConfigError(format!("webhook_attempts: {e}")))?,
            webhook_pause_seconds: positive("webhook_pause_seconds", &pause)?,
            secret_file: PathBuf::from(secret_file),
            pgwire: Some(pgwire).filter(|pgwire| pgwire.listen != "none"),
            mqtt: Some(mqtt).filter(|mqtt| mqtt.listen != "none"),
            mqtt_bridge,
            engine: engine_at(&engine)?,
            cluster_secret,
            cluster_from_bytes: cluster_from_bytes.parse().map_err(|_| {
                ConfigError(format!("cluster_from_bytes `{cluster_from_bytes}`: write a whole number"))
            })?,
            cluster_partitions: usize::try_from(positive("cluster_partitions", &cluster_partitions)?)
                .map_err(|e| ConfigError(format!("cluster_partitions: {e}")))?,
            cluster_part: None,
            catalog,
            store,
            store_options: store_options(file.store_options, &mut values),
            listen,
            public_url: address("public_url", &public_url)?,
            client_address_header: match client_address_header.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| {
                    ConfigError(format!("client_address_header `{text}`: write the name of a header"))
                })?),
            },
            budget_seconds: positive("budget_seconds", &budget_seconds)?,
            budget_bytes: positive("budget_bytes", &budget_bytes)?,
            budget_memory: usize::try_from(positive("budget_memory", &budget_memory)?)
                .map_err(|e| ConfigError(format!("budget_memory: {e}")))?,
            answer_memory: positive("answer_memory", &answer_memory)?,
            budget_answers: positive("budget_answers", &budget_answers)?,
            http_connections,
            http_idle_seconds,
            slow_query_ms: slow_query_ms.parse().map_err(|_| {
                ConfigError(format!("slow_query_ms `{slow_query_ms}`: write a whole number; 0 for never"))
            })?,
            lang: Lang::from_tag(&lang)
                .ok_or_else(|| ConfigError(format!("lang `{lang}`: write vi or en")))?,
            upload_limit: positive("upload_limit", &upload_limit)?,
            load_memory: positive("load_memory", &load_memory)?,
            query_memory: usize::try_from(positive("query_memory", &query_memory)?)
                .map_err(|e| ConfigError(format!("query_memory: {e}")))?,
            query_seconds: positive("query_seconds", &query_seconds)?,
            query_rows: usize::try_from(positive("query_rows", &query_rows)?)
                .map_err(|e| ConfigError(format!("query_rows: {e}")))?,
            data,
            origins: values.origins,
        })
    }
}

/// Where clients of PostgreSQL are served, unless the operator says otherwise.
const PGWIRE_LISTEN: &str = "127.0.0.1:5433";

/// Where clients of MQTT are served, unless the operator says otherwise.
const MQTT_LISTEN: &str = "127.0.0.1:1883";

/// A URL, or nothing where nothing is given.
fn address(name: &str, text: &str) -> Result<Option<url::Url>, ConfigError> {
    match text {
        "" => Ok(None),
        text => url::Url::parse(text).map(Some).map_err(|e| ConfigError(format!("{name} `{text}`: {e}"))),
    }
}

/// A centre's name: the country's letters, a dash and a name (WTH 1.0 §7.1.6).
fn centre(text: String) -> Result<String, ConfigError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    match text.split_once('-') {
        Some((country, name)) if country.len() >= 2 && !name.is_empty() && text.chars().all(plain) => {
            Ok(text)
        }
        _ => Err(ConfigError(format!("wis2_centre `{text}`: write a name such as `vn-cuulong`"))),
    }
}

/// `local`, or `ballista://host:port`.
fn engine_at(text: &str) -> Result<EngineAt, ConfigError> {
    if text == "local" {
        return Ok(EngineAt::Local);
    }
    let wrong = || ConfigError(format!("engine `{text}`: write `local`, or `ballista://host:port`"));
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let bare = matches!(url.path(), "" | "/") && url.username().is_empty() && url.query().is_none();
    match (url.scheme(), url.host_str(), url.port()) {
        ("ballista", Some(host), Some(port)) if bare => {
            Ok(EngineAt::Ballista { host: host.to_owned(), port })
        }
        _ => Err(wrong()),
    }
}

fn positive(name: &str, text: &str) -> Result<u64, ConfigError> {
    text.parse::<u64>()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| ConfigError(format!("{name} `{text}`: write a whole number above 0")))
}

fn read_file(asked: Option<&Path>, environment: Environment<'_>) -> Result<(File, String), ConfigError> {
    let asked = asked.map(Path::to_path_buf).or_else(|| environment("CUULONG_CONFIG").map(PathBuf::from));
    let path = asked.clone().unwrap_or_else(|| PathBuf::from("cuulong.toml"));
    let name = path.display().to_string();
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text)
            .map(|file| (file, name.clone()))
            .map_err(|error| ConfigError(format!("{name}: {error}"))),
        Err(error) if asked.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            Ok((File::default(), name))
        }
        Err(error) => Err(ConfigError(format!("{name}: {error}"))),
    }
}

/// The store's options: the file's, over them `CUULONG_STORE_OPTION_…`; secrets are not shown.
fn store_options(mut options: BTreeMap<String, String>, values: &mut Values<'_>) -> BTreeMap<String, String> {
    for name in ["aws_endpoint", "aws_region", "aws_access_key_id", "aws_secret_access_key", "aws_allow_http"]
    {
        if let Some(value) = (values.environment)(&format!("CUULONG_STORE_OPTION_{}", name.to_uppercase())) {
            options.insert(name.to_owned(), value);
        }
    }
    for (name, value) in &options {
        let shown = if name.contains("secret") || name.contains("token") { "(set)" } else { value.as_str() };
        values.origins.push((
            format!("store_options.{name}"),
            shown.to_owned(),
            "file or variable".to_owned(),
        ));
    }
    options
}

struct Values<'a> {
    environment: Environment<'a>,
    file_name: String,
    origins: Vec<(String, String, String)>,
}

impl Values<'_> {
    fn pick(&mut self, name: &str, flag: Option<String>, file: Option<String>, default: &str) -> String {
        let variable = format!("CUULONG_{}", name.to_uppercase());
        let (value, origin) = if let Some(value) = flag {
            (value, format!("--{}", name.replace('_', "-")))
        } else if let Some(value) = (self.environment)(&variable) {
            (value, variable)
        } else if let Some(value) = file {
            (value, self.file_name.clone())
        } else {
            (default.to_owned(), "default".to_owned())
        };
        self.origins.push((name.to_owned(), without_password(&value), origin));
        value
    }

    /// A value that is not shown, and that no flag takes: command lines can be read by others.
    fn secret(&mut self, name: &str, file: Option<String>) -> Option<SecretString> {
        let variable = format!("CUULONG_{}", name.to_uppercase());
        let (value, origin) = match ((self.environment)(&variable), file) {
            (Some(value), _) => (value, variable),
            (None, Some(value)) => (value, self.file_name.clone()),
            (None, None) => (String::new(), "default".to_owned()),
        };
        let shown = if value.is_empty() { "" } else { "(set)" };
        self.origins.push((name.to_owned(), shown.to_owned(), origin));
        (!value.is_empty()).then(|| SecretString::from(value))
    }
}

/// The value as it may be shown: a URL without its password.
fn without_password(value: &str) -> String {
    match url::Url::parse(value) {
        Ok(mut url) if url.password().is_some() => {
            // A URL that has a password takes another one.
            if url.set_password(Some("***")).is_err() {
                return "(set)".to_owned();
            }
            url.to_string()
        }
        _ => value.to_owned(),
    }
}
