//! Geometry as GeoJSON (RFC 7946), read from well-known binary.

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::Error;

/// Collections may hold collections; deeper than this is no geography.
const MAX_DEPTH: usize = 8;

/// A geometry in longitude and latitude, as GeoJSON knows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    /// One position.
    Point([f64; 2]),
    /// Several positions.
    MultiPoint(Vec<[f64; 2]>),
    /// A line.
    LineString(Vec<[f64; 2]>),
    /// Several lines.
    MultiLineString(Vec<Vec<[f64; 2]>>),
    /// Rings: the outer one, then holes.
    Polygon(Vec<Vec<[f64; 2]>>),
    /// Several polygons.
    MultiPolygon(Vec<Vec<Vec<[f64; 2]>>>),
    /// Geometries of different kinds.
    GeometryCollection(Vec<Geometry>),
}

impl Geometry {
    /// Reads well-known binary (ISO 19125, and its extended form with an SRID); heights and
    /// measures are dropped. A count in the bytes never reserves more than the bytes can hold.
    pub fn from_wkb(bytes: &[u8]) -> Result<Geometry, Error> {
        let mut reader = Reader { bytes, at: 0 };
        let geometry = reader.geometry(0)?;
        if reader.at == bytes.len() { Ok(geometry) } else { Err(reader.error("bytes follow the geometry")) }
    }

    /// Moves every position.
    pub fn map_positions(&mut self, to: &dyn Fn([f64; 2]) -> [f64; 2]) {
        let line = |line: &mut Vec<[f64; 2]>| line.iter_mut().for_each(|position| *position = to(*position));
        match self {
            Geometry::Point(position) => *position = to(*position),
            Geometry::MultiPoint(positions) | Geometry::LineString(positions) => line(positions),
            Geometry::MultiLineString(lines) | Geometry::Polygon(lines) => lines.iter_mut().for_each(line),
            Geometry::MultiPolygon(polygons) => polygons.iter_mut().flatten().for_each(line),
            Geometry::GeometryCollection(parts) => parts.iter_mut().for_each(|part| part.map_positions(to)),
        }
    }

    /// West, south, east and north of its positions; none when it has none.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let join =
            |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
        let at = |[x, y]: &[f64; 2]| [*x, *y, *x, *y];
        match self {
            Geometry::Point(position) => Some(at(position)),
            Geometry::MultiPoint(positions) | Geometry::LineString(positions) => {
                positions.iter().map(at).reduce(join)
            }
            Geometry::MultiLineString(lines) | Geometry::Polygon(lines) => {
                lines.iter().flatten().map(at).reduce(join)
            }
            Geometry::MultiPolygon(polygons) => polygons.iter().flatten().flatten().map(at).reduce(join),
            Geometry::GeometryCollection(parts) => parts.iter().filter_map(Geometry::bounds).reduce(join),
        }
    }

    /// The same shape as one that can be compared with others.
    pub fn to_shape(&self) -> geo_types::Geometry<f64> {
        use geo_types::{Geometry as Shape, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon};
        let line = |line: &Vec<[f64; 2]>| LineString::from(line.clone());
        let polygon = |rings: &Vec<Vec<[f64; 2]>>| {
            let mut rings = rings.iter().map(line);
            let outer = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
            Polygon::new(outer, rings.collect())
        };
        match self {
            Geometry::Point([x, y]) => Shape::Point(geo_types::Point::new(*x, *y)),
            Geometry::MultiPoint(points) => {
                Shape::MultiPoint(MultiPoint(points.iter().map(|[x, y]| (*x, *y).into()).collect()))
            }
            Geometry::LineString(positions) => Shape::LineString(line(positions)),
            Geometry::MultiLineString(lines) => {
                Shape::MultiLineString(MultiLineString(lines.iter().map(line).collect()))
            }
            Geometry::Polygon(rings) => Shape::Polygon(polygon(rings)),
            Geometry::MultiPolygon(polygons) => {
                Shape::MultiPolygon(MultiPolygon(polygons.iter().map(polygon).collect()))
            }
            Geometry::GeometryCollection(parts) => Shape::GeometryCollection(geo_types::GeometryCollection(
                parts.iter().map(Geometry::to_shape).collect(),
            )),
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Geometry::Point(_) => "Point",
            Geometry::MultiPoint(_) => "MultiPoint",
            Geometry::LineString(_) => "LineString",
            Geometry::MultiLineString(_) => "MultiLineString",
            Geometry::Polygon(_) => "Polygon",
            Geometry::MultiPolygon(_) => "MultiPolygon",
            Geometry::GeometryCollection(_) => "GeometryCollection",
        }
    }
}

impl Serialize for Geometry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("type", self.type_name())?;
        match self {
            Geometry::Point(position) => map.serialize_entry("coordinates", position)?,
            Geometry::MultiPoint(line) | Geometry::LineString(line) => {
                map.serialize_entry("coordinates", line)?;
            }
            Geometry::MultiLineString(lines) | Geometry::Polygon(lines) => {
                map.serialize_entry("coordinates", lines)?;
            }
            Geometry::MultiPolygon(polygons) => map.serialize_entry("coordinates", polygons)?,
            Geometry::GeometryCollection(geometries) => map.serialize_entry("geometries", geometries)?,
        }
        map.end()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

struct Header {
    little: bool,
    kind: u32,
    ordinates: usize,
}

impl Reader<'_> {
    fn geometry(&mut self, depth: usize) -> Result<Geometry, Error> {
        if depth > MAX_DEPTH {
            return Err(self.error("collections are nested too deeply"));
        }
        let header = self.header()?;
        Ok(match header.kind {
            1 => Geometry::Point(self.position(&header)?),
            2 => Geometry::LineString(self.line(&header)?),
            3 => Geometry::Polygon(self.rings(&header)?),
            4 => Geometry::MultiPoint(self.members(&header, |reader| {
                let member = reader.member(1)?;
                reader.position(&member)
            })?),
            5 => Geometry::MultiLineString(self.members(&header, |reader| {
                let member = reader.member(2)?;
                reader.line(&member)
            })?),
            6 => Geometry::MultiPolygon(self.members(&header, |reader| {
                let member = reader.member(3)?;
                reader.rings(&member)
            })?),
            7 => Geometry::GeometryCollection(self.members(&header, |reader| reader.geometry(depth + 1))?),
            _ => return Err(self.error("unknown geometry type")),
        })
    }

    fn header(&mut self) -> Result<Header, Error> {
        let little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            _ => return Err(self.error("unknown byte order")),
        };
        let code = self.u32(little)?;
        // Extended WKB marks heights, measures and an SRID by high bits; ISO by thousands.
        let (extended_z, extended_m) = (code & 0x8000_0000 != 0, code & 0x4000_0000 != 0);
        if code & 0x2000_0000 != 0 {
            self.u32(little)?;
        }
        let code = code & 0x0fff_ffff;
        let (iso_z, iso_m) = (matches!(code / 1000, 1 | 3), matches!(code / 1000, 2 | 3));
        let ordinates = 2 + usize::from(extended_z || iso_z) + usize::from(extended_m || iso_m);
        Ok(Header { little, kind: code % 1000, ordinates })
    }

    fn member(&mut self, kind: u32) -> Result<Header, Error> {
        let header = self.header()?;
        if header.kind == kind { Ok(header) } else { Err(self.error("a part has another geometry type")) }
    }

    fn members<T>(
        &mut self,
        header: &Header,
        mut read: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let count = self.u32(header.little)? as usize;
        // The shortest member (an empty ring's count) has four bytes.
        let mut members = Vec::with_capacity(count.min((self.bytes.len() - self.at) / 4));
        for _ in 0..count {
            members.push(read(self)?);
        }
        Ok(members)
    }

    fn line(&mut self, header: &Header) -> Result<Vec<[f64; 2]>, Error> {
        self.members(header, |reader| reader.position(header))
    }

    fn rings(&mut self, header: &Header) -> Result<Vec<Vec<[f64; 2]>>, Error> {
        self.members(header, |reader| reader.line(header))
    }

    fn position(&mut self, header: &Header) -> Result<[f64; 2], Error> {
        let position = [self.f64(header.little)?, self.f64(header.little)?];
        for _ in 2..header.ordinates {
            self.f64(header.little)?;
        }
        Ok(position)
    }

    fn u32(&mut self, little: bool) -> Result<u32, Error> {
        let bytes = self.take::<4>()?;
        Ok(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn f64(&mut self, little: bool) -> Result<f64, Error> {
        let bytes = self.take::<8>()?;
        Ok(if little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()).copied();
        let taken = taken.ok_or_else(|| self.error("the bytes end too early"))?;
        self.at += N;
        Ok(taken)
    }

    fn error(&self, reason: &str) -> Error {
        Error::new("wkb", reason).at(self.at + 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::Geometry;

    fn point(x: f64, y: f64) -> Vec<u8> {
        let mut bytes = vec![1, 1, 0, 0, 0];
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
        bytes
    }

    #[test]
    fn a_polygon_becomes_geojson() {
        let mut bytes = vec![0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 4];
        for (x, y) in [(105.0, 10.0), (106.0, 10.0), (106.0, 11.0), (105.0, 10.0)] {
            bytes.extend(f64::to_be_bytes(x));
            bytes.extend(f64::to_be_bytes(y));
        }
        assert_eq!(
            serde_json::to_value(Geometry::from_wkb(&bytes).unwrap()).unwrap(),
            json!({"type": "Polygon",
                   "coordinates": [[[105.0, 10.0], [106.0, 10.0], [106.0, 11.0], [105.0, 10.0]]]})
        );
    }

    #[test]
    fn heights_and_an_srid_are_dropped() {
        // Extended WKB, little endian: a point with Z and SRID 4326; ISO: a point ZM (3001).
        let mut extended = vec![1, 1, 0, 0, 0xa0, 0xe6, 0x10, 0, 0];
        let mut iso = vec![1, 0xb9, 0x0b, 0, 0];
        for value in [105.5_f64, 10.25, 3.0] {
            extended.extend(value.to_le_bytes());
            iso.extend(value.to_le_bytes());
        }
        iso.extend(7.0_f64.to_le_bytes());
        for bytes in [extended, iso] {
            assert_eq!(Geometry::from_wkb(&bytes).unwrap(), Geometry::Point([105.5, 10.25]));
        }
    }

    #[test]
    fn collections_nest_only_so_far() {
        let nested = |depth: usize| {
            let mut bytes: Vec<u8> = [1_u8, 7, 0, 0, 0, 1, 0, 0, 0].repeat(depth);
            bytes.extend(point(1.0, 2.0));
            bytes
        };
        assert!(Geometry::from_wkb(&nested(3)).is_ok());
        assert!(Geometry::from_wkb(&nested(5000)).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Geometry::from_wkb(&bytes);
        }

        #[test]
        fn a_count_that_the_bytes_cannot_hold_is_refused(count in 2_u32..) {
            let mut bytes = vec![1, 4, 0, 0, 0];
            bytes.extend(count.to_le_bytes());
            bytes.extend(point(1.0, 2.0));
            prop_assert!(Geometry::from_wkb(&bytes).is_err());
        }
    }
}
