//! How far positions come to lie from where they should: of stations on a border, a coast or at sea not all
//! lie within an outline, and one wrong row does not say that all are in another system.

use model::Position;

use super::fit::{Fit, Judgement, Sample, candidates, distinct, in_range, region, ways};
use super::list::{Outline, outlines};
use super::{Crs, Transform};

/// Degrees beyond an outline that are still beside it: 5.5 km, where a wrong zone is 27 km off.
const BESIDE: f64 = 0.05;
/// Degrees beyond which it is one, how far.
const FAR: f64 = 0.3;
/// By how many degrees on average one system has to be nearer than another to speak against it.
const CLEARLY: f64 = 0.05;
/// Degrees beyond an outline, which is drawn two kilometres too wide, that no border explains: where another
/// system puts all positions within, both are possible.
const BORDER: f64 = 0.015;
/// Positions that are looked at.
const MOST: usize = 200;

/// How the positions lie under one way to read them.
struct Lie {
    fit: Fit,
    /// Degrees on average, no position counting for more than [`FAR`].
    away: f64,
    /// Degrees of the one that lies farthest off, at most [`FAR`].
    farthest: f64,
    /// Those that lie within or beside where they should.
    beside: usize,
    /// Those that lie in the region.
    around: usize,
}

impl Lie {
    fn of(fit: Fit, samples: &[Sample]) -> Option<Lie> {
        let transform = fit.crs.transform().ok()?;
        let mut lie = Lie { fit, away: 0.0, farthest: 0.0, beside: 0, around: 0 };
        for sample in samples {
            let at = placed(&lie.fit, &transform, sample);
            let away = at.map_or(FAR, |at| away(at, &sample.places).min(FAR));
            lie.away += away / samples.len() as f64;
            lie.farthest = lie.farthest.max(away);
            lie.beside += usize::from(away <= BESIDE);
            lie.around += usize::from(at.is_some_and(|(lon, lat)| region().contains(Position { lon, lat })));
        }
        Some(lie)
    }
}

/// The best of the ways to read the numbers under a system.
fn best(crs: &Crs, samples: &[Sample]) -> Option<Lie> {
    ways(crs)
        .into_iter()
        .filter_map(|fit| Lie::of(fit, samples))
        .min_by(|one, other| one.away.total_cmp(&other.away).then(other.around.cmp(&one.around)))
}

/// Judges what was declared where it does not put nearly all positions within their outlines, and
/// nothing else does: it stands as long as it puts half of them beside where they should lie, or into the
/// region, and nothing else clearly nearer.
pub(super) fn declared(declared: &Crs, samples: &[Sample]) -> Judgement {
    let samples = &samples[..samples.len().min(MOST)];
    let Some(own) = best(declared, samples) else { return Judgement::Doubted(Vec::new()) };
    let is_placed = samples.iter().any(|sample| !sample.places.is_empty());
    let half = samples.len().div_ceil(2);
    if is_placed {
        let nearer = lies(&candidates(&[], None), samples)
            .into_iter()
            .filter(|lie| {
                let is_within = lie.farthest == 0.0 && own.farthest > BORDER;
                lie.beside >= half && (is_within || lie.away + CLEARLY < own.away)
            })
            .collect();
        let nearer = nearest_of(nearer, samples);
        if !nearer.is_empty() {
            return Judgement::Doubted(nearer);
        }
    }
    if own.beside >= half || own.around >= half {
        return Judgement::Settled(own.fit);
    }
    // A layer of another region with a few numbers that are none.
    let possible = samples.iter().filter(|sample| in_range(declared, sample.x, sample.y)).count();
    if !is_placed && possible >= half {
        return Judgement::Settled(Fit::plain(declared.clone()));
    }
    Judgement::Doubted(Vec::new())
}

/// The ways that put most positions within or beside where they should lie, where none puts nearly all of
/// them within.
pub(super) fn nearest(candidates: &[Crs], samples: &[Sample]) -> Vec<Fit> {
    let samples = &samples[..samples.len().min(MOST)];
    let most = |lie: &Lie| lie.beside * 2 > samples.len();
    nearest_of(lies(candidates, samples).into_iter().filter(most).collect(), samples)
}

fn lies(candidates: &[Crs], samples: &[Sample]) -> Vec<Lie> {
    candidates.iter().filter_map(|crs| best(crs, samples)).collect()
}

/// Those that are as near as the nearest, as far as a border can tell.
fn nearest_of(lies: Vec<Lie>, samples: &[Sample]) -> Vec<Fit> {
    let least = lies.iter().map(|lie| lie.away).fold(f64::INFINITY, f64::min);
    let kept = lies.into_iter().filter(|lie| lie.away <= least + CLEARLY);
    distinct(kept.map(|lie| lie.fit).collect(), samples)
}

/// Leaves out ways that read the numbers as positions beside those that were declared.
pub(super) fn farther(others: Vec<Fit>, declared: &Crs, samples: &[Sample]) -> Vec<Fit> {
    let at = |fit: &Fit| {
        let transform = fit.crs.transform().ok()?;
        samples.iter().find_map(|sample| placed(fit, &transform, sample))
    };
    let Some(own) =
        (!others.is_empty()).then(|| best(declared, &samples[..samples.len().min(MOST)])).flatten()
    else {
        return others;
    };
    let half = samples.len().min(MOST).div_ceil(2);
    let Some(own_at) = at(&own.fit).filter(|_| own.beside >= half) else { return others };
    let is_far = |fit: &Fit| {
        at(fit).is_none_or(|(lon, lat)| (lon - own_at.0).abs() > BESIDE || (lat - own_at.1).abs() > BESIDE)
    };
    others.into_iter().filter(is_far).collect()
}

/// Where a position comes to lie, if its numbers can be what they are said to be.
fn placed(fit: &Fit, transform: &Transform, sample: &Sample) -> Option<(f64, f64)> {
    let (x, y) = fit.arrange(sample.x, sample.y);
    (x.is_finite() && y.is_finite() && in_range(&fit.crs, x, y)).then(|| transform.to_wgs84(x, y))
}

/// Degrees from where a position should lie.
fn away((lon, lat): (f64, f64), places: &[String]) -> f64 {
    if places.is_empty() {
        let region = region();
        let beyond = |number: f64, least: f64, most: f64| (least - number).max(number - most).max(0.0);
        return beyond(lon, region.west, region.east).hypot(beyond(lat, region.south, region.north));
    }
    let outlines = outlines().iter().filter(|outline| places.contains(&outline.place));
    outlines.map(|outline| outline.away(lon, lat)).fold(f64::INFINITY, f64::min)
}

/// The positions that lie far from the place that they should lie in, by their place in the list.
pub fn far_from_place(fit: &Fit, samples: &[Sample]) -> Vec<usize> {
    let Ok(transform) = fit.crs.transform() else { return Vec::new() };
    let is_far = |sample: &Sample| {
        !sample.places.is_empty()
            && placed(fit, &transform, sample).is_some_and(|at| away(at, &sample.places) > 2.0 * BESIDE)
    };
    (0..samples.len()).filter(|at| is_far(&samples[*at])).collect()
}

impl Outline {
    /// Degrees from a position to the outline; none where it lies within.
    fn away(&self, lon: f64, lat: f64) -> f64 {
        if self.contains(lon, lat) {
            return 0.0;
        }
        let edges = self.rings.iter().flat_map(|ring| ring.windows(2));
        edges.map(|edge| to_edge((lon, lat), edge[0], edge[1])).fold(f64::INFINITY, f64::min)
    }
}

fn to_edge((x, y): (f64, f64), (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> f64 {
    let (dx, dy) = (x2 - x1, y2 - y1);
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 { 0.0 } else { ((x - x1) * dx + (y - y1) * dy) / length };
    let along = along.clamp(0.0, 1.0);
    (x - x1 - along * dx).hypot(y - y1 - along * dy)
}
