//! What a crash leaves of small writes: runs that were under way, and segments of none.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use lake::{Segment, SegmentName};
use model::{DatasetId, Run};

use super::Writes;
use super::desk::Written;
use super::flush::Span;
use crate::{Error, Intake};

/// How often the journal is searched for what nodes that are gone have left.
const LOOK: Duration = Duration::from_secs(15);
/// How long the oldest segment of another node may wait before the node is taken to be gone: a node
/// that lives flushes within a second or two.
const LEASE: Duration = Duration::from_secs(60);
/// Lines of one run, by their bytes.
const RUN_BYTES: u64 = 64 << 20;

/// Of each dataset and other node, the oldest segment that waits, and since when this node sees it.
pub(super) type Elsewhere = HashMap<(DatasetId, String), (SegmentName, Instant)>;

impl Intake {
    /// Brings the small writes of nodes that are gone into their tables, until it is dropped.
    pub async fn keep_journal(self) {
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.adopt_writes(LEASE).await {
                tracing::warn!(%error, "the journal could not be searched for what other nodes have left");
            }
        }
    }

    /// Brings small writes of other nodes into their tables whose oldest segment this node has seen
    /// waiting for the whole lease. Returns how many segments there were.
    pub async fn adopt_writes(&self, lease: Duration) -> Result<usize, Error> {
        self.inner.writes.adopt(lease).await
    }
}

impl Writes {
    /// Ends a run that was under way: its lines are committed under the same run, once.
    pub(crate) async fn resume(&self, run: Run) -> Result<Run, Error> {
        let broken = |what: &'static str| Error::internal("ending a run of small writes", what);
        let span = Span::of_file_name(&run.file_name)
            .ok_or_else(|| broken("its name does not tell its segments"))?;
        let hash = run.original.clone().ok_or_else(|| broken("it has no original"))?;
        let permit = self.permit(&run.dataset).await?;
        let of_run = |segment: &Segment| segment.name.dataset == run.dataset && span.holds(&segment.name);
        let segments = self.lake.journal().await?.into_iter().filter(of_run).map(|segment| segment.name);
        let segments: Vec<SegmentName> = segments.collect();
        let file = self.lake.original(&permit, &hash).await?;
        let lines = tokio::fs::read(file.path()).await.map_err(|error| Error::Later(error.into()))?;
        let run = self.end(&permit, run, lines.into(), &segments).await?;
        tracing::warn!(run.id = %run.id, dataset = %run.dataset, lines = run.totals.rows, "a run of small writes that was cut off was ended");
        Ok(run)
    }

    /// Brings what earlier starts of this node have left into its tables. To be called at the start,
    /// when the runs that were under way are ended, and before anything is written.
    pub(crate) async fn recover(&self) -> Result<usize, Error> {
        let segments = self.lake.journal().await?;
        let ours = |segment: &Segment| segment.name.node == self.node && segment.name.start != self.start;
        self.flush_left(segments.into_iter().filter(ours).collect()).await
    }

    async fn adopt(&self, lease: Duration) -> Result<usize, Error> {
        let mut elsewhere: BTreeMap<(DatasetId, String), Vec<Segment>> = BTreeMap::new();
        for segment in self.lake.journal().await?.into_iter().filter(|segment| segment.name.node != self.node)
        {
            let key = (segment.name.dataset.clone(), segment.name.node.clone());
            elsewhere.entry(key).or_default().push(segment);
        }
        let mut left = Vec::new();
        {
            let mut seen = self.waiting_elsewhere.lock();
            seen.retain(|key, _| elsewhere.contains_key(key));
            for (key, segments) in elsewhere {
                let Some(oldest) = segments.first().map(|segment| segment.name.clone()) else { continue };
                let (there, since) = seen.entry(key).or_insert_with(|| (oldest.clone(), Instant::now()));
                if *there != oldest {
                    (*there, *since) = (oldest, Instant::now());
                }
                if since.elapsed() >= lease {
                    left.extend(segments);
                }
            }
        }
        if !left.is_empty() {
            tracing::warn!(
                segments = left.len(),
                "a node is gone; its small writes are brought into their tables"
            );
        }
        self.flush_left(left).await
    }

    /// Makes runs of segments, in their order. What cannot be read keeps the node from nothing but
    /// this: it is logged and stays where it is.
    async fn flush_left(&self, segments: Vec<Segment>) -> Result<usize, Error> {
        let mut by_start: BTreeMap<(DatasetId, String, u64), Vec<Segment>> = BTreeMap::new();
        for segment in segments {
            let SegmentName { dataset, node, start, .. } = segment.name.clone();
            by_start.entry((dataset, node, start)).or_default().push(segment);
        }
        let mut flushed = 0;
        for ((dataset, node, _), segments) in by_start {
            match self.flush_start(&dataset, &segments).await {
                Ok(()) => {
                    flushed += segments.len();
                    tracing::warn!(%dataset, node, segments = segments.len(), "small writes that a crash left were committed");
                }
                Err(error) if error.is_retryable() => return Err(error),
                Err(error) => {
                    tracing::error!(%dataset, node, %error, "small writes that a crash left could not be committed");
                }
            }
        }
        Ok(flushed)
    }

    async fn flush_start(&self, dataset: &DatasetId, segments: &[Segment]) -> Result<(), Error> {
        let permit = self.permit(dataset).await?;
        let mut batch: Vec<Written> = Vec::new();
        let mut bytes = 0;
        for segment in segments {
            if bytes + segment.bytes > RUN_BYTES && !batch.is_empty() {
                self.flush(&permit, &std::mem::take(&mut batch), false).await?;
                bytes = 0;
            }
            bytes += segment.bytes;
            let lines = self.lake.read_journal(&permit, &segment.name).await?;
            let name = segment.name.clone();
            batch.push(Written { name, lines: Some(lines), count: 0, at: segment.written_at });
        }
        self.flush(&permit, &batch, false).await
    }
}
