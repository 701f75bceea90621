//! Memory of SQL requests: one pool for all, of which each may take a share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};

use super::Request;
use super::asker::Asker;

/// The memory of all requests together.
#[derive(Debug)]
pub(crate) struct Pool {
    limit: usize,
    used: AtomicUsize,
}

impl Pool {
    pub(crate) fn new(limit: usize) -> Pool {
        Pool { limit, used: AtomicUsize::new(0) }
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// How much one request may take, and all of one asker, bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) request: usize,
    pub(crate) asker: usize,
}

/// The part of the pool that one request may take, out of its asker's.
#[derive(Debug)]
pub(crate) struct Share {
    pool: Arc<Pool>,
    limits: Limits,
    used: AtomicUsize,
    of: Option<Request>,
}

impl Share {
    pub(crate) fn new(pool: Arc<Pool>, limits: Limits, of: Option<Request>) -> Share {
        Share { pool, limits, used: AtomicUsize::new(0), of }
    }

    /// What the asker's requests use together.
    fn asker(&self) -> Option<&AtomicUsize> {
        // The node itself is bound by the pool alone.
        self.of.as_ref().filter(|of| *of.account.asker() != Asker::Node).map(|of| &of.account.memory)
    }

    fn give_back(&self, bytes: usize) {
        self.pool.used.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(asker) = self.asker() {
            asker.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "share({} of {} bytes)", self.used.load(Ordering::Relaxed), self.limits.request)
    }
}

/// Adds to the counter unless that would pass the limit.
fn take(used: &AtomicUsize, more: usize, limit: usize) -> bool {
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
        now.checked_add(more).filter(|sum| *sum <= limit)
    })
    .is_ok()
}

impl MemoryPool for Share {
    fn name(&self) -> &str {
        "share"
    }

    fn grow(&self, _reservation: &MemoryReservation, additional: usize) {
        self.used.fetch_add(additional, Ordering::Relaxed);
        self.pool.used.fetch_add(additional, Ordering::Relaxed);
        if let Some(asker) = self.asker() {
            asker.fetch_add(additional, Ordering::Relaxed);
        }
    }

    fn shrink(&self, _reservation: &MemoryReservation, shrink: usize) {
        self.used.fetch_sub(shrink, Ordering::Relaxed);
        self.give_back(shrink);
    }

    fn try_grow(&self, _reservation: &MemoryReservation, additional: usize) -> Result<()> {
        // Whatever collects rows comes by here: a good place to notice that nobody waits for them.
        if let Some(of) = &self.of {
            of.stop.check()?;
        }
        let exhausted = |whose: &str, limit: usize| {
            Err(DataFusionError::ResourcesExhausted(format!("{additional} more bytes pass {whose} {limit}")))
        };
        if !take(&self.used, additional, self.limits.request) {
            return exhausted("the request's", self.limits.request);
        }
        if let Some(asker) = self.asker()
            && !take(asker, additional, self.limits.asker)
        {
            self.used.fetch_sub(additional, Ordering::Relaxed);
            return exhausted("the asker's", self.limits.asker);
        }
        if !take(&self.pool.used, additional, self.pool.limit) {
            self.used.fetch_sub(additional, Ordering::Relaxed);
            if let Some(asker) = self.asker() {
                asker.fetch_sub(additional, Ordering::Relaxed);
            }
            return exhausted("the engine's", self.pool.limit);
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limits.request)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Whatever a cancelled plan did not give back.
        self.give_back(self.used.load(Ordering::Relaxed));
    }
}
