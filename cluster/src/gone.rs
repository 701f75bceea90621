//! Statements whose asker has gone away: what an executor runs of them ends.
//!
//! Ballista tells executors that a job is given up only where it pushes work to them. Ours ask for
//! work and listen for nothing, so that they ask for this, too: one question for all parts of a job,
//! a few times a second.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ballista_core::serde::protobuf::GetJobStatusParams;
use ballista_core::serde::protobuf::job_status::Status;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tonic::transport::Channel;

/// How often the scheduler is asked, in one go for every part of a job that runs here.
const ASK: Duration = Duration::from_millis(50);

/// The jobs of which a part runs here.
pub(crate) struct Jobs {
    scheduler: SchedulerGrpcClient<Channel>,
    /// Where the questions are asked: parts run on threads of their own.
    asking: Handle,
    running: Mutex<HashMap<String, Weak<Job>>>,
}

/// A job under way; the scheduler is asked of it as long as one of these is held.
pub(crate) struct Job {
    /// Becomes true when nobody waits for the job any more.
    over: watch::Receiver<bool>,
}

impl Jobs {
    /// Of a scheduler. Questions are asked from the runtime that this is called on.
    pub(crate) fn of(scheduler: SchedulerGrpcClient<Channel>) -> Arc<Jobs> {
        Arc::new(Jobs { scheduler, asking: Handle::current(), running: Mutex::default() })
    }

    /// The job of a name, watched from now on.
    pub(crate) fn watch(&self, id: &str) -> Arc<Job> {
        let mut running = self.running.lock();
        if let Some(job) = running.get(id).and_then(Weak::upgrade) {
            return job;
        }
        running.retain(|_, job| job.strong_count() > 0);
        let (tell, over) = watch::channel(false);
        let job = Arc::new(Job { over });
        running.insert(id.to_owned(), Arc::downgrade(&job));
        self.asking.spawn(ask(self.scheduler.clone(), id.to_owned(), tell));
        job
    }
}

impl Job {
    /// Resolves when nobody waits for the job any more; never, when it goes on to its end.
    pub(crate) async fn over(&self) {
        let mut over = self.over.clone();
        if over.wait_for(|over| *over).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Asks until the job is over or no part of it runs here. A scheduler that does not answer says
/// nothing: the part then ends with its statement's time, as it does when the scheduler comes back.
async fn ask(mut scheduler: SchedulerGrpcClient<Channel>, job_id: String, tell: watch::Sender<bool>) {
    let mut beat = tokio::time::interval(ASK);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            () = tell.closed() => return,
        }
        let Ok(answer) = scheduler.get_job_status(GetJobStatusParams { job_id: job_id.clone() }).await else {
            continue;
        };
        // A scheduler that began anew knows nothing of the job, and nobody will fetch its rows.
        let status = answer.into_inner().status.map(|job| job.status);
        if matches!(status, None | Some(Some(Status::Failed(_)))) {
            tell.send_replace(true);
            return;
        }
    }
}
