//! Incoming rows, checked and brought into the table's order without being copied.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, Scalar, StringArray, TimestampMicrosecondArray, UInt32Array,
};
use arrow::compute;
use arrow::compute::kernels::cmp::eq;
use arrow::datatypes::{FieldRef, Float64Type, Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Utc};
use model::{DatastreamMap, RunId};

use super::{CHUNK_ROWS, words};
use crate::{Error, TableSchema, features, observations};

/// Rows that are compared at a time.
const PIECE_ROWS: usize = 4096;

/// Rows to be committed. A *position* is a row's place in the table's order.
pub(crate) struct Incoming {
    pub(crate) table: TableSchema,
    pub(crate) keys: Keys,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    order: Order,
    rows: usize,
    /// The batch from which on the rows are those that go.
    first_gone: usize,
    /// What of the rows is compared.
    pub(crate) what: What,
    /// The runs whose rows stay theirs where they say the same; `None` when everybody's do.
    pub(crate) own: Option<Arc<HashSet<RunId>>>,
    /// Of each of the table's columns, how its values are found.
    sources: Vec<Source>,
}

/// What of rows is compared with the table, and what becomes of those that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Values: another one is a correction, and a row that is not there is added.
    Values,
    /// Values, and the run that brought them: rows that are set back.
    Restored,
    /// Flags: rows of other values, and rows that are not there, are passed over.
    Flags,
}

/// How the values of a column are found.
enum Source {
    /// They are one and the same: this many of them.
    Constant(ArrayRef),
    /// They are the keys' datastreams, in order.
    Datastreams,
    /// They are the keys' times, in order.
    Times,
    /// They are this column of the batches.
    Column(usize),
    /// They are words, of which this column of the batches holds the numbers.
    Words(usize, ArrayRef),
    /// There are none, and they may not be written.
    Missing,
}

/// What fills `run` and `recorded_at` where the rows do not have them.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) run: RunId,
    pub(crate) at: DateTime<Utc>,
}

/// The rows' keys, by position.
pub(crate) enum Keys {
    /// One run a datastream, sorted, and the times of all.
    Series { runs: Vec<Run>, times: Vec<i64> },
    /// The position of each feature's id.
    Features(HashMap<String, usize>),
}

/// The positions of one datastream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) datastream: i64,
    pub(crate) rows: Range<usize>,
}

/// How positions lead to batches and rows.
enum Order {
    /// The batches one after the other: where each begins.
    AsGiven(Vec<usize>),
    /// Batch and row of each position.
    Sorted(Vec<(u32, u32)>),
}

impl Incoming {
    /// Takes rows that have the table's columns; `run` and `recorded_at` may be missing.
    pub(crate) fn arrange(
        table: &TableSchema,
        rows: &[RecordBatch],
        stamp: Option<Stamp>,
    ) -> Result<Incoming, Error> {
        Incoming::arrange_all(table, rows, &[], What::Values, stamp)
    }

    /// The same with rows that go: of these only the keys count.
    pub(crate) fn arrange_all(
        table: &TableSchema,
        rows: &[RecordBatch],
        gone: &[RecordBatch],
        what: What,
        stamp: Option<Stamp>,
    ) -> Result<Incoming, Error> {
        let schema = table.arrow()?;
        let in_columns = |rows: &[RecordBatch]| -> Result<Vec<RecordBatch>, Error> {
            let there = rows.iter().filter(|batch| batch.num_rows() > 0);
            there.map(|batch| in_table_columns(batch, &schema)).collect()
        };
        let mut batches = in_columns(rows)?;
        let first_gone = batches.len();
        batches.extend(in_columns(gone)?);
        let words = words::numbered(&mut batches)?;
        let count = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        if u32::try_from(count).is_err() {
            return Err(Error::invalid("these are more rows than one commit takes", "commit them in parts"));
        }
        if batches.windows(2).any(|pair| pair[0].schema_ref() != pair[1].schema_ref()) {
            return Err(Error::invalid(
                "the rows come in batches of different columns",
                "give all the same columns",
            ));
        }
        let (keys, order) = match table {
            TableSchema::Observations => series_keys(&batches, count)?,
            TableSchema::Features(_) => feature_keys(&batches, count)?,
        };
        let sources = sources(&schema, &batches, &words, &keys, count, stamp.as_ref())?;
        let table = table.clone();
        Ok(Incoming {
            table,
            keys,
            schema,
            batches,
            order,
            rows: count,
            first_gone,
            what,
            own: None,
            sources,
        })
    }

    /// Takes over rows that say the same, unless these runs brought them; see [`crate::Own`].
    pub(crate) fn taking_over(mut self, own: Option<Arc<HashSet<RunId>>>) -> Incoming {
        self.own = own;
        self
    }

    /// Whether the row at a position is one that goes.
    pub(crate) fn is_gone(&self, position: usize) -> bool {
        if self.first_gone == self.batches.len() {
            return false;
        }
        let batch = match &self.order {
            Order::AsGiven(starts) => starts.partition_point(|start| *start <= position) - 1,
            Order::Sorted(order) => order[position].0 as usize,
        };
        batch >= self.first_gone
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The rows at these positions, with all of the table's columns.
    pub(crate) fn gather(&self, positions: &[Range<usize>]) -> Result<RecordBatch, Error> {
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        Ok(RecordBatch::try_new(self.schema.clone(), self.gather_columns(positions, &all)?)?)
    }

    /// Some columns of the rows at these positions.
    pub(crate) fn gather_columns(
        &self,
        positions: &[Range<usize>],
        columns: &[usize],
    ) -> Result<Vec<ArrayRef>, Error> {
        let rows = positions.iter().map(ExactSizeIterator::len).sum();
        let slice = self.slice(positions);
        let mut places: Option<Vec<(usize, usize)>> = None;
        let mut fetch = |at: usize| -> Result<ArrayRef, Error> {
            if let Some((batch, rows)) = &slice {
                return Ok(batch.column(at).slice(rows.start, rows.len()));
            }
            let places = places.get_or_insert_with(|| self.places(positions));
            let values: Vec<&dyn Array> =
                self.batches.iter().map(|batch| batch.column(at).as_ref()).collect();
            Ok(compute::interleave(&values, places)?)
        };
        let mut gathered = Vec::with_capacity(columns.len());
        for column in columns {
            gathered.push(match (&self.sources[*column], &self.keys) {
                (Source::Constant(values), _) => repeated(values, rows)?,
                (Source::Datastreams, Keys::Series { runs, .. }) => datastreams(runs, positions, rows),
                (Source::Times, Keys::Series { times, .. }) => {
                    let mut all = Vec::with_capacity(rows);
                    positions.iter().for_each(|range| all.extend_from_slice(&times[range.clone()]));
                    Arc::new(TimestampMicrosecondArray::from(all).with_timezone("UTC"))
                }
                (Source::Column(at), _) => fetch(*at)?,
                (Source::Words(at, words), _) => compute::take(words, &fetch(*at)?, None)?,
                (Source::Missing | Source::Datastreams | Source::Times, _) => {
                    return Err(Error::internal("rows are written without all of their columns"));
                }
            });
        }
        Ok(gathered)
    }

    /// The rows as a piece of one batch, where they are one.
    fn slice(&self, positions: &[Range<usize>]) -> Option<(&RecordBatch, Range<usize>)> {
        let (Order::AsGiven(starts), [range]) = (&self.order, positions) else { return None };
        let batch = starts.partition_point(|start| *start <= range.start).checked_sub(1)?;
        let start = starts[batch];
        let rows = range.start - start..range.end - start;
        self.batches.get(batch).filter(|batch| rows.end <= batch.num_rows()).map(|batch| (batch, rows))
    }

    fn places(&self, positions: &[Range<usize>]) -> Vec<(usize, usize)> {
        match &self.order {
            Order::Sorted(order) => positions
                .iter()
                .flat_map(|range| &order[range.clone()])
                .map(|(batch, row)| (*batch as usize, *row as usize))
                .collect(),
            Order::AsGiven(starts) => {
                let mut places = Vec::with_capacity(positions.iter().map(ExactSizeIterator::len).sum());
                for position in positions.iter().cloned().flatten() {
                    // The last batch that begins at or before the position.
                    let batch = starts.partition_point(|start| *start <= position) - 1;
                    places.push((batch, position - starts[batch]));
                }
                places
            }
        }
    }
}

fn sources(
    schema: &SchemaRef,
    batches: &[RecordBatch],
    words: &HashMap<usize, ArrayRef>,
    keys: &Keys,
    count: usize,
    stamp: Option<&Stamp>,
) -> Result<Vec<Source>, Error> {
    let size = count.min(CHUNK_ROWS);
    let source = |(column, field): (usize, &FieldRef)| {
        let stamped = |values: ArrayRef| Ok(Source::Constant(values));
        let given = batches.first().and_then(|batch| batch.schema_ref().index_of(field.name()).ok());
        match (given, keys, stamp) {
            (_, Keys::Series { .. }, _) if column == observations::DATASTREAM => Ok(Source::Datastreams),
            (_, Keys::Series { .. }, _) if column == observations::TIME => Ok(Source::Times),
            (Some(given), _, _) => Ok(match (constant(batches, given), words.get(&given)) {
                (Some(value), None) => Source::Constant(repeat(&value, size)?),
                (Some(number), Some(words)) => {
                    Source::Constant(repeat(&compute::take(words, &number, None)?, size)?)
                }
                (None, None) => Source::Column(given),
                (None, Some(words)) => Source::Words(given, words.clone()),
            }),
            (None, _, Some(stamp)) if field.name() == "run" => stamped(Arc::new(
                StringArray::from_iter_values(std::iter::repeat_n(stamp.run.as_str(), size)),
            )),
            (None, _, Some(stamp)) => {
                let at = TimestampMicrosecondArray::from_value(stamp.at.timestamp_micros(), size);
                stamped(Arc::new(at.with_timezone("UTC")))
            }
            (None, _, None) => Ok(Source::Missing),
        }
    };
    schema.fields().iter().enumerate().map(source).collect()
}

/// The one value of a column, as an array of length 1, when all rows have the same. Sheet, column,
/// flag and an unused end of period are such columns in most files.
pub(crate) fn constant(batches: &[RecordBatch], column: usize) -> Option<ArrayRef> {
    let first = batches.first()?.column(column);
    let one = first.slice(0, 1);
    let all_null = one.is_null(0);
    let same = batches.iter().all(|batch| {
        let values = batch.column(column);
        if all_null {
            return values.null_count() == values.len();
        }
        if values.null_count() > 0 {
            return false;
        }
        // In pieces, so that a column that varies is known by its first rows.
        (0..values.len()).step_by(PIECE_ROWS).all(|from| {
            let piece = values.slice(from, PIECE_ROWS.min(values.len() - from));
            eq(&piece, &Scalar::new(&one)).is_ok_and(|equal| equal.true_count() == equal.len())
        })
    });
    same.then_some(one)
}

fn repeat(one: &ArrayRef, count: usize) -> Result<ArrayRef, Error> {
    Ok(compute::take(one, &UInt32Array::from_value(0, count), None)?)
}

/// As many of equal values as asked for.
fn repeated(values: &ArrayRef, count: usize) -> Result<ArrayRef, Error> {
    if count <= values.len() { Ok(values.slice(0, count)) } else { repeat(&values.slice(0, 1), count) }
}

fn datastreams(runs: &[Run], positions: &[Range<usize>], count: usize) -> ArrayRef {
    let mut all = Vec::with_capacity(count);
    for range in positions {
        let first = runs.partition_point(|run| run.rows.end <= range.start);
        for run in runs[first..].iter().take_while(|run| run.rows.start < range.end) {
            let rows = run.rows.end.min(range.end) - run.rows.start.max(range.start);
            all.extend(std::iter::repeat_n(run.datastream, rows));
        }
    }
    Arc::new(Int64Array::from(all))
}

/// The batch with its columns in the table's order, checked.
fn in_table_columns(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let given = batch.schema();
    if let Some(field) = given.fields().iter().find(|field| schema.field_with_name(field.name()).is_err()) {
        return Err(Error::invalid(
            format!("the table has no column `{}`", field.name()),
            "hand in the table's columns only",
        ));
    }
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let Ok(at) = given.index_of(field.name()) else {
            if matches!(field.name().as_str(), "run" | "recorded_at") {
                continue;
            }
            return Err(Error::invalid(
                format!("the rows have no column `{}`", field.name()),
                "hand in all of the table's columns",
            ));
        };
        let column = batch.column(at);
        if column.data_type() != field.data_type() && !words::are_words_of(column, field) {
            return Err(Error::invalid(
                format!("the column `{}` is {}, not {}", field.name(), column.data_type(), field.data_type()),
                "hand in the table's types",
            ));
        }
        if !field.is_nullable() && column.null_count() > 0 {
            return Err(Error::invalid(
                format!("the column `{}` has a row without a value", field.name()),
                "leave such rows out",
            ));
        }
        columns.push(at);
    }
    Ok(batch.project(&columns)?)
}

fn starts(batches: &[RecordBatch]) -> Vec<usize> {
    let mut next = 0;
    let mut starts = Vec::with_capacity(batches.len());
    for batch in batches {
        starts.push(next);
        next += batch.num_rows();
    }
    starts
}

pub(crate) type SeriesBatch<'a> = (&'a [i64], &'a [i64]);

fn series_keys(batches: &[RecordBatch], count: usize) -> Result<(Keys, Order), Error> {
    let columns: Vec<SeriesBatch<'_>> = batches
        .iter()
        .map(|batch| {
            let datastreams = batch.column(observations::DATASTREAM).as_primitive::<Int64Type>();
            let times = batch.column(observations::TIME).as_primitive::<TimestampMicrosecondType>();
            (datastreams.values().as_ref(), times.values().as_ref())
        })
        .collect();
    if let Some(keys) = sorted_series(&columns, count) {
        return Ok((keys, Order::AsGiven(starts(batches))));
    }
    let (runs, times, order) = sort_series(&columns, count);
    for run in &runs {
        if let Some(pair) = times[run.rows.clone()].windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(twice(&format!(
                "datastream {} at {}",
                run.datastream,
                DateTime::from_timestamp_micros(pair[0]).map_or_else(String::new, |time| time.to_rfc3339())
            )));
        }
    }
    Ok((Keys::Series { runs, times }, Order::Sorted(order)))
}

fn twice(key: &str) -> Error {
    Error::invalid(format!("the rows have {key} twice"), "hand in each key once")
}

/// The keys of rows that are in order already; `None` when they are not.
fn sorted_series(columns: &[SeriesBatch<'_>], count: usize) -> Option<Keys> {
    let mut runs: Vec<Run> = Vec::new();
    let mut times: Vec<i64> = Vec::with_capacity(count);
    for (datastreams, batch_times) in columns {
        let mut from = 0;
        while from < datastreams.len() {
            let datastream = datastreams[from];
            let length = datastreams[from..].iter().take_while(|other| **other == datastream).count();
            let piece = &batch_times[from..from + length];
            let at = times.len();
            match runs.last_mut() {
                Some(last) if last.datastream == datastream && times[at - 1] < piece[0] => {
                    last.rows.end = at + length;
                }
                Some(last) if last.datastream >= datastream => return None,
                _ => runs.push(Run { datastream, rows: at..at + length }),
            }
            if piece.windows(2).any(|pair| pair[0] >= pair[1]) {
                return None;
            }
            times.extend_from_slice(piece);
            from += length;
        }
    }
    Some(Keys::Series { runs, times })
}

/// Sorts by counting the rows of each datastream: linear when each series is in order by itself, as
/// it is in files that are written day by day.
pub(crate) fn sort_series(
    columns: &[SeriesBatch<'_>],
    count: usize,
) -> (Vec<Run>, Vec<i64>, Vec<(u32, u32)>) {
    let mut numbers: DatastreamMap<u32> = DatastreamMap::default();
    let mut counts: Vec<usize> = Vec::new();
    let mut datastreams: Vec<i64> = Vec::new();
    let mut of_row: Vec<u32> = Vec::with_capacity(count);
    for (column, _) in columns {
        let mut last: Option<(i64, u32)> = None;
        for datastream in *column {
            let number = match last {
                Some((known, number)) if known == *datastream => number,
                _ => *numbers.entry(*datastream).or_insert_with(|| {
                    datastreams.push(*datastream);
                    counts.push(0);
                    // Fewer datastreams than rows, and the rows are counted by a u32.
                    (datastreams.len() - 1) as u32
                }),
            };
            last = Some((*datastream, number));
            counts[number as usize] += 1;
            of_row.push(number);
        }
    }
    let mut by_datastream: Vec<usize> = (0..datastreams.len()).collect();
    by_datastream.sort_unstable_by_key(|number| datastreams[*number]);
    let mut runs = Vec::with_capacity(datastreams.len());
    let mut next = vec![0_usize; datastreams.len()];
    let mut start = 0;
    for number in by_datastream {
        let rows = start..start + counts[number];
        next[number] = start;
        start = rows.end;
        runs.push(Run { datastream: datastreams[number], rows });
    }
    let mut times = vec![0_i64; count];
    let mut order = vec![(0_u32, 0_u32); count];
    let mut rows = of_row.iter();
    for (batch, (_, batch_times)) in columns.iter().enumerate() {
        for (row, (time, number)) in batch_times.iter().zip(&mut rows).enumerate() {
            let slot = &mut next[*number as usize];
            (times[*slot], order[*slot]) = (*time, (batch as u32, row as u32));
            *slot += 1;
        }
    }
    drop(of_row);
    for run in &runs {
        let (times, order) = (&mut times[run.rows.clone()], &mut order[run.rows.clone()]);
        if times.is_sorted() {
            continue;
        }
        let mut slots: Vec<_> = times.iter().copied().zip(order.iter().copied()).collect();
        slots.sort_unstable();
        for ((time, place), slot) in times.iter_mut().zip(order).zip(slots) {
            (*time, *place) = slot;
        }
    }
    (runs, times, order)
}

fn feature_keys(batches: &[RecordBatch], count: usize) -> Result<(Keys, Order), Error> {
    let mut places: Vec<(u64, &str, u32, u32)> = Vec::with_capacity(count);
    for (at, batch) in batches.iter().enumerate() {
        let ids = batch.column(features::FEATURE).as_string::<i32>();
        let edges = features::BOX.map(|column| batch.column(column).as_primitive::<Float64Type>());
        for row in 0..batch.num_rows() {
            let edges = edges.map(|edge| edge.is_valid(row).then(|| edge.value(row)));
            let known = edges.iter().flatten().count();
            let ordered = matches!(edges, [Some(w), Some(s), Some(e), Some(n)] if w <= e && s <= n)
                && edges.iter().flatten().all(|edge| edge.is_finite());
            if known > 0 && !ordered {
                return Err(Error::invalid(
                    format!("the box of feature `{}` is not one", ids.value(row)),
                    "give all four edges in order, or none",
                ));
            }
            places.push((features::hilbert(edges), ids.value(row), at as u32, row as u32));
        }
    }
    places.sort_unstable();
    let mut positions = HashMap::with_capacity(count);
    for (position, (_, id, ..)) in places.iter().enumerate() {
        if positions.insert((*id).to_owned(), position).is_some() {
            return Err(twice(&format!("feature `{id}`")));
        }
    }
    let order = places.into_iter().map(|(_, _, batch, row)| (batch, row)).collect();
    Ok((Keys::Features(positions), Order::Sorted(order)))
}
