//! How fast bytes pass between two ends, counting only the time in which one waited for the other: who has
//! nothing to take or to send is not slow.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes that passed, against the time in which they were waited for.
#[derive(Debug, Clone)]
pub struct Pace {
    patience: Duration,
    /// Bytes a second.
    least: u64,
    passed: u64,
    waited: Duration,
    since: Option<Instant>,
}

impl Pace {
    /// The pace of somebody who is watched for so long at a time, and has to keep up with so many bytes a
    /// second.
    pub fn new(patience: Duration, least: u64) -> Pace {
        Pace { patience, least, passed: 0, waited: Duration::ZERO, since: None }
    }

    /// From now on the other end is waited for, unless it is already.
    pub fn waits(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// The other end took or sent something: it is not waited for any more.
    pub fn passes(&mut self, bytes: usize, now: Instant) {
        self.waited = self.waited(now);
        self.since = None;
        self.passed += bytes as u64;
    }

    /// How much more waiting there is before it can be said whether the other end is too slow.
    pub fn left(&self, now: Instant) -> Duration {
        self.patience.saturating_sub(self.waited(now))
    }

    /// Whether the other end was too slow while it was watched; when it was not, it is watched anew.
    pub fn is_too_slow(&mut self, now: Instant) -> bool {
        let waited = self.waited(now);
        if waited < self.patience {
            return false;
        }
        let expected = self.least as f64 * waited.as_secs_f64();
        let is_too_slow = self.passed == 0 || (self.passed as f64) < expected;
        (self.passed, self.waited) = (0, Duration::ZERO);
        self.since = self.since.map(|_| now);
        is_too_slow
    }

    fn waited(&self, now: Instant) -> Duration {
        self.waited + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Pace;

    /// Bytes that pass every so many seconds of waiting, with a rest between; whether that is too slow.
    fn check(bytes: usize, every: u64, rest: u64, expected: bool) {
        let mut pace = Pace::new(Duration::from_secs(60), 1_000);
        let mut now = Instant::now();
        let mut found = false;
        for _ in 0..200 {
            pace.waits(now);
            now += Duration::from_secs(every);
            pace.passes(bytes, now);
            found |= pace.is_too_slow(now);
            now += Duration::from_secs(rest);
            found |= pace.is_too_slow(now);
        }
        assert_eq!(found, expected, "{bytes} bytes in {every} s, then {rest} s of rest");
    }

    #[test]
    fn only_time_that_was_waited_makes_somebody_slow() {
        check(1, 1, 0, true);
        check(999, 1, 0, true);
        check(1_001, 1, 0, false);
        check(60_060, 59, 0, false);
        check(1_001, 1, 3_600, false);
        check(0, 1, 3_600, true);
    }
}
