//! A commit of rows that are on disk: compared and written part by part, entered into the log at once.
//!
//! A part is all rows of some datastreams. New rows become files of their part. What changes in a file that is
//! there may come from several parts: it is put on the disk in the file's order, and the file is written anew
//! when all parts have been compared. So the memory that is needed is that of a few parts, and does not grow
//! with the rows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{ArrayRef, AsArray, UInt64Array};
use arrow::compute;
use arrow::datatypes::{DataType, Field, Schema, UInt64Type};
use arrow::record_batch::RecordBatch;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::{DatasetId, RunId};
use object_store::path::Path;
use policy::Permit;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::arrange::{Incoming, Stamp};
use super::compare::{self, Edit, Plan, Rewrite, compare};
use super::{ATTEMPTS, CHUNK_ROWS, aside, discard, settled, take_up, write};
use crate::log::{Change, Notice, Written, folder};
use crate::read::ranges_of;
use crate::spill::{Block, Blocks};
use crate::tables::Table;
use crate::write::{Rows, write_file};
use crate::{
    CommitCounts, Committed, Corrections, DataFile, Error, Lake, NewSpilled, Snapshot, Spill, SpilledPart,
};

/// Changed rows that are put on the disk at a time.
const EDITS: usize = 16 << 10;

/// Commits; see [`Lake::commit_spilled`].
pub(crate) async fn commit_spilled(
    lake: &Lake,
    permit: &Permit,
    new: NewSpilled,
) -> Result<Committed, Error> {
    let NewSpilled { run, rows, committed_at, own } = new;
    let dataset = permit.dataset();
    let table = lake.inner.tables.table(dataset);
    let stamp = Stamp { run, at: committed_at };
    let own = own.map(|own| Arc::new(own.runs));
    let job = Job { lake, dataset, rows: &rows, stamp: Some(stamp.clone()), own };
    let snapshot = table.latest(dataset).await?;
    if let Some(done) = table.committed_run(&stamp.run).await? {
        return settled(lake, dataset, done).await;
    }
    // Not in turn: others may commit for as long as it takes. What they change is looked at afterwards.
    let made = job.make(&snapshot).await?;
    let _turn = table.turn.lock().await;
    job.enter(permit, &table, &stamp, snapshot, made).await
}

/// Compares without writing; see [`Lake::plan_spilled`].
pub(crate) async fn plan_spilled(
    lake: &Lake,
    dataset: &DatasetId,
    rows: &Arc<Spill>,
    limit: usize,
) -> Result<(CommitCounts, Option<Corrections>), Error> {
    let snapshot = lake.inner.tables.table(dataset).latest(dataset).await?;
    let job = Job { lake, dataset, rows, stamp: None, own: None };
    let mut counts = CommitCounts::default();
    // The first rows that are corrected, by file and row: the part that corrects them, and the position there.
    let mut first: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
    let parts = rows.parts();
    let looks: Vec<_> = parts.iter().map(|part| job.look(&snapshot, *part)).collect();
    let mut looks = stream::iter(looks).buffered(at_once()).enumerate().boxed();
    while let Some((at, looked)) = looks.next().await {
        let (plan, _) = looked?;
        add(&mut counts, plan.counts);
        for Rewrite { file, edits } in plan.rewrites {
            let number = snapshot.files().iter().position(|other| other.path == file.path).unwrap_or(0);
            for edit in edits.iter().take(limit) {
                first.insert((number, edit.row), (at, edit.position.unwrap_or(0)));
            }
        }
        while first.len() > limit {
            first.pop_last();
        }
    }
    drop(looks);
    let corrections = job.corrections(&snapshot, &parts, &first).await?;
    Ok((counts, corrections))
}

/// Rows and the table that they are for.
struct Job<'a> {
    lake: &'a Lake,
    dataset: &'a DatasetId,
    rows: &'a Arc<Spill>,
    stamp: Option<Stamp>,
    /// The runs whose rows it does not take over; see [`crate::Own`].
    own: Option<Arc<HashSet<RunId>>>,
}

/// What was written for a commit, and what it would do.
struct Made {
    counts: CommitCounts,
    /// Of each part, a number that stands for its plan.
    plans: Vec<u64>,
    change: Change,
}

/// What was written for a part.
struct PartMade {
    counts: CommitCounts,
    plan: u64,
    added: Vec<DataFile>,
    /// By the path of a file, the rows that change in it.
    edits: Vec<(Path, Vec<Block>)>,
}

impl Job<'_> {
    /// Compares one part with a version.
    async fn look(
        &self,
        snapshot: &Arc<Snapshot>,
        part: SpilledPart,
    ) -> Result<(Plan, Arc<Incoming>), Error> {
        let (lake, snapshot, rows) = (self.lake.clone(), snapshot.clone(), self.rows.clone());
        let (stamp, own) = (self.stamp.clone(), self.own.clone());
        aside(async move {
            let incoming = arranged(&snapshot, &rows, &part, stamp)?.taking_over(own);
            let plan = compare(&lake, &snapshot, &incoming).await?;
            Ok((plan, Arc::new(incoming)))
        })
        .await
    }

    /// Compares all parts and writes their files. When it fails, none stays.
    async fn make(&self, snapshot: &Arc<Snapshot>) -> Result<Made, Error> {
        let edits = Arc::new(Blocks::new(self.rows.folder())?);
        let failed = AtomicBool::new(false);
        let parts = self.rows.parts();
        let work: Vec<_> = parts.iter().map(|part| self.unless(&failed, snapshot, *part, &edits)).collect();
        let mut made = Made { counts: CommitCounts::default(), plans: Vec::new(), change: Change::default() };
        let mut changed: HashMap<Path, Vec<Block>> = HashMap::new();
        let mut failure = None;
        let mut work = stream::iter(work).buffered(at_once()).boxed();
        while let Some(part) = work.next().await {
            match part {
                Some(Ok(PartMade { counts, plan, added, edits })) => {
                    add(&mut made.counts, counts);
                    made.plans.push(plan);
                    made.change.added.extend(added);
                    for (path, blocks) in edits {
                        changed.entry(path).or_default().extend(blocks);
                    }
                }
                Some(Err(error)) => failure = Some(error),
                None => {}
            }
        }
        drop(work);
        if failure.is_none() {
            failure = self.rewrite(snapshot, &edits, changed, &mut made.change).await.err();
        }
        match failure {
            None => Ok(made),
            Some(error) => {
                discard(self.lake, &made.change.added).await;
                Err(error)
            }
        }
    }

    /// The same of one part, unless another one has failed.
    async fn unless(
        &self,
        failed: &AtomicBool,
        snapshot: &Arc<Snapshot>,
        part: SpilledPart,
        edits: &Arc<Blocks>,
    ) -> Option<Result<PartMade, Error>> {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        let made = self.part(snapshot, part, edits).await;
        failed.fetch_or(made.is_err(), Ordering::Relaxed);
        Some(made)
    }

    /// Compares a part, writes the files of its new rows, and puts aside what changes in others.
    async fn part(
        &self,
        snapshot: &Arc<Snapshot>,
        part: SpilledPart,
        edits: &Arc<Blocks>,
    ) -> Result<PartMade, Error> {
        let (mut plan, incoming) = self.look(snapshot, part).await?;
        let (counts, number) = (plan.counts, number_of(&plan));
        let rewrites = std::mem::take(&mut plan.rewrites);
        let (blocks, rows) = (edits.clone(), incoming.clone());
        let changed =
            aside(async move { rewrites.iter().map(|rewrite| put_aside(rewrite, &rows, &blocks)).collect() })
                .await?;
        let Change { added, .. } = write(self.lake, self.dataset, &plan, &incoming).await?;
        Ok(PartMade { counts, plan: number, added, edits: changed })
    }

    /// Writes the files anew in which rows change. What was written is in `change`, also when it fails.
    async fn rewrite(
        &self,
        snapshot: &Snapshot,
        edits: &Arc<Blocks>,
        mut changed: HashMap<Path, Vec<Block>>,
        change: &mut Change,
    ) -> Result<(), Error> {
        let files = snapshot.files().iter();
        let files: Vec<(DataFile, Vec<Block>)> =
            files.filter_map(|file| Some((file.clone(), changed.remove(&file.path)?))).collect();
        change.removed = files.iter().map(|(file, _)| file.clone()).collect();
        let work = files.into_iter().map(|(old, blocks)| {
            let path = folder(self.dataset).join(format!("part-{}.parquet", Uuid::now_v7()));
            let (lake, edits, runtime) = (self.lake.clone(), edits.clone(), Handle::current());
            let fill = move |file: &mut Rows| again(&runtime, &lake, &old, &edits, blocks, file);
            write_file(&self.lake.inner.store, path, snapshot.table.clone(), fill)
        });
        let mut failure = None;
        let mut work = stream::iter(work.collect::<Vec<_>>()).buffer_unordered(at_once()).boxed();
        while let Some(written) = work.next().await {
            match written {
                Ok(file) => change.added.push(file),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Whether the plans that files were written for are those of a later version, too.
    async fn holds(&self, made: &Made, before: &Snapshot, latest: &Arc<Snapshot>) -> Result<bool, Error> {
        let parts = self.rows.parts();
        let changed = |part: &SpilledPart| {
            let times = self.times(part);
            near(before, part, times).ne(near(latest, part, times))
        };
        let plans = parts.iter().zip(&made.plans);
        let changed: Vec<_> = plans.filter(|(part, _)| changed(part)).collect();
        for (part, number) in changed {
            if number_of(&self.look(latest, *part).await?.0) != *number {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first and the last time of a part.
    fn times(&self, part: &SpilledPart) -> (i64, i64) {
        let series = self.rows.series().range(part.first..=part.last);
        series.fold((i64::MAX, i64::MIN), |all, (_, one)| (all.0.min(one.times.0), all.1.max(one.times.1)))
    }

    /// Enters what was written into the log, in turn.
    async fn enter(
        &self,
        permit: &Permit,
        table: &Table,
        stamp: &Stamp,
        mut snapshot: Arc<Snapshot>,
        mut made: Made,
    ) -> Result<Committed, Error> {
        for _ in 0..ATTEMPTS {
            let looked = async {
                let latest = table.latest(self.dataset).await?;
                let done = table.committed_run(&stamp.run).await?;
                let holds = done.is_some()
                    || latest.position == snapshot.position
                    || self.holds(&made, &snapshot, &latest).await?;
                Ok::<_, Error>((latest, done, holds))
            };
            match looked.await {
                Ok((_, Some(done), _)) => {
                    discard(self.lake, &made.change.added).await;
                    return settled(self.lake, self.dataset, done).await;
                }
                Ok((latest, None, holds)) => {
                    if !holds {
                        discard(self.lake, &made.change.added).await;
                        made = self.make(&latest).await?;
                    }
                    snapshot = latest;
                }
                Err(error) => {
                    discard(self.lake, &made.change.added).await;
                    return Err(error);
                }
            }
            let counts = made.counts;
            let total = snapshot.rows + counts.added - counts.removed;
            if made.change.added.is_empty() && made.change.removed.is_empty() {
                return Ok(Committed { version: None, counts, total });
            }
            let version = snapshot.next_position();
            let notice = Notice { run: &stamp.run, user: permit.user(), at: stamp.at, counts, total };
            // When this fails, the entry may be in the log nevertheless: the files stay.
            if matches!(table.log.append(version, &made.change, &notice).await?, Written::Done) {
                take_up(self.lake, table, &snapshot, made.change, &stamp.run).await?;
                return Ok(Committed { version: Some(version), counts, total });
            }
        }
        discard(self.lake, &made.change.added).await;
        Err(Error::later(format!("other writers of `{}` were always first", self.dataset)))
    }

    /// Rows of the version and those that take their places, in the order of files and rows.
    async fn corrections(
        &self,
        snapshot: &Arc<Snapshot>,
        parts: &[SpilledPart],
        first: &BTreeMap<(usize, usize), (usize, usize)>,
    ) -> Result<Option<Corrections>, Error> {
        let mut by_part: BTreeMap<usize, Vec<Rewrite>> = BTreeMap::new();
        for ((file, row), (part, position)) in first {
            let file = &snapshot.files()[*file];
            let edit = Edit { row: *row, position: Some(*position) };
            let rewrites = by_part.entry(*part).or_default();
            match rewrites.last_mut() {
                Some(last) if last.file.path == file.path => last.edits.push(edit),
                _ => rewrites.push(Rewrite { file: file.clone(), edits: vec![edit] }),
            }
        }
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut places: HashMap<usize, (usize, usize)> = HashMap::new();
        for (part, rewrites) in by_part {
            let (lake, version, rows) = (self.lake.clone(), snapshot.clone(), self.rows.clone());
            let of = parts[part];
            let shown = aside(async move {
                let incoming = arranged(&version, &rows, &of, None)?;
                let plan = Plan { rewrites, ..Plan::default() };
                compare::corrections(&lake, &version, &incoming, &plan, usize::MAX).await
            });
            if let Some(shown) = shown.await? {
                places.insert(part, (before.len(), 0));
                before.push(shown.before);
                after.push(shown.after);
            }
        }
        let mut order = Vec::with_capacity(first.len());
        for (part, _) in first.values() {
            if let Some((batch, row)) = places.get_mut(part) {
                order.push((*batch, *row));
                *row += 1;
            }
        }
        if order.is_empty() {
            return Ok(None);
        }
        let in_order = |batches: &[RecordBatch]| {
            let batches: Vec<&RecordBatch> = batches.iter().collect();
            compute::interleave_record_batch(&batches, &order)
        };
        Ok(Some(Corrections { before: in_order(&before)?, after: in_order(&after)? }))
    }
}

/// Parts that are worked on at a time.
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4)
}

/// A part in the table's order, without the columns that the table does not have.
fn arranged(
    snapshot: &Snapshot,
    rows: &Spill,
    part: &SpilledPart,
    stamp: Option<Stamp>,
) -> Result<Incoming, Error> {
    let schema = snapshot.table.arrow()?;
    let mut batches = rows.read(part, None)?;
    for batch in &mut batches {
        let fields = batch.schema();
        let own = |at: &usize| schema.field_with_name(fields.field(*at).name()).is_ok();
        let own: Vec<usize> = (0..batch.num_columns()).filter(own).collect();
        *batch = batch.project(&own)?;
    }
    Incoming::arrange(&snapshot.table, &batches, stamp)
}

/// The files of a version in which a part may have a row.
fn near<'a>(
    snapshot: &'a Snapshot,
    part: &'a SpilledPart,
    times: (i64, i64),
) -> impl Iterator<Item = &'a Path> {
    let meets = |low: Option<i64>, high: Option<i64>, from: i64, to: i64| {
        low.is_none_or(|low| low <= to) && high.is_none_or(|high| from <= high)
    };
    let files = snapshot.files().iter().filter(move |file| {
        meets(file.min_datastream, file.max_datastream, part.first, part.last)
            && meets(file.min_time, file.max_time, times.0, times.1)
    });
    files.map(|file| &file.path)
}

/// A number that stands for a plan: plans with the same number write the same files.
fn number_of(plan: &Plan) -> u64 {
    let mut hasher = DefaultHasher::new();
    plan.counts.hash(&mut hasher);
    plan.new.hash(&mut hasher);
    for Rewrite { file, edits } in &plan.rewrites {
        (&file.path, edits).hash(&mut hasher);
    }
    hasher.finish()
}

fn add(all: &mut CommitCounts, more: CommitCounts) {
    all.added += more.added;
    all.corrected += more.corrected;
    all.unchanged += more.unchanged;
    all.removed += more.removed;
    all.flagged += more.flagged;
}

/// Puts on the disk which rows of a file change, and into what: the new rows, and a column with the number of
/// the row that each takes the place of.
fn put_aside(rewrite: &Rewrite, incoming: &Incoming, blocks: &Blocks) -> Result<(Path, Vec<Block>), Error> {
    let mut kept = Vec::with_capacity(rewrite.edits.len().div_ceil(EDITS));
    for edits in rewrite.edits.chunks(EDITS) {
        let new = incoming.gather(&ranges_of(edits.iter().filter_map(|edit| edit.position)))?;
        let rows = UInt64Array::from_iter_values(edits.iter().map(|edit| edit.row as u64));
        let mut fields: Vec<_> = new.schema().fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new("row", DataType::UInt64, false)));
        let mut columns = new.columns().to_vec();
        columns.push(Arc::new(rows) as ArrayRef);
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        kept.push(blocks.append(&batch)?);
    }
    Ok((rewrite.file.path.clone(), kept))
}

/// Copies a file's rows, with those that were put aside in their places.
fn again(
    runtime: &Handle,
    lake: &Lake,
    old: &DataFile,
    edits: &Blocks,
    blocks: Vec<Block>,
    file: &mut Rows,
) -> Result<(), Error> {
    let builder = runtime.block_on(lake.inner.metadata.builder(&lake.inner.store, old))?;
    let mut batches = builder.with_batch_size(CHUNK_ROWS).build()?;
    let mut blocks = blocks.into_iter();
    // The changed rows that were read back, and how many of them are in the file.
    let mut open: Option<(RecordBatch, usize)> = None;
    let mut first = 0_usize;
    while let Some(batch) = runtime.block_on(batches.try_next())? {
        let mut sources = vec![batch.clone()];
        let mut rows: Vec<(usize, usize)> = (0..batch.num_rows()).map(|row| (0, row)).collect();
        loop {
            let (block, from) = match open.take() {
                Some(open) => open,
                None => match blocks.next() {
                    Some(block) => (edits.read(&block, None)?, 0),
                    None => break,
                },
            };
            let last = block.num_columns() - 1;
            let changed = block.column(last).as_primitive::<UInt64Type>().values();
            let to = from + changed[from..].partition_point(|row| (*row as usize) < first + rows.len());
            for at in from..to {
                rows[changed[at] as usize - first] = (sources.len(), at);
            }
            if from < to {
                sources.push(RecordBatch::try_new(batch.schema(), block.columns()[..last].to_vec())?);
            }
            if to < block.num_rows() {
                open = Some((block, to));
                break;
            }
        }
        first += batch.num_rows();
        if sources.len() == 1 {
            file.append(&batch)?;
        } else {
            let sources: Vec<&RecordBatch> = sources.iter().collect();
            file.append(&compute::interleave_record_batch(&sources, &rows)?)?;
        }
    }
    if open.is_some() || blocks.next().is_some() {
        return Err(Error::internal(format!("`{}` has fewer rows than are changed in it", old.path)));
    }
    Ok(())
}
