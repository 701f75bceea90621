//! Undoing a run: what it brought is set back to what was there before, or goes, as a new version.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{AsArray, BooleanArray};
use arrow::compute;
use arrow::record_batch::RecordBatch;
use model::{DatasetId, RunId, Version};
use policy::Permit;

use super::arrange::{Incoming, What};
use super::compare::{Found, find};
use super::{Work, aside, commit_in_turn};
use crate::read::{Chosen, chosen_rows, ranges_of};
use crate::tables::Table;
use crate::{Committed, Error, Lake, Snapshot, Undo, Undone};

/// How often it starts again because another node wrote meanwhile.
const ATTEMPTS: usize = 5;
/// How many runs that were undone themselves may lie one under the other.
const DEPTH: usize = 1000;

/// Undoes a run; see [`Lake::undo`].
pub(crate) async fn undo(lake: &Lake, permit: &Permit, undo: Undo) -> Result<Undone, Error> {
    let table = lake.inner.tables.table(permit.dataset());
    let _turn = table.turn.lock().await;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        match once(lake, permit, &table, &undo).await {
            // Another node was first: what is there now is looked at again.
            Err(error @ Error::Later(_)) => last = Some(error),
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| Error::later(format!("run {} could not be undone", undo.of))))
}

async fn once(lake: &Lake, permit: &Permit, table: &Table, undo: &Undo) -> Result<Undone, Error> {
    let dataset = permit.dataset().clone();
    let snapshot = table.latest(&dataset).await?;
    let done = table.committed_run(&undo.of).await?;
    let version = done
        .and_then(|done| done.version)
        .ok_or_else(|| Error::NotFound { what: format!("version of run {} in `{dataset}`", undo.of) })?;
    let made = table.version(&dataset, version).await?;
    let before = previous(table, &dataset, version).await?;
    let brought = brought(lake, &made, &before, &undo.of).await?;
    let kind = snapshot.table.clone();
    let keys = Incoming::arrange(&kind, &brought, None)?;
    let now = find(lake, &snapshot, &keys).await?;
    // What a later run corrected is that run's.
    let own = select(&now, &snapshot, |run| run == undo.of.as_str())?;
    let own_rows: u64 = own.iter().map(|batch| batch.num_rows() as u64).sum();
    let there = now.at.iter().flatten().count() as u64;
    let (restored, gone) = earlier(lake, table, &dataset, before, own, undo).await?;
    let work = Work {
        rows: restored,
        gone,
        attempts: 1,
        ..Work::new(undo.run.clone(), What::Restored, undo.committed_at)
    };
    let committed: Committed = commit_in_turn(lake, permit, table, work).await?;
    Ok(Undone { committed, kept: there - own_rows })
}

/// The version before a version.
async fn previous(
    table: &Table,
    dataset: &DatasetId,
    version: Version,
) -> Result<std::sync::Arc<Snapshot>, Error> {
    for number in (0..version.0).rev() {
        match table.version(dataset, Version(number)).await {
            // An entry that only rearranged files made no version.
            Err(Error::NotFound { .. }) => {}
            other => return other,
        }
    }
    Err(Error::internal(format!("`{dataset}` has nothing before version {version}")))
}

/// The rows that a run brought: those of its version that are its own.
async fn brought(
    lake: &Lake,
    made: &Snapshot,
    before: &Snapshot,
    run: &RunId,
) -> Result<Vec<RecordBatch>, Error> {
    let old: HashSet<_> = before.files().iter().map(|file| &file.path).collect();
    let mut rows = Vec::new();
    for file in made.files().iter().filter(|file| !old.contains(&file.path)) {
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let chosen = Chosen::all(metadata.metadata());
        for batch in chosen_rows(lake, file, &chosen, None).await? {
            let batch = RecordBatch::try_new(made.schema(), batch.columns().to_vec())?;
            let own = runs(&batch)?;
            let own: BooleanArray =
                (0..batch.num_rows()).map(|row| Some(own.value(row) == run.as_str())).collect();
            if own.true_count() > 0 {
                rows.push(compute::filter_record_batch(&batch, &own)?);
            }
        }
    }
    Ok(rows)
}

/// What stood under the keys of rows in a version and before the runs that were withdrawn themselves;
/// and the rows under whose keys nothing stood.
async fn earlier(
    lake: &Lake,
    table: &Table,
    dataset: &DatasetId,
    before: std::sync::Arc<Snapshot>,
    own: Vec<RecordBatch>,
    undo: &Undo,
) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>), Error> {
    let (mut restored, mut gone) = (Vec::new(), Vec::new());
    // The latest versions first: what stood before a later run may lead to an earlier one.
    let mut open = BTreeMap::from([(before.version(), own)]);
    for _ in 0..DEPTH {
        let Some((version, rows)) = open.pop_last() else { return Ok((restored, gone)) };
        let snapshot = table.version(dataset, version).await?;
        let (kind, given) = (snapshot.table.clone(), rows);
        let keys = aside(async move { Incoming::arrange(&kind, &given, None) }).await?;
        let found = find(lake, &snapshot, &keys).await?;
        let withdrawn = |run: &str| {
            run == undo.of.as_str() || undo.withdrawn.iter().any(|withdrawn| withdrawn.as_str() == run)
        };
        restored.extend(select(&found, &snapshot, |run| !withdrawn(run))?);
        let nothing = ranges_of((0..keys.rows()).filter(|position| found.at[*position].is_none()));
        if !nothing.is_empty() {
            gone.push(keys.gather(&nothing)?);
        }
        for batch in select(&found, &snapshot, withdrawn)? {
            // One batch may hold rows of several runs that were withdrawn.
            let names = runs(&batch)?;
            let all: HashSet<String> = names.iter().flatten().map(str::to_owned).collect();
            for name in all {
                let of = (0..batch.num_rows()).map(|row| Some(names.value(row) == name));
                let part = compute::filter_record_batch(&batch, &of.collect())?;
                let run = RunId::new(&name).map_err(Error::internal)?;
                let made = table.committed_run(&run).await?.and_then(|done| done.version);
                let made = made.filter(|made| *made <= version).ok_or_else(|| {
                    Error::internal(format!("`{dataset}` has rows of run {run}, which made no version"))
                })?;
                let before = previous(table, dataset, made).await?.version();
                open.entry(before).or_default().push(part);
            }
        }
    }
    Err(Error::internal(format!("`{dataset}` has more than {DEPTH} withdrawn runs one under the other")))
}

/// The found rows whose run is one of these.
fn select(
    found: &Found,
    snapshot: &Snapshot,
    is_one: impl Fn(&str) -> bool,
) -> Result<Vec<RecordBatch>, Error> {
    let mut wanted: Vec<Vec<bool>> =
        found.batches.iter().map(|batch| vec![false; batch.num_rows()]).collect();
    for (batch, row) in found.at.iter().flatten() {
        wanted[*batch][*row] = is_one(runs(&found.batches[*batch])?.value(*row));
    }
    let mut rows = Vec::new();
    for (batch, wanted) in found.batches.iter().zip(wanted) {
        let wanted = BooleanArray::from(wanted);
        if wanted.true_count() > 0 {
            let batch = RecordBatch::try_new(snapshot.schema(), batch.columns().to_vec())?;
            rows.push(compute::filter_record_batch(&batch, &wanted)?);
        }
    }
    Ok(rows)
}

fn runs(batch: &RecordBatch) -> Result<&arrow::array::StringArray, Error> {
    let column = batch.column_by_name("run").and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| Error::internal("rows of a table have no run"))
}
