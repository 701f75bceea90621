//! How incoming rows compare with a table: new, corrected or there already.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute;
use arrow::compute::kernels::cmp::not_distinct;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use model::RunId;
use parquet::file::metadata::ParquetMetaData;

use super::arrange::{Incoming, Keys, Run, What};
use crate::features::{BOX, FEATURE, GEOMETRY};
use crate::observations::{DATASTREAM, FLAGS, TIME, VALUES};
use crate::read::{Chosen, chosen_rows, int_range, ranges_of, rows_of, text_range};
use crate::{CommitCounts, Corrections, DataFile, Error, Lake, Snapshot, TableSchema};

/// What a commit will do.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) counts: CommitCounts,
    /// The positions that go to new files.
    pub(crate) new: Vec<Range<usize>>,
    /// The files in which a row changes.
    pub(crate) rewrites: Vec<Rewrite>,
}

/// A file that is written anew.
#[derive(Debug, PartialEq)]
pub(crate) struct Rewrite {
    pub(crate) file: DataFile,
    /// What changes, in the order of rows.
    pub(crate) edits: Vec<Edit>,
}

/// A row of a file that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Edit {
    /// The row, from the file's first.
    pub(crate) row: usize,
    /// The position that takes its place; `None` when the row goes, because its new form belongs
    /// elsewhere in the table's order.
    pub(crate) position: Option<usize>,
}

impl Plan {
    pub(crate) fn changes_nothing(&self) -> bool {
        self.new.is_empty() && self.rewrites.is_empty()
    }
}

/// A row that is there under the key of an incoming one.
struct Match {
    row: usize,
    position: usize,
}

/// Rows of a version under the keys of others.
pub(super) struct Found {
    /// The rows, with all of the table's columns.
    pub(super) batches: Vec<RecordBatch>,
    /// Batch and row of each position; absent where the version has no such key.
    pub(super) at: Vec<Option<(usize, usize)>>,
}

/// Reads the rows of a version that have the keys of others.
pub(super) async fn find(lake: &Lake, snapshot: &Snapshot, keys: &Incoming) -> Result<Found, Error> {
    let mut found = Found { batches: Vec::new(), at: vec![None; keys.rows()] };
    for file in snapshot.files() {
        if keys.rows() == 0 || !may_overlap(file, &keys.keys) {
            continue;
        }
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let metadata = metadata.metadata();
        for group in 0..metadata.num_row_groups() {
            if !group_may_overlap(metadata, group, &keys.keys) {
                continue;
            }
            let matches = matches(lake, file, &Chosen::group(metadata, group), keys).await?;
            let mut left = matches.iter();
            let chosen = Chosen { groups: vec![(group, ranges_of(matches.iter().map(|found| found.row)))] };
            for batch in chosen_rows(lake, file, &chosen, None).await? {
                for (row, of) in (0..batch.num_rows()).zip(&mut left) {
                    found.at[of.position] = Some((found.batches.len(), row));
                }
                found.batches.push(RecordBatch::try_new(snapshot.schema(), batch.columns().to_vec())?);
            }
        }
    }
    Ok(found)
}

/// The first rows that a plan corrects, as they are and as they will be.
pub(super) async fn corrections(
    lake: &Lake,
    snapshot: &Snapshot,
    incoming: &Incoming,
    plan: &Plan,
    limit: usize,
) -> Result<Option<Corrections>, Error> {
    let (mut before, mut positions) = (Vec::new(), Vec::new());
    for Rewrite { file, edits } in &plan.rewrites {
        let left = limit - positions.len();
        let edits: Vec<(usize, usize)> =
            edits.iter().filter_map(|edit| Some((edit.row, edit.position?))).take(left).collect();
        if edits.is_empty() {
            continue;
        }
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let metadata = metadata.metadata();
        let (mut first, mut chosen) = (0, Chosen::default());
        for group in 0..metadata.num_row_groups() {
            let end = first + rows_of(metadata, group);
            let here = edits.iter().filter(|(row, _)| (first..end).contains(row));
            let rows = ranges_of(here.map(|(row, _)| row - first));
            if !rows.is_empty() {
                chosen.groups.push((group, rows));
            }
            first = end;
        }
        for batch in chosen_rows(lake, file, &chosen, None).await? {
            before.push(RecordBatch::try_new(snapshot.schema(), batch.columns().to_vec())?);
        }
        positions.extend(edits.iter().map(|(_, position)| *position));
    }
    if positions.is_empty() {
        return Ok(None);
    }
    let schema = snapshot.schema();
    let shown: Vec<usize> = (0..schema.fields().len())
        .filter(|at| !matches!(schema.field(*at).name().as_str(), "run" | "recorded_at"))
        .collect();
    // Files are in the table's order and so are positions, but files may overlap.
    let mut after = Vec::with_capacity(positions.len());
    let fields = Arc::new(schema.project(&shown)?);
    for position in &positions {
        let columns = incoming.gather_columns(std::slice::from_ref(&(*position..position + 1)), &shown)?;
        after.push(RecordBatch::try_new(fields.clone(), columns)?);
    }
    Ok(Some(Corrections {
        before: compute::concat_batches(&schema, &before)?,
        after: compute::concat_batches(&fields, &after)?,
    }))
}

/// Compares the rows with one version of the table, file by file. Of a file, only the row groups
/// that overlap are read, their keys first, and the values of the keys that are there.
pub(crate) async fn compare(lake: &Lake, snapshot: &Snapshot, incoming: &Incoming) -> Result<Plan, Error> {
    // What goes, and what only has other flags, is never added.
    let mut known: Vec<bool> = (0..incoming.rows())
        .map(|position| incoming.what == What::Flags || incoming.is_gone(position))
        .collect();
    let mut plan = Plan::default();
    let mut moved = Vec::new();
    for file in snapshot.files() {
        if incoming.rows() == 0 || !may_overlap(file, &incoming.keys) {
            continue;
        }
        let metadata = lake.inner.metadata.of(&lake.inner.store, file).await?;
        let metadata = metadata.metadata();
        let mut edits = Vec::new();
        let mut first = 0;
        for group in 0..metadata.num_row_groups() {
            let rows = rows_of(metadata, group);
            if group_may_overlap(metadata, group, &incoming.keys) {
                let chosen = Chosen::group(metadata, group);
                let matches = matches(lake, file, &chosen, incoming).await?;
                for found in &matches {
                    known[found.position] = true;
                }
                for (found, same) in
                    matches.iter().zip(outcomes(lake, file, group, &matches, incoming).await?)
                {
                    let row = first + found.row;
                    if incoming.is_gone(found.position) {
                        plan.counts.removed += 1;
                        edits.push(Edit { row, position: None });
                        continue;
                    }
                    match same {
                        Outcome::Same => plan.counts.unchanged += 1,
                        Outcome::TakenOver => {
                            plan.counts.unchanged += 1;
                            edits.push(Edit { row, position: Some(found.position) });
                        }
                        Outcome::Flagged => {
                            plan.counts.flagged += 1;
                            edits.push(Edit { row, position: Some(found.position) });
                        }
                        Outcome::Changed => {
                            plan.counts.corrected += 1;
                            edits.push(Edit { row, position: Some(found.position) });
                        }
                        Outcome::Moved => {
                            plan.counts.corrected += 1;
                            edits.push(Edit { row, position: None });
                            moved.push(found.position);
                        }
                    }
                }
            }
            first += rows;
        }
        if !edits.is_empty() {
            plan.rewrites.push(Rewrite { file: file.clone(), edits });
        }
    }
    plan.counts.added = known.iter().filter(|known| !**known).count() as u64;
    for position in moved {
        known[position] = false;
    }
    plan.new = ranges_of(known.iter().enumerate().filter(|(_, known)| !**known).map(|(at, _)| at));
    Ok(plan)
}

fn may_overlap(file: &DataFile, keys: &Keys) -> bool {
    match keys {
        Keys::Series { runs, times } => series_overlap(
            runs,
            times,
            file.min_datastream.zip(file.max_datastream),
            file.min_time.zip(file.max_time),
        ),
        // The log has no statistics of ids; the row groups do.
        Keys::Features(_) => true,
    }
}

fn group_may_overlap(metadata: &ParquetMetaData, group: usize, keys: &Keys) -> bool {
    match keys {
        Keys::Series { runs, times } => series_overlap(
            runs,
            times,
            int_range(metadata, group, DATASTREAM),
            int_range(metadata, group, TIME),
        ),
        Keys::Features(positions) => text_range(metadata, group, FEATURE).is_none_or(|(min, max)| {
            // Looking at every id is cheap beside reading the row group's.
            positions.keys().any(|id| min <= id.as_bytes() && id.as_bytes() <= max)
        }),
    }
}

/// Whether a run has a datastream and a time in the ranges.
fn series_overlap(
    runs: &[Run],
    times: &[i64],
    datastreams: Option<(i64, i64)>,
    range: Option<(i64, i64)>,
) -> bool {
    let (low, high) = datastreams.unwrap_or((i64::MIN, i64::MAX));
    let (from, to) = range.unwrap_or((i64::MIN, i64::MAX));
    let at = runs.partition_point(|run| run.datastream < low);
    runs[at..].iter().take_while(|run| run.datastream <= high).any(|run| {
        let times = &times[run.rows.clone()];
        let at = times.partition_point(|time| *time < from);
        times.get(at).is_some_and(|time| *time <= to)
    })
}

/// The rows of a chosen row group whose key is that of an incoming row.
async fn matches(
    lake: &Lake,
    file: &DataFile,
    chosen: &Chosen,
    incoming: &Incoming,
) -> Result<Vec<Match>, Error> {
    let columns: &[usize] = match incoming.keys {
        Keys::Series { .. } => &[DATASTREAM, TIME],
        Keys::Features(_) => &[FEATURE],
    };
    let mut found = Vec::new();
    let mut first = 0;
    for batch in chosen_rows(lake, file, chosen, Some(columns)).await? {
        match &incoming.keys {
            Keys::Series { runs, times } => series_matches(&batch, first, runs, times, &mut found),
            Keys::Features(positions) => {
                let ids = batch.column(0).as_string::<i32>();
                let hits = (0..batch.num_rows()).filter_map(|row| {
                    let position = *positions.get(ids.value(row))?;
                    Some(Match { row: first + row, position })
                });
                found.extend(hits);
            }
        }
        first += batch.num_rows();
    }
    Ok(found)
}

/// Walks the batch, which is sorted, beside the incoming rows, which are too.
fn series_matches(batch: &RecordBatch, first: usize, runs: &[Run], times: &[i64], found: &mut Vec<Match>) {
    let datastreams = batch.column(0).as_primitive::<Int64Type>().values();
    let there = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
    let mut row = 0;
    while row < datastreams.len() {
        let datastream = datastreams[row];
        let end = row + datastreams[row..].partition_point(|other| *other == datastream);
        if let Ok(run) = runs.binary_search_by_key(&datastream, |run| run.datastream) {
            let run = runs[run].rows.clone();
            let mut position = run.start + times[run.clone()].partition_point(|time| *time < there[row]);
            while row < end && position < run.end {
                match there[row].cmp(&times[position]) {
                    std::cmp::Ordering::Less => row += 1,
                    std::cmp::Ordering::Greater => position += 1,
                    std::cmp::Ordering::Equal => {
                        found.push(Match { row: first + row, position });
                        row += 1;
                        position += 1;
                    }
                }
            }
        }
        row = end;
    }
}

enum Outcome {
    Same,
    /// The same, and from now on this commit's.
    TakenOver,
    Flagged,
    Changed,
    Moved,
}

/// Compares the values of rows that are there with those that come in.
async fn outcomes(
    lake: &Lake,
    file: &DataFile,
    group: usize,
    matches: &[Match],
    incoming: &Incoming,
) -> Result<Vec<Outcome>, Error> {
    if matches.is_empty() {
        return Ok(Vec::new());
    }
    let (mut values, place) = compared_columns(&incoming.table)?;
    if incoming.what == What::Restored {
        values.push(incoming.table.arrow()?.index_of("run")?);
        // In the table's order, as the columns are read.
        values.sort_unstable();
    }
    let flags = if incoming.what == What::Flags { FLAGS.to_vec() } else { Vec::new() };
    let mut columns: Vec<usize> = values.iter().chain(&flags).chain(&place).copied().collect();
    if incoming.own.is_some() {
        columns.push(incoming.table.arrow()?.index_of("run")?);
    }
    let chosen = Chosen { groups: vec![(group, ranges_of(matches.iter().map(|found| found.row)))] };
    let mut outcomes = Vec::with_capacity(matches.len());
    let mut left = matches;
    for batch in chosen_rows(lake, file, &chosen, Some(&columns)).await? {
        let (here, rest) = left.split_at(batch.num_rows().min(left.len()));
        left = rest;
        let positions = ranges_of(here.iter().map(|found| found.position));
        let same = |columns: &[usize]| -> Result<Option<BooleanArray>, Error> {
            let mut all: Option<BooleanArray> = None;
            for (column, new) in columns.iter().zip(incoming.gather_columns(&positions, columns)?) {
                let name = incoming.table.arrow()?.field(*column).name().clone();
                let old = batch
                    .column_by_name(&name)
                    .ok_or_else(|| Error::internal(format!("a file has no column `{name}`")))?;
                let equal = not_distinct(old, &new)?;
                all = Some(match all {
                    Some(all) => compute::and(&all, &equal)?,
                    None => equal,
                });
            }
            Ok(all)
        };
        let (same_value, same_flags, same_place) = (same(&values)?, same(&flags)?, same(&place)?);
        let taken_over = taken_over(&batch, incoming)?;
        let holds = |all: &Option<BooleanArray>, row: usize| all.as_ref().is_none_or(|all| all.value(row));
        outcomes.extend((0..here.len()).map(|row| {
            let (value, flags) = (holds(&same_value, row), holds(&same_flags, row));
            match (incoming.what, value, holds(&same_place, row)) {
                // Another value under the key was corrected since the flags were made.
                (What::Flags, true, _) if !flags => Outcome::Flagged,
                (What::Flags, ..) => Outcome::Same,
                (_, true, true) if taken_over.as_ref().is_some_and(|all| all[row]) => Outcome::TakenOver,
                (_, true, true) => Outcome::Same,
                (_, false, true) => Outcome::Changed,
                (_, _, false) => Outcome::Moved,
            }
        }));
    }
    if outcomes.len() != matches.len() {
        return Err(Error::internal(format!("`{}` has fewer rows than its index says", file.path)));
    }
    Ok(outcomes)
}

/// Of each row of a batch whether it becomes the commit's though nothing of it changes; `None` when none does.
fn taken_over(batch: &RecordBatch, incoming: &Incoming) -> Result<Option<Vec<bool>>, Error> {
    let Some(own) = &incoming.own else { return Ok(None) };
    let runs = batch.column_by_name("run").and_then(|column| column.as_string_opt::<i32>());
    let runs = runs.ok_or_else(|| Error::internal("rows of a table have no run"))?;
    let own: HashSet<&str> = own.iter().map(RunId::as_str).collect();
    Ok(Some((0..batch.num_rows()).map(|row| !own.contains(runs.value(row))).collect()))
}

/// The columns whose difference is a correction, and those that give a row its place in the table's
/// order besides its key.
fn compared_columns(table: &TableSchema) -> Result<(Vec<usize>, Vec<usize>), Error> {
    match table {
        TableSchema::Observations => Ok((VALUES.to_vec(), Vec::new())),
        TableSchema::Features(attributes) => {
            let first = BOX[3] + 1;
            let values = std::iter::once(GEOMETRY).chain(first..first + attributes.len());
            Ok((values.collect(), BOX.to_vec()))
        }
    }
}
