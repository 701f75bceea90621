//! Salinity from conductivity, by the Practical Salinity Scale of 1978.

/// Conductivity of standard seawater at salinity 35, 15 °C and the sea's surface, mS/cm.
const STANDARD: f64 = 42.914;

/// Practical salinities for which the scale is defined.
pub const PSS78_RANGE: [f64; 2] = [2.0, 42.0];

/// The practical salinity of water of a conductivity (mS/cm, not compensated to 25 °C) at a
/// temperature (°C) and the surface; `None` where there is none: no conductivity, or ice or steam.
///
/// N. P. Fofonoff and R. C. Millard, UNESCO Technical Papers in Marine Science 44 (1983), §1. The
/// scale is of temperatures of 1968; those of today's thermometers differ by 0.007 °C at 30 °C.
/// Below salinity 2 the scale is not defined: the number is then an extrapolation.
pub fn salinity_pss78(conductivity: f64, temperature: f64) -> Option<f64> {
    let t = temperature;
    if !(conductivity.is_finite() && conductivity >= 0.0 && (-2.0..=45.0).contains(&t)) {
        return None;
    }
    let polynomial = |factors: &[f64], x: f64| factors.iter().rev().fold(0.0, |sum, factor| sum * x + factor);
    let r_t = polynomial(&[0.676_609_7, 2.005_64e-2, 1.104_259e-4, -6.969_8e-7, 1.003_1e-9], t) * STANDARD;
    let root = (conductivity / r_t).sqrt();
    let at_15 = polynomial(&[0.0080, -0.1692, 25.3851, 14.0941, -7.0261, 2.7081], root);
    let shift = polynomial(&[0.0005, -0.0056, -0.0066, -0.0375, 0.0636, -0.0144], root);
    let salinity = at_15 + (t - 15.0) / (1.0 + 0.0162 * (t - 15.0)) * shift;
    Some(salinity.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::salinity_pss78;

    #[test]
    fn salinity_agrees_with_the_scales_own_example_and_with_river_water() {
        for (conductivity, temperature, expected) in
            [(42.914, 15.0, 35.0), (10.0, 28.0, 5.2798), (7.0, 28.0, 3.6015), (2.0, 28.0, 0.9551)]
        {
            let got = salinity_pss78(conductivity, temperature).unwrap();
            assert!((got - expected).abs() < 1e-4, "{conductivity} mS/cm at {temperature}: {got}");
        }
        assert_eq!(salinity_pss78(-1.0, 20.0), None);
        assert_eq!(salinity_pss78(1.0, 99.0), None);
    }
}
