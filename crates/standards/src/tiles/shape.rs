//! Geometry in the units of a tile as the commands of a vector tile: cut at the tile's margin, made
//! simpler, put on whole units, rings turned the way the specification asks for.

use crate::geometry::Geometry;
use crate::tiles::mvt::EXTENT;

/// What a feature is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Points.
    Point = 1,
    /// Lines.
    Line = 2,
    /// Areas.
    Polygon = 3,
}

/// A feature's geometry as commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// What it is.
    pub kind: Kind,
    /// Commands and their parameters.
    pub commands: Vec<u32>,
}

type Line = Vec<[f64; 2]>;

/// Draws a geometry whose positions are in units of the tile, cut `margin` units around it (points
/// at its edge), with lines no farther off than `tolerance`. `None` when nothing of it is there.
pub fn draw(geometry: &Geometry, margin: f64, tolerance: f64) -> Option<Drawn> {
    let mut parts = Parts::default();
    parts.take(geometry);
    let edge = f64::from(EXTENT);
    let mut pen = Pen::default();
    // A collection is drawn as the largest kind that it has.
    if !parts.rings.is_empty() {
        let frame = [-margin, edge + margin];
        for polygon in &parts.rings {
            pen.polygon(polygon, frame, tolerance);
        }
        return pen.done(Kind::Polygon);
    }
    if !parts.lines.is_empty() {
        let frame = [-margin, edge + margin];
        for line in &parts.lines {
            for piece in cut_line(line, frame) {
                pen.line(&simple(&piece, tolerance));
            }
        }
        return pen.done(Kind::Line);
    }
    let inside = |number: f64| (0.0..edge).contains(&number);
    let points: Vec<[i32; 2]> =
        parts.points.iter().filter(|[x, y]| inside(*x) && inside(*y)).map(|point| whole(*point)).collect();
    if points.is_empty() {
        return None;
    }
    pen.commands.push(command(1, points.len()));
    for point in points {
        pen.to(point);
    }
    pen.done(Kind::Point)
}

#[derive(Default)]
struct Parts {
    points: Vec<[f64; 2]>,
    lines: Vec<Line>,
    rings: Vec<Vec<Line>>,
}

impl Parts {
    fn take(&mut self, geometry: &Geometry) {
        match geometry {
            Geometry::Point(point) => self.points.push(*point),
            Geometry::MultiPoint(points) => self.points.extend(points),
            Geometry::LineString(line) => self.lines.push(line.clone()),
            Geometry::MultiLineString(lines) => self.lines.extend(lines.iter().cloned()),
            Geometry::Polygon(rings) => self.rings.push(rings.clone()),
            Geometry::MultiPolygon(polygons) => self.rings.extend(polygons.iter().cloned()),
            Geometry::GeometryCollection(members) => members.iter().for_each(|member| self.take(member)),
        }
    }
}

fn whole([x, y]: [f64; 2]) -> [i32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "a float converts without wrapping")]
    let whole = |number: f64| number.round() as i32;
    [whole(x), whole(y)]
}

fn command(id: u32, count: usize) -> u32 {
    id | u32::try_from(count).unwrap_or(u32::MAX >> 3) << 3
}

#[derive(Default)]
struct Pen {
    at: [i32; 2],
    commands: Vec<u32>,
}

impl Pen {
    fn to(&mut self, point: [i32; 2]) {
        for (from, to) in self.at.iter_mut().zip(point) {
            let step = to.wrapping_sub(*from);
            self.commands.push(((step << 1) ^ (step >> 31)).cast_unsigned());
            *from = to;
        }
    }

    fn path(&mut self, points: &[[i32; 2]]) {
        let Some((first, rest)) = points.split_first() else { return };
        self.commands.push(command(1, 1));
        self.to(*first);
        self.commands.push(command(2, rest.len()));
        for point in rest {
            self.to(*point);
        }
    }

    fn line(&mut self, line: &[[f64; 2]]) {
        let mut points: Vec<[i32; 2]> = line.iter().map(|point| whole(*point)).collect();
        points.dedup();
        if points.len() == 1 {
            // A line shorter than a unit is still there.
            points.push([points[0][0] + 1, points[0][1]]);
        }
        self.path(&points);
    }

    fn polygon(&mut self, rings: &[Line], frame: [f64; 2], tolerance: f64) {
        for (number, ring) in rings.iter().enumerate() {
            let is_outer = number == 0;
            let cut = cut_ring(ring, frame);
            if cut.len() < 3 {
                if is_outer {
                    return;
                }
                continue;
            }
            let mut points: Vec<[i32; 2]> =
                simple_ring(&cut, tolerance).iter().map(|point| whole(*point)).collect();
            points.dedup();
            if points.len() > 1 && points.first() == points.last() {
                points.pop();
            }
            let mut area = twice_area(&points);
            if points.len() < 3 || area == 0 {
                if !is_outer {
                    continue;
                }
                // An area smaller than a unit is still there.
                let [x, y] = whole(cut[0]);
                points = vec![[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
                area = 2;
                // It has no room for holes.
                self.ring(&mut points, area, true);
                return;
            }
            self.ring(&mut points, area, is_outer);
        }
    }

    /// Outer rings have a positive area, where y grows downwards (specification 2.1 §4.3.3.3).
    fn ring(&mut self, points: &mut [[i32; 2]], area: i64, is_outer: bool) {
        if (area > 0) != is_outer {
            points.reverse();
        }
        self.path(points);
        self.commands.push(command(7, 1));
    }

    fn done(self, kind: Kind) -> Option<Drawn> {
        (!self.commands.is_empty()).then_some(Drawn { kind, commands: self.commands })
    }
}

fn twice_area(points: &[[i32; 2]]) -> i64 {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .map(|([ax, ay], [bx, by])| i64::from(*ax) * i64::from(*by) - i64::from(*bx) * i64::from(*ay))
        .sum()
}

/// Whether every position lies in the frame.
fn is_within(line: &[[f64; 2]], [low, high]: [f64; 2]) -> bool {
    line.iter().all(|[x, y]| *x >= low && *x <= high && *y >= low && *y <= high)
}

/// A ring inside a square frame (Sutherland and Hodgman); edges along the frame stay.
fn cut_ring(ring: &[[f64; 2]], frame: [f64; 2]) -> Line {
    let mut ring: Line = ring.to_vec();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    if is_within(&ring, frame) {
        return ring;
    }
    for (axis, edge, sign) in
        [(0, frame[0], 1.0), (0, frame[1], -1.0), (1, frame[0], 1.0), (1, frame[1], -1.0)]
    {
        let depth = |point: &[f64; 2]| (point[axis] - edge) * sign;
        let mut kept = Vec::with_capacity(ring.len() + 4);
        for (number, point) in ring.iter().enumerate() {
            let before = &ring[(number + ring.len() - 1) % ring.len()];
            let (from, to) = (depth(before), depth(point));
            if (from < 0.0) != (to < 0.0) {
                let share = from / (from - to);
                kept.push([
                    before[0] + (point[0] - before[0]) * share,
                    before[1] + (point[1] - before[1]) * share,
                ]);
            }
            if to >= 0.0 {
                kept.push(*point);
            }
        }
        ring = kept;
        if ring.is_empty() {
            break;
        }
    }
    ring
}

/// The pieces of a line inside a square frame (Liang and Barsky).
fn cut_line(line: &[[f64; 2]], frame: [f64; 2]) -> Vec<Line> {
    if is_within(line, frame) {
        return if line.is_empty() { Vec::new() } else { vec![line.to_vec()] };
    }
    let mut pieces: Vec<Line> = Vec::new();
    let mut piece: Line = Vec::new();
    for part in line.windows(2) {
        let [a, b] = part else { continue };
        let (mut from, mut to) = (0.0_f64, 1.0_f64);
        for axis in [0, 1] {
            let step = b[axis] - a[axis];
            for (side, edge) in [(-1.0, frame[0]), (1.0, frame[1])] {
                let (way, room) = (side * step, side * (edge - a[axis]));
                if way == 0.0 {
                    if room < 0.0 {
                        to = -1.0;
                    }
                } else if way < 0.0 {
                    from = from.max(room / way);
                } else {
                    to = to.min(room / way);
                }
            }
        }
        if from > to {
            pieces.extend((piece.len() > 1).then(|| std::mem::take(&mut piece)));
            piece.clear();
            continue;
        }
        let at = |share: f64| [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
        if from > 0.0 || piece.is_empty() {
            pieces.extend((piece.len() > 1).then(|| std::mem::take(&mut piece)));
            piece = vec![at(from)];
        }
        piece.push(at(to));
    }
    pieces.extend((piece.len() > 1).then_some(piece));
    pieces
}

/// A line with fewer positions (Douglas and Peucker).
fn simple(line: &[[f64; 2]], tolerance: f64) -> Line {
    if line.len() <= 2 || tolerance <= 0.0 {
        return line.to_vec();
    }
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    let mut spans = vec![(0, line.len() - 1)];
    while let Some((from, to)) = spans.pop() {
        let far = (from + 1..to).map(|at| (at, to_segment(line[at], line[from], line[to])));
        let far = far.max_by(|left, right| left.1.total_cmp(&right.1));
        if let Some((at, distance)) = far
            && distance > tolerance
        {
            keep[at] = true;
            spans.push((from, at));
            spans.push((at, to));
        }
    }
    line.iter().zip(keep).filter(|(_, keep)| *keep).map(|(point, _)| *point).collect()
}

/// A ring with fewer positions: simplified as two lines that meet where they are farthest apart.
fn simple_ring(ring: &[[f64; 2]], tolerance: f64) -> Line {
    if ring.len() <= 6 || tolerance <= 0.0 {
        return ring.to_vec();
    }
    let far = (1..ring.len())
        .max_by(|a, b| {
            let from_first = |at: usize| (ring[at][0] - ring[0][0]).hypot(ring[at][1] - ring[0][1]);
            from_first(*a).total_cmp(&from_first(*b))
        })
        .unwrap_or(1);
    let mut back = ring[far..].to_vec();
    back.push(ring[0]);
    let mut simple_one = simple(&ring[..=far], tolerance);
    let simple_two = simple(&back, tolerance);
    simple_one.extend(simple_two.iter().skip(1).take(simple_two.len().saturating_sub(2)));
    simple_one
}

fn to_segment(point: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx * dx + dy * dy;
    let (px, py) = (point[0] - from[0], point[1] - from[1]);
    let share = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (px - share * dx).hypot(py - share * dy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Kind, draw};
    use crate::geometry::Geometry;

    /// The example of the specification 2.1 §4.3.5.5.
    #[test]
    fn a_polygon_is_written_as_the_specification_does() {
        let ring = vec![[3.0, 6.0], [8.0, 12.0], [20.0, 34.0], [3.0, 6.0]];
        let drawn = draw(&Geometry::Polygon(vec![ring]), 64.0, 0.0).unwrap();
        assert_eq!(drawn.commands, [9, 6, 12, 18, 10, 12, 24, 44, 15]);
    }

    #[test]
    fn a_line_that_leaves_and_comes_back_is_two_pieces() {
        let line = vec![[10.0, 10.0], [10.0, 9000.0], [20.0, 9000.0], [20.0, 10.0]];
        let drawn = draw(&Geometry::LineString(line), 0.0, 0.0).unwrap();
        assert_eq!(drawn.commands.iter().filter(|command| **command == 9).count(), 2);
    }

    #[test]
    fn what_is_outside_is_not_there_and_what_is_tiny_is() {
        let square = |x: f64, size: f64| {
            Geometry::Polygon(vec![vec![
                [x, 5.0],
                [x + size, 5.0],
                [x + size, 5.0 + size],
                [x, 5.0 + size],
                [x, 5.0],
            ]])
        };
        assert!(draw(&square(-500.0, 10.0), 64.0, 1.0).is_none());
        assert!(draw(&Geometry::Point([4096.0, 5.0]), 64.0, 1.0).is_none());
        assert_eq!(draw(&square(100.0, 0.01), 64.0, 1.0).unwrap().kind, Kind::Polygon);
    }

    #[test]
    fn a_curve_keeps_within_its_tolerance_with_fewer_positions() {
        let line: Vec<[f64; 2]> =
            (0..1000).map(|n| [f64::from(n) * 4.0, 2000.0 + 500.0 * (f64::from(n) / 100.0).sin()]).collect();
        let drawn = draw(&Geometry::LineString(line), 64.0, 2.0).unwrap();
        assert!(drawn.commands.len() < 300, "{}", drawn.commands.len());
    }

    proptest! {
        #[test]
        fn any_polygon_is_drawn_within_the_margin(points in proptest::collection::vec((-9e3..13e3_f64, -9e3..13e3_f64), 3..40)) {
            let mut ring: Vec<[f64; 2]> = points.into_iter().map(|(x, y)| [x, y]).collect();
            ring.push(ring[0]);
            if let Some(drawn) = draw(&Geometry::Polygon(vec![ring]), 64.0, 1.0) {
                let (mut x, mut y, mut at) = (0_i64, 0_i64, 0);
                while at < drawn.commands.len() {
                    let (id, count) = (drawn.commands[at] & 7, drawn.commands[at] >> 3);
                    at += 1;
                    for _ in 0..if id == 7 { 0 } else { count } {
                        let step = |number: u32| i64::from(((number >> 1) as i32) ^ -((number & 1) as i32));
                        x += step(drawn.commands[at]);
                        y += step(drawn.commands[at + 1]);
                        at += 2;
                        prop_assert!((-65..=4162).contains(&x) && (-65..=4162).contains(&y), "{x} {y}");
                    }
                }
            }
        }
    }
}
