//! A window of pixels as a file: a Cloud-Optimised GeoTIFF whose rows are made one by one.

use std::io::{Read, Seek, SeekFrom};

use formats::coverage::{PixelGrid, Raster, RasterInfo, SampleKind, write_cog};

use super::window::Window;

/// What pixels are.
pub(crate) struct Pixels {
    pub(crate) bands: usize,
    pub(crate) kind: SampleKind,
    pub(crate) nodata: Option<f64>,
}

/// A raster that makes its rows.
struct Rows<F> {
    info: RasterInfo,
    make: F,
    row: usize,
}

impl<F: FnMut(usize, &mut Vec<u8>)> Raster for Rows<F> {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, formats::Error> {
        if self.row >= self.info.height as usize {
            return Ok(None);
        }
        let pixels = self.info.width as usize * usize::from(self.info.bands);
        let mut bytes = Vec::with_capacity(pixels * self.info.kind.bytes());
        (self.make)(self.row, &mut bytes);
        self.row += 1;
        Ok(Some(bytes))
    }
}

/// The grid of a window's pixels.
pub(crate) fn grid(window: &Window) -> PixelGrid {
    let [dx, dy] = window.cell();
    PixelGrid { x0: window.edges[0], y0: window.edges[3], dx, dy }
}

/// Writes a GeoTIFF: `row` appends the samples of a row, pixel by pixel, in the machine's order of bytes.
pub(crate) fn geotiff(
    window: &Window,
    pixels: &Pixels,
    row: impl FnMut(usize, &mut Vec<u8>),
) -> Result<Vec<u8>, formats::Error> {
    let size = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let info = RasterInfo {
        width: size(window.width),
        height: size(window.height),
        bands: u16::try_from(pixels.bands).unwrap_or(u16::MAX),
        kind: pixels.kind,
        grid: grid(window),
        nodata: pixels.nodata,
        declared: None,
        applied: Vec::new(),
    };
    let mut file = tempfile::tempfile()?;
    write_cog(&mut Rows { info, make: row, row: 0 }, &window.crs, &mut file, &mut |_| true)?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
