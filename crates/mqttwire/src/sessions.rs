//! Sessions: who is connected under which name, and what is kept of those who will come back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serve::live::Message;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::outbox::Outbox;
use crate::pump::Subscriptions;

/// Sessions that are kept for those who are away.
const MOST_KEPT: usize = 1_000;
/// How long at most.
pub(crate) const LONGEST: Duration = Duration::from_secs(3_600);

/// How long a connection may take to end whose name another one takes.
const HAND_OVER: Duration = Duration::from_secs(10);

/// Whose session: the account, or where a visitor comes from, and the client's own name.
pub(crate) type Name = (String, String);

/// What is kept of a session while its client is away.
pub(crate) struct Kept {
    pub(crate) subscriptions: Subscriptions,
    pub(crate) unacknowledged: Vec<(u16, Message)>,
    pub(crate) received: Vec<u16>,
}

/// The sessions of a node.
#[derive(Default)]
pub(crate) struct Sessions(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    here: HashMap<Name, Connected>,
    away: HashMap<Name, (Instant, Kept)>,
    last: u64,
}

/// A connection that has a name.
struct Connected {
    number: u64,
    outbox: Outbox,
    /// Ends with the connection, when its session has been handed over.
    lives: watch::Receiver<()>,
}

/// A client's place among those who are connected, until it is dropped.
pub(crate) struct Here {
    state: Arc<Mutex<State>>,
    name: Name,
    number: u64,
    _lives: watch::Sender<()>,
}

impl Sessions {
    /// Takes a name. Another connection that has it ends (MQTT-3.1.4-2), and hands its session over
    /// first. None when the account has as many connections as it may.
    pub(crate) async fn arrive(&self, name: Name, outbox: &Outbox, most: usize) -> Option<Here> {
        let before = {
            let state = self.0.lock();
            let of_account = state.here.keys().filter(|(who, _)| *who == name.0).count();
            match state.here.get(&name) {
                None if of_account >= most => return None,
                None => None,
                Some(before) => {
                    before.outbox.cut();
                    Some(before.lives.clone())
                }
            }
        };
        if let Some(mut before) = before {
            // It is never told anything: this resolves when it has gone.
            timeout(HAND_OVER, before.changed()).await.ok();
        }
        let mut state = self.0.lock();
        state.last += 1;
        let number = state.last;
        let (lives, receiver) = watch::channel(());
        let connected = Connected { number, outbox: outbox.clone(), lives: receiver };
        if let Some(late) = state.here.insert(name.clone(), connected) {
            late.outbox.cut();
        }
        metrics::gauge!("cuulong_mqtt_connections").set(state.here.len() as f64);
        Some(Here { state: self.0.clone(), name, number, _lives: lives })
    }
}

impl Here {
    /// What was kept of the session, if it is still wanted.
    pub(crate) fn take_up(&self) -> Option<Kept> {
        let mut state = self.state.lock();
        let (until, kept) = state.away.remove(&self.name)?;
        (Instant::now() < until).then_some(kept)
    }

    /// Keeps the session while its client is away; those that have waited longest make room.
    pub(crate) fn keep(&self, kept: Kept, how_long: Duration) {
        let mut state = self.state.lock();
        let is_ours = state.here.get(&self.name).is_some_and(|here| here.number == self.number);
        if !is_ours {
            // Somebody has taken over, with a session of its own.
            return;
        }
        let now = Instant::now();
        state.away.retain(|_, (until, _)| now < *until);
        while state.away.len() >= MOST_KEPT {
            let Some(first) =
                state.away.iter().min_by_key(|(_, (until, _))| *until).map(|(name, _)| name.clone())
            else {
                break;
            };
            state.away.remove(&first);
        }
        state.away.insert(self.name.clone(), (now + how_long.min(LONGEST), kept));
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let mut state = self.state.lock();
        if state.here.get(&self.name).is_some_and(|here| here.number == self.number) {
            state.here.remove(&self.name);
        }
        metrics::gauge!("cuulong_mqtt_connections").set(state.here.len() as f64);
    }
}
