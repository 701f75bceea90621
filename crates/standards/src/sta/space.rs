//! Geometries in filters (18-088 §9.3.3.5.2): read from WKT and GeoJSON, related to one another.

use std::fmt;
use std::sync::Arc;

use geo::{
    Contains, Coord, CoordsIter, Distance, Euclidean, Geometry, Intersects, Length, LineString,
    MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, Relate, Validation,
};
use serde_json::Value as Json;
use wkt::{ToWkt, TryFromWkt};

use super::Function;

/// The most corners of a geometry that is related to others.
const MAX_CORNERS: usize = 100_000;

/// A valid geometry in degrees, CRS84.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape(Arc<Geometry<f64>>);

impl Shape {
    /// Reads WKT; the error says what is wrong with it.
    pub(super) fn from_wkt(text: &str) -> Result<Shape, String> {
        // The reader descends into collections; what nests deeper than this is no place in the world.
        if nesting(text) > 8 {
            return Err("it is nested too deep".to_owned());
        }
        let geometry =
            Geometry::<f64>::try_from_wkt_str(text).map_err(|error| format!("it is no WKT: {error}"))?;
        checked(geometry)
    }

    /// Reads a GeoJSON geometry, or that of a feature; none when it is none, or not a valid one.
    pub fn from_geojson(value: &Json) -> Option<Shape> {
        checked(geometry_of(value, 0)?).ok()
    }

    /// Whether two shapes stand in a relation; none when the function is none of two shapes.
    pub(super) fn is(&self, function: Function, other: &Shape) -> Option<bool> {
        let (a, b) = (&*self.0, &*other.0);
        // Most are points, of which a simpler question suffices.
        if let (Function::StWithin, Geometry::Point(_)) = (function, a) {
            return Some(b.contains(a));
        }
        match function {
            Function::GeoIntersects | Function::StIntersects => return Some(a.intersects(b)),
            Function::StDisjoint => return Some(!a.intersects(b)),
            _ => {}
        }
        let matrix = a.relate(b);
        match function {
            Function::StEquals => Some(matrix.is_equal_topo()),
            Function::StTouches => Some(matrix.is_touches()),
            Function::StWithin => Some(matrix.is_within()),
            Function::StOverlaps => Some(matrix.is_overlaps()),
            Function::StCrosses => Some(matrix.is_crosses()),
            Function::StContains => Some(matrix.is_contains()),
            _ => None,
        }
    }

    /// Whether the relation of two shapes has the pattern of a DE-9IM matrix, e.g. `T********`.
    pub(super) fn has_pattern(&self, other: &Shape, pattern: &str) -> Option<bool> {
        self.0.relate(&*other.0).matches(pattern).ok()
    }

    /// The distance in the coordinates' unit, degrees.
    pub(super) fn distance(&self, other: &Shape) -> f64 {
        Euclidean.distance(&*self.0, &*other.0)
    }

    /// The length of a line in the coordinates' unit, degrees; of anything else zero.
    pub(super) fn length(&self) -> f64 {
        match &*self.0 {
            Geometry::Line(line) => Euclidean.length(line),
            Geometry::LineString(line) => Euclidean.length(line),
            Geometry::MultiLineString(lines) => Euclidean.length(lines),
            _ => 0.0,
        }
    }
}

/// Whether a text is a pattern of a DE-9IM matrix.
pub(super) fn is_pattern(text: &str) -> bool {
    text.len() == 9 && text.bytes().all(|byte| matches!(byte, b'T' | b'F' | b'0' | b'1' | b'2' | b'*'))
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.wkt_string())
    }
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// Only what relations are defined for: finite, in degrees, not too large, and valid.
fn checked(geometry: Geometry<f64>) -> Result<Shape, String> {
    let in_degrees =
        |at: Coord<f64>| at.x.is_finite() && at.y.is_finite() && at.x.abs() <= 360.0 && at.y.abs() <= 90.0;
    if geometry.coords_count() > MAX_CORNERS {
        return Err(format!("it has more than {MAX_CORNERS} corners"));
    }
    if geometry.coords_count() == 0 {
        return Err("it is empty".to_owned());
    }
    if !geometry.coords_iter().all(in_degrees) {
        return Err("its coordinates are not degrees: write the longitude first".to_owned());
    }
    geometry.check_validation().map_err(|error| error.to_string())?;
    Ok(Shape(Arc::new(geometry)))
}

fn geometry_of(value: &Json, depth: usize) -> Option<Geometry<f64>> {
    if depth > 4 {
        return None;
    }
    let coordinates = &value["coordinates"];
    Some(match value["type"].as_str()? {
        "Feature" => geometry_of(&value["geometry"], depth + 1)?,
        "Point" => Point(position(coordinates)?).into(),
        "MultiPoint" => MultiPoint(list(coordinates, |at| position(at).map(Point))?).into(),
        "LineString" => line(coordinates)?.into(),
        "MultiLineString" => MultiLineString(list(coordinates, line)?).into(),
        "Polygon" => polygon(coordinates)?.into(),
        "MultiPolygon" => MultiPolygon(list(coordinates, polygon)?).into(),
        "GeometryCollection" => Geometry::GeometryCollection(
            list(&value["geometries"], |geometry| geometry_of(geometry, depth + 1))?.into(),
        ),
        _ => return None,
    })
}

fn list<T>(value: &Json, read: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

fn position(value: &Json) -> Option<Coord<f64>> {
    Some(Coord { x: value.get(0)?.as_f64()?, y: value.get(1)?.as_f64()? })
}

fn line(value: &Json) -> Option<LineString<f64>> {
    Some(LineString(list(value, position)?))
}

fn polygon(value: &Json) -> Option<Polygon<f64>> {
    let mut rings = list(value, line)?.into_iter();
    Some(Polygon::new(rings.next()?, rings.collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Shape;
    use crate::sta::Function;

    fn shape(text: &str) -> Shape {
        Shape::from_wkt(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn relations_are_those_of_simple_features() {
        let square = shape("POLYGON((0 0,2 0,2 2,0 2,0 0))");
        let next = shape("POLYGON((2 0,4 0,4 2,2 2,2 0))");
        let half = shape("POLYGON((1 0,3 0,3 2,1 2,1 0))");
        let inner = shape("POINT(1 1)");
        let edge = shape("POINT(2 1)");
        let way = shape("LINESTRING(-1 1,3 1)");
        for (function, a, b, expected) in [
            (Function::StEquals, &square, &shape("POLYGON((2 0,2 2,0 2,0 0,2 0))"), true),
            (Function::StEquals, &square, &half, false),
            (Function::StDisjoint, &square, &shape("POINT(5 5)"), true),
            (Function::StTouches, &square, &next, true),
            (Function::StTouches, &square, &half, false),
            (Function::StWithin, &inner, &square, true),
            (Function::StWithin, &edge, &square, false),
            (Function::StContains, &square, &inner, true),
            (Function::StOverlaps, &square, &half, true),
            (Function::StOverlaps, &square, &next, false),
            (Function::StCrosses, &way, &square, true),
            (Function::StIntersects, &edge, &square, true),
            (Function::GeoIntersects, &edge, &square, true),
        ] {
            assert_eq!(a.is(function, b), Some(expected), "{function:?} {a} {b}");
        }
        assert_eq!(inner.has_pattern(&square, "T*F**F***"), Some(true));
        assert_eq!(shape("POINT(0 0)").distance(&shape("POINT(3 4)")), 5.0);
        assert_eq!(way.length(), 4.0);
    }

    #[test]
    fn what_is_no_valid_geometry_is_refused_with_a_reason() {
        for (text, reason) in [
            ("POINT(1)", "no WKT"),
            ("POINT(NaN 2)", "no WKT"),
            ("POINT(600000 1200000)", "degrees"),
            ("POINT EMPTY", "empty"),
            ("POLYGON((0 0,2 2,2 0,0 2,0 0))", "intersect"),
            ("LINESTRING(0 0)", ""),
            ("", "no WKT"),
        ] {
            let error = Shape::from_wkt(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(Shape::from_wkt(&"GEOMETRYCOLLECTION(".repeat(400)).is_err());
    }

    #[test]
    fn geojson_and_wkt_are_read_alike() {
        for (json, text) in [
            (json!({"type": "Point", "coordinates": [105.5, 10, 3]}), "POINT(105.5 10)"),
            (json!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), "LINESTRING(0 0,1 1)"),
            (
                json!({"type": "Feature", "geometry": {"type": "Polygon",
                    "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}),
                "POLYGON((0 0,1 0,1 1,0 0))",
            ),
            (json!({"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]}), "MULTIPOINT(0 0,1 1)"),
        ] {
            assert_eq!(Shape::from_geojson(&json), Some(shape(text)));
        }
        for json in [json!(null), json!({"type": "Feature", "geometry": null}), json!({"type": "Point"})] {
            assert_eq!(Shape::from_geojson(&json), None);
        }
    }
}
