//! Geometries of requests: GeoJSON, well-known text and boxes.

use geo::{CoordsIter, MapCoords};
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon, Rect,
};
use serde_json::Value;

use super::{MAX_POSITIONS, Placing};
use crate::Error;

/// Positions along each edge of a box that is not one in longitude and latitude.
const ALONG_EDGE: u32 = 16;

fn wrong(why: impl Into<String>) -> Error {
    Error::new("geometry", why)
}

/// Reads GeoJSON (RFC 7946); heights are dropped.
pub fn from_geojson(value: &Value) -> Result<Geometry<f64>, Error> {
    from_geojson_in(value, None)
}

/// Reads GeoJSON whose positions are placed by a function.
pub(super) fn from_geojson_in(value: &Value, place: Option<Placing<'_>>) -> Result<Geometry<f64>, Error> {
    geometry(value, &mut Left { positions: MAX_POSITIONS, place }, 0)
}

/// How many positions may follow, and where they lie.
struct Left<'p> {
    positions: usize,
    place: Option<Placing<'p>>,
}

fn geometry(value: &Value, left: &mut Left<'_>, depth: usize) -> Result<Geometry<f64>, Error> {
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

fn position(value: &Value, left: &mut Left<'_>) -> Result<Coord<f64>, Error> {
    left.positions = left
        .positions
        .checked_sub(1)
        .ok_or_else(|| wrong(format!("it has more than {MAX_POSITIONS} positions")))?;
    let number = |at: usize| value.get(at).and_then(Value::as_f64).filter(|number| number.is_finite());
    let placed = |x: f64, y: f64| left.place.map_or([x, y], |place| place([x, y]));
    let given = number(0).zip(number(1)).map(|(x, y)| placed(x, y));
    match (given.map(|[x, _]| x), given.map(|[_, y]| y)) {
        (Some(x), Some(y)) if x.abs() <= 180.0 && y.abs() <= 90.0 => Ok(Coord { x, y }),
        (Some(_), Some(_)) => Err(wrong("longitudes are -180 to 180, latitudes -90 to 90")),
        _ => Err(wrong("a position is a list of two numbers")),
    }
}

fn line(value: &Value, left: &mut Left<'_>, least: usize) -> Result<LineString<f64>, Error> {
    let positions = each(value, |at| position(at, left))?;
    if positions.len() < least {
        return Err(wrong(format!("a line of {least} positions or more is expected")));
    }
    Ok(LineString(positions))
}

fn polygon(value: &Value, left: &mut Left<'_>) -> Result<Polygon<f64>, Error> {
    let mut rings = each(value, |at| line(at, left, 4))?;
    if rings.iter().any(|ring| ring.0.first() != ring.0.last()) {
        return Err(wrong("a ring ends where it begins"));
    }
    let outer = rings.remove(0);
    Ok(Polygon::new(outer, rings))
}

/// Reads well-known text, whose positions may be placed by a function.
pub(super) fn from_wkt(text: &str, place: Option<Placing<'_>>) -> Result<Geometry<f64>, Error> {
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
    let mut read = read.map_err(|_| wrong(format!("`{}` is no geometry", crate::error::quote(text))))?;
    if let Some(place) = place {
        read = read.map_coords(|at| coord(place([at.x, at.y])));
    }
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

/// The area of a box whose corners are placed by a function: its edges bend with the map.
pub(super) fn area_in(corners: [f64; 4], place: Option<Placing<'_>>) -> Result<Geometry<f64>, Error> {
    let Some(place) = place else { return area(corners) };
    let [west, south, east, north] = corners;
    if !(west <= east && south <= north) {
        return Err(Error::new("bbox", "its first corner is not below and left of its second"));
    }
    if west == east || south == north {
        let ends = [coord(place([west, south])), coord(place([east, north]))];
        return checked(match west == east && south == north {
            true => Geometry::Point(Point(ends[0])),
            false => Geometry::LineString(LineString(ends.to_vec())),
        });
    }
    let turns = [[west, south], [east, south], [east, north], [west, north]];
    let mut ring = Vec::new();
    for at in 0..4 {
        let (from, to) = (turns[at], turns[(at + 1) % 4]);
        for step in 0..ALONG_EDGE {
            let share = f64::from(step) / f64::from(ALONG_EDGE);
            let between = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * share);
            ring.push(coord(place(between)));
        }
    }
    ring.push(ring[0]);
    checked(Geometry::Polygon(Polygon::new(LineString(ring), Vec::new())))
}

fn coord([x, y]: [f64; 2]) -> Coord<f64> {
    Coord { x, y }
}

fn checked(shape: Geometry<f64>) -> Result<Geometry<f64>, Error> {
    if shape.coords_iter().any(|at| !(at.x.abs() <= 180.0 && at.y.abs() <= 90.0)) {
        return Err(Error::new("bbox", "it lies outside of the coordinate system's area"));
    }
    Ok(shape)
}

/// The area of a box in a coordinate system of its own: `place` leads from there to longitude and latitude.
pub fn area_placed(corners: [f64; 4], place: Placing<'_>) -> Result<Geometry<f64>, Error> {
    area_in(corners, Some(place))
}
