//! Finds values of one datastream and time that a file holds twice.

use std::collections::HashMap;

/// The times of one datastream that were taken so far.
///
/// Nearly every file has the times of a series in order, forward or backward; then two comparisons
/// tell that a time is new. Only a series out of order pays for a hash table.
#[derive(Debug, Default)]
struct Series {
    least: i64,
    most: i64,
    times: Vec<i64>,
    positions: Vec<u32>,
    by_time: Option<HashMap<i64, u32>>,
}

/// The keys of all values that were taken from a file.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    series: Vec<Series>,
}

impl Keys {
    /// Takes a value's key at its position among all values taken, or says at which position the
    /// key was taken before.
    #[inline]
    pub(crate) fn take(&mut self, stream: u32, time: i64, position: u32) -> Result<(), u32> {
        let at = stream as usize;
        if at >= self.series.len() {
            self.series.resize_with(at + 1, Series::default);
        }
        let series = &mut self.series[at];
        if series.times.is_empty() {
            (series.least, series.most) = (time, time);
        } else if time > series.most {
            series.most = time;
        } else if time < series.least {
            series.least = time;
        } else {
            let Series { times, positions, by_time, .. } = series;
            let by_time =
                by_time.get_or_insert_with(|| times.iter().copied().zip(positions.iter().copied()).collect());
            if let Some(first) = by_time.get(&time) {
                return Err(*first);
            }
        }
        series.times.push(time);
        series.positions.push(position);
        if let Some(by_time) = &mut series.by_time {
            by_time.insert(time, position);
        }
        Ok(())
    }
}
