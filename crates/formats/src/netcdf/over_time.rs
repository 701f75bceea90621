//! What values of a series are of their time: `cell_methods` (CF 1.11 §7.3) and the bounds of the time.
//!
//! `time: maximum` is a statistic of the interval that the bounds of the time say. The interval begins where
//! its bounds begin, wherever within it the time itself stands.

use netcdf_reader::NcVariable;

use super::file::{File, text};
use crate::Error;

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;

/// What the values of one variable are of their time.
#[derive(Debug, Default)]
pub(super) struct OverTime {
    /// `max`, `mean`, …; `None` where they are of the instant, or the file does not say it.
    pub(super) statistic: Option<String>,
    /// The length of the interval as a period of ISO 8601, where it is the same for all.
    pub(super) period: Option<String>,
    /// Where the intervals begin, in the order of the times.
    pub(super) starts: Option<Vec<Option<i64>>>,
}

impl OverTime {
    pub(super) fn of(
        file: &File,
        variable: &NcVariable,
        time: Option<&NcVariable>,
    ) -> Result<OverTime, Error> {
        let Some(time) = time else { return Ok(OverTime::default()) };
        let Some(statistic) = method(variable, time) else { return Ok(OverTime::default()) };
        let times = file.times(time)?;
        let bounds = text(time, "bounds");
        let bounds = bounds.and_then(|name| file.variable(&name)).filter(|bounds| {
            let sizes: Vec<u64> = bounds.dimensions.iter().map(|dimension| dimension.size).collect();
            match sizes.as_slice() {
                [count, 2] => usize::try_from(*count) == Ok(times.len()),
                // Those of a single time that has no dimension.
                [2] => times.len() == 1,
                _ => false,
            }
        });
        let Some(bounds) = bounds else {
            let steps: Vec<(i64, i64)> =
                times.windows(2).filter_map(|pair| Some((pair[0]?, pair[1]?))).collect();
            return Ok(OverTime { statistic: Some(statistic), period: same(&steps), starts: None });
        };
        let edges = file.times_like(bounds, time)?;
        let intervals: Vec<(i64, i64)> = edges
            .chunks_exact(2)
            .filter_map(|pair| Some((pair[0]?.min(pair[1]?), pair[0]?.max(pair[1]?))))
            .collect();
        let start = |(pair, time): (&[Option<i64>], &Option<i64>)| match (pair[0], pair[1]) {
            (Some(one), Some(other)) => Some(one.min(other)),
            _ => *time,
        };
        let starts = edges.chunks_exact(2).zip(&times).map(start).collect();
        Ok(OverTime { statistic: Some(statistic), period: same(&intervals), starts: Some(starts) })
    }
}

/// The statistic over time of a variable's cells: of several methods, the last along the time.
fn method(variable: &NcVariable, time: &NcVariable) -> Option<String> {
    let said = text(variable, "cell_methods")?;
    let words: Vec<&str> = said.split_whitespace().collect();
    let is_time = |word: &str| word.strip_suffix(':').is_some_and(|name| name == "time" || name == time.name);
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        if !is_time(word) {
            continue;
        }
        // `time: lat: lon: mean` names several axes for one method.
        found = words[at + 1..].iter().find(|word| !word.ends_with(':')).copied();
    }
    let statistic = match found? {
        "maximum" => "max",
        "minimum" => "min",
        "mean" => "mean",
        "sum" => "total",
        _ => return None,
    };
    Some(statistic.to_owned())
}

/// The period of intervals that all have the same length by the clock or by the calendar.
fn same(intervals: &[(i64, i64)]) -> Option<String> {
    let (first, last) = intervals.first()?;
    let length = last - first;
    if intervals.iter().all(|(start, end)| end - start == length) {
        let named = match length {
            _ if length <= 0 => return None,
            // One interval of 28 to 31 days may be a month.
            _ if (28 * DAY..=31 * DAY).contains(&length) && months(intervals) == Some(1) => "P1M".to_owned(),
            _ if (365 * DAY..=366 * DAY).contains(&length) && months(intervals) == Some(12) => {
                "P1Y".to_owned()
            }
            _ if length % DAY == 0 => format!("P{}D", length / DAY),
            _ if length % HOUR == 0 => format!("PT{}H", length / HOUR),
            _ if length % (HOUR / 60) == 0 => format!("PT{}M", length / (HOUR / 60)),
            _ => return None,
        };
        return Some(named);
    }
    match months(intervals)? {
        1 => Some("P1M".into()),
        12 => Some("P1Y".into()),
        count => Some(format!("P{count}M")),
    }
}

/// So many months, where every interval has that many and all begin on the same day of one.
fn months(intervals: &[(i64, i64)]) -> Option<i32> {
    use chrono::{DateTime, Datelike};
    let mut count = None;
    for (start, end) in intervals {
        let (start, end) = (DateTime::from_timestamp_micros(*start)?, DateTime::from_timestamp_micros(*end)?);
        let months =
            |at: DateTime<chrono::Utc>| at.year() * 12 + i32::try_from(at.month0()).unwrap_or_default();
        let apart = months(end) - months(start);
        if start.day() != end.day()
            || start.time() != end.time()
            || apart <= 0
            || count.is_some_and(|n| n != apart)
        {
            return None;
        }
        count = Some(apart);
    }
    count
}
