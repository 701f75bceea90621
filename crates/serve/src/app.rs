//! The parts that every handler reads with.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::Catalog;
use intake::Intake;
use knowledge::Recipe;
use lake::Lake;
use metrics_exporter_prometheus::PrometheusHandle;
use query::Engine;
use secrecy::SecretString;
use url::Url;

use crate::http::principal::same_secret;

/// The running node, as the services see it. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// What exists and who may.
    pub catalog: Catalog,
    /// Originals and tables.
    pub lake: Lake,
    /// Taking in files.
    pub intake: Intake,
    /// Reads.
    pub engine: Engine,
    /// The knowledge products that this node can make.
    pub recipes: Vec<Recipe>,
    /// The numbers for `/metrics`.
    pub metrics: PrometheusHandle,
    /// How the services behave.
    pub config: ServeConfig,
}

/// How the services behave.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The address under which clients reach this node; absent, links repeat the `Host` they used.
    pub public_url: Option<Url>,
    /// The largest file that may be handed in, bytes.
    pub upload_limit: u64,
    /// A folder for files on their way in.
    pub spool: PathBuf,
    /// The longest that a request may take, except for handing in a file.
    pub request_timeout: Duration,
    /// The key of the node's own console; absent, nobody has it.
    pub console_key: Option<SecretString>,
    /// Whether the node shows made-up sample data.
    pub demo: bool,
}

impl App {
    /// Binds the parts together.
    pub fn new(parts: Parts) -> App {
        App(Arc::new(parts))
    }

    /// Whether the key is the one of the node's own console.
    pub fn is_console_key(&self, key: &SecretString) -> bool {
        self.config.console_key.as_ref().is_some_and(|console| same_secret(console, key))
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}
