//! The sentence of a chart, by rule: form, measure, place, period, finding, extremes.

use chrono::{DateTime, Utc};

use crate::line::{Point, Threshold};
use crate::words::Words;

/// What a chart of one series tells.
#[derive(Debug, Clone)]
pub struct SeriesStory<'a> {
    /// The measure: "Độ mặn lớn nhất ngày".
    pub measure: &'a str,
    /// The place: "Cầu Nổi".
    pub place: &'a str,
    /// The unit, as people write it.
    pub unit: &'a str,
    /// Decimal places.
    pub places: usize,
    /// The values.
    pub points: &'a [Point],
    /// The limits.
    pub thresholds: &'a [Threshold],
}

/// The longest sentence a screen reader should have to speak.
const MOST_LETTERS: usize = 300;

impl SeriesStory<'_> {
    /// The finding alone: the chart's title.
    pub fn finding(&self, words: &Words) -> String {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return words.fill("chart-title-empty", [("measure", &self.measure), ("place", &self.place)]);
        };
        let highest = highest(self.points).unwrap_or(last);
        if let Some(limit) = self.passed(highest.high) {
            let days = days_above(self.points, limit.value);
            return words.fill(
                if days.1 { "chart-title-above-days" } else { "chart-title-above" },
                [
                    ("place", &self.place),
                    ("limit", &limit.label),
                    ("n", &words.whole(days.0)),
                    ("measure", &self.measure),
                ],
            );
        }
        let key = match change(first.value, last.value, self.points) {
            Change::Up => "chart-title-up",
            Change::Down => "chart-title-down",
            Change::Level => "chart-title-level",
        };
        words.fill(
            key,
            [
                ("measure", &self.measure),
                ("place", &self.place),
                ("first", &words.number(first.value, self.places)),
                ("last", &words.number(last.value, self.places)),
                ("unit", &self.unit),
            ],
        )
    }

    /// The whole sentence.
    pub fn sentence(&self, words: &Words) -> String {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return self.finding(words);
        };
        let (Some(highest), Some(lowest)) = (highest(self.points), lowest(self.points)) else {
            return self.finding(words);
        };
        let head = words.fill(
            "chart-alt-head",
            [
                ("measure", &self.measure),
                ("place", &self.place),
                ("from", &words.day(first.time)),
                ("to", &words.day(last.time)),
            ],
        );
        let key = match change(first.value, last.value, self.points) {
            Change::Up => "chart-alt-up",
            Change::Down => "chart-alt-down",
            Change::Level => "chart-alt-level",
        };
        let course = words.fill(
            key,
            [
                ("first", &words.number(first.value, self.places)),
                ("last", &words.number(last.value, self.places)),
                ("unit", &self.unit),
            ],
        );
        let extremes = words.fill(
            "chart-alt-extremes",
            [
                ("high", &words.number(highest.high, self.places)),
                ("high-day", &words.day(highest.time)),
                ("low", &words.number(lowest.low, self.places)),
                ("low-day", &words.day(lowest.time)),
                ("unit", &self.unit),
            ],
        );
        let mut text = format!("{head}: {course}");
        if let Some(limit) = self.passed(highest.high) {
            let when =
                self.points.iter().find(|point| point.high >= limit.value).map_or(first.time, |p| p.time);
            text.push_str(", ");
            text.push_str(
                &words.fill("chart-alt-crossed", [("limit", &limit.label), ("day", &words.day(when))]),
            );
        }
        sentence(&format!("{text}; {extremes}."))
    }

    /// The highest limit that the largest value reaches.
    fn passed(&self, highest: f64) -> Option<&Threshold> {
        self.thresholds
            .iter()
            .filter(|threshold| highest >= threshold.value)
            .max_by(|a, b| a.value.total_cmp(&b.value))
    }
}

/// A sentence cut to what a screen reader should have to speak.
pub fn sentence(text: &str) -> String {
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(MOST_LETTERS - 1).collect();
    cut.push('…');
    cut
}

enum Change {
    Up,
    Down,
    Level,
}

/// A change counts from a tenth of the range shown.
fn change(first: f64, last: f64, points: &[Point]) -> Change {
    let range = highest(points).map_or(0.0, |p| p.high) - lowest(points).map_or(0.0, |p| p.low);
    match last - first {
        d if d > range * 0.1 => Change::Up,
        d if d < range * -0.1 => Change::Down,
        _ => Change::Level,
    }
}

fn highest(points: &[Point]) -> Option<&Point> {
    points.iter().max_by(|a, b| a.high.total_cmp(&b.high))
}

fn lowest(points: &[Point]) -> Option<&Point> {
    points.iter().min_by(|a, b| a.low.total_cmp(&b.low))
}

/// On how many days a limit was reached, and whether the points are fine enough to say so.
fn days_above(points: &[Point], limit: f64) -> (u64, bool) {
    let day = |time: DateTime<Utc>| time.with_timezone(&model::VIETNAM).date_naive();
    let mut days: Vec<_> =
        points.iter().filter(|point| point.high >= limit).map(|point| day(point.time)).collect();
    days.dedup();
    let mut steps: Vec<i64> =
        points.windows(2).map(|pair| (pair[1].time - pair[0].time).num_hours()).collect();
    steps.sort_unstable();
    let coarse = steps.get(steps.len() / 2).is_some_and(|usual| *usual > 36);
    (days.len() as u64, points.len() > 1 && !coarse)
}
