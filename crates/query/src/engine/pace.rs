//! Short reads get the processor soon after they wake up, whatever scans are doing.
//!
//! A thread that runs only when no other wants to ([`super::threads`]) should leave the processor at once
//! when a short read wakes up. Linux's scheduler (EEVDF, since 6.6) does not always let it: a thread that
//! wakes up and has had more than its share counts as not yet eligible, the scan goes on, and the choice is
//! made again only at the next tick, up to 4 ms later. Here a thread per processor wakes up for an instant
//! five times a millisecond while scans run, and with it the choice is made anew. It sleeps while there are
//! none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a short read waits at most for the scheduler to think again.
const EVERY: Duration = Duration::from_micros(200);

/// The threads that make the scheduler think again while scans run.
#[derive(Debug)]
pub(super) struct Pace {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    scans: AtomicUsize,
    ended: AtomicBool,
}

/// A scan under way.
#[derive(Debug)]
pub(super) struct Scanning(Arc<Shared>);

impl Drop for Scanning {
    fn drop(&mut self) {
        self.0.scans.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pace {
    /// One thread for each processor that this process may use; none where a thread cannot be kept on a
    /// processor.
    pub(super) fn start() -> Pace {
        let shared = Arc::<Shared>::default();
        let mut threads = Vec::new();
        let cores = if cfg!(target_os = "linux") { core_affinity::get_core_ids() } else { None };
        for core in cores.unwrap_or_default() {
            let shared = shared.clone();
            let keep = move || {
                if core_affinity::set_for_current(core) {
                    keep(&shared);
                }
            };
            match thread::Builder::new().name("pace".to_owned()).spawn(keep) {
                Ok(started) => threads.push(started),
                Err(error) => tracing::warn!(error = %error, "short reads may wait longer beside scans"),
            }
        }
        Pace { shared, threads }
    }

    /// Says that a scan begins; it ends when what is returned is dropped.
    pub(super) fn scanning(&self) -> Scanning {
        if self.shared.scans.fetch_add(1, Ordering::AcqRel) == 0 {
            self.wake();
        }
        Scanning(self.shared.clone())
    }

    fn wake(&self) {
        for thread in &self.threads {
            thread.thread().unpark();
        }
    }

    fn end(&self) {
        self.shared.ended.store(true, Ordering::Release);
        self.wake();
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.end();
    }
}

fn keep(shared: &Shared) {
    while !shared.ended.load(Ordering::Acquire) {
        if shared.scans.load(Ordering::Acquire) == 0 {
            thread::park();
        } else {
            thread::park_timeout(EVERY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_are_counted_until_they_end() {
        let pace = Pace::start();
        let (one, two) = (pace.scanning(), pace.scanning());
        drop(one);
        assert_eq!(pace.shared.scans.load(Ordering::Acquire), 1);
        drop(two);
        assert_eq!(pace.shared.scans.load(Ordering::Acquire), 0);
    }

    #[test]
    fn its_threads_end_with_it() {
        let mut pace = Pace::start();
        let _scan = pace.scanning();
        pace.end();
        for thread in pace.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}
