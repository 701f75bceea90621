//! Results of some datastreams in a range of time.

use arrow::array::{AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{self, SortColumn};
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use futures::stream::{self, StreamExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::file::metadata::ParquetMetaData;
use policy::Permit;

use super::prune::{Chosen, both, int_pages, int_range, rows_of};
use super::{BATCH_ROWS, SeriesRead};
use crate::observations::{DATASTREAM, TIME};
use crate::{DataFile, Error, Lake, Snapshot};

/// Files that are read at the same time.
const FILES_AT_ONCE: usize = 4;

/// What a row has to be to be read.
struct Wanted {
    datastreams: Vec<i64>,
    /// The first instant, in microseconds.
    from: i64,
    /// The first instant after, in microseconds.
    to: i64,
}

impl Wanted {
    fn may_be_in(&self, datastreams: Option<(i64, i64)>, times: Option<(i64, i64)>) -> bool {
        datastreams.is_none_or(|(min, max)| self.has_datastream(min, max))
            && times.is_none_or(|(min, max)| self.has_time(min, max))
    }

    fn has_datastream(&self, min: i64, max: i64) -> bool {
        let at = self.datastreams.partition_point(|datastream| *datastream < min);
        self.datastreams.get(at).is_some_and(|datastream| *datastream <= max)
    }

    fn has_time(&self, min: i64, max: i64) -> bool {
        self.from <= max && min < self.to
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
            if !rows.is_empty() {
                chosen.groups.push((group, rows));
            }
        }
        chosen
    }

    /// The rows of a batch that are wanted.
    fn pick(&self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let datastreams = batch.column(0).as_primitive::<Int64Type>().values();
        let times = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
        let one = (self.datastreams.len() == 1).then(|| self.datastreams[0]);
        let wanted = BooleanBuffer::collect_bool(batch.num_rows(), |row| {
            let datastream = datastreams[row];
            let known = match one {
                Some(one) => datastream == one,
                None => self.datastreams.binary_search(&datastream).is_ok(),
            };
            known && self.from <= times[row] && times[row] < self.to
        });
        let count = wanted.count_set_bits();
        let first = wanted.set_indices().next().unwrap_or(0);
        if count == 0 || wanted.slice(first, count).count_set_bits() == count {
            return Ok(batch.slice(first, count));
        }
        Ok(compute::filter_record_batch(batch, &BooleanArray::new(wanted, None))?)
    }
}

/// Reads a series; see [`Lake::read_series`].
pub(crate) async fn series(
    lake: &Lake,
    permit: &Permit,
    snapshot: &Snapshot,
    read: SeriesRead,
) -> Result<Vec<RecordBatch>, Error> {
    if !snapshot.is_observations() {
        return Err(Error::invalid(
            format!("`{}` holds features, not series", snapshot.dataset()),
            "read its features",
        ));
    }
    if read.datastreams.is_empty() || !read.datastreams.is_sorted() {
        return Err(Error::invalid("the datastreams of a read have to be there and sorted", "sort them"));
    }
    let columns = columns(&snapshot.schema(), read.columns.as_deref())?;
    let embargo = permit.rows().before.map_or(i64::MAX, |before| before.timestamp_micros());
    let to = read.time.to.map_or(i64::MAX, |to| to.timestamp_micros());
    let wanted = Wanted {
        datastreams: read.datastreams,
        from: read.time.from.map_or(i64::MIN, |from| from.timestamp_micros()),
        to: to.min(embargo),
    };
    let limit = read.limit.unwrap_or(usize::MAX);
    if wanted.from >= wanted.to || limit == 0 {
        return Ok(Vec::new());
    }
    let mut reads = Vec::new();
    for file in snapshot.files() {
        let datastreams = file.min_datastream.zip(file.max_datastream);
        if wanted.may_be_in(datastreams, file.min_time.zip(file.max_time)) {
            reads.push(read_file(lake, file, &wanted, &columns.read, limit));
        }
    }
    let mut parts: Vec<Vec<RecordBatch>> = stream::iter(reads).buffered(FILES_AT_ONCE).try_collect().await?;
    parts.retain(|part| !part.is_empty());
    let mut batches = in_order(parts)?;
    cut(&mut batches, limit);
    batches.iter().map(|batch| Ok(batch.project(&columns.shown)?)).collect()
}

/// The columns that are read, and of these, by position, those that were asked for.
struct Columns {
    read: Vec<usize>,
    shown: Vec<usize>,
}

fn columns(schema: &SchemaRef, asked: Option<&[&'static str]>) -> Result<Columns, Error> {
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
    read.extend([DATASTREAM, TIME]);
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
