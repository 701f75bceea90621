//! Runs on several nodes: each shows that it works on its own, and settles those of a node that is gone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use model::{Run, RunId};
use wording::told;

use crate::{Error, Intake};

/// How often a node with runs under way shows that it lives.
const BEAT: Duration = Duration::from_secs(2);
/// How long a node may be silent before its runs are taken to be cut off: several beats, so that a
/// slow database or a long pause of the machine is no death.
const LEASE: Duration = Duration::from_secs(15);

/// What this node has seen of other nodes' runs. Time is this machine's own, which never steps
/// back; other nodes' clocks are not asked.
#[derive(Debug)]
pub struct Watch {
    lease: Duration,
    seen: HashMap<RunId, (i64, Instant)>,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch::with_lease(LEASE)
    }
}

impl Watch {
    /// A watch that takes a node for gone when it was silent for so long.
    pub fn with_lease(lease: Duration) -> Watch {
        Watch { lease, seen: HashMap::new() }
    }
}

impl Intake {
    /// Shows the other nodes that this one lives, and settles the runs of those that do not, until
    /// it is dropped.
    pub async fn keep_leases(self) {
        let beats = async {
            let mut tick = tokio::time::interval(BEAT);
            loop {
                tick.tick().await;
                if let Err(error) = self.inner.catalog.beat().await {
                    tracing::warn!(%error, "this node could not show that it works on its runs");
                }
            }
        };
        let watch = async {
            let mut watch = Watch::default();
            let mut tick = tokio::time::interval(BEAT);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                if let Err(error) = self.settle_abandoned(&mut watch, Utc::now()).await {
                    tracing::warn!(%error, "other nodes' runs could not be looked at");
                }
            }
        };
        tokio::join!(beats, watch);
    }

    /// Settles the runs of nodes that were silent since this watch first saw them, for the whole
    /// of its lease.
    pub async fn settle_abandoned(&self, watch: &mut Watch, now: DateTime<Utc>) -> Result<Vec<Run>, Error> {
        let elsewhere = self.inner.catalog.unfinished_runs_elsewhere().await?;
        let seen = Instant::now();
        let mut still = HashMap::with_capacity(elsewhere.len());
        let mut abandoned = Vec::new();
        for there in elsewhere {
            let since = match watch.seen.get(&there.run.id) {
                Some((beats, since)) if *beats == there.beats => *since,
                _ => {
                    still.insert(there.run.id.clone(), (there.beats, seen));
                    continue;
                }
            };
            still.insert(there.run.id.clone(), (there.beats, since));
            if seen.duration_since(since) >= watch.lease {
                tracing::warn!(run.id = %there.run.id, node = there.node, "a node is gone; its run is settled");
                abandoned.push(there.run);
            }
        }
        watch.seen = still;
        let why = told!(
            "intake-node-took-file-gone-hand-file-again",
            "the node that took the file in is gone: hand the file in again"
        )
        .kept();
        self.settle_all(abandoned, &why, now).await
    }
}
