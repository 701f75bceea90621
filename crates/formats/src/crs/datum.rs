//! From one datum to another: geographic to geocentric, seven parameters, and back.

use super::tm::{FLATTENING, SEMI_MAJOR};

/// Seven parameters in the coordinate-frame convention (EPSG method 9607).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SevenParameters {
    /// Metres.
    pub translation: [f64; 3],
    /// Seconds of arc.
    pub rotation: [f64; 3],
    /// Parts per million.
    pub scale_ppm: f64,
}

impl SevenParameters {
    /// From the source datum to the target datum, heights on the source's ellipsoid being zero.
    pub(super) fn forward(&self, lon: f64, lat: f64) -> (f64, f64) {
        let [x, y, z] = geocentric(lon, lat);
        let [rx, ry, rz] = self.radians();
        let scale = 1.0 + self.scale_ppm * 1e-6;
        geographic([
            self.translation[0] + scale * (x + rz * y - ry * z),
            self.translation[1] + scale * (-rz * x + y + rx * z),
            self.translation[2] + scale * (ry * x - rx * y + z),
        ])
    }

    /// From the target datum back to the source datum.
    pub(super) fn inverse(&self, lon: f64, lat: f64) -> (f64, f64) {
        let position = geocentric(lon, lat);
        let [rx, ry, rz] = self.radians();
        let scale = 1.0 + self.scale_ppm * 1e-6;
        let [x, y, z] = [0, 1, 2].map(|axis| (position[axis] - self.translation[axis]) / scale);
        // The transposed matrix: what it differs by from the inverse is 10⁻¹⁴ of the radius.
        geographic([x - rz * y + ry * z, rz * x + y - rx * z, -ry * x + rx * y + z])
    }

    fn radians(&self) -> [f64; 3] {
        self.rotation.map(|seconds| (seconds / 3600.0).to_radians())
    }
}

const E2: f64 = FLATTENING * (2.0 - FLATTENING);

fn geocentric(lon: f64, lat: f64) -> [f64; 3] {
    let (lon, lat) = (lon.to_radians(), lat.to_radians());
    let radius = SEMI_MAJOR / (1.0 - E2 * lat.sin().powi(2)).sqrt();
    [radius * lat.cos() * lon.cos(), radius * lat.cos() * lon.sin(), radius * (1.0 - E2) * lat.sin()]
}

/// The longitude and the latitude of a geocentric position near the ellipsoid; its height is left.
fn geographic([x, y, z]: [f64; 3]) -> (f64, f64) {
    let across = x.hypot(y);
    let mut lat = z.atan2(across * (1.0 - E2));
    for _ in 0..5 {
        let radius = SEMI_MAJOR / (1.0 - E2 * lat.sin().powi(2)).sqrt();
        lat = (z + E2 * radius * lat.sin()).atan2(across);
    }
    (y.atan2(x).to_degrees(), lat.to_degrees())
}
