//! The coordinate systems that requests and answers may be in, with the order of their axes (18-058r1,
//! 19-079r2 `filter-crs`, 19-086r6 `crs`): data are kept in longitude and latitude of WGS 84, and led to
//! others by the operations of `reference/crs_operations.csv`.

use formats::crs::{Crs, Transform};
use model::Bbox;
use standards::ogc::{CRS84, EDR_SYSTEMS};
use wording::told;

use super::{Answer, Problem, params};

/// The systems that features are offered in, the one that data are kept in first.
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
    uri: String,
    crs: Crs,
    transform: Option<Transform>,
    northing_first: bool,
}

impl System {
    /// The system that data are kept in.
    pub fn stored() -> System {
        System { uri: CRS84.to_owned(), crs: Crs::wgs84(), transform: None, northing_first: false }
    }

    /// A system that features are offered in.
    pub fn parse(parameter: &str, text: &str) -> Answer<System> {
        let offered: Vec<String> = OFFERED.iter().map(|uri| short(uri)).collect();
        System::among(parameter, text, offered.iter().map(String::as_str))
    }

    /// The system of a query of EDR; the stored one without a name.
    pub fn of_query(text: Option<&str>) -> Answer<System> {
        let offered = EDR_SYSTEMS.iter().map(|system| system.crs);
        text.map_or(Ok(System::stored()), |text| System::among("crs", text, offered))
    }

    /// Any system that positions can be led to and from; the stored one without a name.
    pub fn known(parameter: &str, text: Option<&str>) -> Answer<System> {
        let Some(text) = text else { return Ok(System::stored()) };
        let example = ["CRS84", "EPSG:4326", "EPSG:3857", "EPSG:32648"].into_iter();
        System::named(text).ok_or_else(|| refusal(parameter, text, example))
    }

    fn among<'o>(
        parameter: &str,
        text: &str,
        offered: impl Iterator<Item = &'o str> + Clone,
    ) -> Answer<System> {
        let system = System::named(text).filter(|system| {
            let name = short(&system.uri);
            offered.clone().any(|offered| offered == name || (offered == "CRS84" && system.is_stored()))
        });
        system.ok_or_else(|| refusal(parameter, text, offered))
    }

    /// Reads a URI; `EPSG:9209`, `[EPSG:9209]` and URNs are understood too.
    fn named(text: &str) -> Option<System> {
        let name = text.trim().trim_matches(['[', ']', '<', '>']);
        if ["CRS84", "OGC:CRS84", CRS84, "urn:ogc:def:crs:OGC:1.3:CRS84"].contains(&name) {
            return Some(System::stored());
        }
        let code: u32 = [
            "EPSG:",
            "epsg:",
            "http://www.opengis.net/def/crs/EPSG/0/",
            "https://www.opengis.net/def/crs/EPSG/0/",
            "urn:ogc:def:crs:EPSG::",
        ]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix)?.parse().ok())?;
        let crs = Crs::epsg(code)?;
        let transform = if crs.is_stored() { None } else { Some(crs.transform().ok()?) };
        // The registry has the axes of geographic systems in the order latitude, longitude.
        let northing_first = crs.is_geographic();
        let uri = format!("http://www.opengis.net/def/crs/EPSG/0/{code}");
        Some(System { uri, crs, transform, northing_first })
    }

    /// Its URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Its short name, as mappings write it.
    pub fn code(&self) -> String {
        self.crs.code()
    }

    /// The system without the order of its axes.
    pub fn crs(&self) -> &Crs {
        &self.crs
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

    /// Longitude and latitude as easting and northing, whatever the order of the axes.
    pub fn east_north(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let Some(transform) = &self.transform else { return [lon, lat] };
        let (x, y) = transform.from_wgs84(lon, lat);
        [x, y]
    }

    /// Longitude and latitude as coordinates of the system, in its order of axes, to a tenth of a millimetre.
    pub fn of_stored(&self, position: [f64; 2]) -> [f64; 2] {
        let [x, y] = match self.transform {
            None => position,
            Some(_) => {
                let steps = if self.crs.is_geographic() { 1e9 } else { 1e4 };
                self.east_north(position).map(|number| (number * steps).round() / steps)
            }
        };
        if self.northing_first { [y, x] } else { [x, y] }
    }

    /// Coordinates of the system, in its order of axes, as longitude and latitude.
    pub fn to_stored(&self, [first, second]: [f64; 2]) -> [f64; 2] {
        let (x, y) = if self.northing_first { (second, first) } else { (first, second) };
        let Some(transform) = &self.transform else { return [x, y] };
        let (lon, lat) = transform.to_wgs84(x, y);
        [lon, lat]
    }

    /// As [`System::to_stored`], of a position that a parameter names: one on the globe.
    pub fn position(&self, parameter: &str, [first, second]: [f64; 2]) -> Answer<[f64; 2]> {
        let [lon, lat] = self.to_stored([first, second]);
        if lon.is_finite() && lat.is_finite() && lon.abs() <= 180.0 && lat.abs() <= 90.0 {
            return Ok([lon, lat]);
        }
        Err(Problem::parameter(
            parameter,
            told!(
                "serve-position-outside-world",
                "the position `{first} {second}` is outside the world",
                first = first,
                second = second
            ),
        ))
    }

    /// The edges of a box in the system, eastings first whatever the order of its axes.
    pub fn edges(&self, text: &str) -> Answer<[f64; 4]> {
        if self.is_stored() {
            let bbox = params::bbox(text)?;
            return Ok([bbox.west, bbox.south, bbox.east, bbox.north]);
        }
        let numbers: Option<Vec<f64>> =
            text.split(',').map(|part| part.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
        let Some([a, b, c, d]) = numbers.as_deref() else {
            return Err(Problem::parameter(
                "bbox",
                told!(
                    "serve-write-four-numbers-order-system-axes",
                    "write four numbers in the order of the system's axes"
                ),
            ));
        };
        let edges = if self.northing_first { [*b, *a, *d, *c] } else { [*a, *b, *c, *d] };
        if edges[0] > edges[2] || edges[1] > edges[3] {
            let why = told!(
                "serve-not-box-smaller-numbers-come-first",
                "`{text}` is not a box: the smaller numbers come first",
                text = text
            );
            return Err(Problem::parameter("bbox", why));
        }
        Ok(edges)
    }

    /// The box in longitude and latitude around edges in the system.
    pub fn bbox(&self, [west, south, east, north]: [f64; 4]) -> Answer<Bbox> {
        let mut around: Option<Bbox> = None;
        for step in 0..=8 {
            let share = f64::from(step) / 8.0;
            let (x, y) = (west + (east - west) * share, south + (north - south) * share);
            for (x, y) in [(x, south), (x, north), (west, y), (east, y)] {
                let [lon, lat] = self.position("bbox", if self.northing_first { [y, x] } else { [x, y] })?;
                let point = Bbox { west: lon, south: lat, east: lon, north: lat };
                around = Some(around.map_or(point, |known| known.union(&point)));
            }
        }
        around.ok_or_else(|| {
            Problem::parameter("bbox", told!("serve-box-nowhere-on-globe", "the box is nowhere on the globe"))
        })
    }
}

fn refusal<'o>(parameter: &str, text: &str, offered: impl Iterator<Item = &'o str>) -> Problem {
    let shown: String = text.trim().chars().take(80).collect();
    let offered: Vec<&str> = offered.collect();
    Problem::parameter(
        parameter,
        told!(
            "serve-not-offered-write-one",
            "`{shown}` is not offered: write one of {offered}",
            shown = shown,
            offered = offered.join(", ")
        ),
    )
}

fn short(uri: &str) -> String {
    if uri == CRS84 {
        return "OGC:CRS84".to_owned();
    }
    format!("EPSG:{}", uri.rsplit('/').next().unwrap_or(uri))
}
