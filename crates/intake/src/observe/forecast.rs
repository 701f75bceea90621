//! The forecast that a file holds: the instant that it was made for, which is the same for all its values.
//!
//! Two forecasts say two things about one hour, and a version holds one value of it. So each forecast is
//! taken in by itself, and its values of its version are what it said.

use chrono::{DateTime, Duration, Utc};
use formats::Chunk;
use model::{Forecast, instant_text};
use wording::told;

use super::plan::{Apart, Plan};
use super::shared::Cells;
use super::table::{MAX_AHEAD, Observer};
use super::time::{Precision, TimeFormat, TimeReader};
use crate::Error;

/// How far a forecast may reach: a little over a year, as seasonal ones do.
const MAX_REACH: Duration = Duration::days(400);

/// What is known of the file's forecast.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made {
    now: DateTime<Utc>,
    /// Whether the mapping says that there is one.
    is_wanted: bool,
    made_for: Option<DateTime<Utc>>,
}

impl Made {
    pub(super) fn new(now: DateTime<Utc>) -> Made {
        Made { now, is_wanted: false, made_for: None }
    }

    /// The forecast of values between two times.
    pub(super) fn of(self, span: Option<(i64, i64)>) -> Result<Option<Forecast>, Error> {
        let Some((first, last)) = span.filter(|_| self.is_wanted) else { return Ok(None) };
        let time = DateTime::from_timestamp_micros;
        match (self.made_for, time(first), time(last)) {
            (Some(made_for), Some(first), Some(last)) => Ok(Some(Forecast { made_for, first, last })),
            _ => Err(Error::invalid(
                told!("intake-forecast-says-no-run", "no row says which run of the forecast it belongs to"),
                told!(
                    "intake-fill-run-or-correct-mapping",
                    "fill in the column, or correct `run` under `[time]` in the mapping"
                ),
            )),
        }
    }

    fn see(&mut self, text: &str, zone: i64) -> Result<DateTime<Utc>, Error> {
        let reader = TimeReader { format: TimeFormat::Auto, order: None, zone };
        let read = reader.read(text).filter(|moment| moment.precision >= Precision::Day);
        let seen = read.and_then(|moment| DateTime::from_timestamp_micros(moment.us)).ok_or_else(|| {
            Error::invalid(
                told!(
                    "intake-run-no-time",
                    "`{text}`, which should say when the forecast was made, is no time",
                    text = text
                ),
                told!("intake-write-run-as-instant", "write an instant such as `2026-11-27T00:00Z`"),
            )
        })?;
        if seen > self.now + MAX_AHEAD {
            return Err(Error::invalid(
                told!(
                    "intake-run-in-future",
                    "the forecast was made at {at}, which lies in the future",
                    at = instant_text(seen)
                ),
                told!("intake-correct-run-or-zone", "correct it, or `zone` under `[time]` in the mapping"),
            ));
        }
        if let Some(known) = self.made_for.filter(|known| *known != seen) {
            return Err(Error::invalid(
                told!(
                    "intake-two-forecasts-in-file",
                    "the file holds two runs of a forecast: {first} and {second}",
                    first = instant_text(known),
                    second = instant_text(seen)
                ),
                told!(
                    "intake-hand-forecasts-in-one-by-one",
                    "hand each run in as a file of its own, the oldest first"
                ),
            ));
        }
        self.made_for = Some(seen);
        Ok(seen)
    }
}

impl Observer {
    /// Reads which forecast the rows of a chunk belong to: from then on, times ahead of the clock are good.
    pub(super) fn read_forecast(&mut self, plan: &Plan, chunk: &Chunk, start: usize) -> Result<(), Error> {
        let Some(run) = &plan.run else { return Ok(()) };
        self.made.is_wanted = true;
        let zone = plan.reader.zone;
        let mut seen = None;
        match run {
            Apart::Text(text) => seen = Some(self.made.see(text, zone)?),
            Apart::Column(column) => {
                let cells = Cells::of(chunk, Some(*column));
                let mut last = None;
                for text in (start..chunk.len()).filter_map(|row| cells.get(row)) {
                    if last != Some(text) {
                        seen = Some(self.made.see(text, zone)?);
                        last = Some(text);
                    }
                }
            }
        }
        if let Some(latest) = seen.and_then(|seen| seen.checked_add_signed(MAX_REACH)) {
            self.latest = latest.timestamp_micros();
            self.now = instant_text(latest);
        }
        Ok(())
    }
}
