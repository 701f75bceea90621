//! What is held in memory between requests, and how it is known to be fresh.
//!
//! Every write that touches a topic raises the topic's mark in the database, in the same
//! transaction, and clears what this node holds of it when it commits. Other nodes on the same
//! database compare the marks at most once a second ([`crate::CatalogOptions::recheck`]), so that a
//! grant that was withdrawn on one node ends on every node within that time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

/// Something that changes as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Topic {
    /// Datasets, agencies and grants.
    Access,
    /// Datastreams.
    Datastreams,
    /// Accounts, keys and sessions.
    People,
    /// Places, properties and limits.
    Reference,
}

impl Topic {
    pub(crate) const ALL: [Topic; 4] = [Topic::Access, Topic::Datastreams, Topic::People, Topic::Reference];

    /// The topic's code in the table of marks.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Topic::Access => "access",
            Topic::Datastreams => "datastreams",
            Topic::People => "people",
            Topic::Reference => "reference",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| topic.code() == code)
    }
}

/// Values by key, bounded by weight. When it is full it is emptied: the next reads fill it again
/// with what is used now, and nothing has to be counted on the way of a hit.
pub(crate) struct Cache<K, V> {
    held: RwLock<Held<K, V>>,
    generation: AtomicU64,
    capacity: usize,
}

struct Held<K, V> {
    values: HashMap<K, V>,
    weight: usize,
}

/// A moment before a read; a value that was read before a later change is not kept.
#[derive(Clone, Copy)]
pub(crate) struct Ticket(u64);

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(capacity: usize) -> Self {
        let held = Held { values: HashMap::new(), weight: 0 };
        Cache { held: RwLock::new(held), generation: AtomicU64::new(0), capacity }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.held.read().values.get(key).cloned()
    }

    /// To be taken before the database is read.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.generation.load(Ordering::SeqCst))
    }

    /// Keeps a value unless something changed since the ticket was taken.
    pub(crate) fn put(&self, ticket: Ticket, key: K, value: V, weight: usize) {
        let mut held = self.held.write();
        if self.generation.load(Ordering::SeqCst) != ticket.0 {
            return;
        }
        if held.weight + weight > self.capacity {
            held.values.clear();
            held.weight = 0;
        }
        if held.values.insert(key, value).is_none() {
            held.weight += weight;
        }
    }

    pub(crate) fn clear(&self) {
        let mut held = self.held.write();
        self.generation.fetch_add(1, Ordering::SeqCst);
        held.values.clear();
        held.weight = 0;
    }
}
