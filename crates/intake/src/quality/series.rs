//! The tests of one series: pure functions of its times and values.

use std::collections::VecDeque;

use chrono::{DateTime, Datelike};
use model::Quality;

use super::limits::{Limits, SpikeVariant};

/// A value with its time, in microseconds. A value that is no number (`<0.05`) is not among them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) time: i64,
    pub(crate) value: f64,
}

/// A quality test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    GrossRange,
    Climatology,
    Spike,
    RateOfChange,
    FlatLine,
    Gap,
    Neighbour,
}

impl Test {
    /// All of them, in the order in which their flags are written.
    pub(crate) const ALL: [Test; 7] = [
        Test::GrossRange,
        Test::Climatology,
        Test::Spike,
        Test::RateOfChange,
        Test::FlatLine,
        Test::Gap,
        Test::Neighbour,
    ];

    /// Whether a flag of the test is about the value, and not about what is missing beside it.
    pub(crate) fn doubts_value(self) -> bool {
        self != Test::Gap
    }

    /// The test's name in `quality_tests`; CF's is `<name>_test_quality_flag`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Test::GrossRange => "gross_range",
            Test::Climatology => "climatology",
            Test::Spike => "spike",
            Test::RateOfChange => "rate_of_change",
            Test::FlatLine => "flat_line",
            Test::Gap => "gap",
            Test::Neighbour => "neighbor",
        }
    }
}

/// The flags of one value: four bits a test, zero where it could not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Flags(u32);

impl Flags {
    pub(crate) fn set(&mut self, test: Test, flag: Quality) {
        let at = 4 * test as u32;
        self.0 = self.0 & !(0xf << at) | u32::from(flag.code().unsigned_abs()) << at;
    }

    pub(crate) fn get(self, test: Test) -> Option<Quality> {
        let code = self.0 >> (4 * test as u32) & 0xf;
        Quality::from_code(i8::try_from(code).ok()?)
    }

    /// The tests that ran, with their flags.
    pub(crate) fn ran(self) -> impl Iterator<Item = (Test, Quality)> {
        Test::ALL.into_iter().filter_map(move |test| Some((test, self.get(test)?)))
    }
}

/// Steps up to so many times the usual one are no gap.
const STEP: f64 = 1.5;
/// The rate of change is not told across steps longer than so many usual ones.
const RATE_STEPS: i64 = 3;
/// How often the spike test runs again after what failed is taken out.
const PASSES: usize = 20;

/// The flags of all values of a series in order of time. `limits` is asked for the limits that hold at
/// a time, and `zone` is added to UTC for the local calendar.
pub(crate) fn test<'a>(
    points: &[Point],
    limits: impl Fn(i64) -> Option<&'a Limits>,
    zone: i64,
) -> Vec<Flags> {
    let mut flags = vec![Flags::default(); points.len()];
    let limits: Vec<Option<&Limits>> = points.iter().map(|point| limits(point.time)).collect();
    let step = usual_step(points);
    for ((point, limits), flags) in points.iter().zip(&limits).zip(&mut flags) {
        let Some(limits) = limits else { continue };
        if let Some(flag) = spans(point.value, limits.fail, limits.suspect) {
            flags.set(Test::GrossRange, flag);
        }
        if let Some(months) = &limits.climatology
            && let Some([low, high]) = month(point.time + zone).and_then(|month| months[month])
        {
            let inside = (low..=high).contains(&point.value);
            flags.set(Test::Climatology, if inside { Quality::Pass } else { Quality::Suspect });
        }
    }
    if let Some(step) = step {
        spikes(points, &limits, step, &mut flags);
        rates(points, &limits, step, &mut flags);
        flat_lines(points, &limits, step, &mut flags);
        gaps(points, &limits, step, &mut flags);
    }
    flags
}

/// The month of a local time, from 0.
pub(crate) fn month(local: i64) -> Option<usize> {
    Some(DateTime::from_timestamp_micros(local)?.month0() as usize)
}

/// The usual step between values: the median; `None` for fewer than two.
pub(crate) fn usual_step(points: &[Point]) -> Option<i64> {
    let mut steps: Vec<i64> = points.windows(2).map(|pair| pair[1].time - pair[0].time).collect();
    if steps.is_empty() {
        return None;
    }
    let middle = steps.len() / 2;
    Some(*steps.select_nth_unstable(middle).1).filter(|step| *step > 0)
}

#[expect(clippy::cast_precision_loss, reason = "a step of time, where the last bits do not count")]
fn is_gap(step: i64, usual: i64) -> bool {
    step as f64 > STEP * usual as f64
}

fn spans(value: f64, fail: Option<[f64; 2]>, suspect: Option<[f64; 2]>) -> Option<Quality> {
    let outside = |span: Option<[f64; 2]>| span.is_some_and(|[low, high]| !(low..=high).contains(&value));
    match (fail, suspect) {
        (None, None) => None,
        _ if outside(fail) => Some(Quality::Fail),
        _ if outside(suspect) => Some(Quality::Suspect),
        _ => Some(Quality::Pass),
    }
}

fn graded(size: f64, suspect: Option<f64>, fail: Option<f64>) -> Quality {
    match (suspect, fail) {
        (_, Some(fail)) if size > fail => Quality::Fail,
        (Some(suspect), _) if size > suspect => Quality::Suspect,
        _ => Quality::Pass,
    }
}

/// Whether the limits, made for one interval, fit a series of this step.
#[expect(clippy::cast_precision_loss, reason = "a step of time, where the last bits do not count")]
fn fits(limits: &Limits, step: i64) -> bool {
    limits.interval.is_none_or(|interval| step as f64 <= STEP * interval as f64)
}

/// Each value against its neighbours. With the mean, what fails is taken out and the rest tested
/// again, so that the neighbours of a spike do not fail with it.
fn spikes(points: &[Point], limits: &[Option<&Limits>], step: i64, flags: &mut [Flags]) {
    if points.len() < 3 {
        return;
    }
    let can = |at: usize| {
        let limits = limits[at].filter(|limits| limits.spike.is_some() && fits(limits, step))?;
        let beside_gap = is_gap(points[at].time - points[at - 1].time, step)
            || is_gap(points[at + 1].time - points[at].time, step);
        (!beside_gap).then_some(limits)
    };
    // What is outside the range is no neighbour to compare with.
    let outside: Vec<bool> =
        flags.iter().map(|flags| flags.get(Test::GrossRange) == Some(Quality::Fail)).collect();
    let mut failed = vec![false; points.len()];
    for _ in 0..PASSES {
        let out = |at: &usize| failed[*at] || outside[*at];
        let size = |at: usize| -> Option<f64> {
            let limits = can(at).filter(|_| !failed[at])?;
            let before = (0..at).rev().find(|at| !out(at))?;
            let after = (at + 1..points.len()).find(|at| !out(at))?;
            Some(spike(points[before], points[at], points[after], limits.spike_variant))
        };
        let sizes: Vec<Option<f64>> = (0..points.len())
            .map(|at| if at == 0 || at + 1 == points.len() { None } else { size(at) })
            .collect();
        let mut again = false;
        let mut found = Vec::new();
        for (at, size) in sizes.iter().enumerate() {
            let (Some(size), Some(limits)) = (size, limits[at]) else { continue };
            let Some([suspect, fail]) = limits.spike else { continue };
            let flag = graded(*size, suspect, fail);
            let beside = [at - 1, at + 1];
            let largest = beside.iter().all(|beside| sizes[*beside].is_none_or(|other| other <= *size));
            // What lies on the slope beside a spike is no spike: it stays where it is.
            let [up, down] = beside.map(|beside| points[at].value - points[beside].value);
            if flag == Quality::Fail && largest && up * down > 0.0 {
                found.push(at);
                again = true;
            }
            flags[at].set(Test::Spike, flag);
        }
        for at in found {
            failed[at] = true;
        }
        if !again {
            break;
        }
    }
    for (at, failed) in failed.iter().enumerate() {
        if *failed {
            flags[at].set(Test::Spike, Quality::Fail);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "steps of time, where the last bits do not count")]
fn spike(before: Point, at: Point, after: Point, variant: SpikeVariant) -> f64 {
    match variant {
        SpikeVariant::Mean => {
            // The mean of the two where they are equally far, and the line between them where not.
            let share = (at.time - before.time) as f64 / (after.time - before.time) as f64;
            (at.value - (before.value + share * (after.value - before.value))).abs()
        }
        SpikeVariant::Differential => {
            let (up, down) = (at.value - before.value, at.value - after.value);
            // Only a peak or a trough is a spike.
            if up * down > 0.0 { up.abs().min(down.abs()) } else { 0.0 }
        }
    }
}

/// The change since the last value that no test failed.
#[expect(clippy::cast_precision_loss, reason = "steps of time, where the last bits do not count")]
fn rates(points: &[Point], limits: &[Option<&Limits>], step: i64, flags: &mut [Flags]) {
    let mut last: Option<Point> = None;
    for (at, point) in points.iter().enumerate() {
        if let (Some(limits), Some(last)) = (limits[at], last)
            && let Some([suspect, fail]) = limits.rate
        {
            let passed = point.time - last.time;
            if passed > 0 && passed <= RATE_STEPS.saturating_mul(step) {
                let rate = (point.value - last.value).abs() / (passed as f64 / limits.rate_period as f64);
                flags[at].set(Test::RateOfChange, graded(rate, suspect, fail));
            }
        }
        let has_failed = [Test::GrossRange, Test::Spike, Test::RateOfChange]
            .iter()
            .any(|test| flags[at].get(*test) == Some(Quality::Fail));
        if !has_failed {
            last = Some(*point);
        }
    }
}

/// How long the series has not moved: the stretch before each value in which all lie within less
/// than the tolerance.
fn flat_lines(points: &[Point], limits: &[Option<&Limits>], step: i64, flags: &mut [Flags]) {
    let mut stretch = Stretch::default();
    for (at, point) in points.iter().enumerate() {
        let known = limits[at].filter(|limits| {
            limits.flat_tolerance > 0.0 && limits.flat != [None, None] && fits(limits, step)
        });
        let Some(limits) = known else {
            stretch.begin(at + 1);
            continue;
        };
        if at > 0 && is_gap(point.time - points[at - 1].time, step) {
            stretch.begin(at);
        }
        if limits.flat_above.is_some_and(|above| point.value <= above) {
            stretch.begin(at + 1);
            flags[at].set(Test::FlatLine, Quality::Pass);
            continue;
        }
        stretch.take(points, at, limits.flat_tolerance);
        let length = point.time - points[stretch.start].time;
        let [suspect, fail] = limits.flat;
        let needed = suspect.into_iter().chain(fail).min().unwrap_or(i64::MAX);
        let flag = match (suspect, fail) {
            (_, Some(fail)) if length >= fail => Quality::Fail,
            (Some(suspect), _) if length >= suspect => Quality::Suspect,
            // What has not moved since the series began may have stood for longer than is known.
            _ if !stretch.moved && length < needed => continue,
            _ => Quality::Pass,
        };
        flags[at].set(Test::FlatLine, flag);
    }
}

/// A stretch of values that lie within a tolerance, with the places of its largest and smallest ones.
#[derive(Default)]
struct Stretch {
    start: usize,
    /// Whether a value before the stretch is known to differ.
    moved: bool,
    high: VecDeque<usize>,
    low: VecDeque<usize>,
}

impl Stretch {
    fn begin(&mut self, at: usize) {
        *self = Stretch { start: at, ..Stretch::default() };
    }

    /// Takes the next value, and lets go of what lies too far from it.
    fn take(&mut self, points: &[Point], at: usize, tolerance: f64) {
        let value = |at: usize| points[at].value;
        while self.high.back().is_some_and(|last| value(*last) <= value(at)) {
            self.high.pop_back();
        }
        while self.low.back().is_some_and(|last| value(*last) >= value(at)) {
            self.low.pop_back();
        }
        self.high.push_back(at);
        self.low.push_back(at);
        while let (Some(&high), Some(&low)) = (self.high.front(), self.low.front()) {
            if value(high) - value(low) < tolerance {
                break;
            }
            self.moved = true;
            self.start = high.min(low) + 1;
            for extremes in [&mut self.high, &mut self.low] {
                while extremes.front().is_some_and(|first| *first < self.start) {
                    extremes.pop_front();
                }
            }
        }
    }
}

/// A step that is too long begins a gap: its first end is suspect.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a step of time, where the last bits do not count"
)]
fn gaps(points: &[Point], limits: &[Option<&Limits>], step: i64, flags: &mut [Flags]) {
    for at in 0..points.len().saturating_sub(1) {
        let Some(gap) = limits[at].and_then(|limits| limits.gap) else { continue };
        let longest = gap.max((STEP * step as f64) as i64);
        let is_gap = points[at + 1].time - points[at].time > longest;
        flags[at].set(Test::Gap, if is_gap { Quality::Suspect } else { Quality::Pass });
    }
}

#[cfg(test)]
mod tests {
    use model::Quality::{self, Fail, Pass, Suspect};
    use proptest::prelude::*;

    use super::super::limits::{Limits, SpikeVariant};
    use super::{Flags, Point, Test, test};

    const HOUR: i64 = 3_600_000_000;

    fn hourly(values: &[f64]) -> Vec<Point> {
        (0..).zip(values).map(|(n, value)| Point { time: n * HOUR, value: *value }).collect()
    }

    fn flags(points: &[Point], limits: &Limits, of: Test) -> Vec<Option<Quality>> {
        test(points, |_| Some(limits), 0).iter().map(|flags| flags.get(of)).collect()
    }

    fn water_level() -> Limits {
        Limits {
            interval: Some(HOUR),
            fail: Some([-350.0, 350.0]),
            suspect: Some([-300.0, 270.0]),
            spike: Some([Some(25.0), Some(60.0)]),
            rate: Some([Some(70.0), Some(110.0)]),
            flat_tolerance: 0.5,
            flat: [Some(3 * HOUR), Some(6 * HOUR)],
            gap: Some(2 * HOUR),
            ..Limits::default()
        }
    }

    #[test]
    fn the_gross_range_has_a_span_that_fails_and_one_that_is_suspect() {
        let points = hourly(&[0.0, 271.0, 351.0, -300.0]);
        let expected = [Some(Pass), Some(Suspect), Some(Fail), Some(Pass)];
        assert_eq!(flags(&points, &water_level(), Test::GrossRange), expected);
    }

    #[test]
    fn a_spike_fails_alone_and_its_neighbours_do_not() {
        // The worked example: 1.20 1.24 1.29 1.95 1.36 1.41 m.
        let points = hourly(&[120.0, 124.0, 129.0, 195.0, 136.0, 141.0]);
        let expected = [None, Some(Pass), Some(Pass), Some(Fail), Some(Pass), None];
        assert_eq!(flags(&points, &water_level(), Test::Spike), expected);
        let differential = Limits { spike_variant: SpikeVariant::Differential, ..water_level() };
        // min(66, 59) is below what fails.
        let expected = [None, Some(Pass), Some(Pass), Some(Suspect), Some(Pass), None];
        assert_eq!(flags(&points, &differential, Test::Spike), expected);
    }

    #[test]
    fn a_value_beside_a_gap_has_no_spike_test() {
        let mut points = hourly(&[1.0, 1.0, 1.0, 200.0, 1.0, 1.0, 1.0]);
        for point in &mut points[4..] {
            point.time += 5 * HOUR;
        }
        let found = flags(&points, &water_level(), Test::Spike);
        assert_eq!((found[1], found[3], found[4], found[5]), (Some(Pass), None, None, Some(Pass)));
        assert_eq!(flags(&points, &water_level(), Test::Gap)[3], Some(Suspect));
        assert_eq!(flags(&points, &water_level(), Test::Gap)[0], Some(Pass));
    }

    #[test]
    fn a_rate_is_told_by_the_hour_and_from_the_last_good_value() {
        let points = hourly(&[0.0, 71.0, 71.0, 200.0, 72.0]);
        let expected = [None, Some(Suspect), Some(Pass), Some(Fail), Some(Pass)];
        let limits = Limits { spike: None, ..water_level() };
        assert_eq!(flags(&points, &limits, Test::RateOfChange), expected);
    }

    #[test]
    fn a_flat_line_is_suspect_and_then_fails() {
        let mut values = vec![10.0, 20.0];
        values.extend([30.0; 8]);
        values.push(31.0);
        let found = flags(&hourly(&values), &water_level(), Test::FlatLine);
        assert_eq!(&found[2..5], &[Some(Pass), Some(Pass), Some(Pass)]);
        assert_eq!(&found[5..8], &[Some(Suspect), Some(Suspect), Some(Suspect)]);
        assert_eq!(&found[8..], &[Some(Fail), Some(Fail), Some(Pass)]);
        let fresh = Limits { flat_above: Some(40.0), ..water_level() };
        assert!(flags(&hourly(&values), &fresh, Test::FlatLine).iter().all(|flag| *flag == Some(Pass)));
    }

    #[test]
    fn limits_of_hours_do_not_test_six_hourly_readings_for_spikes() {
        let points: Vec<Point> = (0..8)
            .map(|n| Point { time: n * 6 * HOUR, value: if n % 2 == 0 { 0.0 } else { 150.0 } })
            .collect();
        assert!(flags(&points, &water_level(), Test::Spike).iter().all(Option::is_none));
        assert_eq!(flags(&points, &water_level(), Test::Gap)[0], Some(Pass));
    }

    #[test]
    fn climatology_knows_the_month() {
        let mut months = [None; 12];
        months[0] = Some([0.0, 5.0]);
        let limits = Limits { climatology: Some(months), ..Limits::default() };
        let points = [Point { time: 0, value: 6.0 }, Point { time: 40 * 24 * HOUR, value: 6.0 }];
        assert_eq!(flags(&points, &limits, Test::Climatology), [Some(Suspect), None]);
    }

    #[test]
    fn flags_are_kept_a_test_each() {
        let mut flags = Flags::default();
        flags.set(Test::Spike, Fail);
        flags.set(Test::Gap, Suspect);
        flags.set(Test::Spike, Pass);
        assert_eq!(flags.get(Test::Spike), Some(Pass));
        assert_eq!(flags.get(Test::GrossRange), None);
        assert_eq!(flags.ran().collect::<Vec<_>>(), [(Test::Spike, Pass), (Test::Gap, Suspect)]);
    }

    proptest! {
        #[test]
        fn every_series_is_tested_without_a_panic(
            values in proptest::collection::vec((-1e6_f64..1e6, 1_i64..10_000_000_000), 0..60)
        ) {
            let mut time = 0;
            let points: Vec<Point> = values
                .iter()
                .map(|(value, step)| { time += step; Point { time, value: *value } })
                .collect();
            let found = test(&points, |_| Some(&WATER), 0);
            prop_assert_eq!(found.len(), points.len());
        }
    }

    static WATER: std::sync::LazyLock<Limits> = std::sync::LazyLock::new(water_level);
}
