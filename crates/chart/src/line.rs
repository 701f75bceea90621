//! Line charts of time series: envelope, line, gaps, thresholds, end labels.

use chrono::{DateTime, TimeDelta, Utc};
use model::Quality;

use crate::Size;
use crate::alone::alone;
use crate::scale::{LinearScale, TimeScale};
use crate::svg::{Drawing, Esc, N, Path};
use crate::words::Words;

/// One value, or the values of one bucket of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Where it stands in time.
    pub time: DateTime<Utc>,
    /// The value, or the bucket's mean.
    pub value: f64,
    /// The bucket's smallest value.
    pub low: f64,
    /// The bucket's largest value.
    pub high: f64,
    /// The flag, where one value is drawn.
    pub quality: Option<Quality>,
}

impl Point {
    /// One value.
    pub fn value(time: DateTime<Utc>, value: f64) -> Point {
        Point { time, value, low: value, high: value, quality: None }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name at its end.
    pub label: String,
    /// Its points in order of time.
    pub points: Vec<Point>,
}

/// A limit that people use.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The limit.
    pub value: f64,
    /// What it is: "4 g/l", "BĐ I".
    pub label: String,
}

/// A chart of one unit over time. At most six lines; more are small multiples.
#[derive(Debug, Clone)]
pub struct LineChart {
    /// A name that is unique on the page.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What it shows, in one sentence.
    pub alt: String,
    /// The unit, as people write it.
    pub unit: String,
    /// Decimal places of labelled values.
    pub places: usize,
    /// The lines.
    pub series: Vec<Series>,
    /// The limits.
    pub thresholds: Vec<Threshold>,
    /// The first instant shown.
    pub from: DateTime<Utc>,
    /// The last instant shown.
    pub to: DateTime<Utc>,
    /// The expected time between points; a silence longer than twice this is a gap.
    pub step: Option<TimeDelta>,
}

/// The most lines that can be told apart.
const MOST_SERIES: usize = 6;

impl LineChart {
    /// Whether there is anything to draw.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.is_empty())
    }

    /// The drawing as a file of its own.
    pub fn alone(&self, words: &Words, size: Size) -> String {
        alone(&self.svg(words, size))
    }

    /// The drawing.
    pub fn svg(&self, words: &Words, size: Size) -> String {
        let (width, height) = (size.width(), size.height());
        let (left, top, bottom) = (44.0, 26.0, height - 34.0);
        let right = width - if size == Size::Wide { 118.0 } else { 52.0 };
        let values = self.value_scale(bottom, top);
        let times = TimeScale::over(self.from, self.to, left, right);
        let id = format!("{}-{}", self.id, size.suffix());
        let mut drawing = Drawing::default();
        drawing.push(format_args!(
            r#"<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{id}-t" aria-describedby="{id}-d"><title id="{id}-t">{}</title><desc id="{id}-d">{}</desc><defs><pattern id="{id}-h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hl" d="M0 0v5"/></pattern></defs>"#,
            size.class(), N(width), N(height), Esc(&self.title), Esc(&self.alt)
        ));
        self.axes(&mut drawing, words, &values, &times, Frame { left, right, top, bottom });
        self.gaps(&mut drawing, words, &times, bottom, &id);
        for threshold in &self.thresholds {
            let y = values.at(threshold.value);
            if y > top - 4.0 && y < bottom {
                drawing.line("th", (left, y), (right, y));
                drawing.text(left + 4.0, y - 4.0, "tl", &threshold.label);
            }
        }
        for (index, series) in self.series.iter().take(MOST_SERIES).enumerate() {
            self.envelope(&mut drawing, index, series, &values, &times);
            self.stroke(&mut drawing, index, series, &values, &times);
        }
        self.extremes(&mut drawing, words, &values, &times, right);
        self.end_labels(&mut drawing, words, &values, &times, Frame { left, right, top, bottom });
        drawing.push(format_args!("</svg>"));
        drawing.finish()
    }

    fn value_scale(&self, bottom: f64, top: f64) -> LinearScale {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let low = points().map(|point| point.low).fold(f64::INFINITY, f64::min);
        let mut high = points().map(|point| point.high).fold(f64::NEG_INFINITY, f64::max);
        for threshold in &self.thresholds {
            // A limit far above the data would flatten them.
            if threshold.value > high && threshold.value <= high * 1.8 {
                high = threshold.value * 1.05;
            }
        }
        LinearScale::over(low, high, false, self.places == 0, bottom, top)
    }

    fn axes(
        &self,
        drawing: &mut Drawing,
        words: &Words,
        values: &LinearScale,
        times: &TimeScale,
        frame: Frame,
    ) {
        let places = values.places();
        for tick in values.ticks() {
            let y = values.at(tick);
            drawing.line("gr", (frame.left, y), (frame.right, y));
            drawing.text(frame.left - 6.0, y + 4.0, "e", &words.number(tick, places));
        }
        drawing.text(0.0, 12.0, "u", &self.unit);
        drawing.line("ax", (frame.left, frame.bottom), (frame.right, frame.bottom));
        let room = if frame.right - frame.left > 400.0 { 64.0 } else { 58.0 };
        for (x, label) in times.ticks(words, room) {
            drawing.line("ax", (x, frame.bottom), (x, frame.bottom + 4.0));
            if x <= frame.right + 1.0 {
                drawing.text(x, frame.bottom + 27.0, "m", &label);
            }
        }
    }

    /// The silences common to all lines, hatched in a strip under the axis.
    fn gaps(&self, drawing: &mut Drawing, words: &Words, times: &TimeScale, bottom: f64, id: &str) {
        let label = words.t("chart-no-data");
        for (from, to) in self.silences() {
            let (x1, x2) = (times.at(from), times.at(to));
            if x2 - x1 < 1.0 {
                continue;
            }
            drawing.push(format_args!(
                r#"<rect class="gap" x="{}" y="{}" width="{}" height="9" fill="url(#{id}-h)"><title>{}: {} – {}</title></rect>"#,
                N(x1), N(bottom + 5.0), N(x2 - x1), Esc(&label), words.instant(from), words.instant(to)
            ));
        }
    }

    fn silences(&self) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let Some(step) = self.step else { return Vec::new() };
        let mut times: Vec<DateTime<Utc>> =
            self.series.iter().flat_map(|series| series.points.iter().map(|point| point.time)).collect();
        times.sort_unstable();
        let edges = std::iter::once(self.from).chain(times.iter().copied());
        let next = times.iter().copied().chain(std::iter::once(self.to));
        edges.zip(next).filter(|(a, b)| *b - *a > step * 2).collect()
    }

    /// Runs of points without a gap between them.
    fn stretches<'a>(&self, series: &'a Series) -> Vec<&'a [Point]> {
        let Some(step) = self.step else { return vec![&series.points[..]] };
        series.points.chunk_by(|a, b| b.time - a.time <= step * 2).collect()
    }

    fn envelope(
        &self,
        drawing: &mut Drawing,
        index: usize,
        series: &Series,
        values: &LinearScale,
        times: &TimeScale,
    ) {
        let mut path = Path::default();
        for stretch in self.stretches(series) {
            if stretch.len() < 2 || stretch.iter().all(|point| point.high <= point.low) {
                continue;
            }
            for (at, point) in stretch.iter().enumerate() {
                let (x, y) = (times.at(point.time), values.at(point.high));
                if at == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
            for point in stretch.iter().rev() {
                path.line_to(times.at(point.time), values.at(point.low));
            }
            path.close();
        }
        drawing.path(&format!("en f{}", index + 1), &path);
    }

    fn stroke(
        &self,
        drawing: &mut Drawing,
        index: usize,
        series: &Series,
        values: &LinearScale,
        times: &TimeScale,
    ) {
        let mut path = Path::default();
        let mut alone = Path::default();
        for stretch in self.stretches(series) {
            if let [point] = stretch {
                // A point between two gaps is a dot: there is nothing to join it to.
                let (x, y) = (times.at(point.time), values.at(point.value));
                alone.move_to(x - 0.1, y);
                alone.line_to(x + 0.1, y);
                continue;
            }
            for (at, point) in stretch.iter().enumerate() {
                let (x, y) = (times.at(point.time), values.at(point.value));
                if at == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
        }
        drawing.path(&format!("ln k{}", index + 1), &path);
        drawing.path(&format!("dt k{}", index + 1), &alone);
        for point in &series.points {
            let (x, y) = (times.at(point.time), values.at(point.value));
            match point.quality {
                Some(Quality::Suspect) => drawing.push(format_args!(
                    r#"<circle class="su k{}" cx="{}" cy="{}" r="3.5"/>"#,
                    index + 1,
                    N(x),
                    N(y)
                )),
                Some(Quality::Fail) => drawing.push(format_args!(
                    r#"<path class="fa" d="M{} {}l6 6m0 -6l-6 6"/>"#,
                    N(x - 3.0),
                    N(y - 3.0)
                )),
                _ => {}
            }
        }
    }

    /// The largest and smallest value of a chart of one line.
    fn extremes(
        &self,
        drawing: &mut Drawing,
        words: &Words,
        values: &LinearScale,
        times: &TimeScale,
        right: f64,
    ) {
        let [series] = &self.series[..] else { return };
        let highest = series.points.iter().max_by(|a, b| a.high.total_cmp(&b.high));
        let lowest = series.points.iter().min_by(|a, b| a.low.total_cmp(&b.low));
        let (Some(highest), Some(lowest)) = (highest, lowest) else { return };
        if (highest.high - lowest.low).abs() < f64::EPSILON {
            return;
        }
        for (point, value, lift) in [(highest, highest.high, -7.0), (lowest, lowest.low, 15.0)] {
            let (x, y) = (times.at(point.time), values.at(value));
            drawing.push(format_args!(r#"<circle class="xt" cx="{}" cy="{}" r="2.5"/>"#, N(x), N(y)));
            // Near the right edge the end label speaks.
            if x < right - 24.0 {
                drawing.text(x.max(60.0), y + lift, "m xv", &words.number(value, self.places));
            }
        }
    }

    /// The last value and name of every line at its end, moved apart where they would touch.
    fn end_labels(
        &self,
        drawing: &mut Drawing,
        words: &Words,
        values: &LinearScale,
        times: &TimeScale,
        frame: Frame,
    ) {
        const LINE: f64 = 14.0;
        let one = self.series.len() == 1;
        let mut labels: Vec<(usize, f64, f64, f64, &str)> = self
            .series
            .iter()
            .take(MOST_SERIES)
            .enumerate()
            .filter_map(|(index, series)| {
                let last = series.points.last()?;
                let y = values.at(last.value);
                Some((index, times.at(last.time), y, last.value, series.label.as_str()))
            })
            .collect();
        labels.sort_by(|a, b| a.2.total_cmp(&b.2));
        let mut floor = frame.top - 4.0;
        let narrow = frame.right < 320.0;
        for (index, x, y, value, label) in labels {
            let at = (y + 4.0).max(floor + LINE).min(frame.bottom);
            floor = at;
            drawing.push(format_args!(
                r#"<circle class="ed k{}" cx="{}" cy="{}" r="3"/>"#,
                index + 1,
                N(x),
                N(y)
            ));
            let number = words.number(value, self.places);
            let text = if one || narrow { number } else { format!("{number} {}", shorten(label, 14)) };
            drawing.text(frame.right + 7.0, at, &format!("el t{}", index + 1), &text);
            if one && !narrow {
                drawing.text(frame.right + 7.0, at + LINE, "el2", &shorten(label, 18));
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}
