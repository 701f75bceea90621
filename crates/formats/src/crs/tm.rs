//! The transverse Mercator projection, exact to far below a millimetre within its zones.
//!
//! Krüger's series in the third flattening up to n⁶ (C. F. F. Karney, Transverse Mercator with an
//! accuracy of a few nanometers, J. Geodesy 85, 2011, equations 35 and 36).

/// A transverse Mercator projection with its origin on the equator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransverseMercator {
    /// Degrees east.
    pub central_meridian: f64,
    /// The scale on the central meridian.
    pub scale: f64,
    /// Metres added to eastings.
    pub false_easting: f64,
    /// Metres added to northings.
    pub false_northing: f64,
}

/// The ellipsoid that VN-2000 and WGS 84 have in common.
pub(super) const SEMI_MAJOR: f64 = 6_378_137.0;
/// Its flattening.
pub(super) const FLATTENING: f64 = 1.0 / 298.257_223_563;

const N: f64 = FLATTENING / (2.0 - FLATTENING);

/// The sum of `coefficients[k] × n^(k+from)`.
fn series(from: i32, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * N + c) * N.powi(from)
}

fn alpha() -> [f64; 6] {
    [
        series(1, &[1.0 / 2.0, -2.0 / 3.0, 5.0 / 16.0, 41.0 / 180.0, -127.0 / 288.0, 7891.0 / 37800.0]),
        series(2, &[13.0 / 48.0, -3.0 / 5.0, 557.0 / 1440.0, 281.0 / 630.0, -1_983_433.0 / 1_935_360.0]),
        series(3, &[61.0 / 240.0, -103.0 / 140.0, 15061.0 / 26880.0, 167_603.0 / 181_440.0]),
        series(4, &[49561.0 / 161_280.0, -179.0 / 168.0, 6_601_661.0 / 7_257_600.0]),
        series(5, &[34729.0 / 80640.0, -3_418_889.0 / 1_995_840.0]),
        series(6, &[212_378_941.0 / 319_334_400.0]),
    ]
}

fn beta() -> [f64; 6] {
    [
        series(1, &[1.0 / 2.0, -2.0 / 3.0, 37.0 / 96.0, -1.0 / 360.0, -81.0 / 512.0, 96199.0 / 604_800.0]),
        series(2, &[1.0 / 48.0, 1.0 / 15.0, -437.0 / 1440.0, 46.0 / 105.0, -1_118_711.0 / 3_870_720.0]),
        series(3, &[17.0 / 480.0, -37.0 / 840.0, -209.0 / 4480.0, 5569.0 / 90720.0]),
        series(4, &[4397.0 / 161_280.0, -11.0 / 504.0, -830_251.0 / 7_257_600.0]),
        series(5, &[4583.0 / 161_280.0, -108_847.0 / 3_991_680.0]),
        series(6, &[20_648_693.0 / 638_668_800.0]),
    ]
}

/// The radius of the sphere on which a meridian is as long as on the ellipsoid.
fn rectifying_radius() -> f64 {
    SEMI_MAJOR / (1.0 + N) * (1.0 + N.powi(2) / 4.0 + N.powi(4) / 64.0 + N.powi(6) / 256.0)
}

fn eccentricity() -> f64 {
    (FLATTENING * (2.0 - FLATTENING)).sqrt()
}

/// The tangent of the conformal latitude.
fn conformal(tau: f64) -> f64 {
    let e = eccentricity();
    let sigma = (e * (e * tau / tau.hypot(1.0)).atanh()).sinh();
    tau * sigma.hypot(1.0) - sigma * tau.hypot(1.0)
}

/// The series, made once for many positions.
#[derive(Debug, Clone)]
pub(super) struct Projector {
    tm: TransverseMercator,
    alpha: [f64; 6],
    beta: [f64; 6],
    radius: f64,
}

impl Projector {
    pub(super) fn new(tm: TransverseMercator) -> Projector {
        Projector { tm, alpha: alpha(), beta: beta(), radius: rectifying_radius() }
    }

    /// Degrees east and north to easting and northing.
    pub(super) fn forward(&self, lon: f64, lat: f64) -> (f64, f64) {
        let lambda = (lon - self.tm.central_meridian).to_radians();
        let tau = conformal(lat.to_radians().tan());
        let xi = tau.atan2(lambda.cos());
        let eta = (lambda.sin() / tau.hypot(lambda.cos())).asinh();
        let (mut x, mut y) = (eta, xi);
        for (index, a) in self.alpha.iter().enumerate() {
            let k = 2.0 * (index as f64 + 1.0);
            y += a * (k * xi).sin() * (k * eta).cosh();
            x += a * (k * xi).cos() * (k * eta).sinh();
        }
        let scale = self.tm.scale * self.radius;
        (self.tm.false_easting + scale * x, self.tm.false_northing + scale * y)
    }

    /// Easting and northing to degrees east and north.
    pub(super) fn inverse(&self, easting: f64, northing: f64) -> (f64, f64) {
        let scale = self.tm.scale * self.radius;
        let (eta0, xi0) =
            ((easting - self.tm.false_easting) / scale, (northing - self.tm.false_northing) / scale);
        let (mut xi, mut eta) = (xi0, eta0);
        for (index, b) in self.beta.iter().enumerate() {
            let k = 2.0 * (index as f64 + 1.0);
            xi -= b * (k * xi0).sin() * (k * eta0).cosh();
            eta -= b * (k * xi0).cos() * (k * eta0).sinh();
        }
        let wanted = xi.sin() / eta.sinh().hypot(xi.cos());
        let lambda = eta.sinh().atan2(xi.cos());
        let e2 = eccentricity().powi(2);
        let mut tau = wanted;
        // Newton's steps; three are enough anywhere on the globe.
        for _ in 0..6 {
            let found = conformal(tau);
            let step = (wanted - found) / found.hypot(1.0) * (1.0 + (1.0 - e2) * tau * tau)
                / ((1.0 - e2) * tau.hypot(1.0));
            tau += step;
            if step.abs() <= 1e-15 * tau.abs().max(1.0) {
                break;
            }
        }
        (self.tm.central_meridian + lambda.to_degrees(), tau.atan().to_degrees())
    }
}
