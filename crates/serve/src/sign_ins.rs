//! Holding back whoever guesses passwords: so many failures in so much time, a name and in all.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

/// How long a failure counts.
const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failures of one name, after which it waits.
const MOST_A_NAME: usize = 10;
/// Failures of all names together, after which every name waits; also the most that is held here.
const MOST: usize = 1_000;

/// The attempts of the last quarter of an hour that have not succeeded, oldest first.
#[derive(Default)]
pub(crate) struct SignIns(Mutex<VecDeque<(DateTime<Utc>, String)>>);

impl SignIns {
    /// Begins an attempt, or says how long to wait. It counts as a failure until it has succeeded,
    /// so that many attempts at once are no way around.
    pub(crate) fn begin(&self, name: &str, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let mut attempts = self.0.lock();
        while attempts.front().is_some_and(|(at, _)| *at + WINDOW <= now) {
            attempts.pop_front();
        }
        let own: Vec<DateTime<Utc>> =
            attempts.iter().filter(|(_, who)| who == name).map(|(at, _)| *at).collect();
        let full = if own.len() >= MOST_A_NAME {
            own.first().copied()
        } else if attempts.len() >= MOST {
            attempts.front().map(|(at, _)| *at)
        } else {
            None
        };
        if let Some(oldest) = full {
            return Err(oldest + WINDOW - now);
        }
        attempts.push_back((now, name.to_owned()));
        Ok(())
    }

    /// Forgets the attempts of a name that has signed in.
    pub(crate) fn succeeded(&self, name: &str) {
        self.0.lock().retain(|(_, who)| who != name);
    }
}
