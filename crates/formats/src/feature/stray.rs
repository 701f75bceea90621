//! Positions of a geometry that cannot belong to it: noughts among others, and one that lies far from all the rest.

use geo_types::{Coord, Geometry, LineString, Polygon};
use wording::told;

use super::geometry::each;
use super::{FeatureNote, Refused};

/// How many times farther than all others are apart a position has to lie to be told of.
const TIMES: f64 = 8.0;
/// Degrees below which nothing lies far: two kilometres, as nearly as a zone too far to the side puts a position
/// of anything that is smaller.
const LEAST: f64 = 0.02;

/// Refuses a geometry of which a position is 0; 0 as the file has it: that stands for none, in the Gulf of Guinea.
pub(super) fn nought(geometry: &mut Geometry<f64>) -> Result<(), Refused> {
    let (mut index, mut first, mut others, mut is_around) = (0_usize, None, false, false);
    each(geometry, &mut |at| {
        index += 1;
        if at.x == 0.0 && at.y == 0.0 {
            first = first.or(Some(index));
        } else {
            others = true;
            // What is drawn around the origin of a plane may have its corner there.
            is_around |= at.x.abs() <= 1.0 || at.y.abs() <= 1.0;
        }
        Ok(())
    })?;
    let Some(first) = first.filter(|_| !is_around) else { return Ok(()) };
    let (code, reason) = if others {
        (
            "bad_geometry",
            told!(
                "formats-position-of-geometry-nought",
                "position {index} of the geometry is 0; 0, which stands for none",
                index = first
            ),
        )
    } else {
        (
            "no_geometry",
            told!(
                "formats-feature-position-nought",
                "the position of the feature is 0; 0, which stands for none"
            ),
        )
    };
    Err(Refused::new(code, reason, "0; 0"))
}

/// Tells of the first position of an outline or a line that lies far from all others of it, out and back.
pub(super) fn note(geometry: &Geometry<f64>) -> Option<FeatureNote> {
    let at = stray(geometry)?;
    let value = format!("{:.5}, {:.5}", at.x, at.y);
    Some(FeatureNote { code: "stray_position", property: String::new(), value })
}

fn stray(geometry: &Geometry<f64>) -> Option<Coord<f64>> {
    match geometry {
        Geometry::LineString(line) => of_line(line),
        Geometry::MultiLineString(lines) => lines.0.iter().find_map(of_line),
        Geometry::Polygon(polygon) => of_polygon(polygon),
        Geometry::MultiPolygon(polygons) => polygons.0.iter().find_map(of_polygon),
        Geometry::GeometryCollection(parts) => parts.0.iter().find_map(stray),
        _ => None,
    }
}

fn of_polygon(polygon: &Polygon<f64>) -> Option<Coord<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).find_map(|ring| {
        let corners = &ring.0[..ring.0.len().saturating_sub(1)];
        of_positions(corners, 0..corners.len())
    })
}

/// The ends of a line may lie far off: it leads there.
fn of_line(line: &LineString<f64>) -> Option<Coord<f64>> {
    let positions = &line.0;
    if positions.len() < 3 {
        return None;
    }
    of_positions(positions, 1..positions.len() - 1)
}

/// The position without which all others lie close together, compared with how far off it is.
fn of_positions(positions: &[Coord<f64>], among: std::ops::Range<usize>) -> Option<Coord<f64>> {
    // Three corners tell of none which is the one that is wrong.
    if positions.len() < 4 {
        return None;
    }
    let least = |of: &dyn Fn(&Coord<f64>) -> f64| two_least(positions.iter().map(of));
    let (west, south) = (least(&|at| at.x), least(&|at| at.y));
    let (east, north) = (least(&|at| -at.x), least(&|at| -at.y));
    let without = |(first, second): (f64, f64), own: f64| if own <= first { second } else { first };
    among.map(|at| positions[at]).find(|at| {
        let (west, east) = (without(west, at.x), -without(east, -at.x));
        let (south, north) = (without(south, at.y), -without(north, -at.y));
        let extent = (east - west).hypot(north - south);
        let off = (west - at.x).max(at.x - east).max(0.0).hypot((south - at.y).max(at.y - north).max(0.0));
        off > LEAST && off > TIMES * extent
    })
}

/// The least and the second least of some numbers.
fn two_least(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers.fold((f64::INFINITY, f64::INFINITY), |(first, second), number| {
        if number < first { (number, first) } else { (first, second.min(number)) }
    })
}

#[cfg(test)]
mod tests {
    use geo_types::{Geometry, LineString, Point, Polygon};

    use super::{note, nought};

    #[test]
    fn a_position_that_lies_far_from_all_others_is_told_and_a_long_shape_is_not() {
        let ring = |corners: &[(f64, f64)]| {
            Geometry::Polygon(Polygon::new(LineString::from(corners.to_vec()), Vec::new()))
        };
        let field = [(105.70, 10.10), (105.71, 10.10), (105.71, 10.11), (105.70, 10.11)];
        assert!(note(&ring(&field)).is_none());
        let mut wrong = field.to_vec();
        wrong[2] = (105.96, 10.11);
        assert!(note(&ring(&wrong)).is_some_and(|note| note.value.starts_with("105.96000")));
        // A long narrow field, and a canal that leads far.
        assert!(note(&ring(&[(105.0, 10.0), (105.5, 10.0), (105.5, 10.001), (105.0, 10.001)])).is_none());
        let canal = LineString::from(vec![(105.0, 10.0), (105.001, 10.0), (105.002, 10.0), (105.9, 10.2)]);
        assert!(note(&Geometry::LineString(canal)).is_none());
        let back = LineString::from(vec![(105.0, 10.0), (105.001, 10.0), (105.9, 10.2), (105.002, 10.0)]);
        assert!(note(&Geometry::LineString(back)).is_some());
    }

    #[test]
    fn noughts_stand_for_no_position() {
        assert!(nought(&mut Geometry::Point(Point::new(0.0, 0.0))).is_err());
        assert!(nought(&mut Geometry::Point(Point::new(0.0, 10.0))).is_ok());
        let line = |corners: &[(f64, f64)]| Geometry::LineString(LineString::from(corners.to_vec()));
        assert!(nought(&mut line(&[(105.0, 10.0), (0.0, 0.0)])).is_err());
        assert!(nought(&mut line(&[(0.5, 0.5), (0.0, 0.0)])).is_ok());
    }
}
