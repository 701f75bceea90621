//! The sign that a request is to stop: its asker went away, or its time is over.
//!
//! Dropping a task stops it where it waits. Planning and some operators compute for long without
//! waiting for anything: they look at this sign instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use datafusion::error::DataFusionError;
use tokio::time::Instant;

use super::out_of_time;
use crate::error::pass;

/// The sign of one request.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    gone: Arc<AtomicBool>,
    pub(crate) deadline: Instant,
    timeout: Duration,
}

impl Stop {
    /// A request that may take so long from now.
    pub(crate) fn after(timeout: Duration) -> Stop {
        Stop { gone: Arc::default(), deadline: Instant::now() + timeout, timeout }
    }

    /// Sets the sign when what is returned is dropped.
    pub(crate) fn when_dropped(&self) -> StopOnDrop {
        StopOnDrop(self.gone.clone())
    }

    /// The error of a request that is to stop.
    pub(crate) fn check(&self) -> Result<(), DataFusionError> {
        if self.gone.load(Ordering::Relaxed) || Instant::now() >= self.deadline {
            return Err(pass(self.error()));
        }
        Ok(())
    }

    /// What the asker is told, if still there.
    pub(crate) fn error(&self) -> crate::Error {
        out_of_time(self.timeout)
    }
}

/// Sets the sign when it is dropped.
#[derive(Debug)]
pub(crate) struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
