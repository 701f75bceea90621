//! One commit: compare, write sorted files, and one entry in the table's log.

mod arrange;
pub(crate) mod compact;
mod compare;
mod spilled;
mod undo;
mod words;

use std::collections::HashSet;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{DatasetId, RunId};
use object_store::ObjectStoreExt;
use policy::Permit;
use tokio::runtime::Handle;
use uuid::Uuid;
use wording::told;

use self::arrange::{Incoming, Stamp, What};
use self::compare::{Edit, Plan, Rewrite, compare};
use crate::log::{Change, Notice, Written, folder};
use crate::read::ranges_of;
use crate::snapshot::ChangesRows;
use crate::tables::Table;
use crate::write::{Rows, write_file};
use crate::{
    CommitCounts, Committed, Corrections, DataFile, Error, Expected, FeatureRead, Lake, NewFlags, NewRows,
    OldRows, Own, Snapshot, durable,
};

pub(crate) use self::arrange::{constant, sort_series};
pub(crate) use self::spilled::{commit_spilled, plan_spilled};
pub(crate) use self::undo::undo;

/// Rows of a new file, as long as there are more than fill one.
const FILE_ROWS: usize = 3_000_000;
/// Rows that are brought into order and encoded at a time.
pub(crate) const CHUNK_ROWS: usize = 64 << 10;
/// How often a commit starts again because another writer was first.
pub(crate) const ATTEMPTS: usize = 50;

/// Compares without writing; see [`Lake::plan`].
pub(crate) async fn plan(
    lake: &Lake,
    dataset: &DatasetId,
    rows: &[RecordBatch],
) -> Result<CommitCounts, Error> {
    let snapshot = lake.inner.tables.table(dataset).latest(dataset).await?;
    let (lake, rows) = (lake.clone(), rows.to_vec());
    aside(async move {
        let incoming = Incoming::arrange(&snapshot.table, &rows, None)?;
        Ok(compare(&lake, &snapshot, &incoming).await?.counts)
    })
    .await
}

/// Compares without writing, and shows what would be corrected; see [`Lake::plan_corrections`].
pub(crate) async fn plan_corrections(
    lake: &Lake,
    dataset: &DatasetId,
    rows: &[RecordBatch],
    limit: usize,
) -> Result<(CommitCounts, Option<Corrections>), Error> {
    let snapshot = lake.inner.tables.table(dataset).latest(dataset).await?;
    let (lake, rows) = (lake.clone(), rows.to_vec());
    aside(async move {
        let incoming = Incoming::arrange(&snapshot.table, &rows, None)?;
        let plan = compare(&lake, &snapshot, &incoming).await?;
        let corrections = compare::corrections(&lake, &snapshot, &incoming, &plan, limit).await?;
        Ok((plan.counts, corrections))
    })
    .await
}

/// Commits; see [`Lake::commit`].
pub(crate) async fn commit(lake: &Lake, permit: &Permit, new: NewRows) -> Result<Committed, Error> {
    let NewRows { run, rows, committed_at } = new;
    let work = Work { rows, ..Work::new(run, What::Values, committed_at) };
    let table = lake.inner.tables.table(permit.dataset());
    let _turn = table.turn.lock().await;
    commit_in_turn(lake, permit, &table, work).await
}

/// Commits what is to be told apart from what others said; see [`Lake::commit_own`].
pub(crate) async fn commit_own(
    lake: &Lake,
    permit: &Permit,
    new: NewRows,
    own: Own,
) -> Result<Committed, Error> {
    let NewRows { run, rows, committed_at } = new;
    let work = Work { rows, own: Some(Arc::new(own.runs)), ..Work::new(run, What::Values, committed_at) };
    let table = lake.inner.tables.table(permit.dataset());
    let _turn = table.turn.lock().await;
    commit_in_turn(lake, permit, &table, work).await
}

/// Commits if a feature stands as expected; see [`Lake::commit_expecting`].
pub(crate) async fn commit_expecting(
    lake: &Lake,
    permit: &Permit,
    new: NewRows,
    expected: Expected,
) -> Result<Committed, Error> {
    let NewRows { run, rows, committed_at } = new;
    let work = Work { rows, expected: Some(expected), ..Work::new(run, What::Values, committed_at) };
    let table = lake.inner.tables.table(permit.dataset());
    let _turn = table.turn.lock().await;
    commit_in_turn(lake, permit, &table, work).await
}

/// Commits flags; see [`Lake::commit_flags`].
pub(crate) async fn commit_flags(lake: &Lake, permit: &Permit, new: NewFlags) -> Result<Committed, Error> {
    let NewFlags { run, rows, committed_at } = new;
    let work = Work { rows, ..Work::new(run, What::Flags, committed_at) };
    let table = lake.inner.tables.table(permit.dataset());
    let _turn = table.turn.lock().await;
    commit_in_turn(lake, permit, &table, work).await
}

/// Takes rows away; see [`Lake::strike`].
pub(crate) async fn strike(lake: &Lake, permit: &Permit, old: OldRows) -> Result<Committed, Error> {
    let OldRows { run, rows: gone, committed_at, expected } = old;
    let work = Work { gone, expected, ..Work::new(run, What::Restored, committed_at) };
    let table = lake.inner.tables.table(permit.dataset());
    let _turn = table.turn.lock().await;
    commit_in_turn(lake, permit, &table, work).await
}

/// What one commit is to do.
struct Work {
    run: RunId,
    rows: Vec<RecordBatch>,
    /// Rows whose keys go.
    gone: Vec<RecordBatch>,
    what: What,
    at: DateTime<Utc>,
    /// How often it starts again because another writer was first.
    attempts: usize,
    /// How a feature has to stand in the version before.
    expected: Option<Expected>,
    /// The runs whose rows it does not take over; see [`Own`].
    own: Option<Arc<HashSet<RunId>>>,
}

impl Work {
    /// Nothing yet, for a run at a time.
    fn new(run: RunId, what: What, at: DateTime<Utc>) -> Work {
        let (rows, gone) = (Vec::new(), Vec::new());
        Work { run, rows, gone, what, at, attempts: ATTEMPTS, expected: None, own: None }
    }
}

/// Refuses when a feature does not stand in a version as expected.
async fn check(lake: &Lake, snapshot: &Snapshot, expected: &Expected) -> Result<(), Error> {
    let Expected { feature, run } = expected;
    let read = FeatureRead { limit: 1, feature: Some(feature.clone()), ..FeatureRead::default() };
    let found = crate::read::features(lake, snapshot, read).await?;
    let column = found.batches.first().and_then(|batch| batch.column_by_name("run"));
    let now = column.and_then(|runs| runs.as_string_opt::<i32>()).map(|runs| runs.value(0));
    if now == run.as_ref().map(RunId::as_str) {
        return Ok(());
    }
    Err(Error::Changed {
        what: told!(
            "lake-the-feature",
            "feature `{feature}` of `{dataset}`",
            feature = feature,
            dataset = snapshot.dataset()
        ),
    })
}

/// Commits for whoever holds the table's turn.
async fn commit_in_turn(lake: &Lake, permit: &Permit, table: &Table, work: Work) -> Result<Committed, Error> {
    let dataset = permit.dataset();
    let mut snapshot = table.latest(dataset).await?;
    if let Some(done) = table.committed_run(&work.run).await? {
        return settled(lake, dataset, done).await;
    }
    let Work { run, rows, gone, what, at: committed_at, attempts, expected, own } = work;
    let stamp = Stamp { run: run.clone(), at: committed_at };
    let schema = snapshot.table.clone();
    let incoming = aside(async move {
        let incoming = Incoming::arrange_all(&schema, &rows, &gone, what, Some(stamp))?;
        Ok(Arc::new(incoming.taking_over(own)))
    })
    .await?;
    let mut earlier: Option<(Plan, Change)> = None;
    for _ in 0..attempts {
        if let Some(expected) = &expected
            && let Err(error) = check(lake, &snapshot, expected).await
        {
            if let Some((_, change)) = earlier {
                discard(lake, &change.added).await;
            }
            return Err(error);
        }
        let plan = {
            let (lake, snapshot, incoming) = (lake.clone(), snapshot.clone(), incoming.clone());
            aside(async move { compare(&lake, &snapshot, &incoming).await }).await?
        };
        // What was written for an attempt that came too late serves again, if the plan is the same.
        let change = match earlier.take() {
            Some((same, change)) if same == plan => change,
            other => {
                if let Some((_, change)) = other {
                    discard(lake, &change.added).await;
                }
                write(lake, dataset, &plan, &incoming).await?
            }
        };
        let total = snapshot.rows + plan.counts.added - plan.counts.removed;
        if plan.changes_nothing() {
            return Ok(Committed { version: None, counts: plan.counts, total });
        }
        let version = snapshot.next_position();
        let counts = plan.counts;
        let notice = Notice { run: &run, user: permit.user(), at: committed_at, counts, total };
        // When this fails, the entry may be in the log nevertheless (a lost answer): the files
        // stay, and the same run finds out when it commits again.
        match table.log.append(version, &change, &notice).await? {
            Written::Done => {
                take_up(lake, table, &snapshot, change, &run).await?;
                return Ok(Committed { version: Some(version), counts, total });
            }
            Written::Taken => {
                snapshot = table.latest(dataset).await?;
                if let Some(done) = table.committed_run(&run).await? {
                    return settled(lake, dataset, done).await;
                }
                earlier = Some((plan, change));
            }
        }
    }
    if let Some((_, change)) = earlier {
        discard(lake, &change.added).await;
    }
    Err(Error::later(format!("other writers of `{dataset}` were always first")))
}

/// Takes up the version that a run has just written into the log behind a snapshot.
async fn take_up(
    lake: &Lake,
    table: &Table,
    snapshot: &Snapshot,
    change: Change,
    run: &RunId,
) -> Result<(), Error> {
    let removed: Vec<_> = change.removed.into_iter().map(|file| file.path).collect();
    let next = snapshot.next(change.added, &removed, ChangesRows::Yes)?;
    let crowded = compact::is_crowded(&next);
    table.committed(next, Some(run)).await;
    table.log.checkpoint_if_due(snapshot.next_position());
    if crowded {
        compact::in_background(lake, snapshot.dataset());
    }
    Ok(())
}

/// Acknowledges what an earlier call wrote: its entry may have been seen before it was synced.
async fn settled(lake: &Lake, dataset: &DatasetId, done: Committed) -> Result<Committed, Error> {
    if let (Some(root), Some(version)) = (&lake.inner.folder, done.version) {
        let entry = lake.inner.tables.table(dataset).log.entry_path(version);
        let file = root.join(entry.as_ref());
        tokio::task::spawn_blocking(move || durable::settle(&file)).await?.map_err(Error::later)?;
    }
    Ok(done)
}

/// Runs work that computes much on a thread of its own, so that it keeps no request waiting.
async fn aside<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work)).await?
}

/// Writes the files of a plan. When one fails, none stays.
async fn write(
    lake: &Lake,
    dataset: &DatasetId,
    plan: &Plan,
    incoming: &Arc<Incoming>,
) -> Result<Change, Error> {
    let mut tasks: Vec<Task> = shares(&plan.new).into_iter().map(Task::New).collect();
    for Rewrite { file, edits } in &plan.rewrites {
        tasks.push(Task::Again(file.clone(), Arc::from(edits.as_slice())));
    }
    let at_once = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    let files: Vec<_> = tasks.into_iter().map(|task| task.run(lake, dataset, incoming)).collect();
    let results: Vec<Result<Option<DataFile>, Error>> =
        stream::iter(files).buffer_unordered(at_once).collect().await;
    let mut added = Vec::new();
    let mut failure = None;
    for result in results {
        match result {
            Ok(file) => added.extend(file),
            Err(error) => failure = Some(error),
        }
    }
    if let Some(error) = failure {
        discard(lake, &added).await;
        return Err(error);
    }
    let removed = plan.rewrites.iter().map(|Rewrite { file, .. }| file.clone()).collect();
    Ok(Change { added, removed })
}

/// The positions of each new file: even shares, so many that threads are busy to the end.
fn shares(new: &[Range<usize>]) -> Vec<Vec<Range<usize>>> {
    let rows: usize = new.iter().map(ExactSizeIterator::len).sum();
    if rows == 0 {
        return Vec::new();
    }
    let mut files = rows.div_ceil(FILE_ROWS);
    if files > 1 {
        files = files.next_multiple_of(2);
    }
    chunks(new, rows.div_ceil(files))
}

/// Cuts positions into pieces of at most so many.
fn chunks(positions: &[Range<usize>], size: usize) -> Vec<Vec<Range<usize>>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Range<usize>> = Vec::new();
    let mut left = size;
    for range in positions {
        let mut range = range.clone();
        while !range.is_empty() {
            let taken = range.start..range.end.min(range.start + left);
            left -= taken.len();
            range.start = taken.end;
            piece.push(taken);
            if left == 0 {
                pieces.push(std::mem::take(&mut piece));
                left = size;
            }
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// A file to be written.
enum Task {
    /// Of incoming rows.
    New(Vec<Range<usize>>),
    /// Of another file's rows, some changed.
    Again(DataFile, Arc<[Edit]>),
}

impl Task {
    /// Writes the file; `None` when no row is left for it.
    async fn run(
        self,
        lake: &Lake,
        dataset: &DatasetId,
        incoming: &Arc<Incoming>,
    ) -> Result<Option<DataFile>, Error> {
        let path = folder(dataset).join(format!("part-{}.parquet", Uuid::now_v7()));
        let (table, rows) = (incoming.table.clone(), incoming.clone());
        let store = &lake.inner.store;
        match self {
            Task::New(positions) => {
                let fill = move |file: &mut Rows| {
                    for piece in chunks(&positions, CHUNK_ROWS) {
                        file.append(&rows.gather(&piece)?)?;
                    }
                    Ok(())
                };
                write_file(store, path, table, fill).await.map(Some)
            }
            Task::Again(old, edits) => {
                let gone = edits.iter().filter(|edit| edit.position.is_none()).count();
                if gone as u64 == old.rows {
                    return Ok(None);
                }
                let (lake, runtime) = (lake.clone(), Handle::current());
                let fill = move |file: &mut Rows| again(&runtime, &lake, &old, &edits, &rows, file);
                write_file(store, path, table, fill).await.map(Some)
            }
        }
    }
}

/// Copies a file's rows, edited. Only reading waits on the runtime: whoever appends may have to
/// block until the store has taken a part.
fn again(
    runtime: &Handle,
    lake: &Lake,
    old: &DataFile,
    edits: &[Edit],
    incoming: &Incoming,
    file: &mut Rows,
) -> Result<(), Error> {
    let builder = runtime.block_on(lake.inner.metadata.builder(&lake.inner.store, old))?;
    let mut batches = builder.with_batch_size(CHUNK_ROWS).build()?;
    let mut edits = edits;
    let mut first = 0;
    while let Some(batch) = runtime.block_on(batches.try_next())? {
        let end = first + batch.num_rows();
        let (here, rest) = edits.split_at(edits.partition_point(|edit| edit.row < end));
        edits = rest;
        file.append(&edited(&batch, first, here, incoming)?)?;
        first = end;
    }
    Ok(())
}

fn edited(
    batch: &RecordBatch,
    first: usize,
    edits: &[Edit],
    incoming: &Incoming,
) -> Result<RecordBatch, Error> {
    if edits.is_empty() {
        return Ok(batch.clone());
    }
    let new = incoming.gather(&ranges_of(edits.iter().filter_map(|edit| edit.position)))?;
    let batch = RecordBatch::try_new(new.schema(), batch.columns().to_vec())?;
    let mut rows: Vec<(usize, usize)> = Vec::with_capacity(batch.num_rows());
    let mut edits = edits.iter().peekable();
    let mut next_new = 0;
    for row in 0..batch.num_rows() {
        match edits.next_if(|edit| edit.row == first + row) {
            None => rows.push((0, row)),
            Some(Edit { position: Some(_), .. }) => {
                rows.push((1, next_new));
                next_new += 1;
            }
            Some(Edit { position: None, .. }) => {}
        }
    }
    Ok(compute::interleave_record_batch(&[&batch, &new], &rows)?)
}

/// Removes files that no log refers to. What is left of them does no harm.
async fn discard(lake: &Lake, files: &[DataFile]) {
    for file in files {
        if let Err(error) = lake.inner.store.delete(&file.path).await {
            tracing::warn!(path = %file.path, %error, "a file that is not needed was not removed");
        }
    }
}
