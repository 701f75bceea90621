//! Values of a file that is too large for memory whose datastream and time stood in it before.
//!
//! On the first reading of such a file nothing is known of what is on the disk. When its series are not in order,
//! the keys are compared afterwards, part by part; and if one is there twice, the file is read once more, with
//! what was found in the order of the file. So what is told of such values, and of the rows that they are in, is
//! the same as of a small file.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{TimestampMicrosecondType, UInt32Type};
use arrow::record_batch::RecordBatch;
use lake::{Spill, SpilledPart};
use model::CellRef;

use super::batch::{POSITION, value_at};
use crate::Error;

/// Positions that are read back together.
const TOGETHER: i64 = 1 << 16;

/// Of each repeated value its position, with cell and words of the value that was first; in order.
pub(crate) struct Repeats {
    kept: Arc<Spill>,
    parts: VecDeque<SpilledPart>,
    waiting: VecDeque<(u32, CellRef, String)>,
    /// Why the rest could not be read.
    failure: Option<Error>,
}

/// Finds the repeated values among all; `None` when there are none.
pub(crate) fn repeats(values: &Spill) -> Result<Option<Arc<Spill>>, Error> {
    let mut found = values.another()?;
    for part in values.parts() {
        let Some((repeated, firsts)) = values.repeated(&part)? else { continue };
        let numbered = repeated.column_by_name(POSITION);
        let lost = || Error::internal("keeping repeated values", "values have no position");
        let positions = numbered.ok_or_else(lost)?.as_primitive::<UInt32Type>().values();
        // They are sorted as values are, by a datastream and a time: here, by position.
        let together = positions.iter().map(|at| i64::from(*at) / TOGETHER);
        let positions =
            TimestampMicrosecondArray::from_iter_values(positions.iter().map(|at| i64::from(*at)));
        let mut columns: Vec<ArrayRef> = firsts.columns().to_vec();
        columns[0] = Arc::new(Int64Array::from_iter_values(together));
        columns[1] = Arc::new(positions.with_timezone("UTC"));
        let batch = RecordBatch::try_new(firsts.schema(), columns)
            .map_err(|error| Error::internal("keeping repeated values", error))?;
        found.add(&[batch])?;
    }
    Ok((found.rows() > 0).then(|| Arc::new(found)))
}

impl Repeats {
    pub(crate) fn of(kept: Arc<Spill>) -> Repeats {
        let parts =
            kept.series().iter().map(|(id, series)| SpilledPart { first: *id, last: *id, rows: series.rows });
        let parts = parts.collect();
        Repeats { kept, parts, waiting: VecDeque::new(), failure: None }
    }

    /// Cell and words of the first value under the key of the one at a position. Positions are asked for in order.
    pub(super) fn first(&mut self, position: u32) -> Option<(CellRef, String)> {
        loop {
            while self.waiting.front().is_some_and(|(at, ..)| *at < position) {
                self.waiting.pop_front();
            }
            match self.waiting.front() {
                Some((at, ..)) if *at > position => return None,
                Some(_) => return self.waiting.pop_front().map(|(_, cell, words)| (cell, words)),
                None => {}
            }
            let is_ahead = |part: &SpilledPart| part.first > i64::from(position) / TOGETHER;
            if self.failure.is_some() || self.parts.front().is_some_and(is_ahead) {
                return None;
            }
            let part = self.parts.pop_front()?;
            match self.read(&part) {
                Ok(read) => self.waiting = read,
                Err(error) => self.failure = Some(error),
            }
        }
    }

    fn read(&self, part: &SpilledPart) -> Result<VecDeque<(u32, CellRef, String)>, Error> {
        let mut found = Vec::new();
        for batch in self.kept.read(part, None)? {
            let positions = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                let at = u32::try_from(positions.value(row)).ok();
                let read = at.zip(value_at(&batch, row)).map(|(at, (cell, words))| (at, cell, words));
                found.push(read.ok_or_else(|| Error::internal("keeping repeated values", "a cell is lost"))?);
            }
        }
        found.sort_unstable_by_key(|(at, ..)| *at);
        Ok(found.into())
    }

    /// Says why not all could be read.
    pub(super) fn failed(&mut self) -> Result<(), Error> {
        self.failure.take().map_or(Ok(()), Err)
    }
}
