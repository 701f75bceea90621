//! The coordinate systems that requests and answers may be in (18-058r1, 19-079r2 `filter-crs`):
//! data are kept in longitude and latitude of WGS 84, and led to others by the operations of
//! `reference/crs_operations.csv`.

use formats::crs::{Crs, Transform};
use standards::ogc::CRS84;

use super::{Answer, Problem};

/// The systems that are offered, the one that data are kept in first.
pub const OFFERED: [&str; 11] = [
    CRS84,
    "http://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/def/crs/EPSG/0/4756",
    "http://www.opengis.net/def/crs/EPSG/0/3405",
    "http://www.opengis.net/def/crs/EPSG/0/5897",
    "http://www.opengis.net/def/crs/EPSG/0/9207",
    "http://www.opengis.net/def/crs/EPSG/0/9208",
    "http://www.opengis.net/def/crs/EPSG/0/9209",
    "http://www.opengis.net/def/crs/EPSG/0/9210",
    "http://www.opengis.net/def/crs/EPSG/0/32648",
    "http://www.opengis.net/def/crs/EPSG/0/3857",
];

/// A coordinate system, ready for many positions.
#[derive(Debug, Clone)]
pub struct System {
    uri: &'static str,
    crs: Crs,
    transform: Option<Transform>,
    northing_first: bool,
}

impl System {
    /// The system that data are kept in.
    pub fn stored() -> System {
        System { uri: CRS84, crs: Crs::wgs84(), transform: None, northing_first: false }
    }

    /// Reads the URI of a system that is offered; `EPSG:9209`, `[EPSG:9209]` and URNs are understood too.
    pub fn parse(parameter: &str, text: &str) -> Answer<System> {
        let name = text.trim().trim_start_matches('[').trim_end_matches(']');
        let uri = OFFERED.into_iter().find(|uri| *uri == name || short(uri) == name || urn(uri) == name);
        let Some(uri) = uri else {
            let shown: String = name.chars().take(80).collect();
            let offered: Vec<String> = OFFERED.iter().map(|uri| short(uri)).collect();
            let why = format!("`{shown}` is not offered: there are {}", offered.join(", "));
            return Err(Problem::parameter(parameter, why));
        };
        if uri == CRS84 {
            return Ok(System::stored());
        }
        let crs = Crs::parse(&short(uri)).map_err(|error| Problem::internal(&error))?;
        let transform = if crs.is_stored() {
            None
        } else {
            Some(crs.transform().map_err(|error| Problem::internal(&error))?)
        };
        // The registry has the axes of geographic systems in the order latitude, longitude.
        let northing_first = crs.is_geographic();
        Ok(System { uri, crs, transform, northing_first })
    }

    /// Its URI.
    pub fn uri(&self) -> &'static str {
        self.uri
    }

    /// Its short name, as mappings write it.
    pub fn code(&self) -> String {
        self.crs.code()
    }

    /// Whether it is the one that data are kept in.
    pub fn is_stored(&self) -> bool {
        self.uri == CRS84
    }

    /// Whether a box of it is a box of longitudes and latitudes in WGS 84.
    pub fn is_wgs84(&self) -> bool {
        self.transform.is_none()
    }

    /// Whether the first axis points north.
    pub fn is_northing_first(&self) -> bool {
        self.northing_first
    }

    /// Longitude and latitude as coordinates of the system, in its order of axes, to a tenth of a millimetre.
    pub fn of_stored(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let Some(transform) = &self.transform else {
            return if self.northing_first { [lat, lon] } else { [lon, lat] };
        };
        let (x, y) = transform.from_wgs84(lon, lat);
        let steps = if self.crs.is_geographic() { 1e9 } else { 1e4 };
        let [x, y] = [x, y].map(|number| (number * steps).round() / steps);
        if self.northing_first { [y, x] } else { [x, y] }
    }

    /// Coordinates of the system as longitude and latitude.
    pub fn to_stored(&self, [first, second]: [f64; 2]) -> [f64; 2] {
        let (x, y) = if self.northing_first { (second, first) } else { (first, second) };
        let Some(transform) = &self.transform else { return [x, y] };
        let (lon, lat) = transform.to_wgs84(x, y);
        [lon, lat]
    }
}

fn code_of(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

fn short(uri: &str) -> String {
    if uri == CRS84 { "OGC:CRS84".to_owned() } else { format!("EPSG:{}", code_of(uri)) }
}

fn urn(uri: &str) -> String {
    if uri == CRS84 {
        "urn:ogc:def:crs:OGC:1.3:CRS84".to_owned()
    } else {
        format!("urn:ogc:def:crs:EPSG::{}", code_of(uri))
    }
}
