//! Which system the numbers themselves speak for: what a file declares is tested, and where nothing
//! is declared, the numbers are tried under every system that is used here.
//!
//! The order: what is declared; the range of the numbers; where they come to lie under each
//! candidate, against the place they should lie in. Two candidates that pass leave it open, since a
//! guess would move a layer by 225 m or by 27 km without anyone seeing it.

use model::{Bbox, Position};

use super::list::{Outline, outlines, systems, zones};
use super::{Crs, Datum, Projection, Transform, near, unpack_angle};

/// The Mekong delta with its islands and the sea before it.
pub fn region() -> Bbox {
    outlines().iter().map(|outline| outline.bbox).reduce(|all, next| all.union(&next)).unwrap_or(Bbox {
        west: 102.0,
        south: 8.0,
        east: 107.5,
        north: 12.0,
    })
}

/// A position as a file has it, and where it should lie as far as that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The first number.
    pub x: f64,
    /// The second number.
    pub y: f64,
    /// The provinces that it should lie in one of, e.g. `gso2004:94`; none when nothing says so.
    pub places: Vec<String>,
}

/// How numbers are to be read under a system.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The system.
    pub crs: Crs,
    /// Whether the first number is the northing (or the latitude).
    pub swapped: bool,
    /// What stands before the easting and has to be taken away: 48 000 000 for a zone number.
    pub prefix: f64,
    /// Whether the numbers are packed degrees, minutes and seconds.
    pub packed: bool,
}

impl Fit {
    /// Numbers that are taken as they stand.
    pub fn plain(crs: Crs) -> Fit {
        Fit { crs, swapped: false, prefix: 0.0, packed: false }
    }

    /// Easting and northing (or longitude and latitude) of the two numbers.
    pub fn arrange(&self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = if self.swapped { (y, x) } else { (x, y) };
        let (x, y) = (x - self.prefix, y);
        // Among packed numbers, degrees stay what they are: packed, they would be less than two minutes.
        if self.packed && (x.abs() > 180.0 || y.abs() > 90.0) {
            return (unpack_angle(x).unwrap_or(f64::NAN), unpack_angle(y).unwrap_or(f64::NAN));
        }
        (x, y)
    }
}

/// What the numbers say.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// There is one way to read them, or what was declared holds.
    Settled(Fit),
    /// What was declared cannot be: under it the numbers lie elsewhere. What would fit is named.
    Contradicted(Vec<Fit>),
    /// What was declared puts too many of the numbers away from where they should lie; what puts more of
    /// them there is named, if anything does.
    Doubted(Vec<Fit>),
    /// Nothing was declared, and no way or several ways fit.
    Open(Vec<Fit>),
}

/// Of a hundred positions, those that must lie where they should.
const ENOUGH: usize = 95;

/// The zones of VN-2000 of a province: on a day (`2019-05-01`), or of all days.
pub fn zones_of(place: &str, day: Option<&str>) -> Vec<u32> {
    zones()
        .iter()
        .filter(|zone| zone.place == place)
        .filter(|zone| {
            day.is_none_or(|day| {
                (zone.from.is_empty() || zone.from.as_str() <= day)
                    && (zone.to.is_empty() || day <= zone.to.as_str())
            })
        })
        .map(|zone| zone.epsg)
        .collect()
}

/// The systems that a layer of these provinces may be in; of the whole delta when none is named.
pub fn candidates(places: &[String], day: Option<&str>) -> Vec<Crs> {
    let used: Vec<u32> = if places.is_empty() {
        zones().iter().map(|zone| zone.epsg).collect()
    } else {
        places.iter().flat_map(|place| zones_of(place, day)).collect()
    };
    let is_candidate = |crs: &&Crs| match (crs.datum, crs.projection) {
        (Datum::Wgs84 | Datum::Vn2000, Projection::None) => true,
        (Datum::Wgs84 | Datum::Vn2000, Projection::TransverseMercator(tm)) => {
            crs.epsg.is_some_and(|code| used.contains(&code))
                || tm.central_meridian == 105.0 && tm.scale < 0.9999
        }
        (Datum::Wgs84, Projection::WebMercator) => true,
        _ => false,
    };
    systems().iter().filter(is_candidate).cloned().collect()
}

/// Judges the numbers of a layer: `declared` is what the file or a person says of it, `candidates`
/// what it may be otherwise.
pub fn judge(declared: Option<&Crs>, samples: &[Sample], candidates: &[Crs]) -> Judgement {
    let fits = |crs: &Crs| -> Vec<Fit> { ways(crs).into_iter().filter(|fit| holds(fit, samples)).collect() };
    if let Some(declared) = declared {
        if samples.is_empty() {
            return Judgement::Settled(Fit::plain(declared.clone()));
        }
        if let Some(fit) = fits(declared).into_iter().next() {
            return Judgement::Settled(fit);
        }
        let others =
            distinct(candidates.iter().filter(|crs| *crs != declared).flat_map(fits).collect(), samples);
        // A neighbour that is metres away proves nothing about a border or a coast.
        let others = near::farther(others, declared, samples);
        // A layer of another region is no contradiction as long as its numbers can be what they
        // are said to be, whichever stands first.
        if others.is_empty()
            && samples.iter().all(|sample| sample.places.is_empty())
            && let Some(fit) = elsewhere(declared, samples)
        {
            return Judgement::Settled(fit);
        }
        if others.is_empty() {
            return near::declared(declared, samples);
        }
        return Judgement::Contradicted(others);
    }
    let mut found = distinct(candidates.iter().flat_map(fits).collect(), samples);
    if found.is_empty() {
        // A few that lie over a border, at sea or nowhere do not hide what the others say.
        found = near::nearest(candidates, samples);
    }
    if found.is_empty() {
        // Degrees of another region.
        let is_placed = samples.iter().any(|sample| !sample.places.is_empty());
        found.extend(elsewhere(&Crs::wgs84(), samples).filter(|fit| !fit.swapped || !is_placed));
    }
    // Degrees that say nothing of a datum are WGS 84's by habit of every program: VN-2000's would
    // be said. Metres have no such habit.
    if let Some(degrees) = found.iter().position(|fit| fit.crs.is_stored())
        && found.iter().all(|fit| fit.crs.is_geographic())
    {
        return Judgement::Settled(found.swap_remove(degrees));
    }
    // Metres that only have to lie somewhere in the delta prove no zone, even where only one is left.
    let is_placed = samples.iter().all(|sample| !sample.places.is_empty());
    if found.len() == 1 && (is_placed || found[0].crs.is_geographic()) {
        return Judgement::Settled(found.remove(0));
    }
    Judgement::Open(found)
}

/// Every way in which numbers are written under a system.
pub(super) fn ways(crs: &Crs) -> Vec<Fit> {
    let mut ways = Vec::new();
    for swapped in [false, true] {
        if crs.is_geographic() {
            for packed in [false, true] {
                ways.push(Fit { crs: crs.clone(), swapped, prefix: 0.0, packed });
            }
            continue;
        }
        for prefix in [0.0, 48_000_000.0, 105_000_000.0] {
            ways.push(Fit { crs: crs.clone(), swapped, prefix, packed: false });
        }
    }
    ways
}

/// Whether nearly all positions lie where they should.
fn holds(fit: &Fit, samples: &[Sample]) -> bool {
    let Ok(transform) = fit.crs.transform() else { return false };
    let inside = samples.iter().filter(|sample| lies_right(fit, &transform, sample)).count();
    !samples.is_empty() && inside * 100 >= samples.len() * ENOUGH
}

fn lies_right(fit: &Fit, transform: &Transform, sample: &Sample) -> bool {
    let (x, y) = fit.arrange(sample.x, sample.y);
    if !x.is_finite() || !y.is_finite() || !in_range(&fit.crs, x, y) {
        return false;
    }
    let (lon, lat) = transform.to_wgs84(x, y);
    if sample.places.is_empty() {
        return region().contains(Position { lon, lat });
    }
    outlines()
        .iter()
        .filter(|outline| sample.places.contains(&outline.place))
        .any(|outline| outline.contains(lon, lat))
}

/// Numbers far from a zone make series that mean nothing.
pub(super) fn in_range(crs: &Crs, x: f64, y: f64) -> bool {
    match crs.projection {
        Projection::None => x.abs() <= 180.0 && y.abs() <= 90.0,
        Projection::TransverseMercator(tm) => {
            (x - tm.false_easting).abs() < 600_000.0 && (y - tm.false_northing).abs() < 9_500_000.0
        }
        Projection::WebMercator => x.abs() < 20_040_000.0 && y.abs() < 20_040_000.0,
    }
}

/// The way in which numbers can be read under a system without lying in the region: as they stand, else
/// with the northing first. Packed degrees are not among them, since metres look like them too.
pub(super) fn elsewhere(crs: &Crs, samples: &[Sample]) -> Option<Fit> {
    let is_possible = |fit: &Fit| {
        let inside = samples.iter().filter(|sample| {
            let (x, y) = fit.arrange(sample.x, sample.y);
            in_range(crs, x, y)
        });
        !samples.is_empty() && inside.count() * 100 >= samples.len() * ENOUGH
    };
    let plain = Fit::plain(crs.clone());
    let swapped = Fit { swapped: true, ..plain.clone() };
    [plain, swapped].into_iter().find(is_possible)
}

/// Why numbers are no position under a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPosition {
    /// They lie where the system means nothing.
    FarFromZone,
    /// Exchanged, they lie in the region, and as they stand far from it.
    Exchanged,
}

/// Metres from a meridian, and from the equator, beyond which nothing of the country and its sea lies.
const FARTHEST: (f64, f64) = (2_000_000.0, 3_000_000.0);

impl Fit {
    /// Why these numbers of a file are no position, if they are none. Degrees are tested where they are stored.
    pub(crate) fn no_position(
        &self,
        transform: &Transform,
        region: &Bbox,
        (x, y): (f64, f64),
    ) -> Option<NoPosition> {
        if self.crs.is_geographic() {
            return None;
        }
        let place = |x: f64, y: f64| {
            let (lon, lat) = transform.to_wgs84(x, y);
            region.contains(Position { lon, lat })
        };
        let (own_x, own_y) = self.arrange(x, y);
        if in_range(&self.crs, own_x, own_y) && place(own_x, own_y) {
            return None;
        }
        let (other_x, other_y) = self.arrange(y, x);
        if in_range(&self.crs, other_x, other_y) && place(other_x, other_y) {
            return Some(NoPosition::Exchanged);
        }
        let is_far = match self.crs.projection {
            Projection::TransverseMercator(tm) => {
                (own_x - tm.false_easting).abs() > FARTHEST.0
                    || (own_y - tm.false_northing).abs() > FARTHEST.1
            }
            _ => !in_range(&self.crs, own_x, own_y),
        };
        (is_far && !in_range(&self.crs, own_x, own_y)).then_some(NoPosition::FarFromZone)
    }
}

/// The positions that lie beyond the region whose outlines are known, by their place in the list; those that are
/// no position under the system are refused by themselves.
pub fn beyond_region(fit: &Fit, samples: &[Sample]) -> Vec<usize> {
    let Ok(transform) = fit.crs.transform() else { return Vec::new() };
    let region = region();
    let lies_beyond = |sample: &Sample| {
        if fit.no_position(&transform, &region, (sample.x, sample.y)).is_some() {
            return false;
        }
        let (x, y) = fit.arrange(sample.x, sample.y);
        let (lon, lat) = transform.to_wgs84(x, y);
        // Degrees that are none are refused.
        let is_some = !fit.crs.is_geographic() || in_range(&fit.crs, x, y);
        is_some && !region.contains(Position { lon, lat })
    };
    (0..samples.len()).filter(|at| lies_beyond(&samples[*at])).collect()
}

/// Leaves out ways that read the numbers as the same positions.
pub(super) fn distinct(fits: Vec<Fit>, samples: &[Sample]) -> Vec<Fit> {
    let mut kept: Vec<Fit> = Vec::new();
    let at = |fit: &Fit| {
        let sample = samples.first()?;
        let (x, y) = fit.arrange(sample.x, sample.y);
        fit.crs.transform().ok().map(|transform| transform.to_wgs84(x, y))
    };
    for fit in fits {
        let same = |other: &&Fit| match (at(&fit), at(other)) {
            (Some(a), Some(b)) => (a.0 - b.0).abs() < 1e-7 && (a.1 - b.1).abs() < 1e-7,
            _ => false,
        };
        if !kept.iter().any(|other| same(&other)) {
            kept.push(fit);
        }
    }
    kept
}

impl Outline {
    /// Whether the position lies within.
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        self.bbox.west - 0.05 <= lon
            && lon <= self.bbox.east + 0.05
            && self.bbox.south - 0.05 <= lat
            && lat <= self.bbox.north + 0.05
            && self.rings.iter().any(|ring| within(ring, lon, lat))
    }
}

/// Counts the edges that a ray to the east crosses.
pub(super) fn within(ring: &[(f64, f64)], lon: f64, lat: f64) -> bool {
    let mut inside = false;
    for edge in ring.windows(2) {
        let [(x1, y1), (x2, y2)] = [edge[0], edge[1]];
        if (y1 > lat) != (y2 > lat) && lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1 {
            inside = !inside;
        }
    }
    inside
}
