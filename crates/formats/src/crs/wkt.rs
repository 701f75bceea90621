//! The definition of a system as text: WKT 1 as OGC and ESRI write it, and WKT 2 (OGC 18-010r11).

use wording::{Told, told};

use super::tm::TransverseMercator;
use super::{Crs, Datum, Projection};
use crate::Error;

/// Nesting at most.
const MAX_DEPTH: usize = 24;

/// `KEYWORD["text", 1.5, OTHER[…]]`.
#[derive(Debug, Default)]
struct Node {
    keyword: String,
    texts: Vec<String>,
    numbers: Vec<f64>,
    children: Vec<Node>,
}

/// Understands a definition.
pub(super) fn parse(text: &str) -> Result<Crs, Error> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    let node =
        reader.node(0).ok_or_else(|| wrong(text, told!("formats-not-well-formed", "is not well formed")))?;
    let horizontal = match node.keyword.as_str() {
        "COMPD_CS" | "COMPOUNDCRS" => {
            node.children.iter().find(|child| is_projected(child) || is_geographic(child))
        }
        "BOUNDCRS" => node.child(&["SOURCECRS"]).and_then(|source| source.children.first()),
        _ => Some(&node),
    };
    let system = horizontal
        .ok_or_else(|| wrong(text, told!("formats-no-horizontal-part", "has no horizontal part")))?;
    let name = system.texts.first().cloned().unwrap_or_default();
    let base = if is_geographic(system) {
        system
    } else if is_projected(system) {
        system.children.iter().find(|child| is_geographic(child)).ok_or_else(|| {
            wrong(text, told!("formats-names-no-geographic-system", "names no geographic system"))
        })?
    } else {
        return Err(wrong(
            text,
            told!("formats-neither-projected-nor-geographic", "is neither projected nor geographic"),
        ));
    };
    let unknown = || wrong(text, told!("formats-datum-not-known-here", "has a datum that is not known here"));
    let datum = match shift_of(&node, base) {
        Some(shift) => datum_of_shift(shift, datum_of(base)).ok_or_else(unknown)?,
        None => datum_of(base).ok_or_else(unknown)?,
    };
    let projection = if is_geographic(system) {
        Projection::None
    } else {
        projection_of(system).map_err(|what| wrong(text, what))?
    };
    // VN-2000 alone has zones of three degrees with this scale: on WGS 84 somebody took its nearest name.
    if let Projection::TransverseMercator(tm) = projection
        && datum == Datum::Wgs84
        && (tm.scale - 0.9999).abs() < 1e-9
    {
        return Err(wrong(
            text,
            told!(
                "formats-zone-of-vn-2000-on-wgs-84",
                "has the scale of a zone of VN-2000, 0.9999, on the datum WGS 84: one of both is meant"
            ),
        ));
    }
    Ok(Crs { epsg: None, name, datum, projection, area: None }.listed())
}

fn wrong(text: &str, what: Told) -> Error {
    let name = text.split('"').nth(1).unwrap_or(text);
    Error::invalid(
        "unknown_crs",
        told!("formats-coordinate-system", "the coordinate system `{name}` {what}", name = name.chars().take(80).collect::<String>(), what => what),
        told!(
            "formats-write-crs-epsg-9209-another-code-under",
            "write `crs = \"EPSG:9209\"` (or another code) under `[source]` in the mapping"
        ),
    )
}

fn is_projected(node: &Node) -> bool {
    matches!(node.keyword.as_str(), "PROJCS" | "PROJCRS" | "PROJECTEDCRS")
}

fn is_geographic(node: &Node) -> bool {
    matches!(
        node.keyword.as_str(),
        "GEOGCS" | "GEOGCRS" | "GEODCRS" | "GEODETICCRS" | "GEOGRAPHICCRS" | "BASEGEOGCRS" | "BASEGEODCRS"
    )
}

/// Metres from the datum to WGS 84, where the definition has them: `TOWGS84[…]`, or a transformation beside
/// the system.
fn shift_of(node: &Node, base: &Node) -> Option<[f64; 3]> {
    let direct = base.child(&["TOWGS84"]).or_else(|| base.child(&["DATUM"])?.child(&["TOWGS84"]));
    if let Some(direct) = direct {
        let [x, y, z, ..] = direct.numbers[..] else { return None };
        return Some([x, y, z]);
    }
    let parameters = &node.child(&["ABRIDGEDTRANSFORMATION"])?.children;
    let along = |axis: &str| {
        let is_meant = |child: &&Node| {
            child.keyword == "PARAMETER"
                && child.texts.first().is_some_and(|name| {
                    let name = name.to_ascii_lowercase();
                    name.starts_with(axis) && name.contains("translation")
                })
        };
        parameters.iter().find(is_meant)?.numbers.first().copied()
    };
    Some([along("x")?, along("y")?, along("z")?])
}

/// The datum that lies so far from WGS 84. Rotations are not looked at: programs write them with either sign.
fn datum_of_shift(shift: [f64; 3], named: Option<Datum>) -> Option<Datum> {
    let near = |to: [f64; 3]| shift.iter().zip(to).all(|(one, other)| (one - other).abs() < 2.0);
    match named {
        Some(datum @ (Datum::Indian1960 | Datum::Hanoi1972)) => Some(datum),
        _ if near(VN_2000) => Some(Datum::Vn2000),
        _ if shift.iter().all(|metres| metres.abs() < 1e-6) => named.or(Some(Datum::Wgs84)),
        Some(Datum::Vn2000) => named,
        _ => None,
    }
}

/// Metres from VN-2000 to WGS 84 (Decision 05/2007/QĐ-BTNMT), of which older sets lie a metre away.
const VN_2000: [f64; 3] = [-191.904, -39.303, -111.450];

/// The datum by any of the names that the definition gives to it.
fn datum_of(base: &Node) -> Option<Datum> {
    let datum = base.child(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"]);
    let names = datum.into_iter().chain(std::iter::once(base)).flat_map(|node| node.texts.first());
    for name in names {
        let letters: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
        let found = match letters.as_str() {
            // `Unknown based on WGS 84 ellipsoid using towgs84=-191.9,…`, as programs name what has no name.
            l if l.contains("towgs84191") || l.contains("towgs84192") => Datum::Vn2000,
            l if l.contains("unknown") || l.contains("undefined") || l.contains("notspecified") => continue,
            l if l.contains("vn2000") || l.contains("vietnam2000") => Datum::Vn2000,
            l if l.contains("wgs1984") || l.contains("wgs84") || l.contains("worldgeodeticsystem1984") => {
                Datum::Wgs84
            }
            l if l.contains("indian1960") => Datum::Indian1960,
            l if l.contains("hanoi1972") => Datum::Hanoi1972,
            _ => continue,
        };
        return Some(found);
    }
    None
}

fn projection_of(system: &Node) -> Result<Projection, Told> {
    // In WKT 2 the parameters stand in the conversion.
    let conversion = system.child(&["CONVERSION"]).unwrap_or(system);
    let method = conversion
        .child(&["METHOD", "PROJECTION"])
        .and_then(|method| method.texts.first())
        .ok_or_else(|| told!("formats-names-no-projection", "names no projection"))?;
    let simple = |text: &str| {
        text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase()
    };
    let metres = system.child(&["UNIT", "LENGTHUNIT"]).and_then(|unit| unit.numbers.first().copied());
    if metres.is_some_and(|factor| (factor - 1.0).abs() > 1e-9) {
        return Err(told!("formats-counts-another-unit-than-metres", "counts in another unit than metres"));
    }
    match simple(method).as_str() {
        "transversemercator" | "gausskruger" | "gausskrueger" => {}
        "popularvisualisationpseudomercator" | "mercatorauxiliarysphere" => {
            return Ok(Projection::WebMercator);
        }
        "mercator1sp" if system.texts.first().is_some_and(|name| simple(name).contains("pseudomercator")) => {
            return Ok(Projection::WebMercator);
        }
        _ => {
            return Err(told!(
                "formats-uses-projection-not-known-here",
                "uses the projection `{method}`, which is not known here",
                method = method
            ));
        }
    }
    let value = |names: &[&str]| {
        conversion.children.iter().find_map(|child| {
            let is_parameter = child.keyword == "PARAMETER"
                && child.texts.first().is_some_and(|name| names.contains(&simple(name).as_str()));
            is_parameter.then(|| child.numbers.first().copied()).flatten()
        })
    };
    let origin = value(&["latitudeoforigin", "latitudeofnaturalorigin"]).unwrap_or(0.0);
    if origin.abs() > 1e-9 {
        return Err(told!("formats-origin-not-on-equator", "has an origin that is not on the equator"));
    }
    Ok(Projection::TransverseMercator(TransverseMercator {
        central_meridian: value(&["centralmeridian", "longitudeofnaturalorigin", "longitudeoforigin"])
            .ok_or_else(|| told!("formats-no-central-meridian", "has no central meridian"))?,
        scale: value(&["scalefactor", "scalefactoratnaturalorigin"]).unwrap_or(1.0),
        false_easting: value(&["falseeasting"]).unwrap_or(0.0),
        false_northing: value(&["falsenorthing"]).unwrap_or(0.0),
    }))
}

impl Node {
    fn child(&self, keywords: &[&str]) -> Option<&Node> {
        self.children.iter().find(|child| keywords.contains(&child.keyword.as_str()))
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn word(&mut self) -> String {
        self.peek();
        let start = self.at;
        while self
            .text
            .get(self.at)
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    fn node(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut node = Node { keyword: self.word().to_ascii_uppercase(), ..Node::default() };
        if node.keyword.is_empty() || !matches!(self.peek(), Some(b'[' | b'(')) {
            return None;
        }
        self.at += 1;
        loop {
            match self.peek()? {
                b']' | b')' => {
                    self.at += 1;
                    return Some(node);
                }
                b',' => self.at += 1,
                b'"' => node.texts.push(self.quoted()?),
                byte if byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.') => {
                    node.numbers.push(self.word().parse().ok()?);
                }
                byte if byte.is_ascii_alphabetic() => {
                    let start = self.at;
                    self.word();
                    // A bare word, such as the direction of an axis, says nothing here.
                    if matches!(self.peek(), Some(b'[' | b'(')) {
                        self.at = start;
                        node.children.push(self.node(depth + 1)?);
                    }
                }
                _ => return None,
            }
        }
    }

    fn quoted(&mut self) -> Option<String> {
        self.at += 1;
        let start = self.at;
        while *self.text.get(self.at)? != b'"' {
            self.at += 1;
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]).into_owned();
        self.at += 1;
        Some(text)
    }
}
