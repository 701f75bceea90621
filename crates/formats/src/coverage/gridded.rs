//! A grid of a NetCDF file as a raster.

use wording::told;

use super::{PixelGrid, Raster, RasterInfo, SampleKind};
use crate::{Error, Grid, GridValues};

/// Values that are handed out at once.
const VALUES: usize = 1 << 20;

/// A layer of a NetCDF file. Cells without a value are NaN.
pub struct GridRaster {
    grid: Grid,
    info: RasterInfo,
    row: usize,
}

impl GridRaster {
    /// A layer as a raster.
    pub fn of(grid: Grid) -> Result<GridRaster, Error> {
        let size = |count: usize| {
            u32::try_from(count).map_err(|_| {
                Error::limit(
                    "pixels",
                    told!("formats-grid-too-large", "the grid is too large"),
                    u64::from(u32::MAX),
                    told!("formats-cut-into-parts", "cut it into parts"),
                )
            })
        };
        let info = RasterInfo {
            width: size(grid.width)?,
            height: size(grid.height)?,
            bands: 1,
            kind: match grid.values {
                GridValues::F32(_) => SampleKind::F32,
                GridValues::F64(_) => SampleKind::F64,
            },
            grid: PixelGrid { x0: grid.lon0, y0: grid.lat0, dx: grid.dx, dy: grid.dy },
            nodata: Some(f64::NAN),
            declared: grid.declared.clone(),
            applied: Vec::new(),
        };
        Ok(GridRaster { grid, info, row: 0 })
    }
}

impl Raster for GridRaster {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn rewind(&mut self) -> bool {
        self.row = 0;
        true
    }

    fn stored(&self) -> SampleKind {
        self.grid.stored.unwrap_or(self.info.kind)
    }

    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Grid { width, height, values, .. } = &self.grid;
        if self.row >= *height {
            return Ok(None);
        }
        let rows = (VALUES / (*width).max(1)).clamp(1, height - self.row);
        let wanted = self.row * width..(self.row + rows) * width;
        self.row += rows;
        Ok(Some(match values {
            GridValues::F32(values) => values[wanted].iter().flat_map(|value| value.to_le_bytes()).collect(),
            GridValues::F64(values) => values[wanted].iter().flat_map(|value| value.to_le_bytes()).collect(),
        }))
    }
}
