//! Budgets: what one asker may use of the engine's time, bytes and memory.
//!
//! Time and bytes run into an account at a steady rate, up to what five minutes bring, and are
//! taken from it when a request ends and its use is known. An account that is overdrawn starts
//! nothing new until it is level again, so that a refusal can say how long to wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::asker::Asker;
use crate::Error;
use crate::error::Whose;

/// What one asker may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Running time, seconds a minute.
    pub seconds: f64,
    /// Bytes of files read, a minute.
    pub bytes: f64,
    /// Memory of all SQL requests of one asker together, bytes.
    pub memory_bytes: usize,
}

/// So many minutes of budget may be saved up.
const SAVED_MINUTES: f64 = 5.0;
/// All visitors together have the budget of so many users.
const PUBLIC_SHARES: f64 = 4.0;
/// The longest time that anyone is told to wait.
const NEVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// Accounts that are kept. Beyond it, visitors share one.
const MOST_ACCOUNTS: usize = 8192;

/// How an asker's budgets stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Running time, seconds.
    pub seconds: Level,
    /// Bytes of files read.
    pub bytes: Level,
}

/// How much one budget holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// When it is full.
    pub most: f64,
    /// Now; less than nothing when it is overdrawn.
    pub left: f64,
    /// How long until it is full again or, when it is overdrawn, until something may be asked again.
    pub wait: Duration,
}

impl Standing {
    /// In how many seconds an empty budget is full.
    pub const WINDOW_SECONDS: u64 = (SAVED_MINUTES * 60.0) as u64;

    /// Of two accounts that a request is taken from, what is left for it.
    fn least(self, other: Standing) -> Standing {
        let least = |a: Level, b: Level| if b.left < a.left { Level { most: a.most, ..b } } else { a };
        Standing { seconds: least(self.seconds, other.seconds), bytes: least(self.bytes, other.bytes) }
    }
}

/// The accounts of everyone who asked lately.
#[derive(Debug)]
pub(crate) struct Accounts {
    budget: Budget,
    public: Arc<Account>,
    held: Mutex<HashMap<Asker, Arc<Account>>>,
}

/// What one asker has used.
#[derive(Debug)]
pub(crate) struct Account {
    asker: Asker,
    spent: Mutex<Spent>,
    /// Memory that the asker's SQL requests hold now.
    pub(crate) memory: AtomicUsize,
    parent: Option<Arc<Account>>,
}

#[derive(Debug)]
struct Spent {
    seconds: Bucket,
    bytes: Bucket,
}

/// Runs full at a steady rate; may be overdrawn.
#[derive(Debug)]
struct Bucket {
    most: f64,
    a_second: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    fn new(a_minute: f64, now: Instant) -> Bucket {
        let most = a_minute * SAVED_MINUTES;
        Bucket { most, a_second: a_minute / 60.0, left: most, at: now }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.a_second).min(self.most);
        self.at = now;
    }

    /// How long until there is something again.
    fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.refill(now);
        (self.left <= 0.0).then(|| in_seconds(1.0 - self.left / self.a_second))
    }

    fn level(&mut self, now: Instant) -> Level {
        let overdrawn = self.wait(now);
        let full = || in_seconds((self.most - self.left) / self.a_second);
        Level { most: self.most, left: self.left, wait: overdrawn.unwrap_or_else(full) }
    }
}

/// A time that may be without end: a budget of nothing never fills.
fn in_seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(NEVER).min(NEVER)
}

impl Account {
    fn new(asker: Asker, budget: Budget, shares: f64, parent: Option<Arc<Account>>) -> Account {
        let now = Instant::now();
        let spent = Spent {
            seconds: Bucket::new(budget.seconds * shares, now),
            bytes: Bucket::new(budget.bytes * shares, now),
        };
        Account { asker, spent: Mutex::new(spent), memory: AtomicUsize::new(0), parent }
    }

    /// Who it belongs to.
    pub(crate) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Refuses when the account is overdrawn, its own or that of all visitors. Whoever waits as long as
    /// told finds none of them overdrawn by what was charged until now.
    pub(crate) fn admit(&self) -> Result<(), Error> {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> Result<(), Error> {
        if self.asker == Asker::Node {
            return Ok(());
        }
        let Some((what, wait)) = self.longest_wait(now) else { return Ok(()) };
        metrics::counter!("cuulong_budget_refused_total", "asker" => self.asker.kind(), "budget" => what)
            .increment(1);
        Err(Error::Busy { whose: Whose::Asker, what, wait })
    }

    /// The budget that has to be waited for the longest.
    fn longest_wait(&self, now: Instant) -> Option<(&'static str, Duration)> {
        let mut spent = self.spent.lock();
        let own = [("time", spent.seconds.wait(now)), ("bytes", spent.bytes.wait(now))];
        drop(spent);
        let of_all = self.parent.as_ref().and_then(|parent| parent.longest_wait(now));
        let over = own.into_iter().filter_map(|(what, wait)| Some((what, wait?)));
        over.chain(of_all).max_by_key(|(_, wait)| *wait)
    }

    fn standing(&self, now: Instant) -> Standing {
        let mut spent = self.spent.lock();
        let own = Standing { seconds: spent.seconds.level(now), bytes: spent.bytes.level(now) };
        drop(spent);
        self.parent.as_ref().map_or(own, |parent| own.least(parent.standing(now)))
    }

    /// Takes what a request used.
    pub(crate) fn charge(&self, seconds: f64, bytes: u64) {
        let now = Instant::now();
        {
            let mut spent = self.spent.lock();
            spent.seconds.refill(now);
            spent.bytes.refill(now);
            spent.seconds.left -= seconds;
            spent.bytes.left -= bytes as f64;
        }
        match &self.parent {
            Some(parent) => parent.charge(seconds, bytes),
            None => {
                let kind = self.asker.kind();
                let milliseconds = (seconds * 1000.0).round() as u64;
                metrics::counter!("cuulong_budget_used_milliseconds_total", "asker" => kind)
                    .increment(milliseconds);
                metrics::counter!("cuulong_budget_used_bytes_total", "asker" => kind).increment(bytes);
            }
        }
    }

    fn is_full(&self, now: Instant) -> bool {
        let mut spent = self.spent.lock();
        spent.seconds.refill(now);
        spent.bytes.refill(now);
        spent.seconds.left >= spent.seconds.most && spent.bytes.left >= spent.bytes.most
    }
}

impl Accounts {
    pub(crate) fn new(budget: Budget) -> Accounts {
        let public = Arc::new(Account::new(Asker::Public(None), budget, PUBLIC_SHARES, None));
        Accounts { budget, public, held: Mutex::default() }
    }

    /// How the asker's budgets stand; none hold for the node itself. Whoever only asks gets no account.
    pub(crate) fn standing(&self, asker: &Asker) -> Option<Standing> {
        if *asker == Asker::Node {
            return None;
        }
        let held = self.held.lock().get(asker).cloned();
        let account = held.unwrap_or_else(|| {
            let parent = asker.is_public().then(|| self.public.clone());
            Arc::new(Account::new(asker.clone(), self.budget, 1.0, parent))
        });
        Some(account.standing(Instant::now()))
    }

    /// The asker's account.
    pub(crate) fn of(&self, asker: &Asker) -> Arc<Account> {
        let mut held = self.held.lock();
        if let Some(account) = held.get(asker) {
            return account.clone();
        }
        if held.len() >= MOST_ACCOUNTS {
            let now = Instant::now();
            held.retain(|_, account| Arc::strong_count(account) > 1 || !account.is_full(now));
            if held.len() >= MOST_ACCOUNTS && asker.is_public() {
                return self.public.clone();
            }
        }
        let parent = asker.is_public().then(|| self.public.clone());
        let account = Arc::new(Account::new(asker.clone(), self.budget, 1.0, parent));
        held.insert(asker.clone(), account.clone());
        account
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use model::UserId;

    use super::*;

    const BUDGET: Budget = Budget { seconds: 60.0, bytes: 6e9, memory_bytes: 1 << 20 };

    fn visitor(last: u8) -> Asker {
        Asker::Public(Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))))
    }

    fn wait(refused: Result<(), Error>) -> Duration {
        match refused {
            Err(Error::Busy { wait, .. }) => wait,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_overdrawn_account_says_how_long_to_wait_and_is_level_then() {
        let accounts = Accounts::new(BUDGET);
        let account = accounts.of(&Asker::User(UserId::new("lan").unwrap()));
        account.charge(299.0, 0);
        account.admit().unwrap();
        account.charge(11.0, 0);
        let wait = wait(account.admit());
        assert!((10.0..12.0).contains(&wait.as_secs_f64()), "{wait:?}");
        account.admit_at(Instant::now() + wait).unwrap();
    }

    #[test]
    fn the_budget_that_takes_longest_is_the_one_to_wait_for() {
        let accounts = Accounts::new(BUDGET);
        let account = accounts.of(&visitor(1));
        account.charge(305.0, 30_000_000_000 + 2_000_000_000);
        let wait = wait(account.admit());
        assert!((19.0..22.0).contains(&wait.as_secs_f64()), "{wait:?}");
        account.admit_at(Instant::now() + wait).unwrap();
        // An hour and more is told as it is.
        account.charge(7200.0, 0);
        let wait = match account.admit() {
            Err(Error::Busy { wait, what: "time", .. }) => wait,
            other => panic!("{other:?}"),
        };
        assert!(wait.as_secs() > 7100, "{wait:?}");
        account.admit_at(Instant::now() + wait).unwrap();
    }

    #[test]
    fn how_an_account_stands_is_told_without_making_one() {
        let accounts = Accounts::new(BUDGET);
        let fresh = accounts.standing(&visitor(1)).unwrap();
        assert_eq!((fresh.seconds.most, fresh.seconds.left), (300.0, 300.0));
        assert!(accounts.held.lock().is_empty());
        accounts.of(&visitor(1)).charge(100.0, 0);
        let after = accounts.standing(&visitor(1)).unwrap();
        assert!((199.0..202.0).contains(&after.seconds.left), "{after:?}");
        assert!((98.0..101.0).contains(&after.seconds.wait.as_secs_f64()), "{after:?}");
        assert_eq!(accounts.standing(&Asker::Node), None);
        let nothing = Accounts::new(Budget { seconds: 0.0, bytes: 0.0, memory_bytes: 0 });
        assert_eq!(nothing.standing(&visitor(1)).unwrap().seconds.wait, NEVER);
    }

    #[test]
    fn a_visitor_has_a_share_of_what_all_visitors_have() {
        let accounts = Accounts::new(BUDGET);
        accounts.of(&visitor(1)).charge(310.0, 0);
        wait(accounts.of(&visitor(1)).admit());
        accounts.of(&visitor(2)).admit().unwrap();
        for last in 2..6 {
            accounts.of(&visitor(last)).charge(250.0, 0);
        }
        // Nobody else has passed a share, but all together have.
        wait(accounts.of(&visitor(9)).admit());
        accounts.of(&Asker::Node).charge(1e9, u64::MAX / 2);
        accounts.of(&Asker::Node).admit().unwrap();
    }
}
