//! One dataset's small writes: groups that become durable together, and what waits to be flushed.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use lake::SegmentName;
use model::{DatasetId, DatastreamKey};
use parking_lot::{Mutex, RwLock};
use policy::{Permit, Principal, Purpose};
use tokio::sync::{Notify, OnceCell, oneshot, watch};
use tokio::time::Instant;

use super::check::{Around, Checked, Rules};
use super::{MAX_HELD, NewObservation, Refused, Writes};
use crate::Error;

/// The longest that an acknowledged write waits for its version.
const FLUSH_AFTER: Duration = Duration::from_secs(1);
/// Lines that make a flush due at once.
const FLUSH_LINES: usize = 100_000;
/// The least time between two flushes that readers ask for: steady readers beside steady writers
/// cause twenty versions a second at most.
const READERS_GAP: Duration = Duration::from_millis(50);
/// How long a reader waits for a flush before it is told to come later.
const READERS_PATIENCE: Duration = Duration::from_secs(10);
/// Lines and bytes of one run.
const RUN_LINES: usize = 1_000_000;
const RUN_BYTES: usize = 128 << 20;

/// The small writes of one dataset.
pub(super) struct Desk {
    dataset: DatasetId,
    rules: Rules,
    /// Datastreams that are known to be in the catalogue.
    registered: RwLock<HashSet<i64>>,
    state: Mutex<State>,
    /// The number of the last segment that was acknowledged.
    acknowledged: AtomicU64,
    /// The number of the last segment whose lines are in the table.
    flushed: watch::Sender<u64>,
    /// Told when a flush may be due earlier than it was.
    due: Notify,
    /// The node's own right to write; see [`Writes::permit`].
    permit: OnceCell<Permit>,
}

#[derive(Default)]
struct State {
    /// The group that collects.
    group: Vec<u8>,
    group_lines: usize,
    group_since: Option<DateTime<Utc>>,
    waiting: Vec<oneshot::Sender<Kept>>,
    writing: bool,
    /// The number of the last segment that was begun.
    number: u64,
    /// Segments that wait to be flushed, in order.
    pending: VecDeque<Written>,
    pending_lines: usize,
    pending_since: Option<Instant>,
    flushing: bool,
    last_flush: Option<Instant>,
    /// Up to which segment readers wait.
    wanted: u64,
}

/// A segment that was written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) name: SegmentName,
    /// Its lines; none when the store did not say whether it took them: then nobody was told that
    /// they are kept, and the segment is only to be removed, before what came later is.
    pub(super) lines: Option<Bytes>,
    pub(super) count: usize,
    pub(super) at: DateTime<Utc>,
}

impl Desk {
    pub(super) fn new(dataset: DatasetId) -> Desk {
        Desk {
            dataset,
            rules: Rules::default(),
            registered: RwLock::default(),
            state: Mutex::default(),
            acknowledged: AtomicU64::new(0),
            flushed: watch::Sender::new(0),
            due: Notify::new(),
            permit: OnceCell::new(),
        }
    }

    /// Checks observations, and registers the datastreams of those that are right.
    pub(super) async fn check(
        &self,
        writes: &Writes,
        permit: &Permit,
        observations: &[NewObservation<'_>],
        now: DateTime<Utc>,
    ) -> Result<Vec<Result<Checked, Refused>>, Error> {
        let catalog = &writes.catalog;
        let known = match catalog.dataset(permit.dataset()).await? {
            Some(dataset) => catalog.place_aliases(&dataset.agency).await?,
            None => Arc::default(),
        };
        let aliases = self.rules.aliases(known);
        let around = Around::new(catalog, catalog.gazetteer().await?, aliases, permit, now);
        let mut checked = Vec::with_capacity(observations.len());
        for new in observations {
            checked.push(self.rules.check(&around, new).await?);
        }
        let mut new: Vec<DatastreamKey> = Vec::new();
        {
            let registered = self.registered.read();
            let mut seen = HashSet::new();
            for checked in checked.iter().flatten() {
                let id = checked.rule.id.0;
                if !registered.contains(&id) && seen.insert(id) {
                    new.push(checked.rule.key.clone());
                }
            }
        }
        if !new.is_empty() {
            writes.catalog.register_datastreams(&new).await?;
            self.registered.write().extend(new.iter().map(|key| key.id().0));
        }
        Ok(checked)
    }

    /// Keeps lines: they are durable when this returns.
    pub(super) async fn keep(
        self: &Arc<Self>,
        writes: &Arc<Writes>,
        lines: Vec<u8>,
        count: usize,
    ) -> Result<(), Error> {
        let bytes = lines.len();
        if writes.held.fetch_add(bytes, Ordering::SeqCst) + bytes > MAX_HELD {
            writes.held.fetch_sub(bytes, Ordering::SeqCst);
            metrics::counter!("cuulong_writes_turned_away_total").increment(1);
            return Err(Error::Later("too much waits to be written".into()));
        }
        let (told, kept) = oneshot::channel();
        {
            let mut state = self.state.lock();
            if state.group.is_empty() {
                state.group = lines;
                state.group_since = Some(Utc::now());
            } else {
                state.group.extend_from_slice(&lines);
            }
            state.group_lines += count;
            state.waiting.push(told);
            if !state.writing {
                state.writing = true;
                tokio::spawn(write_groups(self.clone(), writes.clone()));
            }
        }
        match kept.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(kind)) => Err(Error::Later(io::Error::from(kind).into())),
            Err(_) => Err(Error::Later("the store did not take the lines".into())),
        }
    }

    async fn put(&self, writes: &Writes, name: &SegmentName, lines: Bytes) -> Result<(), Error> {
        let permit = self.permit.get_or_try_init(|| writes.permit(&self.dataset)).await?;
        Ok(writes.lake.append_journal(permit, name, lines.into()).await?)
    }

    async fn flush(&self, writes: &Writes, batch: &[Written], again: bool) -> Result<(), Error> {
        let permit = self.permit.get_or_try_init(|| writes.permit(&self.dataset)).await?;
        writes.flush(permit, batch, again).await
    }

    /// Waits until all that was acknowledged so far is in a version.
    pub(super) async fn settle(&self) -> Result<(), lake::Error> {
        let target = self.acknowledged.load(Ordering::SeqCst);
        let mut flushed = self.flushed.subscribe();
        if *flushed.borrow_and_update() >= target {
            return Ok(());
        }
        {
            let mut state = self.state.lock();
            state.wanted = state.wanted.max(target);
        }
        self.due.notify_one();
        metrics::counter!("cuulong_writes_waited_for_total").increment(1);
        match tokio::time::timeout(READERS_PATIENCE, flushed.wait_for(|number| *number >= target)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                Err(lake::Error::Later("acknowledged writes are not committed yet".into()))
            }
        }
    }

    /// The group that collected, with its number; none when there is none: then nobody writes.
    fn next_group(&self) -> Option<Group> {
        let mut state = self.state.lock();
        if state.waiting.is_empty() {
            state.writing = false;
            return None;
        }
        state.number += 1;
        Some(Group {
            number: state.number,
            lines: Bytes::from(std::mem::take(&mut state.group)),
            count: std::mem::take(&mut state.group_lines),
            at: state.group_since.take().unwrap_or_else(Utc::now),
            waiting: std::mem::take(&mut state.waiting),
        })
    }

    /// Notes a segment and sees to it that it is flushed.
    fn written(self: &Arc<Self>, writes: &Arc<Writes>, segment: Written) {
        writes.lake.note_pending();
        let mut state = self.state.lock();
        state.pending_lines += segment.count;
        if segment.lines.is_some() {
            self.acknowledged.store(segment.name.number, Ordering::SeqCst);
        }
        state.pending.push_back(segment);
        state.pending_since.get_or_insert_with(Instant::now);
        if state.pending_lines >= FLUSH_LINES {
            self.due.notify_one();
        }
        if !state.flushing {
            state.flushing = true;
            tokio::spawn(flush_pending(self.clone(), writes.clone()));
        }
    }

    /// Waits until a flush is due.
    async fn wait_until_due(&self) {
        loop {
            let at = {
                let state = self.state.lock();
                if state.pending_lines >= FLUSH_LINES {
                    return;
                }
                let now = Instant::now();
                let regular = state.pending_since.unwrap_or(now) + FLUSH_AFTER;
                if state.wanted > *self.flushed.borrow() {
                    regular.min(state.last_flush.map_or(now, |last| last + READERS_GAP))
                } else {
                    regular
                }
            };
            if at <= Instant::now() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep_until(at) => return,
                () = self.due.notified() => {}
            }
        }
    }

    /// What one run takes of the segments that wait.
    fn batch(&self) -> Vec<Written> {
        let state = self.state.lock();
        let (mut lines, mut bytes) = (0, 0);
        let fits = |segment: &&Written| {
            lines += segment.count;
            bytes += segment.lines.as_ref().map_or(0, Bytes::len);
            lines <= RUN_LINES && bytes <= RUN_BYTES
        };
        let mut batch: Vec<Written> = state.pending.iter().take_while(fits).cloned().collect();
        if batch.is_empty() {
            batch.extend(state.pending.front().cloned());
        }
        batch
    }

    /// Takes away what was flushed; whether nothing is left.
    fn flushed(&self, writes: &Writes, batch: &[Written]) -> bool {
        let mut state = self.state.lock();
        let mut bytes = 0;
        for segment in state.pending.drain(..batch.len()) {
            bytes += segment.lines.as_ref().map_or(0, Bytes::len);
        }
        state.pending_lines = state.pending.iter().map(|segment| segment.count).sum();
        state.last_flush = Some(Instant::now());
        state.pending_since = (!state.pending.is_empty()).then(Instant::now);
        state.flushing = !state.pending.is_empty();
        if let Some(last) = batch.last() {
            self.flushed.send_replace(last.name.number);
        }
        writes.held.fetch_sub(bytes, Ordering::SeqCst);
        writes.lake.note_settled(batch.len());
        !state.flushing
    }
}

/// What became of lines, where it is known why they were not kept.
type Kept = Result<(), io::ErrorKind>;

/// Writes that go into one segment.
struct Group {
    number: u64,
    lines: Bytes,
    count: usize,
    at: DateTime<Utc>,
    waiting: Vec<oneshot::Sender<Kept>>,
}

/// Writes groups until none collects. A task of its own: whoever sent a write may go away.
async fn write_groups(desk: Arc<Desk>, writes: Arc<Writes>) {
    while let Some(group) = desk.next_group() {
        let started = Instant::now();
        let Group { number, lines, count, at, waiting } = group;
        let name = SegmentName {
            dataset: desk.dataset.clone(),
            node: writes.node.clone(),
            start: writes.start,
            number,
        };
        let bytes = lines.len();
        match desk.put(&writes, &name, lines.clone()).await {
            Ok(()) => {
                desk.written(&writes, Written { name, lines: Some(lines), count, at });
                for told in waiting {
                    // Whoever went away meanwhile does not need to be told.
                    let _ = told.send(Ok(()));
                }
                metrics::counter!("cuulong_write_groups_total").increment(1);
                #[expect(clippy::cast_precision_loss, reason = "a group has far fewer lines than 2^52")]
                metrics::histogram!("cuulong_write_group_lines").record(count as f64);
                metrics::histogram!("cuulong_write_group_seconds").record(started.elapsed().as_secs_f64());
            }
            Err(error) => {
                // The senders are dropped, which tells those who wait that nothing is certain, unless it is
                // known why: what stood in a segment that has no room is not taken.
                if let Some(kind) = error.no_room() {
                    for told in waiting {
                        let _ = told.send(Err(kind));
                    }
                }
                metrics::counter!("cuulong_write_groups_failed_total").increment(1);
                tracing::error!(dataset = %desk.dataset, lines = count, %error, "a group of writes was not kept");
                writes.held.fetch_sub(bytes, Ordering::SeqCst);
                desk.written(&writes, Written { name, lines: None, count: 0, at });
            }
        }
    }
}

/// Flushes until nothing is pending. What cannot be flushed now is tried again, and stays in the
/// journal meanwhile.
async fn flush_pending(desk: Arc<Desk>, writes: Arc<Writes>) {
    loop {
        desk.wait_until_due().await;
        let Ok(_turn) = writes.flushes.acquire().await else { return };
        let batch = desk.batch();
        let mut pause = Duration::from_millis(100);
        let mut again = false;
        loop {
            if writes.is_stopped() {
                return;
            }
            let started = Instant::now();
            let outcome = desk.flush(&writes, &batch, again).await;
            let word = if outcome.is_ok() { "done" } else { "failed" };
            metrics::counter!("cuulong_write_flushes_total", "outcome" => word).increment(1);
            metrics::histogram!("cuulong_write_flush_seconds").record(started.elapsed().as_secs_f64());
            match outcome {
                Ok(()) => break,
                Err(error) => tracing::error!(
                    dataset = %desk.dataset,
                    error = &error as &(dyn std::error::Error + 'static),
                    "acknowledged writes could not be committed yet; they are in the journal, and it is tried again"
                ),
            }
            again = true;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
        if desk.flushed(&writes, &batch) {
            return;
        }
    }
}

impl Writes {
    /// The node's own right to bring what was acknowledged into its table, whatever became of the
    /// sender's meanwhile.
    pub(super) async fn permit(&self, dataset: &DatasetId) -> Result<Permit, Error> {
        Ok(self.catalog.authorize(&Principal::System, dataset, Purpose::Write, Utc::now()).await?)
    }
}
