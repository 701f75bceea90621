//! How many connections over HTTP there are at a time: each holds a file of the process, of which there are
//! so many, and none may be left for tables when one address takes them all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Lang;
use policy::Principal;
use query::Asker;
use serve::http::{Problem, ProblemKind};

/// The most connections, whatever the system allows.
const MOST: u64 = 10_000;
/// Files that a process may have open where the system does not say.
const USUAL: u64 = 1_024;

/// The connections that are open.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    most: usize,
    /// Of one address; absent where all come through a proxy.
    each: Option<usize>,
    open: Arc<Mutex<HashMap<Asker, usize>>>,
}

/// A connection that counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Open {
    of: Connections,
    asker: Asker,
}

impl Connections {
    /// So many at a time, and half of them of one address unless a proxy stands before the node.
    pub(crate) fn new(most: usize, has_proxy: bool) -> Connections {
        let each = (!has_proxy).then_some(most.div_ceil(2));
        Connections { most, each, open: Arc::default() }
    }

    /// One more from an address, when there is room for it.
    pub(crate) fn begin(&self, address: IpAddr) -> Option<Open> {
        let asker = Asker::new(&Principal::Public, Some(address));
        let mut open = self.open();
        let all: usize = open.values().sum();
        let own = open.get(&asker).copied().unwrap_or(0);
        if all >= self.most || self.each.is_some_and(|each| own >= each) {
            metrics::counter!("cuulong_connections_refused_total").increment(1);
            return None;
        }
        open.insert(asker.clone(), own + 1);
        metrics::gauge!("cuulong_connections").set((all + 1) as f64);
        Some(Open { of: self.clone(), asker })
    }

    /// Numbers are right even where somebody panicked over them.
    fn open(&self) -> MutexGuard<'_, HashMap<Asker, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.of.open();
        if let Some(own) = open.get_mut(&self.asker) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.asker);
            }
        }
        metrics::gauge!("cuulong_connections").set(open.values().sum::<usize>() as f64);
    }
}

/// How many connections a node takes unless the operator says otherwise: half of the files that the process
/// may have open.
pub(crate) fn usual() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(USUAL);
    (files / 2).clamp(1, MOST)
}

/// What whoever finds no room is told.
pub(crate) fn refusal() -> String {
    let problem = Problem::message(ProblemKind::Unavailable, "problem-node-connections", vec![]);
    let body = problem.document(Lang::Vi, None).to_string();
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json; charset=utf-8\r\n\
        retry-after: 10\r\nconnection: close\r\n";
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Connections, refusal, usual};

    #[test]
    fn one_address_leaves_connections_to_others() {
        let connections = Connections::new(5, false);
        let begin = |last| connections.begin(IpAddr::from([10, 0, 0, last]));
        let mut own: Vec<_> = std::iter::from_fn(|| begin(1)).collect();
        let others: Vec<_> = std::iter::from_fn(|| begin(2)).collect();
        assert_eq!((own.len(), others.len()), (3, 2));
        own.pop();
        assert!(begin(1).is_some());
        drop((own, others));
        assert!(connections.open().is_empty());
        let behind_a_proxy = Connections::new(5, true);
        let all: Vec<_> = std::iter::from_fn(|| behind_a_proxy.begin([10, 0, 0, 1].into())).collect();
        assert_eq!(all.len(), 5);
        assert!(usual() > 100);
        assert!(refusal().contains("/problems/unavailable"));
    }
}
