//! Finding a pixel in a Cloud-Optimised GeoTIFF of ours: which range of bytes holds it.

use std::io::Read;
use std::ops::Range;

use flate2::read::ZlibDecoder;

use super::cog::TILE;
use super::{PixelGrid, SampleKind};
use crate::Error;

/// Where the tiles of a file are, read from its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct CogIndex {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bands: usize,
    pub(super) kind: SampleKind,
    pub(super) grid: PixelGrid,
    pub(super) nodata: Option<f64>,
    pub(super) offsets: Vec<u64>,
    pub(super) sizes: Vec<u64>,
}

/// The tile that holds a pixel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileAt {
    /// The bytes of the tile in the file.
    pub range: Range<u64>,
    /// Where the pixel begins in the unpacked tile.
    at: usize,
}

impl CogIndex {
    /// Reads the beginning of a file, as long as its summary says.
    pub fn parse(header: &[u8]) -> Result<CogIndex, Error> {
        Header::of(header).and_then(|header| header.index()).ok_or_else(|| {
            Error::invalid("damaged_cog", "the beginning of the raster cannot be read", "verify the store")
        })
    }

    /// The tile of the pixel at a position in the raster's own coordinates; `None` outside.
    pub fn tile_at(&self, x: f64, y: f64) -> Option<TileAt> {
        let (column, row) = self.grid.pixel(x, y);
        let inside =
            column >= 0.0 && row >= 0.0 && column < f64::from(self.width) && row < f64::from(self.height);
        if !inside {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and the width or height"
        )]
        let (column, row) = (column as u32, row as u32);
        let tile = (row / TILE * self.width.div_ceil(TILE) + column / TILE) as usize;
        let (offset, size) = (*self.offsets.get(tile)?, *self.sizes.get(tile)?);
        let at = ((row % TILE) * TILE + column % TILE) as usize * self.bands * self.kind.bytes();
        Some(TileAt { range: offset..offset.checked_add(size)?, at })
    }

    /// The values of the pixel in its packed tile; `None` for a band without a value.
    pub fn values(&self, tile: &TileAt, packed: &[u8]) -> Result<Vec<Option<f64>>, Error> {
        let size = self.kind.bytes();
        let most = TILE as usize * TILE as usize * self.bands * size;
        let mut bytes = Vec::new();
        ZlibDecoder::new(packed).take(most as u64).read_to_end(&mut bytes)?;
        (0..self.bands)
            .map(|band| {
                let value = bytes.get(tile.at + band * size..).and_then(|bytes| self.kind.read(bytes));
                let value = value.ok_or_else(|| {
                    Error::invalid("damaged_cog", "a tile of the raster is cut off", "verify the store")
                })?;
                Ok((!self.kind.is_none(value, self.nodata)).then_some(value))
            })
            .collect()
    }
}

/// The directories of a file, read where they lie.
pub(super) struct Header<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl<'a> Header<'a> {
    /// The beginning of a file; `None` when it is no TIFF of ours.
    pub(super) fn of(bytes: &'a [u8]) -> Option<Header<'a>> {
        let big = match bytes.get(..4)? {
            b"II\x2A\0" => false,
            b"II\x2B\0" => true,
            _ => return None,
        };
        Some(Header { bytes, big })
    }

    fn number(&self, at: usize, width: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(width)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Where the first directory begins.
    pub(super) fn first(&self) -> Option<usize> {
        usize::try_from(if self.big { self.number(8, 8)? } else { self.number(4, 4)? }).ok()
    }

    /// Where the directory behind this one begins.
    pub(super) fn next(&self, start: usize) -> Option<usize> {
        let (head, entry, offset) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = usize::try_from(self.number(start, head)?).ok()?.min(4096);
        let at = self.number(start.checked_add(head + entry * count)?, offset)?;
        usize::try_from(at).ok().filter(|at| *at > 0)
    }

    /// The values of a tag in the directory, whatever their width.
    pub(super) fn values(&self, start: usize, tag: u64) -> Option<Vec<u64>> {
        let (head, entry, inline) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = usize::try_from(self.number(start, head)?).ok()?.min(4096);
        for index in 0..count {
            let at = start.checked_add(head + entry * index)?;
            if self.number(at, 2)? != tag {
                continue;
            }
            let width = match self.number(at + 2, 2)? {
                1 | 2 => 1,
                3 => 2,
                4 => 4,
                12 | 16 => 8,
                _ => return None,
            };
            let count = usize::try_from(self.number(at + 4, inline)?).ok()?;
            let value_at = at + 4 + inline;
            let bytes = count.checked_mul(width)?;
            let from = if bytes <= inline {
                value_at
            } else {
                usize::try_from(self.number(value_at, inline)?).ok()?
            };
            if from.checked_add(bytes)? > self.bytes.len() {
                return None;
            }
            return (0..count).map(|index| self.number(from + index * width, width)).collect();
        }
        None
    }

    fn index(&self) -> Option<CogIndex> {
        let start = self.first()?;
        let values = |tag: u64| self.values(start, tag);
        let one = |tag: u64| values(tag).and_then(|list| list.first().copied());
        let doubles =
            |tag: u64| values(tag).map(|list| list.into_iter().map(f64::from_bits).collect::<Vec<f64>>());
        let (scale, tie) = (doubles(33550)?, doubles(33922)?);
        let nodata = values(42113).and_then(|list| {
            let text: Vec<u8> = list
                .into_iter()
                .filter_map(|byte| u8::try_from(byte).ok())
                .filter(|byte| *byte != 0)
                .collect();
            String::from_utf8(text).ok()?.parse().ok()
        });
        let format = u16::try_from(one(339)?).ok()?;
        Some(CogIndex {
            width: u32::try_from(one(256)?).ok()?,
            height: u32::try_from(one(257)?).ok()?,
            bands: usize::try_from(one(277)?).ok()?.min(256),
            kind: SampleKind::of_tiff(format, u16::try_from(one(258)?).ok()?)?,
            grid: PixelGrid { x0: *tie.get(3)?, y0: *tie.get(4)?, dx: *scale.first()?, dy: *scale.get(1)? },
            nodata,
            offsets: values(324)?,
            sizes: values(325)?,
        })
    }
}
