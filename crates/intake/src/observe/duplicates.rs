//! Finds values of one datastream and time that a file holds twice.

use std::collections::HashMap;

use model::CellRef;

use super::batch::{Batches, Taken};
use super::repeats::Repeats;
use crate::Error;

/// The times of one datastream that were taken so far.
///
/// Nearly every file has the times of a series in order, forward or backward; then two comparisons
/// tell that a time is new, and nothing is kept of it. Only a series out of order pays for a hash
/// table.
#[derive(Debug, Default)]
struct Series {
    /// The least and the greatest time; `None` before the first.
    span: Option<(i64, i64)>,
    /// All times and their positions, once a series of the file is out of order.
    times: Vec<(i64, u32)>,
    by_time: Option<HashMap<i64, u32>>,
}

impl Series {
    /// Whether a time is before or after all others, which it then is with them.
    fn widen(&mut self, time: i64) -> bool {
        let span = match self.span {
            None => (time, time),
            Some((least, most)) if time > most => (least, time),
            Some((least, most)) if time < least => (time, most),
            Some(_) => return false,
        };
        self.span = Some(span);
        true
    }
}

/// The keys of all values that were taken from a file.
#[derive(Default)]
pub(crate) struct Keys {
    series: Vec<Series>,
    /// Whether each series keeps its times.
    kept: bool,
    /// Whether values are on disk: then a key that may be there is compared afterwards.
    spilled: bool,
    /// Whether there is such a key.
    doubtful: bool,
    /// What was found on the first reading.
    repeats: Option<Repeats>,
    /// The position that a value had on the first reading, which took repeated ones, too.
    position: u32,
}

/// The value that was first under a key.
pub(super) enum First {
    /// Its position among all values taken.
    At(u32),
    /// Its cell, and the value as a person reads it.
    Told(CellRef, String),
}

/// The values that were taken before one, where their keys are looked up when they have to be.
pub(super) struct Earlier<'a> {
    /// Those of columns and chunks that are done.
    pub(super) batches: &'a Batches,
    /// Those of the column under way.
    pub(super) taken: &'a Taken,
    /// The numbers of the datastreams, by their place in this file.
    pub(super) ids: &'a [i64],
}

impl Keys {
    /// The keys of a file that is read once more.
    pub(super) fn knowing(repeats: Option<Repeats>) -> Keys {
        Keys { repeats, ..Keys::default() }
    }

    /// From now on, values are on disk: so many until here.
    pub(super) fn let_go(&mut self, count: u32) {
        if !self.spilled {
            (self.spilled, self.kept, self.position) = (true, false, count);
            for series in &mut self.series {
                (series.times, series.by_time) = (Vec::new(), None);
            }
        }
    }

    /// Whether there may be keys twice that were not found.
    pub(super) fn are_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Says why keys could not be compared.
    pub(super) fn failed(&mut self) -> Result<(), Error> {
        self.repeats.as_mut().map_or(Ok(()), Repeats::failed)
    }

    /// Takes a value's key at its position among all values taken, or says which value had the
    /// key before.
    #[inline]
    pub(super) fn take(
        &mut self,
        stream: u32,
        time: i64,
        position: u32,
        earlier: &Earlier<'_>,
    ) -> Result<(), First> {
        if self.spilled
            && let Some(repeats) = &mut self.repeats
        {
            let before = self.position;
            self.position = before.wrapping_add(1);
            return repeats.first(before).map_or(Ok(()), |(cell, words)| Err(First::Told(cell, words)));
        }
        let at = stream as usize;
        if at >= self.series.len() {
            self.series.resize_with(at + 1, Series::default);
        }
        if self.series[at].widen(time) {
            if self.kept {
                self.keep(at, time, position);
            }
            return Ok(());
        }
        if self.spilled {
            self.doubtful = true;
            return Ok(());
        }
        if !self.kept {
            self.keep_all(earlier);
        }
        let Series { times, by_time, .. } = &mut self.series[at];
        let by_time = by_time.get_or_insert_with(|| times.iter().copied().collect());
        if let Some(first) = by_time.get(&time) {
            return Err(First::At(*first));
        }
        self.keep(at, time, position);
        Ok(())
    }

    fn keep(&mut self, at: usize, time: i64, position: u32) {
        let series = &mut self.series[at];
        series.times.push((time, position));
        if let Some(by_time) = &mut series.by_time {
            by_time.insert(time, position);
        }
    }

    /// Keeps from now on what was not needed so far.
    #[cold]
    fn keep_all(&mut self, earlier: &Earlier<'_>) {
        self.kept = true;
        let numbers: HashMap<i64, usize> = earlier.ids.iter().copied().zip(0..).collect();
        let mut position = 0;
        for (id, time) in earlier.batches.keys() {
            if let Some(at) = numbers.get(&id) {
                self.keep(*at, time, position);
            }
            position += 1;
        }
        for (stream, time) in earlier.taken.datastreams.iter().zip(&earlier.taken.starts) {
            self.keep(*stream as usize, *time, position);
            position += 1;
        }
    }
}
