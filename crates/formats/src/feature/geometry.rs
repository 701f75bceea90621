//! What is common to the geometries of all formats: the way to WGS 84, the check, the box, WKB.

use geo_types::{Coord, Geometry};
use model::{Bbox, Position};
use wording::told;

use super::Refused;
use crate::crs::{Fit, NoPosition, Transform, region};

/// Brings all positions to longitude and latitude, and checks that they are on the globe. The box
/// around them; `None` where there are none.
pub(super) fn place(
    geometry: &mut Geometry<f64>,
    fit: Option<&Fit>,
    transform: Option<&Transform>,
) -> Result<Option<Bbox>, Refused> {
    let mut edges: Option<Bbox> = None;
    let mut index = 0_usize;
    let projected = fit.zip(transform).filter(|(fit, _)| !fit.crs.is_geographic());
    let region = projected.map(|_| region());
    each(geometry, &mut |position| {
        index += 1;
        let written = *position;
        if let Some(fit) = fit {
            let (x, y) = fit.arrange(position.x, position.y);
            let (x, y) = transform.map_or((x, y), |transform| transform.to_wgs84(x, y));
            *position = Coord { x, y };
        }
        // Nearly all lie in the region: the others alone are looked at closer.
        if let (Some((fit, transform)), Some(region)) = (projected, &region)
            && !region.contains(Position { lon: position.x, lat: position.y })
            && let Some(why) = fit.no_position(transform, region, (written.x, written.y))
        {
            return Err(no_position(index, written, fit, why));
        }
        let Some(point) = Bbox::new(position.x, position.y, position.x, position.y) else {
            return Err(outside(index, written, fit));
        };
        edges = Some(edges.map_or(point, |edges| edges.union(&point)));
        Ok(())
    })?;
    Ok(edges)
}

fn outside(index: usize, written: Coord<f64>, fit: Option<&Fit>) -> Refused {
    let value = format!("[{}, {}]", written.x, written.y);
    if let Some(fit) = fit.filter(|fit| !fit.crs.is_stored()) {
        let reason = told!(
            "formats-position-nowhere-on-globe-under",
            "position {index} is nowhere on the globe under {crs}",
            index = index,
            crs = fit.crs
        );
        return Refused::new("outside_world", reason, value);
    }
    let hint = if (8.0..24.0).contains(&written.x) && (102.0..118.0).contains(&written.y) {
        told!("formats-longitude-comes-before-latitude", "longitude comes before latitude")
    } else if written.x.abs() > 1000.0 || written.y.abs() > 1000.0 {
        told!(
            "formats-these-look-like-metres-vn-2000-utm",
            "these look like metres (VN-2000 or UTM): name the system as `crs` in the mapping"
        )
    } else {
        told!("formats-export-layer-wgs-84", "export the layer in WGS 84")
    };
    Refused::new(
        "outside_world",
        told!("formats-position-not-longitude-latitude", "position {index} is not longitude and latitude: {hint}", index = index, hint => hint),
        value,
    )
}

/// A position that the numbers of a row cannot be: a digit too many, or two numbers exchanged.
fn no_position(index: usize, written: Coord<f64>, fit: &Fit, why: NoPosition) -> Refused {
    let value = format!("[{}, {}]", written.x, written.y);
    let reason = match why {
        NoPosition::Exchanged => told!(
            "formats-position-exchanged",
            "position {index} lies far away under {crs}, and where it may belong with its two numbers exchanged: write them as in the other rows",
            index = index,
            crs = fit.crs
        ),
        NoPosition::FarFromZone => told!(
            "formats-position-far-from-zone",
            "position {index} lies thousands of kilometres from where {crs} is used: has a number a digit too many, or too few?",
            index = index,
            crs = fit.crs
        ),
    };
    Refused::new("bad_coordinates", reason, value)
}

/// The box around the numbers as they are.
pub(super) fn bounds(geometry: &mut Geometry<f64>) -> Option<Bbox> {
    let mut edges: Option<Bbox> = None;
    let _ = each(geometry, &mut |position| {
        let point = Bbox { west: position.x, south: position.y, east: position.x, north: position.y };
        edges = Some(edges.map_or(point, |edges| edges.union(&point)));
        Ok(())
    });
    edges
}

/// The geometry as WKB.
pub(super) fn to_wkb(geometry: &Geometry<f64>) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    ::wkb::writer::write_geometry(&mut bytes, geometry, &::wkb::writer::WriteOptions::default())
        .map_err(|error| Refused::new("bad_geometry", error.to_string(), ""))?;
    Ok(bytes)
}

/// A box as WKB: a polygon.
pub fn box_wkb(bbox: &Bbox) -> Result<Vec<u8>, crate::Error> {
    let rectangle = geo_types::Rect::new((bbox.west, bbox.south), (bbox.east, bbox.north));
    to_wkb(&Geometry::Polygon(rectangle.to_polygon())).map_err(|refused| {
        crate::Error::invalid(
            "bad_geometry",
            refused.reason,
            told!("formats-check-file-position", "check the file's position"),
        )
    })
}

type Visit<'a> = &'a mut dyn FnMut(&mut Coord<f64>) -> Result<(), Refused>;

/// Visits every position, in order.
pub(super) fn each(geometry: &mut Geometry<f64>, visit: Visit<'_>) -> Result<(), Refused> {
    let line =
        |line: &mut geo_types::LineString<f64>, visit: Visit<'_>| line.0.iter_mut().try_for_each(visit);
    match geometry {
        Geometry::Point(point) => visit(&mut point.0),
        Geometry::Line(line) => {
            visit(&mut line.start)?;
            visit(&mut line.end)
        }
        Geometry::MultiPoint(points) => points.0.iter_mut().try_for_each(|point| visit(&mut point.0)),
        Geometry::LineString(string) => line(string, visit),
        Geometry::MultiLineString(strings) => strings.0.iter_mut().try_for_each(|string| line(string, visit)),
        Geometry::Polygon(polygon) => rings(polygon, visit),
        Geometry::MultiPolygon(polygons) => {
            polygons.0.iter_mut().try_for_each(|polygon| rings(polygon, visit))
        }
        Geometry::GeometryCollection(parts) => parts.0.iter_mut().try_for_each(|part| each(part, visit)),
        Geometry::Rect(_) | Geometry::Triangle(_) => Ok(()),
    }
}

fn rings(polygon: &mut geo_types::Polygon<f64>, visit: Visit<'_>) -> Result<(), Refused> {
    let mut outcome = Ok(());
    polygon.exterior_mut(|ring| outcome = ring_positions(ring, visit));
    outcome?;
    let mut outcome = Ok(());
    polygon.interiors_mut(|rings| {
        outcome = rings.iter_mut().try_for_each(|ring| ring_positions(ring, visit));
    });
    outcome
}

fn ring_positions(ring: &mut geo_types::LineString<f64>, visit: Visit<'_>) -> Result<(), Refused> {
    ring.0.iter_mut().try_for_each(visit)
}
