//! Where a raster lies: the system that its pixels are in, and whether it lies where it is looked for.

use formats::coverage::RasterInfo;
use formats::crs::Crs;
use model::{Bbox, CellRef, Severity};
use wording::told;

use super::facts::contradicts_kept;
use crate::Error;
use crate::findings::{Findings, Words};
use crate::mapping::Mapping;

/// The system of the pixels: what the mapping says before what the file says.
pub(super) fn system(
    info: &RasterInfo,
    mapping: &Mapping,
    is_kept: bool,
    findings: &mut Findings,
) -> Result<Crs, Error> {
    let cell = CellRef { sheet: 0, row: 1, column: 1 };
    let in_file = info.declared.as_ref().map(|declared| (declared.crs(), declared));
    if let Some(text) = &mapping.source.crs {
        let said = Crs::parse(text)?;
        if let Some((Ok(other), declared)) = in_file
            && other != said
        {
            if is_kept {
                return Err(contradicts_kept("crs", &other.to_string(), &said.to_string(), "[source]"));
            }
            findings.add(Severity::Warning, "crs_overruled", cell, || Words {
                column_name: "raster".into(),
                value: format!("{}: {other}", declared.by),
                expected: said.to_string(),
            });
        }
        return Ok(said);
    }
    match in_file {
        Some((crs, _)) => {
            let crs = crs?;
            crs.transform()?;
            Ok(crs)
        }
        None => Err(Error::invalid(
            told!(
                "intake-nothing-says-system-raster-coordinates-corner",
                "nothing says in which system the raster's coordinates are (its corner is {info}; {info2})",
                info = info.grid.x0,
                info2 = info.grid.y0
            ),
            told!(
                "intake-write-crs-epsg-32648-right-one-under",
                "write `crs = \"EPSG:32648\"` (or the right one) under `[source]` in the mapping"
            ),
        )),
    }
}

/// Tells of numbers that became values, and of a raster that lies beyond the known outlines.
pub(super) fn tell_of(info: &RasterInfo, bbox: Bbox, at: usize, findings: &mut Findings) {
    let cell = CellRef { sheet: 0, row: u32::try_from(at + 1).unwrap_or(u32::MAX), column: 1 };
    let words = |value: String, expected: String| Words { column_name: "raster".into(), value, expected };
    if !info.applied.is_empty() {
        let each: Vec<String> =
            info.applied.iter().map(|(scale, offset)| format!("× {scale} + {offset}")).collect();
        findings.add(Severity::Warning, "raster_scaled", cell, || words(each.join("; "), String::new()));
    }
    let region = formats::crs::region();
    let is_beside = bbox.east < region.west
        || bbox.west > region.east
        || bbox.north < region.south
        || bbox.south > region.north;
    if is_beside {
        let corner = format!("{}; {}", info.grid.x0, info.grid.y0);
        findings.add(Severity::Warning, "outside_outlines", cell, || words(corner, "1/1".into()));
    }
}

/// Whether pixels lie east of 180°, where nobody looks for them.
pub(super) fn reaches_beyond(info: &RasterInfo) -> bool {
    info.grid.x0 + info.grid.dx * f64::from(info.width) > 180.0 + info.grid.dx
}
