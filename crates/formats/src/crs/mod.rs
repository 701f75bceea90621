//! Coordinate reference systems of the delta: what a file says of its own, and the way from there
//! to longitude and latitude in WGS 84.
//!
//! VN-2000 and WGS 84 share an ellipsoid and lie 225 m apart, so every transformation here is
//! pinned to one operation, which is data in `reference/crs_operations.csv` and is named in
//! [`Crs::operation`]. A system without an operation that is valid in the delta is known by name
//! and refused. Heights are not transformed.

mod angle;
mod datum;
mod fit;
mod list;
mod near;
mod tm;
mod vertical;
mod wkt;
mod words;

use std::fmt;

use model::Bbox;

use crate::Error;

pub use angle::{Angle, AngleForm, parse_angle, unpack_angle};
pub use datum::SevenParameters;
pub(crate) use fit::NoPosition;
pub use fit::{Fit, Judgement, Sample, beyond_region, candidates, judge, region, zones_of};
pub use list::{Outline, outlines};
pub use near::far_from_place;
pub use tm::TransverseMercator;
pub use vertical::vertical_shift;
use wording::{Told, told};

/// Where coordinates are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Datum {
    /// WGS 84.
    Wgs84,
    /// VN-2000.
    Vn2000,
    /// Indian 1960, of maps of the South before 1975.
    Indian1960,
    /// Hanoi 1972, of maps from 1975 to 2000.
    Hanoi1972,
}

/// How longitude and latitude become plane coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Projection {
    /// They do not: the coordinates are degrees.
    None,
    /// Transverse Mercator.
    TransverseMercator(TransverseMercator),
    /// The square map of web pages (EPSG:3857).
    WebMercator,
}

/// An operation from one datum to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its EPSG code.
    pub epsg: Option<u32>,
    /// Its name.
    pub name: String,
    /// Metres.
    pub accuracy_m: f64,
    /// Where its parameters come from.
    pub source: String,
    /// Its parameters; none when nothing has to be done.
    pub parameters: Option<SevenParameters>,
}

impl Operation {
    /// Its code, its name and how exact it is.
    pub fn told(&self) -> Told {
        match self.epsg {
            Some(code) => told!(
                "formats-crs-operation",
                "EPSG:{code} ({name}), accuracy {metres} m",
                code = code,
                name = self.name,
                metres = self.accuracy_m
            ),
            None => Told::words(self.name.clone()),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.told(), f)
    }
}

/// A coordinate reference system.
#[derive(Debug, Clone, PartialEq)]
pub struct Crs {
    /// Its EPSG code, where it has one.
    pub epsg: Option<u32>,
    /// Its name.
    pub name: String,
    /// Its datum.
    pub datum: Datum,
    /// Its projection.
    pub projection: Projection,
    /// Where it is used, where that is known.
    pub area: Option<Bbox>,
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.epsg {
            Some(code) => write!(f, "EPSG:{code} ({})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Crs {
    fn new(epsg: Option<u32>, name: String, datum: Datum, projection: Projection, area: Option<Bbox>) -> Crs {
        Crs { epsg, name, datum, projection, area }
    }

    /// The system of an EPSG code, if it is one of those that are met here.
    pub fn epsg(code: u32) -> Option<Crs> {
        list::systems().iter().find(|crs| crs.epsg == Some(code)).cloned()
    }

    /// Longitude and latitude in WGS 84: what everything is stored in.
    pub fn wgs84() -> Crs {
        let area = Bbox::new(-180.0, -90.0, 180.0, 90.0);
        Crs::new(Some(4326), "WGS 84".into(), Datum::Wgs84, Projection::None, area)
    }

    /// Understands what a file or a person writes: `EPSG:9209`, a URN or URL of it, `CRS84`, WKT in
    /// any of its dialects, MapInfo's `CoordSys`, or words such as `VN2000 KTT 105°30' múi 3`.
    pub fn parse(text: &str) -> Result<Crs, Error> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
        if text.is_empty() || text.len() > MAX_TEXT {
            return Err(unknown(text));
        }
        if let Some(code) = words::code(text) {
            return match code {
                words::Code::Crs84 => Ok(Crs::wgs84()),
                words::Code::Epsg(code) => Crs::epsg(code).ok_or_else(|| {
                    Error::invalid(
                        "unknown_crs",
                        told!("formats-epsg-none-systems-known-here", "EPSG:{code} is none of the systems that are known here", code = code),
                        told!("formats-transform-layer-wgs-84-epsg-4326-first", "transform the layer to WGS 84 (EPSG:4326) first, or name one of VN-2000's (EPSG:3405, 5896 to 5899, 9205 to 9218), UTM 48N (EPSG:32648) or EPSG:4326"),
                    )
                }),
            };
        }
        if let Some(crs) = words::map_info(text) {
            return crs;
        }
        if text.contains('[') || text.contains('(') && text.contains('"') {
            return wkt::parse(text);
        }
        if let Some(meridian) = words::no_such_zone(text) {
            return Err(Error::invalid(
                "no_such_zone",
                told!(
                    "formats-no-zone-of-six-degrees",
                    "`{text}`: zones of six degrees have the meridians 105° and 111°, and none has {meridian}°",
                    text = text.chars().take(80).collect::<String>(),
                    meridian = meridian
                ),
                told!(
                    "formats-write-crs-epsg-9209-another-code-under",
                    "write `crs = \"EPSG:9209\"` (or another code) under `[source]` in the mapping"
                ),
            ));
        }
        words::spoken(text).ok_or_else(|| unknown(text))
    }

    /// Understands PROJJSON, as GeoParquet carries it: by its identifier.
    pub fn from_projjson(value: &serde_json::Value) -> Result<Crs, Error> {
        let id = value.get("id").or_else(|| value.pointer("/components/0/id"));
        let code = id.and_then(|id| id.get("code")).and_then(|code| {
            code.as_u64()
                .and_then(|code| u32::try_from(code).ok())
                .map(words::Code::Epsg)
                .or_else(|| code.as_str().and_then(words::code))
        });
        let name = value.get("name").and_then(|name| name.as_str()).unwrap_or("PROJJSON without a name");
        match code {
            Some(words::Code::Crs84) => Ok(Crs::wgs84()),
            Some(words::Code::Epsg(code)) => Crs::parse(&format!("EPSG:{code}")),
            None => words::spoken(name).ok_or_else(|| unknown(name)),
        }
    }

    /// Whether its coordinates are degrees.
    pub fn is_geographic(&self) -> bool {
        self.projection == Projection::None
    }

    /// Whether its coordinates are what is stored: nothing has to be done.
    pub fn is_stored(&self) -> bool {
        self.is_geographic() && self.datum == Datum::Wgs84
    }

    /// How it is written in a mapping, from where [`Crs::parse`] reads it.
    pub fn code(&self) -> String {
        let datum = match self.datum {
            Datum::Wgs84 => "WGS84",
            Datum::Vn2000 => "VN-2000",
            Datum::Indian1960 => "Indian 1960",
            Datum::Hanoi1972 => "Hanoi 1972",
        };
        match (self.epsg, self.projection) {
            (Some(code), _) => format!("EPSG:{code}"),
            (None, Projection::TransverseMercator(tm)) => {
                let zone = match (tm.scale - 0.9996).abs() < 1e-9 {
                    true if (tm.central_meridian - 105.0) % 6.0 == 0.0 => "múi 6",
                    true => words::BY_SCALE,
                    false => "múi 3",
                };
                format!("{datum} KTT {} {zone}", tm.central_meridian)
            }
            (None, _) => datum.to_owned(),
        }
    }

    /// Whether a text in a mapping is read as this system, with these parameters.
    pub fn is_written_as(&self, code: &str) -> bool {
        Crs::parse(code)
            .is_ok_and(|read| read.datum == self.datum && same_projection(&read.projection, &self.projection))
    }

    /// The way from its datum to WGS 84.
    pub fn operation(&self) -> Result<&'static Operation, Error> {
        list::operations().iter().find(|(from, _)| *from == self.datum).map(|(_, operation)| operation).ok_or_else(
            || {
                Error::invalid(
                    "no_operation",
                    told!("formats-no-transformation-from-wgs-84-valid-delta", "no transformation from {crs} to WGS 84 is valid in the delta", crs = self),
                    told!("formats-have-layer-transformed-vn-2000-whoever-knows", "have the layer transformed to VN-2000 by whoever knows its control points, and hand that in"),
                )
            },
        )
    }

    /// The way from its coordinates to longitude and latitude in WGS 84.
    pub fn transform(&self) -> Result<Transform, Error> {
        let projector = match self.projection {
            Projection::TransverseMercator(tm) => Some(tm::Projector::new(tm)),
            _ => None,
        };
        Ok(Transform { projection: self.projection, projector, operation: self.operation()? })
    }

    /// The same system as the list has it, if it is there under another name.
    fn listed(self) -> Crs {
        let same = list::systems()
            .iter()
            .find(|other| other.datum == self.datum && same_projection(&other.projection, &self.projection));
        same.cloned().unwrap_or(self)
    }
}

/// The longest text that is looked at.
const MAX_TEXT: usize = 64 * 1024;

fn unknown(text: &str) -> Error {
    Error::invalid(
        "unknown_crs",
        told!(
            "formats-names-no-coordinate-system-known-here",
            "`{text}` names no coordinate system that is known here",
            text = text.chars().take(80).collect::<String>()
        ),
        told!(
            "formats-write-crs-epsg-9209-another-code-under",
            "write `crs = \"EPSG:9209\"` (or another code) under `[source]` in the mapping"
        ),
    )
}

fn same_projection(a: &Projection, b: &Projection) -> bool {
    match (a, b) {
        (Projection::TransverseMercator(a), Projection::TransverseMercator(b)) => {
            (a.central_meridian - b.central_meridian).abs() < 1e-7
                && (a.scale - b.scale).abs() < 1e-9
                && (a.false_easting - b.false_easting).abs() < 1e-3
                && (a.false_northing - b.false_northing).abs() < 1e-3
        }
        (a, b) => a == b,
    }
}

/// The way from a system's coordinates to WGS 84, ready for many positions.
#[derive(Debug, Clone)]
pub struct Transform {
    projection: Projection,
    projector: Option<tm::Projector>,
    operation: &'static Operation,
}

impl Transform {
    /// The operation between the datums.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Degrees east and north in WGS 84 of plane coordinates (easting, northing), or of degrees
    /// (east, north) in the system's own datum.
    pub fn to_wgs84(&self, x: f64, y: f64) -> (f64, f64) {
        let (lon, lat) = match (&self.projection, &self.projector) {
            (_, Some(projector)) => projector.inverse(x, y),
            (Projection::WebMercator, _) => {
                ((x / tm::SEMI_MAJOR).to_degrees(), (y / tm::SEMI_MAJOR).sinh().atan().to_degrees())
            }
            _ => (x, y),
        };
        self.operation.parameters.map_or((lon, lat), |parameters| parameters.forward(lon, lat))
    }

    /// The other way: plane coordinates, or degrees in the system's datum, of degrees in WGS 84.
    pub fn from_wgs84(&self, lon: f64, lat: f64) -> (f64, f64) {
        let (lon, lat) =
            self.operation.parameters.map_or((lon, lat), |parameters| parameters.inverse(lon, lat));
        match (&self.projection, &self.projector) {
            (_, Some(projector)) => projector.forward(lon, lat),
            (Projection::WebMercator, _) => {
                (lon.to_radians() * tm::SEMI_MAJOR, lat.to_radians().tan().asinh() * tm::SEMI_MAJOR)
            }
            _ => (lon, lat),
        }
    }
}
