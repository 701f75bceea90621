//! The engine's threads: some for short reads, others for scans, which give way to everything else.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::pace::Pace;
use crate::Error;

/// Stack of each thread: plans are trees, and the recursion over them is bounded by
/// [`crate::sql::check_text`] to what fits here.
const STACK_BYTES: usize = 32 << 20;

/// Two sets of threads, each as many as there are processors.
#[derive(Debug)]
pub(crate) struct Threads {
    direct: Option<Runtime>,
    scans: Option<Runtime>,
    pace: Pace,
}

/// Which threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// Those for short reads.
    Direct,
    /// Those for SQL and large reads.
    Scans,
}

impl On {
    /// Their name in traces.
    pub(crate) fn name(self) -> &'static str {
        match self {
            On::Direct => "direct",
            On::Scans => "scans",
        }
    }
}

impl Threads {
    pub(crate) fn start(threads: usize) -> Result<Threads, Error> {
        let runtime = |name: &str| {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads).thread_name(name).thread_stack_size(STACK_BYTES).enable_all();
            builder
        };
        let direct = runtime("direct").build().map_err(Error::internal)?;
        let scans = runtime("scans").on_thread_start(give_way).build().map_err(Error::internal)?;
        Ok(Threads { direct: Some(direct), scans: Some(scans), pace: Pace::start() })
    }

    /// Starts work.
    pub(crate) fn spawn<F>(&self, on: On, work: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let runtime = match on {
            On::Direct => &self.direct,
            On::Scans => &self.scans,
        };
        let runtime = runtime.as_ref().expect("the threads end only when the engine is dropped");
        let scanning = (on == On::Scans).then(|| self.pace.scanning());
        Task(runtime.spawn(async move {
            let _scanning = scanning;
            work.await
        }))
    }

    /// How much work the threads for scans have: what runs and what waits within plans.
    pub(crate) fn scan_tasks(&self) -> usize {
        self.scans.as_ref().map_or(0, |scans| scans.metrics().num_alive_tasks())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Dropping a runtime waits for its threads, which is not allowed on a thread of another.
        for runtime in [self.direct.take(), self.scans.take()].into_iter().flatten() {
            runtime.shutdown_background();
        }
    }
}

/// Lets the thread run when no other wants to: a short read that wakes up takes the processor from a
/// scan at once, where threads of equal rank would first finish their slice of milliseconds.
#[cfg(target_os = "linux")]
fn give_way() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
        tracing::warn!(error = %error, "scans run at the rank of short reads");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

/// Work on the engine's threads that ends when nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T> Task<T> {
    /// Its result. A panic in it is our error, and ends nothing else.
    pub(crate) async fn join(&mut self) -> Result<T, Error> {
        (&mut self.0).await.map_err(Error::internal)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
