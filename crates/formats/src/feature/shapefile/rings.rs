//! Rings to polygons: which are land and which are holes, by where they lie in each other.
//!
//! ESRI's rule is that outer rings turn clockwise and holes the other way. Programs break it, so where a ring
//! lies says more: a ring within no other is land, one within an outer ring is a hole, one within a hole is
//! an island. In files that keep the rule both say the same.

use geo_types::{Coord, LineString, Polygon};

/// A ring and its measures.
struct Ring {
    line: LineString<f64>,
    area: f64,
    is_clockwise: bool,
    edges: [f64; 4],
}

/// The polygons of the rings, and whether all rings turn as their places want it, or all the other way.
pub(super) fn polygons(lines: Vec<LineString<f64>>) -> (Vec<Polygon<f64>>, bool) {
    let mut rings: Vec<Ring> = lines.into_iter().filter(|line| line.0.len() >= 4).map(Ring::of).collect();
    if rings.len() == 1 {
        return (rings.into_iter().map(|ring| Polygon::new(ring.line, Vec::new())).collect(), true);
    }
    // The larger first, those of one size as they stand: whatever encloses a ring stands before it.
    rings.sort_by(|one, other| other.area.total_cmp(&one.area));
    let mut depths: Vec<usize> = Vec::with_capacity(rings.len());
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(rings.len());
    for at in 0..rings.len() {
        // The smallest that encloses it stands last.
        let parent = (0..at).rev().find(|other| rings[*other].encloses(&rings[at]));
        depths.push(parent.map_or(0, |parent| depths[parent] + 1));
        parents.push(parent);
    }
    let is_right = |(ring, depth): (&Ring, &usize)| ring.is_clockwise == (depth % 2 == 0);
    let right = rings.iter().zip(&depths).filter(|pair| is_right((pair.0, pair.1))).count();
    let as_turned = right == rings.len() || right == 0;
    let mut polygons: Vec<(usize, Polygon<f64>)> = Vec::new();
    for (at, ring) in rings.into_iter().enumerate() {
        let home = parents[at].filter(|_| depths[at] % 2 == 1);
        match home.and_then(|home| polygons.iter_mut().find(|(number, _)| *number == home)) {
            Some((_, polygon)) => polygon.interiors_push(ring.line),
            None => polygons.push((at, Polygon::new(ring.line, Vec::new()))),
        }
    }
    (polygons.into_iter().map(|(_, polygon)| polygon).collect(), as_turned)
}

impl Ring {
    fn of(line: LineString<f64>) -> Ring {
        let area = signed_area(&line);
        let mut edges = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for position in &line.0 {
            edges[0] = edges[0].min(position.x);
            edges[1] = edges[1].min(position.y);
            edges[2] = edges[2].max(position.x);
            edges[3] = edges[3].max(position.y);
        }
        Ring { line, area: area.abs(), is_clockwise: area <= 0.0, edges }
    }

    /// Whether another ring lies within, by most of its positions: rings of one polygon may touch.
    fn encloses(&self, other: &Ring) -> bool {
        let [west, south, east, north] = self.edges;
        let within_box = other.edges[0] >= west
            && other.edges[1] >= south
            && other.edges[2] <= east
            && other.edges[3] <= north;
        if !within_box || other.area >= self.area {
            return false;
        }
        // The middles of its edges touch nothing where only its corners do.
        let step = (other.line.0.len() / MOST).max(1);
        let middles = other.line.0.windows(2).step_by(step).map(|edge| Coord {
            x: f64::midpoint(edge[0].x, edge[1].x),
            y: f64::midpoint(edge[0].y, edge[1].y),
        });
        let (mut inside, mut all) = (0, 0);
        for middle in middles {
            all += 1;
            inside += usize::from(encloses(&self.line, middle));
        }
        inside * 2 > all
    }
}

/// Edges of a ring that are looked at.
const MOST: usize = 16;

/// Above zero when the ring turns to the left.
fn signed_area(ring: &LineString<f64>) -> f64 {
    // From the first position, so that large coordinates do not eat the small differences.
    let origin = ring.0[0];
    ring.0
        .windows(2)
        .map(|edge| {
            (edge[0].x - origin.x) * (edge[1].y - origin.y) - (edge[1].x - origin.x) * (edge[0].y - origin.y)
        })
        .sum::<f64>()
        / 2.0
}

fn encloses(ring: &LineString<f64>, position: Coord<f64>) -> bool {
    let mut inside = false;
    for edge in ring.0.windows(2) {
        let (a, b) = (edge[0], edge[1]);
        if (a.y > position.y) != (b.y > position.y)
            && position.x < (b.x - a.x) * (position.y - a.y) / (b.y - a.y) + a.x
        {
            inside = !inside;
        }
    }
    inside
}
