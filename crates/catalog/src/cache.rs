//! What is held in memory between requests, and how it is known to be fresh.
//!
//! Every write that touches a topic raises the topic's mark in the database, in the same
//! transaction, logs what it was about ([`Subject`]), and drops what this node holds of that when it
//! commits. Other nodes on the same database compare the marks at most once a second
//! ([`crate::CatalogOptions::recheck`]) and drop what the log names, so that a grant that was
//! withdrawn on one node ends on every node within that time, and one more dataset among very many
//! costs nobody a reading of all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{AgencyId, DatasetId, UserId};
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
    /// Places, properties and limits, and what agencies mean by names of places.
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

/// What a change was about, within its topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Subject {
    /// Anything of the topic.
    Everything,
    /// What is said of a dataset, the grants on it, or its datastreams.
    Dataset(DatasetId),
    /// The grants of a user.
    User(UserId),
    /// The grants of an agency, or its names of places.
    Agency(AgencyId),
}

impl Subject {
    /// The subject's code in the log of changes.
    pub(crate) fn code(&self) -> String {
        match self {
            Subject::Everything => "*".to_owned(),
            Subject::Dataset(id) => format!("dataset:{id}"),
            Subject::User(id) => format!("user:{id}"),
            Subject::Agency(id) => format!("agency:{id}"),
        }
    }

    /// The subject of a code. What a later version wrote and this one does not know is everything.
    pub(crate) fn from_code(code: &str) -> Subject {
        let known = code.split_once(':').and_then(|(kind, id)| match kind {
            "dataset" => DatasetId::new(id).ok().map(Subject::Dataset),
            "user" => UserId::new(id).ok().map(Subject::User),
            "agency" => AgencyId::new(id).ok().map(Subject::Agency),
            _ => None,
        });
        known.unwrap_or(Subject::Everything)
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
    values: HashMap<K, (V, usize)>,
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
        self.held.read().values.get(key).map(|(value, _)| value.clone())
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
        held.weight += weight;
        if let Some((_, before)) = held.values.insert(key, (value, weight)) {
            held.weight -= before;
        }
    }

    /// Drops what is held of a key; what is being read at this moment is not kept.
    pub(crate) fn remove(&self, key: &K) {
        let mut held = self.held.write();
        self.generation.fetch_add(1, Ordering::SeqCst);
        if let Some((_, weight)) = held.values.remove(key) {
            held.weight -= weight;
        }
    }

    pub(crate) fn clear(&self) {
        let mut held = self.held.write();
        self.generation.fetch_add(1, Ordering::SeqCst);
        held.values.clear();
        held.weight = 0;
    }
}
