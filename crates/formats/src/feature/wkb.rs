//! Well-known binary (OGC 06-103r4 §8, ISO 13249-3 with Z and M, and EWKB's flags) to geometry.
//!
//! Written here because the bytes are hostile: every count is checked against the bytes that are
//! left before anything is set aside for it.

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point,
    Polygon,
};
use wording::{Told, told};

use super::Refused;

/// Nesting of collections, at most.
const MAX_DEPTH: u8 = 8;

/// A geometry, and whether its positions had heights.
pub(super) fn parse(bytes: &[u8]) -> Result<(Geometry<f64>, bool), Refused> {
    let mut reader = Reader { bytes, at: 0, little: true, had_heights: false };
    let geometry = reader.geometry(0)?;
    Ok((geometry, reader.had_heights))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    little: bool,
    had_heights: bool,
}

fn broken(what: Told) -> Refused {
    Refused::new(
        "bad_geometry",
        told!("formats-geometry-binary-form-damaged", "the geometry's binary form is damaged: {what}", what => what),
        "",
    )
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let end =
            self.at.checked_add(N).ok_or_else(|| broken(told!("formats-too-long", "it is too long")))?;
        let bytes = self
            .bytes
            .get(self.at..end)
            .ok_or_else(|| broken(told!("formats-ends-too-early", "it ends too early")))?;
        self.at = end;
        let mut taken = [0; N];
        taken.copy_from_slice(bytes);
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, Refused> {
        let bytes = self.take::<4>()?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn f64(&mut self) -> Result<f64, Refused> {
        let bytes = self.take::<8>()?;
        Ok(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    /// A count of things of which each takes so many bytes at least.
    fn count(&mut self, least: usize) -> Result<usize, Refused> {
        let count = self.u32()? as usize;
        if count.saturating_mul(least) > self.bytes.len() - self.at {
            return Err(broken(told!("formats-counts-more-than-holds", "it counts more than it holds")));
        }
        Ok(count)
    }

    fn geometry(&mut self, depth: u8) -> Result<Geometry<f64>, Refused> {
        if depth > MAX_DEPTH {
            return Err(broken(told!("formats-nested-too-deeply", "it is nested too deeply")));
        }
        self.little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return Err(broken(told!("formats-names-no-byte-order", "it names no byte order"))),
        };
        let code = self.u32()?;
        // EWKB sets bits and may carry an SRID; ISO adds thousands.
        let (mut z, mut m) = (code & 0x8000_0000 != 0, code & 0x4000_0000 != 0);
        if code & 0x2000_0000 != 0 {
            self.u32()?;
        }
        let code = code & 0x0FFF_FFFF;
        match code / 1000 {
            0 => {}
            1 => z = true,
            2 => m = true,
            3 => (z, m) = (true, true),
            _ => return Err(broken(told!("formats-type-unknown", "its type is unknown"))),
        }
        let width = 2 + usize::from(z) + usize::from(m);
        self.had_heights |= z;
        Ok(match code % 1000 {
            1 => Geometry::Point(Point(self.position(width)?)),
            2 => Geometry::LineString(self.line(width)?),
            3 => Geometry::Polygon(self.polygon(width)?),
            4 => Geometry::MultiPoint(MultiPoint(self.parts(depth, |part| match part {
                Geometry::Point(point) => Some(point),
                _ => None,
            })?)),
            5 => Geometry::MultiLineString(MultiLineString(self.parts(depth, |part| match part {
                Geometry::LineString(line) => Some(line),
                _ => None,
            })?)),
            6 => Geometry::MultiPolygon(MultiPolygon(self.parts(depth, |part| match part {
                Geometry::Polygon(polygon) => Some(polygon),
                _ => None,
            })?)),
            7 => Geometry::GeometryCollection(GeometryCollection(self.parts(depth, Some)?)),
            8..=17 => {
                return Err(Refused::new(
                    "bad_geometry",
                    told!(
                        "formats-geometry-curve-surface-not-read-here-save",
                        "the geometry is a curve or a surface, which is not read here: save it with straight edges"
                    ),
                    "",
                ));
            }
            _ => return Err(broken(told!("formats-type-unknown", "its type is unknown"))),
        })
    }

    fn position(&mut self, width: usize) -> Result<Coord<f64>, Refused> {
        let (x, y) = (self.f64()?, self.f64()?);
        for _ in 2..width {
            self.f64()?;
        }
        Ok(Coord { x, y })
    }

    fn line(&mut self, width: usize) -> Result<LineString<f64>, Refused> {
        let count = self.count(width * 8)?;
        let mut positions = Vec::with_capacity(count);
        for _ in 0..count {
            positions.push(self.position(width)?);
        }
        Ok(LineString(positions))
    }

    fn polygon(&mut self, width: usize) -> Result<Polygon<f64>, Refused> {
        let count = self.count(4)?;
        let mut rings = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            rings.push(self.line(width)?);
        }
        let mut rings = rings.into_iter();
        Ok(Polygon::new(rings.next().unwrap_or(LineString(Vec::new())), rings.collect()))
    }

    fn parts<T>(
        &mut self,
        depth: u8,
        wanted: impl Fn(Geometry<f64>) -> Option<T>,
    ) -> Result<Vec<T>, Refused> {
        let count = self.count(5)?;
        let mut parts = Vec::with_capacity(count.min(1024));
        for _ in 0..count {
            let part = self.geometry(depth + 1)?;
            parts.push(wanted(part).ok_or_else(|| {
                broken(told!(
                    "formats-part-another-type-than-whole",
                    "a part is of another type than the whole"
                ))
            })?);
        }
        Ok(parts)
    }
}
