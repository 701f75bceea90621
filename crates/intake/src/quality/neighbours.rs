//! A value against those of other places at the same time, and what months are like in years of values.

use std::collections::HashMap;

use catalog::Gazetteer;
use model::{PlaceId, Quality};

use super::limits::{Limits, ZONE};
use super::series::{Flags, Point, Test, month, usual_step};

/// Neighbours that have to have a value.
const LEAST: usize = 3;
/// Years of values that a climatology is made of.
const YEARS: i64 = 5;
/// Values of a month that a climatology is made of.
const LEAST_VALUES: usize = 30;
/// A year, in microseconds.
const YEAR: i64 = 31_557_600_000_000;

/// The series of one place that others are compared with.
pub(super) struct Neighbour<'a> {
    pub(super) points: &'a [Point],
    /// How much it counts: less when it is far.
    pub(super) weight: f64,
}

/// Sets the flags of the neighbour test: 3 where a value lies further from the weighted mean of at least
/// three neighbours than so many of their deviations.
#[expect(clippy::cast_precision_loss, reason = "a handful of neighbours")]
pub(super) fn compare(points: &[Point], limits: &Limits, neighbours: &[Neighbour<'_>], flags: &mut [Flags]) {
    if neighbours.len() < LEAST {
        return;
    }
    // Half a step is what clocks and schedules differ by.
    let near = usual_step(points).map_or(0, |step| step / 2);
    for (point, flags) in points.iter().zip(flags) {
        let there: Vec<(f64, f64)> = neighbours
            .iter()
            .filter_map(|neighbour| Some((nearest(neighbour.points, point.time, near)?, neighbour.weight)))
            .collect();
        if there.len() < LEAST {
            continue;
        }
        let weights: f64 = there.iter().map(|(_, weight)| weight).sum();
        let mean = there.iter().map(|(value, weight)| value * weight).sum::<f64>() / weights;
        let plain = there.iter().map(|(value, _)| value).sum::<f64>() / there.len() as f64;
        let spread = there.iter().map(|(value, _)| (value - plain).powi(2)).sum::<f64>();
        let sigma = (spread / (there.len() - 1) as f64).sqrt();
        let allowed = (limits.neighbour_sigma * sigma).max(limits.neighbour_least);
        let is_off = (point.value - mean).abs() > allowed;
        flags.set(Test::Neighbour, if is_off { Quality::Suspect } else { Quality::Pass });
    }
}

fn nearest(points: &[Point], time: i64, near: i64) -> Option<f64> {
    let at = points.partition_point(|point| point.time < time);
    let beside = [at.checked_sub(1).and_then(|at| points.get(at)), points.get(at)];
    let found = beside.into_iter().flatten().min_by_key(|point| (point.time - time).abs())?;
    ((found.time - time).abs() <= near).then_some(found.value)
}

/// The weight of a neighbour: the inverse square of the distance, where both positions are known.
pub(super) fn weight(gazetteer: &Gazetteer, place: &PlaceId, neighbour: &PlaceId) -> f64 {
    let position = |id: &PlaceId| gazetteer.place(id).and_then(|place| place.position);
    let (Some(here), Some(there)) = (position(place), position(neighbour)) else { return 1.0 };
    // Degrees of longitude are shorter than those of latitude; at 10° N, by a sixty-fifth.
    let (east, north) = ((here.lon - there.lon) * here.lat.to_radians().cos(), here.lat - there.lat);
    1.0 / (east * east + north * north).max(1e-6)
}

/// What months are like: the 0.5th and 99.5th percentile of at least five years, widened by a fifth.
pub(super) fn climatology(points: &[Point]) -> Option<[Option<[f64; 2]>; 12]> {
    let (first, last) = (points.first()?, points.last()?);
    if last.time - first.time < YEARS * YEAR {
        return None;
    }
    let mut by_month: HashMap<usize, Vec<f64>> = HashMap::new();
    for point in points {
        by_month.entry(month(point.time + ZONE)?).or_default().push(point.value);
    }
    let mut months = [None; 12];
    for (month, mut values) in by_month {
        if values.len() < LEAST_VALUES {
            continue;
        }
        values.sort_by(f64::total_cmp);
        let (low, high) = (percentile(&values, 0.005), percentile(&values, 0.995));
        let wider = 0.2 * (high - low);
        months[month] = Some([low - wider, high + wider]);
    }
    Some(months)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length is a length"
)]
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let next = sorted.get(low + 1).copied().unwrap_or(sorted[low]);
    sorted[low] + part * (next - sorted[low])
}

#[cfg(test)]
mod tests {
    use model::Quality;

    use super::super::limits::Limits;
    use super::super::series::{Flags, Point, Test};
    use super::{Neighbour, climatology, compare};

    const HOUR: i64 = 3_600_000_000;

    fn hourly(values: &[f64]) -> Vec<Point> {
        (0..).zip(values).map(|(n, value)| Point { time: n * HOUR, value: *value }).collect()
    }

    #[test]
    fn a_value_far_from_three_neighbours_is_suspect() {
        let others = [hourly(&[1.0, 1.0]), hourly(&[1.2, 1.2]), hourly(&[1.1, 1.1])];
        let neighbours: Vec<Neighbour<'_>> =
            others.iter().map(|points| Neighbour { points, weight: 1.0 }).collect();
        let points = hourly(&[1.1, 3.0, 3.0]);
        let mut flags = vec![Flags::default(); 3];
        compare(&points, &Limits::default(), &neighbours, &mut flags);
        let found: Vec<_> = flags.iter().map(|flags| flags.get(Test::Neighbour)).collect();
        assert_eq!(found, [Some(Quality::Pass), Some(Quality::Suspect), None]);
        let mut flags = vec![Flags::default(); 3];
        compare(&points, &Limits::default(), &neighbours[..2], &mut flags);
        assert_eq!(flags[1].get(Test::Neighbour), None);
    }

    #[test]
    fn five_years_make_a_climatology_and_four_do_not() {
        let days = |years: i64| -> Vec<Point> {
            (0..years * 366).map(|day| Point { time: day * 24 * HOUR, value: (day % 10) as f64 }).collect()
        };
        assert!(climatology(&days(4)).is_none());
        let months = climatology(&days(6)).unwrap();
        let [low, high] = months[0].unwrap();
        assert!((low - -1.8).abs() < 0.01 && (high - 10.8).abs() < 0.01, "{low} {high}");
    }
}
