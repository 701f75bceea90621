//! Writing a Cloud-Optimised GeoTIFF (OGC 21-026): the directories first, then the tiles of the
//! smaller versions, then those of the whole, so that a reader needs only the ranges it looks at.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::fills::{Fill, Fills, Suspects};
use super::geokeys::GeoKeys;
use super::{Raster, RasterInfo, SampleKind};
use crate::Error;
use crate::crs::Crs;

/// Pixels of a tile, across and down.
pub const TILE: u32 = 512;
/// The largest file whose offsets have 32 bits.
const MAX_CLASSIC: u64 = 4_000_000_000;

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub struct CogSummary {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of its beginning that say where everything is: what [`super::CogIndex`] wants to see.
    pub header_bytes: u64,
    /// Smaller versions in it.
    pub overviews: u16,
    /// What is known of each band.
    pub bands: Vec<BandSummary>,
    /// Numbers among the values that stand for none, though the file does not say so.
    pub fills: Fills,
}

/// The values of a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandSummary {
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
    /// Pixels that have a value.
    pub valid: u64,
    /// Pixels that have none.
    pub missing: u64,
}

/// Writes a raster. `said` is told the rows written, and ends the work with `false`, which leaves
/// `None`.
pub fn write_cog(
    raster: &mut dyn Raster,
    crs: &Crs,
    output: &mut File,
    said: &mut dyn FnMut(u32) -> bool,
) -> Result<Option<CogSummary>, Error> {
    let info = raster.info().clone();
    let mut levels = Vec::new();
    let (mut width, mut height) = (info.width, info.height);
    loop {
        levels.push(Level::new(&info, width, height)?);
        if width <= TILE && height <= TILE {
            break;
        }
        (width, height) = (width.div_ceil(2), height.div_ceil(2));
    }
    let mut bands = vec![Counter::default(); usize::from(info.bands)];
    let stride = levels[0].stride();
    let mut row_number = 0;
    while let Some(rows) = raster.next_rows()? {
        let (is_all_values, stored) = (raster.is_all_values(), raster.stored());
        for row in rows.chunks_exact(stride) {
            count(row, &info, (!is_all_values).then_some(stored), &mut bands);
            push(&mut levels, row)?;
            row_number += 1;
        }
        if !said(row_number) {
            return Ok(None);
        }
    }
    for level in 0..levels.len() {
        // A last row without a second one is its own mean.
        if let Some(row) = levels[level].waiting.take()
            && level + 1 < levels.len()
        {
            let small = levels[level].halved(&row, &row);
            push(&mut levels[level + 1..], &small)?;
        }
        levels[level].flush()?;
    }
    let (bytes, header_bytes) = assemble(&info, crs, &mut levels, output)?;
    let overviews = u16::try_from(levels.len() - 1).unwrap_or(u16::MAX);
    let (bands, fills): (Vec<BandSummary>, Vec<Vec<Fill>>) = bands.iter().map(Counter::summary).unzip();
    let mut each: Vec<Fill> = Vec::new();
    for fill in fills.into_iter().flatten() {
        match each.iter_mut().find(|known| known.value == fill.value) {
            Some(known) => known.pixels += fill.pixels,
            None => each.push(fill),
        }
    }
    Ok(Some(CogSummary { bytes, header_bytes, overviews, bands, fills: Fills(each) }))
}

/// Gives a row to the first level, and to the smaller ones what follows from it.
fn push(levels: &mut [Level], row: &[u8]) -> Result<(), Error> {
    let Some((level, smaller)) = levels.split_first_mut() else { return Ok(()) };
    level.take(row)?;
    if smaller.is_empty() {
        return Ok(());
    }
    match level.waiting.take() {
        None => level.waiting = Some(row.to_vec()),
        Some(above) => {
            let small = level.halved(&above, row);
            push(smaller, &small)?;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Default)]
struct Counter {
    min: f64,
    max: f64,
    sum: f64,
    valid: u64,
    missing: u64,
    suspects: Suspects,
}

impl Counter {
    fn take(&mut self, value: f64, pixels: u64) {
        if self.valid == 0 {
            (self.min, self.max) = (value, value);
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value * pixels as f64;
        self.valid += pixels;
    }

    /// What is known of the values, and which numbers among them stand for none.
    fn summary(&self) -> (BandSummary, Vec<Fill>) {
        let mut all = self.clone();
        let (fills, values) = self.suspects.parted((self.valid > 0).then_some((self.min, self.max)));
        for value in values {
            all.take(value.value, value.pixels);
        }
        let Counter { min, max, sum, valid, .. } = all;
        let missing = self.missing + fills.iter().map(|fill| fill.pixels).sum::<u64>();
        let summary = match valid {
            0 => BandSummary { min: f64::NAN, max: f64::NAN, mean: f64::NAN, valid, missing },
            _ => BandSummary { min, max, mean: sum / valid as f64, valid, missing },
        };
        (summary, fills)
    }
}

/// Counts the values of a row; those that may stand for none apart, by the kind that they have in the file.
fn count(row: &[u8], info: &RasterInfo, stored: Option<SampleKind>, bands: &mut [Counter]) {
    // White is a colour, and no class of a picture.
    let stored = stored.filter(|kind| *kind != SampleKind::U8 || info.bands == 1);
    for (index, sample) in row.chunks_exact(info.kind.bytes()).enumerate() {
        let counter = &mut bands[index % usize::from(info.bands)];
        let value = info.kind.read(sample).unwrap_or(f64::NAN);
        if info.kind.is_none(value, info.nodata) {
            counter.missing += 1;
            continue;
        }
        let may_be_none = stored.is_some_and(|kind| counter.suspects.take(value, kind));
        if !may_be_none {
            counter.take(value, 1);
        }
    }
}

/// One version of the raster, whose tiles wait in a file of their own.
struct Level {
    width: u32,
    height: u32,
    bands: usize,
    kind: SampleKind,
    nodata: Option<f64>,
    rows: Vec<u8>,
    tiles: BufWriter<File>,
    sizes: Vec<u32>,
    /// The upper row of a pair.
    waiting: Option<Vec<u8>>,
}

impl Level {
    fn new(info: &RasterInfo, width: u32, height: u32) -> Result<Level, Error> {
        Ok(Level {
            width,
            height,
            bands: usize::from(info.bands),
            kind: info.kind,
            nodata: info.nodata,
            rows: Vec::new(),
            tiles: BufWriter::new(tempfile::tempfile()?),
            sizes: Vec::new(),
            waiting: None,
        })
    }

    fn pixel(&self) -> usize {
        self.bands * self.kind.bytes()
    }

    fn stride(&self) -> usize {
        self.width as usize * self.pixel()
    }

    fn take(&mut self, row: &[u8]) -> Result<(), Error> {
        self.rows.extend_from_slice(row);
        if self.rows.len() == self.stride() * TILE as usize { self.flush() } else { Ok(()) }
    }

    /// Writes the rows that wait as one row of tiles.
    fn flush(&mut self) -> Result<(), Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let (pixel, stride) = (self.pixel(), self.stride());
        let tile_stride = TILE as usize * pixel;
        for column in 0..self.width.div_ceil(TILE) as usize {
            let start = column * tile_stride;
            let length = tile_stride.min(stride - start);
            let mut tile = Vec::with_capacity(tile_stride * TILE as usize);
            for row in self.rows.chunks_exact(stride) {
                tile.extend_from_slice(&row[start..start + length]);
                // The edge is filled up with its last pixel, which packs well.
                let last = row[start + length - pixel..start + length].to_vec();
                while tile.len() % tile_stride != 0 {
                    tile.extend_from_slice(&last);
                }
            }
            let last = tile[tile.len() - tile_stride..].to_vec();
            while tile.len() < tile_stride * TILE as usize {
                tile.extend_from_slice(&last);
            }
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&tile)?;
            let packed = encoder.finish()?;
            self.tiles.write_all(&packed)?;
            self.sizes.push(u32::try_from(packed.len()).unwrap_or(u32::MAX));
        }
        self.rows.clear();
        Ok(())
    }

    /// One row of the next smaller version from two of this one: of floats the mean of those that
    /// have a value; of whole numbers, which may be classes, the first.
    fn halved(&self, above: &[u8], below: &[u8]) -> Vec<u8> {
        let (pixel, size) = (self.pixel(), self.kind.bytes());
        let half = self.width.div_ceil(2) as usize;
        let mut small = Vec::with_capacity(half * pixel);
        for column in 0..half {
            let left = 2 * column * pixel;
            let right = if left + pixel < above.len() { left + pixel } else { left };
            if !self.kind.is_float() {
                small.extend_from_slice(&above[left..left + pixel]);
                continue;
            }
            for band in 0..self.bands {
                let at = band * size;
                let four =
                    [&above[left + at..], &above[right + at..], &below[left + at..], &below[right + at..]];
                let (mut sum, mut valid) = (0.0, 0_u32);
                for bytes in four {
                    let value = self.kind.read(bytes).unwrap_or(f64::NAN);
                    if !self.kind.is_none(value, self.nodata) {
                        sum += value;
                        valid += 1;
                    }
                }
                let value = if valid > 0 { sum / f64::from(valid) } else { self.nodata.unwrap_or(f64::NAN) };
                self.kind.write_float(value, &mut small);
            }
        }
        small
    }
}

/// One field of a directory.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    bytes: Vec<u8>,
}

fn shorts(tag: u16, values: &[u16]) -> Entry {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Entry { tag, kind: 3, count: values.len() as u64, bytes }
}

fn longs(tag: u16, values: &[u32]) -> Entry {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Entry { tag, kind: 4, count: values.len() as u64, bytes }
}

fn offsets(tag: u16, values: &[u64], big: bool) -> Entry {
    let bytes = values
        .iter()
        .flat_map(|value| if big { value.to_le_bytes().to_vec() } else { value.to_le_bytes()[..4].to_vec() })
        .collect();
    Entry { tag, kind: if big { 16 } else { 4 }, count: values.len() as u64, bytes }
}

fn numbers(tag: u16, values: &[f64]) -> Entry {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Entry { tag, kind: 12, count: values.len() as u64, bytes }
}

fn ascii(tag: u16, text: &str) -> Entry {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    Entry { tag, kind: 2, count: bytes.len() as u64, bytes }
}

fn entries(
    info: &RasterInfo,
    crs: &Crs,
    level: &Level,
    is_whole: bool,
    tile_offsets: &[u64],
    big: bool,
) -> Vec<Entry> {
    let bands = usize::from(info.bands);
    let bits = u16::try_from(info.kind.bytes() * 8).unwrap_or(8);
    let mut list = vec![
        longs(254, &[u32::from(!is_whole)]),
        longs(256, &[level.width]),
        longs(257, &[level.height]),
        shorts(258, &vec![bits; bands]),
        // Deflate; 1 is "black is zero".
        shorts(259, &[8]),
        shorts(262, &[1]),
        shorts(277, &[info.bands]),
        shorts(284, &[1]),
        longs(322, &[TILE]),
        longs(323, &[TILE]),
        offsets(324, tile_offsets, big),
        longs(325, &level.sizes),
    ];
    if bands > 1 {
        list.push(shorts(338, &vec![0; bands - 1]));
    }
    list.push(shorts(339, &vec![info.kind.tiff_format(); bands]));
    if is_whole {
        let grid = info.grid;
        let keys = GeoKeys::of(crs);
        list.push(numbers(33550, &[grid.dx, grid.dy, 0.0]));
        list.push(numbers(33922, &[0.0, 0.0, 0.0, grid.x0, grid.y0, 0.0]));
        list.push(shorts(34735, &keys.directory));
        if !keys.doubles.is_empty() {
            list.push(numbers(34736, &keys.doubles));
        }
    }
    if let Some(nodata) = info.nodata {
        list.push(ascii(42113, &nodata.to_string()));
    }
    list
}

/// The directories one after the other, and the length of all.
fn directories(levels: &[Vec<Entry>], big: bool) -> Vec<u8> {
    let (entry_bytes, inline) = if big { (20, 8) } else { (12, 4) };
    let mut bytes: Vec<u8> = if big {
        // BigTIFF: version 43, offsets of 8 bytes, the first directory at 16.
        let mut head = b"II\x2B\0\x08\0\0\0".to_vec();
        head.extend(16_u64.to_le_bytes());
        head
    } else {
        b"II\x2A\0\x08\0\0\0".to_vec()
    };
    for (index, list) in levels.iter().enumerate() {
        let start = bytes.len();
        let head = if big { 8 + 8 } else { 2 + 4 };
        let mut data_at = start + head + entry_bytes * list.len();
        let mut data = Vec::new();
        if big {
            bytes.extend((list.len() as u64).to_le_bytes());
        } else {
            bytes.extend(u16::try_from(list.len()).unwrap_or(u16::MAX).to_le_bytes());
        }
        for entry in list {
            bytes.extend(entry.tag.to_le_bytes());
            bytes.extend(entry.kind.to_le_bytes());
            let count = entry.count.to_le_bytes();
            bytes.extend_from_slice(if big { &count } else { &count[..4] });
            if entry.bytes.len() <= inline {
                let mut value = entry.bytes.clone();
                value.resize(inline, 0);
                bytes.extend(value);
            } else {
                let at = (data_at as u64).to_le_bytes();
                bytes.extend_from_slice(if big { &at } else { &at[..4] });
                data.extend_from_slice(&entry.bytes);
                data_at += entry.bytes.len();
                if !data_at.is_multiple_of(2) {
                    data.push(0);
                    data_at += 1;
                }
            }
        }
        let next = if index + 1 < levels.len() { data_at as u64 } else { 0 };
        let next = next.to_le_bytes();
        bytes.extend_from_slice(if big { &next } else { &next[..4] });
        bytes.extend(data);
    }
    bytes
}

fn assemble(
    info: &RasterInfo,
    crs: &Crs,
    levels: &mut [Level],
    output: &mut File,
) -> Result<(u64, u64), Error> {
    let data: u64 = levels.iter().flat_map(|level| &level.sizes).map(|size| u64::from(*size)).sum();
    let big = data > MAX_CLASSIC;
    let lists = |offsets: &[Vec<u64>]| -> Vec<Vec<Entry>> {
        levels
            .iter()
            .zip(offsets)
            .enumerate()
            .map(|(index, (level, offsets))| entries(info, crs, level, index == 0, offsets, big))
            .collect()
    };
    // The length of the directories does not depend on the offsets that they hold.
    let mut at: Vec<Vec<u64>> = levels.iter().map(|level| vec![0; level.sizes.len()]).collect();
    let header_bytes = directories(&lists(&at), big).len() as u64;
    let mut next = header_bytes;
    for (level, offsets) in levels.iter().zip(&mut at).rev() {
        for (offset, size) in offsets.iter_mut().zip(&level.sizes) {
            *offset = next;
            next += u64::from(*size);
        }
    }
    let header = directories(&lists(&at), big);
    let mut writer = BufWriter::new(output);
    writer.write_all(&header)?;
    for level in levels.iter_mut().rev() {
        level.tiles.flush()?;
        let file = level.tiles.get_mut();
        file.seek(SeekFrom::Start(0))?;
        std::io::copy(&mut BufReader::new(&mut *file), &mut writer)?;
    }
    writer.flush()?;
    Ok((next, header_bytes))
}
