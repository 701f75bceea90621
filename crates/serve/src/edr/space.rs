//! Where a query looks: positions, a circle, areas, a box, or along lines.

use geo::{Area, BoundingRect, Contains};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon};
use model::{Bbox, EARTH_RADIUS, Position};

/// Where a query looks, in longitude and latitude.
#[derive(Debug, Clone)]
pub(super) enum Space {
    /// At positions.
    Points(Vec<[f64; 2]>),
    /// Within a distance.
    Near { center: [f64; 2], metres: f64 },
    /// Inside areas.
    Inside(MultiPolygon<f64>),
    /// Inside a box.
    Box(Bbox),
    /// Within a distance of lines; `is_line` when the line itself is asked for.
    Along { lines: Vec<Vec<[f64; 2]>>, metres: f64, is_line: bool },
}

impl Space {
    /// Areas, each with its outer ring first.
    pub(super) fn area(areas: Vec<Vec<Vec<[f64; 2]>>>) -> Space {
        let ring = |ring: Vec<[f64; 2]>| -> LineString<f64> {
            ring.into_iter().map(|[x, y]| Coord { x, y }).collect()
        };
        let polygon = |rings: Vec<Vec<[f64; 2]>>| {
            let mut rings = rings.into_iter().map(ring);
            let outer = rings.next().unwrap_or_else(|| LineString(Vec::new()));
            Polygon::new(outer, rings.collect())
        };
        Space::Inside(MultiPolygon(areas.into_iter().map(polygon).collect()))
    }

    /// Whether a position belongs to it. A position query looks at the nearest place instead.
    pub(super) fn holds(&self, position: [f64; 2]) -> bool {
        match self {
            Space::Points(points) => points.contains(&position),
            Space::Near { center, metres } => distance(*center, position) <= *metres,
            Space::Inside(area) => area.contains(&Point::new(position[0], position[1])),
            Space::Box(bbox) => bbox.contains(Position { lon: position[0], lat: position[1] }),
            Space::Along { lines, metres, .. } => lines.iter().flat_map(|line| line.windows(2)).any(|part| {
                let [from, to] = part else { return false };
                to_part(position, *from, *to) <= *metres
            }),
        }
    }

    /// The box around it.
    pub(super) fn bbox(&self) -> Option<Bbox> {
        let around = |points: &mut dyn Iterator<Item = [f64; 2]>, metres: f64| {
            let start = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
            let [west, south, east, north] = points
                .fold(start, |[a, b, c, d], [lon, lat]| [a.min(lon), b.min(lat), c.max(lon), d.max(lat)]);
            let up = metres / METRES_A_DEGREE;
            let wide = up / north.abs().max(south.abs()).min(89.0).to_radians().cos();
            Bbox::new(
                (west - wide).max(-180.0),
                (south - up).max(-90.0),
                (east + wide).min(180.0),
                (north + up).min(90.0),
            )
        };
        match self {
            Space::Points(points) => around(&mut points.iter().copied(), 0.0),
            Space::Near { center, metres } => around(&mut std::iter::once(*center), *metres),
            Space::Inside(area) => {
                let rect = area.bounding_rect().filter(|_| area.unsigned_area() > 0.0)?;
                Bbox::new(rect.min().x, rect.min().y, rect.max().x, rect.max().y)
            }
            Space::Box(bbox) => Some(*bbox),
            Space::Along { lines, metres, is_line } => {
                let metres = if *is_line { 0.0 } else { *metres };
                around(&mut lines.iter().flatten().copied(), metres)
            }
        }
    }
}

const METRES_A_DEGREE: f64 = EARTH_RADIUS * std::f64::consts::PI / 180.0;

/// The distance of two positions, metres.
pub(super) fn distance([lon, lat]: [f64; 2], [other_lon, other_lat]: [f64; 2]) -> f64 {
    Position { lon, lat }.distance(Position { lon: other_lon, lat: other_lat })
}

/// The distance from a part of a line, on the plane that touches the Earth at the position.
fn to_part([lon, lat]: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let flat = |[x, y]: [f64; 2]| {
        ((x - lon) * METRES_A_DEGREE * lat.to_radians().cos(), (y - lat) * METRES_A_DEGREE)
    };
    let ((ax, ay), (bx, by)) = (flat(from), flat(to));
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let share = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ax + share * dx).hypot(ay + share * dy)
}

/// Positions along lines at equal steps, at most so many; vertices are among them as long as there
/// are fewer vertices than that.
pub(super) fn along(lines: &[Vec<[f64; 2]>], step: f64, most: usize) -> Vec<[f64; 2]> {
    let parts = || lines.iter().flat_map(|line| line.windows(2));
    let total: f64 = parts().map(|part| distance(part[0], part[1])).sum();
    let step = step.max(total / most.max(1) as f64).max(1.0);
    let mut positions = Vec::new();
    for line in lines {
        positions.extend(line.first());
        for part in line.windows(2) {
            let (from, to) = (part[0], part[1]);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small number of steps"
            )]
            let steps = ((distance(from, to) / step).ceil() as usize).clamp(1, most);
            for at in 1..=steps {
                let share = at as f64 / steps as f64;
                positions.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
            }
        }
    }
    positions.truncate(most.saturating_mul(2));
    positions
}

#[cfg(test)]
mod tests {
    use super::{Space, along, distance};

    #[test]
    fn a_corridor_holds_what_is_within_its_half_width() {
        let lines = vec![vec![[105.0, 10.0], [106.0, 10.0]]];
        let corridor = Space::Along { lines, metres: 5_000.0, is_line: false };
        assert!(corridor.holds([105.5, 10.04]));
        assert!(!corridor.holds([105.5, 10.05]));
        assert!(corridor.holds([106.04, 10.0]) && !corridor.holds([106.05, 10.0]));
        let bbox = corridor.bbox().unwrap();
        assert!(bbox.west < 104.96 && bbox.north > 10.04);
    }

    #[test]
    fn steps_along_a_line_are_of_equal_length_and_bounded() {
        let lines = vec![vec![[105.0, 10.0], [105.1, 10.0]]];
        let positions = along(&lines, 1_000.0, 100);
        assert_eq!(positions.len(), 12);
        assert!((distance(positions[0], positions[1]) - 10_950.0 / 11.0).abs() < 10.0);
        assert!(along(&lines, 0.001, 100).len() <= 101);
    }
}
