//! Positions and boxes in longitude and latitude, WGS 84.

/// A position: degrees east and north, WGS 84 (OGC CRS84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    /// Degrees east.
    pub lon: f64,
    /// Degrees north.
    pub lat: f64,
}

/// The mean radius of the Earth (IUGG), metres.
pub const EARTH_RADIUS: f64 = 6_371_008.8;

impl Position {
    /// The great-circle distance on a sphere of the Earth's mean radius, metres.
    pub fn distance(self, other: Position) -> f64 {
        let (lat1, lat2) = (self.lat.to_radians(), other.lat.to_radians());
        let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
        let h =
            half(lat1, lat2) + lat1.cos() * lat2.cos() * half(self.lon.to_radians(), other.lon.to_radians());
        2.0 * EARTH_RADIUS * h.sqrt().min(1.0).asin()
    }
}

/// A box in longitude and latitude, edges included. It never crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bbox {
    /// Western edge, degrees.
    pub west: f64,
    /// Southern edge, degrees.
    pub south: f64,
    /// Eastern edge, degrees.
    pub east: f64,
    /// Northern edge, degrees.
    pub north: f64,
}

impl Bbox {
    /// A box with edges in order and on the globe, or `None`.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Option<Bbox> {
        let on_globe = [west, east].iter().all(|v| (-180.0..=180.0).contains(v))
            && [south, north].iter().all(|v| (-90.0..=90.0).contains(v));
        (on_globe && west <= east && south <= north).then_some(Bbox { west, south, east, north })
    }

    /// Whether the two boxes share a point.
    pub fn intersects(&self, other: &Bbox) -> bool {
        self.west <= other.east
            && other.west <= self.east
            && self.south <= other.north
            && other.south <= self.north
    }

    /// Whether the position lies in the box or on its edge.
    pub fn contains(&self, position: Position) -> bool {
        (self.west..=self.east).contains(&position.lon) && (self.south..=self.north).contains(&position.lat)
    }

    /// The smallest box around both.
    pub fn union(&self, other: &Bbox) -> Bbox {
        Bbox {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }
}
