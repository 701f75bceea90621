//! A raster of which numbers for nothing are taken out, or that is moved by a whole turn of the globe.

use super::{Besides, Fills, Raster, RasterInfo, SampleKind};
use crate::Error;
use crate::crs::Crs;

/// A raster as it is meant.
pub struct Adjusted {
    raster: Box<dyn Raster>,
    info: RasterInfo,
    fills: Fills,
    is_all_values: bool,
}

impl Adjusted {
    /// The same raster, in degrees from 180° west to 180° east where it lies wholly beyond that.
    pub fn of(raster: Box<dyn Raster>, crs: &Crs) -> Adjusted {
        let mut info = raster.info().clone();
        if crs.is_geographic() && info.grid.x0 >= 180.0 - info.grid.dx / 2.0 {
            info.grid.x0 -= 360.0;
        }
        Adjusted { raster, info, fills: Fills::default(), is_all_values: false }
    }

    /// With every number as a value.
    pub fn with_all_values(&mut self) {
        self.is_all_values = true;
    }

    /// From the beginning, with these numbers for no value: their pixels become what the raster says for none, or
    /// where it does not say it NaN, or the first of them. `false` where it cannot be read again.
    pub fn without(&mut self, fills: Fills) -> bool {
        let first = fills.0.first().map(|fill| fill.value);
        let kind = self.info.kind;
        // A number that the pixels cannot hold says nothing of them.
        let is_held = |nodata: &f64| {
            let mut bytes = Vec::new();
            kind.write(*nodata, &mut bytes);
            kind.read(&bytes).is_some_and(|stored| kind.is_none(stored, Some(*nodata)))
        };
        let of_kind = if kind.is_float() { Some(f64::NAN) } else { first };
        self.info.nodata = self.info.nodata.filter(is_held).or(of_kind);
        self.fills = fills;
        self.raster.rewind()
    }
}

impl Raster for Adjusted {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn rewind(&mut self) -> bool {
        self.raster.rewind()
    }

    fn is_all_values(&self) -> bool {
        self.is_all_values
    }

    fn stored(&self) -> SampleKind {
        self.raster.stored()
    }

    fn besides(&self) -> Besides {
        self.raster.besides()
    }

    fn next_rows(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut rows) = self.raster.next_rows()? else { return Ok(None) };
        let Some(nodata) = self.info.nodata.filter(|_| !self.fills.0.is_empty()) else {
            return Ok(Some(rows));
        };
        let kind = self.info.kind;
        let mut none = Vec::new();
        kind.write(nodata, &mut none);
        for pixel in rows.chunks_exact_mut(kind.bytes()) {
            if kind.read(pixel).is_some_and(|value| self.fills.holds(value)) {
                pixel.copy_from_slice(&none);
            }
        }
        Ok(Some(rows))
    }
}
