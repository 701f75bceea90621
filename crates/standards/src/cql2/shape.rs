//! Geometries of requests: GeoJSON, well-known text and boxes.

use geo::CoordsIter;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon, Rect,
};
use serde_json::Value;

use super::MAX_POSITIONS;
use crate::Error;

fn wrong(why: impl Into<String>) -> Error {
    Error::new("geometry", why)
}

/// Reads GeoJSON (RFC 7946); heights are dropped.
pub fn from_geojson(value: &Value) -> Result<Geometry<f64>, Error> {
    let mut left = MAX_POSITIONS;
    geometry(value, &mut left, 0)
}

fn geometry(value: &Value, left: &mut usize, depth: usize) -> Result<Geometry<f64>, Error> {
    let kind = value["type"].as_str().ok_or_else(|| wrong("it has no `type`"))?;
    let at = &value["coordinates"];
    Ok(match kind {
        "Point" => Geometry::Point(Point(position(at, left)?)),
        "MultiPoint" => Geometry::MultiPoint(MultiPoint(each(at, |at| Ok(Point(position(at, left)?)))?)),
        "LineString" => Geometry::LineString(line(at, left, 2)?),
        "MultiLineString" => Geometry::MultiLineString(MultiLineString(each(at, |at| line(at, left, 2))?)),
        "Polygon" => Geometry::Polygon(polygon(at, left)?),
        "MultiPolygon" => Geometry::MultiPolygon(MultiPolygon(each(at, |at| polygon(at, left))?)),
        "GeometryCollection" if depth < 4 => {
            let inside = each(&value["geometries"], |of| geometry(of, left, depth + 1))?;
            Geometry::GeometryCollection(GeometryCollection(inside))
        }
        other => return Err(wrong(format!("`{}` is no kind of geometry here", crate::error::quote(other)))),
    })
}

fn each<T>(value: &Value, mut read: impl FnMut(&Value) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let list = value.as_array().ok_or_else(|| wrong("a list of coordinates is expected"))?;
    if list.is_empty() {
        return Err(wrong("a list of coordinates is empty"));
    }
    list.iter().map(&mut read).collect()
}

fn position(value: &Value, left: &mut usize) -> Result<Coord<f64>, Error> {
    *left =
        left.checked_sub(1).ok_or_else(|| wrong(format!("it has more than {MAX_POSITIONS} positions")))?;
    let number = |at: usize| value.get(at).and_then(Value::as_f64).filter(|number| number.is_finite());
    match (number(0), number(1)) {
        (Some(x), Some(y)) if x.abs() <= 180.0 && y.abs() <= 90.0 => Ok(Coord { x, y }),
        (Some(_), Some(_)) => Err(wrong("longitudes are -180 to 180, latitudes -90 to 90")),
        _ => Err(wrong("a position is a list of two numbers")),
    }
}

fn line(value: &Value, left: &mut usize, least: usize) -> Result<LineString<f64>, Error> {
    let positions = each(value, |at| position(at, left))?;
    if positions.len() < least {
        return Err(wrong(format!("a line of {least} positions or more is expected")));
    }
    Ok(LineString(positions))
}

fn polygon(value: &Value, left: &mut usize) -> Result<Polygon<f64>, Error> {
    let mut rings = each(value, |at| line(at, left, 4))?;
    if rings.iter().any(|ring| ring.0.first() != ring.0.last()) {
        return Err(wrong("a ring ends where it begins"));
    }
    let outer = rings.remove(0);
    Ok(Polygon::new(outer, rings))
}

/// Reads well-known text.
pub(super) fn from_wkt(text: &str) -> Result<Geometry<f64>, Error> {
    // The reader of the library goes as deep as the brackets do.
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > 8 {
        return Err(wrong("its brackets are nested too deep"));
    }
    let read: Result<Geometry<f64>, _> = wkt::TryFromWkt::try_from_wkt_str(text);
    let read = read.map_err(|_| wrong(format!("`{}` is no geometry", crate::error::quote(text))))?;
    if read.coords_iter().any(|at| !(at.x.abs() <= 180.0 && at.y.abs() <= 90.0)) {
        return Err(wrong("longitudes are -180 to 180, latitudes -90 to 90"));
    }
    Ok(read)
}

/// The area of a box; one whose west is greater than its east goes across the antimeridian
/// (RFC 7946 §5.2) and is two.
pub fn area([west, south, east, north]: [f64; 4]) -> Result<Geometry<f64>, Error> {
    let is_on_globe =
        [west, east].iter().all(|x| x.abs() <= 180.0) && [south, north].iter().all(|y| y.abs() <= 90.0);
    if !is_on_globe || south > north {
        return Err(Error::new("bbox", "longitudes are -180 to 180, latitudes -90 to 90, and south ≤ north"));
    }
    let rectangle = |west: f64, east: f64| {
        Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north }).to_polygon()
    };
    Ok(match (west == east, south == north) {
        (true, true) => Geometry::Point(Point::new(west, south)),
        (true, false) | (false, true) if west <= east => {
            Geometry::LineString(LineString(vec![Coord { x: west, y: south }, Coord { x: east, y: north }]))
        }
        _ if west > east => {
            Geometry::MultiPolygon(MultiPolygon(vec![rectangle(west, 180.0), rectangle(-180.0, east)]))
        }
        _ => Geometry::Polygon(rectangle(west, east)),
    })
}
