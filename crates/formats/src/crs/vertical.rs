//! Heights: their systems are kept as they came, and none is turned into another.

use wording::told;

use crate::Error;

/// Metres to add to a height when it goes from one vertical system to another, by EPSG codes.
///
/// EPSG knows no operation between Hà Tiên 1960 (5726) and Hòn Dấu 1992 (5727), nor from either to
/// the ellipsoid here, and software that is asked for one answers with the same number, which is
/// wrong by decimetres. So only a system and itself agree.
pub fn vertical_shift(from: u32, to: u32) -> Result<f64, Error> {
    if from == to {
        return Ok(0.0);
    }
    Err(Error::invalid(
        "no_vertical_operation",
        told!(
            "formats-no-transformation-heights-from-epsg-epsg-known",
            "no transformation of heights from EPSG:{from} to EPSG:{to} is known",
            from = from,
            to = to
        ),
        told!(
            "formats-keep-heights-system-they-were-measured-name",
            "keep the heights in the system in which they were measured, and name it as the `datum`"
        ),
    ))
}
