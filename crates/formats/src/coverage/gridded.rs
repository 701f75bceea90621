//! A grid of a NetCDF file as a raster.

use std::path::Path;

use super::{PixelGrid, Raster, RasterInfo, SampleKind};
use crate::feature::Declared;
use crate::{Error, Grid, GridReader, GridValues, Limits};

/// Values that are handed out at once.
const VALUES: usize = 1 << 20;

/// The one layer of a NetCDF file. Cells without a value are NaN.
pub struct GridRaster {
    grid: Grid,
    info: RasterInfo,
    row: usize,
}

impl GridRaster {
    /// Opens a file that holds one layer; with several, nothing tells which is meant.
    pub fn open(path: &Path, limits: &Limits) -> Result<GridRaster, Error> {
        let mut reader = GridReader::open(path, limits)?;
        let grid = reader.next_grid()?.ok_or_else(|| {
            Error::invalid("no_grid", "the file holds no layer", "check that it was written whole")
        })?;
        if let Some(next) = reader.next_grid()? {
            let also = if next.name == grid.name {
                "more than one layer".into()
            } else {
                format!("`{}` too", next.name)
            };
            return Err(Error::invalid(
                "several_layers",
                format!("the file holds `{}`, and {also}: a raster is one layer", grid.name),
                "cut it into files of one layer each and hand them in one by one (`cdo splitname`, `cdo splitsel,1`)",
            ));
        }
        let size = |count: usize| {
            u32::try_from(count).map_err(|_| {
                Error::limit("pixels", "the grid is too large", u64::from(u32::MAX), "cut it into parts")
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
            declared: Some(Declared { by: "degrees_east, degrees_north".into(), text: "EPSG:4326".into() }),
        };
        Ok(GridRaster { grid, info, row: 0 })
    }

    /// The layer.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}

impl Raster for GridRaster {
    fn info(&self) -> &RasterInfo {
        &self.info
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
