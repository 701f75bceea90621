//! Memory of SQL requests: one pool for all, of which each may take a share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};

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
}

/// The part of the pool that one request may take.
#[derive(Debug)]
pub(crate) struct Share {
    pool: Arc<Pool>,
    limit: usize,
    used: AtomicUsize,
}

impl Share {
    pub(crate) fn new(pool: Arc<Pool>, limit: usize) -> Share {
        Share { pool, limit, used: AtomicUsize::new(0) }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "share({} of {} bytes)", self.used.load(Ordering::Relaxed), self.limit)
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
    }

    fn shrink(&self, _reservation: &MemoryReservation, shrink: usize) {
        self.used.fetch_sub(shrink, Ordering::Relaxed);
        self.pool.used.fetch_sub(shrink, Ordering::Relaxed);
    }

    fn try_grow(&self, _reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let exhausted = |whose: &str, limit: usize| {
            Err(DataFusionError::ResourcesExhausted(format!("{additional} more bytes pass {whose} {limit}")))
        };
        if !take(&self.used, additional, self.limit) {
            return exhausted("the request's", self.limit);
        }
        if !take(&self.pool.used, additional, self.pool.limit) {
            self.used.fetch_sub(additional, Ordering::Relaxed);
            return exhausted("the engine's", self.pool.limit);
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Whatever a cancelled plan did not give back.
        self.pool.used.fetch_sub(*self.used.get_mut(), Ordering::Relaxed);
    }
}
