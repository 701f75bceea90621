//! The PostgreSQL protocol (version 3.0) over the query engine: TLS, SCRAM-SHA-256, and a read-only
//! session for each principal, so that the tools people have for PostgreSQL ask this node.
//!
//! This crate translates. It plans nothing, decides nothing, and never sees a dataset: every
//! statement goes to [`query::Engine`] with the principal that signed in, and has the limits and the
//! budget that it has over HTTP.

mod cancel;
mod copy;
mod encode;
mod error;
mod extended;
mod frame;
mod rows;
mod sasl;
mod session;
mod settings;
mod simple;
mod startup;
mod statement;
mod tls;
mod tokens;
mod values;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::Catalog;
use query::Engine;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

pub use tls::{TlsError, acceptor};

/// How much clients may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// How long a connection may stand without a word.
    pub idle: Duration,
    /// How long a client may not take what is sent to it.
    pub stalled: Duration,
    /// How long signing in may take.
    pub startup: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 100,
            idle: Duration::from_secs(600),
            stalled: Duration::from_secs(60),
            startup: Duration::from_secs(20),
        }
    }
}

/// What the protocol is served with.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

struct Shared {
    catalog: Catalog,
    engine: Engine,
    tls: TlsAcceptor,
    limits: Limits,
    places: Arc<Semaphore>,
    running: cancel::Registry,
    failures: sasl::Failures,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("limits", &self.shared.limits).finish_non_exhaustive()
    }
}

impl Server {
    /// A server over these parts.
    pub fn new(catalog: Catalog, engine: Engine, tls: TlsAcceptor, limits: Limits) -> Server {
        let places = Arc::new(Semaphore::new(limits.connections));
        let shared = Shared {
            catalog,
            engine,
            tls,
            limits,
            places,
            running: cancel::Registry::default(),
            failures: sasl::Failures::default(),
        };
        Server { shared: Arc::new(shared) }
    }

    /// Serves one connection to its end.
    pub async fn connection(self, socket: TcpStream, address: SocketAddr) {
        connection(self.shared, socket, address).await;
    }
}

async fn connection(shared: Arc<Shared>, socket: TcpStream, address: SocketAddr) {
    metrics::counter!("cuulong_sqlwire_connections_total").increment(1);
    let place = shared.places.clone().try_acquire_owned().ok();
    if let Err(error) = startup::run(&shared, socket, address, place.is_some()).await {
        tracing::debug!(%error, "a connection of the PostgreSQL protocol ended");
    }
}
