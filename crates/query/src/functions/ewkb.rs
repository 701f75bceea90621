//! Geometry as PostGIS writes it: EWKB, which is WKB with the number of its coordinate system, and with
//! flags where ISO's WKB counts in thousands (PostGIS 3.3, "Extended Well-Known Binary"). Both are read in
//! one way, which gives a geometry's box, too.

use std::fmt::Write as _;

use arrow::datatypes::{DataType, Field};

/// The coordinate system of every geometry here: WGS 84.
const SRID: u32 = 4326;
/// There are heights.
const HAS_Z: u32 = 0x8000_0000;
/// There are measures.
const HAS_M: u32 = 0x4000_0000;
/// The number of the coordinate system follows.
const HAS_SRID: u32 = 0x2000_0000;

/// Whether a column holds WKB.
pub(crate) fn is_wkb(field: &Field) -> bool {
    let named = field.metadata().get("ARROW:extension:name").map(String::as_str);
    let is_binary =
        matches!(field.data_type(), DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
    is_binary && named == Some("geoarrow.wkb")
}

/// Appends the geometry as EWKB. What cannot be read as WKB is given as it is.
pub fn push(out: &mut Vec<u8>, wkb: &[u8]) {
    let start = out.len();
    if walk(&mut Reader { wkb }, &mut Writer(out), 0).is_none() {
        out.truncate(start);
        out.extend_from_slice(wkb);
    }
}

/// Appends the geometry as EWKB in hexadecimal digits, as PostGIS shows it.
pub fn push_hex(out: &mut String, wkb: &[u8]) {
    let mut bytes = Vec::with_capacity(wkb.len() + 4);
    push(&mut bytes, wkb);
    for byte in bytes {
        // Writing to a text does not fail.
        let _ = write!(out, "{byte:02X}");
    }
}

/// How deep collections may lie in one another.
const MOST_DEEP: usize = 16;

struct Reader<'a> {
    wkb: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.wkb.split_at_checked(length)?;
        self.wkb = rest;
        Some(taken)
    }

    fn number(&mut self, is_little: bool) -> Option<u32> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }
}

/// What stands in a geometry's head.
struct Head {
    order: u8,
    is_little: bool,
    kind: u32,
    has_z: bool,
    has_m: bool,
}

impl Head {
    fn read(reader: &mut Reader<'_>) -> Option<Head> {
        let order = reader.take(1)?[0];
        let is_little = match order {
            0 => false,
            1 => true,
            _ => return None,
        };
        let code = reader.number(is_little)?;
        if code & HAS_SRID != 0 {
            reader.number(is_little)?;
        }
        let (kind, thousand) = ((code & 0xffff) % 1000, (code & 0xffff) / 1000);
        let has_z = code & HAS_Z != 0 || matches!(thousand, 1 | 3);
        let has_m = code & HAS_M != 0 || matches!(thousand, 2 | 3);
        Some(Head { order, is_little, kind, has_z, has_m })
    }

    /// The bytes of a coordinate.
    fn coordinate(&self) -> usize {
        8 * (2 + usize::from(self.has_z) + usize::from(self.has_m))
    }

    fn put(&self, out: &mut Vec<u8>, number: u32) {
        out.extend_from_slice(&if self.is_little { number.to_le_bytes() } else { number.to_be_bytes() });
    }
}

/// What is done with a geometry while it is read.
trait Sink {
    fn head(&mut self, head: &Head, is_outer: bool);
    fn count(&mut self, head: &Head, count: u32);
    fn coordinates(&mut self, head: &Head, bytes: &[u8]);
}

fn walk(reader: &mut Reader<'_>, sink: &mut dyn Sink, depth: usize) -> Option<()> {
    if depth > MOST_DEEP {
        return None;
    }
    let head = Head::read(reader)?;
    sink.head(&head, depth == 0);
    match head.kind {
        1 => sink.coordinates(&head, reader.take(head.coordinate())?),
        2 => line(reader, sink, &head)?,
        3 => {
            let rings = counted(reader, sink, &head)?;
            for _ in 0..rings {
                line(reader, sink, &head)?;
            }
        }
        4..=7 => {
            let parts = counted(reader, sink, &head)?;
            for _ in 0..parts {
                walk(reader, sink, depth + 1)?;
            }
        }
        _ => return None,
    }
    Some(())
}

fn counted(reader: &mut Reader<'_>, sink: &mut dyn Sink, head: &Head) -> Option<u32> {
    let count = reader.number(head.is_little)?;
    sink.count(head, count);
    Some(count)
}

fn line(reader: &mut Reader<'_>, sink: &mut dyn Sink, head: &Head) -> Option<()> {
    let count = counted(reader, sink, head)?;
    let bytes = usize::try_from(count).ok()?.checked_mul(head.coordinate())?;
    sink.coordinates(head, reader.take(bytes)?);
    Some(())
}

/// Writes EWKB.
struct Writer<'a>(&'a mut Vec<u8>);

impl Sink for Writer<'_> {
    fn head(&mut self, head: &Head, is_outer: bool) {
        let flag = |is_set: bool, flag: u32| if is_set { flag } else { 0 };
        self.0.push(head.order);
        let flags = flag(head.has_z, HAS_Z) | flag(head.has_m, HAS_M) | flag(is_outer, HAS_SRID);
        head.put(self.0, head.kind | flags);
        if is_outer {
            head.put(self.0, SRID);
        }
    }

    fn count(&mut self, head: &Head, count: u32) {
        head.put(self.0, count);
    }

    fn coordinates(&mut self, _head: &Head, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// The box around a geometry: west, south, east, north.
pub(crate) type Bounds = [f64; 4];

/// Widens a box.
struct Widest(Option<Bounds>);

impl Sink for Widest {
    fn head(&mut self, _head: &Head, _is_outer: bool) {}

    fn count(&mut self, _head: &Head, _count: u32) {}

    fn coordinates(&mut self, head: &Head, bytes: &[u8]) {
        let number = |bytes: &[u8]| {
            let bytes: [u8; 8] = bytes.try_into().unwrap_or_default();
            if head.is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) }
        };
        for coordinate in bytes.chunks_exact(head.coordinate()) {
            let (x, y) = (number(&coordinate[..8]), number(&coordinate[8..16]));
            // An empty point has no numbers for coordinates.
            if x.is_nan() || y.is_nan() {
                continue;
            }
            let [west, south, east, north] = self.0.unwrap_or([x, y, x, y]);
            self.0 = Some([west.min(x), south.min(y), east.max(x), north.max(y)]);
        }
    }
}

/// The box around a geometry; none for one that is empty, or that cannot be read.
pub(crate) fn bounds(wkb: &[u8]) -> Option<Bounds> {
    let mut widest = Widest(None);
    walk(&mut Reader { wkb }, &mut widest, 0)?;
    widest.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().collect();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    #[test]
    fn geometries_are_those_that_postgis_shows() {
        // The left as `st_asbinary`, the right as the column itself, of PostGIS 3.3.2.
        for (wkb, ewkb) in [
            (
                "0101000000000000000000F03F0000000000000040",
                "0101000020E6100000000000000000F03F0000000000000040",
            ),
            (
                "01E9030000000000000000F03F00000000000000400000000000000840",
                "01010000A0E6100000000000000000F03F00000000000000400000000000000840",
            ),
            (
                "01EC0300000100000001E9030000000000000000F03F00000000000000400000000000000840",
                "01040000A0E6100000010000000101000080000000000000F03F00000000000000400000000000000840",
            ),
        ] {
            let mut out = String::new();
            push_hex(&mut out, &bytes(wkb));
            assert_eq!(out, ewkb);
        }
    }

    #[test]
    fn the_box_of_a_geometry_is_found_in_every_order_and_with_heights() {
        let check = |hex: &str, expected| assert_eq!(bounds(&bytes(hex)), expected);
        check("0101000000000000000000F03F0000000000000040", Some([1.0, 2.0, 1.0, 2.0]));
        check("00000000013FF00000000000004000000000000000", Some([1.0, 2.0, 1.0, 2.0]));
        check(
            "01EC0300000100000001E9030000000000000000F03F00000000000000400000000000000840",
            Some([1.0, 2.0, 1.0, 2.0]),
        );
        check("010700000000000000", None);
        check("0101000000000000000000F87F000000000000F87F", None);
    }

    #[test]
    fn what_is_no_geometry_is_given_as_it_is() {
        for wkb in ["", "01", "0163000000", "0102000000FFFFFFFF", "0107000000FFFFFFFF0107000000"] {
            let mut out = Vec::new();
            push(&mut out, &bytes(wkb));
            assert_eq!(out, bytes(wkb));
        }
    }
}
