//! Coordinates to a geometry that is valid enough to store: on the globe, rings closed.

use crate::feature::Refused;
use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};
use wording::told;

/// Nested lists of positions, flat.
#[derive(Debug, Default)]
pub(super) struct Coordinates {
    /// All positions, in order.
    pub(super) positions: Vec<Coord<f64>>,
    /// Where lists of positions end (in `positions`), lists of those (in the ends before), and so on.
    ends: [Vec<usize>; Coordinates::MAX_HEIGHT as usize],
    /// How deeply the lists are nested: 0 is one position, 3 a multipolygon.
    pub(super) height: u8,
    pub(super) had_heights: bool,
}

impl Coordinates {
    /// The depth of a multipolygon, the deepest there is.
    pub(super) const MAX_HEIGHT: u8 = 3;

    /// Ends a list of lists of this height.
    pub(super) fn close(&mut self, inner: u8) {
        let inner = usize::from(inner);
        let end = if inner == 0 { self.positions.len() } else { self.ends[inner - 1].len() };
        self.ends[inner].push(end);
    }

    fn lines(&self) -> Vec<LineString<f64>> {
        let mut start = 0;
        let line = |end: &usize| {
            let line = LineString(self.positions[start..*end].to_vec());
            start = *end;
            line
        };
        self.ends[0].iter().map(line).collect()
    }
}

/// A geometry as the text has it.
#[derive(Debug, Default)]
pub(super) struct RawGeometry {
    pub(super) kind: Option<String>,
    pub(super) coordinates: Option<Coordinates>,
    pub(super) geometries: Vec<RawGeometry>,
}

/// Checks a geometry, and says whether its positions had heights.
pub(super) fn to_geometry(raw: RawGeometry) -> Result<(Geometry<f64>, bool), Refused> {
    let mut had_heights = false;
    let geometry = build(raw, &mut had_heights)?;
    Ok((geometry, had_heights))
}

fn build(raw: RawGeometry, had_heights: &mut bool) -> Result<Geometry<f64>, Refused> {
    let kind = raw.kind.unwrap_or_default();
    if kind == "GeometryCollection" {
        let parts: Result<Vec<_>, _> =
            raw.geometries.into_iter().map(|part| build(part, had_heights)).collect();
        return Ok(Geometry::GeometryCollection(GeometryCollection(parts?)));
    }
    let height = match kind.as_str() {
        "Point" => 0,
        "MultiPoint" | "LineString" => 1,
        "MultiLineString" | "Polygon" => 2,
        "MultiPolygon" => 3,
        _ => {
            return Err(Refused::new(
                "bad_geometry",
                told!("formats-geometry-type-none-geojson", "the geometry's `type` is none of GeoJSON's"),
                kind,
            ));
        }
    };
    let Some(coordinates) = raw.coordinates else {
        return Err(Refused::new(
            "bad_geometry",
            told!("formats-geometry-no-coordinates", "the geometry has no `coordinates`"),
            kind,
        ));
    };
    if coordinates.height != height {
        return Err(Refused::new(
            "bad_geometry",
            told!(
                "formats-coordinates-not-nested",
                "the coordinates are not nested as a {kind}'s are",
                kind = kind
            ),
            kind,
        ));
    }
    *had_heights |= coordinates.had_heights;
    Ok(match kind.as_str() {
        "Point" => Geometry::Point(Point(coordinates.positions[0])),
        "MultiPoint" => {
            Geometry::MultiPoint(MultiPoint(coordinates.positions.into_iter().map(Point).collect()))
        }
        "LineString" => Geometry::LineString(checked_line(LineString(coordinates.positions))?),
        "MultiLineString" => {
            let lines: Result<Vec<_>, _> = coordinates.lines().into_iter().map(checked_line).collect();
            Geometry::MultiLineString(MultiLineString(lines?))
        }
        "Polygon" => Geometry::Polygon(polygon(coordinates.lines())?),
        _ => {
            let mut rings = coordinates.lines().into_iter();
            let mut start = 0;
            let mut polygons = Vec::new();
            for end in &coordinates.ends[1] {
                polygons.push(polygon(rings.by_ref().take(end - start).collect())?);
                start = *end;
            }
            Geometry::MultiPolygon(MultiPolygon(polygons))
        }
    })
}

fn checked_line(line: LineString<f64>) -> Result<LineString<f64>, Refused> {
    if line.0.len() < 2 {
        return Err(Refused::new(
            "bad_geometry",
            told!("formats-line-one-position-only", "a line has one position only"),
            "",
        ));
    }
    Ok(line)
}

/// The first ring is the outer one.
fn polygon(rings: Vec<LineString<f64>>) -> Result<Polygon<f64>, Refused> {
    for (index, ring) in rings.iter().enumerate() {
        let (first, last) = (ring.0[0], ring.0[ring.0.len() - 1]);
        if first != last {
            let value = format!("[{}, {}] … [{}, {}]", first.x, first.y, last.x, last.y);
            return Err(Refused::new(
                "bad_geometry",
                told!("formats-ring-not-closed", "ring {index} is not closed", index = index + 1),
                value,
            ));
        }
        if ring.0.len() < 4 {
            let reason = told!(
                "formats-ring-fewer-than-four-positions",
                "ring {index} has fewer than four positions",
                index = index + 1
            );
            return Err(Refused::new("bad_geometry", reason, ring.0.len().to_string()));
        }
    }
    let mut rings = rings.into_iter();
    let outer = rings.next().ok_or_else(|| {
        Refused::new("bad_geometry", told!("formats-polygon-no-ring", "a polygon has no ring"), "")
    })?;
    Ok(Polygon::new(outer, rings.collect()))
}
