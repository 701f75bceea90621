//! Results of some datastreams in a range of time.

use arrow::array::{AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{self, SortColumn};
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use futures::stream::{self, StreamExt, TryStreamExt};
use model::TimeRange;
use parquet::arrow::ProjectionMask;
use parquet::file::metadata::ParquetMetaData;
use policy::Permit;
use wording::told;

use super::prune::{Chosen, both, float_pages, float_range, int_pages, int_range, rows_of};
use super::{BATCH_ROWS, Ranges, ResultRange, SeriesRead};
use crate::observations::{DATASTREAM, RESULT, TIME};
use crate::{DataFile, Error, Lake, Snapshot};

/// Files that are read at the same time.
const FILES_AT_ONCE: usize = 4;

/// What a row has to be to be read.
pub(super) struct Wanted {
    /// In order; every one when absent.
    datastreams: Option<Vec<i64>>,
    /// The first instant, in microseconds.
    from: i64,
    /// The first instant after, in microseconds.
    to: i64,
    results: ResultRange,
}

impl Wanted {
    pub(super) fn new(
        permit: &Permit,
        datastreams: Option<Vec<i64>>,
        time: &TimeRange,
        results: ResultRange,
    ) -> Result<Wanted, Error> {
        if datastreams.as_ref().is_some_and(|all| all.is_empty() || !all.is_sorted()) {
            return Err(Error::invalid("the datastreams of a read have to be there and sorted", "sort them"));
        }
        let embargo = permit.rows().before.map_or(i64::MAX, |before| before.timestamp_micros());
        let to = time.to.map_or(i64::MAX, |to| to.timestamp_micros());
        let from = time.from.map_or(i64::MIN, |from| from.timestamp_micros());
        Ok(Wanted { datastreams, from, to: to.min(embargo), results })
    }

    fn is_nothing(&self) -> bool {
        self.from >= self.to
    }

    /// The only datastream that is wanted, if it is one.
    fn one(&self) -> Option<i64> {
        match self.datastreams.as_deref() {
            Some([one]) => Some(*one),
            _ => None,
        }
    }

    /// Whether rows that are wanted may be where the columns lie in these ranges.
    pub(super) fn may_be_in(&self, datastreams: Option<(i64, i64)>, times: Option<(i64, i64)>) -> bool {
        datastreams.is_none_or(|(min, max)| self.has_datastream(min, max))
            && times.is_none_or(|(min, max)| self.has_time(min, max))
    }

    /// Whether every row is wanted where the columns lie in these ranges.
    pub(super) fn has_all(&self, datastreams: Option<(i64, i64)>, times: Option<(i64, i64)>) -> bool {
        let all_datastreams = match datastreams {
            Some((min, max)) => self.has_all_datastreams(min, max),
            None => self.datastreams.is_none(),
        };
        self.results.is_all()
            && all_datastreams
            && times.is_some_and(|(min, max)| self.has_all_times(min, max))
    }

    pub(super) fn has_datastream(&self, min: i64, max: i64) -> bool {
        let Some(datastreams) = &self.datastreams else { return true };
        let at = datastreams.partition_point(|datastream| *datastream < min);
        datastreams.get(at).is_some_and(|datastream| *datastream <= max)
    }

    pub(super) fn has_all_datastreams(&self, min: i64, max: i64) -> bool {
        if !self.results.is_all() {
            return false;
        }
        let Some(datastreams) = &self.datastreams else { return true };
        // What else lies between two numbers nobody knows.
        min == max && datastreams.binary_search(&min).is_ok()
    }

    pub(super) fn has_time(&self, min: i64, max: i64) -> bool {
        self.from <= max && min < self.to
    }

    pub(super) fn has_all_times(&self, min: i64, max: i64) -> bool {
        self.from <= min && max < self.to
    }

    /// The rows of a row group on pages that may hold results that are wanted; none when no page does.
    pub(super) fn pages_of_results(&self, metadata: &ParquetMetaData, group: usize) -> Option<Ranges> {
        if self.results.is_all() {
            return None;
        }
        let may = |(min, max)| self.results.may_have(min, max);
        if float_range(metadata, group, RESULT).is_some_and(|range| !may(range)) {
            return Some(Ranges::new());
        }
        Some(float_pages(metadata, group, RESULT, |min, max| may((min, max))))
    }

    /// The columns by which rows are told, in the table's order.
    pub(super) fn columns(&self) -> Vec<usize> {
        if self.results.is_all() { vec![DATASTREAM, TIME] } else { vec![DATASTREAM, TIME, RESULT] }
    }

    /// Which rows of a batch are wanted, whose first columns are datastream and time.
    fn mask(&self, batch: &RecordBatch) -> BooleanBuffer {
        let rows = self.mask_of_keys(batch);
        if self.results.is_all() {
            return rows;
        }
        match batch.column_by_name("result") {
            Some(results) => &rows & &self.results.mask(results),
            None => BooleanBuffer::new_unset(batch.num_rows()),
        }
    }

    fn mask_of_keys(&self, batch: &RecordBatch) -> BooleanBuffer {
        let datastreams = batch.column(0).as_primitive::<Int64Type>().values();
        let times = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
        let in_time = |row: usize| self.from <= times[row] && times[row] < self.to;
        let rows = batch.num_rows();
        match self.datastreams.as_deref() {
            None => BooleanBuffer::collect_bool(rows, in_time),
            Some([one]) => BooleanBuffer::collect_bool(rows, |row| datastreams[row] == *one && in_time(row)),
            Some(many) => {
                // Rows lie by datastream, so that most have the one of the row before.
                let mut last = (0, false);
                let mut first = true;
                BooleanBuffer::collect_bool(rows, |row| {
                    let datastream = datastreams[row];
                    if first || last.0 != datastream {
                        last = (datastream, many.binary_search(&datastream).is_ok());
                        first = false;
                    }
                    last.1 && in_time(row)
                })
            }
        }
    }

    /// How many rows of such a batch are wanted.
    pub(super) fn count(&self, batch: &RecordBatch) -> u64 {
        self.mask(batch).count_set_bits() as u64
    }

    fn choose(&self, metadata: &ParquetMetaData) -> Chosen {
        let mut chosen = Chosen::default();
        for group in 0..metadata.num_row_groups() {
            let datastreams = int_range(metadata, group, DATASTREAM);
            let times = int_range(metadata, group, TIME);
            if rows_of(metadata, group) == 0 || !self.may_be_in(datastreams, times) {
                continue;
            }
            let rows = both(
                &int_pages(metadata, group, DATASTREAM, |min, max| self.has_datastream(min, max)),
                &int_pages(metadata, group, TIME, |min, max| self.has_time(min, max)),
            );
            let rows = match self.pages_of_results(metadata, group) {
                Some(pages) => both(&rows, &pages),
                None => rows,
            };
            if !rows.is_empty() {
                chosen.groups.push((group, rows));
            }
        }
        chosen
    }

    /// The rows of a batch that are wanted.
    fn pick(&self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let wanted = self.mask(batch);
        let count = wanted.count_set_bits();
        let first = wanted.set_indices().next().unwrap_or(0);
        if count == 0 || wanted.slice(first, count).count_set_bits() == count {
            return Ok(batch.slice(first, count));
        }
        Ok(compute::filter_record_batch(batch, &BooleanArray::new(wanted, None))?)
    }
}

pub(super) fn must_be_observations(snapshot: &Snapshot) -> Result<(), Error> {
    if snapshot.is_observations() {
        return Ok(());
    }
    let what = told!(
        "lake-holds-features-not-series",
        "`{snapshot}` holds features, not series",
        snapshot = snapshot.dataset()
    );
    Err(Error::invalid(what, told!("lake-read-features", "read its features")))
}

/// Reads a series; see [`Lake::read_series`].
pub(crate) async fn series(
    lake: &Lake,
    permit: &Permit,
    snapshot: &Snapshot,
    read: SeriesRead,
) -> Result<Vec<RecordBatch>, Error> {
    must_be_observations(snapshot)?;
    let wanted = Wanted::new(permit, Some(read.datastreams), &read.time, read.results)?;
    let columns = columns(&snapshot.schema(), read.columns.as_deref(), &wanted)?;
    let limit = read.limit.unwrap_or(usize::MAX);
    if wanted.is_nothing() || limit == 0 {
        return Ok(Vec::new());
    }
    let may_have = |file: &&DataFile| {
        wanted.may_be_in(file.min_datastream.zip(file.max_datastream), file.min_time.zip(file.max_time))
    };
    let mut files: Vec<&DataFile> = snapshot.files().iter().filter(may_have).collect();
    let mut parts: Vec<Vec<RecordBatch>> = Vec::new();
    if limit <= BATCH_ROWS && wanted.one().is_some() && follow_in_time(&mut files) {
        // The first page of a long series is in the first files.
        let mut rows = 0;
        for file in files {
            let part = read_file(lake, file, &wanted, &columns.read, limit - rows).await?;
            rows += part.iter().map(RecordBatch::num_rows).sum::<usize>();
            parts.push(part);
            if rows >= limit {
                break;
            }
        }
    } else {
        let reads = files.into_iter().map(|file| read_file(lake, file, &wanted, &columns.read, limit));
        let reads: Vec<_> = reads.collect();
        parts = stream::iter(reads).buffered(FILES_AT_ONCE).try_collect().await?;
    }
    parts.retain(|part| !part.is_empty());
    let mut batches = in_order(parts)?;
    cut(&mut batches, limit);
    batches.iter().map(|batch| Ok(batch.project(&columns.shown)?)).collect()
}

/// Puts files in the order of their times, if these lie one after the other.
fn follow_in_time(files: &mut [&DataFile]) -> bool {
    files.sort_by_key(|file| file.min_time);
    files.windows(2).all(|pair| {
        let times = pair[0].max_time.zip(pair[1].min_time);
        times.is_some_and(|(end, beginning)| end < beginning)
    })
}

/// The columns that are read, and of these, by position, those that were asked for.
struct Columns {
    read: Vec<usize>,
    shown: Vec<usize>,
}

fn columns(schema: &SchemaRef, asked: Option<&[&'static str]>, by: &Wanted) -> Result<Columns, Error> {
    let Some(asked) = asked else {
        let all: Vec<usize> = (0..schema.fields().len()).collect();
        return Ok(Columns { read: all.clone(), shown: all });
    };
    let mut wanted = Vec::with_capacity(asked.len());
    for name in asked {
        wanted.push(schema.index_of(name).map_err(|_| {
            Error::invalid(
                format!("observations have no column `{name}`"),
                "see `lake::observations::schema`",
            )
        })?);
    }
    let mut read = wanted.clone();
    read.extend(by.columns());
    read.sort_unstable();
    read.dedup();
    let shown = (0..read.len()).filter(|at| wanted.contains(&read[*at])).collect();
    Ok(Columns { read, shown })
}

async fn read_file(
    lake: &Lake,
    file: &DataFile,
    wanted: &Wanted,
    columns: &[usize],
    limit: usize,
) -> Result<Vec<RecordBatch>, Error> {
    let builder = lake.inner.metadata.builder(&lake.inner.store, file).await?;
    let chosen = wanted.choose(builder.metadata());
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let (groups, selection) = chosen.selection(builder.metadata());
    let mask = ProjectionMask::leaves(builder.parquet_schema(), columns.iter().copied());
    let mut rows = builder
        .with_row_groups(groups)
        .with_row_selection(selection)
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()?;
    let mut batches = Vec::new();
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        let batch = wanted.pick(&batch)?;
        if batch.num_rows() > 0 {
            count += batch.num_rows();
            batches.push(batch);
        }
        if count >= limit {
            break;
        }
    }
    Ok(batches)
}

/// The rows of several files, each sorted, as one sorted sequence.
fn in_order(parts: Vec<Vec<RecordBatch>>) -> Result<Vec<RecordBatch>, Error> {
    let apart = parts.windows(2).all(|pair| last_key(&pair[0]) < first_key(&pair[1]));
    let batches: Vec<RecordBatch> = parts.into_iter().flatten().collect();
    let Some(first) = batches.first().filter(|_| !apart) else { return Ok(batches) };
    let all = compute::concat_batches(&first.schema(), &batches)?;
    let key = |column: usize| SortColumn { values: all.column(column).clone(), options: None };
    let order = compute::lexsort_to_indices(&[key(0), key(1)], None)?;
    Ok(vec![compute::take_record_batch(&all, &order)?])
}

fn first_key(batches: &[RecordBatch]) -> Option<(i64, i64)> {
    batches.first().map(|batch| key(batch, 0))
}

fn last_key(batches: &[RecordBatch]) -> Option<(i64, i64)> {
    batches.last().map(|batch| key(batch, batch.num_rows() - 1))
}

fn key(batch: &RecordBatch, row: usize) -> (i64, i64) {
    let datastream = batch.column(0).as_primitive::<Int64Type>().value(row);
    (datastream, batch.column(1).as_primitive::<TimestampMicrosecondType>().value(row))
}

fn cut(batches: &mut Vec<RecordBatch>, limit: usize) {
    let mut left = limit;
    for batch in batches.iter_mut() {
        let rows = batch.num_rows().min(left);
        *batch = batch.slice(0, rows);
        left -= rows;
    }
    batches.retain(|batch| batch.num_rows() > 0);
}
