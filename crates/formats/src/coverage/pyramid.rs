//! Many pixels of a Cloud-Optimised GeoTIFF of ours, from the version of it that is as fine as is
//! looked at: which ranges of bytes hold them, and their values.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

use flate2::read::ZlibDecoder;

use super::cog::TILE;
use super::index::Header;
use super::{CogIndex, PixelGrid, SampleKind};
use crate::Error;

/// The whole of a raster and its smaller versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Pyramid {
    levels: Vec<Level>,
    bands: usize,
    kind: SampleKind,
    grid: PixelGrid,
    nodata: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
struct Level {
    width: u32,
    height: u32,
    offsets: Vec<u64>,
    sizes: Vec<u64>,
}

/// A tile and which of the positions asked for lie in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// The bytes of the tile in the file.
    pub range: Range<u64>,
    /// The number of a position, and its pixel in the tile.
    cells: Vec<(u32, u32)>,
}

/// The values at positions, band by band; NaN where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// The bands.
    pub bands: Vec<Vec<f64>>,
}

impl Pyramid {
    /// Reads the beginning of a file, as long as its summary says.
    pub fn parse(header: &[u8]) -> Result<Pyramid, Error> {
        let damaged = || {
            Error::invalid("damaged_cog", "the beginning of the raster cannot be read", "verify the store")
        };
        let whole = CogIndex::parse(header)?;
        let read = Header::of(header).ok_or_else(damaged)?;
        let mut levels = vec![Level {
            width: whole.width,
            height: whole.height,
            offsets: whole.offsets,
            sizes: whole.sizes,
        }];
        let mut at = read.first().and_then(|first| read.next(first));
        while let Some(start) = at {
            let one = |tag| read.values(start, tag).and_then(|list| u32::try_from(*list.first()?).ok());
            let level = (|| {
                Some(Level {
                    width: one(256)?,
                    height: one(257)?,
                    offsets: read.values(start, 324)?,
                    sizes: read.values(start, 325)?,
                })
            })();
            levels.push(level.ok_or_else(damaged)?);
            if levels.len() > 32 {
                return Err(damaged());
            }
            at = read.next(start);
        }
        Ok(Pyramid { levels, bands: whole.bands, kind: whole.kind, grid: whole.grid, nodata: whole.nodata })
    }

    /// The outer corner of the first pixel and the size of pixels.
    pub fn grid(&self) -> PixelGrid {
        self.grid
    }

    /// Values of each pixel.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// The smallest version whose pixels are not larger than `pixels` of the whole's.
    pub fn level(&self, pixels: f64) -> usize {
        (0..self.levels.len()).rev().find(|level| (1_u64 << level) as f64 <= pixels).unwrap_or(0)
    }

    /// The tiles of a version that hold positions of the raster's own system; positions outside are
    /// in none.
    pub fn tiles(&self, level: usize, positions: &[(f64, f64)]) -> Vec<Tile> {
        let Some(of) = self.levels.get(level) else { return Vec::new() };
        let whole = &self.levels[0];
        // Each version halves the one before, from the first pixel on.
        let share = 0.5_f64.powi(i32::try_from(level).unwrap_or(0));
        let mut found: BTreeMap<usize, Tile> = BTreeMap::new();
        for (number, (x, y)) in positions.iter().enumerate() {
            let column = (x - self.grid.x0) / self.grid.dx;
            let row = (self.grid.y0 - y) / self.grid.dy;
            let inside = column >= 0.0
                && row >= 0.0
                && column < f64::from(whole.width)
                && row < f64::from(whole.height);
            if !inside {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the width or height"
            )]
            let (column, row) = (
                ((column * share) as u32).min(of.width.saturating_sub(1)),
                ((row * share) as u32).min(of.height.saturating_sub(1)),
            );
            let tile = (row / TILE * of.width.div_ceil(TILE) + column / TILE) as usize;
            let (Some(offset), Some(size)) = (of.offsets.get(tile), of.sizes.get(tile)) else { continue };
            let cell = (u32::try_from(number).unwrap_or(u32::MAX), (row % TILE) * TILE + column % TILE);
            found
                .entry(tile)
                .or_insert_with(|| Tile { range: *offset..offset.saturating_add(*size), cells: Vec::new() })
                .cells
                .push(cell);
        }
        found.into_values().collect()
    }

    /// Puts the values of a packed tile where they were asked for; what has no value stays as it is.
    pub fn fill(&self, tile: &Tile, packed: &[u8], bands: &[usize], cells: &mut Cells) -> Result<(), Error> {
        let size = self.kind.bytes();
        let most = TILE as usize * TILE as usize * self.bands * size;
        let mut bytes = Vec::with_capacity(most);
        ZlibDecoder::new(packed).take(most as u64).read_to_end(&mut bytes)?;
        for (into, band) in cells.bands.iter_mut().zip(bands) {
            for (number, pixel) in &tile.cells {
                let at = *pixel as usize * self.bands * size + band * size;
                let value = bytes.get(at..).and_then(|bytes| self.kind.read(bytes)).ok_or_else(|| {
                    Error::invalid("damaged_cog", "a tile of the raster is cut off", "verify the store")
                })?;
                if let Some(cell) = into.get_mut(*number as usize)
                    && !self.kind.is_none(value, self.nodata)
                {
                    *cell = value;
                }
            }
        }
        Ok(())
    }
}
