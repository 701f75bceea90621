//! Scales: from values and times to places in a drawing, and where their ticks stand.

use chrono::{DateTime, Datelike, Months, NaiveDate, TimeDelta, Timelike, Utc};
use model::{VIETNAM, local_midnight};

use crate::words::Words;

/// Values on the vertical axis.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearScale {
    low: f64,
    high: f64,
    step: f64,
    bottom: f64,
    top: f64,
}

impl LinearScale {
    /// A scale over the values with round ends; it begins at zero when the values come near it, and
    /// its ticks are whole when the values are.
    pub fn over(low: f64, high: f64, from_zero: bool, whole: bool, bottom: f64, top: f64) -> LinearScale {
        let (mut low, mut high) = if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        if from_zero || (low >= 0.0 && low <= high * 0.6) {
            low = low.min(0.0);
        }
        if high - low < 1e-9 {
            let pad = if high == 0.0 { 1.0 } else { high.abs() * 0.1 };
            high += pad;
            if low < 0.0 || !from_zero {
                low -= if low == 0.0 { 0.0 } else { pad };
            }
        }
        let step = round_step((high - low) / 4.0);
        let step = if whole { step.max(1.0) } else { step };
        let low = (low / step).floor() * step;
        let high = (high / step).ceil() * step;
        LinearScale { low, high, step, bottom, top }
    }

    /// The place of a value.
    pub fn at(&self, value: f64) -> f64 {
        self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)
    }

    /// The place of zero, or of the end of the scale next to it.
    pub fn base(&self) -> f64 {
        self.at(0.0_f64.clamp(self.low, self.high))
    }

    /// The values at which ticks stand.
    pub fn ticks(&self) -> Vec<f64> {
        let count = ((self.high - self.low) / self.step).round().clamp(1.0, 12.0);
        (0..=count_of(count)).map(|index| self.low + f64::from(index) * self.step).collect()
    }

    /// Decimal places that tell ticks apart.
    pub fn places(&self) -> usize {
        if self.step >= 1.0 {
            usize::from((self.step - self.step.round()).abs() > 1e-9)
        } else if self.step >= 0.1 {
            if (self.step * 10.0 - (self.step * 10.0).round()).abs() < 1e-9 { 1 } else { 2 }
        } else {
            3
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped by the caller")]
fn count_of(number: f64) -> u32 {
    number as u32
}

/// The smallest of 1, 2, 2.5, 5 × 10ⁿ that is not less.
fn round_step(rough: f64) -> f64 {
    let magnitude = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(10.0 * magnitude)
}

/// Time on the horizontal axis, with ticks on Vietnam's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeScale {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    left: f64,
    right: f64,
}

/// The steps between ticks.
#[derive(Debug, Clone, Copy)]
enum Step {
    Hours(u32),
    Days(u32),
    Months(u32),
    Years(u32),
}

const STEPS: [(Step, f64); 16] = [
    (Step::Hours(3), 0.125),
    (Step::Hours(6), 0.25),
    (Step::Hours(12), 0.5),
    (Step::Days(1), 1.0),
    (Step::Days(2), 2.0),
    (Step::Days(5), 5.0),
    (Step::Days(10), 10.0),
    (Step::Months(1), 30.4),
    (Step::Months(2), 60.9),
    (Step::Months(3), 91.3),
    (Step::Months(6), 182.6),
    (Step::Years(1), 365.25),
    (Step::Years(2), 730.5),
    (Step::Years(5), 1826.0),
    (Step::Years(10), 3652.5),
    (Step::Years(25), 9131.0),
];

impl TimeScale {
    /// A scale over a range of time; an empty range is widened to an hour.
    pub fn over(from: DateTime<Utc>, to: DateTime<Utc>, left: f64, right: f64) -> TimeScale {
        let to = if to > from { to } else { from + TimeDelta::hours(1) };
        TimeScale { from, to, left, right }
    }

    /// The place of a time.
    pub fn at(&self, time: DateTime<Utc>) -> f64 {
        let part = seconds(time - self.from) / seconds(self.to - self.from);
        self.left + part * (self.right - self.left)
    }

    /// Ticks with their labels, at least `room` apart.
    pub fn ticks(&self, words: &Words, room: f64) -> Vec<(f64, String)> {
        let days = seconds(self.to - self.from) / 86_400.0;
        let wanted = days * room / (self.right - self.left);
        let step =
            STEPS.iter().find(|(_, length)| *length >= wanted).map_or(Step::Years(50), |(step, _)| *step);
        let mut ticks = Vec::new();
        let mut year = None;
        for time in self.instants(step) {
            let local = time.with_timezone(&VIETNAM);
            let day = local.date_naive();
            let new_year = year.replace(local.year()) != Some(local.year());
            let label = match step {
                Step::Hours(_) if local.hour() == 0 => words.day_month(day),
                Step::Hours(_) => local.format("%H:%M").to_string(),
                Step::Days(_) => words.day_month(day),
                Step::Months(_) if new_year => format!("{} {}", words.month(day), local.year()),
                Step::Months(_) => words.month(day),
                Step::Years(_) => local.year().to_string(),
            };
            ticks.push((self.at(time), label));
        }
        ticks
    }

    fn instants(&self, step: Step) -> Vec<DateTime<Utc>> {
        let start = self.from.with_timezone(&VIETNAM).date_naive();
        let mut times = Vec::new();
        let mut day = match step {
            Step::Hours(_) => start,
            Step::Days(_) => start.with_day(1).unwrap_or(start),
            Step::Months(every) => {
                let first = start.month0() / every * every + 1;
                NaiveDate::from_ymd_opt(start.year(), first, 1).unwrap_or(start)
            }
            Step::Years(every) => {
                let every = i32::try_from(every).unwrap_or(1);
                NaiveDate::from_ymd_opt(start.year().div_euclid(every) * every, 1, 1).unwrap_or(start)
            }
        };
        // The steps were chosen so that few ticks fit; the bound only guards against a broken range.
        for _ in 0..400 {
            let midnight = local_midnight(day);
            if midnight > self.to {
                break;
            }
            match step {
                Step::Hours(every) => {
                    for hour in (0..24).step_by(every as usize) {
                        times.push(midnight + TimeDelta::hours(hour));
                    }
                }
                _ => times.push(midnight),
            }
            let next = match step {
                Step::Hours(_) => day.succ_opt(),
                Step::Days(every) => next_day(day, every),
                Step::Months(every) => day.checked_add_months(Months::new(every)),
                Step::Years(every) => day.checked_add_months(Months::new(12 * every)),
            };
            match next {
                Some(next) => day = next,
                None => break,
            }
        }
        times.retain(|time| (self.from..=self.to).contains(time));
        times
    }
}

/// Every so many days, counted from the first of each month so that labels are stable.
fn next_day(day: NaiveDate, every: u32) -> Option<NaiveDate> {
    let next = day.checked_add_days(chrono::Days::new(u64::from(every)))?;
    let crowded = every > 1 && next.day() + every / 2 > 31;
    if next.month() == day.month() && !crowded {
        return Some(next);
    }
    if every == 1 {
        return Some(next);
    }
    day.with_day(1)?.checked_add_months(Months::new(1))
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is precise to a tenth of a pixel")]
fn seconds(length: TimeDelta) -> f64 {
    length.num_milliseconds() as f64 / 1000.0
}
