//! The coordinates of an EDR query: well-known text of points, lines and areas, within bounds.

use super::edr::quote_number;
use crate::Error;
use crate::error::quote;

/// Vertices of one query.
pub const MOST_VERTICES: usize = 2_000;
/// The longest text that is looked at.
const MOST_BYTES: usize = 128 * 1024;

/// A vertex: easting and northing, or longitude and latitude, in the query's own system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vertex {
    /// Easting or longitude (or latitude, where the system says so).
    pub x: f64,
    /// Northing or latitude.
    pub y: f64,
    /// Height.
    pub z: Option<f64>,
    /// Seconds since 1970 (19-086r6 §8.2.6).
    pub m: Option<f64>,
}

/// What the coordinates draw.
#[derive(Debug, Clone, PartialEq)]
pub enum Coords {
    /// `POINT`, `MULTIPOINT`.
    Points(Vec<Vertex>),
    /// `LINESTRING`, `MULTILINESTRING`.
    Lines(Vec<Vec<Vertex>>),
    /// `POLYGON`, `MULTIPOLYGON`: each with its outer ring first.
    Areas(Vec<Vec<Vec<Vertex>>>),
}

/// Which coordinates a query takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One or more points.
    Points,
    /// One point.
    Point,
    /// One or more lines.
    Lines,
    /// One or more areas.
    Areas,
}

impl Shape {
    fn hint(self) -> &'static str {
        match self {
            Shape::Points | Shape::Point => "write longitude and latitude: `POINT(105.78 10.03)`",
            Shape::Lines => "write a line: `LINESTRING(105.1 10.5, 105.8 10.0)`",
            Shape::Areas => "write an area whose ring closes: `POLYGON((105 10, 106 10, 106 11, 105 10))`",
        }
    }

    fn takes(self, tag: &str) -> bool {
        match self {
            Shape::Points => matches!(tag, "POINT" | "MULTIPOINT"),
            Shape::Point => tag == "POINT",
            Shape::Lines => matches!(tag, "LINESTRING" | "MULTILINESTRING"),
            Shape::Areas => matches!(tag, "POLYGON" | "MULTIPOLYGON"),
        }
    }
}

/// Reads `coords`.
pub fn parse_coords(text: &str, shape: Shape) -> Result<Coords, Error> {
    let error = |reason: String| Error::new("coords", reason).hint(shape.hint());
    if text.len() > MOST_BYTES {
        return Err(error(format!("it is longer than {MOST_BYTES} bytes")));
    }
    let trimmed = text.trim();
    let tag_end = trimmed.find('(').unwrap_or(trimmed.len());
    let mut tag = trimmed[..tag_end].trim().to_ascii_uppercase();
    let mut extra = 0;
    let mut measured = false;
    for (suffix, count, has_m) in [("ZM", 2, true), ("Z", 1, false), ("M", 1, true)] {
        if let Some(bare) = tag.strip_suffix(suffix) {
            (extra, measured) = (count, has_m);
            tag = bare.trim().to_owned();
            break;
        }
    }
    if !shape.takes(&tag) {
        let wanted = match shape {
            Shape::Points | Shape::Point => "a point",
            Shape::Lines => "a line",
            Shape::Areas => "an area",
        };
        return Err(error(format!("`{}` is not {wanted} in well-known text", quote(trimmed))));
    }
    let mut reader = Reader { text: &trimmed[tag_end..], at: 0, extra, measured, left: MOST_VERTICES, shape };
    let coords = match tag.as_str() {
        "POINT" => Coords::Points(vec![reader.within(Reader::vertex)?]),
        "MULTIPOINT" => Coords::Points(reader.list(|reader| {
            // Both `MULTIPOINT((1 2),(3 4))` and `MULTIPOINT(1 2, 3 4)` are met.
            if reader.next_is(b'(') { reader.within(Reader::vertex) } else { reader.vertex() }
        })?),
        "LINESTRING" => Coords::Lines(vec![reader.list(Reader::vertex)?]),
        "MULTILINESTRING" => Coords::Lines(reader.list(|reader| reader.list(Reader::vertex))?),
        "POLYGON" => Coords::Areas(vec![reader.list(Reader::ring)?]),
        _ => Coords::Areas(reader.list(|reader| reader.list(Reader::ring))?),
    };
    reader.blank();
    if reader.at < reader.text.len() {
        return Err(reader.error("the text goes on behind the last bracket"));
    }
    if let Coords::Lines(lines) = &coords
        && lines.iter().any(|line| line.len() < 2)
    {
        return Err(error("a line has two vertices at least".to_owned()));
    }
    Ok(coords)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    extra: usize,
    measured: bool,
    left: usize,
    shape: Shape,
}

impl Reader<'_> {
    fn blank(&mut self) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn next_is(&mut self, byte: u8) -> bool {
        self.blank();
        self.text.as_bytes().get(self.at) == Some(&byte)
    }

    fn take(&mut self, byte: u8, reason: &str) -> Result<(), Error> {
        if self.next_is(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.error(reason))
    }

    fn within<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.take(b'(', "a bracket does not open")?;
        let inside = read(self)?;
        self.take(b')', "the brackets do not close")?;
        Ok(inside)
    }

    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        self.within(|reader| {
            let mut list = vec![read(reader)?];
            while reader.next_is(b',') {
                reader.at += 1;
                list.push(read(reader)?);
            }
            Ok(list)
        })
    }

    fn ring(&mut self) -> Result<Vec<Vertex>, Error> {
        let ring = self.list(Reader::vertex)?;
        let closes = ring.len() >= 4
            && ring
                .first()
                .zip(ring.last())
                .is_some_and(|(first, last)| (first.x, first.y) == (last.x, last.y));
        if closes { Ok(ring) } else { Err(self.error("a ring does not come back to its first vertex")) }
    }

    fn vertex(&mut self) -> Result<Vertex, Error> {
        if self.left == 0 {
            return Err(self.error(&format!("there are more than {MOST_VERTICES} vertices")));
        }
        self.left -= 1;
        let mut numbers = Vec::with_capacity(4);
        loop {
            self.blank();
            let rest = &self.text[self.at..];
            let end = rest.find(|c: char| c == ',' || c == ')' || c == '(' || c.is_ascii_whitespace());
            let word = &rest[..end.unwrap_or(rest.len())];
            if word.is_empty() {
                break;
            }
            if numbers.len() == 4 {
                return Err(self.error("a vertex has more than four numbers"));
            }
            numbers.push(quote_number(word).map_err(|reason| self.error(&reason))?);
            self.at += word.len();
        }
        if numbers.len() != 2 + self.extra {
            let wanted = ["two numbers", "three numbers", "four numbers"][self.extra];
            return Err(self.error(&format!("a vertex has {wanted} with a blank between them")));
        }
        let (z, m) = match (self.extra, self.measured) {
            (2, _) => (numbers.get(2).copied(), numbers.get(3).copied()),
            (1, true) => (None, numbers.get(2).copied()),
            (1, false) => (numbers.get(2).copied(), None),
            _ => (None, None),
        };
        Ok(Vertex { x: numbers[0], y: numbers[1], z, m })
    }

    fn error(&self, reason: &str) -> Error {
        Error::new("coords", reason).hint(self.shape.hint())
    }
}

/// Reads a length with its unit as metres: `within`, `within-units` and their like.
pub fn parse_length(parameter: &str, number: &str, unit: &str) -> Result<f64, Error> {
    let error =
        |reason: String| Error::new(parameter, reason).hint("write a length above zero, e.g. `10` and `km`");
    let value = quote_number(number.trim()).map_err(error)?;
    let metres = match unit.trim().to_ascii_lowercase().as_str() {
        "m" | "metre" | "metres" | "meter" | "meters" => 1.0,
        "km" | "kilometre" | "kilometres" | "kilometer" | "kilometers" => 1_000.0,
        "mi" | "mile" | "miles" => 1_609.344,
        "nmi" | "nautical mile" | "nautical miles" => 1_852.0,
        "ft" | "foot" | "feet" => 0.304_8,
        _ => {
            return Err(Error::new(
                &format!("{parameter}-units"),
                format!("`{}` is not a unit of length here", quote(unit)),
            )
            .hint("write `m`, `km`, `mi`, `nmi` or `ft`"));
        }
    };
    let length = value * metres;
    if length > 0.0 && length <= 20_000_000.0 {
        Ok(length)
    } else {
        Err(error(format!("`{value}` is not a length")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Coords, MOST_VERTICES, Shape, parse_coords, parse_length};

    #[test]
    fn coordinates_are_read_in_the_ways_that_clients_write_them() {
        for (text, shape, count) in [
            ("POINT(105.78 10.03)", Shape::Points, 1),
            ("point Z (105.78 10.03 2)", Shape::Point, 1),
            ("MULTIPOINT((1 2),(3 4))", Shape::Points, 2),
            ("MULTIPOINT(1 2, 3 4)", Shape::Points, 2),
        ] {
            let Coords::Points(points) = parse_coords(text, shape).unwrap() else { panic!("{text}") };
            assert_eq!(points.len(), count, "{text}");
        }
        let Coords::Lines(lines) =
            parse_coords("LINESTRINGZM(1 2 3 1580515200, 4 5 6 1580601600)", Shape::Lines).unwrap()
        else {
            panic!()
        };
        assert_eq!((lines[0][1].z, lines[0][1].m), (Some(6.0), Some(1_580_601_600.0)));
        let area = "POLYGON((0 0,4 0,4 4,0 0),(1 1,2 1,2 2,1 1))";
        let Coords::Areas(areas) = parse_coords(area, Shape::Areas).unwrap() else { panic!() };
        assert_eq!(areas[0].len(), 2);
    }

    #[test]
    fn what_is_no_shape_is_refused_with_what_to_write() {
        let long = format!("LINESTRING({})", vec!["1 2"; MOST_VERTICES + 1].join(","));
        let huge = format!("POLYGON(({}))", "1 2,".repeat(60_000));
        for (text, shape, reason) in [
            ("LINESTRING(1 2, 3 4)", Shape::Point, "not a point"),
            ("MULTIPOINT((1 2),(3 4))", Shape::Point, "not a point"),
            ("POINT(105.78 10.03", Shape::Point, "do not close"),
            ("POINT(105.78,10.03)", Shape::Point, "two numbers"),
            ("POINT(1 2 3)", Shape::Point, "two numbers"),
            ("POINT(NaN 10)", Shape::Point, "not a number"),
            ("POINT(1 2) x", Shape::Point, "goes on"),
            ("", Shape::Point, "not a point"),
            ("LINESTRING(1 2)", Shape::Lines, "two vertices"),
            ("POLYGON((0 0,1 1,2 2,3 3))", Shape::Areas, "come back"),
            (&long, Shape::Lines, "more than"),
            (&huge, Shape::Areas, "longer than"),
        ] {
            let error = parse_coords(text, shape).unwrap_err();
            assert!(error.reason.contains(reason), "{}: {error}", &text[..text.len().min(60)]);
            assert!(error.hint.is_some());
        }
    }

    #[test]
    fn a_length_has_a_unit() {
        assert!((parse_length("within", "2", "km").unwrap() - 2_000.0).abs() < 1e-9);
        for (number, unit) in [("2", "parsec"), ("-1", "km"), ("x", "km"), ("1e300", "km"), ("0", "m")] {
            assert!(parse_length("within", number, unit).is_err(), "{number} {unit}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            for shape in [Shape::Point, Shape::Points, Shape::Lines, Shape::Areas] {
                let _ = parse_coords(&text, shape);
            }
        }

        #[test]
        fn anything_in_brackets_is_read_or_refused(text in "(POLYGON|MULTIPOLYGON|LINESTRING) ?[ZM]{0,2}[(]{1,3}[-0-9. ,()]{0,60}") {
            let _ = parse_coords(&text, Shape::Areas);
            let _ = parse_coords(&text, Shape::Lines);
        }

        #[test]
        fn a_written_point_is_read_back(lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64) {
            let read = parse_coords(&format!("POINT({lon} {lat})"), Shape::Point).unwrap();
            let Coords::Points(points) = read else { panic!() };
            prop_assert_eq!((points[0].x, points[0].y), (lon, lat));
        }
    }
}
