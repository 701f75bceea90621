//! Pixels as a Cloud-Optimised GeoTIFF, and as CoverageJSON.

use std::io::{Read, Seek, SeekFrom};

use formats::coverage::{Raster, RasterInfo, write_cog};

use super::cut::Cut;

/// Pixels as a raster that hands out its rows.
struct Pixels {
    info: RasterInfo,
    values: Vec<Vec<f64>>,
    none: f64,
    row: usize,
}

impl Raster for Pixels {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, formats::Error> {
        if self.row >= self.info.height as usize {
            return Ok(None);
        }
        let width = self.info.width as usize;
        let mut bytes = Vec::with_capacity(width * self.values.len() * self.info.kind.bytes());
        for cell in self.row * width..(self.row + 1) * width {
            for band in &self.values {
                let value = band.get(cell).copied().filter(|value| !value.is_nan()).unwrap_or(self.none);
                self.info.kind.write(value, &mut bytes);
            }
        }
        self.row += 1;
        Ok(Some(bytes))
    }
}

/// Writes a GeoTIFF.
pub(super) fn geotiff(cut: &Cut, values: Vec<Vec<f64>>) -> Result<Vec<u8>, formats::Error> {
    let size = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let info = RasterInfo {
        width: size(cut.window.width),
        height: size(cut.window.height),
        bands: u16::try_from(values.len()).unwrap_or(u16::MAX),
        kind: cut.kind,
        grid: cut.grid(),
        nodata: cut.nodata,
        declared: None,
    };
    let none = cut.nodata.unwrap_or(if cut.kind.is_float() { f64::NAN } else { 0.0 });
    let mut file = tempfile::tempfile()?;
    let mut raster = Pixels { info, values, none, row: 0 };
    write_cog(&mut raster, &cut.window.crs, &mut file, &mut |_| true)?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
