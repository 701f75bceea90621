//! Testing a whole dataset again, with the limits that hold now: a version in which only flags change.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int8Array, StringArray};
use arrow::compute;
use arrow::datatypes::{Float64Type, Int8Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use catalog::RunNote;
use chrono::{DateTime, Utc};
use lake::{AsOf, NewFlags, SeriesRead, Snapshot};
use model::{Datastream, DatastreamKey, Quality, Run, RunKind, RunState, RunTotals, TimeRange};
use policy::Permit;
use wording::told;

use super::QualitySettings;
use super::around::{Told, read};
use super::arrive::{Tested, tested};
use super::limits::{LimitBook, ZONE};
use super::neighbours::{Neighbour, climatology, compare};
use super::series::{Flags, Point, test};
use crate::{Error, Intake};

/// Datastreams that are read at a time.
const AT_ONCE: usize = 16;

impl Intake {
    /// Tests all values of the permit's dataset again. What comes of it is a run, and a version when a
    /// flag changed; values stay as they are.
    pub async fn recheck(&self, permit: &Permit, now: DateTime<Utc>) -> Result<(Run, RunNote), Error> {
        let inner = &self.inner;
        let dataset = permit.dataset().clone();
        if !permit.rows().is_open() {
            return Err(Error::Denied(policy::Denial::NoGrant));
        }
        let gazetteer = inner.catalog.gazetteer().await?;
        let saved = inner.catalog.quality_settings(&dataset, None).await?;
        let (number, settings) = match saved {
            Some((number, text)) => (Some(number), Some(QualitySettings::parse(&text, &gazetteer)?)),
            None => (None, None),
        };
        let streams = inner.catalog.datastreams(&dataset).await?;
        let keys: Vec<DatastreamKey> = streams.iter().map(|stream: &Datastream| stream.key.clone()).collect();
        let book = LimitBook::new(&gazetteer, settings.as_ref());
        let tested = tested(&gazetteer, &book, &keys);
        let mut run = crate::amend::opened(permit, RunKind::Recheck, String::new(), now)?;
        inner.catalog.open_run(&run).await?;
        let mut note = RunNote {
            run: run.id.clone(),
            withdraws: None,
            reason: String::new(),
            removed: 0,
            restored: 0,
            kept: 0,
            flagged: 0,
            quality: number,
        };
        inner.catalog.put_run_note(&note).await?;
        let outcome = self.recheck_run(permit, &run, tested).await;
        let (rows, committed) = match outcome {
            Ok(done) => done,
            Err(error) => return Err(self.amendment_failed(run, error, now).await),
        };
        run.totals = RunTotals { rows, ..RunTotals::default() };
        if let Some(committed) = committed {
            note.flagged = committed.counts.flagged;
            run.totals.unchanged = rows - committed.counts.flagged;
            self.amended(permit, &mut run, &committed).await?;
        } else {
            run.totals.unchanged = rows;
        }
        inner.catalog.put_run_note(&note).await?;
        run.state = RunState::Done;
        run.finished_at = Some(crate::amend::moment());
        inner.catalog.update_run(&run).await?;
        Ok((run, note))
    }

    /// Tests and commits; how many values were looked at, and the commit.
    async fn recheck_run(
        &self,
        permit: &Permit,
        run: &Run,
        mut tested: HashMap<i64, Tested>,
    ) -> Result<(u64, Option<lake::Committed>), Error> {
        let lake = &self.inner.lake;
        lake.settle(permit.dataset()).await?;
        let snapshot = lake.snapshot(permit, AsOf::Latest).await?;
        let mut ids: Vec<i64> = tested.keys().copied().collect();
        ids.sort_unstable();
        let (mut changed, mut looked, mut count) = (Vec::new(), 0_u64, 0_u64);
        for ids in ids.chunks(AT_ONCE) {
            let all = SeriesRead {
                datastreams: ids.to_vec(),
                time: TimeRange::ALL,
                columns: None,
                limit: None,
                results: lake::ResultRange::ALL,
            };
            let mut others: Vec<i64> =
                ids.iter().flat_map(|id| &tested[id].neighbours).map(|(id, _)| *id).collect();
            others.sort_unstable();
            others.dedup();
            let beside = if others.is_empty() {
                HashMap::new()
            } else {
                read(lake, permit, &snapshot, others, i64::MIN / 2, i64::MAX / 2).await?
            };
            for batch in one_by_one(lake.read_to_check(permit, &snapshot, all).await?, &snapshot)? {
                looked += batch.num_rows() as u64;
                let id = batch.column(0).as_primitive::<Int64Type>().value(0);
                let Some(tested) = tested.get_mut(&id) else { continue };
                if let Some(batch) = again(&batch, tested, &beside)? {
                    count += batch.num_rows() as u64;
                    if count > u64::from(self.inner.limits.max_values) {
                        return Err(Error::Limit {
                            what: told!(
                                "intake-number-flags-change-one-run",
                                "the number of flags that change in one run"
                            ),
                            limit: self.inner.limits.max_values.to_string().into(),
                        });
                    }
                    changed.push(batch);
                }
                tokio::task::yield_now().await;
            }
        }
        if changed.is_empty() {
            return Ok((looked, None));
        }
        let flags = NewFlags {
            run: run.id.clone(),
            rows: changed,
            committed_at: crate::amend::moment().max(run.started_at),
        };
        Ok((looked, Some(lake.commit_flags(permit, flags).await?)))
    }
}

/// The rows of each datastream as one batch.
fn one_by_one(batches: Vec<RecordBatch>, snapshot: &Snapshot) -> Result<Vec<RecordBatch>, Error> {
    let failed = |error| Error::internal("putting the values of a series together", error);
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let all = compute::concat_batches(&first.schema(), &batches).map_err(failed)?;
    let all = RecordBatch::try_new(snapshot.schema(), all.columns().to_vec()).map_err(failed)?;
    let ids = all.column(0).as_primitive::<Int64Type>().values();
    let (mut found, mut start) = (Vec::new(), 0);
    while start < ids.len() {
        let length = ids[start..].iter().take_while(|id| **id == ids[start]).count();
        found.push(all.slice(start, length));
        start += length;
    }
    Ok(found)
}

/// Tests one series again; the rows whose flags change, with their new flags.
fn again(
    batch: &RecordBatch,
    tested: &mut Tested,
    beside: &HashMap<i64, Vec<Point>>,
) -> Result<Option<RecordBatch>, Error> {
    let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
    let results = batch.column(3).as_primitive::<Float64Type>();
    let rows: Vec<usize> = (0..batch.num_rows()).filter(|row| results.is_valid(*row)).collect();
    let points: Vec<Point> =
        rows.iter().map(|row| Point { time: times.value(*row), value: results.value(*row) }).collect();
    let own = tested.calendar.sets().iter().any(|limits| limits.own_climatology);
    if own && let Some(months) = climatology(&points) {
        for limits in tested.calendar.sets_mut().filter(|limits| limits.own_climatology) {
            limits.climatology = Some(months);
        }
    }
    let mut flags = test(&points, |time| tested.calendar.at(time), ZONE);
    if let Some(limits) = tested.calendar.sets().iter().find(|limits| !limits.neighbours.is_empty()) {
        let neighbours: Vec<Neighbour<'_>> = tested
            .neighbours
            .iter()
            .filter_map(|(id, weight)| Some(Neighbour { points: beside.get(id)?, weight: *weight }))
            .collect();
        compare(&points, limits, &neighbours, &mut flags);
    }
    let old = batch.column(5).as_primitive::<Int8Type>();
    let told = batch.column(6).as_string::<i32>();
    let mut by_row: HashMap<usize, Flags> = rows.into_iter().zip(flags).collect();
    let (mut qualities, mut tests, mut differs) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..batch.num_rows() {
        let text = told.is_valid(row).then(|| told.value(row));
        let (quality, words) = match by_row.remove(&row) {
            Some(flags) => Told::of(text).with(flags),
            None => {
                (Quality::from_code(old.value(row)).unwrap_or(Quality::NotEvaluated), text.map(str::to_owned))
            }
        };
        differs.push(quality.code() != old.value(row) || words.as_deref() != text);
        qualities.push(quality.code());
        tests.push(words);
    }
    let differs = BooleanArray::from(differs);
    if differs.true_count() == 0 {
        return Ok(None);
    }
    let mut columns = batch.columns().to_vec();
    columns[5] = Arc::new(Int8Array::from(qualities)) as ArrayRef;
    columns[6] = Arc::new(StringArray::from(tests)) as ArrayRef;
    let failed = |error| Error::internal("putting new flags to values", error);
    let all = RecordBatch::try_new(batch.schema(), columns).map_err(failed)?;
    Ok(Some(compute::filter_record_batch(&all, &differs).map_err(failed)?))
}
