//! How many read the stream of changes at a time: a share for each asker, and a bound for all.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use parking_lot::Mutex;
use query::Asker;

use crate::http::{Answer, Problem, ProblemKind};

/// Streams that one user, or one visitor's address, may have open.
const EACH: usize = 16;
/// Streams that a node has open at most.
const ALL: usize = 2_000;

/// Who has how many streams open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subscribers(Arc<Mutex<HashMap<Asker, usize>>>);

/// A stream that is counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    of: Subscribers,
    asker: Asker,
}

impl Subscribers {
    /// Counts one stream more, or says to wait.
    pub(crate) fn begin(&self, asker: Asker) -> Answer<Subscription> {
        let mut open = self.0.lock();
        let all: usize = open.values().sum();
        let own = open.entry(asker.clone()).or_insert(0);
        if *own >= EACH || all >= ALL {
            if *own == 0 {
                open.remove(&asker);
            }
            let problem = Problem::message(
                ProblemKind::TooManyRequests,
                "problem-changes-subscribers",
                vec![("most", EACH.to_string())],
            );
            return Err(problem.retry_after(TimeDelta::seconds(30)));
        }
        *own += 1;
        metrics::gauge!("cuulong_change_streams").set((all + 1) as f64);
        Ok(Subscription { of: self.clone(), asker })
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut open = self.of.0.lock();
        if let Some(own) = open.get_mut(&self.asker) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.asker);
            }
        }
        metrics::gauge!("cuulong_change_streams").set(open.values().sum::<usize>() as f64);
    }
}
