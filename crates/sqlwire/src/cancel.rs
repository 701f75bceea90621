//! Cancelling: a client asks on another connection to stop what it runs on this one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// Who waits to be told to stop, by number and secret.
type Connections = Mutex<HashMap<(i32, i32), Arc<Notify>>>;

/// The connections that can be told to stop.
#[derive(Default)]
pub(crate) struct Registry {
    last: AtomicI32,
    connections: Arc<Connections>,
}

/// A connection's place in the registry, as long as it lives.
pub(crate) struct Registered {
    pub(crate) process: i32,
    pub(crate) secret: i32,
    pub(crate) told: Arc<Notify>,
    connections: Arc<Connections>,
}

impl Registry {
    pub(crate) fn register(&self) -> Registered {
        let process = 1 + (self.last.fetch_add(1, Ordering::Relaxed) & 0x3fff_ffff);
        let secret = rand::random();
        let told = Arc::new(Notify::new());
        self.connections.lock().insert((process, secret), told.clone());
        Registered { process, secret, told, connections: self.connections.clone() }
    }

    /// Tells a connection to stop. Whether there is one is told nobody.
    pub(crate) fn cancel(&self, process: i32, secret: i32) {
        if let Some(told) = self.connections.lock().get(&(process, secret)) {
            told.notify_one();
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.connections.lock().remove(&(self.process, self.secret));
    }
}
