//! The coordinate systems that requests name, with the order of their axes.

use formats::crs::Crs;
use model::Bbox;
use standards::ogc::EDR_SYSTEMS;

use crate::http::{Answer, Problem, params};

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// The system of positions.
#[derive(Debug, Clone)]
pub(crate) struct System {
    pub(crate) crs: Crs,
    /// Its URI.
    pub(crate) uri: String,
    /// Whether latitude comes first in coordinates.
    pub(crate) is_swapped: bool,
}

impl System {
    /// The system that `crs` names, one of those that EDR offers; CRS84 without one.
    pub(crate) fn of(text: Option<&str>) -> Answer<System> {
        let system = System::known("crs", text)?;
        let is_offered = EDR_SYSTEMS.iter().any(|offered| {
            system.uri == CRS84 || offered.crs.strip_prefix("EPSG:") == system.uri.rsplit('/').next()
        });
        if is_offered {
            return Ok(system);
        }
        let all: Vec<&str> = EDR_SYSTEMS.iter().map(|system| system.crs).collect();
        let why = format!("`{}` is not offered: write one of {}", system.crs, all.join(", "));
        Err(Problem::parameter("crs", why))
    }

    /// The system that a parameter names; CRS84 without one.
    pub(crate) fn known(parameter: &str, text: Option<&str>) -> Answer<System> {
        let trim = |text: &str| text.trim_matches(['[', ']', '<', '>']).to_owned();
        let text = text.map(trim);
        let bare = text.as_deref().filter(|text| !["CRS84", "OGC:CRS84", CRS84].contains(text));
        let Some(text) = bare else {
            return Ok(System { crs: Crs::wgs84(), uri: CRS84.to_owned(), is_swapped: false });
        };
        let code = [
            "EPSG:",
            "epsg:",
            "http://www.opengis.net/def/crs/EPSG/0/",
            "https://www.opengis.net/def/crs/EPSG/0/",
            "urn:ogc:def:crs:EPSG::",
        ]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .and_then(|code| code.parse::<u32>().ok());
        let known = code.and_then(Crs::epsg).filter(|crs| crs.transform().is_ok());
        let Some((crs, code)) = known.zip(code) else {
            let shown: String = text.chars().take(80).collect();
            let why =
                format!("`{shown}` is not offered: write `CRS84`, `EPSG:4326`, `EPSG:3857` or `EPSG:32648`");
            return Err(Problem::parameter(parameter, why));
        };
        let is_swapped = crs.is_geographic();
        Ok(System { crs, uri: format!("http://www.opengis.net/def/crs/EPSG/0/{code}"), is_swapped })
    }

    /// Longitude and latitude of two coordinates in the order of the system's axes.
    pub(crate) fn to_wgs84(&self, x: f64, y: f64, parameter: &str) -> Answer<[f64; 2]> {
        let (x, y) = if self.is_swapped { (y, x) } else { (x, y) };
        let transform = self.crs.transform().map_err(|error| Problem::parameter("crs", error))?;
        let (lon, lat) = transform.to_wgs84(x, y);
        if lon.is_finite() && lat.is_finite() && lon.abs() <= 180.0 && lat.abs() <= 90.0 {
            return Ok([lon, lat]);
        }
        Err(Problem::parameter(parameter, format!("the position `{x} {y}` is outside the world")))
    }

    /// A position as the system has it: easting and northing, or longitude and latitude.
    pub(crate) fn carry(&self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        let Ok(transform) = self.crs.transform() else { return [lon, lat] };
        let (x, y) = transform.from_wgs84(lon, lat);
        [x, y]
    }

    /// The edges of a box in the system, eastings first whatever the order of its axes.
    pub(crate) fn edges(&self, text: &str) -> Answer<[f64; 4]> {
        if self.uri == CRS84 {
            let bbox = params::bbox(text)?;
            return Ok([bbox.west, bbox.south, bbox.east, bbox.north]);
        }
        let numbers: Option<Vec<f64>> =
            text.split(',').map(|part| part.trim().parse().ok().filter(|n: &f64| n.is_finite())).collect();
        let Some([a, b, c, d]) = numbers.as_deref() else {
            return Err(Problem::parameter("bbox", "write four numbers in the order of the system's axes"));
        };
        let edges = if self.is_swapped { [*b, *a, *d, *c] } else { [*a, *b, *c, *d] };
        if edges[0] > edges[2] || edges[1] > edges[3] {
            return Err(Problem::parameter(
                "bbox",
                format!("`{text}` is not a box: the smaller numbers come first"),
            ));
        }
        Ok(edges)
    }

    /// The box in longitude and latitude around edges in the system.
    pub(crate) fn bbox(&self, [west, south, east, north]: [f64; 4]) -> Answer<Bbox> {
        let mut around: Option<Bbox> = None;
        for step in 0..=8 {
            let share = f64::from(step) / 8.0;
            let (x, y) = (west + (east - west) * share, south + (north - south) * share);
            for (x, y) in [(x, south), (x, north), (west, y), (east, y)] {
                let (x, y) = if self.is_swapped { (y, x) } else { (x, y) };
                let [lon, lat] = self.to_wgs84(x, y, "bbox")?;
                let point = Bbox { west: lon, south: lat, east: lon, north: lat };
                around = Some(around.map_or(point, |known| known.union(&point)));
            }
        }
        around.ok_or_else(|| Problem::parameter("bbox", "the box is nowhere on the globe"))
    }
}
