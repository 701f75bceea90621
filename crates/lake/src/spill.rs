//! Rows of observations that are too many for memory: sorted runs on disk, read back by ranges of datastreams.
//!
//! What is in memory is the rows of one run while it is sorted, and of one part while it is worked on; and some
//! hundred bytes for each datastream and each block. Rows may have columns beside the table's, which a commit
//! leaves out.

mod blocks;

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray, UInt32Array};
use arrow::compute;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;

use crate::Error;
use crate::commit::sort_series;
use crate::observations::{DATASTREAM, RESULT, TIME};

pub use blocks::free_space;
pub(crate) use blocks::{Block, Blocks};

/// Rows of a block. A part reads whole blocks of each run, and keeps what is its own.
const BLOCK_ROWS: usize = 16 << 10;

/// Rows on disk. Nothing of them is left when it is dropped, nor after a crash.
#[derive(Debug)]
pub struct Spill {
    blocks: Blocks,
    part_rows: u64,
    runs: Vec<Vec<Piece>>,
    series: BTreeMap<i64, SpilledSeries>,
    rows: u64,
}

/// A block of a run, and the first and last datastream in it.
#[derive(Debug)]
struct Piece {
    block: Block,
    first: i64,
    last: i64,
}

/// What is known of the rows of one datastream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpilledSeries {
    /// How many there are.
    pub rows: u64,
    /// The first and the last time, microseconds.
    pub times: (i64, i64),
    /// How many have a number as their result.
    pub numbers: u64,
    /// The first and the last time of these; meaningless when there are none.
    pub number_times: (i64, i64),
}

/// Rows that are worked on together: all those of some datastreams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpilledPart {
    /// The first datastream.
    pub first: i64,
    /// The last one.
    pub last: i64,
    /// How many rows there are.
    pub rows: u64,
}

impl SpilledPart {
    /// Whether the rows of a datastream are in it.
    pub fn holds(&self, datastream: i64) -> bool {
        (self.first..=self.last).contains(&datastream)
    }
}

impl Spill {
    /// None yet, on the disk of a folder; to be read back in parts of so many rows, or of one datastream
    /// that has more.
    pub fn new(folder: &Path, part_rows: u64) -> Result<Spill, Error> {
        let blocks = Blocks::new(folder)?;
        Ok(Spill { blocks, part_rows, runs: Vec::new(), series: BTreeMap::new(), rows: 0 })
    }

    /// None yet, on the same disk and to be read back in the same way.
    pub fn another(&self) -> Result<Spill, Error> {
        Spill::new(self.blocks.folder(), self.part_rows)
    }

    /// Sorts rows and puts them on the disk; those of one key stay in the order in which they are given. All
    /// have the same columns, the table's first ones. Refuses when the disk has too little room.
    pub fn add(&mut self, rows: &[RecordBatch]) -> Result<(), Error> {
        let rows: Vec<&RecordBatch> = rows.iter().filter(|batch| batch.num_rows() > 0).collect();
        let count: usize = rows.iter().map(|batch| batch.num_rows()).sum();
        if count == 0 {
            return Ok(());
        }
        if u32::try_from(count).is_err() {
            return Err(Error::invalid("these are more rows than are sorted at once", "add them in parts"));
        }
        let columns: Vec<(&[i64], &[i64])> = rows.iter().map(|batch| keys(batch)).collect();
        let (_, _, order) = sort_series(&columns, count);
        let mut run = Vec::with_capacity(order.len().div_ceil(BLOCK_ROWS));
        for places in order.chunks(BLOCK_ROWS) {
            let places: Vec<(usize, usize)> =
                places.iter().map(|(batch, row)| (*batch as usize, *row as usize)).collect();
            let batch = compute::interleave_record_batch(&rows, &places)?;
            self.note(&batch);
            let (ids, _) = keys(&batch);
            let (Some(first), Some(last)) = (ids.first(), ids.last()) else { continue };
            run.push(Piece { block: self.blocks.append(&batch)?, first: *first, last: *last });
        }
        self.runs.push(run);
        Ok(())
    }

    fn note(&mut self, batch: &RecordBatch) {
        let (ids, times) = keys(batch);
        let results = batch.column(RESULT);
        self.rows += ids.len() as u64;
        let mut at = 0;
        while at < ids.len() {
            let end = at + ids[at..].partition_point(|id| *id == ids[at]);
            let known = self.series.entry(ids[at]).or_insert(SpilledSeries {
                rows: 0,
                times: (i64::MAX, i64::MIN),
                numbers: 0,
                number_times: (i64::MAX, i64::MIN),
            });
            known.rows += (end - at) as u64;
            known.times = (known.times.0.min(times[at]), known.times.1.max(times[end - 1]));
            for (row, time) in (at..end).zip(&times[at..end]) {
                if results.is_valid(row) {
                    known.numbers += 1;
                    known.number_times = (known.number_times.0.min(*time), known.number_times.1.max(*time));
                }
            }
            at = end;
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The datastreams, in order, and what is known of their rows.
    pub fn series(&self) -> &BTreeMap<i64, SpilledSeries> {
        &self.series
    }

    /// The parts in which the rows are worked on, in the order of datastreams.
    pub fn parts(&self) -> Vec<SpilledPart> {
        let mut parts: Vec<SpilledPart> = Vec::new();
        for (id, series) in &self.series {
            match parts.last_mut() {
                Some(part) if part.rows + series.rows <= self.part_rows => {
                    part.last = *id;
                    part.rows += series.rows;
                }
                _ => parts.push(SpilledPart { first: *id, last: *id, rows: series.rows }),
            }
        }
        parts
    }

    /// The rows of a part: run by run, sorted within each. Of the columns, all or these, the datastream first.
    pub fn read(&self, part: &SpilledPart, columns: Option<&[usize]>) -> Result<Vec<RecordBatch>, Error> {
        let mut found = Vec::new();
        for run in &self.runs {
            let from = run.partition_point(|piece| piece.last < part.first);
            for piece in run[from..].iter().take_while(|piece| piece.first <= part.last) {
                let batch = self.blocks.read(&piece.block, columns)?;
                let ids = batch.column(DATASTREAM).as_primitive::<Int64Type>().values();
                let from = ids.partition_point(|id| *id < part.first);
                let to = ids.partition_point(|id| *id <= part.last);
                if from == 0 && to == batch.num_rows() {
                    found.push(batch);
                } else if from < to {
                    // Copied, so that it does not hold the rest of its block.
                    let own = UInt32Array::from_iter_values((from..to).map(|row| row as u32));
                    found.push(compute::take_record_batch(&batch, &own)?);
                }
            }
        }
        Ok(found)
    }

    /// The rows of a part whose key other rows had that were added before, and beside each the first row of
    /// its key. `None` when there are none.
    pub fn repeated(&self, part: &SpilledPart) -> Result<Option<(RecordBatch, RecordBatch)>, Error> {
        let batches = self.read(part, None)?;
        let count = batches.iter().map(RecordBatch::num_rows).sum();
        let columns: Vec<(&[i64], &[i64])> = batches.iter().map(keys).collect();
        let (runs, times, order) = sort_series(&columns, count);
        let (mut repeated, mut firsts) = (Vec::new(), Vec::new());
        let place = |at: usize| (order[at].0 as usize, order[at].1 as usize);
        for run in runs {
            let mut first = run.rows.start;
            for at in run.rows.skip(1) {
                if times[at] == times[first] {
                    repeated.push(place(at));
                    firsts.push(place(first));
                } else {
                    first = at;
                }
            }
        }
        if repeated.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        Ok(Some((
            compute::interleave_record_batch(&batches, &repeated)?,
            compute::interleave_record_batch(&batches, &firsts)?,
        )))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.blocks.folder()
    }
}

/// Datastreams and times.
fn keys(batch: &RecordBatch) -> (&[i64], &[i64]) {
    let datastreams = batch.column(DATASTREAM).as_primitive::<Int64Type>();
    (datastreams.values(), batch.column(TIME).as_primitive::<TimestampMicrosecondType>().values())
}
