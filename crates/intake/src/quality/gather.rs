//! New values, put together series by series and in order of time, on several threads.

use std::collections::{HashMap, HashSet};
use std::thread;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use model::DatastreamMap;

use super::series::Point;

/// A new value, and where it stands among all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) point: Point,
    pub(super) position: u32,
}

/// What a place is filled with before its value is there.
const EMPTY: Arrival = Arrival { point: Point { time: 0, value: 0.0 }, position: 0 };
/// The number of no series.
const NONE: u32 = u32::MAX;

/// The values of some batches: of each row the number of its series, and how many rows each series has.
#[derive(Debug, Default)]
struct Located {
    rows: Vec<u32>,
    counts: Vec<usize>,
}

/// The numbers of the wanted datastreams, in order of time. A row without a number is not among them.
pub(super) fn by_series(batches: &[RecordBatch], wanted: &HashSet<i64>) -> HashMap<i64, Vec<Arrival>> {
    let ids: Vec<i64> = wanted.iter().copied().collect();
    let numbers: &DatastreamMap<u32> = &ids.iter().copied().zip(0..).collect();
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    let share = batches.len().div_ceil(threads).max(1);
    let parts: Vec<&[RecordBatch]> = batches.chunks(share).collect();
    let mut located: Vec<Located> = parts.iter().map(|_| Located::default()).collect();
    side_by_side(parts.iter().zip(&mut located).map(|(part, found)| move || *found = locate(part, numbers)));
    let mut series: Vec<Vec<Arrival>> = (0..ids.len())
        .map(|number| vec![EMPTY; located.iter().map(|located| located.counts[number]).sum()])
        .collect();
    let mut free: Vec<&mut [Arrival]> = series.iter_mut().map(Vec::as_mut_slice).collect();
    let mut first = 0;
    let filling: Vec<_> = parts
        .iter()
        .zip(&located)
        .map(|(part, located)| {
            let own = free.iter_mut().zip(&located.counts).map(|(free, count)| {
                let (own, behind) = std::mem::take(free).split_at_mut(*count);
                *free = behind;
                own
            });
            let own: Vec<&mut [Arrival]> = own.collect();
            let begin = first;
            first += located.rows.len();
            move || fill(part, &located.rows, begin, own)
        })
        .collect();
    side_by_side(filling);
    let share = series.len().div_ceil(parts.len().max(1)).max(1);
    side_by_side(
        series.chunks_mut(share).map(|some| move || some.iter_mut().for_each(|values| sort(values))),
    );
    ids.into_iter().zip(series).filter(|(_, values)| !values.is_empty()).collect()
}

/// Does all of it, each on a thread of its own but the last, which is done here: a few values cost no thread.
fn side_by_side<W: FnOnce() + Send>(work: impl IntoIterator<Item = W>) {
    let mut work: Vec<W> = work.into_iter().collect();
    let last = work.pop();
    thread::scope(|scope| {
        for one in work {
            scope.spawn(one);
        }
        if let Some(last) = last {
            last();
        }
    });
}

fn locate(batches: &[RecordBatch], numbers: &DatastreamMap<u32>) -> Located {
    let rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    let mut located = Located { rows, counts: vec![0; numbers.len()] };
    for batch in batches {
        let ids = batch.column(0).as_primitive::<Int64Type>().values();
        let results = batch.column(3);
        for (row, id) in ids.iter().enumerate() {
            let number = numbers.get(id).copied().filter(|_| results.is_valid(row)).unwrap_or(NONE);
            if let Some(count) = located.counts.get_mut(number as usize) {
                *count += 1;
            }
            located.rows.push(number);
        }
    }
    located
}

/// Puts values into the places of their series; `first` is the position of the first one among all.
fn fill(batches: &[RecordBatch], rows: &[u32], first: usize, mut series: Vec<&mut [Arrival]>) {
    let mut next = vec![0_usize; series.len()];
    let mut rows = rows.iter().zip(first..);
    for batch in batches {
        let times = batch.column(1).as_primitive::<TimestampMicrosecondType>().values();
        let results = batch.column(3).as_primitive::<Float64Type>().values();
        for ((time, value), (number, position)) in times.iter().zip(results).zip(&mut rows) {
            // Positions are counted by a u32 where values are taken.
            let (Some(series), Ok(position)) = (series.get_mut(*number as usize), u32::try_from(position))
            else {
                continue;
            };
            let next = &mut next[*number as usize];
            series[*next] = Arrival { point: Point { time: *time, value: *value }, position };
            *next += 1;
        }
    }
}

fn sort(values: &mut [Arrival]) {
    if !values.is_sorted_by_key(|value| value.point.time) {
        values.sort_unstable_by_key(|value| (value.point.time, value.position));
    }
}
