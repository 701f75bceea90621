//! MQTT 3.1.1 and 5 over what the services tell: observations and entities of SensorThings, changes of
//! datasets, messages of WIS 2.0; and observations that are published to it.
//!
//! This crate translates. It is no broker: clients hear nothing of one another but what became a
//! version, every topic is asked for as the principal that signed in, and each message is read for it
//! anew, so that what may not be known is not there. The feed of changes is the queue: a client that
//! is slow lags behind in it, and one that reads nothing is cut off.

mod ask;
mod bridge;
mod connection;
mod decode;
mod encode;
mod frame;
mod memo;
mod outbox;
mod packet;
mod pump;
mod sessions;
mod topic;
mod websocket;
mod welcome;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serve::App;
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

pub use crate::bridge::Bridge;
use crate::sessions::Sessions;

/// How much clients may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections of one account, or of one address without an account.
    pub each: usize,
    /// How long a connection may stand without a word when the client names no time of its own.
    pub idle: Duration,
    /// How long signing in may take.
    pub startup: Duration,
    /// How long a client may not take what is sent to it, or not acknowledge it.
    pub stalled: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1_000,
            each: 200,
            idle: Duration::from_secs(600),
            startup: Duration::from_secs(20),
            stalled: Duration::from_secs(30),
        }
    }
}

/// What the protocol is served with.
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

struct Shared {
    app: App,
    tls: TlsAcceptor,
    limits: Limits,
    places: Arc<Semaphore>,
    sessions: Sessions,
    readings: pump::Readings,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("limits", &self.shared.limits).finish_non_exhaustive()
    }
}

impl Server {
    /// A server over these parts.
    pub fn new(app: App, tls: TlsAcceptor, limits: Limits) -> Server {
        let places = Arc::new(Semaphore::new(limits.connections));
        let shared = Shared {
            app,
            tls,
            limits,
            places,
            sessions: Sessions::default(),
            readings: pump::Readings::default(),
        };
        Server { shared: Arc::new(shared) }
    }

    /// Serves one connection to its end.
    pub async fn connection(self, socket: TcpStream, address: SocketAddr) {
        connection(self.shared, Link::Tcp(socket), address).await;
    }
}

/// What a connection comes by.
enum Link {
    /// By its own port, in plain text or in TLS.
    Tcp(TcpStream),
    /// By the HTTP port, through a WebSocket.
    Web(DuplexStream),
}

async fn connection(shared: Arc<Shared>, socket: Link, address: SocketAddr) {
    metrics::counter!("cuulong_mqtt_connections_total").increment(1);
    let place = shared.places.clone().try_acquire_owned().ok();
    match welcome::welcome(&shared, socket, address, place.is_some()).await {
        Ok(Some(connection)) => connection.run().await,
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "a connection of MQTT ended before it began"),
    }
}
