//! One series over a window of time, drawn from what is known of its stretches.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{LineChart, Point, Series, SeriesStory, Threshold, Words, places_for};

/// Stretches of a drawing: about one for every three units of its width.
pub const MOST_STRETCHES: usize = 230;

/// What is known of the values of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub start: DateTime<Utc>,
    /// Where it ends.
    pub end: DateTime<Utc>,
    /// When its first value is.
    pub first_time: DateTime<Utc>,
    /// When its last value is.
    pub last_time: DateTime<Utc>,
    /// How many values it has.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Stretch {
    /// The stretch as a point: one value stands at its own time, several in the middle.
    pub fn point(&self) -> Point {
        let middle = self.start + (self.end - self.start) / 2;
        let time = if self.count == 1 { self.first_time } else { middle };
        Point { time, value: self.mean, low: self.min, high: self.max, quality: None }
    }
}

/// A series that is to be drawn.
#[derive(Debug, Clone)]
pub struct SeriesOf<'a> {
    /// A name that is unique on the page.
    pub id: &'a str,
    /// What it measures: "Độ mặn lớn nhất ngày".
    pub measure: &'a str,
    /// Its place's name.
    pub place: &'a str,
    /// Its unit, UCUM.
    pub unit: &'a str,
    /// Its period, an ISO 8601 duration; empty for instants.
    pub period: &'a str,
    /// The limits that people use.
    pub limits: Vec<Threshold>,
    /// The first instant shown.
    pub from: DateTime<Utc>,
    /// The last instant shown.
    pub to: DateTime<Utc>,
}

/// A series as a chart, and how its points came about.
#[derive(Debug, Clone)]
pub struct SeriesChart {
    /// The chart.
    pub chart: LineChart,
    /// The time between values, as the period has it or as is usual.
    pub native: TimeDelta,
    /// The expected time between points.
    pub step: TimeDelta,
    /// How wide stretches are.
    pub width: TimeDelta,
    /// Whether every point is one value.
    pub is_single: bool,
}

impl SeriesChart {
    /// Whether there are silences between points.
    pub fn has_gaps(&self) -> bool {
        let points = self.chart.series.first().map(|series| series.points.as_slice()).unwrap_or_default();
        points.windows(2).any(|pair| pair[1].time - pair[0].time > self.step * 2)
    }
}

impl SeriesOf<'_> {
    /// The chart of stretches in order of time, at most [`MOST_STRETCHES`].
    pub fn chart(&self, words: &Words, stretches: &[Stretch]) -> SeriesChart {
        let unit = words.unit(self.unit);
        let largest = stretches.iter().map(|stretch| stretch.max.abs()).fold(0.0, f64::max);
        let places = places_for(self.unit, largest);
        let is_single = stretches.iter().all(|stretch| stretch.count == 1);
        let points: Vec<Point> = stretches.iter().map(Stretch::point).collect();
        let native = native_step(self.period, stretches);
        let width = (self.to - self.from) / i32::try_from(MOST_STRETCHES).unwrap_or(1);
        let step = if is_single { native } else { native.max(width) };
        let story = SeriesStory {
            measure: self.measure,
            place: self.place,
            unit: &unit,
            places,
            points: &points,
            thresholds: &self.limits,
        };
        let chart = LineChart {
            id: self.id.to_owned(),
            title: story.finding(words),
            alt: story.sentence(words),
            unit: unit.clone(),
            places,
            series: vec![Series { label: self.place.to_owned(), points: points.clone() }],
            thresholds: self.limits.clone(),
            from: self.from,
            to: self.to,
            step: Some(step),
        };
        SeriesChart { chart, native, step, width, is_single }
    }
}

/// The expected time between values: the period where it says so, else the usual distance.
fn native_step(period: &str, stretches: &[Stretch]) -> TimeDelta {
    match period {
        "PT1H" => return TimeDelta::hours(1),
        "P1D" => return TimeDelta::days(1),
        "P1M" => return TimeDelta::days(31),
        "P1Y" => return TimeDelta::days(366),
        _ => {}
    }
    let mut steps: Vec<TimeDelta> =
        stretches.windows(2).map(|pair| pair[1].first_time - pair[0].last_time).collect();
    for stretch in stretches.iter().filter(|stretch| stretch.count > 1) {
        let between = i32::try_from(stretch.count - 1).unwrap_or(i32::MAX);
        steps.push((stretch.last_time - stretch.first_time) / between);
    }
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(TimeDelta::days(1)).max(TimeDelta::seconds(1))
}
