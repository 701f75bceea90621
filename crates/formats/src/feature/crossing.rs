//! Where the outline of a polygon crosses itself: its area, and what lies in it, have no clear meaning then.
//!
//! Rings may touch themselves and each other in points (OGC 06-103r4 §6.1.11.1); only edges that run across each
//! other are told of. What lies within rounding of an edge's end is no crossing.

use geo_types::{Coord, Geometry, Line, Polygon};

use super::FeatureNote;

/// The comparisons that one polygon may cost.
const MOST: usize = 4_000_000;
/// The part of an edge at its ends that is taken for the end.
const END: f64 = 1e-9;

/// Tells of the first place where an outline runs across itself.
pub(super) fn note(geometry: &Geometry<f64>) -> Option<FeatureNote> {
    let at = crossing(geometry)?;
    let value = format!("{:.5}, {:.5}", at.x, at.y);
    Some(FeatureNote { code: "crosses_itself", property: String::new(), value })
}

fn crossing(geometry: &Geometry<f64>) -> Option<Coord<f64>> {
    match geometry {
        Geometry::Polygon(polygon) => of_polygon(polygon),
        Geometry::MultiPolygon(polygons) => polygons.0.iter().find_map(of_polygon),
        Geometry::GeometryCollection(parts) => parts.0.iter().find_map(crossing),
        _ => None,
    }
}

fn of_polygon(polygon: &Polygon<f64>) -> Option<Coord<f64>> {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let mut edges: Vec<Line<f64>> = rings.flat_map(|ring| ring.lines()).collect();
    let west = |edge: &Line<f64>| edge.start.x.min(edge.end.x);
    edges.sort_by(|one, other| west(one).total_cmp(&west(other)));
    // Those whose eastern end may still lie beside what follows.
    let mut open: Vec<Line<f64>> = Vec::new();
    let mut looked = 0;
    for edge in edges {
        let from = west(&edge);
        open.retain(|other| other.start.x.max(other.end.x) >= from);
        looked += open.len();
        if looked > MOST {
            return None;
        }
        if let Some(at) = open.iter().find_map(|other| meeting(other, &edge)) {
            return Some(at);
        }
        open.push(edge);
    }
    None
}

/// Where two edges run across each other, between the ends of both.
fn meeting(one: &Line<f64>, other: &Line<f64>) -> Option<Coord<f64>> {
    let (low, high) = (one.start.y.min(one.end.y), one.start.y.max(one.end.y));
    if other.start.y.max(other.end.y) < low || other.start.y.min(other.end.y) > high {
        return None;
    }
    let (along, across) = (one.delta(), other.delta());
    let turn = along.x * across.y - along.y * across.x;
    if turn == 0.0 {
        return None;
    }
    let between = other.start - one.start;
    let on_one = (between.x * across.y - between.y * across.x) / turn;
    let on_other = (between.x * along.y - between.y * along.x) / turn;
    let inside = |part: f64| part > END && part < 1.0 - END;
    (inside(on_one) && inside(on_other)).then(|| one.start + along * on_one)
}
